/* Active: reflected cross-site scripting. A harmless word is sent first; every place where
 * it comes back is found with the tokenizer, a payload is made for that very place, and
 * the answer is parsed again: only when the injected element, handler or code really
 * stands there as one, twice with fresh random names, is it reported. */
#include "base/check.h"
#include "net/html.h"
#include "scan/check.h"
#include "scan/script.h"

#define XSS_PLACES 24 /* reflections looked at */
#define XSS_KINDS 6   /* different contexts tried */

enum proof_kind {
	PROOF_TAG,     /* an element of our name, with our handler */
	PROOF_HANDLER, /* an event handler on some element */
	PROOF_URL,     /* an address with javascript: */
	PROOF_CODE,    /* our name as code in a script or handler */
};

struct attempt {
	enum proof_kind kind;
	const char *before, *after; /* payload = before + core + after */
};

/* How the injected thing is spelled for a kind; word is random. */
static struct str core_of(struct probe *p, enum proof_kind kind, struct str word)
{
	struct arena *a = probe_arena(p);
	switch (kind) {
	case PROOF_TAG:
		return arena_printf(a, "<%.*s onclick=%.*s>", STR_ARG(word), STR_ARG(word));
	case PROOF_HANDLER:
		return arena_printf(a, "onmouseover=%.*s()", STR_ARG(word));
	case PROOF_URL:
		return arena_printf(a, "javascript:%.*s()", STR_ARG(word));
	case PROOF_CODE:
		return word;
	}
	return STR("");
}

static bool url_attribute(const struct scan_tag *t, struct str name)
{
	static const char *const tags[] = { "a", "area", "iframe", "frame", "form", "embed", "object", "button", "input" };
	static const char *const attrs[] = { "href", "src", "action", "formaction", "data" };
	bool tag = false, attr = false;
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		tag = tag || str_eq(t->name, str_c(tags[i]));
	for (size_t i = 0; i < ARRAY_SIZE(attrs); i++)
		attr = attr || str_eq(name, str_c(attrs[i]));
	return tag && attr;
}

static bool code_in(struct str js, struct str word)
{
	struct str rest = js;
	size_t base = 0;
	ssize_t at;
	while ((at = str_find(rest, word)) >= 0) {
		base += (size_t)at;
		if (script_state_at(js, base) == SCRIPT_CODE && script_balanced(js))
			return true;
		base += word.len;
		rest = str_from(js, base);
	}
	return false;
}

static bool proves(const struct scan_exchange *x, const struct scan_tag *t, enum proof_kind kind, struct str word,
		   struct str *ret)
{
	*ret = str_sub(x->text, t->at, t->end);
	if (kind == PROOF_TAG)
		return str_eq(t->name, word) && !t->in_template && scan_tag_attr(t, "onclick").ptr;
	if (kind == PROOF_CODE && str_eq(t->name, STR("script")) && code_in(t->inner, word)) {
		ssize_t at = str_find(t->inner, word);
		*ret = str_sub(t->inner, at > 20 ? (size_t)at - 20 : 0, (size_t)at + word.len + 20);
		return true;
	}
	for (size_t i = 0; i < t->attrs_len; i++) {
		const struct scan_attr *a = &t->attrs[i];
		if (kind == PROOF_HANDLER && str_eq(a->name, STR("onmouseover")) && str_starts(a->value, word))
			return true;
		if (kind == PROOF_URL && url_attribute(t, a->name) && str_starts(a->value, STR("javascript:")) &&
		    str_has(a->value, word))
			return true;
		if (kind == PROOF_CODE && str_starts(a->name, STR("on")) && code_in(a->value, word))
			return true;
	}
	return false;
}

/* The element or code in the parsed answer, as it stands in the text; .ptr NULL when it
 * did not work. */
static struct str find_proof(const struct scan_exchange *x, enum proof_kind kind, struct str word)
{
	struct str proof;
	for (size_t i = 0; x->page && i < x->page->tags_len; i++)
		if (proves(x, &x->page->tags[i], kind, word, &proof))
			return proof;
	return STR_NULL;
}

static bool csp_stops_inline(const struct scan_exchange *x)
{
	struct str csp = scan_header_get(&x->headers, "content-security-policy");
	if (!csp.len || str_ihas(csp, STR("'unsafe-inline'")))
		return false;
	return str_ihas(csp, STR("script-src")) || str_ihas(csp, STR("default-src"));
}

static struct str payload_of(struct probe *p, const struct attempt *t, struct str word)
{
	return arena_printf(probe_arena(p), "%s%.*s%s", t->before, STR_ARG(core_of(p, t->kind, word)), t->after);
}

/* Sends the attempt; true and the proof when the answer holds what was injected. */
static bool works(struct probe *p, const struct attempt *t, const struct scan_exchange **ret_x, struct str *ret_proof)
{
	struct str word = arena_printf(probe_arena(p), "zw%.*s", STR_ARG(probe_word(p, 6)));
	if (probe_value(p, payload_of(p, t, word), ret_x) < 0 || (*ret_x)->media != MEDIA_HTML)
		return false;
	*ret_proof = find_proof(*ret_x, t->kind, word);
	return ret_proof->ptr != NULL;
}

static bool try_attempt(struct probe *p, const struct attempt *t)
{
	const struct scan_exchange *x;
	struct str proof;
	if (!works(p, t, &x, &proof) || !works(p, t, &x, &proof))
		return false;
	bool csp = csp_stops_inline(x);
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.proof = proof,
				.confidence_set = true,
				.confidence = csp ? CONFIDENCE_FIRM : CONFIDENCE_CERTAIN,
				.severity_set = csp,
				.severity = SEVERITY_MEDIUM,
				.detail_zh = csp ? STR("输入原样成为页面中的脚本；内容安全策略（CSP）会阻止现代浏览器执行内联脚本。") :
						   STR("输入原样成为页面中可执行的标签或脚本，已用两组随机值复现。"),
				.detail_en = csp ? STR("The input becomes script in the page; the Content-Security-Policy "
						       "keeps modern browsers from running it inline.") :
						   STR("The input becomes a live element or script in the page; replayed "
						       "with two sets of random values."),
			});
	return true;
}

/* Attempts for one context, likeliest first; NULL `before` ends. */
static size_t attempts_for(struct probe *p, const struct html_context *c, const struct scan_exchange *x, size_t at,
			   struct attempt *list)
{
	struct arena *a = probe_arena(p);
	const char *q = c->quote == HTML_DOUBLE ? "\"" : c->quote == HTML_SINGLE ? "'" : "";
	size_t n = 0;
	switch (c->place) {
	case HTML_IN_TEXT:
		if (c->mode == HTML_SCRIPT) {
			struct str js = str_sub(x->text, c->value_at, c->value_end);
			enum script_state s = script_state_at(js, at - c->value_at);
			if (s == SCRIPT_SINGLE) {
				list[n++] = (struct attempt){ PROOF_CODE, "'-", "-'" };
				list[n++] = (struct attempt){ PROOF_CODE, "\\'-", "//" };
			} else if (s == SCRIPT_DOUBLE) {
				list[n++] = (struct attempt){ PROOF_CODE, "\"-", "-\"" };
				list[n++] = (struct attempt){ PROOF_CODE, "\\\"-", "//" };
			} else if (s == SCRIPT_TEMPLATE) {
				list[n++] = (struct attempt){ PROOF_CODE, "`-", "-`" };
			} else if (s == SCRIPT_CODE) {
				list[n++] = (struct attempt){ PROOF_CODE, "", "" };
			} else if (s == SCRIPT_BLOCK_COMMENT) {
				list[n++] = (struct attempt){ PROOF_CODE, "*/", "/*" };
			} else if (s == SCRIPT_LINE_COMMENT) {
				list[n++] = (struct attempt){ PROOF_CODE, "\n", "//" };
			}
			list[n++] = (struct attempt){ PROOF_TAG, "</script>", "" };
		} else if (c->mode == HTML_RCDATA || c->mode == HTML_RAWTEXT) {
			list[n++] = (struct attempt){ PROOF_TAG, arena_printf(a, "</%s>", c->tag).ptr, "" };
		} else if (c->mode == HTML_CDATA) {
			list[n++] = (struct attempt){ PROOF_TAG, "]]>", "" };
		} else if (c->mode == HTML_DATA) {
			list[n++] = (struct attempt){ PROOF_TAG, "", "" };
		}
		break;
	case HTML_IN_COMMENT:
		list[n++] = (struct attempt){ PROOF_TAG, "-->", "" };
		break;
	case HTML_IN_ATTR_VALUE:
		if (str_istarts(str_c(c->attr), STR("on"))) {
			list[n++] = (struct attempt){ PROOF_CODE, "'-", "-'" };
			list[n++] = (struct attempt){ PROOF_CODE, "", "" };
			list[n++] = (struct attempt){ PROOF_CODE, "\"-", "-\"" };
		}
		list[n++] = (struct attempt){ PROOF_HANDLER, arena_printf(a, "x%s ", q).ptr, arena_printf(a, " x=%s", q).ptr };
		if (at == c->value_at)
			list[n++] = (struct attempt){ PROOF_URL, "", "" };
		list[n++] = (struct attempt){ PROOF_TAG, arena_printf(a, "x%s>", q).ptr, "" };
		break;
	case HTML_IN_TAG_SPACE:
	case HTML_IN_ATTR_NAME:
	case HTML_IN_TAG_NAME:
		list[n++] = (struct attempt){ PROOF_HANDLER, "x ", " x" };
		list[n++] = (struct attempt){ PROOF_TAG, "x>", "" };
		break;
	case HTML_IN_DOCTYPE:
		list[n++] = (struct attempt){ PROOF_TAG, ">", "" };
		break;
	}
	return n;
}

static bool same_context(const struct html_context *a, const struct html_context *b)
{
	return a->place == b->place && a->mode == b->mode && a->quote == b->quote && strcmp(a->tag, b->tag) == 0 &&
	       strcmp(a->attr, b->attr) == 0;
}

static void try_contexts(struct probe *p, const struct scan_exchange *x, const size_t *at, size_t n)
{
	struct html_context found[XSS_PLACES];
	struct attempt list[8];
	size_t kinds = 0;
	html_locate(x->text, at, n, found);
	for (size_t i = 0; i < n && kinds < XSS_KINDS; i++) {
		bool known = false;
		for (size_t j = 0; j < i; j++)
			known = known || same_context(&found[i], &found[j]);
		if (known)
			continue;
		kinds++;
		size_t tries = attempts_for(p, &found[i], x, at[i], list);
		for (size_t k = 0; k < tries; k++)
			if (try_attempt(p, &list[k]))
				return;
	}
}

static void probe(struct probe *p, const struct scan_point *pt)
{
	const struct scan_exchange *x;
	struct str word = arena_printf(probe_arena(p), "zw%.*s", STR_ARG(probe_word(p, 8)));
	size_t at[XSS_PLACES], n = 0, from = 0;
	if (probe_reported(p) || probe_value(p, word, &x) < 0)
		return;
	if (x->media != MEDIA_HTML || (x->status >= 300 && x->status < 400))
		return; /* nobody sees the body of a redirect */
	while (n < XSS_PLACES) {
		ssize_t hit = str_find(str_from(x->text, from), word);
		if (hit < 0)
			break;
		at[n++] = from + (size_t)hit;
		from += (size_t)hit + word.len;
	}
	if (n)
		try_contexts(p, x, at, n);
}

const struct scan_check check_xss_reflected = {
	.id = "xss-reflected",
	.title_zh = "反射型跨站脚本（XSS）",
	.title_en = "Reflected cross-site scripting",
	.severity = SEVERITY_HIGH,
	.cwe = 79,
	.owasp = "A03:2021",
	.on_point = probe,
};
