#!/usr/bin/python3
"""comply_evade.py DATA [engine|model]: what each disguise costs. Markdown on standard output.

2,000 violating texts that the checker flags as they are: seed lines that training held out, seed grammars expanded with another
seed, offensive texts of cold.dev, illegal SMS of fbs_sms. 1,000 clean texts: 不违规 of chineseharm and clean_rmrb. Both go
through every kind of tools/train/evade.py with a seed and a strength that training does not use.
"""
import hashlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "tools", "train"), os.path.join(HERE, "..", "tools", "train", "seeds")]
import comply_sets as sets  # noqa: E402
import evade  # noqa: E402
import expand  # noqa: E402

SEED, STRENGTH, VIOLATING, CLEAN = 4711, 0.25, 2000, 1000
BAD = ["porn", "gambling", "abuse", "fraud", "blackad", "ad", "violence"]


def held_out(group):
    """As comply_train.c: FNV-1a of the group."""
    h = 0xcbf29ce484222325
    for b in group.encode():
        h = (h ^ b) * 0x100000001b3 & 0xFFFFFFFFFFFFFFFF
    return h % 10 == 0


def order(text):
    return hashlib.sha256((str(SEED) + text).encode()).digest()


def violating(data):
    slots = expand.read_slots(os.path.join(expand.HERE, "slots.tsv"))
    parts = [[], [], [], []]
    for label in BAD:
        for line in expand.read_lines(os.path.join(expand.HERE, label + ".txt")):
            if held_out("s:" + line):
                parts[0].append(expand.fill(line, slots, expand.generator(SEED, label, line)))
        for line in expand.read_lines(os.path.join(expand.HERE, "templates-%s.txt" % label)):
            for k in range(8):
                parts[1].append(expand.expand(line, slots, expand.generator(SEED, label, line, k)))
    parts[2] = [r[2] for r in sets.read_tsv(os.path.join(data, "train/cold.dev.tsv")) if r[1] == "1"]
    parts[3] = [r[2] for r in sets.read_tsv(os.path.join(data, "measure/fbs_sms.train.tsv"))]
    return [sorted(set(map(sets.one_line, p)), key=order) for p in parts]


def clean(data):
    harm = [r[2] for r in sets.read_tsv(os.path.join(data, "measure/chineseharm.devhalf.tsv")) if r[1] == "不违规"]
    rmrb = [r[-1] for r in sets.read_tsv(os.path.join(data, "measure/clean_rmrb.devhalf.tsv"))]
    return sorted(map(sets.one_line, harm), key=order)[:CLEAN // 2] + sorted(map(sets.one_line, rmrb), key=order)[:CLEAN // 2]


def chosen(check, parts):
    """Flagged texts, as even a share of the parts as there are."""
    good = []
    for p in parts:
        p = p[:VIOLATING * 2]
        good.append([t for t, a in zip(p, check.check(p)) if sets.flagged(a)] if p else [])
    out, left, rest = [], VIOLATING, len(good)
    for p in sorted(good, key=len):
        take = min(len(p), left // rest)
        out.append(p[:take])
        left, rest = left - take, rest - 1
    return [t for p in out for t in p], [len(p) for p in out]


def main():
    data = sys.argv[1]
    check = sets.checker(sys.argv[2] if len(sys.argv) > 2 else "engine")
    bad, sizes = chosen(check, violating(data))
    good = clean(data)
    ev = evade.Evader(evade.Tables(), STRENGTH)
    base = [sets.flagged(a) for a in check.check(good)]
    print("\n### 变形 · Evasion（%d 种，强度 %.2f）\n" % (len(evade.KINDS), STRENGTH))
    print("%d 条违规文本（原样均被检出；各来源 %s），%d 条正常文本（原样 %.2f %% 误报）。\n" % (
        len(bad), "/".join(map(str, sizes)), len(good), 100 * sum(base) / len(base)))
    print("| kind | recall loss, points | clean flagged % |\n| --- | ---: | ---: |")
    for kind in evade.KINDS:
        twist = getattr(ev, kind)
        lost = sum(not sets.flagged(a) for a in check.check([twist(t, evade.generator(SEED, kind, t)) for t in bad]))
        false = sum(sets.flagged(a) for a in check.check([twist(t, evade.generator(SEED, kind, t)) for t in good]))
        print("| %s | %.2f | %.2f |" % (kind, 100 * lost / max(1, len(bad)), 100 * false / len(good)))


if __name__ == "__main__":
    main()
