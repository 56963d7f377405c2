/* Active: input reaches a response header and may start a new one (CWE-113). Only
 * where a random word comes back in a header at all are line ends tried; proof is a
 * header of our own name that the server then sends. */
#include "scan/checks/active_private.h"

static const char *const breaks[] = { "\r\n", "\n", "\xe5\x98\x8d\xe5\x98\x8a" };

/* The headers that hold the word; *ret_name: in a name, where a colon must come before the line ends. */
static bool in_headers(const struct scan_exchange *x, struct str word, bool *ret_name)
{
	bool value = false;

	*ret_name = false;
	for (size_t i = 0; i < x->headers.len; i++) {
		value = value || str_ihas(x->headers.list[i].value, word);
		*ret_name = *ret_name || str_ihas(x->headers.list[i].name, word);
	}
	return value || *ret_name;
}

static struct str fire(struct probe *p, const char *line_end, bool in_name, const struct scan_exchange **ret)
{
	struct str name = probe_printf(p, "X-%.*s", STR_ARG(probe_word(p, 8)));
	struct str word = probe_word(p, 8);
	struct str suffix = probe_printf(p, "%s%s%.*s: %.*s", in_name ? ": 1" : "", line_end, STR_ARG(name), STR_ARG(word));

	if (probe_append(p, suffix, ret) < 0)
		return STR_NULL;
	char text[32];

	snprintf(text, sizeof(text), "%.*s", STR_ARG(name));
	struct str v = scan_header_get(&(*ret)->headers, text);

	return v.ptr && str_starts(v, word) ? v : STR_NULL;
}

static void probe_crlf(struct probe *p, const struct scan_point *pt)
{
	const struct scan_exchange *x, *again;
	struct str word = probe_word(p, 10);
	bool name;

	if (pt->where == WHERE_HEADER || probe_append(p, word, &x) < 0 || !in_headers(x, word, &name))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(breaks) && !probe_reported(p); i++) {
		struct str proof = fire(p, breaks[i], name, &x);

		if (!proof.ptr)
			continue;
		bool sure = fire(p, breaks[i], name, &again).ptr != NULL;

		probe_report(p, &(struct scan_report){ .exchange = x,
						       .proof = proof,
						       .confidence_set = true,
						       .confidence = sure ? CONFIDENCE_CERTAIN
									  : CONFIDENCE_FIRM });
		return;
	}
}

const struct scan_check check_crlf_injection = {
	.id = "crlf-injection",
	.title_zh = "响应头注入（CRLF）",
	.title_en = "Response header injection (CRLF)",
	.severity = SEVERITY_MEDIUM,
	.cwe = 113,
	.owasp = "A03:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_POINT,
	.on_point = probe_crlf,
};
