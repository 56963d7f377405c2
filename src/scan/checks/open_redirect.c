/* Active: a parameter decides where the visitor is sent (CWE-601). A host that cannot
 * exist (RFC 2606 .example) is offered in the forms browsers accept; the answer must
 * send the browser there: by Location, by Refresh, or by a meta element. */
#include "net/url.h"
#include "scan/checks/active_private.h"

static const char *const forms[] = { "https://%s/", "//%s/", "/\\%s/", "https:%s/", "\\/\\/%s/" };

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

/* Where the answer sends a browser, as written; .ptr NULL when it stays. */
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

static bool goes_to(struct probe *p, const struct scan_exchange *x, struct str host,
		    struct str *ret)
{
	struct arena *a = probe_arena(p);
	struct str to = sent_to(x);
	struct url base, u;

	if (!to.ptr || url_parse(a, x->url, NULL, 0, &base, NULL) < 0 ||
	    url_parse(a, to, &base, 0, &u, NULL) < 0)
		return false;
	*ret = to;
	return str_eq(u.host, host);
}

static bool fire(struct probe *p, const char *form, const struct scan_exchange **ret,
		 struct str *proof)
{
	struct str host = probe_printf(p, "%.*s.example", STR_ARG(probe_word(p, 10)));
	struct str f = str_c(form);
	ssize_t at = str_find(f, STR("%s"));
	struct str value = probe_printf(p, "%.*s%.*s%.*s", STR_ARG(str_sub(f, 0, (size_t)at)),
					STR_ARG(host), STR_ARG(str_from(f, (size_t)at + 2)));

	return probe_value(p, value, ret) == 0 && goes_to(p, *ret, host, proof);
}

static void probe_redirect(struct probe *p, const struct scan_point *pt)
{
	const struct scan_exchange *base = probe_base(p), *x, *again;
	struct str proof, ignored;
	bool moves = sent_to(base).ptr != NULL;

	if (pt->where != WHERE_QUERY && pt->where != WHERE_BODY)
		return;
	if (!likely_name(pt->name) && !likely_value(pt->value) && !moves &&
	    probe_mode(p) != SCAN_DEEP)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(forms) && !probe_reported(p); i++) {
		if (!fire(p, forms[i], &x, &proof))
			continue;
		bool sure = fire(p, forms[i], &again, &ignored);

		probe_report(p, &(struct scan_report){ .exchange = x,
						       .proof = proof,
						       .confidence_set = true,
						       .confidence = sure ? CONFIDENCE_CERTAIN
									  : CONFIDENCE_FIRM });
		return;
	}
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
