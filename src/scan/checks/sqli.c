/* Active: SQL injection, by the database's own error messages, by boolean triads, by
 * arithmetic and by string concatenation. Conclusions are drawn only when what must be equal
 * is equal, what must differ differs, and a second round with fresh random values
 * agrees. No statement sent here changes data, sleeps, or widens a WHERE clause. */
#include "base/check.h"
#include "scan/check.h"

/* ---- errors ---- */

/* Words of database errors; `near` (may be NULL) must stand within 300 bytes behind. */
static const struct {
	const char *dbms, *text, *near;
} errors[] = {
	{ "MySQL", "You have an error in your SQL syntax", NULL },
	{ "MySQL", "check the manual that corresponds to your", "server version" },
	{ "MySQL", "Warning: mysql", "()" },
	{ "MySQL", "Warning</b>:  mysql", NULL },
	{ "MySQL", "mysqli_sql_exception", NULL },
	{ "MySQL", "MySqlException", NULL },
	{ "MySQL", "com.mysql.jdbc", NULL },
	{ "MySQL", "com.mysql.cj.", "Exception" },
	{ "MySQL", "Unknown column '", "' in '" },
	{ "MySQL", "MySQLSyntaxErrorException", NULL },
	{ "PostgreSQL", "PG::SyntaxError", NULL },
	{ "PostgreSQL", "org.postgresql.util.PSQLException", NULL },
	{ "PostgreSQL", "ERROR: unterminated quoted string", NULL },
	{ "PostgreSQL", "unterminated quoted string at or near", NULL },
	{ "PostgreSQL", "syntax error at or near", NULL },
	{ "PostgreSQL", "pg_query()", "failed" },
	{ "PostgreSQL", "Npgsql.", "Exception" },
	{ "PostgreSQL", "psycopg2.", "Error" },
	{ "SQL Server", "Unclosed quotation mark after the character string", NULL },
	{ "SQL Server", "Incorrect syntax near", NULL },
	{ "SQL Server", "System.Data.SqlClient.SqlException", NULL },
	{ "SQL Server", "Microsoft OLE DB Provider for SQL Server", NULL },
	{ "SQL Server", "[Microsoft][ODBC SQL Server Driver]", NULL },
	{ "SQL Server", "com.microsoft.sqlserver.jdbc", NULL },
	{ "SQL Server", "[SQL Server]", "syntax" },
	{ "SQL Server", "mssql_query()", NULL },
	{ "Oracle", "ORA-00933", NULL },
	{ "Oracle", "ORA-00921", NULL },
	{ "Oracle", "ORA-01756", NULL },
	{ "Oracle", "ORA-00936", NULL },
	{ "Oracle", "ORA-00907", NULL },
	{ "Oracle", "ORA-01722", NULL },
	{ "Oracle", "quoted string not properly terminated", NULL },
	{ "Oracle", "oracle.jdbc", "Exception" },
	{ "SQLite", "SQLITE_ERROR", NULL },
	{ "SQLite", "SQLite3::query", NULL },
	{ "SQLite", "sqlite3.OperationalError", NULL },
	{ "SQLite", "SQLite3::SQLException", NULL },
	{ "SQLite", "System.Data.SQLite.SQLiteException", NULL },
	{ "SQLite", "unrecognized token: \"", NULL },
	{ "SQLite", "near \"", "\": syntax error" },
	{ "SQLite", "sqlite_query()", NULL },
	{ "Access", "Microsoft JET Database Engine", NULL },
	{ "Access", "Syntax error in string in query expression", NULL },
	{ "Access", "[Microsoft][ODBC Microsoft Access Driver]", NULL },
	{ "DB2", "DB2 SQL error", NULL },
	{ "DB2", "com.ibm.db2.jcc", NULL },
	{ "Sybase", "Sybase message", NULL },
	{ "H2", "org.h2.jdbc.JdbcSQL", NULL },
	{ "HSQLDB", "org.hsqldb.jdbc", NULL },
	{ "Informix", "com.informix.jdbc", NULL },
	{ "达梦 DM", "dm.jdbc.driver.DMException", NULL },
	{ "人大金仓 Kingbase", "com.kingbase8.", "Exception" },
	{ "", "SQLSTATE[", "]" },
	{ "", "java.sql.SQLSyntaxErrorException", NULL },
	{ "", "java.sql.SQLException", NULL },
	{ "", "org.springframework.jdbc.BadSqlGrammarException", NULL },
	{ "", "org.hibernate.exception.SQLGrammarException", NULL },
	{ "", "### Error querying database", NULL },
	{ "", "sqlalchemy.exc.", "Error" },
	{ "", "ADODB.Field error", NULL },
	{ "", "Dynamic SQL Error", NULL },
	{ "", "PDOException", "SQL" },
};

struct match {
	struct str proof;
	const char *dbms;
};

static bool find_error(struct str text, struct match *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		ssize_t at = str_find(text, str_c(errors[i].text));
		if (at < 0)
			continue;
		size_t end = (size_t)at + strlen(errors[i].text);
		if (errors[i].near && !str_has(str_sub(text, end, end + 300), str_c(errors[i].near)))
			continue;
		size_t to = end;
		while (to < text.len && to < end + 160 && text.ptr[to] != '\n' && text.ptr[to] != '<')
			to++;
		ret->proof = str_sub(text, (size_t)at, to);
		ret->dbms = errors[i].dbms;
		return true;
	}
	return false;
}

/* Does the suffix raise an error that neither the original nor a harmless word raises? */
static bool raises(struct probe *p, struct str suffix, const struct scan_exchange **ret_x, struct match *ret)
{
	return probe_append(p, suffix, ret_x) == 0 && find_error((*ret_x)->text, ret);
}

static void probe_error(struct probe *p, const struct scan_point *pt)
{
	static const char *const suffixes[] = { "'\"", "'", "\\", ")" };
	const struct scan_exchange *x, *control;
	struct match m, other;
	if (probe_reported(p) || find_error(pt->base->text, &m))
		return;
	size_t tries = probe_mode(p) == SCAN_QUICK ? 1 : pt->where == WHERE_QUERY || pt->where == WHERE_BODY ? 4 : 2;
	for (size_t i = 0; i < tries; i++) {
		if (!raises(p, str_c(suffixes[i]), &x, &m))
			continue;
		/* the same with letters only must not: else any odd value breaks this page */
		if (probe_append(p, probe_word(p, strlen(suffixes[i]) + 2), &control) < 0)
			return;
		if (find_error(control->text, &other) && strcmp(other.dbms, m.dbms) == 0)
			continue;
		struct str again = arena_printf(probe_arena(p), "%.*s%s", STR_ARG(probe_word(p, 4)), suffixes[i]);
		if (!raises(p, again, &x, &m))
			continue;
		probe_report(p, &(struct scan_report){
					.exchange = x,
					.proof = m.proof,
					.confidence_set = true,
					.confidence = CONFIDENCE_CERTAIN,
					.detail_zh = arena_printf(probe_arena(p),
								  "参数中的引号改变了 SQL 语句的结构，%s数据库报错；普通字符不会触发，已复现。", m.dbms),
					.detail_en = arena_printf(probe_arena(p),
								  "A quote in the parameter changes the SQL statement and the %s "
								  "database reports an error; plain letters do not. Replayed.",
								  m.dbms),
				});
		return;
	}
}

const struct scan_check check_sqli_error = {
	.id = "sqli-error",
	.title_zh = "SQL 注入（报错型）",
	.title_en = "SQL injection (error based)",
	.severity = SEVERITY_CRITICAL,
	.cwe = 89,
	.owasp = "A03:2021",
	.flags = SCAN_DEEP_POINTS,
	.on_point = probe_error,
};

/* ---- triads ---- */

/* Suffixes with one condition; %1 and %2 are filled with equal or different words. */
struct shape {
	const char *open, *middle, *close; /* value open A middle B close */
	bool quick;
};
static const struct shape shapes[] = {
	{ "' AND '", "'='", "", true },
	{ " AND ", "=", "", true },
	{ "\" AND \"", "\"=\"", "", false },
	{ "') AND ('", "'='", "", false },
	{ ") AND (", "=", "", false },
	{ "' AND ", "=", "-- -", true },
	{ "') AND ", "=", "-- -", false },
	{ "%' AND '", "%'='", "", false },
	{ "')) AND (('", "'='", "", false },
	{ "\") AND (\"", "\"=\"", "", false },
	{ "' AND ", "=", "#", false },
};

static struct str condition(struct probe *p, const struct shape *s, bool truth)
{
	uint32_t a = probe_number(p, 1000, 4999), b = truth ? a : a + probe_number(p, 1, 4000);
	return arena_printf(probe_arena(p), "%s%u%s%u%s", s->open, a,
			    s->middle, b, s->close);
}

struct side {
	const struct scan_exchange *x;
	struct str sent;
};

static int ask(struct probe *p, const struct scan_point *pt, struct str suffix, struct side *ret)
{
	ret->sent = arena_printf(probe_arena(p), "%.*s%.*s", STR_ARG(pt->value), STR_ARG(suffix));
	return probe_append(p, suffix, &ret->x);
}

static bool same(struct probe *p, const struct side *a, const struct side *b)
{
	return probe_same(p, a->x, a->sent, b->x, b->sent);
}

/* One round: true equals the original, false does not. */
static bool round_holds(struct probe *p, const struct scan_point *pt, const struct shape *s, struct side *base,
			struct side *t, struct side *f)
{
	if (ask(p, pt, condition(p, s, true), t) < 0 || !same(p, base, t))
		return false;
	return ask(p, pt, condition(p, s, false), f) == 0 && !same(p, base, f);
}

/* Before it is believed: the same three once more from the network, in another order, with
 * the original in between. A message of someone else's request that pops up on any page, a
 * session that ends, a busy moment: such a change does not keep to this order. When even
 * the original does not hold, nothing at this address can be concluded. */
static bool confirmed(struct probe *p, const struct side *base, const struct side *t, const struct side *f)
{
	static const char order[] = "fbtfbbftb";
	struct side again;
	for (const char *c = order; *c; c++) {
		const struct side *want = *c == 'f' ? f : *c == 't' ? t : base;
		again.sent = want->sent;
		if (probe_send(p, &(struct scan_mutation){ .value = want->sent, .value_set = true, .fresh = true }, &again.x) < 0)
			return false;
		if (again.x->status != want->x->status || !same(p, want, &again) ||
		    same(p, base, &again) != (*c != 'f')) {
			if (*c == 'b')
				probe_unstable(p);
			return false;
		}
	}
	return true;
}

/* A value that cannot be in any table gives another page; where it does not, the server
 * does not look at the parameter, and no condition in it can matter. */
static bool depends(struct probe *p, const struct side *base)
{
	struct side word;
	word.sent = probe_word(p, 9);
	return probe_value(p, word.sent, &word.x) == 0 && !same(p, base, &word);
}

static void report_boolean(struct probe *p, const struct side *t, const struct side *f, const char *how_zh,
			   const char *how_en)
{
	struct arena *a = probe_arena(p);
	probe_report(p, &(struct scan_report){
				.exchange = f->x,
				.proof = f->sent,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = arena_printf(a, "%s：“%.*s”得到与原值相同的页面，“%.*s”得到不同的页面；两轮随机值结果一致。",
							  how_zh, STR_ARG(t->sent), STR_ARG(f->sent)),
				.detail_en = arena_printf(a, "%s: \"%.*s\" gives the original page, \"%.*s\" gives another; two rounds "
							     "with random values agree.",
							  how_en, STR_ARG(t->sent), STR_ARG(f->sent)),
			});
}

static bool try_shapes(struct probe *p, const struct scan_point *pt, struct side *base)
{
	struct side t, f, t2, f2, odd;
	for (size_t i = 0; i < ARRAY_SIZE(shapes) && probe_stable(p); i++) {
		const struct shape *s = &shapes[i];
		if (!s->quick && probe_mode(p) == SCAN_QUICK)
			continue;
		if (!round_holds(p, pt, s, base, &t, &f) || !round_holds(p, pt, s, base, &t2, &f2))
			continue;
		if (!same(p, &f, &f2))
			continue;
		/* broken syntax must not look like the original either: a page that drops what
		 * stands behind a blank would. (A word in quotes is a true condition to some
		 * databases, so there the quotes themselves are broken.) */
		struct str broken = arena_printf(probe_arena(p), "%s%u%s", s->open, probe_number(p, 1000, 9999),
						 strpbrk(s->open, "'\"") ? "'\"" : " AND AND");
		if (ask(p, pt, broken, &odd) < 0 || same(p, base, &odd))
			continue;
		if (!confirmed(p, base, &t2, &f2))
			continue;
		report_boolean(p, &t2, &f2, "条件恒真与恒假的语句返回不同结果", "Always-true and always-false conditions differ");
		return true;
	}
	return false;
}

/* id=7: 11-4 is 7, 11-5 is not. No blank, no keyword. */
static int ask_value(struct probe *p, struct str v, struct side *ret)
{
	ret->sent = v;
	return probe_value(p, v, &ret->x);
}

static bool try_arithmetic(struct probe *p, const struct scan_point *pt, struct side *base)
{
	int64_t n;
	struct side t, f, w;
	struct arena *a = probe_arena(p);
	if (str_to_i64(pt->value, &n) < 0 || n < 0 || n > 1000000000)
		return false;
	for (int i = 0; i < 2; i++) {
		uint32_t k = probe_number(p, 3, 90), d = probe_number(p, 91, 200);
		if (ask_value(p, arena_printf(a, "%lld-%u", (long long)n + k, k), &t) < 0 || !same(p, base, &t) ||
		    ask_value(p, arena_printf(a, "%lld-%u", (long long)n + k, k + d), &f) < 0 || same(p, base, &f) ||
		    ask_value(p, arena_printf(a, "%lld-", (long long)n), &w) < 0 || same(p, base, &w))
			return false;
	}
	if (!confirmed(p, base, &t, &f))
		return false;
	report_boolean(p, &t, &f, "参数中的算式被数据库计算", "The database computes an expression in the parameter");
	return true;
}

/* search=test: te'||'st is test again for the database. */
static bool try_concatenation(struct probe *p, const struct scan_point *pt, struct side *base)
{
	static const char *const glue[] = { "' '", "'||'", "'+'" };
	struct side t, f, f2;
	struct arena *a = probe_arena(p);
	if (pt->value.len < 2 || pt->value.len > 60)
		return false;
	size_t half = pt->value.len / 2;
	for (size_t i = 0; i < half; i++)
		if (pt->value.ptr[i] & 0x80)
			return false; /* would cut a character */
	struct str l = str_sub(pt->value, 0, half), r = str_from(pt->value, half);
	/* a lone quote must change the page, a doubled one is the cheapest thing to ask first */
	if (ask_value(p, arena_printf(a, "%.*s'%.*s", STR_ARG(l), STR_ARG(r)), &f) < 0 || same(p, base, &f))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(glue); i++) {
		if (ask_value(p, arena_printf(a, "%.*s%s%.*s", STR_ARG(l), glue[i], STR_ARG(r)), &t) < 0)
			return false;
		if (!same(p, base, &t))
			continue;
		/* the same signs in another order break the statement */
		if (ask_value(p, arena_printf(a, "%.*s%c%s%.*s", STR_ARG(l), glue[i][1] == ' ' ? '\'' : glue[i][1], "'",
					      STR_ARG(r)),
			      &f2) < 0 ||
		    same(p, base, &f2))
			continue;
		if (!confirmed(p, base, &t, &f))
			continue;
		report_boolean(p, &t, &f, "参数中的字符串拼接被数据库执行", "The database joins strings inside the parameter");
		return true;
	}
	return false;
}

static void probe_boolean(struct probe *p, const struct scan_point *pt)
{
	if (probe_reported(p) || probe_point_found(p, "sqli-error") || pt->base->status >= 500)
		return;
	if (!probe_stable(p))
		return;
	struct side base = { pt->base, pt->value };
	if (depends(p, &base) && (try_arithmetic(p, pt, &base) || try_shapes(p, pt, &base)))
		return;
	if (probe_mode(p) != SCAN_QUICK)
		try_concatenation(p, pt, &base);
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
