#!/usr/bin/env python3
"""Compiles data/advice/*.tsv into one constant C table (src/scan/advice.h says the format).

usage: make_advice.py OUT.c OUT.d DIR
Every mistake of an editor is reported with file and line, and fails the build.
"""
import glob
import os
import re
import sys

COLUMNS = ['check', 'title_zh', 'title_en', 'description_zh', 'description_en', 'impact_zh',
           'impact_en', 'advice_zh', 'advice_en', 'references', 'gbt_level']
LEVELS = ['超危', '高危', '中危', '低危', '无']
HAN = re.compile('[\u3400-\u9fff]')
REFERENCE = re.compile(r'(https?://\S+|CVE-\d{4}-\d{4,}|CNVD-\d{4}-\d+|CNNVD-\d{6}-\d+)$')
problems = []


def unescape(cell):
    return re.sub(r'\\(.)', lambda m: {'n': '\n', 't': '\t', '\\': '\\'}.get(m[1], m[0]), cell)


def check_row(where, row, seen):
    def bad(text):
        problems.append(f'{where}: {text}')

    if not re.fullmatch(r'[a-z0-9]+(-[a-z0-9]+)*', row['check']):
        bad(f'check is not a check id: {row["check"]!r}')
    if row['check'] in seen:
        bad(f'second row for {row["check"]}, the first is in {seen[row["check"]]}')
    seen[row['check']] = where
    for name in COLUMNS[1:9]:
        if not row[name].strip():
            bad(f'{name} is empty')
        elif name.endswith('_zh') and not HAN.search(row[name]):
            bad(f'{name} holds no Chinese')
        elif name.endswith('_en') and HAN.search(row[name]):
            bad(f'{name} holds Chinese')
    for ref in row['references'].split():
        if not REFERENCE.match(ref):
            bad(f'not a reference: {ref}')
    if row['gbt_level'] not in LEVELS:
        bad(f'gbt_level is none of {" ".join(LEVELS)}: {row["gbt_level"]!r}')


def read(path, seen):
    rows = []
    with open(path, encoding='utf-8', newline='') as f:
        lines = f.read().replace('\r\n', '\n').lstrip('\ufeff').split('\n')
    if lines[0].split('\t') != COLUMNS:
        problems.append(f'{path}:1: the first line must be: {" <tab> ".join(COLUMNS)}')
        return rows
    for n, line in enumerate(lines[1:], 2):
        if not line.strip() or line.startswith('#'):
            continue
        cells = [unescape(c).strip() for c in line.split('\t')]
        if len(cells) != len(COLUMNS):
            problems.append(f'{path}:{n}: {len(cells)} columns, {len(COLUMNS)} expected')
            continue
        row = dict(zip(COLUMNS, cells))
        check_row(f'{path}:{n}', row, seen)
        rows.append(row)
    return rows


def c_string(s):
    """A literal in pieces, so that no compiler limit on one literal is met."""
    out = []
    for piece in re.findall(r'(?s).{1,400}', s) or ['']:
        piece = piece.replace('\\', '\\\\').replace('"', '\\"').replace('\n', '\\n')
        out.append('"' + piece.replace('\t', '\\t').replace('?', '\\?') + '"')
    return '\n\t  '.join(out)


def main():
    out, dep, folder = sys.argv[1:4]
    files, seen, rows = sorted(glob.glob(os.path.join(folder, '*.tsv'))), {}, []
    for path in files:
        rows += read(path, seen)
    if problems:
        sys.exit('\n'.join(problems))
    rows.sort(key=lambda r: r['check'].encode())
    with open(out, 'w', encoding='utf-8') as f:
        f.write('/* Generated table: do not edit; change data/advice instead. */\n')
        f.write('#include "scan/advice.h"\n\nconst struct scan_advice scan_advice_table[] = {\n')
        for r in rows:
            cells = dict(r, references=' '.join(r['references'].split()),
                         gbt_level='' if r['gbt_level'] == '无' else r['gbt_level'])
            f.write('\t{\n' + ''.join(f'\t  {c_string(cells[c])},\n' for c in COLUMNS) + '\t},\n')
        f.write('};\n')
        f.write(f'const size_t scan_advice_count = {len(rows)};\n')
    with open(dep, 'w', encoding='utf-8') as f:
        # The folder itself, so that a new file is noticed.
        f.write(f'{out}: {" ".join(files + [folder])}\n')


main()
