/* Restoring disguised words: dynamic programming over the clause as segment.c does it, where a word of
 * up to four characters may also be one that is only like what is written, at a price for each
 * character that differs; words whose ends stand side by side gladly are cheaper together. A character
 * that pairs with none of its neighbours in any word is odd; a guess must account for one. From each
 * place a few ways are kept, with different first characters. Work: linear in the piece. */
#include "lang/restore_private.h"

#include "base/check.h"
#include "lang/pinyin.h"
#include "lang/words_private.h"

#define COST_UNKNOWN 9300u /* as in segment.c */
#define COST_RUN 4000u
#define COST_TYPED 6500u  /* of a syllable in letters that stays one */
#define COST_LIKE 2500u
#define COST_PLAIN 3600u
#define COST_LETTERS 500u /* a syllable in letters stands for a character */
#define COST_SPLIT 1200u  /* two characters stand for one */
#define COST_SINGLE 400u
#define LINK_UNIT 350
#define LINK_NONE 3	  /* what is neither gladly nor hardly ever side by side */
#define LINK_MOST 11	  /* more says no more */
#define WAYS 4
#define GAP_MOST 2	  /* decoration within a word */

/* Characters, syllables in letters, letters and digits of the piece. */
struct unit {
	uint16_t sym, sound, shape; /* sym 0: a syllable of several letters */
	uint16_t whole;		    /* what it is with the next one as its right part; 0 none */
	uint32_t part;
	uint8_t at, odd, run; /* run: of letters or digits from here on; 0: a character */
};
enum way_kind { WAY_KEEP, WAY_WORD, WAY_GUESS, WAY_SPLIT, WAY_CHAR };
struct way {
	int32_t cost;
	uint32_t word;	/* its place among the guesses, its node, or the symbol */
	uint16_t first; /* symbol; 0: letters */
	uint8_t units, kind, next; /* which way from behind it */
};
/* A key to ask guess.word for, of n units. */
struct probe {
	uint32_t key, whole; /* whole: words_hash() of it */
	uint8_t unit, n, kind;
	bool odd; /* one of the units is */
};
struct piece {
	const struct words *w;
	struct unit unit[RESTORE_MAX + 1];
	struct way way[RESTORE_MAX + 1][WAYS];
	uint8_t ways[RESTORE_MAX + 1];
	bool calm[RESTORE_MAX + 1]; /* nothing odd around: the likeliest words are enough */
	struct probe probe[RESTORE_MAX * WORDS_LIKENESSES * (WORDS_GUESS_MAX - 1)];
	size_t n, probes;
};

static bool is_letter(uint16_t sym)
{
	return sym >= LANG_SYM_LETTER && sym < LANG_SYM_HAN;
}

static bool near(const struct fold_text *t, size_t i)
{
	return t->gap[i] == FOLD_GAP_NONE || (t->gap[i] == FOLD_GAP_SOFT && t->skipped[i] <= GAP_MOST);
}

static uint16_t whole_of(const struct words *w, uint16_t left, uint16_t right)
{
	size_t lo = 0, hi = w->splits;
	if (!(w->left[left / 64] >> (left % 64) & 1))
		return 0;
	uint32_t want = (uint32_t)left << 16 | right;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (((uint32_t)w->split[mid].left << 16 | w->split[mid].right) < want)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < w->splits && w->split[lo].left == left && w->split[lo].right == right ? w->split[lo].whole : 0;
}

/* ---- units ---- */

static void add_letters(const struct lang *l, struct piece *p, const struct fold_text *t, size_t from, size_t to, size_t base)
{
	uint16_t id[RESTORE_MAX];
	size_t at = from;
	ssize_t n = pinyin_symbols(l, t->sym + from, to - from, id, RESTORE_MAX);
	bool syllables = n > 0;
	for (ssize_t i = 0; i < n; i++)
		syllables &= id[i] >= PINYIN_SYLLABLE;
	size_t count = syllables ? (size_t)n : to - from;
	for (size_t i = 0; i < count; i++) {
		size_t len = syllables ? pinyin_name(l, id[i]).len : 1;
		struct unit *u = &p->unit[p->n++];
		*u = (struct unit){ .sym = len > 1 ? 0 : t->sym[at], .sound = syllables ? id[i] : 0, .at = (uint8_t)(at - base), .odd = syllables,
				    .run = (uint8_t)(count - i) };
		at += len;
		if (at > to)
			at = to;
	}
}

static void add_digits(struct piece *p, const struct fold_text *t, size_t from, size_t to, size_t base)
{
	for (size_t i = from; i < to; i++)
		p->unit[p->n++] = (struct unit){ .sym = t->sym[i], .at = (uint8_t)(i - base), .run = (uint8_t)(to - i) };
}

static void add_char(const struct words *w, struct piece *p, const struct fold_text *t, size_t i, size_t from, size_t to)
{
	uint16_t sym = t->sym[i], sound = w->read[sym] & (uint16_t)~WORDS_POLYPHONE;
	bool before = i > from && near(t, i) && words_pair(w, t->sym[i - 1], sym);
	bool after = i + 1 < to && near(t, i + 1) && words_pair(w, sym, t->sym[i + 1]);
	p->unit[p->n++] = (struct unit){ .sym = sym, .sound = sound, .shape = w->shape[sym],
					 .part = w->part[sym] ? w->part[sym] : WORDS_NO_PART + sym, .at = (uint8_t)(i - from),
					 .odd = !before && !after,
					 .whole = i + 1 < to && t->gap[i + 1] == FOLD_GAP_NONE ? whole_of(w, sym, t->sym[i + 1]) : 0 };
}

static void add_units(const struct lang *l, struct piece *p, const struct fold_text *t, size_t from, size_t to)
{
	for (size_t i = from, end; i < to; i = end) {
		end = i + 1;
		if (t->sym[i] >= LANG_SYM_HAN || t->sym[i] < LANG_SYM_DIGIT) {
			add_char(&l->words, p, t, i, from, to);
			continue;
		}
		bool letters = is_letter(t->sym[i]);
		while (end < to && t->gap[end] == FOLD_GAP_NONE && t->sym[end] >= LANG_SYM_DIGIT && t->sym[end] < LANG_SYM_HAN &&
		       is_letter(t->sym[end]) == letters)
			end++;
		if (letters)
			add_letters(l, p, t, i, end, from);
		else
			add_digits(p, t, i, end, from);
	}
	p->unit[p->n] = (struct unit){ .at = (uint8_t)(to - from) };
}

/* ---- ways ---- */

struct step {
	size_t units;
	uint32_t cost, word;
	uint16_t first, last; /* symbols; 0: letters */
	enum way_kind kind;
};

static int32_t link_cost(const struct piece *p, uint16_t a, uint16_t b)
{
	if (!a || !b)
		return 0;
	int32_t link = (int32_t)words_link(p->w, a, b);
	return (LINK_NONE - (link < LINK_MOST ? link : LINK_MOST)) * LINK_UNIT;
}

/* In order of cost; of two with the same first character the cheaper. */
static void keep_way(struct piece *p, size_t u, struct way way)
{
	struct way *list = p->way[u];
	size_t n = p->ways[u], at = 0, same = 0;
	while (at < n && list[at].cost <= way.cost)
		if (list[at++].first == way.first)
			return;
	for (same = at; same < n && list[same].first != way.first; same++)
		;
	if (same == n) {
		same = n < WAYS ? n : WAYS - 1;
		p->ways[u] = (uint8_t)(n < WAYS ? n + 1 : n);
	}
	if (at >= WAYS)
		return;
	for (; same > at; same--)
		list[same] = list[same - 1];
	list[at] = way;
}

static void offer(struct piece *p, size_t u, struct step s)
{
	size_t v = u + s.units;
	int32_t most = (LINK_MOST - LINK_NONE) * LINK_UNIT;
	bool full = p->ways[u] == WAYS;
	if (p->calm[u]) {
		int32_t cost = p->way[v][0].cost + (int32_t)s.cost;
		if (p->ways[u] == 0 || cost < p->way[u][0].cost)
			p->way[u][0] = (struct way){ .cost = cost, .word = s.word, .first = s.first, .units = (uint8_t)s.units, .kind = (uint8_t)s.kind };
		p->ways[u] = 1;
		return;
	}
	struct way way = { .cost = INT32_MAX, .word = s.word, .first = s.first, .units = (uint8_t)s.units, .kind = (uint8_t)s.kind };
	if (full && p->way[v][0].cost + (int32_t)s.cost - most >= p->way[u][WAYS - 1].cost)
		return;
	for (size_t i = 0; i < p->ways[v]; i++) {
		int32_t cost = p->way[v][i].cost + (int32_t)s.cost;
		if (cost - most >= way.cost)
			break;
		cost += link_cost(p, s.last, p->way[v][i].first);
		if (cost < way.cost) {
			way.cost = cost;
			way.next = (uint8_t)i;
		}
	}
	keep_way(p, u, way);
}

static void offer_words(struct piece *p, size_t u)
{
	uint32_t node = WORDS_ROOT;
	for (size_t v = u; v < p->n && p->unit[v].sym; v++) {
		node = words_child(p->w, node, p->unit[v].sym);
		if (node == WORDS_NONE)
			return;
		unsigned value = p->w->node[node].value;
		if (value & WORDS_SCORE && p->unit[v].run <= 1)
			offer(p, u, (struct step){ .units = v + 1 - u, .cost = value & WORDS_SCORE, .word = node, .first = p->unit[u].sym,
						   .last = p->unit[v].sym, .kind = WAY_WORD });
		if (!(value & WORDS_CHILDREN))
			return;
	}
}

/* What it costs that the units from u on stand for the word. */
static uint32_t price(const struct piece *p, size_t u, const struct words_guess *g)
{
	uint32_t cost = g->score;
	for (size_t k = 0; k < g->len; k++) {
		const struct unit *x = &p->unit[u + k];
		if (x->run)
			cost += COST_LETTERS;
		else if (x->sym != g->sym[k])
			cost += x->odd ? COST_LIKE : COST_PLAIN;
	}
	return cost;
}

/* ---- guesses ---- */

/* Which words the units from each place on may stand for does not depend on the ways: it is found out first, so
 * that what the memory takes for one place passes while the others are looked at. */
static void add_probes(struct piece *p, size_t u)
{
	static const uint32_t kinds[WORDS_LIKENESSES] = { WORDS_BY_SOUND, WORDS_BY_SHAPE, WORDS_BY_PART };
	uint32_t key[WORDS_LIKENESSES] = { kinds[0], kinds[1], kinds[2] };
	bool odd = false, letters = false, sounds = true;
	for (size_t n = 1; n <= WORDS_GUESS_MAX && u + n <= p->n; n++) {
		const struct unit *x = &p->unit[u + n - 1];
		const uint32_t id[WORDS_LIKENESSES] = { x->sound, x->shape, x->part };
		odd |= x->odd;
		sounds &= x->sound >= PINYIN_SYLLABLE;
		letters |= x->run > 0;
		for (uint8_t i = 0; i < WORDS_LIKENESSES; i++) {
			key[i] = words_key(key[i], id[i]);
			if (n < 2 || (i ? letters : !sounds))
				continue;
			struct probe *at = &p->probe[p->probes++];
			*at = (struct probe){ .key = key[i], .whole = words_hash(key[i], (uint32_t)n), .unit = (uint8_t)u, .n = (uint8_t)n, .kind = i, .odd = odd };
			words_start_fetch(p->w, n == 2 ? at->key : at->whole);
			if (n == 2)
				words_start_fetch(p->w, at->whole);
		}
		if (!sounds && letters)
			return;
	}
}

/* Leaves the probes that some word may answer. */
static void sift_probes(struct piece *p)
{
	const struct words *w = p->w;
	bool begins[WORDS_LIKENESSES] = { false };
	size_t kept = 0;
	for (size_t i = 0; i < p->probes; i++) {
		const struct probe x = p->probe[i];
		if (x.n == 2)
			begins[x.kind] = words_start(w, x.key);
		if (!x.odd || !begins[x.kind] || !words_start(w, x.whole))
			continue;
		__builtin_prefetch(&w->guess_head[x.key >> 16]);
		p->probe[kept++] = x;
	}
	p->probes = kept;
	for (size_t i = 0; i < kept; i++)
		__builtin_prefetch(&w->guess[w->guess_head[p->probe[i].key >> 16]]);
}

static void offer_guesses(struct piece *p, const struct probe *x)
{
	const struct words *w = p->w;
	const struct words_guess *g = w->guess + w->guess_head[x->key >> 16], *end = w->guess + w->guess_head[(x->key >> 16) + 1];
	for (; g < end && g->key <= x->key; g++)
		if (g->key == x->key && g->len == x->n)
			offer(p, x->unit, (struct step){ .units = x->n, .cost = price(p, x->unit, g), .word = (uint32_t)(g - w->guess), .first = g->sym[0],
							 .last = g->sym[x->n - 1], .kind = WAY_GUESS });
}

/* From the last place to the first, as find_ways() goes. */
static void find_probes(struct piece *p)
{
	size_t odd = SIZE_MAX / 2;
	p->probes = 0;
	for (size_t u = p->n; u-- > 0;) {
		odd = p->unit[u].odd ? u : odd;
		if (odd < u + WORDS_GUESS_MAX)
			add_probes(p, u);
	}
	sift_probes(p);
}

static void offer_splits(struct piece *p, size_t u, size_t v, uint32_t node, uint16_t first, unsigned depth, unsigned splits)
{
	for (unsigned way = 0; way < 2 && v < p->n; way++) {
		uint16_t sym = way ? p->unit[v].whole : p->unit[v].sym;
		uint32_t next = sym ? words_child(p->w, node, sym) : WORDS_NONE;
		if (next == WORDS_NONE)
			continue;
		unsigned value = p->w->node[next].value;
		size_t behind = v + 1 + way;
		uint16_t head = depth ? first : sym;
		if (value & WORDS_SCORE && splits + way)
			offer(p, u, (struct step){ .units = behind - u, .cost = (value & WORDS_SCORE) + (splits + way) * COST_SPLIT + (depth ? 0 : COST_SINGLE),
						   .word = next, .first = head, .last = sym, .kind = WAY_SPLIT });
		if (value & WORDS_CHILDREN && depth + 1 < WORDS_GUESS_MAX)
			offer_splits(p, u, behind, next, head, depth + 1, splits + way);
	}
}

/* Characters that stand alone for one like them. */
static void offer_chars(struct piece *p, size_t u, const uint16_t *list, uint32_t cost)
{
	for (size_t i = 0; i < WORDS_ALIKE && list[i]; i++)
		if (p->w->alone[list[i]] && list[i] != p->unit[u].sym)
			offer(p, u, (struct step){ .units = 1, .cost = p->w->alone[list[i]] + cost, .word = list[i], .first = list[i], .last = list[i],
						   .kind = WAY_CHAR });
}

static const uint16_t *chars_by_sound(const struct piece *p, const struct unit *x)
{
	bool letter = x->run && x->sym; /* one by itself says little: A股, e心 */
	return x->odd && x->sound >= PINYIN_SYLLABLE && !letter ? p->w->by_sound + (size_t)x->sound * WORDS_ALIKE : NULL;
}

static const uint16_t *chars_by_part(const struct piece *p, const struct unit *x)
{
	return x->odd && !x->run && x->part < WORDS_NO_PART ? p->w->by_part + (size_t)x->part * WORDS_ALIKE : NULL;
}

/* What offer_chars() will ask for comes from memory while words are offered. */
static void fetch_chars(const struct piece *p, size_t u, const uint16_t *list)
{
	for (size_t i = 0; list && i < WORDS_ALIKE && list[i]; i++)
		for (size_t k = 0; k < p->ways[u + 1]; k++)
			words_link_fetch(p->w, list[i], p->way[u + 1][k].first);
}

/* Further than a word from what is odd or may be split. */
static void find_calm(struct piece *p)
{
	size_t last = SIZE_MAX / 2;
	memset(p->calm, 1, sizeof(p->calm));
	for (size_t u = 0; u < p->n; u++) {
		if (p->unit[u].odd || p->unit[u].whole)
			for (size_t v = u > WORDS_GUESS_MAX ? u - WORDS_GUESS_MAX : 0; v <= u; v++)
				p->calm[v] = false;
		last = p->unit[u].odd || p->unit[u].whole ? 0 : last + 1;
		p->calm[u] &= last > WORDS_GUESS_MAX;
	}
}

/* The beginnings of words come from memory while the probes are made. */
static void fetch_words(const struct piece *p)
{
	for (size_t u = 0; u < p->n; u++) {
		uint32_t node = p->unit[u].sym ? words_child(p->w, WORDS_ROOT, p->unit[u].sym) : WORDS_NONE;
		if (node == WORDS_NONE)
			continue;
		__builtin_prefetch(&p->w->node[node]);
		if (p->unit[u + 1].sym)
			words_child_fetch(p->w, node, p->unit[u + 1].sym);
	}
	for (size_t u = 0; u + 2 < p->n; u++) {
		uint32_t node = p->unit[u].sym ? words_child(p->w, WORDS_ROOT, p->unit[u].sym) : WORDS_NONE;
		node = node != WORDS_NONE && p->unit[u + 1].sym ? words_child(p->w, node, p->unit[u + 1].sym) : WORDS_NONE;
		if (node != WORDS_NONE && p->unit[u + 2].sym)
			words_child_fetch(p->w, node, p->unit[u + 2].sym);
	}
}

static void find_ways(struct piece *p)
{
	size_t split = SIZE_MAX / 2, probe = 0;
	fetch_words(p);
	find_calm(p);
	find_probes(p);
	p->way[p->n][0] = (struct way){ .cost = 0 };
	p->ways[p->n] = 1;
	for (size_t u = p->n; u-- > 0;) {
		const struct unit *x = &p->unit[u];
		const uint16_t *sounds = chars_by_sound(p, x), *parts = chars_by_part(p, x);
		p->ways[u] = 0;
		fetch_chars(p, u, sounds);
		fetch_chars(p, u, parts);
		bool letter = x->run && x->sym; /* one by itself says little: A股, e心 */
		uint32_t keep = !x->run ? COST_UNKNOWN : x->odd && !(letter && x->run == 1) ? x->run * COST_TYPED : COST_RUN;
		offer(p, u, (struct step){ .units = x->run ? x->run : 1, .cost = keep, .first = x->run ? 0 : x->sym,
					   .last = x->run ? 0 : x->sym, .kind = WAY_KEEP });
		offer_words(p, u);
		split = x->whole ? u : split;
		for (; probe < p->probes && p->probe[probe].unit == u; probe++)
			offer_guesses(p, &p->probe[probe]);
		if (split < u + WORDS_GUESS_MAX)
			offer_splits(p, u, u, WORDS_ROOT, 0, 0, 0);
		if (sounds)
			offer_chars(p, u, sounds, (x->run ? COST_LETTERS : COST_LIKE) + COST_SINGLE);
		if (parts)
			offer_chars(p, u, parts, COST_LIKE + COST_SINGLE);
	}
}

/* ---- the way found ---- */

struct writer {
	const struct piece *p;
	struct restored *ret;
	size_t len;
	bool changed;
};

static void write_symbol(struct writer *o, uint16_t sym, size_t from, size_t to, bool joined)
{
	if (sym >= o->p->w->symbols) /* the pages of the tables are read only here */
		sym = LANG_SYM_OTHER;
	bool changed = sym != o->p->unit[from].sym || to - from > 1;
	o->ret[o->len++] = (struct restored){ .sym = sym, .first = o->p->unit[from].at, .last = (uint8_t)(o->p->unit[to].at - 1),
					      .changed = changed, .joined = joined };
	o->changed |= changed;
}

/* Which units make which character of a word with split ones: the first way that fits. */
static bool align(const struct piece *p, size_t u, size_t end, const uint16_t *sym, size_t n, uint8_t *span)
{
	if (n == 0)
		return u == end;
	if (u < end && p->unit[u].sym == *sym && align(p, u + 1, end, sym + 1, n - 1, span + 1)) {
		*span = 1;
		return true;
	}
	if (u + 2 <= end && p->unit[u].whole == *sym && align(p, u + 2, end, sym + 1, n - 1, span + 1)) {
		*span = 2;
		return true;
	}
	return false;
}

static void write_word(struct writer *o, size_t u, const struct way *a)
{
	const struct words *w = o->p->w;
	uint16_t sym[WORDS_LONGEST];
	uint8_t span[WORDS_LONGEST];
	size_t n = a->units;
	memset(span, 1, sizeof(span));
	if (a->kind == WAY_GUESS) {
		memcpy(sym, w->guess[a->word].sym, sizeof(w->guess[a->word].sym));
	} else if (a->kind == WAY_CHAR) {
		sym[0] = (uint16_t)a->word;
	} else {
		n = words_spell(w, a->word, sym);
		check(align(o->p, u, u + a->units, sym, n, span));
	}
	for (size_t k = 0; k < n; u += span[k], k++)
		write_symbol(o, sym[k], u, u + span[k], k > 0);
}

size_t restore_piece(const struct lang *l, const struct fold_text *t, size_t from, size_t to, struct restored *ret)
{
	struct piece p;
	check(from < to && to - from <= RESTORE_MAX && to <= t->len);
	p.w = &l->words;
	p.n = 0;
	add_units(l, &p, t, from, to);
	bool odd = false;
	for (size_t u = 0; u < p.n && !odd; u++)
		odd = p.unit[u].odd || p.unit[u].whole;
	if (!odd)
		return 0;
	find_ways(&p);
	struct writer o = { .p = &p, .ret = ret };
	size_t next = 0;
	const struct way *a = &p.way[0][0];
	for (size_t u = 0; u < p.n; u += a->units, a = &p.way[u][next]) {
		next = a->next;
		if (a->kind >= WAY_GUESS) {
			write_word(&o, u, a);
			continue;
		}
		/* letters one by one, as they stand */
		for (size_t i = p.unit[u].at; i < p.unit[u + a->units].at; i++)
			ret[o.len++] = (struct restored){ .sym = t->sym[from + i], .first = (uint8_t)i, .last = (uint8_t)i,
							  .joined = i > p.unit[u].at };
	}
	return o.changed ? o.len : 0;
}
