/* Words of the language pack: finds the sections and checks once that nothing points outside. */
#include "base/mem.h"
#include "lang/pinyin.h"
#include "lang/words_private.h"

#define COMMON 4000 /* characters that a disguised one may be */

static int wrong(struct error *e, const char *what)
{
	return error_set(e, "pack.damaged", "语言数据包已损坏（%s）；请重新安装或构建",
			 "The language pack is damaged (%s); install or build it again", what);
}

/* A table that is a power of two and has an empty slot where its last probe would end. */
static int load_trie(struct lang *l, struct error *e)
{
	struct words *w = &l->words;
	const void *node;
	size_t n;
	if (pack_array(l->pack, "dict.node", sizeof(struct word_node), &node, &n, e) < 0)
		return -1;
	if (n < 2 || n > 1u << 28 || (n & (n - 1)))
		return wrong(e, "dict.node");
	w->node = node;
	w->mask = (uint32_t)n - 1;
	w->shift = 32 - (unsigned)__builtin_ctzl(n);
	size_t i = 0;
	while (i < n && w->node[i].sym)
		i++;
	if (i == n)
		return wrong(e, "dict.node");
	w->root = mem_array(UINT16_MAX + 1, sizeof(*w->root));
	for (uint32_t s = 0; s <= UINT16_MAX; s++)
		w->root[s] = s && s < l->chars_n ? words_find(w, WORDS_ROOT, (uint16_t)s) : WORDS_NONE;
	return 0;
}

static int load_readings(struct lang *l, struct error *e)
{
	struct words *w = &l->words;
	const void *reading, *syl, *name, *read;
	size_t n;
	if (pack_array(l->pack, "read.word", sizeof(struct word_reading), &reading, &w->readings, e) < 0 ||
	    pack_array(l->pack, "read.syl", sizeof(uint16_t), &syl, &w->syls, e) < 0 ||
	    pack_array(l->pack, "syl.name", 8, &name, &w->names, e) < 0 ||
	    pack_array(l->pack, "sym.read", sizeof(uint16_t), &read, &n, e) < 0)
		return -1;
	w->reading = reading;
	w->syl = syl;
	w->name = name;
	w->read = read;
	if (n != l->chars_n || w->names > 4096)
		return wrong(e, "sym.read");
	for (size_t i = 0; i < w->names; i++)
		if (w->name[i][7] || w->name[i][0] < 'a' || w->name[i][0] > 'z')
			return wrong(e, "syl.name");
	return 0;
}

/* Symbols of the word that ends in `node`, back to front; 0 when it is none. */
static size_t word_back(const struct words *w, uint32_t node, uint16_t sym[WORDS_LONGEST])
{
	size_t n = 0;
	for (; node <= w->mask && n < WORDS_LONGEST; node = w->node[node].parent)
		sym[n++] = w->node[node].sym;
	return node == WORDS_ROOT ? n : 0;
}

size_t words_spell(const struct words *w, uint32_t node, uint16_t sym[WORDS_LONGEST])
{
	uint16_t back[WORDS_LONGEST];
	size_t n = word_back(w, node, back);
	for (size_t i = 0; i < n; i++)
		sym[i] = back[n - 1 - i];
	return n;
}

static void set_spoken(const struct words *w, uint16_t a, uint16_t b)
{
	uint32_t h = words_hash(a, b) >> (32 - WORDS_SPOKEN_BITS);
	w->spoken[h >> 5] |= UINT32_C(1) << (h & 31);
}

static void prepare_spoken(struct words *w, size_t symbols)
{
	w->spoken = mem_array((size_t)1 << (WORDS_SPOKEN_BITS - 5), sizeof(*w->spoken));
	for (size_t i = 0; i < w->readings; i++) {
		uint16_t back[WORDS_LONGEST];
		size_t n = word_back(w, w->reading[i].node, back), at = w->reading[i].at;
		for (size_t k = 0; k < n && at <= w->syls && n <= w->syls - at; k++) {
			uint16_t sym = back[n - 1 - k];
			if (sym < symbols && w->syl[at + k] == (w->read[sym] & (uint16_t)~WORDS_POLYPHONE))
				continue;
			if (k)
				set_spoken(w, back[n - k], sym);
			if (k + 1 < n)
				set_spoken(w, sym, back[n - 2 - k]);
		}
	}
}

#define TYPED_MAX 6 /* zhuang */

static void add_typed(struct words *w, size_t *used, const char *s, uint16_t id)
{
	size_t at = 0, n = strlen(s);
	for (size_t i = 0; i < n; i++)
		if (s[i] < 'a' || s[i] > 'z')
			return;
	for (size_t i = 0; i < n && n <= TYPED_MAX; i++) {
		uint16_t *next = &w->typed[at].next[s[i] - 'a'];
		at = *next ? *next : (*next = (uint16_t)(*used)++);
	}
	/* of single letters only vowels are syllables; ng is none; nue and lue stand in for nüe and lüe */
	bool none = n > TYPED_MAX || (n == 1 && !strchr("aeo", s[0])) || strcmp(s, "ng") == 0;
	if (!none && w->typed[at].id == 0)
		w->typed[at].id = id;
}

static void prepare_typed(struct words *w)
{
	size_t used = 1;
	w->typed = mem_array((w->names + 2) * TYPED_MAX + 1, sizeof(*w->typed));
	for (size_t i = 0; i < w->names; i++)
		add_typed(w, &used, w->name[i], (uint16_t)(PINYIN_SYLLABLE + i));
	for (size_t i = 0; i < w->names; i++)
		if (strcmp(w->name[i], "nve") == 0 || strcmp(w->name[i], "lve") == 0)
			add_typed(w, &used, w->name[i][0] == 'n' ? "nue" : "lue", (uint16_t)(PINYIN_SYLLABLE + i));
}

static int load_guesses(struct lang *l, struct error *e)
{
	struct words *w = &l->words;
	const void *head, *guess, *split, *part;
	size_t n, parts;
	if (pack_array(l->pack, "guess.head", sizeof(uint32_t), &head, &n, e) < 0 ||
	    pack_array(l->pack, "guess.word", sizeof(struct words_guess), &guess, &w->guesses, e) < 0 ||
	    pack_array(l->pack, "guess.split", sizeof(struct words_split), &split, &w->splits, e) < 0 ||
	    pack_array(l->pack, "sym.part", sizeof(uint16_t), &part, &parts, e) < 0)
		return -1;
	w->guess_head = head;
	w->guess = guess;
	w->split = split;
	w->part = part;
	struct str link = pack_section(l->pack, "link.pair");
	w->link = (const uint16_t *)(const void *)link.ptr;
	if (link.len != sizeof(uint16_t) << WORDS_LINK_BITS)
		return wrong(e, "link.pair");
	size_t free_slots = 0;
	for (size_t i = 0; i < link.len / sizeof(uint16_t) && !free_slots; i++)
		free_slots += w->link[i] == 0;
	if (!free_slots)
		return wrong(e, "link.pair");
	struct str start = pack_section(l->pack, "guess.start");
	w->start = (const uint8_t *)start.ptr;
	if (n != 0x10001 || start.len != 1u << (WORDS_START_BITS - 3) || parts != l->chars_n)
		return wrong(e, "guess.head");
	for (size_t i = 0; i < n; i++)
		if (w->guess_head[i] > w->guesses || (i && w->guess_head[i] < w->guess_head[i - 1]))
			return wrong(e, "guess.head");
	for (size_t i = 0; i < w->splits; i++)
		if (w->split[i].whole >= parts)
			return wrong(e, "guess.split");
	return 0;
}

/* The first WORDS_ALIKE symbols, common ones first, of each number. */
static uint16_t *alike(const uint16_t *number, uint16_t mask, size_t symbols, size_t numbers)
{
	uint16_t *out = mem_array((numbers + 1) * WORDS_ALIKE, sizeof(*out));
	for (size_t i = LANG_SYM_HAN; i < symbols && i < LANG_SYM_HAN + COMMON; i++) {
		uint16_t *row = out + (size_t)(number[i] & mask) * WORDS_ALIKE;
		size_t k = 0;
		if ((number[i] & mask) == 0 || (number[i] & mask) > numbers)
			continue;
		while (k < WORDS_ALIKE && row[k])
			k++;
		if (k < WORDS_ALIKE)
			row[k] = (uint16_t)i;
	}
	return out;
}

static void prepare_guesses(struct words *w, size_t symbols)
{
	w->symbols = symbols;
	w->parts = 0;
	for (size_t i = 0; i < symbols; i++)
		w->parts = w->part[i] > w->parts ? w->part[i] : w->parts;
	w->by_sound = alike(w->read, (uint16_t)~WORDS_POLYPHONE, symbols, w->names + PINYIN_SYLLABLE);
	w->by_part = alike(w->part, UINT16_MAX, symbols, w->parts);
	w->left = mem_array(UINT16_MAX / 64 + 1, sizeof(*w->left));
	for (size_t i = 0; i < w->splits; i++)
		w->left[w->split[i].left / 64] |= UINT64_C(1) << (w->split[i].left % 64);
	w->alone = mem_array(symbols + 1, sizeof(*w->alone));
	for (size_t i = 0; i < symbols; i++) {
		uint32_t node = words_child(w, WORDS_ROOT, (uint16_t)i);
		w->alone[i] = node == WORDS_NONE ? 0 : w->node[node].value & WORDS_SCORE;
	}
}

int words_load(struct lang *l, struct error *e)
{
	struct words *w = &l->words;
	const void *shape;
	size_t n;
	if (load_trie(l, e) < 0 || load_readings(l, e) < 0 ||
	    pack_array(l->pack, "sym.shape", sizeof(uint16_t), &shape, &n, e) < 0)
		return -1;
	w->shape = shape;
	if (n != l->chars_n)
		return wrong(e, "sym.shape");
	for (size_t i = 0; i < n; i++)
		if (w->shape[i] >= n)
			return wrong(e, "sym.shape");
	struct str pairs = pack_section(l->pack, "pair.bits");
	if (pairs.len != 1u << (WORDS_PAIR_BITS - 3))
		return wrong(e, "pair.bits");
	w->pairs = (const uint8_t *)pairs.ptr;
	if (load_guesses(l, e) < 0)
		return -1;
	prepare_guesses(w, n);
	prepare_spoken(w, n);
	prepare_typed(w);
	return 0;
}

void words_unload(struct lang *l)
{
	free(l->words.root);
	free(l->words.alone);
	free(l->words.left);
	free(l->words.by_sound);
	free(l->words.by_part);
	free(l->words.spoken);
	free(l->words.typed);
}

/* ---- many pairs at once ---- */

static struct words_pairs pairs_portable(const struct words *w, const uint16_t *sym, size_t n)
{
	struct words_pairs p = { 0 };
	for (size_t k = 0; k < n; k++) {
		p.word |= (uint64_t)words_pair(w, sym[k], sym[k + 1]) << k;
		p.same |= (uint64_t)(sym[k] == sym[k + 1]) << k;
	}
	return p;
}

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx512f,avx512bw,avx512vl"))) static struct words_pairs pairs_avx512(const struct words *w,
											     const uint16_t *sym, size_t n)
{
	const __m512i one = _mm512_set1_epi32(1), low = _mm512_set1_epi32(31);
	struct words_pairs p = { 0 };
	for (size_t k = 0; k < n; k += 16) {
		__mmask16 some = n - k < 16 ? (__mmask16)((1u << (n - k)) - 1) : (__mmask16)0xFFFF;
		__m256i x = _mm256_maskz_loadu_epi16(some, sym + k), y = _mm256_maskz_loadu_epi16(some, sym + k + 1);
		__m512i h = _mm512_add_epi32(_mm512_mullo_epi32(_mm512_cvtepu16_epi32(x), _mm512_set1_epi32((int)0x9E3779B1u)),
					     _mm512_mullo_epi32(_mm512_cvtepu16_epi32(y), _mm512_set1_epi32((int)0x85EBCA6Bu)));
		h = _mm512_mullo_epi32(_mm512_xor_si512(h, _mm512_srli_epi32(h, 15)), _mm512_set1_epi32(0x2C1B3C6D));
		h = _mm512_srli_epi32(h, 32 - WORDS_PAIR_BITS);
		__m512i bits = _mm512_i32gather_epi32(_mm512_srli_epi32(h, 5), w->pairs, 4);
		__mmask16 word = _mm512_test_epi32_mask(bits, _mm512_sllv_epi32(one, _mm512_and_si512(h, low)));
		p.word |= (uint64_t)(word & some) << k;
		p.same |= (uint64_t)_mm256_mask_cmpeq_epu16_mask(some, x, y) << k;
	}
	return p;
}

struct words_pairs words_pairs(const struct words *w, const uint16_t *sym, size_t n)
{
	bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
	return wide ? pairs_avx512(w, sym, n) : pairs_portable(w, sym, n);
}
#else
struct words_pairs words_pairs(const struct words *w, const uint16_t *sym, size_t n)
{
	return pairs_portable(w, sym, n);
}
#endif
