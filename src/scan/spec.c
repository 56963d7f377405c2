/* A request to be made, in one heap block, with its journal form and its identity;
 * and answers: exchanges shared by reference count. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "scan/scan_private.h"

#define SPEC_OUTSIDE 0x100u /* beside the kind, in the journal */

static struct str put(char **at, struct str s)
{
	struct str r = str_make(*at, s.len);
	if (s.len)
		memcpy(*at, s.ptr, s.len);
	*at += s.len;
	return r;
}

struct spec *spec_new(const struct spec *c)
{
	struct spec *s = mem_alloc(sizeof(*s) + c->method.len + c->url.len + c->body.len + c->type.len + c->from.len);
	char *at = (char *)(s + 1);
	*s = *c;
	s->next = NULL;
	s->method = put(&at, c->method);
	s->url = put(&at, c->url);
	s->body = put(&at, c->body);
	s->type = put(&at, c->type);
	s->from = put(&at, c->from);
	return s;
}

void spec_encode(const struct spec *s, struct buf *b)
{
	buf_u32(b, s->depth);
	buf_u32(b, s->path_inputs);
	buf_u32(b, (uint32_t)s->kind | (s->outside ? SPEC_OUTSIDE : 0));
	buf_u64(b, s->order);
	buf_blob(b, s->method);
	buf_blob(b, s->url);
	buf_blob(b, s->body);
	buf_blob(b, s->type);
	buf_blob(b, s->from);
}

struct spec *spec_decode(struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct spec s = { 0 };
	uint32_t kind;
	if (reader_u32(&r, &s.depth) < 0 || reader_u32(&r, &s.path_inputs) < 0 || reader_u32(&r, &kind) < 0 || reader_u64(&r, &s.order) < 0 ||
	    reader_blob(&r, &s.method) < 0 || reader_blob(&r, &s.url) < 0 || reader_blob(&r, &s.body) < 0 ||
	    reader_blob(&r, &s.type) < 0 || reader_blob(&r, &s.from) < 0 || (kind & ~SPEC_OUTSIDE) > LINK_API_GUESS)
		return NULL;
	s.kind = (enum scan_link_kind)(kind & ~SPEC_OUTSIDE);
	s.outside = (kind & SPEC_OUTSIDE) != 0;
	return spec_new(&s);
}

void spec_key(const struct spec *s, char out[33])
{
	struct buf b;
	buf_init(&b, 4 * MIB);
	buf_blob(&b, s->method);
	buf_blob(&b, s->url);
	buf_blob(&b, s->body);
	kit_hash(buf_view(&b), out);
	buf_free(&b);
}

struct answer *answer_ref(struct answer *a)
{
	check(a->refs > 0);
	a->refs++;
	return a;
}

void answer_unref(struct answer *a)
{
	if (!a)
		return;
	check(a->refs > 0);
	if (--a->refs)
		return;
	http_response_free(a->response);
	arena_free(a->arena); /* the answer itself lives in it */
}

const struct kit_sig *answer_sig(struct answer *a)
{
	if (!a->has_sig) {
		kit_sign(a->x.text.len ? a->x.text : a->x.body, a->x.status, &a->sig);
		a->has_sig = true;
	}
	return &a->sig;
}
