/* Segmentation by unigram Viterbi over the mapped trie, as jieba does it (without its HMM): from the
 * end of a stretch backwards, the best way from each position on. Work is linear in the text times
 * the longest word. */
#include "lang/segment.h"

#include "base/check.h"
#include "lang/words_private.h"

#define CHUNK 256	  /* symbols cut at a time; a longer stretch is cut at its last word's start */
#define COST_UNKNOWN 9300u /* of a character in no word, as WORDS_SCORE: one in 77 million */
#define COST_RUN 4000u	  /* of a run of letters or digits */

static bool same_run(uint16_t a, uint16_t b)
{
	bool da = a >= LANG_SYM_DIGIT && a < LANG_SYM_LETTER, db = b >= LANG_SYM_DIGIT && b < LANG_SYM_LETTER;
	bool la = a >= LANG_SYM_LETTER && a < LANG_SYM_HAN, lb = b >= LANG_SYM_LETTER && b < LANG_SYM_HAN;
	return (da && db) || (la && lb);
}

/* End of the run of letters or digits at i, or i + 1. */
static size_t run_end(const uint16_t *sym, size_t n, size_t i)
{
	size_t end = i + 1;
	while (end < n && same_run(sym[i], sym[end]))
		end++;
	return end;
}

/* step[i]: length of the word at i on the best way to the end. Returns the whole cost. */
static uint32_t best_ways(const struct words *w, const uint16_t *sym, size_t n, uint16_t *step)
{
	uint32_t cost[CHUNK + 1];
	check(n <= CHUNK);
	cost[n] = 0;
	for (size_t i = n; i-- > 0;) {
		size_t run = run_end(sym, n, i);
		bool inside = i && same_run(sym[i - 1], sym[i]);
		cost[i] = cost[run] + (sym[i] >= LANG_SYM_HAN || sym[i] == LANG_SYM_OTHER ? COST_UNKNOWN : COST_RUN);
		step[i] = (uint16_t)(run - i);
		if (inside)
			continue;
		uint32_t node = WORDS_ROOT;
		for (size_t k = i; k < n; k++) {
			node = words_child(w, node, sym[k]);
			if (node == WORDS_NONE)
				break;
			unsigned value = w->node[node].value, score = value & WORDS_SCORE;
			if (score && cost[k + 1] + score < cost[i] && !(k + 1 < n && same_run(sym[k], sym[k + 1]))) {
				cost[i] = cost[k + 1] + score;
				step[i] = (uint16_t)(k + 1 - i);
			}
			if (!(value & WORDS_CHILDREN))
				break;
		}
	}
	return cost[0];
}

/* Behind the last symbol that no gap parts from i. */
static size_t stretch_end(const struct fold_text *t, size_t i, size_t to)
{
	size_t end = i + 1;
	while (end < to && t->gap[end] == FOLD_GAP_NONE)
		end++;
	return end;
}

void segment_text(const struct lang *l, const struct fold_text *t, size_t from, size_t to,
		  struct arena *a, struct segment_words *ret)
{
	uint16_t step[CHUNK];
	check(from <= to && to <= t->len);
	uint32_t *at = arena_array(a, to - from + 1, sizeof(*at));
	size_t len = 0;
	for (size_t i = from; i < to;) {
		size_t end = stretch_end(t, i, to), n = end - i < CHUNK ? end - i : CHUNK, k = 0;
		best_ways(&l->words, t->sym + i, n, step);
		/* what touches the end of a chunk is cut again with the next one */
		size_t stop = n == end - i ? n : n - WORDS_LONGEST;
		do {
			at[len++] = (uint32_t)(i + k);
			k += step[k];
		} while (k < stop);
		i += k;
	}
	at[len] = (uint32_t)to;
	*ret = (struct segment_words){ .at = at, .len = len };
}

static void cut_around(const struct lang *l, const struct fold_text *t, size_t i, struct segment_cache *c)
{
	uint16_t step[CHUNK];
	size_t from = i, to = i;
	while (from > 0 && i - from < SEGMENT_AROUND && t->gap[from] == FOLD_GAP_NONE)
		from--;
	while (to < t->len && to - i < SEGMENT_AROUND && (to == i || t->gap[to] == FOLD_GAP_NONE))
		to++;
	*c = (struct segment_cache){ .from = from, .to = to };
	best_ways(&l->words, t->sym + from, to - from, step);
	for (size_t k = 0; k < to - from; k += step[k])
		c->bits |= (uint64_t)1 << k;
}

bool segment_boundary(const struct lang *l, const struct fold_text *t, size_t i, struct segment_cache *c)
{
	if (i == 0 || i >= t->len || t->gap[i] != FOLD_GAP_NONE)
		return true;
	/* inside the cached piece, and far enough from where it was torn off */
	bool left = i >= c->from + SEGMENT_AROUND / 2 || (i >= c->from && (c->from == 0 || t->gap[c->from] != FOLD_GAP_NONE));
	bool right = i + SEGMENT_AROUND / 2 <= c->to || (i < c->to && (c->to == t->len || t->gap[c->to] != FOLD_GAP_NONE));
	if (!left || !right)
		cut_around(l, t, i, c);
	return c->bits >> (i - c->from) & 1;
}

double segment_surprise(const struct lang *l, const uint16_t *sym, size_t n)
{
	uint16_t step[CHUNK];
	double sum = 0;
	for (size_t i = 0; i < n; i += CHUNK)
		sum += best_ways(&l->words, sym + i, n - i < CHUNK ? n - i : CHUNK, step);
	return n ? sum / 512 / (double)n : 0;
}

bool segment_is_word(const struct lang *l, const uint16_t *sym, size_t n)
{
	uint32_t node = WORDS_ROOT;
	for (size_t i = 0; i < n; i++) {
		if (i && !(l->words.node[node].value & WORDS_CHILDREN))
			return false;
		node = words_child(&l->words, node, sym[i]);
		if (node == WORDS_NONE)
			return false;
	}
	return n && l->words.node[node].value & WORDS_SCORE;
}

void segment_sentence(const struct fold_text *t, size_t i, size_t *ret_from, size_t *ret_to)
{
	size_t from = i < t->len ? i : t->len, to = from;
	while (from > 0 && (from == t->len || t->gap[from] != FOLD_GAP_STOP))
		from--;
	do
		to++;
	while (to < t->len && t->gap[to] != FOLD_GAP_STOP);
	*ret_from = from;
	*ret_to = to < t->len ? to : t->len;
}
