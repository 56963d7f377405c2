#!/usr/bin/env python3
"""Workbooks of openpyxl through our reader, and ours through openpyxl.

usage: test_sheet.py SHEET_DUMP
Skipped, and said so, where openpyxl is not installed.
"""
import datetime
import os
import random
import subprocess
import sys
import tempfile

try:
    import openpyxl
except ImportError:
    sys.path.append('/usr/lib/python3/dist-packages')
    try:
        import openpyxl
    except ImportError:
        print('SKIPPED: no openpyxl (apt-get install python3-openpyxl)')
        sys.exit(77)

ALPHABET = '词语标签放行拦截 aZ09<>&"\'=+-@_x0041_，。😀\U00020000\n'


def dump(program, path):
    out = subprocess.run([program, 'read', path], stdout=subprocess.PIPE, text=True).stdout
    return [line.split('\t') for line in out.splitlines()]


def text_of(v):
    if isinstance(v, bool):
        return 'TRUE' if v else 'FALSE'
    if isinstance(v, datetime.datetime):
        return v.strftime('%Y-%m-%d %H:%M:%S').replace(' 00:00:00', '')
    return '' if v is None else '%.15g' % v if isinstance(v, (int, float)) else v.replace('\n', '\\n')


def value(rnd):
    return rnd.choice([
        lambda: None,
        lambda: rnd.randint(-10**12, 10**12),
        lambda: round(rnd.uniform(-1000, 1000), 6),
        lambda: rnd.random() < .5,
        lambda: datetime.datetime(1900, 3, 1) + datetime.timedelta(seconds=rnd.randint(0, 200 * 365 * 86400)),
        lambda: ''.join(rnd.choice(ALPHABET) for _ in range(rnd.randint(1, 12))).strip('\n') or 'x',
    ])()


def theirs(program, folder, rnd):
    book = openpyxl.Workbook()
    book.active.title = '一张表'
    want = []
    for n in range(1, 300):
        row = [value(rnd) for _ in range(rnd.randint(0, 9))]
        for k, v in enumerate(row, 1):
            if v is not None:
                c = book.active.cell(row=n, column=k, value=v)
                if isinstance(v, str):
                    c.data_type = 's'
        texts = [text_of(v) for v in row]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            want.append([str(n)] + texts)
    path = os.path.join(folder, 'theirs.xlsx')
    book.save(path)
    got = dump(program, path)
    assert got[-1] == ['sheet', '一张表', str(len(want)), '0'], got[-1]
    for g, w in zip(got, want):
        assert g == w, (g, w)
    print('openpyxl to us: %d rows' % len(want))


def ours(program, folder, rnd):
    rows = [[''.join(rnd.choice(ALPHABET.replace('\n', '')) for _ in range(rnd.randint(0, 9))) for _ in range(4)] for _ in range(300)]
    path = os.path.join(folder, 'ours.xlsx')
    subprocess.run([program, 'write', path], input='\n'.join('\t'.join(r) for r in rows) + '\n', text=True, check=True)
    sheet = openpyxl.load_workbook(path).active
    got = [[(c.value or '') for c in row] for row in sheet.iter_rows(max_col=4)]
    for g, w in zip(got, rows):
        assert [x.replace('_x005F_', '_') for x in g] == w, (g, w)
    assert len(got) == len(rows) and all(c.data_type != 'f' for row in sheet.iter_rows() for c in row)
    print('us to openpyxl: %d rows, no formula' % len(got))


def main():
    rnd = random.Random(20261123)
    with tempfile.TemporaryDirectory() as folder:
        theirs(sys.argv[1], folder, rnd)
        ours(sys.argv[1], folder, rnd)


if __name__ == '__main__':
    main()
