/* Active: well-known files and panels that were not meant for visitors, asked for at
 * the site's root. Each line of the table says what the answer must contain; a mere
 * 200 is never enough. New ones are one line. */
#include "scan/checks/active_private.h"

struct hidden {
	const char *path;
	const char *starts;     /* body starts with, or NULL */
	const char *has, *also; /* body contains, or NULL */
	enum severity severity;
	const char *zh, *en; /* what it is */
	unsigned modes;
};

#define ANY SCAN_ALL_MODES
#define UP SCAN_STANDARD_UP
static const struct hidden table[] = {
	{ "/.git/HEAD", "ref: refs/", NULL, NULL, SEVERITY_HIGH, "Git 仓库", "Git repository",
	  ANY },
	{ "/.svn/wc.db", "SQLite format 3", NULL, NULL, SEVERITY_HIGH, "SVN 仓库",
	  "Subversion repository", ANY },
	{ "/.svn/entries", NULL, "svn:", "dir", SEVERITY_HIGH, "SVN 仓库", "Subversion repository",
	  UP },
	{ "/.hg/requires", NULL, "revlogv1", "store", SEVERITY_HIGH, "Mercurial 仓库",
	  "Mercurial repository", UP },
	{ "/.env", NULL, "APP_KEY=", NULL, SEVERITY_HIGH, "环境配置文件", "environment file", ANY },
	{ "/.env", NULL, "DB_PASSWORD=", NULL, SEVERITY_HIGH, "环境配置文件", "environment file",
	  ANY },
	{ "/.htpasswd", NULL, ":$apr1$", NULL, SEVERITY_HIGH, "口令文件", "password file", UP },
	{ "/.DS_Store", NULL, "Bud1", "DSDB", SEVERITY_LOW, "目录信息文件",
	  "directory listing of macOS", UP },
	{ "/.idea/workspace.xml", NULL, "<project version=", NULL, SEVERITY_LOW, "开发工具配置",
	  "IDE settings", UP },
	{ "/.vscode/sftp.json", NULL, "\"host\"", "\"password\"", SEVERITY_HIGH, "上传工具配置",
	  "upload settings", UP },
	{ "/WEB-INF/web.xml", NULL, "<web-app", NULL, SEVERITY_HIGH, "Java 部署描述",
	  "Java deployment descriptor", ANY },
	{ "/web.config", NULL, "<configuration", "<system.web", SEVERITY_MEDIUM, "IIS 配置文件",
	  "IIS configuration", UP },
	{ "/wp-config.php.bak", NULL, "DB_PASSWORD", "<?php", SEVERITY_HIGH, "WordPress 配置备份",
	  "WordPress configuration backup", UP },
	{ "/config.php.bak", NULL, "<?php", "$", SEVERITY_HIGH, "配置备份", "configuration backup",
	  UP },
	{ "/config/config_global.php.bak", NULL, "dbpw", "<?php", SEVERITY_HIGH, "Discuz! 配置备份",
	  "Discuz! configuration backup", UP },
	{ "/server-status", NULL, "Apache Server Status for", NULL, SEVERITY_MEDIUM,
	  "Apache 状态页", "Apache status page", ANY },
	{ "/nginx_status", "Active connections:", NULL, NULL, SEVERITY_LOW, "Nginx 状态页",
	  "Nginx status page", UP },
	{ "/phpinfo.php", NULL, "phpinfo()</title>", "PHP Version", SEVERITY_MEDIUM, "phpinfo 页面",
	  "phpinfo page", ANY },
	{ "/info.php", NULL, "phpinfo()</title>", "PHP Version", SEVERITY_MEDIUM, "phpinfo 页面",
	  "phpinfo page", UP },
	{ "/test.php", NULL, "phpinfo()</title>", "PHP Version", SEVERITY_MEDIUM, "phpinfo 页面",
	  "phpinfo page", UP },
	{ "/actuator", NULL, "\"_links\"", "actuator", SEVERITY_MEDIUM, "Spring Actuator",
	  "Spring Actuator", ANY },
	{ "/actuator/env", NULL, "\"propertySources\"", NULL, SEVERITY_HIGH,
	  "Spring Actuator 环境变量", "Spring Actuator environment", UP },
	{ "/env", NULL, "\"systemProperties\"", "java.", SEVERITY_HIGH, "Spring Boot 1.x 环境变量",
	  "Spring Boot 1.x environment", UP },
	{ "/actuator/heapdump", "JAVA PROFILE", NULL, NULL, SEVERITY_HIGH, "Java 内存转储",
	  "Java heap dump", SCAN_DEEP },
	{ "/druid/index.html", NULL, "Druid Stat Index", NULL, SEVERITY_MEDIUM, "Druid 监控页",
	  "Druid monitor", ANY },
	{ "/v2/api-docs", NULL, "\"swagger\"", "\"paths\"", SEVERITY_INFO, "Swagger 接口文档",
	  "Swagger description", UP },
	{ "/v3/api-docs", NULL, "\"openapi\"", "\"paths\"", SEVERITY_INFO, "OpenAPI 接口文档",
	  "OpenAPI description", UP },
	{ "/swagger-ui.html", NULL, "Swagger UI", NULL, SEVERITY_INFO, "Swagger 页面",
	  "Swagger page", UP },
	{ "/doc.html", NULL, "knife4j", NULL, SEVERITY_INFO, "Knife4j 接口文档", "Knife4j page",
	  UP },
	{ "/elmah.axd", NULL, "Error Log for", NULL, SEVERITY_MEDIUM, "ELMAH 错误日志",
	  "ELMAH error log", UP },
	{ "/trace.axd", NULL, "Application Trace", NULL, SEVERITY_MEDIUM, "ASP.NET 跟踪",
	  "ASP.NET trace", UP },
	{ "/adminer.php", NULL, "adminer.org", "<form", SEVERITY_INFO, "Adminer 数据库管理",
	  "Adminer", UP },
	{ "/phpmyadmin/", NULL, "pma_username", NULL, SEVERITY_INFO, "phpMyAdmin 登录页",
	  "phpMyAdmin log-in", UP },
	{ "/phpMyAdmin/", NULL, "pma_username", NULL, SEVERITY_INFO, "phpMyAdmin 登录页",
	  "phpMyAdmin log-in", UP },
	{ "/manager/html", NULL, "Tomcat Web Application Manager", NULL, SEVERITY_HIGH,
	  "Tomcat 管理台", "Tomcat manager", UP },
	{ "/jmx-console/", NULL, "JMX Agent View", NULL, SEVERITY_HIGH, "JBoss JMX 控制台",
	  "JBoss JMX console", UP },
	{ "/solr/", NULL, "Solr Admin", NULL, SEVERITY_MEDIUM, "Solr 管理台", "Solr admin", UP },
	{ "/id_rsa", NULL, "PRIVATE KEY-----", NULL, SEVERITY_HIGH, "SSH 私钥", "SSH private key",
	  UP },
	{ "/.ssh/id_rsa", NULL, "PRIVATE KEY-----", NULL, SEVERITY_HIGH, "SSH 私钥",
	  "SSH private key", UP },
	{ "/dump.sql", NULL, "CREATE TABLE", "INSERT INTO", SEVERITY_HIGH, "数据库导出",
	  "database dump", UP },
	{ "/backup.sql", NULL, "CREATE TABLE", "INSERT INTO", SEVERITY_HIGH, "数据库导出",
	  "database dump", UP },
	{ "/database.sql", NULL, "CREATE TABLE", "INSERT INTO", SEVERITY_HIGH, "数据库导出",
	  "database dump", UP },
	{ "/crossdomain.xml", NULL, "allow-access-from domain=\"*\"", NULL, SEVERITY_LOW,
	  "允许任意域的 Flash 策略", "Flash policy for any domain", UP },
	{ "/runtime/log/", NULL, "Index of /runtime/log", NULL, SEVERITY_MEDIUM,
	  "ThinkPHP 日志目录", "ThinkPHP logs", UP },
	{ "/storage/logs/laravel.log", NULL, "local.ERROR", "Stack trace", SEVERITY_MEDIUM,
	  "Laravel 日志", "Laravel log", UP },
	{ "/composer.lock", NULL, "\"packages\"", "\"content-hash\"", SEVERITY_LOW, "依赖清单",
	  "dependency list", UP },
};

/* Part of the answer that matches, .ptr NULL when it does not. */
static struct str matches(const struct hidden *h, struct str body)
{
	ssize_t at = 0;

	if (h->starts && !str_starts(body, str_c(h->starts)))
		return STR_NULL;
	if (h->has && (at = str_find(body, str_c(h->has))) < 0)
		return STR_NULL;
	if (h->also && !str_has(body, str_c(h->also)))
		return STR_NULL;
	const char *part = h->has ? h->has : h->starts;
	return part ? str_sub(body, (size_t)at, (size_t)at + strlen(part)) : STR_NULL;
}

static void ask(struct probe *p, const struct hidden *h)
{
	const struct scan_exchange *x;

	if (probe_get(p, active_url(p, h->path), &x) < 0 || x->status != 200 || str_empty(x->body))
		return;
	struct str proof = matches(h, active_content(x));

	/* A site that answers everything with one page that holds the words proves nothing. */
	if (!proof.ptr || probe_missing(p, x) != 0)
		return;
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.proof = proof,
				.place_key = str_c(h->path),
				.severity_set = true,
				.severity = h->severity,
				.title_zh = probe_printf(p, "敏感文件或页面可公开访问：%s", h->zh),
				.title_en = probe_printf(p, "Sensitive file or page is public: %s",
							 h->en),
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN });
}

static void probe_hidden(struct probe *p, const struct scan_exchange *x)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].modes & probe_mode(p))
			ask(p, &table[i]);
}

const struct scan_check check_hidden_file = {
	.id = "hidden-file",
	.title_zh = "敏感文件或页面可公开访问",
	.title_en = "Sensitive file or page is public",
	.severity = SEVERITY_HIGH,
	.cwe = 538,
	.owasp = "A05:2021",
	.place = PLACE_PAGE,
	.on_site = probe_hidden,
};
