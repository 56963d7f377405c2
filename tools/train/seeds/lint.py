#!/usr/bin/python3
"""Check the hand-written lines: length, stray characters, exact and near repetitions (4-grams, Jaccard > 0.8).

  lint.py [--fix]     --fix removes the later one of every pair and lines out of bounds, in place
"""
import collections
import os
import sys

import expand

LIMIT, LOW, HIGH = 0.8, 4, 220


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


def main():
    fix = "--fix" in sys.argv
    slots = expand.read_slots(os.path.join(expand.HERE, "slots.tsv"))
    index, where, failed = collections.defaultdict(list), [], 0
    for name in expand.CLASSES:
        path = os.path.join(expand.HERE, name + ".txt")
        kept = []
        for n, line in enumerate(expand.read_lines(path), 1):
            why, g = bad_line(line, slots), grams(line)
            if not why:
                shared = collections.Counter(i for x in g for i in index[x])
                for i, both in shared.items():
                    other = where[i]
                    if both / (len(g) + len(other[1]) - both) > LIMIT:
                        why = "repeats %s: %s" % (other[0], other[2])
                        break
            if why:
                failed += 1
                print("%s:%d: %s: %s" % (name, n, why, line))
                continue
            for x in g:
                index[x].append(len(where))
            where.append((name, g, line))
            kept.append(line)
        if fix and kept:
            with open(path, "w", encoding="utf-8") as f:
                f.write("\n".join(kept) + "\n")
        print("%-9s %d lines" % (name, len(kept)))
    for name in expand.CLASSES:
        lines = expand.read_lines(os.path.join(expand.HERE, "templates-%s.txt" % name))
        for line in lines:
            try:
                expand.expand(line, slots, expand.generator(1, line))
            except ValueError as e:
                failed += 1
                print("templates-%s: %s" % (name, e))
        if lines:
            print("templates-%-9s %d" % (name, len(lines)))
    return 0 if fix or not failed else 1


if __name__ == "__main__":
    sys.exit(main())
