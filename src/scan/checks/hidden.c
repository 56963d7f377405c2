/* Which names are tried as parameters of a page though no link and no form has them: those that many
 * programs read, and those that its comments, scripts and fields mention. */
#include "scan/checks/hidden.h"

#include "base/limits.h"
#include "net/url.h"
#include "scan/checks/active_private.h"

/* None that usually chooses what is shown at all: those would hide the page that is asked about. */
static const char *const usual[] = { "msg", "message", "error", "err", "info", "notice", "q", "query", "keyword", "search", "title",
				     "text", "username", "redirect", "return", "returnUrl", "next", "url", "ref", "from", "callback", "debug" };

static bool name_char(char c)
{
	return ascii_alnum(c) || c == '_' || c == '-';
}

struct names {
	const struct scan_exchange *route;
	struct str *list;
	size_t n, max;
};

static void add(struct names *s, struct str name)
{
	struct str rest = s->route->query, pair;
	bool known = name.len == 0 || name.len > 40 || s->n >= s->max;
	for (size_t i = 0; i < s->n && !known; i++)
		known = str_eq(s->list[i], name);
	while (!known && str_split(&rest, '&', &pair)) {
		ssize_t eq = str_chr(pair, '=');
		known = str_eq(eq < 0 ? pair : str_sub(pair, 0, (size_t)eq), name);
	}
	if (!known)
		s->list[s->n++] = name;
}

/* "?name=" and "&name=", and what a script reads of its address: get("name"). */
static void mentioned(struct names *s, struct str text)
{
	for (size_t i = 1; i + 1 < text.len && s->n < s->max; i++) {
		size_t end = i;
		char before = text.ptr[i - 1];
		if (before != '?' && before != '&' && before != '"' && before != '\'')
			continue;
		while (end < text.len && name_char(text.ptr[end]))
			end++;
		struct str name = str_sub(text, i, end);
		bool quoted = before == '"' || before == '\'';
		bool call = quoted && end < text.len && text.ptr[end] == before && i >= 5 && str_eq(str_sub(text, i - 5, i - 1), STR("get("));
		if (name.len && (call || (!quoted && end < text.len && text.ptr[end] == '=')))
			add(s, name);
		i = end > i ? end : i;
	}
}

size_t hidden_names(struct probe *p, const struct scan_exchange *route, struct str *list, size_t max)
{
	struct names s = { route, list, 0, max };
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		add(&s, str_c(usual[i]));
	for (size_t i = 0; route->page && i < route->page->comments_len; i++)
		mentioned(&s, route->page->comments[i].text);
	for (size_t i = 0; route->page && i < route->page->tags_len; i++)
		if (str_eq(route->page->tags[i].name, STR("script")))
			mentioned(&s, str_sub(route->page->tags[i].inner, 0, 64 * KIB));
	for (size_t i = 0; route->page && i < route->page->forms_len; i++)
		for (size_t k = 0; k < route->page->forms[i].fields_len; k++) {
			const struct scan_field *f = &route->page->forms[i].fields[k];
			if (str_eq(f->type, STR("text")) || str_eq(f->type, STR("textarea")) || str_eq(f->type, STR("search")))
				add(&s, f->name);
		}
	(void)p;
	return s.n;
}

static void put_pair(struct buf *b, struct str name, struct str value, bool raw)
{
	buf_char(b, memchr(b->ptr, '?', b->len) ? '&' : '?');
	url_form_encode(b, name);
	buf_char(b, '=');
	if (!raw)
		url_form_encode(b, value);
	for (size_t i = 0; raw && i < value.len; i++)
		buf_char(b, value.ptr[i] == ' ' || value.ptr[i] == '\n' || value.ptr[i] == '\t' ? '/' : value.ptr[i]);
}

struct str hidden_url_all(struct probe *p, struct str url, const struct str *names, const struct str *values, size_t n)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	ssize_t hash = str_chr(url, '#');
	buf_str(&b, hash < 0 ? url : str_sub(url, 0, (size_t)hash));
	for (size_t i = 0; i < n; i++)
		put_pair(&b, names[i], values[i], false);
	struct str r = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	return r;
}

struct str hidden_url(struct probe *p, struct str url, struct str name, struct str value, bool raw)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	ssize_t hash = str_chr(url, '#');
	buf_str(&b, hash < 0 ? url : str_sub(url, 0, (size_t)hash));
	put_pair(&b, name, value, raw);
	struct str r = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	return r;
}

/* "<b>NAME</b>" that ends at `end` of the text; empty: none. */
static struct str marked_before(struct str t, size_t end)
{
	while (end > 0 && (t.ptr[end - 1] == ' ' || t.ptr[end - 1] == '\n'))
		end--;
	if (end == 0 || t.ptr[end - 1] != '>')
		return STR("");
	ssize_t open = str_rchr(str_sub(t, 0, end), '<');
	size_t stop = open < 0 ? 0 : (size_t)open, from = stop;
	while (from > 0 && name_char(t.ptr[from - 1]))
		from--;
	return open >= 0 && t.ptr[open + 1] == '/' && from > 0 && t.ptr[from - 1] == '>' ? str_sub(t, from, stop) : STR("");
}

/* The same right behind `at`. */
static struct str marked_behind(struct str t, size_t at)
{
	while (at < t.len && (t.ptr[at] == ' ' || t.ptr[at] == ':' || t.ptr[at] == '\n'))
		at++;
	ssize_t shut = at < t.len && t.ptr[at] == '<' ? str_chr(str_from(t, at), '>') : -1;
	size_t from = shut < 0 ? 0 : at + (size_t)shut + 1, end = from;
	while (shut >= 0 && end < t.len && name_char(t.ptr[end]))
		end++;
	return shut >= 0 && str_starts(str_from(t, end), STR("</")) ? str_sub(t, from, end) : STR("");
}

size_t hidden_headers(const struct scan_exchange *route, struct str *names, size_t max)
{
	static const struct str words[] = { STR_INIT("header"), STR_INIT("请求头") };
	static const char *const taken[] = { "Referer", "User-Agent", "X-Forwarded-For", "Cookie", "Host", "Authorization", "Content-Type", "Accept" };
	struct str t = str_sub(route->text, 0, 256 * KIB);
	size_t n = 0;
	for (size_t w = 0; w < ARRAY_SIZE(words); w++) {
		ssize_t hit;
		for (size_t from = 0; n < max && (hit = str_ifind(str_from(t, from), words[w])) >= 0;) {
			size_t at = from + (size_t)hit;
			struct str both[] = { marked_before(t, at), marked_behind(t, at + words[w].len) };
			from = at + words[w].len;
			for (size_t i = 0; i < ARRAY_SIZE(both) && n < max; i++) {
				bool known = both[i].len < 3 || both[i].len > 40;
				for (size_t k = 0; k < ARRAY_SIZE(taken); k++)
					known = known || str_ieq(both[i], str_c(taken[k]));
				for (size_t k = 0; k < n; k++)
					known = known || str_ieq(both[i], names[k]);
				if (!known)
					names[n++] = both[i];
			}
		}
	}
	return n;
}
