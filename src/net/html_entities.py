#!/usr/bin/env python3
"""Makes html_entities.inc, the sorted table of named character references, from
data/html/entities.tsv (name, code points in hex)."""
import sys

rows = []
for line in open(sys.argv[1], encoding="utf-8"):
    if line.startswith("#") or not line.strip():
        continue
    name, points = line.rstrip("\n").split("\t")
    text = "".join(chr(int(p, 16)) for p in points.split()).encode("utf-8")
    rows.append((name.encode("ascii"), text))
rows.sort()
with open(sys.argv[2], "w", encoding="ascii") as out:
    for name, text in rows:
        data = "".join("\\%03o" % b for b in text)
        out.write('{ "%s", %d, %d, "%s" },\n' % (name.decode(), len(name), len(text), data))
