#!/usr/bin/env python3
"""Turns a text file into one C array.  usage: embed_text.py IN OUT.c HEADER NAME [lines]
With "lines" the line breaks stay."""
import sys

source, out, header, name = sys.argv[1:5]
end = '\\n' if sys.argv[5:] == ['lines'] else ''
with open(source, encoding='utf-8') as f:
    text = f.read()
with open(out, 'w', encoding='utf-8') as f:
    f.write(f'/* Generated from {source.split("/")[-1]}: do not edit. */\n#include "{header}"\n\n')
    f.write(f'const char {name}[] =\n')
    for line in text.split('\n'):
        line = line.replace('\\', '\\\\').replace('"', '\\"').replace('?', '\\?')
        f.write(f'\t"{line}{end}"\n')
    f.write('\t;\n')
