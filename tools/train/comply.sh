#!/bin/bash
# Remakes data/models/comply.bin: gathers the texts, trains, prints the held-out table. A few minutes of one core.
#   TEXT_DATA=FOLDER tools/train/comply.sh [OUT.bin] [KEY=VALUE ...]     FOLDER holds train/ and corpus/ (data/models/README.md)
set -eu
cd "$(dirname "$0")/../.."
export TEXT_DATA=${TEXT_DATA:-${EVAL_DATA:-../shared/data/text}}
[ -d "$TEXT_DATA/train" ] || { echo "no training texts in $TEXT_DATA: set TEXT_DATA" >&2; exit 1; }
build=${BUILD:-build}
ninja -C "$build" packs/zh.pack tools/train/comply_train >/dev/null
out=${1:-data/models/comply.bin}
[ $# -gt 0 ] && shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
/usr/bin/python3 tools/train/comply_data.py >"$work/data.tsv"
version="comply $(date -u +%Y.%m)-$(sha256sum <"$work/data.tsv" | cut -c1-8)"
export ZHANWEI_PACKS=$PWD/$build/packs
nice "$build/tools/train/comply_train" train "$work/data.tsv" "$out" "$version" "$@"
