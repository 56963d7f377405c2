#!/usr/bin/env python3
"""Text and term lists for bench/match.sh, into the folder given: text.txt, 20 MB of sentences of
news, commentary, law and tech in equal parts, mixed by line with a fixed seed; terms-10k.txt and
terms-100k.txt, dictionary words of two characters and more. Lists of a moderator hold few of the
commonest words, so these leave out the commonest: the short list is an even sample of the ranks
from SHORT on, the long one takes every word from LONG on until it is full.
    bench/match_data.py FOLDER   (EVAL_TEXT: default ../shared/data/text)"""
import lzma
import os
import random
import re
import sys

MB, DOMAINS = 20, ["news_xwlb", "commentary", "law", "tech"]
SHORT, LONG = 24000, 24000
HERE = os.path.dirname(os.path.abspath(__file__))
DICT = os.path.join(HERE, "..", "tools", "data", "node_modules", "@node-rs", "jieba", "dict.txt")


def text(folder):
    lines, rng = [], random.Random(20)
    for domain in DOMAINS:
        left = MB * 1000000 // len(DOMAINS)
        with lzma.open(os.path.join(folder, "corpus", domain + ".txt.xz"), "rt", encoding="utf-8") as f:
            for line in f:
                lines.append(line)
                left -= len(line.encode())
                if left <= 0:
                    break
    rng.shuffle(lines)
    return "".join(lines)


def words():
    found = []
    with open(DICT, encoding="utf-8") as f:
        for line in f:
            word, count = line.split()[:2]
            if re.fullmatch("[\u4e00-\u9fff]{2,16}", word):
                found.append((-int(count), word))
    return [w for _, w in sorted(found)]


def main():
    out = sys.argv[1]
    folder = os.environ.get("EVAL_TEXT") or os.path.join(HERE, "..", "..", "shared", "data", "text")
    ranked = words()
    short = ranked[SHORT::(len(ranked) - SHORT) // 10000][:10000]
    for name, terms in [("terms-10k.txt", short), ("terms-100k.txt", ranked[LONG:LONG + 100000])]:
        with open(os.path.join(out, name), "w", encoding="utf-8") as f:
            f.write("\n".join(terms) + "\n")
    with open(os.path.join(out, "text.txt"), "w", encoding="utf-8") as f:
        f.write(text(folder))


main()
