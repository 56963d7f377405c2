/* Active: stored cross-site scripting. Everything that was sent is marked; behind all other
 * probing each form and query is sent once more with a fresh mark in every text field, and then
 * every known page is looked at again, with the pages it newly links to. Where a mark shows
 * that the request for the page did not carry, inputs made for that place are stored through
 * the very request the mark came from, and proved in the page as it is then served. */
#include "scan/checks/active_private.h"
#include "base/limits.h"
#include "scan/checks/xss.h"
#include "scan/form.h"

#define STORED_POINTS 40
#define STORED_SEEN 64
#define STORED_PER_PAGE 8 /* different inputs tried on one page */
#define STORED_NEW_LINKS 12
#define STORED_STEPS 2 /* forms that ask for a confirmation, per answer */

static bool free_text(const struct scan_point *pt)
{
	static const char *const kept[] = { "mail", "submit", "action", "csrf", "token", "captcha", "button" };
	if (pt->where != WHERE_BODY && pt->where != WHERE_QUERY)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (str_ihas(pt->name, str_c(kept[i])))
			return false;
	return true;
}

/* A form without anything to fill in: "save as shown", "yes, I am sure". */
static bool only_confirms(const struct scan_form *f)
{
	size_t hidden = 0;
	for (size_t i = 0; i < f->fields_len; i++) {
		struct str type = f->fields[i].type;
		if (!str_eq(type, STR("hidden")) && !str_eq(type, STR("submit")) && !str_eq(type, STR("image")) &&
		    !str_eq(type, STR("button")))
			return false;
		hidden += str_eq(type, STR("hidden"));
	}
	return hidden > 0 && str_eq(f->method, STR("POST")) && form_danger_of(f) == FORM_HARMLESS &&
	       !form_link_destroys(f->action, STR(""));
}

/* A preview or a second step: what was sent is kept only when the form in the answer is sent too. */
static void confirm(struct probe *p, const struct scan_exchange *x)
{
	struct form_submission sub;
	const struct scan_exchange *y;
	size_t sent = 0;
	for (size_t i = 0; x->page && i < x->page->forms_len && sent < STORED_STEPS; i++) {
		const struct scan_form *f = &x->page->forms[i];
		if (!only_confirms(f) || str_eq(f->action, x->url) || !form_fill(probe_arena(p), f, FORM_FULL, &sub))
			continue;
		sent++;
		probe_send(p, &(struct scan_mutation){ .url = sub.url, .method = STR("POST"), .body_set = true, .body = sub.body,
						       .content_type = sub.content_type, .fresh = true }, &y);
	}
}

/* The request again with a fresh word in every text field, and in what the browser says of itself. */
static void store(struct probe *p)
{
	struct scan_point list[STORED_POINTS];
	size_t n = probe_points(p, list, STORED_POINTS), w = 0;
	const struct scan_exchange *x;
	bool body_first = false, words = false;
	struct scan_header h[] = { { STR_INIT("User-Agent"), probe_tag_for(p, WHERE_HEADER, STR("User-Agent")) },
				   { STR_INIT("X-Forwarded-For"), probe_tag_for(p, WHERE_HEADER, STR("X-Forwarded-For")) } };
	struct scan_mutation m = { .fresh = true, .headers = h, .headers_len = ARRAY_SIZE(h) };
	for (size_t i = 0; i < n; i++) {
		body_first = body_first || list[i].where == WHERE_BODY;
		words = words || (free_text(&list[i]) && !active_plain_number(list[i].value));
	}
	for (size_t i = 0; i < n; i++) {
		if (!free_text(&list[i]) || (list[i].where == WHERE_BODY) != body_first ||
		    (words && active_plain_number(list[i].value))) /* what it is about: another number may be nothing */
			continue;
		list[w] = list[i];
		list[w++].value = probe_tag_for(p, list[i].where, list[i].name);
	}
	if (w && list[0].where == WHERE_QUERY) /* what is asked for is kept as well: searches, messages */
		m.url = probe_url_with(p, list, w);
	if (w && list[0].where == WHERE_BODY) {
		m.body = probe_body_with(p, list, w);
		m.body_set = m.tokens = m.body.len > 0;
		m.content_type = STR("application/x-www-form-urlencoded");
	}
	if (probe_send(p, &m, &x) == 0)
		confirm(p, x);
}

/* The page as it is now; NULL on failure. */
static const struct scan_exchange *again(struct probe *p, const struct scan_exchange *page)
{
	const struct scan_exchange *x;
	if (probe_send(p, &(struct scan_mutation){ .url = page->url, .fresh = true }, &x) < 0 || !xss_is_page(x))
		return NULL;
	return x;
}

static void report(struct probe *p, const struct scan_exchange *x, const struct scan_tagged *t, struct str proof)
{
	struct arena *a = probe_arena(p);
	struct scan_report r = { .exchange = x, .proof = proof, .parameter = t->name, .url = t->url };
	struct str path = t->url, shown = str_sub(x->url, 0, 300);
	ssize_t mark = str_chr(path, '?');
	path = mark < 0 ? path : str_sub(path, 0, (size_t)mark);
	r.place_key = probe_printf(p, "%.*s %.*s", STR_ARG(t->method), STR_ARG(path));
	xss_judge(a, x, &r);
	struct str policy_zh = r.detail_zh, policy_en = r.detail_en;
	r.detail_zh = arena_printf(a, "经 %.*s %.*s 的参数“%.*s”存入的内容，在页面 %.*s 中成为可执行的标签或脚本。%.*s",
				   STR_ARG(t->method), STR_ARG(str_sub(t->url, 0, 300)), STR_ARG(t->name), STR_ARG(shown),
				   STR_ARG(policy_zh));
	r.detail_en = arena_printf(a, "What is stored through parameter \"%.*s\" of %.*s %.*s becomes a live element or script "
				      "on page %.*s. %.*s", STR_ARG(t->name), STR_ARG(t->method), STR_ARG(str_sub(t->url, 0, 300)),
				   STR_ARG(shown), STR_ARG(policy_en));
	probe_report(p, &r);
}

static bool stores(struct probe *p, const struct scan_exchange *page, const struct scan_tagged *t,
		   const struct xss_attempt *try)
{
	const struct scan_exchange *x;
	struct str word = probe_tag_again(p, t);
	probe_store_lock(p);
	int sent = probe_send_tagged(p, t, xss_input(probe_arena(p), try, word), &x);
	if (sent == 0)
		confirm(p, x);
	x = sent < 0 ? NULL : again(p, page);
	probe_store_unlock(p);
	struct str proof = x ? xss_proof(probe_arena(p), x, try->kind, word) : STR_NULL;
	if (!proof.ptr)
		return false;
	report(p, x, t, proof);
	return true;
}

/* A mark may stand in an element already: an earlier input that was meant for its own answer. */
static bool stands_already(struct probe *p, const struct scan_exchange *x, const struct scan_tagged *t)
{
	for (int kind = XSS_TAG; kind <= XSS_FRAME; kind++) {
		struct str proof = xss_proof(probe_arena(p), x, (enum xss_kind)kind, t->word);
		if (!proof.ptr)
			continue;
		report(p, x, t, proof);
		return true;
	}
	return false;
}

static void try_page(struct probe *p, const struct scan_exchange *x)
{
	struct scan_tagged seen[STORED_SEEN];
	struct html_context where[STORED_SEEN];
	size_t at[STORED_SEEN], inputs = 0, n = xss_is_page(x) ? probe_tagged(p, x, seen, STORED_SEEN) : 0;
	uint64_t done[STORED_PER_PAGE];
	for (size_t i = 0; i < n; i++)
		at[i] = seen[i].at;
	if (n)
		html_locate(x->text, at, n, where);
	for (size_t i = 0; i < n && inputs < STORED_PER_PAGE; i++) {
		bool known = false;
		for (size_t k = 0; k < inputs; k++)
			known = known || done[k] == seen[i].id;
		if (known)
			continue;
		done[inputs++] = seen[i].id;
		bool found = false;
		for (size_t j = i; j < n && !found; j++)
			found = seen[j].id == seen[i].id && stands_already(p, x, &seen[j]);
		for (size_t j = i; j < n && !found; j++) {
			struct xss_attempt list[XSS_ATTEMPTS];
			bool twin = false;
			for (size_t k = i; k < j; k++)
				twin = twin || (seen[k].id == seen[j].id && xss_same_context(&where[k], &where[j]));
			if (seen[j].id != seen[i].id || twin)
				continue;
			size_t tries = xss_attempts(probe_arena(p), x, &where[j], at[j], probe_mode(p), "", list);
			for (size_t k = 0; k < tries && !found; k++)
				found = stores(p, x, &seen[j], &list[k]);
		}
	}
}

/* Links to pages that were not there before: what was stored may have one of its own. */
static void show(struct probe *p, const struct scan_exchange *x)
{
	const struct scan_exchange *next;
	size_t taken = 0;
	try_page(p, x);
	for (size_t i = 0; x->page && i < x->page->links_len && taken < STORED_NEW_LINKS; i++) {
		const struct scan_link *l = &x->page->links[i];
		if (l->kind != LINK_A || !probe_new_page(p, l->url))
			continue;
		taken++;
		if (probe_send(p, &(struct scan_mutation){ .url = l->url, .fresh = true }, &next) == 0)
			try_page(p, next);
	}
}

const struct scan_check check_xss_stored = {
	.id = "xss-stored",
	.title_zh = "存储型跨站脚本（XSS）",
	.title_en = "Stored cross-site scripting",
	.severity = SEVERITY_HIGH,
	.cwe = 79,
	.owasp = "A03:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_SITE,
	.on_store = store,
	.on_show = show,
};
