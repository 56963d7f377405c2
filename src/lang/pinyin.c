/* Sounds of folded text. A polyphone is read as the longest dictionary word over it says; letters
 * are parsed by the cheapest cover of their run with syllables (dynamic programming). */
#include "lang/pinyin.h"

#include "base/check.h"
#include "lang/words_private.h"

#define WORD_MAX 5	/* longest word that decides a reading */
#define RUN_MAX 64	/* longer runs of letters are no pinyin */
#define COST_SYLLABLE 2
#define COST_LETTER 5

/* ---- names ---- */

static int name_cmp(const char *a, struct str b)
{
	size_t n = strlen(a);
	int c = memcmp(a, b.ptr, n < b.len ? n : b.len);
	return c ? c : n < b.len ? -1 : n > b.len;
}

uint16_t pinyin_id(const struct lang *l, struct str name)
{
	size_t lo = 0, hi = l->words.names;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (name_cmp(l->words.name[mid], name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < l->words.names && name_cmp(l->words.name[lo], name) == 0)
		return (uint16_t)(PINYIN_SYLLABLE + lo);
	return 0;
}

struct str pinyin_name(const struct lang *l, uint16_t id)
{
	static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	if (id >= PINYIN_SYLLABLE)
		return id - PINYIN_SYLLABLE < l->words.names ? str_c(l->words.name[id - PINYIN_SYLLABLE]) :
							       STR("");
	return id >= LANG_SYM_DIGIT ? str_make(plain + (id - LANG_SYM_DIGIT), 1) : STR("");
}

uint16_t pinyin_initial(const struct lang *l, uint16_t id)
{
	if (id < PINYIN_SYLLABLE || id - PINYIN_SYLLABLE >= l->words.names)
		return id;
	return (uint16_t)(LANG_SYM_LETTER + (l->words.name[id - PINYIN_SYLLABLE][0] - 'a'));
}

/* The sound as it is said by whoever does not tell the pairs apart. */
static struct str mixed_up(struct str s, char out[12])
{
	size_t n = 0;
	char first = s.ptr[0];
	bool hissing = s.len > 1 && s.ptr[1] == 'h' && strchr("zcs", first);
	out[n++] = first == 'l' ? 'n' : first == 'h' ? 'f' : first;
	for (size_t i = hissing ? 2 : 1; i < s.len && n < 11; i++)
		out[n++] = s.ptr[i];
	if (n > 3 && out[n - 1] == 'g' && out[n - 2] == 'n' && strchr("aei", out[n - 3]))
		n--;
	return str_make(out, n);
}

uint16_t pinyin_fuzzy(const struct lang *l, uint16_t id)
{
	char a[12], b[12];
	struct str name = pinyin_name(l, id);
	if (id < PINYIN_SYLLABLE || !name.len)
		return id;
	struct str want = mixed_up(name, a);
	for (uint16_t k = PINYIN_SYLLABLE; k < id; k++)
		if (str_eq(mixed_up(pinyin_name(l, k), b), want))
			return k;
	return id;
}

/* ---- polyphones ---- */

static const uint16_t *reading_of(const struct words *w, uint32_t node, size_t len)
{
	size_t lo = 0, hi = w->readings;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (w->reading[mid].node < node)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == w->readings || w->reading[lo].node != node || w->reading[lo].at > w->syls ||
	    len > w->syls - w->reading[lo].at)
		return NULL;
	return w->syl + w->reading[lo].at;
}

/* The syllable of sym[i] as the longest word over it has it; the earlier of equals wins. */
static uint16_t by_word(const struct words *w, const uint16_t *sym, size_t n, size_t i)
{
	uint16_t found = w->read[sym[i]] & (uint16_t)~WORDS_POLYPHONE;
	size_t best = 1;
	for (size_t s = i >= WORD_MAX - 1 ? i - (WORD_MAX - 1) : 0; s <= i; s++) {
		uint32_t node = WORDS_ROOT;
		for (size_t k = s; k < n && k < s + WORD_MAX; k++) {
			node = words_child(w, node, sym[k]);
			if (node == WORDS_NONE)
				break;
			unsigned value = w->node[node].value;
			if (k >= i && k + 1 - s > best && value & (WORDS_READING | WORDS_SCORE)) {
				const uint16_t *r = value & WORDS_READING ? reading_of(w, node, k + 1 - s) : NULL;
				best = k + 1 - s;
				found = r ? r[i - s] : w->read[sym[i]] & (uint16_t)~WORDS_POLYPHONE;
			}
			if (!(value & WORDS_CHILDREN))
				break;
		}
	}
	return found;
}

static uint16_t sound_of(const struct lang *l, const uint16_t *sym, size_t n, size_t i)
{
	const struct words *w = &l->words;
	uint16_t id = w->read[sym[i]];
	if (id & WORDS_POLYPHONE) {
		bool word = (i && words_spoken(w, sym[i - 1], sym[i])) || (i + 1 < n && words_spoken(w, sym[i], sym[i + 1]));
		id = word ? by_word(w, sym, n, i) : id & (uint16_t)~WORDS_POLYPHONE;
	}
	if (id)
		return id;
	return sym[i] < LANG_SYM_HAN ? sym[i] : LANG_SYM_OTHER;
}

/* ---- letters ---- */

static bool is_letter(uint16_t sym)
{
	return sym >= LANG_SYM_LETTER && sym < LANG_SYM_HAN;
}

/* Cover of a run of n letters: step[i] letters from i on, id[i]. */
static void cover(const struct words *w, const uint16_t *sym, size_t n, uint8_t *step, uint16_t *id)
{
	unsigned cost[RUN_MAX + 1];
	cost[n] = 0;
	for (size_t i = n; i-- > 0;) {
		cost[i] = cost[i + 1] + COST_LETTER;
		step[i] = 1;
		id[i] = sym[i];
		size_t node = 0;
		for (size_t k = i; k < n; k++) {
			node = w->typed[node].next[sym[k] - LANG_SYM_LETTER];
			if (!node)
				break;
			if (w->typed[node].id && cost[k + 1] + COST_SYLLABLE <= cost[i]) {
				cost[i] = cost[k + 1] + COST_SYLLABLE;
				step[i] = (uint8_t)(k + 1 - i);
				id[i] = w->typed[node].id;
			}
		}
	}
}

struct sink {
	uint16_t *id;
	uint32_t *at; /* may be NULL */
	size_t len, max;
	bool full;
};

static void put(struct sink *o, uint16_t id, size_t at)
{
	if (o->len == o->max) {
		o->full = true;
		return;
	}
	o->id[o->len] = id;
	if (o->at)
		o->at[o->len] = (uint32_t)at;
	o->len++;
}

static void convert(const struct lang *l, const uint16_t *sym, const uint8_t *gap, size_t n, size_t base,
		    struct sink *o)
{
	uint16_t id[RUN_MAX];
	uint8_t step[RUN_MAX];
	for (size_t i = 0; i < n;) {
		if (!is_letter(sym[i])) {
			put(o, sound_of(l, sym, n, i), base + i);
			i++;
			continue;
		}
		size_t end = i + 1;
		while (end < n && is_letter(sym[end]) && (!gap || gap[end] == FOLD_GAP_NONE))
			end++;
		if (end - i > RUN_MAX) {
			for (; i < end; i++)
				put(o, sym[i], base + i);
			continue;
		}
		cover(&l->words, sym + i, end - i, step, id);
		for (size_t k = 0; k < end - i; k += step[k])
			put(o, id[k], base + i + k);
		i = end;
	}
}

void pinyin_text(const struct lang *l, const struct fold_text *t, size_t from, size_t to,
		 struct arena *a, struct pinyin_text *ret)
{
	check(from <= to && to <= t->len);
	struct sink o = { .max = to - from };
	o.id = arena_array(a, o.max + 1, sizeof(*o.id));
	o.at = arena_array(a, o.max + 1, sizeof(*o.at));
	convert(l, t->sym + from, t->gap + from, to - from, from, &o);
	o.at[o.len] = (uint32_t)to;
	*ret = (struct pinyin_text){ .id = o.id, .at = o.at, .len = o.len };
}

ssize_t pinyin_symbols(const struct lang *l, const uint16_t *sym, size_t n, uint16_t *out, size_t max)
{
	struct sink o = { .id = out, .max = max };
	convert(l, sym, NULL, n, 0, &o);
	return o.full ? -1 : (ssize_t)o.len;
}

void shape_symbols(const struct lang *l, const uint16_t *sym, size_t n, uint16_t *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = l->words.shape[sym[i]];
}
