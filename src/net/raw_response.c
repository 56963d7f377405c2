/* Reading a response from bytes, as a lenient proxy would: bare LF, folded lines, chunks
 * with junk behind their sizes, lengths that lie. Never reads beyond the bytes given. */
#include "base/limits.h"
#include "net/http_private.h"
#include "net/rawsend.h"

/* Length of the head with its blank line; 0 when it is not whole. */
static size_t head_length(struct str s)
{
	size_t i = 0;

	while (i < s.len) {
		const char *nl = memchr(s.ptr + i, '\n', s.len - i);

		if (!nl)
			return 0;
		size_t next = (size_t)(nl - s.ptr) + 1;

		if (next < s.len && s.ptr[next] == '\n')
			return next + 1;
		if (next + 1 < s.len && s.ptr[next] == '\r' && s.ptr[next + 1] == '\n')
			return next + 2;
		i = next;
	}
	return 0;
}

/* A chunk-size line at s: bytes of the line, size in *ret; 0 when not whole, -1 malformed. */
static ssize_t chunk_line(struct str s, uint64_t *ret)
{
	ssize_t nl = str_chr(s, '\n');
	struct str line = str_trim(nl < 0 ? s : str_sub(s, 0, (size_t)nl));
	uint64_t v = 0;
	size_t i = 0;

	if (nl < 0)
		return s.len > 4096 ? -1 : 0;
	for (; i < line.len; i++) {
		char c = ascii_lower(line.ptr[i]);
		unsigned d = ascii_digit(c)           ? (unsigned)(c - '0')
			     : (c >= 'a' && c <= 'f') ? (unsigned)(c - 'a' + 10)
						      : 99;

		if (d == 99)
			break;
		if (v > UINT32_MAX)
			return -1;
		v = v * 16 + d;
	}
	if (i == 0)
		return -1;
	*ret = v;
	return nl + 1;
}

/* De-chunks s into out (may be NULL). Bytes used with *ret_done; malformed input ends it. */
static size_t dechunk(struct str s, struct buf *out, bool *ret_done)
{
	size_t at = 0;

	*ret_done = false;
	for (;;) {
		uint64_t size;
		ssize_t line = chunk_line(str_from(s, at), &size);

		if (line <= 0) {
			*ret_done = line < 0; /* nothing more to be made of it */
			return at;
		}
		at += (size_t)line;
		if (size == 0) {
			/* Trailers end with a blank line. */
			struct str rest = str_from(s, at);
			ssize_t nl;

			while ((nl = str_chr(rest, '\n')) >= 0) {
				at += (size_t)nl + 1;
				*ret_done = str_trim(str_sub(rest, 0, (size_t)nl)).len == 0;
				if (*ret_done)
					return at;
				rest = str_from(s, at);
			}
			return at;
		}
		size_t have = s.len - at, part = size < have ? (size_t)size : have;

		if (out)
			buf_add(out, s.ptr + at, part);
		at += part;
		if (part < size)
			return at;
		if (at < s.len && s.ptr[at] == '\r')
			at++;
		if (at < s.len && s.ptr[at] == '\n')
			at++;
		if (at >= s.len)
			return at;
	}
}

enum framing { BY_CLOSE, BY_LENGTH, BY_CHUNKS, NO_BODY };

static enum framing framing_of(const struct http_response *r, uint64_t *ret_length)
{
	struct str te = http_response_header(r, "Transfer-Encoding");
	struct str length = http_response_header(r, "Content-Length");

	if (r->status < 200 || r->status == 204 || r->status == 304)
		return NO_BODY;
	if (te.ptr && str_ihas(te, STR("chunked")))
		return BY_CHUNKS;
	if (length.ptr && str_to_u64(length, ret_length) == 0)
		return BY_LENGTH;
	return BY_CLOSE;
}

static struct response *read_head(struct str bytes, size_t *ret_len)
{
	size_t len = head_length(bytes);
	struct response *r = response_new(LIMIT_HTTP_BODY);

	buf_str(&r->head, len ? str_sub(bytes, 0, len) : bytes);
	*ret_len = len ? len : bytes.len;
	if (response_finish(r) == 0)
		return r;
	http_response_free(&r->pub);
	return NULL;
}

bool raw_response_complete(struct str bytes)
{
	for (;;) {
		size_t head = head_length(bytes);
		uint64_t length = 0;
		bool done = false;

		if (!str_istarts(bytes, STR("HTTP/")) || head == 0)
			return false;
		struct response *r = read_head(bytes, &head);

		if (!r)
			return false;
		enum framing f = framing_of(&r->pub, &length);
		bool interim = r->pub.status < 200 && r->pub.status != 101;

		http_response_free(&r->pub);
		bytes = str_from(bytes, head);
		if (interim)
			continue;
		if (f == BY_CHUNKS)
			dechunk(bytes, NULL, &done);
		return f == NO_BODY || (f == BY_LENGTH && bytes.len >= length) || done;
	}
}

int raw_parse_response(struct str bytes, struct http_response **ret, size_t *ret_used,
		       struct error *e)
{
	uint64_t length = 0;
	size_t head = 0, used = 0;
	bool done = true;
	struct response *r = str_istarts(bytes, STR("HTTP/")) ? read_head(bytes, &head) : NULL;

	if (!r)
		return error_set(e, "http.bad-response", "服务器的答复不是有效的 HTTP",
				 "The server's answer is not valid HTTP");
	struct str rest = str_from(bytes, head);

	switch (framing_of(&r->pub, &length)) {
	case NO_BODY:
		break;
	case BY_LENGTH:
		used = length < rest.len ? (size_t)length : rest.len;
		done = rest.len >= length;
		buf_add(&r->body, rest.ptr, used);
		break;
	case BY_CHUNKS:
		used = dechunk(rest, &r->body, &done);
		break;
	case BY_CLOSE:
		used = rest.len;
		buf_str(&r->body, rest);
		break;
	}
	r->pub.body = buf_view(&r->body);
	r->pub.wire_bytes = used;
	r->pub.truncated = !done || r->body.overflow;
	if (ret_used)
		*ret_used = head + used;
	*ret = &r->pub;
	return 0;
}
