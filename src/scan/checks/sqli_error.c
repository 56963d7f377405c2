/* Active: SQL injection told by the database's own error messages. One odd quote brings the
 * message, and what mends the statement takes it away again: a doubled quote in a text, an
 * added zero at a number. A page that complains about quotes as such does not pass, nor one
 * that complains about letters in a number. */
#include "base/check.h"
#include "scan/checks/active_private.h"
#include "scan/kit.h"
#include "scan/reaction.h"

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
	{ "MySQL", "XPATH syntax error: '", NULL },
	{ "MySQL", "MariaDB server version for the right syntax", NULL },
	{ "MySQL", "Unclosed quotation mark before the character string", NULL },
	{ "MySQL", "ER_PARSE_ERROR", NULL },
	{ "MySQL", "pymysql.err.", "Error" },
	{ "MySQL", "MySQLdb.", "Error" },
	{ "MySQL", "mysql.connector.errors.", "Error" },
	{ "MySQL", "Zend_Db_", "Exception" },
	{ "PostgreSQL", "PostgreSQL query failed", NULL },
	{ "PostgreSQL", "pg_exec() [", NULL },
	{ "PostgreSQL", "unterminated quoted identifier at or near", NULL },
	{ "PostgreSQL", "ERROR:  syntax error", NULL },
	{ "PostgreSQL", "pq: syntax error", NULL },
	{ "PostgreSQL", "asyncpg.exceptions.", "Error" },
	{ "SQL Server", "Microsoft SQL Native Client error", NULL },
	{ "SQL Server", "ODBC Driver", "for SQL Server" },
	{ "SQL Server", "Unclosed quotation mark before the character", NULL },
	{ "SQL Server", "sqlsrv_query", NULL },
	{ "SQL Server", "Msg 102, Level 15", NULL },
	{ "SQL Server", "Msg 105, Level 15", NULL },
	{ "SQL Server", "pymssql.", "Error" },
	{ "Oracle", "ORA-00911", NULL },
	{ "Oracle", "ORA-00923", NULL },
	{ "Oracle", "ORA-00904", NULL },
	{ "Oracle", "ORA-01789", NULL },
	{ "Oracle", "ORA-00917", NULL },
	{ "Oracle", "ORA-03001", NULL },
	{ "Oracle", "cx_Oracle.DatabaseError", NULL },
	{ "Oracle", "OracleException", NULL },
	{ "Oracle", "Warning: oci_", NULL },
	{ "SQLite", "SQLite error", "syntax" },
	{ "SQLite", "unable to prepare statement", NULL },
	{ "SQLite", "incomplete input", NULL },
	{ "SQLite", "SQLITE_ERROR: near", NULL },
	{ "SQLite", "sqlite3.Warning", NULL },
	{ "SQLite", "SQLiteException", NULL },
	{ "SQLite", "Warning: SQLite3::", NULL },
	{ "DB2", "SQLCODE=-104", NULL },
	{ "DB2", "[IBM][CLI Driver]", NULL },
	{ "Sybase", "SybSQLException", NULL },
	{ "Firebird", "Token unknown - line", NULL },
	{ "SAP MaxDB", "com.sap.db.jdbc", NULL },
	{ "SAP HANA", "com.sap.db.jdbc.exceptions", NULL },
	{ "ClickHouse", "DB::Exception: Syntax error", NULL },
	{ "Presto/Trino", "io.prestosql.jdbc", NULL },
	{ "Hive", "org.apache.hive.service.cli.HiveSQLException", NULL },
	{ "TDengine", "TDengine Error", NULL },
	{ "OceanBase", "OceanBase", "syntax" },
	{ "神通 Oscar", "com.oscar.", "Exception" },
	{ "南大通用 GBase", "com.gbase.jdbc", NULL },
	{ "openGauss", "org.opengauss.util.PSQLException", NULL },
	{ "", "SQL syntax error", NULL },
	{ "", "SQLGrammarException", NULL },
	{ "", "Doctrine\\DBAL\\Exception", NULL },
	{ "", "Illuminate\\Database\\QueryException", NULL },
	{ "", "ActiveRecord::StatementInvalid", NULL },
	{ "", "django.db.utils.", "Error" },
	{ "", "SequelizeDatabaseError", NULL },
	{ "", "QueryFailedError", NULL },
	{ "", "java.sql.SQLSyntaxError", NULL },
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

/* Messages that hold quotes may come escaped. */
static bool find_text(struct str text, struct str what, size_t *ret_at, size_t *ret_len)
{
	ssize_t at = str_find(text, what);
	if (at >= 0) {
		*ret_at = (size_t)at;
		*ret_len = what.len;
		return true;
	}
	return (str_chr(what, '"') >= 0 || str_chr(what, '\'') >= 0) && kit_find(text, what, ret_at, ret_len);
}

static bool find_error(struct str text, struct match *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		size_t at, len, at2, len2;
		if (!find_text(text, str_c(errors[i].text), &at, &len))
			continue;
		size_t end = at + len;
		if (errors[i].near && !find_text(str_sub(text, end, end + 300), str_c(errors[i].near), &at2, &len2))
			continue;
		size_t to = end;
		while (to < text.len && to < end + 160 && text.ptr[to] != '\n' && text.ptr[to] != '<')
			to++;
		ret->proof = str_sub(text, at, to);
		ret->dbms = errors[i].dbms;
		return true;
	}
	return false;
}

bool active_sql_error(const struct scan_exchange *x, struct str *proof, const char **dbms)
{
	struct match m;
	if (!find_error(active_content(x), &m))
		return false;
	*proof = m.proof;
	*dbms = m.dbms;
	return true;
}

/* 1 an error, 0 none, -1 no answer. */
static int raises(struct probe *p, struct str suffix, const struct scan_exchange **ret_x, struct match *ret)
{
	if (probe_append(p, suffix, ret_x) < 0)
		return -1;
	return find_error(active_content(*ret_x), ret);
}

/* What mends the statement takes the error away; and what breaks it without any sign that a
 * careful page might complain about (letters and blanks only) brings it back. */
static bool is_statement(struct probe *p, const struct scan_point *pt, const char *suffix)
{
	const struct scan_exchange *x;
	struct match m;
	char doubled[16];
	size_t n = 0;
	for (const char *c = suffix; *c && n < sizeof(doubled) - 3; c++) {
		doubled[n++] = *c;
		if (*c == '\'' || *c == '"' || *c == '\\')
			doubled[n++] = *c;
	}
	doubled[n] = 0;
	struct str word = probe_word(p, 5);
	int letters = raises(p, word, &x, &m);
	if (letters < 0)
		return false;
	if (letters == 0) { /* a text, or a number that ends before letters */
		if (raises(p, str_c(doubled), &x, &m) == 0 && strcmp(doubled, suffix) != 0)
			return true;
		return raises(p, probe_printf(p, " %.*s %.*s", STR_ARG(word), STR_ARG(probe_word(p, 4))), &x, &m) == 1;
	}
	/* a number or a name: added nothing keeps it whole, a dangling sign does not */
	return raises(p, STR("-0"), &x, &m) == 0 && raises(p, STR("-"), &x, &m) == 1;
}

static void report(struct probe *p, const struct scan_exchange *x, const struct match *m)
{
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.proof = m->proof,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p,
							  "参数中的引号改变了 SQL 语句的结构，%s数据库报错；把语句补完整后错误消失，已复现。", m->dbms),
				.detail_en = probe_printf(p,
							  "A quote in the parameter changes the SQL statement and the %s "
							  "database reports an error, which goes away when the statement is mended. Replayed.",
							  m->dbms),
			});
}

static void probe_error(struct probe *p, const struct scan_point *pt)
{
	static const char *const suffixes[] = { "'\"", ")\\", "\\", ")" };
	const struct scan_exchange *x;
	struct match m;
	if (probe_reported(p) || find_error(active_content(pt->base), &m) || (!active_own_header(pt) && !reaction_header(p)))
		return;
	size_t tries = probe_mode(p) == SCAN_QUICK || pt->where == WHERE_HEADER ? 1
		       : pt->where == WHERE_COOKIE || pt->where == WHERE_PATH	 ? 2
										 : 4;
	for (size_t i = 0; i < tries; i++) {
		if (i == 1 && probe_mode(p) != SCAN_QUICK && !reaction(p, REACTION_VALUE) && !reaction(p, REACTION_SIGNS))
			return; /* a message would have been another page */
		int r = raises(p, str_c(suffixes[i]), &x, &m);
		if (r < 0 || (r == 0 && i == 1)) /* the second is the last two in one */
			return;
		if (r == 0 || i == 1)
			continue;
		/* the pairs of the mixed suffix mean different things: look at the plain quotes */
		const char *plain = suffixes[i];
		if (i == 0)
			plain = raises(p, STR("'"), &x, &m) == 1 ? "'" : raises(p, STR("\""), &x, &m) == 1 ? "\"" : "'\"";
		if (!is_statement(p, pt, plain))
			continue;
		struct str again = probe_printf(p, "%.*s%s", active_plain_number(pt->value) ? 0 : 4, probe_word(p, 4).ptr, plain);
		if (raises(p, again, &x, &m) != 1)
			continue;
		report(p, x, &m);
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
