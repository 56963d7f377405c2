#!/usr/bin/python3
"""lexicon_precision.py [--seed N] [--number 500] [--more FILE ...] [--ads FILE ...] [-o OUT.tsv]: built-in terms in real sentences, to be judged by reading.

Every text of EVAL_DATA/corpus/*.txt.xz and EVAL_DATA/train/*.tsv (EVAL_DATA default ../shared/data/text; measure/ is never opened),
and of further files, one text a line (--more in the neutral scene, --ads advertising copy in the scene "ad"), is checked by
`zhanwei check --lines --no-model --format json` (ZHANWEI names the program, default build/zhanwei). Counted are hits of the
built-in terms and rules, as they stand or in disguise, that ask for review or block; a term of level weak flags nothing alone and is
left out, and so are structure, flooding and the model. Of the distinct entries that hit, --number are drawn by the seed, each with one random sentence; at most a
third of the sentences from edited prose (news, law, government, science, encyclopedia, technology), where few words can be wrong.

Output: judgement (empty, to be filled in: 1 right or must be looked at, 0 wrong), id, leaf, entry, level, source, text with the hit in 【】.
lexicon_precision.py --score OUT.tsv counts a judged file by leaf.
"""
import argparse
import collections
import glob
import json
import lzma
import os
import random
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LAYERS = {"term", "rule", "split", "pinyin", "shape"}
EDITED = {"academic", "encyclopedia", "gov_report", "headlines", "law", "news_xwlb", "tech"}
AROUND = 70  # characters shown on either side


def column(path, number):
    with open(path, encoding="utf-8", newline="\n") as f:
        for line in f:
            cells = line.rstrip("\r\n").split("\t")
            if len(cells) > number:
                yield cells[number]


def plain(path):
    with (lzma.open(path, "rt", encoding="utf-8") if path.endswith(".xz") else open(path, encoding="utf-8")) as f:
        yield from f


def sources(data, more, ads):
    """(name, scene, texts)"""
    for path in sorted(glob.glob(os.path.join(data, "corpus", "*.txt.xz"))):
        yield os.path.basename(path).split(".")[0], "", plain(path)
    for path in sorted(glob.glob(os.path.join(data, "train", "*.tsv"))):
        yield os.path.basename(path)[:-4], "", column(path, 2)
    for scene, paths in (("", more), ("ad", ads)):
        for path in paths:
            yield os.path.basename(path).split(".")[0], scene, plain(path)


def check(scene, texts):
    """(text, answer) of what is flagged."""
    lines = ["".join(c if c >= " " else " " for c in t.rstrip("\n")) for t in texts]
    run = subprocess.run([os.environ.get("ZHANWEI", "build/zhanwei"), "check", "--lines", "--no-model", "--format", "json"] +
                         (["--scene", scene] if scene else []) + ["-"], input="".join(t + "\n" for t in lines).encode(),
                         stdout=subprocess.PIPE, check=False)
    answers = run.stdout.decode().splitlines()
    if len(answers) != len(lines):
        raise SystemExit("%d answers for %d texts" % (len(answers), len(lines)))
    for text, answer in zip(lines, answers):
        if not answer.startswith('{"suggestion":"pass"'):
            yield text, json.loads(answer)


def collect(data, more, ads):
    """{(leaf, entry): [(edited, source, level, text)]}"""
    found = collections.defaultdict(list)
    for name, scene, texts in sources(data, more, ads):
        seen, number = set(), 0
        for text, answer in check(scene, texts):
            number += 1
            for h in answer["hits"]:
                key = (".".join(filter(None, (h["label"], h["sub_label"]))), h["term"])
                if h["layer"] in LAYERS and h["suggestion"] != "pass" and (key, text) not in seen:
                    seen.add((key, text))
                    a, b = h["start"], h["end"]
                    shown = text[max(0, a - AROUND):a] + "【" + text[a:b] + "】" + text[b:b + AROUND]
                    found[key].append((name in EDITED, name, h["suggestion"], shown))
        print("%s: %d texts flagged" % (name, number), file=sys.stderr)
    return found


def draw(found, number, generator):
    out, edited = [], 0
    keys = sorted(found)
    generator.shuffle(keys)
    for key in keys:
        if len(out) == number:
            break
        one = generator.choice(sorted(found[key]))
        if one[0] and 3 * (edited + 1) > number:
            other = [x for x in sorted(found[key]) if not x[0]]
            if not other:
                continue
            one = generator.choice(other)
        edited += one[0]
        out.append((key, one))
    return out


def score(path):
    right, all_ = collections.Counter(), collections.Counter()
    for line in plain(path):
        cells = line.rstrip("\n").split("\t")
        if cells[0] not in ("0", "1"):
            raise SystemExit("not judged: " + line)
        for key in (cells[2], "all"):
            right[key] += cells[0] == "1"
            all_[key] += 1
    for key in sorted(all_):
        print("%s\t%d of %d\t%.1f %%" % (key, right[key], all_[key], 100.0 * right[key] / all_[key]))


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--number", type=int, default=500)
    p.add_argument("--more", action="append", default=[])
    p.add_argument("--ads", action="append", default=[])
    p.add_argument("--score")
    p.add_argument("-o", "--output", default="/dev/stdout")
    args = p.parse_args()
    if args.score:
        return score(args.score)
    found = collect(os.environ.get("EVAL_DATA", os.path.join(HERE, "..", "..", "shared", "data", "text")), args.more, args.ads)
    drawn = draw(found, args.number, random.Random(args.seed))
    print("%d entries hit, %d drawn, %d from edited prose" % (len(found), len(drawn), sum(one[0] for _, one in drawn)), file=sys.stderr)
    with open(args.output, "w", encoding="utf-8") as f:
        for i, (key, one) in enumerate(sorted(drawn), 1):
            f.write("\t".join(("", str(i), key[0], key[1], one[2], one[1], one[3].replace("\t", " "))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
