/* The few ways in which all hostile answers are made. */
#include "generate.h"

#include <zlib.h>

#include "base/check.h"
#include "base/limits.h"

#define STEP (128 * KIB)

static uint64_t next_random(struct conn *c)
{
	/* Seeded by what was asked, so that a failure can be looked at again. */
	uint64_t x = str_hash(str_c(c->path)) + ++c->count * 0x9e3779b97f4a7c15u;

	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9u;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* The last number in the path, 0 when there is none. */
static uint64_t number_of(const char *path)
{
	uint64_t n = 0;
	bool inside = false;

	for (const char *p = path; *p; p++) {
		if (!ascii_digit(*p)) {
			inside = false;
			continue;
		}
		n = inside ? n * 10 + (uint64_t)(*p - '0') : (uint64_t)(*p - '0');
		inside = true;
	}
	return n;
}

static void expand(struct conn *c, struct str text, uint64_t number)
{
	for (size_t i = 0; i < text.len; i++) {
		switch (text.ptr[i]) {
		case '@':
			buf_printf(&c->out, "%llu", (unsigned long long)number);
			break;
		case '^':
			buf_c(&c->out, c->path);
			break;
		case '~':
			buf_printf(&c->out, "%016llx", (unsigned long long)next_random(c));
			break;
		default:
			buf_char(&c->out, text.ptr[i]);
		}
	}
}

enum after gen_raw(struct conn *c, const struct hostile_case *k)
{
	buf_str(&c->out, k->head);
	return k->after;
}

enum after gen_repeat(struct conn *c, const struct hostile_case *k)
{
	bool plain = str_chr(k->unit, '@') < 0 && str_chr(k->unit, '^') < 0 &&
		     str_chr(k->unit, '~') < 0;

	if (c->step == 0)
		buf_str(&c->out, k->head);
	while (c->out.len < STEP && (k->n < 0 || c->count < (uint64_t)k->n)) {
		if (plain)
			buf_str(&c->out, k->unit);
		else
			expand(c, k->unit, c->count);
		c->count++;
		if (k->pause_ms > 0)
			break;
	}
	if (k->n < 0 || c->count < (uint64_t)k->n)
		return AFTER_MORE;
	buf_str(&c->out, k->tail);
	return k->after;
}

enum after gen_page(struct conn *c, const struct hostile_case *k)
{
	uint64_t n = number_of(c->path);

	expand(c, k->head, n + 1);
	for (int64_t i = 0; i < k->n && c->out.len < STEP; i++)
		expand(c, k->unit, n + 1 + (uint64_t)i);
	expand(c, k->tail, n + 1);
	return k->after;
}

enum after gen_trickle(struct conn *c, const struct hostile_case *k)
{
	size_t width = k->n > 0 ? (size_t)k->n : 1, from = (size_t)c->step * width;

	buf_str(&c->out, str_sub(k->head, from, from + width));
	return from + width < k->head.len ? AFTER_MORE : k->after;
}

enum after gen_random(struct conn *c, const struct hostile_case *k)
{
	if (c->step == 0)
		buf_str(&c->out, k->head);
	for (size_t made = 0; made < STEP && (k->n < 0 || c->count * 8 < (uint64_t)k->n);
	     made += 8) {
		uint64_t x = next_random(c);

		buf_add(&c->out, &x, sizeof(x));
	}
	return k->n < 0 || c->count * 8 < (uint64_t)k->n ? AFTER_MORE : k->after;
}

/* windowBits as zlib wants them: 31 gzip, 15 zlib, -15 raw. `mib` of `fill`. */
static void bomb(struct buf *b, int window, int64_t mib, char fill, bool finish)
{
	static unsigned char in[256 * 1024], out[64 * 1024];
	z_stream z = { 0 };

	memset(in, fill, sizeof(in));
	check(deflateInit2(&z, 9, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY) == Z_OK);
	for (int64_t i = 0; i <= mib * 4; i++) {
		z.next_in = in;
		z.avail_in = i < mib * 4 ? sizeof(in) : 0;
		do {
			z.next_out = out;
			z.avail_out = sizeof(out);
			deflate(&z, i == mib * 4 ? Z_FINISH : Z_NO_FLUSH);
			buf_add(b, out, sizeof(out) - z.avail_out);
		} while (z.avail_out == 0);
	}
	deflateEnd(&z);
	if (!finish && b->len > 64)
		b->len = b->len / 2;
}

/* Made once: the time is the client's to lose, not ours. */
static const struct buf *bomb_of(const struct hostile_case *k, int window)
{
	static struct {
		const struct hostile_case *k;
		struct buf b;
	} made[32];
	size_t i = 0;

	while (i < ARRAY_SIZE(made) && made[i].k && made[i].k != k)
		i++;
	check(i < ARRAY_SIZE(made));
	if (!made[i].k) {
		made[i].k = k;
		buf_init(&made[i].b, MIB);
		bomb(&made[i].b, window, k->n, str_has(k->unit, STR("tags")) ? '<' : 0,
		     !str_has(k->unit, STR("cut")));
		check(!made[i].b.overflow);
	}
	return &made[i].b;
}

enum after gen_bomb(struct conn *c, const struct hostile_case *k)
{
	struct str kind = k->unit;
	int window = str_starts(kind, STR("deflate")) ? 15
		     : str_starts(kind, STR("raw"))   ? -15
						      : 31;
	size_t head;

	buf_str(&c->out, k->head);
	head = c->out.len;
	buf_str(&c->out, buf_view(bomb_of(k, window)));
	if (str_has(kind, STR("crc")) && c->out.len > head + 8)
		c->out.ptr[c->out.len - 7] ^= 0x55;
	if (str_has(kind, STR("flip")) && c->out.len > head + 40)
		c->out.ptr[head + 30] ^= 0x55;
	buf_str(&c->out, k->tail);
	return k->after;
}

/* A bomb inside a bomb, for "Content-Encoding: gzip, gzip". */
enum after gen_double_bomb(struct conn *c, const struct hostile_case *k)
{
	const struct buf *inner = bomb_of(k, 31);
	unsigned char out[64 * 1024];
	z_stream z = { 0 };

	buf_str(&c->out, k->head);
	check(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY) == Z_OK);
	z.next_in = (unsigned char *)inner->ptr;
	z.avail_in = (unsigned)inner->len;
	z.next_out = out;
	z.avail_out = sizeof(out);
	check(deflate(&z, Z_FINISH) == Z_STREAM_END);
	buf_add(&c->out, out, sizeof(out) - z.avail_out);
	deflateEnd(&z);
	return k->after;
}
