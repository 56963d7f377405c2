/* Active: input becomes part of a server-side template (CWE-1336). Products of random
 * numbers in the brackets of several families at once, each between words of its own; which
 * family answered is read from which words. Client-side templates do not compute on the
 * server, and a page that repeats or strips its input has no product. */
#include "scan/checks/active_private.h"
#include "scan/diff.h"
#include "scan/reaction.h"

/* Several pieces per request as long as none is an error to the engines of the others. {0}
 * and {1} numbers. */
#define PIECES 3
#define ANY_STACK (STACK_PHP | STACK_JAVA | STACK_DOTNET | STACK_OTHER)
static const struct round {
	enum scan_mode from;
	unsigned stacks;
	struct piece {
		const char *text, *engines;
	} pieces[PIECES];
} rounds[] = {
	{ SCAN_QUICK, ANY_STACK, { { "{{{0}*{1}}}", "Jinja2 / Twig / Nunjucks" }, { "<%={0}*{1}%>", "ERB / EJS / JSP" } } },
	{ SCAN_STANDARD, STACK_JAVA | STACK_OTHER, { { "${{0}*{1}}", "FreeMarker / Mako / Thymeleaf / EL" } } },
	{ SCAN_STANDARD, STACK_JAVA | STACK_DOTNET | STACK_OTHER, { { "#{{0}*{1}}", "Ruby / Pug / EL" }, { "@({0}*{1})", "Razor" } } },
	{ SCAN_STANDARD, STACK_PHP, { { "{{0}*{1}}", "Smarty / Latte" } } },
	{ SCAN_STANDARD, STACK_JAVA | STACK_OTHER, { { "#set($x={0}*{1})$x", "Velocity" }, { "{%print({0}*{1})%}", "Tornado / Jinja2" } } },
	{ SCAN_STANDARD, STACK_JAVA, { { "[[${{0}*{1}}]]", "Thymeleaf" } } },
	{ SCAN_DEEP, STACK_JAVA, { { "*{{0}*{1}}", "Thymeleaf" } } },
	{ SCAN_STANDARD, STACK_OTHER, { { "{{={0}*{1}}}", "doT / web2py" }, { "{%={0}*{1}%}", "templates" }, { "{{{0}|times:{1}}}", "Liquid" } } },
	{ SCAN_DEEP, STACK_JAVA, { { "__${{0}*{1}}__::.x", "Thymeleaf" } } },
	{ SCAN_DEEP, STACK_PHP, { { "${@{0}*{1}}", "PHP" } } },
	{ SCAN_STANDARD, ANY_STACK, { { "'}}{{{0}*{1}}}{{'", "Jinja2 / Twig" }, { "\"}}{{{0}*{1}}}{{\"", "Jinja2 / Twig" } } },
	{ SCAN_STANDARD, ANY_STACK, { { "}}{{{0}*{1}}}{{", "Jinja2 / Twig" } } },
	{ SCAN_STANDARD, ANY_STACK, { { "%}{{{0}*{1}}}{%", "Jinja2 / Twig" } } },
	{ SCAN_DEEP, ANY_STACK, { { "%><%={0}*{1}%><%", "ERB / EJS / JSP" } } },
	{ SCAN_DEEP, STACK_JAVA | STACK_OTHER, { { "}${{0}*{1}}${", "FreeMarker / Mako" } } },
};

struct expected {
	struct str text, want;
	const char *engines;
};

static struct str fire(struct probe *p, const struct round *r, const struct scan_exchange **ret, const char **engines)
{
	_cleanup_buf_ struct buf b = BUF_INIT(4096);
	struct str want[PIECES];
	size_t n = 0;
	for (; n < PIECES && r->pieces[n].text; n++) {
		struct active_sum s = active_numbers(p);
		struct str args[] = { s.a, s.b };
		buf_printf(&b, "%.*s%.*s%.*s ", STR_ARG(s.left), STR_ARG(active_fill(p, r->pieces[n].text, args)),
			   STR_ARG(s.right));
		want[n] = probe_printf(p, "%.*s%.*s%.*s", STR_ARG(s.left), STR_ARG(s.product), STR_ARG(s.right));
		if (strchr("'\"}%", r->pieces[n].text[0])) /* leaves an expression: what stands around is the page's */
			want[n] = s.product;
	}
	struct str value = str_trim(buf_view(&b));
	if (probe_append(p, arena_str(probe_arena(p), value), ret) < 0)
		return STR_NULL;
	for (size_t i = 0; i < n; i++) {
		struct str proof = active_find(*ret, want[i]);
		*engines = r->pieces[i].engines;
		if (proof.ptr)
			return proof;
	}
	return STR_NULL;
}

/* Engines without arithmetic: an undefined name in a condition. A page that strips the
 * brackets would keep both branches. */
static struct str fire_logicless(struct probe *p, const struct scan_exchange **ret)
{
	struct str l = probe_word(p, 5), a = probe_word(p, 5), b = probe_word(p, 5), r = probe_word(p, 5);
	struct str value = probe_printf(p, "%.*s{{#if q%.*s}}%.*s{{else}}%.*s{{/if}}%.*s", STR_ARG(l), STR_ARG(a), STR_ARG(a),
					STR_ARG(b), STR_ARG(r));
	if (probe_append(p, value, ret) < 0)
		return STR_NULL;
	return active_find(*ret, probe_printf(p, "%.*s%.*s%.*s", STR_ARG(l), STR_ARG(b), STR_ARG(r)));
}

static struct str fire_go(struct probe *p, const struct scan_exchange **ret)
{
	struct active_sum s = active_numbers(p);
	struct str value = probe_printf(p, "%.*s{{printf \"%%d-%%x\" %.*s %.*s}}%.*s", STR_ARG(s.left), STR_ARG(s.a),
					STR_ARG(s.b), STR_ARG(s.right));
	uint64_t b = 0;
	str_to_u64(s.b, &b);
	if (probe_append(p, value, ret) < 0)
		return STR_NULL;
	return active_find(*ret, probe_printf(p, "%.*s%.*s-%llx%.*s", STR_ARG(s.left), STR_ARG(s.a),
					      (unsigned long long)b, STR_ARG(s.right)));
}

/* Is anything computed by something that leaves alone what it does not understand? All brackets at once. */
static bool lenient(struct probe *p)
{
	static const char *const forms[] = { "{{{0}*{1}}}", "<%={0}*{1}%>", "${{0}*{1}}", "#{{0}*{1}}", "@({0}*{1})", "{{0}*{1}}",
					     "[[${{0}*{1}}]]", "%{{0}*{1}}", "{{={0}*{1}}}", "{%={0}*{1}%}",
					     "#set($x={0}*{1})$x", "{%print({0}*{1})%}", "{{{0}|times:{1}}}" };
	_cleanup_buf_ struct buf b = BUF_INIT(4096);
	const struct scan_exchange *x;
	struct str want[ARRAY_SIZE(forms)];
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct active_sum s = active_numbers(p);
		struct str args[] = { s.a, s.b };
		buf_printf(&b, " %.*s", STR_ARG(active_fill(p, forms[i], args)));
		want[i] = s.product;
	}
	if (probe_append(p, arena_str(probe_arena(p), buf_view(&b)), &x) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (active_find(x, want[i]).ptr)
			return true;
	return active_find(x, STR("{")).ptr == NULL; /* taken out, or too long: nothing can be said */
}

static void report(struct probe *p, const struct scan_exchange *x, struct str proof, const char *engines)
{
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.proof = proof,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "参数被服务器端模板引擎（%s）求值，响应中是表达式的结果；换一组随机值后重现。", engines),
				.detail_en = probe_printf(p, "The parameter is evaluated by a template engine (%s) on the server: the answer "
							     "holds the result of the expression; repeated with other values.", engines),
			});
}

static void probe_template(struct probe *p, const struct scan_point *pt)
{
	const struct scan_exchange *x, *again;
	const char *engines = "", *other;
	struct str proof;
	bool deep = probe_mode(p) == SCAN_DEEP;
	if (probe_reported(p) || (pt->where == WHERE_HEADER && !deep && ((!active_own_header(pt) && !reaction_header(p)) || !diff_reflects(p))) || (probe_sqli_found(p) && !deep) ||
	    probe_point_found(p, "code-injection"))
		return;
	/* the signs hold what is an error to any engine that minds errors */
	if (!deep && !diff_parses(p) && !(diff_reflects(p) && lenient(p)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rounds); i++) {
		if (rounds[i].from > probe_mode(p) || !probe_stack(p, rounds[i].stacks))
			continue;
		proof = fire(p, &rounds[i], &x, &engines);
		if (!proof.ptr || !fire(p, &rounds[i], &again, &other).ptr || strcmp(engines, other) != 0)
			continue;
		report(p, x, proof, engines);
		return;
	}
	if (!probe_stack(p, STACK_OTHER))
		return;
	if ((proof = fire_logicless(p, &x)).ptr && fire_logicless(p, &again).ptr)
		report(p, x, proof, "Handlebars");
	else if ((proof = fire_go(p, &x)).ptr && fire_go(p, &again).ptr)
		report(p, x, proof, "Go template");
}

const struct scan_check check_ssti = {
	.id = "ssti",
	.title_zh = "服务器端模板注入（SSTI）",
	.title_en = "Server-side template injection",
	.severity = SEVERITY_CRITICAL,
	.cwe = 1336,
	.owasp = "A03:2021",
	.place = PLACE_POINT,
	.modes = SCAN_STANDARD_UP,
	.flags = SCAN_DEEP_POINTS,
	.on_point = probe_template,
};
