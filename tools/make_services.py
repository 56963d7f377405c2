#!/usr/bin/env python3
"""Compiles data/services/*.tsv into one constant C table (src/scan/asset/service.h).

usage: make_services.py OUT.c OUT.d DIR
ports.txt: ports of the default list, the most common first; names.txt: labels of
sub-domains. probes.tsv, rules.tsv,
access.tsv, versions.tsv: see docs/extending.md. Every mistake of an editor is reported
with file and line, and fails the build.
"""
import os
import re
import sys

problems = []
PROBES = ['probe', 'ports', 'order', 'wait_ms', 'payload']
RULES = ['rule', 'probes', 'flags', 'pattern', 'service', 'product', 'version', 'info', 'os', 'cpe']
ACCESS = ['check', 'service', 'probe', 'pattern', 'severity', 'cwe']
VERSIONS = ['product', 'from', 'before', 'severity', 'cve', 'note_zh', 'note_en']
SEVERITIES = ['info', 'low', 'medium', 'high', 'critical']


def bad(where, text):
    problems.append(f'{where}: {text}')


def table(folder, name, columns):
    path, rows = os.path.join(folder, name), []
    with open(path, encoding='utf-8', newline='') as f:
        lines = f.read().replace('\r\n', '\n').split('\n')
    if lines[0].split('\t') != columns:
        bad(f'{path}:1', f'the first line must be: {" <tab> ".join(columns)}')
        return rows
    for n, line in enumerate(lines[1:], 2):
        if not line.strip() or line.startswith('#'):
            continue
        cells = line.split('\t')
        cells += [''] * (len(columns) - len(cells))
        if len(cells) != len(columns):
            bad(f'{path}:{n}', f'{len(cells)} columns, {len(columns)} expected')
            continue
        row = dict(zip(columns, cells))
        row['where'] = f'{path}:{n}'
        rows.append(row)
    return rows


def unescape(where, s):
    out, i = bytearray(), 0
    simple = {'r': 13, 'n': 10, 't': 9, '0': 0, '\\': 92}
    while i < len(s):
        if s[i] != '\\':
            out += s[i].encode()
            i += 1
        elif i + 1 < len(s) and s[i + 1] in simple:
            out.append(simple[s[i + 1]])
            i += 2
        elif re.match(r'\\x[0-9a-fA-F]{2}', s[i:]):
            out.append(int(s[i + 2:i + 4], 16))
            i += 4
        else:
            bad(where, f'bad escape at {s[i:i + 4]!r}')
            return bytes(out)
    return bytes(out)


def c_bytes(b):
    if isinstance(b, str):
        b = b.encode()
    out = ''.join(chr(c) if 32 <= c < 127 and chr(c) not in '"\\?' else f'\\{c:03o}' for c in b)
    return '"' + '" "'.join(re.findall(r'(?:\\[0-7]{3}|[^\\]){1,400}', out) or ['']) + '"'


def ports_of(where, text):
    out = []
    for part in filter(None, text.replace(',', ' ').split()):
        m = re.fullmatch(r'(\d+)(?:-(\d+))?', part)
        if not m or not 0 < int(m[1]) <= int(m[2] or m[1]) < 65536:
            bad(where, f'not a port: {part}')
            continue
        out += range(int(m[1]), int(m[2] or m[1]) + 1)
    return out


def default_ports(folder):
    path, seen = os.path.join(folder, 'ports.txt'), []
    with open(path, encoding='utf-8') as f:
        for n, line in enumerate(f, 1):
            for p in ports_of(f'{path}:{n}', line.split('#')[0]):
                if p in seen:
                    bad(f'{path}:{n}', f'port {p} stands here twice')
                seen.append(p)
    return seen


def names_of(folder):
    path, seen = os.path.join(folder, 'names.txt'), []
    with open(path, encoding='utf-8') as f:
        for n, line in enumerate(f, 1):
            for name in line.split('#')[0].split():
                if not re.fullmatch(r'[a-z0-9]([a-z0-9-]*[a-z0-9])?', name):
                    bad(f'{path}:{n}', f'not a label: {name}')
                if name in seen:
                    bad(f'{path}:{n}', f'{name} stands here twice')
                seen.append(name)
    return seen


def check(probes, rules, access, versions):
    names, ids = {p['probe'] for p in probes}, set()
    for r in rules:
        if r['rule'] in ids:
            bad(r['where'], f'second rule {r["rule"]}')
        ids.add(r['rule'])
        for p in r['probes'].split(','):
            if p not in names:
                bad(r['where'], f'no probe {p!r}')
        if not r['pattern'] or not r['service']:
            bad(r['where'], 'pattern or service is empty')
        if set(r['flags'].replace('-', '')) - set('g'):
            bad(r['where'], f'flags: {r["flags"]}')
    services = {r['service'] for r in rules}
    for a in access:
        for s in a['service'].split(','):
            if s not in services:
                bad(a['where'], f'no service {s!r}')
        if a['probe'] not in names:
            bad(a['where'], f'no probe {a["probe"]!r}')
        if a['severity'] not in SEVERITIES:
            bad(a['where'], f'severity: {a["severity"]}')
    for v in versions:
        if v['severity'] not in SEVERITIES:
            bad(v['where'], f'severity: {v["severity"]}')
        if not re.fullmatch(r'(CVE-\d{4}-\d{4,})?(,CVE-\d{4}-\d{4,})*', v['cve']):
            bad(v['where'], f'not CVE numbers: {v["cve"]}')


def main():
    out, dep, folder = sys.argv[1:4]
    probes, rules = table(folder, 'probes.tsv', PROBES), table(folder, 'rules.tsv', RULES)
    access, versions = table(folder, 'access.tsv', ACCESS), table(folder, 'versions.tsv', VERSIONS)
    ports, names = default_ports(folder), names_of(folder)
    check(probes, rules, access, versions)
    lines = []
    for i, p in enumerate(probes):
        payload, hint = unescape(p['where'], p['payload']), ports_of(p['where'], p['ports'])
        lines.append(f'static const uint16_t hint_{i}[] = {{ {", ".join(map(str, hint + [0]))} }};')
        p['c'] = (f'{{ {c_bytes(p["probe"])}, hint_{i}, {len(hint)}, {int(p["order"] or 0)}, '
                  f'{int(p["wait_ms"] or 0)}, {{ {c_bytes(payload)}, {len(payload)} }} }}')
    if problems:
        sys.exit('\n'.join(problems))
    with open(out, 'w', encoding='utf-8') as f:
        f.write('/* Generated table: do not edit; change data/services instead. */\n'
                '#include "scan/asset/service.h"\n\n' + '\n'.join(lines) + '\n')
        f.write('const struct service_probe service_probes[] = {\n')
        f.writelines(f'\t{p["c"]},\n' for p in probes)
        f.write(f'}};\nconst size_t service_probes_len = {len(probes)};\n')
        f.write('const struct service_rule service_rules[] = {\n')
        for r in rules:
            cells = [r['rule'], ',' + r['probes'] + ','] + [r[c] for c in RULES[3:]]
            f.write('\t{ ' + ', '.join(map(c_bytes, cells)) + f', {int("g" in r["flags"])} }},\n')
        f.write(f'}};\nconst size_t service_rules_len = {len(rules)};\n')
        f.write('const struct service_access service_accesses[] = {\n')
        for a in access:
            f.write(f'\t{{ {c_bytes(a["check"])}, {c_bytes("," + a["service"] + ",")}, {c_bytes(a["probe"])}, '
                    f'{c_bytes(a["pattern"])}, SEVERITY_{a["severity"].upper()}, {int(a["cwe"])} }},\n')
        f.write(f'}};\nconst size_t service_accesses_len = {len(access)};\n')
        f.write('const struct service_version service_versions[] = {\n')
        for v in versions:
            cells = [v[c] for c in ('product', 'from', 'before', 'cve', 'note_zh', 'note_en')]
            f.write('\t{ ' + ', '.join(map(c_bytes, cells)) + f', SEVERITY_{v["severity"].upper()} }},\n')
        f.write(f'}};\nconst size_t service_versions_len = {len(versions)};\n')
        f.write('const char *const service_names[] = {\n')
        f.writelines(f'\t{c_bytes(n)},\n' for n in names)
        f.write(f'}};\nconst size_t service_names_len = {len(names)};\n')
        f.write('const uint16_t service_ports[] = {\n')
        for i in range(0, len(ports), 16):
            f.write('\t' + ', '.join(map(str, ports[i:i + 16])) + ',\n')
        f.write(f'}};\nconst size_t service_ports_len = {len(ports)};\n')
    with open(dep, 'w', encoding='utf-8') as f:
        files = ['ports.txt', 'names.txt', 'probes.tsv', 'rules.tsv', 'access.tsv', 'versions.tsv']
        f.write(f'{out}: {" ".join(os.path.join(folder, x) for x in files)}\n')


main()
