#!/usr/bin/env python3
"""Opens what test_files wrote as other programs would.

usage: test_files.py PROGRAM
1,000 findings in every format: nothing missing, PDF text is Chinese, DOCX is a sound package with
sound XML, SARIF has what its schema requires; and all of it once more with hostile text everywhere.
LibreOffice and the JSON schema module are used when they are there; skips are said loudly.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from xml.etree import ElementTree

W = '{http://schemas.openxmlformats.org/wordprocessingml/2006/main}'
HOSTILE = '</script></style></title></pre><img src=x onerror=alert(1)>'


def make(program, folder, n, *more):
    out = subprocess.run([program, folder, str(n), *more], check=True, stdout=subprocess.PIPE, text=True)
    print(out.stdout, end='')
    return out.stdout


def check_package(z):
    assert z.testzip() is None
    names = set(z.namelist())
    parts = {n: ElementTree.fromstring(z.read(n)) for n in names}
    types = parts['[Content_Types].xml']
    for t in types:
        if t.tag.endswith('Override'):
            assert t.get('PartName')[1:] in names, t.get('PartName')
    for rel in parts['word/_rels/document.xml.rels']:
        assert 'word/' + rel.get('Target') in names, rel.get('Target')
    return parts


def check_document(parts):
    doc = parts['word/document.xml']
    marks = [b.get(W + 'name') for b in doc.iter(W + 'bookmarkStart')]
    assert len(marks) == len(set(marks)), 'bookmark names repeat'
    assert all(re.fullmatch(r'[A-Za-z]\w{0,39}', m) for m in marks)
    for link in doc.iter(W + 'hyperlink'):
        assert link.get(W + 'anchor') in marks, link.get(W + 'anchor')
    styles = {s.get(W + 'styleId') for s in parts['word/styles.xml'].iter(W + 'style')}
    used = {e.get(W + 'val') for e in doc.iter() if e.tag in (W + 'pStyle', W + 'tblStyle', W + 'rStyle')}
    assert used <= styles, used - styles
    nums = {e.get(W + 'numId') for e in parts['word/numbering.xml'].iter(W + 'num')}
    assert {e.get(W + 'val') for e in doc.iter(W + 'numId')} <= nums
    for table in doc.iter(W + 'tbl'):
        cols = len(table.find(W + 'tblGrid'))
        for row in table.findall(W + 'tr'):
            spans = [c.find(f'{W}tcPr/{W}gridSpan') for c in row.findall(W + 'tc')]
            assert sum(int(s.get(W + 'val')) if s is not None else 1 for s in spans) == cols
            assert all(c[-1].tag == W + 'p' for c in row.findall(W + 'tc'))
    return ''.join(t.text or '' for t in doc.iter(W + 't'))


def check_docx(path, n):
    with zipfile.ZipFile(path) as z:
        parts = check_package(z)
    text = check_document(parts)
    if n:
        assert '首个参数' in text and '末尾参数' in text
        assert f'F{n:04d}' in text and f'F{n + 1:04d}' not in text
    fields = ''.join(e.text for p in ('word/document.xml', 'word/footer1.xml')
                     for e in parts[p].iter(W + 'instrText'))
    assert 'TOC' in fields and 'PAGE' in fields and 'NUMPAGES' in fields
    return text


def check_sarif(path, n):
    with open(path, encoding='utf-8') as f:
        log = json.load(f)
    assert log['version'] == '2.1.0' and len(log['runs']) == 1
    run = log['runs'][0]
    rules = run['tool']['driver']['rules']
    assert run['tool']['driver']['name'] and len({r['id'] for r in rules}) == len(rules)
    taxa = {t['id'] for t in run['taxonomies'][0]['taxa']}
    for rule in rules:
        assert rule['shortDescription']['text'] and rule['fullDescription']['text']
        assert 0 <= float(rule['properties']['security-severity']) <= 10
        for rel in rule.get('relationships', []):
            assert rel['target']['id'] in taxa and rel['target']['toolComponent']['name'] == 'CWE'
    assert len(run['results']) == n
    for r in run['results']:
        assert rules[r['ruleIndex']]['id'] == r['ruleId']
        assert r['message']['text'] and r['level'] in ('none', 'note', 'warning', 'error')
        uri = r['locations'][0]['physicalLocation']['artifactLocation']['uri']
        assert re.fullmatch(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", uri), uri


def check_pdf(path):
    if not os.path.exists(path):
        print('SKIPPED: no PDF without Chromium')
        return
    if not shutil.which('pdftotext'):
        print('SKIPPED: pdftotext is missing')
        return
    text = subprocess.run(['pdftotext', '-layout', path, '-'], check=True, stdout=subprocess.PIPE).stdout
    text = text.decode()
    for words in ('网站安全扫描报告', '首个参数', '末尾参数', '不符合线索', 'F1000', '非测评结论'):
        assert words in text, words
    pages = text.count('\f')
    assert f'第 {pages} 页 / 共 {pages} 页' in text, pages
    # the longest URL is whole: none of its letters was clipped at the margin
    assert re.sub(r'\s', '', text).count('abcdefgh' * 119) >= 1
    print(f'pdf: {pages} pages')


def check_libreoffice(path, folder):
    if not shutil.which('soffice'):
        print('SKIPPED: no LibreOffice to open the DOCX with')
        return
    subprocess.run(['soffice', f'-env:UserInstallation=file://{folder}/lo', '--headless', '--convert-to',
                    'txt:Text (encoded):UTF8', '--outdir', folder, path], check=True, timeout=100,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(path[:-4] + 'txt', encoding='utf-8') as f:
        text = f.read()
    assert '首个参数' in text and '末尾参数' in text and '目录' in text


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        said = make(program, folder, 1000)
        # generous, for a busy machine: the wish is 10 s and 60 s
        took = {line.split()[0]: int(line.split()[3]) for line in said.split('\n') if 'ms' in line}
        assert took['html'] < 10000 and took['docx'] < 20000 and took.get('pdf', 0) < 100000, took
        check_pdf(f'{folder}/report.pdf')
        check_docx(f'{folder}/report.docx', 1000)
        check_sarif(f'{folder}/report.sarif', 1000)
        check_libreoffice(f'{folder}/report.docx', folder)
    with tempfile.TemporaryDirectory() as folder:
        make(program, folder, 8, 'poison')
        check_sarif(f'{folder}/report.sarif', 8)
        assert HOSTILE in check_docx(f'{folder}/report.docx', 0)
        if os.path.exists(f'{folder}/report.pdf') and shutil.which('pdftotext'):
            text = subprocess.run(['pdftotext', f'{folder}/report.pdf', '-'], stdout=subprocess.PIPE,
                                  check=True).stdout.decode()
            assert 'onerror=alert(1)' in text.replace('\n', '')


main()
