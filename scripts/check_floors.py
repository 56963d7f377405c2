#!/usr/bin/env python3
"""Checks the rules of the house that a script can see: includes point only down,
private headers stay in their room, functions and files have a bounded length,
SQL stands only under src/store, and every file says first what it is for."""
import os
import re
import sys

FLOORS = [
    {"base", "os"},
    {"lang", "net"},
    {"scan", "watch", "comply", "proof", "doc", "media", "report"},
    {"store"},
    {"job"},
    {"app"},
    {"api", "cli"},
]
# Rooms of one floor that may use each other, in this direction only.
SIDEWAYS = {("os", "base"), ("net", "lang"), ("report", "scan"), ("cli", "api")}
FUNCTION_GATE, FILE_GATE = 120, 1500
SQL = re.compile(r'"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE)\s', re.I)

floor_of = {room: n for n, rooms in enumerate(FLOORS) for room in rooms}
problems = []


def check_includes(path, room, text):
    for m in re.finditer(r'^#include "([^"]+)"', text, re.M):
        target = m.group(1)
        if "/" not in target:
            continue
        other = target.split("/")[0]
        if other not in floor_of or other == room:
            continue
        if target.endswith("_private.h"):
            problems.append(f"{path}: includes a private header of another room: {target}")
        elif floor_of[other] > floor_of[room]:
            problems.append(f"{path}: includes a higher floor: {target}")
        elif floor_of[other] == floor_of[room] and (room, other) not in SIDEWAYS:
            problems.append(f"{path}: includes a neighbour on its floor: {target}")


def check_lengths(path, lines):
    is_table = any("table" in line.lower() for line in lines[:8])
    if len(lines) > FILE_GATE and not is_table:
        problems.append(f"{path}: {len(lines)} lines (gate {FILE_GATE})")
    start = None
    for n, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = n
        elif line.startswith("}") and start:
            if n - start > FUNCTION_GATE and not line.startswith("};"):
                problems.append(f"{path}:{start}: function of {n - start} lines (gate {FUNCTION_GATE})")
            start = None


def main():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src")
    for folder, _, names in os.walk(root):
        rel = os.path.relpath(folder, root)
        room = rel.split(os.sep)[0]
        for name in sorted(names):
            if not name.endswith((".c", ".h")):
                continue
            path = os.path.join("src", rel, name)
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                text = f.read()
            lines = text.split("\n")
            if room in floor_of:
                check_includes(path, room, text)
            check_lengths(path, lines)
            if not text.startswith("/*"):
                problems.append(f"{path}: does not open with what it is for")
            if room not in ("store", ".") and not name.startswith("test_") and SQL.search(text):
                problems.append(f"{path}: SQL outside src/store")
    for p in problems:
        print(p)
    print(f"{len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
