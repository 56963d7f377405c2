"""A website on loopback with known holes of every class and, beside each, safe twins that would fool a
naive check. What is behind them is real: SQLite (MariaDB and PostgreSQL when the environment names them), a
shell, files, an XML parser, template engines. Started by serve.py.

GET /answers.json (linked from nowhere) says which page is which; eval/score_scan.py reads it. Cases stand in
cases/*.py, one file per family; a case is a function from the input's value to a page."""
import html
import importlib
import json
import pathlib
import re
import socket
import sys
import tempfile
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = pathlib.Path(tempfile.mkdtemp(prefix="zhanwei-target-"))
E = html.escape
CASES = []


class Reply(Exception):
    """A page: returned, or raised to end one early."""

    def __init__(self, body="", status=200, headers=(), kind="text/html; charset=utf-8"):
        super().__init__()
        self.body, self.status, self.headers, self.kind = body, status, list(headers), kind


def page(inner, title="评测站点", head=""):
    return ("<!doctype html><html lang=zh><head><meta charset=utf-8>"
            f"<title>{title}</title>{head}</head><body><h1>{title}</h1>{inner}<p>Copyright 2026</p></body></html>")


def loopback(url):
    """Pages that fetch addresses reach this machine only."""
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        return all(a[4][0].startswith("127.") or a[4][0] == "::1" for a in
                   socket.getaddrinfo("127.0.0.1" if host == "localhost" else host, 80, flags=socket.AI_NUMERICHOST))
    except (OSError, UnicodeError):
        return False


class Start:
    """How a visitor comes to a case, and which input is its value."""

    def __init__(self, where, name, value, **more):
        self.where, self.name, self.value = where, name, value
        self.also = more.pop("also", {})
        self.method = more.pop("method", "POST")
        assert not more


def link(name, value, **m):
    return Start("query", name, value, **m)


def form(name, value, **m):
    return Start("form", name, value, **m)


def multipart(name, value, **m):
    return Start("multipart", name, value, **m)


def json_body(name, value, **m):
    return Start("json", name, value, **m)


def xml_body(name, value, **m):
    return Start("xml", name, value, **m)


def cookie(name, value):
    return Start("cookie", name, value)


def header(name, value=""):
    return Start("header", name, value)


def hidden(name, value=""):
    """A parameter that no link and no form has."""
    return Start("hidden", name, value)


def segment(value):
    return Start("segment", "", value)


class Case:
    def __init__(self, kind, start, bad, show, routes=None):
        self.kind, self.start, self.bad, self.show, self.routes = kind, start, bad, show, routes or {}
        self.base, self.state = "", {}
        self.also = ()  # checks that rightly report something else here


def bad(kind, start, show, **routes):
    CASES.append(Case(kind, start, True, show, routes))


def good(kind, start, show, **routes):
    CASES.append(Case(kind, start, False, show, routes))


def pair(kind, start, bad_show, *good_shows):
    """One vulnerable page and its safe twins, reached the same way."""
    bad(kind, start, bad_show)
    for show in good_shows:
        good(kind, start, show)


class Request:
    def __init__(self, handler, body):
        self.method, self.headers, self.body = handler.command, handler.headers, body
        raw, _, self.query_text = handler.path.partition("?")
        self.raw_path = raw
        self.path = urllib.parse.unquote(raw, errors="replace")
        self.query = urllib.parse.parse_qs(self.query_text, keep_blank_values=True)
        self.files = {}
        self.kind = (handler.headers.get("Content-Type") or "").lower()
        self.form = self.read_form()
        self.cookies = {}
        for part in (handler.headers.get("Cookie") or "").split(";"):
            name, eq, value = part.strip().partition("=")
            if eq:
                self.cookies[name] = urllib.parse.unquote(value)
        self.case = None

    def read_form(self):
        if self.kind.startswith("application/x-www-form-urlencoded"):
            return urllib.parse.parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        if self.kind.startswith("multipart/form-data"):
            return self.read_multipart()
        return {}

    def read_multipart(self):
        found = {}
        mark = self.headers.get("Content-Type").partition("boundary=")[2].strip('"').encode()
        for part in self.body.split(b"--" + mark)[1:-1]:
            head, _, data = part.partition(b"\r\n\r\n")
            fields = dict(p.strip().partition("=")[::2] for p in
                          head.decode("utf-8", "replace").replace("\r\n", ";").split(";") if "=" in p)
            name = fields.get("name", "").strip('"')
            data = data[:-2] if data.endswith(b"\r\n") else data
            if "filename" in fields:
                kind = head.decode("utf-8", "replace").lower().partition("content-type:")[2].split("\r\n")[0].strip()
                self.files[name] = (fields["filename"].strip('"'), kind, data)
            else:
                found.setdefault(name, []).append(data.decode("utf-8", "replace"))
        return found

    def get(self, name, default=""):
        for source in (self.query, self.form):
            if name in source:
                return source[name][-1]
        return default

    @property
    def json(self):
        try:
            return json.loads(self.body.decode("utf-8"))
        except ValueError:
            raise Reply('{"error":"bad json"}', 400, kind="application/json") from None

    def value(self, start):
        """The input of the case as its page sees it."""
        if start.where in ("query", "form", "multipart"):
            source = self.query if start.where == "query" or start.method == "GET" else self.form
            if start.name not in source:
                if any(k.startswith(start.name + "[") for k in source):
                    return ""
                raise Reply(page("<p>缺少参数</p>"), 400 if source else 200)
            return source[start.name][-1]
        if start.where == "json":
            value = self.json
            for key in start.name.split("/"):
                value = value.get(key) if isinstance(value, dict) else None
            return value
        if start.where == "xml":
            return self.body.decode("utf-8", "replace")
        if start.where == "hidden":
            return self.get(start.name, start.value)
        if start.where == "cookie":
            return self.cookies.get(start.name, start.value)
        if start.where == "header":
            return self.headers.get(start.name, start.value)
        return urllib.parse.unquote(self.raw_path[len(self.case.base) + 1:].split("/")[0], errors="replace")


# Names of their own: pages that differ in a number only are one page to a scanner.
WORDS = ("anchor basket candle dragon engine forest garden hammer island jacket kettle ladder magnet needle orange "
         "pencil quartz ribbon saddle temple umbrella violet window yellow zipper bridge copper desert eagle feather "
         "glacier harbor indigo jungle kitchen lantern meadow nectar oyster pepper quiver rocket silver tunnel "
         "acorn banner carpet dagger ember falcon goblet hollow ivory jasper kernel linen marble nickel onyx parcel "
         "quilt raven satin timber urchin velvet walnut yarrow zephyr bishop cactus dollar elbow fabric garlic hermit "
         "igloo jigsaw kitten lizard magpie nutmeg osprey pebble quarry rabbit salmon teapot unicorn vulture").split()


def name_cases(kinds):
    counts = {}
    for c in CASES:
        place = list(dict.fromkeys(x.kind for x in CASES)).index(c.kind)
        n = counts[c.kind] = counts.get(c.kind, -1) + 1
        c.base = f"/{WORDS[-1 - place]}/{WORDS[(n * 7 + place * 3) % len(WORDS)]}"
        if n >= len(WORDS):
            c.base += "-" + WORDS[(n * 5 + place) % len(WORDS)]
    if kinds:
        CASES[:] = [c for c in CASES if c.kind in kinds]


def json_of(start):
    value = start.value
    for key in reversed(start.name.split("/")):
        value = {key: value}
    value.update(start.also)
    return value


def entry(c):
    """What the index shows for a case."""
    s = c.start
    also = "".join(f"&{k}={urllib.parse.quote(v)}" for k, v in s.also.items()) if s.where == "query" else ""
    if s.where == "query":
        return f'<a href="{c.base}?{s.name}={urllib.parse.quote(s.value)}{E(also)}">{c.base}</a>'
    if s.where in ("form", "multipart"):
        more = "".join(f'<input type="hidden" name="{k}" value="{E(v)}">' for k, v in s.also.items())
        enc = ' enctype="multipart/form-data"' if s.where == "multipart" else ""
        return (f'<form method="{s.method}" action="{c.base}"{enc}><input type="text" name="{s.name}" value="{E(s.value)}">'
                f"{more}<button>查询</button></form>")
    if s.where == "segment":
        return f'<a href="{c.base}/{urllib.parse.quote(s.value)}/view">{c.base}</a>'
    if s.where in ("json", "xml"):
        return f'<a href="{c.base}/help">{c.base}</a>'
    return f'<a href="{c.base}">{c.base}</a>'


def openapi():
    paths = {}
    for c in CASES:
        if c.start.where == "json":
            body = {"application/json": {"example": json_of(c.start), "schema": {"type": "object"}}}
        elif c.start.where == "xml":
            body = {"application/xml": {"example": c.start.value, "schema": {"type": "object"}}}
        else:
            continue
        paths[c.base] = {"post": {"summary": c.base, "requestBody": {"required": True, "content": body},
                                  "responses": {"200": {"description": "ok"}}}}
    return json.dumps({"openapi": "3.0.3", "info": {"title": "target", "version": "1"}, "paths": paths}, ensure_ascii=False)


def help_page(c):
    """A script that calls the interface: seen by a browser, or by who reads scripts."""
    text = json.dumps(json_of(c.start), ensure_ascii=False) if c.start.where == "json" else c.start.value
    kind = "application/json" if c.start.where == "json" else "application/xml"
    return page(f"<button id=go>调用</button><pre id=out></pre><script>document.getElementById('go').onclick=function(){{"
                f"fetch('{c.base}',{{method:'POST',headers:{{'Content-Type':'{kind}'}},body:{json.dumps(text)}}})"
                ".then(r=>r.text()).then(t=>{document.getElementById('out').textContent=t})}</script>")


def index(path):
    kinds = list(dict.fromkeys(c.kind for c in CASES))
    if path == "/":
        return page("".join(f'<a href="/list-{WORDS[i]}">{WORDS[i]}</a> ' for i in range(len(kinds))) +
                    '<a href="/openapi.json">接口文档</a>')
    i = WORDS.index(path[6:]) if path[6:] in WORDS else len(kinds)
    if i >= len(kinds):
        raise Reply(page("<p>页面不存在</p>"), 404)
    return page("<ul>" + "".join(f"<li>{entry(c)}</li>" for c in CASES if c.kind == kinds[i]) + "</ul>")


def answers():
    import classes  # beside this file
    return json.dumps([{"path": c.base, "class": c.kind, "parameter": c.start.name, "where": c.start.where,
                        "vulnerable": c.bad, "checks": classes.CHECKS[c.kind], "also": c.also} for c in CASES], ensure_ascii=False)


def find_case(path):
    for c in CASES:
        if path == c.base or path.startswith(c.base + "/"):
            return c
    return None


def serve(r):
    if r.path == "/answers.json":
        return Reply(answers(), kind="application/json")
    if r.path == "/openapi.json":
        return Reply(openapi(), kind="application/json")
    c = find_case(r.path)
    if not c:
        if r.path == "/" or r.path.startswith("/list-"):
            return Reply(index(r.path))
        raise Reply(page("<p>页面不存在</p>"), 404)
    r.case = c
    rest = r.path[len(c.base) + 1:]
    if rest == "help" and c.start.where in ("json", "xml"):
        return Reply(help_page(c))
    route = re.split(r"[/?#;\0\n]", rest)[0].replace("-", "_").replace(".", "_")
    if route and route in c.routes:
        return c.routes[route](r)
    if c.start.where in ("json", "xml") and r.method != "POST":
        raise Reply(page("<p>请用 POST</p>"), 405)
    if c.start.where == "json" and "json" not in r.kind and c.kind != "csrf":
        raise Reply('{"error":"content type"}', 415, kind="application/json")
    if c.start.where != "segment" and rest:
        raise Reply(page("<p>页面不存在</p>"), 404)
    return c.show(r.value(c.start), r)


def tell_inputs(r, reply):
    """Cookies that a page reads are set by it, headers that it reads stand in Vary."""
    s = r.case.start
    if s.where == "cookie" and s.name not in r.cookies:
        reply.headers.append(("Set-Cookie", f"{s.name}={urllib.parse.quote(str(s.value))}; Path={r.case.base}"))
    elif s.where == "header":
        reply.headers.append(("Vary", s.name))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, r):
        body = r.body if isinstance(r.body, bytes) else r.body.encode("utf-8", "replace")
        head = [f"HTTP/1.1 {r.status} X", f"Content-Type: {r.kind}", f"Content-Length: {len(body)}",
                *[f"{k}: {v}" for k, v in r.headers]]
        # By hand, so that a line end in a value really ends the line.
        self.wfile.write("\r\n".join(head).encode("utf-8", "replace") + b"\r\n\r\n" +
                         (b"" if self.command == "HEAD" else body))

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, 4 << 20))
        request = None
        try:
            request = Request(self, body)
            reply = serve(request)
            reply = reply if isinstance(reply, Reply) else Reply(page(reply))
        except Reply as r:
            reply = r
        except Exception:  # pylint: disable=broad-except
            reply = Reply(page("<p>服务器忙</p>"), 500)
        if request and request.case:
            tell_inputs(request, reply)
        self.answer(reply)

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = do_TRACE = handle_any


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def main():
    here = pathlib.Path(__file__).parent
    sys.path.insert(0, str(here))
    for f in sorted((here / "cases").glob("*.py")):
        importlib.import_module(f"cases.{f.stem}")
    name_cases(set(sys.argv[2].split(",")) if len(sys.argv) > 2 else set())
    server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
    print(server.server_address[1], flush=True)
    life = threading.Timer(3600, server.shutdown)  # ends by itself
    life.daemon = True
    life.start()
    server.serve_forever()

