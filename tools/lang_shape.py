"""Classes of similar shape: characters that differ only in their radical, by the CJK Decomposition
Data, and the groups of data/lang/shape.tsv. A class is named by its commonest character."""
import os
import re
import struct

from lang_fold import rows

# Components that stand beside a main part and are overlooked: 薇 微, 睹 赌, 搏 博.
RADICALS = set("氵亻扌讠钅忄犭纟饣礻衤辶艹宀冖疒阝彳刂攵廴冫宀广厂穴⺮竹虍罒灬木女口日目土王火金石山虫米禾足身马车舟贝酉革鱼鸟"
               "月页见力刀弓户皿耳走门囗巾牛羊心犬戈歹片矢雨鬼骨")
COMMON = 5000
LARGEST, SMALL = 24, 14
# Parts on the right that are overlooked rather than the left one.
RIGHT = set("刂攵⺙阝卩彡页殳欠见力鸟隹戈斤寸又攴辰")


def decompositions(modules):
    """Character -> (kind, parts)."""
    out = {}
    with open(os.path.join(modules, "hanzi/lib/data/cjk-decomp.txt.js"), encoding="utf-8") as f:
        for line in f:
            m = re.match(r"(?:module\.exports = `)?([^:]+):([^(]*)\(([^)]*)\)", line)
            if m:
                out[m.group(1)] = (m.group(2), [p for p in m.group(3).split(",") if p])
    return out


def main_part(kind, parts):
    """(what is left of a character when its radical is taken away, where it stands), or None."""
    if len(parts) != 2 or kind[:1] not in "ads":
        return None
    a, b = parts
    if kind[:1] == "a":
        return (a, "a1") if b in RIGHT else (b, "a2")
    if a in RADICALS:
        return b, kind[:1] + "2"
    if b in RADICALS:
        return a, kind[:1] + "1"
    return None


def generated(decomp, common):
    """Character -> name of its class. No chains: a main part that is a character of its own is in
    the class that it is the main part of. Small groups of one part are one class wherever the part
    stands."""
    groups, total = {}, {}
    for c in common:
        part = main_part(*decomp.get(c, ("", [])))
        if part:
            groups.setdefault(part, []).append(c)
            total[part[0]] = total.get(part[0], 0) + 1
    for part, side in sorted(groups):
        if total[part] <= SMALL and side != "all":
            groups.setdefault((part, "all"), []).extend(groups.pop((part, side)))
    base = {}
    for (part, side), members in sorted(groups.items()):
        if part in common and len(members) > len(groups.get((part, base.get(part, "")), [])):
            base[part] = side
    out = {}
    for (part, side), members in sorted(groups.items()):
        members = [c for c in members if c not in base or c == part]
        if base.get(part) == side:
            members.append(part)
        if 2 <= len(members) <= LARGEST:
            for c in members:
                out[c] = (part, side)
    return out


def sections(folding, data, modules):
    common = folding.char[38:38 + COMMON]
    of = generated(decompositions(modules), {c: None for c in common})
    for first, cells in rows(os.path.join(data, "shape.tsv")):
        for c in first + cells[0].replace(" ", ""):
            of[c] = ("", first)
    head, table = {}, list(range(len(folding.char)))
    for c, i in sorted(folding.sym.items(), key=lambda x: x[1]):
        if c in of:
            table[i] = head.setdefault(of[c], i)
    return [("sym.shape", struct.pack(f"<{len(table)}H", *table))], table
