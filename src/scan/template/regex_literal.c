/* Strings that every match of a pattern contains, for the prefilter: one walk over the pattern
 * with a set of alternatives for each part. A sequence needs all its parts, so its most telling
 * part counts; an alternative needs one of its branches, so all of them count. Anything not
 * understood is "cannot say", which is always safe. */
#include "scan/template/regex.h"

#include "base/buf.h"
#include "base/limits.h"

#define SET_MAX 32
#define RUN_MAX 128
#define NEST_MAX 16

struct set {
	size_t len; /* 0: cannot say */
	struct regex_literal items[SET_MAX];
};
struct walker {
	struct arena *a;
	struct str s;
	size_t at;
	unsigned depth;
	bool bad;
};

static size_t worth(const struct set *x)
{
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < x->len; i++)
		least = x->items[i].text.len < least ? x->items[i].text.len : least;
	return x->len ? least : 0;
}

static void keep_better(struct set *best, const struct set *x)
{
	size_t a = worth(best), b = worth(x);

	if (b > a || (b == a && b && x->len < best->len))
		*best = *x;
}

struct run {
	char text[RUN_MAX];
	size_t len;
	bool nocase;
};

static void end_run(struct walker *w, struct run *r, struct set *best)
{
	struct set x = { 0 };

	if (r->len >= 3 && arena_left(w->a) > 64 * KIB) {
		x.len = 1;
		x.items[0] = (struct regex_literal){ arena_str(w->a, str_make(r->text, r->len)),
						     r->nocase };
		keep_better(best, &x);
	}
	r->len = 0;
}

static void add_char(struct walker *w, struct run *r, struct set *best, char c, bool nocase)
{
	/* (?i) on text beyond ASCII folds in ways that the prefilter does not know */
	if ((nocase && (unsigned char)c >= 0x80) || (r->len && r->nocase != nocase) ||
	    r->len == RUN_MAX)
		end_run(w, r, best);
	if (nocase && (unsigned char)c >= 0x80)
		return;
	r->nocase = nocase;
	r->text[r->len++] = c;
}

static char at(const struct walker *w, size_t ahead)
{
	return w->at + ahead < w->s.len ? w->s.ptr[w->at + ahead] : 0;
}

/* *min of the quantifier at the place, which is consumed. False: there is none. */
static bool quantifier(struct walker *w, unsigned *min)
{
	char c = at(w, 0);
	size_t i = 1;

	if (c == '*' || c == '?' || c == '+') {
		*min = c == '+';
		w->at++;
	} else if (c == '{') {
		*min = 0;
		for (; ascii_digit(at(w, i)); i++)
			*min = *min * 10 + (unsigned)(at(w, i) - '0');
		if (i == 1)
			return false;
		if (at(w, i) == ',')
			for (i++; ascii_digit(at(w, i)); i++)
				;
		if (at(w, i) != '}')
			return false;
		w->at += i + 1;
	} else {
		return false;
	}
	if (at(w, 0) == '?')
		w->at++;
	return true;
}

/* [x] and [.] are one character; others are not. -1: not one. */
static int skip_class(struct walker *w)
{
	size_t i = 1, members = 0;
	int only = -1;

	if (at(w, i) == '^') {
		i++;
		members = 2;
	}
	for (bool first = true; w->at + i < w->s.len; first = false) {
		char c = at(w, i);
		if (c == ']' && !first)
			break;
		if (c == '[' && at(w, i + 1) == ':') {
			while (w->at + i < w->s.len && !(at(w, i) == ':' && at(w, i + 1) == ']' ))
				i++;
			i += 2;
			members += 2;
			continue;
		}
		if (c == '\\') {
			i++;
			c = at(w, i);
			if (ascii_alnum(c))
				members += 2;
		}
		only = (unsigned char)c;
		members++;
		i++;
	}
	if (w->at + i >= w->s.len)
		w->bad = true;
	w->at += i + 1;
	return members == 1 && only < 0x80 ? only : -1;
}

/* A character that an escape stands for; -1: a class or an assertion; -2: cannot say. */
static int escaped(struct walker *w)
{
	char c = at(w, 1);

	w->at += 2;
	switch (c) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'f':
		return '\f';
	case 'd':
	case 'D':
	case 'w':
	case 'W':
	case 's':
	case 'S':
	case 'b':
	case 'B':
	case 'A':
	case 'z':
	case 'Z':
	case 'v':
	case 'C':
		return -1;
	default:
		if (ascii_alnum(c) || !c || (unsigned char)c >= 0x80)
			w->bad = true;
		return w->bad ? -1 : (unsigned char)c;
	}
}

static void alternatives(struct walker *w, bool nocase, struct set *ret);

/* Inside of "(?": flags for the rest of the group around, or for a group of its own. */
static bool open_group(struct walker *w, bool *nocase)
{
	bool on = true, fold = *nocase;

	w->at++;
	if (at(w, 0) != '?')
		return true;
	if (at(w, 1) == 'P' || at(w, 1) == '<') {
		while (w->at < w->s.len && at(w, 0) != '>')
			w->at++;
		w->at++;
		return true;
	}
	for (w->at++; w->at < w->s.len; w->at++) {
		char c = at(w, 0);
		if (c == 'i')
			fold = on;
		else if (c == '-')
			on = false;
		else if (c == ':' || c == ')') {
			w->at++;
			*nocase = fold;
			return c == ':';
		} else if (!strchr("msU", c)) {
			break;
		}
	}
	w->bad = true;
	return false;
}

static void group(struct walker *w, bool *nocase, struct run *r, struct set *best)
{
	bool inner = *nocase;
	struct set x = { 0 };
	unsigned min = 1;

	if (!open_group(w, &inner)) {
		end_run(w, r, best);
		*nocase = inner;
		return;
	}
	end_run(w, r, best);
	if (++w->depth > NEST_MAX) {
		w->bad = true;
		return;
	}
	alternatives(w, inner, &x);
	w->depth--;
	if (at(w, 0) == ')')
		w->at++;
	quantifier(w, &min);
	if (min)
		keep_better(best, &x);
}

static void sequence(struct walker *w, bool *nocase, struct set *best)
{
	struct run r = { .len = 0 };
	unsigned min;

	while (w->at < w->s.len && !w->bad && at(w, 0) != '|' && at(w, 0) != ')') {
		char c = at(w, 0);
		int one = (unsigned char)c;
		if (c == '(') {
			group(w, nocase, &r, best);
			continue;
		}
		if (c == '\\' && at(w, 1) == 'Q') {
			w->bad = true;
			break;
		}
		if (c == '\\')
			one = escaped(w);
		else if (c == '[')
			one = skip_class(w);
		else {
			one = c == '.' || c == '^' || c == '$' ? -1 : one;
			w->at++;
		}
		size_t before = w->at;
		bool counted = quantifier(w, &min);
		/* a character of several bytes with a quantifier: its bytes are not one item */
		if (one >= 0x80 && (counted || at(w, 0) == '{')) {
			w->bad = true;
			break;
		}
		if (one < 0 || (counted && !min)) {
			end_run(w, &r, best);
			continue;
		}
		add_char(w, &r, best, (char)one, *nocase);
		if (counted && w->at != before)
			end_run(w, &r, best);
	}
	end_run(w, &r, best);
}

static void alternatives(struct walker *w, bool nocase, struct set *ret)
{
	struct set all = { 0 };
	bool known = true;

	for (;;) {
		struct set branch = { 0 };
		sequence(w, &nocase, &branch);
		if (!branch.len || all.len + branch.len > SET_MAX)
			known = false;
		for (size_t i = 0; known && i < branch.len; i++)
			all.items[all.len++] = branch.items[i];
		if (w->bad || at(w, 0) != '|')
			break;
		w->at++;
	}
	if (known && !w->bad)
		*ret = all;
}

size_t regex_literals(struct arena *a, struct str pattern, const struct regex_literal **ret)
{
	struct walker w = { .a = a, .s = pattern };
	struct set x = { 0 };

	if (pattern.len > LIMIT_REGEX_SOURCE || arena_left(a) < pattern.len * 2 + 64 * KIB)
		return 0;
	alternatives(&w, false, &x);
	if (w.bad || w.at != pattern.len || !x.len || arena_left(a) < sizeof(x) + 4096)
		return 0;
	struct regex_literal *list = arena_array(a, x.len, sizeof(*list));
	memcpy(list, x.items, x.len * sizeof(*list));
	*ret = list;
	return x.len;
}
