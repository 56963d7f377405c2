/* Which texts a pattern cannot match without: the longest run of plain characters of every
 * alternative, groups included. Conservative: what is not understood ends a run, what
 * may be absent (?, *, {0,…}, look-around) counts for nothing. */
#include "base/buf.h"
#include "base/limits.h"
#include "scan/tech/tech_private.h"

struct need {
	struct str any[TECH_LITERALS];
	size_t len;
};

struct walk {
	const char *p, *end;
	struct arena *a;
	unsigned depth;
};

static bool parse_choice(struct walk *w, struct need *ret);

static size_t shortest(const struct need *n)
{
	size_t least = 0;
	for (size_t i = 0; i < n->len; i++)
		if (!least || n->any[i].len < least)
			least = n->any[i].len;
	return n->len ? least : 0;
}

static void better(struct need *best, const struct need *n)
{
	size_t a = shortest(best), b = shortest(n);
	if (b > a || (b == a && b && n->len < best->len))
		*best = *n;
}

static void end_run(struct walk *w, struct buf *run, struct need *best)
{
	struct need one = { .len = 1 };
	if (run->len >= 3) {
		one.any[0] = arena_str(w->a, buf_view(run));
		better(best, &one);
	}
	buf_clear(run);
}

/* A quantifier: may what stands before it be absent, and may it repeat? */
static bool quantifier(struct walk *w, bool *absent)
{
	*absent = false;
	if (w->p >= w->end)
		return false;
	char c = *w->p;
	if (c == '{' && w->p + 1 < w->end && (ascii_digit(w->p[1]) || w->p[1] == ',')) {
		*absent = w->p[1] == '0' || w->p[1] == ',';
		while (w->p < w->end && *w->p != '}')
			w->p++;
		w->p += w->p < w->end;
	} else if (c == '?' || c == '*' || c == '+') {
		*absent = c != '+';
		w->p++;
	} else {
		return false;
	}
	if (w->p < w->end && (*w->p == '?' || *w->p == '+'))
		w->p++;
	return true;
}

static void skip_class(struct walk *w)
{
	w->p++;
	if (w->p < w->end && *w->p == '^')
		w->p++;
	if (w->p < w->end && *w->p == ']')
		w->p++;
	while (w->p < w->end && *w->p != ']')
		w->p += *w->p == '\\' && w->p + 1 < w->end ? 2 : 1;
	w->p += w->p < w->end;
}

/* After '('. False: the group says nothing about what is there (look-around, flags). */
static bool group_kind(struct walk *w)
{
	if (w->p >= w->end || *w->p != '?')
		return true;
	w->p++;
	if (w->p < w->end && *w->p == ':') {
		w->p++;
		return true;
	}
	bool named = w->p < w->end && (*w->p == 'P' || *w->p == '<') && w->p + 1 < w->end && w->p[1] != '=' &&
		     w->p[1] != '!';
	if (named)
		while (w->p < w->end && *w->p != '>')
			w->p++;
	w->p += named && w->p < w->end;
	return named;
}

static bool parse_group(struct walk *w, struct need *best)
{
	struct need inner = { 0 };
	bool absent, says;
	w->p++;
	says = group_kind(w);
	if (++w->depth > 30 || !parse_choice(w, &inner))
		return false;
	w->depth--;
	if (w->p >= w->end || *w->p != ')')
		return false;
	w->p++;
	quantifier(w, &absent);
	if (says && !absent)
		better(best, &inner);
	return true;
}

/* The plain character at w->p, moving on; -1 when it is none (moved on as well). */
static int plain(struct walk *w)
{
	unsigned char c = (unsigned char)*w->p++;
	if (c != '\\')
		return c == '.' || c == '^' || c == '$' ? -1 : c;
	if (w->p >= w->end)
		return -1;
	c = (unsigned char)*w->p++;
	return ascii_alnum((char)c) ? -1 : c;
}

static bool parse_branch(struct walk *w, struct need *best)
{
	struct buf run;
	bool absent, ok = true;
	buf_init(&run, 4 * KIB);
	while (ok && w->p < w->end && *w->p != '|' && *w->p != ')') {
		if (*w->p == '(') {
			end_run(w, &run, best);
			ok = parse_group(w, best);
			continue;
		}
		if (*w->p == '[') {
			end_run(w, &run, best);
			skip_class(w);
			quantifier(w, &absent);
			continue;
		}
		int c = plain(w);
		size_t before = run.len;
		if (c >= 0)
			buf_char(&run, (char)c);
		if (quantifier(w, &absent)) {
			if (absent)
				run.len = before;
			end_run(w, &run, best);
		} else if (c < 0) {
			end_run(w, &run, best);
		}
	}
	end_run(w, &run, best);
	buf_free(&run);
	return ok;
}

/* Alternatives: each must have its own, or there is none. False: malformed. */
static bool parse_choice(struct walk *w, struct need *ret)
{
	struct need all = { 0 };
	bool none = false;
	for (;;) {
		struct need branch = { 0 };
		if (!parse_branch(w, &branch))
			return false;
		none = none || branch.len == 0 || all.len + branch.len > TECH_LITERALS;
		for (size_t i = 0; !none && i < branch.len; i++)
			all.any[all.len++] = branch.any[i];
		if (w->p >= w->end || *w->p != '|')
			break;
		w->p++;
	}
	if (none)
		all.len = 0;
	*ret = all;
	return true;
}

size_t tech_required(struct str pattern, struct arena *a, struct str ret[TECH_LITERALS])
{
	struct walk w = { pattern.ptr, pattern.ptr + pattern.len, a, 0 };
	struct need n;
	if (!parse_choice(&w, &n) || w.p != w.end)
		return 0;
	for (size_t i = 0; i < n.len; i++)
		ret[i] = n.any[i];
	return n.len;
}
