/* Active: the server fetches an address that the visitor chooses (CWE-918). Certain when our
 * listener is asked (oob.h); without one, by what only the server itself can reach: the
 * site's own port on its loopback shows this site's text, or at least answers otherwise
 * than closed ports and than a page that is not there. */
#include "scan/checks/active_private.h"
#include "scan/diff.h"
#include "scan/oob.h"

/* Short words must stand alone: "ip" is no part of "zip" or "description". */
static bool names(struct str name, const char *word)
{
	size_t n = strlen(word);
	ssize_t at = str_ifind(name, str_c(word));
	if (at < 0 || n > 3)
		return at >= 0;
	for (size_t a; at >= 0; at = str_ifind(str_from(name, a + 1), str_c(word)), at = at < 0 ? -1 : at + (ssize_t)a + 1) {
		a = (size_t)at;
		bool begins = a == 0 || !ascii_alpha(name.ptr[a - 1]) || (name.ptr[a] >= 'A' && name.ptr[a] <= 'Z');
		bool ends = a + n == name.len || !(name.ptr[a + n] >= 'a' && name.ptr[a + n] <= 'z');
		if (begins && ends)
			return true;
	}
	return false;
}

/* 2 an address by its value or name, 1 perhaps by its name, 0 not. */
static int url_like(const struct scan_point *pt)
{
	static const char *const sure[] = { "url", "uri", "link", "callback", "feed", "host", "proxy", "domain", "webhook", "fetch",
					    "remote", "endpoint", "import", "ping", "avatar" },
				 *const perhaps[] = { "src", "dest", "target", "site", "image", "img", "load", "xml", "addr", "ip",
						      "server", "api", "file", "page", "path", "u" };
	if (str_has(pt->value, STR("://")) || str_starts(pt->value, STR("//")) || str_starts(pt->value, STR("www.")) ||
	    str_ihas(pt->name, STR("url")) || str_ihas(pt->name, STR("uri")))
		return 2;
	for (size_t i = 0; i < ARRAY_SIZE(sure); i++)
		if (names(pt->name, sure[i]))
			return 2;
	for (size_t i = 0; i < ARRAY_SIZE(perhaps); i++)
		if (names(pt->name, perhaps[i]))
			return 1;
	return 0;
}

static void call_out(struct probe *p, const struct scan_point *pt)
{
	/* {0} the unique URL, {1} the same without scheme, {2} the value, {3} its host */
	static const char *const forms[] = { "{0}", "//{1}", "{1}", "{0}?{2}", "http://{3}@{1}" };
	int like = url_like(pt);
	size_t n = probe_mode(p) == SCAN_DEEP || like == 2 ? ARRAY_SIZE(forms) : like == 1 ? 3 : 1;
	ssize_t host = str_find(pt->value, STR("//"));
	struct str from = str_from(pt->value, host < 0 ? 0 : (size_t)host + 2);
	ssize_t end = str_chr(from, '/');
	for (size_t i = 0; i < n; i++) {
		struct scan_oob_name name;
		const struct scan_exchange *x;
		if (!probe_oob_host(p, &name))
			return;
		struct str args[] = { name.url, str_from(name.url, 7), pt->value, end < 0 ? from : str_sub(from, 0, (size_t)end) };
		struct str sent = active_fill(p, forms[i], args);
		if (probe_value(p, sent, &x) < 0)
			return;
		probe_oob_expect(p, name.token, SCAN_OOB_HTTP,
				 &(struct scan_report){ .exchange = x, .proof = sent,
							.detail_zh = STR("服务器请求了参数中的地址。"),
							.detail_en = STR("The server requested the address in the parameter.") });
	}
}

/* ---- without a listener ---- */

/* Names of the loopback that a list of allowed or forbidden names rarely holds. */
static const char *const loopbacks[] = { "127.0.0.1", "localhost", "127.1", "2130706433", "0.0.0.0", "[::1]" };

static struct str own(struct probe *p, const char *host, unsigned port, struct str path)
{
	return probe_printf(p, "http://%s:%u%.*s", host, port, STR_ARG(path));
}

/* A run of text of the start page that a reader would see, long enough to be its own. */
static struct str distinctive(const struct scan_exchange *x)
{
	struct str t = x->page ? x->page->visible : STR(""), title = x->page ? x->page->title : STR("");
	if (title.len >= 12)
		return title;
	return t.len >= 24 ? str_trim(str_sub(t, 0, 24)) : STR("");
}

static bool report(struct probe *p, const struct diff_side *t, struct str proof, const char *zh, const char *en)
{
	probe_report(p, &(struct scan_report){ .exchange = t->x, .proof = proof, .confidence_set = true,
					       .confidence = CONFIDENCE_CERTAIN, .detail_zh = str_c(zh), .detail_en = str_c(en) });
	return true;
}

/* A server that asks itself needs a second worker; where there is none it hangs. */
static int ask_own(struct probe *p, struct str url, struct diff_side *ret)
{
	return diff_send(p, &(struct scan_mutation){ .value = url, .value_set = true, .timeout_ms = 10000 }, ret);
}

/* 1 proven, 0 not by this name, -1 no use to go on. */
static int try_loopback(struct probe *p, const struct scan_point *pt, const char *host, const struct scan_exchange *start)
{
	struct diff_side base = diff_base(pt), open, closed, closed2, lost, lost2;
	unsigned port = pt->base->port;
	struct str mark = distinctive(start);
	struct str away = probe_printf(p, "/%.*s", STR_ARG(probe_word(p, 9)));
	if (ask_own(p, own(p, host, port, STR("/")), &open) < 0 ||
	    ask_own(p, own(p, host, probe_number(p, 20000, 29999), STR("/")), &closed) < 0)
		return -1;
	if (diff_same(p, &open, &closed) || diff_blocked(&base, &open))
		return 0;
	if (ask_own(p, own(p, host, port, away), &lost) < 0 ||
	    ask_own(p, own(p, host, probe_number(p, 30000, 39999), STR("/")), &closed2) < 0)
		return -1;
	/* in-band: our start page inside, and only then */
	struct str seen = mark.len ? active_find(open.x, mark) : STR_NULL;
	if (seen.ptr && !active_find(closed.x, mark).ptr && !active_find(lost.x, mark).ptr &&
	    !active_find(pt->base, mark).ptr && diff_apart(p, &base, &open, &closed))
		return report(p, &open, seen, "服务器按参数访问了自己的回环地址，把该站首页的内容带回响应；关闭的端口与不存在的路径则不会。",
			      "The server visited its own loopback address as the parameter said and brought the start page back; "
			      "closed ports and missing paths do not.");
	if (!diff_same(p, &closed, &closed2) || !probe_stable(p))
		return 0;
	if (ask_own(p, own(p, host, port, probe_printf(p, "/%.*s", STR_ARG(probe_word(p, 9)))), &lost2) < 0 ||
	    !diff_same(p, &lost, &lost2) || diff_same(p, &lost, &open) || diff_same(p, &lost, &closed))
		return 0;
	if (!diff_apart(p, &base, &open, &closed) || !diff_apart(p, &base, &open, &lost))
		return 0;
	return report(p, &open, open.sent, "服务器按参数访问了自己的回环地址：开放的端口、关闭的端口与不存在的路径得到三种不同的响应，打乱次序重现。",
		      "The server visited its own loopback address as the parameter said: an open port, closed ports and a missing "
		      "path give three different answers, repeated in mixed order.");
}

/* Headers that servers fetch from, once per request. */
static void try_headers(struct probe *p)
{
	static const struct str names[] = { STR_INIT("Referer"), STR_INIT("X-Forwarded-Host"), STR_INIT("X-Original-Url"),
					    STR_INIT("True-Client-Ip"), STR_INIT("X-Wap-Profile") };
	struct scan_header h[ARRAY_SIZE(names)];
	struct scan_oob_name oob[ARRAY_SIZE(names)];
	const struct scan_exchange *x;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!probe_oob_host(p, &oob[i]))
			return;
		h[i] = (struct scan_header){ names[i], i == 1 || i == 3 ? str_from(oob[i].url, 7) : oob[i].url };
	}
	if (probe_send(p, &(struct scan_mutation){ .headers = h, .headers_len = ARRAY_SIZE(names), .fresh = true }, &x) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		probe_oob_expect(p, oob[i].token, SCAN_OOB_HTTP,
				 &(struct scan_report){ .exchange = x, .proof = h[i].value, .parameter = names[i],
							.detail_zh = STR("服务器请求了请求头中的地址。"),
							.detail_en = STR("The server requested the address in a request header.") });
}

static void probe_fetch(struct probe *p, const struct scan_point *pt)
{
	const struct scan_exchange *start;
	if (probe_first_point(p) && probe_oob_ready(p))
		try_headers(p);
	bool deep = probe_mode(p) == SCAN_DEEP;
	int like = url_like(pt);
	if (probe_reported(p) || (pt->where == WHERE_HEADER && !deep && !active_own_header(pt)) || (probe_sqli_found(p) && !deep))
		return;
	if (!like && active_plain_number(pt->value) && !deep)
		return;
	if (probe_oob_ready(p) && (like || deep || pt->where != WHERE_COOKIE))
		call_out(p, pt);
	/* a listener would have told; and what shows nothing cannot show whom the server visited */
	if (!deep && (!like || (like == 1 && probe_oob_ready(p)) || probe_inert(p)))
		return;
	if (pt->base->https || probe_get(p, STR("/"), &start) < 0)
		return;
	for (size_t i = 0; i < (deep ? ARRAY_SIZE(loopbacks) : 3); i++) {
		if (!probe_alone(p))
			return;
		int r = try_loopback(p, pt, loopbacks[i], start);
		probe_together(p);
		if (r != 0)
			return;
	}
}

const struct scan_check check_ssrf = {
	.id = "ssrf",
	.title_zh = "服务端请求伪造（SSRF）",
	.title_en = "Server-side request forgery",
	.severity = SEVERITY_HIGH,
	.cwe = 918,
	.owasp = "A10:2021",
	.modes = SCAN_STANDARD_UP,
	.flags = SCAN_DEEP_POINTS,
	.place = PLACE_POINT,
	.on_point = probe_fetch,
};
