#!/bin/bash
# The whole text compliance engine over 20 MB of Chinese sentences (bench/match_data.py makes them;
# EVAL_TEXT is the folder of the texts): one core, processor time, best of five. Writes
# bench/RESULTS.md between its "bench/comply.sh" marks and prints the block.
set -u
cd "$(dirname "$0")/.." || exit 1
text=${EVAL_TEXT:-$PWD/../shared/data/text}
if [ ! -d "$text/corpus" ]; then echo "SKIP bench/comply.sh: no texts in $text (set EVAL_TEXT)" >&2; exit 0; fi
ninja -C build bench/bench_comply packs/zh.pack packs/comply.pack packs/comply.bin >/dev/null || exit 1
work=$(mktemp -d /tmp/zhanwei-comply.XXXXXX)
trap 'rm -rf "$work"' EXIT
EVAL_TEXT=$text python3 bench/match_data.py "$work" || exit 1
core=$(($(nproc) - 1))
{
	echo '## 文本合规引擎 / The compliance engine'
	echo
	echo "$(date -u +%FT%TZ)，$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)，一核 / one core；20 MB：新闻、评论、法律、科技 / news, commentary, law, tech；$(python3 tools/make_lexicon.py --lint data/lexicon | tail -1)"
	echo
	taskset -c $core build/bench/bench_comply build/packs "$work/text.txt" || exit 1
	echo
	echo '含折叠、全部词条与规则、音与形、其他读法、结构检测与结论；每秒处理器时间的 UTF-8 字节数。'
	echo '*Folding, all terms and rules, sounds and shapes, other readings, structural detectors and verdict; bytes of UTF-8 per second of processor time.*'
} >"$work/block" || exit 1
bench/put_section.sh bench/comply.sh <"$work/block"
