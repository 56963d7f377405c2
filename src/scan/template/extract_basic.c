/* The extractors that need no language of their own; jq and XPath are refused with a reason
 * until theirs are there. */
#include "scan/template/extract.h"

#include "scan/template/template.h"

int jq_compile(struct arena *a, struct str src, struct jq **ret, struct error *e)
{
	return error_set(e, "template.unsupported-extractor", "尚不支持 json 提取器。", "json extractors are not supported yet.");
}

bool jq_run(const struct jq *q, struct arena *a, struct str json, struct extract_list *out)
{
	return false;
}

int xpath_compile(struct arena *a, struct str src, struct xpath **ret, struct error *e)
{
	return error_set(e, "template.unsupported-extractor", "尚不支持 xpath。", "xpath is not supported yet.");
}

bool xpath_run(const struct xpath *x, struct arena *a, struct str text, bool xml, struct str attribute,
	       struct extract_list *out)
{
	return false;
}

static bool same_name(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		char x = a.ptr[i] == '_' ? '-' : ascii_lower(a.ptr[i]), y = b.ptr[i] == '_' ? '-' : ascii_lower(b.ptr[i]);
		if (x != y)
			return false;
	}
	return true;
}

static void add(struct extract_list *out, struct str s)
{
	if (out->len < out->max)
		out->items[out->len++] = str_trim(s);
}

bool kval_run(struct str head, struct str key, struct arena *a, struct extract_list *out)
{
	struct str rest = head, line;
	size_t before = out->len;
	while (str_split(&rest, '\n', &line)) {
		ssize_t colon = str_chr(line, ':');
		struct str name = str_sub(line, 0, colon < 0 ? 0 : (size_t)colon);
		struct str value = colon < 0 ? STR("") : str_trim(str_from(line, (size_t)colon + 1));
		ssize_t eq = str_chr(value, '=');
		if (same_name(name, key)) {
			add(out, value);
		} else if (str_ieq(name, STR("set-cookie")) && eq > 0 && same_name(str_sub(value, 0, (size_t)eq), key)) {
			ssize_t end = str_chr(value, ';');
			add(out, str_sub(value, (size_t)eq + 1, end < eq ? value.len : (size_t)end));
		}
	}
	return out->len > before;
}
