/* Passive: a frame whose content comes over plain http from another site and may do everything (no
 * sandbox): whoever sits on the wire puts a log-in form into this page. On https pages browsers block
 * it (mixed.c). And robots.txt that tells everybody where the private folders are. */
#include "net/url.h"
#include "scan/checks/passive_private.h"

static bool same_site(struct str a, struct str b)
{
	struct str x = url_registrable_domain(a), y = url_registrable_domain(b);
	return str_ieq(a, b) || (x.len && str_ieq(x, y));
}

static struct str host_of(struct str url)
{
	ssize_t at = str_find(url, STR("://"));
	size_t from = at < 0 ? 0 : (size_t)at + 3, end = from;
	while (end < url.len && url.ptr[end] != '/' && url.ptr[end] != '?' && url.ptr[end] != ':')
		end++;
	return str_sub(url, from, end);
}

static void look_frame(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (!passive_is_page(x) || x->https)
		return;
	for (size_t i = 0; i < x->page->links_len; i++) {
		const struct scan_link *l = &x->page->links[i];
		if (l->kind != LINK_FRAME || !l->tag || !str_istarts(l->url, STR("http://")) || same_site(host_of(l->url), x->host) ||
		    scan_tag_attr(l->tag, "sandbox").ptr)
			continue;
		passive_report(c, x, str_sub(x->text, l->tag->at, l->tag->end), STR_NULL);
		return;
	}
}

const struct scan_check check_iframe_insecure = {
	.id = "iframe-insecure",
	.title_zh = "页面嵌入了其他网站的明文 HTTP 内容",
	.title_en = "Page frames another site's content over plain HTTP",
	.severity = SEVERITY_LOW,
	.cwe = 829,
	.owasp = "A08:2021",
	.place = PLACE_PAGE,
	.on_page = look_frame,
};

/* A path of robots.txt that nobody would name who does not have something there. */
static bool is_private(struct str path)
{
	static const char *const words[] = { "admin", "passw", "backup", "secret", "private", "confidential", "intern", "htaccess", ".git",
					     ".svn", "config", "database", "/db/", "/sql", "dump", "install", "phpmyadmin", "manage/", "/logs",
					     "houtai", "/bak" };
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_ihas(path, str_c(words[i])))
			return true;
	return false;
}

/* What ships with every installation of a product says nothing about this one. */
static bool is_standard(struct str path)
{
	static const char *const known[] = { "/wp-admin/", "/administrator/", "/admin/", "/user/login", "/index.php/admin", "/install.php",
					     "/INSTALL", "/plugins/", "/config/" };
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(path, str_c(known[i])))
			return true;
	return false;
}

static void look_robots(struct scan_ctx *c, const struct scan_exchange *x)
{
	struct str rest = x->text.len ? x->text : x->body, line;
	if (!str_eq(x->path, STR("/robots.txt")) || x->status != 200 || x->missing || x->media != MEDIA_TEXT)
		return;
	while (str_split(&rest, '\n', &line)) {
		line = str_trim(line);
		struct str path = str_istarts(line, STR("disallow:")) ? str_trim(str_from(line, 9)) : STR("");
		if (path.len < 2 || path.ptr[0] != '/' || !is_private(path) || is_standard(path))
			continue;
		passive_report(c, x, line, STR_NULL);
		return;
	}
}

const struct scan_check check_robots_private = {
	.id = "robots-private",
	.title_zh = "robots.txt 透露了不公开的目录",
	.title_en = "robots.txt names private folders",
	.severity = SEVERITY_INFO,
	.cwe = 200,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
	.on_exchange = look_robots,
};
