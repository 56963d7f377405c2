#!/usr/bin/env python3
"""A website on loopback with known holes and, beside each, a safe twin that looks alike.
GET /answers.json tells which is which; nothing else links to that file, so a scanner
cannot see it. Everything is real: a SQLite database, a shell, files.  target.py PORT"""
import html
import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
import tempfile
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = tempfile.mkdtemp(prefix="zhanwei-eval-")
os.makedirs(ROOT + "/docs")
for name in ("a.txt", "b.txt"):
    with open(f"{ROOT}/docs/{name}", "w") as f:
        f.write(f"document {name}\n")

ROWS = [(i, f"用户{i}", f"user{i}@example.cn") for i in range(1, 9)]


def database():
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE people(id INTEGER, name TEXT, mail TEXT)")
    db.executemany("INSERT INTO people VALUES(?,?,?)", ROWS)
    return db


class Reply(Exception):
    """Ends a page: status, extra header lines, body."""

    def __init__(self, body, status=200, headers=(), kind="text/html; charset=utf-8"):
        super().__init__()
        self.body, self.status, self.headers, self.kind = body, status, headers, kind


def page(inner):
    return ("<!doctype html><html><head><meta charset=utf-8><title>评测站点</title></head>"
            f"<body><h1>评测站点</h1>{inner}<p>Copyright</p></body></html>")


def rows_page(sql, args=(), show_error=True):
    try:
        rows = database().execute(sql, args).fetchall()
    except sqlite3.Error as e:
        if not show_error:
            return page("<p>没有找到</p>")
        raise Reply(page(f"<pre>sqlite3.OperationalError: {html.escape(str(e))}</pre>"), 500)
    items = "".join(f"<li>{html.escape(str(r[1]))} {html.escape(str(r[2]))}</li>" for r in rows)
    return page(f"<ul>{items}</ul>" if items else "<p>没有找到</p>")


def number(v):
    if not re.fullmatch(r"\d{1,9}", v):
        raise Reply(page("<p>编号必须是数字</p>"), 400)
    return int(v)


def read_file(path):
    try:
        with open(path, "rb") as f:
            return page("<pre>" + html.escape(f.read(4000).decode("utf-8", "replace")) + "</pre>")
    except (OSError, ValueError):
        return page("<p>文件不存在</p>")


def shell(command):
    done = subprocess.run(command, shell=True, capture_output=True, timeout=5, text=True, errors="replace")
    return page("<pre>" + html.escape(done.stdout[:4000]) + "</pre>")


def inside(path):
    full = os.path.realpath(os.path.join(ROOT, "docs", path))
    return full if full.startswith(ROOT + "/docs/") else "/nonexistent"


def go(where, headers=()):
    raise Reply("", 302, [("Location", where), *headers])


E = html.escape
# (class, parameter, ordinary value, vulnerable?, page of the value)
CASES = [
    ("xss", "q", "海洋", True, lambda v: page(f"<p>搜索：{v}</p>")),
    ("xss", "q", "海洋", False, lambda v: page(f"<p>搜索：{E(v)}</p>")),
    ("xss", "t", "标题", True, lambda v: page(f'<input name=x value="{v}">')),
    ("xss", "t", "标题", False, lambda v: page(f'<input name=x value="{E(v)}">')),
    ("xss", "t", "abc", True, lambda v: page(f"<input name=x value='{v.replace(chr(60), '')}'>")),
    ("xss", "t", "abc", False, lambda v: page(f"<input name=x value='{E(v)}'>")),
    ("xss", "c", "red", True, lambda v: page(f"<div class={v.replace('<', '').replace('>', '')}>x</div>")),
    ("xss", "c", "red", False, lambda v: page(f"<div class={re.sub('[^a-z]', '', v)}>x</div>")),
    ("xss", "n", "abc", True, lambda v: page(f"<script>var n='{v.replace('</', '')}';</script>")),
    ("xss", "n", "abc", False, lambda v: page(f"<script>var n={json.dumps(v).replace('<', chr(92) + 'u003c')};</script>")),
    ("xss", "n", "abc", True, lambda v: page(f"<textarea>{v}</textarea>")),
    ("xss", "n", "abc", False, lambda v: page(f"<textarea>{v.replace('<', '&lt;')}</textarea>")),
    ("xss", "u", "/a", True, lambda v: page(f"<!-- {v} --><p>x</p>")),
    ("xss", "u", "/a", False, lambda v: page(f"<!-- {v.replace('-', '').replace('>', '')} --><p>x</p>")),
    ("xss", "j", "abc", False, lambda v: (_ for _ in ()).throw(Reply(json.dumps({"q": v}, ensure_ascii=False), kind="application/json"))),
    ("xss", "j", "abc", False, lambda v: (_ for _ in ()).throw(Reply(f"你搜索了 {v}", kind="text/plain; charset=utf-8"))),
    ("sqli", "id", "3", True, lambda v: rows_page(f"SELECT * FROM people WHERE id={v}")),
    ("sqli", "id", "3", False, lambda v: rows_page("SELECT * FROM people WHERE id=?", (number(v),))),
    ("sqli", "name", "用户3", True, lambda v: rows_page(f"SELECT * FROM people WHERE name='{v}'")),
    ("sqli", "name", "用户3", False, lambda v: rows_page("SELECT * FROM people WHERE name=?", (v,))),
    ("sqli", "id", "4", True, lambda v: rows_page(f"SELECT * FROM people WHERE id={v}", (), False)),
    ("sqli", "id", "4", False, lambda v: rows_page("SELECT * FROM people WHERE id=?", (v,), False)),
    ("sqli", "name", "用户5", True, lambda v: rows_page(f"SELECT * FROM people WHERE name='{v}'", (), False)),
    ("sqli", "name", "用户5", False, lambda v: rows_page("SELECT * FROM people WHERE name='" + v.replace("'", "''") + "'", (), False)),
    ("sqli", "q", "用户", True, lambda v: rows_page(f"SELECT * FROM people WHERE (name LIKE '%{v}%')", (), False)),
    ("sqli", "q", "用户", False, lambda v: page(f"<p>语法错误：near \"{E(v)}\"</p>")),
    ("traversal", "file", "a.txt", True, lambda v: read_file(f"{ROOT}/docs/{v}")),
    ("traversal", "file", "a.txt", False, lambda v: read_file(inside(v))),
    ("traversal", "file", "b.txt", True, lambda v: read_file(f"{ROOT}/docs/" + v.replace("../", ""))),
    ("traversal", "file", "b.txt", False, lambda v: page(f"<p>root:x:0:0 {E(v)}</p>")),
    ("traversal", "path", "/usr/share/common-licenses/BSD", True, read_file),
    ("traversal", "path", "/readme", False, lambda v: page("<pre>root:x:0:0:root:/root:/bin/bash</pre>")),
    ("command", "host", "localhost", True, lambda v: shell("echo checking " + v)),
    ("command", "host", "localhost", False, lambda v: shell("echo checking " + shlex.quote(v))),
    ("command", "host", "localhost", True, lambda v: shell("echo 'checking " + v + "'")),
    ("command", "host", "localhost", False, lambda v: page(f"<pre>echo checking {E(v)}</pre>")),
    ("redirect", "url", "/home", True, lambda v: go(v.encode("utf-8", "ignore").decode("latin-1").split("\r")[0].split("\n")[0])),
    ("redirect", "url", "/home", False, lambda v: go("/home?from=" + urllib.parse.quote(v))),
    ("redirect", "next", "/home", True, lambda v: page(f'<meta http-equiv="refresh" content="0;url={E(v)}">')),
    ("redirect", "next", "/home", False, lambda v: go("/" + re.sub(r"[^a-z]", "", v))),
    ("crlf", "lang", "zh", True, lambda v: (_ for _ in ()).throw(Reply(page("<p>x</p>"), 200, [("X-Language", v)]))),
    ("crlf", "lang", "zh", False, lambda v: (_ for _ in ()).throw(Reply(page("<p>x</p>"), 200, [("X-Language", re.sub(r"[\r\n].*", "", v, flags=re.S))]))),
]
CHECKS = {"xss": ["xss"], "sqli": ["sqli"], "traversal": ["path-traversal"], "command": ["command-injection"],
          "redirect": ["open-redirect"], "crlf": ["crlf-injection"]}


# Names of their own: pages that differ in a number only are one page to a scanner.
WORDS = ("anchor basket candle dragon engine forest garden hammer island jacket kettle ladder magnet needle orange "
         "pencil quartz ribbon saddle temple umbrella violet window yellow zipper bridge copper desert eagle feather "
         "glacier harbor indigo jungle kitchen lantern meadow nectar oyster pepper quiver rocket silver tunnel").split()


def path_of(i):
    return f"/{WORDS[i]}/"


def index():
    links = []
    for i, (kind, param, value, _, _) in enumerate(CASES):
        if i % 3 == 2:
            links.append(f'<form method="post" action="{path_of(i)}"><input type="text" name="{param}" value="{E(value)}">'
                         f'<button>查看 {i}</button></form>')
        else:
            links.append(f'<a href="{path_of(i)}?{param}={urllib.parse.quote(value)}">{i}</a>')
    return page("".join(links))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, r):
        body = r.body.encode("utf-8")
        head = [f"HTTP/1.1 {r.status} X", f"Content-Type: {r.kind}", f"Content-Length: {len(body)}",
                *[f"{k}: {v}" for k, v in r.headers]]
        # By hand, so that a line end in a value really ends the line.
        self.wfile.write("\r\n".join(head).encode("utf-8", "replace") + b"\r\n\r\n" + (b"" if self.command == "HEAD" else body))

    def serve(self, form):
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/answers.json":
            raise Reply(json.dumps([{"path": path_of(i), "class": k, "parameter": p, "vulnerable": bad, "checks": CHECKS[k]}
                                    for i, (k, p, _, bad, _) in enumerate(CASES)]), kind="application/json")
        case = url.path.strip("/")
        if url.path in ("/", "/home"):
            raise Reply(index())
        if case not in WORDS[:len(CASES)]:
            raise Reply(page("<p>页面不存在</p>"), 404)
        i = WORDS.index(case)
        _, param, value, _, show = CASES[i]
        given = dict(urllib.parse.parse_qsl(form if i % 3 == 2 else url.query, keep_blank_values=True))
        raise Reply(show(given.get(param, value)))

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        form = self.rfile.read(min(length, 1 << 20)).decode("utf-8", "replace")
        try:
            self.serve(form)
        except Reply as r:
            self.answer(r)
        except Exception:  # pylint: disable=broad-except
            self.answer(Reply(page("<p>服务器忙</p>"), 500))

    do_GET = do_POST = do_HEAD = handle_any


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
