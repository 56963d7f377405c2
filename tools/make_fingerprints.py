#!/usr/bin/env python3
"""Compiles data/fingerprints/*.tsv into one constant C table (docs/extending.md says the format).

usage: make_fingerprints.py OUT.c OUT.d DIR CATEGORY.c
Every mistake of an editor is reported with file and line, and fails the build.
"""
import glob
import os
import re
import sys

PLACES = ['header', 'cookie', 'meta', 'script', 'link', 'title', 'html', 'url', 'robots', 'icon', 'cert']
HEAD = ['id', 'name', 'categories', 'cpe', 'relations', 'signals']
SIGNAL = re.compile(r'(' + '|'.join(PLACES) + r')(?::([^=~]+))?(?:(==|=|~)(.+?))?(?: ;(\d+))?(?: ;v=(\S+))?$')
ID = re.compile(r'[a-z0-9]+(?:[-.][a-z0-9]+)*$')
problems = []


def relations(where, text):
    out = {'>': [], '!': [], '?': []}
    for word in text.split():
        if word == '-':
            continue
        if word[0] not in out or not re.fullmatch(r'(?:cat:)?[a-z0-9.-]+(?:@\d+)?', word[1:]):
            problems.append(f'{where}: not a relation: {word}')
            continue
        out[word[0]].append(word[1:])
    return [' '.join(out[c]) for c in '>!?']


def signal(where, text):
    m = SIGNAL.match(text)
    if not m:
        problems.append(f'{where}: not a signal: {text}')
        return None
    place, key, op, value, confidence, version = m.groups()
    value = value or ''
    if (place in ('header', 'cookie', 'meta')) != bool(key):
        problems.append(f'{where}: {place} {"needs a" if not key else "takes no"} name: {text}')
    if not value and place not in ('header', 'cookie'):
        problems.append(f'{where}: nothing to look for: {text}')
    groups = 0
    if op == '~':
        try:
            groups = re.compile(value).groups
        except re.error as e:
            problems.append(f'{where}: {e}: {text}')
    if place == 'icon' and not re.fullmatch(r'-?\d{1,10}|[0-9a-f]{32}', value):
        problems.append(f'{where}: icon is a signed number or an MD5: {text}')
    return (PLACES.index(place), op == '~', op == '==', int(confidence or 100), (key or '').lower(), value,
            version or ('\\1' if groups else ''))


def check_row(where, cells, seen, categories):
    ident, name, cats, cpe = cells[:4]
    if not ID.match(ident):
        problems.append(f'{where}: not an id: {ident!r}')
    if ident in seen:
        problems.append(f'{where}: second row for {ident}, the first is {seen[ident]}')
    seen[ident] = where
    for c in cats.split():
        if c not in categories:
            problems.append(f'{where}: no category {c!r}')
    if not name.strip() or not cats.strip():
        problems.append(f'{where}: a name and a category are needed')
    if cpe not in ('', '-') and not re.fullmatch(r'[aoh]:[^\s:]+:[^\s:]+', cpe):
        problems.append(f'{where}: cpe is part:vendor:product: {cpe!r}')


def read(path, seen, categories):
    rows = []
    with open(path, encoding='utf-8', newline='') as f:
        lines = f.read().replace('\r\n', '\n').lstrip('\ufeff').split('\n')
    if lines[0].split('\t') != HEAD:
        problems.append(f'{path}:1: the first line must be: {" <tab> ".join(HEAD)}')
        return rows
    for n, line in enumerate(lines[1:], 2):
        if not line.strip() or line.startswith('#'):
            continue
        where, cells = f'{path}:{n}', [c.strip() for c in line.rstrip('\t').split('\t')]
        if len(cells) < 5:
            problems.append(f'{where}: id, name, categories, cpe and relations are needed')
            continue
        check_row(where, cells, seen, categories)
        signals = [s for s in (signal(where, c) for c in cells[5:] if c) if s]
        cpe = '' if cells[3] == '-' else cells[3]
        rows.append((cells[0], cells[1], ' '.join(cells[2].split()), cpe, *relations(where, cells[4]), signals, where))
    return rows


def check_relations(rows, categories):
    ids = {r[0] for r in rows}
    for r in rows:
        for word in ' '.join(r[4:7]).split():
            target = word.split('@')[0]
            if not (target in ids or (target.startswith('cat:') and target[4:] in categories)):
                problems.append(f'{r[8]}: no fingerprint {target!r}')


def c_string(s):
    out = s.replace('\\', '\\\\').replace('"', '\\"').replace('?', '\\?').replace('\t', '\\t')
    return f'STR_INIT("{out}")'


def write(out, rows):
    with open(out, 'w', encoding='utf-8') as f:
        f.write('/* Generated table: do not edit; change data/fingerprints instead. */\n')
        f.write('#include "scan/tech/tech_private.h"\n\n')
        for n, r in enumerate(rows):
            if not r[7]:
                continue
            f.write(f'static const struct tech_signal s{n}[] = {{\n')
            for place, regex, exact, conf, key, value, version in r[7]:
                f.write(f'\t{{ {place}, {str(regex).lower()}, {str(exact).lower()}, {conf}, {c_string(key)}, '
                        f'{c_string(value)}, {c_string(version)} }},\n')
            f.write('};\n')
        f.write('\nconst struct tech_print tech_table[] = {\n')
        for n, r in enumerate(rows):
            cells = ', '.join(c_string(c) for c in r[:7])
            f.write(f'\t{{ {cells}, {f"s{n}" if r[7] else "NULL"}, {len(r[7])}, false }},\n')
        f.write(f'}};\nconst size_t tech_table_count = {len(rows)};\n')


def main():
    out, dep, folder, categories = sys.argv[1:5]
    with open(categories, encoding='utf-8') as f:
        known = set(re.findall(r'^\t\{ "([a-z-]+)",', f.read(), re.M))
    files, seen, rows = sorted(glob.glob(os.path.join(folder, '*.tsv'))), {}, []
    for path in files:
        rows += read(path, seen, known)
    check_relations(rows, known)
    if problems:
        sys.exit('\n'.join(problems))
    rows.sort(key=lambda r: r[0].encode())
    write(out, rows)
    with open(dep, 'w', encoding='utf-8') as f:
        f.write(f'{out}: {" ".join(files + [folder])}\n')


main()
