#!/bin/bash
# Puts a measured section into bench/RESULTS.md between the marks of the script that measured it, in place of the
# one that stands there; hand-written parts stay. Prints it.
#   bench/put_section.sh bench/match.sh < SECTION
set -eu
cd "$(dirname "$0")/.."
python3 -c '
import pathlib, sys
name, section, path = sys.argv[1], sys.stdin.read(), pathlib.Path("bench/RESULTS.md")
first, last = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
text = path.read_text() if path.exists() else "# 测量结果 / Measured results\n"
head, mark, rest = text.partition(first)
tail = rest.partition(last)[2] if mark else ""
path.write_text((head if mark else text.rstrip("\n") + "\n\n") + first + section + last + tail)
sys.stdout.write(section)
' "$1"
