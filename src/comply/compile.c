/* Compiles entries into the pack that lexicon_private.h describes. Everything that can be wrong with
 * an entry is found here and named; what comes out is trusted only after lexicon_view() has checked
 * it. Strings and symbols are pooled: a reason that ten thousand entries share is stored once. */
#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "comply/lexicon_private.h"
#include "lang/pinyin.h"
#include "lang/symbols.h"

struct compiler {
	const struct lang *lang;
	bool simplified;
	struct arena *arena;
	struct buf strings;
	struct map *pool; /* string -> offset + 1 */
	struct map *label_of;
	struct map *list_of; /* symbols of the words of a condition -> its first word + 1 */
	uint32_t *sound_pairs;
	VEC(uint16_t) syms;
	VEC(struct lex_label) labels;
	VEC(struct lex_entry) entries;
	VEC(struct lex_part) parts;
	VEC(struct lex_form) forms;
	VEC(struct lex_cond) conds;
	VEC(struct lex_alt) alts;
	VEC(struct lex_emoji) emoji;
};

static struct sref pool(struct compiler *c, struct str s)
{
	if (s.len == 0)
		return (struct sref){ 0, 0 };
	uintptr_t at = (uintptr_t)map_get(c->pool, s);
	if (at == 0) {
		at = c->strings.len + 1;
		buf_str(&c->strings, s);
		map_put(c->pool, s, (void *)at);
	}
	return (struct sref){ (uint32_t)(at - 1), (uint32_t)s.len };
}

/* Symbols of a word into the pool; their number, or -1 when it has none. */
static ssize_t add_symbols(struct compiler *c, struct str word, uint32_t *ret_at)
{
	uint16_t sym[MATCHER_TERM_MAX];
	ssize_t n = fold_symbols(c->lang, word, sym, ARRAY_SIZE(sym));
	if (n <= 0)
		return -1;
	for (ssize_t i = 0; i < n; i++)
		if (sym[i] == LANG_SYM_OTHER)
			return -1;
	*ret_at = (uint32_t)c->syms.len;
	for (ssize_t i = 0; i < n; i++)
		*vec_push(&c->syms) = sym[i];
	return n;
}

static void add_labels(struct compiler *c, const struct lex_source *s)
{
	for (size_t i = 0; i < s->labels_len; i++) {
		const struct lex_source_label *l = &s->labels[i];
		ssize_t dot = str_chr(l->code, '.');
		struct str column = dot < 0 ? l->code : str_sub(l->code, 0, (size_t)dot);
		size_t at = i;
		for (size_t k = 0; k < s->labels_len && dot >= 0; k++)
			if (str_eq(s->labels[k].code, column))
				at = k;
		*vec_push(&c->labels) = (struct lex_label){ .code = pool(c, l->code), .zh = pool(c, l->zh), .en = pool(c, l->en),
							    .basis = pool(c, l->basis), .column = (uint16_t)at,
							    .severity = (uint8_t)l->severity, .leaf = l->leaf };
		map_put(c->label_of, l->code, (void *)(uintptr_t)(i + 1));
	}
}

/* ---- emoji ---- */

static bool is_emoji(uint32_t cp)
{
	return cp >= 0x1F000 || (cp >= 0x2600 && cp <= 0x27BF) || (cp >= 0x2B00 && cp <= 0x2BFF);
}
static bool is_emoji_part(uint32_t cp)
{
	return cp == 0xFE0F || cp == 0x200D || (cp >= 0x1F3FB && cp <= 0x1F3FF);
}

/* A form with emoji that folding gives no symbol is compared as bytes. */
static bool add_emoji(struct compiler *c, struct str form, uint32_t entry)
{
	size_t chars = 0;
	uint32_t head = 0;
	for (size_t at = 0; at < form.len;) {
		uint32_t cp = utf8_next(form, &at);
		chars += !is_emoji_part(cp) && cp > ' ';
		head = head == 0 && is_emoji(cp) ? cp : head;
	}
	uint16_t sym[MATCHER_TERM_MAX];
	if (head == 0 || fold_symbols(c->lang, form, sym, ARRAY_SIZE(sym)) == (ssize_t)chars)
		return false;
	*vec_push(&c->emoji) = (struct lex_emoji){ .head = head, .form_entry = entry, .text = pool(c, form) };
	return true;
}

/* ---- forms ---- */

static bool has_space(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] == ' ' || s.ptr[i] == '-' || s.ptr[i] == '\'' || s.ptr[i] == '.')
			return true;
	return false;
}

/* Folds to something that is not what it says: the plain word may be innocent. */
static bool is_disguise(const struct compiler *c, struct str form)
{
	_cleanup_arena_ struct arena *a = arena_new(MIB);
	struct fold_text t;
	fold_text(c->lang, form, a, &t);
	for (size_t i = 0; i < t.len && c->simplified && !t.disguised; i++) {
		size_t at = t.from[i];
		uint32_t cp = utf8_next(form, &at);
		t.disguised = cp >= 0x3400 && cp < 0xA000 && cp != fold_char(c->lang, t.sym[i]);
	}
	return t.disguised;
}

static int add_form(struct compiler *c, struct str form, uint32_t entry, uint8_t part, size_t least, struct error *e)
{
	uint32_t at = 0;
	ssize_t n = add_symbols(c, form, &at);
	if (n < (ssize_t)least)
		return error_set(e, "term.no-characters", "“%.*s”没有足够的可匹配字符（至少 %zu 个）。",
				 "\"%.*s\" has too few characters that can be matched (at least %zu).", STR_ARG(form), least);
	*vec_push(&c->forms) = (struct lex_form){ .entry = entry, .sym = at, .len = (uint16_t)n, .part = part,
						  .soft = has_space(form),
						  .text = is_disguise(c, form) ? pool(c, form) : (struct sref){ 0, 0 } };
	return 0;
}

static int add_part(struct compiler *c, const struct term_part *p, uint32_t entry, uint8_t index, size_t least,
		    struct error *e)
{
	uint32_t first = (uint32_t)c->forms.len;
	for (size_t i = 0; i < p->len; i++) {
		if (least == 2 && add_emoji(c, p->forms[i], entry))
			continue;
		if (add_form(c, p->forms[i], entry, index, least, e) < 0)
			return -1;
	}
	*vec_push(&c->parts) = (struct lex_part){ .form_first = first, .form_count = (uint16_t)(c->forms.len - first),
						  .gap = (uint16_t)p->gap };
	return 0;
}

/* The part whose shortest form is longest: the rarest in text. */
static uint8_t choose_anchor(const struct compiler *c, const struct lex_entry *en)
{
	size_t best = 0, best_least = 0;
	for (size_t p = 0; p < en->part_count; p++) {
		const struct lex_part *part = &c->parts.ptr[en->part_first + p];
		size_t least = SIZE_MAX;
		for (size_t f = 0; f < part->form_count; f++)
			least = c->forms.ptr[part->form_first + f].len < least ? c->forms.ptr[part->form_first + f].len : least;
		if (least > best_least) {
			best = p;
			best_least = least;
		}
	}
	return (uint8_t)best;
}

static int add_regex(struct compiler *c, struct str pattern, uint32_t index, struct lex_entry *en, struct error *e)
{
	const struct str *words = NULL;
	size_t n = regex_words(c->arena, pattern, &words);
	if (n == 0)
		return error_set(e, "term.regex-loose", "正则中须有必然出现的字符，才能快速查找。",
				 "The pattern must contain characters that always occur, so that it can be found fast.");
	if (lex_regex_try(pattern, e) < 0)
		return -1;
	struct term_part p = { .forms = words, .len = n };
	en->kind = LEX_REGEX;
	en->part_first = (uint32_t)c->parts.len;
	en->part_count = 1;
	return add_part(c, &p, index, 0, 1, e);
}

static int add_term(struct compiler *c, const struct comply_entry *in, uint32_t index, struct lex_entry *en,
		    struct error *e)
{
	struct term_parsed t;
	if (term_parse(c->arena, in->term, &t, e) < 0)
		return -1;
	if (t.regex.len)
		return add_regex(c, t.regex, index, en, e);
	en->kind = t.len > 1 ? LEX_RULE : en->kind;
	en->part_first = (uint32_t)c->parts.len;
	en->part_count = (uint8_t)t.len;
	if (en->allow && t.len > 1)
		return error_set(e, "term.allow-rule", "放行的须是词，不能是规则。", "What is allowed must be a term, not a rule.");
	/* forms of one entry stand together, parts too */
	for (size_t p = 0; p < t.len; p++)
		if (add_part(c, &t.parts[p], index, (uint8_t)p, t.len > 1 || en->kind == LEX_SIGNAL ? 1 : 2, e) < 0)
			return -1;
	en->anchor = choose_anchor(c, en);
	return 0;
}

/* Words of a condition; a list that was there before is shared, so that its outcome can be. */
static int add_list(struct compiler *c, const struct cond_parsed *p, uint32_t *ret_first, struct error *e)
{
	size_t first = c->alts.len, syms = c->syms.len;
	_cleanup_buf_ struct buf key;
	buf_init(&key, LIMIT_LEXICON_STRINGS);
	for (size_t w = 0; w < p->len; w++) {
		uint32_t at = 0;
		ssize_t len = add_symbols(c, p->words[w], &at);
		if (len < 0)
			return error_set(e, "term.context", "条件中的“%.*s”没有可匹配的字符。",
					 "\"%.*s\" in a condition has no characters that can be matched.", STR_ARG(p->words[w]));
		*vec_push(&c->alts) = (struct lex_alt){ .sym = at, .len = (uint16_t)len, .first = c->syms.ptr[at] };
		buf_str(&key, str_make((const void *)(c->syms.ptr + at), (size_t)len * sizeof(uint16_t)));
		buf_str(&key, str_make("\0", 2)); /* no symbol is 0 */
	}
	uintptr_t known = (uintptr_t)map_get(c->list_of, buf_view(&key));
	if (known) {
		c->alts.len = first;
		c->syms.len = syms;
	} else {
		map_put(c->list_of, buf_view(&key), (void *)(uintptr_t)(first + 1));
	}
	*ret_first = (uint32_t)(known ? known - 1 : first);
	return 0;
}

static int add_conds(struct compiler *c, struct str context, struct lex_entry *en, struct error *e)
{
	struct cond_parsed list[TERM_CONDS];
	size_t n = 0;
	if (cond_parse(c->arena, context, list, &n, e) < 0)
		return -1;
	en->cond_first = (uint32_t)c->conds.len;
	en->cond_count = (uint8_t)n;
	for (size_t i = 0; i < n; i++) {
		uint32_t first = 0;
		if (add_list(c, &list[i], &first, e) < 0)
			return -1;
		*vec_push(&c->conds) = (struct lex_cond){ .alt_first = first, .alt_count = (uint16_t)list[i].len,
							  .kind = (uint8_t)list[i].kind };
	}
	return 0;
}

static int resolve_label(struct compiler *c, struct str code, bool allow, uint16_t *ret, struct error *e)
{
	if (allow && (code.len == 0 || str_eq(code, STR("*")) || str_eq(code, STR("-")))) {
		*ret = LEX_ANY_LABEL;
		return 0;
	}
	uintptr_t at = (uintptr_t)map_get(c->label_of, code);
	if (at == 0)
		return error_set(e, "term.label", "没有“%.*s”这个标签。", "There is no label \"%.*s\".", STR_ARG(code));
	*ret = (uint16_t)(at - 1);
	return 0;
}

static int fill_entry(struct compiler *c, const struct comply_entry *in, int signal, struct error *e)
{
	uint32_t index = (uint32_t)c->entries.len;
	unsigned match = 0;
	struct lex_entry en = { .kind = LEX_TERM, .level = (uint8_t)in->level, .allow = in->kind == COMPLY_ALLOW, .until = in->until };
	if (signal >= 0) {
		en.kind = LEX_SIGNAL;
		en.label = (uint16_t)signal;
	} else if (resolve_label(c, in->label, en.allow, &en.label, e) < 0) {
		return -1;
	}
	if (match_parse(in->match, &match, e) < 0 || add_term(c, in, index, &en, e) < 0 || add_conds(c, in->context, &en, e) < 0)
		return -1;
	en.match = (uint8_t)match;
	en.term = pool(c, in->term);
	en.reason = pool(c, in->reason);
	en.article = pool(c, in->article);
	en.advice = pool(c, in->advice);
	en.note = pool(c, in->note);
	en.replacement = pool(c, in->replacement);
	en.id = pool(c, in->id);
	*vec_push(&c->entries) = en;
	return 0;
}

/* A bad entry leaves nothing behind but words of its conditions, which others may share. */
static int add_entry(struct compiler *c, const struct comply_entry *in, int signal, struct error *e)
{
	size_t parts = c->parts.len, forms = c->forms.len, conds = c->conds.len, emoji = c->emoji.len;
	if (fill_entry(c, in, signal, e) == 0)
		return 0;
	c->parts.len = parts;
	c->forms.len = forms;
	c->conds.len = conds;
	c->emoji.len = emoji;
	return -1;
}

/* ---- matchers ---- */

/* The forms that start a look: all of terms, those of the anchor of rules. */
static bool looked_for(const struct compiler *c, const struct lex_form *f)
{
	const struct lex_entry *en = &c->entries.ptr[f->entry];
	return f->part == en->anchor;
}

struct stream {
	VEC(uint16_t) ids;
	VEC(struct matcher_term) list; /* sym: index into ids until all are there */
};

static void stream_add(struct stream *s, uint16_t base, const uint16_t *id, size_t n, uint32_t form)
{
	size_t at = s->ids.len;
	for (size_t i = 0; i < n; i++)
		*vec_push(&s->ids) = (uint16_t)(base + id[i]);
	*vec_push(&s->list) = (struct matcher_term){ .len = (uint16_t)n, .id = form, .sym = (const uint16_t *)(uintptr_t)at };
}

static int stream_build(struct stream *s, struct matcher **ret, struct error *e)
{
	for (size_t i = 0; i < s->list.len; i++)
		s->list.ptr[i].sym = s->ids.ptr + (uintptr_t)s->list.ptr[i].sym;
	int r = s->list.len ? matcher_build(s->list.ptr, s->list.len, ret, e) : 0;
	vec_free(&s->ids);
	vec_free(&s->list);
	return r;
}

static void add_sound(struct compiler *c, struct stream *s, const uint16_t *id, size_t n, uint32_t form)
{
	stream_add(s, LEX_SOUND_BASE, id, n, form);
	for (size_t i = 1; i < n; i++) {
		uint32_t at = id[i - 1] * LEX_SOUNDS + id[i];
		if (id[i - 1] < LEX_SOUNDS && id[i] < LEX_SOUNDS)
			c->sound_pairs[at / 32] |= UINT32_C(1) << (at % 32);
	}
}

/* Short terms also with some syllables shortened to their first letter: 代k票, 代k发p; at most half. */
static void add_initials(struct compiler *c, struct stream *s, const uint16_t *id, size_t n, uint32_t form)
{
	if (n < 3 || n > 4)
		return;
	for (unsigned set = 1; set < 1u << n; set++) {
		uint16_t mixed[4];
		size_t letters = 0;
		for (size_t i = 0; i < n; i++) {
			bool shorten = (set & 1u << i) && id[i] >= PINYIN_SYLLABLE;
			mixed[i] = shorten ? pinyin_initial(c->lang, id[i]) : id[i];
			letters += shorten;
		}
		if (letters == (size_t)__builtin_popcount(set) && letters * 2 <= n)
			add_sound(c, s, mixed, n, form);
	}
}

static void add_sounds(struct compiler *c, struct stream *s)
{
	for (size_t i = 0; i < c->forms.len; i++) {
		const struct lex_form *f = &c->forms.ptr[i];
		uint16_t id[MATCHER_TERM_MAX];
		if (!(c->entries.ptr[f->entry].match & LEX_BY_SOUND) || !looked_for(c, f))
			continue;
		ssize_t n = pinyin_symbols(c->lang, c->syms.ptr + f->sym, f->len, id, ARRAY_SIZE(id));
		bool sounds = false;
		for (ssize_t k = 0; k < n; k++)
			sounds |= id[k] >= PINYIN_SYLLABLE;
		if (n < 2 || !sounds)
			continue;
		add_sound(c, s, id, (size_t)n, (uint32_t)i);
		/* texts are read by the commonest sound of each character */
		uint16_t plain[MATCHER_TERM_MAX];
		bool same = n == f->len;
		for (size_t k = 0; same && k < f->len; k++)
			same = pinyin_symbols(c->lang, c->syms.ptr + f->sym + k, 1, &plain[k], 1) == 1;
		if (same && memcmp(plain, id, (size_t)n * sizeof(*id)) != 0)
			add_sound(c, s, plain, (size_t)n, (uint32_t)i);
		add_initials(c, s, id, (size_t)n, (uint32_t)i);
	}
}

uint16_t *lex_shapes(const struct lang *l)
{
	uint16_t *class = mem_array(SYMBOLS_TABLE, sizeof(*class)), *members = mem_array(UINT16_MAX + 1, sizeof(*members));
	uint16_t next = LEX_SHAPE_BASE;
	for (uint32_t i = LANG_SYM_HAN; i < LEX_SYMBOLS && fold_char(l, (uint16_t)i); i++) {
		uint16_t sym = (uint16_t)i;
		shape_symbols(l, &sym, 1, &class[i]);
		members[class[i]] += members[class[i]] < 2;
	}
	/* numbers of classes with more than one member, in order */
	for (uint32_t i = 0; i <= UINT16_MAX; i++)
		members[i] = members[i] > 1 && next < UINT16_MAX ? next++ : 0;
	for (uint32_t i = 0; i < LEX_SYMBOLS; i++)
		class[i] = class[i] && members[class[i]] ? members[class[i]] : (uint16_t)i;
	free(members);
	return class;
}

static void add_shapes(struct compiler *c, struct stream *s)
{
	bool asked = false;
	for (size_t i = 0; i < c->entries.len; i++)
		asked |= (c->entries.ptr[i].match & LEX_BY_SHAPE) != 0;
	if (!asked)
		return;
	uint16_t *shape = lex_shapes(c->lang);
	for (size_t i = 0; i < c->forms.len; i++) {
		const struct lex_form *f = &c->forms.ptr[i];
		uint16_t class[MATCHER_TERM_MAX];
		if (!(c->entries.ptr[f->entry].match & LEX_BY_SHAPE) || !looked_for(c, f) || f->len < 2)
			continue;
		bool any = false;
		for (size_t k = 0; k < f->len; k++) {
			class[k] = shape[c->syms.ptr[f->sym + k]];
			any |= class[k] >= LEX_SHAPE_BASE;
		}
		if (any)
			stream_add(s, 0, class, f->len, (uint32_t)i);
	}
	free(shape);
}

static int build_matcher(struct compiler *c, struct matcher **ret, struct error *e)
{
	struct stream s = { 0 };
	for (size_t i = 0; i < c->forms.len; i++)
		if (looked_for(c, &c->forms.ptr[i]))
			stream_add(&s, 0, c->syms.ptr + c->forms.ptr[i].sym, c->forms.ptr[i].len, (uint32_t)i);
	add_sounds(c, &s);
	add_shapes(c, &s);
	return stream_build(&s, ret, e);
}

/* ---- the pack ---- */

static int by_head(const void *a, const void *b)
{
	const struct lex_emoji *x = a, *y = b;
	return x->head < y->head ? -1 : x->head > y->head;
}

#define TABLE(n, v) { n, str_make((v).ptr ? (const void *)(v).ptr : "", (v).len * sizeof(*(v).ptr)) }

static int put_pack(struct compiler *c, const struct lex_source *s, struct buf *ret, struct error *e)
{
	struct matcher *terms = NULL;
	if (build_matcher(c, &terms, e) < 0)
		return -1;
	vec_sort(&c->emoji, by_head);
	const struct pack_part parts[] = {
		{ "lang", lang_version(c->lang) },
		{ "strings", buf_view(&c->strings) },
		TABLE("syms", c->syms),
		TABLE("labels", c->labels),
		TABLE("entries", c->entries),
		TABLE("parts", c->parts),
		TABLE("forms", c->forms),
		TABLE("conds", c->conds),
		TABLE("alts", c->alts),
		TABLE("emoji", c->emoji),
		{ "terms", terms ? matcher_bytes(terms) : STR("") },
		{ "sounds", str_make((const void *)c->sound_pairs, LEX_SOUND_WORDS * sizeof(*c->sound_pairs)) },
	};
	pack_build(str_sub(s->version, 0, 40), parts, ARRAY_SIZE(parts), ret);
	matcher_free(terms);
	if (ret->overflow)
		return error_set(e, "lexicon.too-big", "词库编译后太大。", "The compiled lexicon is too big.");
	return 0;
}

static void compiler_free(struct compiler *c)
{
	buf_free(&c->strings);
	map_free(c->pool);
	map_free(c->label_of);
	map_free(c->list_of);
	vec_free(&c->syms);
	vec_free(&c->labels);
	vec_free(&c->entries);
	vec_free(&c->parts);
	vec_free(&c->forms);
	vec_free(&c->conds);
	vec_free(&c->alts);
	vec_free(&c->emoji);
}

int lexicon_compile(const struct lang *l, const struct lex_source *s, struct buf *ret, struct error *e)
{
	struct compiler c = { .lang = l, .simplified = s->simplified, .pool = map_new(), .label_of = map_new(), .list_of = map_new() };
	_cleanup_arena_ struct arena *a = arena_new(LIMIT_LEXICON_MEMORY);
	c.arena = a;
	c.sound_pairs = arena_array(a, LEX_SOUND_WORDS, sizeof(*c.sound_pairs));
	buf_init(&c.strings, LIMIT_LEXICON_STRINGS);
	buf_char(&c.strings, '\0');
	add_labels(&c, s);
	int r = s->labels_len >= LEX_ANY_LABEL ? error_set(e, "lexicon.labels", "标签太多。", "Too many labels.") : 0;
	for (size_t i = 0; i < s->entries_len && r == 0; i++) {
		struct error why = { 0 };
		int bad = add_entry(&c, &s->entries[i], s->signal ? s->signal[i] : -1, &why);
		if (bad < 0 && s->on_bad) {
			s->on_bad(s->ctx, i, &why);
			continue;
		}
		r = c.strings.overflow ? error_set(&why, "lexicon.too-big", "词库的文字太多。", "The lexicon has too much text.") : bad;
		if (r < 0 && e) {
			*e = why;
			snprintf(e->field, sizeof(e->field), "entries.%zu.term", i);
		}
	}
	if (r == 0)
		r = put_pack(&c, s, ret, e);
	compiler_free(&c);
	return r;
}
