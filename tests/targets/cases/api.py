"""Tokens, GraphQL, WebSocket: what an interface lets through."""
import base64
import hashlib
import hmac
import json
import re
import time

from target import E, Reply, bad, good, header, link, page

NOBODY = header("X-None", "1")
J = "jwt"


def b64(b):
    return base64.urlsafe_b64encode(b).rstrip(b"=").decode()


def unb64(s):
    return base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))


def sign(claims, key, alg="HS256"):
    h = b64(json.dumps({"alg": alg, "typ": "JWT"}).encode()) + "." + b64(json.dumps(claims).encode())
    return h + "." + b64(hmac.new(key, h.encode(), {"HS256": "sha256", "HS512": "sha512"}[alg]).digest())


def verify(text, key, none=False, unsigned=False, skip_alg=False):
    """The claims, or None."""
    try:
        h, c, s = text.split(".")
        head, claims = json.loads(unb64(h)), json.loads(unb64(c))
    except ValueError:
        return None
    alg = head.get("alg", "")
    if unsigned or (none and str(alg).lower() == "none"):
        return claims
    if alg not in ("HS256", "HS512") and not skip_alg:
        return None
    want = hmac.new(key, (h + "." + c).encode(), {"HS512": "sha512"}.get(alg, "sha256")).digest()
    try:
        if not hmac.compare_digest(want, unb64(s)):
            return None
    except ValueError:
        return None
    return claims if claims.get("exp", 1e12) > time.time() else None


STRONG = hashlib.sha256(b"zhanwei target key that nobody guesses").digest()


def token_case(is_bad, key=STRONG, alg="HS256", claims=None, **how):
    """The token comes as a cookie; the page shows whose it is."""
    def show(v, r):
        t = r.cookies.get("token_" + r.case.base.rsplit("/", 1)[-1], "")
        c = verify(t, key, **how) if t else None
        mine = {"sub": "guest", "role": "user", "iat": 1760000000, "exp": int(time.time()) + 86400, **(claims or {})}
        mine = {k: x for k, x in mine.items() if x is not None}
        if c is None:
            return Reply(page("<p>请先登录</p>" if t else "<p>欢迎</p>"), 401 if t else 200,
                         [] if t else [("Set-Cookie", f"token_{r.case.base.rsplit('/', 1)[-1]}={sign(mine, key, alg)}; Path={r.case.base}; HttpOnly; SameSite=Lax")])
        return page(f"<p>当前用户 {E(str(c.get('sub')))}，角色 {E(str(c.get('role')))}</p>")
    (bad if is_bad else good)(J, NOBODY, lambda v, r: wrap(show(v, r), r), me=lambda r: wrap(show("", r), r))


def wrap(x, r):
    if isinstance(x, Reply):
        x.body = x.body.replace("</body>", f'<a href="{r.case.base}/me">我的</a></body>')
        return x
    return Reply(x)


token_case(True, none=True)
token_case(True, unsigned=True)
token_case(True, key=b"secret")
token_case(True, key=b"123456", alg="HS512")
token_case(True, key=b"password")
token_case(True, key=b"your-256-bit-secret")
token_case(True, key=b"admin", none=True)
token_case(True, key=b"")
token_case(False)
token_case(False, alg="HS512")
token_case(False, claims={"role": "user", "scope": "none"})
token_case(False, key=hashlib.sha512(b"another strong one").digest())

G = "graphql"
FIELDS = ["user", "users", "order"]
SCHEMA = {"data": {"__schema": {"queryType": {"name": "Query"}, "mutationType": None, "subscriptionType": None, "directives": [], "types": [
    {"kind": "OBJECT", "name": "Query", "fields": [{"name": f, "args": [{"name": "id", "type": {"kind": "SCALAR", "name": "ID", "ofType": None}}], "type": {"kind": "OBJECT", "name": "User", "ofType": None}} for f in FIELDS]},
    {"kind": "OBJECT", "name": "User", "fields": [{"name": "name", "args": [], "type": {"kind": "SCALAR", "name": "String", "ofType": None}}]}]}}}


def graphql(introspection, suggest, batch, where):
    def run(q):
        q = str(q)
        if "__schema" in q or "__type" in q.replace("__typename", ""):
            return SCHEMA if introspection else {"errors": [{"message": "GraphQL introspection is not allowed"}]}
        if "__typename" in q:
            return {"data": {m: "Query" for m in (re.findall(r"(\w+)\s*:\s*__typename", q) or ["__typename"])}}
        name = (re.findall(r"\{\s*(\w+)", q) or [""])[0]
        if name in FIELDS:
            return {"data": {name: {"name": "alice"}}}
        hint = f' Did you mean "{FIELDS[0]}" or "{FIELDS[1]}"?' if suggest and name.startswith("use") else ""
        return {"errors": [{"message": f'Cannot query field "{name}" on type "Query".{hint}', "locations": [{"line": 1, "column": 3}]}]}

    def door(r):
        if r.method == "GET" and "query" not in r.query:
            return Reply('{"errors":[{"message":"Must provide query string."}]}', 400, kind="application/json")
        body = {"query": r.get("query")} if r.method == "GET" else r.json
        if isinstance(body, list):
            if not batch:
                return Reply('{"errors":[{"message":"Batching is not supported."}]}', 400, kind="application/json")
            return Reply(json.dumps([run(x.get("query", "")) for x in body[:50]]), kind="application/json")
        return Reply(json.dumps(run(body.get("query", ""))), kind="application/json")
    (bad if introspection else good)(G, NOBODY, lambda v, r: f"<p>接口 {r.case.base}/{where}</p><a href='{r.case.base}/{where}'>接口</a>", **{where: door})


for w in ("graphql", "api", "query"):
    graphql(True, True, True, w)
    graphql(False, False, False, w)
graphql(True, False, False, "graphql")
good(G, NOBODY, lambda v, r: f"<a href='{r.case.base}/graphql'>GraphQL 教程</a>", graphql=lambda r: Reply(page("<pre>{ __schema { types { name } } }</pre>")))

W = "websocket"


def socket(allow):
    def upgrade(r):
        key = r.headers.get("Sec-WebSocket-Key")
        if (r.headers.get("Upgrade") or "").lower() != "websocket" or not key:
            return Reply(page("<p>Upgrade Required</p>"), 426)
        if not allow(r.headers.get("Origin", ""), r):
            return Reply("", 403)
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        return Reply("", 101, [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)])
    return upgrade


def ws(is_bad, allow):
    (bad if is_bad else good)(W, NOBODY, lambda v, r: f"<p>聊天室</p><script>var s=new WebSocket('ws://'+location.host+'{r.case.base}/chat');</script><!-- ws://{r.headers.get('Host')}{r.case.base}/chat -->", chat=socket(allow))


HOST = lambda r: r.headers.get("Host", "")  # noqa: E731  pylint: disable=unnecessary-lambda-assignment
ws(True, lambda o, r: True)
ws(True, lambda o, r: HOST(r).split(":")[0] in o)
ws(True, lambda o, r: o == "" or o.startswith("http"))
ws(True, lambda o, r: o.startswith(f"http://{HOST(r).split(':')[0]}"))
ws(False, lambda o, r: o == f"http://{HOST(r)}")
ws(False, lambda o, r: o in (f"http://{HOST(r)}", "https://www.example.cn"))
ws(False, lambda o, r: False)
