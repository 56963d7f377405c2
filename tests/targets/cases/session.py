"""Identifiers of sessions that others can guess, or hand out; and those that only look so."""
import base64
import hashlib
import itertools
import random
import secrets
import time
import urllib.parse

from cases.access import NOBODY
from target import Reply, bad, good, page

S = "session-id"
F = "session-fixation"
PRESS = "<p>领取会话</p><form method=post><input type=submit value=生成></form>"


def pressed(is_bad, name, make):
    """A button without fields gives the cookie."""
    def show(v, r):
        if r.method != "POST":
            return page(PRESS)
        return Reply(page(PRESS), headers=[("Set-Cookie", f"{name}={make()}; Path={r.case.base}")])
    (bad if is_bad else good)(S, NOBODY, show)


def visited(is_bad, name, make):
    """Who comes without one is given one; beside it lies a log-in."""
    def enter(r):
        form = "<form method=post><input name=username><input type=password name=password><button>登录</button></form>"
        if r.method == "POST":
            return Reply(page("<p>用户名或密码错误</p>" + form))
        return Reply(page(form), headers=[] if name in r.cookies else [("Set-Cookie", f"{name}={make()}; Path={r.case.base}; HttpOnly")])
    (bad if is_bad else good)(S, NOBODY, lambda v, r: f"<a href='{r.case.base}/enter'>登录</a>", enter=enter)


def count(start=1, step=1):
    c = itertools.count(start, step)
    return lambda: next(c)


def md5(make):
    return lambda: hashlib.md5(str(make()).encode()).hexdigest()


pressed(True, "dvwaSession", count())
pressed(True, "session", lambda: int(time.time()))
pressed(True, "sessid", md5(count()))
pressed(True, "sid", count(10027, 3))
pressed(True, "auth_ticket", lambda c=count(88): f"USR-{c()}")
pressed(True, "token", lambda: int(time.time() * 1000))
pressed(True, "remember", md5(lambda: int(time.time())))
pressed(True, "sessionid", lambda c=count(5): urllib.parse.quote(base64.b64encode(f"session{c()}".encode()).decode()))
pressed(True, "usersession", lambda c=count(7): hashlib.sha1(str(c()).encode()).hexdigest())
visited(True, "SESSION", count(500))
visited(True, "app_sid", lambda c=count(41): f"node3-{c()}")
visited(True, "JSESSION", lambda c=count(9000): f"{c():016d}")
visited(True, "sessionToken", lambda c=count(3): hashlib.sha256(str(c()).encode()).hexdigest())
visited(True, "sess", lambda: int(time.time()))
visited(True, "login_id", lambda c=count(1): base64.b64encode(f"{c()}".rjust(6, "u").encode()).decode())
for press in (pressed, visited):
    press(False, "PHPSESSID", lambda: secrets.token_hex(13))
    press(False, "sid", lambda: secrets.randbelow(10 ** 15))
    press(False, "session", lambda: hashlib.md5(secrets.token_bytes(16)).hexdigest())
    press(False, "sessionid", lambda: base64.urlsafe_b64encode(secrets.token_bytes(24)).decode())
    press(False, "visits", count())
    press(False, "lang_id", lambda: 1)
    press(False, "token", lambda: f"{secrets.token_hex(8)}{random.randrange(10)}")
    press(False, "sess", lambda: f"{int(time.time())}.{secrets.token_hex(12)}")


def adopt(is_bad, name, show):
    def enter(r):
        form = "<form method=post><input name=username><input type=password name=password><button>登录</button></form>"
        return Reply(page(form), headers=[("Set-Cookie", f"{name}={show(r, name)}; Path={r.case.base}; HttpOnly")])
    (bad if is_bad else good)(F, NOBODY, lambda v, r: f"<a href='{r.case.base}/enter'>登录</a>", enter=enter)


def fresh():
    return secrets.token_hex(13)


for n in ("PHPSESSID", "sessionid", "sid", "CFTOKEN"):
    adopt(True, n, lambda r, n: r.get(n) or fresh())
    adopt(False, n, lambda r, n: fresh())
adopt(True, "JSESSIONID", lambda r, n: r.raw_path.partition(";jsessionid=")[2] or fresh())
adopt(False, "JSESSIONID", lambda r, n: fresh())
KNOWN = set()


def known(r, n):
    if r.get(n) in KNOWN:
        return r.get(n)
    KNOWN.add(v := fresh())
    return v


adopt(False, "ASPSESSIONID", known)
adopt(False, "sid", lambda r, n: r.cookies.get(n) or fresh())
