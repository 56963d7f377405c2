"""SQL injection by what shows it: an error, a changed page, a delay, a UNION. SQLite answers; where a case
speaks another dialect, its functions and its error sentences are those of that database, or the database is
real: TARGET_MYSQL (a socket, user root) and TARGET_PGSQL (a libpq string) name one."""
import json
import os
import random
import re
import sqlite3
import time

from target import E, Reply, bad, cookie, form, good, header, hidden, json_body, link, page, pair, segment, xml_body

ROWS = [(i, f"用户{i}", f"user{i}@example.cn", i * 10, "上海" if i % 2 else "北京") for i in range(1, 9)]


def connect():
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE people(id INTEGER, name TEXT, mail TEXT, score INTEGER, city TEXT)")
    db.executemany("INSERT INTO people VALUES(?,?,?,?,?)", ROWS)
    db.execute("CREATE TABLE log(line TEXT)")
    return db


MYSQL = {"sleep": (1, lambda s: time.sleep(min(float(s), 8)) or 0), "concat": (-1, lambda *a: "".join(map(str, a))),
         "version": (0, lambda: "8.0.36"), "database": (0, lambda: "shop")}
PGSQL = {"pg_sleep": (1, lambda s: time.sleep(min(float(s), 8)) or ""), "version": (0, lambda: "PostgreSQL 15.6"),
         "concat": (-1, lambda *a: "".join(map(str, a)))}
SQL_ERRORS = {
    "mysql": "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version "
             "for the right syntax to use near '{near}' at line 1",
    "pgsql": "ERROR:  syntax error at or near \"{near}\" LINE 1",
    "mssql": "Unclosed quotation mark after the character string '{near}'.",
    "oracle": "ORA-00933: SQL command not properly ended",
    "odbc": "[Microsoft][ODBC SQL Server Driver][SQL Server]Incorrect syntax near '{near}'.",
    "java": "java.sql.SQLSyntaxErrorException: You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version",
    "pdo": "PDOException: SQLSTATE[42000]: Syntax error or access violation: 1064 near '{near}'",
    "dm": "dm.jdbc.driver.DMException: 第 1 行附近出现错误: 语法分析出错",
}


def ask(sql, args=(), functions=()):
    db = connect()
    for name, (n, f) in dict(functions).items():
        db.create_function(name, n, f)
    return db.execute(sql, args).fetchall()


def table(rows, columns=(1, 2)):
    items = "".join("<li>" + " ".join(E(str(r[c])) for c in columns) + "</li>" for r in rows)
    return f"<ul>{items}</ul>" if items else "<p>没有找到</p>"


def shown(sql, args=(), dialect=None, functions=(), status=500):
    """The rows, or the error as a careless page shows it."""
    try:
        return table(ask(sql, args, functions))
    except sqlite3.Error as e:
        text = str(e) if not dialect else SQL_ERRORS[dialect].format(near=(re.findall(r'"(.*?)"', str(e)) or [""])[0])
        raise Reply(page(f"<pre>{'sqlite3.OperationalError: ' if not dialect else ''}{E(text)}</pre>"), status) from None


def blind(sql, args=(), functions=(), show=table, fail="<p>没有找到</p>"):
    """The rows; an error looks like no row."""
    try:
        return show(ask(sql, args, functions))
    except sqlite3.Error:
        return fail


def count(rows):
    return f"<p>共 {len(rows)} 条</p>"


def yes(rows):
    return "<p>用户名已被占用</p>" if rows else "<p>用户名可用</p>"


def num(v):
    if not re.fullmatch(r"\d{1,9}", str(v)):
        raise Reply(page("<p>编号必须是数字</p>"), 400)
    return int(v)


def q(v):
    return str(v).replace("'", "''")


SEL = "SELECT * FROM people WHERE "

# ---- error ----
K = "sqli-error"
pair(K, link("id", "3"), lambda v, r: shown(SEL + f"id={v}"), lambda v, r: shown(SEL + "id=?", (num(v),)))
pair(K, link("name", "用户3"), lambda v, r: shown(SEL + f"name='{v}'"), lambda v, r: shown(SEL + "name=?", (v,)))
pair(K, form("name", "用户3"), lambda v, r: shown(SEL + f'name="{v}"', dialect="mysql"), lambda v, r: shown(SEL + f"name='{q(v)}'"))
pair(K, link("q", "用户"), lambda v, r: shown(SEL + f"(name LIKE '%{v}%')", dialect="pgsql"), lambda v, r: shown(SEL + "name LIKE ?", (f"%{v}%",)))
pair(K, form("city", "北京"), lambda v, r: shown(SEL + f"((city='{v}') AND score>0)", dialect="mssql"),
     lambda v, r: shown(SEL + f"((city='{q(v)}') AND score>0)", dialect="mssql"))
pair(K, link("sort", "name"), lambda v, r: shown(f"SELECT * FROM people ORDER BY {v}", dialect="oracle"),
     lambda v, r: shown(f"SELECT * FROM people ORDER BY {v if v in ('name', 'score') else 'id'}"))
pair(K, link("n", "3"), lambda v, r: shown(f"SELECT * FROM people LIMIT {v}", dialect="pdo"),
     lambda v, r: shown(f"SELECT * FROM people LIMIT {num(v)}"))
pair(K, json_body("name", "用户2"), lambda v, r: shown(SEL + f"name='{v}'", dialect="java"), lambda v, r: shown(SEL + "name=?", (str(v),)))
pair(K, json_body("filter/id", 3), lambda v, r: shown(SEL + f"id={v}", dialect="mysql"), lambda v, r: shown(SEL + "id=?", (num(v),)))
pair(K, xml_body("id", "<query><id>3</id><kind>a</kind></query>"),
     lambda v, r: shown(SEL + f"id='{(re.findall('<id>(.*?)</id>', v, re.S) or [''])[0]}'", dialect="mssql"),
     lambda v, r: shown(SEL + "id=?", ((re.findall("<id>(.*?)</id>", v, re.S) or [""])[0],)))
pair(K, cookie("uid", "3"), lambda v, r: shown(SEL + f"id='{v}'", dialect="mysql"), lambda v, r: shown(SEL + "id=?", (v,)))
pair(K, segment("3"), lambda v, r: shown(SEL + f"id='{v}'", dialect="odbc"), lambda v, r: shown(SEL + "id=?", (v,)))
pair(K, header("User-Agent"), lambda v, r: shown(SEL + f"name='{v[:300]}'", dialect="mysql", status=200),
     lambda v, r: shown(SEL + "name=?", (v,)))
pair(K, form("pass", "abc", also={"user": "a"}), lambda v, r: shown(SEL + f"name='{q(r.get('user'))}' AND mail='{v}'", dialect="dm"),
     lambda v, r: shown(SEL + "name=? AND mail=?", (r.get("user"), v)))
# The quote is escaped by a backslash, which this database does not know; the input is a number in the second.
pair(K, link("id", "4"), lambda v, r: shown(SEL + "id=" + v.replace("'", "").replace('"', ""), dialect="mysql"),
     lambda v, r: shown(SEL + "name=?", (v.replace("'", "\\'"),)))
# Error texts that were there before, or that anyone could have written.
good(K, link("q", "abc"), lambda v, r: f"<p>语法错误：near \"{E(v)}\"</p>")
good(K, link("q", "mysql"), lambda v, r: "<article>如何处理 You have an error in your SQL syntax near '' at line 1？</article>")
good(K, link("q", "abc"), lambda v, r: f"<p>You searched {E(v)}: ORA-01756 是什么意思</p>")

# ---- boolean ----
K = "sqli-boolean"
pair(K, link("id", "4"), lambda v, r: blind(SEL + f"id={v}"), lambda v, r: blind(SEL + "id=?", (num(v),)))
pair(K, link("name", "用户5"), lambda v, r: blind(SEL + f"name='{v}'"), lambda v, r: blind(SEL + f"name='{q(v)}'"))
pair(K, form("user", "用户6"), lambda v, r: blind(SEL + f"name='{v}'", show=yes, fail=yes([])), lambda v, r: blind(SEL + "name=?", (v,), show=yes))
pair(K, link("q", "用户"), lambda v, r: blind(SEL + f"(name LIKE '%{v}%')"), lambda v, r: blind(SEL + "name LIKE ?", (f"%{v}%",)))
pair(K, form("id", "2"), lambda v, r: blind(SEL + f"((id={v}))", show=count, fail=count([])), lambda v, r: blind(SEL + "((id=?))", (v,), show=count))
pair(K, link("ids", "1,2,3"), lambda v, r: blind(SEL + f"id IN ({v})"),
     lambda v, r: blind(SEL + f"id IN ({','.join(str(int(x)) for x in v.split(',') if x.isdigit()) or '0'})"))
pair(K, link("sort", "name"), lambda v, r: blind(f"SELECT * FROM people ORDER BY {v}"),
     lambda v, r: blind(f"SELECT * FROM people ORDER BY {'name' if v == 'name' else 'id'}"))
pair(K, json_body("id", 3), lambda v, r: blind(SEL + f"id={v}"), lambda v, r: blind(SEL + "id=?", (num(v),)))
pair(K, json_body("user/name", "用户3"), lambda v, r: Reply(json.dumps({"found": len(ask(SEL + f"name='{v}'"))}), kind="application/json"),
     lambda v, r: Reply(json.dumps({"found": len(ask(SEL + "name=?", (str(v),)))}), kind="application/json"))
pair(K, cookie("city", "上海"), lambda v, r: blind(SEL + f"city='{v}'"), lambda v, r: blind(SEL + "city=?", (v,)))
pair(K, segment("3"), lambda v, r: blind(SEL + f"id={v}"), lambda v, r: blind(SEL + "id=?", (num(v),)))
# Only blanks are refused; comments do their work.
pair(K, link("id", "5"), lambda v, r: page("<p>请求被拒绝</p>") if re.search(r"\s|\+", v) else blind(SEL + f"id={v}"),
     lambda v, r: "<p>请求被拒绝</p>" if re.search(r"\s|\+", v) else blind(SEL + "id=?", (v,)))
# AND, OR and UNION are refused; arithmetic and CASE are not.
pair(K, link("id", "6"), lambda v, r: blind(SEL + f"id={v}") if not re.search(r"(?i)\b(and|or|union|select)\b", v) else "<p>请求被拒绝</p>",
     lambda v, r: blind(SEL + "id=?", (v,)) if not re.search(r"(?i)\b(and|or|union|select)\b", v) else "<p>请求被拒绝</p>")
# A page with noise of its own around the rows.
pair(K, link("id", "7"), lambda v, r: f"<p>现在 {time.time()} 编号 {random.random()}</p>" + blind(SEL + f"id={v}"),
     lambda v, r: f"<p>现在 {time.time()} 编号 {random.random()}</p>" + blind(SEL + "id=?", (v,)))
# A redirect tells it.
pair(K, form("name", "用户1"), lambda v, r: Reply("", 302, [("Location", "/home" if "共 0" not in blind(SEL + f"name='{v}'", show=count, fail=count([])) else "/login")]),
     lambda v, r: Reply("", 302, [("Location", "/home" if ask(SEL + "name=?", (v,)) else "/login")]))
# The status tells it.
pair(K, link("name", "用户2"), lambda v, r: Reply(page("<p>x</p>"), 200 if "<li>" in blind(SEL + f"name='{v}'") else 404),
     lambda v, r: Reply(page("<p>x</p>"), 200 if ask(SEL + "name=?", (v,)) else 404))
# Arithmetic without a database; a search that looks at words; a number that is cut; a page that tosses a coin.
good(K, link("n", "3"), lambda v, r: f"<p>{sum(int(x) for x in re.findall(r'[0-9]+', v))}</p>")
good(K, link("q", "王 and 李"), lambda v, r: table([x for x in ROWS if any(w in x[1] for w in v.split())]))
good(K, link("id", "3"), lambda v, r: table([x for x in ROWS if x[0] == int((re.match(r"\d+", v) or re.match("0", "0")).group())]))
good(K, link("id", "3"), lambda v, r: table(ROWS[:random.randint(0, 8)]))
good(K, link("q", "abc"), lambda v, r: "<p>1=1 触发了防护规则</p>" if re.search(r"(?i)1=1|and|or|'", v) else "<p>结果</p>")
good(K, link("lang", "zh"), lambda v, r: "<p>中文</p>" if v.startswith("zh") else "<p>English</p>")

# ---- time ----
K = "sqli-time"


def silent(sql, args=(), functions=MYSQL):
    """Nothing of the answer depends on the rows: only the time does."""
    blind(sql, args, functions)
    return "<p>已记录</p>"


pair(K, link("id", "3"), lambda v, r: silent(SEL + f"id={v}"), lambda v, r: silent(SEL + "id=?", (v,)))
pair(K, link("name", "用户3"), lambda v, r: silent(SEL + f"name='{v}'"), lambda v, r: silent(SEL + f"name='{q(v)}'"))
pair(K, form("name", "用户3"), lambda v, r: silent(SEL + f'name="{v}"'), lambda v, r: silent(SEL + "name=?", (v,)))
pair(K, link("q", "用户"), lambda v, r: silent(SEL + f"(name LIKE '%{v}%')"), lambda v, r: silent(SEL + "name LIKE ?", (v,)))
pair(K, link("id", "2"), lambda v, r: silent(SEL + f"id={v}", functions=PGSQL), lambda v, r: silent(SEL + "id=?", (v,)))
pair(K, form("name", "用户2"), lambda v, r: silent(SEL + f"name='{v}'", functions=PGSQL), lambda v, r: silent(SEL + "name=?", (v,)))
pair(K, json_body("id", 3), lambda v, r: silent(SEL + f"id={v}"), lambda v, r: silent(SEL + "id=?", (str(v),)))
pair(K, json_body("name", "用户3"), lambda v, r: silent(SEL + f"name='{v}'", functions=PGSQL), lambda v, r: silent(SEL + "name=?", (str(v),)))
pair(K, cookie("uid", "3"), lambda v, r: silent(SEL + f"id='{v}'"), lambda v, r: silent(SEL + "id=?", (v,)))
pair(K, header("User-Agent"), lambda v, r: silent(f"INSERT INTO log VALUES('{v}')"), lambda v, r: silent("INSERT INTO log VALUES(?)", (v,)))
pair(K, header("X-Forwarded-For"), lambda v, r: silent(SEL + f"name='{v}'"), lambda v, r: silent(SEL + "name=?", (v,)))
pair(K, segment("3"), lambda v, r: silent(SEL + f"id='{v}'"), lambda v, r: silent(SEL + "id=?", (v,)))
pair(K, form("note", "你好"), lambda v, r: silent(f"INSERT INTO log VALUES('{v}')", functions=PGSQL), lambda v, r: silent("INSERT INTO log VALUES(?)", (v,)))
pair(K, link("id", "8"), lambda v, r: time.sleep(0.3) or silent(SEL + f"id={v}"), lambda v, r: time.sleep(0.3) or silent(SEL + "id=?", (v,)))
pair(K, link("sort", "name"), lambda v, r: silent(f"SELECT * FROM people ORDER BY {v} LIMIT 1"), lambda v, r: silent("SELECT * FROM people ORDER BY name"))


def waitfor(sql):
    """A server that runs several statements and knows WAITFOR DELAY, as SQL Server does."""
    if sql.count("'") % 2 == 0 or "--" in sql:
        m = re.search(r"(?i);\s*waitfor\s+delay\s+'0?0:0?0:(\d+(?:\.\d+)?)'", sql.replace("''", "'"))
        if m:
            time.sleep(min(float(m.group(1)), 8))
    return "<p>已记录</p>"


pair(K, link("id", "9"), lambda v, r: waitfor(f"SELECT * FROM people WHERE id={v}"), lambda v, r: waitfor("SELECT * FROM people WHERE id=@p0"))
# Slow for its own reasons: at random, by the length of the input, by the sight of a word.
good(K, link("q", "abc"), lambda v, r: time.sleep(random.choice((0, 0, 0.4, 1.2))) or "<p>x</p>")
good(K, link("q", "abc"), lambda v, r: time.sleep(min(len(v) / 40, 2)) or "<p>x</p>")
good(K, link("q", "abc"), lambda v, r: time.sleep(2 if re.search(r"(?i)sleep|delay|benchmark", v) else 0) or "<p>x</p>")
good(K, form("q", "abc"), lambda v, r: time.sleep(1.0 if "'" in v else 0) or "<p>x</p>")

# ---- union ----
K = "sqli-union"


def only(sql, functions=()):
    """Shows one text of the first row; errors and no row look alike."""
    try:
        rows = ask(sql, (), functions)
    except sqlite3.Error:
        rows = []
    return f"<p>{E(str(rows[0][0]))}</p>" if rows else "<p>无</p>"


pair(K, link("id", "3"), lambda v, r: blind(SEL + f"id={v}"), lambda v, r: blind(SEL + "id=?", (v,)))
pair(K, link("name", "用户3"), lambda v, r: blind(SEL + f"name='{v}'"), lambda v, r: blind(SEL + "name=?", (v,)))
pair(K, link("id", "3"), lambda v, r: only(f"SELECT name FROM people WHERE id={v}"), lambda v, r: only(f"SELECT name FROM people WHERE id='{q(v)}'"))
pair(K, form("q", "用户"), lambda v, r: blind(f"SELECT id,name,mail FROM people WHERE name LIKE '%{v}%'"),
     lambda v, r: blind("SELECT id,name,mail FROM people WHERE name LIKE ?", (v,)))
pair(K, form("id", "2"), lambda v, r: only(f"SELECT mail,name FROM people WHERE (id={v})"), lambda v, r: only(f"SELECT mail,name FROM people WHERE (id='{q(v)}')"))
pair(K, json_body("id", 3), lambda v, r: only(f"SELECT name FROM people WHERE id={v}"), lambda v, r: only(f"SELECT name FROM people WHERE id='{q(v)}'"))
pair(K, json_body("name", "用户3"), lambda v, r: only(f"SELECT mail FROM people WHERE name='{v}'"), lambda v, r: only(f"SELECT mail FROM people WHERE name='{q(v)}'"))
pair(K, cookie("uid", "3"), lambda v, r: only(f"SELECT name,mail,score FROM people WHERE id={v}"), lambda v, r: only(f"SELECT name FROM people WHERE id='{q(v)}'"))
pair(K, segment("4"), lambda v, r: only(f"SELECT name,mail FROM people WHERE id={v}"), lambda v, r: only(f"SELECT name FROM people WHERE id='{q(v)}'"))
pair(K, link("id", "3"), lambda v, r: only(f"SELECT name,mail,city,score,id,1,2,3 FROM people WHERE id={v}", MYSQL),
     lambda v, r: only(f"SELECT name FROM people WHERE id='{q(v)}'", MYSQL))
pair(K, link("city", "上海"), lambda v, r: only(f"SELECT count(*) FROM people WHERE city='{v}'"), lambda v, r: only(f"SELECT count(*) FROM people WHERE city='{q(v)}'"))
pair(K, link("name", "用户4"), lambda v, r: only(f'SELECT name FROM people WHERE name="{v}"'), lambda v, r: only(f"SELECT name FROM people WHERE name='{q(v)}'"))
pair(K, form("a", "用户4", also={"b": "1"}), lambda v, r: only(f"SELECT name FROM people WHERE (name='{v}' AND (id>0))"), lambda v, r: only(f"SELECT name FROM people WHERE name='{q(v)}'"))
pair(K, link("id", "5"), lambda v, r: only(f"SELECT name FROM people WHERE id={re.sub('(?i)union', '', v, count=1)}"),
     lambda v, r: only(f"SELECT name FROM people WHERE id='{q(v)}'"))
pair(K, link("id", "6"), lambda v, r: only("SELECT name FROM people WHERE id=" + v.replace("'", "").replace('"', "")), lambda v, r: f"<p>{E(v)}</p>")

if os.environ.get("TARGET_MYSQL"):
    import pymysql

    def my(sql, args=None):
        db = pymysql.connect(unix_socket=os.environ["TARGET_MYSQL"], user="root", charset="utf8mb4")
        with db, db.cursor() as c:
            c.execute("CREATE DATABASE IF NOT EXISTS zhanwei_target")
            c.execute("USE zhanwei_target")
            c.execute("CREATE TABLE IF NOT EXISTS people(id INT PRIMARY KEY, name VARCHAR(40), mail VARCHAR(60))")
            c.executemany("INSERT IGNORE INTO people VALUES(%s,%s,%s)", [x[:3] for x in ROWS])
            db.commit()
            c.execute(sql, args)
            return c.fetchall()

    def my_blind(sql, args=None, show=table):
        try:
            return show(my(sql, args))
        except pymysql.Error:
            return "<p>没有找到</p>"

    def my_error(sql, args=None):
        try:
            return table(my(sql, args))
        except pymysql.Error as e:
            return f"<pre>{E(str(e.args[-1]))}</pre>"

    for kind, f in (("sqli-error", my_error), ("sqli-boolean", my_blind), ("sqli-union", my_blind),
                    ("sqli-time", lambda *a: my_blind(*a) and "<p>已记录</p>")):
        pair(kind, link("id", "3"), lambda v, r, f=f: f(SEL + f"id={v}"), lambda v, r, f=f: f(SEL + "id=%s", (v,)))
        pair(kind, form("name", "用户3"), lambda v, r, f=f: f(SEL + f"name='{v}'"), lambda v, r, f=f: f(SEL + "name=%s", (v,)))

if os.environ.get("TARGET_PGSQL"):
    import psycopg2

    def pg(sql, args=None):
        db = psycopg2.connect(os.environ["TARGET_PGSQL"])
        with db.cursor() as c:
            c.execute("CREATE TEMP TABLE people(id INT PRIMARY KEY, name TEXT, mail TEXT)")
            c.executemany("INSERT INTO people VALUES(%s,%s,%s)", [x[:3] for x in ROWS])
            try:
                c.execute(sql, args)
                return c.fetchall()
            finally:
                db.close()

    def pg_blind(sql, args=None, show=table):
        try:
            return show(pg(sql, args))
        except psycopg2.Error:
            return "<p>没有找到</p>"

    def pg_error(sql, args=None):
        try:
            return table(pg(sql, args))
        except psycopg2.Error as e:
            return f"<pre>{E(str(e))}</pre>"

    for kind, f in (("sqli-error", pg_error), ("sqli-boolean", pg_blind), ("sqli-union", pg_blind),
                    ("sqli-time", lambda *a: pg_blind(*a) and "<p>已记录</p>")):
        pair(kind, link("id", "3"), lambda v, r, f=f: f(SEL + f"id={v}"), lambda v, r, f=f: f(SEL + "id=%s", (num(v),)))
        pair(kind, form("name", "用户3"), lambda v, r, f=f: f(SEL + f"name='{v}'"), lambda v, r, f=f: f(SEL + "name=%s", (v,)))

# A guest book that never shows the same page twice: only failing tells, by a bare "500".
GUESTS = {}


def guests(key, sql, args=()):
    db = GUESTS.get(key)
    if db is None:
        db = GUESTS[key] = sqlite3.connect(":memory:", check_same_thread=False)
        db.execute("CREATE TABLE book(at REAL, line TEXT)")
    try:
        if sql:
            db.execute(sql, args)
    except sqlite3.Error:
        raise Reply(page("<p>服务器内部错误</p>"), 500) from None
    rows = db.execute("SELECT at, line FROM book ORDER BY at DESC LIMIT 40").fetchall()
    return "<p>" + str(random.random()) + "</p><ul>" + "".join(f"<li>{i} {a:.6f} {E(str(t))} {random.getrandbits(90):x}</li>" for i, (a, t) in enumerate(rows)) + "</ul>"


pair("sqli-boolean", form("line", "很好"), lambda v, r: guests("bad", f"INSERT INTO book VALUES({time.time()}, '{v}')"),
     lambda v, r: guests("good", "INSERT INTO book VALUES(?,?)", (time.time(), v)),
     lambda v, r: guests("odd", "SELECT nothing" if v.count("'") % 2 else "INSERT INTO book VALUES(?,?)", () if v.count("'") % 2 else (time.time(), v)))


# A header that only the page's own script sends.
def by_script(how):
    return lambda v, r: f"<p id=o></p><script>fetch('{r.case.base}/data', {{headers: {{{how}: 'x1'}}}}).then(x => x.text())</script>"


for given in ("'X-Tenant'", '"X-Region"'):
    name = given.strip("'\"")
    bad("sqli-error", hidden("none"), by_script(given),
        data=lambda r, n=name: Reply(page(shown(f"SELECT id,name,mail FROM people WHERE city='{r.headers.get(n, '')}'", dialect="mysql"))))
    good("sqli-error", hidden("none"), by_script(given),
         data=lambda r, n=name: Reply(page(shown("SELECT id,name,mail FROM people WHERE city=?", (r.headers.get(n, ""),)))))
