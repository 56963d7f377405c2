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


TYPES = SCHEMA["data"]["__schema"]["types"]


def braces(q):
    deep = most = 0
    for ch in q:
        deep += (ch == "{") - (ch == "}")
        most = max(most, deep)
    return most


class Graph:
    """A small server: what is let through is told by its options. Users have friends, who are users."""

    def __init__(self, **let):
        self.let = let

    def run(self, q, method="POST"):
        let, q = self.let, str(q)
        if not q.strip():
            return {"errors": [{"message": "Must provide query string."}]}
        if q.count("{") != q.count("}"):
            return {"errors": [{"message": "Syntax Error: Expected Name, found <EOF>.", "locations": [{"line": 1, "column": 1}], **let.get("trace", {})}]}
        if "mutation" in q.split("{")[0]:
            if method == "GET" and not let.get("get_mutation"):
                return {"errors": [{"message": "Can only perform a mutation operation from a POST request."}]}
            return {"data": {"__typename": "Mutation"}} if "__typename" in q else {"errors": [{"message": "Unknown field"}]}
        asked = re.findall(r"__schema\b", q), re.findall(r"__type\s*\(", q)
        if asked[0] or asked[1]:
            if (asked[0] and let.get("schema", lambda t: False)(q)) or (asked[1] and not asked[0] and let.get("type")):
                return SCHEMA if asked[0] else {"data": {"__type": TYPES[0] if "Query" in q else None}}
            return {"errors": [{"message": "GraphQL introspection is not allowed"}]}
        aliases = re.findall(r"(\w+)\s*:\s*__typename", q)
        if len(aliases) > let.get("aliases", 10):
            return {"errors": [{"message": "Too many aliases"}]}
        if q.count("__typename") - len(aliases) > let.get("repeats", 5):
            return {"errors": [{"message": "Query is too complex"}]}
        if braces(q) > let.get("depth", 6):
            return {"errors": [{"message": "Query exceeds maximum depth"}]}
        if "__typename" in q:
            return {"data": {m: "Query" for m in (aliases or ["__typename"])}}
        name = (re.findall(r"\{\s*(\w+)", q) or [""])[0]
        if name in FIELDS:
            return {"data": {name: {"name": "alice"}}}
        hint = ' Did you mean "user" or "users"?' if let.get("suggest") else ""
        return {"errors": [{"message": f'Cannot query field "{name}" on type "Query".{hint}', **let.get("trace", {})}]}

    def door(self, r):
        let = self.let
        say = lambda v, status=200: Reply(json.dumps(v), status, kind="application/json")  # noqa: E731  pylint: disable=unnecessary-lambda-assignment
        if r.method == "GET":
            if "text/html" in r.headers.get("Accept", "") and let.get("ide") and "query" not in r.query:
                return Reply(f"<!doctype html><html><head><title>{let['ide']}</title></head><body><div id=graphiql></div><script src='/graphiql.min.js'></script></body></html>")
            if "query" not in r.query:
                return say({"errors": [{"message": "Must provide query string."}]}, 400)
            return say(self.run(r.get("query"), "GET")) if let.get("get", True) else say({"errors": [{"message": "GET is not supported."}]}, 405)
        if "json" not in r.kind:
            return say(self.run(r.get("query") or r.body.decode("utf-8", "replace"))) if let.get("forms") else say({"errors": [{"message": "Must be application/json"}]}, 415)
        body = r.json
        if isinstance(body, list):
            if len(body) > let.get("batch", 0):
                return say({"errors": [{"message": "Batching is not supported."}]}, 400)
            return say([self.run(x.get("query", "")) for x in body])
        return say(self.run(body.get("query", "")))


def graph(is_bad, where="graphql", **let):
    g = Graph(**let)
    (bad if is_bad else good)(G, NOBODY, lambda v, r: f"<a href='{r.case.base}/{where}'>接口</a>", **{where: g.door})


graph(True, batch=50)
graph(True, suggest=True)
graph(True, "v1", schema=lambda q: True, aliases=1)
graph(True, ide="GraphQL Playground")
graph(True, "graph", batch=5, suggest=True)
graph(True, forms=True, get=False, depth=3)
graph(True, get_mutation=True)
graph(True, forms=True)
graph(True, "api", type=True)
graph(True, schema=lambda q: "__schema{" not in q.replace(" ", ""))
graph(True, "query", trace={"extensions": {"exception": {"stacktrace": ["GraphQLError: Cannot query field", "    at /srv/app/node_modules/graphql/index.js:12:3"]}}})
graph(True, ide="GraphiQL")
graph(True, "gql", schema=lambda q: True, get=False)
for w in ("graphql", "api", "query", "gql"):
    graph(False, w)
graph(False, get=False)
graph(False, trace={"extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}})
# Not GraphQL, though it answers like one; data that has the member.
good(G, NOBODY, lambda v, r: f"<a href='{r.case.base}/graphql'>接口</a>", graphql=lambda r: Reply('{"data":{"__typename":null},"errors":[]}', kind="application/json"))
good(G, NOBODY, lambda v, r: f"<a href='{r.case.base}/query'>查询</a>", query=lambda r: Reply(json.dumps({"query": r.body.decode("utf-8", "replace")[:200], "data": []}), kind="application/json"))
good(G, NOBODY, lambda v, r: f"<a href='{r.case.base}/api'>接口</a>", api=lambda r: Reply('{"code":401,"message":"请先登录"}', 401, kind="application/json"))
good(G, NOBODY, lambda v, r: f"<a href='{r.case.base}/graphql'>GraphiQL 使用教程</a>", graphql=lambda r: Reply(page("<p>GraphiQL 是一个网页工具</p>")))

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


def ws_at(is_bad, allow, where, text, refuse=None, after=None):
    """Another way to name the socket on the page, another answer to who only asks for the page."""
    def upgrade(r):
        if (r.headers.get("Upgrade") or "").lower() != "websocket":
            return refuse(r) if refuse else Reply("Bad Request", 400, kind="text/plain")
        return after(r) if after else socket(allow)(r)
    (bad if is_bad else good)(W, NOBODY, lambda v, r: f"<p>消息</p><script>{text.replace('BASE', r.case.base).replace('HOST', HOST(r))}</script>",
                              **{where.split("/")[0].replace("-", "_").replace(".", "_"): upgrade})


def anyone(o, r):
    return True


def own(o, r):
    return o == f"http://{HOST(r)}"


ws_at(True, anyone, "ws", "var s=new WebSocket((location.protocol=='https:'?'wss://':'ws://')+location.host+'BASE/ws');")
ws_at(True, lambda o, r: o in ("null", f"http://{HOST(r)}"), "live", "var u='BASE/live';new WebSocket('ws://HOST'+u);")
ws_at(True, lambda o, r: re.match(f"https?://{HOST(r).split(':')[0]}", o), "notify", "connect('BASE/notify')")
ws_at(True, lambda o, r: o.split(":")[0] in ("http", "https"), "hub", "new WebSocket(`ws://${location.host}BASE/hub`)", lambda r: Reply("Connection ID required", 400, kind="text/plain"))
ws_at(True, lambda o, r: o.rstrip("/").endswith(HOST(r).split(":")[0]) or own(o, r), "feed", "var feed='BASE/feed';new WebSocket('ws://'+location.host+feed)", lambda r: Reply("", 405, kind="text/plain"))
ws_at(True, lambda o, r: "Cookie" in r.headers, "push", "new WebSocket('ws://'+location.host+'BASE/push')")
ws_at(True, lambda o, r: re.search(HOST(r).split(":")[0], o), "echo", "new WebSocket('ws://'+location.host+'BASE/echo')", lambda r: Reply("Can \"Upgrade\" only to \"WebSocket\".", 400, kind="text/plain"))
ws_at(True, anyone, "socket.io", "io('BASE/socket.io/?EIO=4&transport=websocket')", lambda r: Reply('{"code":3,"message":"Bad request"}', 400, kind="application/json"))
ws_at(True, lambda o, r: o != "", "ticker", "var t='BASE/ticker';new WebSocket('ws://'+location.host+t)", lambda r: Reply("not a websocket handshake", 400, kind="text/plain"))
ws_at(True, lambda o, r: not o.endswith(".cn"), "events", "new WebSocket('ws://'+location.host+'BASE/events')")
ws_at(True, lambda o, r: len(o) < 200, "stream", "new WebSocket('ws://'+location.host+'BASE/stream?room=1')")
ws_at(False, own, "ws", "new WebSocket('ws://'+location.host+'BASE/ws')")
ws_at(False, own, "hub", "new WebSocket(`ws://${location.host}BASE/hub`)", lambda r: Reply("Connection ID required", 400, kind="text/plain"))
ws_at(False, lambda o, r: o in ("", f"http://{HOST(r)}"), "live", "new WebSocket('ws://'+location.host+'BASE/live')")
# A secret of the session's stands in the address: another site does not know it.
ws_at(False, lambda o, r: r.get("token") == "9f3a7c21d04e88b1", "push", "new WebSocket('ws://'+location.host+'BASE/push?token=9f3a7c21d04e88b1')")
ws_at(False, anyone, "echo", "new WebSocket('ws://'+location.host+'BASE/echo')", after=lambda r: Reply("", 101, [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", "c3RhdGljLWFuc3dlci1hbHdheXM=")]))
ws_at(False, anyone, "feed", "var feed='BASE/feed'", lambda r: Reply("data: 1\n\n", kind="text/event-stream"), after=lambda r: Reply("data: 1\n\n", kind="text/event-stream"))
ws_at(False, anyone, "events", "new WebSocket('ws://'+location.host+'BASE/events')", after=lambda r: Reply("", 401))
ws_at(False, anyone, "stream", "new WebSocket('ws://'+location.host+'BASE/stream')", after=lambda r: Reply("websocket", 200, [("Upgrade", "websocket")], kind="text/plain"))
ws_at(False, anyone, "chat", "var x='BASE/chat'", lambda r: Reply(page("<p>聊天说明</p>")), after=lambda r: Reply(page("<p>聊天说明</p>")))
ws_at(False, anyone, "notify", "connect('BASE/notify')", lambda r: Reply("[]", kind="application/json"), after=lambda r: Reply("[]", kind="application/json"))
ws_at(False, lambda o, r: re.fullmatch(r"https://([a-z]+\.)?example\.cn", o) or own(o, r), "ticker", "var t='BASE/ticker';new WebSocket('ws://'+location.host+t)")
