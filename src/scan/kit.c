/* Signatures, reflections, similarity. All of it is linear in the page, except the
 * resynchronisation after a difference, which looks at most KIT_RESYNC words ahead. */
#include "scan/kit.h"

#include <stdio.h>

#include "base/check.h"
#include "base/limits.h"

#define KIT_RESYNC 48
#define KIT_MAX_WORDS 40000 /* 400 KB of text; what is beyond does not take part */

static bool sig_separator(unsigned char c)
{
	return c <= 0x20 || c == '<' || c == '>' || c == '"' || c == '\'' || c == '&' || c == ':' || c == '\\';
}

void kit_sign(struct str body, int status, struct kit_sig *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->status = status;
	bool word = false;
	size_t len = 0;
	for (size_t i = 0; i <= body.len; i++) {
		bool sep = i == body.len || sig_separator((unsigned char)body.ptr[i]);
		if (i < body.len && sep != word) {
			len++;
			continue;
		}
		if (len > 0 && len < 15)
			ret->bucket[(len + 1) % 10]++;
		if (word)
			ret->has_text = true;
		word = !sep;
		len = 1;
	}
}

bool kit_same_sig(const struct kit_sig *a, const struct kit_sig *b)
{
	if (a->status != b->status || a->has_text != b->has_text)
		return false;
	uint64_t diff = 0, sum = 0;
	int failed = 0;
	for (size_t i = 0; i < 10; i++) {
		uint32_t x = a->bucket[i], y = b->bucket[i], d = x > y ? x - y : y - x;
		if (d > 1 + (x + y) / 20)
			failed++;
		diff += d;
		sum += x + y;
	}
	return failed <= 3 && diff <= 4 + sum / 20;
}

/* ---- reflections ---- */

static int hex_value(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* n hex digits at s+at; -1 when they are not there. */
static int hex_at(struct str s, size_t at, size_t n)
{
	int v = 0;
	if (at + n > s.len)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int h = hex_value(s.ptr[at + i]);
		if (h < 0)
			return -1;
		v = v << 4 | h;
	}
	return v;
}

/* Bytes of a character reference for c at s (s starts with '&'); 0 none. */
static size_t match_entity(struct str s, unsigned char c)
{
	static const struct {
		char c;
		struct str name;
	} names[] = { { '<', STR_INIT("&lt;") },   { '>', STR_INIT("&gt;") },   { '"', STR_INIT("&quot;") },
		      { '&', STR_INIT("&amp;") },  { '\'', STR_INIT("&apos;") }, { ' ', STR_INIT("&nbsp;") } };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if ((unsigned char)names[i].c == c && str_istarts(s, names[i].name))
			return names[i].name.len;
	if (s.len < 4 || s.ptr[1] != '#')
		return 0;
	bool hex = (s.ptr[2] | 0x20) == 'x';
	size_t i = hex ? 3 : 2, from = i;
	unsigned v = 0;
	for (; i < s.len && i < from + 7; i++) {
		int d = hex ? hex_value(s.ptr[i]) : ascii_digit(s.ptr[i]) ? s.ptr[i] - '0' : -1;
		if (d < 0)
			break;
		v = v * (hex ? 16 : 10) + (unsigned)d;
	}
	if (i == from || v != c)
		return 0;
	return i < s.len && s.ptr[i] == ';' ? i + 1 : i;
}

/* Bytes at the start of s that are some encoding of c; 0 none. */
static size_t match_char(struct str s, char want)
{
	unsigned char c = (unsigned char)want;
	if (str_empty(s))
		return 0;
	char t = s.ptr[0];
	if (t == '&') {
		size_t n = match_entity(s, c);
		if (n)
			return n;
	}
	if (t == '%') {
		if (hex_at(s, 1, 2) == c)
			return 3;
		if (str_istarts(s, STR("%25")) && hex_at(s, 3, 2) == c)
			return 5;
	}
	if (t == '+' && c == ' ')
		return 1;
	if (t == '\\' && s.len > 1) {
		if ((s.ptr[1] | 0x20) == 'x' && hex_at(s, 2, 2) == c)
			return 4;
		if ((s.ptr[1] | 0x20) == 'u' && hex_at(s, 2, 4) == c)
			return 6;
		if (s.ptr[1] == want && !ascii_alnum(want))
			return 2;
	}
	if (t == '\'' && want == '\'' && s.len > 1 && s.ptr[1] == '\'')
		return 2; /* doubled by an SQL quoter */
	return ascii_lower(t) == ascii_lower(want) ? 1 : 0;
}

/* Length of a reflection of `sent` that starts at s; 0 none. */
static size_t match_value(struct str s, struct str sent)
{
	size_t at = 0;
	for (size_t i = 0; i < sent.len; i++) {
		size_t n = match_char(str_from(s, at), sent.ptr[i]);
		/* one quote of the value may have been swallowed by doubling */
		if (!n && i > 0 && sent.ptr[i] == '\'' && sent.ptr[i - 1] == '\'')
			continue;
		if (!n)
			return 0;
		at += n;
	}
	return at;
}

static bool may_start(char t, char first)
{
	return ascii_lower(t) == ascii_lower(first) || t == '&' || t == '%' || t == '\\' || (t == '+' && first == ' ');
}

void kit_unreflect(struct buf *out, struct str text, struct str sent, struct str original)
{
	if (sent.len < 3 || text.len == 0) {
		buf_str(out, text);
		return;
	}
	size_t from = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (!may_start(text.ptr[i], sent.ptr[0]))
			continue;
		size_t n = match_value(str_from(text, i), sent);
		if (!n)
			continue;
		buf_add(out, text.ptr + from, i - from);
		buf_str(out, original);
		from = i + n;
		i = from - 1;
	}
	buf_add(out, text.ptr + from, text.len - from);
}

bool kit_find(struct str text, struct str sent, size_t *ret_at, size_t *ret_len)
{
	for (size_t i = 0; sent.len && i < text.len; i++) {
		size_t n = may_start(text.ptr[i], sent.ptr[0]) ? match_value(str_from(text, i), sent) : 0;
		if (!n)
			continue;
		*ret_at = i;
		*ret_len = n;
		return true;
	}
	return false;
}

bool kit_reflects(struct str text, struct str sent)
{
	size_t at, len;
	return kit_find(text, sent, &at, &len);
}

/* ---- similarity ---- */

struct kit_seq kit_seq_of(struct arena *a, struct str text)
{
	struct kit_seq s = { 0 };
	size_t max = text.len / 2 + 1 < KIT_MAX_WORDS ? text.len / 2 + 1 : KIT_MAX_WORDS;
	s.hash = arena_array(a, max, sizeof(*s.hash));
	s.weight = arena_array(a, max, sizeof(*s.weight));
	size_t i = 0;
	while (i < text.len && s.len < max) {
		while (i < text.len && ascii_space(text.ptr[i]))
			i++;
		size_t from = i;
		bool alnum = i < text.len && (ascii_alnum(text.ptr[i]) || (text.ptr[i] & 0x80));
		while (i < text.len && alnum == (ascii_alnum(text.ptr[i]) || (text.ptr[i] & 0x80)) &&
		       !ascii_space(text.ptr[i]) && (alnum || i - from < 8))
			i++;
		if (i == from)
			break;
		s.hash[s.len] = str_hash(str_sub(text, from, i));
		s.weight[s.len] = (uint32_t)(i - from);
		s.total += i - from;
		s.len++;
	}
	return s;
}

static uint64_t before_key(const struct kit_seq *s, size_t i)
{
	uint64_t one = i > 0 ? s->hash[i - 1] : 1, two = i > 1 ? s->hash[i - 2] : 2;
	return one * 0x9E3779B97F4A7C15u + two;
}

/* Smallest step after which both sequences agree for two words. */
static bool resync(const struct kit_seq *x, size_t i, const struct kit_seq *y, size_t j, size_t *ret_i,
		   size_t *ret_j)
{
	for (size_t sum = 1; sum < 2 * KIT_RESYNC; sum++)
		for (size_t di = 0; di <= sum; di++) {
			size_t a = i + di, b = j + (sum - di);
			if (a >= x->len || b >= y->len)
				continue;
			if (x->hash[a] != y->hash[b])
				continue;
			bool end = a + 1 == x->len && b + 1 == y->len;
			if (end || (a + 1 < x->len && b + 1 < y->len && x->hash[a + 1] == y->hash[b + 1])) {
				*ret_i = a;
				*ret_j = b;
				return true;
			}
		}
	return false;
}

void kit_zones_learn(struct arena *a, struct kit_zones *z, const struct kit_seq *x, const struct kit_seq *y)
{
	if (!z->ptr)
		z->ptr = arena_array(a, KIT_MAX_ZONES, sizeof(*z->ptr));
	size_t i = 0, j = 0;
	while (i < x->len && j < y->len) {
		if (x->hash[i] == y->hash[j]) {
			i++;
			j++;
			continue;
		}
		size_t ni, nj;
		if (z->len == KIT_MAX_ZONES || !resync(x, i, y, j, &ni, &nj))
			return;
		z->ptr[z->len++] = (struct kit_zone){ before_key(x, i), x->hash[ni] };
		i = ni;
		j = nj;
	}
}

static const struct kit_zone *zone_at(const struct kit_zones *z, uint64_t key)
{
	for (size_t i = 0; i < z->len; i++)
		if (z->ptr[i].before == key)
			return &z->ptr[i];
	return NULL;
}

void kit_zones_drop(const struct kit_zones *z, struct kit_seq *s)
{
	if (z->len == 0)
		return;
	struct kit_seq out = *s; /* written behind the reader: w <= i */
	size_t w = 0;
	uint64_t one = 1, two = 2; /* the original words, also where they were dropped */
	out.total = 0;
	for (size_t i = 0; i < s->len; i++) {
		const struct kit_zone *zone = zone_at(z, one * 0x9E3779B97F4A7C15u + two);
		if (zone && s->hash[i] != zone->after) {
			size_t end = i;
			while (end < s->len && end < i + KIT_RESYNC && s->hash[end] != zone->after)
				end++;
			if (end < s->len && s->hash[end] == zone->after)
				i = end;
		}
		two = one;
		one = s->hash[i];
		out.hash[w] = s->hash[i];
		out.weight[w] = s->weight[i];
		out.total += s->weight[i];
		w++;
	}
	s->len = w;
	s->total = out.total;
}

struct count {
	uint64_t hash;
	uint32_t weight, n;
};

double kit_similarity(const struct kit_seq *a, const struct kit_seq *b)
{
	if (a->len == b->len && (a->len == 0 || memcmp(a->hash, b->hash, a->len * sizeof(*a->hash)) == 0))
		return 1.0;
	size_t size = 16;
	while (size < a->len * 2)
		size *= 2;
	struct count *table = calloc(size, sizeof(*table));
	check(table != NULL);
	for (size_t i = 0; i < a->len; i++) {
		size_t at = a->hash[i] & (size - 1);
		while (table[at].n && table[at].hash != a->hash[i])
			at = (at + 1) & (size - 1);
		table[at].hash = a->hash[i];
		table[at].weight = a->weight[i];
		table[at].n++;
	}
	uint64_t common = 0;
	for (size_t i = 0; i < b->len; i++) {
		size_t at = b->hash[i] & (size - 1), steps = 0;
		while (table[at].weight && table[at].hash != b->hash[i] && steps++ < size)
			at = (at + 1) & (size - 1);
		if (table[at].weight && table[at].hash == b->hash[i] && table[at].n) {
			table[at].n--;
			common += table[at].weight;
		}
	}
	free(table);
	double r = 2.0 * (double)common / (double)(a->total + b->total ? a->total + b->total : 1);
	return r > 0.99999 ? 0.99999 : r; /* order differs: not quite equal */
}

/* ---- names of places ---- */

static void segment_pattern(struct buf *out, struct str s, bool loose)
{
	size_t digits = 0, hex = 0, letters = 0;
	for (size_t i = 0; i < s.len; i++) {
		digits += ascii_digit(s.ptr[i]);
		hex += hex_value(s.ptr[i]) >= 0 || s.ptr[i] == '-';
		letters += ascii_alpha(s.ptr[i]);
	}
	if (s.len >= 12 && hex == s.len && digits >= 3) {
		buf_char(out, 'H');
		return;
	}
	if (s.len >= 24 && digits >= 4 && digits + letters >= s.len - 4) {
		buf_char(out, 'H');
		return;
	}
	if (!loose && digits < s.len) {
		buf_str(out, s);
		return;
	}
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_digit(s.ptr[i])) {
			buf_char(out, s.ptr[i]);
			continue;
		}
		buf_char(out, 'N');
		while (i + 1 < s.len && ascii_digit(s.ptr[i + 1]))
			i++;
	}
}

void kit_path_pattern(struct buf *out, struct str path, bool loose)
{
	size_t from = 0;
	for (size_t i = 0; i <= path.len; i++) {
		if (i < path.len && path.ptr[i] != '/' && path.ptr[i] != '.' && (!loose || path.ptr[i] != '_'))
			continue;
		segment_pattern(out, str_sub(path, from, i), loose);
		if (i < path.len)
			buf_char(out, path.ptr[i]);
		from = i + 1;
	}
}

void kit_hash(struct str s, char out[33])
{
	unsigned __int128 h = ((unsigned __int128)0x6c62272e07bb0142u << 64) | 0x62b821756295c58du;
	const unsigned __int128 prime = ((unsigned __int128)0x0000000001000000u << 64) | 0x000000000000013Bu;
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * prime;
	h ^= h >> 61;
	h *= prime;
	snprintf(out, 33, "%016llx%016llx", (unsigned long long)(h >> 64), (unsigned long long)h);
}
