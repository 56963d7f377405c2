/* Each reaction is a line of a table: what has to be known before, and the rewritings of the value of
 * which one must keep the page. Conclusions by the truth kit (probe_same) only. */
#include "scan/reaction.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "scan/diff.h"
#include "scan/scan_private.h"

enum { UNKNOWN, YES, NO, UNTOLD };

/* {0} the value, {1} a number, {2} the value plus that number. Every form of a line has to change the page
 * before the reaction counts as absent: filters take out one sign and leave another. */
static const struct rewriting {
	const char *forms[4];
	enum reaction needs; /* without it this one is not there either */
	bool number;	     /* for values that are a whole number; others as in brackets */
	enum reaction what;
} lines[] = {
	{ { "{0}' AND '{1}'='{1}", "{0}'||'", "{0}'\n'", "{0}'+'" }, REACTION_QUOTES, false, REACTION_SINGLE },
	{ { "{0}\" AND \"{1}\"=\"{1}", "{0}\"||\"" }, REACTION_QUOTES, false, REACTION_DOUBLE },
	{ { "{2}-{1}" }, REACTION_VALUE, true, REACTION_BARE },
	{ { "({0})" }, REACTION_VALUE, false, REACTION_BRACKETS },
	{ { "./{0}" }, REACTION_VALUE, false, REACTION_DOT },
};

static void note(struct probe *p, enum reaction r, int what)
{
	p->reactions[r] = (unsigned char)what;
}

static struct str fill(struct probe *p, const char *form, struct str sum, unsigned number)
{
	struct buf b;
	buf_init(&b, 64 * 1024);
	for (const char *c = form; *c; c++) {
		if (*c != '{') {
			buf_char(&b, *c);
			continue;
		}
		if (c[1] == '0')
			buf_str(&b, p->point.value);
		else if (c[1] == '2')
			buf_str(&b, sum);
		else
			buf_printf(&b, "%u", number);
		c += 2;
	}
	struct str s = arena_str(p->arena, buf_view(&b));
	buf_free(&b);
	return s;
}

/* A word in the value's place; its answer is kept, for the same word with signs to be compared with. */
static void ask_word(struct probe *p)
{
	struct diff_side base = diff_base(&p->point), word;
	struct str w = probe_word(p, sizeof(p->word) - 1);
	if (diff_value(p, w, &word) < 0) {
		note(p, REACTION_VALUE, UNTOLD);
		note(p, REACTION_SHOWN, UNTOLD);
		return;
	}
	note(p, REACTION_VALUE, diff_same(p, &base, &word) ? NO : YES);
	note(p, REACTION_SHOWN, kit_reflects(word.x->text.len ? word.x->text : word.x->body, w) || kit_reflects(word.x->head, w) ? YES : NO);
	answer_unref(p->word_answer);
	p->word_answer = answer_ref(answer_of(word.x));
	memcpy(p->word, w.ptr, sizeof(p->word) - 1);
}

static void ask_signs(struct probe *p, enum reaction r, const char *signs)
{
	struct diff_side word, odd;
	if (!p->word_answer)
		ask_word(p);
	note(p, r, UNTOLD);
	if (!p->word_answer)
		return;
	struct str w = arena_str(p->arena, str_make(p->word, sizeof(p->word) - 1));
	word = (struct diff_side){ .x = &p->word_answer->x, .sent = w };
	if (diff_value(p, arena_printf(p->arena, "%.*s%s%.*s", 5, w.ptr, signs, STR_ARG(str_from(w, 5))), &odd) == 0)
		note(p, r, diff_same(p, &word, &odd) ? NO : YES);
}

/* 1 the page stays, 0 it changes, -1 no answer. */
static int stays(struct probe *p, struct str value)
{
	struct diff_side base = diff_base(&p->point), side;
	if (diff_value(p, value, &side) < 0)
		return -1;
	return diff_same(p, &base, &side);
}

static int ask_line(struct probe *p, const struct rewriting *l, bool number, int64_t n)
{
	uint32_t k = probe_number(p, 1000, 4999);
	struct str sum = number ? arena_printf(p->arena, "%lld", (long long)n + k) : STR("");
	for (size_t i = 0; i < ARRAY_SIZE(l->forms) && l->forms[i]; i++) {
		int r = stays(p, fill(p, l->forms[i], sum, k));
		if (r != 0)
			return r < 0 ? UNTOLD : YES;
	}
	return NO;
}

static int ask(struct probe *p, enum reaction r)
{
	int64_t n = 0;
	bool number = str_to_i64(p->point.value, &n) == 0 && n >= 0 && n < 1000000000;
	/* nothing can stay as it was where nothing depends on the value, or where pages vary */
	if (p->point.value.len == 0 || p->point.value.len > 200 || !reaction_seen(p, REACTION_VALUE) || !probe_stable(p))
		return UNTOLD;
	if (r == REACTION_QUOTES) {
		int same = stays(p, arena_printf(p->arena, "%.*s'\"", STR_ARG(p->point.value)));
		return same < 0 ? UNTOLD : same ? NO : YES;
	}
	if ((r == REACTION_BARE || r == REACTION_BRACKETS) && str_chr(p->point.value, ',') >= 0) /* a list may stand in brackets already */
		return UNTOLD;
	if (r == REACTION_BARE && !number)
		r = REACTION_BRACKETS;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (lines[i].what != r || (lines[i].number && !number))
			continue;
		return reaction(p, lines[i].needs) ? ask_line(p, &lines[i], number, n) : NO;
	}
	return UNTOLD;
}

static int told(struct probe *p, enum reaction r)
{
	check(r < REACTIONS);
	if (r == REACTION_SHELL && told(p, REACTION_SIGNS) == NO) /* they are among those */
		return NO;
	if (r < REACTION_SIGNS && p->reactions[r] == UNKNOWN)
		ask_word(p);
	else if (p->reactions[r] == UNKNOWN && r == REACTION_SIGNS)
		ask_signs(p, r, "'\"`)]}${{<%[%'\"}}%>*(|;&#{@(\\");
	else if (p->reactions[r] == UNKNOWN && r == REACTION_SHELL)
		ask_signs(p, r, ";|$(&`\n");
	else if (p->reactions[r] == UNKNOWN)
		note(p, r, ask(p, r));
	int what = p->reactions[r];
	if (what == UNTOLD) /* another check may have better luck */
		note(p, r, UNKNOWN);
	return what;
}

bool reaction(struct probe *p, enum reaction r)
{
	/* quick scans have few payloads at such places: no more than asking would take */
	if (p->run->o.mode == SCAN_DEEP || (p->run->o.mode == SCAN_QUICK && r > REACTION_SIGNS))
		return true;
	return told(p, r) != NO;
}

bool reaction_seen(struct probe *p, enum reaction r)
{
	return told(p, r) == YES;
}

/* ---- headers ---- */

enum { HEADER_ASKED = 1, HEADERS_CHANGE = 2, HEADER_SHOWN = 4 }; /* then one bit for each header */

static void ask_headers(struct probe *p)
{
	struct target *t = p->unit->target;
	struct diff_side base = diff_base(&p->point), side;
	struct scan_header h[POINTS_HEADERS];
	struct str words[POINTS_HEADERS];
	for (size_t i = 0; i < POINTS_HEADERS; i++) {
		words[i] = probe_word(p, 8);
		h[i] = (struct scan_header){ str_c(points_header_names[i]),
					     arena_printf(p->arena, "%.*s'\")\\${{<%.*s", STR_ARG(points_header_value(p->run, t, str_c(points_header_names[i]))),
							  STR_ARG(words[i])) };
	}
	unsigned what = HEADER_ASKED | HEADERS_CHANGE; /* no answer: nothing can be said */
	if (diff_send(p, &(struct scan_mutation){ .headers = h, .headers_len = POINTS_HEADERS, .fresh = true }, &side) == 0) {
		side.sent = STR("");
		bool same = diff_same(p, &base, &side) || (probe_stable(p) && diff_same(p, &base, &side)); /* then its zones are known */
		what = HEADER_ASKED | (same ? 0 : HEADERS_CHANGE);
		for (size_t i = 0; i < POINTS_HEADERS; i++)
			if (kit_reflects(side.x->text.len ? side.x->text : side.x->body, words[i]) || kit_reflects(side.x->head, words[i]))
				what |= HEADER_SHOWN << i;
	}
	t->headers = what;
}

bool reaction_header(struct probe *p)
{
	struct target *t = p->unit->target;
	if (p->run->o.mode == SCAN_DEEP || p->point.where != WHERE_HEADER)
		return true;
	while (t->asking_headers && !t->headers && !p->run->stopping)
		probe_park(p);
	if (!t->headers) {
		t->asking_headers = true;
		ask_headers(p);
		t->asking_headers = false;
	}
	for (size_t i = 0; i < POINTS_HEADERS; i++)
		if (str_ieq(p->point.name, str_c(points_header_names[i])))
			return (t->headers & (HEADERS_CHANGE | HEADER_SHOWN << i)) != 0;
	return true; /* not one of those */
}

/* ---- the same input on other pages ---- */

#define ALIKE_KINDS 6 /* ways in which one input behaves */
#define ALIKE_TRIED 2

struct reaction_group {
	struct kind {
		struct kit_sig base, word;
		unsigned char shown, signs;
		unsigned tried;
		bool found;
	} kinds[ALIKE_KINDS];
	size_t len;
};

static struct str group_key(struct probe *p)
{
	const struct scan_exchange *x = p->point.base;
	return arena_printf(p->arena, "%.*s %.*s%.*s %d %d %.*s", STR_ARG(p->unit->spec->method), STR_ARG(x->origin), STR_ARG(x->path),
			    (int)p->point.where, (int)p->point.inside, STR_ARG(p->point.name));
}

static struct kind *same_kind(struct probe *p, struct reaction_group *g)
{
	const struct kit_sig *base = answer_sig(answer_of(p->point.base)), *word = answer_sig(p->word_answer);
	for (size_t i = 0; i < g->len; i++) {
		struct kind *k = &g->kinds[i];
		if (k->shown == p->reactions[REACTION_SHOWN] && k->signs == p->reactions[REACTION_SIGNS] &&
		    kit_same_sig(&k->base, base) && kit_same_sig(&k->word, word))
			return k;
	}
	return NULL;
}

static bool grouped(struct probe *p)
{
	return p->run->o.mode == SCAN_STANDARD && p->unit->kind == UNIT_POINT && p->point.where != WHERE_HEADER &&
	       p->point.where != WHERE_PATH && p->point.base;
}

bool reaction_alike(struct probe *p)
{
	if (!grouped(p))
		return false;
	struct reaction_group *g = map_get(p->run->attack.alike, group_key(p));
	bool tried = false;
	for (size_t i = 0; g && i < g->len; i++)
		tried = tried || (g->kinds[i].tried >= ALIKE_TRIED && !g->kinds[i].found);
	if (!tried || told(p, REACTION_SHOWN) == UNTOLD || told(p, REACTION_SIGNS) == UNTOLD || !p->word_answer)
		return false;
	const struct kind *k = same_kind(p, g);
	return k && k->tried >= ALIKE_TRIED && !k->found;
}

void reaction_done(struct probe *p, bool found)
{
	if (!grouped(p) || !p->word_answer || p->reactions[REACTION_SIGNS] == UNKNOWN || p->reactions[REACTION_SHOWN] == UNKNOWN)
		return;
	struct str key = group_key(p);
	struct reaction_group *g = map_get(p->run->attack.alike, key);
	if (!g) {
		g = mem_alloc(sizeof(*g));
		map_put(p->run->attack.alike, key, g);
	}
	struct kind *k = same_kind(p, g);
	if (!k && g->len < ALIKE_KINDS) {
		k = &g->kinds[g->len++];
		*k = (struct kind){ .base = *answer_sig(answer_of(p->point.base)), .word = *answer_sig(p->word_answer),
				    .shown = p->reactions[REACTION_SHOWN], .signs = p->reactions[REACTION_SIGNS] };
	}
	if (k) {
		k->tried++;
		k->found = k->found || found;
	}
}
