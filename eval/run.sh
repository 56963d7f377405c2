#!/bin/bash
# Scores each engine on its development sets and writes eval/RESULTS.md. One section a script:
#   eval/target.sh  active checks on tests/targets        eval/clean.sh  sites without a hole
#   eval/apps.sh    applications that you fetched         eval/maze.sh   crawling; see each for what it can be given
#   eval/comply.sh  text compliance on the sets in EVAL_DATA (../shared/data/text when it is there)
# EVAL_ONLY="target clean" runs some of them.
set -eu
cd "$(dirname "$0")/.."
export PATH=/usr/bin:$PATH # Debian's Python has the modules that scripts/packages.txt names
scripts/bootstrap.sh eval
out=eval/RESULTS.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

{
	echo "# 准确率 · Accuracy"
	echo
	echo "\`make eval\`，$(date -u +%F)，$(build/zhanwei version | head -1)。"
	echo "开发集随代码发布，由我们编写，检测项也曾对照它们改进；它说明每类至少能分清这些，不代表对所有网站的承诺。"
	echo "*Development sets are ours and in the repository, and checks were improved against them: they show what is told apart at least, not a promise for every site.*"
	for part in ${EVAL_ONLY:-target clean apps maze comply}; do
		echo
		eval/$part.sh
	done
	printf '\n## 被动检测 · Passive checks\n\n'
	pos=$(find tests/fixtures/passive -name 'pos-*' | wc -l) neg=$(find tests/fixtures/passive -name 'neg-*' | wc -l)
	checks=$(ls tests/fixtures/passive | wc -l)
	if ZHANWEI_SOURCE=$PWD build/src/scan/test_fixtures >"$work/fixtures" 2>&1; then verdict="全部符合 / all as expected"
	else verdict="不符合 / not as expected: $(grep -c fixtures "$work/fixtures")"; fi
	echo "$checks 个检测项，$pos 个必须报告的样例，$neg 个不得报告的样例：$verdict。"
} >"$work/results"
cp "$work/results" "$out"
cat "$out"
