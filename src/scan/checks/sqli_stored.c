/* Active: SQL injection of the second order: what was stored with care is later put into a
 * statement without. Marked input that shows on a page is stored again with one odd quote; the
 * page then holds a database's error, which a doubled quote takes away. A plain word is stored
 * last, so that the page is left as it was. */
#include "scan/checks/active_private.h"

#define STORED_SEEN 48
#define STORED_INPUTS 4 /* tried on one page */

/* The page after `value` was stored through the request that t came from: 1 a database error, 0 none,
 * -1 no answer. */
static int shows_error(struct probe *p, const struct scan_exchange *page, const struct scan_tagged *t, struct str value,
		       const struct scan_exchange **ret, struct str *proof, const char **dbms)
{
	const struct scan_exchange *x;
	if (probe_send_tagged(p, t, value, &x) < 0 ||
	    probe_send(p, &(struct scan_mutation){ .url = page->url, .fresh = true }, ret) < 0)
		return -1;
	return active_sql_error(*ret, proof, dbms);
}

static struct str with(struct probe *p, const struct scan_tagged *t, const char *signs)
{
	return probe_printf(p, "%.*s%s", STR_ARG(probe_tag_again(p, t)), signs);
}

static bool try_input(struct probe *p, const struct scan_exchange *page, const struct scan_tagged *t)
{
	const struct scan_exchange *x, *y;
	struct str proof, other;
	const char *dbms = "";
	bool found = shows_error(p, page, t, with(p, t, "'"), &x, &proof, &dbms) == 1 &&
		     shows_error(p, page, t, with(p, t, "''"), &y, &other, &dbms) == 0 &&
		     shows_error(p, page, t, with(p, t, "'"), &x, &proof, &dbms) == 1;
	probe_send_tagged(p, t, with(p, t, ""), &y);
	if (!found)
		return false;
	struct str to = str_sub(t->url, 0, 300), shown = str_sub(page->url, 0, 300);
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.proof = proof,
				.parameter = t->name,
				.url = t->url,
				.place_key = probe_printf(p, "%.*s %.*s", STR_ARG(t->method), STR_ARG(to)),
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "经 %.*s 的参数“%.*s”存入的内容，在页面 %.*s 中被拼入 SQL 语句：单引号引起%s数据库报错，成对的单引号不会；已重现。",
							  STR_ARG(to), STR_ARG(t->name), STR_ARG(shown), dbms),
				.detail_en = probe_printf(p, "What is stored through parameter \"%.*s\" of %.*s is joined into an SQL statement by page "
							     "%.*s: a single quote brings an error of the %s database, a pair of them does not. Replayed.",
							  STR_ARG(t->name), STR_ARG(to), STR_ARG(shown), dbms),
			});
	return true;
}

static void show(struct probe *p, const struct scan_exchange *x)
{
	struct scan_tagged seen[STORED_SEEN];
	uint64_t done[STORED_INPUTS];
	struct str proof;
	const char *dbms;
	size_t n = probe_tagged(p, x, seen, STORED_SEEN), inputs = 0;
	if (!n || active_sql_error(x, &proof, &dbms))
		return;
	probe_store_lock(p);
	for (size_t i = 0; i < n && inputs < STORED_INPUTS; i++) {
		bool known = false;
		for (size_t k = 0; k < inputs; k++)
			known = known || done[k] == seen[i].id;
		/* once for an input, on the first page that shows it */
		if (known || !probe_first(p, probe_printf(p, "%llx", (unsigned long long)seen[i].id)))
			continue;
		done[inputs++] = seen[i].id;
		if (try_input(p, x, &seen[i]))
			break;
	}
	probe_store_unlock(p);
}

const struct scan_check check_sqli_stored = {
	.id = "sqli-stored",
	.title_zh = "SQL 注入（存入后使用）",
	.title_en = "SQL injection (second order)",
	.severity = SEVERITY_CRITICAL,
	.cwe = 89,
	.owasp = "A03:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_SITE,
	.on_show = show,
};
