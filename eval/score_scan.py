#!/usr/bin/env python3
"""score_scan.py ANSWERS.json RESULT.json [--list]: a table of found, missed and false per class.

Found: a finding, not a tentative one, of a check of the page's class at the page. False: one of any class's
checks at a safe page. --list names the missed and the false ones."""
import json
import sys
from urllib.parse import urlsplit

answers = json.load(open(sys.argv[1], encoding="utf-8"))
result = json.load(open(sys.argv[2], encoding="utf-8"))
by_path = {a["path"]: a for a in answers}
prefixes = {a["class"]: a["checks"] for a in answers}
every = [p for ps in prefixes.values() for p in ps]
hit, false = set(), {}


def case_of(url):
    """The case whose path this is, or under whose path it lies."""
    parts = urlsplit(url).path.split("/")
    return by_path.get("/".join(parts[:3]))


for f in result["findings"]:
    if f["confidence"] == "tentative":
        continue
    for url in [f["url"], *f.get("instances", [])]:
        case = case_of(url if isinstance(url, str) else url.get("url", ""))
        if not case:
            continue
        if case["vulnerable"] and any(f["check"].startswith(p) for p in prefixes[case["class"]]):
            hit.add(case["path"])
        elif not case["vulnerable"] and any(f["check"].startswith(p) for p in every) and f["check"] not in case["also"]:
            false.setdefault(case["path"], set()).add(f["check"])
print("| class | vulnerable | found | missed | safe twins | false |")
print("| --- | ---: | ---: | ---: | ---: | ---: |")
total = [0] * 5
for kind in sorted(prefixes):
    bad = [a for a in answers if a["class"] == kind and a["vulnerable"]]
    good = [a for a in answers if a["class"] == kind and not a["vulnerable"]]
    row = [len(bad), sum(a["path"] in hit for a in bad), sum(a["path"] not in hit for a in bad), len(good),
           sum(a["path"] in false for a in good)]
    total = [x + y for x, y in zip(total, row)]
    print(f"| {kind} | " + " | ".join(map(str, row)) + " |")
print("| all | " + " | ".join(map(str, total)) + " |")
print(f"\n{result['stats']['requests']} requests, {result['stats'].get('seconds', 0):.0f} s, complete: {str(result['complete']).lower()}")
if "--list" in sys.argv:
    for a in answers:
        if a["vulnerable"] and a["path"] not in hit:
            print(f"missed {a['class']:16} {a['path']:22} {a['where']} {a['parameter']}")
        if a["path"] in false:
            print(f"FALSE  {a['class']:16} {a['path']:22} {a['where']} {a['parameter']} {' '.join(sorted(false[a['path']]))}")
