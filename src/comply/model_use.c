/* The model's part: short texts are scored whole, long ones by windows of whole sentences, so that one
 * bad sentence in a long article is found. A score counts when all classes that matter here together
 * reach the band of the likeliest one. The model alone asks a person; only with a word of the lists
 * beside it does it block. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "comply/check_private.h"

#define WINDOW 100     /* symbols of one window */
#define WHOLE 140      /* a text of so many is one window */
#define LEAST 2	       /* fewer say nothing */
#define SHORT 8	       /* fewer must be surer */
/* How much of the way to certainty the thresholds go for short texts and for windows: the more there are, the surer each must be. */
#define SURER_SHORT .3f
#define SURER_FEW .2f
#define SURER_MANY .4f
#define FEW 4
#define CLASSES_MAX 32
#define CLUES_MAX 2    /* more say the same again */
#define CLUE_ODDS 4.0f
#define HITS_SOME 64
#define DISGUISE_ODDS 2.5f
#define TYPED_MANY 2
#define TYPED_STILL .5f
#define DOUBT_FROM 0.15f
#define DOUBT_ODD 12 /* of a hundred characters */

static const struct str reason = STR_INIT("分类模型认为这段文字多半属于此类，请人工复核");
static const struct str advice = STR_INIT("请核对原意，删去或改写违规内容");

int model_attach(struct comply *c, struct str path, struct error *e)
{
	if (comply_model_open(c->lang, path, &c->model, e) < 0)
		return -1;
	c->model_classes = comply_model_classes(c->model);
	if (c->model_classes == 0 || c->model_classes > CLASSES_MAX)
		return error_set(e, "model.damaged", "模型的类别数不对。", "The model has a wrong number of classes.");
	c->model_label = mem_array(c->model_classes, sizeof(*c->model_label));
	c->model_words = mem_array(c->model_classes, sizeof(*c->model_words));
	for (size_t i = 0; i < c->model_classes; i++) {
		struct str leaf = comply_model_leaf(c->model, i);
		const struct comply_label *l = leaf.len ? comply_label_find(c, leaf) : NULL;
		c->model_label[i] = l ? (uint16_t)(l - c->labels) : UINT16_MAX;
		c->model_words[i] = (struct hit_words){ .term = comply_model_class(c->model, i), .reason = reason, .advice = advice };
	}
	return 0;
}

/* One window: the score of what matters in this scene and its likeliest class. */
static float judge(const struct check *k, const float *p, size_t *ret_top)
{
	float sum = 0, best = 0;
	for (size_t i = 0; i < k->c->model_classes; i++) {
		uint16_t l = k->c->model_label[i];
		if (l == UINT16_MAX || k->labels[l].cell->off || k->labels[l].cell->review_at > 1)
			continue;
		sum += p[i];
		if (p[i] > best) {
			best = p[i];
			*ret_top = i;
		}
	}
	return best > 0 ? sum : 0;
}

/* How much likelier the clues of the term lists in the window make its column: each is a few times as
 * frequent in such texts as in others. Long lists of hits decide by themselves. */
static float with_clues(const struct check *k, float s, uint16_t label, size_t from, size_t to, size_t *ret_clues)
{
	const struct lex_entry *seen[CLUES_MAX];
	size_t n = 0;
	uint16_t column = k->labels[label].column;
	*ret_clues = 0;
	if (s <= 0 || s >= 1 || k->hits.len > HITS_SOME)
		return s;
	for (size_t i = 0; i < k->hits.len && n < CLUES_MAX; i++) {
		const struct hit *h = &k->hits.ptr[i];
		if (h->dead || !h->entry || h->rank || h->to <= from || h->from >= to || k->labels[h->label].column != column)
			continue;
		size_t j = 0;
		while (j < n && seen[j] != h->entry)
			j++;
		if (j == n)
			seen[n++] = h->entry;
	}
	*ret_clues = n;
	float odds = s / (1 - s);
	for (size_t i = 0; i < n; i++)
		odds *= CLUE_ODDS;
	return odds / (1 + odds);
}

/* Of the text, or of a reading of it. Returns the score that counts; from REVIEW on it is a hit. */
#define HIT 2.0f
static float score_window(struct check *k, const struct reading *r, size_t from, size_t to, float surer)
{
	float p[CLASSES_MAX];
	size_t top = 0, clues, len = to - from;
	comply_model_score(k->c->model, r ? &r->text : &k->t, from, to, p);
	if (r)
		reading_range(r, from, to, &from, &to);
	for (size_t i = 0; i < k->c->model_classes; i++) {
		uint16_t l = k->c->model_label[i];
		if (p[i] > k->model_scores[i])
			k->model_scores[i] = p[i];
		if (l != UINT16_MAX && p[i] > k->labels[l].model_score)
			k->labels[l].model_score = p[i];
	}
	float s = judge(k, p, &top);
	if (s <= 0)
		return 0;
	uint16_t label = k->c->model_label[top];
	const struct policy_cell *cell = k->labels[label].cell;
	s = with_clues(k, s, label, from, to, &clues);
	/* who disguises much has something to hide */
	if (r && r->kind == READING_RESTORED && check_disguised(k, r))
		s = s * DISGUISE_ODDS / (s * DISGUISE_ODDS + 1 - s);
	surer = len < SHORT && surer < SURER_SHORT ? SURER_SHORT : surer;
	float review_at = cell->review_at + (1 - cell->review_at) * surer;
	float block_at = cell->block_at + (cell->block_at < 1 ? (1 - cell->block_at) * surer : 0);
	if (s > k->labels[label].model_score)
		k->labels[label].model_score = s;
	if (s < review_at)
		return s;
	bool block = s >= block_at && clues > 0;
	struct hit *h = check_add(k, from, to, label, COMPLY_LAYER_MODEL, block ? COMPLY_LEVEL_BLOCK : COMPLY_LEVEL_REVIEW);
	if (h) {
		h->words = &k->c->model_words[top];
		h->action = block ? COMPLY_BLOCK : COMPLY_REVIEW;
	}
	return HIT;
}

/* The end of the window that begins at `from`: whole sentences up to WINDOW symbols, or cut there. */
static size_t window_end(const struct fold_text *t, size_t from)
{
	size_t end = from, last = from;
	while (end < t->len && end - from < WINDOW) {
		end++;
		if (end == t->len || t->gap[end] == FOLD_GAP_STOP)
			last = end;
	}
	return last > from ? last : end;
}

/* A window, and where that leaves doubt, as it may have read before it was disguised. Texts with typed syllables look
 * suspicious to the model in any case: there what they say decides. */
static void score_passage(struct check *k, size_t from, size_t to, float surer)
{
	size_t hit = k->hits.len;
	float s = score_window(k, NULL, from, to, surer);
	bool typed = k->typed >= TYPED_MANY;
	if (s < DOUBT_FROM || (s >= HIT && !typed) || (!k->typed && reading_odd(k->c->lang, &k->t, from, to) < DOUBT_ODD))
		return;
	const struct reading *r = check_restored(k, from, to);
	if (!r || r->text.len < LEAST)
		return;
	float restored = score_window(k, r, 0, r->text.len, surer);
	if (s >= HIT && restored < TYPED_STILL && hit < k->hits.len) {
		k->hits.ptr[hit].dead = true;
		k->labels[k->hits.ptr[hit].label].model_score = restored;
	}
}

void check_model(struct check *k)
{
	if (k->t.len < LEAST)
		return;
	check_labels(k);
	k->model_scores = arena_array(k->a, k->c->model_classes, sizeof(*k->model_scores));
	if (k->t.len <= WHOLE) {
		score_passage(k, 0, k->t.len, 0);
		return;
	}
	for (size_t from = 0; from < k->t.len;) {
		size_t to = window_end(&k->t, from);
		if (to - from >= LEAST)
			score_passage(k, from, to, k->t.len > FEW * WINDOW ? SURER_MANY : SURER_FEW);
		from = to;
	}
}
