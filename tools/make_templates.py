#!/usr/bin/env python3
"""Packs data/templates into one C file: a bundle as src/scan/template/bundle.c writes it,
each file as length, path, length, bytes.

make_templates.py OUT.c OUT.d FOLDER"""
import struct
import sys
from pathlib import Path

ENDS = ('.yaml', '.yml', '.txt')


def main(out, dep, folder):
    root = Path(folder)
    files = sorted(p for p in root.rglob('*') if p.is_file() and p.name.endswith(ENDS))
    blob = b''
    for p in files:
        path = str(p.relative_to(root)).encode()
        data = p.read_bytes()
        blob += struct.pack('<I', len(path)) + path + struct.pack('<I', len(data)) + data
    lines = [f'/* From data/templates by {Path(__file__).name}: {len(files)} files. */',
             '#include "scan/template/run.h"', '', f'static const unsigned char bundle[{max(len(blob), 1)}] = {{']
    for i in range(0, len(blob), 24):
        lines.append('\t' + ','.join(str(b) for b in blob[i:i + 24]) + ',')
    if not blob:
        lines.append('\t0')
    lines += ['};', '', 'struct str template_builtin(void)', '{', f'\treturn str_make(bundle, {len(blob)});', '}', '']
    Path(out).write_text('\n'.join(lines))
    folders = {str(p.parent) for p in files} | {str(root)}
    Path(dep).write_text(f'{Path(out).name}: ' + ' '.join(sorted([str(p) for p in files] + list(folders))) + '\n')


main(*sys.argv[1:4])
