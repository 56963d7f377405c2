"""File uploads: what is refused, where it lands, and how it is served. .php files that were let in really run."""
import re
import secrets
import subprocess

from target import E, ROOT, Reply, bad, good, multipart, page

UP = ROOT / "up"
UP.mkdir()
KINDS = {"php": "run", "phtml": "run", "php5": "run", "phar": "run", "html": "text/html; charset=utf-8", "htm": "text/html; charset=utf-8", "svg": "image/svg+xml",
         "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "txt": "text/plain; charset=utf-8", "xhtml": "application/xhtml+xml"}


def save(r, accept, rename, serve):
    name, kind, data = r.files.get("file", ("", "", b""))
    if not name or len(data) > 200000:
        return Reply(page("<p>请选择文件</p>"), 400)
    if not accept(name, kind, data):
        return Reply(page("<p>不允许上传该类型的文件</p>"), 400)
    name = rename(re.sub(r"[^\w.;%\- ]", "", name.split("\0")[0].split("/")[-1]))[:80]
    place = UP / r.case.base.strip("/").replace("/", "_")
    place.mkdir(exist_ok=True)
    if len(list(place.iterdir())) > 200:
        return Reply(page("<p>空间已满</p>"), 507)
    (place / name).write_bytes(data)
    return Reply(page(f'<p>上传成功</p><img src="{r.case.base}/files/{E(name)}"><a href="{r.case.base}/files/{E(name)}">{E(name)}</a>' if serve else "<p>上传成功，待审核</p>"))


def served(r, runs, nosniff=False, attachment=False):
    f = UP / r.case.base.strip("/").replace("/", "_") / r.path.split("/files/", 1)[-1].replace("/", "")
    if not f.is_file():
        return Reply(page("<p>页面不存在</p>"), 404)
    ext = f.name.rsplit(".", 1)[-1].lower().strip()
    kind = KINDS.get(ext, "application/octet-stream")
    if runs(f.name):
        done = subprocess.run(["php", "-d", "open_basedir=" + str(UP), "-d", "disable_functions=exec,system,passthru,shell_exec,popen,proc_open", str(f)], capture_output=True, timeout=5, check=False)
        return Reply(done.stdout[:4000])
    headers = [("X-Content-Type-Options", "nosniff")] if nosniff else []
    headers += [("Content-Disposition", "attachment")] if attachment else []
    return Reply(f.read_bytes(), headers=headers, kind="text/plain; charset=utf-8" if kind == "run" else kind)


def php(name):
    return re.search(r"\.(php|phtml|php5|phar)\s*$", name, re.I) is not None


def never(name):
    return False


def case(is_bad, accept, runs, rename=str, serve=True, **how):
    (bad if is_bad else good)("upload", multipart("title", "图片"), lambda v, r: FORM.format(r.case.base), send=lambda r: save(r, accept, rename, serve), files=lambda r: served(r, runs, **how))


FORM = '<form method=post action="{}/send" enctype="multipart/form-data"><input type=text name=title value=a><input type=file name=file accept="image/*"><button>上传</button></form>'


def ends(*exts):
    return lambda n, k, d: n.lower().rsplit(".", 1)[-1] in exts


IMAGES = ends("jpg", "jpeg", "png", "gif")


def image_bytes(d):
    return d[:3] == b"\xff\xd8\xff" or d[:4] == b"\x89PNG" or d[:4] == b"GIF8"


case(True, lambda n, k, d: True, php)
case(True, lambda n, k, d: k.startswith("image/"), php)
case(True, lambda n, k, d: not n.endswith(".php"), php)
case(True, lambda n, k, d: n.lower().rsplit(".", 1)[-1] not in ("php", "asp", "aspx", "jsp"), php)
case(True, lambda n, k, d: image_bytes(d), php)
case(True, lambda n, k, d: ".jpg" in n.lower() or ".png" in n.lower(), php)
case(True, lambda n, k, d: not n.lower().endswith((".php", ".phtml", ".php5", ".phar")), lambda n: php(n.rstrip(". ")))
case(True, lambda n, k, d: IMAGES(n.replace("\0", "").split("%00")[-1] if "%00" in n else n, k, d), lambda n: re.search(r"\.php", n, re.I) is not None)
case(True, lambda n, k, d: True, php, rename=lambda n: n.replace("php", "", 1))
case(True, lambda n, k, d: not php(n), never)
case(True, lambda n, k, d: n.lower().rsplit(".", 1)[-1] in ("jpg", "png", "svg"), never)
case(True, lambda n, k, d: k.startswith("image/") and image_bytes(d), php)
case(True, lambda n, k, d: True, php, rename=lambda n: secrets.token_hex(6) + "." + n.rsplit(".", 1)[-1])
case(True, lambda n, k, d: not php(n) and "htm" not in n.lower().rsplit(".", 1)[-1][:3], never)
case(True, lambda n, k, d: True, never)
case(False, IMAGES, never)
case(False, lambda n, k, d: IMAGES(n, k, d) and image_bytes(d), php)
case(False, lambda n, k, d: True, never, attachment=True, nosniff=True)
case(False, lambda n, k, d: True, php, rename=lambda n: secrets.token_hex(6) + ".txt", nosniff=True)
case(False, lambda n, k, d: True, php, rename=lambda n: n + ".txt", nosniff=True)
case(False, ends("txt"), never, nosniff=True)
case(False, lambda n, k, d: True, php, serve=False, rename=lambda n: secrets.token_hex(12) + ".bin")
case(False, lambda n, k, d: False, never)
case(False, IMAGES, php, rename=lambda n: secrets.token_hex(6) + ".jpg")
case(False, lambda n, k, d: n.lower().endswith((".jpg", ".png")) and b"<" not in d, never, nosniff=True)

# The name, or the folder, comes in another field; a list where a word was meant.
NAMED = '<form method=post action="{}/send" enctype="multipart/form-data"><input type=file name=file><input type=text name={} value="{}"><button>上传</button></form>'


def named(is_bad, field, value, target):
    """target(name of the file, request) gives where it goes, below the case's folder, or None."""
    def send(r):
        name, _, data = r.files.get("file", ("", "", b""))
        where = target(re.sub(r"[^\w.]", "", name)[:60], r)
        if not name or not where or len(data) > 200000 or ".." in where.replace("../", "", 1):
            return Reply(page("<p>不允许上传该类型的文件</p>"), 400)
        place = (UP / r.case.base.strip("/").replace("/", "_") / "in" / where).resolve()
        if UP not in place.parents:
            return Reply(page("<p>保存失败</p>"), 500)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return Reply(page(f'<p>上传成功</p><img src="{r.case.base}/files/in/{E(where)}">'))

    def files(r):
        f = (UP / r.case.base.strip("/").replace("/", "_") / r.path.split("/files/", 1)[-1]).resolve()
        return served_file(f) if UP in f.parents and f.is_file() else Reply(page("<p>页面不存在</p>"), 404)
    (bad if is_bad else good)("upload", multipart("title", "图片"), lambda v, r: NAMED.format(r.case.base, field, value), send=send, files=files)


def served_file(f):
    if php(f.name):
        done = subprocess.run(["php", "-d", "open_basedir=" + str(UP), "-d", "disable_functions=exec,system,passthru,shell_exec,popen,proc_open", str(f)], capture_output=True, timeout=5, check=False)
        return Reply(done.stdout[:4000])
    return Reply(f.read_bytes(), headers=[("X-Content-Type-Options", "nosniff")], kind=KINDS.get(f.suffix.lower()[1:], "application/octet-stream"))


def listed(r):
    """The last of the list is checked, the first is used."""
    parts = [r.form[k][-1] for k in sorted(r.form) if k.startswith("save_name[")] or r.get("save_name").split(".")
    return (parts[0].rstrip("/") if parts[0].endswith("/") else ".".join(parts)) if parts[-1] in ("png", "jpg") else None


def plain(v):
    return re.sub(r"[^\w.]", "", v)[:60]


named(True, "save_name", "photo.jpg", lambda n, r: plain(r.get("save_name")) if IMAGES(n, "", b"") else None)
named(True, "save_name", "photo.png", lambda n, r: plain(r.get("save_name")) if not r.get("save_name").endswith((".php", ".phtml")) else None)
named(True, "save_name", "photo.jpg", lambda n, r: listed(r))
named(True, "folder", "pics/", lambda n, r: r.get("folder") + n if IMAGES(n, "", b"") else None)
named(False, "save_name", "photo.jpg", lambda n, r: plain(r.get("save_name").rsplit(".", 1)[0]).replace(".", "_") + ".png" if IMAGES(n, "", b"") else None)
named(False, "save_name", "photo.jpg", lambda n, r: secrets.token_hex(6) + ".png" if IMAGES(n, "", b"") and IMAGES(r.get("save_name"), "", b"") else None)
named(False, "folder", "pics/", lambda n, r: plain(r.get("folder").strip("/")) + "/" + n if IMAGES(n, "", b"") and plain(r.get("folder").strip("/")).strip(".") else None)
named(False, "folder", "pics/", lambda n, r: "pics/" + n if IMAGES(n, "", b"") else None)
