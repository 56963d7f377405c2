"""Server-side templates: Jinja2 and Mako for real; other engines by what they do with arithmetic and strings."""
import re

import jinja2
from mako.template import Template

from target import E, cookie, form, good, header, json_body, link, pair, segment


def jinja(text, **values):
    try:
        return jinja2.Environment(autoescape=False).from_string(text).render(**values)
    except jinja2.TemplateError as e:
        return f"<p>模板有误：{E(type(e).__name__)}</p>"


def mako(text):
    try:
        return Template(text).render()
    except Exception as e:  # pylint: disable=broad-except
        return f"<p>模板有误：{E(type(e).__name__)}</p>"


def arithmetic(text):
    if not re.fullmatch(r"[0-9 +*().-]{1,80}", text.strip()):
        return None
    try:
        return str(eval(text, {"__builtins__": {}}, {}))  # pylint: disable=eval-used
    except Exception:  # pylint: disable=broad-except
        return None


def engine(opening, closing):
    """Replaces OPENING expr CLOSING by its value, as an engine with these marks does."""
    mark = re.compile(re.escape(opening) + r"\s*(.*?)\s*" + re.escape(closing), re.S)

    def render(text):
        def one(m):
            value = arithmetic(m.group(1))
            return value if value is not None else ""
        return mark.sub(one, text)
    return render


freemarker, erb, smarty, velocity = engine("${", "}"), engine("<%=", "%>"), engine("{", "}"), engine("#set($x=", ")$x")
thymeleaf, pug, razor, dot, tornado = engine("[[${", "}]]"), engine("#{", "}"), engine("@(", ")"), engine("{{=", "}}"), engine("{{", "}}")
K = "ssti"
pair(K, link("name", "访客"), lambda v, r: jinja(f"<p>你好 {v}</p>"), lambda v, r: jinja("<p>你好 {{ n|e }}</p>", n=v))
pair(K, form("name", "访客"), lambda v, r: jinja("<p>{{ '" + v + "' }}</p>"), lambda v, r: jinja("<p>{{ n|e }}</p>", n=v))
pair(K, link("tpl", "abc"), lambda v, r: jinja("<p>" + E(v, quote=False) + "</p>"), lambda v, r: jinja("<p>" + E(v).replace("{", "&#123;") + "</p>"))
pair(K, link("field", "name"), lambda v, r: jinja("<p>{{ " + v + " }}</p>", name="abc"), lambda v, r: jinja("<p>{{ row[f]|e }}</p>", row={"name": "abc"}, f=v))
pair(K, link("name", "访客"), lambda v, r: mako(f"<p>{v}</p>"), lambda v, r: f"<p>{E(v)}</p>")
pair(K, form("msg", "abc"), lambda v, r: f"<p>{freemarker(E(v, quote=False))}</p>", lambda v, r: f"<p>{E(v)}</p>")
pair(K, link("msg", "abc"), lambda v, r: f"<p>{erb(v)}</p>", lambda v, r: f"<p>{E(v)}</p>")
pair(K, link("msg", "abc"), lambda v, r: f"<p>{smarty(E(v, quote=False))}</p>", lambda v, r: f"<p>{E(v).replace('{', '(')}</p>")
pair(K, link("msg", "abc"), lambda v, r: f"<p>{velocity(v)}</p>", lambda v, r: f"<p>{E(v)}</p>")
pair(K, form("msg", "abc"), lambda v, r: f"<p>{thymeleaf(E(v, quote=False))}</p>", lambda v, r: f"<p>[[{E(v)}]]</p>")
pair(K, link("msg", "abc"), lambda v, r: f"<p>{pug(E(v))}</p>", lambda v, r: f"<p>{E(v)}</p>")
pair(K, json_body("subject", "通知"), lambda v, r: f"<p>{razor(E(str(v), quote=False))}</p>", lambda v, r: f"<p>{E(str(v))}</p>")
pair(K, cookie("nick", "abc"), lambda v, r: jinja(f"<p>{v}</p>"), lambda v, r: jinja("<p>{{ v|e }}</p>", v=v))
pair(K, segment("abc"), lambda v, r: jinja(f"<p>没有 {v}</p>"), lambda v, r: f"<p>没有 {E(v)}</p>")
pair(K, header("Referer"), lambda v, r: f"<p>{tornado(v)}</p>", lambda v, r: f"<p>{E(v)}</p>")
pair(K, json_body("mail/body", "你好"), lambda v, r: f"<p>{dot(str(v))}</p>", lambda v, r: f"<p>{E(str(v))}</p>")
# Shown untouched for a script of the page; marks removed; a calculator without marks; an error that quotes the input.
good(K, link("msg", "abc"), lambda v, r: f'<div ng-non-bindable>{{{{ "{E(v)}" }}}}</div>')
good(K, link("msg", "abc"), lambda v, r: "<p>" + re.sub(r"[{}<>$#%@*]", "", v) + "</p>")
good(K, link("n", "6*7"), lambda v, r: f"<p>{arithmetic(v) if arithmetic(v) else E(v)}</p>" if re.fullmatch(r"\d\*\d", v) else f"<p>{E(v)}</p>")
good(K, link("msg", "abc"), lambda v, r: f"<pre>TemplateSyntaxError: unexpected '{E(v)}'</pre>")
