/* Opens a compiled lexicon: every reference of every table is checked once, so that the checking of
 * texts may follow them without looking. Nothing is copied; the block stays mapped. */
#include "base/check.h"
#include "base/mem.h"
#include "comply/lexicon_private.h"

static int damaged(struct error *e)
{
	return error_set(e, "comply.pack-bad", "词库数据包已损坏，请重新安装或构建。",
			 "The lexicon pack is damaged; install or build it again.");
}

static bool inside(uint64_t first, uint64_t n, uint64_t all)
{
	return first <= all && n <= all - first;
}

struct counts {
	size_t strings, syms, parts, conds, alts, sounds;
};

static bool sref_ok(struct sref s, const struct counts *n)
{
	return inside(s.off, s.len, n->strings);
}

static bool entries_ok(const struct lexicon *x, const struct counts *n)
{
	for (size_t i = 0; i < x->entries_len; i++) {
		const struct lex_entry *e = &x->entries[i];
		const struct sref all[] = { e->term, e->reason, e->article, e->advice, e->note, e->replacement, e->id };
		for (size_t k = 0; k < ARRAY_SIZE(all); k++)
			if (!sref_ok(all[k], n))
				return false;
		if (!inside(e->part_first, e->part_count, n->parts) || !inside(e->cond_first, e->cond_count, n->conds) ||
		    e->kind > LEX_SIGNAL || e->level > COMPLY_LEVEL_BLOCK || (e->part_count && e->anchor >= e->part_count))
			return false;
		bool any = e->allow && e->label == LEX_ANY_LABEL;
		if (!any && e->label >= (e->kind == LEX_SIGNAL ? (size_t)LEX_SIGNALS : x->labels_len))
			return false;
	}
	return true;
}

static bool tables_ok(const struct lexicon *x, const struct counts *n)
{
	for (size_t i = 0; i < x->labels_len; i++) {
		const struct lex_label *l = &x->labels[i];
		if (!sref_ok(l->code, n) || !sref_ok(l->zh, n) || !sref_ok(l->en, n) || !sref_ok(l->basis, n) ||
		    l->column >= x->labels_len)
			return false;
	}
	for (size_t i = 0; i < n->parts; i++)
		if (!inside(x->parts[i].form_first, x->parts[i].form_count, x->forms_len))
			return false;
	for (size_t i = 0; i < x->forms_len; i++) {
		const struct lex_form *f = &x->forms[i];
		if (f->entry >= x->entries_len || f->len == 0 || !sref_ok(f->text, n) || !inside(f->sym, f->len, n->syms) ||
		    f->part >= x->entries[f->entry].part_count)
			return false;
	}
	for (size_t i = 0; i < n->conds; i++)
		if (!inside(x->conds[i].alt_first, x->conds[i].alt_count, n->alts) || x->conds[i].kind > COND_AFTER)
			return false;
	for (size_t i = 0; i < n->alts; i++)
		if (x->alts[i].len == 0 || !inside(x->alts[i].sym, x->alts[i].len, n->syms) || x->alts[i].first != x->syms[x->alts[i].sym])
			return false;
	for (size_t i = 0; i < x->emoji_len; i++)
		if (x->emoji[i].form_entry >= x->entries_len || !sref_ok(x->emoji[i].text, n) || x->emoji[i].text.len == 0 ||
		    (i && x->emoji[i - 1].head > x->emoji[i].head))
			return false;
	return true;
}

static int open_matcher(const struct pack *p, const char *name, struct matcher **ret, struct error *e)
{
	struct str bytes = pack_section(p, name);
	return bytes.len ? matcher_open(bytes, ret, e) : 0;
}

static int open_matchers(struct lexicon *x, struct error *e)
{
	if (open_matcher(x->pack, "terms", &x->terms, e) < 0)
		return -1;
	bool regex = false;
	for (size_t i = 0; i < x->entries_len; i++) {
		regex |= x->entries[i].kind == LEX_REGEX;
		x->sounds |= (x->entries[i].match & LEX_BY_SOUND) != 0;
		x->shapes |= (x->entries[i].match & LEX_BY_SHAPE) != 0;
	}
	x->low_emoji = x->emoji_len && x->emoji[0].head < 0x10000;
	if (regex)
		x->regex = mem_array(x->entries_len, sizeof(*x->regex));
	return 0;
}

#define TABLE(name, field, count) pack_array(p, name, sizeof(*x.field), (const void **)&x.field, &(count), e) < 0

static int view(struct pack *p, struct str lang, struct lexicon *ret, struct error *e)
{
	struct lexicon x = { .pack = p };
	struct counts n = { 0 };
	struct str made_for = pack_section(p, "lang");
	if (!str_eq(made_for, lang))
		return error_set(e, "comply.pack-stale", "词库数据包与语言数据包版本不符（%.*s），请重新构建。",
				 "The lexicon pack was made for another language pack (%.*s); build it again.", STR_ARG(made_for));
	if (TABLE("strings", strings, n.strings) || TABLE("syms", syms, n.syms) || TABLE("labels", labels, x.labels_len) ||
	    TABLE("entries", entries, x.entries_len) || TABLE("parts", parts, n.parts) || TABLE("forms", forms, x.forms_len) ||
	    TABLE("conds", conds, n.conds) || TABLE("alts", alts, n.alts) || TABLE("emoji", emoji, x.emoji_len) ||
	    TABLE("sounds", sound_pairs, n.sounds))
		return -1;
	if (n.sounds != LEX_SOUND_WORDS || !entries_ok(&x, &n) || !tables_ok(&x, &n))
		return damaged(e);
	if (open_matchers(&x, e) < 0) {
		x.pack = NULL;
		lexicon_close(&x);
		return -1;
	}
	lex_guards_make(&x);
	*ret = x;
	return 0;
}

int lexicon_view(struct pack *p, struct str lang, struct lexicon *ret, struct error *e)
{
	int r = view(p, lang, ret, e);
	if (r < 0)
		pack_close(p);
	return r;
}

void lexicon_close(struct lexicon *x)
{
	matcher_free(x->terms);
	for (size_t i = 0; x->regex && i < x->entries_len; i++)
		lex_regex_close(&x->regex[i]);
	free(x->regex);
	free(x->guards);
	free(x->form_guard);
	pack_close(x->pack);
	memset(x, 0, sizeof(*x));
}
