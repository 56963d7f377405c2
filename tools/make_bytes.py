#!/usr/bin/env python3
"""make_bytes.py OUT.c SYMBOL FILE: the bytes of a file as a C array, with SYMBOL_len."""
import sys

out, symbol, path = sys.argv[1:]
data = open(path, "rb").read()
with open(out, "w", encoding="ascii") as f:
    f.write("#include <stddef.h>\n")
    f.write(f"extern const unsigned char {symbol}[];\nextern const size_t {symbol}_len;\n")
    f.write(f"const unsigned char {symbol}[] = {{\n")
    for i in range(0, len(data), 24):
        f.write(",".join(str(b) for b in data[i:i + 24]) + ",\n")
    f.write(f"}};\nconst size_t {symbol}_len = {len(data)};\n")
