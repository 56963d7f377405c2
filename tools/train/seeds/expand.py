#!/usr/bin/python3
"""Expand the seed grammars of this folder into training texts, or fill the slots of the hand-written lines.

  expand.py [--seed N] [--per-template K] [--class C ...] [--no-lines] [--no-templates] [--lines-times M]

Writes `class<TAB>text` lines to standard output. The same seed gives the same output on every machine: every line
draws from its own generator, seeded by (seed, class, text, copy), so that a new line does not change the others.
Standard library only. The syntax is described in README.md beside this file.
"""
import argparse
import hashlib
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CLASSES = ["porn", "gambling", "abuse", "hate", "fraud", "blackad", "ad", "violence", "clean", "hard"]
MAX_DEPTH = 8


def built_in(name, rnd):
    """Values that are made, not listed. None of them can be anyone's: see README.md."""
    digits = lambda n: "".join(rnd.choice("0123456789") for _ in range(n))
    letters = lambda n: "".join(rnd.choice("abcdefghijkmnpqrstuvwxyz") for _ in range(n))
    if name == "phone":  # no mobile network of mainland China has numbers that begin with 11 or 12
        return rnd.choice(["11", "12"]) + rnd.choice("13456789") + digits(8)
    if name == "qq":  # a QQ number never begins with 0
        return "0" + digits(rnd.choice([7, 8, 9]))
    if name == "wx":
        return rnd.choice([letters(3) + digits(4), letters(2) + digits(5), letters(6), letters(4) + "_" + digits(2),
                           letters(5) + digits(3)])
    if name == "url":  # .example is reserved by RFC 2606
        host = rnd.choice([letters(4), letters(2) + digits(3), digits(4), letters(6)])
        return rnd.choice(["http://%s.example/%s", "www.%s.example/%s", "%s.example/%s"]) % (
            host, rnd.choice(["", letters(4), digits(5), letters(2) + digits(2)]))
    if name == "host":
        return rnd.choice([letters(4), letters(2) + digits(3), digits(4), digits(5)]) + ".example"
    if name.startswith("n:"):
        low, high = name[2:].split("-")
        return str(rnd.randint(int(low), int(high)))
    if name.startswith("d:"):
        return digits(int(name[2:]))
    if name.startswith("l:"):
        return letters(int(name[2:]))
    return None


def split_top(text):
    """Split at the | that stand outside brackets."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        if c == "[":
            depth += 1
        elif c == "]":
            depth -= 1
        elif c == "|" and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    parts.append(text[start:])
    return parts


def close_of(text, i, opening, closing):
    depth = 0
    for j in range(i, len(text)):
        if text[j] == opening:
            depth += 1
        elif text[j] == closing:
            depth -= 1
            if depth == 0:
                return j
    raise ValueError("no %s for %s at %d in: %s" % (closing, opening, i, text))


def expand(text, slots, rnd, depth=0):
    if depth > MAX_DEPTH:
        raise ValueError("slots nest too deep: " + text)
    out, i = [], 0
    while i < len(text):
        c = text[i]
        if c == "{":
            j = close_of(text, i, "{", "}")
            name = text[i + 1:j]
            value = built_in(name, rnd)
            if value is None:
                if name not in slots:
                    raise ValueError("unknown slot {%s} in: %s" % (name, text))
                value = expand(rnd.choice(slots[name]), slots, rnd, depth + 1)
            out.append(value)
            i = j + 1
        elif c == "[":
            j = close_of(text, i, "[", "]")
            out.append(expand(rnd.choice(split_top(text[i + 1:j])), slots, rnd, depth + 1))
            i = j + 1
        else:
            out.append(c)
            i += 1
    return "".join(out)


def read_lines(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        return [s for s in (line.rstrip("\n") for line in f) if s and not s.startswith("#!")]


def read_slots(path):
    slots = {}
    for line in read_lines(path):
        name, _, values = line.partition("\t")
        if not values:
            raise ValueError("slots.tsv: no values: " + line)
        slots.setdefault(name, []).extend(split_top(values))
    return slots


def generator(seed, *parts):
    digest = hashlib.sha256("\x1f".join([str(seed)] + [str(p) for p in parts]).encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))


def texts_of(name, slots, args):
    """All texts of one class, without exact repetitions, in the order of the files."""
    jobs = []
    if not args.no_lines:
        for line in read_lines(os.path.join(HERE, name + ".txt")):
            slotted = "{" in line
            jobs += [(line, k) for k in range(args.lines_times if slotted else 1)]
    if not args.no_templates:
        for line in read_lines(os.path.join(HERE, "templates-%s.txt" % name)):
            jobs += [(line, k) for k in range(args.per_template)]
    seen = set()
    for line, k in jobs:
        rnd = generator(args.seed, name, line, k)
        # A hand-written line uses { } only: its square brackets are text (表情 such as [微笑]).
        text = expand(line, slots, rnd) if line_is_template(line, name, args) else fill(line, slots, rnd)
        if text not in seen:
            seen.add(text)
            yield text


def line_is_template(line, name, args):
    return line in args.templates[name]


def fill(line, slots, rnd):
    out, i = [], 0
    while i < len(line):
        if line[i] == "{":
            j = close_of(line, i, "{", "}")
            out.append(expand(line[i:j + 1], slots, rnd))
            i = j + 1
        else:
            out.append(line[i])
            i += 1
    return "".join(out)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--per-template", type=int, default=20, help="texts tried for each template (default 20)")
    p.add_argument("--lines-times", type=int, default=1, help="copies of each hand-written line that has slots")
    p.add_argument("--class", dest="classes", action="append", choices=CLASSES)
    p.add_argument("--no-lines", action="store_true")
    p.add_argument("--no-templates", action="store_true")
    args = p.parse_args()
    slots = read_slots(os.path.join(HERE, "slots.tsv"))
    wanted = args.classes or CLASSES
    args.templates = {c: set(read_lines(os.path.join(HERE, "templates-%s.txt" % c))) for c in wanted}
    for name in wanted:
        for text in texts_of(name, slots, args):
            sys.stdout.write("%s\t%s\n" % (name, text))


if __name__ == "__main__":
    sys.exit(main())
