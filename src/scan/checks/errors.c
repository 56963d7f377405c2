/* Passive: error messages and stack traces of programs and databases. Manuals, articles and
 * search results show such texts too. So a message counts only in a server error (5xx), with the
 * mark-up that the runtime itself prints, or as the beginning of a text in JSON; else it is a
 * hint, one for the whole site. So is a page that knows the words of several databases: it
 * teaches, or it is a trap for scanners. In scripts such words are program text. */
#include "scan/checks/passive_private.h"

#define L(s)                                                                                       \
	{                                                                                          \
		STR_INIT(s), false                                                                 \
	}

/* {"trace":"java.lang…: the message is what the text begins with. */
static bool begins_json_text(const struct scan_exchange *x, size_t at)
{
	return x->media == MEDIA_JSON && at > 0 && x->text.ptr[at - 1] == '"';
}

static void report_error(struct scan_ctx *c, const struct scan_exchange *x, size_t at, bool strong)
{
	struct str line = passive_line(x->text, at, 400);

	if (x->media == MEDIA_SCRIPT || x->media == MEDIA_STYLE || x->media == MEDIA_BINARY)
		return;
	if (strong || x->status >= 500)
		passive_report_as(c, x, line, SEVERITY_MEDIUM, CONFIDENCE_CERTAIN);
	else if (begins_json_text(x, at))
		passive_report_as(c, x, line, SEVERITY_LOW, CONFIDENCE_FIRM);
	else
		passive_report_quoted(c, x, line);
}

/* Both words within `span` bytes behind `at`. */
static bool followed(struct str text, size_t at, size_t span, struct str want)
{
	return str_has(str_sub(text, at, at + span), want);
}

static const struct scan_literal php_texts[] = {
	L("<b>Fatal error</b>:"), L("<b>Warning</b>:"),    L("<b>Parse error</b>:"),
	L("<b>Notice</b>:"),      L("<b>Deprecated</b>:"), L("PHP Fatal error:"),
	L("PHP Warning:"),        L("PHP Parse error:"),   L("Fatal error: Uncaught "),
};

static void on_php(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	/* as PHP prints it: … in <b>FILE</b> on line <b>7</b> */
	bool printed = which <= 4 && x->media == MEDIA_HTML && followed(x->text, at, 1500, STR("</b> on line <b>"));

	if (printed || followed(x->text, at, 1500, STR("on line")))
		report_error(c, x, at, printed);
}

const struct scan_check check_error_php = {
	.id = "error-php",
	.title_zh = "页面泄露 PHP 错误信息",
	.title_en = "PHP error message shown to visitors",
	.severity = SEVERITY_LOW,
	.cwe = 209,
	.owasp = "A05:2021",
	.flags = SCAN_MISSING_TOO | SCAN_PROBES_TOO,
	.place = PLACE_PAGE,
	.literals = php_texts,
	.literals_len = ARRAY_SIZE(php_texts),
	.on_literal = on_php,
};

static const struct scan_literal java_texts[] = {
	L("java.lang."),           L("javax.servlet."),     L("jakarta.servlet."),
	L("org.springframework."), L("org.apache.jasper."), L("com.alibaba.druid."),
	L("org.hibernate."),       L("java.sql.SQL"),
};

static void on_java(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	/* A name alone is a word; a frame "at a.b.C.d(File.java:12)" is a trace. */
	struct str behind = str_sub(x->text, at, at + 3000);

	if (str_has(behind, STR(".java:")) || str_has(behind, STR("(Unknown Source)")) ||
	    str_has(behind, STR("(Native Method)")))
		report_error(c, x, at, false);
}

const struct scan_check check_error_java = {
	.id = "error-java",
	.title_zh = "页面泄露 Java 异常堆栈",
	.title_en = "Java stack trace shown to visitors",
	.severity = SEVERITY_LOW,
	.cwe = 209,
	.owasp = "A05:2021",
	.flags = SCAN_MISSING_TOO | SCAN_PROBES_TOO,
	.place = PLACE_PAGE,
	.literals = java_texts,
	.literals_len = ARRAY_SIZE(java_texts),
	.on_literal = on_java,
};

static const struct scan_literal dotnet_texts[] = {
	L("Server Error in '"),
	L("[HttpException"),
	L("[NullReferenceException"),
	L("[SqlException"),
	L("System.Web.Http"),
	L("Microsoft.AspNetCore."),
	L("An unhandled exception occurred while processing the request"),
};

static void on_dotnet(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	static const char *const marks[] = { "Application.<hr",
					     "Stack Trace:",
					     "   at System.",
					     "   at Microsoft.",
					     "<b>Source Error:",
					     ".cs:line ",
					     "class=\"rawExceptionDetails\"",
					     "Microsoft .NET Framework Version" };
	struct str behind = str_sub(x->text, at, at + 6000);

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (!str_has(behind, str_c(marks[i])))
			continue;
		/* the yellow page, as the runtime prints it */
		report_error(c, x, at, which == 0 && followed(x->text, at, 80, STR("Application.<hr")));
		return;
	}
}

const struct scan_check check_error_dotnet = {
	.id = "error-dotnet",
	.title_zh = "页面泄露 ASP.NET 异常信息",
	.title_en = "ASP.NET exception shown to visitors",
	.severity = SEVERITY_LOW,
	.cwe = 209,
	.owasp = "A05:2021",
	.flags = SCAN_MISSING_TOO | SCAN_PROBES_TOO,
	.place = PLACE_PAGE,
	.literals = dotnet_texts,
	.literals_len = ARRAY_SIZE(dotnet_texts),
	.on_literal = on_dotnet,
};

static const struct scan_literal script_texts[] = {
	L("Traceback (most recent call last)"),
	L("    at Object.<anonymous> ("),
	L("    at Module._compile ("),
	L("    at Function.process_params ("),
	L("    at Layer.handle ["),
	L("ActionView::Template::Error"),
	L("NoMethodError (undefined method"),
	L("goroutine 1 [running]:"),
	L("runtime error: invalid memory address"),
};

static void on_script(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	static const char *const marks[] = { ", line ", ".js:", ".js:", ".js:", ".js:",
					     ".rb",     ".rb:", ".go:", ".go:" };

	if (followed(x->text, at, 2000, str_c(marks[which])))
		report_error(c, x, at, false);
}

const struct scan_check check_error_script = {
	.id = "error-script",
	.title_zh = "页面泄露 Python、Node.js、Ruby 或 Go 的错误堆栈",
	.title_en = "Python, Node.js, Ruby or Go stack trace shown to visitors",
	.severity = SEVERITY_LOW,
	.cwe = 209,
	.owasp = "A05:2021",
	.flags = SCAN_MISSING_TOO | SCAN_PROBES_TOO,
	.place = PLACE_PAGE,
	.literals = script_texts,
	.literals_len = ARRAY_SIZE(script_texts),
	.on_literal = on_script,
};

static const struct scan_literal sql_texts[] = {
	L("You have an error in your SQL syntax"),
	L("mysql_fetch_array() expects"),
	L("mysqli_sql_exception"),
	L("Warning: mysql_"),
	L("Warning: pg_query()"),
	L("PG::SyntaxError"),
	L("pg_query(): Query failed"),
	L("unterminated quoted string at or near"),
	L("Unclosed quotation mark after the character string"),
	L("Microsoft OLE DB Provider for SQL Server"),
	L("[Microsoft][ODBC SQL Server Driver]"),
	L("ORA-00933"),
	L("ORA-01756"),
	L("ORA-00921"),
	L("SQLite3::SQLException"),
	L("sqlite3.OperationalError:"),
	L("SQLSTATE[42000]"),
	L("SQLSTATE[HY000]"),
	L("SQLSTATE[42S22]"),
	L("com.mysql.jdbc.exceptions"),
	L("com.mysql.cj.jdbc.exceptions"),
	L("org.postgresql.util.PSQLException"),
	L("Dameng"),
	L("DMException"),
};

/* The vendors whose words stand in the text. One program speaks to one database. */
static unsigned vendors(struct str text)
{
	static const char *const words[][3] = {
		{ "error in your SQL syntax", "mysqli_sql_exception", "com.mysql." },
		{ "pg_query()", "org.postgresql.", "unterminated quoted string at" },
		{ "Unclosed quotation mark after", "ODBC SQL Server", "OLE DB Provider for SQL" },
		{ "ORA-0", "ORA-00933", "ORA-01756" },
		{ "sqlite3.", "SQLite3::", "SQLITE_ERROR" },
	};
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		n += str_has(text, str_c(words[i][0])) || str_has(text, str_c(words[i][1])) || str_has(text, str_c(words[i][2]));
	return n;
}

static void on_sql(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	/* The last two name a product; only with an error behind do they mean one. */
	if (which >= ARRAY_SIZE(sql_texts) - 2 &&
	    !followed(x->text, at, 200, STR("SQLException")) &&
	    !followed(x->text, at, 200, STR("语法分析出错")))
		return;
	if (x->media == MEDIA_HTML && vendors(x->text) > 1)
		passive_report_quoted(c, x, passive_line(x->text, at, 400));
	else
		report_error(c, x, at, false);
}

const struct scan_check check_error_sql = {
	.id = "error-sql",
	.title_zh = "页面泄露数据库错误信息",
	.title_en = "Database error message shown to visitors",
	.severity = SEVERITY_LOW,
	.cwe = 209,
	.owasp = "A05:2021",
	.flags = SCAN_MISSING_TOO | SCAN_PROBES_TOO,
	.place = PLACE_PAGE,
	.literals = sql_texts,
	.literals_len = ARRAY_SIZE(sql_texts),
	.on_literal = on_sql,
};

static const struct scan_literal debug_texts[] = {
	L("You're seeing this error because you have <code>DEBUG = True</code>"),
	L("You&#x27;re seeing this error because you have"),
	L("<title>Whoops! There was an error.</title>"),
	L("window.ignite("),
	L("window.data = {\"report\":"),
	L("<h1>Whitelabel Error Page</h1>"),
	L("Werkzeug Debugger</title>"),
	L("id=\"sfToolbarMainContent"),
	L("ThinkPHP"),
	L("<title>Action Controller: Exception caught"),
};

static void on_debug(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	if (x->media != MEDIA_HTML)
		return;
	/* ThinkPHP prints its name at the foot of the trace page, with file and line above. */
	if (which == 8 &&
	    !(str_has(x->text, STR("exception-info")) || str_has(x->text, STR("<h2>Call Stack"))))
		return;
	/* The white label page tells nothing but the framework. */
	passive_report_as(c, x, passive_line(x->text, at, 300),
			  which == 5 ? SEVERITY_INFO : SEVERITY_MEDIUM, CONFIDENCE_CERTAIN);
}

const struct scan_check check_debug_page = {
	.id = "debug-page",
	.title_zh = "生产环境开启了框架调试页面",
	.title_en = "Framework debug page enabled in production",
	.severity = SEVERITY_MEDIUM,
	.cwe = 489,
	.owasp = "A05:2021",
	.flags = SCAN_MISSING_TOO | SCAN_PROBES_TOO,
	.place = PLACE_SITE,
	.literals = debug_texts,
	.literals_len = ARRAY_SIZE(debug_texts),
	.on_literal = on_debug,
};
