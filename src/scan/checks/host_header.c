/* Active: addresses built from the Host header or from what a proxy may say about it
 * (CWE-644). A random host is sent; only when it comes back as the host of an address, in
 * Location, a link, a form, a script or <base>, twice with fresh names, is it reported.
 * Text that merely repeats the header proves nothing. */
#include "scan/checks/active_private.h"
#include "net/url.h"

static const char *const *const forwarded = active_forwarded; /* shared with cors_reflect.c */

/* Does `value` lead to that host? */
static bool leads_to(struct probe *p, const struct scan_exchange *x, struct str value, struct str host)
{
	struct url base, u;
	if (!str_ihas(value, host) || url_parse(probe_arena(p), x->url, NULL, 0, &base, NULL) < 0)
		return false;
	ssize_t refresh = str_ifind(value, STR("url="));
	if (refresh >= 0 && !str_istarts(value, STR("http")) && !str_istarts(value, STR("/")))
		value = str_trim(str_from(value, (size_t)refresh + 4));
	return url_parse(probe_arena(p), value, &base, 0, &u, NULL) == 0 && str_ieq(u.host, host);
}

/* Where in the answer an address leads to the host; .ptr NULL nowhere. *ret_kind: what it is. */
static struct str address_of(struct probe *p, const struct scan_exchange *x, struct str host, const char **ret_kind)
{
	static const char *const attrs[] = { "href", "src", "action", "formaction", "data", "content", "cite", "poster" };
	struct str to = scan_header_get(&x->headers, "location");
	*ret_kind = "location";
	if (leads_to(p, x, to, host))
		return to;
	to = scan_header_get(&x->headers, "refresh");
	if (leads_to(p, x, to, host))
		return to;
	for (size_t i = 0; x->page && i < x->page->tags_len; i++)
		for (size_t k = 0; k < ARRAY_SIZE(attrs); k++) {
			const struct scan_tag *t = &x->page->tags[i];
			struct str v = scan_tag_attr(t, attrs[k]);
			if (v.len && leads_to(p, x, v, host)) {
				*ret_kind = arena_cstr(probe_arena(p), t->name);
				return str_sub(x->text, t->at, t->end);
			}
		}
	to = scan_header_get(&x->headers, "link");
	if (str_has(to, probe_printf(p, "://%.*s/", STR_ARG(host)))) {
		*ret_kind = "link";
		return to;
	}
	for (size_t i = 0; x->page && i < x->page->tags_len; i++) {
		const struct scan_tag *t = &x->page->tags[i];
		ssize_t at = str_eq(t->name, STR("script")) ? str_find(t->inner, probe_printf(p, "//%.*s", STR_ARG(host))) : -1;
		/* an address in a string of the script: "//host/…" or "http://host/…" */
		if (at > 0 && (strchr("'\"`", t->inner.ptr[at - 1]) || (at > 5 && t->inner.ptr[at - 1] == ':'))) {
			*ret_kind = "script";
			return str_sub(t->inner, at > 20 ? (size_t)at - 20 : 0, (size_t)at + host.len + 20);
		}
	}
	if (x->media == MEDIA_JSON || x->media == MEDIA_XML) {
		struct str want = probe_printf(p, "://%.*s", STR_ARG(host));
		ssize_t at = str_find(x->text, want);
		struct str rest = at < 0 ? STR("") : str_from(x->text, (size_t)at + want.len);
		if (at >= 0 && (str_empty(rest) || strchr("/\"'<:?", rest.ptr[0]))) {
			*ret_kind = "data";
			return str_sub(x->text, at > 10 ? (size_t)at - 10 : 0, (size_t)at + want.len + 10);
		}
	}
	return STR_NULL;
}

/* The Host header itself may also be appended to: "real.host:80@other" or "real.host.other". */
enum how { HOW_HOST, HOW_FORWARDED, HOW_COUNT };

struct sent {
	struct str host[ACTIVE_FORWARDED];
};

static int send_host(struct probe *p, const struct scan_exchange *x, enum how how, struct sent *s, const struct scan_exchange **ret)
{
	struct scan_header h[ACTIVE_FORWARDED];
	size_t n = how == HOW_HOST ? 1 : ACTIVE_FORWARDED;
	for (size_t i = 0; i < n; i++) {
		s->host[i] = probe_printf(p, "%.*s.example", STR_ARG(probe_word(p, 9)));
		h[i].name = how == HOW_HOST ? STR("Host") : str_c(forwarded[i]);
		h[i].value = s->host[i];
		if (how == HOW_FORWARDED && i + 1 == n)
			h[i].value = probe_printf(p, "host=%.*s", STR_ARG(s->host[i]));
	}
	return probe_send(p, &(struct scan_mutation){ .url = x->url, .headers = h, .headers_len = n, .fresh = true }, ret);
}

/* Which of the headers it was; -1 none. */
static int taken(struct probe *p, const struct scan_exchange *x, enum how how, const struct sent *s, struct str *ret_proof,
		 const char **ret_kind)
{
	size_t n = how == HOW_HOST ? 1 : ACTIVE_FORWARDED;
	for (size_t i = 0; i < n; i++) {
		*ret_proof = address_of(p, x, s->host[i], ret_kind);
		if (ret_proof->ptr)
			return (int)i;
	}
	return -1;
}

static bool resets_password(const struct scan_exchange *x)
{
	static const char *const words[] = { "forgot", "reset", "lostpassword", "recover", "找回密码", "重置密码", "忘记密码" };
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_ihas(x->path, str_c(words[i])))
			return true;
	return false;
}

static void report(struct probe *p, const struct scan_exchange *x, enum how how, int which, struct str proof, const char *kind)
{
	const char *name = how == HOW_HOST ? "Host" : forwarded[which];
	bool active = strcmp(kind, "script") == 0 || strcmp(kind, "base") == 0 || strcmp(kind, "form") == 0 || resets_password(x);
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.proof = proof,
				.parameter = str_c(name),
				.severity_set = true,
				.severity = how == HOW_FORWARDED || active ? SEVERITY_MEDIUM : SEVERITY_LOW,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "页面中的网址由请求头 %s 拼成，已用两个随机主机名复现。", name),
				.detail_en = probe_printf(p, "Addresses in the answer are built from the %s header; replayed with two "
							     "random host names.", name) });
}

/* A shared cache that keeps the answers to that header apart from those without it: they reach only who sends it. */
static bool kept_apart(struct probe *p, const struct scan_exchange *x, const char *header)
{
	struct str url = probe_printf(p, "%.*s%czwcb=%.*s", STR_ARG(x->url), str_chr(x->url, '?') >= 0 ? '&' : '?', STR_ARG(probe_word(p, 12))), proof;
	struct str host = probe_printf(p, "%.*s.example", STR_ARG(probe_word(p, 9)));
	struct scan_header h = { str_c(header), strcmp(header, "Forwarded") == 0 ? probe_printf(p, "host=%.*s", STR_ARG(host)) : host };
	struct scan_mutation with = { .url = url, .headers = &h, .headers_len = 1, .fresh = true }, without = { .url = url, .fresh = true };
	const struct scan_exchange *first, *again, *usual;
	const char *kind;
	if (probe_send(p, &with, &first) < 0 || probe_send(p, &with, &again) < 0 || probe_send(p, &without, &usual) < 0)
		return false;
	proof = address_of(p, usual, host, &kind);
	return active_cache_hit(again) && !active_cache_hit(first) && !active_cache_hit(usual) && !proof.ptr;
}

static void probe_host(struct probe *p, const struct scan_exchange *x)
{
	bool page = x->media == MEDIA_HTML || x->media == MEDIA_JSON || x->media == MEDIA_XML || x->media == MEDIA_EMPTY ||
		    (x->status >= 300 && x->status < 400);
	if (!page || x->missing)
		return;
	for (enum how how = HOW_HOST; how < HOW_COUNT; how++) {
		const struct scan_exchange *r;
		struct sent s;
		struct str proof;
		const char *kind;
		int which;
		/* built from the Host header, it stands there as it is */
		if (how == HOW_HOST && probe_mode(p) != SCAN_DEEP && !str_ihas(x->text, x->host) && !str_ihas(x->head, x->host))
			continue;
		r = how == HOW_FORWARDED && probe_mode(p) != SCAN_DEEP ? active_strange(p, x, s.host) : NULL;
		if ((!r && send_host(p, x, how, &s, &r) < 0) || r->status >= 400 || (which = taken(p, r, how, &s, &proof, &kind)) < 0)
			continue;
		/* What goes by the header and says so to caches hurts nobody but who sends it. */
		if (how == HOW_FORWARDED && str_ihas(scan_header_get(&r->headers, "vary"), str_c(forwarded[which])))
			continue;
		/* A default virtual host that sends everybody on is no page of this site. */
		if (how == HOW_HOST && r->status != x->status)
			continue;
		if (send_host(p, x, how, &s, &r) < 0 || taken(p, r, how, &s, &proof, &kind) != which)
			continue;
		if (how == HOW_FORWARDED && !resets_password(x) && kept_apart(p, x, forwarded[which]))
			continue;
		report(p, r, how, which, proof, kind);
		return;
	}
}

const struct scan_check check_host_header_injection = {
	.id = "host-header-injection",
	.title_zh = "主机头注入：网址由请求头拼成",
	.title_en = "Host header injection: addresses built from request headers",
	.severity = SEVERITY_MEDIUM,
	.cwe = 644,
	.owasp = "A05:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_PAGE,
	.on_route = probe_host,
};
