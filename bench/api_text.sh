#!/bin/bash
# Requests of POST /api/v1/text/check per second: texts of 200 characters, an API key, connections kept
# alive, wrk and the whole server on the cores of this machine.
#   bench/api_text.sh            [BENCH_SECONDS=15] [BENCH_CONNECTIONS=64] [BENCH_CORES=0,1]
# The texts are cut from the Chinese of docs/; every eighth gets an advertising claim put into it.
# Writes bench/RESULTS.md between its "bench/api_text.sh" marks.
set -u
cd "$(dirname "$0")/.." || exit 1
zhanwei=${ZHANWEI:-$PWD/build/zhanwei}
[ -x "$zhanwei" ] || { echo "!!! $zhanwei IS MISSING: run make build first" >&2; exit 1; }
command -v wrk >/dev/null || { echo "!!! wrk IS MISSING: install Debian's package wrk" >&2; exit 1; }
seconds=${BENCH_SECONDS:-15} connections=${BENCH_CONNECTIONS:-64} cores=${BENCH_CORES:-0,1}
work=$(mktemp -d /tmp/zhanwei-bench.XXXXXX)
server=
trap '[ -n "$server" ] && kill "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
port=18490

echo 'bench-Passwort-1' | "$zhanwei" user add --data "$work/data" --email bench@example.com --new-tenant 测速 >/dev/null || exit 1
taskset -c "$cores" "$zhanwei" serve --data "$work/data" --listen 127.0.0.1:$port --workers 1 >"$work/log" 2>&1 &
server=$!
base=http://127.0.0.1:$port/api/v1
for _ in $(seq 100); do curl -s -o /dev/null "$base/health" && break; sleep .1; done

ask() { # method path body
	curl -s -b "$work/jar" -c "$work/jar" -X "$1" "$base$2" -H 'Content-Type: application/json' -H "X-CSRF-Token: ${csrf:-}" -d "$3"
}
csrf=$(ask POST /session '{"email":"bench@example.com","password":"bench-Passwort-1"}' | python3 -c 'import json,sys; print(json.load(sys.stdin)["csrf_token"])')
key=$(ask POST /api-keys '{"name":"bench","scopes":["text:check"]}' | python3 -c 'import json,sys; print(json.load(sys.stdin)["key"])')
[ -n "$key" ] || { echo "!!! no API key" >&2; exit 1; }

python3 - "$work/texts.lua" <<'PY'
import json, pathlib, re, sys
text = ''.join(re.findall(r'[\u4e00-\u9fff，。；：、]+', ''.join(p.read_text() for p in sorted(pathlib.Path('docs').glob('*.md')))))
bodies = []
for i in range(256):
    piece = text[i * 200 % (len(text) - 200):][:200]
    if i % 8 == 7:
        piece = piece[:90] + '全国销量第一，效果最佳' + piece[101:]
    bodies.append(json.dumps({'text': piece, 'scene': 'news'}, ensure_ascii=False))
with open(sys.argv[1], 'w') as f:
    f.write('local b = {\n' + ',\n'.join('[==[%s]==]' % b for b in bodies) + '}\nlocal n = 0\nlocal r = {}\n'
            'function init(args)\n  for i, body in ipairs(b) do r[i] = wrk.format("POST", "/api/v1/text/check", {["Content-Type"]="application/json", '
            '["Authorization"]="Bearer " .. args[1]}, body) end\nend\n'
            'function request() n = n % #r + 1; return r[n] end\n'
            'function done(s, l, q) io.write(string.format("RESULT %.0f %.2f %.2f %.2f %d %d\\n", s.requests / s.duration * 1e6, '
            'l:percentile(50) / 1e3, l:percentile(99) / 1e3, l.max / 1e3, s.errors.status + s.errors.connect + s.errors.read + s.errors.write + s.errors.timeout, s.requests)) end\n')
PY

memory() { # of the whole server, what its processes share counted once
	local sum=0 p kib
	for p in $server $(pgrep -P "$server"); do
		kib=$(awk '/^Pss:/ { s += $2 } END { print s }' "/proc/$p/smaps_rollup" 2>/dev/null)
		sum=$((sum + ${kib:-0}))
	done
	echo $((sum / 1024))
}
ticks() { # of processor time of the whole server
	local sum=0 p
	for p in $server $(pgrep -P "$server"); do
		sum=$((sum + $(awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$p/stat" 2>/dev/null || echo 0)))
	done
	echo "$sum"
}
bench() { # seconds
	taskset -c "$cores" wrk -t 2 -c "$connections" -d "$1s" --timeout 5s -s "$work/texts.lua" "$base" -- "$key" | sed -n 's/^RESULT //p'
}
bench 2 >/dev/null
before=$(ticks)
read -r rate p50 p99 most errors requests <<<"$(bench "$seconds")"
cpu=$(( ($(ticks) - before) * 1000000 / $(getconf CLK_TCK) / (requests ? requests : 1) ))
mib=$(memory)
{
	echo '## 文本检测接口 / API of text checks'
	echo
	echo "$(date -u +%FT%TZ)，核 / cores $cores（wrk 在内 / wrk among them），$connections 个连接 / connections，$seconds 秒 / s，每个文本 200 字 / 200 characters each"
	echo
	echo '| requests/s | p50 ms | p99 ms | max ms | errors | requests | server CPU µs/request | MiB, all processes |'
	echo '| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |'
	echo "| $rate | $p50 | $p99 | $most | $errors | $requests | $cpu | $mib |"
} | bench/put_section.sh bench/api_text.sh
