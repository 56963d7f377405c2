"""Requests that change something, sent from another site: what is looked at, and how badly. What was changed shows on the form."""
import json
import secrets
from urllib.parse import urlsplit

from cases.access import C, DENY, NOBODY, done, me, need, settings, token
from target import E, Reply, bad, good, json_body, page

KEPT = {}


def keep(r, *names):
    if not me(r):
        return Reply("", 302, [("Location", "/login")])
    if len(KEPT) > 5000:
        KEPT.clear()
    for n in names:
        KEPT[(r.case.base, me(r), n)] = r.get(n)
    return Reply(page("<p>操作完成</p>"))


def kept(r, name, default=""):
    return E(KEPT.get((r.case.base, me(r), name), default))


def hidden(name, value):
    return f'<input type=hidden name="{name}" value="{E(value)}">'


def host(r):
    return r.headers.get("Host", "")


# Nothing sensitive by its name: what was sent stands on the form from then on.
settings(lambda r: f'<input name="motto" value="{kept(r, "motto", "你好")}">', lambda r: keep(r, "motto"), True)
settings(lambda r: f'<textarea name="note">{kept(r, "note", "备注")}</textarea>{hidden("token", token(r))}', lambda r: keep(r, "note"), True)
# The referrer: only when there is one, or anywhere in it.
settings(lambda r: '<input name="phone" value="13800138000">', lambda r: keep(r, "phone") if not r.headers.get("Referer") or host(r) == urlsplit(r.headers["Referer"]).netloc else DENY, True)
settings(lambda r: '<input name="address" value="平安路 1 号">', lambda r: keep(r, "address") if host(r).split(":")[0] in r.headers.get("Referer", "") else DENY, True)
settings(lambda r: '<input name="nickname" value="小明">', lambda r: keep(r, "nickname") if (r.headers.get("Origin") or "http://" + host(r)).startswith("http://" + host(r).split(":")[0]) else DENY, True)
settings(lambda r: '<input name="email" value="a@example.cn">', lambda r: keep(r, "email") if r.headers.get("Origin") in (None, "null", "http://" + host(r)) else DENY, True)
# A token of anybody's will do; one for all; only its length counts; only by POST.
POOL = set()


def pooled(r):
    t = secrets.token_hex(10)
    POOL.add(t)
    return t


settings(lambda r: '<input name="mail" value="a@example.cn">' + hidden("csrf_token", pooled(r)), lambda r: done(r) if r.get("csrf_token") in POOL else DENY, True)
settings(lambda r: '<input name="mail" value="a@example.cn">' + hidden("authenticity_token", "7a" * 16), lambda r: done(r) if r.get("authenticity_token") == "7a" * 16 else DENY, True)
settings(lambda r: '<input name="mobile" value="13800138000">' + hidden("_token", token(r)), lambda r: done(r) if len(r.get("_token")) == 24 else DENY, True)
settings(lambda r: '<input name="mail" value="a@example.cn">' + hidden("csrf_token", token(r)), lambda r: done(r) if r.method == "GET" or r.form.get("csrf_token") == [token(r)] else DENY, True)


def multipart_form(save, is_bad, fields):
    def show(v, r):
        need(r)
        return f'<h2>修改资料</h2><form method=post enctype="multipart/form-data" action="{r.case.base}/save">{fields(r)}<button>保存</button></form>'
    (bad if is_bad else good)(C, NOBODY, show, save=save)


multipart_form(done, True, lambda r: '<input name="mail" value="a@example.cn">')
multipart_form(lambda r: done(r) if r.get("token") == token(r) else DENY, False, lambda r: '<input name="mail" value="a@example.cn">' + hidden("token", token(r)))


def json_save(strict):
    def show(v, r):
        need(r)
        if strict and "application/json" not in r.kind:
            return Reply('{"error":"content type"}', 415, kind="application/json")
        body = json.loads(r.body)
        return Reply(json.dumps({"saved": True, "email": str(body.get("email"))}), kind="application/json")
    return show


good(C, json_body("email", "a@example.cn"), json_save(True))
# By GET: the form itself says it all.
for fields in ('<input type=password name=password_new><input type=password name=password_conf>', '<input name=account value=123-45><input name=amount value=0>'):
    bad(C, NOBODY, lambda v, r, f=fields: need(r) and f'<h2>{"修改口令" if "password" in f else "转账"}</h2><form method=get action="{r.case.base}/do">{f}<button>{"修改" if "password" in f else "转账"}</button></form>',
        do=lambda r: done(r) if r.get("password_new") or r.get("amount") else DENY)
# Old password asked for, a code to be typed, or a token by GET: all protect.
good(C, NOBODY, lambda v, r: need(r) and f'<form method=post action="{r.case.base}/do"><input type=password name=old_password><input type=password name=password_new><input type=password name=password_conf><button>修改</button></form>', do=lambda r: DENY)
good(C, NOBODY, lambda v, r: need(r) and f'<form method=get action="{r.case.base}/do"><input name=account><input name=amount><input name=captcha><button>转账</button></form>', do=lambda r: DENY)
good(C, NOBODY, lambda v, r: need(r) and f'<form method=get action="{r.case.base}/do"><input name=amount>{hidden("csrf_token", token(r))}<button>转账</button></form>', do=lambda r: DENY)
# Changes nothing: works something out, shows it, and forgets it.
def tool(title, field, work):
    good(C, NOBODY, lambda v, r: need(r) and f'<h2>{title}</h2><form method=post action="{r.case.base}/run">{field}<button>提交</button></form>',
         run=lambda r: Reply(page(work(r))) if me(r) else Reply("", 302, [("Location", "/login")]))


tool("网络诊断", '<input name="ip" value="127.0.0.1">', lambda r: f"<pre>PING {E(r.get('ip'))}: 1 ms</pre>")
tool("倒过来写", '<input name="phrase" value="hello">', lambda r: f"<p>{E(r.get('phrase'))[::-1]}</p>")
tool("计算", '<input name="a" value="2"><input name="include" value="x.js">', lambda r: f"<p>结果 {E(r.get('a'))}，已载入 {E(r.get('include'))}</p>")
for check in (lambda r: r.headers.get("Origin") in (None, "http://" + host(r)) and urlsplit(r.headers.get("Referer", "http://" + host(r))).netloc == host(r),
              lambda r: r.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none") and r.headers.get("Origin", "http://" + host(r)) == "http://" + host(r),
              lambda r: urlsplit(r.headers.get("Referer", "")).netloc == host(r)):
    settings(lambda r: '<input name="email" value="a@example.cn">', lambda r, c=check: keep(r, "email") if c(r) else DENY, False)
ONCE = {}


def once(r):
    ONCE[(r.case.base, me(r))] = secrets.token_hex(10)
    return ONCE[(r.case.base, me(r))]


settings(lambda r: '<input name="mail" value="a@example.cn">' + hidden("token", once(r)), lambda r: done(r) if r.get("token") and ONCE.pop((r.case.base, me(r)), "") == r.get("token") else DENY, False)
# Wrong tokens are told so under 200.
settings(lambda r: '<input name="mail" value="a@example.cn">' + hidden("token", token(r)), lambda r: done(r) if r.get("token") == token(r) else Reply(page("<p>页面已过期，请刷新</p>")), False)
# The cookie itself stays at home.
settings(lambda r: '<input name="mail" value="a@example.cn">', lambda r: Reply(done(r).body, headers=[("Set-Cookie", "sid=" + r.cookies.get("sid", "") + "; Path=/; HttpOnly; SameSite=Strict")]) if me(r) else DENY, False)
# JSON is read whatever the request calls it: a form of another site can send that.
bad(C, json_body("email", "a@example.cn"), json_save(False))
