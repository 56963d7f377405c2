/* Values in wrappings: a parameter that holds base64 of a text, a JSON or an XML document has its
 * inputs inside. They are probed like any other; what is sent is wrapped again as it was. */
#include "scan/wrap.h"

#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "scan/values.h"

#define LIMIT_WRAPPED (8 * KIB)

/* The text behind base64, with either alphabet; false when it is none or no text. */
static bool unwrap_base64(struct arena *a, struct str v, unsigned *ret_kind, struct str *ret)
{
	struct buf b, plain;
	bool url = false;
	size_t n = v.len;
	while (n && v.ptr[n - 1] == '=')
		n--;
	if (v.len < 8 || v.len > LIMIT_WRAPPED || n % 4 == 1 || v.len - n > 2)
		return false;
	buf_init(&plain, LIMIT_WRAPPED + 8);
	for (size_t i = 0; i < n; i++) {
		char c = v.ptr[i];
		url = url || c == '-' || c == '_';
		if (!ascii_alnum(c) && c != '+' && c != '/' && c != '-' && c != '_') {
			buf_free(&plain);
			return false;
		}
		buf_char(&plain, c == '-' ? '+' : c == '_' ? '/' : c);
	}
	while (plain.len % 4)
		buf_char(&plain, '=');
	buf_init(&b, LIMIT_WRAPPED);
	bool ok = decode_base64(&b, buf_view(&plain)) == 0 && b.len >= 5 && utf8_invalid_at(buf_view(&b)) < 0;
	for (size_t i = 0; ok && i < b.len; i++)
		ok = (unsigned char)b.ptr[i] >= ' ' || ascii_space(b.ptr[i]);
	if (ok) {
		*ret = arena_str(a, buf_view(&b));
		*ret_kind = WRAP_BASE64 | (url ? WRAP_URLSAFE : 0) | (v.len % 4 ? WRAP_UNPADDED : 0);
	}
	buf_free(&plain);
	buf_free(&b);
	return ok;
}

static size_t leaves(struct arena *a, struct str text, unsigned *kind, struct body_value *list, size_t max)
{
	struct str t = str_trim(text);
	size_t n = 0;
	if (t.len < 5 || t.len > LIMIT_WRAPPED)
		return 0;
	if (t.ptr[0] == '{' || t.ptr[0] == '[') {
		n = values_of_json(a, text, list, max);
		*kind |= n ? WRAP_JSON : 0;
	} else if (t.ptr[0] == '<') {
		n = values_of_xml(a, text, list, max);
		*kind |= n ? WRAP_XML : 0;
	}
	return n;
}

size_t wrap_find(struct arena *a, struct str value, struct wrap *list, size_t max)
{
	struct body_value found[LIMIT_WRAP_LEAVES];
	unsigned kind = 0;
	struct str text = value;
	unwrap_base64(a, value, &kind, &text);
	size_t n = leaves(a, text, &kind, found, max < LIMIT_WRAP_LEAVES ? max : LIMIT_WRAP_LEAVES);
	if (!kind || !max)
		return 0;
	if (!(kind & (WRAP_JSON | WRAP_XML))) {
		list[0] = (struct wrap){ .kind = kind, .outer = value, .inner = STR(""), .value = text };
		return 1;
	}
	if (n == max)
		n--;
	for (size_t i = 0; i < n; i++)
		list[i] = (struct wrap){ .kind = kind, .outer = value, .inner = found[i].name, .value = found[i].value };
	if ((kind & WRAP_BASE64) && (kind & WRAP_XML)) /* the document too: what is in front of it matters */
		list[n++] = (struct wrap){ .kind = kind & ~(unsigned)WRAP_XML, .outer = value, .inner = STR(""), .value = text };
	return n;
}

static struct str put_leaf(struct arena *a, const struct wrap *w, struct str text, struct str v, bool raw)
{
	struct body_value found[LIMIT_WRAP_LEAVES];
	size_t n = w->kind & WRAP_JSON ? values_of_json(a, text, found, LIMIT_WRAP_LEAVES)
				       : values_of_xml(a, text, found, LIMIT_WRAP_LEAVES);
	struct buf b;
	buf_init(&b, 1 * MIB);
	for (size_t i = 0; i < n; i++)
		if (str_eq(found[i].name, w->inner)) {
			values_replace(&b, text, &found[i], v, raw);
			break;
		}
	struct str r = arena_str(a, buf_view(&b));
	buf_free(&b);
	return r;
}

struct str wrap_put(struct arena *a, const struct wrap *w, struct str v, bool raw)
{
	unsigned kind = 0;
	struct str text = w->outer;
	if (w->kind & WRAP_BASE64)
		unwrap_base64(a, w->outer, &kind, &text);
	if (w->kind & (WRAP_JSON | WRAP_XML))
		v = put_leaf(a, w, text, v, raw);
	if (!(w->kind & WRAP_BASE64))
		return v;
	struct buf b;
	buf_init(&b, 2 * MIB);
	encode_base64(&b, v);
	while (w->kind & WRAP_UNPADDED && b.len && b.ptr[b.len - 1] == '=')
		b.len--;
	for (size_t i = 0; w->kind & WRAP_URLSAFE && i < b.len; i++)
		b.ptr[i] = b.ptr[i] == '+' ? '-' : b.ptr[i] == '/' ? '_' : b.ptr[i];
	struct str r = arena_str(a, buf_view(&b));
	buf_free(&b);
	return r;
}
