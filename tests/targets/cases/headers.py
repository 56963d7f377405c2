"""What comes back in headers: line ends, redirects, the host's name, caches, other origins."""
import re
import urllib.parse

from target import E, Reply, bad, cookie, form, good, header, json_body, link, page, pair, segment


def to(where, status=302):
    return Reply("", status, [("Location", where)])


def flat(v):
    return re.sub(r"[\r\n].*", "", str(v), flags=re.S)


def one(v):
    return str(v).encode("utf-8", "ignore").decode("latin-1").split("\r")[0].split("\n")[0]


P = page("<p>x</p>")
K = "crlf"
pair(K, link("lang", "zh"), lambda v, r: Reply(P, headers=[("X-Language", v)]), lambda v, r: Reply(P, headers=[("X-Language", flat(v))]))
pair(K, link("url", "/home"), lambda v, r: to("/go?u=" + v), lambda v, r: to("/go?u=" + urllib.parse.quote(v)))
pair(K, form("name", "abc"), lambda v, r: Reply(P, headers=[("Set-Cookie", f"name={v}; Path=/")]), lambda v, r: Reply(P, headers=[("Set-Cookie", f"name={urllib.parse.quote(v)}; Path=/")]))
pair(K, link("file", "a.txt"), lambda v, r: Reply("x", headers=[("Content-Disposition", f'attachment; filename="{v}"')]), lambda v, r: Reply("x", headers=[("Content-Disposition", f'attachment; filename="{flat(v)}"')]))
pair(K, json_body("lang", "zh"), lambda v, r: Reply(P, headers=[("Content-Language", str(v))]), lambda v, r: Reply(P, headers=[("Content-Language", flat(v))]))
pair(K, cookie("lang", "zh"), lambda v, r: Reply(P, headers=[("X-Lang", v)]), lambda v, r: Reply(P, headers=[("X-Lang", flat(v))]))
pair(K, segment("abc"), lambda v, r: Reply(P, headers=[("X-Item", v)]), lambda v, r: Reply(P, headers=[("X-Item", flat(v))]))
pair(K, link("v", "1"), lambda v, r: Reply(P, headers=[("X-V", v.replace("\r\n", ""))]), lambda v, r: Reply(P, headers=[("X-V", v.replace("\r", "").replace("\n", ""))]))
pair(K, link("v", "1"), lambda v, r: Reply(P, headers=[("X-V", urllib.parse.unquote(v))]), lambda v, r: Reply(P, headers=[("X-V", flat(urllib.parse.unquote(v)))]))
pair(K, form("ref", "/a"), lambda v, r: to(v if v.startswith("/") else "/" + v, 301), lambda v, r: to("/" + re.sub(r"[^a-z]", "", flat(v)), 301))
pair(K, link("t", "abc"), lambda v, r: Reply(P, headers=[("ETag", f'"{v}"')]), lambda v, r: Reply(P, headers=[("ETag", f'"{re.sub("[^a-z]", "", v)}"')]))
pair(K, link("t", "abc"), lambda v, r: Reply(P, 200, kind=f"text/html; charset={v}"), lambda v, r: Reply(P, 200, kind="text/html; charset=utf-8"))
pair(K, form("to", "/x", method="GET"), lambda v, r: Reply(P, headers=[("Refresh", "5; url=/go?u=" + v)]), lambda v, r: Reply(P, headers=[("Refresh", "5; url=/go?u=" + urllib.parse.quote(v))]))
pair(K, link("k", "abc"), lambda v, r: Reply(P, headers=[(f"X-{v}", "1")]), lambda v, r: Reply(P, headers=[(f"X-{re.sub('[^a-z]', '', v)}", "1")]))
pair(K, link("q", "abc"), lambda v, r: Reply(P, 404, headers=[("X-Searched", v)]), lambda v, r: Reply(page(f"<pre>X-Searched: {E(v)}</pre>"), 404))
good(K, link("q", "abc"), lambda v, r: Reply(f"<pre>\r\n{v}</pre>", kind="text/plain; charset=utf-8"))

R = "redirect"
U = "/home"
pair(R, link("url", U), lambda v, r: to(one(v)), lambda v, r: to("/home?from=" + urllib.parse.quote(v)))
pair(R, link("next", U), lambda v, r: f'<meta http-equiv="refresh" content="0;url={E(v)}">', lambda v, r: to("/" + re.sub(r"[^a-z]", "", v)))
pair(R, form("return", U), lambda v, r: to(one(v), 303), lambda v, r: to(one(v) if re.fullmatch(r"/[a-z]+", v) else "/"))
pair(R, link("goto", U), lambda v, r: to(one(v)) if v.startswith("/") else to("/"), lambda v, r: to(one(v)) if re.match(r"/[^/\\]", v) else to("/"))
pair(R, link("to", "http://example.cn/"), lambda v, r: to(one(v)) if "example.cn" in v else to("/"), lambda v, r: to(one(v)) if urllib.parse.urlsplit(v).hostname == "example.cn" and "\\" not in v and "@" not in v else to("/"))
pair(R, link("to", "http://example.cn/"), lambda v, r: to(one(v)) if v.startswith("http://example.cn") else to("/"), lambda v, r: to(one(v)) if v.startswith("http://example.cn/") else to("/"))
pair(R, link("u", U), lambda v, r: f"<script>location.href='{v.replace(chr(39), '').replace('<', '').replace(chr(92), '')}';</script>", lambda v, r: f'<a href="/out?u={urllib.parse.quote(v)}">离开本站</a>')
pair(R, json_body("redirect", U), lambda v, r: to(one(v)), lambda v, r: Reply('{"redirect": "/home"}', kind="application/json"))
pair(R, cookie("back", U), lambda v, r: to(one(v)), lambda v, r: to("/" + one(v).strip("/.\\")[:0]))
pair(R, link("r", U), lambda v, r: Reply(P, headers=[("Refresh", "0; url=" + one(v))]), lambda v, r: Reply(P, headers=[("Refresh", "5; url=/home")]))
pair(R, link("page", "home"), lambda v, r: to("//" + one(v).lstrip("/") if "." in v else "/" + one(v)), lambda v, r: to("/p/" + urllib.parse.quote(v, safe="")))
pair(R, link("dest", U), lambda v, r: to(one(v.replace("http://", "").replace("https://", ""))) if "//" in v else to("/"), lambda v, r: to("/" + one(v.replace("http://", "").replace("https://", "")).lstrip("/\\").replace("\\", "/")))
pair(R, link("service", U), lambda v, r: to(one(urllib.parse.unquote(v)), 307), lambda v, r: to("/cas?service=" + urllib.parse.quote(v), 307))
pair(R, segment("home"), lambda v, r: to(one(v) if "://" in v or v.startswith("/") else "/" + v), lambda v, r: to("/" + re.sub("[^a-z]", "", v)))
pair(R, form("target", U), lambda v, r: f"<script>window.location.replace({__import__('json').dumps(v).replace('<', chr(92) + 'u003c')});</script>", lambda v, r: "<script>window.location.replace('/home');</script>")
good(R, link("url", U), lambda v, r: page(f'<a href="{E(v) if v.startswith("/") else "#"}">继续</a>') if v == U else Reply(page("<p>不允许</p>"), 400))
good(R, link("url", U), lambda v, r: to("https://www.example.cn/home?u=" + urllib.parse.quote(v)))

H = "host-header"


def host(r):
    return flat(r.headers.get("Host", ""))


def base(r, *names):
    for n in names:
        if r.headers.get(n):
            return flat(r.headers[n])
    return host(r)


def own(r):
    h = host(r)
    return h if re.fullmatch(r"(127\.0\.0\.1|localhost)(:\d+)?", h) else "www.example.cn"


for b, g in ((lambda v, r: f'<a href="http://{E(host(r))}/reset?t=1">重置密码</a>', lambda v, r: f'<a href="http://{own(r)}/reset?t=1">重置密码</a>'),
             (lambda v, r: f'<script src="//{E(base(r, "X-Forwarded-Host"))}/a.js"></script>', lambda v, r: '<script src="/a.js"></script>'),
             (lambda v, r: to(f"http://{base(r, 'X-Forwarded-Host')}/home"), lambda v, r: to(f"http://{own(r)}/home")),
             (lambda v, r: f'<link rel=canonical href="http://{E(host(r))}/x">', lambda v, r: f'<link rel=canonical href="http://{own(r)}/x">'),
             (lambda v, r: f'<form method=post action="http://{E(base(r, "X-Host", "X-Forwarded-Server"))}/login"></form>', lambda v, r: '<form method=post action="/login"></form>'),
             (lambda v, r: f'<img src="http://{E(base(r, "X-Original-Host", "X-Forwarded-Host"))}/logo.png">', lambda v, r: '<img src="/logo.png">'),
             (lambda v, r: f'<base href="http://{E(host(r))}/">', lambda v, r: '<base href="/">'),
             (lambda v, r: Reply('{"next": "http://' + base(r, "X-Forwarded-Host") + '/page/2"}', kind="application/json"), lambda v, r: Reply('{"next": "/page/2"}', kind="application/json")),
             (lambda v, r: Reply(P, headers=[("Link", f"<http://{host(r)}/feed>; rel=alternate")]), lambda v, r: Reply(P, headers=[("Link", "</feed>; rel=alternate")])),
             (lambda v, r: to("http://" + host(r) + "/login", 301), lambda v, r: to("/login", 301)),
             (lambda v, r: f'<meta property="og:url" content="http://{E(base(r, "X-Forwarded-Host"))}/x">', lambda v, r: '<meta property="og:url" content="https://www.example.cn/x">'),
             (lambda v, r: f'<iframe src="//{E(host(r))}/frame"></iframe>', lambda v, r: '<iframe src="/frame"></iframe>'),
             (lambda v, r: f"<script>var api='//{re.sub('[^a-z0-9.:-]', '', host(r))}/api';</script>", lambda v, r: "<script>var api='/api';</script>"),
             (lambda v, r: f'<a href="{E(base(r, "Forwarded").replace("host=", "http://") if "host=" in (r.headers.get("Forwarded") or "") else "/")}/reset">重置</a>', lambda v, r: '<a href="/reset">重置</a>'),
             (lambda v, r: f'<object data="http://{E(base(r, "X-Forwarded-Host"))}/o.swf"></object>', lambda v, r: '<object data="/o.swf"></object>')):
    pair(H, header("X-None", "1"), b, g)
# The name is said, not used; a wrong name is refused.
good(H, header("X-None", "1"), lambda v, r: f"<p>您访问的域名 {E(host(r))} 未备案</p>" if own(r) != host(r) else "<p>x</p>")
good(H, header("X-None", "1"), lambda v, r: Reply(page("<p>Bad Request</p>"), 421) if own(r) != host(r) else '<a href="/x">x</a>')

O = "cors"


def cors(origin, r, with_cookies=True, private=True, also=()):
    headers = [("Access-Control-Allow-Origin", origin)] if origin else []
    if with_cookies:
        headers.append(("Access-Control-Allow-Credentials", "true"))
    return Reply('{"user":"alice","mail":"alice@example.cn"}' if private else '{"news":[]}', headers=headers + list(also), kind="application/json")


def sent(r):
    return flat(r.headers.get("Origin", ""))


def if_(test, r):
    return cors(sent(r) if sent(r) and test(sent(r)) else "", r)


GOOD_ORIGIN = "https://www.example.cn"
for b in (lambda v, r: if_(lambda o: True, r), lambda v, r: if_(lambda o: o == "null", r),
          lambda v, r: if_(lambda o: True, r) if r.method == "GET" else cors("", r),
          lambda v, r: if_(lambda o: "example" in o or "127.0.0.1" in o, r), lambda v, r: if_(lambda o: o.startswith("http"), r),
          lambda v, r: if_(lambda o: "null" in o, r), lambda v, r: if_(lambda o: not o.startswith("https://www.example.cn"), r),
          lambda v, r: if_(lambda o: re.search("127.0.0.1", o), r), lambda v, r: if_(lambda o: len(o) < 200, r),
          lambda v, r: cors(sent(r) or "*", r), lambda v, r: if_(lambda o: o.startswith(f"http://{host(r).split(':')[0]}"), r),
          lambda v, r: if_(lambda o: o.endswith(host(r).split(":")[0]), r), lambda v, r: if_(lambda o: o == "null" or o == GOOD_ORIGIN, r),
          lambda v, r: if_(lambda o: True, r) if r.headers.get("Cookie") or True else None,
          lambda v, r: cors(sent(r), r, also=[("Vary", "Origin")]) if sent(r) else cors("", r)):
    bad(O, header("Origin", ""), b)
for g in (lambda v, r: if_(lambda o: o == GOOD_ORIGIN, r), lambda v, r: cors("*", r, False, False), lambda v, r: cors("", r),
          lambda v, r: cors(GOOD_ORIGIN, r), lambda v, r: Reply(page("<p>x</p>"), headers=[("X-Origin", sent(r))]),
          lambda v, r: if_(lambda o: re.fullmatch(r"https://([a-z]+\.)?example\.cn", o), r),
          lambda v, r: if_(lambda o: urllib.parse.urlsplit(o).netloc == host(r), r), lambda v, r: Reply(page(f"<p>{E(sent(r))}</p>")),
          lambda v, r: cors("https://" + "example.cn", r, False), lambda v, r: Reply("{}", 403, kind="application/json") if sent(r) else cors("", r),
          lambda v, r: cors("*", r, False, False, [("Vary", "Origin")]), lambda v, r: if_(lambda o: o in (GOOD_ORIGIN, "https://m.example.cn"), r),
          lambda v, r: cors("none", r), lambda v, r: Reply(P, headers=[("Access-Control-Allow-Methods", "GET")]),
          lambda v, r: Reply(P, headers=[("Timing-Allow-Origin", "*")])):
    good(O, header("Origin", ""), g)
