"""More websites without a hole, each after a kind that is common and that fools scanners. A site is a function
of a request and returns (status, text or bytes, headers); Content-Type defaults to HTML in UTF-8."""
import ast
import html
import itertools
import json
import operator
import random
import re
import threading
import time
import urllib.parse

E = html.escape
Q = lambda s: urllib.parse.quote(s, safe="")
COUNT = itertools.count(1)
LOCK = threading.Lock()


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.headers, self.body, self.target = method, headers, body, target
        self.path, _, self.query = target.partition("?")
        self.path = urllib.parse.unquote(self.path)
        self.args = dict(urllib.parse.parse_qsl(self.query, keep_blank_values=True))
        self.form = dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)) if method == "POST" else {}

    def get(self, name, default=""):
        return self.args.get(name, self.form.get(name, default))


def page(title, inner, head=""):
    return f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{E(title)}</title>{head}</head><body><h1>{E(title)}</h1>{inner}</body></html>'


def links(*paths):
    return "<nav>" + " ".join(f'<a href="{E(p)}">{E(p)}</a>' for p in paths) + "</nav>"


def lost(what="页面不存在"):
    return 404, page(what, links("/")), []


# ---- a search page that shows what was asked for everywhere, always encoded for the place

def echo(r):
    nav = links("/search?q=书&sort=time", "/tag?name=新闻&page=1", "/hello?user=张三", "/quote?text=abc&lang=zh", "/feed.xml?title=news", "/app.js?callback=show")
    every = {**r.args, **r.form}
    js = json.dumps(every, ensure_ascii=True).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").replace("'", "\\u0027").replace("/", "\\/")
    shown = "".join(f'<p title="{E(k)}={E(v)}">{E(k)}：<b>{E(v)}</b> <a href="/search?{Q(k)}={Q(v)}">{E(v)}</a>'
                    f"<textarea>{E(v)}</textarea><input name=\"{E(k)}\" value=\"{E(v)}\"></p>" for k, v in every.items())
    agent = f'<p>您的浏览器：{E(r.headers.get("User-Agent") or "")}，来自 {E(r.headers.get("Referer") or "")}，Cookie {E(r.headers.get("Cookie") or "")}</p>'
    form = '<form action="/search"><input name="q"><select name="sort"><option>time<option>rank</select></form><form method="post" action="/hello"><input name="user"><textarea name="words"></textarea></form>'
    if r.path == "/feed.xml":
        return 200, f'<?xml version="1.0"?><rss><title>{E(r.get("title"))}</title></rss>', [("Content-Type", "application/xml; charset=utf-8")]
    if r.path == "/app.js":
        name = re.sub(r"[^A-Za-z0-9_.]", "", r.get("callback"))
        return 200, f"/**/{name}({js});", [("Content-Type", "application/javascript; charset=utf-8")]
    if r.path not in ("/", "/search", "/tag", "/hello", "/quote"):
        return 404, page("页面不存在", f"<p>没有 {E(r.path)}，您找的是 {E(r.query)} 吗？</p>{nav}"), []
    return 200, page("搜索 " + " ".join(every.values()), nav + form + shown + agent + f'<script type="application/json" id="q">{js}</script>'), []


# ---- a documentation site about security and operations

KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + "\n".join("MIIEowIBAAKCAQEAu5xHkQ9cJ2mT7vYpLr3dKbWfN8sZqXeA1oGiCtUjRhMyVn"[i:] + "Bk4S"[:i] for i in range(4)) * 3 + "\n-----END RSA PRIVATE KEY-----"
TRACE = ("java.lang.NullPointerException: Cannot invoke method\n\tat com.example.Shop.order(Shop.java:42)\n\tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:897)\n\tat javax.servlet.http.HttpServlet.service(HttpServlet.java:655)")
PYTRACE = 'Traceback (most recent call last):\n  File "/app/main.py", line 12, in <module>\n    main()\nsqlite3.OperationalError: near "\'": syntax error'
NODETRACE = "TypeError: Cannot read properties of undefined\n    at Object.<anonymous> (/srv/app/index.js:3:15)\n    at Module._compile (node:internal/modules/cjs/loader.js:1105:14)"
DOTNET = "Server Error in '/' Application.\n[SqlException (0x80131904): Unclosed quotation mark after the character string]\n   at System.Data.SqlClient.SqlConnection.OnError()\nStack Trace: Microsoft .NET Framework Version:4.0.30319"
PHPERR = "<b>Fatal error</b>:  Uncaught mysqli_sql_exception: You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near '1' in <b>/var/www/html/index.php</b> on line <b>12</b>"
PASSWD = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nbin:x:2:2:bin:/bin:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin"
WININI = "; for 16-bit app support\n[fonts]\n[extensions]\n[mci extensions]\n[files]\n[Mail]\nMAPI=1"
ENVFILE = "APP_ENV=production\nAPP_KEY=base64:YourKeyHere0000000000000000000000000000000000=\nDB_PASSWORD=secret\nAWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\nAWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ARTICLES = {
    "sqli": ("什么是 SQL 注入", ["输入 ' OR '1'='1 以后，程序拼接出的语句恒为真。", "报错示例：", PHPERR, "ORA-01756: quoted string not properly terminated", "unterminated quoted string at or near \"'\"", "SQLSTATE[42000]: Syntax error or access violation: 1064", "UNION SELECT user, password FROM users; SELECT SLEEP(5); WAITFOR DELAY '0:0:5'; pg_sleep(5)"]),
    "traces": ("怎样读异常堆栈", [TRACE, PYTRACE, NODETRACE, DOTNET, "goroutine 1 [running]:\nmain.main()\n\t/tmp/x.go:5", "DEBUG = True"]),
    "passwd": ("Linux 的 /etc/passwd 文件", ["每行一个用户：", PASSWD, "Windows 的 win.ini：", WININI, "uid=0(root) gid=0(root) groups=0(root)", "/etc/shadow: root:$6$saltsalt$hash:19000:0:99999:7:::"]),
    "phpinfo": ("phpinfo() 输出说明", ["phpinfo()", "PHP Version 7.4.33", "System Linux web01 5.10.0 x86_64", "Configuration File (php.ini) Path /etc/php/7.4/fpm", "allow_url_include Off", "disable_functions no value", "$_SERVER['DOCUMENT_ROOT'] /var/www/html"]),
    "keys": ("怎样生成 SSH 与 TLS 密钥", ["ssh-keygen -t rsa 之后得到这样的文件：", KEY, "示例访问密钥：", ENVFILE, "LTAI4FoLmvQ9urWXgSRpDfGk 与 ghp_16C7e42F292c6912E7710c838347Ae178B4a 仅为格式示例。", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"]),
    "cve": ("近年漏洞利用特征汇总", ["CVE-2021-44228：${jndi:ldap://127.0.0.1:1389/a}", "CVE-2017-5638：%{(#nike='multipart/form-data').(#cmd='id')}", "CVE-2014-6271：() { :;}; echo vulnerable", "CVE-2021-41773：/cgi-bin/.%2e/.%2e/etc/passwd", "{{7*7}} 得到 49，${7*7} 得到 49", "<script>alert(1)</script>", "Nacos accessToken、Druid Stat Index、Swagger UI、phpMyAdmin、Jenkins Dashboard、ThinkPHP V5.1、\"propertySources\"、JMX Agent View、Solr Admin、Apache Server Status for localhost", "ref: refs/heads/master  [core]\n\trepositoryformatversion = 0"]),
    "listing": ("Index of /pub/ 是什么", ["目录列表看起来像这样：", "Index of /pub/\nName  Last modified  Size\nParent Directory\nbackup.zip 2024-01-01 10M", "<title>Index of /</title>", "[To Parent Directory]", "Directory Listing For [/]"]),
    "deploy": ("部署手册", ["代码放在 /var/www/html/，日志在 /usr/local/nginx/html/，Windows 下为 C:\\inetpub\\wwwroot\\。", "内网访问 http://192.168.1.10:8080/ 或 http://10.0.0.5:9200/。", ENVFILE, "spring.datasource.password=123456", "define('DB_PASSWORD', 'password');", "<?php $conn = mysqli_connect('localhost','root','root'); echo 'ok'; ?>", "-- MySQL dump 10.13  Distrib 8.0\nCREATE TABLE `users` (id int);\nINSERT INTO `users` VALUES (1);"]),
    "numbers": ("号码格式说明", ["居民身份号码由 18 位组成，例如 11010519491231002X、440524188001010014。", "银行卡号示例：6222021234567890128、4111 1111 1111 1111、4111111111111111、5555555555554444。", "测试手机号：13800138000、13800138001、13800138002、13912345678、18888888888。", "订单号 202211220000123456，ISBN 9787111213826，快递单号 773144256789123。"]),
}


def article(name):
    title, parts = ARTICLES[name]
    return "".join(f"<p>{E(t)}</p>" if "\n" not in t and len(t) < 60 else f"<pre><code>{E(t)}</code></pre>" for t in parts)


def docs_search(r):
    words = [w for w in re.findall(r"[\w一-鿿]+", r.get("q").lower()) if len(w) > 1][:8]
    found = []
    for name, (title, parts) in ARTICLES.items():
        text = (title + " " + " ".join(parts)).lower()
        score = sum(w in text for w in words)
        if score:
            found.append((-score, name))
    out = "".join(f'<h3><a href="/docs/{n}">{E(ARTICLES[n][0])}</a></h3>{article(n)}' for _, n in sorted(found)[:3])
    return 200, page("搜索：" + r.get("q"), f"<p>找到 {len(found)} 篇</p>{out or '<p>没有结果</p>'}"), []


def docs(r):
    nav = links("/", *("/docs/" + n for n in ARTICLES), "/search?q=SQL", "/view?id=sqli&style=dark", "/_sources/deploy.rst.txt", "/examples/", "/archive/2024/")
    form = '<form action="/search"><input name="q" placeholder="搜索文档"></form>'
    if r.path == "/":
        return 200, page("运维与安全手册", nav + form), []
    if r.path.startswith("/docs/") and r.path[6:] in ARTICLES:
        return 200, page(ARTICLES[r.path[6:]][0], nav + form + article(r.path[6:]) + "<!-- 示例：password: ****** 见 /docs/keys -->"), []
    if r.path == "/search":
        return docs_search(r)
    if r.path == "/view":
        return (200, page(ARTICLES[r.get("id")][0], nav + article(r.get("id"))), []) if r.get("id") in ARTICLES else lost()
    if r.path.startswith("/_sources/") and r.path[10:-8] in ARTICLES and r.path.endswith(".rst.txt"):
        title, parts = ARTICLES[r.path[10:-8]]
        return 200, title + "\n=====\n\n" + "\n\n::\n\n   ".join(p.replace("\n", "\n   ") for p in parts), [("Content-Type", "text/plain; charset=utf-8")]
    if r.path == "/examples/":
        return 200, page("Index of /examples/ 示例目录", links("/examples/app.ini.sample", "/examples/app.env.example", "/examples/nginx.conf", "/")), []
    if r.path == "/archive/2024/":
        return 200, page("Index of /archive/2024/", "<p>Parent Directory 是返回上级的意思。</p>" + nav), []
    text = {"/examples/app.env.example": ENVFILE, "/examples/app.ini.sample": "[mysql]\ndatabase.password = your_password\nredis.password=changeme\nhost = 192.168.0.1\n",
            "/examples/nginx.conf": "# /etc/nginx/nginx.conf\nserver { listen 80; root /var/www/html; }\n"}.get(r.path)
    if text:
        return 200, text, [("Content-Type", "text/plain; charset=utf-8")]
    return lost("没有这一篇")


# ---- a firewall that refuses by a page with a number of its own

BAD = re.compile(r"(?i)['\"<>`]|\.\./|union|select|sleep|etc/|\$\{|\{\{|jndi|script|%0[ad]|[\r\n]|passwd|;|\||/\.|\.(bak|sql|git|env|zip|old)")


def incident(r):
    given = urllib.parse.unquote_plus(r.target) + r.body.decode("utf-8", "replace") + (r.headers.get("Referer") or "")
    if BAD.search(given):
        number = random.getrandbits(64)
        filler = "".join(f"<li>{random.getrandbits(32):08x}</li>" for _ in range(random.randint(1, 20)))
        return 403, page("Access Denied", f"<p>Incident ID: {number:020d}-{random.random()}</p><p>{time.time()}</p><ul>{filler}</ul>"), [("X-Request-Id", f"{number:x}"), ("Server", "cloud-waf")]
    nav = links("/news?id=3", "/list?page=2&size=10", "/about", "/user/3", "/search?q=abc")
    if r.path == "/news" and not r.get("id").isdigit():
        return lost()
    return (200, page("公司网站", nav + f'<p>{E(r.path)}</p><form method="post" action="/feedback"><input name="name"><textarea name="text"></textarea></form>'), []) if r.path in ("/", "/news", "/list", "/about", "/user/3", "/search", "/feedback") else lost()


# ---- two backends of different age behind one address

def balanced(r):
    old = random.random() < 0.5
    nav = links("/news?id=3", "/product?cat=5&sort=price", "/about", "/contact", "/search?q=书")
    form = '<form method="post" action="/contact"><input name="name"><input name="phone"></form>'
    known = r.path in ("/", "/news", "/product", "/about", "/contact", "/search")
    head = [("Server", "Apache/2.2.15" if old else "nginx/1.25.3"), ("X-Backend", "web-old" if old else "web-new")] + ([("X-Powered-By", "PHP/5.3.3")] if old else [])
    if not known:
        return (404, "<html><body><h1>Not Found</h1><p>The requested URL was not found on this server.</p></body></html>" if old else page("抱歉", nav + "<p>您访问的页面走丢了</p>"), head)
    inner = nav + form + f"<p>{E(r.get('q'))}</p>"
    if old:
        return 200, page("老版首页", inner + "<table><tr><td>版权所有 2012</td></tr></table>" + "<p>旧闻</p>" * 12), head
    return 200, page("新版首页", inner + "<main><section>欢迎</section></main><footer>© 2026</footer>"), head


# ---- so many a second and no more

class Bucket:
    level, at = 30.0, 0.0


def limiter(r):
    with LOCK:
        now = time.monotonic()
        Bucket.level = min(30.0, Bucket.level + (now - Bucket.at) * 40)
        Bucket.at = now
        over = Bucket.level < 1
        if not over:
            Bucket.level -= 1
    if over:
        if random.random() < 0.6:
            return 429, page("请求过于频繁", f"<p>请 1 秒后再试，编号 {random.getrandbits(30)}</p>"), [("Retry-After", "1")]
        return 503, "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>", []
    nav = links("/news?id=3", "/list?page=2", "/about", "/search?q=abc", "/item/17")
    return (200, page("限速的网站", nav + f"<p>{E(r.get('q'))}</p>"), []) if r.path in ("/", "/news", "/list", "/about", "/search", "/item/17") else lost()


# ---- a content network that tidies addresses up and keeps answers

CACHE = {}


def cdn(r):
    path = re.sub(r"/+", "/", urllib.parse.unquote(r.target.partition("?")[0]).replace("\\", "/").split(";")[0].split("\0")[0])
    parts = []
    for p in path.split("/"):
        if p == "..":
            parts = parts[:-1]
        elif p not in ("", "."):
            parts.append(p)
    tidy = "/" + "/".join(parts).lower()
    if tidy.endswith((".php", ".jsp", ".asp", ".html")):
        return 301, "", [("Location", Q(tidy.rsplit(".", 1)[0]).replace("%2F", "/"))]
    key = (tidy, r.args.get("v"), r.method)
    with LOCK:
        known = CACHE.get(key)
        if known and time.time() - known[0] < 20:
            return known[1], known[2], known[3] + [("X-Cache", "HIT"), ("Age", str(int(time.time() - known[0]))), ("Cache-Control", "public, max-age=20"), ("Vary", "Accept-Encoding")]
    nav = links("/news/", "/News/3.html", "/assets/app.css?v=3", "/assets/logo.png?v=2", "/about", "/search?v=abc&w=600")
    if tidy in ("/", "/news", "/news/3", "/about", "/search"):
        got = (200, page("加速的网站", nav + f'<link rel="canonical" href="https://www.example.com{E(tidy)}"><p>{E(r.args.get("v") or "")}</p>'), [])
    elif tidy.startswith("/assets/"):
        got = (200, "body{color:#333}", [("Content-Type", "text/css; charset=utf-8")])
    else:
        got = (404, page("页面不存在", nav), [])
    with LOCK:
        if len(CACHE) < 5000:
            CACHE[key] = (time.time(), *got)
    return got[0], got[1], got[2] + [("X-Cache", "MISS"), ("Cache-Control", "public, max-age=20"), ("Vary", "Accept-Encoding")]


# ---- nothing without a log-in

def loginwall(r):
    if r.path == "/login":
        next = r.get("next", "/")
        if not re.fullmatch(r"/(?![/\\])[\x21-\x7e一-鿿]*", next):
            next = "/"
        wrong = "<p>用户名或密码错误，请重试。</p>" if r.method == "POST" else ""
        form = (f'<form method="post" action="/login"><input type="hidden" name="next" value="{E(next)}"><input type="hidden" name="csrf_token" value="{random.getrandbits(128):032x}">'
                f'<input name="username" value="{E(r.form.get("username", ""))}"><input type="password" name="password"><button>登录</button></form>')
        return 200, page("请登录", wrong + form), [("Set-Cookie", f"session={random.getrandbits(128):032x}; HttpOnly; SameSite=Lax; Path=/"), ("Cache-Control", "no-store")]
    return 302, page("跳转", f'<a href="/login?next={Q(r.target)}">登录</a>'), [("Location", "/login?next=" + Q(r.target))]


# ---- an interface that answers everything in JSON and repeats what it was given

def api(r):
    head = [("Content-Type", "application/json; charset=utf-8")]
    if r.path == "/":
        return 200, page("接口试用", links("/api/v1/items?page=1&size=10", "/api/v1/users/3", "/api/v1/echo?text=abc", "/api/v1/sort?by=name&order=asc", "/api/v1/detail?id=3")
                         + '<form action="/api/v1/echo" method="post"><input name="text" value="hi"></form><script>fetch("/api/v1/session");fetch("/api/v1/save",{method:"POST",body:JSON.stringify({name:"a",n:1})})</script>'), []
    if not r.path.startswith("/api/"):
        return 404, json.dumps({"code": 404, "message": "no route for " + r.path, "path": r.target}), head
    every = {**r.args, **r.form}
    if r.path.endswith("/detail") and not r.get("id").isdigit():
        return 400, json.dumps({"code": 400, "message": f"Failed to convert value of type 'java.lang.String' to required type 'int'; For input string: \"{r.get('id')}\"", "timestamp": time.time(), "traceId": f"{random.getrandbits(64):x}"}, ensure_ascii=False), head
    if r.path.endswith(("/session", "/users/3", "/save")):
        return 200, json.dumps({"code": 401, "msg": "未登录或登录已过期", "data": None, "success": False}, ensure_ascii=False), head
    data = r.body.decode("utf-8", "replace") if "json" in (r.headers.get("Content-Type") or "") else None
    return 200, json.dumps({"code": 0, "data": {"args": every, "body": data, "path": r.path, "agent": r.headers.get("User-Agent")}, "time": int(time.time() * 1000)}, ensure_ascii=False), head


# ---- every page with other advertisements, counters and tokens

WORDS = [a + b for a in "春夏秋冬新旧热冷" for b in "装鞋帽衫裤裙包表"]


def adverts(r):
    rnd = random.Random()
    nav = links("/read?id=12", "/list?cat=3&page=2", "/rank", "/search?q=鞋", "/cart")
    ads = "".join(f'<div class="ad" id="ad-{rnd.getrandbits(32):x}"><a href="/read?id={rnd.randint(1, 40)}">{rnd.choice(WORDS)}{rnd.choice(WORDS)} ￥{rnd.randint(9, 9999)}.{rnd.randint(10, 99)}</a></div>' for _ in range(rnd.randint(0, 30)))
    token = f'<input type="hidden" name="csrf_token" value="{rnd.getrandbits(160):040x}">'
    form = f'<form method="post" action="/cart">{token}<input name="sku" value="881"><input name="amount" value="1"></form><form action="/search"><input name="q"></form>'
    foot = f"<p>{time.strftime('%Y-%m-%d %H:%M:%S')}，{rnd.randint(1, 99999)} 人在线，用时 {rnd.random():.4f} 秒</p>"
    known = r.path in ("/", "/read", "/list", "/rank", "/search", "/cart")
    if r.path == "/read" and (not r.get("id").isdigit() or int(r.get("id")) > 40):
        known = False
    return 200 if known else 404, page("商城" if known else "没有找到", nav + ads + form + f"<p>{E(r.get('q'))}</p>" + ads[: rnd.randint(0, len(ads))].rpartition("<div")[0] + foot), [("Set-Cookie", f"visit={rnd.getrandbits(64):x}; HttpOnly; SameSite=Lax"), ("ETag", f'"{rnd.getrandbits(64):x}"')]


# ---- slow, now more, now less

def slow(r):
    time.sleep(min(6.0, max(0.2, random.lognormvariate(-0.4, 0.8))))
    nav = links("/news?id=3", "/search?q=书&page=1", "/about")
    return (200, page("慢网站", nav + f"<p>{E(r.get('q'))}</p><form method=post action=/ask><input name=name><textarea name=text></textarea></form>"), []) if r.path in ("/", "/news", "/search", "/about", "/ask") else lost()


# ---- GBK

def gbk(r):
    def dec(s):
        return urllib.parse.unquote_to_bytes(s.replace("+", " ")).decode("gbk", "replace")
    given = {dec(k): dec(v) for k, _, v in (p.partition("=") for p in (r.query + "&" + r.body.decode("latin-1")).split("&") if p)}
    nav = '<a href="/search.asp?key=%CA%E9&type=1">书</a> <a href="/news.asp?id=7">新闻</a> <a href="/list.asp?cls=2&page=1">列表</a> <a href="/guest.asp">留言</a>'
    form = '<form action="/search.asp"><input name="key"><input name="type" value="1"></form><form method="post" action="/guest.asp"><input name="xm"><textarea name="nr"></textarea></form>'
    shown = "".join(f'<p>{E(k)}：{E(v)}</p><input name="a" value="{E(v)}">' for k, v in given.items())
    known = r.path in ("/", "/search.asp", "/news.asp", "/list.asp", "/guest.asp")
    if r.path == "/news.asp" and not given.get("id", "").isdigit():
        return 200, "<html><head><meta http-equiv=Content-Type content='text/html; charset=gb2312'></head><body><script>alert('参数错误！');history.go(-1);</script></body></html>".encode("gbk"), [("Content-Type", "text/html")]
    text = f"<html><head><meta http-equiv=Content-Type content='text/html; charset=gb2312'><title>某单位</title></head><body>{nav}{form}{shown}{'' if known else '找不到该页'}</body></html>"
    return 200 if known else 404, text.encode("gbk", "replace"), [("Content-Type", "text/html; charset=gbk")]


# ---- a forum that keeps everything and shows it encoded

POSTS = [("欢迎", "请遵守版规", "管理员")]
NAMES = {"1": "管理员"}


def forum(r):
    nav = links("/", "/thread?id=1", "/user?id=1", "/search?q=欢迎", "/new", "/list?order=time")
    with LOCK:
        if r.method == "POST" and r.path == "/post":
            POSTS.append((r.form.get("title", "")[:3000], r.form.get("content", "")[:3000], r.form.get("author", "")[:3000]))
            del POSTS[1:-30]
            return 302, "", [("Location", "/thread?id=1")]
        if r.method == "POST" and r.path == "/profile":
            NAMES["1"] = r.form.get("nick", "")[:3000]
            return 302, "", [("Location", "/user?id=1")]
        posts = list(POSTS)
    shown = "".join(f'<article id="p{i}" data-title="{E(t)}"><h3>{E(t)}</h3><p>{E(c)}</p><small>{E(a)}</small></article>' for i, (t, c, a) in enumerate(posts))
    form = '<form method="post" action="/post"><input name="title" value="你好"><textarea name="content">内容</textarea><input name="author" value="访客"></form>'
    if r.path in ("/", "/thread", "/list"):
        return 200, page("论坛", nav + shown + form), []
    if r.path == "/new":
        return 200, page("发帖", nav + form), []
    if r.path in ("/user", "/profile"):
        return 200, page(f"用户 {NAMES['1']}", nav + '<form method="post" action="/profile"><input name="nick" value="' + E(NAMES["1"]) + '"></form>'), []
    if r.path == "/search":
        hits = [p for p in posts if r.get("q") and r.get("q") in p[0] + p[1]]
        return 200, page("搜索 " + r.get("q"), nav + f"<p>{len(hits)} 条</p>" + "".join(f"<p>{E(t)}</p>" for t, _, _ in hits)), []
    return lost()


# ---- tools: a calculator, a page that leaves the site only after a warning, strict numbers

OPS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.USub: operator.neg}


def reckon(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and abs(node.value) < 1 << 40:
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in OPS:
        return OPS[type(node.op)](reckon(node.left), reckon(node.right))
    if isinstance(node, ast.UnaryOp) and type(node.op) in OPS:
        return OPS[type(node.op)](reckon(node.operand))
    raise ValueError("只支持整数的加减乘")


def tools(r):
    nav = links("/calc?expr=3*4", "/go?url=/about", "/back?to=/about", "/item?id=5", "/lang?set=zh", "/img?w=100&h=50", "/whois?host=example.com", "/fetch?url=http://example.com/a")
    if r.path == "/calc":
        try:
            return 200, page("计算器", nav + f"<p>{E(r.get('expr'))} = {reckon(ast.parse(r.get('expr')[:60].strip(), mode='eval').body)}</p>"), []
        except (ValueError, SyntaxError, RecursionError, MemoryError) as e:
            return 200, page("计算器", nav + f"<p>{E(r.get('expr'))}：{E(str(e))}</p>"), []
    if r.path == "/go":
        return 200, page("您即将离开本站", nav + f'<p>目标网址 {E(r.get("url"))} 不受本站控制。</p><a rel="nofollow" href="{E(r.get("url")) if re.match("https?://", r.get("url")) else "/"}">继续访问</a>'), []
    if r.path == "/back":
        to = r.get("to")
        ok = re.fullmatch(r"/(?![/\\])[A-Za-z0-9/_?=&.-]*", to)
        return 302, "", [("Location", to if ok else "/")]
    if r.path == "/lang":
        return 302, "", [("Location", "/"), ("Set-Cookie", "lang=" + Q(r.get("set")) + "; HttpOnly; SameSite=Lax")]
    if r.path == "/item":
        m = re.match(r"\s*(\d+)", r.get("id"))
        n = int(m[1]) if m else 0
        return (200, page(f"商品 {n}", nav + f"<p>第 {n} 件商品，价格 {n * 37 % 101}</p>"), []) if 0 < n < 500 else (302, "", [("Location", "/error?code=1")])
    if r.path == "/img":
        return (200, f"<svg xmlns='http://www.w3.org/2000/svg' width='{int(r.get('w'))}' height='{int(r.get('h'))}'/>", [("Content-Type", "image/svg+xml")]) if r.get("w").isdigit() and r.get("h").isdigit() else (400, page("参数错误", ""), [])
    if r.path in ("/whois", "/fetch"):
        return 200, page("查询", nav + f"<p>{E(r.get('host') + r.get('url'))}：不在允许的名单里</p>"), []
    return (200, page("工具箱", nav), []) if r.path in ("/", "/about", "/error") else lost()


# ---- a shop of one page whose interface says 200 to everything, "not logged in" inside

def spa(r):
    if r.path.startswith(("/api", "/prod-api", "/system", "/auth", "/actuator", "/v1", "/v2", "/v3", "/nacos", "/druid")):
        return 200, json.dumps({"msg": f"请求访问：{r.path}，认证失败，无法访问系统资源", "code": 401}, ensure_ascii=False), [("Content-Type", "application/json;charset=utf-8")]
    if r.path.startswith("/static/"):
        return (200, 'var a={api:"/prod-api/login",user:"/prod-api/getInfo",list:"/prod-api/system/user/list?pageNum=1&pageSize=10",password:"",accessKey:"",secret:"your-secret",token:"Admin-Token"};fetch(a.list);', [("Content-Type", "application/javascript; charset=utf-8")]) if r.path.endswith("app.1f2e3d4c.js") else (404, "", [])
    return 200, page("管理系统", "<noscript>请启用 JavaScript</noscript><div id=app></div>", '<script src="/static/js/app.1f2e3d4c.js"></script>'), []


SITES = {"echo": echo, "docs": docs, "incident": incident, "balanced": balanced, "limiter": limiter, "cdn": cdn, "loginwall": loginwall,
         "api": api, "adverts": adverts, "slow": slow, "gbk": gbk, "forum": forum, "tools": tools, "spa": spa}
