#!/usr/bin/python3
"""comply_score.py DATA [engine|model] [SET ...]: scores text compliance on outside sets; Markdown on standard output.

Only counts and scores are printed, never a text: these sets measure, nothing is derived from them.
"""
import collections
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import comply_sets as sets  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PASS = "不违规"


def label_map():
    rows = [line.rstrip("\n").split("\t") for line in open(os.path.join(HERE, "comply_map.tsv"), encoding="utf-8")]
    return {r[0]: r[1] for r in rows if len(r) == 2 and not r[0].startswith("#")}


def mapped(answer, table):
    if not sets.flagged(answer) or not answer["labels"]:
        return PASS
    first = answer["labels"][0]
    sub = first.get("sub_label") or ""
    sub = sub if "." in sub else "%s.%s" % (first["label"], sub)
    return table.get(sub) or table.get(first["label"]) or "黑产广告"


def macro_f1(pairs):
    labels = sorted({y for y, _ in pairs})
    rows, total = [], 0.0
    for label in labels:
        tp = sum(y == h == label for y, h in pairs)
        p = tp / max(1, sum(h == label for _, h in pairs))
        r = tp / max(1, sum(y == label for y, _ in pairs))
        f = 2 * p * r / (p + r) if p + r else 0
        total += f
        rows.append((label, p, r, f))
    return total / max(1, len(labels)), rows


def share(answers, test):
    return 100.0 * sum(map(test, answers)) / max(1, len(answers))


def chineseharm(data, check):
    rows = sets.read_tsv(os.path.join(data, "measure/chineseharm.devhalf.tsv"))
    answers = check.check([r[2] for r in rows])
    table = label_map()
    pairs = [(r[1], mapped(a, table)) for r, a in zip(rows, answers)]
    f1, per = macro_f1(pairs)
    right = sum(y == h for y, h in pairs) / len(pairs)
    print("\n### chineseharm.devhalf（6 类，%d 条）\n" % len(rows))
    print("macro-F1 **%.3f**，accuracy %.3f（从未用于训练或选词；校准假定的正常文本比例与词条佐证的倍数曾在它上面比较过；标签对照 `eval/comply_map.tsv`）\n" % (f1, right))
    labels = [x[0] for x in per]
    count = collections.Counter(pairs)
    print("| gold \\ ours | " + " | ".join(labels) + " | P | R | F1 |")
    print("| --- |" + " ---: |" * (len(labels) + 3))
    for label, p, r, f in per:
        print("| %s | " % label + " | ".join(str(count[label, h]) for h in labels) + " | %.3f | %.3f | %.3f |" % (p, r, f))
    clean = [a for r, a in zip(rows, answers) if r[1] == PASS]
    print("\n| clean set | texts | flagged %% | blocked %% |\n| --- | ---: | ---: | ---: |\n| 不违规 | %d | %.2f | %.2f |" % (
        len(clean), share(clean, sets.flagged), share(clean, sets.blocked)))


def clean_rmrb(data, check):
    rows = sets.read_tsv(os.path.join(data, "measure/clean_rmrb.devhalf.tsv"))
    answers = check.check([r[-1] for r in rows])
    print("| clean_rmrb.devhalf | %d | %.2f | %.2f |" % (len(rows), share(answers, sets.flagged), share(answers, sets.blocked)))


def binary(data, check, path, name, note=""):
    rows = [r for r in sets.read_tsv(os.path.join(data, path)) if r[1] in ("0", "1")]
    answers = check.check([r[2] for r in rows])
    pairs = [(r[1], str(int(sets.column_score(a, "abuse", "violence", "porn") >= 0.5))) for r, a in zip(rows, answers)]
    f1, _ = macro_f1(pairs)
    flags = [100.0 * sum(sets.flagged(a) for r, a in zip(rows, answers) if r[1] == y) / max(1, sum(r[1] == y for r in rows))
             for y in "10"]
    print("| %s | %d | %.3f | %.3f | %.1f | %.1f | %s |" % (name, len(rows), sum(y == h for y, h in pairs) / len(pairs), f1,
                                                      flags[0], flags[1], note))


def abuse(data, check):
    print("\n### 辱骂与歧视 · Abuse\n\n判为违规：abuse、violence 或 porn 的得分 ≥ 0.5。*Offensive: score of abuse, violence or porn ≥ 0.5.*\n")
    print("| set | texts | accuracy | macro-F1 | flagged of 1 % | flagged of 0 % | |\n| --- | ---: | ---: | ---: | ---: | ---: | --- |")
    binary(data, check, "train/cold.dev.tsv", "cold.dev", "trained on cold.train only")
    binary(data, check, "measure/toxicn.train.tsv", "toxicn", "information")
    binary(data, check, "measure/toxicloak_base.devhalf.tsv", "toxicloak_base.devhalf", "information")
    binary(data, check, "train/swsr.devhalf.tsv", "swsr.devhalf", "information; its label 0 is in training")
    rows = sets.read_tsv(os.path.join(data, "measure/state_lexicon.all.tsv"))
    answers = check.check([r[0] if not r[0].isdigit() else r[-1] for r in rows])
    print("\nstate_lexicon：%d 个词单独送检，%.1f %% 不是 pass（供参考）。" % (len(rows), share(answers, sets.flagged)))


def sms(data, check):
    rows = sets.read_tsv(os.path.join(data, "measure/fbs_sms.train.tsv"))
    answers = check.check([r[2] for r in rows])
    print("\n### fbs_sms.train（伪基站短信 14 类，%d 条）\n" % len(rows))
    print("flagged **%.2f %%**\n" % share(answers, sets.flagged))
    print("| class | texts | flagged % | blocked % |\n| --- | ---: | ---: | ---: |")
    for name in sorted({r[1] for r in rows}):
        part = [a for r, a in zip(rows, answers) if r[1] == name]
        print("| %s | %d | %.1f | %.1f |" % (name, len(part), share(part, sets.flagged), share(part, sets.blocked)))


SETS = {"chineseharm": chineseharm, "clean_rmrb": clean_rmrb, "abuse": abuse, "sms": sms}


def main():
    data, kind = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "engine"
    check = sets.checker(kind)
    for name in sys.argv[3:] or SETS:
        SETS[name](data, check)


if __name__ == "__main__":
    main()
