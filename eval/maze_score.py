#!/usr/bin/env python3
"""maze_score.py EXPECTED.json LOG [REPORT.json]: how many of the expected addresses were asked
for (or, for routes behind "#", appear in the report). Prints a line and what is missing."""
import json
import re
import sys

expected = json.load(open(sys.argv[1]))
seen = set()
for line in open(sys.argv[2]):
    path = line.rstrip("\n").split(" ", 1)[1].rsplit(" ", 1)[0]
    seen.add(path)
    seen.add(path.rstrip("/"))
text = open(sys.argv[3]).read() if len(sys.argv) > 3 else ""
for m in re.finditer(r'https?://[^/"\s]+(/[^"\s]*)', text):
    if "#" in m.group(1):
        path, fragment = m.group(1).split("#", 1)
        seen.add(path.rsplit("/", 1)[0] + "/" + fragment.lstrip("!/"))
        seen.add(path.rstrip("/") + "/" + fragment.lstrip("!/"))


def found(want):
    return want in seen or any(p.startswith(want + "/") or p.startswith(want + "?") for p in seen)


missing = [e for e in expected if not found(e)]
print("%d of %d" % (len(expected) - len(missing), len(expected)))
for m in missing:
    print("  missing", m)
