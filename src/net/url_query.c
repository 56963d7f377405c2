/* Queries and forms as ordered pairs of raw bytes. Splitting and joining is lossless, so
 * that a probe changes one value and nothing else. */
#include "base/encode.h"
#include "base/limits.h"
#include "base/vec.h"
#include "net/url.h"

/* Browsers know only '&' as the separator; ';' stays part of the value. */
struct url_pairs url_pairs_split(struct arena *a, struct str query)
{
	size_t n = 1;

	for (size_t i = 0; i < query.len && n < LIMIT_URL_PAIRS; i++)
		n += query.ptr[i] == '&';
	struct url_pairs r = { 0 };

	if (query.len == 0)
		return r;
	r.ptr = arena_array(a, n, sizeof(*r.ptr));
	while (r.len < n) {
		ssize_t amp = r.len + 1 == n ? -1 : str_chr(query, '&');
		struct str part = amp < 0 ? query : str_sub(query, 0, (size_t)amp);
		ssize_t eq = str_chr(part, '=');
		struct url_pair *p = &r.ptr[r.len];

		p->sep = r.len ? '&' : 0;
		p->has_eq = eq >= 0;
		p->name = eq < 0 ? part : str_sub(part, 0, (size_t)eq);
		p->value = eq < 0 ? STR("") : str_from(part, (size_t)eq + 1);
		r.len++;
		if (amp < 0)
			break;
		query = str_from(query, (size_t)amp + 1);
	}
	return r;
}

void url_pairs_join(struct buf *b, const struct url_pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_char(b, pairs[i].sep ? pairs[i].sep : '&');
		buf_str(b, pairs[i].name);
		if (pairs[i].has_eq || pairs[i].value.len)
			buf_char(b, '=');
		buf_str(b, pairs[i].value);
	}
}

struct str url_form_decode(struct arena *a, struct str raw)
{
	if (str_chr(raw, '%') < 0 && str_chr(raw, '+') < 0)
		return arena_str(a, raw);
	_cleanup_buf_ struct buf b = BUF_INIT(raw.len);

	decode_percent(&b, raw, true);
	return arena_str(a, buf_view(&b));
}

void url_form_encode(struct buf *b, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (ascii_alnum((char)c) || (c && strchr("*-._", c))) {
			buf_char(b, (char)c);
		} else {
			buf_char(b, '%');
			buf_char(b, hex[c >> 4]);
			buf_char(b, hex[c & 15]);
		}
	}
}
