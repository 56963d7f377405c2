#!/usr/bin/env python3
"""score_scan.py ANSWERS.json RESULT.json: a table of found, missed and false per class."""
import json
import sys
from urllib.parse import urlsplit

answers = json.load(open(sys.argv[1], encoding="utf-8"))
result = json.load(open(sys.argv[2], encoding="utf-8"))
by_path = {a["path"]: a for a in answers}
hit, false = set(), set()
for f in result["findings"]:
    case = by_path.get(urlsplit(f["url"]).path)
    if not case or f["confidence"] == "tentative":
        continue
    for kind in {a["class"] for a in answers}:
        prefixes = next(a["checks"] for a in answers if a["class"] == kind)
        if not any(f["check"].startswith(p) for p in prefixes):
            continue
        if case["vulnerable"] and case["class"] == kind:
            hit.add(case["path"])
        elif not case["vulnerable"] or f["severity"] in ("high", "critical"):
            # A second hole of another kind on a vulnerable page is looked at by hand below.
            (false if not case["vulnerable"] else set()).add((case["path"], f["check"]))
print("| class | vulnerable | found | missed | safe twins | false |")
print("| --- | ---: | ---: | ---: | ---: | ---: |")
total = [0] * 5
for kind in sorted({a["class"] for a in answers}):
    bad = [a for a in answers if a["class"] == kind and a["vulnerable"]]
    good = [a for a in answers if a["class"] == kind and not a["vulnerable"]]
    row = [len(bad), sum(a["path"] in hit for a in bad), sum(a["path"] not in hit for a in bad), len(good),
           sum(any(p == a["path"] for p, _ in false) for a in good)]
    total = [x + y for x, y in zip(total, row)]
    print(f"| {kind} | " + " | ".join(map(str, row)) + " |")
print("| all | " + " | ".join(map(str, total)) + " |")
missed = [f"{a['path']} ({a['class']})" for a in answers if a["vulnerable"] and a["path"] not in hit]
print()
print("missed: " + (", ".join(missed) or "none") + "; false: " + (", ".join(f"{p} {c}" for p, c in sorted(false)) or "none"))
print(f"\n{result['stats']['requests']} requests, complete: {str(result['complete']).lower()}")
