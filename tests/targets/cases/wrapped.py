"""Values in wrappings (base64, JSON, XML in one parameter), filters that nearly work, and what is stored first and
used later. Each with a twin that does the same with care."""
import base64
import html
import io
import json
import re
import sqlite3
import urllib.parse
import zipfile

from lxml import etree
from target import E, Reply, bad, cookie, form, good, header, json_body, link, multipart, page, pair, segment, xml_body

from cases.command import shell
from cases.files import D, fetch, inside, read
from cases.headers import one, to
from cases.nosql import find, listed, safe
from cases.sql import MYSQL, SEL, ask, blind, connect, count, num, only, q, shown, silent, table
from cases.ssti import jinja
from cases.xml import OPEN, SHUT, field, parse, path, people
from cases.xss import js, strip_tags


def b64(text):
    return base64.b64encode(text.encode()).decode()


def un64(v):
    try:
        return base64.b64decode(str(v) + "===").decode("utf-8", "replace")
    except ValueError:
        return ""


def member(v, key):
    """The text of a JSON document's member, as a page that trusts its visitors reads it."""
    try:
        found = json.loads(v)
        return str(found.get(key, "")) if isinstance(found, dict) else ""
    except ValueError:
        return ""


def liquid(text):
    """{{ 6 | times: 7 }}: an engine whose arithmetic is filters."""
    return re.sub(r"\{\{\s*(\d{1,9})\s*\|\s*times:\s*(\d{1,9})\s*\}\}", lambda m: str(int(m[1]) * int(m[2])), text)


# ---- SQL ----
K = "sqli-error"
pair(K, link("q", b64("name=alice;city=北京")), lambda v, r: shown(SEL + f"city='{un64(v).rpartition('=')[2]}'"), lambda v, r: shown(SEL + "city=?", (un64(v).rpartition("=")[2],)))
pair(K, link("filter", '{"city":"北京","page":1}'), lambda v, r: shown(SEL + f"city='{member(v, 'city')}'", dialect="mysql"), lambda v, r: shown(SEL + "city=?", (member(v, "city"),)))
pair(K, cookie("prefs", b64('{"theme":"dark","id":"3"}')), lambda v, r: shown(SEL + f"id='{member(un64(v), 'id')}'", dialect="pgsql"), lambda v, r: shown(SEL + "id=?", (member(un64(v), "id"),)))
pair(K, form("note", "hello"), lambda v, r: shown(f"INSERT INTO log VALUES('{v}')"), lambda v, r: shown("INSERT INTO log VALUES(?)", (v,)))
pair(K, form("city", "北京"), lambda v, r: shown(f"UPDATE people SET city='{v}' WHERE id=3", dialect="oracle"), lambda v, r: shown("UPDATE people SET city=? WHERE id=3", (v,)))
pair(K, link("field", "name"), lambda v, r: shown(f"SELECT json_extract('{{\"name\": 1}}', '$.{v}') FROM people"), lambda v, r: shown("SELECT json_extract('{\"name\": 1}', ?) FROM people", ("$." + re.sub(r"\W", "", v),)))
pair(K, header("X-Client-Id", "abc"), lambda v, r: shown(SEL + f"name='{v}'", dialect="mssql", status=200), lambda v, r: shown(SEL + "name=?", (v,)))

K = "sqli-boolean"
pair(K, link("dir", "asc"), lambda v, r: blind(f"SELECT * FROM people ORDER BY score {v}"), lambda v, r: blind(f"SELECT * FROM people ORDER BY score {'desc' if v == 'desc' else 'asc'}"))
pair(K, link("n", "4"), lambda v, r: blind(f"SELECT * FROM people LIMIT {v}"), lambda v, r: blind(f"SELECT * FROM people LIMIT {num(v)}"))
pair(K, link("city", "北京"), lambda v, r: blind(SEL + f"city IN ('上海','{v}')"), lambda v, r: blind(SEL + "city IN ('上海',?)", (v,)))
pair(K, link("id", "5"), lambda v, r: blind(SEL + f"id=CAST('{v}' AS INTEGER)"), lambda v, r: blind(SEL + "id=CAST(? AS INTEGER)", (v,)))
pair(K, link("name", "用户4"), lambda v, r: blind(SEL + f"name='{re.sub('(?i)and|or|select|union', '', v)}'"), lambda v, r: blind(SEL + "name=?", (re.sub("(?i)and|or|select|union", "", v),)))
pair(K, link("name", "用户4"), lambda v, r: blind(SEL + f"name='{urllib.parse.unquote(q(v))}'"), lambda v, r: blind(SEL + f"name='{q(urllib.parse.unquote(v))}'"))
pair(K, link("w", b64("用户3")), lambda v, r: blind(SEL + f"name='{un64(v)}'"), lambda v, r: blind(SEL + "name=?", (un64(v),)))
pair(K, form("data", '{"id":"2","kind":"a"}'), lambda v, r: blind(SEL + f"id='{member(v, 'id')}'"), lambda v, r: blind(SEL + "id=?", (member(v, "id"),)))
pair(K, link("doc", "<f><id>6</id></f>"), lambda v, r: blind(SEL + f"id='{html.unescape((re.findall('<id>(.*?)</id>', v, re.S) or [''])[0])}'"), lambda v, r: blind(SEL + "id=?", ((re.findall("<id>(.*?)</id>", v, re.S) or [""])[0],)))
pair(K, link("min", "20"), lambda v, r: blind(f"SELECT city, count(*), id FROM people GROUP BY city HAVING sum(score)>{v}", show=count), lambda v, r: blind("SELECT city, count(*), id FROM people GROUP BY city HAVING sum(score)>?", (num(v),), show=count))
pair(K, link("key", "name"), lambda v, r: blind(f"SELECT id,{v},mail FROM people"), lambda v, r: blind(f"SELECT id,{v if v in ('name', 'city') else 'id'},mail FROM people"))

K = "sqli-time"
pair(K, form("name", "用户3"), lambda v, r: silent(f"INSERT INTO log SELECT name FROM people WHERE name='{v}'"), lambda v, r: silent("INSERT INTO log SELECT ?", (v,)))
pair(K, link("j", '{"id":3}'), lambda v, r: silent(SEL + f"id='{member(v, 'id')}'"), lambda v, r: silent(SEL + "id=?", (member(v, "id"),)))

# ---- stored, then used in a statement ----
NAMES = {}


def keep(v, r):
    NAMES[r.case.base] = v[:200]
    return f'<p>已保存</p><a href="{r.case.base}/profile">我的资料</a>'


def profile(care):
    def show(r):
        name = NAMES.get(r.case.base, "scanner")
        rows = shown(SEL + "name=?", (name,)) if care else shown(SEL + f"name='{name}'", dialect="mysql")
        return Reply(page(f"<p>名称：{E(name)}</p>{rows}"))
    return show


for k in ("sqli-error",):
    bad(k, form("nick", "scanner"), keep, profile=profile(False))
    good(k, form("nick", "scanner"), keep, profile=profile(True))

# ---- XSS ----
K = "xss-reflected"
pair(K, link("q", b64("hello world")), lambda v, r: f'<input value="{un64(v)}">', lambda v, r: f'<input value="{E(un64(v))}">')
pair(K, link("s", '{"title":"abc"}'), lambda v, r: f"<h2>{member(v, 'title')}</h2>", lambda v, r: f"<h2>{E(member(v, 'title'))}</h2>")
pair(K, link("q", "abc"), lambda v, r: "<p>" + re.sub(r"(?i)<script|on\w+\s*=", "", v) + "</p>", lambda v, r: "<p>" + re.sub(r"<", "&lt;", v) + "</p>")
pair(K, link("q", "abc"), lambda v, r: "<p>" + re.sub(r"<(/?)[a-z]+[^>]*>", "", v) + "</p>", lambda v, r: "<p>" + strip_tags(v).replace("<", "") + "</p>")
pair(K, link("id", "abc"), lambda v, r: f"<a href=/item/{re.sub('[<>]', '', v)}>x</a>", lambda v, r: f"<a href=/item/{urllib.parse.quote(v)}>x</a>")
pair(K, link("img", "a.png"), lambda v, r: f"<img src='/{v.replace('<', '').replace('>', '')}'>", lambda v, r: f"<img src='/{urllib.parse.quote(v)}'>")
pair(K, link("f", "abc"), lambda v, r: f"<iframe src=\"{E(v)}\"></iframe>", lambda v, r: f"<iframe src=\"/{urllib.parse.quote(v)}\"></iframe>")
pair(K, link("cb", "show"), lambda v, r: f"<script>{re.sub('[<>]', '', v)}({{\"a\":1}});</script>", lambda v, r: "<script>" + re.sub(r"\W", "", v) + '({"a":1});</script>')
pair(K, link("k", "abc"), lambda v, r: f"<script>var m = {{name: \"{v.replace(chr(34), chr(92) + chr(34)).replace('</', '')}\"}};</script>", lambda v, r: f"<script>var m = {{name: {js(v)}}};</script>")
pair(K, form("t", "abc"), lambda v, r: f"<style>.x {{ color: {v} }}</style>", lambda v, r: f"<style>.x {{ color: {re.sub('[^a-z]', '', v)} }}</style>")
pair(K, link("u", "/a"), lambda v, r: f'<svg><a xlink:href="{E(v)}"><text y=20>x</text></a></svg>', lambda v, r: f'<svg><a xlink:href="/go?u={urllib.parse.quote(v)}"><text y=20>x</text></a></svg>')
pair(K, link("n", "abc"), lambda v, r: f"<button onclick='go(\"{E(v)}\", 1)'>x</button>", lambda v, r: f"<button data-n='{E(v)}'>x</button>")
pair(K, link("q", "abc"), lambda v, r: Reply(f"<html xmlns='http://www.w3.org/1999/xhtml'><body><p>{v}</p></body></html>", kind="application/xhtml+xml"),
     lambda v, r: Reply(f"<html xmlns='http://www.w3.org/1999/xhtml'><body><p>{E(v)}</p></body></html>", kind="application/xhtml+xml"))
pair(K, link("q", "abc"), lambda v, r: f"<p>{v[:34]}</p>", lambda v, r: f"<p>{E(v[:34])}</p>")
good(K, link("q", "abc"), lambda v, r: f'<script type="application/json">{{"q": {js(v)}}}</script>')

# ---- XML ----
K = "xxe"


def unpacked(data, options):
    """The text of a document's one part, as the readers of office files unpack it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            return parse(z.read("word/document.xml")[:20000], options, lambda root: f"<p>{E(''.join(root.itertext()))}</p>")
    except (zipfile.BadZipFile, KeyError):
        return "<p>不是文档</p>"


def picture(r, options):
    name, _, data = r.files.get("file", ("", "", b""))
    if not name.endswith(".svg"):
        return "<p>只接受 SVG</p>"
    return parse(data[:20000], options, lambda root: f"<p>图中文字：{E(''.join(root.itertext()))}</p>")


def document(r, options):
    name, _, data = r.files.get("file", ("", "", b""))
    return unpacked(data[:200000], options) if name.endswith((".docx", ".txt")) else "<p>只接受 DOCX</p>"


def offers(name, read_it):
    """A page with a form for one file, which is read at once."""
    (bad if read_it[1] is OPEN else good)(K, multipart("title", "图片"),
                                          lambda v, r: f'<form method=post action="{r.case.base}/send" enctype="multipart/form-data"><input type=text name=title value=a>'
                                                       f'<input type=file name=file accept="{name}"><button>上传</button></form>',
                                          send=lambda r: Reply(page(read_it[0](r, read_it[1]))))


for options in (OPEN, SHUT):
    offers(".svg", (picture, options))
    offers(".docx", (document, options))
pair(K, xml_body("id", '<?xml version="1.0"?><q><id>1</id></q>'), lambda v, r: "<p>不允许</p>" if b"<!" in r.body else parse(r.body, OPEN, field("id")), lambda v, r: "<p>不允许</p>" if b"<!" in r.body else parse(r.body, SHUT, field("id")))
pair(K, link("d", b64("<a><b>c</b></a>")), lambda v, r: parse(un64(v), OPEN, field("b")), lambda v, r: parse(un64(v), SHUT, field("b")))
pair("xpath", link("f", '{"name":"alice"}'), lambda v, r: path(f"//user[name='{member(v, 'name')}']"), lambda v, r: path("//user[name=$n]", n=member(v, "name")))
pair("ldap", cookie("who", b64("alice")), lambda v, r: people(f"(uid={un64(v)})"), lambda v, r: people("(uid=alice)") if un64(v) == "alice" else people("(uid=nobody)"))
pair("nosql", link("f", '{"name":"alice"}'), lambda v, r: safe(lambda: listed(find(json.loads(v)))), lambda v, r: listed(find({"name": member(v, "name")})))

# ---- files, addresses, commands, templates ----
K = "traversal"
pair(K, link("f", b64("zh/a.txt")), lambda v, r: read(f"{D}/{un64(v)}"), lambda v, r: read(inside(un64(v))))
pair(K, link("file", "a.txt"), lambda v, r: read(f"{D}/" + re.sub(r"^(\.\./)+", "", v)), lambda v, r: read(inside(re.sub(r"^(\.\./)+", "", v))))
pair(K, link("path", "zh/a.txt"), lambda v, r: read(f"{D}/{v}") if v.startswith("zh/") else "<p>不允许</p>", lambda v, r: read(inside(v)) if v.startswith("zh/") else "<p>不允许</p>")
pair(K, link("name", "a.txt"), lambda v, r: read(f"{D}/{v}") if "../" not in v or v.count("../") > 3 else "<p>不允许</p>", lambda v, r: read(inside(v)))
K = "redirect"
pair(K, link("u", b64("https://example.cn/home")), lambda v, r: to(one(un64(v))), lambda v, r: to("/" + re.sub("[^a-z]", "", un64(v))[:0]))
pair(K, link("s", '{"back":"/home"}'), lambda v, r: to(one(member(v, "back")) or "/"), lambda v, r: to("/home"))
K = "crlf"
pair(K, link("l", b64("zh-CN-zh")), lambda v, r: Reply(page("<p>x</p>"), headers=[("X-Lang", un64(v))]), lambda v, r: Reply(page("<p>x</p>"), headers=[("X-Lang", re.sub(r"\W", "", un64(v)))]))
K = "command"
pair(K, link("o", '{"host":"localhost"}'), lambda v, r: shell("echo checking " + member(v, "host")), lambda v, r: shell("echo checking " + re.sub(r"[^\w.]", "", member(v, "host"))))
pair(K, form("host", "localhost"), lambda v, r: shell("echo checking " + re.sub(r"[\s;&|]", "", v)), lambda v, r: shell("echo checking " + re.sub(r"[^\w.]", "", v)))
K = "ssrf"
pair(K, link("o", '{"url":"http://example.cn/a.png"}'), lambda v, r: fetch(member(v, "url")), lambda v, r: "<p>不允许的地址</p>")
pair(K, link("url", "http://example.cn/a.png"), lambda v, r: fetch(v) if re.match(r"https?://(?!127\.|localhost)", v) or "example.cn" in v else "<p>不允许</p>", lambda v, r: fetch("http://example.cn/a.png?u=" + urllib.parse.quote(v)))
K = "ssti"
pair(K, link("t", b64("hello world")), lambda v, r: jinja(f"<p>{un64(v)}</p>"), lambda v, r: jinja("<p>{{ n|e }}</p>", n=un64(v)))
pair(K, link("msg", "abc"), lambda v, r: f"<p>{liquid(E(v, quote=False))}</p>", lambda v, r: f"<p>{E(v)}</p>")

# ---- services that describe themselves ----
WSDL = """<?xml version="1.0"?><definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:t="urn:stock"
 targetNamespace="urn:stock"><message name="ask"><part name="title" type="xsd:string"/></message><message name="answer"><part name="n" type="xsd:int"/></message>
<portType name="Port"><operation name="stock"><input message="t:ask"/><output message="t:answer"/></operation></portType>
<binding name="Binding" type="t:Port"><soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/><operation name="stock">
<soap:operation soapAction="urn:stock#stock"/><input><soap:body use="literal" namespace="urn:stock"/></input></operation></binding>
<service name="Stock"><port name="Port" binding="t:Binding"><soap:address location="http://inside.example.cn{path}/service"/></port></service></definitions>"""


def service(options, answer):
    """A SOAP service: what it is with ?wsdl, what it does with POST and the right SOAPAction."""
    def reply(r):
        if r.method != "POST":
            return Reply(WSDL.replace("{path}", r.case.base), kind="text/xml; charset=utf-8")
        if r.headers.get("SOAPAction", "").strip('"') != "urn:stock#stock":
            return Reply("<fault>action</fault>", 500, kind="text/xml")
        return parse(r.body, options, lambda root: answer("".join((root.find(".//title") if root.find(".//title") is not None else root).itertext())))
    return reply


def envelope(text):
    return Reply(f"<Envelope><Body><n>{E(str(text))}</n></Body></Envelope>", kind="text/xml; charset=utf-8")


for kind, is_bad, options, answer in (
        ("sqli-error", True, SHUT, lambda t: shown(SEL + f"name='{t}'", dialect="mysql")), ("sqli-error", False, SHUT, lambda t: shown(SEL + "name=?", (t,))),
        ("sqli-boolean", True, SHUT, lambda t: blind(SEL + f"city='{t}'", show=lambda rows: envelope(len(rows)), fail=envelope(0))),
        ("sqli-boolean", False, SHUT, lambda t: envelope(len(ask(SEL + "city=?", (t,))))),
        ("xxe", True, OPEN, envelope), ("xxe", False, SHUT, envelope)):
    (bad if is_bad else good)(kind, link("from", "shop"), lambda v, r: f'<a href="{r.case.base}/service?wsdl">WSDL</a>', service=service(options, answer))
