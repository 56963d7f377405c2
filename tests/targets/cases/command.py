"""OS commands and code: a real shell, a real interpreter."""
import re
import shlex
import subprocess
import time

from target import E, cookie, form, good, header, hidden, json_body, link, page, pair, segment


def shell(command, shown=True, errors=False):
    done = subprocess.run(command, shell=True, capture_output=True, timeout=12, text=True, errors="replace", check=False, executable="/bin/sh")
    text = done.stdout + (done.stderr if errors else "")
    return "<pre>" + E(text[:4000]) + "</pre>" if shown else "<p>完成</p>"


def quiet(command):
    return shell(command, shown=False)


Q = shlex.quote
K = "command"
pair(K, link("host", "localhost"), lambda v, r: shell("echo checking " + v), lambda v, r: shell("echo checking " + Q(v)))
pair(K, form("host", "localhost"), lambda v, r: shell("echo 'checking " + v + "'"), lambda v, r: shell("echo " + Q("checking " + v)))
pair(K, link("host", "localhost"), lambda v, r: shell('echo "checking ' + v + '"'), lambda v, r: f"<pre>echo checking {E(v)}</pre>")
pair(K, form("ip", "127.0.0.1"), lambda v, r: shell("echo ping " + v.replace(";", "").replace("&&", "")), lambda v, r: shell("echo ping " + Q(v.replace(";", ""))))
pair(K, link("file", "a.txt"), lambda v, r: shell(f"ls {v} 2>&1 | wc -l; true"), lambda v, r: shell(f"ls -- {Q(v)} 2>/dev/null | wc -l"))
pair(K, link("host", "localhost"), lambda v, r: quiet("echo " + v), lambda v, r: quiet("echo " + Q(v)))
pair(K, form("host", "localhost"), lambda v, r: quiet("echo '" + v + "' >/dev/null"), lambda v, r: quiet("echo " + Q(v) + " >/dev/null"))
pair(K, json_body("host", "localhost"), lambda v, r: shell("echo checking " + str(v)), lambda v, r: shell("echo checking " + Q(str(v))))
pair(K, json_body("opt/name", "abc"), lambda v, r: quiet(f'test -n "{v}"'), lambda v, r: quiet(f"test -n {Q(str(v))}"))
pair(K, cookie("lang", "zh"), lambda v, r: shell("echo lang=" + v), lambda v, r: shell("echo lang=" + Q(v)))
pair(K, header("User-Agent"), lambda v, r: shell(f'echo "{v[:300]}" | wc -c'), lambda v, r: shell(f"echo {Q(v)} | wc -c"))
pair(K, segment("abc"), lambda v, r: shell("echo item " + v), lambda v, r: shell("echo item " + Q(v)))
# Blanks are refused; $IFS and tabs are not.
pair(K, link("host", "localhost"), lambda v, r: "<p>不允许空格</p>" if " " in v else shell("echo checking " + v), lambda v, r: "<p>不允许空格</p>" if " " in v else shell("echo " + Q(v)))
# Only what follows a new line runs.
pair(K, form("name", "abc"), lambda v, r: shell("echo " + re.sub(r"[;&|`$()<>]", "", v)), lambda v, r: shell("echo " + Q(re.sub(r"[;&|`$()<>\r\n]", "", v))))
# The input is an option's value behind other text, output only of errors.
pair(K, link("size", "10"), lambda v, r: shell(f"head -c {v} /dev/null; echo done", errors=True), lambda v, r: shell(f"head -c {int(v) if v.isdigit() else 1} /dev/null; echo done"))
pair(K, link("cmd", "uptime"), lambda v, r: shell(v), lambda v, r: shell({"uptime": "echo up", "date": "date +%F"}.get(v, "echo unknown")))
# The input shown well, a sum done for real, a page that is slow when it sees a separator.
good(K, link("expr", "1+2"), lambda v, r: f"<p>{E(v)} = {sum(int(x) for x in re.findall('[0-9]{1,6}', v)) if re.fullmatch(r'[0-9+ ]+', v) else E(v)}</p>")
good(K, link("host", "localhost"), lambda v, r: time.sleep(1.5 if re.search(r"sleep|ping|[;|&`]", v) else 0) or "<p>完成</p>")
good(K, form("host", "localhost"), lambda v, r: f"<pre>sh: 1: {E(v)}: not found</pre>")

C = "code"


def python(text):
    try:
        return f"<p>结果：{E(str(eval(text, {'__builtins__': {'str': str, 'len': len, 'int': int}}, {})))}</p>"  # pylint: disable=eval-used
    except Exception as e:  # pylint: disable=broad-except
        return f"<p>表达式有误：{E(type(e).__name__)}</p>"


def php(code):
    done = subprocess.run(["php", "-d", "display_errors=1", "-r", code], capture_output=True, timeout=10, text=True, errors="replace", check=False)
    return "<pre>" + E(done.stdout[:2000]) + "</pre>"


def number_only(v):
    return v if re.fullmatch(r"[0-9.]{1,12}", v) else "0"


def el(text):
    """#{…} and ${…} of one expression language: numbers, + - * and strings; nothing else is read."""
    def one(m):
        inner = m.group(1).strip()
        if re.fullmatch(r"[0-9 +*()-]{1,60}", inner):
            try:
                return str(eval(inner, {"__builtins__": {}}, {}))  # pylint: disable=eval-used
            except Exception:  # pylint: disable=broad-except
                return ""
        return ""
    return re.sub(r"[$#%]\{([^{}]*)\}", one, text)


pair(C, link("expr", "1"), lambda v, r: python(v), lambda v, r: python(number_only(v)))
pair(C, form("price", "3"), lambda v, r: python(f"{v}*2"), lambda v, r: python(f"{number_only(v)}*2"))
pair(C, link("name", "abc"), lambda v, r: python(f"'你好 {v}'"), lambda v, r: python(repr("你好 " + v)))
pair(C, link("name", "abc"), lambda v, r: python(f'len("{v}")'), lambda v, r: python(f"len({v!r})"))
pair(C, json_body("formula", "1"), lambda v, r: python(str(v)), lambda v, r: python(number_only(str(v))))
pair(C, link("x", "1"), lambda v, r: php(f"echo {v};"), lambda v, r: php("echo " + number_only(v) + ";"))
pair(C, form("x", "abc"), lambda v, r: php(f"$a = '{v}'; echo strlen($a);"), lambda v, r: php("$a = '" + v.replace("\\", "\\\\").replace("'", "\\'") + "'; echo strlen($a);"))
pair(C, link("x", "abc"), lambda v, r: php('$a = "' + v.replace('"', '\\"') + '"; echo $a;') if "\\" not in v else "<p>x</p>",
     lambda v, r: php('$a = "' + re.sub(r'[\\"$]', "", v) + '"; echo $a;'))
pair(C, link("sort", "id"), lambda v, r: php(f"$f = fn($a) => strlen('{v}'); echo $f(1);"), lambda v, r: php("$f = fn($a) => strlen('" + re.sub("[^a-z]", "", v) + "'); echo $f(1);"))
pair(C, link("msg", "hello"), lambda v, r: f"<p>{E(el(v))}</p>", lambda v, r: f"<p>{E(v)}</p>")
pair(C, form("name", "abc"), lambda v, r: f"<p>{E(el('你好 #{' + v + '}'))}</p>" if re.fullmatch(r"[0-9 +*()-]+", v) else f"<p>{E(v)}</p>", lambda v, r: f"<p>{E(re.sub('[#$%]', '', v))}</p>")
pair(C, cookie("pref", "1"), lambda v, r: python(v), lambda v, r: python(number_only(v)))
pair(C, segment("1"), lambda v, r: python(v), lambda v, r: python(number_only(v)))
pair(C, json_body("cond/if", "1"), lambda v, r: "<p>是</p>" + python(f"({v})"), lambda v, r: "<p>是</p>" + python(repr(str(v))))
pair(C, header("X-Rule", "1"), lambda v, r: python(v[:200]), lambda v, r: python(number_only(v[:200])))
# A calculator that is meant to be one computes sums of whole numbers only; a page that shows products of its own.
good(C, link("n", "12"), lambda v, r: f"<p>{int(number_only(v).split('.')[0] or 0) * 7}</p>")
good(C, link("name", "abc"), lambda v, r: f"<p>错误的表达式：{E(v)}，Parse error: syntax error, unexpected</p>")

# A test page's eval and a forgotten command, in parameters that nothing mentions; the twins show them.
pair(C, hidden("eval"), lambda v, r: php(v) if v else "<p>eval</p>", lambda v, r: f"<pre>{E(v)}</pre>")
pair(C, hidden("cmd"), lambda v, r: shell(v) if v else "<p>状态正常</p>", lambda v, r: f"<pre>{E(v)}: not found</pre>")
