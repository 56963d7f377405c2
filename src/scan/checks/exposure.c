/* Passive: files and data that were never meant for visitors: source code, keys,
 * configuration, dumps, repositories, listings, phpinfo. What documentation shows on
 * purpose stands escaped inside HTML; these look at raw bytes and at raw types. */
#include "base/buf.h"
#include "base/encode.h"
#include "scan/checks/passive_private.h"

#define L(s)                                                                                       \
	{                                                                                          \
		STR_INIT(s), false                                                                 \
	}

static bool served(const struct scan_exchange *x)
{
	return x->status >= 200 && x->status < 300 && !x->missing;
}

/* directory listings: what the usual servers write, and for those that write little, what must stand beside it */
static const struct scan_literal listing_texts[] = {
	{ STR_INIT("<title>Index of /"), true },
	{ STR_INIT("<h1>Index of /"), true },
	L("<title>Directory listing for /"),
	L("[To Parent Directory]"),
	L("Directory Listing For ["),
	L("<title>Directory: /"),
	L("<title>listing directory /"),
	{ STR_INIT("<i>Index of&nbsp;</i>"), false },
	L("<span class=\"meta-item\"><b>"),
	L("<span class='meta-item'><b>"),
	L("<pre>\n<a href=\""),
	L("上级目录"),
	L("<ListBucketResult"),
	L("\"mtime\":\""),
};
enum { LISTED_CADDY = 8, LISTED_PRE = 10, LISTED_ZH = 11, LISTED_BUCKET = 12, LISTED_JSON = 13 };

/* Go's file server writes nothing but links to files beside, one a line. */
static bool only_links(struct str t)
{
	struct str line;
	size_t links = 0;
	ssize_t at = str_find(t, STR("<pre>\n"));
	if (at < 0 || at > 200)
		return false;
	t = str_from(t, (size_t)at + 6);
	while (str_split(&t, '\n', &line)) {
		if (str_eq(line, STR("</pre>")))
			return links > 0 && str_trim(t).len == 0;
		ssize_t mark = str_find(line, STR("\">"));
		if (!str_starts(line, STR("<a href=\"")) || !str_ends(line, STR("</a>")) || mark < 0)
			return false;
		struct str name = str_sub(line, (size_t)mark + 2, line.len - 4), to = str_sub(line, 9, (size_t)mark);
		if (!str_eq(name, to) && !str_has(to, STR("%")) && !str_has(name, STR("&")))
			return false; /* the text is the name */
		links++;
	}
	return false;
}

/* A list made by a server: the title is the address, and what is linked lies in this folder
 * (but for the parent and the columns' order). An article about listings is neither. */
static bool lists_this_folder(const struct scan_exchange *x)
{
	struct str title = x->page->title, base = str_sub(x->url, 0, x->origin.len + x->path.len);
	size_t inside = 0, outside = 0;

	if (str_istarts(title, STR("Index of ")) && !str_starts(x->path, str_trim(str_from(title, 9))))
		return false;
	for (size_t i = 0; i < x->page->links_len; i++) {
		const struct scan_link *l = &x->page->links[i];
		struct str rest = str_starts(l->url, base) ? str_from(l->url, base.len) : STR_NULL;
		ssize_t slash = rest.ptr ? str_chr(rest, '/') : -1;

		if (l->kind != LINK_A || str_empty(l->raw) || l->raw.ptr[0] == '?' || (rest.ptr && str_empty(rest)) || str_starts(base, l->url))
			continue; /* order of columns, itself, a folder above */
		if (rest.ptr && (slash < 0 || (size_t)slash + 1 == rest.len))
			inside++;
		else
			outside++;
	}
	return inside >= outside * 4 && x->page->forms_len == 0 && (inside > 0 || x->page->links_len > 0);
}

static bool lists_files(const struct scan_exchange *x, size_t which)
{
	if (which == LISTED_BUCKET)
		return x->media == MEDIA_XML && str_has(x->text, STR("<Contents>")) && str_has(x->text, STR("<Key>"));
	if (which == LISTED_JSON)
		return x->media == MEDIA_JSON && str_starts(str_trim(x->text), STR("[")) && str_has(x->text, STR("\"type\":\"file\"")) &&
		       str_ends(x->path, STR("/"));
	if (x->media != MEDIA_HTML || !x->page || x->page->links_len == 0 || !str_ends(x->path, STR("/")))
		return false;
	if (which == LISTED_PRE)
		return only_links(x->text) && lists_this_folder(x);
	if (which == LISTED_ZH)
		return str_has(x->text, STR("大小")) && str_has(x->text, STR("修改")) && str_has(x->text, STR("../")) && str_has(x->page->title, STR("/"));
	if (which >= LISTED_CADDY && which < LISTED_PRE)
		return str_has(x->text, STR("<time datetime=")) && str_has(x->text, STR("class=\"size\"")) + str_has(x->text, STR("class=size")) > 0;
	return lists_this_folder(x);
}

static void on_listing(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	if (served(x) && lists_files(x, which))
		passive_report(c, x, passive_line(x->text, at, 200), STR_NULL);
}

const struct scan_check check_directory_listing = {
	.id = "directory-listing",
	.title_zh = "目录可被浏览",
	.title_en = "Directory listing enabled",
	.severity = SEVERITY_LOW,
	.cwe = 548,
	.owasp = "A01:2021",
	.place = PLACE_DIR,
	.literals = listing_texts,
	.literals_len = ARRAY_SIZE(listing_texts),
	.on_literal = on_listing,
};

/* source code */
static const struct scan_literal source_texts[] = {
	L("<?php"),
	L("<?="),
	L("<%@ page "),
	L("<%@page "),
	L("<%@ Page Language="),
	L("<% Response.Write"),
	L("<%@ Language="),
	L("#!/usr/bin/perl"),
	L("#!/usr/bin/python"),
};

static bool looks_like_code(struct str behind, size_t which)
{
	static const char *const php[] = { "$",         ";",     "require",   "include",
					   "function ", "echo ", "namespace " };

	if (which == 1)
		return str_has(behind, STR("$")) && str_has(behind, STR("?>"));
	if (which >= 2)
		return true;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(php); i++)
		n += str_has(behind, str_c(php[i]));
	return n >= 2;
}

static void on_source(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	static const char *const docs[] = { ".md", ".rst", ".txt", ".diff", ".patch", ".phps" };
	struct str behind = str_sub(x->text, at, at + 400);

	if (!served(x) || (x->media != MEDIA_HTML && x->media != MEDIA_TEXT) ||
	    !looks_like_code(behind, which))
		return;
	if (which >= 7 && at != 0)
		return; /* a script's first line, or not a script */
	for (size_t i = 0; i < ARRAY_SIZE(docs); i++)
		if (str_iends(x->path, str_c(docs[i])))
			return;
	passive_report(c, x, passive_line(x->text, at, 300), STR_NULL);
}

const struct scan_check check_source_code_exposed = {
	.id = "source-code-exposed",
	.title_zh = "服务器端源代码泄露",
	.title_en = "Server-side source code exposed",
	.severity = SEVERITY_HIGH,
	.cwe = 540,
	.owasp = "A05:2021",
	.place = PLACE_PAGE,
	.literals = source_texts,
	.literals_len = ARRAY_SIZE(source_texts),
	.on_literal = on_source,
};

/* phpinfo() */
static const struct scan_literal phpinfo_texts[] = { L("phpinfo()</title>"),
						     L("PHP Version </td><td") };

static void on_phpinfo(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	if (served(x) && x->media == MEDIA_HTML && str_has(x->text, STR("class=\"e\"")) &&
	    str_has(x->text, STR("PHP Version")))
		passive_report(c, x, passive_line(x->text, at, 200), STR_NULL);
}

const struct scan_check check_phpinfo_exposed = {
	.id = "phpinfo-exposed",
	.title_zh = "phpinfo 页面可公开访问",
	.title_en = "phpinfo page is public",
	.severity = SEVERITY_MEDIUM,
	.cwe = 200,
	.owasp = "A05:2021",
	.place = PLACE_PAGE,
	.literals = phpinfo_texts,
	.literals_len = ARRAY_SIZE(phpinfo_texts),
	.on_literal = on_phpinfo,
};

/* private keys */
static const struct scan_literal key_texts[] = {
	L("-----BEGIN RSA PRIVATE KEY-----"),     L("-----BEGIN PRIVATE KEY-----"),
	L("-----BEGIN EC PRIVATE KEY-----"),      L("-----BEGIN DSA PRIVATE KEY-----"),
	L("-----BEGIN OPENSSH PRIVATE KEY-----"), L("-----BEGIN PGP PRIVATE KEY BLOCK-----"),
};

/* Are the bytes those of a key? DER: one SEQUENCE that is as long as it says. OpenSSH: its magic.
 * Keys in manuals are shortened or altered. */
static bool real_key(struct str block, bool pgp)
{
	_cleanup_buf_ struct buf b = BUF_INIT(64 * 1024);
	ssize_t line = str_chr(block, '\n');
	struct str text = line < 0 ? STR_NULL : str_from(block, (size_t)line + 1);
	ssize_t blank = str_find(text, STR("\n\n")); /* behind "DEK-Info:" and its like */

	if (blank < 0 && str_has(text, STR("\r\n\r\n")))
		blank = str_find(text, STR("\r\n\r\n")) + 2;
	if (blank >= 0 && str_has(str_sub(text, 0, (size_t)blank), STR(":")))
		return true; /* encrypted: its bytes tell nothing */
	if (pgp)
		return blank >= 0 || text.len > 400;
	if (decode_base64(&b, str_trim(text)) < 0 || b.len < 40)
		return false;
	const unsigned char *d = (const unsigned char *)b.ptr;
	if (str_starts(buf_view(&b), STR("openssh-key-v1")))
		return true;
	if (d[0] != 0x30)
		return false;
	size_t len = d[1] < 0x80 ? 2u + d[1] : d[1] == 0x81 ? 3u + d[2] : d[1] == 0x82 ? 4u + ((size_t)d[2] << 8 | d[3]) : 0;
	return len == b.len;
}

static void on_key(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	struct str behind = str_sub(x->text, at, at + 16384);
	ssize_t end = str_find(behind, STR("-----END "));
	size_t base64 = 0;

	if (!served(x) || end < 0)
		return;
	for (ssize_t i = 0; i < end; i++)
		base64 += ascii_alnum(behind.ptr[i]) || behind.ptr[i] == '+' ||
			  behind.ptr[i] == '/';
	if (base64 < 90 || !real_key(str_sub(behind, 0, (size_t)end), which == 5))
		return; /* shortened, as in a manual */
	if (x->media == MEDIA_HTML || passive_is_sample(x->path))
		passive_report_quoted(c, x, str_sub(x->text, at, at + 64));
	else
		passive_report(c, x, str_sub(x->text, at, at + 64), STR_NULL);
}

const struct scan_check check_private_key_exposed = {
	.id = "private-key-exposed",
	.title_zh = "私钥文件泄露",
	.title_en = "Private key exposed",
	.severity = SEVERITY_HIGH,
	.cwe = 312,
	.owasp = "A02:2021",
	.place = PLACE_PAGE,
	.literals = key_texts,
	.literals_len = ARRAY_SIZE(key_texts),
	.on_literal = on_key,
};

/* cloud and platform secrets: a fixed prefix and an exact alphabet and length */
static const struct scan_literal secret_texts[] = {
	L("AKIA"),  L("LTAI"),  L("AKID"), L("ghp_"),     L("github_pat_"), L("glpat-"),
	L("xoxb-"), L("xoxp-"), L("AIza"), L("sk_live_"), L("SG."),
};
static const struct {
	unsigned char least, most; /* characters behind the prefix */
	bool upper_only;
} secret_shapes[ARRAY_SIZE(secret_texts)] = {
	{ 16, 16, true },  { 12, 26, false }, { 32, 32, false }, { 36, 36, false },
	{ 60, 90, false }, { 20, 20, false }, { 40, 80, false }, { 40, 80, false },
	{ 35, 35, false }, { 24, 64, false }, { 60, 70, false },
};

static bool secret_char(char ch)
{
	return ascii_alnum(ch) || ch == '_' || ch == '-' || ch == '.';
}

static size_t distinct(struct str s)
{
	bool seen[256] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		n += !seen[(unsigned char)s.ptr[i]];
		seen[(unsigned char)s.ptr[i]] = true;
	}
	return n;
}

static void on_secret(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	struct str t = x->text;
	size_t from = at + secret_texts[which].text.len, n = 0;
	bool digit = false, upper = true, letters = false;

	if (!served(x) || (at > 0 && secret_char(t.ptr[at - 1])))
		return;
	while (from + n < t.len && secret_char(t.ptr[from + n])) {
		char ch = t.ptr[from + n++];

		digit |= ascii_digit(ch);
		letters |= ascii_alpha(ch);
		upper &= !(ch >= 'a' && ch <= 'z');
	}
	if (n < secret_shapes[which].least || n > secret_shapes[which].most || !digit || !letters ||
	    (secret_shapes[which].upper_only && !upper))
		return;
	if (passive_is_placeholder(str_sub(t, from, from + n)) || distinct(str_sub(t, from, from + n)) < 8)
		return;
	if (passive_is_sample(x->path) || (x->media == MEDIA_HTML && passive_says_example(t, at, from + n - at))) {
		passive_report_quoted(c, x, str_sub(t, at, from + n));
		return;
	}
	/* Google's browser keys are public by design. */
	bool browser_key = which == 8;

	passive_report_as(c, x, str_sub(t, at, from + n),
			  browser_key ? SEVERITY_INFO : SEVERITY_MEDIUM, CONFIDENCE_FIRM);
}

const struct scan_check check_secret_exposed = {
	.id = "secret-exposed",
	.title_zh = "页面或脚本中泄露云服务密钥或访问令牌",
	.title_en = "Cloud key or access token exposed in a page or script",
	.severity = SEVERITY_MEDIUM,
	.cwe = 798,
	.owasp = "A07:2021",
	.place = PLACE_PAGE,
	.literals = secret_texts,
	.literals_len = ARRAY_SIZE(secret_texts),
	.on_literal = on_secret,
};

/* configuration files with credentials */
static const struct scan_literal config_texts[] = {
	L("DB_PASSWORD="),          L("define('DB_PASSWORD'"),
	L("define( 'DB_PASSWORD'"), L("spring.datasource.password"),
	L("<connectionStrings>"),   L("connectionString=\""),
	L("MYSQL_ROOT_PASSWORD"),   L("APP_KEY=base64:"),
	L("SECRET_KEY_BASE="),      L("jdbc.password"),
	L("database.password"),     L("redis.password"),
};

/* A setting stands at the start of its line; a sentence may mention it anywhere. */
static bool starts_line(struct str t, size_t at)
{
	size_t from = at;

	while (from > 0 && t.ptr[from - 1] != '\n' && at - from < 200)
		from--;
	struct str before = str_trim(str_sub(t, from, at));
	return str_empty(before) || str_eq(before, STR("-")) || str_eq(before, STR("export")) || str_eq(before, STR("\"")) ||
	       str_has(before, STR("<")) || str_eq(before, STR("- \"")) || str_eq(before, STR("set"));
}

static void on_config(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	struct str line = passive_line(x->text, at, 200);
	struct str rest = str_sub(x->text, at + config_texts[which].text.len, at + 300);

	if (!served(x) || !passive_is_raw(x) || passive_is_sample(x->path) || !starts_line(x->text, at))
		return;
	if (which == 5 && !str_ihas(line, STR("password=")) && !str_ihas(line, STR("pwd=")))
		return;
	rest = str_trim(rest);
	size_t sep = 0;
	while (sep < rest.len && strchr(" \t=:,'\"", rest.ptr[sep]))
		sep++;
	ssize_t stop = str_chr(rest, '\n');
	rest = str_sub(rest, sep < rest.len ? sep : rest.len, stop < 0 ? rest.len : (size_t)stop);
	if (which != 4 && which != 5 && passive_is_placeholder(rest))
		return; /* empty, taken from elsewhere, or to be filled in */
	passive_report(c, x, line, STR_NULL);
}

const struct scan_check check_config_exposed = {
	.id = "config-exposed",
	.title_zh = "含口令的配置文件泄露",
	.title_en = "Configuration file with credentials exposed",
	.severity = SEVERITY_HIGH,
	.cwe = 538,
	.owasp = "A05:2021",
	.place = PLACE_PAGE,
	.literals = config_texts,
	.literals_len = ARRAY_SIZE(config_texts),
	.on_literal = on_config,
};

/* database dumps */
static const struct scan_literal dump_texts[] = {
	L("-- MySQL dump "),         L("-- MariaDB dump "), L("-- PostgreSQL database dump"),
	L("-- phpMyAdmin SQL Dump"), L("-- Navicat "),      L("/*\n Navicat "),
	L("SQLite format 3"),
};

static void on_dump(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	if (served(x) && x->media != MEDIA_HTML && at < 200)
		passive_report(c, x, passive_line(str_empty(x->text) ? x->body : x->text, at, 120),
			       STR_NULL);
}

const struct scan_check check_database_dump_exposed = {
	.id = "database-dump-exposed",
	.title_zh = "数据库备份文件泄露",
	.title_en = "Database dump exposed",
	.severity = SEVERITY_HIGH,
	.cwe = 530,
	.owasp = "A05:2021",
	.place = PLACE_PAGE,
	.literals = dump_texts,
	.literals_len = ARRAY_SIZE(dump_texts),
	.on_literal = on_dump,
};

/* API descriptions */
static const struct scan_literal api_texts[] = { L("\"swagger\""), L("\"openapi\"") };

static void on_api(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	if (served(x) && x->media == MEDIA_JSON && at < 400 && str_has(x->text, STR("\"paths\"")))
		passive_report(c, x, str_sub(x->text, at, at + 60), STR_NULL);
}

const struct scan_check check_api_docs_exposed = {
	.id = "api-docs-exposed",
	.title_zh = "接口文档（Swagger/OpenAPI）可公开访问",
	.title_en = "API description (Swagger/OpenAPI) is public",
	.severity = SEVERITY_INFO,
	.cwe = 200,
	.owasp = "A05:2021",
	.place = PLACE_PAGE,
	.literals = api_texts,
	.literals_len = ARRAY_SIZE(api_texts),
	.on_literal = on_api,
};
