/* Active: SQL injection told by a row of our own. The number of columns is counted up; each
 * column holds a product of two random numbers that the request does not contain, or (for
 * databases that mind types) one column holds two random words joined by the database. */
#include "base/check.h"
#include "scan/checks/active_private.h"
#include "scan/diff.h"
#include "scan/reaction.h"

/* {0} stands for a value that finds nothing, {1} for the columns. */
static const struct context {
	const char *form;
	bool number;
	enum scan_mode from;
} contexts[] = {
	{ "{0}' UNION ALL SELECT {1}-- -", false, SCAN_STANDARD },
	{ "-{0} UNION ALL SELECT {1}-- -", true, SCAN_STANDARD },
	{ "{0}') UNION ALL SELECT {1}-- -", false, SCAN_STANDARD },
	{ "{0}\" UNION ALL SELECT {1}-- -", false, SCAN_DEEP },
	{ "-{0}) UNION ALL SELECT {1}-- -", true, SCAN_DEEP },
	{ "{0}')) UNION ALL SELECT {1}-- -", false, SCAN_DEEP },
	{ "{0}' UNION ALL SELECT {1}#", false, SCAN_DEEP },
	{ "{0}'/**/UNION/**/ALL/**/SELECT/**/{1}/**/-- -", false, SCAN_DEEP },
};

static struct str nothing(struct probe *p, const struct context *c)
{
	return c->number ? probe_printf(p, "%u", probe_number(p, 700000, 900000)) : probe_word(p, 6);
}

/* n columns, all of them the same expression; or NULL but for one. */
static struct str columns(struct probe *p, size_t n, struct str expression, size_t only)
{
	_cleanup_buf_ struct buf b = BUF_INIT(8192);
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(&b, ',');
		if (only == SIZE_MAX || only == i)
			buf_str(&b, expression);
		else
			buf_c(&b, "NULL");
	}
	return arena_str(probe_arena(p), buf_view(&b));
}

/* The row shows; its place in the answer. */
static struct str shows(struct probe *p, const struct context *c, size_t n, size_t only,
			const struct scan_exchange **ret, struct str *ret_sent)
{
	struct active_sum s = active_numbers(p);
	struct str expression = probe_printf(p, "%.*s*%.*s", STR_ARG(s.a), STR_ARG(s.b)), want = s.product;
	if (only != SIZE_MAX) { /* text for databases that mind: both operators are tried by the caller */
		expression = probe_printf(p, "'%.*s'||'%.*s'", STR_ARG(s.left), STR_ARG(s.right));
		want = probe_printf(p, "%.*s%.*s", STR_ARG(s.left), STR_ARG(s.right));
	}
	struct str args[] = { nothing(p, c), columns(p, n, expression, only) };
	*ret_sent = active_fill(p, c->form, args);
	if (probe_value(p, *ret_sent, ret) < 0)
		return STR_NULL;
	return active_find(*ret, want);
}

static bool report(struct probe *p, const struct context *c, size_t n, size_t only)
{
	const struct scan_exchange *x;
	struct str sent, proof = shows(p, c, n, only, &x, &sent);
	if (!proof.ptr)
		return false;
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.proof = proof,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "用 UNION 附加的一行（%zu 列）出现在页面中，其内容由数据库计算得出；换一组随机值后重现。", n),
				.detail_en = probe_printf(p, "A row added by UNION (%zu columns) shows in the page, with a content that the "
							     "database computed; repeated with other random values.", n),
			});
	return true;
}

/* Two numbers of a column behind ORDER BY, one that is there and one that is not: when the answers
 * are alike, what stands in this place is no end of a statement. */
static bool ends_statement(struct probe *p, const struct context *c)
{
	struct diff_side one, far;
	struct str value = c->number ? probe_point(p)->value : probe_printf(p, "%.*s", STR_ARG(probe_point(p)->value));
	const char *close = c->form + (c->number ? 4 : 3), *end = strstr(close, " UNION");
	struct diff_side base = diff_base(probe_point(p));
	/* a value that finds nothing shows neither, unless errors show */
	if (!end || !probe_stable(p) || (!diff_depends(p, &base) && !reaction_seen(p, REACTION_SIGNS)))
		return true;
	struct str quote = str_make(close, (size_t)(end - close)), rest = STR("-- -");
	if (strchr(c->form, '#'))
		rest = STR("#");
	if (diff_value(p, probe_printf(p, "%.*s%.*s ORDER BY 1%.*s", STR_ARG(value), STR_ARG(quote), STR_ARG(rest)), &one) < 0 ||
	    diff_value(p, probe_printf(p, "%.*s%.*s ORDER BY %u%.*s", STR_ARG(value), STR_ARG(quote), probe_number(p, 800, 990),
				       STR_ARG(rest)), &far) < 0)
		return false;
	return !diff_same(p, &one, &far);
}

static bool try_context(struct probe *p, const struct context *c, size_t most)
{
	const struct scan_exchange *x;
	struct str sent;
	if (probe_mode(p) != SCAN_DEEP && !ends_statement(p, c))
		return false;
	for (size_t n = 1; n <= most; n++)
		if (shows(p, c, n, SIZE_MAX, &x, &sent).ptr && report(p, c, n, SIZE_MAX))
			return true;
	return false;
}

/* Databases that mind types: the number of columns is where ORDER BY ends to work. */
static bool try_typed(struct probe *p, const struct scan_point *pt, const struct context *c)
{
	struct diff_side base = diff_base(pt), one, far, here;
	const struct scan_exchange *x;
	struct str sent;
	const char *close = c->number ? "" : "'";
	size_t n = 0;
	if (diff_append(p, pt, probe_printf(p, "%s ORDER BY 1-- -", close), &one) < 0 || !diff_same(p, &base, &one) ||
	    diff_append(p, pt, probe_printf(p, "%s ORDER BY %u-- -", close, probe_number(p, 800, 990)), &far) < 0 ||
	    diff_same(p, &base, &far))
		return false;
	while (n < 20 && diff_append(p, pt, probe_printf(p, "%s ORDER BY %zu-- -", close, n + 1), &here) == 0 &&
	       diff_same(p, &base, &here))
		n++;
	for (size_t i = 0; i < n; i++)
		if (shows(p, c, n, i, &x, &sent).ptr && report(p, c, n, i))
			return true;
	return false;
}

static void probe_union(struct probe *p, const struct scan_point *pt)
{
	struct diff_side base = diff_base(pt);
	bool deep = probe_mode(p) == SCAN_DEEP, number = active_plain_number(pt->value);
	if (probe_reported(p) || probe_point_found(p, "sqli-error") || probe_point_found(p, "sqli-boolean"))
		return;
	if (pt->where == WHERE_HEADER && !deep && !active_own_header(pt))
		return;
	if (!deep && !diff_depends(p, &base)) { /* a quote that changes nothing: no row would either */
		struct diff_side quote;
		if (!reaction(p, REACTION_SIGNS) || diff_append(p, pt, STR("'"), &quote) < 0 || diff_same(p, &base, &quote))
			return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(contexts); i++) {
		if (contexts[i].from > probe_mode(p) || (contexts[i].number && !number) ||
		    !reaction(p, contexts[i].number ? REACTION_BARE : REACTION_SINGLE))
			continue;
		if (try_context(p, &contexts[i], deep ? 16 : 8))
			return;
	}
	if (probe_stable(p) && (deep || diff_depends(p, &base)))
		for (size_t i = 0; i < 2; i++)
			if ((!contexts[i].number || number) && reaction(p, contexts[i].number ? REACTION_BARE : REACTION_SINGLE) &&
			    try_typed(p, pt, &contexts[i]))
				return;
}

const struct scan_check check_sqli_union = {
	.id = "sqli-union",
	.title_zh = "SQL 注入（联合查询型）",
	.title_en = "SQL injection (UNION based)",
	.severity = SEVERITY_CRITICAL,
	.cwe = 89,
	.owasp = "A03:2021",
	.modes = SCAN_STANDARD_UP,
	.on_point = probe_union,
};
