/* Keys are folded to lower case, so that one table serves both kinds of strings; the
 * comparison knows which it is. A text made to hit one key all the time meets a chain
 * of strings: keys are chosen so that chains stay short, and each string is compared no
 * more once it has been found. */
#include "scan/template/prefilter.h"

#include "base/check.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"

#define FILTER_BITS 20 /* 128 KiB: stays in the second cache */
#define COUNT_BITS 16

struct string {
	struct str text;
	bool nocase;
	uint32_t key, next; /* of the same bucket */
	uint32_t at;	    /* where the key stands in the text */
};

struct prefilter {
	VEC(struct string) list;
	struct map *known;
	uint64_t *filter;
	uint32_t *heads;
	uint32_t mask;
};

static uint32_t fold4(const char *p)
{
	uint32_t v = 0;
	for (int i = 0; i < 4; i++)
		v = v << 8 | (unsigned char)ascii_lower(p[i]);
	return v;
}

static uint32_t mix(uint32_t v)
{
	v *= 0x9E3779B1u;
	return v ^ v >> 15;
}

struct prefilter *prefilter_new(void)
{
	struct prefilter *f = mem_alloc(sizeof(*f));
	f->known = map_new();
	return f;
}

void prefilter_free(struct prefilter *f)
{
	if (!f)
		return;
	vec_free(&f->list);
	map_free(f->known);
	free(f->filter);
	free(f->heads);
	free(f);
}

uint32_t prefilter_add(struct prefilter *f, struct str text, bool nocase)
{
	char key[260];
	if (text.len < PREFILTER_MIN)
		return UINT32_MAX;
	check(!f->filter);
	/* long ones are told apart by their text anyway: a few may be there twice */
	bool small = text.len < sizeof(key) - 1;
	if (small) {
		key[0] = nocase ? 'i' : 'c';
		for (size_t i = 0; i < text.len; i++)
			key[i + 1] = nocase ? ascii_lower(text.ptr[i]) : text.ptr[i];
		uintptr_t n = (uintptr_t)map_get(f->known, str_make(key, text.len + 1));
		if (n)
			return (uint32_t)(n - 1);
	}
	*vec_push(&f->list) = (struct string){ .text = text, .nocase = nocase };
	if (small)
		map_put(f->known, str_make(key, text.len + 1), (void *)(uintptr_t)f->list.len);
	return (uint32_t)f->list.len - 1;
}

static void choose_key(struct string *s, const uint32_t *counts)
{
	uint32_t best = UINT32_MAX;
	for (size_t i = 0; i + 4 <= s->text.len && i < 256; i++) {
		uint32_t k = fold4(s->text.ptr + i), n = counts[mix(k) >> (32 - COUNT_BITS)];
		if (n < best) {
			best = n;
			s->key = k;
			s->at = (uint32_t)i;
		}
	}
}

void prefilter_build(struct prefilter *f)
{
	_cleanup_free_ uint32_t *counts = mem_array((size_t)1 << COUNT_BITS, sizeof(*counts));
	size_t size = 1024;
	map_free(f->known);
	f->known = NULL;
	for (size_t n = 0; n < f->list.len; n++) {
		struct str t = f->list.ptr[n].text;
		for (size_t i = 0; i + 4 <= t.len && i < 256; i++)
			counts[mix(fold4(t.ptr + i)) >> (32 - COUNT_BITS)]++;
	}
	while (size < f->list.len * 2)
		size *= 2;
	f->mask = (uint32_t)size - 1;
	f->filter = mem_array((size_t)1 << (FILTER_BITS - 6), sizeof(*f->filter));
	f->heads = mem_array(size, sizeof(*f->heads));
	memset(f->heads, 0xff, size * sizeof(*f->heads));
	for (size_t n = 0; n < f->list.len; n++) {
		struct string *s = &f->list.ptr[n];
		choose_key(s, counts);
		uint32_t h = mix(s->key), bit = h >> (32 - FILTER_BITS);
		f->filter[bit / 64] |= 1ull << (bit % 64);
		s->next = f->heads[h & f->mask];
		f->heads[h & f->mask] = (uint32_t)n;
	}
}

size_t prefilter_len(const struct prefilter *f)
{
	return f->list.len;
}

static void compare(const struct prefilter *f, struct str text, size_t at, uint32_t key, uint32_t h, uint64_t *bits)
{
	for (uint32_t n = f->heads[h & f->mask]; n != UINT32_MAX; n = f->list.ptr[n].next) {
		const struct string *s = &f->list.ptr[n];
		if (s->key != key || s->at > at || prefilter_bit(bits, n))
			continue;
		struct str rest = str_from(text, at - s->at);
		if (s->nocase ? str_istarts(rest, s->text) : str_starts(rest, s->text))
			bits[n / 64] |= 1ull << (n % 64);
	}
}

void prefilter_scan(const struct prefilter *f, struct str text, uint64_t *bits)
{
	if (text.len < 4 || f->list.len == 0)
		return;
	uint32_t key = fold4(text.ptr) >> 8;
	for (size_t i = 0; i + 4 <= text.len; i++) {
		key = key << 8 | (unsigned char)ascii_lower(text.ptr[i + 3]);
		uint32_t h = mix(key), bit = h >> (32 - FILTER_BITS);
		if (f->filter[bit / 64] >> (bit % 64) & 1)
			compare(f, text, i, key, h, bits);
	}
}
