"""Things left lying about: backups, repositories, listings, consoles with a known password; and what only looks so."""
import base64
import io
import re
import zipfile

from target import E, Reply, bad, good, header, page

NOBODY = header("X-None", "1")


def zipped():
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w") as z:
        z.writestr("index.php", "<?php $db_password='not-real';")
    return b.getvalue()


TEXT = "text/plain; charset=utf-8"


def left(kind, name, reply, is_bad=True, linked=""):
    """A file beside the case's page; nothing links to it but what `linked` says."""
    def show(v, r):
        return f'<p>栏目</p><a href="{r.case.base}/{linked or "index.php"}">进入</a>'

    def any_file(r):
        return reply(r) if callable(reply) else Reply(*reply)
    key = name.split("/")[0].replace("-", "_").replace(".", "_")
    (bad if is_bad else good)(kind, NOBODY, show, **{key: any_file, "index_php": lambda r: Reply(page("<p>栏目首页</p>"))})


B = "backup"
PHP = "<?php\n$db_host = 'localhost';\n$db_password = 'not-real';\nmysqli_connect($db_host);\n"
left(B, "index.php.bak", lambda r: Reply(PHP, kind=TEXT))
left(B, "index.php~", lambda r: Reply(PHP, kind="application/octet-stream"))
left(B, "index.php.old", lambda r: Reply(PHP, kind=TEXT))
left(B, "index.php.swp", lambda r: Reply(b"b0VIM 9.0\0\0\0" + PHP.encode(), kind="application/octet-stream"))
left(B, "index.php.txt", lambda r: Reply(PHP, kind=TEXT))
left(B, "index.php.bak", lambda r: Reply(page("<p>页面不存在</p>")), False)
left(B, "index.php.old", lambda r: Reply(page(f"<p>找不到 {E(r.path)}</p>")), False)
left(B, "index.php.txt", lambda r: Reply("请勿下载\n", kind=TEXT) if re.search(r"\.\w+\.\w+$", r.path) else Reply("", 404), False)

L = "directory-listing"


def listing(style):
    return {"apache": lambda p: f"<!DOCTYPE HTML><html><head><title>Index of {p}</title></head><body><h1>Index of {p}</h1><table><tr><th><a href='?C=N;O=D'>Name</a></th></tr><tr><td><a href='/'>Parent Directory</a></td></tr><tr><td><a href='a.sql'>a.sql</a></td></tr></table></body></html>",
            "nginx": lambda p: f"<html><head><title>Index of {p}</title></head><body><h1>Index of {p}</h1><hr><pre><a href=\"../\">../</a>\n<a href=\"a.sql\">a.sql</a>   01-Nov-2026 10:00   120\n</pre><hr></body></html>",
            "python": lambda p: f"<!DOCTYPE HTML><html><head><title>Directory listing for {p}</title></head><body><h1>Directory listing for {p}</h1><hr><ul><li><a href=\"a.sql\">a.sql</a></li></ul><hr></body></html>",
            "iis": lambda p: f"<html><head><title>127.0.0.1 - {p}</title></head><body><H1>127.0.0.1 - {p}</H1><hr><pre><A HREF=\"/\">[To Parent Directory]</A><br><br> 11/1/2026 10:00 AM  120 <A HREF=\"{p}a.sql\">a.sql</A><br></pre><hr></body></html>"}[style]


for s in ("apache", "nginx", "python", "iis"):
    left(L, "files", lambda r, s=s: Reply(listing(s)(r.path)), linked="files/")
for text in ("<h1>Index of Economic Freedom</h1><p>文章</p>", "<h1>目录</h1><ul><li><a href='/a'>第一章</a></li></ul>",
             "<h1>下载中心</h1><a href='/a.zip'>a.zip</a>", "<p>如何关闭 Apache 的 Index of / 目录列表</p>"):
    left(L, "files", lambda r, t=text: Reply(page(t)), False, linked="files/")

D = "default-login"


def basic(user, password, is_bad):
    def door(r):
        given = r.headers.get("Authorization", "")
        want = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        if given == want:
            return Reply(page("<h2>控制台</h2><p>设备状态 正常</p><a href='?logout'>退出</a>"))
        return Reply(page("<p>401</p>"), 401, [("WWW-Authenticate", f'Basic realm="Device {r.case.base}"')])
    left(D, "console", door, is_bad, linked="console")


def form_login(user, password, is_bad, status=302):
    def door(r):
        if r.method == "POST":
            if r.get("username") == user and r.get("password") == password:
                return Reply(page("<h2>控制台</h2><a href='/logout'>退出登录</a>"), 200 if status == 200 else 302, [] if status == 200 else [("Location", r.case.base + "/index.php"), ("Set-Cookie", "auth=1; Path=/; HttpOnly")])
            return Reply(page("<p>用户名或密码错误</p>" + FORM))
        return Reply(page(FORM))
    left(D, "login", door, is_bad, linked="login")


FORM = '<form method=post><input name=username><input type=password name=password><button>登录</button></form>'
basic("admin", "admin", True)
basic("admin", "123456", True)
basic("tomcat", "tomcat", True)
form_login("admin", "admin", True)
form_login("admin", "admin123", True, 200)
form_login("admin", "123456", True)
basic("op", "Zw-91-long-one", False)
form_login("op", "Zw-91-long-one", False)
left(D, "login", lambda r: Reply(page(FORM + (f"<p>欢迎 {E(r.get('username'))}，请继续输入验证码</p>" if r.method == "POST" else ""))), False, linked="login")
left(D, "console", lambda r: Reply(page("<p>控制台说明（公开）</p>")), False, linked="console")
