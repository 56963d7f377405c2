/* Open addressing index over an insertion-ordered entry array.
 * Hash: SipHash-1-3 (Aumasson, Bernstein 2012; the reduced-round form). */
#include "base/map.h"

#include <pthread.h>
#include <sys/random.h>

#include "base/check.h"
#include "base/mem.h"

#define MAP_MAGIC 0x4d415021u
#define EMPTY UINT32_MAX

struct entry {
	char *key; /* NULL: removed */
	uint32_t klen;
	uint32_t hash;
	void *value;
};

struct map {
	unsigned magic;
	uint32_t *index;
	size_t index_cap; /* power of two, or 0 */
	struct entry *entries;
	size_t used, cap; /* entries in use, removed ones included */
	size_t live;
};

static uint64_t hash_key[2];
static pthread_once_t hash_once = PTHREAD_ONCE_INIT;

static void hash_seed(void)
{
	if (getrandom(hash_key, sizeof(hash_key), 0) != sizeof(hash_key))
		hash_key[0] = (uint64_t)(uintptr_t)&hash_key;
}

#define ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1], v[1] = ROTL(v[1], 13), v[1] ^= v[0], v[0] = ROTL(v[0], 32);
	v[2] += v[3], v[3] = ROTL(v[3], 16), v[3] ^= v[2];
	v[0] += v[3], v[3] = ROTL(v[3], 21), v[3] ^= v[0];
	v[2] += v[1], v[1] = ROTL(v[1], 17), v[1] ^= v[2], v[2] = ROTL(v[2], 32);
}

static uint32_t hash_of(struct str s)
{
	uint64_t v[4] = { hash_key[0] ^ 0x736f6d6570736575ull, hash_key[1] ^ 0x646f72616e646f6dull,
			  hash_key[0] ^ 0x6c7967656e657261ull, hash_key[1] ^ 0x7465646279746573ull };
	size_t i = 0;
	uint64_t m;

	for (; i + 8 <= s.len; i += 8) {
		memcpy(&m, s.ptr + i, 8);
		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}
	m = (uint64_t)s.len << 56;
	for (size_t k = 0; i + k < s.len; k++)
		m |= (uint64_t)(unsigned char)s.ptr[i + k] << (8 * k);
	v[3] ^= m;
	sip_round(v);
	v[0] ^= m;
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	m = v[0] ^ v[1] ^ v[2] ^ v[3];
	return (uint32_t)(m ^ (m >> 32));
}

struct map *map_new(void)
{
	struct map *m = mem_alloc(sizeof(*m));

	pthread_once(&hash_once, hash_seed);
	m->magic = MAP_MAGIC;
	return m;
}

void map_free_values(struct map *m, void (*free_value)(void *))
{
	if (!m)
		return;
	CHECK_OBJ(m, MAP_MAGIC);
	for (size_t i = 0; i < m->used; i++) {
		if (!m->entries[i].key)
			continue;
		if (free_value)
			free_value(m->entries[i].value);
		free(m->entries[i].key);
	}
	free(m->entries);
	free(m->index);
	m->magic = 0;
	free(m);
}

void map_free(struct map *m)
{
	map_free_values(m, NULL);
}

size_t map_len(const struct map *m)
{
	return m->live;
}

static void index_insert(struct map *m, uint32_t at)
{
	size_t mask = m->index_cap - 1;
	size_t i = m->entries[at].hash & mask;

	while (m->index[i] != EMPTY)
		i = (i + 1) & mask;
	m->index[i] = at;
}

/* Rebuilds the index and drops removed entries. */
static void rebuild(struct map *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->used; i++)
		if (m->entries[i].key)
			m->entries[n++] = m->entries[i];
	m->used = n;
	size_t cap = 16;

	while (cap < (n + 1) * 2)
		cap *= 2;
	free(m->index);
	m->index = mem_array(cap, sizeof(*m->index));
	memset(m->index, 0xff, cap * sizeof(*m->index));
	m->index_cap = cap;
	for (size_t i = 0; i < n; i++)
		index_insert(m, (uint32_t)i);
}

static struct entry *find(const struct map *m, struct str key, uint32_t hash)
{
	if (m->index_cap == 0)
		return NULL;
	size_t mask = m->index_cap - 1;

	for (size_t i = hash & mask; m->index[i] != EMPTY; i = (i + 1) & mask) {
		struct entry *e = &m->entries[m->index[i]];

		if (e->key && e->hash == hash && str_eq(str_make(e->key, e->klen), key))
			return e;
	}
	return NULL;
}

void *map_get(const struct map *m, struct str key)
{
	CHECK_OBJ(m, MAP_MAGIC);
	struct entry *e = find(m, key, hash_of(key));

	return e ? e->value : NULL;
}

bool map_has(const struct map *m, struct str key)
{
	CHECK_OBJ(m, MAP_MAGIC);
	return find(m, key, hash_of(key)) != NULL;
}

static struct entry *insert(struct map *m, struct str key, uint32_t hash)
{
	check(key.len < UINT32_MAX && m->used < UINT32_MAX - 1);
	if ((m->used + 1) * 2 > m->index_cap)
		rebuild(m);
	if (m->used == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 8;
		m->entries = mem_resize(m->entries, m->cap, sizeof(*m->entries));
	}
	struct entry *e = &m->entries[m->used];

	*e = (struct entry){ str_dup(key), (uint32_t)key.len, hash, NULL };
	index_insert(m, (uint32_t)m->used++);
	m->live++;
	return e;
}

void *map_put(struct map *m, struct str key, void *value)
{
	CHECK_OBJ(m, MAP_MAGIC);
	uint32_t hash = hash_of(key);
	struct entry *e = find(m, key, hash);
	void *old = e ? e->value : NULL;

	if (!e)
		e = insert(m, key, hash);
	e->value = value;
	return old;
}

bool map_add(struct map *m, struct str key)
{
	CHECK_OBJ(m, MAP_MAGIC);
	uint32_t hash = hash_of(key);

	if (find(m, key, hash))
		return false;
	insert(m, key, hash);
	return true;
}

void *map_remove(struct map *m, struct str key)
{
	CHECK_OBJ(m, MAP_MAGIC);
	struct entry *e = find(m, key, hash_of(key));

	if (!e)
		return NULL;
	void *old = e->value;

	free(e->key);
	e->key = NULL;
	e->value = NULL;
	m->live--;
	return old;
}

bool map_next(const struct map *m, struct map_iter *it, struct str *ret_key, void **ret_value)
{
	CHECK_OBJ(m, MAP_MAGIC);
	while (it->at < m->used) {
		struct entry *e = &m->entries[it->at++];

		if (!e->key)
			continue;
		if (ret_key)
			*ret_key = str_make(e->key, e->klen);
		if (ret_value)
			*ret_value = e->value;
		return true;
	}
	return false;
}
