"""XXE, XPath, LDAP: libxml2 with its guards off, and a directory that reads filters as RFC 4515 has them."""
import re

from lxml import etree

from target import E, Reply, cookie, form, good, json_body, link, loopback, page, pair, segment, xml_body

OPEN = {"resolve_entities": True, "load_dtd": True, "no_network": False, "huge_tree": False}
SHUT = {"resolve_entities": False, "load_dtd": False, "no_network": True, "huge_tree": False}


class Guard(etree.Resolver):
    def resolve(self, system_url, public_id, context):
        url = system_url or ""
        return self.resolve_string("", context) if "://" in url and not url.startswith("file:") and not loopback(url) else None


def parse(text, options, show, errors=False):
    parser = etree.XMLParser(**options)
    parser.resolvers.add(Guard())
    try:
        root = etree.fromstring(text.encode("utf-8") if isinstance(text, str) else text, parser)
    except (etree.XMLSyntaxError, ValueError) as e:
        return f"<pre>{E(str(e))}</pre>" if errors else "<p>格式有误</p>"
    return show(root)


def field(name):
    return lambda root: f"<p>收到 {E(''.join((root.find(name) if root.find(name) is not None else root).itertext()))}</p>"


K = "xxe"
ORDER = "<order><id>7</id><name>书</name></order>"
for start, show in ((xml_body("name", ORDER), field("name")), (xml_body("id", ORDER), field("id")),
                    (xml_body("text", "<feedback><text>你好</text></feedback>"), field("text")),
                    (xml_body("to", "<mail><to>a@example.cn</to><body>x</body></mail>"), lambda root: field("to")(root) + field("body")(root)),
                    (xml_body("x", "<r><x>1</x></r>"), lambda root: f"<p>{E(''.join(root.itertext()))}</p>"),
                    (xml_body("q", '<?xml version="1.0" encoding="UTF-8"?><search><q>abc</q></search>'), field("q"))):
    pair(K, start, lambda v, r, f=show: parse(v, OPEN, f), lambda v, r, f=show: parse(v, SHUT, f))
# Shown by the error only; by an attribute; in a SOAP body; in JSON made of it.
pair(K, xml_body("n", "<n><v>12</v></n>"), lambda v, r: parse(v, OPEN, lambda root: "<p>完成</p>" if (root.findtext("v") or "").strip().isdigit() else f"<p>不是数字：{E(root.findtext('v') or '')}</p>", True),
     lambda v, r: parse(v, SHUT, lambda root: "<p>完成</p>", True))
pair(K, xml_body("name", "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><name>abc</name></soap:Body></soap:Envelope>"),
     lambda v, r: parse(v, OPEN, lambda root: Reply("<out>" + E("".join(root.itertext())) + "</out>", kind="text/xml")),
     lambda v, r: parse(v, SHUT, lambda root: Reply("<out>" + E("".join(root.itertext())) + "</out>", kind="text/xml")))
# XML in a form field; XML where JSON is the custom.
pair(K, form("xml", ORDER), lambda v, r: parse(v, OPEN, field("name")), lambda v, r: parse(v, SHUT, field("name")))
pair(K, form("data", "<a><b>c</b></a>"), lambda v, r: parse(v, OPEN, field("b")), lambda v, r: parse(re.sub(r"<!(?:DOCTYPE|ENTITY).*?>", "", v, flags=re.S | re.I), SHUT, field("b")))
pair(K, link("xml", "<a><b>c</b></a>"), lambda v, r: parse(v, OPEN, field("b")), lambda v, r: "<p>不支持 DOCTYPE</p>" if "<!" in v else parse(v, SHUT, field("b")))
pair(K, xml_body("svg", '<svg xmlns="http://www.w3.org/2000/svg"><text>abc</text></svg>'), lambda v, r: parse(v, OPEN, lambda root: Reply(etree.tostring(root), kind="image/svg+xml")),
     lambda v, r: parse(v, SHUT, lambda root: Reply(etree.tostring(root).replace(b"&", b""), kind="image/svg+xml")))
# Blind: nothing of it is shown.
pair(K, xml_body("id", "<job><id>1</id></job>"), lambda v, r: parse(v, OPEN, lambda root: "<p>已收到</p>"), lambda v, r: parse(v, SHUT, lambda root: "<p>已收到</p>"))
# Only UTF-16 gets by a filter of words; the twin parses safely whatever comes.
pair(K, xml_body("id", "<k><id>1</id></k>"), lambda v, r: "<p>不允许</p>" if b"SYSTEM" in r.body else parse(r.body, OPEN, field("id")), lambda v, r: parse(r.body, SHUT, field("id")))
pair(K, json_body("name", "abc"), lambda v, r: f"<p>{E(str(v))}</p>" if not str(v).startswith("<") else parse(str(v), OPEN, lambda root: f"<p>{E(''.join(root.itertext()))}</p>"), lambda v, r: f"<p>{E(str(v))}</p>")
good(K, xml_body("id", ORDER), lambda v, r: f"<pre>{E(v)}</pre>")
good(K, xml_body("id", ORDER), lambda v, r: "<pre>root:x:0:0:root:/root:/bin/bash</pre>")

X = "xpath"
TREE = etree.fromstring("<users>" + "".join(f"<user><name>{n}</name><pass>{p}</pass><age>{a}</age></user>" for n, p, a in
                                              (("admin", "Zw-9c1f", 40), ("alice", "Qm-77aa", 31), ("bob", "Xy-13bd", 25))) + "</users>")


def names(nodes):
    return "<ul>" + "".join(f"<li>{E(x.findtext('name'))}</li>" for x in nodes) + "</ul>" if nodes else "<p>没有找到</p>"


def path(expr, errors=False, show=names, **variables):
    try:
        return show(TREE.xpath(expr, **variables))
    except etree.XPathError as e:
        return Reply(page(f"<pre>lxml.etree.XPathEvalError: {E(str(e))}</pre>"), 500) if errors else show([])


def door(nodes):
    return f"<p>欢迎 {E(nodes[0].findtext('name'))}</p>" if nodes else "<p>用户名或密码错误</p>"


def bare(v):
    return re.sub(r"['\"\[\]/]", "", str(v))


pair(X, link("name", "alice"), lambda v, r: path(f"//user[name='{v}']"), lambda v, r: path("//user[name=$n]", n=v))
pair(X, link("name", "bob"), lambda v, r: path(f"//user[name='{v}']", True), lambda v, r: path("//user[name=$n]", True, n=v))
pair(X, form("name", "alice"), lambda v, r: path(f'//user[name="{v}"]'), lambda v, r: path("//user[name=$n]", n=v))
pair(X, link("age", "31"), lambda v, r: path(f"//user[age={v}]"), lambda v, r: path("//user[age=$n]", n=v))
pair(X, form("pass", "x", also={"name": "alice"}), lambda v, r: path(f"//user[name='{bare(r.get('name'))}' and pass='{v}']", show=door), lambda v, r: path("//user[name=$n and pass=$p]", show=door, n=r.get("name"), p=v))
pair(X, link("q", "al"), lambda v, r: path(f"//user[contains(name,'{v}')]"), lambda v, r: path("//user[contains(name,$q)]", q=v))
pair(X, link("q", "a"), lambda v, r: path(f"//user[starts-with(name,'{v}')]", True), lambda v, r: path(f"//user[starts-with(name,'{bare(v)}')]", True))
pair(X, json_body("name", "alice"), lambda v, r: path(f"//user[name='{v}']"), lambda v, r: path("//user[name=$n]", n=str(v)))
pair(X, json_body("f/age", 31), lambda v, r: path(f"//user[age={v}]", True), lambda v, r: path("//user[age=$n]", True, n=str(v)))
pair(X, cookie("user", "alice"), lambda v, r: path(f"//user[name='{v}']"), lambda v, r: path("//user[name=$n]", n=v))
pair(X, segment("alice"), lambda v, r: path(f"//user[name='{v}']"), lambda v, r: path("//user[name=$n]", n=v))
pair(X, form("i", "1"), lambda v, r: path(f"//user[{v}]"), lambda v, r: path(f"//user[{int(v) if v.isdigit() else 0}]"))
pair(X, link("name", "alice"), lambda v, r: path(f"count(//user[name='{v}'])", show=lambda n: f"<p>{n or 0}</p>"), lambda v, r: path("count(//user[name=$n])", show=lambda n: f"<p>{n or 0}</p>", n=v))
pair(X, link("name", "bob"), lambda v, r: path(f"//user[(name='{v}')]", show=door), lambda v, r: path("//user[(name=$n)]", show=door, n=v))
pair(X, form("name", "bob"), lambda v, r: path(f"//user[name=concat('{v}','')]"), lambda v, r: path("//user[name=concat($n,'')]", n=v))
good(X, link("name", "bob"), lambda v, r: f"<p>XPath 教程：XPathEvalError 的原因</p><p>{E(v)}</p>")
good(X, form("name", "bob"), lambda v, r: names([]) if "'" in v else names(TREE.xpath("//user[name='bob']")))

L = "ldap"
PEOPLE = [{"uid": "admin", "cn": "Admin", "mail": "admin@example.cn", "userPassword": "Zw"},
          {"uid": "alice", "cn": "Alice", "mail": "alice@example.cn", "userPassword": "Qm"},
          {"uid": "bob", "cn": "Bob", "mail": "bob@example.cn", "userPassword": "Xy"}]


class BadFilter(Exception):
    """What the directory says of a filter it cannot read."""


def node(text, at):
    """One filter from text[at]: (test, next position)."""
    if at >= len(text) or text[at] != "(":
        raise BadFilter("Bad search filter")
    op = text[at + 1:at + 2]
    if op in "&|!" and op:
        parts, i = [], at + 2
        while text[i:i + 1] == "(":
            test, i = node(text, i)
            parts.append(test)
        if text[i:i + 1] != ")" or (op == "!" and len(parts) != 1):
            raise BadFilter("Bad search filter")
        fold = {"&": all, "|": any}.get(op)
        return (lambda d: fold(p(d) for p in parts)) if fold else (lambda d: not parts[0](d)), i + 1
    end = text.find(")", at)
    m = re.fullmatch(r"([A-Za-z][\w-]*)=([^()\0]*)", text[at + 1:end]) if end > 0 else None
    if not m:
        raise BadFilter("Bad search filter")
    want = re.escape(re.sub(r"\\([0-9a-fA-F]{2})", lambda x: chr(int(x.group(1), 16)), m.group(2).replace("*", "\1"))).replace("\1", ".*")
    return lambda d: re.fullmatch(want, d.get(m.group(1), "\0"), re.I | re.S) is not None and m.group(1) in d, end + 1


def search(text):
    test, at = node(text, 0)  # what follows the first filter is ignored, as OpenLDAP's tools do with some input
    return [d for d in PEOPLE if test(d)] if at <= len(text) else []


def esc(v):
    return re.sub(r"[\\*()\0]", lambda m: f"\\{ord(m.group()):02x}", str(v))


def people(text, show=None, errors=False):
    show = show or (lambda found: "<ul>" + "".join(f"<li>{E(d['cn'])}</li>" for d in found) + "</ul>" if found else "<p>没有找到</p>")
    try:
        return show(search(text))
    except BadFilter as e:
        return Reply(page(f"<pre>javax.naming.directory.InvalidSearchFilterException: {E(str(e))}</pre>"), 500) if errors else show([])


def gate(found):
    return f"<p>欢迎 {E(found[0]['cn'])}</p>" if found else "<p>用户名或密码错误</p>"


pair(L, link("uid", "alice"), lambda v, r: people(f"(uid={v})"), lambda v, r: people(f"(uid={esc(v)})"))
pair(L, form("uid", "alice"), lambda v, r: people(f"(uid={v})", errors=True), lambda v, r: people(f"(uid={esc(v)})", errors=True))
pair(L, link("uid", "bob"), lambda v, r: people(f"(&(uid={v})(mail=*))"), lambda v, r: people(f"(&(uid={esc(v)})(mail=*))"))
pair(L, form("pass", "x", also={"uid": "alice"}), lambda v, r: people(f"(&(uid={esc(r.get('uid'))})(userPassword={v}))", gate), lambda v, r: people(f"(&(uid={esc(r.get('uid'))})(userPassword={esc(v)}))", gate))
pair(L, form("user", "bob"), lambda v, r: people(f"(&(uid={v})(userPassword=Xy))", gate), lambda v, r: people(f"(&(uid={esc(v)})(userPassword=Xy))", gate))
pair(L, link("q", "ali"), lambda v, r: people(f"(|(cn={v}*)(mail={v}*))"), lambda v, r: people(f"(|(cn={esc(v)}*)(mail={esc(v)}*))"))
pair(L, link("cn", "Bob"), lambda v, r: people(f"(&(|(cn={v})(uid={v}))(mail=*))"), lambda v, r: people(f"(&(|(cn={esc(v)})(uid={esc(v)}))(mail=*))"))
pair(L, json_body("uid", "alice"), lambda v, r: people(f"(uid={v})"), lambda v, r: people(f"(uid={esc(v)})"))
pair(L, json_body("who/cn", "Bob"), lambda v, r: people(f"(cn={v})", errors=True), lambda v, r: people(f"(cn={esc(v)})", errors=True))
pair(L, cookie("uid", "alice"), lambda v, r: people(f"(uid={v})"), lambda v, r: people(f"(uid={esc(v)})"))
pair(L, segment("alice"), lambda v, r: people(f"(uid={v})"), lambda v, r: people(f"(uid={esc(v)})"))
pair(L, link("uid", "alice"), lambda v, r: people(f"(uid={v})", lambda f: f"<p>{len(f)} 人</p>"), lambda v, r: people(f"(uid={esc(v)})", lambda f: f"<p>{len(f)} 人</p>"))
pair(L, form("mail", "bob@example.cn"), lambda v, r: people(f"(mail={v.replace('*', '')})", errors=True), lambda v, r: people(f"(mail={esc(v.replace('*', ''))})", errors=True))
pair(L, link("filter", "cn=Bob"), lambda v, r: people(f"({v})", errors=True), lambda v, r: people(f"(cn={esc(v[3:])})", errors=True))
pair(L, link("uid", "bob"), lambda v, r: people(f"(!(uid={v}))", errors=True), lambda v, r: people(f"(!(uid={esc(v)}))", errors=True))
good(L, link("q", "a*"), lambda v, r: "<ul>" + "".join(f"<li>{d['cn']}</li>" for d in PEOPLE if re.match(re.escape(v).replace(r"\*", ".*"), d["uid"])) + "</ul>")
BOARD = []


def board(v, r):
    """Keeps what both fields bring: what one probe left there is on the page that the next one sees."""
    BOARD.extend(x for x in (v, r.get("nick")) if x not in BOARD)
    del BOARD[:-60]
    return "<ul>" + "".join(f"<li>{E(x)}</li>" for x in reversed(BOARD)) + "</ul>"


good(L, form("note", "你好", also={"nick": "小明"}), board)
good(L, link("q", "bob"), lambda v, r: f"<p>Bad search filter 是什么意思</p><p>{E(v)}</p>")
