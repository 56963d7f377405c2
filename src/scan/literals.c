/* A filter over hashes of three bytes (262,144 bits, folded to lower case) in front of
 * hash chains of strings. Every byte of the text is looked at once; a string is compared
 * only where the hash of its first three bytes stands, which thousands of strings do not
 * make much more often than one. */
#include "scan/literals.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/vec.h"

#define NONE UINT32_MAX
#define FILTER_BITS 18
#define HEAD_BITS 14

struct entry {
	const struct scan_check *check;
	const struct scan_literal *literal;
	size_t which;
	uint32_t first; /* its first three bytes, folded */
	uint32_t next;	/* same hash */
};

struct literals {
	uint64_t filter[(1 << FILTER_BITS) / 64];
	uint32_t head[1 << HEAD_BITS];
	VEC(struct entry) entries;
	unsigned char fold[256];
};

static uint32_t hash_of(uint32_t three)
{
	return three * 2654435761u >> (32 - FILTER_BITS);
}

static void add(struct literals *l, const struct scan_check *c, size_t which)
{
	const struct scan_literal *lit = &c->literals[which];
	uint32_t three = 0;

	check(lit->text.len >= 3);
	for (int i = 0; i < 3; i++)
		three = three << 8 | l->fold[(unsigned char)lit->text.ptr[i]];
	uint32_t h = hash_of(three);
	struct entry *e = vec_push(&l->entries);

	*e = (struct entry){ c, lit, which, three, l->head[h >> (FILTER_BITS - HEAD_BITS)] };
	l->head[h >> (FILTER_BITS - HEAD_BITS)] = (uint32_t)l->entries.len - 1;
	l->filter[h / 64] |= 1ull << (h % 64);
}

struct literals *literals_new(const struct scan_check *const *checks)
{
	struct literals *l = mem_alloc(sizeof(*l));

	memset(l->head, 0xff, sizeof(l->head));
	for (int i = 0; i < 256; i++)
		l->fold[i] = (unsigned char)ascii_lower((char)i);
	for (; *checks; checks++)
		for (size_t i = 0; i < (*checks)->literals_len; i++)
			add(l, *checks, i);
	return l;
}

void literals_free(struct literals *l)
{
	if (!l)
		return;
	vec_free(&l->entries);
	free(l);
}

static bool stands_at(const struct scan_literal *lit, struct str text, size_t at)
{
	struct str rest = str_from(text, at);

	return lit->nocase ? str_istarts(rest, lit->text) : str_starts(rest, lit->text);
}

void literals_scan(const struct literals *l, struct str text,
		   void (*hit)(void *arg, const struct scan_check *c, size_t which, size_t at),
		   void *arg)
{
	if (l->entries.len == 0 || text.len < 3)
		return;
	_cleanup_free_ unsigned char *hits = mem_alloc(l->entries.len);
	const unsigned char *p = (const unsigned char *)text.ptr;
	uint32_t three = (uint32_t)l->fold[p[0]] << 8 | l->fold[p[1]];

	for (size_t i = 0; i + 2 < text.len; i++) {
		three = (three << 8 | l->fold[p[i + 2]]) & 0xffffff;
		uint32_t h = hash_of(three);

		if (!(l->filter[h / 64] >> (h % 64) & 1))
			continue;
		for (uint32_t n = l->head[h >> (FILTER_BITS - HEAD_BITS)]; n != NONE; n = l->entries.ptr[n].next) {
			const struct entry *e = &l->entries.ptr[n];

			if (e->first != three || hits[n] >= LIMIT_LITERAL_HITS || !stands_at(e->literal, text, i))
				continue;
			hits[n]++;
			hit(arg, e->check, e->which, i);
		}
	}
}
