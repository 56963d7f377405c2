"""Log-ins with a password that everybody knows, through every kind of door; and doors that only look open."""
import base64
import json
import secrets
import time

from cases.exposure import D, FORM, left
from target import E, Reply, bad, good, json_body, page

IN = "<h2>控制台</h2><p>设备状态 正常</p><a href='/logout'>退出登录</a>"
SESSIONS = {}


def given(r, user="username", password="password"):
    return r.get(user), r.get(password)


def door(is_bad, answer, show=lambda r: FORM, name="login"):
    """answer(r): what a submission gets; show(r): the page of the form."""
    left(D, name, lambda r: answer(r) if r.method == "POST" else Reply(page(show(r))), is_bad, linked=name)


def wrong(more="", status=200):
    return Reply(page(f"<p>用户名或密码错误</p>{more}"), status)


# Another name for the fields; the answer is a refused status; the way in is a cookie only.
door(True, lambda r: Reply(page(IN)) if given(r, "user", "pwd") == ("root", "root") else wrong(status=401),
     lambda r: "<form method=post><input name=user><input type=password name=pwd><button>Login</button></form>")
door(True, lambda r: Reply("", 302, [("Location", "../"), ("Set-Cookie", "lg=" + secrets.token_hex(8) + "; Path=/; HttpOnly")]) if given(r) == ("test", "test") else Reply("", 302, [("Location", r.case.base + "/login?error=1")]))
door(True, lambda r: Reply(page("<script>location.href='main'</script>正在进入，欢迎 guest")) if given(r) == ("guest", "guest") else wrong(FORM))
# A fresh token stands in the form, bound to a cookie, good once.
TOKENS = {}


def token_form(r):
    sid, token = secrets.token_hex(8), secrets.token_hex(12)
    TOKENS[sid] = token
    return Reply(page(f'<form method=post><input type=hidden name=csrf_token value="{token}"><input name=username><input type=password name=password><button>登录</button></form>'),
                 headers=[("Set-Cookie", f"presess={sid}; Path={r.case.base}")])


def token_login(right):
    def answer(r):
        if r.method != "POST":
            return token_form(r)
        if TOKENS.pop(r.cookies.get("presess", ""), None) != r.get("csrf_token"):
            return Reply(page("<p>页面已过期</p>"), 403)
        return Reply(page(IN)) if given(r) == right else wrong()
    return answer


left(D, "login", token_login(("admin", "123456")), True, linked="login")
left(D, "login", token_login(("admin", "Zw-77-long-one")), False, linked="login")


# Said in JSON, asked in JSON or in a form.
def json_answer(right, field="code"):
    def answer(r):
        body = r.json if "json" in r.kind else {"username": r.get("username"), "password": r.get("password")}
        ok = (body.get("username"), body.get("password")) == right
        text = {"code": 0, "msg": "ok", "data": {"token": secrets.token_hex(16)}} if ok else {"code": 500, "msg": "用户名或密码错误"}
        return Reply(json.dumps(text if field == "code" else {"success": ok}, ensure_ascii=False), kind="application/json")
    return answer


door(True, json_answer(("admin", "admin")))
door(True, json_answer(("admin", "123456"), "success"))
door(False, json_answer(("op", "Zw-91-long-one")))
# Interfaces that are described, not linked.
for right, is_bad in ((("admin", "admin123"), True), (("admin", "123456"), True), (("op", "Zw-91-long-one"), False)):
    (bad if is_bad else good)(D, json_body("username", "scanner", also={"password": "x1-y2-z3"}), lambda v, r, w=right: json_answer(w)(r))
# By GET.
left(D, "login", lambda r: Reply(page(IN)) if given(r) == ("admin", "admin") else wrong(FORM.replace("post", "get")), True, linked="login")


# Locks after five wrong ones for an account: counted, and what was tried must stay below.
class Lock:
    def __init__(self, right, most):
        self.right, self.most, self.wrong = right, most, {}

    def __call__(self, r):
        user, word = given(r)
        if len(self.wrong.get(user, ())) >= self.most:
            return Reply(page("<p>账户已锁定，请稍后再试</p>"), 423)
        if (user, word) == self.right:
            self.wrong.pop(user, None)
            return Reply(page(IN))
        if len(self.wrong) < 1000:
            self.wrong.setdefault(user, set()).add(time.time())
        return wrong(FORM)


door(True, Lock(("admin", "123456"), 5))
door(True, Lock(("admin", "admin"), 3))
door(False, Lock(("admin", "Zw-12-long-one"), 5))


# A delay and a count of what is left, as warned of: no more than that is tried.
def counted():
    left_over = {"n": 4}

    def answer(r):
        left_over["n"] = max(0, left_over["n"] - 1)
        return wrong(f"<p>还可以尝试 {left_over['n']} 次</p>" + FORM)
    return answer


door(False, counted())


def basic(right, realm, is_bad, status=200):
    def answer(r):
        want = "Basic " + base64.b64encode(":".join(right).encode()).decode()
        if r.headers.get("Authorization", "") == want:
            return Reply(page("<h2>Status</h2><p>Uptime 12 days</p>"), status)
        return Reply(page("<p>401</p>"), 401, [("WWW-Authenticate", f'Basic realm="{realm}"')])
    left(D, "console", answer, is_bad, linked="console")


basic(("guest", "guest"), "RabbitMQ Management", True)
basic(("root", "123456"), "NVR", True)
basic(("admin", ""), "Router", True)
basic(("admin", "password"), "NETGEAR", True)
basic(("op", "Zw-31-long-one"), "Switch", False)
# Whoever comes is let in, or nobody is told; a register form; a search with a password field beside.
door(False, lambda r: Reply(page(IN)))
door(False, lambda r: Reply(page(f"<p>{E(given(r)[0])}，验证短信已发送</p>")))
door(False, lambda r: wrong(f"<p>最近登录：{time.time_ns()}</p>"))
door(False, lambda r: Reply(page("<p>欢迎 admin 的朋友，用户名或密码错误</p>" if given(r)[0] == "admin" else "<p>用户名或密码错误</p>")))
door(False, lambda r: Reply(page(f"<p>欢迎，{E(given(r)[0])}，注册成功，请查收邮件</p>")),
     lambda r: "<form method=post><input name=username><input type=password name=password><input type=password name=confirm><button>注册</button></form>")
left(D, "console", lambda r: Reply(page("<p>ok</p>")) if r.headers.get("Authorization") else Reply(page("<p>401</p>"), 401, [("WWW-Authenticate", 'Basic realm="any"')]), False, linked="console")
