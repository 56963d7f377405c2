/* Two-byte filter (65,536 bits, folded to lower case) in front of hash chains of
 * strings. Every byte of the text is looked at once; a string is compared only
 * where its first two bytes stand. */
#include "scan/literals.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/vec.h"

#define NONE UINT32_MAX

struct entry {
	const struct scan_check *check;
	const struct scan_literal *literal;
	size_t which;
	uint32_t next; /* same first two bytes, folded */
};

struct literals {
	uint64_t filter[65536 / 64];
	uint32_t head[65536];
	VEC(struct entry) entries;
};

static unsigned pair_of(const char *p)
{
	return (unsigned)(unsigned char)ascii_lower(p[0]) << 8 | (unsigned char)ascii_lower(p[1]);
}

static void add(struct literals *l, const struct scan_check *c, size_t which)
{
	const struct scan_literal *lit = &c->literals[which];

	check(lit->text.len >= 3);
	unsigned pair = pair_of(lit->text.ptr);
	struct entry *e = vec_push(&l->entries);

	*e = (struct entry){ c, lit, which, l->head[pair] };
	l->head[pair] = (uint32_t)l->entries.len - 1;
	l->filter[pair / 64] |= 1ull << (pair % 64);
}

struct literals *literals_new(const struct scan_check *const *checks)
{
	struct literals *l = mem_alloc(sizeof(*l));

	memset(l->head, 0xff, sizeof(l->head));
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

	for (size_t i = 0; i + 2 < text.len; i++) {
		unsigned pair = pair_of(text.ptr + i);

		if (!(l->filter[pair / 64] >> (pair % 64) & 1))
			continue;
		for (uint32_t n = l->head[pair]; n != NONE; n = l->entries.ptr[n].next) {
			const struct entry *e = &l->entries.ptr[n];

			if (hits[n] >= LIMIT_LITERAL_HITS || !stands_at(e->literal, text, i))
				continue;
			hits[n]++;
			hit(arg, e->check, e->which, i);
		}
	}
}
