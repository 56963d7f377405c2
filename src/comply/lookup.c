/* 违禁词查询: what the lexicons know of a term. A walk over all forms: a question of a person, some
 * milliseconds for a hundred thousand entries. */
#include "base/check.h"
#include "base/json.h"
#include "base/utf8.h"
#include "comply/check_private.h"

enum relation { EQUAL, CONTAINS, WITHIN, NONE };
static const char *const relation_names[] = { "equal", "contains", "within" };

struct question {
	uint16_t sym[MATCHER_TERM_MAX];
	size_t len;
};

static bool holds(const uint16_t *big, size_t big_len, const uint16_t *small, size_t small_len)
{
	for (size_t i = 0; i + small_len <= big_len; i++)
		if (memcmp(big + i, small, small_len * sizeof(*small)) == 0)
			return true;
	return false;
}

/* How the entry's nearest form stands to the question. */
static enum relation relate(const struct lexicon *x, const struct lex_entry *en, const struct question *q)
{
	enum relation best = NONE;
	for (size_t p = 0; p < en->part_count; p++) {
		const struct lex_part *part = &x->parts[en->part_first + p];
		for (size_t f = 0; f < part->form_count; f++) {
			const struct lex_form *form = &x->forms[part->form_first + f];
			const uint16_t *sym = x->syms + form->sym;
			enum relation r = NONE;
			if (form->len == q->len && memcmp(sym, q->sym, q->len * sizeof(*sym)) == 0)
				r = en->part_count > 1 ? CONTAINS : EQUAL;
			else if (form->len > q->len && holds(sym, form->len, q->sym, q->len))
				r = CONTAINS;
			else if (form->len < q->len && form->len > 1 && holds(q->sym, q->len, sym, form->len))
				r = WITHIN;
			best = r < best ? r : best;
		}
	}
	return best;
}

static json_t *entry_json(const struct comply *c, const struct lexicon *x, const struct lex_entry *en, enum relation r, bool own)
{
	static const char *const levels[] = { "weak", "review", "block" };
	json_t *j = json_object();
	bool any = en->label == LEX_ANY_LABEL;
	struct str code = any ? STR("*") : lex_str(x, x->labels[en->label].code);
	struct str zh = any ? STR("全部") : lex_str(x, x->labels[en->label].zh), column_zh = zh, sub_zh = STR("");
	struct str name = any ? STR("All") : lex_str(x, x->labels[en->label].en), column_en = name, sub_en = STR("");
	ssize_t dot = str_chr(code, '.');
	if (dot >= 0) {
		const struct comply_label *column = comply_label_find(c, str_sub(code, 0, (size_t)dot));
		column_zh = column ? column->zh : STR("");
		sub_zh = zh;
		column_en = column ? column->en : STR("");
		sub_en = name;
	}
	json_put(j, "term", json_str(lex_str(x, en->term)));
	json_put(j, "relation", json_c(relation_names[r]));
	json_put(j, "kind", json_c(en->allow ? "allow" : "deny"));
	json_put(j, "own", json_boolean(own));
	json_put(j, "label", json_str(dot < 0 ? code : str_sub(code, 0, (size_t)dot)));
	json_put(j, "sub_label", json_str(dot < 0 ? STR("") : str_from(code, (size_t)dot + 1)));
	json_put(j, "label_zh", json_str(column_zh));
	json_put(j, "sub_label_zh", json_str(sub_zh));
	json_put(j, "label_en", json_str(column_en));
	json_put(j, "sub_label_en", json_str(sub_en));
	json_put(j, "level", json_c(levels[en->level]));
	json_put(j, "conditional", json_boolean(en->cond_count > 0 || en->kind == LEX_RULE));
	json_put(j, "reason", json_str(lex_str(x, en->reason)));
	json_put(j, "article", json_str(lex_str(x, en->article)));
	json_put(j, "advice", json_str(lex_str(x, en->advice)));
	if (en->note.len)
		json_put(j, "note", json_str(lex_str(x, en->note)));
	if (en->id.len)
		json_put(j, "entry", json_str(lex_str(x, en->id)));
	return j;
}

/* Rules and lists of ways to write, which hold the question somewhere: after the words themselves. */
static bool is_pattern(const struct lexicon *x, const struct lex_entry *en)
{
	return en->kind == LEX_RULE || str_chr(lex_str(x, en->term), '{') >= 0;
}

struct wish {
	enum relation relation;
	bool patterns, own;
	int64_t now;
	size_t max;
};

static void look_in(const struct comply *c, const struct lexicon *x, const struct question *q, struct wish w, json_t *out)
{
	for (size_t i = 0; i < x->entries_len && json_array_size(out) < w.max; i++) {
		const struct lex_entry *en = &x->entries[i];
		if (en->kind == LEX_SIGNAL || (en->until && w.now > en->until) || is_pattern(x, en) != w.patterns)
			continue;
		if (relate(x, en, q) == w.relation)
			json_array_append_new(out, entry_json(c, x, en, w.relation, w.own));
	}
}

json_t *comply_lookup(const struct comply *c, struct str term, const struct comply_options *o, size_t max)
{
	static const struct comply_options plain;
	json_t *out = json_array();
	struct question q;
	CHECK_OBJ(c, COMPLY_MAGIC);
	o = o ? o : &plain;
	ssize_t n = utf8_invalid_at(term) < 0 ? fold_symbols(c->lang, term, q.sym, ARRAY_SIZE(q.sym)) : -1;
	q.len = n > 0 ? (size_t)n : 0;
	for (int step = 0; step < 2 * NONE && q.len; step++) {
		struct wish w = { (enum relation)(step / 2), step % 2, true, o->now, max };
		for (size_t i = o->lexicons_len; i-- > 0;)
			look_in(c, &o->lexicons[i]->view, &q, w, out);
		w.own = false;
		look_in(c, &c->lex, &q, w, out);
	}
	return out;
}
