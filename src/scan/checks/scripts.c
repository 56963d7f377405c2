/* Passive: scripts from elsewhere and scripts that are out of date. Versions are read
 * from file names, from WordPress-style ?ver= and from the library's own banner.
 * Vulnerable ranges after the public CVE records named in the table. */
#include "scan/checks/passive_private.h"

#define L(s)                                                                                       \
	{                                                                                          \
		STR_INIT(s), false                                                                 \
	}

static bool cross_origin(const struct scan_exchange *x, struct str url)
{
	return str_has(url, STR("://")) &&
	       !(str_istarts(url, x->origin) &&
		 (url.len == x->origin.len || url.ptr[x->origin.len] == '/'));
}

static void look_sri(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (!passive_is_page(x))
		return;
	for (size_t i = 0; i < x->page->links_len; i++) {
		const struct scan_link *l = &x->page->links[i];

		if ((l->kind != LINK_SCRIPT && l->kind != LINK_STYLE) || !l->tag ||
		    !cross_origin(x, l->url) || scan_tag_attr(l->tag, "integrity").ptr)
			continue;
		passive_report(c, x, str_sub(x->text, l->tag->at, l->tag->end), STR_NULL);
		return;
	}
}

const struct scan_check check_sri_missing = {
	.id = "sri-missing",
	.title_zh = "第三方脚本或样式没有完整性校验（SRI）",
	.title_en = "Third-party script or style without Subresource Integrity",
	.severity = SEVERITY_INFO,
	.cwe = 353,
	.owasp = "A08:2021",
	.place = PLACE_SITE,
	.on_page = look_sri,
};

/* Hosts that were taken over and served altered scripts (public reports of June 2024). */
static void look_poisoned(struct scan_ctx *c, const struct scan_exchange *x)
{
	static const char *const hosts[] = { "://polyfill.io/",        "://cdn.polyfill.io/",
					     "://cdn.bootcss.com/",    "://cdn.bootcdn.net/",
					     "://cdn.staticfile.net/", "://cdn.staticfile.org/" };

	if (!passive_is_page(x))
		return;
	for (size_t i = 0; i < x->page->links_len; i++) {
		const struct scan_link *l = &x->page->links[i];

		if (l->kind != LINK_SCRIPT || (l->tag && scan_tag_attr(l->tag, "integrity").ptr))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(hosts); k++)
			if (str_ihas(l->url, str_c(hosts[k])))
				scan_report(c, &(struct scan_report){
						       .exchange = x,
						       .proof = l->raw,
						       .parameter = l->url,
						       .severity_set = true,
						       .severity = k < 2 ? SEVERITY_HIGH
									 : SEVERITY_MEDIUM });
	}
}

const struct scan_check check_script_poisoned_cdn = {
	.id = "script-poisoned-cdn",
	.title_zh = "引用曾被投毒的公共脚本库",
	.title_en = "Script from a public CDN that has served altered code",
	.severity = SEVERITY_MEDIUM,
	.cwe = 829,
	.owasp = "A08:2021",
	.place = PLACE_SITE,
	.on_page = look_poisoned,
};

struct library {
	const char *name;     /* as people write it */
	const char *file;     /* part of the file name, lower case */
	const char *not_file; /* … but not when this stands in it */
	const char *fixed;    /* first version without the newest of the problems */
	const char *below;    /* only from this version on ("" all) */
	const char *cve;
	enum severity severity;
};
/* Within a name several ranges may stand; the first that fits is taken. */
static const struct library libraries[] = {
	{ "jQuery", "jquery", "jquery-ui", "3.5.0", "1.2.0", "CVE-2020-11022 CVE-2020-11023",
	  SEVERITY_MEDIUM },
	{ "jQuery UI", "jquery-ui", "", "1.13.2", "", "CVE-2021-41182 CVE-2022-31160",
	  SEVERITY_MEDIUM },
	{ "Bootstrap", "bootstrap", "-", "3.4.1", "2.0.0", "CVE-2019-8331", SEVERITY_MEDIUM },
	{ "Bootstrap", "bootstrap", "-", "4.3.1", "4.0.0", "CVE-2019-8331", SEVERITY_MEDIUM },
	{ "AngularJS", "angular", "", "2.0.0", "1.0.0", "CVE-2022-25869 CVE-2023-26116",
	  SEVERITY_MEDIUM },
	{ "Vue.js", "vue", "-", "3.0.0", "2.0.0", "CVE-2024-6783", SEVERITY_LOW },
	{ "Lodash", "lodash", "", "4.17.21", "", "CVE-2021-23337 CVE-2020-8203", SEVERITY_MEDIUM },
	{ "Moment.js", "moment", "-", "2.29.4", "", "CVE-2022-24785 CVE-2022-31129", SEVERITY_LOW },
	{ "Handlebars", "handlebars", "", "4.7.7", "", "CVE-2021-23369 CVE-2021-23383",
	  SEVERITY_MEDIUM },
	{ "Underscore.js", "underscore", "", "1.12.1", "1.3.2", "CVE-2021-23358", SEVERITY_LOW },
	{ "DOMPurify", "purify", "", "2.5.4", "", "CVE-2024-45801 CVE-2024-47875",
	  SEVERITY_MEDIUM },
	{ "Axios", "axios", "", "1.6.0", "", "CVE-2023-45857", SEVERITY_LOW },
	{ "TinyMCE", "tinymce", "", "5.10.9", "", "CVE-2023-45818 CVE-2023-45819",
	  SEVERITY_MEDIUM },
	{ "CKEditor", "ckeditor", "", "4.24.0", "4.0.0", "CVE-2024-24815 CVE-2024-24816",
	  SEVERITY_MEDIUM },
	{ "Highcharts", "highcharts", "", "9.0.0", "", "CVE-2021-29489", SEVERITY_LOW },
	{ "Swiper", "swiper", "", "6.5.1", "", "CVE-2021-23370", SEVERITY_MEDIUM },
};

/* Dotted numbers compared as numbers; a shorter one is filled with zeros. */
static int version_cmp(struct str a, struct str b)
{
	while (a.len || b.len) {
		uint64_t x = 0, y = 0;
		struct str part;

		if (a.len && str_split(&a, '.', &part))
			str_to_u64(part, &x);
		if (b.len && str_split(&b, '.', &part))
			str_to_u64(part, &y);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

/* "3.4.1" out of "jquery-3.4.1.min.js", "/3.4.1/", "?ver=3.4.1"; .ptr NULL when none. */
static struct str version_in(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		size_t n = 0, dots = 0;

		if (!ascii_digit(s.ptr[i]) ||
		    (i && (ascii_alnum(s.ptr[i - 1]) && s.ptr[i - 1] != 'v')))
			continue;
		while (i + n < s.len &&
		       (ascii_digit(s.ptr[i + n]) || (s.ptr[i + n] == '.' && i + n + 1 < s.len &&
						      ascii_digit(s.ptr[i + n + 1])))) {
			dots += s.ptr[i + n] == '.';
			n++;
		}
		if (dots >= 1 && dots <= 3 && n <= 16)
			return str_sub(s, i, i + n);
		i += n;
	}
	return STR_NULL;
}

static const struct library *vulnerable(struct str name, struct str version)
{
	for (size_t i = 0; i < ARRAY_SIZE(libraries); i++) {
		const struct library *l = &libraries[i];

		if (!str_eq(name, str_c(l->name)) || version_cmp(version, str_c(l->fixed)) >= 0)
			continue;
		if (!*l->below || version_cmp(version, str_c(l->below)) >= 0)
			return l;
	}
	return NULL;
}

static void report_library(struct scan_ctx *c, const struct scan_exchange *x, struct str name,
			   struct str version, struct str proof)
{
	const struct library *l = version.ptr ? vulnerable(name, version) : NULL;
	struct arena *a = scan_ctx_arena(c);

	if (!l)
		return;
	scan_report(
		c,
		&(struct scan_report){
			.exchange = x,
			.proof = proof,
			.parameter = name,
			.severity_set = true,
			.severity = l->severity,
			.detail_zh = arena_printf(
				a, "%s %.*s 存在已知漏洞（%s），请升级到 %s 或更高版本。", l->name,
				STR_ARG(version), l->cve, l->fixed),
			.detail_en = arena_printf(
				a,
				"%s %.*s has known vulnerabilities (%s); upgrade to %s or later.",
				l->name, STR_ARG(version), l->cve, l->fixed) });
}

static struct str file_name(struct str url)
{
	ssize_t q = str_chr(url, '?');
	struct str path = q >= 0 ? str_sub(url, 0, (size_t)q) : url;

	return str_from(path, (size_t)(str_rchr(path, '/') + 1));
}

/* The file is the library itself, not a plug-in named after it. */
static bool names_library(struct str file, const struct library *l)
{
	struct str want = str_c(l->file);

	if (!str_istarts(file, want))
		return false;
	struct str rest = str_from(file, want.len);

	if (*l->not_file == 'j' && str_istarts(file, str_c(l->not_file)))
		return false;
	/* jquery.min.js, jquery-3.4.1.js, jquery_1.8.js, jquery.js; not jquery.cookie.js */
	if (str_istarts(rest, STR(".min.js")) || str_istarts(rest, STR(".js")) ||
	    str_istarts(rest, STR(".slim")) || str_istarts(rest, STR(".prod")) ||
	    str_istarts(rest, STR(".global")) || str_istarts(rest, STR(".bundle")))
		return true;
	return rest.len > 1 &&
	       (rest.ptr[0] == '-' || rest.ptr[0] == '.' || rest.ptr[0] == '_' ||
		rest.ptr[0] == '@') &&
	       (ascii_digit(rest.ptr[1]) ||
		(rest.ptr[1] == 'v' && rest.len > 2 && ascii_digit(rest.ptr[2])));
}

static void look_library(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (!passive_is_page(x))
		return;
	for (size_t i = 0; i < x->page->links_len; i++) {
		const struct scan_link *link = &x->page->links[i];
		struct str file = file_name(link->url);

		if (link->kind != LINK_SCRIPT)
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(libraries); k++) {
			const struct library *l = &libraries[k];

			if (!names_library(file, l) ||
			    (k && str_eq(str_c(l->name), str_c(libraries[k - 1].name))))
				continue;
			struct str v = version_in(file);

			if (!v.ptr)
				v = version_in(link->url);
			report_library(c, x, str_c(l->name), v, link->raw);
		}
	}
}

/* Banners in the script itself, which a local copy under any name keeps. */
static const struct scan_literal banners[] = {
	L("jQuery JavaScript Library v"),
	L("jQuery v"),
	L("jQuery UI - v"),
	L("Bootstrap v"),
	L("AngularJS v"),
	L("Vue.js v"),
	L("Underscore.js "),
	L("DOMPurify "),
	L("Axios v"),
	L("axios v"),
	L("Swiper "),
};
static const char *const banner_names[ARRAY_SIZE(banners)] = {
	"jQuery",        "jQuery",    "jQuery UI", "Bootstrap", "AngularJS", "Vue.js",
	"Underscore.js", "DOMPurify", "Axios",     "Axios",     "Swiper",
};

static void on_banner(struct scan_ctx *c, const struct scan_exchange *x, size_t which, size_t at)
{
	size_t from = at + banners[which].text.len;
	struct str v = version_in(str_sub(x->text, from, from + 16));

	/* The banner opens the file, and the version stands right behind the words. */
	if (x->media != MEDIA_SCRIPT || at > 400 || !v.ptr || v.ptr != x->text.ptr + from)
		return;
	report_library(c, x, str_c(banner_names[which]), v, str_sub(x->text, at, from + v.len));
}

const struct scan_check check_outdated_library = {
	.id = "outdated-library",
	.title_zh = "使用存在已知漏洞的前端库",
	.title_en = "Front-end library with known vulnerabilities",
	.severity = SEVERITY_MEDIUM,
	.cwe = 1104,
	.owasp = "A06:2021",
	.place = PLACE_SITE,
	.literals = banners,
	.literals_len = ARRAY_SIZE(banners),
	.on_literal = on_banner,
	.on_page = look_library,
};
