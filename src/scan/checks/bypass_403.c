/* Active: a refused address is served when it is asked for a little differently (CWE-288):
 * other spellings of the path, headers that a proxy would set, another verb. The answer must
 * be a page of its own: not the refusal with another status, not what the site says to
 * nonsense asked for with the same trick, not the start page, and it must come back twice. */
#include "scan/checks/active_private.h"
#include "scan/kit.h"

struct trick {
	const char *path;  /* "@" the path without its final slash, "$" its last segment, "^" what is before it */
	const char *name, *value; /* header; value "@": the path */
	const char *method;
	bool start; /* asked for at "/" */
	bool writes; /* may empty what it was to read: only when changes are allowed */
};
static const struct trick tricks[] = {
	{ .name = "X-Original-URL", .value = "@", .start = true },
	{ .name = "X-Rewrite-URL", .value = "@", .start = true },
	{ .name = "X-Forwarded-For", .value = "127.0.0.1" },
	{ .name = "X-Real-IP", .value = "127.0.0.1" },
	{ .name = "X-Custom-IP-Authorization", .value = "127.0.0.1" },
	{ .name = "X-Client-IP", .value = "127.0.0.1" },
	{ .name = "X-Originating-IP", .value = "127.0.0.1" },
	{ .name = "X-Remote-IP", .value = "127.0.0.1" },
	{ .name = "True-Client-IP", .value = "127.0.0.1" },
	{ .name = "Client-IP", .value = "127.0.0.1" },
	{ .name = "X-Forwarded-Host", .value = "localhost" },
	{ .name = "Host", .value = "localhost" },
	{ .name = "Referer", .value = "@" },
	{ .path = "@/", .name = "X-Original-URL", .value = "@" },
	{ .path = "@/", .name = "X-Rewrite-URL", .value = "@" },
	{ .path = "@/" },
	{ .path = "@//" },
	{ .path = "@/%2e" },
	{ .path = "@/;" },
	{ .path = "@/..;/" },
	{ .path = "@/%20" },
	{ .path = "@/%09" },
	{ .path = "@?debug=1" },
	{ .path = "@/." },
	{ .path = "^/./$" },
	{ .path = "^//$" },
	{ .path = "^/%2e/$" },
	{ .path = "^/;/$" },
	{ .path = "@;" },
	{ .path = "@..;/" },
	{ .path = "^/.;/$" },
	{ .path = "@%20" },
	{ .path = "@%09" },
	{ .path = "@.json" },
	{ .path = "@%2f" },
	{ .path = "@/*" },
	{ .path = "^/~$" }, /* placeholder for the case trick, see path_of() */
	{ .method = "POST" },
	{ .method = "ZWSCAN" },
	{ .name = "X-HTTP-Method-Override", .value = "GET", .method = "POST" },
	{ .name = "X-HTTP-Method-Override", .value = "PUT", .writes = true },
	{ .name = "X-HTTP-Method-Override", .value = "POST" },
};
#define CASE_TRICK "^/~$"

static struct str path_with(struct probe *p, const char *form, struct str path)
{
	struct buf b;
	if (str_ends(path, STR("/")) && path.len > 1)
		path = str_sub(path, 0, path.len - 1);
	ssize_t slash = str_rchr(path, '/');
	struct str last = str_from(path, (size_t)slash + 1), before = str_sub(path, 0, (size_t)slash);
	bool upper = strcmp(form, CASE_TRICK) == 0;
	buf_init(&b, 16384);
	for (const char *c = form; *c; c++) {
		if (*c == '@')
			buf_str(&b, path);
		else if (*c == '^')
			buf_str(&b, before);
		else if (*c == '$')
			for (size_t i = 0; i < last.len; i++)
				buf_char(&b, upper && last.ptr[i] >= 'a' && last.ptr[i] <= 'z' ? (char)(last.ptr[i] - 32) : last.ptr[i]);
		else if (!upper || *c != '~')
			buf_char(&b, *c);
	}
	struct str r = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	return r;
}

static int ask(struct probe *p, const struct scan_exchange *x, const struct trick *t, struct str path,
	       const struct scan_exchange **ret)
{
	bool asks = t->path && strchr(t->path, '?');
	struct str tail = x->query.len && !asks ? probe_printf(p, "?%.*s", STR_ARG(x->query)) : STR("");
	struct str at = t->start ? STR("/") : t->path ? path_with(p, t->path, path) : path;
	struct scan_header h[2];
	size_t n = 0;
	if (t->name) {
		h[n].name = str_c(t->name);
		h[n++].value = strcmp(t->value, "@") != 0 ? str_c(t->value) :
			       strcmp(t->name, "Referer") == 0 ? probe_printf(p, "%.*s%.*s", STR_ARG(x->origin), STR_ARG(path)) :
								 path;
	}
	return probe_send(p, &(struct scan_mutation){ .url = probe_printf(p, "%.*s%.*s%.*s", STR_ARG(x->origin), STR_ARG(at), STR_ARG(tail)),
						      .method = t->method ? str_c(t->method) : STR(""), .headers = h,
						      .headers_len = n, .fresh = true }, ret);
}

static bool same_text(struct probe *p, const struct scan_exchange *a, const struct scan_exchange *b)
{
	struct kit_seq x = kit_seq_of(probe_arena(p), active_content(a)), y = kit_seq_of(probe_arena(p), active_content(b));
	return kit_similarity(&x, &y) > 0.9;
}

static bool asks_for_password(const struct scan_exchange *x)
{
	size_t at = 0;
	const struct scan_tag *t;
	while (x->page && (t = scan_page_tag(x->page, "input", &at)))
		if (str_ieq(scan_tag_attr(t, "type"), STR("password")))
			return true;
	return false;
}

static bool a_page(struct probe *p, const struct scan_exchange *x, const struct scan_exchange *refused)
{
	return x->status == 200 && active_content(x).len > 0 && !same_text(p, x, refused) && !asks_for_password(x);
}

static bool try_trick(struct probe *p, const struct scan_exchange *x, const struct trick *t, const struct scan_exchange *start)
{
	const struct scan_exchange *r, *again, *control;
	struct str parent = str_sub(x->path, 0, (size_t)(str_rchr(x->path, '/') + 1));
	if (str_ends(x->path, STR("/")) && x->path.len > 1)
		parent = str_sub(x->path, 0, (size_t)(str_rchr(str_sub(x->path, 0, x->path.len - 1), '/') + 1));
	struct str nonsense = probe_printf(p, "%.*s%.*s", STR_ARG(parent), STR_ARG(probe_word(p, 9)));
	if (ask(p, x, t, x->path, &r) < 0 || !a_page(p, r, x) || (start && same_text(p, r, start)))
		return false;
	if (ask(p, x, t, nonsense, &control) < 0 || (control->status == 200 && same_text(p, r, control)))
		return false;
	nonsense = probe_printf(p, "%.*s%.*s", STR_ARG(x->path), STR_ARG(probe_word(p, 9)));
	if (ask(p, x, t, nonsense, &control) < 0 || (control->status == 200 && same_text(p, r, control)))
		return false;
	if (ask(p, x, t, x->path, &again) < 0 || !a_page(p, again, x) || !same_text(p, r, again))
		return false;
	if (probe_send(p, &(struct scan_mutation){ .url = x->url, .fresh = true }, &control) < 0 || control->status != x->status)
		return false; /* no longer refused at all */
	const char *what = t->name ? t->name : t->method ? t->method : "path";
	probe_report(p, &(struct scan_report){
				.exchange = again,
				.about = x,
				.proof = str_sub(active_content(again), 0, 200),
				.parameter = str_c(what),
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "%.*s 被拒绝（%d），换一种请求方式（%s）就能取得内容。", STR_ARG(str_sub(x->path, 0, 200)),
							  x->status, what),
				.detail_en = probe_printf(p, "%.*s is refused (%d) but served when asked for differently (%s).",
							  STR_ARG(str_sub(x->path, 0, 200)), x->status, what) });
	return true;
}

static void probe_bypass(struct probe *p, const struct scan_exchange *x)
{
	const struct scan_exchange *start = NULL;
	if ((x->status != 403 && x->status != 401) || str_eq(x->path, STR("/")))
		return;
	if (probe_get(p, active_url(p, "/"), &start) < 0)
		start = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(tricks); i++)
		if (!(tricks[i].writes && !probe_intrusive(p)) && try_trick(p, x, &tricks[i], start))
			return;
}

const struct scan_check check_bypass_403 = {
	.id = "bypass-403",
	.title_zh = "访问限制可被绕过",
	.title_en = "Refused address can be reached another way",
	.severity = SEVERITY_HIGH,
	.cwe = 288,
	.owasp = "A01:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_PAGE,
	.on_route = probe_bypass,
};
