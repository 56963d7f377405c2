/* What several passive checks ask of an exchange. */
#include "scan/checks/passive_private.h"

bool passive_is_page(const struct scan_exchange *x)
{
	return x->media == MEDIA_HTML && x->status >= 200 && x->status < 300 && !x->missing &&
	       !str_empty(x->body);
}

bool passive_is_secure(const struct scan_exchange *x)
{
	return x->https || str_ieq(x->host, STR("localhost")) ||
	       str_iends(x->host, STR(".localhost")) || str_starts(x->host, STR("127.")) ||
	       str_eq(x->host, STR("[::1]")) || str_eq(x->host, STR("::1"));
}

bool passive_is_raw(const struct scan_exchange *x)
{
	return x->media == MEDIA_JSON || x->media == MEDIA_XML || x->media == MEDIA_TEXT;
}

void passive_report(struct scan_ctx *c, const struct scan_exchange *x, struct str proof,
		    struct str parameter)
{
	scan_report(c,
		    &(struct scan_report){ .exchange = x, .proof = proof, .parameter = parameter });
}

void passive_report_as(struct scan_ctx *c, const struct scan_exchange *x, struct str proof,
		       enum severity severity, enum confidence confidence)
{
	scan_report(c, &(struct scan_report){ .exchange = x,
					      .proof = proof,
					      .severity_set = true,
					      .severity = severity,
					      .confidence_set = true,
					      .confidence = confidence });
}

struct str passive_line(struct str text, size_t at, size_t max)
{
	size_t from = at, to = at;

	while (from > 0 && text.ptr[from - 1] != '\n' && at - from < max / 2)
		from--;
	while (to < text.len && text.ptr[to] != '\n' && to - from < max)
		to++;
	return str_trim(str_sub(text, from, to));
}
