/* Flows: which blocks run, and what their results mean together. Boolean expressions of
 * calls, sequences and plain ifs are read; real scripts (loops, assignments) are not. */
#include "base/limits.h"
#include "scan/template/pack_private.h"

#define FLOW_DEPTH 32

struct flow_parser {
	struct template_pack *p;
	const struct template *t;
	const char *at, *end;
	unsigned depth;
	struct error *e;
};

static const struct template_flow *sequence(struct flow_parser *f, char until);
static const struct template_flow *either(struct flow_parser *f);

static void skip(struct flow_parser *f)
{
	while (f->at < f->end) {
		if (ascii_space(*f->at)) {
			f->at++;
		} else if (f->end - f->at > 1 && f->at[0] == '/' && f->at[1] == '/') {
			while (f->at < f->end && *f->at != '\n')
				f->at++;
		} else {
			break;
		}
	}
}

static bool eat(struct flow_parser *f, const char *token)
{
	struct str t = str_c(token);
	skip(f);
	if (!str_starts(str_make(f->at, (size_t)(f->end - f->at)), t))
		return false;
	f->at += t.len;
	return true;
}

static struct str word(struct flow_parser *f)
{
	skip(f);
	const char *from = f->at;
	while (f->at < f->end && (ascii_alnum(*f->at) || *f->at == '_'))
		f->at++;
	return str_make(from, (size_t)(f->at - from));
}

static const struct template_flow *fail(struct flow_parser *f)
{
	struct str rest = str_sub(str_trim(str_make(f->at, (size_t)(f->end - f->at))), 0, 40);
	if (f->e && !f->e->code[0])
		error_set(f->e, "template.unsupported-flow", "flow 中有不支持的脚本（在“%.*s”处）；支持布尔表达式、顺序与 if。",
			  "The flow holds a script that is not supported (at \"%.*s\"); boolean expressions, sequences and if are.",
			  STR_ARG(rest));
	return NULL;
}

static struct template_flow *node(struct flow_parser *f, enum template_flow_kind kind, const struct template_flow *l,
				  const struct template_flow *r)
{
	struct template_flow *n = arena_new_of(f->p->arena, struct template_flow);
	*n = (struct template_flow){ .kind = kind, .left = l, .right = r };
	return n;
}

static bool protocol_of(struct str name, enum template_protocol *ret)
{
	static const struct {
		const char *name;
		enum template_protocol protocol;
	} names[] = { { "http", TEMPLATE_HTTP }, { "dns", TEMPLATE_DNS }, { "tcp", TEMPLATE_TCP },
		      { "network", TEMPLATE_TCP }, { "ssl", TEMPLATE_SSL } };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(name, str_c(names[i].name))) {
			*ret = names[i].protocol;
			return true;
		}
	return false;
}

/* Number of the block that "2" or "name" means among those of a protocol; -1 none. */
static ssize_t block_of(const struct template *t, enum template_protocol protocol, struct str arg)
{
	uint64_t want, seen = 0;
	bool number = str_to_u64(arg, &want) == 0;
	for (size_t i = 0; i < t->blocks_len; i++) {
		if (t->blocks[i].protocol != protocol)
			continue;
		seen++;
		if (number ? seen == want : str_eq(t->blocks[i].name, arg))
			return (ssize_t)i;
	}
	return -1;
}

static bool argument(struct flow_parser *f, struct str *ret)
{
	skip(f);
	if (f->at >= f->end)
		return false;
	char quote = *f->at;
	if (quote != '"' && quote != '\'') {
		*ret = word(f);
		return ret->len > 0;
	}
	const char *from = ++f->at;
	while (f->at < f->end && *f->at != quote)
		f->at++;
	if (f->at == f->end)
		return false;
	*ret = str_make(from, (size_t)(f->at - from));
	f->at++;
	return true;
}

static const struct template_flow *call(struct flow_parser *f)
{
	enum template_protocol protocol;
	const char *start = f->at;
	struct str name = word(f);
	if (!protocol_of(name, &protocol) || !eat(f, "(")) {
		f->at = start;
		return fail(f);
	}
	unsigned *calls = arena_array(f->p->arena, f->t->blocks_len + 1, sizeof(*calls));
	size_t n = 0;
	while (!eat(f, ")")) {
		struct str arg;
		if (n >= f->t->blocks_len || !argument(f, &arg))
			return fail(f);
		ssize_t b = block_of(f->t, protocol, arg);
		if (b < 0) {
			error_set(f->e, "template.bad-flow", "flow 引用了不存在的块 %.*s(%.*s)。",
				  "The flow calls %.*s(%.*s), which is not there.", STR_ARG(name), STR_ARG(arg));
			return NULL;
		}
		calls[n++] = (unsigned)b;
		eat(f, ",");
	}
	for (size_t i = 0; n == 0 && i < f->t->blocks_len; i++) /* http(): all of them */
		if (f->t->blocks[i].protocol == protocol)
			calls[n++] = (unsigned)i;
	struct template_flow *c = node(f, FLOW_CALL, NULL, NULL);
	c->calls = calls;
	c->calls_len = n;
	return c;
}

static const struct template_flow *unary(struct flow_parser *f)
{
	if (++f->depth > FLOW_DEPTH)
		return fail(f);
	const struct template_flow *n;
	if (eat(f, "!")) {
		n = unary(f);
		n = n ? node(f, FLOW_NOT, n, NULL) : NULL;
	} else if (eat(f, "(")) {
		n = either(f);
		if (n && !eat(f, ")"))
			n = fail(f);
	} else {
		skip(f);
		n = call(f);
	}
	f->depth--;
	return n;
}

static const struct template_flow *both(struct flow_parser *f)
{
	const struct template_flow *n = unary(f);
	while (n && eat(f, "&&")) {
		const struct template_flow *r = unary(f);
		n = r ? node(f, FLOW_AND, n, r) : NULL;
	}
	return n;
}

static const struct template_flow *either(struct flow_parser *f)
{
	const struct template_flow *n = both(f);
	while (n && eat(f, "||")) {
		const struct template_flow *r = both(f);
		n = r ? node(f, FLOW_OR, n, r) : NULL;
	}
	return n;
}

static bool keyword(struct flow_parser *f, const char *name)
{
	const char *start = f->at;
	if (str_eq(word(f), str_c(name)))
		return true;
	f->at = start;
	return false;
}

static const struct template_flow *statement(struct flow_parser *f)
{
	if (++f->depth > FLOW_DEPTH)
		return fail(f);
	const struct template_flow *n;
	skip(f);
	if (keyword(f, "if")) {
		const struct template_flow *cond = eat(f, "(") ? either(f) : NULL;
		n = cond && eat(f, ")") && eat(f, "{") ? sequence(f, '}') : fail(f);
		n = n ? node(f, FLOW_AND, cond, n) : NULL;
	} else {
		n = either(f);
	}
	f->depth--;
	return n;
}

/* Statements up to `until` (0: the end); any of them that matched counts. */
static const struct template_flow *sequence(struct flow_parser *f, char until)
{
	const struct template_flow *n = NULL;
	for (;;) {
		while (eat(f, ";"))
			;
		skip(f);
		if (f->at == f->end)
			return until ? fail(f) : n ? n : node(f, FLOW_TRUE, NULL, NULL);
		if (until && *f->at == until) {
			f->at++;
			return n ? n : node(f, FLOW_TRUE, NULL, NULL);
		}
		const struct template_flow *s = statement(f);
		if (!s)
			return NULL;
		n = n ? node(f, FLOW_SEQ, n, s) : s;
	}
}

const struct template_flow *template_flow_parse(struct template_pack *p, const struct template *t, struct str text,
						struct error *e)
{
	struct error mine = { 0 };
	struct flow_parser f = { .p = p, .t = t, .at = text.ptr, .end = text.ptr + text.len, .e = &mine };
	const struct template_flow *n = sequence(&f, 0);
	if (!n && e)
		*e = mine;
	return n;
}
