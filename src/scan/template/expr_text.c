/* Mixed text: pieces of plain text and compiled placeholders. Markers nest in string literals
 * of the author's own expression ({{md5("{{a}}")}}); what a placeholder gives is appended as it
 * is and never looked at again. */
#include "scan/template/expr_lex.h"

struct piece {
	struct str src;	  /* plain text, or the placeholder with its markers */
	struct str name;  /* a plain name: asked as it is */
	struct expr *x;	  /* not NULL: an expression */
};
struct expr_text {
	struct str src;
	struct piece *pieces;
	size_t len;
	bool fixed;
};

/* How a text is read. */
struct reading {
	struct arena *a;
	enum expr_syntax syntax;
	unsigned depth;
	bool (*known)(void *ctx, struct str name); /* NULL: every name may be one */
	void *ctx;
};

/* The end of the placeholder whose content starts at `at`: the matching "}}", not inside a
 * string literal of the expression if that can be helped. SIZE_MAX: none. */
static size_t marker_end(struct str s, size_t at)
{
	unsigned depth = 1;
	char quote = 0;

	for (size_t i = at; i + 1 < s.len; i++) {
		char c = s.ptr[i];
		if (quote) {
			if (c == '\\')
				i++;
			else if (c == quote)
				quote = 0;
			continue;
		}
		if ((c == '"' || c == '\'') && i > at && memchr("(,+= ", s.ptr[i - 1], 5)) {
			quote = c;
		} else if (c == '{' && s.ptr[i + 1] == '{') {
			depth++;
			i++;
		} else if (c == '}' && s.ptr[i + 1] == '}') {
			if (--depth == 0)
				return i;
			i++;
		}
	}
	/* a quote that is none: the first "}}" then */
	ssize_t plain = str_find(str_from(s, at), STR("}}"));
	return plain < 0 ? SIZE_MAX : at + (size_t)plain;
}

static bool is_name(struct str s)
{
	if (!s.len || s.len > 128)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!lex_name_char(s.ptr[i]) && !memchr(".-:@$", s.ptr[i], 5))
			return false;
	/* rand-1 is a name; 7-7 is not */
	for (size_t i = 0; i < s.len; i++)
		if (ascii_alpha(s.ptr[i]) || (unsigned char)s.ptr[i] >= 0x80 || s.ptr[i] == '_')
			return true;
	return false;
}

/* "a.b.c" is known when a is, or a.b, or all of it. */
static bool name_known(const struct reading *r, struct str name)
{
	for (size_t i = 0; r->known && i <= name.len; i++)
		if ((i == name.len || name.ptr[i] == '.') && r->known(r->ctx, str_sub(name, 0, i)))
			return true;
	return !r->known;
}

static bool all_known(const struct reading *r, const struct expr *x)
{
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	const struct expr_use *use;
	size_t n = r->known ? expr_vars(x, a, &use) : 0;

	for (size_t i = 0; i < n; i++)
		if (use[i].function ? !use[i].known : !name_known(r, use[i].name))
			return false;
	return true;
}

static bool compile_piece(const struct reading *r, struct str inside, struct piece *ret)
{
	struct str s = str_trim(inside);
	struct error ignored;

	if (is_name(s)) {
		ret->name = s;
		return name_known(r, s);
	}
	if (s.len > LIMIT_EXPR_SOURCE ||
	    expr_compile_at(r->a, s, r->syntax, r->depth + 1, &ret->x, &ignored) < 0)
		return false;
	if (!expr_mentions(ret->x) || !all_known(r, ret->x)) {
		ret->x = NULL; /* {{7*7}}: text that is meant for the target */
		return false;
	}
	return true;
}

static int compile(const struct reading *r, struct str src, struct expr_text **ret,
		   struct error *e)
{
	struct arena *a = r->a;
	VEC(struct piece) pieces = { 0 };
	size_t plain = 0, at = 0, end;

	if (src.len > LIMIT_EXPR_TEXT || r->depth > LIMIT_EXPR_DEPTH ||
	    arena_left(a) < src.len * 4 + 64 * KIB)
		return error_set(e, "expr.too-long", "文本太长或嵌套太深。",
				 "The text is too long or nested too deeply.");
	src = arena_str(a, src);
	for (ssize_t next; (next = str_find(str_from(src, at), STR("{{"))) >= 0;) {
		size_t open = at + (size_t)next;
		while (open + 2 < src.len && src.ptr[open + 2] == '{')
			open++; /* {{{x}}}: the innermost pair */
		end = marker_end(src, open + 2);
		if (end == SIZE_MAX)
			break;
		struct piece p = { .src = str_sub(src, open, end + 2) };
		if (!compile_piece(r, str_sub(src, open + 2, end), &p)) {
			at = open + 2;
			continue;
		}
		if (open > plain)
			vec_push(&pieces)->src = str_sub(src, plain, open);
		*vec_push(&pieces) = p;
		plain = at = end + 2;
	}
	if (plain < src.len)
		vec_push(&pieces)->src = str_from(src, plain);
	struct expr_text *t = arena_new_of(a, struct expr_text);
	t->src = src;
	t->len = pieces.len;
	t->fixed = true;
	t->pieces = arena_array(a, pieces.len, sizeof(*t->pieces));
	for (size_t i = 0; i < pieces.len; i++) {
		t->pieces[i] = pieces.ptr[i];
		t->fixed = t->fixed && !pieces.ptr[i].x && !pieces.ptr[i].name.ptr;
	}
	vec_free(&pieces);
	*ret = t;
	return 0;
}

int expr_text_compile(struct arena *a, struct str src, enum expr_syntax syntax,
		      struct expr_text **ret, struct error *e)
{
	return compile(&(struct reading){ .a = a, .syntax = syntax }, src, ret, e);
}

int expr_text_compile_known(struct arena *a, struct str src, enum expr_syntax syntax,
			    bool (*known)(void *ctx, struct str name), void *ctx,
			    struct expr_text **ret, struct error *e)
{
	return compile(&(struct reading){ .a = a, .syntax = syntax, .known = known, .ctx = ctx },
		       src, ret, e);
}

int expr_text_inner(struct arena *a, struct str src, unsigned depth, struct expr_text **ret,
		    struct error *e)
{
	return compile(&(struct reading){ .a = a, .syntax = EXPR_DSL, .depth = depth + 1 }, src,
		       ret, e);
}

static int named(const struct piece *p, struct expr_env *env, struct value *ret)
{
	struct value v;
	struct str name = p->name;

	if (env->get && env->get(env->ctx, name, ret))
		return 0;
	for (size_t dot = name.len; dot-- > 0;)
		if (name.ptr[dot] == '.' && env->get &&
		    env->get(env->ctx, str_sub(name, 0, dot), &v)) {
			if (value_get(&v, str_from(name, dot + 1), ret))
				return 0;
			break;
		}
	return -1;
}

int expr_text_render(const struct expr_text *t, struct expr_env *env, struct buf *out)
{
	for (size_t i = 0; i < t->len && !out->overflow; i++) {
		const struct piece *p = &t->pieces[i];
		struct value v;
		unsigned before = env->unresolved;

		if (!p->x && !p->name.ptr) {
			buf_str(out, p->src);
			continue;
		}
		if (arena_left(env->arena) < 128 * KIB)
			return expr_fail(env, "too large");
		if ((p->x ? expr_eval(p->x, env, &v) : named(p, env, &v)) == 0) {
			buf_str(out, value_text(env->arena, &v));
			continue;
		}
		if (env->steps >= LIMIT_EXPR_STEPS)
			return -1;
		buf_str(out, p->src);
		if (env->unresolved == before) {
			if (!env->unresolved)
				env->first_unresolved = p->x ? p->src : p->name;
			env->unresolved++;
		}
	}
	return out->overflow ? expr_fail(env, "too large") : 0;
}

bool expr_text_fixed(const struct expr_text *t)
{
	return t->fixed;
}

struct str expr_text_source(const struct expr_text *t)
{
	return t->src;
}

void expr_text_collect(const struct expr_text *t, void (*each)(void *arg, const struct node *n),
		       void *arg)
{
	for (size_t i = 0; i < t->len; i++) {
		const struct piece *p = &t->pieces[i];
		if (p->x)
			expr_walk(p->x->root, each, arg);
		else if (p->name.ptr)
			each(arg, &(struct node){ .kind = NODE_VAR, .str = p->name });
	}
}
