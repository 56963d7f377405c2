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

static void try_copy(struct probe *p, const struct scan_exchange *base, struct str url)
{
	const struct scan_exchange *x;

	if (probe_get(p, url, &x) < 0 || !active_served(p, x) || str_eq(x->body, base->body))
		return;
	struct str proof = program_text(x);

	if (!proof.ptr || program_text(base).ptr)
		return;
	probe_report(p, &(struct scan_report){ .exchange = x,
					       .proof = proof,
					       .confidence_set = true,
					       .confidence = CONFIDENCE_CERTAIN });
}

static void probe_copies(struct probe *p, const struct scan_exchange *base)
{
	static const char *const suffixes[] = { ".bak", "~",     ".old", ".txt", ".swp", ".orig",
						".save", ".1",    ".copy", ".bk", ".inc", "_bak" };
	size_t n = probe_mode(p) == SCAN_DEEP ? ARRAY_SIZE(suffixes) : 6;

	if (base->status != 200)
		return;
	struct str url = probe_printf(p, "%.*s%.*s", STR_ARG(base->origin), STR_ARG(base->path));
	ssize_t slash = str_rchr(url, '/');

	for (size_t i = 0; i < n; i++)
		try_copy(p, base, probe_printf(p, "%.*s%s", STR_ARG(url), suffixes[i]));
	/* vim keeps ".name.swp" beside the file */
	try_copy(p, base,
		 probe_printf(p, "%.*s.%.*s.swp", STR_ARG(str_sub(url, 0, (size_t)slash + 1)),
			      STR_ARG(str_from(url, (size_t)slash + 1))));
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
};
