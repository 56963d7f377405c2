#!/bin/bash
# Remakes data/models/comply.bin: gathers the texts, trains both models, prints the held-out tables.
#   TEXT_DATA=FOLDER tools/train/comply.sh [OUT.bin] [KEY=VALUE ...]     FOLDER holds train/ and corpus/ (data/models/README.md)
# The linear model takes a minute. The neural one takes NET_MINUTES (45) of reading and some 15 of learning the classes; it needs
# the Debian packages python3-torch and python3-numpy, for training only. NET=0 leaves it out; NET_WORK names a folder that
# keeps what was made on the way, whose net/pre.pt and net/net.pt are gone on from when they are there.
set -eu
cd "$(dirname "$0")/../.."
export TEXT_DATA=${TEXT_DATA:-${EVAL_DATA:-../shared/data/text}}
[ -d "$TEXT_DATA/train" ] || { echo "no training texts in $TEXT_DATA: set TEXT_DATA" >&2; exit 1; }
build=${BUILD:-build}
ninja -C "$build" packs/zh.pack tools/train/comply_train >/dev/null
out=${1:-data/models/comply.bin}
[ $# -gt 0 ] && shift
work=${NET_WORK:-$(mktemp -d)}
[ -n "${NET_WORK:-}" ] || trap 'rm -rf "$work"' EXIT
mkdir -p "$work"
export ZHANWEI_PACKS=$PWD/$build/packs
train="nice $build/tools/train/comply_train" net="nice /usr/bin/python3 tools/train/comply_net.py"
/usr/bin/python3 tools/train/comply_data.py >"$work/data.tsv"
version="comply $(date -u +%Y.%m)-$(sha256sum <"$work/data.tsv" | cut -c1-8)"
$train train "$work/data.tsv" "$out" "$version" "$@"
[ "${NET:-1}" = 1 ] || exit 0
/usr/bin/python3 -c "import torch, numpy" || { echo "the neural model needs: apt-get install python3-torch python3-numpy (or NET=0)" >&2; exit 1; }
mkdir -p "$work/net"
/usr/bin/python3 tools/train/comply_data.py mixed >"$work/net/data.tsv"
cut -f4 "$work/net/data.tsv" | $train tokens >"$work/net/data.tok"
$train held "$work/net/data.tsv" >"$work/net/data.held"
if [ ! -e "$work/net/pre.pt" ]; then
	$net prepare "$work/net"
	$train tokens <"$work/net/lines.txt" >"$work/net/lines.tok"
	$net pretrain "$work/net" "${NET_MINUTES:-45}"
fi
$net finetune "$work/net" "${NET_EPOCHS:-3}"
$net export "$work/net" "$work/net.bin"
cp "$out" "$work/linear.bin"
# where both are weighed, what stands among other sentences counts a quarter
awk -F '\t' -v OFS='\t' -v n="$(wc -l <"$work/data.tsv")" 'NR > n { $2 /= 4 } { print }' "$work/net/data.tsv" >"$work/fit.tsv"
$train join "$work/linear.bin" "$work/net.bin" "$work/fit.tsv" "$out"
