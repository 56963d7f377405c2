#!/bin/bash
# Compares `zhanwei scan` with Debian's wapiti in the same run: requests, requests/s, processor
# time per request of the scanner (its whole process tree), peak memory, findings.
#   bench/run.sh                 a static site of 2,000 pages, generated here, served by nginx on loopback
#   BENCH_PHP_URL=http://127.0.0.1:8081/ BENCH_PHP_COOKIE='PHPSESSID=…' bench/run.sh     a PHP target of yours as well
# Writes bench/RESULTS.md between its "bench/run.sh" marks; hand-written parts of it stay.
# Requests are counted by nginx (a PHP target is asked through it as a proxy), not by the tools.
set -u
cd "$(dirname "$0")/.." || exit 1
root=$PWD
zhanwei=${ZHANWEI:-$root/build/zhanwei}
pages=${BENCH_PAGES:-2000}
limit=${BENCH_SECONDS:-900} # of one tool on one target
work=$(mktemp -d /tmp/zhanwei-bench.XXXXXX)
deny=${BENCH_PHP_DENY:-logout|setup|security|csrf} # never asked on the PHP target, by either tool
port=0
missing=()

cleanup() {
	[ -f "$work/nginx.pid" ] && kill "$(cat "$work/nginx.pid")" 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

say() { printf '%s\n' "$*" >&2; }

need() { # program package
	PATH=$PATH:/usr/sbin command -v "$1" >/dev/null && return 0
	missing+=("$1")
	say "!!! $1 IS MISSING: install Debian's package $2. Its numbers are left out."
	return 1
}

[ -x "$zhanwei" ] || { say "!!! $zhanwei IS MISSING: run make build first"; exit 1; }

# Pages of a documentation site: sections of twenty, links to neighbours, pictures, a style sheet.
make_site() {
	mkdir -p "$1/css" "$1/img"
	printf 'body{font:16px sans-serif;background:url(/img/bg.png)}\n' >"$1/css/site.css"
	head -c 2000 /dev/zero >"$1/img/bg.png"
	awk -v n="$pages" -v dir="$1" 'BEGIN {
		para = "Lorem ipsum dolor sit amet, consectetur adipisici elit, sed eiusmod tempor incidunt ut labore et dolore magna aliqua. "
		for (i = 0; i < 5; i++) para = para para
		index_html = dir "/index.html"
		print "<!DOCTYPE html><html><head><meta charset=utf-8><title>Manual</title><link rel=stylesheet href=/css/site.css></head><body><h1>Manual</h1><ul>" > index_html
		for (s = 0; s * 20 < n; s++) {
			system("mkdir -p " dir "/s" s)
			printf "<li><a href=\"/s%d/\">Section %d</a></li>\n", s, s > index_html
			section = dir "/s" s "/index.html"
			printf "<!DOCTYPE html><html><head><meta charset=utf-8><title>Section %d</title></head><body><a href=/>up</a><ol>\n", s > section
			for (p = 0; p < 20 && s * 20 + p < n; p++) {
				printf "<li><a href=\"page%d.html\">Page %d</a></li>\n", p, p > section
				page = dir "/s" s "/page" p ".html"
				printf "<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>Page %d.%d</title><link rel=stylesheet href=/css/site.css></head>\n<body><p><a href=\"./\">Section %d</a> <a href=\"page%d.html\">previous</a> <a href=\"page%d.html\">next</a> <a href=\"/\">home</a></p><h1>Page %d of section %d</h1><p>%s</p><img src=/img/bg.png alt=x></body></html>\n", s, p, s, (p + 19) % 20, (p + 1) % 20, p, s, para > page
				close(page)
			}
			print "</ol></body></html>" > section
			close(section)
		}
		print "</ul></body></html>" > index_html
	}'
}

# The PHP target is asked through nginx, so that its requests are counted the same way.
php_server() {
	[ -n "${BENCH_PHP_URL:-}" ] || return
	cat <<-CONF
		server {
			listen 127.0.0.1:$1;
			location ~* "$deny" { return 404; }
			location / { proxy_pass ${BENCH_PHP_URL%/}; proxy_set_header Host \$http_host; proxy_read_timeout 60s; }
		}
	CONF
}

start_nginx() {
	local try
	for try in 18431 28431 38431 48431 21431; do
		cat >"$work/nginx.conf" <<-CONF
			worker_processes 1; pid $work/nginx.pid; error_log $work/error.log;
			events { worker_connections 1024; }
			http {
				include /etc/nginx/mime.types; default_type application/octet-stream;
				log_format short '\$status'; access_log $work/access.log short;
				keepalive_requests 100000; sendfile on; tcp_nopush on;
				client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3;
				uwsgi_temp_path $work/t4; scgi_temp_path $work/t5;
				server { listen 127.0.0.1:$try; root $work/site; server_tokens off; }
				$(php_server $((try + 1)))
			}
		CONF
		chmod -R a+rX "$work"
		if PATH=$PATH:/usr/sbin nginx -e "$work/error.log" -c "$work/nginx.conf" 2>>"$work/error.log"; then
			port=$try
			return 0
		fi
	done
	say "!!! nginx did not start:"; cat "$work/error.log" >&2
	return 1
}

# "pid KiB" of a process and all its descendants, each with the most memory it ever held.
tree_peaks() {
	local pid word kib
	for pid in $(ps -e -o pid=,ppid= | awk -v root="$1" '
		{ parent[$1] = $2 }
		END {
			for (p in parent) {
				for (q = p; q && q != root; q = parent[q]) { }
				if (q == root && p != root) print p
			}
		}'); do
		while read -r word kib _; do
			[ "$word" = VmHWM: ] && echo "$pid $kib" && break
		done 2>/dev/null <"/proc/$pid/status"
	done
}

# measure NAME command...: sets seconds, cpu (seconds), peak (KiB), code
measure() {
	local log=$work/$1.log time=$work/$1.time shell pid kib
	local -A held=()
	shift
	TIMEFORMAT='%R %U %S'
	{ time timeout "$limit" "$@" >"$log" 2>&1; } 2>"$time" &
	shell=$!
	while kill -0 $shell 2>/dev/null; do
		while read -r pid kib; do
			held[$pid]=$kib
		done < <(tree_peaks $shell 2>/dev/null)
		sleep 0.05
	done
	peak=0
	for pid in "${!held[@]}"; do
		peak=$((peak + held[$pid]))
	done
	wait $shell
	code=$?
	read -r seconds user system < <(tail -1 "$time")
	cpu=$(awk "BEGIN { print $user + $system }")
}

hits() { wc -l <"$work/access.log"; }

row() { # tool target requests findings
	awk -v tool="$1" -v target="$2" -v n="$3" -v s="$seconds" -v c="$cpu" -v m="$peak" -v f="$4" 'BEGIN {
		printf "| %s | %s | %d | %.1f | %.0f | %.0f | %.1f | %s |\n", target, tool, n, s, s ? n / s : 0, n ? c * 1e6 / n : 0, m / 1024, f
	}' | tee -a "$work/rows"
	printf '%s %s %s %s %s\n' "$1" "$3" "$seconds" "$cpu" "$peak" >>"$work/raw.$2"
}

scan_with_zhanwei() { # target url cookie
	local before=0 n cookie=()
	[ -n "$3" ] && cookie=(--cookie "$3")
	before=$(hits)
	measure zhanwei "$zhanwei" scan "$2" --mode standard --i-own-this-target --rate 100000 --format json \
		-o "$work/zhanwei.json" "${cookie[@]}"
	if [ "$code" -gt 1 ] || [ ! -s "$work/zhanwei.json" ]; then
		say "!!! zhanwei ended with $code on $1:"; tail -5 "$work/zhanwei.log" >&2
		return 1
	fi
	n=$(($(hits) - before))
	row zhanwei "$1" "$n" "$(grep -oE '"(critical|high|medium|low|info)": ?[0-9]+' "$work/zhanwei.json" | head -5 |
		tr -d '" ' | tr '\n' ' ')"
}

scan_with_wapiti() { # target url cookie
	local before=0 n extra=()
	# ssrf asks a server on the Internet; everything else that runs by default stays.
	[ -n "$3" ] && extra=(-H "Cookie: $3")
	rm -f "$work/wapiti.json"
	before=$(hits)
	HOME=$work measure wapiti wapiti -u "$2" -m common,-ssrf --flush-session --store-session "$work/wapiti" \
		--no-bugreport -v 1 -f json -o "$work/wapiti.json" --max-scan-time $((limit * 9 / 10)) "${extra[@]}"
	n=$(($(hits) - before))
	if [ -s "$work/wapiti.json" ]; then
		row wapiti "$1" "$n" "$(grep -c '"curl_command"' "$work/wapiti.json") in all"
	elif [ "$code" = 124 ]; then
		row wapiti "$1" "$n" "stopped after ${limit} s without a report"
	else
		say "!!! wapiti ended with $code on $1:"; tail -5 "$work/wapiti.log" >&2
	fi
}

verdict() { # target
	awk -v t="$1" '{ n[$1] = $2; s[$1] = $3; c[$1] = $4; m[$1] = $5 } END {
		if (!n["wapiti"] || !n["zhanwei"]) { print "- " t ": no comparison (one of the two is missing)"; exit }
		rate = (n["zhanwei"] / s["zhanwei"]) / (n["wapiti"] / s["wapiti"])
		cpu = (c["zhanwei"] / n["zhanwei"]) / (c["wapiti"] / n["wapiti"])
		printf "- %s: %.1f times the requests per second of wapiti (aim 10), %.3f of its processor time per request (aim 0.1), peak %.0f MiB (aim below 150), %s requests against %s\n", t, rate, cpu, m["zhanwei"] / 1024, n["zhanwei"], n["wapiti"]
	}' "$work/raw.$1"
}

write_results() {
	{
		echo "## 速度与资源 / Speed and resources"
		echo
		echo "$(date -u +%FT%TZ)，$(nproc) 核 / cores，$("$zhanwei" version 2>/dev/null | head -1)，wapiti $(wapiti --version 2>/dev/null | tail -1 | grep -oE '[0-9.]+$')，同一次运行 / same run"
		echo
		echo '| target | tool | requests | seconds | requests/s | CPU µs/request | peak MiB | findings |'
		echo '| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |'
		cat "$work/rows" 2>/dev/null
		echo
		for t in "$work"/raw.*; do [ -f "$t" ] && verdict "${t##*/raw.}"; done
		[ ${#missing[@]} -gt 0 ] && echo "- MISSING in this run: ${missing[*]}"
		[ -z "${BENCH_PHP_URL:-}" ] && echo '- PHP target: not measured in this run (BENCH_PHP_URL was not set)'
		echo
		echo 'CPU is user + system of the whole process tree of the tool. Peak is the sum of what each process of that tree held at most'
		echo '(shared pages count once per process). The static site is served by one nginx worker on the same machine.'
	} | bench/put_section.sh bench/run.sh
}

need wapiti wapiti && have_wapiti=1 || have_wapiti=0
if need nginx nginx-light; then
	say "making a site of $pages pages"
	make_site "$work/site"
	if start_nginx; then
		scan_with_zhanwei static "http://127.0.0.1:$port/" ''
		[ $have_wapiti = 1 ] && scan_with_wapiti static "http://127.0.0.1:$port/" ''
		if [ -n "${BENCH_PHP_URL:-}" ]; then
			scan_with_zhanwei php "http://127.0.0.1:$((port + 1))/" "${BENCH_PHP_COOKIE:-}"
			[ $have_wapiti = 1 ] && scan_with_wapiti php "http://127.0.0.1:$((port + 1))/" "${BENCH_PHP_COOKIE:-}"
		fi
	fi
fi
[ -n "${BENCH_PHP_URL:-}" ] || say "!!! NO PHP TARGET: set BENCH_PHP_URL (and BENCH_PHP_COOKIE) to compare on one"
write_results
[ ${#missing[@]} = 0 ]
