"""Sessions under an identifier that somebody else chose: from outside, and kept over the log-in. Whoever is inside
proves it by what the page says, so these are real sessions. The log-ins open with a usual password: that is reported
too, and rightly."""
import json
import secrets
import urllib.parse

from cases.access import NOBODY
from cases.session import F, fresh
from target import CASES, E, Reply, bad, good, page

KNOWN = ("default-credentials",)
LOGIN = "<form method=post action='{}'>{}<input name=username><input type=password name=password><button>登录</button></form>"
INSIDE = "<h2>个人中心</h2><p>欢迎 {}，余额 1,234 元，收货地址 平安路 1 号，最近登录 2026-11-01</p><p>订单 1001：图书三本，已发货</p><a href='{}/logout'>退出登录</a>"
OUTSIDE = "<p>请先登录</p>"
SESSIONS = {}  # (case, id) -> who; "" nobody yet


def known(r, sid):
    return bool(sid) and (r.case.base, sid) in SESSIONS


def put(r, sid, who=""):
    if len(SESSIONS) > 20000:
        SESSIONS.clear()
    SESSIONS[(r.case.base, sid)] = who
    return sid


def who(r, sid):
    return SESSIONS.get((r.case.base, sid), "")


def drop(r, sid):
    SESSIONS.pop((r.case.base, sid), None)


def cookie(r, name, value):
    return ("Set-Cookie", f"{name}={value}; Path={r.case.base}; HttpOnly")


def add(is_bad, show, **routes):
    (bad if is_bad else good)(F, NOBODY, show, **routes)
    CASES[-1].also = KNOWN


def right(r):
    body = r.json if "json" in r.kind else {"username": r.get("username"), "password": r.get("password")}
    return (body.get("username"), body.get("password")) == ("admin", "123456")


# ---- from outside: hidden fields, links without a cookie, parameters of other names, segments

def from_outside(is_bad, enter, **routes):
    add(is_bad, lambda v, r: f"<a href='{r.case.base}/enter'>进入</a>", enter=enter, **routes)


def hidden(adopt):
    def enter(r):
        sid = r.form.get("session_id", [""])[-1]
        sid = sid if sid and (adopt or known(r, sid)) else put(r, fresh())
        return Reply(page(LOGIN.format("enter", f"<input type=hidden name=session_id value={E(sid)}>") + ("<p>用户名或密码错误</p>" if r.method == "POST" else "")),
                     headers=[cookie(r, "session_id", urllib.parse.quote(sid))])
    return enter


def linked(name, adopt, joint="?"):
    """No cookie at all: the identifier stands in every link."""
    def enter(r):
        given = r.get(name) if joint == "?" else r.raw_path.partition(f";{name}=")[2]
        sid = given if given and (adopt or known(r, given)) else put(r, fresh())
        return page("".join(f"<a href='{r.case.base}/{p}{joint}{name}={urllib.parse.quote(sid)}'>{p}</a> " for p in ("cart", "help")) + OUTSIDE)
    return enter


def shop(r):
    return Reply(page("<p>购物车是空的</p>"))


for joint, name in (("?", "sid"), (";", "sessionid"), ("?", "PHPSESSID")):
    from_outside(True, linked(name, True, joint), cart=shop, help=shop)
    from_outside(False, linked(name, False, joint), cart=shop, help=shop)
from_outside(True, hidden(True))
from_outside(False, hidden(False))


def handed(adopt, name):
    """A ticket of another name becomes the session."""
    def begin(r):
        ticket = r.get("ticket") or r.path.rsplit("/", 1)[-1]
        sid = ticket if adopt or ticket == "st-4711aa" else fresh()
        return Reply(page(OUTSIDE), headers=[cookie(r, name, urllib.parse.quote(sid))])
    return begin


for adopt in (True, False):
    add(adopt, lambda v, r: f"<a href='{r.case.base}/begin?ticket=st-4711aa'>进入</a>", begin=handed(adopt, "appsession"))
    add(adopt, lambda v, r: f"<form method=post action='{r.case.base}/begin'><input name=ticket value=st-4711aa><button>继续</button></form>", begin=handed(adopt, "SESSIONID"))


# ---- over the log-in

class Site:
    """A log-in with cookies: before(r, sid) says what a stranger gets, after(r, sid) which identifier is logged in."""

    def __init__(self, name, adopt=False, renew=True, way="form", late=False, keep_old=False, ticket="", home="home"):
        self.name, self.adopt, self.renew, self.way, self.late = name, adopt, renew, way, late
        self.keep_old, self.ticket, self.home_name, self.renewing = keep_old, ticket, home, set()

    def begin(self, r):
        """(identifier, headers) of who comes; none is given before the log-in when `way` says so."""
        sid = r.cookies.get(self.name, "")
        if sid and (self.adopt or known(r, sid)):
            if not known(r, sid):
                put(r, sid)
            return sid, []
        if self.way == "bare":
            return "", []
        sid = put(r, fresh())
        return sid, [cookie(r, self.name, sid)]

    def let_in(self, r, sid, name):
        heads = []
        if self.renew and not self.late:
            old, sid = sid, fresh()
            if self.keep_old:
                put(r, old, name)
            else:
                drop(r, old)
            heads = [cookie(r, self.name, sid)]
        elif not sid:
            sid = fresh()
            heads = [cookie(r, self.name, sid)]
        if self.ticket:  # what counts is another cookie, given now
            t = fresh()
            put(r, "t" + t, name)
            return [*heads, cookie(r, self.ticket, t)]
        if self.late:
            self.renewing.add((r.case.base, sid))
        put(r, sid, name)
        return heads

    def name_of(self, r, sid):
        return who(r, "t" + r.cookies.get(self.ticket, "")) if self.ticket else who(r, sid)

    def home(self, r):
        sid, heads = self.begin(r)
        name = self.name_of(r, sid)
        if name and (r.case.base, sid) in self.renewing:
            self.renewing.discard((r.case.base, sid))
            drop(r, sid)
            heads = [cookie(r, self.name, put(r, fresh(), name))]
        return Reply(page(INSIDE.format(E(name), r.case.base) if name else OUTSIDE), headers=heads)

    def login(self, r):
        sid, heads = self.begin(r)
        form = LOGIN.format(f"{r.case.base}/login", "").replace("post", "get" if self.way == "get" else "post")
        if r.method != "POST" and not (self.way == "get" and r.get("username")):
            return Reply(page(form), headers=heads)
        if not right(r):
            return Reply(page("<p>用户名或密码错误</p>" + form), headers=heads)
        heads = heads + self.let_in(r, sid, "admin")
        if self.way == "page":
            return Reply(page(INSIDE.format("admin", r.case.base)), headers=heads)
        return Reply("", 302, [("Location", f"{r.case.base}/{self.home_name}"), *heads])

    def json(self, v, r):
        sid, heads = self.begin(r)
        ok = right(r)
        heads = heads + (self.let_in(r, sid, "admin") if ok else [])
        return Reply(json.dumps({"code": 0 if ok else 500, "msg": "ok" if ok else "用户名或密码错误"}, ensure_ascii=False), headers=heads, kind="application/json")

    def guest(self, r):
        sid, heads = self.begin(r)
        name = r.get("nick", "") or "访客"
        return Reply("", 302, [("Location", f"{r.case.base}/{self.home_name}"), *heads, *self.let_in(r, sid, name)])


def site(is_bad, *args, **more):
    s = Site(*args, **more)
    add(is_bad, lambda v, r: f"<a href='{r.case.base}/login'>登录</a> <a href='{r.case.base}/{s.home_name}'>个人中心</a>", login=s.login, **{s.home_name: s.home})


def json_site(is_bad, *args, **more):
    """A page whose script logs in."""
    s = Site(*args, **more)
    script = "<script>function go(){{fetch('{}/api',{{method:'POST',headers:{{'Content-Type':'application/json'}},body:JSON.stringify({{\"username\":\"scanner\",\"password\":\"x1-y2-z3\"}})}})}}</script>"
    add(is_bad, lambda v, r: f"<a href='{r.case.base}/home'>个人中心</a>" + script.format(r.case.base), api=lambda r: s.json(None, r), home=s.home)


def guest_site(is_bad, field, *args, **more):
    s = Site(*args, **more)
    form = "<form method=post action='{}/enter'>" + field + "<button>以游客身份进入</button></form>"
    add(is_bad, lambda v, r: f"<a href='{r.case.base}/first'>开始</a>", first=lambda r: Reply(page(form.format(r.case.base)), headers=s.begin(r)[1]), enter=s.guest, home=s.home)


site(True, "PHPSESSID", renew=False)                             # given before, kept
site(True, "sessionid", renew=False, way="page", home="account")  # the answer to the log-in is the inside
site(True, "sid", renew=False, way="get")                        # by GET
site(True, "ASP_SessionId", adopt=True, renew=False, way="bare")  # nothing before; a stranger's cookie is taken
site(True, "JSESSION", keep_old=True)                            # a new one, and the old one stays good
site(True, "connect_sid", renew=False, late=True)                # changed one request too late
site(True, "auth_session", adopt=True, renew=False)              # made up or given: both
json_site(True, "token_session", adopt=True, renew=False, way="bare")
guest_site(True, "", "anon_session", renew=False)
guest_site(True, "<input name=nick>", "nick_session", renew=False)
site(False, "PHPSESSID")
site(False, "sessionid", way="page", home="account")
site(False, "sid", way="get")
site(False, "ASP_SessionId", way="bare")
site(False, "connect_sid", adopt=True)                           # takes anything, and changes it at the log-in
site(False, "visitor_session", renew=False, ticket="auth_ticket")  # stays, and is not what opens
site(False, "auth_session", ticket="login_token")
json_site(False, "token_session", way="bare")
guest_site(False, "", "anon_session")
guest_site(False, "<input name=nick>", "nick_session")
# A search that shows what it was asked under a name like a session's; a page that repeats its parameters in links.
from_outside(False, lambda r: page(f"<a href='{r.case.base}/list?page=2&amp;sid={urllib.parse.quote(r.get('sid'))}'>下一页</a>"), list=shop)
from_outside(False, lambda r: Reply(page(OUTSIDE), headers=[cookie(r, "last_token", urllib.parse.quote(r.get("ref") or "none"))]))
