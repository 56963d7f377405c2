#!/bin/bash
# The console driven in a headless Chromium against the real binary.
set -eu
cd "$(dirname "$0")"
if [ ! -f node_modules/.stamp ] || [ package-lock.json -nt node_modules/.stamp ]; then
	npm ci --no-audit --no-fund --loglevel=error
	touch node_modules/.stamp
fi
exec node run.mjs
