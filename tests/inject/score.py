#!/usr/bin/env python3
"""Scans target.py and compares with its answers.  score.py ZHANWEI [MODE [scan options...]]"""
import collections
import json
import os
import subprocess
import sys
import time
import urllib.request

here = os.path.dirname(os.path.abspath(__file__))
binary, mode, more = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "standard", sys.argv[3:]
target = subprocess.Popen([sys.executable, here + "/target.py", "0"], stdout=subprocess.PIPE, text=True)
port = int(target.stdout.readline())
site = f"http://127.0.0.1:{port}"
begun = time.time()
try:
    answers = json.load(urllib.request.urlopen(site + "/answers.json"))
    done = subprocess.run([binary, "scan", site + "/", "--i-own-this-target", "--mode", mode, "--format", "json", "-q",
                           "--fail-on", "none", *more], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    report = json.loads(done.stdout)
finally:
    target.kill()
known = {c for a in answers for c in a["checks"]}
hits = collections.defaultdict(set)
for f in report["findings"]:
    check = f.get("check") or f.get("id")
    if check in known:
        path = "/" + f["url"].split("/", 3)[3].split("?")[0]
        hits[path].add(check)
good, missed, false = collections.Counter(), [], []
total = collections.Counter()
for a in answers:
    path = a["path"]
    got = set()
    for p, c in hits.items():
        if p == path or (a["by"] == "path" and p.startswith(path.rsplit("/", 1)[0] + "/")):
            got |= c
    if a["vulnerable"]:
        total[a["class"]] += 1
        if got & set(a["checks"]):
            good[a["class"]] += 1
        else:
            missed.append((a["class"], path, a["by"], sorted(got)))
    elif got:
        false.append((a["class"], path, a["by"], sorted(got)))
    if a["vulnerable"] and got - set(a["checks"]):
        print("also", path, sorted(got - set(a["checks"])))
for k in total:
    print(f"{k:8} {good[k]}/{total[k]}")
print("missed", *missed, sep="\n  ")
print("false", *false, sep="\n  ")
print("requests", report.get("stats", report.get("summary", {})).get("requests"), "seconds %.0f" % (time.time() - begun))
sys.exit(1 if missed or false else 0)
