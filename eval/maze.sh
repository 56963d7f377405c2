#!/bin/bash
# How much of google/security-crawl-maze is found, without and with a browser. The application is not
# part of this repository: MAZE names a fetched copy (and MAZE_FRAMEWORKS a folder with its built
# single-page applications). Without one it says so. It runs on loopback.
#   eval/maze.sh                 prints a Markdown section
set -eu
cd "$(dirname "$0")/.."
maze=${MAZE:-}
printf '## 爬取 · Crawl（google/security-crawl-maze）\n\n'
if [ ! -f "$maze/app.py" ]; then
	echo "没有测：MAZE 没有指向它的一份拷贝。*Not measured: MAZE names no copy of it.*"
	exit 0
fi
if ! python3 -c 'import flask' 2>/dev/null; then
	echo "没有测：缺少 python3-flask。*Not measured: python3-flask is missing.*"
	exit 0
fi
work=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$work"' EXIT
measure() { # NAME OPTION...
	local name=$1
	shift
	: >"$work/log"
	mkfifo "$work/port"
	python3 eval/maze_serve.py "$maze" "$work/log" ${MAZE_FRAMEWORKS:+"$MAZE_FRAMEWORKS"} >"$work/port" 2>/dev/null &
	server=$!
	read -r port <"$work/port"
	rm "$work/port"
	local from=$(date +%s%N)
	build/zhanwei scan "http://127.0.0.1:$port/" --i-own-this-target --check hsts-weak --fail-on none --quiet \
		--format json -o "$work/report.json" "$@" 2>"$work/err" || cat "$work/err"
	local ms=$((($(date +%s%N) - from) / 1000000))
	python3 eval/maze_score.py "$maze/blueprints/utils/resources/expected-results.json" "$work/log" \
		"$work/report.json" >"$work/score"
	printf '| %s | %s | %s | %d.%d s |\n' "$name" "$(head -1 "$work/score")" "$(wc -l <"$work/log")" \
		$((ms / 1000)) $((ms % 1000 / 100))
	tail -n +2 "$work/score" >>"$work/missing"
	kill $server 2>/dev/null || true
	wait $server 2>/dev/null || true
}
: >"$work/missing"
printf '| | found | requests | time |\n| --- | ---: | ---: | ---: |\n'
measure "without browser" --browser off
measure "with browser" --browser on
printf '\nmissing: %s\n' "$(sed 's/  missing //' "$work/missing" | sort -u | tr '\n' ' ')"
