#!/usr/bin/env python3
"""A website on loopback with injection holes of many kinds and, beside each, safe twins that
would fool a careless scanner. The interpreters are real where this machine has them (SQLite,
sh, PHP, Node.js, Jinja2, Python); LDAP, MongoDB and FreeMarker are small stand-ins that obey
the same grammar. GET /answers.json tells which is which.  target.py PORT"""
import base64
import html
import json
import os
import random
import re
import shlex
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jinja2
import jinja2.sandbox

ROOT = tempfile.mkdtemp(prefix="zhanwei-inject-")
os.makedirs(ROOT + "/docs")
os.chdir(ROOT)
for name in ("a.txt", "b.txt", "guide.txt"):
    with open(f"{ROOT}/docs/{name}", "w") as f:
        f.write(f"document {name}: the text of it is here\n")
E = html.escape
ROWS = [(i, f"用户{i}", f"user{i}@example.cn", "secret%d" % i) for i in range(1, 9)]


def database():
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT, mail TEXT, pass TEXT)")
    db.executemany("INSERT INTO people VALUES(?,?,?,?)", ROWS)
    db.create_function("SLEEP", 1, lambda s: time.sleep(min(float(s), 6)) or 0)
    db.create_function("pg_sleep", 1, lambda s: time.sleep(min(float(s), 6)) or "")
    return db


class Reply(Exception):
    def __init__(self, body, status=200, headers=(), kind="text/html; charset=utf-8"):
        super().__init__()
        self.body, self.status, self.headers, self.kind = body, status, headers, kind


def page(inner):
    return ("<!doctype html><html><head><meta charset=utf-8><title>注入评测</title></head>"
            f"<body><h1>注入评测</h1><div>{inner}</div><p>Copyright 2026</p></body></html>")


def rows_page(sql, args=(), error="hide"):
    try:
        rows = database().execute(sql, args).fetchall()
    except (sqlite3.Error, sqlite3.Warning) as e:
        if error == "show":
            raise Reply(page(f"<pre>sqlite3.OperationalError: {E(str(e))}</pre>"), 500)
        if error == "500":
            raise Reply(page("<p>系统错误</p>"), 500)
        return page("<p>没有找到</p>")
    items = "".join(f"<li>{E(str(r[1] if len(r) > 1 else r[0]))} {E(str(r[2] if len(r) > 2 else ''))}</li>" for r in rows)
    return page(f"<ul>{items}</ul>" if items else "<p>没有找到</p>")


def blind(sql):
    try:
        database().execute(sql).fetchall()
    except (sqlite3.Error, sqlite3.Warning):
        pass
    return page("<p>已记录</p>")


def run(command, text=None, shell=False):
    try:
        done = subprocess.run(command, shell=shell, capture_output=True, timeout=10, input=text, text=True, errors="replace")
        return done.stdout[:6000]
    except (subprocess.TimeoutExpired, OSError, ValueError):
        return ""


def php(code, *args):
    return run(["php", "-d", "display_errors=1", "-d", "allow_url_include=1", "-d", "log_errors=0", "-r", code, "--", *args])


def node(code):
    return run(["node", "-e", code])


def read_file(path):
    try:
        with open(path, "rb") as f:
            return page("<pre>" + E(f.read(6000).decode("utf-8", "replace")) + "</pre>")
    except (OSError, ValueError):
        return page("<p>文件不存在</p>")


def inside(path):
    full = os.path.realpath(os.path.join(ROOT, "docs", path))
    return full if full.startswith(ROOT + "/docs/") else "/nonexistent"


def fetch(url):
    with urllib.request.urlopen(url, timeout=3) as r:
        return r.read(20000).decode("utf-8", "replace")


def fetched(url, show):
    try:
        got = fetch(url)
    except Exception as e:  # pylint: disable=broad-except
        code = getattr(e, "code", 0)
        return page("<p>目标返回错误</p>" if code else "<p>无法连接</p>")
    return page(f"<pre>{E(got)}</pre>" if show else "<p>已获取</p>")


# ---- small stand-ins ----

ENTRIES = [{"uid": f"user{i}", "objectClass": "person", "cn": f"用户{i}", "mail": f"user{i}@example.cn"} for i in range(1, 6)]


def ldap_parse(s, i):
    if s[i] != "(":
        raise ValueError("Bad search filter")
    i += 1
    if s[i] in "&|":
        op, subs = s[i], []
        i += 1
        while s[i] == "(":
            f, i = ldap_parse(s, i)
            subs.append(f)
        if s[i] != ")" or not subs:
            raise ValueError("Bad search filter")
        return (lambda e: (all if op == "&" else any)(f(e) for f in subs)), i + 1
    end = i
    while s[end] not in "()":
        end += 1
    if s[end] != ")":
        raise ValueError("Bad search filter")
    attr, _, value = s[i:end].partition("=")
    if not attr:
        raise ValueError("Bad search filter")
    want = ".*".join(re.escape(re.sub(r"\\([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), v)) for v in value.split("*"))
    return (lambda e: attr in e and re.fullmatch(want, e[attr], re.S) is not None), end + 1


def ldap_page(text, show_error=False):
    try:
        f, end = ldap_parse(text + "\0", 0)
        if end != len(text):
            raise ValueError("Bad search filter")
        hits = [e for e in ENTRIES if f(e)]
    except (ValueError, IndexError):
        return page("<p>ldap error: Bad search filter</p>" if show_error else "<p>没有找到</p>")
    return page("".join(f"<li>{E(e['cn'])} {E(e['mail'])}</li>" for e in hits) or "<p>没有找到</p>")


def ldap_escape(v):
    return "".join(f"\\{ord(c):02x}" if c in "*()\\\0" else c for c in v)


DOCS = [{"_id": i, "name": f"user{i}", "pass": f"pw{i}", "city": "杭州" if i % 2 else "上海"} for i in range(1, 7)]


def mongo(query):
    """find(): equality and the operators that matter; unknown ones are an error."""
    def ok(doc, key, want):
        have = doc.get(key)
        if isinstance(want, dict):
            for op, v in want.items():
                if op == "$ne" and have == v or op == "$eq" and have != v:
                    return False
                if op == "$gt" and not (type(have) is type(v) and have > v):
                    return False
                if op == "$in" and have not in v:
                    return False
                if op not in ("$ne", "$eq", "$gt", "$in"):
                    raise ValueError("unknown operator: " + op)
            return True
        return have == want
    return [d for d in DOCS if all(ok(d, k, v) for k, v in query.items())]


def mongo_page(query, errors=False):
    try:
        hits = mongo(query)
    except ValueError as e:
        return page(f"<p>MongoServerError: {E(str(e))}</p>" if errors else "<p>没有找到</p>")
    return page("".join(f"<li>{d['name']} {d['city']}</li>" for d in hits) or "<p>没有找到</p>")


def brackets(pairs):
    """a[$ne]=1 -> {"a": {"$ne": "1"}}, as PHP and Express do."""
    out = {}
    for k, v in pairs.items():
        m = re.fullmatch(r"([^\[\]]+)\[([^\[\]]*)\]", k)
        if m:
            out[m[1]] = {m[2]: v}
        else:
            out[k] = v
    return out


BOOK = "<b><u><name>alice</name><city>HZ</city><pin>11</pin></u><u><name>bob</name><city>SH</city><pin>22</pin></u></b>"
XPATH = """$d=new DOMDocument;$d->loadXML($argv[1]);$x=new DOMXPath($d);$n=@$x->query($argv[2]);
if($n===false){echo "!";}else{foreach($n as $e)echo $e->textContent,"\\n";}"""


def xpath_page(expr, error="hide"):
    got = php(XPATH, BOOK, expr)
    if got == "!" and error == "show":
        return page("<p>Warning: DOMXPath::query(): Invalid expression</p>")
    if got == "!" and error == "500":
        raise Reply(page("<p>系统错误</p>"), 500)
    return page(f"<pre>{E(got)}</pre>" if got.strip() not in ("", "!") else "<p>没有找到</p>")


XML = """$d=new DOMDocument;libxml_use_internal_errors(%d);if($d->loadXML(file_get_contents("php://stdin"),%s)){%s
echo "OK ",$d->textContent;}else{echo "BAD ";foreach(libxml_get_errors() as $e)echo $e->message;}"""


def xml_page(text, flags="LIBXML_NOENT|LIBXML_DTDLOAD", show=True, xinclude=False, errors=True):
    code = XML % (1, flags, "$d->xinclude();" if xinclude else "")
    got = run(["php", "-r", code], text=text)
    if not show and not (errors and got.startswith("BAD")):
        return page("<p>已接收</p>")
    return page(f"<pre>{E(got)}</pre>")


def xml_leaf(text, tag="q"):
    try:
        return ET.fromstring(text).findtext(".//" + tag) or ""
    except ET.ParseError:
        return ""


def freemarker(text):
    return re.sub(r"\$\{(\d+)\*(\d+)\}", lambda m: str(int(m[1]) * int(m[2])), text)


def smarty(text):
    return re.sub(r"(?<![\{$#])\{(\d+)\*(\d+)\}", lambda m: str(int(m[1]) * int(m[2])), text)


def velocity(text):
    names = dict(re.findall(r"#set\(\$(\w+)=(\d+\*\d+)\)", text))
    text = re.sub(r"#set\(\$\w+=\d+\*\d+\)", "", text)
    return re.sub(r"\$(\w+)", lambda m: str(eval(names[m[1]])) if m[1] in names else m[0], text)  # pylint: disable=eval-used


def ssi(text):
    values = {}

    def one(m):
        if m[1] == "set":
            values[m[2]] = re.search(r'value="([^"]*)"', m[3])[1]
            return ""
        return values.get(m[2], "(none)")
    return re.sub(r'<!--#(set|echo) var="(\w+)"([^>]*?)-->', one, text)


def jinja(text, env=None):
    try:
        return (env or jinja2.Environment()).from_string(text).render()
    except Exception:  # pylint: disable=broad-except
        return "模板错误"


def calculator(v):
    if re.fullmatch(r"[\d+*/ ()-]{1,40}", v):
        try:
            return page(f"<p>结果 {eval(v)}</p>")  # pylint: disable=eval-used
        except Exception:  # pylint: disable=broad-except
            pass
    return page("<p>只能输入算式</p>")


def waf(v, show):
    if re.search(r"('|\")\s*(or|and)\b|union|sleep|\.\./|[;|`]|\$\(|\{\{|<!|\$\{", v, re.I):
        raise Reply(page("<p>Request blocked by WAF</p>"), 403)
    return show(v)


def tautology_waf(v, show):
    if re.search(r"\b(\d+)\s*=\s*\1\b|'(\w*)'\s*=\s*'\2", v):
        return page("<p>您的访问有风险</p>")
    return show(v)


def python_eval(v):
    try:
        return page(f"<p>{E(str(eval(v, {'__builtins__': {'str': str, 'print': print, 'int': int}}, {})))}</p>")  # pylint: disable=eval-used
    except Exception:  # pylint: disable=broad-except
        return page("<p>表达式有误</p>")


def slow_page(v):
    time.sleep(random.random() * 1.5)
    return page("<p>慢而与输入无关</p>")


def sleepy_when_odd(v):
    if "'" in v or ";" in v:  # a firewall that holds back what it does not like
        time.sleep(3.1)
    return page("<p>已提交</p>")


PEOPLE = "SELECT * FROM people WHERE "
CASES = []


def case(kind, bad, param, value, show, by="query"):
    CASES.append((kind, bad, param, value, show, by))


# ---- SQL ----
case("sqli", True, "id", "3", lambda v: rows_page(PEOPLE + f"id={v}"))
case("sqli", True, "id", "3", lambda v: rows_page(PEOPLE + f"id={v}", error="show"))
case("sqli", True, "name", "用户3", lambda v: rows_page(PEOPLE + f"name='{v}'"), "form")
case("sqli", True, "name", "用户3", lambda v: rows_page(PEOPLE + f"name='{v}'", error="show"))
case("sqli", True, "name", "用户3", lambda v: rows_page(PEOPLE + f'name="{v}"', error="500"))
case("sqli", True, "id", "4", lambda v: rows_page(PEOPLE + f"(id={v})"))
case("sqli", True, "id", "4", lambda v: rows_page(PEOPLE + f"((id='{v}'))"))
case("sqli", True, "q", "用户", lambda v: rows_page(PEOPLE + f"(name LIKE '%{v}%')"))
case("sqli", True, "q", "user2", lambda v: rows_page(PEOPLE + f"mail LIKE '{v}%'"), "form")
case("sqli", True, "ids", "1,2,3", lambda v: rows_page(PEOPLE + f"id IN ({v})"))
case("sqli", True, "sort", "mail", lambda v: rows_page(f"SELECT * FROM people ORDER BY {v}"))
case("sqli", True, "dir", "desc", lambda v: rows_page(f"SELECT * FROM people ORDER BY id {v}"))
case("sqli", True, "limit", "3", lambda v: rows_page(f"SELECT * FROM people LIMIT {v}"))
case("sqli", True, "user", "nobody", lambda v: rows_page(PEOPLE + f"name='{v}' AND pass='x'"), "form")
case("sqli", True, "user", "nobody", lambda v: page("<p>欢迎</p>" if "<li>" in rows_page(PEOPLE + f"name='{v}'") else "<p>口令错误</p>"), "form")
case("sqli", True, "id", "2", lambda v: rows_page(PEOPLE + f"id={v.replace(' ', '')}"))
case("sqli", True, "id", "2", lambda v: rows_page(PEOPLE + f"id={v}"), "json")
case("sqli", True, "name", "用户2", lambda v: rows_page(PEOPLE + f"name='{v}'"), "json")
case("sqli", True, "q", "用户5", lambda v: rows_page(PEOPLE + f"name='{v}'"), "xml")
case("sqli", True, "theme", "用户6", lambda v: rows_page(PEOPLE + f"name='{v}'"), "cookie")
case("sqli", True, "User-Agent", "", lambda v: rows_page(PEOPLE + f"name='{v}'", error="show"), "header")
case("sqli", True, "5", "5", lambda v: rows_page(PEOPLE + f"id={v}"), "path")
case("sqli", True, "id", "7", lambda v: blind(PEOPLE + f"id={v}"))
case("sqli", True, "id", "7", lambda v: blind(PEOPLE + f"name='{v}' OR id=1"), "form")
case("sqli", True, "id", "3", lambda v: waf(v, lambda w: rows_page(PEOPLE + f"id={w}")))
case("sqli", True, "id", "3", lambda v: tautology_waf(v, lambda w: rows_page(PEOPLE + f"id={w}")))
case("sqli", False, "id", "3", lambda v: rows_page(PEOPLE + "id=?", (v,)))
case("sqli", False, "name", "用户3", lambda v: rows_page(PEOPLE + "name='" + v.replace("'", "''") + "'"))
case("sqli", False, "id", "3", lambda v: waf(v, lambda w: rows_page(PEOPLE + "id=?", (w,))))
case("sqli", False, "id", "3", lambda v: tautology_waf(v, lambda w: rows_page(PEOPLE + "id=?", (w,))))
case("sqli", False, "expr", "7", calculator)
case("sqli", False, "q", "用户", lambda v: page(f"<p>语法错误：near \"{E(v)}\": syntax error</p>"))
case("sqli", False, "q", "abc", lambda v: page("<pre>You have an error in your SQL syntax</pre>" if "'" in v else "<p>ok</p>"))
case("sqli", False, "id", "3", lambda v: page("<pre>SQLSTATE[22P02]: invalid</pre>") if not v.isdigit() else page("<p>ok</p>"))
case("sqli", False, "q", "abc", slow_page)
case("sqli", False, "q", "abc", sleepy_when_odd)
case("sqli", False, "q", "abc", lambda v: page(f"<p>{random.random()} {time.time()}</p>" * random.randint(1, 9)))
case("sqli", False, "dir", "desc", lambda v: rows_page(f"SELECT * FROM people ORDER BY id {'desc' if v.startswith('desc') else 'asc'}"))
case("sqli", False, "id", "3", lambda v: rows_page(PEOPLE + "id=?", (int(re.match(r"\d*", v)[0] or 0),)))
case("sqli", False, "q", "用户3", lambda v: rows_page(PEOPLE + "name=?", (re.sub(r"[^\w]", "", v),)))
case("sqli", False, "name", "用户2", lambda v: rows_page(PEOPLE + "name=?", (v,)), "json")
# ---- commands ----
case("cmd", True, "host", "localhost", lambda v: page("<pre>" + E(run("echo checking " + v, shell=True)) + "</pre>"))
case("cmd", True, "host", "localhost", lambda v: page("<pre>" + E(run(f"echo 'checking {v}'", shell=True)) + "</pre>"), "form")
case("cmd", True, "host", "localhost", lambda v: page("<pre>" + E(run(f'echo "checking {v}"', shell=True)) + "</pre>"))
case("cmd", True, "host", "localhost", lambda v: page("<pre>" + E(run("echo checking " + re.sub("[;&]", "", v), shell=True)) + "</pre>"))
case("cmd", True, "host", "localhost", lambda v: page("<pre>" + E(run("echo checking " + re.sub("[;&|\n]", "", v), shell=True)) + "</pre>"))
case("cmd", True, "host", "localhost", lambda v: page("<pre>" + E(run("echo checking " + re.sub(r"[;&|`$]", "", v), shell=True)) + "</pre>"))
case("cmd", True, "host", "localhost", lambda v: page("<pre>" + E(run("echo checking " + v.replace(" ", ""), shell=True)) + "</pre>"))
case("cmd", True, "host", "localhost", lambda v: page("<pre>" + E(run("false " + v.replace(";", ""), shell=True)) + "</pre>"), "json")
case("cmd", True, "host", "localhost", lambda v: run("echo " + v, shell=True) and page("<p>已执行</p>") or page("<p>已执行</p>"))
case("cmd", True, "file", "a.txt", lambda v: run(f'test -f "{v}"', shell=True) and page("<p>x</p>") or page("<p>x</p>"), "form")
case("cmd", True, "lang", "zh", lambda v: page("<pre>" + E(run("echo " + v, shell=True)) + "</pre>"), "cookie")
case("cmd", False, "host", "localhost", lambda v: page("<pre>" + E(run("echo checking " + shlex.quote(v), shell=True)) + "</pre>"))
case("cmd", False, "host", "localhost", lambda v: page(f"<pre>echo checking {E(v)}</pre>"))
case("cmd", False, "host", "localhost", lambda v: page(f"<pre>{v}</pre>"))
case("cmd", False, "host", "localhost", lambda v: page("<pre>" + E(run(["echo", "checking", v])) + "</pre>"))
case("cmd", False, "q", "abc", lambda v: waf(v, lambda w: page("<p>ok</p>")))
# ---- code ----
case("code", True, "x", "7", python_eval)
case("code", True, "x", "abc", lambda v: python_eval(f"'{v}'"))
case("code", True, "x", "7", lambda v: page("<pre>" + E(php(f"echo {v};")) + "</pre>"))
case("code", True, "x", "abc", lambda v: page("<pre>" + E(php(f'$s="{v}"; echo $s;')) + "</pre>"), "form")
case("code", True, "x", "abc", lambda v: page("<pre>" + E(php(f"$s='{v}'; echo $s;")) + "</pre>"))
case("code", True, "x", "7", lambda v: page("<pre>" + E(node(f"console.log({v})")) + "</pre>"))
case("code", True, "x", "abc", lambda v: page("<pre>" + E(node(f"console.log('{v}')")) + "</pre>"), "json")
case("code", False, "x", "7", calculator)
case("code", False, "x", "7", lambda v: page(f"<p>{E(repr(v))}</p>"))
case("code", False, "x", "abc", lambda v: page(f"<p>{E(v[::-1])}</p>"))
case("code", False, "x", "[1]", lambda v: page(f"<p>{E(str(len(v)))}</p>"))
# ---- templates ----
case("ssti", True, "name", "friend", lambda v: page(jinja(f"Hello {v}")))
case("ssti", True, "name", "friend", lambda v: page(jinja("{{ '" + v + "' }}")), "form")
case("ssti", True, "name", "friend", lambda v: page(jinja(f"Hello {v}", jinja2.sandbox.SandboxedEnvironment())))
case("ssti", True, "name", "friend", lambda v: page(freemarker(f"Hello {v}")))
case("ssti", True, "name", "friend", lambda v: page(smarty(f"Hello {v}")))
case("ssti", True, "name", "friend", lambda v: page(velocity(f"Hello {v}")))
case("ssti", True, "name", "friend", lambda v: page("<pre>" + E(node("console.log(`Hello " + v.replace("`", "") + "`)")) + "</pre>"))
case("ssti", True, "name", "friend", lambda v: page(jinja(f"Hello {v}")), "json")
case("ssti", False, "name", "friend", lambda v: page(jinja("Hello {{ v }}").replace("{{ v }}", "") + E(v)))
case("ssti", False, "name", "friend", lambda v: page("Hello " + v))
case("ssti", False, "name", "friend", lambda v: page("Hello " + re.sub(r"[{}$#<>%]", "", v)))
case("ssti", False, "name", "friend", calculator)
# ---- files ----
case("lfi", True, "file", "a.txt", lambda v: read_file(f"{ROOT}/docs/{v}"))
case("lfi", True, "file", "a.txt", lambda v: read_file(f"{ROOT}/docs/" + v.replace("../", "")))
case("lfi", True, "file", "a.txt", lambda v: read_file(os.path.join(f"{ROOT}/docs", v if not v.startswith("..") else "x")))
case("lfi", True, "doc", "guide", lambda v: read_file(f"{ROOT}/docs/{v}.txt"))
case("lfi", True, "file", "docs/a.txt", lambda v: read_file(f"{ROOT}/{v}") if v.startswith("docs/") else page("<p>不允许</p>"))
case("lfi", True, "file", "a.txt", lambda v: read_file(f"{ROOT}/docs/" + urllib.parse.unquote(v if ".." not in v else "x")))
case("lfi", True, "file", "a.txt", lambda v: read_file(f"{ROOT}/docs/{v}"), "json")
case("lfi", True, "page", "a.txt", lambda v: page("<pre>" + E(php('chdir($argv[2]);include($argv[1]);', v, ROOT + "/docs")) + "</pre>"))
case("lfi", False, "file", "a.txt", lambda v: read_file(inside(v)))
case("lfi", False, "file", "b.txt", lambda v: page(f"<p>root:x:0:0 {E(v)}</p>"))
case("lfi", False, "file", "a.txt", lambda v: read_file(inside(os.path.basename(v))))
case("lfi", False, "file", "a.txt", lambda v: page("<pre>root:x:0:0:root:/root:/bin/bash</pre>"))
case("lfi", False, "file", "a.txt", lambda v: waf(v, lambda w: read_file(inside(w))))
# ---- SSRF ----
case("ssrf", True, "url", "http://127.0.0.1:PORT/about", lambda v: fetched(v, True))
case("ssrf", True, "url", "http://127.0.0.1:PORT/about", lambda v: fetched(v, False), "form")
case("ssrf", False, "url", "http://127.0.0.1:PORT/about", lambda v: page(f"<a href='{E(v)}'>{E(v)}</a>"))
case("ssrf", False, "url", "http://127.0.0.1:PORT/about",
     lambda v: fetched(v, True) if v.startswith("http://127.0.0.1:PORT/about".replace("PORT", str(PORT))) and "@" not in v else page("<p>不允许</p>"))
case("ssrf", False, "url", "http://example.com/x", lambda v: page("<p>端口不允许</p>" if re.search(r":(2|3)\d{4}/", v) else "<p>ok</p>"))
# ---- XML ----
case("xxe", True, "q", "abc", lambda v: v, "rawxml")
case("xxe", True, "q", "abc", lambda v: v, "rawxml-error")
case("xxe", True, "xml", "<r><q>abc</q></r>", xml_page)
case("xxe", True, "xml", "<r><q>abc</q></r>", lambda v: xml_page(v, "0", xinclude=True), "form")
case("xxe", False, "q", "abc", lambda v: v, "rawxml-safe")
case("xxe", False, "xml", "<r><q>abc</q></r>", lambda v: xml_page(v, "0"))
case("xxe", False, "xml", "<r><q>abc</q></r>", lambda v: page(f"<pre>{E(v)}</pre>"))
# ---- XPath, LDAP, NoSQL ----
case("xpath", True, "name", "alice", lambda v: xpath_page(f"//u[name='{v}']/city"))
case("xpath", True, "name", "alice", lambda v: xpath_page(f'//u[name="{v}"]/city', "500"))
case("xpath", True, "pin", "22", lambda v: xpath_page(f"//u[pin={v}]/name"))
case("xpath", True, "name", "nobody", lambda v: xpath_page(f"//u[name='{v}' and pin='9']/city"), "form")
case("xpath", True, "name", "alice", lambda v: xpath_page(f"//u[name='{v}']/city", "show"))
case("xpath", True, "name", "ali", lambda v: xpath_page(f"//u[contains(name,'{v}')]/city"))
case("xpath", False, "name", "alice", lambda v: xpath_page(f"//u[name='{re.sub('[^a-z]', '', v)}']/city"))
case("xpath", False, "name", "alice", lambda v: xpath_page(f"//u[name='{v}']/city") if v.isalnum() else page("<p>没有找到</p>"))
case("ldap", True, "uid", "user2", lambda v: ldap_page(f"(&(uid={v})(objectClass=person))"))
case("ldap", True, "uid", "user2", lambda v: ldap_page(f"(uid={v})", True))
case("ldap", True, "uid", "nobody", lambda v: ldap_page(f"(&(uid={v})(mail=x))"), "form")
case("ldap", True, "uid", "user2", lambda v: ldap_page(f"(|(uid={v})(cn={v}))"))
case("ldap", False, "uid", "user2", lambda v: ldap_page(f"(&(uid={ldap_escape(v)})(objectClass=person))"))
case("ldap", False, "uid", "user*", lambda v: ldap_page(f"(&(uid={'*'.join(map(ldap_escape, v.split('*')))})(objectClass=person))"))
case("nosql", True, "name", "user3", lambda v: mongo_page({"name": v}), "array")
case("nosql", True, "name", "user3", lambda v: mongo_page({"name": v}, True), "array")
case("nosql", True, "name", "user3", lambda v: mongo_page({"name": v}), "json")
case("nosql", True, "pass", "zzz", lambda v: v, "login")
case("nosql", True, "name", "user3", lambda v: page("<pre>" + E(node(
    "const d=" + json.dumps(DOCS) + f";try{{console.log(d.filter(o=>o.name=='{v}').map(o=>o.name+o.city).join())}}catch(e){{}}")) + "</pre>"))
case("nosql", False, "name", "user3", lambda v: mongo_page({"name": str(v)}), "array")
case("nosql", False, "name", "user3", lambda v: mongo_page({"name": str(v)}), "json")
case("nosql", False, "name", "user3", lambda v: mongo_page({"name": list(v.values())[0] if isinstance(v, dict) else v}), "array")
case("ssi", True, "name", "friend", lambda v: page(ssi(f"Hello {v}")))
case("ssi", False, "name", "friend", lambda v: page(f"Hello {v}"))
case("ssi", False, "name", "friend", lambda v: page("Hello " + re.sub(r"<!--.*?-->", "", v)))
XSL = """$x=new DOMDocument;$x->loadXML("<r/>");$s=new DOMDocument;if(@$s->loadXML($argv[1])){$p=new XSLTProcessor;
if(@$p->importStylesheet($s))echo $p->transformToXml($x);}"""
case("xslt", True, "style", "blue", lambda v: page(E(php(XSL, '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
     f'<xsl:template match="/"><q>{v}</q></xsl:template></xsl:stylesheet>'))))
case("xslt", False, "style", "blue", lambda v: page(f"<q>{E(v)}</q>"))
# RFI
case("rfi", True, "page", "a.txt", lambda v: page("<pre>" + E(php('chdir($argv[2]);@include($argv[1]);', v, ROOT + "/docs")) + "</pre>"))
case("rfi", False, "page", "a.txt", lambda v: page("<pre>" + E(php('if(!preg_match("/^[a-z.]+$/",$argv[1]))exit;chdir($argv[2]);@include($argv[1]);', v, ROOT + "/docs")) + "</pre>"))

CHECKS = {"sqli": ["sqli-error", "sqli-boolean", "sqli-union", "sqli-time"], "cmd": ["command-injection", "command-injection-time"],
          "code": ["code-injection"], "ssti": ["ssti", "code-injection"], "lfi": ["path-traversal", "file-inclusion"],
          "ssrf": ["ssrf"], "xxe": ["xxe"], "xpath": ["xpath-injection"], "ldap": ["ldap-injection"],
          "nosql": ["nosql-injection", "code-injection"], "ssi": ["ssi-injection"], "xslt": ["xslt-injection"], "rfi": ["file-inclusion", "path-traversal"]}
EXTRA = {("lfi", "page"): ["file-inclusion"]}
SYLLABLES = ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe"]
PORT = 0


def path_of(i):
    kind, _, param, _, _, by = CASES[i]
    word = SYLLABLES[i // 12 % 12] + SYLLABLES[i % 12] + SYLLABLES[i // 144]
    return f"/{kind}/{word}/" + (param if by == "path" else "")


def script(path, body, kind):
    return (f"<script>fetch('{path}', {{method: 'POST', headers: {{'Content-Type': '{kind}'}}, body: {body}}})</script>")


def index():
    out = ["<a href=/about>about</a>"]
    for i, (kind, _, param, value, _, by) in enumerate(CASES):
        path, v = path_of(i), value.replace("PORT", str(PORT))
        if by in ("query", "array"):
            out.append(f'<a href="{path}?{param}={urllib.parse.quote(v)}">{i}</a>')
        elif by == "form":
            out.append(f'<form method="post" action="{path}"><input type="text" name="{param}" value="{E(v)}"><button>查看 {i}</button></form>')
        elif by == "login":
            out.append(f'<form method="post" action="{path}"><input name="user" value="zz"><input name="pass" value="zz"><button>查看 {i}</button></form>')
        elif by == "json":
            out.append(script(path, f'JSON.stringify({{{param}: {json.dumps(v, ensure_ascii=False)}, page: 1}})', "application/json"))
        elif by == "xml" or by.startswith("rawxml"):
            out.append(script(path, f"'<r><{param}>{v}</{param}></r>'", "application/xml"))
        else:
            out.append(f'<a href="{path}">{i}</a>')
    return page("".join(out))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, r):
        body = r.body.encode("utf-8", "replace")
        head = [f"HTTP/1.1 {r.status} X", f"Content-Type: {r.kind}", f"Content-Length: {len(body)}",
                *[f"{k}: {v}" for k, v in r.headers]]
        self.wfile.write("\r\n".join(head).encode("utf-8", "replace") + b"\r\n\r\n" + (b"" if self.command == "HEAD" else body))

    def value_of(self, i, url, form):
        _, _, param, value, _, by = CASES[i]
        value = value.replace("PORT", str(PORT))
        if by == "json":
            try:
                v = json.loads(form)[param] if form else value
            except (ValueError, KeyError, TypeError):
                raise Reply(page("<p>JSON 有误</p>"), 400)
            return v if isinstance(v, dict) else str(v)
        if by == "xml":
            return xml_leaf(form, param)
        if by.startswith("rawxml"):
            return form
        if by == "cookie":
            c = SimpleCookie()
            try:
                c.load(self.headers.get("Cookie", ""))
            except Exception:  # pylint: disable=broad-except
                pass
            return urllib.parse.unquote(c[param].value) if param in c else value
        if by == "header":
            return self.headers.get(param, "")
        if by == "path":
            return urllib.parse.unquote(url.path.rsplit("/", 1)[1])
        pairs = dict(urllib.parse.parse_qsl(form if by in ("form", "login") else url.query, keep_blank_values=True))
        if by == "login":
            return brackets(pairs)
        if by == "array":
            return brackets(pairs).get(param, value)
        return pairs.get(param, value)

    def serve(self, form):
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/answers.json":
            raise Reply(json.dumps([{"path": path_of(i), "class": k, "vulnerable": bad, "by": by,
                                     "checks": CHECKS[k]} for i, (k, bad, p, _, _, by) in enumerate(CASES)]),
                        kind="application/json")
        if url.path == "/":
            raise Reply(index())
        if url.path == "/about":
            raise Reply(page("<p>关于本站</p>"))
        for i, (_, _, param, _, show, by) in enumerate(CASES):
            p = path_of(i)
            if url.path != p and not (by == "path" and url.path.startswith(p.rsplit("/", 1)[0] + "/")):
                continue
            v = self.value_of(i, url, form)
            if by == "login":
                raise Reply(page("<p>欢迎</p>" if mongo_ok(v) else "<p>口令错误</p>"))
            if isinstance(v, dict) and by == "json" and CASES[i][0] != "nosql":
                v = str(v)
            if by == "rawxml":
                raise Reply(xml_page(v))
            if by == "rawxml-error":
                raise Reply(xml_page(v, "LIBXML_NOENT|LIBXML_DTDLOAD", show=False))
            if by == "rawxml-safe":
                raise Reply(xml_page(v, "0"))
            head = [("Set-Cookie", f"{param}={urllib.parse.quote(CASES[i][3])}; Path={p}")] if by == "cookie" else []
            raise Reply(show(v), headers=head)
        raise Reply(page("<p>页面不存在</p>"), 404)

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


def mongo_ok(v):
    try:
        return bool(mongo({"name": v.get("user", ""), "pass": v.get("pass", "")}))
    except ValueError:
        return False


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    PORT = server.server_address[1]
    print(PORT, flush=True)
    server.serve_forever()
