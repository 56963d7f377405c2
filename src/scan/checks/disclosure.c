/* Passive: what pages tell in passing: internal addresses, file paths, passwords in
 * comments, exact versions, sessions in addresses. */
#include "scan/checks/passive_private.h"

#define L(s)                                                                                       \
	{                                                                                          \
		STR_INIT(s), false                                                                 \
	}

static const struct scan_literal ip_texts[] = { L("192.168."), L("172.16."), L("172.17."),
						L("172.18."),  L("172.19."), L("172.2"),
						L("172.30."),  L("172.31."), L("10.") };

/* Length of a dotted quad at `at`, or 0. */
static size_t quad_len(struct str t, size_t at)
{
	size_t i = at;

	for (int part = 0; part < 4; part++) {
		int v = 0;
		size_t digits = 0;

		while (i < t.len && ascii_digit(t.ptr[i]) && digits < 4) {
			v = v * 10 + (t.ptr[i++] - '0');
			digits++;
		}
		if (digits == 0 || digits > 3 || v > 255)
			return 0;
		if (part < 3 && (i >= t.len || t.ptr[i++] != '.'))
			return 0;
	}
	if (i < t.len && (ascii_alnum(t.ptr[i]) ||
			  (t.ptr[i] == '.' && i + 1 < t.len && ascii_digit(t.ptr[i + 1]))))
		return 0;
	return i - at;
}

static bool private_quad(struct str ip)
{
	if (str_starts(ip, STR("192.168.")) || str_starts(ip, STR("10.")))
		return true;
	return str_starts(ip, STR("172.")) && ip.len > 6 && ip.ptr[6] == '.' &&
	       ((ip.ptr[4] == '1' && ip.ptr[5] >= '6') || ip.ptr[4] == '2' ||
		(ip.ptr[4] == '3' && ip.ptr[5] <= '1'));
}

static void on_ip(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	struct str t = x->text;

	if (at > 0 && (ascii_alnum(t.ptr[at - 1]) || memchr(".-_/v", t.ptr[at - 1], 5)) &&
	    !(t.ptr[at - 1] == '/' && at > 1 && t.ptr[at - 2] == '/'))
		return;
	size_t n = quad_len(t, at);
	struct str ip = str_sub(t, at, at + n);

	/* 10.x is also how versions look: it counts only with an address's company. */
	bool version_like = which == 8 && !(at > 1 && t.ptr[at - 1] == '/') && at + n < t.len &&
			    t.ptr[at + n] != ':';

	if (n == 0 || !private_quad(ip) || version_like || str_eq(ip, x->host))
		return;
	passive_report(c, x, ip, STR_NULL);
}

const struct scan_check check_private_ip = {
	.id = "private-ip",
	.title_zh = "页面泄露内网 IP 地址",
	.title_en = "Private IP address disclosed",
	.severity = SEVERITY_INFO,
	.cwe = 200,
	.owasp = "A05:2021",
	.place = PLACE_PAGE,
	.literals = ip_texts,
	.literals_len = ARRAY_SIZE(ip_texts),
	.on_literal = on_ip,
};

static const struct scan_literal path_texts[] = {
	L("/var/www/"),
	L("/home/wwwroot/"),
	L("/www/wwwroot/"),
	L("/usr/local/nginx/html/"),
	L("/usr/share/nginx/"),
	L("/opt/lampp/htdocs/"),
	L("/data/wwwroot/"),
	L("C:\\inetpub\\"),
	L("D:\\wwwroot\\"),
	L("C:\\xampp\\"),
	L("D:\\phpstudy"),
	L("C:\\phpStudy"),
	L("/usr/local/tomcat/webapps/"),
};

static void on_path(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	if (x->media == MEDIA_HTML || x->media == MEDIA_JSON || x->media == MEDIA_TEXT)
		passive_report(c, x, passive_line(x->text, at, 160), STR_NULL);
}

const struct scan_check check_file_path = {
	.id = "file-path",
	.title_zh = "页面泄露服务器文件路径",
	.title_en = "Server file path disclosed",
	.severity = SEVERITY_INFO,
	.cwe = 200,
	.owasp = "A05:2021",
	.flags = SCAN_MISSING_TOO | SCAN_PROBES_TOO,
	.place = PLACE_PAGE,
	.literals = path_texts,
	.literals_len = ARRAY_SIZE(path_texts),
	.on_literal = on_path,
};

/* A word of a sentence: letters only, and more words behind it in the same line. */
static bool is_prose(struct str word, struct str rest)
{
	size_t letters = 0, words = 0;
	struct str line = str_sub(rest, 0, str_chr(rest, '\n') < 0 ? rest.len : (size_t)str_chr(rest, '\n'));

	for (size_t i = 0; i < word.len; i++)
		letters += ascii_alpha(word.ptr[i]) || (word.ptr[i] & 0x80) || word.ptr[i] == '.' || word.ptr[i] == ',';
	for (size_t i = 1; i < line.len; i++)
		words += ascii_space(line.ptr[i - 1]) && ascii_alpha(line.ptr[i]);
	return letters == word.len && words >= 2;
}

static bool is_taught(struct str text)
{
	return str_ihas(text, STR("example")) || str_has(text, STR("示例")) || str_has(text, STR("例如"));
}

/* "password = x", "口令：x": the word, at most three blanks, a separator, a value. */
static bool assigns_secret(struct str t, struct str *ret)
{
	static const char *const words[] = { "password", "passwd",     "pwd",     "密码",
					     "口令",     "secret_key", "api_key", "apikey" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		ssize_t at = str_ifind(t, str_c(words[i]));

		if (at < 0)
			continue;
		struct str rest = str_from(t, (size_t)at + strlen(words[i]));
		struct str value = str_trim(rest);
		size_t skip = str_starts(value, STR("："))                                 ? 3
			      : str_starts(value, STR(":")) || str_starts(value, STR("=")) ? 1
											   : 0;

		if (skip == 0 || (size_t)(value.ptr - rest.ptr) > 3)
			continue;
		value = str_trim(str_from(value, skip));
		size_t n = 0;

		while (n < value.len && !ascii_space(value.ptr[n]) && value.ptr[n] != '<')
			n++;
		/* Code in a comment: password: function(), password = this.x; prose that goes on */
		struct str word = str_sub(value, 0, n);

		if (n < 3 || str_has(word, STR("(")) || str_has(word, STR("this.")) ||
		    str_has(word, STR("{")) || passive_is_placeholder(word) || is_prose(word, str_from(value, n)))
			continue;
		*ret = str_sub(t, (size_t)at, (size_t)(value.ptr + n - t.ptr));
		return true;
	}
	return false;
}

static void look_comment(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct str found;

	if (!passive_is_page(x))
		return;
	for (size_t i = 0; i < x->page->comments_len; i++) {
		struct str text = x->page->comments[i].text;

		if (str_istarts(text, STR("[if ")) || is_taught(text) || str_has(text, STR("<script")) ||
		    !assigns_secret(text, &found))
			continue;
		passive_report(c, x, found, STR_NULL);
		return;
	}
}

const struct scan_check check_comment_secret = {
	.id = "comment-secret",
	.title_zh = "网页注释中含有口令",
	.title_en = "Password in an HTML comment",
	.severity = SEVERITY_LOW,
	.cwe = 615,
	.owasp = "A05:2021",
	.place = PLACE_PAGE,
	.on_page = look_comment,
};

static void look_generator(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct str g = x->page->generator;

	for (size_t i = 1; i + 1 < g.len && passive_is_page(x); i++) {
		if (g.ptr[i] != '.' || !ascii_digit(g.ptr[i - 1]) || !ascii_digit(g.ptr[i + 1]))
			continue;
		passive_report(c, x, g, STR_NULL);
		return;
	}
}

const struct scan_check check_generator_version = {
	.id = "generator-version",
	.title_zh = "页面泄露建站程序的版本",
	.title_en = "Page tells the exact version of its generator",
	.severity = SEVERITY_INFO,
	.cwe = 200,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_page = look_generator,
};

static bool long_token(struct str v)
{
	size_t n = 0;

	while (n < v.len && ascii_alnum(v.ptr[n]))
		n++;
	return n >= 16;
}

static void look_session_url(struct scan_ctx *c, const struct scan_exchange *x)
{
	static const char *const names[] = { "phpsessid=",   ";jsessionid=", "jsessionid=",
					     "aspsessionid", "sessionid=",   "session_id=" };

	if (!passive_is_page(x))
		return;
	for (size_t i = 0; i < x->page->links_len; i++) {
		const struct scan_link *l = &x->page->links[i];

		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			ssize_t at = str_ifind(l->url, str_c(names[k]));

			if (at < 0 || !long_token(str_from(l->url, (size_t)at + strlen(names[k]))))
				continue;
			passive_report(c, x, l->raw, STR_NULL);
			return;
		}
	}
}

const struct scan_check check_session_in_url = {
	.id = "session-in-url",
	.title_zh = "会话标识出现在网址中",
	.title_en = "Session identifier in addresses",
	.severity = SEVERITY_LOW,
	.cwe = 598,
	.owasp = "A07:2021",
	.place = PLACE_SITE,
	.on_page = look_session_url,
};

static bool may_be_cached(const struct scan_exchange *x)
{
	struct str cc = scan_header_get(&x->headers, "cache-control");

	return !str_ihas(cc, STR("no-store")) && !str_ihas(cc, STR("private")) &&
	       !str_ihas(cc, STR("no-cache")) && !str_ihas(cc, STR("max-age=0")) &&
	       !str_ihas(scan_header_get(&x->headers, "pragma"), STR("no-cache"));
}

static void look_cache(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (!passive_is_page(x) || !may_be_cached(x))
		return;
	for (size_t i = 0; i < x->page->forms_len; i++) {
		const struct scan_form *f = &x->page->forms[i];

		for (size_t k = 0; k < f->fields_len; k++) {
			if (!str_eq(f->fields[k].type, STR("password")))
				continue;
			passive_report(c, x, scan_header_get(&x->headers, "cache-control"),
				       STR_NULL);
			return;
		}
	}
}

const struct scan_check check_cache_sensitive = {
	.id = "cache-sensitive",
	.title_zh = "登录页面允许被缓存",
	.title_en = "Log-in page may be cached",
	.severity = SEVERITY_INFO,
	.cwe = 525,
	.owasp = "A04:2021",
	.place = PLACE_SITE,
	.on_page = look_cache,
};
