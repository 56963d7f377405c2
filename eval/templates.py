#!/usr/bin/python3
"""Do templates hit what they describe? For each nuclei http template of a folder an answer is
made up from its matchers and extractors (words, status, headers, patterns, DSL conditions),
a server on loopback gives it for exactly the requests that the template sends, and the
template must hit. Then all of them together meet a server that knows no page and one that
gives a page for everything: nothing may hit.

    eval/templates.py DIR [--count N] [--seed N] [--jobs N] [--only TEXT] [-v]

What cannot be made up (values computed from the request, calls from outside, delays, pages of
a given size) is counted as left out; `refuted`: a negative
control got the same, as sloppy matchers do; `not sent`: a name in the request has no value. Needs Debian's python3-yaml. Exit code 1: something missed."""
import argparse
import collections
import concurrent.futures
import http.server
import json
import os
import pathlib
import random
import re
import re._constants as C
import re._parser as sre
import subprocess
import sys
import tempfile
import threading

import yaml

ZHANWEI = os.environ.get('ZHANWEI', 'build/zhanwei')
MARK = re.compile(r'\{\{.*?\}\}|§.*?§')


class Unable(Exception):
    pass


# ---- strings that a pattern accepts ----

def of_class(items):
    if items and items[0][0] is C.NEGATE:
        no = {chr(b) for b in range(32, 127) if not any(in_class(i, chr(b)) for i in items[1:])}
        return next((c for c in 'a1-_ ./' if c in no), None) or next(iter(sorted(no)))
    for c in 'a1A-_./= ':
        if any(in_class(i, c) for i in items):
            return c
    kind, value = items[0]
    return chr(value if kind is C.LITERAL else value[0])


def in_class(item, c):
    kind, value = item
    if kind is C.LITERAL:
        return ord(c) == value
    if kind is C.RANGE:
        return value[0] <= ord(c) <= value[1]
    return bool({C.CATEGORY_DIGIT: c.isdigit(), C.CATEGORY_SPACE: c.isspace(), C.CATEGORY_WORD: c.isalnum() or c == '_',
                 C.CATEGORY_NOT_DIGIT: not c.isdigit(), C.CATEGORY_NOT_SPACE: not c.isspace(),
                 C.CATEGORY_NOT_WORD: not (c.isalnum() or c == '_')}.get(value))


def of_tree(tree, groups):
    out = ''
    for kind, value in tree:
        if kind is C.LITERAL:
            out += chr(value)
        elif kind is C.NOT_LITERAL:
            out += 'a' if value != ord('a') else 'b'
        elif kind is C.ANY:
            out += 'a'
        elif kind is C.IN:
            out += of_class(value)
        elif kind is C.BRANCH:
            out += of_tree(value[1][0], groups)
        elif kind is C.SUBPATTERN:
            part = of_tree(value[3], groups)
            groups[value[0]] = part
            out += part
        elif kind in (C.MAX_REPEAT, C.MIN_REPEAT):
            low, high, part = value
            blank = len(part) == 1 and part[0] == (C.IN, [(C.CATEGORY, C.CATEGORY_SPACE)])
            times = low if low or kind is C.MIN_REPEAT or blank else min(1, high)
            out += ''.join(of_tree(part, groups) for _ in range(min(times, 4000)))
        elif kind is C.AT:
            pass
        else:
            raise Unable('pattern')
    return out


def of_pattern(text):
    if MARK.search(text):
        raise Unable('placeholder in a value')
    try:
        flags = ''
        m = re.match(r'\(\?([ims]+)\)', text)
        if m:
            flags, text = m[1], text[m.end():]
        text = text.replace(r'\z', r'\Z')
        tree = sre.parse(text, sum({'i': re.I, 'm': re.M, 's': re.S}[f] for f in flags))
        out = of_tree(tree, {})
        if not re.search(text, out, sum({'i': re.I, 'm': re.M, 's': re.S}[f] for f in flags)):
            raise Unable('pattern')
    except (re.error, KeyError, IndexError, TypeError, ValueError) as e:
        raise Unable('pattern') from e
    return out


# ---- an answer that grows ----

def as_bytes(text):
    """Text as UTF-8, one character a byte; what stood for bytes before stays."""
    return text if all(ord(c) < 256 for c in text) and not re.search('[\x80-\xff]', text) else text.encode('utf-8').decode('latin-1')


class Answer:
    def __init__(self):
        self.status, self.headers, self.body, self.not_body, self.not_header, self.least = None, [], [], [], [], 0
        self.patterns = []

    def set_status(self, n):
        if self.status not in (None, n):
            raise Unable('several states')
        self.status = n

    def header(self, text):
        text = text.strip('\r\n')
        if '\n' in text:
            raise Unable('lines in a header')
        if any(text.lower() in f'{k}: {v}'.lower() for k, v in self.headers):
            return
        m = re.match(r'([A-Za-z][\w-]*): ?(.*)$', text)
        if m:
            self.headers.append((m[1], m[2] or 'x'))
        elif re.match(r'[a-z]+/[\w.+-]+', text):
            self.headers.append(('Content-Type', text))
        elif re.fullmatch(r'[A-Za-z][\w-]*:?', text) and len(text) > 3:
            self.headers.append((text.rstrip(':'), text))
        else:
            self.headers.append(('X-Thing', text))

    def put(self, part, text):
        text = as_bytes(text)
        part = re.sub(r'_\d+$', '', part or 'body')
        if part in ('body', 'response', 'all', 'raw', 'data'):
            if text not in ''.join(self.body):
                self.body.append(text)
        elif part in ('header', 'headers', 'all_headers'):
            self.header(text)
        elif part == 'content_type':
            self.headers = [h for h in self.headers if h[0].lower() != 'content-type'] + [('Content-Type', text)]
        elif re.fullmatch(r'[a-z_]+', part) and not part.startswith('interactsh'):
            self.headers.append((part.replace('_', '-'), text))
        else:
            raise Unable(f'part {part}')

    def avoid(self, part, text):
        text = as_bytes(text)
        part = re.sub(r'_\d+$', '', part or 'body')
        (self.not_body if part in ('body', 'response', 'all', 'raw') else self.not_header).append(text)

    def bytes(self):
        body = '\n'.join(self.body)
        if len(body) < self.least:
            body += ' ' * (self.least - len(body))
        if not any(k.lower() == 'content-type' for k, _ in self.headers):
            kinds = ['text/html; charset=utf-8', 'text/plain; charset=utf-8', 'application/octet-stream', 'application/json']
            bad = [w.lower() for w in self.not_header + self.not_body]
            self.headers.append(('Content-Type', next((k for k in kinds if not any(w in k for w in bad)), kinds[2])))
        lines = '\n'.join(f'{k}: {v}' for k, v in self.headers)
        if any(w.lower() in body.lower() for w in self.not_body) or any(w.lower() in lines.lower() for w in self.not_header):
            raise Unable('contradiction')
        if not all(re.search(p, body) for p in self.patterns):
            raise Unable('contradiction')
        if any(ord(c) < 32 or ord(c) > 126 for k, v in self.headers for c in k + v):
            raise Unable('control bytes in a header')
        return self.status or 200, self.headers, body


# ---- DSL ----

TOKEN = re.compile(r'''\s*(?:(?P<num>\d+(?:\.\d+)?)|(?P<str>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)|(?P<name>[A-Za-z_][\w-]*)|'''
                   r'''(?P<op>&&|\|\||==|!=|<=|>=|=~|!~|[()!<>,+*/%-]))''')


def tokens(text):
    at, out = 0, []
    while text[at:].strip():
        m = TOKEN.match(text, at)
        if not m:
            raise Unable('expression')
        at = m.end()
        out.append((m.lastgroup, m[m.lastgroup]))
    return out


class Parser:
    def __init__(self, text):
        self.list, self.at = tokens(text), 0
        self.tree = self.choice()
        if self.at != len(self.list):
            raise Unable('expression')

    def peek(self):
        return self.list[self.at] if self.at < len(self.list) else (None, None)

    def take(self, op):
        if self.peek() == ('op', op):
            self.at += 1
            return True
        return False

    def choice(self):
        a = self.both()
        while self.take('||'):
            a = ('or', a, self.both())
        return a

    def both(self):
        a = self.compare()
        while self.take('&&'):
            a = ('and', a, self.compare())
        return a

    def compare(self):
        a = self.one()
        kind, op = self.peek()
        if kind == 'op' and op in ('==', '!=', '<', '>', '<=', '>=', '=~', '!~'):
            self.at += 1
            return ('cmp', op, a, self.one())
        if kind == 'op' and op in '+-*/%':
            raise Unable('expression')
        return a

    def one(self):
        kind, text = self.peek()
        self.at += 1
        if kind == 'op' and text == '!':
            return ('not', self.compare())
        if kind == 'op' and text == '(':
            a = self.choice()
            if not self.take(')'):
                raise Unable('expression')
            return a
        if kind == 'num':
            return ('num', float(text))
        if kind == 'str':
            if text[0] == '`':
                return ('str', text[1:-1])
            return ('str', re.sub(r'\\(.)', lambda m: {'n': '\n', 'r': '\r', 't': '\t'}.get(m[1], m[1]), text[1:-1]))
        if kind == 'name':
            if not self.take('('):
                return ('var', text)
            args = []
            while not self.take(')'):
                args.append(self.choice())
                if not self.take(',') and self.peek() != ('op', ')'):
                    raise Unable('expression')
            return ('call', text.replace('_', '').lower(), args)
        raise Unable('expression')


def variable(node):
    while node[0] == 'call' and node[1] in ('tolower', 'toupper', 'tostring', 'trimspace') and node[2]:
        node = node[2][0]
    if node[0] != 'var' or node[1] in ('duration',) or node[1].startswith('interactsh'):
        raise Unable('expression')
    return node[1]


def string(node):
    if node[0] == 'call' and node[1] in ('tolower', 'toupper'):
        return string(node[2][0])
    if node[0] != 'str' or MARK.search(node[1]):
        raise Unable('expression')
    return node[1]


def satisfy(node, answers, want=True):
    """answers: by number of the request; names without a number speak of all."""
    def each(name, act):
        m = re.search(r'_(\d+)$', name)
        for a in ([answers[int(m[1]) - 1]] if m and int(m[1]) <= len(answers) else answers):
            act(a)

    if node[0] == 'not':
        return satisfy(node[1], answers, not want)
    if node[0] in ('and', 'or'):
        if (node[0] == 'and') == want:
            satisfy(node[1], answers, want)
            return satisfy(node[2], answers, want)
        return satisfy(node[1], answers, want)
    if node[0] == 'call' and node[1] in ('contains', 'containsall', 'containsany', 'startswith', 'endswith', 'icontains'):
        part, words = variable(node[2][0]), [string(n) for n in node[2][1:]]
        if not want:
            return [each(part, lambda a, w=w: a.avoid(part, w)) for w in words]
        if node[1] == 'startswith':
            return each(part, lambda a: a.body.insert(0, words[0]) if part.startswith('body') else a.put(part, words[0]))
        return [each(part, lambda a, w=w: a.put(part, w)) for w in (words[:1] if node[1] == 'containsany' else words)]
    if node[0] == 'call' and node[1] == 'regex' and want:
        part, text = variable(node[2][1]), of_pattern(string(node[2][0]))
        return each(part, lambda a: a.put(part, text))
    if node[0] == 'cmp':
        return compare(node, each, want)
    raise Unable('expression')


def compare(node, each, want):
    op, a, b = node[1:]
    if a[0] in ('num', 'str'):
        a, b, op = b, a, {'<': '>', '>': '<', '<=': '>=', '>=': '<='}.get(op, op)
    if not want:
        op = {'==': '!=', '!=': '==', '<': '>=', '>': '<=', '<=': '>', '>=': '<'}.get(op)
    if a[0] == 'call' and a[1] == 'len' and b[0] == 'num' and op in ('>', '>=', '!='):
        part = variable(a[2][0])
        if not part.startswith('body'):
            raise Unable('expression')
        return each(part, lambda x: setattr(x, 'least', max(x.least, int(b[1]) + 1)))
    name = variable(a)
    if name.startswith('status_code') and b[0] == 'num':
        n = int(b[1])
        if op == '==':
            return each(name, lambda x: x.set_status(n))
        if op == '!=' and n != 200:
            return None
        if op in ('<', '<=') and n > 200:
            return None
    elif b[0] == 'str' and op == '==':
        return each(name, lambda x: x.put(name, string(b)))
    elif b[0] == 'str' and op == '!=':
        return None
    elif name.startswith('content_length') and op in ('>', '>='):
        return each(name, lambda x: setattr(x, 'least', max(x.least, int(b[1]) + 1)))
    raise Unable('expression')


# ---- templates ----

def listed(v):
    return v if isinstance(v, list) else [] if v is None else [v]


def word_of(v, m):
    v = str(v)
    if MARK.search(v):
        raise Unable('placeholder in a value')
    return bytes.fromhex(v).decode('latin-1') if m.get('encoding') == 'hex' else v


def use_matcher(m, answers):
    kind, part = m['type'], str(m.get('part', 'body')).lower().replace('-', '_')
    every = m.get('condition') == 'and'
    number = re.search(r'_(\d+)$', part)
    some = [answers[int(number[1]) - 1]] if number and int(number[1]) <= len(answers) else answers
    if part.startswith('interactsh'):
        raise Unable('call from outside')
    if m.get('negative'):
        for a in some:
            if kind == 'word':
                for w in listed(m['words']):
                    a.avoid(part, word_of(w, m))
            elif kind == 'status':
                if (a.status or 200) in m['status']:
                    raise Unable('contradiction')
            elif kind != 'regex':
                raise Unable(f'negative {kind}')
        return
    values = listed(m.get({'word': 'words', 'binary': 'binary', 'regex': 'regex', 'status': 'status', 'dsl': 'dsl'}.get(kind)))
    if not values:
        raise Unable(f'matcher {kind}')
    for v in values if every and kind != 'status' else values[:1]:
        if kind == 'dsl':
            satisfy(Parser(str(v)).tree, answers)
        for a in some:
            if kind == 'word':
                a.put(part, word_of(v, m))
            elif kind == 'binary':
                a.body.append(bytes.fromhex(re.sub(r'\s', '', str(v))).decode('latin-1'))
            elif kind == 'regex':
                a.put(part, of_pattern(str(v)))
                if part == 'body' and not any(ord(c) > 127 for c in str(v)):
                    a.patterns.append(str(v).replace(r'\z', r'\Z'))
            elif kind == 'status':
                a.set_status(int(v))


def use_extractor(x, answers):
    kind, part = x.get('type'), str(x.get('part', 'body')).lower()
    if not x.get('internal') and not x.get('name'):
        return
    for a in answers[:-1] or answers:
        if kind == 'regex':
            a.put(part, of_pattern(str(listed(x['regex'])[0])))
        elif kind == 'kval':
            a.headers.append((str(x['kval'][0]).replace('_', '-'), 'x1'))
        elif x.get('internal'):
            raise Unable(f'extractor {kind}')


def pattern_of(text, site, other='.*?'):
    out, at = '', 0
    for m in MARK.finditer(text):
        out += re.escape(text[at:m.start()])
        name = m[0].strip('{}§')
        out += site.get(name, other)
        at = m.end()
    return out + re.escape(text[at:])


class Request:
    """What the server recognises a request by."""

    def __init__(self, method, target, headers, body, payloads):
        site = {'BaseURL': 'http://[^/]*', 'RootURL': 'http://[^/]*', 'Path': '', 'Hostname': '[^/]*', 'Host': '[^/]*',
                'Scheme': 'http', 'Port': r'\d+'}
        for k, v in payloads.items():
            site[k] = '(?:' + '|'.join(pattern_of(str(w), {}) for w in v) + ')' if isinstance(v, list) and len(v) < 3000 else '.+?'
        target = re.sub(r'^\{\{(BaseURL|RootURL)\}\}', '', target.strip().split('#')[0])
        target = target if target.startswith('/') or target.startswith('{{') else '/' + target
        self.method, self.plain = method, target in ('/', '')
        self.made_up = any(m[0].strip('{}§') not in site for m in MARK.finditer(target))
        self.target = re.compile(pattern_of(target, site, '[^/?]*?'), re.S)
        self.headers = {k.lower(): re.compile(pattern_of(str(v).strip(), site), re.S) for k, v in headers.items()
                        if k.lower() not in ('host', 'content-length', 'connection', 'accept-encoding', 'accept')}
        self.body = re.compile(pattern_of(body.replace('\r\n', '\n').strip(), site), re.S) if body else None

    def is_this(self, method, target, headers, body):
        if not re.fullmatch(pattern_of(self.method, {}), method) or not self.target.fullmatch(target):
            return False
        if any(not p.search(headers.get(k, '').strip()) for k, p in self.headers.items()):
            return False
        return not self.body or bool(self.body.search(body.replace('\r\n', '\n')))


def raw_request(text, payloads):
    text = re.sub(r'\A(\s*@[^\n]*\n)+', '', text.lstrip())
    head, _, body = text.replace('\r\n', '\n').partition('\n\n')
    lines = head.split('\n')
    words = lines[0].split(' ')
    target = ' '.join(words[1:-1]) if words[-1].startswith('HTTP/') else ' '.join(words[1:])
    return Request(words[0], target, dict(l.split(':', 1) for l in lines[1:] if ':' in l), body, payloads)


def plan(doc):
    """[(Request, (status, headers, body), number in its block)]"""
    if doc.get('flow') and re.search(r'[;{]|let |set\(', doc['flow']):
        raise Unable('script')
    out = []
    for block in doc.get('http') or doc.get('requests') or []:
        if block.get('unsafe') or block.get('race') or 'fuzzing' in block:
            raise Unable('exact bytes')
        payloads = block.get('payloads') or {}
        requests = [Request(block.get('method', 'GET'), str(p), block.get('headers') or {}, str(block.get('body') or ''), payloads)
                    for p in block.get('path') or []] + [raw_request(r, payloads) for r in block.get('raw') or []]
        answers = [Answer() for _ in requests]
        matchers = block.get('matchers') or []
        if not matchers and not block.get('extractors'):
            raise Unable('no matcher')
        positive = [m for m in matchers if not m.get('negative')] or matchers
        # statuses and negations first: others must fit
        order = sorted(matchers if block.get('matchers-condition') == 'and' else positive[:1],
                       key=lambda m: (m['type'] != 'status', not m.get('negative')))
        for m in order:
            use_matcher(m, answers)
        for x in block.get('extractors') or []:
            if not matchers or x.get('internal'):
                use_extractor(dict(x, name='x') if not matchers else x, answers)
        out += [(r, a.bytes(), i) for i, (r, a) in enumerate(zip(requests, answers))]
    if any(doc.get(k) for k in ('dns', 'tcp', 'network', 'ssl', 'headless', 'javascript', 'code')) or not out:
        raise Unable('other protocol')
    return out


# ---- servers ----

def serve(answer):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def handle_one(self):
            body = self.rfile.read(int(self.headers.get('Content-Length') or 0)).decode('utf-8', 'replace')
            status, headers, text = answer(self.command, self.requestline.split(' ', 1)[1].rsplit(' ', 1)[0], {k.lower(): v for k, v in self.headers.items()}, body)
            data = text.encode('latin-1')
            self.send_response_only(status)
            for k, v in headers:
                self.send_header(k, v)
            if not any(k.lower() == 'content-length' for k, _ in headers):
                self.send_header('Content-Length', str(len(data)))
            self.end_headers()
            if self.command != 'HEAD':
                self.wfile.write(data)

        def __getattr__(self, name):
            if name.startswith('do_'):
                return self.handle_one
            raise AttributeError(name)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            pass

    s = Server(('127.0.0.1', 0), Handler)
    threading.Thread(target=s.serve_forever, args=(.02,), daemon=True).start()
    return s


HTML = [('Content-Type', 'text/html; charset=utf-8')]
NOT_FOUND = (404, HTML, '<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>')
START = (200, HTML, '<html><head><title>Start</title></head><body><p>Nothing to see.</p></body></html>')


def run(files, port, seconds, more=()):
    with tempfile.NamedTemporaryFile(suffix='.json') as out:
        said = subprocess.run([ZHANWEI, 'template', 'run', *files, '--target', f'http://127.0.0.1:{port}/', '--i-own-this-target',
                        '--intrusive', '--mode', 'deep', '--fail-on', 'none', '-q', '--format', 'json', '-o', out.name, *more],
                              capture_output=True, text=True, timeout=seconds, check=False).stderr
        text = pathlib.Path(out.name).read_text()
    refuted = re.search(r'(\d+) hits refuted', said)
    return ([f['check'] for f in json.loads(text)['findings']] if text else None), bool(refuted) and refuted[1] != '0'


def one(path):
    doc = yaml.safe_load(path.read_text())
    try:
        rules = plan(doc)
    except Unable as e:
        return path, 'left out', str(e), []
    except (TypeError, KeyError, ValueError, AttributeError, IndexError, re.error) as e:
        return path, 'left out', f'form {type(e).__name__}', []
    asked, latest = [], [True]

    def answer(method, target, headers, body):
        for r, a, i in rules:
            # a name that was made up is there only when the request before it was as expected
            if r.is_this(method, target, headers, body) and (latest[0] or not i or not r.made_up):
                asked.append(f'+ {method} {target}')
                latest[0] = True
                return a
        latest[0] = False
        asked.append(f'- {method} {target}')
        return START if target == '/' and method == 'GET' else NOT_FOUND
    server = serve(answer)
    try:
        found, refuted = run([str(path)], server.server_address[1], 60)
    except subprocess.TimeoutExpired:
        return path, 'left out', 'too many requests', []
    finally:
        server.shutdown()
        server.server_close()
    if found is None:
        return path, 'failed', '', asked
    if f"template:{doc['id']}" in found:
        return path, 'hit', '', asked
    return path, 'refuted' if refuted else 'not sent' if not any(a[0] == '+' for a in asked) else 'MISS', '', asked


def main():
    p = argparse.ArgumentParser()
    p.add_argument('dir')
    p.add_argument('--count', type=int, default=300)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--jobs', type=int, default=2)
    p.add_argument('--only', default='')
    p.add_argument('--no-quiet-sites', action='store_true')
    p.add_argument('-v', action='store_true')
    a = p.parse_args()
    bad = subprocess.run([ZHANWEI, 'template', 'lint', a.dir, '-q'], capture_output=True, text=True, check=False).stdout
    cannot = {l.split(': ', 1)[0] for l in bad.split('\n')}
    files = [f for f in sorted(pathlib.Path(a.dir).rglob('*.yaml')) if str(f) not in cannot and a.only in str(f)]
    random.Random(a.seed).shuffle(files)
    counts, why = collections.Counter(), collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        for path, result, reason, asked in pool.map(one, files[:a.count]):
            counts[result] += 1
            why[reason] += result == 'left out'
            if result in ('MISS', 'failed', 'not sent', 'refuted') or a.v:
                print(result, path, reason, *(asked[:12] if result != 'left out' else []), sep='\n    ')
    print(dict(counts), 'left out:', dict(why.most_common(12)))
    quiet = True
    if not a.no_quiet_sites:
        for name, rule in (('404', lambda *_: NOT_FOUND), ('200', lambda *_: START)):
            server = serve(rule)
            found, _ = run([a.dir], server.server_address[1], 1200)
            server.shutdown()
            print(f'a site that gives {name} for everything: {found}')
            quiet = quiet and not found
    sys.exit(0 if quiet and not counts['MISS'] and not counts['failed'] else 1)


main()
