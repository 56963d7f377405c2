/* Active: parameters that a page reads though no link or form names them. All usual names are
 * asked at once; only when the page answers otherwise than for as many names that nobody knows
 * is the one that matters looked for, by halves. What is found is probed like any other input. */
#include "scan/checks/active_private.h"
#include "scan/checks/hidden.h"
#include "scan/form.h"

#define FOUND_PER_PAGE 3
#define NAMES_MAX 200

/* Likeliest first. Nothing that could end a session, delete or set back is among them. */
static const char *const usual[] = {
	"id", "uid", "user", "userid", "user_id", "name", "username", "uname", "page", "p", "pid", "aid", "cid", "nid", "news_id", "newsid",
	"article", "article_id", "articleid", "cat", "catid", "category", "type", "typeid", "class", "classid", "item", "itemid", "product",
	"product_id", "q", "s", "key", "keyword", "keywords", "search", "query", "kw", "word", "wd", "title", "text", "msg", "message",
	"content", "comment", "url", "u", "uri", "link", "redirect", "redirect_url", "return", "returnUrl", "next", "goto", "target", "to",
	"from", "src", "source", "file", "filename", "filepath", "path", "dir", "folder", "doc", "document", "page_id", "template", "tpl",
	"theme", "style", "lang", "language", "locale", "view", "show", "mod", "module", "m", "c", "a", "op", "func", "method", "callback",
	"jsonp", "format", "sort", "order", "orderby", "by", "limit", "offset", "start", "size", "num", "count", "year", "month", "date",
	"day", "code", "data", "json", "xml", "input", "value", "val", "param", "arg", "cmd", "exec", "command", "ip", "host", "domain",
	"port", "email", "mail", "phone", "tel", "debug", "test", "admin", "role", "level", "status", "step", "tab", "ref", "no", "sn",
	"sid", "tid", "gid", "oid", "rid", "mid", "bid", "eid", "fid", "vid", "k", "v", "t", "n", "x", "y", "w", "image", "img", "include",
};

struct names {
	struct str list[NAMES_MAX];
	size_t len;
};

static struct str with_names(struct probe *p, const struct scan_exchange *page, const struct str *names, size_t n, struct str value)
{
	struct str values[NAMES_MAX];
	for (size_t i = 0; i < n; i++)
		values[i] = value;
	return hidden_url_all(p, page->url, names, values, n);
}

/* Does the page answer otherwise with these? -1: could not tell. */
static int answers(struct probe *p, const struct scan_exchange *page, const struct str *names, size_t n)
{
	const struct scan_exchange *x;
	struct str value = probe_printf(p, "%u", probe_number(p, 1013, 9973));
	if (probe_get(p, with_names(p, page, names, n, value), &x) < 0 || x->status == 414 || x->status == 431)
		return -1;
	return !probe_same(p, page, STR(""), x, value);
}

/* As many names that nobody knows: a page that shows its whole address, or counts, differs for them too. */
static bool any_name_will_do(struct probe *p, const struct scan_exchange *page, size_t n)
{
	struct str odd[NAMES_MAX];
	for (size_t i = 0; i < n; i++)
		odd[i] = probe_word(p, 2 + (unsigned)(i % 6));
	return answers(p, page, odd, n) != 0;
}

/* The one name among these that matters; it must do so alone, twice, when another does not. */
static bool narrow(struct probe *p, const struct scan_exchange *page, const struct str *names, size_t n, struct str *ret)
{
	while (n > 1) {
		size_t half = n / 2;
		int first = answers(p, page, names, half);
		if (first < 0)
			return false;
		if (!first)
			names += half;
		n = first ? half : n - half;
	}
	*ret = names[0];
	return answers(p, page, names, 1) == 1 && answers(p, page, names, 1) == 1 && !any_name_will_do(p, page, 1);
}

static void leave_out(struct names *l, struct str name)
{
	for (size_t i = 0; i < l->len; i++)
		if (str_ieq(l->list[i], name)) {
			memmove(&l->list[i], &l->list[i + 1], (l->len - i - 1) * sizeof(l->list[0]));
			l->len--;
			return;
		}
}

/* What the page's own address and forms name is known already; what its scripts and comments mention is not. */
static void unknown_names(struct probe *p, const struct scan_exchange *page, struct names *l)
{
	struct str rest = page->query, pair;
	l->len = hidden_names(p, page, l->list, HIDDEN_NAMES);
	for (size_t i = 0; i < ARRAY_SIZE(usual) && l->len < NAMES_MAX; i++) {
		leave_out(l, str_c(usual[i]));
		l->list[l->len++] = str_c(usual[i]);
	}
	while (str_split(&rest, '&', &pair)) {
		ssize_t eq = str_chr(pair, '=');
		leave_out(l, eq < 0 ? pair : str_sub(pair, 0, (size_t)eq));
	}
	for (size_t i = 0; page->page && i < page->page->forms_len; i++)
		for (size_t k = 0; k < page->page->forms[i].fields_len; k++)
			leave_out(l, page->page->forms[i].fields[k].name);
}

/* A program whose name says that it deletes, sets back or ends something: a number may be all it needs. */
static bool orders(const struct scan_exchange *page)
{
	static const char *const verbs[] = { "del", "delete", "remove", "drop", "clear", "empty", "truncate", "reset", "destroy", "cancel", "kill",
					     "stop", "logout", "install", "uninstall", "restore", "init", "pay", "buy", "send", "vote" };
	struct str path = page->path;
	for (size_t from = 0, i = 0; i <= path.len; i++) {
		if (i < path.len && ascii_alpha(path.ptr[i]))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(verbs); k++)
			if (str_ieq(str_sub(path, from, i), str_c(verbs[k])))
				return true;
		from = i + 1;
	}
	return form_link_destroys(page->url, STR(""));
}

/* Names that links to this very page carry are no secret: they are followed, or left alone for what they do. */
static void linked_names(const struct scan_exchange *page, struct names *l)
{
	struct str own = str_sub(page->url, 0, page->url.len - (page->query.len ? page->query.len + 1 : 0)), pair;
	for (size_t i = 0; page->page && i < page->page->links_len; i++) {
		struct str url = page->page->links[i].url;
		if (!str_starts(url, own) || url.len <= own.len || url.ptr[own.len] != '?')
			continue;
		url = str_from(url, own.len + 1);
		while (str_split(&url, '&', &pair)) {
			ssize_t eq = str_chr(pair, '=');
			leave_out(l, eq < 0 ? pair : str_sub(pair, 0, (size_t)eq));
		}
	}
}

static bool read_by_program(struct probe *p, const struct scan_exchange *page)
{
	struct str path = page->path;
	bool file = str_iends(path, STR(".html")) || str_iends(path, STR(".htm")) || str_iends(path, STR(".txt")) || str_iends(path, STR(".xml"));
	return page->status == 200 && (page->media == MEDIA_HTML || page->media == MEDIA_JSON) && !file &&
	       (page->query.len == 0 || probe_mode(p) == SCAN_DEEP);
}

static void probe_page(struct probe *p, const struct scan_exchange *page)
{
	struct names l;
	struct str name;
	if (!read_by_program(p, page) || orders(page))
		return;
	unknown_names(p, page, &l);
	linked_names(page, &l);
	if (answers(p, page, l.list, l.len) != 1 || !probe_stable(p))
		return;
	for (int found = 0; found < FOUND_PER_PAGE; found++) {
		if (answers(p, page, l.list, l.len) != 1 || any_name_will_do(p, page, l.len) ||
		    !narrow(p, page, l.list, l.len, &name))
			return;
		struct str url = with_names(p, page, &name, 1, STR("1"));
		if (!probe_new_input(p, url))
			return;
		const struct scan_exchange *x;
		if (probe_get(p, url, &x) == 0)
			probe_report(p, &(struct scan_report){ .exchange = x, .parameter = name, .confidence_set = true, .confidence = CONFIDENCE_CERTAIN });
		leave_out(&l, name);
	}
}

const struct scan_check check_hidden_parameter = {
	.id = "hidden-parameter",
	.title_zh = "页面接受未公开的参数",
	.title_en = "The page reads a parameter that nothing on the site names",
	.severity = SEVERITY_INFO,
	.cwe = 1059,
	.owasp = "A05:2021",
	.modes = SCAN_STANDARD_UP,
	.on_route = probe_page,
};
