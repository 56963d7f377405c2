/* Active: input is evaluated as program text (CWE-94, CWE-95). Each language is asked for
 * something that a pocket calculator on the page would not do: a product of random numbers,
 * written backwards or in base 36. */
#include "base/check.h"
#include "scan/checks/active_private.h"
#include "scan/checks/hidden.h"
#include "scan/diff.h"
#include "scan/reaction.h"
#include "scan/timing.h"

enum shape { REVERSED, BASE36, PRODUCT };
/* {0} the value, {1} {2} numbers. */
static const struct form {
	const char *language, *text;
	enum shape shape;
	enum { PLAIN, EXPRESSION, QUOTED } context; /* takes the value's place (and is shown), or breaks out of a string */
	enum scan_mode from;
} forms[] = {
	{ "PHP", "print(strrev({1}*{2}))", REVERSED, PLAIN, SCAN_STANDARD },
	{ "PHP", "print(strrev({1}*{2}));", REVERSED, PLAIN, SCAN_STANDARD },
	{ "Python", "str({1}*{2})[::-1]", REVERSED, EXPRESSION, SCAN_STANDARD },
	{ "JavaScript", "({1}*{2}).toString(36)", BASE36, EXPRESSION, SCAN_STANDARD },
	{ "Ruby", "({1}*{2}).to_s(36)", BASE36, EXPRESSION, SCAN_STANDARD },
	{ "SpEL", "T(java.lang.Integer).toString({1}*{2},36)", BASE36, EXPRESSION, SCAN_STANDARD },
	{ "Jinja2", "({1}*{2})|string|reverse", REVERSED, EXPRESSION, SCAN_STANDARD },
	{ "Twig", "({1}*{2})|reverse", REVERSED, PLAIN, SCAN_DEEP },
	{ "OGNL", "@java.lang.Integer@toString({1}*{2},36)", BASE36, PLAIN, SCAN_DEEP },
	{ "Java EL", "Integer.toString({1}*{2},36)", BASE36, PLAIN, SCAN_DEEP },
	{ "PHP", "{0};print(strrev({1}*{2}));//", REVERSED, PLAIN, SCAN_STANDARD },
	{ "PHP", "{0}'.print(strrev({1}*{2})).'", REVERSED, QUOTED, SCAN_STANDARD },
	{ "PHP", "{0}${print(strrev({1}*{2}))}", REVERSED, QUOTED, SCAN_STANDARD },
	{ "PHP", "{0}\".print(strrev({1}*{2})).\"", REVERSED, QUOTED, SCAN_STANDARD },
	{ "PHP", "{0}';print(strrev({1}*{2}));//", REVERSED, QUOTED, SCAN_STANDARD },
	{ "PHP", "{0});}print(strrev({1}*{2}));//", REVERSED, QUOTED, SCAN_DEEP },
	{ "PHP", "{0}');print(strrev({1}*{2}));//", REVERSED, QUOTED, SCAN_DEEP },
	{ "Python", "{0}'+str({1}*{2})[::-1]+'", REVERSED, QUOTED, SCAN_STANDARD },
	{ "Python", "{0}\"+str({1}*{2})[::-1]+\"", REVERSED, QUOTED, SCAN_STANDARD },
	{ "Python", "{0}\")+int(str({1}*{2})[::-1])-len(\"{0}", REVERSED, QUOTED, SCAN_STANDARD },
	{ "Python", "{0}')+int(str({1}*{2})[::-1])-len('{0}", REVERSED, QUOTED, SCAN_DEEP },
	{ "Python", "print(str({1}*{2})[::-1])", REVERSED, PLAIN, SCAN_STANDARD },
	{ "Python", "{0}\nprint(str({1}*{2})[::-1])\n#", REVERSED, QUOTED, SCAN_DEEP },
	{ "JavaScript", "{0}'+({1}*{2}).toString(36)+'", BASE36, QUOTED, SCAN_STANDARD },
	{ "JavaScript", "{0}\"+({1}*{2}).toString(36)+\"", BASE36, QUOTED, SCAN_STANDARD },
	{ "JavaScript", "{0}${({1}*{2}).toString(36)}", BASE36, QUOTED, SCAN_DEEP },
	{ "Ruby", "{0}'+({1}*{2}).to_s(36)+'", BASE36, QUOTED, SCAN_DEEP },
	{ "Ruby", "{0}#{({1}*{2}).to_s(36)}", BASE36, QUOTED, SCAN_STANDARD },
	{ "Perl", "{0}'.reverse(''.{1}*{2}).'", REVERSED, QUOTED, SCAN_DEEP },
	{ "Perl", "scalar reverse({1}*{2})", REVERSED, PLAIN, SCAN_DEEP },
	{ "ASP", "response.write(StrReverse({1}*{2}))", REVERSED, PLAIN, SCAN_STANDARD },
	{ "ASP", "{0}\"&StrReverse({1}*{2})&\"", REVERSED, QUOTED, SCAN_DEEP },
	{ "Lua", "string.reverse({1}*{2})", REVERSED, PLAIN, SCAN_DEEP },
	{ "SpEL", "${T(java.lang.Integer).toString({1}*{2},36)}", BASE36, QUOTED, SCAN_STANDARD },
	{ "SpEL", "{0}'+T(java.lang.Integer).toString({1}*{2},36)+'", BASE36, QUOTED, SCAN_DEEP },
	{ "OGNL", "%{@java.lang.Integer@toString({1}*{2},36)}", BASE36, QUOTED, SCAN_STANDARD },
	{ "Java EL", "#{Integer.toString({1}*{2},36)}", BASE36, QUOTED, SCAN_DEEP },
	{ "Java EL", "${Integer.toString({1}*{2},36)}", BASE36, QUOTED, SCAN_DEEP },
};

static struct str written(struct probe *p, uint64_t v, enum shape shape)
{
	char out[32];
	size_t n = 0;
	uint64_t base = shape == BASE36 ? 36 : 10;
	for (; v; v /= base)
		out[n++] = "0123456789abcdefghijklmnopqrstuvwxyz"[v % base];
	if (shape != REVERSED) /* digits came out backwards; that is what REVERSED wants */
		for (size_t i = 0; i < n / 2; i++) {
			char c = out[i];
			out[i] = out[n - 1 - i];
			out[n - 1 - i] = c;
		}
	return arena_str(probe_arena(p), str_make(out, n));
}

static struct str fire(struct probe *p, const struct form *f, const struct scan_exchange **ret)
{
	uint32_t a, b;
	struct str want;
	do { /* long enough in base 36, and not the same backwards */
		a = probe_number(p, 30011, 46327);
		b = probe_number(p, 30011, 46327);
		want = written(p, (uint64_t)a * b, f->shape);
	} while (want.ptr[0] == '0' || want.ptr[want.len - 1] == '0');
	struct str args[] = { probe_point(p)->value, probe_printf(p, "%u", a), probe_printf(p, "%u", b) };
	if (probe_value(p, active_fill(p, f->text, args), ret) < 0)
		return STR_NULL;
	return active_find(*ret, want);
}

/* What kind of program runs such text. */
static unsigned kind_of(const char *language)
{
	static const struct {
		const char *language;
		unsigned kind;
	} list[] = { { "PHP", STACK_PHP },  { "Twig", STACK_PHP },     { "SpEL", STACK_JAVA },
		     { "OGNL", STACK_JAVA }, { "Java EL", STACK_JAVA }, { "ASP", STACK_DOTNET } };
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		if (strcmp(list[i].language, language) == 0)
			return list[i].kind;
	return STACK_OTHER;
}

static bool try_form(struct probe *p, const struct form *f)
{
	const struct scan_exchange *x, *again;
	struct str proof = fire(p, f, &x);
	if (!proof.ptr || !fire(p, f, &again).ptr)
		return false;
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.proof = proof,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "参数被当作 %s 代码求值：响应里出现了随机数之积的变形，换一组数后重现。", f->language),
				.detail_en = probe_printf(p, "The parameter is evaluated as %s: the answer holds a transformed product of "
							     "random numbers; repeated with others.", f->language),
			});
	return true;
}

static void probe_code(struct probe *p, const struct scan_point *pt)
{
	bool deep = probe_mode(p) == SCAN_DEEP;
	struct diff_side base = diff_base(pt);
	if (probe_reported(p) || (pt->where == WHERE_HEADER && !deep && !active_own_header(pt)) || (probe_sqli_found(p) && !deep) ||
	    probe_point_found(p, "command-injection"))
		return;
	/* what fails as it stands may be evaluated too, and fail for that */
	bool plain = deep || pt->base->status >= 500 || diff_depends(p, &base), quoted = deep || diff_parses(p);
	plain = plain || (quoted && diff_reflects(p)); /* shown with all its signs, it is no program */
	/* a text that is shown as it is given, unless it is a sum: nobody offers that */
	static const struct form sum = { "表达式 / expression", "{1}*{2}", PRODUCT, PLAIN, SCAN_STANDARD };
	bool letters = pt->value.len > 0;
	for (size_t i = 0; i < pt->value.len; i++)
		letters = letters && (ascii_alpha(pt->value.ptr[i]) || (pt->value.ptr[i] & 0x80));
	if (letters && diff_reflects(p) && try_form(p, &sum))
		return;
	const struct scan_exchange *x;
	/* whatever is computed and shown computes a product, too, or takes brackets for nothing */
	bool shown = deep || (plain && (fire(p, &sum, &x).ptr || reaction_seen(p, REACTION_BRACKETS)));
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		const struct form *f = &forms[i];
		if (f->from > probe_mode(p) || !(f->context == PLAIN ? plain : f->context == EXPRESSION ? shown : quoted) ||
		    !probe_stack(p, kind_of(f->language)))
			continue;
		if (try_form(p, f))
			return;
	}
}

/* ---- parameters that no link has: a test page's eval, a back door's command ---- */

static const struct {
	const char *name;
	bool shell;
} doors[] = { { "eval", false }, { "code", false },   { "php", false },	    { "expr", false }, { "cmd", true },
	      { "exec", true },	 { "command", true }, { "execute", true }, { "shell", true }, { "run", true } };

/* Asks all doors, or the one; which says what came back: 1 program text, 2 a command, 0 nothing. */
static int knock(struct probe *p, const struct scan_exchange *route, size_t first, size_t n, const struct scan_exchange **ret, struct str *proof)
{
	struct str names[ARRAY_SIZE(doors)], values[ARRAY_SIZE(doors)];
	struct active_sum s = active_numbers(p);
	uint32_t a = probe_number(p, 30011, 46327), b = probe_number(p, 30011, 46327);
	struct str back = written(p, (uint64_t)a * b, REVERSED);
	struct str sum = probe_printf(p, "%.*s%.*s%.*s", STR_ARG(s.left), STR_ARG(s.sum), STR_ARG(s.right));
	for (size_t i = 0; i < n; i++) {
		names[i] = str_c(doors[first + i].name);
		values[i] = doors[first + i].shell ?
				    probe_printf(p, "echo %.*s$((%.*s+%.*s))%.*s", STR_ARG(s.left), STR_ARG(s.a), STR_ARG(s.b), STR_ARG(s.right)) :
				    probe_printf(p, "print(strrev(%u*%u));", a, b);
	}
	if (probe_send(p, &(struct scan_mutation){ .url = hidden_url_all(p, route->url, names, values, n) }, ret) < 0)
		return 0;
	*proof = active_find(*ret, back);
	if (proof->ptr)
		return 1;
	*proof = active_find(*ret, sum);
	return proof->ptr ? 2 : 0;
}

/* Programs without input of their own, in a language that has such doors. */
static void probe_doors(struct probe *p, const struct scan_exchange *route)
{
	const struct scan_exchange *x;
	struct str proof, last = str_from(route->path, (size_t)(str_rchr(route->path, '/') + 1));
	if (route->status != 200 || route->missing || route->media != MEDIA_HTML || route->query.len || !probe_stack(p, STACK_PHP) ||
	    (str_chr(last, '.') >= 0 && !str_iends(last, STR(".php"))) || !knock(p, route, 0, ARRAY_SIZE(doors), &x, &proof))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(doors); i++) {
		int what = knock(p, route, i, 1, &x, &proof);
		if (!what || knock(p, route, i, 1, &x, &proof) != what)
			continue;
		probe_report(p, &(struct scan_report){
					.exchange = x,
					.about = route,
					.proof = proof,
					.parameter = str_c(doors[i].name),
					.confidence_set = true,
					.confidence = CONFIDENCE_CERTAIN,
					.title_zh = what == 2 ? STR("隐藏参数被当作系统命令执行") : STR("隐藏参数被当作代码执行"),
					.title_en = what == 2 ? STR("A hidden parameter is run as a command") : STR("A hidden parameter is run as code"),
					.detail_zh = probe_printf(p, "页面没有公开的参数 %s 被执行：响应里出现了随机数的计算结果，换一组数后重现。这也可能是后门。", doors[i].name),
					.detail_en = probe_printf(p, "The parameter %s, which no link has, is executed: the answer holds what random "
								     "numbers give; repeated with others. It may be a back door.",
								  doors[i].name) });
	}
}

const struct scan_check check_code_injection = {
	.id = "code-injection",
	.title_zh = "代码或表达式注入",
	.title_en = "Code or expression injection",
	.severity = SEVERITY_CRITICAL,
	.cwe = 94,
	.owasp = "A03:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_POINT,
	.on_point = probe_code,
	.on_route = probe_doors,
};
