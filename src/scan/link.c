/* Finding addresses. Tags are exact; CSS is a small scanner; scripts (link_script.c) and
 * plain text (link_text.c) are judged by shape, since what is guessed wrong costs a
 * request each. */
#include "scan/link.h"

#include "base/check.h"
#include "base/encode.h"
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
	struct map *seen; /* raw text: menus repeat */
	const struct scan_tag *base_tag;
	enum scan_link_kind as;
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
	l->raw = arena_str(s->a, raw); /* what scripts say is put together in a buffer that goes */
	l->url = url_text(s->a, &u, URL_NO_FRAGMENT | URL_NO_USERINFO);
	l->tag = s->tag;
	return false;
}

static bool add_as(void *ctx, enum scan_link_kind kind, struct str raw)
{
	struct sink *s = ctx;
	return add(s, s->as, raw);
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
	{ "image", "xlink:href", LINK_RESOURCE },
	{ "image", "href", LINK_RESOURCE },	  { "use", "href", LINK_RESOURCE },
	{ "a", "xlink:href", LINK_A },		  { "frame", "longdesc", LINK_A },
	{ "img", "longdesc", LINK_A },		  { "bgsound", "src", LINK_RESOURCE },
	{ "img", "dynsrc", LINK_RESOURCE },
	{ "img", "lowsrc", LINK_RESOURCE },	  { "portal", "src", LINK_FRAME },
	{ "svg", "href", LINK_RESOURCE },	  { "base", "href", LINK_A },
	{ "script", "xlink:href", LINK_SCRIPT },  { "script", "href", LINK_SCRIPT },
	{ "use", "xlink:href", LINK_RESOURCE },	  { "object", "codebase", LINK_RESOURCE },
	{ "applet", "codebase", LINK_RESOURCE },  { "object", "classid", LINK_RESOURCE },
	{ "isindex", "action", LINK_A },	  { "head", "profile", LINK_RESOURCE },
	{ "command", "icon", LINK_RESOURCE },	  { "th", "background", LINK_RESOURCE },
	{ "tr", "background", LINK_RESOURCE },	  { "iframe", "longdesc", LINK_A },
};

/* Several addresses with blanks between them. */
static void add_list(struct sink *s, enum scan_link_kind kind, struct str list)
{
	struct str part;
	while (str_split(&list, ' ', &part))
		add(s, kind, part);
}

/* "data:image/svg+xml,<svg …>": what stands in the document inside. */
static void data_links(struct sink *s, struct str v)
{
	ssize_t comma = str_chr(v, ',');
	struct str head = str_sub(v, 0, comma < 0 ? 0 : (size_t)comma);
	bool text = str_ihas(head, STR("text/")) || str_ihas(head, STR("xml")) || str_ihas(head, STR("html"));
	if (comma < 0 || !text || v.len > 64 * KIB)
		return;
	struct buf plain;
	buf_init(&plain, 64 * KIB);
	if (str_ihas(head, STR(";base64")))
		decode_base64(&plain, str_from(v, (size_t)comma + 1));
	else
		decode_percent(&plain, str_from(v, (size_t)comma + 1), false);
	link_text(arena_str(s->a, buf_view(&plain)), add, s);
	buf_free(&plain);
}

/* An attribute that no table knows: data-url, ng-include, v-bind:href, x-href … */
static void other_attribute(struct sink *s, const struct scan_attr *at)
{
	struct str v = str_trim(at->value);
	if (v.len < 2 || v.len > 4096)
		return;
	if (str_istarts(v, STR("data:")))
		data_links(s, v);
	else if (str_starts(at->name, STR("data-")) && v.ptr[0] == '/')
		add(s, LINK_JS, v);
	else
		link_text(v, add, s);
	if (v.ptr[0] == '{' || v.ptr[0] == '[' || str_chr(v, '\'') >= 0)
		link_script(v, add, s);
}

static void attribute_links(struct sink *s, const struct scan_tag *t, const struct scan_attr *at)
{
	if (str_eq(at->name, STR("srcset")) || str_eq(at->name, STR("imagesrcset")))
		add_srcset(s, at->value);
	else if (str_eq(at->name, STR("style")))
		link_css(at->value, add, s);
	else if (str_eq(at->name, STR("srcdoc")))
		link_text(at->value, add, s);
	else if (str_starts(at->name, STR("on")) || str_starts(at->name, STR("@")))
		link_script(at->value, add, s);
	else if (str_eq(at->name, STR("ping")) || str_eq(at->name, STR("archive")))
		add_list(s, LINK_RESOURCE, at->value);
	else if (!str_eq(at->name, STR("class")) && !str_eq(at->name, STR("id")))
		other_attribute(s, at);
}

static void meta_links(struct sink *s, const struct scan_tag *t)
{
	struct str v = scan_tag_attr(t, "content");
	if (str_ieq(scan_tag_attr(t, "http-equiv"), STR("refresh")) && refresh_target(v).ptr)
		add(s, LINK_REFRESH, refresh_target(v));
	else if (str_istarts(v, STR("http://")) || str_istarts(v, STR("https://")))
		add(s, LINK_RESOURCE, v);
}

static void tag_links(struct sink *s, const struct scan_tag *t)
{
	struct str v;
	s->tag = t;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (!str_eq(t->name, str_c(places[i].tag)))
			continue;
		v = scan_tag_attr(t, places[i].attr);
		if (str_istarts(v, STR("javascript:")))
			link_script(str_from(v, 11), add, s);
		else if (v.len && !str_istarts(v, STR("data:")))
			add(s, places[i].kind, v);
	}
	if (str_eq(t->name, STR("link")) && (v = scan_tag_attr(t, "href")).len)
		add(s, rel_kind(scan_tag_attr(t, "rel")), v);
	if (str_eq(t->name, STR("meta")))
		meta_links(s, t);
	for (size_t i = 0; i < t->attrs_len; i++)
		attribute_links(s, t, &t->attrs[i]);
}

/* href= and src= inside a comment, and whatever else looks like an address there. */
static void comment_links(struct sink *s, struct str text)
{
	s->tag = NULL;
	for (size_t i = 0; i + 6 < text.len; i++) {
		struct str rest = str_from(text, i);
		size_t skip = str_istarts(rest, STR("href=")) ? 5 : str_istarts(rest, STR("src=")) ? 4 : 0;
		if (!skip)
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
	s->as = LINK_COMMENT;
	link_text(text, add_as, s);
}

/* Root-relative words of text and scripts on a page with a <base> are as likely meant below it. */
static void below_base(struct sink *s, struct str raw)
{
	struct str base = str_trim(scan_tag_attr(s->base_tag, "href"));
	ssize_t host = str_find(base, STR("://"));
	if (host >= 0) {
		base = str_from(base, (size_t)host + 3);
		ssize_t slash = str_chr(base, '/');
		base = slash < 0 ? STR("") : str_from(base, (size_t)slash);
	}
	while (base.len && base.ptr[base.len - 1] == '/')
		base.len--;
	if (base.len && base.ptr[0] == '/' && !str_starts(raw, base))
		add(s, LINK_GUESS, arena_printf(s->a, "%.*s%.*s", STR_ARG(base), STR_ARG(raw)));
}

static bool add_text(void *ctx, enum scan_link_kind kind, struct str raw)
{
	struct sink *s = ctx;
	bool stop = add(s, kind, raw);
	if (s->base_tag && raw.len > 1 && raw.ptr[0] == '/' && raw.ptr[1] != '/')
		below_base(s, raw);
	size_t up = str_starts(raw, STR("./")) ? 2 : str_starts(raw, STR("../")) ? 3 : 0;
	if (up) /* as likely meant from the site's root as from this page */
		add(s, LINK_GUESS, str_from(raw, up - 1));
	return stop;
}

static void doctype_links(struct sink *s, struct str text)
{
	struct str head = str_trim(str_sub(text, 0, text.len < 1024 ? text.len : 1024));
	ssize_t at = str_ifind(head, STR("<!doctype")), end;
	if (at < 0 || (end = str_chr(str_from(head, (size_t)at), '>')) < 0)
		return;
	link_text(str_sub(head, (size_t)at, (size_t)at + (size_t)end), add, s);
}

void link_collect(struct arena *a, struct scan_page *page, struct str text, const struct url *base, size_t max)
{
	struct sink s = { .a = a, .page = page, .base = base, .max = max, .seen = map_new() };
	size_t at = 0;
	const struct scan_tag *b = scan_page_tag(page, "base", &at);
	s.base_tag = b && scan_tag_attr(b, "href").len ? b : NULL;
	for (size_t i = 0; i < page->tags_len; i++) {
		const struct scan_tag *t = &page->tags[i];
		tag_links(&s, t);
		if (str_eq(t->name, STR("script")))
			link_script(t->inner, add_text, &s);
		else if (str_eq(t->name, STR("style")))
			link_css(t->inner, add, &s);
	}
	for (size_t i = 0; i < page->comments_len; i++)
		comment_links(&s, page->comments[i].text);
	s.tag = NULL;
	doctype_links(&s, text);
	link_text(page->visible, add_text, &s);
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
