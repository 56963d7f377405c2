"""What disguised words may stand for: the words of the dictionary by how they sound and by what they look like, and characters by
the two they fall apart into. The layout of the sections stands in src/lang/words_private.h."""
import lzma
import os
import re
import struct

import make_lexicon
from lang_fold import rows

LEAST = 5       # a word's frequency
TERM_COST = 5900  # of what our own lexicon lists, as -ln p x 512, where the dictionary makes it rarer
WORD_MAX = 4    # characters
COMMON = 6000   # characters that share a part with others
HAN = 38
START_BITS, LINK_BITS = 22, 19
SOUND, SHAPE, PART = 1, 2, 3  # enum words_likeness


def mix(a, b):
    h = (a * 0x9E3779B1 + b * 0x85EBCA6B) & 0xFFFFFFFF
    return (h ^ (h >> 15)) * 0x2C1B3C6D & 0xFFFFFFFF


def key_of(kind, ids):
    h = kind
    for i in ids:
        h = mix(h, i)
    return h


def decompositions(modules):
    """Character -> (kind, first part, second part), where both parts are characters."""
    with open(os.path.join(modules, "hanzi/lib/data/cjk-decomp.txt.js"), encoding="utf-8") as f:
        return {c: (kind, a, b) for c, kind, a, b in re.findall(r"^(?:module\.exports = `)?(.):([ad])\w*\((.),(.)\)", f.read(), re.M)}


def shared_parts(folding, decomp):
    """A number for all common characters that have the part on the right, or below, in common; 0: none."""
    groups, table = {}, [0] * len(folding.char)
    for c in folding.char[HAN:HAN + COMMON]:
        if c in decomp:
            kind, _, b = decomp[c]
            groups.setdefault((kind, b), []).append(folding.sym[c])
    number = 0
    for _, members in sorted(groups.items()):
        if len(members) > 1:
            number += 1
            for s in members:
                table[s] = number
    return table


def split_pairs(folding, decomp):
    """(left symbol, right symbol, whole symbol) of common characters that are written side by side."""
    out = {}
    for c in reversed(folding.char[HAN:HAN + COMMON]):
        if c in decomp and decomp[c][0] == "a":
            parts = [folding.fold(ord(p))[0] for p in decomp[c][1:]]
            if all(isinstance(p, str) and len(p) == 1 and p in folding.sym for p in parts):
                out[tuple(folding.sym[p] for p in parts)] = folding.sym[c]  # the commonest whole stays
    return sorted((a, b, w) for (a, b), w in out.items())


def lexicon_words(folding, root):
    """Words that data/lexicon/ lists, as symbols: terms of two to four characters, and such parts of rules."""
    out = set()
    for path in lexicon_files(root):
        for term, _ in rows(path, True):
            parts = [] if term.startswith("re:") or term == "term" else make_lexicon.rule_parts(term)[0]
            for form in [f for part in parts for f in make_lexicon.expand(part.strip()) or []]:
                key = tuple(folding.sym.get(c, 0) for c in form)
                if 2 <= len(key) <= WORD_MAX and min(key) >= HAN and all(folding.han(c) for c in form):
                    out.add(key)
    return out


def lexicon_files(root):
    folder = os.path.join(root, "data/lexicon")
    return sorted(os.path.join(d, n) for d, _, names in os.walk(folder) for n in names if n.endswith(".tsv") and d != folder)


def links(folding, path):
    """How gladly one character follows another (tools/train/links.py): a table of 12 bits of the hash and 4 of value."""
    value = {}
    with lzma.open(path, "rt", encoding="utf-8") as f:
        for line in f:
            a, v, seconds = line.rstrip("\n").split("\t")
            for b in seconds:
                if a in folding.sym and b in folding.sym:
                    value[folding.sym[a], folding.sym[b]] = int(v, 16)
    size = 1 << LINK_BITS
    if len(value) * 4 > size * 3:
        raise SystemExit("links.xz: too many pairs")
    table = [0] * size
    for (a, b), v in sorted(value.items()):
        h = mix(a, b)
        at = h >> (32 - LINK_BITS)
        while table[at]:
            at = (at + 1) % size
        table[at] = (h & 0xFFF) << 4 | v
    return struct.pack(f"<{size}H", *table)


def sections(folding, dictionary, shape, root, modules):
    """dictionary: lang_words.Dictionary. shape: the class of each symbol."""
    decomp = decompositions(modules)
    parts = shared_parts(folding, decomp)
    size = [0] * len(folding.char)
    for s in shape:
        size[s] += 1
    found, starts = set(), bytearray(1 << (START_BITS - 3))

    def add(kind, ids, word, score):
        found.add((key_of(kind, ids), score, word))
        key = key_of(kind, ids)
        for h in (key_of(kind, ids[:2]), mix(key, len(ids))):  # worth going on, worth looking up
            h >>= 32 - START_BITS
            starts[h >> 3] |= 1 << (h & 7)

    terms = lexicon_words(folding, root)
    for key in terms | {k for k, freq in dictionary.count.items() if freq >= LEAST and 2 <= len(k) <= WORD_MAX and min(k) >= HAN}:
        score = dictionary.score(key) if key in dictionary.count else TERM_COST
        score = min(score, TERM_COST) if key in terms else score
        for s in dictionary.sounds(key):
            add(SOUND, s, key, score)
        if any(size[shape[c]] > 1 for c in key):
            add(SHAPE, [shape[c] for c in key], key, score)
        if any(parts[c] for c in key):
            add(PART, [parts[c] or 0x8000 + c for c in key], key, score)
    rows = sorted(found)
    heads, at = [], 0
    for bucket in range(0x10001):
        while at < len(rows) and rows[at][0] >> 16 < bucket:
            at += 1
        heads.append(at)
    return [
        ("guess.head", struct.pack("<65537I", *heads)),
        ("guess.word", b"".join(struct.pack("<IHH4H", k, s, len(w), *w, *[0] * (WORD_MAX - len(w))) for k, s, w in rows)),
        ("guess.start", bytes(starts)),
        ("link.pair", links(folding, os.path.join(root, "data/lang/links.xz"))),
        ("guess.split", b"".join(struct.pack("<4H", *p, 0) for p in split_pairs(folding, decomp))),
        ("sym.part", struct.pack(f"<{len(parts)}H", *parts)),
    ]
