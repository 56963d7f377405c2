#!/bin/bash
# Text compliance: scores on outside sets (never trained on), disguises, false alarms. Prints a section for eval/RESULTS.md.
# EVAL_DATA names the folder with train/ and measure/ (default ../shared/data/text when it is there). Only counts are printed.
# EVAL_CHECKER=model scores the models alone, without terms and detectors; EVAL_SCENE asks the engine in a scene.
set -eu
cd "$(dirname "$0")/.."
data=${EVAL_DATA:-../shared/data/text}
kind=${EVAL_CHECKER:-engine}
[ -d "$data/measure" ] || { printf "## 文本合规 · Text compliance\n\n没有外部数据（EVAL_DATA），未测。*No outside data: not measured.*\n"; exit 0; }
export ZHANWEI_PACKS=${ZHANWEI_PACKS:-$PWD/build/packs}
[ "$kind" = engine ] || ninja -C build tools/train/comply_train >/dev/null
printf "## 文本合规 · Text compliance\n\n"
[ "$kind" = engine ] && echo "\`zhanwei check --lines\`，中性策略。*Neutral policy.*" || echo "只有模型，不用词条与检测。*The models alone.*"
/usr/bin/python3 eval/comply_score.py "$data" "$kind"
/usr/bin/python3 eval/comply_evade.py "$data" "$kind"
