"""Who may open what: pages for some, checked at the wrong place or by what the visitor says of himself; objects under every kind of key."""
import base64
import hashlib
import json

from cases.access import A, ADMIN, DENY, K, NOBODY, ORDERS, me, need, order, owned
from target import E, Reply, bad, form, good, json_body, link, page, segment

JSON = "application/json"
LOGIN = ("", 302, [("Location", "/login")])


def menu(is_bad, name, answer, who=("alice",), extra=""):
    """A page that only those in `who` are led to."""
    def show(v, r):
        return "<p>我的菜单</p>" + (f'<a href="{r.case.base}/{name}{extra}">管理</a>' if me(r) in who else "")
    (bad if is_bad else good)(A, NOBODY, show, **{name.replace(".", "_").replace("-", "_"): answer})


def members(text, kind="text/html; charset=utf-8"):
    return lambda r: Reply(text, kind=kind) if me(r) else Reply(*LOGIN)


def only_alice(text, kind="text/html; charset=utf-8"):
    return lambda r: Reply(text, kind=kind) if me(r) == "alice" else (DENY if me(r) else Reply(*LOGIN))


USERS = json.dumps({"users": [{"name": "爱丽丝", "phone": "13800001001"}, {"name": "鲍勃", "phone": "13800001002"}]}, ensure_ascii=False)
CSV = "工号,姓名,工资\n1,爱丽丝,12000\n2,鲍勃,11000\n"
XML = "<?xml version='1.0'?><audit><entry user='alice' ip='10.1.2.3'>登录后台</entry><entry user='bob' ip='10.1.2.4'>修改工资</entry></audit>"
LOG = "2026-11-01 10:00 alice 导出全部订单\n2026-11-01 10:05 root 修改数据库口令策略\n"
for name, text, kind in (("users.json", USERS, JSON), ("salaries", CSV, "text/csv; charset=utf-8"), ("audit", XML, "application/xml"), ("log", LOG, "text/plain; charset=utf-8"),
                         ("settings", page("<h2>系统设置</h2><p>短信网关 10.8.0.12，密钥编号 K-7788</p><p>备份时间 02:30</p>"), "text/html; charset=utf-8"),
                         ("console", page("<h2>运维控制台</h2><table><tr><td>数据库主机</td><td>db-master-03</td></tr><tr><td>重启计划</td><td>周日凌晨</td></tr></table>"), "text/html; charset=utf-8")):
    menu(True, name, members(text, kind))
    menu(False, name, only_alice(text, kind))
# Asked for by the referrer, by any cookie at all, by the method.
menu(True, "reports", lambda r: Reply(page("<h2>月度报表</h2><p>销售额 1,234,567 元，毛利率 31%，重点客户 红星机械厂</p>")) if me(r) and "/" in r.headers.get("Referer", "/") else Reply(*LOGIN))
menu(True, "approve", lambda r: Reply(page("<h2>审批列表</h2><p>采购单 PO-5512 待审批，金额 88,000 元，申请人 王五</p>")) if r.cookies else Reply(*LOGIN))
menu(False, "approve", lambda r: Reply(page("<h2>审批列表</h2><p>采购单 PO-5512 待审批，金额 88,000 元，申请人 王五</p>")) if r.cookies.get("sid") == "alice-7f3a91" else DENY)
# Sent away, but with the page in the hand.
for status in (302, 303):
    menu(True, "backoffice", lambda r, s=status: Reply(page(ADMIN + "<p>最近登录 张三 13800001003</p>"), 200 if me(r) == "alice" else s, [] if me(r) == "alice" else [("Location", "/login")]))
menu(False, "backoffice", lambda r: Reply(page(ADMIN)) if me(r) == "alice" else Reply(page("<p>正在跳转到登录页面，请稍候，如未跳转请点击这里</p>"), 302, [("Location", "/login")]))
# Hidden by a script only.
menu(True, "members", lambda r: Reply(page(ADMIN + ("" if me(r) == "alice" else "<script>location.replace('/login')</script>"))))


# The visitor says himself what he may.
def says(is_bad, start, check, secret="<h2>后台</h2><p>解锁成功。管理功能：用户管理、数据导出、系统日志</p>"):
    (bad if is_bad else good)(A, start, lambda v, r: page(secret if check(v, r) else "<p>此页面仅限管理员，当前账号没有权限</p>"))


says(True, link("admin", "0"), lambda v, r: v == "1")
says(True, link("role", "user"), lambda v, r: v == "admin")
says(True, form("isAdmin", "false"), lambda v, r: v == "true")
says(False, link("admin", "0"), lambda v, r: False)
says(False, link("role", "user"), lambda v, r: v == "admin" and me(r) == "root")
good(A, link("role", "user"), lambda v, r: page(f"<p>角色 {E(v)} 的说明：{'管理员负责配置' if v == 'admin' else '用户可以浏览'}</p>"))
good(A, link("debug", "0"), lambda v, r: page("<p>调试信息：无</p>"))
# Meant for both, or for everybody.
menu(False, "notice", members(page("<h2>通知</h2><p>周五停水，请提前准备，联系人 13800001009</p>")), ("alice", "bob"))
menu(False, "help", lambda r: Reply(page("<h2>帮助</h2><p>客服电话 400-800-1234，工作时间 9 点到 18 点</p>")))
menu(False, "profile", lambda r: Reply(page(f"<h2>我的资料</h2><p>{me(r)}，积分 {len(me(r)) * 100}，上次登录 {me(r)} 的电脑</p>")) if me(r) else Reply(*LOGIN), ("alice", "bob"))
menu(False, "export", lambda r: Reply(page("<p>没有可导出的数据</p>")) if me(r) else Reply(*LOGIN))


# Objects: the key in every dress.
def b64(v):
    return base64.b64encode(v.encode()).decode()


def unb64(v):
    try:
        return base64.b64decode(v + "=" * (-len(v) % 4)).decode("utf-8", "replace")
    except ValueError:
        return ""


def obj(start, read, text=lambda o: f"<p>{order(o)}</p>", kind="text/html; charset=utf-8"):
    """The same object with and without a look at its owner; read(): the order's number."""
    def show(v, r, strict):
        need(r)
        o = read(v)
        if o not in ORDERS or (strict and not owned(o, r)):
            return DENY if o in ORDERS else Reply(page("<p>订单不存在</p>"), 404)
        return Reply(text(o) if kind != "text/html; charset=utf-8" else page(text(o)), kind=kind)
    bad(K, start, lambda v, r: show(v, r, False))
    good(K, start, lambda v, r: show(v, r, True))


HASHES = {hashlib.md5(o.encode()).hexdigest(): o for o in ORDERS}
UUIDS = {f"3f2b9c1e-7d44-4a1b-9e0f-{int(o):012d}": o for o in ORDERS}
obj(link("key", b64("1003")), unb64)
obj(link("hash", hashlib.md5(b"1005").hexdigest()), HASHES.get)
obj(segment(next(u for u, o in UUIDS.items() if o == "1007")), UUIDS.get)
obj(link("no", "DD-1003"), lambda v: v[3:])
obj(json_body("order", "1005"), str, lambda o: json.dumps({"order": ORDERS[o][1]}, ensure_ascii=False), JSON)
obj(json_body("query/id", 1007), str, lambda o: json.dumps({"detail": ORDERS[o][1]}, ensure_ascii=False), JSON)
obj(link("id", "1003"), str, lambda o: f"<?xml version='1.0'?><invoice no='{o}'>{ORDERS[o][1]}</invoice>", "application/xml")
obj(link("invoice", "1005.txt"), lambda v: v.split(".")[0], lambda o: f"发票 {o}\n{ORDERS[o][1]}\n", "text/plain; charset=utf-8")
obj(form("oid", "1001"), str)
