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
        if name == "files" and not r.path.endswith("/files/"):
            return Reply(page("<p>页面不存在</p>"), 404)
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

RAW = "application/octet-stream"
SWAP = b"b0VIM 9.0\0\0\0" + PHP.encode()
PY = "import os\nimport pymysql\n\nclass Shop:\n    password = 'not-real'\n"
JSP = '<%@ page import="java.sql.*" %>\n<% String url = "jdbc:mysql://localhost/shop"; %>\n'


def gzipped():
    return b"\x1f\x8b\x08\0\0\0\0\0\0\3" + zipped()


def script(name, copy, reply, is_bad=True):
    """Another script than index.php, and its copy."""
    def show(v, r):
        return f'<p>栏目</p><a href="{r.case.base}/{name}">进入</a>'
    routes = {name.replace(".", "_"): lambda r: Reply(page("<p>栏目首页</p>"))}
    routes[copy.split("/")[0].replace("-", "_").replace(".", "_")] = lambda r: Reply(*reply) if isinstance(reply, tuple) else reply(r)
    (bad if is_bad else good)(B, NOBODY, show, **routes)


for name, text in ((".index.php.swp", SWAP), ("index.bak", PHP), ("index.php.orig", PHP), ("index.php.save", PHP), ("index.php.zip", zipped()), ("index.php_bak", PHP),
                   ("index.php.tar.gz", gzipped()), ("index.zip", zipped())):
    left(B, name, lambda r, t=text: Reply(t, kind=RAW))
script("shop.py", "shop.py.bak", lambda r: Reply(PY, kind=TEXT))
script("shop.jsp", "shop.jsp~", lambda r: Reply(JSP, kind=RAW))
left(B, "backup.zip", lambda r: Reply(zipped(), kind="application/zip"), linked="index.php")
# What is asked for decides the words, or it is there for everybody to read; a picture, a note, an empty file.
left(B, "index.php.old", lambda r: Reply(page(f"<pre>{E(PHP)}</pre>")), False)
left(B, "index.php.bak", lambda r: Reply("", kind=TEXT), False)
left(B, "index.zip", lambda r: Reply(page("<p>下载已停止</p>"), kind="application/zip"), False)
left(B, "index.php~", lambda r: Reply("GIF89a", kind="image/gif"), False)
left(B, "backup.zip", lambda r: Reply("请联系管理员\n", kind=TEXT), False)
left(B, ".index.php.swp", lambda r: Reply(page("<p>编辑器正在使用</p>")), False)
script("shop.py", "shop.py.txt", lambda r: Reply("from our shop: import duties are yours\n", kind=TEXT), False)
script("view.php", "view.php.txt", lambda r: Reply("VIEW 1 = open\n", kind=TEXT), False)

L = "directory-listing"


STYLES = {
    "apache": lambda p: f"<!DOCTYPE HTML><html><head><title>Index of {p}</title></head><body><h1>Index of {p}</h1><table><tr><th><a href='?C=N;O=D'>Name</a></th></tr><tr><td><a href='/'>Parent Directory</a></td></tr><tr><td><a href='a.sql'>a.sql</a></td></tr></table></body></html>",
    "apache-plain": lambda p: f"<html><head><title>Index of {p}</title></head><body><h1>Index of {p}</h1><ul><li><a href=\"/\"> Parent Directory</a></li><li><a href=\"a.sql\"> a.sql</a></li></ul></body></html>",
    "nginx": lambda p: f"<html><head><title>Index of {p}</title></head><body><h1>Index of {p}</h1><hr><pre><a href=\"../\">../</a>\n<a href=\"a.sql\">a.sql</a>   01-Nov-2026 10:00   120\n</pre><hr></body></html>",
    "python": lambda p: f"<!DOCTYPE HTML><html><head><title>Directory listing for {p}</title></head><body><h1>Directory listing for {p}</h1><hr><ul><li><a href=\"a.sql\">a.sql</a></li></ul><hr></body></html>",
    "iis": lambda p: f"<html><head><title>127.0.0.1 - {p}</title></head><body><H1>127.0.0.1 - {p}</H1><hr><pre><A HREF=\"/\">[To Parent Directory]</A><br><br> 11/1/2026 10:00 AM  120 <A HREF=\"{p}a.sql\">a.sql</A><br></pre><hr></body></html>",
    "tomcat": lambda p: f"<html><head><title>Directory Listing For [{p}]</title></head><body><h1>Directory Listing For [{p}] - <a href='/'><b>Up To [/]</b></a></h1><table><tr><td><a href='{p}a.sql'><tt>a.sql</tt></a></td><td><tt>0.1 kb</tt></td></tr></table></body></html>",
    "jetty": lambda p: f"<!DOCTYPE html><html><head><title>Directory: {p}</title></head><body><h1 class='title'>Directory: {p}</h1><table class='listing'><tr><td class='name'><a href='{p}a.sql'>a.sql&nbsp;</a></td><td class='bytes'>120 bytes</td></tr></table></body></html>",
    "lighttpd": lambda p: f"<!DOCTYPE html><html><head><title>Index of {p}</title></head><body><h2>Index of {p}</h2><div class=list><table summary='Directory Listing'><tbody><tr class='d'><td class='n'><a href='../'>..</a>/</td></tr><tr><td class='n'><a href='a.sql'>a.sql</a></td><td class='m'>2026-Nov-01 10:00:00</td><td class='s'>0.1K</td></tr></tbody></table></div><div class=foot>lighttpd/1.4</div></body></html>",
    "caddy": lambda p: f"<!DOCTYPE html><html><head><title>{p}</title></head><body><header><h1><a href='../'>up</a></h1></header><main><div class=meta><div id=summary><span class='meta-item'><b>0</b> directories</span><span class='meta-item'><b>1</b> file</span></div></div><div class=listing><table aria-describedby=summary><tr class=file><td><a href='./a.sql'><span class=name>a.sql</span></a></td><td class=size>120 B</td><td class=timestamp><time datetime='2026-11-01T10:00:00Z'>11/01/2026</time></td></tr></table></div></main></body></html>",
    "serve-index": lambda p: f"<!DOCTYPE html><html><head><title>listing directory {p}</title></head><body class='directory'><h1><a href='/'>~</a> / files</h1><ul id=files class='view-tiles'><li><a href='{p}a.sql' class='icon icon-sql' title='a.sql'><span class=name>a.sql</span><span class=size>120</span></a></li></ul></body></html>",
    "serve": lambda p: f"<!DOCTYPE html><html><head><title>Files within {p.strip('/').split('/')[-1]}/</title></head><body><main><header><h1><i>Index of&nbsp;</i><a href='{p}'>files/</a></h1></header><ul id=files><li><a href='{p}a.sql' title='a.sql' class='sql'>a.sql</a></li></ul></main></body></html>",
    "go": lambda p: "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n<a href=\"a.sql\">a.sql</a>\n<a href=\"old/\">old/</a>\n</pre>\n",
    "http-server": lambda p: f"<!DOCTYPE html><html><head><title>Index of {p}</title></head><body><h1>Index of {p}</h1><table><tr><td class='perms'><code>(-rw-r--r--)</code></td><td class='file-size'><code>120B</code></td><td class='display-name'><a href='./a.sql'>a.sql</a></td></tr></table><br><address>Node.js</address></body></html>",
    "webrick": lambda p: f"<!DOCTYPE HTML><HTML><HEAD><TITLE>Index of {p}</TITLE></HEAD><BODY><H1>Index of {p}</H1><TABLE width='100%'><THEAD><TR><TH><A HREF='?N=D'>Name</A></TH></TR></THEAD><TR><TD><A HREF='..'>Parent Directory</A></TD></TR><TR><TD><A HREF='a.sql'>a.sql</A></TD><TD>2026/11/01 10:00</TD><TD>120</TD></TR></TABLE></BODY></HTML>",
    "zh": lambda p: f"<html><head><title>{p} 的目录</title></head><body><h1>{p} 的目录</h1><table><tr><th>文件名</th><th>大小</th><th>修改时间</th></tr><tr><td><a href='../'>上级目录</a></td></tr><tr><td><a href='a.sql'>a.sql</a></td><td>120</td><td>2026-11-01 10:00</td></tr></table></body></html>",
}
for s in STYLES:
    left(L, "files", lambda r, s=s: Reply(STYLES[s](r.path)), linked="files/")
left(L, "files", lambda r: Reply('[\n{ "name":"old", "type":"directory", "mtime":"Sun, 01 Nov 2026 10:00:00 GMT" },\n{ "name":"a.sql", "type":"file", "mtime":"Sun, 01 Nov 2026 10:00:00 GMT", "size":120 }\n]', kind="application/json"), linked="files/")
left(L, "files", lambda r: Reply(f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>shop</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Contents><Key>a.sql</Key><LastModified>2026-11-01T10:00:00.000Z</LastModified><Size>120</Size></Contents></ListBucketResult>', kind="application/xml"), linked="files/")
for text in ("<h1>Index of Economic Freedom</h1><p>文章</p>", "<h1>目录</h1><ul><li><a href='/a'>第一章</a></li></ul>",
             "<h1>下载中心</h1><a href='/a.zip'>a.zip</a>", "<p>如何关闭 Apache 的 Index of / 目录列表</p>",
             "<h1>Index of /r/security</h1><p>讨论区首页</p><a href='/t/1'>帖子</a>", "<h2>文件名 大小 修改时间</h2><table><tr><td><a href='https://dl.example.cn/app.apk'>app.apk</a></td><td>12 MB</td><td>2026-11-01</td></tr></table>",
             "<h1>API: GET /files/</h1><pre>&lt;a href=\"a.sql\"&gt;a.sql&lt;/a&gt;</pre>", "<h1>Directory: staff</h1><ul><li><a href='/staff/1'>张三</a></li></ul>",
             "<h1>相册</h1><a href='1.jpg'><img src='1.jpg'></a><a href='2.jpg'><img src='2.jpg'></a>", "<pre><a href='chapter1.html'>Chapter 1</a>\n<a href='chapter2.html'>Chapter 2</a></pre>",
             "<h1>上级目录</h1><p>请返回</p><a href='../'>返回</a>", "<title>listing directory services</title><p>LDAP</p><a href='/x'>x</a>"):
    left(L, "files", lambda r, t=text: Reply(page(t)), False, linked="files/")
left(L, "files", lambda r: Reply('[{"name":"张三","type":"staff","mtime":1},{"name":"李四","type":"staff","mtime":2}]', kind="application/json"), False, linked="files/")
left(L, "files", lambda r: Reply('<?xml version="1.0"?><Contents><Key>menu</Key><Size>2</Size></Contents>', kind="application/xml"), False, linked="files/")
left(L, "files", lambda r: Reply(page("<p>Index of /</p>"), 403), False, linked="files/")

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
