#!/usr/bin/env python3
"""Writes the C table of migrations: embed_migrations.py DIR OUT.c DEPFILE.

Every DIR/NNNN_name.sql becomes one entry, in order of number. The depfile names
the directory too, so that a new file is noticed by the next build.
"""
import pathlib
import re
import sys


def c_string(text):
    out = []
    for line in text.splitlines():
        line = line.replace('\\', '\\\\').replace('"', '\\"').replace('?', '\\?')
        out.append('\t  "%s\\n"' % line)
    return '\n'.join(out) or '\t  ""'


def main():
    folder, out, depfile = (pathlib.Path(a) for a in sys.argv[1:4])
    seen = {}
    rows = []
    files = sorted(folder.glob('*.sql'))
    for f in files:
        m = re.fullmatch(r'(\d{4})_([a-z0-9_]+)\.sql', f.name)
        if not m:
            sys.exit('%s: want NNNN_name.sql' % f)
        if m[1] in seen:
            sys.exit('%s: number taken by %s' % (f, seen[m[1]]))
        seen[m[1]] = f.name
        rows.append('\t{ %d, "%s",\n%s },' % (int(m[1]), m[2], c_string(f.read_text('utf-8'))))
    out.write_text('/* Made by embed_migrations.py. */\n#include "store/store_private.h"\n\n'
                   'const struct store_migration store_migrations[] = {\n%s\n};\n'
                   'const size_t store_migrations_len = ARRAY_SIZE(store_migrations);\n'
                   % '\n'.join(rows), 'utf-8')
    depfile.write_text('%s: %s %s\n' % (out, folder, ' '.join(str(f) for f in files)))


main()
