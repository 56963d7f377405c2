"""Words of the language pack: the dictionary as a hashed trie, readings, character pairs.

The layout of the sections stands in src/lang/words_private.h."""
import json
import math
import os
import struct
import unicodedata as ud

ROOT = 0xFFFFFFFF
BITS = 20
SCALE, CHILDREN, READING, SCORE_MASK = 512, 0x8000, 0x4000, 0x3FFF
SYLLABLE = 38
LONGEST = 12


def toneless(s):
    s = ud.normalize("NFD", s.lower()).replace("u\u0308", "v")
    return "".join(c for c in s if not ud.combining(c))


def read_readings(modules):
    """Word -> (its syllables, frequency)."""
    with open(os.path.join(modules, "@pinyin-pro/data/json/complete.json"), encoding="utf-8") as f:
        raw = json.load(f)
    out = {}
    for word, (p, freq) in raw.items():
        syl = toneless(p).split()
        if len(syl) == len(word):
            out[word] = (syl, freq)
    with open(os.path.join(modules, "@pinyin-pro/data/json/chars.json"), encoding="utf-8") as f:
        for c, p in json.load(f).items():
            out.setdefault(c, ([toneless(p)], 0))
    return out


def commonest(readings):
    count = {}
    for word, (syl, freq) in readings.items():
        for c, s in zip(word, syl):
            of = count.setdefault(c, {})
            of[s] = of.get(s, 0) + freq
    return {c: max(sorted(of), key=lambda s: of[s]) for c, of in count.items()}


class Trie:
    """Node = slot of an open-addressing table keyed by (parent's slot, symbol)."""

    def __init__(self, bits):
        self.bits, self.mask = bits, (1 << bits) - 1
        self.parent = [0] * (1 << bits)
        self.sym = [0] * (1 << bits)
        self.value = [0] * (1 << bits)
        self.used = 0

    def child(self, parent, sym):
        h = (parent * 0x9E3779B1 + sym * 0x85EBCA6B) & 0xFFFFFFFF
        i = (h ^ (h >> 15)) * 0x2C1B3C6D & 0xFFFFFFFF
        i >>= 32 - self.bits
        while self.sym[i]:
            if self.sym[i] == sym and self.parent[i] == parent:
                return i
            i = (i + 1) & self.mask
        self.parent[i], self.sym[i] = parent, sym
        self.used += 1
        if parent != ROOT:
            self.value[parent] |= CHILDREN
        return i

    def word(self, symbols):
        node = ROOT
        for s in symbols:
            node = self.child(node, s)
        return node

    def section(self):
        out = bytearray(8 << self.bits)
        at = 0
        pack = struct.pack_into
        for p, s, v in zip(self.parent, self.sym, self.value):
            if s:
                pack("<IHH", out, at, p, s, v)
            at += 8
        return bytes(out)


def counted(folding, words):
    """Symbols of each word -> frequency; words that fold alike are one."""
    count = {}
    fold = {}
    for word, freq in words:
        if len(word) > LONGEST:
            continue
        syms = []
        for c in word:
            if c not in fold:
                v = folding.fold(ord(c))[0]
                fold[c] = folding.symbols(v) if isinstance(v, str) else []
            syms += fold[c]
        key = tuple(syms)
        if key and 1 not in key:
            count[key] = count.get(key, 0) + freq
    return count


class Dictionary:
    """Frequencies of words (as symbols), the trie that holds them, and what they sound like."""

    def __init__(self, folding, count, trie, readings, default, syl_id):
        self.folding, self.count, self.trie = folding, count, trie
        self.readings, self.default, self.syl_id = readings, default, syl_id

    def score(self, key):
        return self.trie.value[self.trie.word(key)] & SCORE_MASK

    def sounds(self, key):
        """Syllables of a word: as it is said, and as its characters are said most often."""
        word = "".join(self.folding.char[s] for s in key)
        out = {tuple(self.syl_id.get(self.default.get(c, ""), 0) for c in word)}
        if word in self.readings:
            out.add(tuple(self.syl_id[s] for s in self.readings[word][0]))
        # ü is often typed u
        plain = {self.syl_id[v]: self.syl_id[u] for v, u in (("nv", "nu"), ("lv", "lu")) if v in self.syl_id and u in self.syl_id}
        out |= {tuple(plain.get(s, s) for s in o) for o in out}
        return [o for o in sorted(out) if 0 not in o]


def sections(folding, words, modules):
    readings = read_readings(modules)
    default = commonest(readings)
    names = sorted({s for syl, _ in readings.values() for s in syl})
    syl_id = {s: SYLLABLE + i for i, s in enumerate(names)}
    count = counted(folding, words)
    total = sum(count.values())
    trie = Trie(BITS)
    for key in sorted(count):
        node = trie.word(key)
        score = min(SCORE_MASK, max(1, round(-math.log(count[key] / total) * SCALE)))
        trie.value[node] |= score
    sym_read = [0] * len(folding.char)
    for c, s in default.items():
        v = folding.fold(ord(c))[0]
        if v == c and c in folding.sym:
            sym_read[folding.sym[c]] = syl_id[s]
    for c, i in folding.sym.items():  # a simplified form that only has a traditional reading
        if not sym_read[i] and folding.han(c):
            sym_read[i] = syl_id.get(default.get(c, ""), 0)
    special, syls = {}, []
    for word in sorted(readings):
        syl, _ = readings[word]
        if len(word) < 2 or len(word) > 5 or all(default[c] == s for c, s in zip(word, syl)):
            continue
        key = [folding.sym.get(c, 1) for c in word]
        if 1 in key or any(folding.fold(ord(c))[0] != c for c in word):
            continue
        node = trie.word(key)
        trie.value[node] |= READING
        special[node] = len(syls)
        syls += [syl_id[s] for s in syl]
        for k, c, s in zip(key, word, syl):
            if default[c] != s:
                sym_read[k] |= 0x8000
    return [
        ("dict.node", trie.section()),
        ("read.word", b"".join(struct.pack("<II", n, special[n]) for n in sorted(special))),
        ("read.syl", struct.pack(f"<{len(syls)}H", *syls)),
        ("syl.name", b"".join(s.encode().ljust(8, b"\0") for s in names)),
        ("sym.read", struct.pack(f"<{len(sym_read)}H", *sym_read)),
        ("pair.bits", pair_bits(count)),
    ], Dictionary(folding, count, trie, readings, default, syl_id)


PAIR_BITS = 21


def pair_hash(a, b):
    h = (a * 0x9E3779B1 + b * 0x85EBCA6B) & 0xFFFFFFFF
    return ((h ^ (h >> 15)) * 0x2C1B3C6D & 0xFFFFFFFF) >> (32 - PAIR_BITS)


def pair_bits(count):
    """Pairs of characters inside words that are not rare, as a set of hashed bits."""
    pairs = {}
    for key, freq in count.items():
        for a, b in zip(key, key[1:]):
            if a >= 38 and b >= 38:
                pairs[a, b] = pairs.get((a, b), 0) + freq
    out = bytearray(1 << (PAIR_BITS - 3))
    for (a, b), freq in pairs.items():
        if freq >= 100:
            h = pair_hash(a, b)
            out[h >> 3] |= 1 << (h & 7)
    return bytes(out)
