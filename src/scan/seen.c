/* Open addressing over 64-bit hashes, a power of two of slots, at most three quarters full.
 * 0 marks an empty slot; a hash of 0 becomes 1. */
#include "scan/seen.h"

#include "base/mem.h"

struct seen {
	uint64_t *slots;
	size_t cap, len;
};

struct seen *seen_new(void)
{
	struct seen *s = mem_alloc(sizeof(*s));
	s->cap = 1024;
	s->slots = mem_array(s->cap, sizeof(*s->slots));
	return s;
}

void seen_free(struct seen *s)
{
	if (!s)
		return;
	free(s->slots);
	free(s);
}

static uint64_t mix(uint64_t h)
{
	h = (h ^ (h >> 32)) * 0x9e3779b97f4a7c15ull;
	h = (h ^ (h >> 29)) * 0xbf58476d1ce4e5b9ull;
	h ^= h >> 32;
	return h ? h : 1;
}

static size_t slot_of(const struct seen *s, uint64_t h)
{
	size_t i = (size_t)h & (s->cap - 1);
	while (s->slots[i] && s->slots[i] != h)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void grow(struct seen *s)
{
	uint64_t *old = s->slots;
	size_t n = s->cap;
	s->cap *= 2;
	s->slots = mem_array(s->cap, sizeof(*s->slots));
	for (size_t i = 0; i < n; i++)
		if (old[i])
			s->slots[slot_of(s, old[i])] = old[i];
	free(old);
}

bool seen_add(struct seen *s, struct str key)
{
	uint64_t h = mix(str_hash(key));
	size_t i = slot_of(s, h);
	if (s->slots[i])
		return false;
	s->slots[i] = h;
	if (++s->len > s->cap / 4 * 3)
		grow(s);
	return true;
}

bool seen_has(const struct seen *s, struct str key)
{
	return s->slots[slot_of(s, mix(str_hash(key)))] != 0;
}

size_t seen_len(const struct seen *s)
{
	return s->len;
}
