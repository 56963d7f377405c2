/* Responses: their memory, and the tolerant reader of status line and headers. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/http_private.h"

struct response *response_new(size_t max_body)
{
	struct response *r = mem_alloc(sizeof(*r));

	r->magic = RESPONSE_MAGIC;
	buf_init(&r->head, LIMIT_HTTP_HEAD);
	buf_init(&r->body, max_body);
	buf_init(&r->sent, LIMIT_HTTP_REQUEST + LIMIT_HTTP_HEAD);
	return r;
}

void http_response_free(struct http_response *pub)
{
	if (!pub)
		return;
	struct response *r = response_of(pub);

	CHECK_OBJ(r, RESPONSE_MAGIC);
	r->magic = 0;
	buf_free(&r->head);
	buf_free(&r->body);
	buf_free(&r->sent);
	free(r->pub.headers);
	free(r);
}

struct str http_header_get(const struct http_header *h, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_ieq(h[i].name, name))
			return h[i].value;
	return STR_NULL;
}

struct str http_response_header(const struct http_response *r, const char *name)
{
	return http_header_get(r->headers, r->nheaders, str_c(name));
}

/* Takes a line with its LF or CR LF off *rest; the line comes without them. */
static bool next_line(struct str *rest, struct str *ret)
{
	if (rest->len == 0)
		return false;
	ssize_t nl = str_chr(*rest, '\n');

	*ret = nl < 0 ? *rest : str_sub(*rest, 0, (size_t)nl);
	*rest = nl < 0 ? STR("") : str_from(*rest, (size_t)nl + 1);
	if (ret->len && ret->ptr[ret->len - 1] == '\r')
		ret->len--;
	return true;
}

static int parse_status_line(struct http_response *r, struct str line)
{
	if (!str_istarts(line, STR("HTTP/")))
		return -1;
	struct str s = str_from(line, 5);
	int major = s.len && ascii_digit(s.ptr[0]) ? s.ptr[0] - '0' : 1;
	int minor = s.len > 2 && s.ptr[1] == '.' && ascii_digit(s.ptr[2]) ? s.ptr[2] - '0' : 0;
	ssize_t space = str_chr(s, ' ');

	if (space < 0)
		return -1;
	s = str_trim(str_from(s, (size_t)space));
	if (s.len < 3 || !ascii_digit(s.ptr[0]) || !ascii_digit(s.ptr[1]) || !ascii_digit(s.ptr[2]))
		return -1;
	r->version = major * 10 + minor;
	r->status = (s.ptr[0] - '0') * 100 + (s.ptr[1] - '0') * 10 + s.ptr[2] - '0';
	r->reason = str_trim(str_from(s, 3));
	return 0;
}

int response_parse_head(struct response *full)
{
	struct http_response *r = &full->pub;
	struct str rest = buf_view(&full->head), line;
	size_t lines = 0;

	r->head = rest;
	if (!next_line(&rest, &line) || parse_status_line(r, line) < 0)
		return -1;
	for (size_t i = 0; i < rest.len; i++)
		lines += rest.ptr[i] == '\n';
	free(r->headers);
	r->nheaders = 0;
	r->headers = mem_array(lines + 1, sizeof(*r->headers));
	while (next_line(&rest, &line) && line.len) {
		struct http_header *last = r->nheaders ? &r->headers[r->nheaders - 1] : NULL;

		if ((line.ptr[0] == ' ' || line.ptr[0] == '\t') && last) {
			/* Folded (obsolete): the value runs on, line break included. */
			struct str more = str_trim(line);

			if (last->value.len == 0)
				last->value = more;
			else if (more.len)
				last->value.len = (size_t)(more.ptr + more.len - last->value.ptr);
			continue;
		}
		if (r->nheaders >= LIMIT_HTTP_HEADERS)
			break;
		ssize_t colon = str_chr(line, ':');
		struct http_header *h = &r->headers[r->nheaders++];

		h->name = str_trim(colon < 0 ? line : str_sub(line, 0, (size_t)colon));
		h->value = colon < 0 ? STR("") : str_trim(str_from(line, (size_t)colon + 1));
	}
	return 0;
}

int response_finish(struct response *r)
{
	r->pub.body = buf_view(&r->body);
	r->pub.sent = buf_view(&r->sent);
	r->pub.reason = STR("");
	r->pub.head = STR("");
	if (r->head.len == 0)
		return -1;
	return response_parse_head(r);
}
