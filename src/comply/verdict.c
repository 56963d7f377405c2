/* From hits to a verdict: allowed phrases cancel, clues gather, the policy of the scene says what each
 * hit means, and every label gets a score. The worst of certain hits, gathered clues and the model's
 * bands decides; nothing is averaged away. */
#include "base/check.h"
#include "base/limits.h"
#include "comply/check_private.h"

#define SCORE_BLOCK .97f
#define SCORE_REVIEW .80f
#define SCORE_GATHERED .62f
#define SCORE_LISTED .30f

/* ---- allow over deny ---- */

static int by_from(const void *a, const void *b)
{
	const struct allow_at *x = a, *y = b;
	return x->from < y->from ? -1 : x->from > y->from;
}

/* Allowed phrases are sorted by where they begin and at most MATCHER_TERM_MAX symbols long. */
static bool allowed(const struct check *k, const struct hit *h)
{
	uint16_t column = k->labels[h->label].column;
	size_t lo = 0, hi = k->allows.len;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (k->allows.ptr[mid].from + MATCHER_TERM_MAX < h->to)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t i = lo; i < k->allows.len && k->allows.ptr[i].from <= h->from; i++) {
		const struct allow_at *a = &k->allows.ptr[i];
		if (a->to < h->to || a->rank < h->rank)
			continue;
		if (a->label == LEX_ANY_LABEL || a->label == h->label || a->label == column)
			return true;
	}
	return false;
}

static void cancel_allowed(struct check *k)
{
	if (k->allows.len > 1 && k->hits.len)
		qsort(k->allows.ptr, k->allows.len, sizeof(*k->allows.ptr), by_from);
	for (size_t i = 0; i < k->hits.len && k->allows.len; i++) {
		struct hit *h = &k->hits.ptr[i];
		if (h->to > h->from && h->lex)
			h->dead = allowed(k, h);
	}
}

/* ---- order, repeats ---- */

static int by_place(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	if (x->byte_from != y->byte_from)
		return x->byte_from < y->byte_from ? -1 : 1;
	if (x->byte_to != y->byte_to)
		return x->byte_to > y->byte_to ? -1 : 1;
	if (x->label != y->label)
		return x->label < y->label ? -1 : 1;
	if (x->level != y->level)
		return x->level > y->level ? -1 : 1;
	return (int)x->layer - (int)y->layer;
}

/* One label says a thing once per place: the strongest, the plainest. */
static void drop_repeats(struct check *k)
{
	size_t n = 0;
	for (size_t i = 0; i < k->hits.len; i++) {
		struct hit *h = &k->hits.ptr[i];
		bool again = false;
		for (size_t j = n; j-- > 0 && k->hits.ptr[j].byte_from == h->byte_from && !again;)
			again = k->hits.ptr[j].byte_to == h->byte_to && k->hits.ptr[j].label == h->label && k->hits.ptr[j].rank >= h->rank;
		if (!h->dead && !again)
			k->hits.ptr[n++] = *h;
	}
	k->hits.len = n;
}

/* ---- how the text reads ---- */

/* A clue with a condition "+…" that holds: its surroundings speak for it. */
static bool borne_out(const struct hit *h)
{
	for (size_t i = 0; h->entry && i < h->entry->cond_count; i++) {
		uint8_t kind = h->lex->conds[h->entry->cond_first + i].kind;
		if (kind == COND_SENTENCE || kind == COND_BEFORE || kind == COND_AFTER)
			return true;
	}
	return false;
}

/* Different claims of advertising law: certain ones, and clues whose surroundings bear them out. */
static void count_claims(const struct check *k, uint16_t adlaw, size_t *ret_strong, size_t *ret_likely)
{
	const struct lex_entry *seen[32];
	size_t n = 0;
	*ret_strong = *ret_likely = 0;
	for (size_t i = 0; i < k->hits.len && n < ARRAY_SIZE(seen); i++) {
		const struct hit *h = &k->hits.ptr[i];
		if (k->labels[h->label].column != adlaw || !h->entry || (h->level == COMPLY_WEAK && !borne_out(h)))
			continue;
		size_t j = 0;
		while (j < n && seen[j] != h->entry)
			j++;
		if (j < n)
			continue;
		seen[n++] = h->entry;
		*(h->level == COMPLY_WEAK ? ret_likely : ret_strong) += 1;
	}
}

static void read_register(struct check *k)
{
	size_t strong = 0, likely = 0, ads = k->signal_count[LEX_SIGNAL_AD], reports = k->signal_count[LEX_SIGNAL_REPORT];
	if (k->hits.len)
		count_claims(k, k->c->adlaw, &strong, &likely);
	k->report = reports >= 2 || (reports == 1 && k->t.len < 60);
	float model_ad = 0;
	for (size_t i = 0; k->model_scores && i < k->c->model_classes; i++) {
		uint16_t l = k->c->model_label[i], column = l < k->labels_len ? k->labels[l].column : UINT16_MAX;
		if ((column == k->c->ad || column == k->c->adlaw) && column != UINT16_MAX && k->model_scores[i] > model_ad)
			model_ad = k->model_scores[i];
	}
	size_t any = strong + likely;
	k->advert = strong + likely / 3 >= (k->report ? 4u : 2u) || (any >= 1 && ads >= (k->report ? 4u : 2u)) ||
		    (any >= 1 && model_ad >= (k->report ? .9f : .6f));
}

/* ---- clues ---- */

/* Two different clues of one column near each other make both count. */
static void gather(struct check *k)
{
	for (size_t i = 0; i < k->hits.len; i++) {
		struct hit *h = &k->hits.ptr[i];
		if (h->level != COMPLY_WEAK || !h->entry)
			continue;
		uint16_t column = k->labels[h->label].column;
		unsigned others = 0;
		const struct lex_entry *first = NULL;
		for (size_t j = i + 1; j < k->hits.len; j++) {
			struct hit *n = &k->hits.ptr[j];
			if (n->from > h->to + LIMIT_COMPLY_CLUES_NEAR)
				break;
			if (n->level != COMPLY_WEAK || !n->entry || n->entry == h->entry || n->from < h->to || n->entry == first ||
			    k->labels[n->label].column != column)
				continue;
			first = n->entry;
			others++;
		}
		float model = k->labels[h->label].model_score;
		for (size_t l = 0; l < k->c->labels_len; l++)
			if (k->labels[l].column == column && k->labels[l].model_score > model)
				model = k->labels[l].model_score;
		/* with the model: it must not think otherwise; without: three clues */
		bool enough = k->model_scores ? others >= 1 && model >= .35f : others >= 2;
		if (!enough || k->report)
			continue;
		for (size_t j = i; j < k->hits.len && k->hits.ptr[j].from <= h->to + LIMIT_COMPLY_CLUES_NEAR; j++)
			if (k->hits.ptr[j].level == COMPLY_WEAK && k->labels[k->hits.ptr[j].label].column == column)
				k->hits.ptr[j].shown = true;
	}
}

static uint8_t action_of(const struct check *k, const struct hit *h)
{
	const struct policy_cell *c = k->labels[h->label].cell;
	if (h->layer == COMPLY_LAYER_MODEL)
		return h->action;
	if (c->if_advert && !k->advert && h->rank == 0)
		return COMPLY_PASS;
	if (h->level == COMPLY_WEAK)
		return h->shown || c->weak_counts ? c->on_weak : COMPLY_PASS;
	bool told_of = c->unless_report && k->report && h->rank == 0;
	uint8_t a = h->level == COMPLY_LEVEL_BLOCK ? c->on_block : told_of ? COMPLY_PASS : c->on_review;
	if (told_of && a > COMPLY_REVIEW)
		a = COMPLY_REVIEW;
	/* outside adverts' own scene a claim is for a person to look at */
	if (c->if_advert && a > COMPLY_REVIEW)
		a = COMPLY_REVIEW;
	return a;
}

/* Clues that came to nothing are shown only beside certain hits of their column, or where their surroundings
 * bear them out. */
static void hide_clues(struct check *k)
{
	size_t n = 0;
	for (size_t i = 0; i < k->hits.len; i++) {
		struct hit h = k->hits.ptr[i];
		uint16_t column = k->labels[h.label].column;
		if (h.level == COMPLY_WEAK && !h.shown && !k->labels[column].any)
			continue;
		k->hits.ptr[n++] = h;
	}
	k->hits.len = n;
}

static void score_hits(struct check *k)
{
	for (size_t i = 0; i < k->hits.len; i++) {
		struct hit *h = &k->hits.ptr[i];
		struct label_state *l = &k->labels[h->label];
		h->action = action_of(k, h);
		float s = h->level == COMPLY_WEAK ? (h->shown ? SCORE_GATHERED : SCORE_LISTED)
						  : h->level == COMPLY_LEVEL_BLOCK ? SCORE_BLOCK : SCORE_REVIEW;
		if (h->action == COMPLY_PASS && s > SCORE_LISTED)
			s = SCORE_LISTED + .1f;
		if (h->level != COMPLY_WEAK || h->shown)
			l->hit_score = s > l->hit_score ? s : l->hit_score;
		l->action = h->action > l->action ? h->action : l->action;
		if (h->level != COMPLY_WEAK)
			k->labels[l->column].any = true;
		l->any = true;
	}
}

void check_verdict(struct check *k)
{
	if (!k->labels)
		return;
	cancel_allowed(k);
	if (k->hits.len > 1)
		qsort(k->hits.ptr, k->hits.len, sizeof(*k->hits.ptr), by_place);
	drop_repeats(k);
	read_register(k);
	if (k->hits.len == 0)
		return;
	gather(k);
	for (size_t i = 0; i < k->hits.len; i++) {
		struct hit *h = &k->hits.ptr[i];
		const struct policy_cell *c = k->labels[h->label].cell;
		h->shown |= h->level == COMPLY_WEAK && (c->weak_counts || (c->if_advert && k->advert && borne_out(h)));
	}
	score_hits(k);
	hide_clues(k);
}
