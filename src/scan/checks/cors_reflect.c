/* Active: origins that must not be trusted are (CWE-942). Tried are any origin, null, names
 * that only begin or end like the site's own, and plain http for an https site. With
 * credentials every such site can read what a logged-in visitor may read: medium where the
 * answer is seen to depend on the session, low where no session was given to see that. Without
 * credentials, or where the interface asks for a token besides the session, nothing private is at stake. */
#include "scan/checks/active_private.h"

enum kind { ANY, SUFFIX, PREFIX, DOT, NULL_ORIGIN, PLAIN, KINDS };
static const char *const names[] = { "any", "suffix", "prefix", "dot", "null", "http" };

/* An origin of that kind; .ptr NULL when there is none for this site. */
static struct str origin_of(struct probe *p, const struct scan_exchange *x, enum kind k)
{
	struct str w = probe_word(p, 8), h = x->host;
	ssize_t dot = str_chr(h, '.');
	const char *s = x->https ? "https" : "http";
	switch (k) {
	case ANY:
		return probe_printf(p, "https://%.*s.example", STR_ARG(w));
	case SUFFIX: /* "site.cn.evil": checked by its beginning */
		return probe_printf(p, "%s://%.*s.%.*s.example", s, STR_ARG(h), STR_ARG(w));
	case PREFIX: /* "evilsite.cn": checked by its end */
		return probe_printf(p, "%s://%.*s%.*s", s, STR_ARG(w), STR_ARG(h));
	case DOT: /* "wwwXsite.cn": a dot in a pattern that means any character */
		return dot <= 0 ? STR_NULL : probe_printf(p, "%s://%.*sx%.*s", s, (int)dot, h.ptr, STR_ARG(str_from(h, (size_t)dot + 1)));
	case NULL_ORIGIN:
		return STR("null");
	case PLAIN:
		return x->https ? probe_printf(p, "http://%.*s", STR_ARG(h)) : STR_NULL;
	case KINDS:
		break;
	}
	return STR_NULL;
}

static bool trusted(struct probe *p, struct str url, struct str origin, const struct scan_exchange **ret)
{
	struct scan_header h = { STR_INIT("Origin"), origin };
	struct scan_mutation m = { .url = url, .headers = &h, .headers_len = 1, .fresh = true };
	return origin.ptr && probe_send(p, &m, ret) == 0 &&
	       str_ieq(str_trim(scan_header_get(&(*ret)->headers, "access-control-allow-origin")), origin);
}

/* What is told to a session and not to a stranger. */
static bool private_answer(struct probe *p, const struct scan_exchange *x)
{
	struct scan_mutation m = { .url = x->url, .no_cookies = true, .fresh = true };
	const struct scan_exchange *stranger;
	return probe_has_session(p) && probe_send(p, &m, &stranger) == 0 && !probe_same(p, x, STR_NULL, stranger, STR_NULL);
}

static enum severity severity_of(struct probe *p, const struct scan_exchange *x, const struct scan_exchange *again, bool credentials)
{
	struct str wants = scan_header_get(&again->headers, "access-control-allow-headers");
	if (!credentials || str_ihas(wants, STR("nonce")) || str_ihas(wants, STR("csrf")) || str_ihas(wants, STR("xsrf")))
		return SEVERITY_INFO;
	if (private_answer(p, x))
		return SEVERITY_MEDIUM;
	return probe_has_session(p) ? SEVERITY_INFO : SEVERITY_LOW;
}

static bool try_kind(struct probe *p, const struct scan_exchange *x, enum kind k)
{
	const struct scan_exchange *r, *again;
	if (!trusted(p, x->url, origin_of(p, x, k), &r) || !trusted(p, x->url, origin_of(p, x, k), &again))
		return false;
	bool credentials = str_ieq(str_trim(scan_header_get(&again->headers, "access-control-allow-credentials")), STR("true"));
	/* Without credentials a fixed "null" or an echo is no more than "*". */
	if (k == PLAIN && !credentials)
		return false;
	probe_report(p, &(struct scan_report){
				.exchange = again,
				.proof = scan_header_get(&again->headers, "access-control-allow-origin"),
				.place_key = k == ANY ? STR("") : str_c(names[k]),
				.severity_set = true,
				.severity = severity_of(p, x, again, credentials),
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "来源 %.*s 被允许%s。",
							  STR_ARG(scan_header_get(&again->headers, "access-control-allow-origin")),
							  credentials ? "，且可携带凭证" : ""),
				.detail_en = probe_printf(p, "Origin %.*s is allowed%s.",
							  STR_ARG(scan_header_get(&again->headers, "access-control-allow-origin")),
							  credentials ? ", with credentials" : "") });
	return true;
}

static void probe_cors(struct probe *p, const struct scan_exchange *x)
{
	if (x->media == MEDIA_STYLE || x->media == MEDIA_BINARY || x->missing)
		return;
	bool shares = scan_header_get(&x->headers, "access-control-allow-origin").ptr ||
		      str_ihas(scan_header_get(&x->headers, "vary"), STR("origin"));
	/* one that begins and ends like the site's own: where this is not trusted, none of the three is */
	const struct scan_exchange *r;
	bool near = probe_mode(p) == SCAN_DEEP || shares ||
		    trusted(p, x->url, probe_printf(p, "%s://%.*s.%.*s%.*s", x->https ? "https" : "http", STR_ARG(x->host),
						    STR_ARG(probe_word(p, 8)), STR_ARG(x->host)), &r);
	if (near && try_kind(p, x, ANY))
		return;
	struct str hosts[ACTIVE_FORWARDED];
	const struct scan_exchange *strange = probe_mode(p) == SCAN_DEEP ? NULL : active_strange(p, x, hosts);
	bool null = !strange || str_ieq(str_trim(scan_header_get(&strange->headers, "access-control-allow-origin")), STR("null"));
	for (enum kind k = SUFFIX; k < KINDS; k++)
		if ((k != NULL_ORIGIN || null) && (near || k > PREFIX) && (k <= PREFIX || shares || probe_mode(p) == SCAN_DEEP || k == NULL_ORIGIN) && try_kind(p, x, k))
			return;
}

const struct scan_check check_cors_reflect = {
	.id = "cors-reflect",
	.title_zh = "跨域共享信任不该信任的来源",
	.title_en = "CORS trusts origins that it must not",
	.severity = SEVERITY_MEDIUM,
	.cwe = 942,
	.owasp = "A05:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_PAGE,
	.on_route = probe_cors,
};
