/* Version templates and CPE names. A template holds "\1" … "\9" and at most one choice
 * "\1?text:text" (the form that the Wappalyzer data made usual). */
#include <stdio.h>

#include "base/buf.h"
#include "base/limits.h"
#include "scan/tech/tech_private.h"

static struct str group(const struct str *groups, size_t n, char digit)
{
	size_t i = (size_t)(digit - '0');
	return i < n ? groups[i] : STR("");
}

static void fill(struct buf *b, struct str tmpl, const struct str *groups, size_t n)
{
	for (size_t i = 0; i < tmpl.len; i++) {
		if (tmpl.ptr[i] == '\\' && i + 1 < tmpl.len && ascii_digit(tmpl.ptr[i + 1]))
			buf_str(b, group(groups, n, tmpl.ptr[++i]));
		else
			buf_char(b, tmpl.ptr[i]);
	}
}

void tech_version(struct str tmpl, const struct str *groups, size_t n, char out[LIMIT_TECH_VERSION + 1])
{
	struct buf b;
	out[0] = 0;
	buf_init(&b, 4 * KIB);
	bool choice = tmpl.len > 2 && tmpl.ptr[0] == '\\' && ascii_digit(tmpl.ptr[1]) && tmpl.ptr[2] == '?';
	if (choice) {
		struct str rest = str_from(tmpl, 3);
		ssize_t colon = str_chr(rest, ':');
		struct str yes = colon < 0 ? rest : str_sub(rest, 0, (size_t)colon);
		struct str no = colon < 0 ? STR("") : str_from(rest, (size_t)colon + 1);
		fill(&b, group(groups, n, tmpl.ptr[1]).len ? yes : no, groups, n);
	} else {
		fill(&b, tmpl, groups, n);
	}
	struct str v = str_trim(buf_view(&b));
	while (v.len && (v.ptr[v.len - 1] == '.' || v.ptr[v.len - 1] == '-' || v.ptr[v.len - 1] == '_'))
		v.len--;
	bool plain = v.len > 0 && v.len <= LIMIT_TECH_VERSION;
	for (size_t i = 0; plain && i < v.len; i++)
		plain = ascii_alnum(v.ptr[i]) || memchr("._-+~: ", v.ptr[i], 7);
	if (plain)
		snprintf(out, LIMIT_TECH_VERSION + 1, "%.*s", STR_ARG(v));
	buf_free(&b);
}

/* Formatted string binding: everything but letters, digits, "_" "." "-" is quoted. */
static void cpe_part(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = ascii_lower(s.ptr[i]);
		if (c == ' ')
			c = '_';
		if (!ascii_alnum(c) && c != '_' && c != '.' && c != '-')
			buf_char(b, '\\');
		buf_char(b, c);
	}
}

struct str tech_cpe(struct arena *a, struct str cpe, struct str version)
{
	struct str rest = cpe, part[3] = { STR_NULL };
	struct buf b;
	size_t n = 0;
	if (!cpe.len || str_starts(cpe, STR("cpe:2.3:"))) {
		struct str full = cpe, field;
		for (size_t i = 0; full.len && i < 5 && str_split(&full, ':', &field); i++)
			if (i >= 2)
				part[n++] = field;
	} else {
		while (n < 3 && str_split(&rest, ':', &part[n]))
			n++;
	}
	if (n < 3)
		return STR("");
	buf_init(&b, 4 * KIB);
	buf_c(&b, "cpe:2.3:");
	for (size_t i = 0; i < 3; i++) {
		cpe_part(&b, part[i]);
		buf_char(&b, ':');
	}
	if (version.len)
		cpe_part(&b, version);
	else
		buf_char(&b, '*');
	buf_c(&b, ":*:*:*:*:*:*:*");
	struct str s = arena_str(a, buf_view(&b));
	buf_free(&b);
	return s;
}
