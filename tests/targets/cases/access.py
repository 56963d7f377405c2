"""Who may: object references, roles, forged requests, refusals that can be walked around, caches that mix people.
Two people exist: Cookie sid=alice-7f3a91 and sid=bob-2c88e0."""
import hashlib
import hmac
import re
import secrets

from target import E, Reply, bad, form, good, header, link, page, segment

USERS = {"alice-7f3a91": "alice", "bob-2c88e0": "bob", "root-91d0aa": "root"}
ORDERS = {str(1000 + i): ("alice" if i % 2 else "bob", f"订单 {1000 + i}：收货人{'爱丽丝' if i % 2 else '鲍勃'}，电话 1380000{1000 + i}，地址 平安路 {i} 号")
          for i in range(1, 9)}
NOBODY = header("X-None", "1")
DENY = Reply(page("<p>没有权限</p>"), 403)


def me(r):
    return USERS.get(r.cookies.get("sid", ""), "")


def need(r):
    if not me(r):
        raise Reply("", 302, [("Location", "/login")])
    return me(r)


def order(v):
    return E(ORDERS[v][1]) if v in ORDERS else "没有这个订单"


def owned(v, r):
    return v in ORDERS and ORDERS[v][0] == me(r)


K = "idor"
JSON = "application/json"
# Anyone who is logged in sees any order; the twin looks at the owner.
bad(K, link("order", "1001"), lambda v, r: need(r) and f"<p>{order(v)}</p>")
good(K, link("order", "1001"), lambda v, r: need(r) and (f"<p>{order(v)}</p>" if owned(v, r) else DENY))
bad(K, segment("1003"), lambda v, r: need(r) and f"<p>{order(v)}</p>")
good(K, segment("1003"), lambda v, r: need(r) and (f"<p>{order(v)}</p>" if owned(v, r) else Reply(page("<p>页面不存在</p>"), 404)))
bad(K, link("id", "1005"), lambda v, r: need(r) and Reply('{"order":"' + order(v) + '"}', kind=JSON))
good(K, link("id", "1005"), lambda v, r: need(r) and Reply('{"order":"' + (order(v) if owned(v, r) else "") + '"}', kind=JSON))
bad(K, form("order", "1007"), lambda v, r: need(r) and f"<p>{order(v)}</p>")
good(K, form("order", "1007"), lambda v, r: need(r) and (f"<p>{order(v)}</p>" if owned(v, r) else "<p>订单不存在</p>"))
# No login asked for at all, though the page is a person's.
bad(K, link("user", "alice"), lambda v, r: f"<p>{E(v)} 的身份证号 110101199003070{len(v)}3X，余额 1,234 元</p>")
good(K, link("user", "alice"), lambda v, r: f"<p>{E(v)} 的公开主页：已发表 3 篇文章</p>")
bad(K, link("file", "alice-report.txt"), lambda v, r: need(r) and Reply(f"{v}: 内部报告，仅本人可见，编号 {hashlib.md5(v.encode()).hexdigest()}", kind="text/plain; charset=utf-8"))
good(K, link("file", "alice-report.txt"), lambda v, r: need(r) and (Reply(f"{v}: 内部报告", kind="text/plain; charset=utf-8") if v.startswith(me(r)) else DENY))
# The same page for everyone who is logged in is not a hole; nor is one's own name.
good(K, NOBODY, lambda v, r: need(r) and "<p>通知：本周五停水</p>")
good(K, NOBODY, lambda v, r: need(r) and f"<p>欢迎 {me(r)}</p><p>您有 {len(me(r))} 条消息</p>")
good(K, link("q", "书"), lambda v, r: need(r) and f"<p>搜索 {E(v)}：3 条公开结果</p>")

A = "access-control"


ADMIN = "<h2>用户管理</h2><table><tr><td>alice</td><td>13800001001</td></tr><tr><td>bob</td><td>13800001002</td></tr></table><button>删除用户</button>"
bad(A, NOBODY, lambda v, r: "<p>我的菜单</p>" + (f'<a href="{r.case.base}/admin">管理</a>' if me(r) == "alice" else ""), admin=lambda r: Reply(page(ADMIN)) if me(r) else Reply("", 302, [("Location", "/login")]))
good(A, NOBODY, lambda v, r: "<p>我的菜单</p>" + (f'<a href="{r.case.base}/admin">管理</a>' if me(r) == "alice" else ""), admin=lambda r: Reply(page(ADMIN)) if me(r) == "alice" else DENY)
bad(A, NOBODY, lambda v, r: "<p>我的菜单</p>" + (f'<a href="{r.case.base}/export">导出</a>' if me(r) else ""), export=lambda r: Reply("姓名,电话\n爱丽丝,13800001001\n鲍勃,13800001002\n", kind="text/csv; charset=utf-8"))
good(A, NOBODY, lambda v, r: "<p>我的菜单</p>" + (f'<a href="{r.case.base}/export">导出</a>' if me(r) else ""), export=lambda r: Reply("姓名,电话\n爱丽丝,13800001001\n", kind="text/csv; charset=utf-8") if me(r) == "alice" else DENY)

B = "bypass-403"
SECRET = "<h2>管理后台</h2><p>数据库备份 2026-11-01.sql</p><p>服务器状态 正常</p>"


def locked(opens):
    """/base/panel is refused, unless the request takes one of the side doors."""
    def panel(r):
        return Reply(page(SECRET, "后台")) if opens(r) else DENY
    return panel


def door(opens, is_bad=True):
    (bad if is_bad else good)(B, NOBODY, lambda v, r: f'<a href="{r.case.base}/panel">后台</a>', panel=locked(opens))


door(lambda r: r.headers.get("X-Forwarded-For") == "127.0.0.1")
door(lambda r: r.headers.get("X-Original-URL", "").endswith("/panel") and not r.raw_path.endswith("/panel"))
door(lambda r: r.raw_path.endswith("/panel/."))
door(lambda r: r.raw_path.endswith("/panel/") or r.raw_path.endswith("/panel//"))
door(lambda r: "%2e" in r.raw_path.lower())
door(lambda r: r.method == "POST")
door(lambda r: r.headers.get("X-Real-IP") == "127.0.0.1" or r.headers.get("X-Client-IP") == "127.0.0.1")
door(lambda r: r.raw_path.endswith("/panel..;/") or ";" in r.raw_path)
door(lambda r: r.headers.get("X-Rewrite-URL", "").endswith("panel"))
door(lambda r: "//" in r.raw_path)
door(lambda r: r.headers.get("Referer", "").endswith("/panel") and "127.0.0.1" in r.headers.get("Referer", ""))
door(lambda r: r.headers.get("X-HTTP-Method-Override") == "PUT")
door(lambda r: r.raw_path.endswith("%20") or r.raw_path.endswith("%09"))
door(lambda r: r.headers.get("X-Custom-IP-Authorization") == "127.0.0.1")
door(lambda r: r.query_text != "" or r.raw_path.endswith("?"))
for safe in (lambda r: False, lambda r: me(r) == "root", lambda r: r.headers.get("X-Forwarded-For") == "10.9.9.9 secret",
             lambda r: r.cookies.get("staff") == "yes"):
    door(safe, False)
# Everything but the exact path answers 200 with the front page; refusals that vary; an empty 200.
good(B, NOBODY, lambda v, r: f'<a href="{r.case.base}/panel">后台</a>', panel=lambda r: DENY if r.raw_path.endswith("/panel") and r.method == "GET" else Reply(page("<p>首页</p>")))
good(B, NOBODY, lambda v, r: f'<a href="{r.case.base}/panel">后台</a>', panel=lambda r: DENY if not r.headers.get("X-Forwarded-For") else Reply(page(f"<p>没有权限 {secrets.token_hex(4)}</p>")))
good(B, NOBODY, lambda v, r: f'<a href="{r.case.base}/panel">后台</a>', panel=lambda r: DENY if r.method == "GET" else Reply("", 200))

C = "csrf"
TOKENS = {}


def token(r):
    return hmac.new(b"k", (r.case.base + r.cookies.get("sid", "")).encode(), "sha256").hexdigest()[:24]


def settings(fields, save, is_bad, method="post"):
    def show(v, r):
        need(r)
        return f'<h2>修改邮箱</h2><form method="{method}" action="{r.case.base}/save">{fields(r)}<button>保存</button></form>'
    (bad if is_bad else good)(C, NOBODY, show, save=save)


def done(r):
    return Reply(page(f"<p>邮箱已改为 {E(r.get('mail'))}</p>")) if me(r) else Reply("", 302, [("Location", "/login")])


MAIL = '<input name="mail" value="alice@example.cn">'
settings(lambda r: MAIL, done, True)
settings(lambda r: MAIL + f'<input type=hidden name="token" value="{token(r)}">', done, True)  # never looked at
settings(lambda r: MAIL + f'<input type=hidden name="csrf_token" value="{token(r)}">', lambda r: done(r) if "csrf_token" not in r.form or r.get("csrf_token") == token(r) else DENY, True)
settings(lambda r: MAIL + '<input type=hidden name="csrf" value="1">', lambda r: done(r) if r.get("csrf") == "1" else DENY, True)
settings(lambda r: MAIL + f'<input type=hidden name="_token" value="{secrets.token_hex(12)}">', lambda r: done(r) if re.fullmatch("[0-9a-f]{24}", r.get("_token")) else DENY, True)
settings(lambda r: MAIL + f'<input type=hidden name="token" value="{token(r)}">', lambda r: done(r) if r.get("token") == token(r) else DENY, False)
settings(lambda r: MAIL + f'<input type=hidden name="__RequestVerificationToken" value="{token(r)}">', lambda r: done(r) if r.get("__RequestVerificationToken") == token(r) else DENY, False)
settings(lambda r: MAIL, lambda r: done(r) if r.headers.get("X-Requested-With") else DENY, False)
settings(lambda r: '<input name="q" value="书">', lambda r: Reply(page("<p>3 条结果</p>")), False, "get")
good(C, NOBODY, lambda v, r: f'<form method=post action="{r.case.base}/login"><input name=user><input type=password name=pass><button>登录</button></form>', login=lambda r: DENY)
good(C, NOBODY, lambda v, r: f'<form method=post action="{r.case.base}/find"><input name=keyword value="书"><button>搜索</button></form>', find=lambda r: Reply(page("<p>3 条结果</p>")))
good(C, NOBODY, lambda v, r: f'<form method=post action="{r.case.base}/contact"><input name=subject value="咨询"><button>提交</button></form>', contact=lambda r: Reply(page("<p>谢谢</p>")))

Q = "cache-poisoning"
CACHE = {}


def cached(key, make, vary=""):
    def show(v, r):
        k = r.case.base + "?" + key(r)
        hit = k in CACHE
        if not hit:
            if len(CACHE) > 2000:
                CACHE.clear()
            CACHE[k] = make(r)
        return Reply(CACHE[k], headers=[("X-Cache", "HIT" if hit else "MISS"), ("Age", "3" if hit else "0"), ("Cache-Control", "public, max-age=60")] + ([("Vary", vary)] if vary else []))
    return show


BY_QUERY = lambda r: r.query_text  # noqa: E731  pylint: disable=unnecessary-lambda-assignment
for name, tag in (("X-Forwarded-Host", '<script src="//{}/a.js"></script>'), ("X-Host", '<a href="http://{}/">x</a>'), ("X-Forwarded-Scheme", "<p>{}</p>"),
                  ("X-Original-URL", '<link rel=canonical href="{}">'), ("X-Forwarded-Server", '<img src="//{}/x.png">')):
    bad(Q, NOBODY, cached(BY_QUERY, lambda r, n=name, t=tag: page(t.format(E(r.headers.get(n, "www.example.cn"))))))
    good(Q, NOBODY, cached(lambda r, n=name: r.query_text + "|" + r.headers.get(n, ""), lambda r, n=name: page(f"<p>{E(r.headers.get(n, ''))}</p>"), name))
good(Q, NOBODY, lambda v, r: Reply(page(f"<p>{E(r.headers.get('X-Forwarded-Host', ''))}</p>"), headers=[("Cache-Control", "no-store")]))
good(Q, NOBODY, cached(BY_QUERY, lambda r: page("<p>固定内容</p>")))

D = "cache-deception"
for ext in (".css", ".js", ".png"):
    bad(D, NOBODY, lambda v, r, x=ext: need(r) and f'<p>账户 {me(r)}，余额 1,234 元，电话 13800001001</p><a href="{r.case.base}/account">我的账户</a>',
        account=lambda r, x=ext: account(r, x, True))
    good(D, NOBODY, lambda v, r, x=ext: need(r) and f'<p>账户 {me(r)}，余额 1,234 元，电话 13800001001</p><a href="{r.case.base}/account">我的账户</a>',
         account=lambda r, x=ext: account(r, x, False))


def account(r, ext, loose):
    """The application ignores what follows; the cache in front keeps whatever ends like a file."""
    tail = r.path.split("/account", 1)[1]
    static = tail.endswith(ext)
    if tail and not loose:
        return Reply(page("<p>页面不存在</p>"), 404)
    if static and r.path in CACHE:
        return Reply(CACHE[r.path], headers=[("X-Cache", "HIT"), ("Cache-Control", "public, max-age=600")])
    need(r)
    body = page(f"<p>账户 {me(r)}，余额 1,234 元，电话 13800001001</p>")
    if static:
        CACHE[r.path] = body
    return Reply(body, headers=[("X-Cache", "MISS"), ("Cache-Control", "public, max-age=600" if static else "private")])
