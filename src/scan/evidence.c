/* Evidence: the exact request and response, bounded to their heads and a window around
 * the proof, with secrets masked in place. Masks keep the length, so that positions
 * stay true. */
#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "scan/scan_private.h"

#define EVIDENCE_HEAD (16 * KIB)
#define EVIDENCE_BODY (24 * KIB) /* whole up to here */
#define EVIDENCE_WINDOW (6 * KIB) /* on each side of the proof beyond that */
#define EVIDENCE_PROOF (2 * KIB)

static bool secret_header(struct str name)
{
	static const char *const names[] = { "cookie", "set-cookie", "authorization", "proxy-authorization",
					     "x-api-key", "x-auth-token", "x-access-token", "x-csrf-token", NULL };
	for (size_t i = 0; names[i]; i++)
		if (str_ieq(name, str_c(names[i])))
			return true;
	return false;
}

static void stars(char *p, size_t n)
{
	memset(p, '*', n);
}

/* Values of name=value pairs: all but attribute names of Set-Cookie. `spare` is the
 * cookie whose value is the probe itself. */
static void mask_cookies(char *line, size_t len, struct str spare)
{
	size_t from = 0;
	for (size_t i = 0; i <= len; i++) {
		if (i < len && line[i] != ';')
			continue;
		struct str part = str_make(line + from, i - from);
		ssize_t eq = str_chr(part, '=');
		struct str name = eq < 0 ? part : str_trim(str_sub(part, 0, (size_t)eq));
		static const char *const keep[] = { "path", "domain", "expires", "max-age", "samesite", NULL };
		bool plain = eq < 0 || (spare.len && str_eq(name, spare));
		for (size_t k = 0; keep[k]; k++)
			plain = plain || str_ieq(name, str_c(keep[k]));
		if (!plain) {
			size_t v = (size_t)eq + 1, n = part.len - v, show = n > 8 ? 2 : 0;
			stars(line + from + v + show, n - show);
		}
		from = i + 1;
	}
}

/* Header lines of a head, in place. */
static void mask_head(char *p, size_t len, struct str spare)
{
	size_t at = 0;
	while (at < len) {
		size_t end = at;
		while (end < len && p[end] != '\n')
			end++;
		size_t stop = end > at && p[end - 1] == '\r' ? end - 1 : end;
		struct str line = str_make(p + at, stop - at);
		ssize_t colon = str_chr(line, ':');
		struct str name = colon > 0 ? str_sub(line, 0, (size_t)colon) : STR("");
		if (colon > 0 && secret_header(name)) {
			size_t v = at + (size_t)colon + 1;
			while (v < stop && p[v] == ' ')
				v++;
			if (str_iends(name, STR("cookie")))
				mask_cookies(p + v, stop - v, spare);
			else if (stop > v + 4)
				stars(p + v + 4, stop - v - 4);
		}
		at = end + 1;
	}
}

/* Runs of 15 to 19 digits (bank cards, ID cards, also with a final X): the middle
 * goes. */
static void mask_numbers(char *p, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = 0;
		while (i + n < len && ascii_digit(p[i + n]))
			n++;
		bool alone = i == 0 || !ascii_alnum(p[i - 1]);
		if (n == 17 && i + n < len && (p[i + n] | 0x20) == 'x')
			n++;
		if (alone && n >= 15 && n <= 19 && (i + n == len || !ascii_alnum(p[i + n])))
			stars(p + i + 4, n - 8);
		i += n ? n : 1;
	}
}

static bool inside(struct str big, struct str small, size_t *ret)
{
	uintptr_t b = (uintptr_t)big.ptr, s = (uintptr_t)small.ptr;
	if (!big.ptr || !small.ptr || s < b || s + small.len > b + big.len)
		return false;
	*ret = s - b;
	return true;
}

/* Where the proof stands: by address, else by searching. */
static bool locate(struct str hay, struct str proof, size_t *ret)
{
	if (inside(hay, proof, ret))
		return true;
	ssize_t at = proof.len ? str_find(hay, proof) : -1;
	if (at >= 0)
		*ret = (size_t)at;
	return at >= 0;
}

/* Appends part of s as clean UTF-8, `mark` bytes of it being the proof. */
static void add_marked(struct buf *b, struct str s, bool marked, size_t at, size_t len, size_t *ret_at,
		       size_t *ret_len)
{
	if (!marked) {
		utf8_sanitize(b, s);
		return;
	}
	utf8_sanitize(b, str_sub(s, 0, at));
	*ret_at = b->len;
	utf8_sanitize(b, str_sub(s, at, at + len));
	*ret_len = b->len - *ret_at;
	utf8_sanitize(b, str_from(s, at + len));
}

static struct str clean_request(struct arena *a, const struct scan_exchange *x, struct str spare, bool *cut)
{
	struct buf b;
	struct str q = x->request;
	buf_init(&b, 256 * KIB);
	if (q.len > EVIDENCE_HEAD + EVIDENCE_BODY) {
		q = str_sub(q, 0, EVIDENCE_HEAD + EVIDENCE_BODY);
		*cut = true;
	}
	utf8_sanitize(&b, q);
	ssize_t body = str_find(buf_view(&b), STR("\r\n\r\n"));
	mask_head(b.ptr, body < 0 ? b.len : (size_t)body, spare);
	mask_numbers(b.ptr, b.len);
	struct str r = arena_str(a, buf_view(&b));
	buf_free(&b);
	return r;
}

/* Body window: whole when small, else around the proof. */
static void add_body(struct buf *b, struct str body, bool marked, size_t at, size_t len,
		     struct scan_evidence *ev)
{
	size_t from = 0, to = body.len;
	if (body.len > EVIDENCE_BODY) {
		size_t mid = marked ? at : 0;
		from = mid > EVIDENCE_WINDOW ? mid - EVIDENCE_WINDOW : 0;
		to = mid + len + EVIDENCE_WINDOW < body.len ? mid + len + EVIDENCE_WINDOW : body.len;
		while (from > 0 && ((unsigned char)body.ptr[from] & 0xC0) == 0x80)
			from--;
		ev->truncated = true;
	}
	if (from)
		buf_printf(b, "[… %zu bytes …]", from);
	add_marked(b, str_sub(body, from, to), marked, at - (marked ? from : at), len, &ev->proof_at,
		   &ev->proof_len);
	if (to < body.len)
		buf_printf(b, "[… %zu bytes …]", body.len - to);
}

void evidence_build(struct arena *a, const struct scan_report *rep, const struct scan_point *pt,
		    struct scan_evidence *ret)
{
	const struct scan_exchange *x = rep->exchange;
	struct str spare = pt && pt->where == WHERE_COOKIE ? pt->name : STR("");
	struct str proof = str_sub(rep->proof, 0, EVIDENCE_PROOF);
	struct str body = x->text.len ? x->text : x->media == MEDIA_BINARY ? str_sub(x->body, 0, 4 * KIB) : x->body;
	struct str head = str_sub(x->head, 0, EVIDENCE_HEAD);
	size_t at = 0;
	bool in_head = proof.len && inside(head, proof, &at);
	bool in_body = !in_head && proof.len && locate(body, proof, &at);
	if (!in_head && !in_body && proof.len)
		in_head = locate(head, proof, &at);
	memset(ret, 0, sizeof(*ret));
	ret->truncated = x->truncated || head.len < x->head.len;
	ret->request = clean_request(a, x, spare, &ret->truncated);
	struct buf b;
	buf_init(&b, 512 * KIB);
	add_marked(&b, head, in_head, at, proof.len, &ret->proof_at, &ret->proof_len);
	mask_head(b.ptr, b.len, STR(""));
	add_body(&b, body, in_body, at, in_body ? proof.len : 0, ret);
	mask_numbers(b.ptr, b.len);
	ret->response = arena_str(a, buf_view(&b));
	buf_free(&b);
	if (ret->proof_len) {
		ret->proof = str_sub(ret->response, ret->proof_at, ret->proof_at + ret->proof_len);
		return;
	}
	ret->proof_at = 0;
	struct buf p;
	buf_init(&p, 8 * KIB);
	utf8_sanitize(&p, proof);
	ret->proof = arena_str(a, buf_view(&p));
	buf_free(&p);
	if (ret->proof.len && locate(ret->request, ret->proof, &at)) {
		ret->proof_in_request = true;
		ret->proof_at = at;
		ret->proof_len = ret->proof.len;
	}
}
