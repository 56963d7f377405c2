"""Websites without a hole as schools and offices have them. Shapes as in clean_sites.py."""
import html
import itertools
import json
import random
import re
import time
import urllib.parse

E = html.escape
Q = lambda s: urllib.parse.quote(s, safe="")
COUNT = itertools.count(10000)
TITLES = ["关于五一劳动节放假的通知", "我校召开教学工作会议", "校园招聘会圆满举行", "图书馆延长开放时间", "第十届运动会开幕", "招标公告：实验室设备采购", "学生资助政策问答", "防汛值班安排"]


def page(title, inner, head=""):
    return f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{E(title)}</title>{head}</head><body><h1>{E(title)}</h1>{inner}</body></html>'


def links(*paths):
    return "<nav>" + " ".join(f'<a href="{E(p)}">{E(p)}</a>' for p in paths) + "</nav>"


# ---- a content management system in GBK: searches echo what was asked, wrong numbers alert and go back

def cms(r):
    def dec(s):
        return urllib.parse.unquote_to_bytes(s.replace("+", " ")).decode("gbk", "replace")
    given = {dec(k): dec(v) for k, _, v in (p.partition("=") for p in (r.query + "&" + r.body.decode("latin-1")).split("&") if p)}
    nav = links("/index.asp", "/list.asp?classid=3&page=1", "/show.asp?id=12", "/search.asp?keyword=%D1%A7%D0%A3&range=title", "/download.asp?file=2024/a.doc")
    form = '<form action="/search.asp"><input name="keyword"><select name="range"><option value="title">标题<option value="body">正文</select></form>'
    number = given.get("id", given.get("classid", "1"))

    def gb(title, inner, status=200):
        text = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"><title>{E(title)}</title></head><body>{nav}{form}{inner}<p>今日访问 {next(COUNT)}</p></body></html>'
        return status, text.encode("gbk", "replace"), [("Content-Type", "text/html; charset=gb2312"), ("X-Powered-By", "ASP.NET"), ("Server", "Microsoft-IIS/7.5")]
    if not number.isdigit() or int(number) > 400:
        return gb("提示", "<script>alert('参数有误，请检查！');history.back();</script>")
    if r.path == "/search.asp":
        word = given.get("keyword", "")
        hits = [t for t in TITLES if word and word in t]
        return gb(f"搜索：{word}", f'<p>您搜索的“<font color=red>{E(word)}</font>”共有 {len(hits)} 条</p><input name="keyword" value="{E(word)}">' + "".join(f"<li>{t}</li>" for t in hits))
    if r.path == "/show.asp":
        return gb(TITLES[int(number) % 8], f"<p>发布时间 2024-05-{int(number) % 28 + 1:02d}　浏览 {next(COUNT)} 次</p><p>{TITLES[int(number) % 8]}，详见附件。</p>")
    if r.path == "/download.asp":
        return gb("下载", "<p>附件不存在或已删除</p>") if given.get("file") != "2024/a.doc" else gb("下载", "<p>请使用 Word 打开</p>")
    if r.path in ("/", "/index.asp", "/list.asp"):
        return gb("某某学校", "".join(f'<li><a href="/show.asp?id={i + 12}">{t}</a></li>' for i, t in enumerate(TITLES)))
    return gb("出错了", f"<p>您访问的页面 {E(r.path)} 不存在</p>", 404)


# ---- news beside random recommendations, counters, the time, and who was here last

SEEN = []


def news(r):
    agent = (r.headers.get("User-Agent") or "")[:200]
    SEEN[:] = [*SEEN[-11:], (agent, r.target[:200])]
    some = random.sample(range(1, 60), 6)
    side = "<h3>为您推荐</h3>" + "".join(f'<li><a href="/news/{n}.html">{TITLES[n % 8]}（{n}）</a> <i>{random.randint(20, 9000)} 次</i></li>' for n in some)
    last = "<h3>最近访客</h3>" + "".join(f"<li>{E(a[:60])} 看了 {E(urllib.parse.unquote(t))}</li>" for a, t in SEEN)
    foot = f"<p>第 {next(COUNT)} 位访客　{time.strftime('%Y年%m月%d日 %H:%M:%S')}</p>"
    nav = links("/", "/news/7.html", "/list?cate=2&p=1", "/so?wd=招生&sort=time", "/vote?item=3")
    if r.path == "/":
        return 200, page("校园新闻网", nav + '<form action="/so"><input name="wd"></form>' + side + last + foot), []
    m = re.fullmatch(r"/news/(\d+)\.html", r.path)
    if m and 0 < int(m[1]) < 60:
        n = int(m[1])
        return 200, page(TITLES[n % 8], nav + f"<p>阅读 {random.randint(20, 9000)} 次</p><p>正文第 {n} 篇。{TITLES[n % 8]}。</p>" + side + foot), []
    if r.path == "/list":
        p = int(r.get("p")) if r.get("p").isdigit() else 1
        return 200, page("列表", nav + "".join(f'<li><a href="/news/{(p * 7 + i) % 59 + 1}.html">{TITLES[i]}</a></li>' for i in range(8)) + side + last + foot), []
    if r.path == "/so":
        w = r.get("wd")
        return 200, page("搜索 " + w, nav + f"<p>{E(w)}：{sum(w in t for t in TITLES) if w else 0} 条</p>" + side + last + foot), []
    if r.path == "/vote":
        return 200, page("投票", nav + f"<p>感谢参与，当前 {next(COUNT)} 票</p>" + side + foot), []
    return 404, page("页面走丢了", nav + side + foot), []


# ---- a log-in with a captcha: each page with another picture and another hidden key; nothing opens it

def captcha(r):
    key = f"{random.getrandbits(128):032x}"
    head = [("Set-Cookie", f"JSESSIONID={key.upper()}; Path=/; HttpOnly; SameSite=Lax")] if "JSESSIONID" not in (r.headers.get("Cookie") or "") else []
    if r.path == "/captcha.jpg":
        return 200, b"\xff\xd8\xff\xe0" + bytes(random.getrandbits(8) for _ in range(900)) + b"\xff\xd9", [("Content-Type", "image/jpeg"), *head]
    form = (f'<form method="post" action="/doLogin"><input type="hidden" name="lt" value="LT-{random.randint(1, 99999)}-{key[:20]}"><input name="username" value="{E(r.form.get("username", ""))}">'
            f'<input type="password" name="password"><input name="captcha" placeholder="验证码"><img src="/captcha.jpg?t={time.time():.0f}"><button>登录</button></form><a href="/forget?step=1">忘记密码</a>')
    if r.path in ("/", "/login"):
        return 200, page("统一身份认证", form), head
    if r.path == "/doLogin":
        return 200, page("统一身份认证", "<p class=err>验证码错误或已过期，剩余尝试次数以系统为准</p>" + form), head
    if r.path == "/forget":
        return 200, page("找回密码", '<form method="post" action="/forget"><input name="idcard" placeholder="证件号"><input name="captcha"><button>下一步</button></form>' + ("<p>验证码错误</p>" if r.method == "POST" else "")), head
    return 302, "", [("Location", "/login?service=" + Q(r.path)), *head]


# ---- behind a filter that says 200 under its block page, with a number of the event

def guarded(r):
    raw = urllib.parse.unquote_plus(r.target + "?" + r.body.decode("utf-8", "replace") + "".join(v for k, v in r.headers.items() if k.lower() in ("user-agent", "referer", "cookie")))
    if re.search(r"(?i)['\"<>;|`]|\.\.[/\\]|union\s|select\b|sleep|\$\{|\{\{|etc/|win\.ini|jndi|\.(bak|sql|git|env|svn|swp)\b|phpinfo|eval\(|\(\)", raw):
        return 200, ('<html><head><meta charset="utf-8"><title>安全提示</title></head><body><div id="block"><h2>很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。</h2>'
                     f"<p>您的请求ID是：{random.getrandbits(96):024x}</p><p>时间 {time.strftime('%F %T')}</p><p>拦截网址 {E(r.target[:200])}</p></div></body></html>"), [("Server", "WAF/2.1")]
    nav = links("/", "/column?id=5", "/article?id=88&from=home", "/search?q=通知", "/mailbox")
    form = '<form method="post" action="/mailbox"><input name="realname"><input name="phone"><textarea name="content"></textarea><button>提交来信</button></form>'
    if r.path == "/mailbox":
        return 200, page("领导信箱", nav + form + ("<p>来信已收到，请记录查询码 " + str(random.randint(10 ** 7, 10 ** 8)) + "</p>" if r.method == "POST" else "")), []
    if r.path in ("/column", "/article"):
        n = r.get("id")
        return (200, page(TITLES[int(n) % 8], nav + f"<p>第 {int(n)} 号文件</p>"), []) if n.isdigit() and len(n) < 6 else (200, page("提示", nav + "<p>内容不存在</p>"), [])
    if r.path == "/search":
        return 200, page("搜索", nav + f"<p>与“{E(r.get('q'))}”有关的结果 {sum(r.get('q') in t for t in TITLES)} 条</p>"), []
    return (200, page("市政府门户", nav), []) if r.path == "/" else (404, page("页面不存在", nav), [])


# ---- an office system: everything leads to the log-in by a script, whatever it is called

def oa(r):
    head = [("Set-Cookie", f"ASP.NET_SessionId={random.getrandbits(96):024x}; path=/; HttpOnly; SameSite=Lax")]
    if r.path.lower() in ("/login/index.aspx", "/login"):
        wrong = "<script>alert('用户名或密码错误');</script>" if r.method == "POST" else ""
        state = f'<input type="hidden" name="__VIEWSTATE" value="/wEPDw{random.getrandbits(200):050x}"><input type="hidden" name="__EVENTVALIDATION" value="/wEd{random.getrandbits(120):030x}">'
        return 200, page("协同办公系统", wrong + f'<form method="post" action="/login/index.aspx">{state}<input name="txtUser" value="{E(r.form.get("txtUser", ""))}"><input type="password" name="txtPwd"><input type="submit" name="btnLogin" value="登录"></form><a href="/help/readme.html">使用说明</a>'), head
    if r.path == "/help/readme.html":
        return 200, page("使用说明", "<p>建议使用 Chrome 浏览器，联系电话 010-12345678</p>"), []
    return 200, f"<html><head><script>top.location.href='/login/index.aspx?ReturnUrl={Q(r.target)}';</script></head><body></body></html>", [*head, ("Content-Type", "text/html; charset=utf-8")]


# ---- several languages, chosen by cookie, folder or parameter; what is not public leads to the log-in

WORDS = {"zh": ("首页", "通知公告", "请先登录"), "en": ("Home", "Announcements", "Please log in"), "ja": ("ホーム", "お知らせ", "ログインしてください")}


def lingual(r):
    first = r.path.strip("/").split("/")[0]
    jar = re.search(r"lang=(\w\w)", r.headers.get("Cookie") or "")
    code = first if first in WORDS else r.get("lang") if r.get("lang") in WORDS else jar[1] if jar and jar[1] in WORDS else \
        "zh" if "zh" in (r.headers.get("Accept-Language") or "zh") else "en"
    w = WORDS[code]
    nav = links("/zh/", "/en/", "/ja/", "/?lang=en", f"/{code}/notice?page=1", f"/{code}/member", "/set?lang=ja&back=/zh/")
    rest = r.path[len(first) + 2:] if first in WORDS else r.path.lstrip("/")
    head = [("Content-Language", code), ("Vary", "Accept-Language, Cookie")]
    if rest == "set":
        back = r.get("back")
        return 302, "", [("Location", back if re.fullmatch(r"/(zh|en|ja)/", back) else "/"), ("Set-Cookie", f"lang={code}; Path=/; HttpOnly; SameSite=Lax")]
    if rest == "":
        return 200, page(w[0], nav + f"<p>{w[1]}</p>"), head
    if rest == "notice":
        n = int(r.get("page")) if r.get("page").isdigit() and len(r.get("page")) < 4 else 1
        return 200, page(w[1], nav + f"<p>{w[1]} {n}</p>"), head
    if rest == "login":
        return 200, page(w[2], nav + f'<form method="post" action="/{code}/login"><input type="hidden" name="_token" value="{random.getrandbits(160):040x}"><input name="account"><input type="password" name="password"><button>OK</button></form>' + (f"<p>{w[2]}</p>" if r.method == "POST" else "")), head
    return 302, "", [("Location", f"/{code}/login?next={Q(r.path)}"), *head]


# ---- a gateway: status 200 for everything, the code stands inside; messages repeat what was sent

def gateway(r):
    head = [("Content-Type", "application/json;charset=UTF-8"), ("X-Request-Id", f"{random.getrandbits(128):032x}")]

    def say(code, msg, data=None):
        return 200, json.dumps({"code": code, "msg": msg, "data": data, "timestamp": int(time.time() * 1000), "traceId": f"{random.getrandbits(64):016x}"}, ensure_ascii=False), head
    if r.path == "/":
        return 200, page("开放平台", links("/api/news/list?pageNo=1&pageSize=10", "/api/news/detail?id=3", "/api/dict?type=xb", "/api/user/info", "/api/file/preview?name=a.pdf", "/api/area/110000")
                         + '<script>axios.post("/api/login",{"username":"u","password":"p"});axios.post("/api/feedback",{"content":"hi","phone":"1"})</script>'), []
    if r.path in ("/api/user/info", "/api/file/preview", "/api/user/list") or r.path.startswith("/actuator"):
        return say(401, "未登录或登录已过期")
    if r.path == "/api/login":
        return say(500, "用户名或密码错误")
    if r.path == "/api/feedback":
        return say(0, "success", {"id": random.randint(1, 10 ** 9)}) if r.method == "POST" else say(405, f"Request method '{r.method}' not supported")
    if r.path == "/api/news/list":
        n = r.get("pageNo")
        return say(0, "success", {"total": 8, "list": [{"id": i, "title": t, "views": random.randint(1, 9999)} for i, t in enumerate(TITLES)]}) if n.isdigit() else say(400, f"参数类型不匹配：pageNo 需要 Integer，实际为 {n}")
    if r.path == "/api/news/detail":
        n = r.get("id")
        return say(0, "success", {"id": int(n), "title": TITLES[int(n) % 8]}) if n.isdigit() and int(n) < 100 else say(404, f"记录不存在：{n}")
    if r.path == "/api/dict":
        return say(0, "success", [{"k": "1", "v": "男"}, {"k": "2", "v": "女"}] if r.get("type") == "xb" else [])
    if re.fullmatch(r"/api/area/\d{6}", r.path):
        return say(0, "success", {"code": r.path[-6:], "name": "北京市" if r.path.endswith("110000") else "未知"})
    return say(404, f"No handler found for {r.method} {r.path}")


OFFICES = {"cms": cms, "news": news, "captcha": captcha, "guarded": guarded, "oa": oa, "lingual": lingual, "gateway": gateway}
