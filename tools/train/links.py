#!/usr/bin/python3
"""Count which characters stand beside which, for data/lang/links.xz: what src/lang/restore.c weighs neighbours with.

  TEXT_DATA=FOLDER tools/train/links.py > data/lang/links.xz

Sources, each with its weight: our seed lines that training does not hold out (tools/train/seeds), $TEXT_DATA/train/ files whose licence
allows it, $TEXT_DATA/corpus/ (only these numbers go into the project). The output, xz: for each first character and each value
1 … 15 one line "first<TAB>value in hexadecimal<TAB>second characters"; the value is 3 + 2 ln(p(ab) / (p(a) p(b))), pairs not listed are rarer than
chance or were hardly ever seen. Deterministic. Standard library only. A few minutes.
"""
import collections
import lzma
import math
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "seeds"), os.path.join(HERE, "..", "..", "eval")]
import comply_evade  # noqa: E402
import expand  # noqa: E402

DATA = os.environ.get("TEXT_DATA", os.path.join(HERE, "..", "..", "..", "shared", "data", "text"))
# Share of each source, and how many characters of it are enough.
CORPUS = {"news_xwlb": (.08, 12), "commentary": (.12, 12), "tech": (.10, 12), "headlines": (.05, 4), "law": (.03, 4)}
TRAIN = {"cold.train": (.22, 2), "cscd_ns.dev": (.10, 1)}
SEEDS = .30
LEAST = 3.0  # occurrences, where a source counts so many
HAN = re.compile("[一-鿿]+")


def seed_text():
    slots = expand.read_slots(os.path.join(expand.HERE, "slots.tsv"))
    for name in sorted(os.listdir(expand.HERE)):
        m = re.fullmatch(r"(model-)?(lines-|templates-)?([a-z]+)(-[a-z]+)?\.txt", name)
        if not m:
            continue
        for line in expand.read_lines(os.path.join(expand.HERE, name)):
            if comply_evade.held_out("s:" + line):
                continue
            for k in range(8 if "templates" in name else 1):
                rnd = expand.generator(5, name, line, k)
                try:
                    yield expand.expand(line, slots, rnd) if "templates" in name else expand.fill(line, slots, rnd)
                except ValueError:
                    yield line


def corpus_text(name, million):
    left = million * 1000000
    with lzma.open(os.path.join(DATA, "corpus", name + ".txt.xz"), "rt", encoding="utf-8") as f:
        for n, line in enumerate(f):
            if n % 3 == 0:
                yield line
                left -= len(line)
                if left < 0:
                    return


def train_text(name):
    with open(os.path.join(DATA, "train", name + ".tsv"), encoding="utf-8") as f:
        for line in f:
            yield line.rstrip("\n").split("\t")[-1]


def counted(lines):
    pairs, chars = collections.Counter(), collections.Counter()
    for line in lines:
        for run in HAN.findall(line):
            chars.update(run)
            pairs.update(zip(run, run[1:]))
    return pairs, chars


def main():
    parts = [(SEEDS, seed_text())] + [(w, train_text(n)) for n, (w, _) in TRAIN.items()]
    parts += [(w, corpus_text(n, m)) for n, (w, m) in CORPUS.items()]
    pair, char, seen = collections.Counter(), collections.Counter(), collections.Counter()
    for weight, lines in parts:
        pairs, chars = counted(lines)
        all_pairs, all_chars = sum(pairs.values()), sum(chars.values())
        sys.stderr.write("%.2f: %d characters, %d pairs\n" % (weight, all_chars, len(pairs)))
        for k, n in pairs.items():
            pair[k] += weight * n / all_pairs
            seen[k] += n * weight * 10
        for k, n in chars.items():
            char[k] += weight * n / all_chars
    rows = collections.defaultdict(list)
    for (a, b), p in pair.items():
        if seen[a, b] < LEAST:
            continue
        v = min(15, round(3 + 2 * (math.log(p / (char[a] * char[b])) - 1 / (1 + seen[a, b] / LEAST))))
        if v >= 1:
            rows[a, v].append(b)
    out = "".join("%s\t%x\t%s\n" % (a, v, "".join(sorted(bs))) for (a, v), bs in sorted(rows.items()))
    sys.stderr.write("%d pairs\n" % sum(map(len, rows.values())))
    sys.stdout.buffer.write(lzma.compress(out.encode(), preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main()
