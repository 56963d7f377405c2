/* kval extractors: values of headers and cookies by name. */
#include "base/limits.h"
#include "scan/template/extract.h"

/* content_type, Content-Type and content-type are the same name. */
static bool same_key(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		char x = ascii_lower(a.ptr[i]), y = ascii_lower(b.ptr[i]);
		if ((x == '_' ? '-' : x) != (y == '_' ? '-' : y))
			return false;
	}
	return true;
}

static void add(struct extract_list *out, struct arena *a, struct str s)
{
	for (size_t i = 0; i < out->len; i++)
		if (str_eq(out->items[i], s))
			return;
	if (out->len < out->max && s.len && arena_left(a) > s.len + 4096)
		out->items[out->len++] = arena_str(a, s);
}

static bool header_line(struct str line, struct str *name, struct str *value)
{
	ssize_t colon = str_chr(line, ':');

	if (colon <= 0)
		return false;
	*name = str_trim(str_sub(line, 0, (size_t)colon));
	*value = str_trim(str_from(line, (size_t)colon + 1));
	return true;
}

bool kval_run(struct str head, struct str key, struct arena *a, struct extract_list *out)
{
	struct str rest = head, line, name, value;
	size_t before = out->len;

	while (str_split(&rest, '\n', &line))
		if (header_line(line, &name, &value) && same_key(name, key))
			add(out, a, value);
	if (out->len > before)
		return true;
	for (rest = head; str_split(&rest, '\n', &line);) {
		if (!header_line(line, &name, &value) || !str_ieq(name, STR("set-cookie")))
			continue;
		ssize_t eq = str_chr(value, '=');
		if (eq <= 0 || !same_key(str_trim(str_sub(value, 0, (size_t)eq)), key))
			continue;
		struct str cookie = str_from(value, (size_t)eq + 1);
		ssize_t end = str_chr(cookie, ';');
		add(out, a, str_trim(end < 0 ? cookie : str_sub(cookie, 0, (size_t)end)));
	}
	return out->len > before;
}
