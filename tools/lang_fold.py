"""Folding tables of the language pack: which symbols every character stands for.

A character is, in this order: what data/lang/ says of it; invisible, a gap, or what Unicode's
compatibility decomposition, lower case, OpenCC's traditional -> simplified and variant tables and
data/lang/variant.tsv make of it. The layout of the sections stands in src/lang/fold_private.h."""
import os
import re
import struct
import unicodedata as ud

GAP_BASE, SKIP, SOFT, CLAUSE, STOP = 0xFFF0, 0xFFF0, 0xFFF1, 0xFFF2, 0xFFF3
SLOW_BASE = 0xE000
OTHER = 1
DISGUISE, SPLIT, EMOJI, MARK = 1, 2, 4, 8
GAPS = {"skip": SKIP, "soft": SOFT, "clause": CLAUSE, "stop": STOP}
DIGIT0, LETTER_A, HAN0 = 2, 12, 38
MAX_SYMS = 4
NAMED = re.compile(r"(?:LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL |TURNED |REVERSED |OPEN |SCRIPT |DOTLESS |INSULAR |"
                   r"SIDEWAYS |LONG )*|MODIFIER LETTER (?:SMALL |CAPITAL )(?:TURNED |OPEN |SCRIPT )?|"
                   r"(?:NEGATIVE )?(?:CIRCLED|SQUARED|PARENTHESIZED) LATIN (?:SMALL|CAPITAL) LETTER )([A-Z])(?: WITH .*)?")


def rows(path, short=False):
    """(first cell, other cells) of each line that is no comment; short: there need be no others."""
    with open(path, encoding="utf-8") as f:
        for n, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not line.strip() or line.startswith("# "):
                continue
            cells = line.split("\t")
            if len(cells) < 2 and not short:
                raise SystemExit(f"{path}:{n}: two columns are needed")
            yield cells[0], cells[1:]


def opencc(folder, name):
    with open(os.path.join(folder, name + ".txt"), encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                k, v = line.rstrip("\n").split("\t")[:2]
                yield k, v.split(" ")


def in_gb2312(c):
    try:
        c.encode("gb2312")
        return True
    except UnicodeEncodeError:
        return False


class Folding:
    """What each code point folds to, as characters; symbols are numbered at the end."""

    def __init__(self, data, opencc_dir):
        self.data = data
        self.to_simple = self.simplified(opencc_dir)
        self.own, self.flags = {}, {}
        for name, flag in (("lookalike", DISGUISE), ("emoji", DISGUISE | EMOJI)):
            for meaning, cells in rows(os.path.join(data, name + ".tsv")):
                for c in cells[0].replace(" ", "").replace("\ufe0f", ""):
                    self.own[ord(c)] = meaning
                    self.flags[ord(c)] = flag
        self.gap = {}
        for kind, cells in rows(os.path.join(data, "gap.tsv")):
            for c in cells[0]:
                self.gap[ord(c)] = GAPS[kind]
        self.splits = self.read_splits()

    def simplified(self, folder):
        """Character -> simplified character, by OpenCC and our own variants."""
        first, out = {}, {}
        for name in ("TWVariantsRev", "HKVariantsRev", "JPShinjitaiCharacters"):
            for k, v in opencc(folder, name):
                if len(k) == 1 and len(v[0]) == 1:
                    first.setdefault(k, v[0])
        simple = {k: v[0] for name in ("TSCharactersExt", "TSCharacters") for k, v in opencc(folder, name)}
        for c in set(first) | set(simple):
            if not in_gb2312(c):
                d = simple.get(c) or simple.get(first.get(c, c), first.get(c, c))
                if d != c:
                    out[c] = d
        for meaning, cells in rows(os.path.join(self.data, "variant.tsv")):
            for c in cells[0].replace(" ", ""):
                out[c] = meaning
        for c in list(out):  # chains: a variant of a variant
            for _ in range(4):
                out[c] = out.get(out[c], out[c]) if out.get(out[c]) != c else out[c]
        return {k: v for k, v in out.items() if k != v}

    def read_splits(self):
        out = []
        for whole, cells in rows(os.path.join(self.data, "split.tsv")):
            for parts in cells[0].split(" "):
                if not 2 <= len(parts) <= 3 or len(whole) != 1:
                    raise SystemExit(f"split.tsv: {whole} {parts}")
                out.append((whole, parts))
        return out

    def plain(self, c):
        """Characters without our tables: width, accents, case, simplified."""
        out = ""
        for d in ud.normalize("NFKC", c):
            if ud.category(d)[0] == "L" and not self.han(d) and "LATIN" in ud.name(d, ""):
                d = "".join(x for x in ud.normalize("NFKD", d) if ud.category(x) != "Mn")
            for x in d.lower():
                out += self.to_simple.get(x, x)
        return out

    @staticmethod
    def han(c):
        return "CJK" in ud.name(c, "") and "IDEOGRAPH" in ud.name(c, "")

    @staticmethod
    def number(c):
        """Digits of a character that is a number in any script, but not a Chinese one."""
        if Folding.han(c) or c == "〇" or 0x3220 <= ord(c) <= 0x3229 or 0x3280 <= ord(c) <= 0x3289:
            return None
        v = ud.digit(c, None)
        if v is None and ud.category(c) == "No":
            n = ud.numeric(c, None)
            v = int(n) if n is not None and n == int(n) and 0 <= n <= 99 else None
        return None if v is None else str(v)

    @staticmethod
    def by_name(c):
        """Base letter of stroked, hooked, turned Latin letters and of small capitals, by name."""
        m = NAMED.fullmatch(ud.name(c, ""))
        return m.group(1).lower() if m else None

    def enclosed(self, cp):
        for lo, hi in ((0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189), (0x1F1E6, 0x1F1FF)):
            if lo <= cp <= hi:
                return chr(ord("a") + cp - lo)
        return None

    def fold(self, cp):
        """(special value, 0) or (characters, flags)."""
        c = chr(cp)
        if cp in self.gap:
            return self.gap[cp], 0
        if cp in self.own:
            return self.own[cp], self.flags[cp]
        if self.enclosed(cp):
            return self.enclosed(cp), DISGUISE
        cat = ud.category(c)
        if c in "\t ":
            return SOFT, 0
        if c in "\n\r\v\f\x85\u2028\u2029":
            return STOP, 0
        if cat in ("Mn", "Me", "Cf", "Cc", "Mc") or 0xFE00 <= cp <= 0xFE0F or 0xE0000 <= cp <= 0xE0FFF:
            return SKIP, 0
        digits = self.number(c)
        if digits is not None:
            return digits, 0
        if self.by_name(c) and ord(c) > 0x7F and ud.normalize("NFKD", c) == c:
            return self.by_name(c), DISGUISE
        text = "".join(x for x in self.plain(c) if ud.category(x)[0] in "LN" and ord(x) not in self.gap)
        text = "".join(self.own.get(ord(x), x) for x in text)
        if c in self.to_simple and cat[0] == "S":
            return self.to_simple[c], DISGUISE
        if not text and cat != "Cn" and (0x2E80 <= cp <= 0x2FDF or 0x31C0 <= cp <= 0x31E3):
            return c, DISGUISE  # radicals and strokes
        if cat in ("Cn", "Co", "Cs") or (cat[0] in "PSZ" and not text):
            return SOFT, 0
        if not text:
            return SOFT, 0
        if cat[0] in "SZP" and ud.normalize("NFKC", c) == c:
            return SOFT, 0
        return text[:MAX_SYMS], self.disguise(cp, c, text)

    @staticmethod
    def disguise(cp, c, text):
        """Radical forms and mathematical letters are not what ordinary text is written with."""
        return DISGUISE if 0x2E80 <= cp <= 0x2FDF or 0x1D400 <= cp <= 0x1D7FF else 0

    def tables(self, order):
        """All sections; order: characters by falling frequency."""
        folded = {}
        for cp in list(range(0x10000)) + list(range(0x10000, 0x20000)) + list(range(0x20000, 0x33480)) \
                + list(range(0xE0000, 0xE1000)):
            if not 0xD800 <= cp <= 0xDFFF:
                folded[cp] = self.fold(cp)
        chars = set()
        for v, _ in folded.values():
            if isinstance(v, str):
                chars.update(x for x in v if ord(x) < 0x10000)
        for whole, parts in self.splits:
            chars.add(self.fold(ord(whole))[0])
        known = list("0123456789abcdefghijklmnopqrstuvwxyz")
        rank = {c: i for i, c in enumerate(order)}
        han = sorted((c for c in chars if self.han(c)), key=lambda c: (rank.get(c, len(rank)), c))
        rest = sorted(chars - set(known) - set(han))
        self.char = ["\0", "\ufffd"] + known + han + rest
        self.sym = {c: i for i, c in enumerate(self.char) if i > 1}
        if len(self.char) > SLOW_BASE:
            raise SystemExit("too many symbols")
        return self.encode(folded)

    def symbols(self, text):
        return [self.sym.get(c, OTHER) for c in text]

    def split_table(self):
        """Left symbol -> list of (right, third or 0, whole), longest first."""
        out = {}
        for whole, parts in self.splits:
            if any(not isinstance(self.fold(ord(c))[0], str) for c in parts):
                raise SystemExit(f"split.tsv: {whole} {parts}: a part is a gap")
            s = [self.symbols(self.fold(ord(c))[0])[0] for c in parts] + [0]
            w = self.symbols(self.fold(ord(whole))[0])[0]
            out.setdefault(s[0], set()).add((s[1], s[2], w))
        return {k: sorted(v, key=lambda x: (x[0], -x[1])) for k, v in out.items()}

    def encode(self, folded):
        splits = self.split_table()
        first, pairs = {}, []
        for left in sorted(splits):
            first[left] = (len(pairs), len(splits[left]))
            pairs += splits[left]
        slow, bmp, sup = [], [], []

        def slow_entry(v, flags):
            syms, at, n = [0] * MAX_SYMS, 0, 0
            if isinstance(v, str):
                found = self.symbols(v)
                syms[:len(found)] = found
                count = len(found)
                if count == 1 and found[0] in first:
                    flags |= SPLIT
                    at, n = first[found[0]]
            else:
                count, syms[0] = 0, v
            slow.append(struct.pack("<4HBBHI", *syms, count, flags, n, at))
            return len(slow) - 1

        for cp in range(0x10000):
            v, flags = folded.get(cp, (SOFT, 0))
            if not isinstance(v, str):
                bmp.append(v)
            elif len(v) == 1 and not flags and self.symbols(v)[0] not in first:
                bmp.append(self.symbols(v)[0])
            else:
                bmp.append(SLOW_BASE + slow_entry(v, flags))
        if len(slow) > GAP_BASE - SLOW_BASE:
            raise SystemExit("too many slow characters")
        for cp in sorted(c for c in folded if c >= 0x10000):
            v, flags = folded[cp]
            default = SKIP if cp >= 0xE0000 else SOFT if 0x1F000 <= cp < 0x20000 else OTHER
            if default == OTHER and (ud.category(chr(cp)) == "Cn" or v == chr(cp)):
                continue
            if v != default:
                sup.append(struct.pack("<II", cp, slow_entry(v, flags)))
        return [
            ("fold.bmp", struct.pack("<65536H", *bmp)),
            ("fold.slow", b"".join(slow)),
            ("fold.sup", b"".join(sup)),
            ("fold.split", b"".join(struct.pack("<4H", r, t, w, 0) for r, t, w in pairs)),
            ("sym.char", struct.pack(f"<{len(self.char)}I", *[0, 0] + [ord(c) for c in self.char[2:]])),
        ]
