#!/bin/bash
# 10,000 templates: time and memory of loading them, and of a standard and a deep scan with
# them against one site on loopback (nginx), with the requests that the shared answers and the
# gating saved. The templates are varied from data/templates; or a collection of yours:
#   BENCH_TEMPLATES=/path/to/nuclei-templates/http bench/templates.sh
# Writes bench/RESULTS.md between its "bench/templates.sh" marks.
set -u
cd "$(dirname "$0")/.." || exit 1
zhanwei=${ZHANWEI:-$PWD/build/zhanwei}
[ -x "$zhanwei" ] || { echo "!!! $zhanwei IS MISSING: run make build first" >&2; exit 1; }
PATH=$PATH:/usr/sbin
command -v nginx >/dev/null || { echo "!!! nginx IS MISSING: install Debian's package nginx-light" >&2; exit 1; }
work=$(mktemp -d /tmp/zhanwei-bench.XXXXXX)
trap '[ -f "$work/nginx.pid" ] && kill "$(cat "$work/nginx.pid")" 2>/dev/null; rm -rf "$work"' EXIT

# Copies with other ids, places and words; every fourth keeps its request, as in real collections.
make_templates() {
	python3 - "$1" 10000 <<-'PY'
		import pathlib, re, sys
		out, want = pathlib.Path(sys.argv[1]), int(sys.argv[2])
		files = sorted(pathlib.Path('data/templates').rglob('*.yaml'))
		out.mkdir(parents=True)
		for n in range(want):
		    text = files[n % len(files)].read_text()
		    text = re.sub(r'^id: *(\S+)', lambda m: f'id: {m[1]}-{n}', text, count=1, flags=re.M)
		    if n % 4:
		        text = re.sub(r'(\{\{BaseURL\}\}/[^\s"\'?]*?)([^/\s"\'?]*)(?=["\'?\s])', rf'\g<1>v{n}-\g<2>', text)
		        text = re.sub(r'^(\s+product: *\S+)', rf'\g<1>-{n % 997}', text, flags=re.M)
		    (out / f'{n}.yaml').write_text(text)
	PY
}

start_nginx() {
	mkdir -p "$work/site"
	echo '<!DOCTYPE html><html><head><title>Start</title></head><body><h1>Start</h1></body></html>' >"$work/site/index.html"
	for port in 18471 28471 38471; do
		cat >"$work/nginx.conf" <<-CONF
			worker_processes 1; pid $work/nginx.pid; error_log $work/error.log;
			events { worker_connections 1024; }
			http {
				access_log off; keepalive_requests 1000000; client_body_temp_path $work/t1; proxy_temp_path $work/t2;
				fastcgi_temp_path $work/t3; uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
				server { listen 127.0.0.1:$port; root $work/site; server_tokens off; }
			}
		CONF
		chmod -R a+rX "$work"
		nginx -e "$work/error.log" -c "$work/nginx.conf" 2>>"$work/error.log" && return 0
	done
	cat "$work/error.log" >&2
	return 1
}

# timed LOG command...: sets seconds, cpu, mib (all processes together, what they share counted
# once, looked at every 10 ms)
timed() {
	local log=$1
	shift
	/usr/bin/python3 - "$work/time" "$log" "$@" <<-'PY'
		import os, subprocess, sys, time
		def tree(root):
		    children = {}
		    for p in filter(str.isdigit, os.listdir('/proc')):
		        try:
		            parent = int(open(f'/proc/{p}/stat').read().rsplit(')', 1)[1].split()[1])
		        except OSError:
		            continue
		        children.setdefault(parent, []).append(int(p))
		    out = [root]
		    for p in out:
		        out += children.get(p, [])
		    return out
		def ticks(p):
		    try:
		        return sum(map(int, open(f'/proc/{p}/stat').read().rsplit(')', 1)[1].split()[11:13]))
		    except OSError:
		        return 0
		def kib(p):
		    try:
		        return next(int(l.split()[1]) for l in open(f'/proc/{p}/smaps_rollup') if l.startswith('Pss:'))
		    except (OSError, StopIteration):
		        return 0
		begun, peak, cpu = time.time(), 0, {}
		with open(sys.argv[2], 'wb') as log:
		    run = subprocess.Popen(sys.argv[3:], stdout=log, stderr=log)
		    while run.poll() is None:
		        all = tree(run.pid)
		        peak = max(peak, sum(map(kib, all)))
		        cpu |= {p: max(cpu.get(p, 0), ticks(p)) for p in all}
		        time.sleep(.01)
		open(sys.argv[1], 'w').write(f'{time.time() - begun:.2f} {sum(cpu.values()) / os.sysconf("SC_CLK_TCK"):.2f} {peak / 1024:.0f}')
	PY
	read -r seconds cpu mib <"$work/time"
}

said() { grep -E '^Templates: ' "$work/$1.log" | head -1; }

templates=${BENCH_TEMPLATES:-$work/templates}
[ -n "${BENCH_TEMPLATES:-}" ] || make_templates "$templates"
start_nginx || exit 1
{
	echo '## 模板 / Templates'
	echo
	echo "$(date -u +%FT%TZ)，$(nproc) 核 / cores，${BENCH_TEMPLATES:+public collection }$(find "$templates" -name '*.yaml' | wc -l) 个文件 / files"
	echo
	echo '| what | seconds | CPU s | peak MiB, all processes |'
	echo '| --- | ---: | ---: | ---: |'
	timed "$work/lint.log" "$zhanwei" template lint "$templates" -q
	echo "| \`template lint\`（逐条编译全部表达式与正则 / everything compiled） | $seconds | $cpu | $mib |"
	for mode in standard deep; do
		timed "$work/$mode.log" "$zhanwei" scan "http://127.0.0.1:$port/" --mode $mode --only-templates --no-builtin-templates \
			--templates "$templates" --i-own-this-target --rate 100000 -q --fail-on none -o /dev/null
		echo "| \`scan --mode $mode --only-templates\` | $seconds | $cpu | $mib |"
	done
	echo
	echo "- lint: $(grep -E '^[0-9]+ files' "$work/lint.log")"
	echo "- standard: $(said standard)"
	echo "- deep: $(said deep)"
} >"$work/block"
bench/put_section.sh bench/templates.sh <"$work/block"
