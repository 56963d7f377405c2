/* The answer: hits with positions in code points and UTF-16 units, labels by falling score, the JSON
 * document, and the text masked. */
#include "base/check.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "comply/check_private.h"

static struct str leaf_name(struct str code)
{
	ssize_t dot = str_chr(code, '.');
	return dot < 0 ? STR("") : str_from(code, (size_t)dot + 1);
}

static void fill_hit(const struct check *k, const struct hit *h, struct comply_hit *out)
{
	const struct label_state *l = &k->labels[h->label];
	const struct label_state *column = &k->labels[l->column];
	bool leaf = column != l;
	*out = (struct comply_hit){ .label = column->code, .label_zh = column->zh, .label_en = column->en, .layer = (enum comply_layer)h->layer,
				    .sub_label = leaf ? leaf_name(l->code) : STR(""), .sub_label_zh = leaf ? l->zh : STR(""),
				    .sub_label_en = leaf ? l->en : STR(""),
				    .action = (enum comply_action)h->action,
				    .text = str_sub(k->t.source, h->byte_from, h->byte_to) };
	if (h->entry) {
		const struct lex_entry *en = h->entry;
		out->term = lex_str(h->lex, en->term);
		out->reason = lex_str(h->lex, en->reason);
		out->article = lex_str(h->lex, en->article);
		out->advice = lex_str(h->lex, en->advice);
		out->replacement = lex_str(h->lex, en->replacement);
		out->entry = lex_str(h->lex, en->id);
	} else if (h->words) {
		out->term = h->words->term;
		out->reason = h->words->reason;
		out->article = h->words->article;
		out->advice = h->words->advice;
	}
	if (out->article.len == 0 && h->label < k->c->labels_len)
		out->article = k->c->labels[h->label].basis;
}

static size_t fill_hits(struct check *k, struct comply_result *r)
{
	struct comply_hit *hits = arena_array(k->a, k->hits.len ? k->hits.len : 1, sizeof(*hits));
	struct text_pos p = { 0 };
	size_t merged = 0, reach = 0;
	for (size_t i = 0; i < k->hits.len; i++) {
		const struct hit *h = &k->hits.ptr[i];
		fill_hit(k, h, &hits[i]);
		text_pos_advance(k->t.source, &p, h->byte_from);
		struct text_pos end = p;
		text_pos_advance(k->t.source, &end, h->byte_to);
		hits[i].start = p.cp;
		hits[i].start_utf16 = p.utf16;
		hits[i].end = end.cp;
		hits[i].end_utf16 = end.utf16;
		if (h->layer == COMPLY_LAYER_MODEL)
			continue; /* spans whole sentences: not one more place to mend */
		merged += reach == 0 || h->byte_from >= reach;
		reach = h->byte_to > reach ? h->byte_to : reach;
	}
	r->hits = hits;
	r->hits_len = k->hits.len;
	r->merged_count = merged;
	return p.byte;
}

static int by_score(const void *a, const void *b)
{
	const struct comply_score *x = a, *y = b;
	if (x->action != y->action)
		return x->action > y->action ? -1 : 1;
	return x->score > y->score ? -1 : x->score < y->score;
}

static void fill_labels(struct check *k, struct comply_result *r)
{
	struct comply_score list[64];
	size_t n = 0;
	for (size_t i = 0; i < k->labels_len && n < ARRAY_SIZE(list); i++) {
		const struct label_state *l = &k->labels[i];
		const struct label_state *column = &k->labels[l->column];
		float s = l->hit_score > l->model_score ? l->hit_score : l->model_score;
		bool own = l->hit_score > 0 || l->action > COMPLY_PASS || l->model_score >= LIMIT_COMPLY_TELL;
		if (!own || (l->cell && l->cell->off))
			continue;
		list[n++] = (struct comply_score){ .label = column->code, .label_zh = column->zh, .label_en = column->en,
						   .sub_label = column == l ? STR("") : leaf_name(l->code),
						   .sub_label_zh = column == l ? STR("") : l->zh,
						   .sub_label_en = column == l ? STR("") : l->en, .score = s,
						   .action = (enum comply_action)l->action };
	}
	if (n == 0)
		return;
	qsort(list, n, sizeof(*list), by_score);
	struct comply_score *copy = arena_array(k->a, n, sizeof(*copy));
	memcpy(copy, list, n * sizeof(*copy));
	r->labels = copy;
	r->labels_len = n;
	r->suggestion = copy[0].action;
	r->score = copy[0].score;
}

static struct str versions(const struct check *k)
{
	struct str v = k->c->versions;
	for (size_t i = 0; i < k->o->lexicons_len; i++)
		v = arena_printf(k->a, "%.*s; own %.*s", STR_ARG(v), STR_ARG(k->o->lexicons[i]->version));
	return v;
}

void check_result(struct check *k, struct comply_result *ret)
{
	struct comply_result r = { .truncated = k->truncated, .versions = versions(k), .chars = k->t.chars };
	if (k->hits.len)
		fill_hits(k, &r);
	if (k->labels)
		fill_labels(k, &r);
	*ret = r;
}

/* ---- JSON ---- */

const char *comply_layer_name(enum comply_layer l)
{
	static const char *const names[] = { "term", "split", "pinyin", "shape", "rule", "struct", "model", "lexicon" };
	return (size_t)l < ARRAY_SIZE(names) ? names[l] : "term";
}

const char *comply_action_name(enum comply_action a)
{
	return a == COMPLY_BLOCK ? "block" : a == COMPLY_REVIEW ? "review" : "pass";
}

static double rounded(double s)
{
	return (double)(int)(s * 1000 + .5) / 1000;
}

/* What the codes are called; own labels are called the same in both languages. */
static void put_names(json_t *j, struct str zh, struct str sub_zh, struct str en, struct str sub_en)
{
	json_put(j, "label_zh", json_str(zh));
	json_put(j, "sub_label_zh", json_str(sub_zh));
	json_put(j, "label_en", json_str(en));
	json_put(j, "sub_label_en", json_str(sub_en));
}

static json_t *label_json(const struct comply_score *l)
{
	json_t *j = json_object();
	json_put(j, "label", json_str(l->label));
	json_put(j, "sub_label", json_str(l->sub_label));
	put_names(j, l->label_zh, l->sub_label_zh, l->label_en, l->sub_label_en);
	json_put(j, "score", json_real(rounded(l->score)));
	json_put(j, "suggestion", json_c(comply_action_name(l->action)));
	return j;
}

static json_t *hit_json(const struct comply_hit *h)
{
	json_t *j = json_object();
	json_put(j, "start", json_integer((json_int_t)h->start));
	json_put(j, "end", json_integer((json_int_t)h->end));
	json_put(j, "start_utf16", json_integer((json_int_t)h->start_utf16));
	json_put(j, "end_utf16", json_integer((json_int_t)h->end_utf16));
	json_put(j, "text", json_str(h->text));
	json_put(j, "label", json_str(h->label));
	json_put(j, "sub_label", json_str(h->sub_label));
	put_names(j, h->label_zh, h->sub_label_zh, h->label_en, h->sub_label_en);
	json_put(j, "term", json_str(h->term));
	json_put(j, "layer", json_c(comply_layer_name(h->layer)));
	json_put(j, "suggestion", json_c(comply_action_name(h->action)));
	json_put(j, "reason", json_str(h->reason));
	json_put(j, "article", json_str(h->article));
	json_put(j, "advice", json_str(h->advice));
	if (h->replacement.len)
		json_put(j, "replacement", json_str(h->replacement));
	if (h->entry.len)
		json_put(j, "entry", json_str(h->entry));
	return j;
}

json_t *comply_result_json(const struct comply_result *r)
{
	json_t *j = json_object(), *labels = json_array(), *hits = json_array();
	for (size_t i = 0; i < r->labels_len; i++)
		json_array_append_new(labels, label_json(&r->labels[i]));
	for (size_t i = 0; i < r->hits_len; i++)
		json_array_append_new(hits, hit_json(&r->hits[i]));
	json_put(j, "suggestion", json_c(comply_action_name(r->suggestion)));
	json_put(j, "score", json_real(rounded(r->score)));
	json_put(j, "labels", labels);
	json_put(j, "hits", hits);
	json_put(j, "merged_count", json_integer((json_int_t)r->merged_count));
	json_put(j, "chars", json_integer((json_int_t)r->chars));
	if (r->truncated)
		json_put(j, "truncated", json_true());
	json_put(j, "versions", json_str(r->versions));
	return j;
}

/* ---- masking ---- */

static size_t byte_of(struct str text, struct text_pos *p, size_t cp)
{
	while (p->cp < cp && p->byte < text.len) {
		utf8_next(text, &p->byte);
		p->cp++;
	}
	return p->byte;
}

struct str comply_mask(struct arena *a, struct str text, const struct comply_result *r, enum comply_action at_least, bool replace,
		       struct str mask)
{
	struct buf b;
	buf_init(&b, text.len * (mask.len ? mask.len : 1) + r->hits_len * LIMIT_LEXICON_CELL + 1);
	struct text_pos p = { 0 };
	size_t done = 0;
	for (size_t i = 0; i < r->hits_len; i++) {
		const struct comply_hit *h = &r->hits[i];
		if (h->action < at_least || h->start < done || h->layer == COMPLY_LAYER_MODEL)
			continue;
		size_t before = byte_of(text, &p, done), from = byte_of(text, &p, h->start), to = byte_of(text, &p, h->end);
		buf_str(&b, str_sub(text, before, from));
		if (replace && h->replacement.len)
			buf_str(&b, h->replacement);
		else
			for (size_t n = h->start; n < h->end; n++)
				buf_str(&b, mask);
		(void)to;
		done = h->end;
	}
	buf_str(&b, str_from(text, byte_of(text, &p, done)));
	struct str out = arena_str(a, buf_view(&b));
	buf_free(&b);
	return out;
}
