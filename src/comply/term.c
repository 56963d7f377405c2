/* Terms with {a|b}, A~n~B, A&B and re:, conditions, match letters: from their written form to slices.
 * Pure text; what the characters mean is the folding's business. Every size has a limit. */
#include "comply/term_private.h"

#include "base/check.h"
#include "base/utf8.h"
#include "comply/lexicon_private.h"

/* One written form may not be empty or too long; whether it means anything the folding says. */
static int form_ok(struct str form, struct error *e)
{
	if (str_trim(form).len == 0)
		return error_set(e, "term.empty", "词不能为空。", "A term must not be empty.");
	if (utf8_count(form) > TERM_CHARS)
		return error_set(e, "term.too-long", "一个词最多 32 个字符。", "A term has at most 32 characters.");
	return 0;
}

/* All forms of a part with {a|b}; `budget` forms are left for the whole line. */
static int expand(struct arena *a, struct str part, struct term_part *ret, size_t *budget, struct error *e)
{
	struct str list[TERM_FORMS] = { STR("") };
	size_t n = 1;
	for (struct str rest = part; rest.len;) {
		ssize_t open = str_chr(rest, '{');
		struct str plain = open < 0 ? rest : str_sub(rest, 0, (size_t)open), inner = STR("");
		bool braces = open >= 0;
		if (str_chr(plain, '}') >= 0 || str_chr(plain, '|') >= 0)
			return error_set(e, "term.braces", "花括号的写法不对，应为 {甲|乙}。", "Braces are wrong; write {a|b}.");
		if (braces) {
			ssize_t end = str_chr(str_from(rest, (size_t)open), '}');
			if (end < 0)
				return error_set(e, "term.braces", "花括号没有结束。", "A brace is not closed.");
			inner = str_sub(rest, (size_t)open + 1, (size_t)(open + end));
			if (str_chr(inner, '{') >= 0 || str_chr(inner, '|') < 0)
				return error_set(e, "term.braces", "花括号的写法不对，应为 {甲|乙}。", "Braces are wrong; write {a|b}.");
			rest = str_from(rest, (size_t)(open + end + 1));
		} else {
			rest = STR("");
		}
		struct str old[TERM_FORMS];
		size_t olds = n;
		memcpy(old, list, sizeof(old));
		n = 0;
		do {
			ssize_t bar = braces ? str_chr(inner, '|') : -1;
			struct str word = bar >= 0 ? str_sub(inner, 0, (size_t)bar) : inner;
			for (size_t i = 0; i < olds; i++) {
				if (n >= *budget)
					return error_set(e, "term.too-many-forms", "一行最多展开为 64 个写法。", "A line stands for at most 64 forms.");
				list[n++] = arena_printf(a, "%.*s%.*s%.*s", STR_ARG(old[i]), STR_ARG(plain), STR_ARG(word));
			}
			if (bar < 0)
				break;
			inner = str_from(inner, (size_t)bar + 1);
		} while (true);
	}
	struct str *forms = arena_array(a, n, sizeof(*forms));
	for (size_t i = 0; i < n; i++) {
		if (form_ok(list[i], e) < 0)
			return -1;
		forms[i] = str_trim(list[i]);
	}
	*ret = (struct term_part){ .forms = forms, .len = n };
	*budget -= n;
	return 0;
}

/* Next place of `sep` outside braces, or -1. */
static ssize_t find_outside(struct str s, char sep)
{
	int depth = 0;
	for (size_t i = 0; i < s.len; i++) {
		depth += (s.ptr[i] == '{') - (s.ptr[i] == '}');
		if (s.ptr[i] == sep && depth == 0)
			return (ssize_t)i;
	}
	return -1;
}

/* The distance behind A~ and the rest behind its second ~. */
static int take_gap(struct str *rest, unsigned *ret, struct error *e)
{
	ssize_t end = str_chr(*rest, '~');
	uint64_t gap = 0;
	if (end < 0 || str_to_u64(str_sub(*rest, 0, (size_t)end), &gap) < 0 || gap < 1 || gap > TERM_GAP)
		return error_set(e, "term.distance", "间隔的写法应为 甲~6~乙，1–60。", "Write the distance as A~6~B, 1 to 60.");
	*ret = (unsigned)gap;
	*rest = str_from(*rest, (size_t)end + 1);
	return 0;
}

int term_parse(struct arena *a, struct str term, struct term_parsed *ret, struct error *e)
{
	struct term_parsed t = { .len = 0 };
	size_t budget = TERM_FORMS;
	struct str rest = str_trim(term);
	if (utf8_invalid_at(rest) >= 0)
		return error_set(e, "term.not-utf8", "词须为 UTF-8。", "A term must be UTF-8.");
	if (str_starts(rest, STR("re:"))) {
		t.regex = str_from(rest, 3);
		if (t.regex.len == 0)
			return error_set(e, "term.empty", "正则不能为空。", "The pattern is empty.");
		*ret = t;
		return 0;
	}
	char sep = find_outside(rest, '~') >= 0 ? '~' : '&';
	for (;;) {
		ssize_t at = find_outside(rest, sep);
		struct str part = at < 0 ? rest : str_sub(rest, 0, (size_t)at);
		if (t.len == TERM_PARTS)
			return error_set(e, "term.too-many-parts", "规则最多 6 段。", "A rule has at most 6 parts.");
		if (sep == '~' && find_outside(part, '&') >= 0)
			return error_set(e, "term.mixed", "~ 与 & 不能合用。", "~ and & cannot be combined.");
		if (expand(a, str_trim(part), &t.parts[t.len], &budget, e) < 0)
			return -1;
		t.len++;
		if (at < 0)
			break;
		rest = str_from(rest, (size_t)at + 1);
		if (sep == '~' && take_gap(&rest, &t.parts[t.len - 1].gap, e) < 0)
			return -1;
	}
	*ret = t;
	return 0;
}

/* ---- conditions ---- */

static int cond_words(struct arena *a, struct str list, struct cond_parsed *c, struct error *e)
{
	struct str words[TERM_WORDS];
	size_t n = 0;
	struct str rest = list, word;
	while (str_split(&rest, '|', &word)) {
		if (n == TERM_WORDS)
			return error_set(e, "term.context-long", "一个条件最多 400 个词。", "A condition has at most 400 words.");
		if (form_ok(word, e) < 0)
			return -1;
		words[n++] = str_trim(word);
	}
	if (n == 0)
		return error_set(e, "term.context", "条件里没有词。", "A condition has no words.");
	struct str *copy = arena_array(a, n, sizeof(*copy));
	memcpy(copy, words, n * sizeof(*copy));
	c->words = copy;
	c->len = n;
	return 0;
}

int cond_parse(struct arena *a, struct str context, struct cond_parsed ret[TERM_CONDS], size_t *ret_len,
	       struct error *e)
{
	static const struct {
		struct str sign;
		enum cond_kind kind;
	} signs[] = { { STR_INIT("!<"), COND_NOT_BEFORE }, { STR_INIT("!>"), COND_NOT_AFTER }, { STR_INIT("!"), COND_NOT_WITHIN },
		      { STR_INIT("+<"), COND_BEFORE }, { STR_INIT("+>"), COND_AFTER }, { STR_INIT("+"), COND_SENTENCE } };
	struct cond_parsed list[TERM_CONDS];
	size_t n = 0;
	struct str rest = context, cell;
	if (utf8_invalid_at(context) >= 0)
		return error_set(e, "term.not-utf8", "条件须为 UTF-8。", "Conditions must be UTF-8.");
	while (str_split(&rest, ';', &cell)) {
		cell = str_trim(cell);
		if (cell.len == 0)
			continue;
		size_t s = 0;
		while (s < ARRAY_SIZE(signs) && !str_starts(cell, signs[s].sign))
			s++;
		if (s == ARRAY_SIZE(signs))
			return error_set(e, "term.context", "条件应以 !、!<、!>、+、+< 或 +> 开头。", "A condition starts with !, !<, !>, +, +< or +>.");
		if (n == TERM_CONDS)
			return error_set(e, "term.context-long", "最多 8 个条件。", "At most 8 conditions.");
		list[n].kind = signs[s].kind;
		if (cond_words(a, str_from(cell, signs[s].sign.len), &list[n], e) < 0)
			return -1;
		n++;
	}
	memcpy(ret, list, n * sizeof(*ret));
	*ret_len = n;
	return 0;
}

int match_parse(struct str letters, unsigned *ret, struct error *e)
{
	static const struct {
		char letter;
		unsigned bit;
	} known[] = { { 'g', LEX_GAPS }, { 'p', LEX_BY_SOUND }, { 's', LEX_BY_SHAPE }, { 'w', LEX_WORD }, { 'x', LEX_EXACT } };
	unsigned bits = 0;
	for (size_t i = 0; i < letters.len; i++) {
		size_t k = 0;
		while (k < ARRAY_SIZE(known) && known[k].letter != letters.ptr[i])
			k++;
		if (k == ARRAY_SIZE(known))
			return error_set(e, "term.match", "匹配方式由 g p s w x 组成。", "The way of matching is made of g p s w x.");
		bits |= known[k].bit;
	}
	if ((bits & LEX_EXACT) && (bits & (LEX_BY_SOUND | LEX_BY_SHAPE)))
		return error_set(e, "term.match", "x 不能与 p、s 合用。", "x cannot be combined with p or s.");
	*ret = bits;
	return 0;
}

/* ---- what a pattern must contain ---- */

struct words {
	struct str list[TERM_FORMS];
	size_t len, least; /* characters of the shortest */
};

static bool literal_byte(unsigned char c)
{
	return c >= 0x80 || ascii_alnum((char)c);
}
static bool quantifier_optional(struct str p, size_t at)
{
	if (at >= p.len)
		return false;
	return p.ptr[at] == '?' || p.ptr[at] == '*' || (p.ptr[at] == '{' && at + 1 < p.len && (p.ptr[at + 1] == '0' || p.ptr[at + 1] == ','));
}
static bool quantifier(struct str p, size_t at)
{
	return at < p.len && (p.ptr[at] == '?' || p.ptr[at] == '*' || p.ptr[at] == '+' || p.ptr[at] == '{');
}

/* Behind the bracket or group that starts at `at`. */
static size_t behind_group(struct str p, size_t at)
{
	char open = p.ptr[at], close = open == '[' ? ']' : ')';
	int depth = 0;
	for (size_t i = at; i < p.len; i++) {
		if (p.ptr[i] == '\\') {
			i++;
		} else if (p.ptr[i] == open && (open == '(' || i == at)) {
			depth++;
		} else if (p.ptr[i] == close && (open == '(' || i > at + 1)) {
			if (--depth == 0)
				return i + 1;
			if (open == '[')
				return i + 1;
		}
	}
	return p.len;
}

static void take_words(struct words *w, struct str list)
{
	struct words n = { .least = SIZE_MAX };
	struct str word;
	if (str_starts(list, STR("?:")))
		list = str_from(list, 2);
	for (struct str rest = list; str_split(&rest, '|', &word);) {
		if (word.len == 0 || n.len == TERM_FORMS)
			return;
		for (size_t i = 0; i < word.len; i++)
			if (!literal_byte((unsigned char)word.ptr[i]))
				return;
		size_t chars = utf8_count(word);
		n.least = chars < n.least ? chars : n.least;
		n.list[n.len++] = word;
	}
	if (list.len && list.ptr[list.len - 1] == '|')
		return;
	if (n.len && (w->len == 0 || n.least > w->least || (n.least == w->least && n.len < w->len)))
		*w = n;
}

/* A run of plain characters from `at`; the last one is left out when a quantifier follows. */
static size_t take_run(struct words *w, struct str p, size_t at)
{
	size_t end = at, last = at;
	while (end < p.len && literal_byte((unsigned char)p.ptr[end])) {
		last = end;
		utf8_next(p, &end);
	}
	take_words(w, str_sub(p, at, quantifier_optional(p, end) ? last : end));
	if (quantifier(p, end) && p.ptr[end] == '{') {
		while (end < p.len && p.ptr[end] != '}')
			end++;
	}
	return end;
}

size_t regex_words(struct arena *a, struct str pattern, const struct str **ret)
{
	struct words w = { .len = 0 };
	for (size_t i = 0; i < pattern.len;) {
		char c = pattern.ptr[i];
		if (c == '|')
			return 0; /* alternatives of the whole pattern: nothing is certain */
		if (literal_byte((unsigned char)c)) {
			i = take_run(&w, pattern, i);
		} else if (c == '\\') {
			i += 2;
		} else if (c == '[') {
			i = behind_group(pattern, i);
		} else if (c == '(') {
			size_t end = behind_group(pattern, i);
			bool look = i + 1 < pattern.len && pattern.ptr[i + 1] == '?' && !(i + 2 < pattern.len && pattern.ptr[i + 2] == ':');
			if (!look && end > i + 1 && !quantifier_optional(pattern, end))
				take_words(&w, str_sub(pattern, i + 1, end - 1));
			i = end;
		} else if (c == '{') {
			while (i < pattern.len && pattern.ptr[i] != '}')
				i++;
		} else {
			i++;
		}
	}
	if (w.len == 0)
		return 0;
	struct str *copy = arena_array(a, w.len, sizeof(*copy));
	memcpy(copy, w.list, w.len * sizeof(*copy));
	*ret = copy;
	return w.len;
}
