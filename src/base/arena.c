/* Bump allocator in growing blocks, 16-byte aligned. */
#include "base/arena.h"

#include "base/check.h"
#include "base/mem.h"

#define ARENA_MAGIC 0x41524e41u
#define FIRST_BLOCK ((size_t)4096)
#define MAX_BLOCK ((size_t)1 << 20)
#define KEPT_BLOCK ((size_t)1 << 16)

struct block {
	struct block *next;
	size_t cap, len;
	_Alignas(16) char data[];
};

struct arena {
	unsigned magic;
	size_t limit, used;
	struct block *head; /* newest first; the last one is the first made */
};

static struct block *block_new(size_t cap)
{
	struct block *b = mem_alloc(sizeof(*b) + cap);

	b->cap = cap;
	return b;
}

struct arena *arena_new(size_t limit)
{
	struct arena *a = mem_alloc(sizeof(*a));

	a->magic = ARENA_MAGIC;
	a->limit = limit;
	return a;
}

static void blocks_free(struct block *b)
{
	while (b) {
		struct block *next = b->next;

		free(b);
		b = next;
	}
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	CHECK_OBJ(a, ARENA_MAGIC);
	blocks_free(a->head);
	a->magic = 0;
	free(a);
}

void arena_reset(struct arena *a)
{
	CHECK_OBJ(a, ARENA_MAGIC);
	struct block *b = a->head;

	/* the newest block is kept where it is small, so that rounds alike take no memory again */
	if (b && b->cap <= KEPT_BLOCK) {
		blocks_free(b->next);
		b->next = NULL;
	}
	while (b && b->next) {
		struct block *next = b->next;

		free(b);
		b = next;
	}
	if (b) {
		memset(b->data, 0, b->len);
		b->len = 0;
	}
	a->head = b;
	a->used = 0;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}

size_t arena_left(const struct arena *a)
{
	return a->limit - a->used;
}

void *arena_alloc(struct arena *a, size_t n)
{
	CHECK_OBJ(a, ARENA_MAGIC);
	check(n <= SIZE_MAX - 15);
	n = (n + 15) & ~(size_t)15;
	check(n <= a->limit - a->used);
	struct block *b = a->head;

	if (!b || b->cap - b->len < n) {
		size_t cap = b ? b->cap * 2 : FIRST_BLOCK;

		if (cap > MAX_BLOCK)
			cap = MAX_BLOCK;
		if (cap < n)
			cap = n;
		struct block *fresh = block_new(cap);

		fresh->next = b;
		a->head = b = fresh;
	}
	void *p = b->data + b->len;

	b->len += n;
	a->used += n;
	return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t total;

	check(!__builtin_mul_overflow(n, size, &total));
	return arena_alloc(a, total);
}

char *arena_cstr(struct arena *a, struct str s)
{
	check(s.len < SIZE_MAX);
	char *p = arena_alloc(a, s.len + 1);

	if (s.len)
		memcpy(p, s.ptr, s.len);
	return p;
}

struct str arena_str(struct arena *a, struct str s)
{
	return str_make(arena_cstr(a, s), s.len);
}

struct str arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list twice;

	check(fmt != NULL);
	va_copy(twice, ap);
	int n = vsnprintf(NULL, 0, fmt, twice);

	va_end(twice);
	check(n >= 0);
	char *p = arena_alloc(a, (size_t)n + 1);

	vsnprintf(p, (size_t)n + 1, fmt, ap);
	return str_make(p, (size_t)n);
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct str s = arena_vprintf(a, fmt, ap);

	va_end(ap);
	return s;
}
