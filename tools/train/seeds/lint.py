#!/usr/bin/python3
"""Check the hand-written lines and templates, also those of model-lines-* and model-templates-*: length, stray
characters, unknown slots, exact and near repetitions (4-grams, Jaccard > 0.8) within and across the files.

  lint.py [--fix]     --fix removes the later one of every pair and lines out of bounds, in place; a file that would
                      lose more than 3 % of its lines is left as it is, and named: somebody should look at it first

Exit 0: nothing found (or --fix), 1 otherwise.
"""
import collections
import glob
import os
import sys

import expand

LIMIT, LOW, HIGH, LOSS = 0.8, 2, 220, 0.03


def grams(text):
    s = "".join(c for c in text.lower() if c.isalnum())
    return frozenset(s[i:i + 4] for i in range(len(s) - 3)) or frozenset([s])


def bad_line(line, slots):
    if not LOW <= len(line) <= HIGH:
        return "length %d" % len(line)
    if "\t" in line or line != line.strip():
        return "tab or outer space"
    try:
        expand.fill(line, slots, expand.generator(1, line))
    except ValueError as e:
        return str(e)
    return None


def bad_template(line, slots):
    try:
        expand.expand(line, slots, expand.generator(1, line))
    except ValueError as e:
        return str(e)
    return None


class Seen:
    """What stood before, found by its 4-grams."""

    def __init__(self):
        self.index, self.where = collections.defaultdict(list), []

    def like(self, g):
        shared = collections.Counter(i for x in g for i in self.index[x])
        for i, both in shared.items():
            name, other, line = self.where[i]
            if both / (len(g) + len(other) - both) > LIMIT:
                return "repeats %s: %s" % (name, line)
        return None

    def add(self, name, g, line):
        for x in g:
            self.index[x].append(len(self.where))
        self.where.append((name, g, line))


def check(name, bad, slots, seen, fix):
    """One file; returns how many lines are bad."""
    path = os.path.join(expand.HERE, name + ".txt")
    found, kept, lines, wrong = {}, [], 0, set(expand.read_lines(path))
    with open(path, encoding="utf-8") as f:
        raw = f.read().rstrip("\n").split("\n")
    for n, line in enumerate(raw, 1):
        if line not in wrong:  # a comment, or empty
            kept.append(line)
            continue
        lines += 1
        g = grams(line)
        why = bad(line, slots) or seen.like(g)
        if why:
            found[n] = why
            print("%s:%d: %s: %s" % (name, n, why, line))
            continue
        seen.add(name, g, line)
        kept.append(line)
    print("%-26s %6d lines%s" % (name, lines, ", %d bad" % len(found) if found else ""))
    if not fix or not found:
        return len(found)
    if len(found) > LOSS * lines:
        print("%s: not mended: %d of %d lines are more than %g %%" % (name, len(found), lines, 100 * LOSS))
        return len(found)
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(kept) + "\n")
    return len(found)


def names(pattern):
    return sorted(os.path.splitext(os.path.basename(p))[0] for p in glob.glob(os.path.join(expand.HERE, pattern)))


def main():
    fix = "--fix" in sys.argv
    slots = expand.read_slots(os.path.join(expand.HERE, "slots.tsv"))
    seen, failed = Seen(), 0
    for name in [c for c in expand.CLASSES if os.path.exists(os.path.join(expand.HERE, c + ".txt"))] + names("model-lines-*.txt"):
        failed += check(name, bad_line, slots, seen, fix)
    seen = Seen()
    for name in names("templates-*.txt") + names("model-templates-*.txt"):
        failed += check(name, bad_template, slots, seen, fix)
    return 0 if fix or not failed else 1


if __name__ == "__main__":
    sys.exit(main())
