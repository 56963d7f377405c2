/* Active: SQL injection told by two conditions, one always true and one always false; by
 * arithmetic and by the joining of strings, when only a database would do them. Conclusions
 * only by diff.h. No statement sent here changes data or waits; none but a SELECT can have its
 * WHERE clause widened. */
#include "base/check.h"
#include "scan/checks/active_private.h"
#include "scan/diff.h"
#include "scan/reaction.h"

/* {0} the value, {1}{2} numbers, equal when it shall be true; {3} a number for broken syntax; what such a place does. */
struct shape {
	const char *form, *broken;
	enum { ANY, NUMBER, WORD } fits;
	enum scan_mode from;
	enum reaction needs;
};
static const struct shape shapes[] = {
	{ "{0}' AND '{1}'='{2}", "{0}' AND '{1}'\"", ANY, SCAN_QUICK, REACTION_SINGLE },
	{ "{0} AND {1}={2}", "{0} AND {1} AND AND", ANY, SCAN_QUICK, REACTION_BARE },
	{ "{0}' AND {1}={2}-- -", "{0}' AND {1}'\"-- -", ANY, SCAN_QUICK, REACTION_SINGLE },
	{ "{0}\" AND \"{1}\"=\"{2}", "{0}\" AND \"{1}'\"", ANY, SCAN_STANDARD, REACTION_DOUBLE },
	{ "{0}') AND ('{1}'='{2}", "{0}') AND ('{1}'\"", ANY, SCAN_STANDARD, REACTION_SINGLE },
	{ "{0}) AND ({1}={2}", "{0}) AND ({1} AND AND", ANY, SCAN_STANDARD, REACTION_BARE },
	{ "{0}%' AND '{1}%'='{2}%", "{0}%' AND '{1}'\"", WORD, SCAN_STANDARD, REACTION_SINGLE },
	{ "{0}%') AND ('{1}%'='{2}%", "{0}%') AND ('{1}'\"", WORD, SCAN_STANDARD, REACTION_SINGLE },
	{ "{0}') AND {1}={2}-- -", "{0}') AND {1}'\"-- -", ANY, SCAN_STANDARD, REACTION_SINGLE },
	{ "{0}'/**/AND/**/'{1}'='{2}", "{0}'/**/AND/**/'{1}'\"", ANY, SCAN_STANDARD, REACTION_SINGLE },
	{ "{0}/**/AND/**/{1}={2}", "{0}/**/AND/**/{1}/**/AND", NUMBER, SCAN_STANDARD, REACTION_BARE },
	{ "{0}'&&'{1}'='{2}", "{0}'&&'{1}'\"", ANY, SCAN_STANDARD, REACTION_SINGLE },
	{ "{0}')) AND (('{1}'='{2}", "{0}')) AND (('{1}'\"", ANY, SCAN_STANDARD, REACTION_SINGLE },
	{ "{0})) AND (({1}={2}", "{0})) AND (({1} AND AND", ANY, SCAN_DEEP, REACTION_BARE },
	{ "{0}\") AND (\"{1}\"=\"{2}", "{0}\") AND (\"{1}'\"", ANY, SCAN_DEEP, REACTION_DOUBLE },
	{ "{0}' AND {1}={2}#", "{0}' AND {1}'\"#", ANY, SCAN_STANDARD, REACTION_SINGLE },
	{ "{0}'\tAnD\t'{1}'lIkE'{2}", "{0}'\tAnD\t'{1}'\"", ANY, SCAN_STANDARD, REACTION_SINGLE },
	{ "{0}%' AND {1}={2}-- -", "{0}%' AND {1}'\"-- -", WORD, SCAN_DEEP, REACTION_SINGLE },
	{ "{0}` AND {1}={2}-- -", "{0}` AND {1}'\"-- -", WORD, SCAN_DEEP, REACTION_VALUE },
};

static struct str condition(struct probe *p, const struct scan_point *pt, const char *form, bool truth)
{
	uint32_t a = probe_number(p, 1000, 4999), b = truth ? a : a + probe_number(p, 1, 4000);
	struct str args[] = { pt->value, probe_printf(p, "%u", a), probe_printf(p, "%u", b) };
	return active_fill(p, form, args);
}

/* One round: true equals the original, false does not. */
static bool round_holds(struct probe *p, const struct scan_point *pt, const char *form, const struct diff_side *base,
			struct diff_side *t, struct diff_side *f)
{
	if (diff_value(p, condition(p, pt, form, true), t) < 0 || !diff_same(p, base, t))
		return false;
	return diff_value(p, condition(p, pt, form, false), f) == 0 && !diff_same(p, base, f);
}

static void report(struct probe *p, const struct diff_side *t, const struct diff_side *f, const char *how_zh,
		   const char *how_en)
{
	probe_report(p, &(struct scan_report){
				.exchange = f->x,
				.proof = f->sent,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "%s：“%.*s”得到与原值相同的页面，“%.*s”得到不同的页面；两轮随机值结果一致。",
							  how_zh, STR_ARG(t->sent), STR_ARG(f->sent)),
				.detail_en = probe_printf(p, "%s: \"%.*s\" gives the original page, \"%.*s\" gives another; two rounds "
							     "with random values agree.",
							  how_en, STR_ARG(t->sent), STR_ARG(f->sent)),
			});
}

static bool try_shape(struct probe *p, const struct scan_point *pt, const struct shape *s, const struct diff_side *base)
{
	struct diff_side t, f, t2, f2, odd;
	if (!round_holds(p, pt, s->form, base, &t, &f) || !round_holds(p, pt, s->form, base, &t2, &f2))
		return false;
	if (!diff_same(p, &f, &f2) || diff_blocked(base, &f))
		return false;
	/* broken syntax must not look like the original either: a page that drops what
	 * stands behind a blank would. (A word in quotes is a true condition to some
	 * databases, so there the quotes themselves are broken.) */
	if (diff_value(p, condition(p, pt, s->broken, true), &odd) < 0 || diff_same(p, base, &odd))
		return false;
	if (!diff_confirmed(p, base, &t2, &f2))
		return false;
	report(p, &t2, &f2, "条件恒真与恒假的语句返回不同结果", "Always-true and always-false conditions differ");
	return true;
}

static bool try_shapes(struct probe *p, const struct scan_point *pt, const struct diff_side *base)
{
	bool number = active_plain_number(pt->value);
	for (size_t i = 0; i < ARRAY_SIZE(shapes) && probe_stable(p); i++) {
		const struct shape *s = &shapes[i];
		if (s->from > probe_mode(p) || (s->fits == NUMBER && !number) || (s->fits == WORD && number) ||
		    !reaction(p, s->needs))
			continue;
		if (try_shape(p, pt, s, base))
			return true;
	}
	return false;
}

/* Where the original finds nothing (a log-in, a search without hits), AND cannot show
 * itself. OR would, and must not reach a DELETE or UPDATE: with GROUP BY behind it only a
 * SELECT is a statement at all. The false one equals the original, the true one does not, and
 * the true one misspelt does not look like the true one. */
static bool try_empty(struct probe *p, const struct scan_point *pt, const struct diff_side *base)
{
	static const struct {
		const char *form, *broken;
	} list[] = {
		{ "{0}' OR '{1}'='{2}' GROUP BY 1-- -", "{0}' OR '{1}'='{2}' GRUOP YB 1-- -" },
		{ "{0} OR {1}={2} GROUP BY 1-- -", "{0} OR {1}={2} GRUOP YB 1-- -" },
		{ "{0}') OR ('{1}'='{2}') GROUP BY 1-- -", "{0}') OR ('{1}'='{2}') GRUOP YB 1-- -" },
		{ "{0}\" OR \"{1}\"=\"{2}\" GROUP BY 1-- -", "{0}\" OR \"{1}\"=\"{2}\" GRUOP YB 1-- -" },
		{ "{0}' OR {1}={2} GROUP BY 1#", "{0}' OR {1}={2} GRUOP YB 1#" },
	};
	/* the first, second and fourth at once: what does not fit stands behind a comment or inside a text */
	static const char all[] = "{0} OR {1}={2} GROUP BY 1-- ' OR '{1}'='{2}' GROUP BY 1-- \" OR \"{1}\"=\"{2}\" GROUP BY 1-- -";
	struct diff_side t, f, f2, odd, t2;
	bool some = probe_mode(p) == SCAN_DEEP || diff_value(p, condition(p, pt, all, true), &t) < 0 || !diff_same(p, base, &t);
	for (size_t i = 0; i < ARRAY_SIZE(list) && probe_stable(p); i++) {
		if ((!some && i != 2 && i != 4) || (i == 4 && !reaction(p, REACTION_SIGNS)))
			continue;
		if (diff_value(p, condition(p, pt, list[i].form, true), &t) < 0)
			return false;
		if (diff_same(p, base, &t) || diff_blocked(base, &t))
			continue;
		if (diff_value(p, condition(p, pt, list[i].form, false), &f) < 0 || !diff_same(p, base, &f) ||
		    diff_value(p, condition(p, pt, list[i].broken, true), &odd) < 0 || diff_same(p, &t, &odd) ||
		    diff_value(p, condition(p, pt, list[i].form, true), &t2) < 0 || !diff_same(p, &t, &t2) ||
		    diff_value(p, condition(p, pt, list[i].form, false), &f2) < 0 || !diff_same(p, base, &f2) ||
		    !diff_confirmed(p, base, &f2, &t2))
			continue;
		report(p, &f2, &t2, "附加的条件被数据库执行", "An added condition is obeyed by the database");
		return true;
	}
	return false;
}

/* id=7: 11-4 is 7, 11-5 is not. No blank, no keyword. That something computes is not enough
 * (pages may offer to): a CASE of SQL must be understood as well. */
static bool try_arithmetic(struct probe *p, const struct scan_point *pt, const struct diff_side *base)
{
	int64_t n;
	struct diff_side t, f, w;
	if (str_to_i64(pt->value, &n) < 0 || n < 0 || n > 1000000000)
		return false;
	for (int i = 0; i < 2; i++) {
		uint32_t k = probe_number(p, 3, 90), d = probe_number(p, 91, 200);
		if (diff_value(p, probe_printf(p, "%lld-%u", (long long)n + k, k), &t) < 0 || !diff_same(p, base, &t) ||
		    diff_value(p, probe_printf(p, "%lld-%u", (long long)n + k, k + d), &f) < 0 || diff_same(p, base, &f) ||
		    diff_value(p, probe_printf(p, "%lld-", (long long)n), &w) < 0 || diff_same(p, base, &w))
			return false;
	}
	static const char *const sql[] = { "(CASE WHEN {1}={2} THEN {0} ELSE {0}+{1} END)", "{0}-(SELECT {1}-{2})",
					   "{0}-ASCII(CHAR({1}-{2}+65))+65" };
	for (size_t i = 0; i < ARRAY_SIZE(sql); i++) {
		struct diff_side a, b;
		if (!round_holds(p, pt, sql[i], base, &a, &b) || !diff_confirmed(p, base, &a, &b))
			continue;
		report(p, &a, &b, "参数中的算式被数据库计算", "The database computes an expression in the parameter");
		return true;
	}
	return false;
}

/* Sorted backwards by it when the condition is true, by nothing when it is false: neither need be
 * the original, but each stays what it is, and a misspelt one is not like the true one. */
static bool try_direction(struct probe *p, const struct scan_point *pt, const struct diff_side *base)
{
	static const char form[] = "(CASE WHEN {1}={2} THEN {0} END) DESC", broken[] = "(CASE WHEN {1}={2} THAN {0} END) DESC";
	struct diff_side t, f, t2, f2, odd;
	if (diff_value(p, condition(p, pt, form, true), &t) < 0 || diff_same(p, base, &t) || diff_blocked(base, &t) ||
	    diff_value(p, condition(p, pt, form, false), &f) < 0 || diff_same(p, &t, &f) ||
	    diff_value(p, condition(p, pt, broken, true), &odd) < 0 || diff_same(p, &t, &odd) ||
	    diff_value(p, condition(p, pt, form, true), &t2) < 0 || !diff_same(p, &t, &t2) ||
	    diff_value(p, condition(p, pt, form, false), &f2) < 0 || !diff_same(p, &f, &f2) || !diff_apart(p, base, &t2, &f2))
		return false;
	report(p, &t2, &f2, "排序参数中的条件被数据库执行", "A condition in the sort parameter is obeyed by the database");
	return true;
}

/* A name or number behind ORDER BY, a direction, a count behind LIMIT. */
static bool try_order(struct probe *p, const struct scan_point *pt, const struct diff_side *base)
{
	static const struct shape orders[] = {
		{ "(CASE WHEN {1}={2} THEN {0} ELSE {0}*-1 END)", "(CASE WHEN {1}={2} THEN {0} ELS {0} END)", WORD, SCAN_STANDARD, REACTION_BARE },
		{ "(CASE WHEN {1}={2} THEN {0} ELSE (SELECT 1 UNION SELECT 2) END)", "(CASE WHEN {1}={2} THEN {0} ELS 1 END)", WORD, SCAN_DEEP, REACTION_BARE },
	};
	struct diff_side t, f, odd, f2;
	bool name = reaction(p, REACTION_BARE);
	if (name && try_direction(p, pt, base))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(orders) && name; i++)
		if (orders[i].from <= probe_mode(p) && try_shape(p, pt, &orders[i], base))
			return true;
	if (!str_ieq(pt->value, STR("asc")) && !str_ieq(pt->value, STR("desc")))
		return false;
	for (int i = 0; i < 2; i++)
		if (diff_value(p, probe_printf(p, "%.*s LIMIT %u-- -", STR_ARG(pt->value), probe_number(p, 50000, 99999)), &t) < 0 ||
		    !diff_same(p, base, &t))
			return false;
	if (diff_value(p, probe_printf(p, "%.*s LIMIT 0-- -", STR_ARG(pt->value)), &f) < 0 || diff_same(p, base, &f) ||
	    diff_value(p, probe_printf(p, "%.*s LIMT %u-- -", STR_ARG(pt->value), probe_number(p, 50000, 99999)), &odd) < 0 ||
	    diff_same(p, base, &odd) ||
	    diff_value(p, probe_printf(p, "%.*s  LIMIT  0 -- -", STR_ARG(pt->value)), &f2) < 0 || !diff_same(p, &f, &f2) ||
	    !diff_confirmed(p, base, &t, &f))
		return false;
	report(p, &t, &f, "排序参数后附加的 LIMIT 被数据库执行", "A LIMIT added to the sort parameter is obeyed by the database");
	return true;
}

/* search=test: te'||'st is test again for the database. Other languages join strings as well:
 * so it is a CASE that gives the second half. *ret_fails: a lone quote makes the server fail. */
static bool try_concatenation(struct probe *p, const struct scan_point *pt, const struct diff_side *base, bool *ret_fails)
{
	static const char *const glue[] = { "||", "+" };
	if (pt->value.len < 1 || pt->value.len > 60)
		return false;
	size_t half = pt->value.len == 1 ? 1 : pt->value.len / 2;
	while (half > 0 && (pt->value.ptr[half] & 0xc0) == 0x80)
		half--; /* not inside a character */
	struct str l = str_sub(pt->value, 0, half), r = str_from(pt->value, half);
	struct diff_side lone;
	if (half == 0 || str_chr(pt->value, '\'') >= 0 || str_chr(pt->value, '{') >= 0 ||
	    !reaction(p, REACTION_SINGLE) || (!diff_depends(p, base) && !reaction(p, REACTION_SIGNS)))
		return false;
	/* a lone quote must change the page: the cheapest thing to ask first */
	if (diff_value(p, probe_printf(p, "%.*s'%.*s", STR_ARG(l), STR_ARG(r)), &lone) < 0 || diff_same(p, base, &lone))
		return false;
	*ret_fails = lone.x->status >= 500;
	for (size_t i = 0; i < ARRAY_SIZE(glue); i++) {
		struct str form = probe_printf(p, "%.*s'%s(CASE WHEN {1}={2} THEN '%.*s' ELSE '{1}' END)%s'", STR_ARG(l), glue[i],
					       STR_ARG(r), glue[i]);
		struct str broken = probe_printf(p, "%.*s'%s(CASE WHEN {1}={2} THAN '%.*s' ELSE '{1}' END)%s'", STR_ARG(l), glue[i],
						 STR_ARG(r), glue[i]);
		struct shape s = { arena_cstr(probe_arena(p), form), arena_cstr(probe_arena(p), broken), ANY, SCAN_STANDARD, REACTION_SINGLE };
		if (try_shape(p, pt, &s, base))
			return true;
	}
	return false;
}

/* Something decodes percent signs once more behind the one that escapes quotes: the value with a letter
 * written as %XX is the same to it, and so is a quote. */
static bool try_twice(struct probe *p, const struct scan_point *pt, const struct diff_side *base)
{
	static const struct shape twice[] = {
		{ "{0}%27 AND %27{1}%27=%27{2}", "{0}%27 AND %27{1}%27%22", ANY, SCAN_STANDARD, REACTION_VALUE },
		{ "{0}%22 AND %22{1}%22=%22{2}", "{0}%22 AND %22{1}%27%22", ANY, SCAN_STANDARD, REACTION_VALUE },
	};
	struct diff_side same;
	size_t last = pt->value.len - 1;
	if (!pt->value.len || pt->value.len > 100 || str_chr(pt->value, '%') >= 0 ||
	    diff_value(p, probe_printf(p, "%.*s%%%02X", (int)last, pt->value.ptr, (unsigned)(unsigned char)pt->value.ptr[last]), &same) < 0 ||
	    !diff_same(p, base, &same))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(twice); i++)
		if (try_shape(p, pt, &twice[i], base))
			return true;
	return false;
}

/* A page that is never the same twice (it stores, it counts) can still tell by failing: an expression that
 * overflows fails where its condition is reached, and only there. A lone quote must fail first, a pair not. */
static bool try_failing(struct probe *p, const struct scan_point *pt)
{
	static const char *const forms[] = {
		"{0}'||(CASE WHEN {1}={2} THEN '' ELSE abs(-9223372036854775807-1) END)||'",
		"{0}'+(CASE WHEN {1}={2} THEN 0 ELSE abs(-9223372036854775807-1) END)+'",
	};
	static const char broken[] = "{0}'||(CASE WHEN {1}={2} THAN '' ELSE '' END)||'";
	struct diff_side a, b, t, f;
	if (pt->base->status >= 400 || diff_append(p, pt, STR("'"), &a) < 0 || a.x->status < 500 ||
	    diff_append(p, pt, STR("''"), &b) < 0 || b.x->status >= 400)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		int rounds = 0;
		while (rounds < 2 && diff_value(p, condition(p, pt, forms[i], true), &t) == 0 && t.x->status < 400 &&
		       diff_value(p, condition(p, pt, forms[i], false), &f) == 0 && f.x->status >= 500)
			rounds++;
		if (rounds < 2 || diff_value(p, condition(p, pt, broken, true), &a) < 0 || a.x->status < 500)
			continue;
		report(p, &t, &f, "条件为假时的算式溢出使服务器出错，条件为真时不会", "An overflow fails on the server only where its condition is reached");
		return true;
	}
	return false;
}

static void probe_boolean(struct probe *p, const struct scan_point *pt)
{
	if (probe_reported(p) || probe_point_found(p, "sqli-error") || pt->base->status >= 500)
		return;
	if (pt->where == WHERE_HEADER && probe_mode(p) != SCAN_DEEP && !active_own_header(pt))
		return;
	if (!probe_stable(p)) {
		if (probe_mode(p) != SCAN_QUICK)
			try_failing(p, pt);
		return;
	}
	struct diff_side base = diff_base(pt);
	if (diff_depends(p, &base) && (try_arithmetic(p, pt, &base) || try_shapes(p, pt, &base)))
		return;
	if (probe_mode(p) == SCAN_QUICK)
		return;
	if (diff_depends(p, &base) && !active_plain_number(pt->value) && pt->value.len < 40 && try_order(p, pt, &base))
		return;
	bool fails = false;
	if (try_concatenation(p, pt, &base, &fails) || (fails && try_failing(p, pt)) || (diff_depends(p, &base) && try_twice(p, pt, &base)) || diff_depends(p, &base))
		return;
	if (pt->where == WHERE_QUERY || pt->where == WHERE_BODY || pt->where == WHERE_JSON || pt->where == WHERE_XML ||
	    probe_mode(p) == SCAN_DEEP)
		try_empty(p, pt, &base);
}

const struct scan_check check_sqli_boolean = {
	.id = "sqli-boolean",
	.title_zh = "SQL 注入（布尔型）",
	.title_en = "SQL injection (boolean based)",
	.severity = SEVERITY_CRITICAL,
	.cwe = 89,
	.owasp = "A03:2021",
	.on_point = probe_boolean,
};
