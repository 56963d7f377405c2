"""Reflected XSS: where the value lands, and what was filtered on the way."""
import base64
import json
import re
import urllib.parse

from target import E, Reply, bad, cookie, form, good, header, hidden, link, page, pair, segment


def js(v):
    return json.dumps(v).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def strip_tags(v):
    return re.sub(r"<[^>]*>", "", v)


def no_script(v):
    return re.sub(r"(?i)</?script[^>]*>", "", v)


K = "xss-reflected"
pair(K, link("q", "海洋"), lambda v, r: f"<p>搜索：{v}</p>", lambda v, r: f"<p>搜索：{E(v)}</p>",
     lambda v, r: f"<p>搜索：{strip_tags(v).replace('<', '&lt;')}</p>")
pair(K, link("t", "标题"), lambda v, r: f'<input name=x value="{v}">', lambda v, r: f'<input name=x value="{E(v)}">')
pair(K, link("t", "abc"), lambda v, r: "<input name=x value='" + v.replace("<", "").replace(">", "") + "'>",
     lambda v, r: f"<input name=x value='{E(v)}'>")
# Escaped for a double-quoted value, put between single quotes.
pair(K, form("nick", "abc"), lambda v, r: "<input name=x value='" + E(v, quote=False).replace('"', "&quot;") + "'>",
     lambda v, r: '<input name=x value="' + E(v, quote=False).replace('"', "&quot;") + '">')
pair(K, link("color", "red"), lambda v, r: f"<div class={v.replace('<', '').replace('>', '')}>x</div>",
     lambda v, r: f"<div class={re.sub('[^a-z]', '', v)}>x</div>")
pair(K, link("n", "abc"), lambda v, r: f"<script>var n='{v.replace('</', '')}';</script>",
     lambda v, r: f"<script>var n={js(v)};</script>")
# The quote is escaped but the backslash before it is not; the twin escapes both.
pair(K, link("n", "abc"),
     lambda v, r: "<script>var n='" + v.replace("'", "\\'").replace("<", "\\x3c").replace("\n", " ").replace("\r", " ") + "';</script>",
     lambda v, r: "<script>var n='" + v.replace("\\", "\\\\").replace("'", "\\'").replace("<", "\\x3c").replace("\n", " ").replace("\r", " ") + "';</script>")
# A script string where only quotes are escaped: </script> ends the block.
pair(K, link("k", "abc"),
     lambda v, r: "<script>var k=\"" + v.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "") + "\";</script>",
     lambda v, r: "<script>var k=\"" + v.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "").replace("</", "<\\/").replace("<!--", "") + "\";</script>")
# A template literal; the twin leaves out ` $ and backslash.
pair(K, link("w", "abc"), lambda v, r: "<script>var w=`" + v.replace("<", "&lt;") + "`;</script>",
     lambda v, r: "<script>var w=`" + re.sub(r"[`$\\<]", "", v) + "`;</script>")
# A bare number in a script.
pair(K, link("page", "3"), lambda v, r: "<script>var page=" + v.replace("<", "").replace(">", "") + ";</script>",
     lambda v, r: "<script>var page=" + (v if v.isdigit() else "0") + ";</script>")
pair(K, form("msg", "abc"), lambda v, r: f"<textarea>{v}</textarea>",
     lambda v, r: "<textarea>" + re.sub(r"(?i)</\s*textarea", "", v).replace("<", "&lt;") + "</textarea>")
# A page title: only its end tag matters.
bad(K, link("s", "abc"), lambda v, r: Reply(page("<p>x</p>", title=v)))
good(K, link("s", "abc"), lambda v, r: Reply(page("<p>x</p>", title=E(v))))
pair(K, link("u", "/a"), lambda v, r: f"<!-- {v} --><p>x</p>",
     lambda v, r: f"<!-- {v.replace('-', '').replace('>', '')} --><p>x</p>")
# An address: escaped well, but any scheme is taken.
pair(K, link("back", "/home"), lambda v, r: f'<a href="{E(v)}">返回</a>',
     lambda v, r: f'<a href="{E(v if re.match("https?://|/", v) else "/")}">返回</a>',
     lambda v, r: f'<a href="/go?to={urllib.parse.quote(v)}">返回</a>')
# Inside an event handler: HTML escaping is undone before the script is read.
pair(K, link("id", "abc"), lambda v, r: f"<button onclick=\"show('{E(v)}')\">x</button>",
     lambda v, r: f"<button onclick=\"show({E(js(v))})\">x</button>")
# One pass of removing <script>; nested input survives. The twin escapes after removing.
pair(K, link("q", "abc"), lambda v, r: f"<p>{no_script(v)}</p>", lambda v, r: f"<p>{E(no_script(v))}</p>")
# A black list of names.
pair(K, form("q", "abc"), lambda v, r: "<p>" + re.sub(r"(?i)script|onerror|onload|alert|img", "", v) + "</p>",
     lambda v, r: "<p>" + re.sub(r"[<>\"'&]", "", v) + "</p>")
# Upper-cased.
pair(K, link("q", "abc"), lambda v, r: f"<p>{v.upper()}</p>", lambda v, r: f"<p>{E(v).upper()}</p>")
# Decoded twice.
pair(K, link("q", "abc"), lambda v, r: "<p>" + urllib.parse.unquote(E(v)) + "</p>",
     lambda v, r: "<p>" + E(urllib.parse.unquote(v)) + "</p>")
# Base64 in, HTML out.
bad(K, link("d", base64.b64encode(b"hello world").decode()),
    lambda v, r: "<p>" + base64.b64decode(v + "===", validate=False).decode("utf-8", "replace") + "</p>")
good(K, link("d", base64.b64encode(b"hello world").decode()),
     lambda v, r: "<p>" + E(base64.b64decode(v + "===", validate=False).decode("utf-8", "replace")) + "</p>")
# The name of a parameter, or the whole address.
bad(K, link("q", "abc"), lambda v, r: f'<form action="{urllib.parse.unquote(r.query_text)}"></form>')
good(K, link("q", "abc"), lambda v, r: f'<form action="?{E(r.query_text)}"></form>')
pair(K, segment("abc"), lambda v, r: f"<p>没有 {v}</p>", lambda v, r: f"<p>没有 {E(v)}</p>")
pair(K, cookie("theme", "blue"), lambda v, r: f'<body class="{v}">', lambda v, r: f'<body class="{E(v)}">')
pair(K, header("Referer"), lambda v, r: f"<p>来自 {v}</p>", lambda v, r: f"<p>来自 {E(v)}</p>")
# An error page of 500 that shows what was sent.
bad(K, link("q", "abc"), lambda v, r: Reply(page(f"<pre>错误：{v}</pre>"), 500))
# JSON or plain text shown as what they are; JSON sent as HTML.
bad(K, link("q", "abc"), lambda v, r: Reply('{"q": "' + v.replace('"', '\\"') + '"}'))
good(K, link("q", "abc"), lambda v, r: Reply(json.dumps({"q": v}, ensure_ascii=False), kind="application/json"))
good(K, link("q", "abc"), lambda v, r: Reply(f"你搜索了 {v}", kind="text/plain; charset=utf-8",
                                             headers=[("X-Content-Type-Options", "nosniff")]))
# Shown only in a header, in a script comment made safe, in an attribute that is data, in a noscript.
good(K, link("q", "abc"), lambda v, r: Reply(page("<p>x</p>"), headers=[("X-Query", re.sub("[^a-z]", "", v))]))
good(K, link("q", "abc"), lambda v, r: f'<div data-q="{E(v)}"></div><script>/* {re.sub("[^a-z0-9]", "", v)} */</script>')
good(K, link("q", "abc"), lambda v, r: Reply("", 302, [("Location", "/?q=" + urllib.parse.quote(v))]))
good(K, link("q", "abc"), lambda v, r: Reply(f"<p>{v}</p>", 200, kind="application/octet-stream",
                                             headers=[("Content-Disposition", "attachment"), ("X-Content-Type-Options", "nosniff")]))
# SVG sent as a picture that a browser opens by itself.
bad(K, link("label", "abc"), lambda v, r: Reply(f'<svg xmlns="http://www.w3.org/2000/svg"><text>{v}</text></svg>', kind="image/svg+xml"))
good(K, link("label", "abc"), lambda v, r: Reply(f'<svg xmlns="http://www.w3.org/2000/svg"><text>{E(v)}</text></svg>', kind="image/svg+xml"))

S = "xss-stored"
STORE = {}


def stored(write, show, start=None, safe=False, via="board"):
    """A box of notes: written by the form, read on another page."""
    def post(v, r):
        STORE.setdefault(r.case.base, [])[-20:] = (STORE.get(r.case.base, []) + [write(v)])[-20:]
        return f'<p>已保存</p><a href="{r.case.base}/{via}">查看</a>'

    def board(r):
        notes = STORE.get(r.case.base, [])
        return Reply(page("".join(show(n) for n in notes) or "<p>还没有留言</p>"))
    (good if safe else bad)(S, start or form("note", "你好"), post, **{via: board})


IDENTITY = str
stored(IDENTITY, lambda n: f"<p>{n}</p>")
stored(IDENTITY, lambda n: f"<p>{E(n)}</p>", safe=True)
stored(IDENTITY, lambda n: f'<img alt="{n}" src=/x.png>')
stored(IDENTITY, lambda n: f'<img alt="{E(n)}" src=/x.png>', safe=True)
stored(no_script, lambda n: f"<li>{n}</li>")
stored(no_script, lambda n: f"<li>{E(n)}</li>", safe=True)
stored(lambda v: v[:400], lambda n: f"<script>var n='{n}';</script>")
stored(IDENTITY, lambda n: f"<script>var n={js(n)};</script>", safe=True)
stored(IDENTITY, lambda n: f"<textarea>{n}</textarea>")
stored(IDENTITY, lambda n: "<textarea>" + n.replace("<", "&lt;") + "</textarea>", safe=True)
stored(IDENTITY, lambda n: f'<a href="{E(n)}">主页</a>', form("site", "http://example.cn/"))
stored(IDENTITY, lambda n: f'<a href="{E(n) if n.startswith(("http://", "https://")) else "#"}">主页</a>', form("site", "http://example.cn/"), safe=True)
stored(IDENTITY, lambda n: f"<td>{n}</td>", form("title", "标题", also={"kind": "1"}))
stored(strip_tags, lambda n: f"<td>{E(n)}</td>", form("title", "标题"), safe=True)
stored(IDENTITY, lambda n: f"<!-- {n} -->")
stored(lambda v: v.replace("-", ""), lambda n: f"<!-- {n.replace('>', '')} -->", safe=True)
stored(lambda v: E(v), lambda n: "<p>" + urllib.parse.unquote(n).replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&#x27;", "'") + "</p>")
stored(lambda v: E(v), lambda n: f"<p>{n}</p>", safe=True)
stored(IDENTITY, lambda n: f"<div title='{n}'>x</div>", via="recent")
stored(IDENTITY, lambda n: f"<div title='{E(n)}'>x</div>", via="recent", safe=True)
stored(IDENTITY, lambda n: f"<p>{n}</p>", header("User-Agent"), via="log")
stored(IDENTITY, lambda n: f"<p>{E(n)}</p>", header("User-Agent"), via="log", safe=True)
stored(IDENTITY, lambda n: f"<p>{n}</p>", link("msg", "hello"), via="history")
stored(IDENTITY, lambda n: f"<p>{E(n)}</p>", link("msg", "hello"), via="history", safe=True)
stored(lambda v: re.sub(r"(?i)onerror|<script", "", v), lambda n: f"<dd>{n}</dd>")
stored(lambda v: re.sub(r"[<>]", "", v), lambda n: f"<dd>{n}</dd>", safe=True)
stored(IDENTITY, lambda n: f"<h2>{n.title()}</h2>")
stored(IDENTITY, lambda n: f"<h2>{len(n)} 字</h2>", safe=True)
stored(IDENTITY, lambda n: f"<input value={n}>")
stored(IDENTITY, lambda n: f"<input value={re.sub('[^0-9a-z]', '', n)}>", safe=True)

# What no link has: a usual name, one that a comment or a script of the page mentions, the whole address.
pair(K, hidden("error"), lambda v, r: f"<p class=e>{v}</p>", lambda v, r: f"<p class=e>{E(v)}</p>")
pair(K, hidden("preview_as"), lambda v, r: f"<!-- 调试：?preview_as=admin --><p>{v}</p>", lambda v, r: f"<!-- 调试：?preview_as=admin --><p>{E(v)}</p>")
pair(K, hidden("tone"), lambda v, r: f"<script>var t = new URLSearchParams(location.search).get('tone')</script><p title='{v}'>您好</p>",
     lambda v, r: f"<script>var t = new URLSearchParams(location.search).get('tone')</script><p title='{E(v)}'>您好</p>")
pair(K, hidden("q"), lambda v, r: f"<form action='{r.raw_path}?{r.query_text}'><p>当前网址：{r.raw_path}?{r.query_text}</p></form>",
     lambda v, r: f"<form action='{E(r.raw_path)}?{E(r.query_text)}'><p>当前网址：{E(r.raw_path)}?{E(r.query_text)}</p></form>",
     lambda v, r: f"<p>当前网址：{r.raw_path}?{urllib.parse.quote(urllib.parse.unquote(r.query_text), safe='=&')}</p>")
pair(K, hidden("none"), lambda v, r: f"<p>内容取自请求头 <code>Partner-Id</code>：<i>{r.headers.get('Partner-Id', '')}</i></p>",
     lambda v, r: f"<p>内容取自请求头 <code>Partner-Id</code>：<i>{E(r.headers.get('Partner-Id', ''))}</i></p>")
