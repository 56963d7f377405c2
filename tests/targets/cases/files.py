"""Path traversal and inclusion: real files. DOCS holds what may be read; beside it lie things that may not."""
import base64
import os
import re
import urllib.parse
import urllib.request

from target import E, ROOT, Reply, cookie, form, good, header, json_body, link, loopback, page, pair, segment

DOCS = ROOT / "docs"
(DOCS / "zh").mkdir(parents=True)
for n in ("a.txt", "b.txt", "zh/a.txt", "zh/menu.php", "menu.php", "home.html"):
    (DOCS / n).write_text(f"document {n}\n", encoding="utf-8")
(ROOT / "settings.php").write_text("<?php $db_password = 'not-real'; // settings\n", encoding="utf-8")


def read(path, fail="<p>文件不存在</p>"):
    try:
        with open(path, "rb") as f:
            return "<pre>" + E(f.read(6000).decode("utf-8", "replace")) + "</pre>"
    except (OSError, ValueError):
        return fail


def raw(path):
    try:
        with open(path, "rb") as f:
            return Reply(f.read(6000), kind="application/octet-stream")
    except (OSError, ValueError):
        return Reply("", 404)


def inside(v):
    full = os.path.realpath(os.path.join(DOCS, v))
    return full if full.startswith(str(DOCS) + "/") else "/nonexistent"


def once(v):
    return v.replace("../", "")


def windows(v):
    """A Windows machine: backslashes separate, win.ini is there."""
    text = re.sub("/+", "/", str(v).replace("\\", "/").lower())
    if text.rstrip(". ").endswith("windows/win.ini") and ("../.." in text or text.startswith("c:/")):
        return "<pre>; for 16-bit app support\n[fonts]\n[extensions]\n[mci extensions]\n[files]\n[Mail]\nMAPI=1\n</pre>"
    return read(inside(text))


K = "traversal"
D = str(DOCS)
pair(K, link("file", "a.txt"), lambda v, r: read(f"{D}/{v}"), lambda v, r: read(inside(v)))
pair(K, form("file", "b.txt"), lambda v, r: read(f"{D}/" + once(v)), lambda v, r: read(f"{D}/" + os.path.basename(v)))
pair(K, link("path", "/usr/share/common-licenses/BSD"), lambda v, r: read(v), lambda v, r: read(v if v.startswith("/usr/share/common-licenses/") and ".." not in v else "/nonexistent"))
pair(K, link("page", "menu"), lambda v, r: read(f"{D}/{v}.php".split("\0")[0]), lambda v, r: read(inside(v.split("\0")[0] + ".php")))
# The ending is forced and nothing known is readable: only ./ and zh/../ tell.
pair(K, link("page", "menu"), lambda v, r: read(f"{D}/{v}.php"), lambda v, r: read(inside(v + ".php")) if re.fullmatch(r"[a-z]+", v) else "<p>文件不存在</p>")
pair(K, link("doc", "zh/a.txt"), lambda v, r: read(f"{D}/{urllib.parse.unquote(v)}") if ".." not in v else "<p>不允许</p>", lambda v, r: read(inside(urllib.parse.unquote(v))))
pair(K, link("img", "a.txt"), lambda v, r: raw(f"{D}/{v}"), lambda v, r: raw(inside(v)))
pair(K, json_body("file", "a.txt"), lambda v, r: read(f"{D}/{v}"), lambda v, r: read(inside(str(v))))
pair(K, json_body("opt/path", "b.txt"), lambda v, r: Reply('{"text": "' + base64.b64encode(read(f"{D}/{v}").encode()).decode() + '"}', kind="application/json"),
     lambda v, r: Reply('{"text": "' + base64.b64encode(read(inside(str(v))).encode()).decode() + '"}', kind="application/json"))
pair(K, cookie("lang", "zh"), lambda v, r: read(f"{D}/{v}/a.txt") if os.path.isdir(f"{D}/{v}") else read(f"{D}/{v}"), lambda v, r: read(inside(v + "/a.txt")))
pair(K, segment("a.txt"), lambda v, r: read(f"{D}/{v}"), lambda v, r: read(inside(v)))
pair(K, link("file", "a.txt"), lambda v, r: windows(v), lambda v, r: windows(os.path.basename(v.replace("\\", "/"))))
pair(K, form("file", "a.txt"), lambda v, r: read(f"{D}/" + v.replace("../", "").replace("..\\", "")) if "etc" in v else read(f"{D}/{once(v)}"), lambda v, r: read(inside(once(v))))
pair(K, link("t", "home.html"), lambda v, r: read(f"{D}/{v}") if v.endswith(".html") or "\0" in v and v.split("\0")[1].endswith(".html") else "<p>只允许 html</p>" if ".." not in v else read((f"{D}/" + v).split("#")[0].split("?")[0]),
     lambda v, r: read(inside(v)) if v.endswith(".html") else "<p>只允许 html</p>")
pair(K, link("src", "file.php"), lambda v, r: (Reply(page("<pre>" + base64.b64encode((ROOT / "settings.php").read_bytes()).decode() + "</pre>"))
                                              if v.startswith("php://filter/") and "base64-encode/resource=" in v else read(f"{D}/{v}")),
     lambda v, r: read(inside(v)))
# The button has a name that sounds like text to be kept.
pair(K, form("doc", "a.txt", also={"text-viewer-submit": "View"}), lambda v, r: read(f"{D}/{v}"), lambda v, r: read(inside(v)))
pair(K, header("X-File", "a.txt"), lambda v, r: read(f"{D}/{v}"), lambda v, r: read(inside(v)))
good(K, link("file", "b.txt"), lambda v, r: f"<p>root:x:0:0 {E(v)}</p>")
good(K, link("path", "/readme"), lambda v, r: "<pre>root:x:0:0:root:/root:/bin/bash</pre>")
good(K, link("file", "a.txt"), lambda v, r: f"<p>Warning: include({E(v)}): failed to open stream: No such file or directory</p>" if ".." in v else read(inside(v)))
good(K, link("page", "menu"), lambda v, r: "<p>已拦截</p>" if ".." in v or "/etc" in v else read(inside(v + ".php")))
good(K, link("page", "menu"), lambda v, r: f"<p>菜单 {E(os.path.normpath(v))}</p>")

F = "ssrf"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def fetch(url, shown=True, limit=3):
    try:
        if not loopback(url):
            raise OSError("Name or service not known")
        with OPENER.open(url, timeout=limit) as f:
            text = f.read(3000).decode("utf-8", "replace")
        return f"<pre>{E(text)}</pre>" if shown else "<p>已抓取</p>"
    except Exception as e:  # pylint: disable=broad-except
        return f"<p>抓取失败：{E(str(e))}</p>" if shown else "<p>已抓取</p>"


def allowed(v):
    host = urllib.parse.urlsplit(str(v)).hostname or ""
    return host in ("example.cn", "www.example.cn")


def guarded(v, shown=True):
    return fetch(v, shown) if allowed(v) else "<p>不允许的地址</p>"


U = "http://example.cn/a.png"
pair(F, link("url", U), lambda v, r: fetch(v), lambda v, r: guarded(v))
pair(F, form("url", U), lambda v, r: fetch(v, False), lambda v, r: guarded(v, False))
pair(F, link("image", U), lambda v, r: fetch(v if "://" in v else "http://" + v), lambda v, r: guarded(v))
pair(F, json_body("url", U), lambda v, r: fetch(str(v)), lambda v, r: guarded(str(v)))
pair(F, json_body("hook/target", U), lambda v, r: fetch(str(v), False), lambda v, r: guarded(str(v), False))
pair(F, form("feed", U), lambda v, r: fetch(v) if v.startswith("http") else "<p>只支持 http</p>", lambda v, r: guarded(v))
pair(F, link("host", "example.cn"), lambda v, r: fetch(f"http://{v}/status"), lambda v, r: guarded(f"http://example.cn/status?h={urllib.parse.quote(v)}"))
pair(F, link("callback", U), lambda v, r: fetch(v, False), lambda v, r: f"<p>登记 {E(v)}</p>")
pair(F, cookie("avatar", U), lambda v, r: fetch(v), lambda v, r: guarded(v))
pair(F, header("X-Forwarded-Host", "example.cn"), lambda v, r: fetch(f"http://{v}/", False), lambda v, r: f"<p>{E(v)}</p>")
pair(F, link("src", U), lambda v, r: fetch(v) if "example.cn" in v or "127" not in v and "localhost" not in v else "<p>不允许</p>", lambda v, r: guarded(v))
pair(F, link("u", "//example.cn/a"), lambda v, r: fetch("http:" + v if v.startswith("//") else v), lambda v, r: f'<a href="https://example.cn/go?u={urllib.parse.quote(v)}">去看看</a>')
pair(F, form("xmlurl", U), lambda v, r: fetch(v, False, 2), lambda v, r: Reply("", 302, [("Location", "/?u=" + urllib.parse.quote(v))]))
pair(F, json_body("webhook", U), lambda v, r: Reply('{"ok":true}' if "已抓取" in fetch(str(v), False) else "{}", kind="application/json"), lambda v, r: Reply('{"ok":true}', kind="application/json"))
pair(F, header("Referer"), lambda v, r: fetch(v, False) if v.startswith("http") else "<p>x</p>", lambda v, r: "<p>x</p>")
good(F, link("url", U), lambda v, r: f"<p>抓取失败：Connection refused {E(v)}</p>")
good(F, link("url", U), lambda v, r: f'<img alt="{E(v)}" src="/x.png">')
