#!/bin/bash
# Brings build/zhanwei up to date: packages, console, C. Silent and quick when
# nothing changed.
set -eu
cd "$(dirname "$0")/.."
scripts/bootstrap.sh build run

# The console, when one of its sources is newer than the last build of it.
if [ -f web/package.json ]; then
	stamp=web/dist/.stamp
	if [ ! -f "$stamp" ] || [ -n "$(find web -path web/node_modules -prune -o -path web/dist -prune -o -path web/dev -prune -o \
		-type f -newer "$stamp" -print -quit)" ]; then
		echo "构建控制台 / building the console"
		if [ ! -f web/node_modules/.stamp ] || [ web/package-lock.json -nt web/node_modules/.stamp ]; then
			(cd web && npm ci --no-audit --no-fund --loglevel=error)
			touch web/node_modules/.stamp
		fi
		(cd web && npm run --silent build)
		touch "$stamp"
	fi
fi

scripts/language_data.sh
if [ ! -f build/build.ninja ]; then
	meson setup build --buildtype=debugoptimized >build/.setup.log 2>&1 || { tail -20 build/.setup.log; exit 1; }
fi
log=build/.ninja.log
if ! ninja -C build >"$log" 2>&1; then
	grep -E 'error|warning|FAILED' "$log" | head -40
	exit 1
fi
