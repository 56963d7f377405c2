/* Addresses in plain text: between the tags, in comments, in headers, in XML. What is
 * guessed wrong costs a request, so a word must look like an address on its own: a whole
 * URL, "./a", "../a", or "/a/b", "/a.php", "/a?b=c". */
#include "base/json.h"
#include "base/limits.h"
#include "scan/link.h"

#define LIMIT_TEXT_SCAN (2 * MIB)
#define LIMIT_TEXT_FOUND 300

/* Every other byte ends a word. Bytes beyond ASCII do too: an address stands in the middle
 * of Chinese text without a blank. */
static bool address_byte(char c)
{
	return ascii_alnum(c) || (c && strchr("-._~:/?#@!$&*+%=", c));
}

static bool only_digits_and_slashes(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_digit(s.ptr[i]) && s.ptr[i] != '/' && s.ptr[i] != '.' && s.ptr[i] != '-')
			return false;
	return true;
}

/* ".html" behind the last slash: a dot with two to five letters or digits at the end. */
static bool has_extension(struct str path)
{
	ssize_t dot = str_rchr(path, '.'), slash = str_rchr(path, '/');
	if (dot <= slash + 1 || dot < 0)
		return false;
	size_t n = path.len - (size_t)dot - 1;
	for (size_t i = (size_t)dot + 1; i < path.len; i++)
		if (!ascii_alnum(path.ptr[i]))
			return false;
	return n >= 2 && n <= 5;
}

bool link_looks_rooted(struct str s)
{
	if (s.len < 3 || s.len > 512 || s.ptr[0] != '/' || !(ascii_alnum(s.ptr[1]) || strchr("._~-", s.ptr[1])))
		return false;
	ssize_t end = str_chr(s, '#'), mark = str_chr(s, '?');
	struct str path = mark >= 0 ? str_sub(s, 0, (size_t)mark) : end >= 0 ? str_sub(s, 0, (size_t)end) : s;
	if (only_digits_and_slashes(path) || str_has(path, STR("//")))
		return false;
	struct str rest = str_from(path, 1);
	ssize_t slash = str_chr(rest, '/');
	return slash > 0 || has_extension(path) || (mark > 0 && str_chr(s, '=') > mark);
}

static bool wanted(struct str s)
{
	if (s.len < 3 || s.len > 512)
		return false;
	if (str_istarts(s, STR("http://")) || str_istarts(s, STR("https://")))
		return s.len > 10;
	if (str_starts(s, STR("./")) || str_starts(s, STR("../"))) {
		size_t at = s.ptr[1] == '/' ? 2 : 3;
		return s.len > at + 1 && ascii_alnum(s.ptr[at]);
	}
	return link_looks_rooted(s);
}

/* "key=/a/b": the address begins behind the sign, unless it is a query's. */
static struct str behind_equals(struct str word)
{
	ssize_t eq = str_chr(word, '=');
	if (eq < 0)
		return word;
	struct str head = str_sub(word, 0, (size_t)eq);
	if (str_chr(head, '?') >= 0 || str_chr(head, '/') >= 0)
		return word;
	return str_from(word, (size_t)eq + 1);
}

void link_text(struct str text, link_found *found, void *ctx)
{
	size_t n = text.len < LIMIT_TEXT_SCAN ? text.len : LIMIT_TEXT_SCAN, count = 0;
	for (size_t i = 0; i < n && count < LIMIT_TEXT_FOUND;) {
		if (!address_byte(text.ptr[i])) {
			i++;
			continue;
		}
		size_t from = i;
		while (i < n && address_byte(text.ptr[i]))
			i++;
		if (from > 0 && text.ptr[from - 1] == '<') /* an end tag */
			continue;
		struct str word = behind_equals(str_sub(text, from, i));
		while (word.len && strchr(".,:;!?&*@", word.ptr[word.len - 1]))
			word.len--;
		if (!wanted(word))
			continue;
		count++;
		bool markdown = from > 1 && text.ptr[from - 1] == '(' && text.ptr[from - 2] == ']'; /* a script makes a link of it */
		if (found(ctx, markdown ? LINK_JS : LINK_GUESS, word))
			return;
	}
}

void link_source_map(struct str json, link_found *found, void *ctx)
{
	_cleanup_json_ json_t *j = json_parse(json, NULL);
	const json_t *list = json_object_get(j, "sourcesContent"), *names = json_object_get(j, "sources");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i), *name = json_array_get(names, i);
		struct str from = str_make(json_string_value(name), name ? json_string_length(name) : 0);
		if (!str_has(from, STR("node_modules"))) /* libraries: nothing of this site */
			link_script(str_make(json_string_value(v), json_string_length(v)), found, ctx);
	}
}
