#!/usr/bin/env python3
"""score_app.py LIST.tsv OURS.json [WAPITI.json]: what is documented of an application, and who found it.

A row counts as found when a finding of one of its checks (not a tentative one) lies at its path or below ("trap": when
the scan came to its end). What
we reported at 中危 and above that matches no row is listed, to be looked at by hand: new, or false."""
import json
import re
import sys
from urllib.parse import urlsplit

rows = [line.rstrip("\n").split("\t") for line in open(sys.argv[1], encoding="utf-8") if line.strip() and line[0] != "#"]
head = open(sys.argv[1], encoding="utf-8").readline()[2:].strip()
ours = json.load(open(sys.argv[2], encoding="utf-8"))
other = json.load(open(sys.argv[3], encoding="utf-8")) if len(sys.argv) > 3 else None
GROUPS = ("sqli", "xss", "command", "code", "path-traversal", "file-inclusion", "lfi", "rfi", "ssrf", "xxe", "xpath", "ldap", "nosql",
          "ssti", "open-redirect", "crlf", "file-upload", "csrf", "cors", "idor", "access", "host-header")


def at(url, path):
    have = urlsplit(url).path
    return have == path or (path.endswith("/") and have.startswith(path))


def ours_has(row):
    if row[1] == "trap":  # a calendar without end: passed when the scan came to its end
        return bool(ours.get("complete"))
    return any(f["confidence"] != "tentative" and at(f["url"], row[0]) and any(f["check"].startswith(p) for p in row[1].split("|"))
               for f in ours["findings"])


def other_has(row):
    wanted = [c for c in row[2].split("|") if c]
    return any(name in wanted and any(at(v["path"], row[0]) for v in found) for name, found in other["vulnerabilities"].items())


print(f"### {head}\n")
print("| path | documented | zhanwei |" + (" wapiti |" if other else ""))
print("| --- | --- | --- |" + (" --- |" if other else ""))
count = [0, 0]
for row in rows:
    mine, theirs = ours_has(row), other_has(row) if other else False
    count[0] += mine
    count[1] += theirs
    print(f"| `{row[0]}` | {row[3]} | {'✔' if mine else '–'} |" + (f" {'✔' if theirs else '–'} |" if other else ""))
print(f"\n{count[0]} of {len(rows)}" + (f"; wapiti {count[1]}" if other else "") +
      f"; {ours['stats']['requests']} requests, {ours['stats'].get('seconds', 0):.0f} s")
more = sorted({(f["check"], urlsplit(f["url"]).path, f.get("parameter") or "") for f in ours["findings"]
               if f["confidence"] != "tentative" and f["check"].startswith(GROUPS) and not
               any(at(f["url"], r[0]) and any(f["check"].startswith(p) for p in r[1].split("|")) for r in rows)})
if more:
    print("\nAlso reported, not in the list: " + "; ".join(f"{c} `{re.sub('[|`]', '', p)}` {q}" for c, p, q in more))
