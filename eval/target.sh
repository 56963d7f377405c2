#!/bin/bash
# Active checks on tests/targets: per class, what was found, missed and falsely reported. Prints a section.
# The browser is used where there is one (EVAL_BROWSER=off: without). EVAL_CLASSES=a,b: only these classes.
# EVAL_LIST=1 also names what was missed and what was false.
set -eu
export PATH=/usr/bin:$PATH
cd "$(dirname "$0")/.."
. eval/databases.sh
work=$(mktemp -d)
target=
trap 'kill $target 2>/dev/null || true; databases_stop; rm -rf "$work"' EXIT
databases_start "$work"
browser=${EVAL_BROWSER:-$(command -v chromium >/dev/null && echo on || echo off)}

scan() { # mode
	python3 tests/targets/serve.py 0 ${EVAL_CLASSES:-} >"$work/port" 2>"$work/target.err" & # becomes nobody when we are root
	target=$!
	for _ in $(seq 100); do [ -s "$work/port" ] && break; kill -0 $target 2>/dev/null || break; sleep 0.1; done
	[ -s "$work/port" ] || { cat "$work/target.err" >&2; exit 1; }
	local base
	base=http://127.0.0.1:$(cat "$work/port")
	curl -s "$base/answers.json" >"$work/answers.json"
	build/zhanwei scan "$base/" --i-own-this-target --mode "$1" --format json -o "$work/$1.json" \
		--cookie sid=alice-7f3a91 --second-cookie sid=bob-2c88e0 --oob-listen 127.0.0.1:0 \
		--browser "$browser" --intrusive --try-logins >/dev/null 2>"$work/err" || true
	kill $target
	wait $target 2>/dev/null || true
	rm "$work/port"
	printf '\n### %s\n\n' "$1"
	[ -s "$work/$1.json" ] || { cat "$work/err"; return; }
	python3 eval/score_scan.py "$work/answers.json" "$work/$1.json" ${EVAL_LIST:+--list}
}

echo "## 主动检测 · Active checks（\`tests/targets/\`：真实的 SQLite、shell、XML 解析器、模板与文件；每个漏洞旁有相似的安全页面）"
echo
echo "浏览器 browser: $browser"
echo "数据库 databases: SQLite${TARGET_MYSQL:+, MariaDB}${TARGET_PGSQL:+, PostgreSQL}"
for mode in ${EVAL_MODES:-standard deep}; do scan $mode; done
