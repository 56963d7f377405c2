/* Active: copies of server-side files that an editor or a person left beside them
 * (CWE-530), and archives of whole sites. A copy counts when the answer is program
 * text; an archive when its first bytes are those of its format. */
#include "scan/checks/active_private.h"

static bool server_side(struct str path)
{
	static const char *const ext[] = { ".php", ".jsp", ".jspx", ".asp", ".aspx", ".ashx",
					   ".py",  ".pl",  ".rb",   ".do",  ".cfm" };

	for (size_t i = 0; i < ARRAY_SIZE(ext); i++)
		if (str_iends(path, str_c(ext[i])))
			return true;
	return false;
}

/* Program text as it stands in a file, not as a page prints it. */
static struct str program_text(const struct scan_exchange *x)
{
	static const char *const marks[] = { "<?php", "<%@", "<%", "#!/usr/bin/", "<?=" };
	struct str t = active_content(x);

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		ssize_t at = str_find(str_sub(t, 0, 4096), str_c(marks[i]));

		if (at >= 0 &&
		    (str_has(t, STR("$")) || str_has(t, STR("import")) || str_has(t, STR("="))))
			return str_sub(t, (size_t)at, (size_t)at + 60);
	}
	return STR_NULL;
}

static bool is_archive(struct str b)
{
	static const struct str magic[] = { STR_INIT("PK\x03\x04"),
					    STR_INIT("Rar!\x1a\x07"),
					    STR_INIT("\x1f\x8b\x08"),
					    STR_INIT("7z\xbc\xaf\x27\x1c"),
					    STR_INIT("BZh9"),
					    STR_INIT("\xfd"
						     "7zXZ") };

	for (size_t i = 0; i < ARRAY_SIZE(magic); i++)
		if (str_starts(b, magic[i]))
			return true;
	return false;
}

/* Files of a script language without brackets: they begin with what they load. */
static struct str plain_script(const struct scan_exchange *x, struct str path)
{
	static const char *const starts[] = { "import ", "from ", "# -*- coding", "require ", "package main", "use strict", "#!/" };
	struct str t = active_content(x);
	if (x->media == MEDIA_HTML || !(str_has(path, STR(".py")) || str_has(path, STR(".rb")) || str_has(path, STR(".pl"))))
		return STR_NULL;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (str_starts(t, str_c(starts[i])) && (str_has(t, STR("\ndef ")) || str_has(t, STR("\nimport ")) || str_has(t, STR("\nrequire ")) ||
							str_has(t, STR("\nuse ")) || str_has(t, STR("\nclass "))))
			return str_sub(t, 0, 60);
	return STR_NULL;
}

static bool try_copy(struct probe *p, const struct scan_exchange *base, struct str url)
{
	const struct scan_exchange *x;

	if (probe_get(p, url, &x) < 0 || !active_served(p, x) || str_eq(x->body, base->body))
		return false;
	bool archive = is_archive(x->body);
	struct str proof = archive ? STR("文件头为压缩包 / archive signature") : program_text(x);
	if (!proof.ptr)
		proof = plain_script(x, x->path);
	if (!proof.ptr || program_text(base).ptr)
		return false;
	probe_report(p, &(struct scan_report){ .exchange = x,
					       .proof = proof,
					       .confidence_set = true,
					       .confidence = CONFIDENCE_CERTAIN });
	return true;
}

/* What editors, people and packers make of "dir/name.ext": {0} dir/, {1} name.ext, {2} name. */
static const char *const copies[] = {
	"{0}{1}.bak",	"{0}{1}~",	"{0}{1}.old",	"{0}{1}.txt",  "{0}{1}.swp",	 "{0}.{1}.swp", "{0}{1}.orig",	"{0}{1}.save",
	"{0}{2}.bak",	"{0}{1}.zip",	"{0}{2}.zip",	"{0}{1}.tar.gz", "{0}{1}_bak",
	/* deep */
	"{0}{1}.1",	"{0}{1}.copy",	"{0}{1}.bk",	"{0}{1}.inc",  "{0}{2}.old",	 "{0}{2}.txt",	"{0}{2}.inc",	"{0}%23{1}%23",
	"{0}{1}.tmp",	"{0}{1}s",	"{0}{1}.rej",	"{0}.{1}.un~", "{0}{1}.bak1", "{0}{1}_old",	"{0}{1}-bak",	"{0}{2}.rar",
	"{0}{2}.tar.gz", "{0}{1}.gz",	"{0}{1}.7z",	"{0}Copy%20of%20{1}.txt", "{0}{1}%20-%20Copy", "{0}{1}.backup",
};
#define COPIES_STANDARD 13

static void probe_copies(struct probe *p, const struct scan_exchange *base)
{
	size_t n = probe_mode(p) == SCAN_DEEP ? ARRAY_SIZE(copies) : COPIES_STANDARD;

	if (base->status != 200)
		return;
	struct str url = probe_printf(p, "%.*s%.*s", STR_ARG(base->origin), STR_ARG(base->path));
	size_t slash = (size_t)str_rchr(url, '/') + 1;
	struct str name = str_from(url, slash);
	const struct str args[] = { str_sub(url, 0, slash), name, str_sub(name, 0, (size_t)str_rchr(name, '.')) };

	for (size_t i = 0; i < n; i++)
		try_copy(p, base, active_fill(p, copies[i], args));
}

const struct scan_check check_backup_file = {
	.id = "backup-file",
	.title_zh = "服务器端文件的备份副本可下载",
	.title_en = "Backup copy of a server-side file can be downloaded",
	.severity = SEVERITY_HIGH,
	.cwe = 530,
	.owasp = "A05:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_PAGE,
	.on_file = probe_copies,
	.wants_file = server_side,
};

static void probe_archives(struct probe *p, const struct scan_exchange *base)
{
	static const char *const names[] = { "www",     "wwwroot", "web", "backup", "bak", "site",
					     "website", "html",    "1",   "db",     "data" };
	static const char *const ext[] = { ".zip", ".tar.gz", ".rar", ".7z" };
	size_t n = probe_mode(p) == SCAN_DEEP ? ARRAY_SIZE(names) : 5;
	const struct scan_exchange *x;

	for (size_t i = 0; i <= n; i++) {
		struct str name = i < n ? str_c(names[i]) : base->host;

		for (size_t k = 0; k < (probe_mode(p) == SCAN_DEEP ? ARRAY_SIZE(ext) : 3); k++) {
			struct str url = probe_printf(p, "%.*s/%.*s%s", STR_ARG(base->origin),
						      STR_ARG(name), ext[k]);

			if (probe_get(p, url, &x) < 0)
				return;
			if (active_served(p, x) && is_archive(x->body))
				probe_report(
					p,
					&(struct scan_report){
						.exchange = x,
						.proof = STR("文件头为压缩包 / archive signature"),
						.place_key = url,
						.confidence_set = true,
						.confidence = CONFIDENCE_CERTAIN });
		}
	}
}

static bool holds_pictures(struct str dir)
{
	static const char *const words[] = { "/css", "/js", "/img", "/image", "/font", "/static", "/assets", "/icons", "/vendor", "/node_modules", "/doc" };
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_ihas(dir, str_c(words[i])))
			return true;
	return false;
}

/* A folder packed where it stands, or a copy of it inside. */
static void probe_folder(struct probe *p, const struct scan_exchange *base, struct str dir)
{
	static const char *const forms[] = { "{0}.zip", "{0}.tar.gz", "{0}/backup.zip", "{0}/{1}.zip", "{0}.rar", "{0}.bak", "{0}/backup.tar.gz", "{0}/bak.zip" };
	size_t n = probe_mode(p) == SCAN_DEEP ? ARRAY_SIZE(forms) : 4, depth = 0;
	struct str rest = str_from(dir, base->origin.len);
	const struct scan_exchange *x;
	for (size_t i = 0; i + 1 < rest.len; i++)
		depth += rest.ptr[i] == '/';
	if (rest.len < 3 || depth > 2 || holds_pictures(rest))
		return;
	struct str folder = str_sub(dir, 0, dir.len - 1);
	const struct str args[] = { folder, str_from(folder, (size_t)str_rchr(folder, '/') + 1) };
	/* a prefix of a program's addresses is no folder: nothing can lie inside of it */
	if (probe_mode(p) != SCAN_DEEP && probe_get(p, dir, &x) == 0 && probe_missing(p, x) == 1)
		n = 2;
	for (size_t i = 0; i < n; i++) {
		struct str url = active_fill(p, forms[i], args);
		if (probe_get(p, url, &x) < 0)
			return;
		if (active_served(p, x) && is_archive(x->body))
			probe_report(p, &(struct scan_report){ .exchange = x,
							       .proof = STR("文件头为压缩包 / archive signature"),
							       .place_key = url,
							       .confidence_set = true,
							       .confidence = CONFIDENCE_CERTAIN });
	}
}

const struct scan_check check_backup_archive = {
	.id = "backup-archive",
	.title_zh = "网站备份压缩包可下载",
	.title_en = "Archive of the site can be downloaded",
	.severity = SEVERITY_HIGH,
	.cwe = 530,
	.owasp = "A05:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_PAGE,
	.on_site = probe_archives,
	.on_dir = probe_folder,
};
