#!/usr/bin/env python3
"""clean.py PORT KIND: websites on loopback without a hole, each a trap for careless scanners.

  all200     every path answers 200 with a page that names the path and what was asked
  shell      every path answers 200 with the same shell of a one-page application
  random     answers after a random time, now and then with 500, 503 or 429
  changing   every page differs from the last: news, times, counters, order of items
  waf        refuses what looks evil, by pages that quote it well; slow when it does
  honeypot   every path is whatever product one looks for, as far as words go
  …          and those of clean_sites.py and clean_offices.py; without KIND, their names"""
import html
import itertools
import random
import re
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import unprivileged
from clean_offices import OFFICES
from clean_sites import SITES, Request

SITES.update(OFFICES)

E = html.escape
SAFE = [("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "same-origin"),
        ("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'"),
        ("Permissions-Policy", "geolocation=()")]
EVIL = re.compile(r"(?i)['\"<>;|`]|\.\./|union\s|select\s|sleep|\$\{|\{\{|etc/passwd|jndi|%0d|%0a|\r|\n")
COUNT = itertools.count()
ITEMS = ["校园新闻", "招生信息", "图书馆", "教务通知", "后勤服务", "国际交流", "校友之窗", "学术讲座"]
LINKS = "".join(f'<a href="{p}">{E(p)}</a> ' for p in ("/news?id=3", "/search?q=书", "/list/2/view", "/about", "/doc?file=a.txt", "/item?name=abc&sort=name", "/go?url=/about", "/api/items?page=2"))
FORM = '<form method="get" action="/find"><input name="keyword" value="讲座"><button>搜索</button></form>'
WORDS = ("Nacos Druid Swagger phpMyAdmin 致远 泛微 通达 用友 金蝶 海康威视 大华 ThinkPHP RuoYi Jenkins Grafana Kibana Weblogic "
         "root:x:0:0:root:/root:/bin/bash [core] repositoryformatversion DB_PASSWORD=abc uid=0(root) \"version\":\"1.2.3\" Index of / phpinfo() "
         "You have an error in your SQL syntax ORA-00933 eval() Fatal error swagger-ui accessToken admin login password")


def page(inner, title="示例学校"):
    return f"<!doctype html><html lang=zh><head><meta charset=utf-8><title>{title}</title></head><body><h1>{title}</h1>{LINKS}{FORM}{inner}</body></html>"


def all200(path, text):
    return 200, page(f"<p>您访问的是 {E(path)}，参数 {E(text)}</p>"), []


def shell(path, text):
    return 200, page("<div id=app>正在加载…</div>"), []


def rand(path, text):
    time.sleep(random.choice((0, 0.01, 0.05, 0.1, 0.3, 0.8, 1.5)) * random.random() * 2)
    n = random.random()
    if n < 0.02:
        return (500, 503, 429)[int(n * 150)], page("<p>服务器忙</p>"), [("Retry-After", "1")] if n >= 0.0067 else []
    known = path in ("/", "/news", "/search", "/about", "/doc", "/item", "/find", "/list/2/view", "/api/items", "/go")
    return (200, page(f"<p>{E(text)}</p>"), []) if known else (404, page("<p>页面不存在</p>"), [])


def changing(path, text):
    some = random.sample(ITEMS, random.randint(3, 8))
    inner = f"<p>今天 {time.time():.6f}，第 {next(COUNT)} 位访客，推荐 {random.getrandbits(64):x}</p><ul>" + "".join(f"<li>{x} {random.randint(1, 999)}</li>" for x in some) + "</ul>"
    known = path in ("/", "/news", "/search", "/about", "/doc", "/item", "/find", "/list/2/view", "/api/items", "/go")
    return 200 if known else 404, page(inner), []


def waf(path, text):
    if EVIL.search(urllib.parse.unquote_plus(path + "?" + text)):
        time.sleep(random.choice((0.2, 0.6, 1.1)))
        return random.choice((403, 403, 200)), page(f"<p>您的请求疑似攻击，已被拦截：{E(text[:80])} 编号 {random.getrandbits(40):x}</p>", "访问被拦截"), []
    return all200(path, text) if path.count("/") < 4 else (404, page("<p>页面不存在</p>"), [])


def honeypot(path, text):
    return 200, page(f"<p>{E(WORDS)} {E(path)}</p>"), [("Server", "nginx"), ("X-Powered-By", "PHP/7.4"), ("X-Jenkins", "2.3")]


KINDS = {"all200": all200, "shell": shell, "random": rand, "changing": changing, "waf": waf, "honeypot": honeypot}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes

    def log_message(self, *args):
        pass

    def answer(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 1 << 20))
        if self.server.kind in SITES:
            return SITES[self.server.kind](Request(self.command, self.path, self.headers, body))
        path, _, query = self.path.partition("?")
        return KINDS[self.server.kind](path, query + body.decode("utf-8", "replace"))

    def do_any(self):
        status, text, headers = self.answer()
        data = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
        if not any(k == "Content-Type" for k, _ in headers):
            headers = [("Content-Type", "text/html; charset=utf-8"), *headers]
        self.send_response_only(status)
        for k, v in [("Content-Length", str(len(data))), *SAFE, *headers]:
            self.send_header(k, v)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_POST = do_HEAD = do_any


def main():
    if len(sys.argv) < 3:
        return print(*KINDS, *SITES)
    unprivileged.leave_root()
    ThreadingHTTPServer.daemon_threads = True
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.kind = sys.argv[2]
    print(server.server_address[1], flush=True)
    life = threading.Timer(3600, server.shutdown)  # ends by itself
    life.daemon = True
    life.start()
    server.serve_forever()


if __name__ == "__main__":
    main()
