#!/bin/bash
# Matching beside Hyperscan: 10,000 and 100,000 dictionary words over 20 MB of Chinese sentences
# (bench/match_data.py makes both; EVAL_TEXT is the folder of the texts), one core, processor time,
# best of five. Writes bench/RESULTS.md between its "bench/match.sh" marks and prints the block.
set -u
cd "$(dirname "$0")/.." || exit 1
text=${EVAL_TEXT:-$PWD/../shared/data/text}
if [ ! -d "$text/corpus" ]; then echo "SKIP bench/match.sh: no texts in $text (set EVAL_TEXT)" >&2; exit 0; fi
pkg-config --exists libhs || scripts/bootstrap.sh bench || exit 1
meson introspect build --targets 2>/dev/null | grep -q '"bench_match"' || meson setup --reconfigure build >/dev/null || exit 1
ninja -C build bench/bench_match packs/zh.pack >/dev/null || exit 1
work=$(mktemp -d /tmp/zhanwei-match.XXXXXX)
trap 'rm -rf "$work"' EXIT
EVAL_TEXT=$text python3 bench/match_data.py "$work" || exit 1
core=$(($(nproc) - 1))
{
	echo '## 匹配 / Matching'
	echo
	echo "$(date -u +%FT%TZ)，$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)，一核 / one core；20 MB：新闻、评论、法律、科技 / news, commentary, law, tech"
	echo
	taskset -c $core build/bench/bench_match build/packs "$work/text.txt" "$work"/terms-10k.txt "$work"/terms-100k.txt || exit 1
	echo
	echo '自有匹配含全部折叠（全半角、大小写、繁简、形近、插入符号等），从 UTF-8 到字节位置一遍完成；Hyperscan 5.4 为逐字精确、整段。多出的命中来自折叠；其余逐个相同。'
	echo '*Ours with all folding, from UTF-8 to byte positions in one pass; Hyperscan 5.4 with exact literals over the whole text. Hits beyond its own come from folding, the others are the same one by one. MB/s of UTF-8 per second of processor time, best of five in turns.*'
} >"$work/block" || exit 1
bench/put_section.sh bench/match.sh <"$work/block"
