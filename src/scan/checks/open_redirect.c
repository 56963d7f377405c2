/* Active: an input decides where the visitor is sent (CWE-601). A host that cannot exist
 * (RFC 2606 .example) is offered in the forms browsers accept, then in forms that pass
 * careless allow-lists of the original host; the answer must send the browser there: by
 * Location, by Refresh, by a meta element, or by a script that assigns the location. */
#include "base/limits.h"
#include "net/url.h"
#include "scan/checks/active_private.h"

/* %s: our host; %o: the host that the original value names; %c: its scheme. */
static const char *const forms[] = { "https://%s/", "//%s/", "/\\%s/", "https:%s/", "\\/\\/%s/" };
static const char *const guarded[] = { "%c://%o.%s/", "%c://%s/?%o", "%c://%s/%o", "%c://%o@%s/", "%c://%s\\.%o/" };

static bool likely_name(struct str name)
{
	static const char *const words[] = { "url",      "redirect", "redir", "return",  "next",
					     "goto",     "target",   "dest",  "link",    "jump",
					     "continue", "callback", "back",  "forward", "ref",
					     "service",  "from",     "to",    "page",    "out",
					     "view" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_ihas(name, str_c(words[i])))
			return true;
	return false;
}

static bool likely_value(struct str v)
{
	return str_has(v, STR("://")) || str_starts(v, STR("/")) || str_has(v, STR(".php")) ||
	       str_has(v, STR(".html")) || str_has(v, STR(".jsp")) || str_has(v, STR(".asp"));
}

/* ---- where the answer sends a browser ---- */

/* The string literal at s, its JavaScript escapes undone; .ptr NULL when there is none. */
static struct str literal(struct arena *a, struct str s)
{
	s = str_trim(s);
	if (!s.len || (s.ptr[0] != '"' && s.ptr[0] != '\'' && s.ptr[0] != '`'))
		return STR_NULL;
	char *out = arena_alloc(a, s.len), *w = out;
	for (size_t i = 1; i < s.len && i < 2048; i++) {
		if (s.ptr[i] == s.ptr[0])
			return str_make(out, (size_t)(w - out));
		if (s.ptr[i] == '\\' && i + 1 < s.len)
			i++;
		*w++ = s.ptr[i];
	}
	return STR_NULL;
}

/* What `location = "…"`, `location.href = '…'`, `.replace(…)`, `.assign(…)` give in a script. */
static struct str script_goes(struct arena *a, struct str code)
{
	static const char *const ways[] = { ".href", ".replace(", ".assign(", "" };
	ssize_t at;

	while ((at = str_find(code, STR("location"))) >= 0) {
		code = str_from(code, (size_t)at + 8);
		for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
			struct str rest = code, way = str_c(ways[i]);
			if (!str_starts(rest, way))
				continue;
			rest = str_trim(str_from(rest, way.len));
			bool call = way.len && way.ptr[way.len - 1] == '(';
			if (!call && (!str_starts(rest, STR("=")) || str_starts(rest, STR("=="))))
				continue;
			struct str to = literal(a, call ? rest : str_from(rest, 1));
			if (to.ptr)
				return to;
		}
	}
	return STR_NULL;
}

/* A script stops the search at the first location it sets: what stands in a function may never run,
 * but a host of ours in it is the visitor's input all the same. */
static struct str script_to(struct arena *a, const struct scan_exchange *x, struct str host)
{
	const struct scan_tag *t;
	size_t at = 0;

	while (x->page && (t = scan_page_tag(x->page, "script", &at))) {
		if (!str_has(t->inner, host))
			continue;
		struct str to = script_goes(a, t->inner);
		if (to.ptr)
			return to;
	}
	return STR_NULL;
}

/* As written; .ptr NULL when it stays. */
static struct str sent_to(const struct scan_exchange *x)
{
	struct str v = scan_header_get(&x->headers, "location");
	size_t at = 0;
	const struct scan_tag *t;

	if (x->status >= 300 && x->status < 400 && v.ptr)
		return str_trim(v);
	v = scan_header_get(&x->headers, "refresh");
	while (!v.ptr && x->page && (t = scan_page_tag(x->page, "meta", &at)))
		if (str_ieq(scan_tag_attr(t, "http-equiv"), STR("refresh")))
			v = scan_tag_attr(t, "content");
	ssize_t eq = str_ifind(v, STR("url="));

	return eq < 0 ? STR_NULL : str_trim(str_from(v, (size_t)eq + 4));
}

/* Our host itself, or a name below it. */
static bool ours(struct str have, struct str host)
{
	return str_eq(have, host) ||
	       (have.len > host.len && str_ends(have, host) && have.ptr[have.len - host.len - 1] == '.');
}

static bool goes_to(struct probe *p, const struct scan_exchange *x, struct str host, struct str *ret)
{
	struct arena *a = probe_arena(p);
	struct str to = sent_to(x);
	struct url base, u;

	if (!to.ptr)
		to = script_to(a, x, host);
	if (!to.ptr || url_parse(a, x->url, NULL, 0, &base, NULL) < 0 ||
	    url_parse(a, to, &base, 0, &u, NULL) < 0)
		return false;
	*ret = to;
	return ours(u.host, host);
}

/* ---- asking ---- */

static struct str fill(struct probe *p, const char *form, struct str host, const struct url *original)
{
	struct buf b;

	buf_init(&b, 4 * KIB);
	for (; *form; form++) {
		if (form[0] != '%') {
			buf_char(&b, *form);
			continue;
		}
		form++;
		buf_str(&b, *form == 's' ? host : *form == 'o' ? original->host : original->scheme);
	}
	struct str v = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	return v;
}

static bool fire(struct probe *p, const char *form, const struct url *original, const struct scan_exchange **ret,
		 struct str *proof)
{
	struct str host = probe_printf(p, "%.*s.example", STR_ARG(probe_word(p, 10)));

	return probe_value(p, fill(p, form, host, original), ret) == 0 && goes_to(p, *ret, host, proof);
}

static bool try_forms(struct probe *p, const char *const *list, size_t n, const struct url *original)
{
	const struct scan_exchange *x, *again;
	struct str proof, ignored;

	for (size_t i = 0; i < n && !probe_reported(p); i++) {
		if (!fire(p, list[i], original, &x, &proof))
			continue;
		bool sure = fire(p, list[i], original, &again, &ignored);

		probe_report(p, &(struct scan_report){ .exchange = x,
						       .proof = proof,
						       .confidence_set = true,
						       .confidence = sure ? CONFIDENCE_CERTAIN
									  : CONFIDENCE_FIRM });
		return true;
	}
	return false;
}

static void probe_redirect(struct probe *p, const struct scan_point *pt)
{
	const struct scan_exchange *base = probe_base(p);
	bool moves = sent_to(base).ptr != NULL;
	struct url u;

	if (pt->where == WHERE_HEADER || pt->where == WHERE_XML)
		return;
	bool hidden = pt->where == WHERE_COOKIE || pt->where == WHERE_PATH;
	if (!moves && (hidden || (!likely_name(pt->name) && !likely_value(pt->value) && probe_mode(p) != SCAN_DEEP)))
		return;
	if (try_forms(p, forms, ARRAY_SIZE(forms), NULL) || !str_has(pt->value, STR("://")) ||
	    url_parse(probe_arena(p), pt->value, NULL, 0, &u, NULL) < 0)
		return;
	try_forms(p, guarded, ARRAY_SIZE(guarded), &u);
}

const struct scan_check check_open_redirect = {
	.id = "open-redirect",
	.title_zh = "任意网址跳转",
	.title_en = "Open redirect",
	.severity = SEVERITY_MEDIUM,
	.cwe = 601,
	.owasp = "A01:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_POINT,
	.on_point = probe_redirect,
};
