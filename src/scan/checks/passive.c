/* What several passive checks ask of an exchange. */
#include "scan/checks/passive_private.h"

bool passive_is_page(const struct scan_exchange *x)
{
	return x->media == MEDIA_HTML && x->status >= 200 && x->status < 300 && !x->missing &&
	       !str_empty(x->body);
}

bool passive_is_secure(const struct scan_exchange *x)
{
	return x->https || str_ieq(x->host, STR("localhost")) ||
	       str_iends(x->host, STR(".localhost")) || str_starts(x->host, STR("127.")) ||
	       str_eq(x->host, STR("[::1]")) || str_eq(x->host, STR("::1"));
}

bool passive_is_raw(const struct scan_exchange *x)
{
	return x->media == MEDIA_JSON || x->media == MEDIA_XML || x->media == MEDIA_TEXT;
}

void passive_report(struct scan_ctx *c, const struct scan_exchange *x, struct str proof,
		    struct str parameter)
{
	scan_report(c,
		    &(struct scan_report){ .exchange = x, .proof = proof, .parameter = parameter });
}

void passive_report_as(struct scan_ctx *c, const struct scan_exchange *x, struct str proof,
		       enum severity severity, enum confidence confidence)
{
	scan_report(c, &(struct scan_report){ .exchange = x,
					      .proof = proof,
					      .severity_set = true,
					      .severity = severity,
					      .confidence_set = true,
					      .confidence = confidence });
}

void passive_report_quoted(struct scan_ctx *c, const struct scan_exchange *x, struct str proof)
{
	scan_report(c, &(struct scan_report){ .exchange = x,
					      .proof = proof,
					      .severity_set = true,
					      .severity = SEVERITY_INFO,
					      .confidence_set = true,
					      .confidence = CONFIDENCE_TENTATIVE,
					      .whole_site = true });
}

bool passive_is_sample(struct str path)
{
	static const char *const ends[] = { ".md",	".rst",	  ".rst.txt", ".md.txt", ".adoc", ".example",
					    ".sample",	".dist",  ".tmpl",    ".template", ".tpl", ".default",
					    ".diff",	".patch", ".po",      ".example.txt", ".sample.txt" };
	static const char *const parts[] = { "/_sources/", "/example", "/sample", "/demo/", "/tutorial", "/test/fixtures/" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (str_iends(path, str_c(ends[i])))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (str_ihas(path, str_c(parts[i])))
			return true;
	return false;
}

bool passive_says_example(struct str text, size_t at, size_t len)
{
	static const char *const words[] = { "示例", "例如", "样例", "举例", "比如", "范例", "假设", "格式", "测试",
					     "演示", "example", "e.g.", "sample", "demo", "dummy", "placeholder",
					     "for instance", "fictitious", "test card", "format" };
	struct str around = str_sub(text, at > 240 ? at - 240 : 0, at + len + 120);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_ihas(around, str_c(words[i])))
			return true;
	return false;
}

bool passive_is_placeholder(struct str value)
{
	static const char *const starts[] = { "$", "<", "{", "%", "&lt;", "[", "@", "#{", "(" };
	static const char *const has[] = { "your", "example", "placeholder", "changeme", "change_me", "change-me", "replace",
					   "xxxx", "****", "....", "insert", "todo", "dummy", "sample", "你的", "您的", "示例",
					   "replaceme", "my-secret", "mysecret", "yyyy", "0000000", "1234567", "abcdef" };
	bool same = true;

	value = str_trim(value);
	while (value.len >= 2 && (value.ptr[0] == '"' || value.ptr[0] == '\'' || value.ptr[0] == '`'))
		value = str_from(value, 1);
	if (str_empty(value))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (str_starts(value, str_c(starts[i])))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(has); i++)
		if (str_ihas(value, str_c(has[i])))
			return true;
	for (size_t i = 1; i < value.len && ascii_alnum(value.ptr[i]); i++)
		same = same && value.ptr[i] == value.ptr[0];
	return value.len > 1 && same && (ascii_alnum(value.ptr[1]) || value.ptr[1] == value.ptr[0]);
}

struct str passive_line(struct str text, size_t at, size_t max)
{
	size_t from = at, to = at;

	while (from > 0 && text.ptr[from - 1] != '\n' && at - from < max / 2)
		from--;
	while (to < text.len && text.ptr[to] != '\n' && to - from < max)
		to++;
	return str_trim(str_sub(text, from, to));
}
