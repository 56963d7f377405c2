/* Finding addresses. Tags are exact; CSS is a small scanner; script strings are judged
 * by shape, since what is guessed wrong costs a request each: a path must start with
 * "/" or "./", or end in a server-side extension, or carry a query. */
#include "scan/link.h"

#include "base/limits.h"
#include "base/map.h"
#include "base/vec.h"
#include "net/html.h"
#include "net/url.h"

struct sink {
	struct arena *a;
	struct scan_page *page;
	const struct url *base;
	VEC(struct scan_link) links;
	size_t max;
	const struct scan_tag *tag;
	struct map *seen; /* kind and raw text: menus repeat */
};

static bool add(void *ctx, enum scan_link_kind kind, struct str raw)
{
	struct sink *s = ctx;
	raw = str_trim(raw);
	if (s->links.len >= s->max || arena_left(s->a) < 16 * MIB)
		return true;
	if (str_empty(raw) || raw.len > 4096 || raw.ptr[0] == '#')
		return false;
	if (!map_add(s->seen, raw))
		return false;
	struct url u;
	if (url_parse(s->a, raw, s->base, 0, &u, NULL) < 0)
		return false;
	struct scan_link *l = vec_push(&s->links);
	l->kind = kind;
	l->raw = raw;
	l->url = url_text(s->a, &u, URL_NO_FRAGMENT | URL_NO_USERINFO);
	l->tag = s->tag;
	return false;
}

static void add_srcset(struct sink *s, struct str set)
{
	struct str part;
	while (str_split(&set, ',', &part)) {
		part = str_trim(part);
		size_t n = 0;
		while (n < part.len && !ascii_space(part.ptr[n]))
			n++;
		add(s, LINK_RESOURCE, str_sub(part, 0, n));
	}
}

/* "5; url='x'" */
static struct str refresh_target(struct str content)
{
	ssize_t at = str_ifind(content, STR("url"));
	if (at < 0)
		return STR_NULL;
	struct str s = str_trim(str_from(content, (size_t)at + 3));
	if (str_empty(s) || s.ptr[0] != '=')
		return STR_NULL;
	s = str_trim(str_from(s, 1));
	if (s.len && (s.ptr[0] == '\'' || s.ptr[0] == '"')) {
		char q = s.ptr[0];
		s = str_from(s, 1);
		ssize_t end = str_chr(s, q);
		if (end >= 0)
			s = str_sub(s, 0, (size_t)end);
	}
	return s;
}

static enum scan_link_kind rel_kind(struct str rel)
{
	if (str_ihas(rel, STR("stylesheet")))
		return LINK_STYLE;
	if (str_ihas(rel, STR("next")) || str_ihas(rel, STR("prev")) || str_ihas(rel, STR("canonical")) ||
	    str_ihas(rel, STR("alternate")) || str_ihas(rel, STR("search")))
		return LINK_A;
	return LINK_RESOURCE;
}

/* Which attribute of which element is an address, and of what kind. */
static const struct {
	const char *tag, *attr;
	enum scan_link_kind kind;
} places[] = {
	{ "a", "href", LINK_A },	      { "area", "href", LINK_A },
	{ "iframe", "src", LINK_FRAME },      { "frame", "src", LINK_FRAME },
	{ "script", "src", LINK_SCRIPT },     { "img", "src", LINK_RESOURCE },
	{ "source", "src", LINK_RESOURCE },   { "video", "src", LINK_RESOURCE },
	{ "audio", "src", LINK_RESOURCE },    { "video", "poster", LINK_RESOURCE },
	{ "embed", "src", LINK_FRAME },	      { "object", "data", LINK_FRAME },
	{ "track", "src", LINK_RESOURCE },    { "input", "src", LINK_RESOURCE },
	{ "form", "action", LINK_FORM },      { "button", "formaction", LINK_FORM },
	{ "input", "formaction", LINK_FORM }, { "blockquote", "cite", LINK_A },
	{ "q", "cite", LINK_A },	      { "ins", "cite", LINK_A },
	{ "del", "cite", LINK_A },	      { "body", "background", LINK_RESOURCE },
	{ "table", "background", LINK_RESOURCE }, { "td", "background", LINK_RESOURCE },
	{ "html", "manifest", LINK_RESOURCE },	  { "applet", "code", LINK_RESOURCE },
	{ "applet", "archive", LINK_RESOURCE },	  { "image", "xlink:href", LINK_RESOURCE },
	{ "image", "href", LINK_RESOURCE },	  { "use", "href", LINK_RESOURCE },
	{ "a", "xlink:href", LINK_A },		  { "frame", "longdesc", LINK_A },
	{ "img", "longdesc", LINK_A },		  { "bgsound", "src", LINK_RESOURCE },
	{ "a", "ping", LINK_A },		  { "img", "dynsrc", LINK_RESOURCE },
	{ "img", "lowsrc", LINK_RESOURCE },	  { "portal", "src", LINK_FRAME },
	{ "svg", "href", LINK_RESOURCE },	  { "base", "href", LINK_A },
};

static void tag_links(struct sink *s, const struct scan_tag *t)
{
	struct str v;
	s->tag = t;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!str_eq(t->name, str_c(places[i].tag)))
			continue;
		v = scan_tag_attr(t, places[i].attr);
		if (v.len && !str_istarts(v, STR("javascript:")))
			add(s, places[i].kind, v);
		else if (v.len)
			link_script(v, add, s);
	}
	if (str_eq(t->name, STR("link")) && (v = scan_tag_attr(t, "href")).len)
		add(s, rel_kind(scan_tag_attr(t, "rel")), v);
	if (str_eq(t->name, STR("meta"))) {
		v = scan_tag_attr(t, "content");
		if (str_ieq(scan_tag_attr(t, "http-equiv"), STR("refresh")) && refresh_target(v).ptr)
			add(s, LINK_REFRESH, refresh_target(v));
		else if (str_istarts(v, STR("http://")) || str_istarts(v, STR("https://")))
			add(s, LINK_RESOURCE, v);
	}
	for (size_t i = 0; i < t->attrs_len; i++) {
		const struct scan_attr *at = &t->attrs[i];
		if (str_eq(at->name, STR("srcset")) || str_eq(at->name, STR("imagesrcset")))
			add_srcset(s, at->value);
		else if (str_eq(at->name, STR("style")))
			link_css(at->value, add, s);
		else if (str_eq(at->name, STR("srcdoc")) || str_starts(at->name, STR("on")))
			link_script(at->value, add, s);
		else if (str_starts(at->name, STR("data-")) && at->value.len > 1 && at->value.ptr[0] == '/')
			add(s, LINK_JS, at->value);
	}
}

/* href= and src= inside a comment, and bare addresses. */
static void comment_links(struct sink *s, struct str text)
{
	s->tag = NULL;
	for (size_t i = 0; i + 6 < text.len; i++) {
		struct str rest = str_from(text, i);
		size_t skip = str_istarts(rest, STR("href=")) ? 5 : str_istarts(rest, STR("src=")) ? 4 : 0;
		bool bare = str_istarts(rest, STR("http://")) || str_istarts(rest, STR("https://"));
		if (!skip && !bare)
			continue;
		rest = str_from(rest, skip);
		char q = rest.len && (rest.ptr[0] == '"' || rest.ptr[0] == '\'') ? rest.ptr[0] : 0;
		if (q)
			rest = str_from(rest, 1);
		size_t n = 0;
		while (n < rest.len && rest.ptr[n] != q && rest.ptr[n] != '<' && rest.ptr[n] != '>' &&
		       rest.ptr[n] != '"' && (q || !ascii_space(rest.ptr[n])))
			n++;
		add(s, LINK_COMMENT, str_sub(rest, 0, n));
		i += skip + n;
	}
}

void link_collect(struct arena *a, struct scan_page *page, const struct url *base, size_t max)
{
	struct sink s = { .a = a, .page = page, .base = base, .max = max, .seen = map_new() };
	for (size_t i = 0; i < page->tags_len; i++) {
		const struct scan_tag *t = &page->tags[i];
		tag_links(&s, t);
		if (str_eq(t->name, STR("script")))
			link_script(t->inner, add, &s);
		else if (str_eq(t->name, STR("style")))
			link_css(t->inner, add, &s);
	}
	for (size_t i = 0; i < page->comments_len; i++)
		comment_links(&s, page->comments[i].text);
	struct scan_link *copy = arena_array(a, s.links.len + 1, sizeof(*copy));
	if (s.links.len)
		memcpy(copy, s.links.ptr, s.links.len * sizeof(*copy));
	page->links = copy;
	page->links_len = s.links.len;
	vec_free(&s.links);
	map_free(s.seen);
}

void link_css(struct str css, link_found *found, void *ctx)
{
	for (size_t i = 0; i + 4 < css.len; i++) {
		struct str rest = str_from(css, i);
		bool import = rest.ptr[0] == '@' && str_istarts(rest, STR("@import"));
		if (!import && !((rest.ptr[0] | 0x20) == 'u' && str_istarts(rest, STR("url("))))
			continue;
		rest = str_from(rest, import ? 7 : 4);
		size_t skip = 0;
		while (skip < rest.len && ascii_space(rest.ptr[skip]))
			skip++;
		rest = str_from(rest, skip);
		if (str_empty(rest))
			return;
		char q = rest.ptr[0] == '"' || rest.ptr[0] == '\'' ? rest.ptr[0] : 0;
		if (import && !q)
			continue; /* @import url(...): seen next */
		rest = q ? str_from(rest, 1) : rest;
		size_t n = 0;
		while (n < rest.len && n < 4096 && (q ? rest.ptr[n] != q : rest.ptr[n] != ')') &&
		       rest.ptr[n] != '\n')
			n++;
		struct str raw = str_trim(str_sub(rest, 0, n));
		if (!str_istarts(raw, STR("data:")) && found(ctx, LINK_CSS, raw))
			return;
		i = (size_t)(rest.ptr - css.ptr) + n;
	}
}

static bool server_extension(struct str path)
{
	static const char *const list[] = { ".php", ".asp", ".aspx", ".jsp", ".jspx", ".do", ".action",
					    ".cgi", ".pl", ".py", ".json", ".xml", ".html", ".htm",
					    ".shtml", ".ashx", ".asmx", ".svc", ".txt", ".js", NULL };
	for (size_t i = 0; list[i]; i++)
		if (str_iends(path, str_c(list[i])))
			return true;
	return false;
}

/* Could this script string be an address of the site? */
static bool address_like(struct str s)
{
	if (s.len < 3 || s.len > 512)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if ((unsigned char)c <= ' ' || strchr("<>\"'`\\{}|^*$;()", c))
			return false;
	}
	if (str_istarts(s, STR("http://")) || str_istarts(s, STR("https://")))
		return s.len > 9;
	if (str_starts(s, STR("//")))
		return str_chr(s, '.') > 2;
	ssize_t mark = str_chr(s, '?');
	struct str path = mark < 0 ? s : str_sub(s, 0, (size_t)mark);
	if (s.ptr[0] == '/' && s.len > 2)
		return ascii_alnum(s.ptr[1]) || s.ptr[1] == '_' || s.ptr[1] == '.';
	if (str_starts(s, STR("./")) || str_starts(s, STR("../")))
		return true;
	if (!ascii_alnum(s.ptr[0]) || str_chr(path, ':') >= 0 || str_chr(path, ',') >= 0)
		return false;
	/* a MIME type or a date has a slash too: ask for more */
	return server_extension(path) || (mark > 0 && str_chr(s, '=') > mark) ||
	       (str_chr(path, '/') > 0 && str_istarts(path, STR("api/")));
}

void link_script(struct str js, link_found *found, void *ctx)
{
	for (size_t i = 0; i < js.len; i++) {
		char c = js.ptr[i];
		if (c == '/' && i + 1 < js.len && js.ptr[i + 1] == '*') { /* comment */
			ssize_t end = str_find(str_from(js, i + 2), STR("*/"));
			if (end < 0)
				return;
			i += 3 + (size_t)end;
			continue;
		}
		if (c != '"' && c != '\'' && c != '`')
			continue;
		size_t n = i + 1;
		while (n < js.len && js.ptr[n] != c && js.ptr[n] != '\n' && n - i < 600)
			n += js.ptr[n] == '\\' ? 2 : 1;
		if (n >= js.len)
			return;
		if (js.ptr[n] != c)
			continue; /* no string: an apostrophe in a comment or regex */
		struct str s = str_sub(js, i + 1, n);
		if (address_like(s) && found(ctx, LINK_JS, s))
			return;
		i = n;
	}
}

void link_robots(struct str text, link_found *found, void *ctx)
{
	struct str line;
	for (size_t n = 0; n < 2000 && str_split(&text, '\n', &line); n++) {
		ssize_t hash = str_chr(line, '#');
		if (hash >= 0)
			line = str_sub(line, 0, (size_t)hash);
		ssize_t colon = str_chr(line, ':');
		if (colon <= 0)
			continue;
		struct str key = str_trim(str_sub(line, 0, (size_t)colon));
		struct str v = str_trim(str_from(line, (size_t)colon + 1));
		bool map = str_ieq(key, STR("sitemap"));
		if (!map && !str_ieq(key, STR("disallow")) && !str_ieq(key, STR("allow")))
			continue;
		ssize_t star = str_chr(v, '*');
		if (star >= 0 && !map) /* "/a/b*": the folder in front of the star */
			v = str_sub(v, 0, (size_t)str_rchr(str_sub(v, 0, (size_t)star), '/') + 1);
		if (v.len && v.ptr[v.len - 1] == '$')
			v = str_sub(v, 0, v.len - 1);
		if (v.len > 1 && found(ctx, map ? LINK_SITEMAP : LINK_ROBOTS, v))
			return;
	}
}

void link_sitemap(struct str text, link_found *found, void *ctx)
{
	struct str s = str_trim(str_sub(text, 0, 512));
	if (str_istarts(s, STR("http"))) { /* text form: one a line */
		struct str line;
		while (str_split(&text, '\n', &line))
			if (str_istarts(str_trim(line), STR("http")) &&
			    found(ctx, LINK_SITEMAP, str_trim(line)))
				return;
		return;
	}
	_cleanup_buf_ struct buf b;
	buf_init(&b, 8 * KIB);
	for (;;) {
		ssize_t at = str_ifind(text, STR("<loc>"));
		if (at < 0)
			return;
		text = str_from(text, (size_t)at + 5);
		ssize_t end = str_chr(text, '<');
		if (end < 0)
			return;
		struct str raw = str_trim(str_sub(text, 0, (size_t)end));
		if (str_starts(raw, STR("<![CDATA[")))
			raw = str_from(raw, 9);
		buf_clear(&b);
		html_decode(&b, raw, false);
		if (found(ctx, LINK_SITEMAP, buf_view(&b)))
			return;
	}
}

void link_header(struct str value, link_found *found, void *ctx)
{
	for (;;) {
		ssize_t at = str_chr(value, '<');
		if (at < 0)
			return;
		value = str_from(value, (size_t)at + 1);
		ssize_t end = str_chr(value, '>');
		if (end < 0 || found(ctx, LINK_HEADER, str_sub(value, 0, (size_t)end)))
			return;
		value = str_from(value, (size_t)end);
	}
}
