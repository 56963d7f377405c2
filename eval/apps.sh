#!/bin/bash
# Real applications with documented holes, fetched and started by you on loopback. For each NAME in eval/apps:
#   EVAL_APP_dvwa=http://127.0.0.1:4280/index.php EVAL_APP_dvwa_COOKIE='PHPSESSID=…; security=low'
#   EVAL_APP_dvwa_MORE='--exclude setup|security\.php' EVAL_APP_dvwa_WAPITI=/path/of/its/report.json
# Prints what is documented, what was found, and what wapiti found beside it.
set -u
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf "## 真实应用 · Real applications\n"
for list in eval/apps/*.tsv; do
	name=$(basename "$list" .tsv)
	var=EVAL_APP_${name//-/_}
	url=${!var:-}
	[ -n "$url" ] || { echo "SKIP $name: $var is not set" >&2; continue; }
	cookie=${var}_COOKIE more=${var}_MORE wapiti=${var}_WAPITI
	args=(--i-own-this-target --mode standard --format json -o "$work/r.json")
	[ -z "${!cookie:-}" ] || args+=(--cookie "${!cookie}")
	read -ra extra <<<"${!more:-}"
	timeout 1800 build/zhanwei scan "$url" "${args[@]}" "${extra[@]}" >/dev/null 2>"$work/err" || true
	[ -s "$work/r.json" ] || { echo "### $name: no report: $(tail -1 "$work/err")"; continue; }
	echo
	/usr/bin/python3 eval/score_app.py "$list" "$work/r.json" ${!wapiti:+"${!wapiti}"}
done
