"""A shared cache in front: what it leaves out of its key, and which addresses it takes for files."""
import re
import urllib.parse

from cases.access import BY_QUERY, CACHE, D, NOBODY, Q, cached, me, need
from target import E, Reply, bad, good, link, page

PLAIN = "www.example.cn"


def said(name, default=PLAIN):
    return lambda r: E(r.headers.get(name, default))


for name, tag in (("X-Forwarded-Prefix", '<script src="{}/app.js"></script>'), ("X-Forwarded-Port", '<a href="http://www.example.cn:{}/">x</a>'),
                  ("User-Agent", "<p>您的浏览器 {}</p>"), ("X-Original-Host", '<base href="//{}/">'), ("Forwarded", '<link rel=next href="//{}/2">')):
    bad(Q, NOBODY, cached(BY_QUERY, lambda r, n=name, t=tag: page(t.format(said(n)(r)))))
    good(Q, NOBODY, cached(lambda r, n=name: r.query_text + "|" + r.headers.get(n, ""), lambda r, n=name, t=tag: page(t.format(said(n)(r))), name))


def answer_cache(key, make):
    """Whole answers are kept: status and headers too."""
    def show(v, r):
        k = r.case.base + "??" + key(r)
        hit = k in CACHE
        if not hit:
            CACHE[k] = make(r)
        body, status, headers = CACHE[k]
        return Reply(body, status, headers=[("X-Cache", "HIT" if hit else "MISS"), ("Cache-Control", "public, max-age=60"), *headers])
    return show


def moved(r):
    return "", 302, [("Location", f"http://{r.headers.get('X-Forwarded-Host', PLAIN)}/home")]


def secure(r):
    if r.headers.get("X-Forwarded-Proto", r.headers.get("X-Forwarded-Scheme", "https")) != "https":
        return "", 301, [("Location", f"https://{PLAIN}{r.case.base}")]
    return page("<p>首页</p>"), 200, []


bad(Q, NOBODY, answer_cache(BY_QUERY, moved))
good(Q, NOBODY, answer_cache(lambda r: r.query_text + r.headers.get("X-Forwarded-Host", ""), moved))
bad(Q, NOBODY, answer_cache(BY_QUERY, secure))
good(Q, NOBODY, answer_cache(lambda r: r.query_text + r.headers.get("X-Forwarded-Proto", "") + r.headers.get("X-Forwarded-Scheme", ""), secure))


def without(*names):
    """The key leaves these parameters out."""
    return lambda r: "&".join(p for p in re.split("[&;]", r.query_text) if p.split("=")[0] not in names)


COUNTING = ("utm_content", "utm_source", "utm_campaign", "gclid", "fbclid")
bad(Q, NOBODY, cached(without(*COUNTING), lambda r: page(f'<a href="/share?from={E(r.query_text)}">分享</a>')))
good(Q, NOBODY, cached(BY_QUERY, lambda r: page(f'<a href="/share?from={E(r.query_text)}">分享</a>')))
good(Q, NOBODY, cached(without(*COUNTING), lambda r: page("<a href='/share'>分享</a>")))
# A body that comes with GET counts for the page, not for the key.
bad(Q, link("q", "书"), lambda v, r: cached(BY_QUERY, lambda r: page(f"<p>搜索 {E(fat(r, 'q'))}</p>"))(v, r))
good(Q, link("q", "书"), lambda v, r: cached(BY_QUERY, lambda r: page(f"<p>搜索 {E(r.get('q'))}</p>"))(v, r))
# ";" parts parameters for the page, and is a letter for the cache, which drops what counts visitors.
bad(Q, link("q", "书"), lambda v, r: cached(lambda r: "&".join(p for p in r.query_text.split("&") if p.split("=")[0] not in COUNTING),
                                        lambda r: page(f"<p>搜索 {E(last(r, 'q'))}</p>"))(v, r))
good(Q, link("q", "书"), lambda v, r: cached(BY_QUERY, lambda r: page(f"<p>搜索 {E(last(r, 'q'))}</p>"))(v, r))


def fat(r, name):
    extra = urllib.parse.parse_qs(r.body.decode("utf-8", "replace")) if r.method == "GET" else {}
    return extra.get(name, [r.get(name)])[-1]


def last(r, name):
    values = [urllib.parse.unquote(p.partition("=")[2]) for p in re.split("[&;]", r.query_text) if p.split("=")[0] == name]
    return values[-1] if values else ""


# A cookie of taste, which is no part of the key.
def taste(key):
    inner = cached(key, lambda r: page(f'<body class="{E(r.cookies.get("skin_" + r.case.base[-3:], "light"))}"><p>首页</p>'))

    def show(v, r):
        x = inner(v, r)
        name = "skin_" + r.case.base[-3:]
        if name not in r.cookies:
            x.headers.append(("Set-Cookie", f"{name}=light; Path={r.case.base}"))
        return x
    return show


bad(Q, NOBODY, taste(BY_QUERY))
good(Q, NOBODY, taste(lambda r: r.query_text + r.cookies.get("skin_" + r.case.base[-3:], "")))
# It says that it keeps things, and does not; it keeps them for one visitor.
good(Q, NOBODY, lambda v, r: Reply(page(f"<p>{said('X-Forwarded-Host')(r)}</p>"), headers=[("X-Cache", "MISS"), ("Cache-Control", "public, max-age=60")]))
good(Q, NOBODY, lambda v, r: Reply(page(f"<p>{said('X-Forwarded-Host')(r)}</p>"), headers=[("X-Cache", "BYPASS"), ("Cache-Control", "private")]))

PRIVATE = re.compile(r"\.(css|js|png|jpg|jpeg|gif|ico|svg|woff2?)$|/(robots\.txt|favicon\.ico)$")


def own_page(r):
    return page(f"<p>账户 {me(r)}，余额 1,234 元，电话 13800001001，收货地址 平安路 1 号</p>")


def deceive(is_bad, served_as, kept):
    """served_as(what stands behind /account): does the application show the page? kept(path): does the cache?"""
    def account(r):
        tail = r.raw_path.split("/account", 1)[1]
        if not served_as(tail):
            return Reply(page("<p>页面不存在</p>"), 404)
        keep = kept(r.raw_path)
        place = r.raw_path + "?" + r.query_text
        if keep and place in CACHE:
            return Reply(CACHE[place], headers=[("X-Cache", "HIT"), ("Cache-Control", "public, max-age=600")])
        need(r)
        body = own_page(r)
        if keep:
            CACHE[place] = body
        return Reply(body, headers=[("X-Cache", "MISS"), ("Cache-Control", "public, max-age=600" if keep else "private")])
    (bad if is_bad else good)(D, NOBODY, lambda v, r: need(r) and f'{own_page(r)}<a href="{r.case.base}/account">我的账户</a>',
                              account=account, account_css=account, account_js=account, **{"account;": account})


def ends(*exts):
    return lambda path: path.rsplit(".", 1)[-1] in exts and "." in path.rsplit("/", 1)[-1]


def starts(mark):
    return lambda t: t == "" or t.lower().startswith(mark)


deceive(True, starts("%2f"), ends("css", "js", "png"))
deceive(True, starts("%3f"), ends("css", "js"))
deceive(True, starts("%23"), ends("css", "js"))
deceive(True, starts("%00"), ends("css", "js"))
deceive(True, starts("%0a"), ends("css", "js"))
deceive(True, starts("."), ends("css", "js", "png"))
deceive(True, starts("/"), ends("jpg", "jpeg"))
deceive(True, starts("/"), ends("ico"))
deceive(True, starts("/"), ends("svg", "woff2"))
deceive(True, starts("/"), lambda p: p.endswith("/robots.txt"))
deceive(True, starts("/"), ends("js"))
deceive(True, starts("/"), ends("gif", "css"))
# Nothing kept, or nothing shown, or what is kept is refused to others.
deceive(False, starts("%2f"), lambda p: False)
deceive(False, starts("."), lambda p: False)
deceive(False, starts("/"), lambda p: False)
deceive(False, lambda t: t == "", ends("css", "js", "png"))
deceive(False, lambda t: t in ("", "/"), ends("css"))
good(D, NOBODY, lambda v, r: need(r) and own_page(r) + f'<a href="{r.case.base}/account">我的账户</a>',
     account=lambda r: Reply("body{}" if PRIVATE.search(r.raw_path) else own_page(r), kind="text/css" if PRIVATE.search(r.raw_path) else "text/html; charset=utf-8") if need(r) else None)
good(D, NOBODY, lambda v, r: f'<a href="{r.case.base}/about">关于</a>', about=lambda r: Reply(page("<p>关于我们，成立于 1999 年</p>"), headers=[("Cache-Control", "public, max-age=600")]))
good(D, NOBODY, lambda v, r: need(r) and own_page(r) + f'<a href="{r.case.base}/account">我的账户</a>',
     account=lambda r: Reply(own_page(r), headers=[("Cache-Control", "public, max-age=600"), ("X-Cache", "HIT")]) if need(r) else None)
for ext in ("png", "svg", "gif", "txt"):
    deceive(False, starts("/"), lambda p, x=ext: p.endswith(x) and me and False)
