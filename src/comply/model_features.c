/* Features of the text models: 1–3-grams of characters and 2–3-grams of toneless syllables, hashed.
 * Gaps are not looked at (pairs have the ends of clauses and sentences). A character repeated at once counts once, long numbers and identifiers
 * become one key by their kind, pinyin in Latin letters joins the syllables. Near sounds (zh/z,
 * ang/an …) are one. The trainer and the product run this same code. */
#include "base/mem.h"
#include "comply/masks.h"
#include "comply/model_private.h"
#include "lang/pinyin.h"

#define SYMBOLS 65536u
#define SYLLABLE_SLOTS 4096u
#define LATIN_MAX 32u


#define BREAK_LEAST 4 /* pairs before a break is one: between single characters signs are a disguise */

static bool digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

static bool letter(uint32_t c)
{
	return c >= 'a' && c <= 'z';
}

static uint32_t pack(const char *s, size_t n)
{
	uint32_t v = 0;
	if (n == 0 || n > 6)
		return 0;
	for (size_t i = 0; i < n; i++)
		v = v << 5 | (uint32_t)(s[i] - 'a' + 1);
	return v | 1u << 30;
}

/* The syllable with near sounds made one: zh ch sh -> z c s, -ng -> -n (but not ong). */
static uint32_t pack_near(const char *s, size_t n)
{
	char near[8];
	size_t m = 0;
	for (size_t i = 0; i < n && m < sizeof(near); i++) {
		if (i == 1 && s[i] == 'h')
			continue;
		if (i + 1 == n && s[i] == 'g' && i >= 2 && s[i - 1] == 'n' && s[i - 2] != 'o')
			continue;
		near[m++] = s[i];
	}
	return pack(near, m);
}

static bool known(const struct model_keys *k, uint32_t packed, bool add)
{
	for (uint32_t i = packed * 2654435761u >> 20;; i = (i + 1) % SYLLABLE_SLOTS) {
		if (k->known[i] == packed)
			return true;
		if (k->known[i] == 0) {
			if (add)
				k->known[i] = packed;
			return false;
		}
	}
}

/* The commonest syllable of a character, whatever stands around it: that holds under substitutions too. */
static struct str syllable(const struct lang *l, uint16_t sym)
{
	uint16_t id[4];
	ssize_t n = pinyin_symbols(l, &sym, 1, id, 4);
	return n == 1 && id[0] >= PINYIN_SYLLABLE ? pinyin_name(l, id[0]) : STR_NULL;
}

void model_keys_init(struct model_keys *k, const struct lang *l)
{
	k->chr = mem_array(SYMBOLS, sizeof(*k->chr));
	k->syl = mem_array(SYMBOLS, sizeof(*k->syl));
	k->known = mem_array(SYLLABLE_SLOTS, sizeof(*k->known));
	for (uint32_t s = 0; s < SYMBOLS; s++) {
		uint32_t c = fold_char(l, (uint16_t)s);
		k->chr[s] = c;
		struct str p = c >= 0x3400 ? syllable(l, (uint16_t)s) : STR_NULL;
		if (p.len) {
			k->syl[s] = pack_near(p.ptr, p.len);
			if (c == KEY_SOME)
				k->some = k->syl[s];
			known(k, pack(p.ptr, p.len), true);
		}
	}
}

void model_keys_free(struct model_keys *k)
{
	free(k->chr);
	free(k->syl);
	free(k->known);
	*k = (struct model_keys){ 0 };
}

/* The length of the letters and digits that start at i; whether both kinds are there. */
static size_t run(const struct model_keys *k, const uint16_t *sym, size_t len, size_t i, size_t *digits)
{
	size_t at = i;
	*digits = 0;
	for (; at < len; at++) {
		uint32_t c = k->chr[sym[at]];
		if (digit(c))
			(*digits)++;
		else if (!letter(c))
			break;
	}
	return at - i;
}

static uint32_t run_key(size_t n, size_t digits)
{
	if (digits == n)
		return n == 4 ? KEY_DIGITS4 : n < 8 ? KEY_DIGITS5 : n < 11 ? KEY_DIGITS8 : n == 11 ? KEY_DIGITS11 : KEY_DIGITS12;
	return KEY_NAME;
}

/* Whole Latin run as syllables, longest first, with backtracking; their number, 0 when it is none.
 * `dead` remembers the ends from which no way leads, so that the cost stays linear. */
static size_t latin(const struct model_keys *k, const char *s, size_t n, uint32_t *out, uint64_t *dead)
{
	if (n == 0 || (*dead >> n & 1))
		return 0;
	for (size_t take = n < 6 ? n : 6; take >= 2; take--) {
		uint32_t p = pack(s, take);
		if (!known(k, p, false))
			continue;
		out[0] = pack_near(s, take);
		if (take == n)
			return 1;
		size_t rest = latin(k, s + take, n - take, out + 1, dead);
		if (rest)
			return rest + 1;
	}
	*dead |= (uint64_t)1 << n;
	return 0;
}

/* A run of capitals that is nothing but placeholders, as keys of what they stand for; 0 when it is something else. */
static size_t mask_keys(const struct fold_text *t, size_t at, size_t n, uint32_t *out)
{
	static const uint32_t keys[] = { [MASK_PHONE] = KEY_DIGITS11, [MASK_CARD] = KEY_DIGITS12, [MASK_URL] = KEY_NAME,
					 [MASK_ACCOUNT] = KEY_NAME, [MASK_CODE] = KEY_NAME, [MASK_DIGIT] = '1', [MASK_SOME] = KEY_SOME };
	uint8_t kind[LATIN_MAX];
	size_t found = masks_read(t, at, at + n, kind, LATIN_MAX);
	for (size_t i = 0; i < found; i++)
		out[i] = keys[kind[i]];
	return found;
}

struct streams {
	uint32_t chr[MODEL_CHUNK], syl[MODEL_CHUNK];
	size_t chrs, syls;
};

static void push(uint32_t *to, size_t *n, uint32_t key)
{
	if (*n == 0 || to[*n - 1] != key)
		to[(*n)++] = key;
}

/* Only told by its kind. */
static bool long_run(size_t n, size_t digits)
{
	return (digits == n && n >= 4) || (digits > 0 && digits < n && n >= 5);
}

static void push_mask(const struct model_keys *k, uint32_t key, struct streams *s)
{
	push(s->chr, &s->chrs, key);
	push(s->syl, &s->syls, key == KEY_SOME && k->some ? k->some : key);
}

static void add_run(const struct model_keys *k, const struct fold_text *t, size_t at, size_t n, size_t digits, struct streams *s)
{
	const uint16_t *sym = t->sym + at;
	char text[LATIN_MAX];
	uint32_t syl[LATIN_MAX / 2], mask[LATIN_MAX];
	if (long_run(n, digits)) {
		push(s->chr, &s->chrs, run_key(n, digits));
		push(s->syl, &s->syls, run_key(n, digits));
		return;
	}
	size_t masked = digits == 0 ? mask_keys(t, at, n, mask) : 0;
	for (size_t i = 0; i < masked; i++)
		push_mask(k, mask[i], s);
	if (masked)
		return;
	for (size_t i = 0; i < n; i++)
		push(s->chr, &s->chrs, k->chr[sym[i]]);
	size_t syls = 0;
	if (digits == 0 && n >= 2 && n <= LATIN_MAX) {
		uint64_t dead = 0;
		for (size_t i = 0; i < n; i++)
			text[i] = (char)k->chr[sym[i]];
		syls = latin(k, text, n, syl, &dead);
	}
	for (size_t i = 0; i < syls; i++)
		push(s->syl, &s->syls, syl[i]);
	for (size_t i = 0; syls == 0 && i < n; i++)
		push(s->syl, &s->syls, k->chr[sym[i]]);
}

static void read_streams(const struct model_keys *k, const struct fold_text *t, size_t from, size_t end, struct streams *s)
{
	const uint16_t *sym = t->sym;
	s->chrs = s->syls = 0;
	for (size_t i = from; i < end;) {
		uint32_t c = k->chr[sym[i]];
		if (digit(c) || letter(c)) {
			size_t digits, n = run(k, sym, end, i, &digits);
			add_run(k, t, i, n, digits, s);
			i += n;
			continue;
		}
		push(s->chr, &s->chrs, c);
		push(s->syl, &s->syls, k->syl[sym[i]] ? k->syl[sym[i]] : c);
		i++;
	}
}

static inline uint64_t mix(uint64_t h)
{
	h *= 0x9E3779B97F4A7C15u;
	return h ^ h >> 32;
}

static inline uint64_t pair(uint32_t a, uint32_t b)
{
	return mix(a * 0xC2B2AE3D27D4EB4Fu + b * 0x165667B19E3779F9u);
}

/* An n-gram and its mirror image have the same hash: text written backwards loses nothing. */
static size_t grams(const uint32_t *key, size_t len, uint64_t salt, uint64_t *out)
{
	uint64_t there[MODEL_CHUNK], back[MODEL_CHUNK];
	size_t n = 0;
	for (size_t i = 0; i + 1 < len; i++) {
		there[i] = pair(key[i], key[i + 1]);
		back[i] = pair(key[i + 1], key[i]);
	}
	for (size_t i = 0; i + 1 < len; i++)
		out[n++] = mix(there[i] + back[i] + salt);
	for (size_t i = 0; i + 2 < len; i++)
		out[n++] = mix(there[i] + back[i + 1] + 3 * salt);
	return n;
}

size_t model_features(const struct model_keys *k, const struct fold_text *t, size_t from, size_t end, uint64_t *out, size_t *ret_sounds)
{
	struct streams s;
	read_streams(k, t, from, end - from < MODEL_CHUNK ? end : from + MODEL_CHUNK, &s);
	size_t n = grams(s.syl, s.syls, 0x2E2190C7, out);
	if (ret_sounds)
		*ret_sounds = n;
	n += grams(s.chr, s.chrs, 0x51AF8E1D, out + n);
	for (size_t i = 0; i < s.chrs; i++)
		out[n++] = mix(s.chr[i] * 0xA0761D6478BD642Fu + 1);
	return n;
}

/* ---- as one stream of pairs ---- */
struct pairs {
	uint32_t *chr, *syl;
	size_t n;
};

static void push_pair(struct pairs *to, uint32_t chr, uint32_t syl)
{
	if (to->n && to->chr[to->n - 1] == chr && to->syl[to->n - 1] == syl)
		return;
	to->chr[to->n] = chr;
	to->syl[to->n++] = syl;
}

/* Letters and digits: one pair for a long number or identifier, one a syllable for pinyin, else one each. */
static void pair_run(const struct model_keys *k, const struct fold_text *t, size_t at, size_t n, size_t digits, struct pairs *to)
{
	const uint16_t *sym = t->sym + at;
	char text[LATIN_MAX];
	uint32_t syl[LATIN_MAX / 2], mask[LATIN_MAX];
	uint64_t dead = 0;
	size_t syls = 0;
	if (long_run(n, digits)) {
		push_pair(to, run_key(n, digits), run_key(n, digits));
		return;
	}
	size_t masked = digits == 0 ? mask_keys(t, at, n, mask) : 0;
	for (size_t i = 0; i < masked; i++)
		push_pair(to, mask[i], mask[i] == KEY_SOME && k->some ? k->some : mask[i]);
	if (masked)
		return;
	if (digits == 0 && n >= 2 && n <= LATIN_MAX) {
		for (size_t i = 0; i < n; i++)
			text[i] = (char)k->chr[sym[i]];
		syls = latin(k, text, n, syl, &dead);
	}
	for (size_t i = 0; i < syls; i++)
		push_pair(to, KEY_LATIN, syl[i]);
	for (size_t i = 0; syls == 0 && i < n; i++)
		push_pair(to, k->chr[sym[i]], k->chr[sym[i]]);
}

/* Where a sentence or a clause ends before symbol i. */
static void pair_break(uint8_t gap, struct pairs *to, size_t *since)
{
	if (gap < FOLD_GAP_CLAUSE || to->n - *since < BREAK_LEAST)
		return;
	uint32_t key = gap == FOLD_GAP_STOP ? KEY_STOP : KEY_CLAUSE;
	push_pair(to, key, key);
	*since = to->n;
}

size_t model_tokens(const struct model_keys *k, const struct fold_text *t, size_t from, size_t end, uint32_t *chr, uint32_t *syl)
{
	struct pairs to = { chr, syl, 0 };
	size_t since = 0, most = MODEL_CHUNK - MODEL_CHUNK / BREAK_LEAST;
	const uint16_t *sym = t->sym;
	end = end - from < most ? end : from + most;
	for (size_t i = from; i < end;) {
		uint32_t c = k->chr[sym[i]];
		size_t digits, take = 1;
		if (i > from)
			pair_break(t->gap[i], &to, &since);
		if (digit(c) || letter(c)) {
			take = run(k, sym, end, i, &digits);
			pair_run(k, t, i, take, digits, &to);
		} else {
			push_pair(&to, c, k->syl[sym[i]] ? k->syl[sym[i]] : c);
		}
		i += take;
	}
	return to.n;
}
