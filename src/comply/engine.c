/* The engine: opens the packs, runs the layers over a text, and lets the verdict be made. Immutable
 * once opened; a check keeps everything in the caller's arena. */
#include <stdio.h>
#include <unistd.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "comply/check_private.h"

#define ODD_SURELY 40	/* of a hundred characters make no words: disguised */
#define ODD_MANY 4	/* characters, or a list of names */
#define ODD_MAYBE 18	/* a name, or a disguise */
#define WHOLE_TEXT 1000 /* symbols; of longer texts the model picks passages */

/* ---- opening ---- */

static int open_lexicon(struct str dir, struct comply *c, struct error *e)
{
	char path[4200];
	struct pack *p = NULL;
	if ((size_t)snprintf(path, sizeof(path), "%.*s/comply.pack", STR_ARG(dir)) >= sizeof(path))
		return error_set(e, "comply.path", "数据包路径太长。", "The path of the packs is too long.");
	if (pack_open(path, &p, e) < 0)
		return -1;
	return lexicon_view(p, lang_version(c->lang), &c->lex, e);
}

static void fill_labels(struct comply *c)
{
	const struct lexicon *x = &c->lex;
	c->labels_len = x->labels_len;
	c->labels = mem_array(x->labels_len + 1, sizeof(*c->labels));
	c->column = mem_array(x->labels_len + 1, sizeof(*c->column));
	for (size_t i = 0; i < x->labels_len; i++) {
		const struct lex_label *l = &x->labels[i];
		c->labels[i] = (struct comply_label){ .code = lex_str(x, l->code), .zh = lex_str(x, l->zh), .en = lex_str(x, l->en),
						      .basis = lex_str(x, l->basis), .severity = l->severity, .leaf = l->leaf };
		c->column[i] = l->column;
	}
	c->scenes = mem_array(SCENES * (x->labels_len + 1), sizeof(*c->scenes));
	policy_fill(c);
	c->templates = mem_array(SCENES * (x->labels_len + 1), sizeof(*c->templates));
	for (size_t s = 0; s < SCENES; s++)
		for (size_t i = 0; i < c->labels_len; i++)
			c->templates[s * c->labels_len + i] = (struct label_state){ .code = c->labels[i].code, .zh = c->labels[i].zh, .en = c->labels[i].en,
				.cell = &c->scenes[s * c->labels_len + i], .column = c->column[i] };
	const struct comply_label *adlaw = comply_label_find(c, STR("adlaw")), *ad = comply_label_find(c, STR("ad"));
	c->adlaw = adlaw ? (uint16_t)(adlaw - c->labels) : UINT16_MAX;
	c->ad = ad ? (uint16_t)(ad - c->labels) : UINT16_MAX;
}

static int open_model(struct str dir, struct comply *c, struct error *e)
{
	char path[4200];
	snprintf(path, sizeof(path), "%.*s/comply.bin", STR_ARG(dir));
	if (access(path, R_OK) < 0)
		return 0; /* terms, rules and detectors work without */
	return model_attach(c, str_c(path), e);
}

int comply_open(struct str dir, struct comply **ret, struct error *e)
{
	struct comply *c = mem_alloc(sizeof(*c));
	c->magic = COMPLY_MAGIC;
	if (lang_open(dir, &c->lang, e) < 0 || open_lexicon(dir, c, e) < 0) {
		comply_close(c);
		return -1;
	}
	fill_labels(c);
	structure_prepare(c);
	c->symbols_end = LANG_SYM_HAN;
	while (c->symbols_end < UINT16_MAX && fold_char(c->lang, (uint16_t)c->symbols_end))
		c->symbols_end++;
	sounds_prepare(c);
	if (open_model(dir, c, e) < 0) {
		comply_close(c);
		return -1;
	}
	struct str zh = lang_version(c->lang), model = c->model ? comply_model_version(c->model) : STR("none");
	struct buf b;
	buf_init(&b, KIB);
	buf_printf(&b, "%.*s; lexicon %.*s; model %.*s", STR_ARG(zh), STR_ARG(pack_version(c->lex.pack)),
		   STR_ARG(model));
	size_t n;
	c->versions_text = buf_take(&b, &n);
	c->versions = str_make(c->versions_text, n);
	*ret = c;
	return 0;
}

void comply_close(struct comply *c)
{
	if (!c)
		return;
	CHECK_OBJ(c, COMPLY_MAGIC);
	comply_model_close(c->model);
	lexicon_close(&c->lex);
	lang_close(c->lang);
	free(c->labels);
	free(c->column);
	free(c->scenes);
	free(c->model_label);
	free(c->model_words);
	free(c->versions_text);
	free(c->sym_class);
	free(c->marked);
	free(c->sym_digit);
	free(c->names);
	free(c->sound);
	free(c->shape);
	free(c->templates);
	c->magic = 0;
	free(c);
}

size_t comply_labels(const struct comply *c, const struct comply_label **ret)
{
	CHECK_OBJ(c, COMPLY_MAGIC);
	*ret = c->labels;
	return c->labels_len;
}

const struct comply_label *comply_label_find(const struct comply *c, struct str code)
{
	for (size_t i = 0; i < c->labels_len; i++)
		if (str_eq(c->labels[i].code, code))
			return &c->labels[i];
	return NULL;
}

/* ---- a check ---- */

void check_labels(struct check *k)
{
	if (k->labels)
		return;
	size_t customs = 0;
	for (size_t i = 0; i < k->o->lexicons_len; i++)
		customs += k->o->lexicons[i]->view.labels_len - k->c->labels_len;
	k->labels = arena_array(k->a, k->c->labels_len + customs + 1, sizeof(*k->labels));
	k->labels_len = k->c->labels_len;
	memcpy(k->labels, k->c->templates + (size_t)k->scene * k->labels_len, k->labels_len * sizeof(*k->labels));
	if (k->o->rules_len == 0)
		return;
	const struct policy_cell *cells = policy_cells(k);
	for (size_t i = 0; i < k->labels_len; i++)
		k->labels[i].cell = &cells[i];
}

/* The operator's own labels get numbers behind the engine's. */
static const uint16_t *add_customs(struct check *k, const struct lexicon *x)
{
	size_t base = k->c->labels_len, n = x->labels_len - base;
	uint16_t *to = arena_array(k->a, n ? n : 1, sizeof(*to));
	for (size_t i = 0; i < n; i++) {
		struct str code = lex_str(x, x->labels[base + i].code);
		size_t at = base;
		while (at < k->labels_len && !str_eq(k->labels[at].code, code))
			at++;
		if (at == k->labels_len) {
			struct policy_cell *cell = arena_alloc(k->a, sizeof(*cell));
			*cell = policy_custom(k, code);
			k->labels[k->labels_len++] = (struct label_state){ .code = code, .zh = code, .en = code, .cell = cell, .column = (uint16_t)at };
		}
		to[i] = (uint16_t)at;
	}
	return to;
}

static void look(struct check *k)
{
	if (k->restored)
		check_reading(k, k->restored);
	else
		check_lexicon(k);
}

static void run_lexicons(struct check *k)
{
	k->lex = &k->c->lex;
	k->custom_from = UINT16_MAX;
	look(k);
	for (size_t i = 0; i < k->o->lexicons_len && i < UINT8_MAX; i++) {
		const struct comply_lexicon *own = k->o->lexicons[i];
		CHECK_OBJ(own, COMPLY_LEXICON_MAGIC);
		check_labels(k);
		k->lex = &own->view;
		k->rank = (uint8_t)(i + 1);
		k->custom_from = (uint16_t)k->c->labels_len;
		k->custom_to = add_customs(k, k->lex);
		size_t before = k->hits.len;
		look(k);
		for (size_t h = before; h < k->hits.len; h++)
			if (k->hits.ptr[h].layer == COMPLY_LAYER_TERM)
				k->hits.ptr[h].layer = COMPLY_LAYER_LEXICON;
	}
	k->rank = 0;
	k->lex = &k->c->lex;
}

const struct reading *check_restored(struct check *k, size_t from, size_t to)
{
	if (k->restored_len && k->restored_from == from && k->restored_to == to)
		return k->restored;
	if (k->restored_len == LIMIT_COMPLY_RESTORED)
		return NULL;
	k->restored_len++;
	k->restored_from = from;
	k->restored_to = to;
	k->restored = arena_alloc(k->a, sizeof(*k->restored));
	if (reading_restore(k->c->lang, &k->t, from, to, k->a, k->restored))
		run_lexicons(k);
	else
		k->restored = NULL;
	return k->restored;
}

/* Texts that look disguised as a whole, or somewhat and are suspect anyway; in the others the model may find passages. */
static void restore_suspect(struct check *k)
{
	bool suspect = k->hits.len > 0;
	if (k->t.len <= WHOLE_TEXT && ((k->odd >= ODD_SURELY && k->odd * k->t.len >= 100 * ODD_MANY) || k->typed >= 2 || (suspect && (k->odd >= ODD_MAYBE || k->typed))))
		check_restored(k, 0, k->t.len);
}

int comply_check(const struct comply *c, struct str text, const struct comply_options *o, struct arena *a,
		 struct comply_result *ret, struct error *e)
{
	static const struct comply_options plain;
	CHECK_OBJ(c, COMPLY_MAGIC);
	o = o ? o : &plain;
	struct check k = { .c = c, .o = o, .a = a, .max_hits = o->max_hits ? o->max_hits : LIMIT_COMPLY_HITS };
	if (text.len > LIMIT_COMPLY_TEXT)
		return error_field(e, "text", "text.too-long", "文本太长，最多 %zu 字节。", "The text is too long: at most %zu bytes.",
				   (size_t)LIMIT_COMPLY_TEXT);
	ssize_t bad = utf8_invalid_at(text);
	if (bad >= 0)
		return error_field(e, "text", "text.not-utf8", "文本不是 UTF-8：第 %zd 字节起有误。", "The text is not UTF-8: byte %zd is wrong.",
				   bad);
	if (scene_parse(o->scene, &k.scene) < 0)
		return error_field(e, "scene", "scene.unknown", "没有“%.*s”这个场景，可用 news ad comment site game。",
				   "There is no scene \"%.*s\"; use news, ad, comment, site or game.", STR_ARG(o->scene));
	size_t work = 0;
	struct stretch_memo memo;
	memo.at = NULL;
	memo.listed = false;
	k.work = &work;
	k.memo = &memo;
	fold_text(c->lang, text, a, &k.t);
	check_mark(&k);
	run_lexicons(&k);
	restore_suspect(&k);
	check_structure(&k);
	if (c->model && !o->no_model)
		check_model(&k);
	check_verdict(&k);
	check_result(&k, ret);
	return 0;
}
