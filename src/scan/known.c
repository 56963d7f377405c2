/* Incremental scans: what the last complete scan saw of each page (validators and a signature
 * of the content) is given; pages are asked for conditionally, and one that has not changed
 * is not probed again. The signature leaves out what changes by itself: digits, and words of
 * letters and digits mixed (tokens, versions, times). */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "scan/scan_private.h"

#define LIMIT_KNOWN 300000 /* pages; the rest is scanned as if new */

struct known {
	struct str etag, modified, mime, title;
	uint64_t digest, size;
	uint32_t depth, status;
};

void scan_known_put(struct buf *b, const struct scan_page_info *p)
{
	if (!str_eq(p->method, STR("GET")) || !p->digest || p->missing)
		return;
	buf_blob(b, p->url);
	buf_blob(b, p->etag);
	buf_blob(b, p->modified);
	buf_blob(b, p->mime);
	buf_blob(b, p->title);
	buf_u64(b, p->digest);
	buf_u64(b, p->size);
	buf_u32(b, p->depth);
	buf_u32(b, (uint32_t)p->status);
}

static int take(struct reader *r, struct str *url, struct known *k)
{
	return reader_blob(r, url) < 0 || reader_blob(r, &k->etag) < 0 || reader_blob(r, &k->modified) < 0 ||
			       reader_blob(r, &k->mime) < 0 || reader_blob(r, &k->title) < 0 ||
			       reader_u64(r, &k->digest) < 0 || reader_u64(r, &k->size) < 0 ||
			       reader_u32(r, &k->depth) < 0 || reader_u32(r, &k->status) < 0 ?
		       -1 :
		       0;
}

/* ---- the form of a page in journals and frames ---- */

void page_info_encode(const struct scan_page_info *p, struct buf *b)
{
	buf_blob(b, p->url);
	buf_blob(b, p->method);
	buf_blob(b, p->mime);
	buf_blob(b, p->title);
	buf_blob(b, p->etag);
	buf_blob(b, p->modified);
	buf_u32(b, (uint32_t)p->status);
	buf_u32(b, p->depth);
	buf_u64(b, p->size);
	buf_u64(b, p->digest);
	buf_u32(b, (uint32_t)p->missing | (uint32_t)p->unchanged << 1);
}

int page_info_decode(struct reader *r, struct scan_page_info *ret)
{
	struct scan_page_info p = { 0 };
	uint32_t status, flags;
	if (reader_blob(r, &p.url) < 0 || reader_blob(r, &p.method) < 0 || reader_blob(r, &p.mime) < 0 ||
	    reader_blob(r, &p.title) < 0 || reader_blob(r, &p.etag) < 0 || reader_blob(r, &p.modified) < 0 ||
	    reader_u32(r, &status) < 0 || reader_u32(r, &p.depth) < 0 || reader_u64(r, &p.size) < 0 ||
	    reader_u64(r, &p.digest) < 0 || reader_u32(r, &flags) < 0)
		return -1;
	p.status = (int)status;
	p.missing = flags & 1;
	p.unchanged = flags & 2;
	*ret = p;
	return 0;
}

/* ---- what was known ---- */

void known_start(struct run *r)
{
	r->known = map_new();
	for (size_t i = 0; i < r->o.known_len && !r->o.retest_len; i++) {
		struct reader rd = reader_of(r->o.known[i]);
		struct known k;
		struct str url;
		while (rd.ptr < rd.end && map_len(r->known) < LIMIT_KNOWN && take(&rd, &url, &k) == 0) {
			struct known *copy = mem_alloc(sizeof(*copy));
			*copy = k; /* the texts stay where the options have them */
			free(map_put(r->known, url, copy));
		}
	}
}

void known_free(struct run *r)
{
	if (r->known)
		map_free_values(r->known, free);
}

static const struct known *known_of(const struct run *r, const struct spec *s)
{
	if (s->body.len || !str_eq(s->method, STR("GET")) || str_eq(s->url, r->o.target))
		return NULL; /* the start page is looked at in any case */
	return map_get(r->known, s->url);
}

/* Its links are not seen again where it says that it did not change: what was there then
 * is asked for by itself. */
void known_seeds(struct run *r)
{
	struct map_iter it = { 0 };
	struct str url;
	void *value;
	while (map_next(r->known, &it, &url, &value)) {
		const struct known *k = value;
		frontier_push(r, &(struct spec){ .method = STR("GET"), .url = url, .kind = LINK_SEED, .depth = k->depth });
	}
}

void known_headers(struct run *r, struct send *s, const struct spec *spec)
{
	const struct known *k = known_of(r, spec);
	if (k && k->etag.len)
		send_add_header(s, STR("If-None-Match"), k->etag);
	if (k && k->modified.len)
		send_add_header(s, STR("If-Modified-Since"), k->modified);
}

/* The page as it was, when the answer says that it did not change. */
bool known_unchanged(struct run *r, const struct spec *spec, const struct answer *a, struct scan_page_info *ret)
{
	const struct known *k = known_of(r, spec);
	if (!k || (a->x.status == 304 ? !k->etag.len && !k->modified.len :
					(uint32_t)a->x.status != k->status || ret->digest != k->digest))
		return false;
	ret->unchanged = true;
	if (a->x.status != 304)
		return true;
	ret->etag = k->etag;
	ret->modified = k->modified;
	ret->mime = k->mime;
	ret->title = k->title;
	ret->digest = k->digest;
	ret->size = k->size;
	ret->status = (int)k->status;
	return true;
}

static bool word_char(char c)
{
	return ascii_alnum(c) || c == '_' || c == '-';
}

uint64_t known_digest(const struct scan_exchange *x)
{
	struct str s = x->text.len ? x->text : x->body;
	uint64_t h = 0xcbf29ce484222325ull ^ (uint64_t)x->status;
	if (x->truncated)
		return 0;
	for (size_t i = 0; i < s.len;) {
		size_t from = i;
		bool digit = false;
		while (i < s.len && word_char(s.ptr[i]))
			digit = ascii_digit(s.ptr[i++]) || digit;
		if (i == from) {
			h = ascii_space(s.ptr[i]) ? h : (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3ull;
			i++;
			continue;
		}
		for (size_t k = from; !digit && k < i; k++)
			h = (h ^ (unsigned char)s.ptr[k]) * 0x100000001b3ull;
		h = (h ^ (digit ? 1 : 2)) * 0x100000001b3ull;
	}
	return h ? h : 1;
}
