#!/bin/bash
# Websites without a hole: what is reported above 提示 (info) is false. Prints a section for eval/RESULTS.md.
# Debian's WordPress and phpMyAdmin are scanned when installed (EVAL_WORDPRESS, EVAL_PHPMYADMIN name running ones).
set -u
cd "$(dirname "$0")/.."
work=$(mktemp -d)
site=
trap '[ -n "$site" ] && kill $site 2>/dev/null; rm -rf "$work"' EXIT

row() { # name url mode
	timeout 600 build/zhanwei scan "$2" --i-own-this-target --mode "$3" --format json -o "$work/r.json" >/dev/null 2>&1
	/usr/bin/python3 - "$1" "$3" "$work/r.json" <<'PY'
import collections, json, sys
r = json.load(open(sys.argv[3], encoding="utf-8"))
above = [f for f in r["findings"] if f["severity"] != "info"]
kinds = collections.Counter(f"{f['check']} ({f['severity']}, {f['confidence']})" for f in above)
print(f"| {sys.argv[1]} | {sys.argv[2]} | {r['stats']['requests']} | {r['stats'].get('seconds', 0):.0f} | "
      f"{len(above)} | {'; '.join(f'{k} × {n}' for k, n in kinds.items()) or '—'} |")
PY
}

printf "## 没有漏洞的网站 · Clean sites\n\n"
echo "| site | mode | requests | s | findings above 提示 | which |"
echo "| --- | --- | ---: | ---: | ---: | --- |"
for kind in ${EVAL_KINDS:-$(/usr/bin/python3 tests/targets/clean.py)}; do
	mkfifo "$work/port"
	/usr/bin/python3 tests/targets/clean.py 0 $kind >"$work/port" &
	site=$!
	read -r port <"$work/port"
	rm "$work/port"
	for mode in ${EVAL_MODES:-standard deep}; do row "$kind" "http://127.0.0.1:$port/" $mode; done
	kill $site 2>/dev/null
	wait $site 2>/dev/null
	site=
done
[ -z "${EVAL_WORDPRESS:-}" ] || row "WordPress (Debian)" "$EVAL_WORDPRESS" standard
[ -z "${EVAL_PHPMYADMIN:-}" ] || row "phpMyAdmin (Debian)" "$EVAL_PHPMYADMIN" standard
[ -z "${EVAL_STATIC:-}" ] || row "static pages (nginx)" "$EVAL_STATIC" standard
