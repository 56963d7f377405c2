/* Matchers and extractors as nuclei templates write them. */
#include "base/encode.h"
#include "base/limits.h"
#include "scan/template/nuclei_private.h"

static int bad_function(const struct expr_use *u, struct error *e)
{
	if (u->unsupported)
		return error_set(e, "template.unsupported-function", "使用了不支持的函数 %.*s()：%s。",
				 "Uses the function %.*s(), which is not supported: %s.", STR_ARG(u->name), u->unsupported);
	return error_set(e, "template.unknown-function", "使用了不存在的函数 %.*s()。", "Uses an unknown function %.*s().",
			 STR_ARG(u->name));
}

int nuclei_text(struct template_pack *p, struct str text, struct template_text *ret, struct error *e)
{
	const struct expr_use *use;
	if (template_text_make(p, text, ret, e) < 0)
		return -1;
	size_t n = ret->mixed ? expr_text_vars(ret->mixed, p->scratch, &use) : 0;
	for (size_t i = 0; i < n; i++)
		if (use[i].function && use[i].unsupported)
			return bad_function(&use[i], e);
	return 0;
}

/* ---- parts ---- */

static enum template_part part_of(struct template_pack *p, struct str name, struct str *ret_name)
{
	char low[64];
	size_t n = name.len < sizeof(low) ? name.len : sizeof(low);
	for (size_t i = 0; i < n; i++)
		low[i] = name.ptr[i] == '-' ? '_' : ascii_lower(name.ptr[i]);
	name = str_make(low, n);
	*ret_name = STR("");
	if (str_empty(name) || str_eq(name, STR("body")))
		return PART_BODY;
	if (str_eq(name, STR("header")) || str_eq(name, STR("headers")) || str_eq(name, STR("all_headers")))
		return PART_HEADER;
	if (str_eq(name, STR("response")) || str_eq(name, STR("all")) || str_eq(name, STR("raw")))
		return PART_RESPONSE;
	*ret_name = template_intern(p, name);
	return PART_NAMED;
}

static void note_name(struct template_block *b, struct str name)
{
	if (str_starts(name, STR("interactsh_")))
		b->waits_oob = true;
	if (str_eq(name, STR("duration")) || str_starts(name, STR("duration_")))
		b->timed = true;
	if (name.len > 2 && name.ptr[name.len - 2] == '_' && ascii_digit(name.ptr[name.len - 1]))
		b->numbered = true;
}

/* ---- values ---- */

static int words(struct template_pack *p, const struct yaml *v, bool hex, struct template_matcher *m, struct error *e)
{
	size_t n = yaml_items(v);
	m->words = arena_array(p->arena, n, sizeof(*m->words));
	for (size_t i = 0; i < n; i++) {
		struct str s = nuclei_scalar(yaml_item(v, i));
		struct template_word *w = &m->words[m->n];
		w->literal = TEMPLATE_NO_LITERAL;
		if (hex) {
			struct buf b;
			buf_init(&b, s.len + 1);
			int r = decode_hex(&b, str_trim(s));
			w->text.text = arena_str(p->arena, buf_view(&b));
			buf_free(&b);
			if (r < 0)
				return error_set(e, "template.bad-hex", "不是十六进制：%.*s。", "Not hexadecimal: %.*s.",
						 STR_ARG(str_sub(s, 0, 40)));
		} else if (nuclei_text(p, s, &w->text, e) < 0) {
			return -1;
		}
		m->n++;
	}
	return 0;
}

static int regexes(struct template_pack *p, const struct yaml *v, bool nocase, struct template_regex **ret, size_t *ret_n,
		   struct error *e)
{
	size_t n = yaml_items(v);
	*ret = arena_array(p->arena, n, sizeof(**ret));
	for (size_t i = 0; i < n; i++) {
		struct template_regex *r = &(*ret)[(*ret_n)++];
		*r = (struct template_regex){ .nocase = nocase, .literal = TEMPLATE_NO_LITERAL };
		if (nuclei_text(p, nuclei_scalar(yaml_item(v, i)), &r->pattern, e) < 0)
			return -1;
	}
	return 0;
}

static int numbers(struct template_pack *p, const struct yaml *v, struct template_matcher *m, struct error *e)
{
	size_t n = yaml_items(v);
	int64_t *list = arena_array(p->arena, n, sizeof(*list));
	for (size_t i = 0; i < n; i++)
		if (str_to_i64(str_trim(nuclei_scalar(yaml_item(v, i))), &list[m->n++]) < 0)
			return error_set(e, "template.bad-number", "status 或 size 应为数字。", "status and size must be numbers.");
	m->numbers = list;
	return 0;
}

/* Up to the next comma outside of quotes and brackets: "tls_version, cipher" are two. */
static bool next_expr(struct str *rest, struct str *ret)
{
	int depth = 0;
	char quote = 0;
	size_t i = 0;
	if (!rest->ptr)
		return false;
	for (; i < rest->len; i++) {
		char c = rest->ptr[i];
		if (quote) {
			i += c == '\\';
			quote = c == quote ? 0 : quote;
		} else if (c == '"' || c == '\'' || c == '`') {
			quote = c;
		} else if (c == '(' || c == '[') {
			depth++;
		} else if (c == ')' || c == ']') {
			depth--;
		} else if (c == ',' && depth == 0) {
			break;
		}
	}
	*ret = str_trim(str_sub(*rest, 0, i));
	*rest = i < rest->len ? str_from(*rest, i + 1) : STR_NULL;
	return true;
}

static int one_expr(struct template_pack *p, struct str text, struct template_block *b, const struct expr **ret, struct error *e)
{
	struct expr *x;
	const struct expr_use *use;
	if (expr_compile(p->arena, text, EXPR_DSL, &x, e) < 0)
		return -1;
	size_t uses = expr_vars(x, p->scratch, &use);
	for (size_t k = 0; k < uses; k++) {
		if (use[k].function && (!use[k].known || use[k].unsupported))
			return bad_function(&use[k], e);
		note_name(b, use[k].name);
	}
	*ret = x;
	return 0;
}

#define LIST_MOST 16 /* expressions in one line */

static int exprs(struct template_pack *p, const struct yaml *v, struct template_block *b, bool lists,
		 const struct expr *const **ret, size_t *ret_n, struct error *e)
{
	size_t n = yaml_items(v);
	const struct expr **list = arena_array(p->arena, lists ? n * LIST_MOST : n, sizeof(*list));
	for (size_t i = 0; i < n; i++) {
		struct str text = nuclei_scalar(yaml_item(v, i)), one = text;
		if (!lists) {
			if (one_expr(p, text, b, &list[(*ret_n)++], e) < 0)
				return -1;
			continue;
		}
		for (int k = 0; k < LIST_MOST && next_expr(&text, &one); k++)
			if (one_expr(p, one, b, &list[(*ret_n)++], e) < 0)
				return -1;
	}
	*ret = list;
	return 0;
}

static int queries(struct template_pack *p, const struct yaml *v, enum template_extractor_kind kind,
		   const struct template_query **ret, size_t *ret_n, struct error *e)
{
	size_t n = yaml_items(v);
	struct template_query *list = arena_array(p->arena, n, sizeof(*list));
	for (size_t i = 0; i < n; i++) {
		struct template_query *q = &list[(*ret_n)++];
		struct jq *jq = NULL;
		struct xpath *xp = NULL;
		q->text = template_intern(p, nuclei_scalar(yaml_item(v, i)));
		if (kind == EXTRACT_JSON && jq_compile(p->arena, q->text, &jq, e) < 0)
			return -1;
		if (kind == EXTRACT_XPATH && xpath_compile(p->arena, q->text, &xp, e) < 0)
			return -1;
		q->jq = jq;
		q->xpath = xp;
	}
	*ret = list;
	return 0;
}

/* ---- matchers ---- */

static int values(struct template_pack *p, const struct yaml *y, struct str type, struct template_block *b,
		  struct template_matcher *m, struct error *e)
{
	bool hex = str_ieq(yaml_text(y, "encoding"), STR("hex"));
	if (str_eq(type, STR("word"))) {
		m->kind = MATCH_WORD;
		return words(p, yaml_get(y, "words"), hex, m, e);
	}
	if (str_eq(type, STR("binary"))) {
		m->kind = MATCH_BINARY;
		return words(p, yaml_get(y, "binary"), true, m, e);
	}
	if (str_eq(type, STR("regex"))) {
		m->kind = MATCH_REGEX;
		return regexes(p, yaml_get(y, "regex"), m->nocase, &m->regexes, &m->n, e);
	}
	if (str_eq(type, STR("status")) || str_eq(type, STR("size"))) {
		m->kind = str_eq(type, STR("size")) ? MATCH_SIZE : MATCH_STATUS;
		return numbers(p, yaml_get(y, m->kind == MATCH_SIZE ? "size" : "status"), m, e);
	}
	if (str_eq(type, STR("dsl"))) {
		m->kind = MATCH_EXPR;
		return exprs(p, yaml_get(y, "dsl"), b, false, &m->exprs, &m->n, e);
	}
	if (str_eq(type, STR("xpath"))) {
		m->kind = MATCH_XPATH;
		return queries(p, yaml_get(y, "xpath"), EXTRACT_XPATH, &m->queries, &m->n, e);
	}
	return error_set(e, "template.unsupported-matcher", "不支持的匹配器类型“%.*s”。",
			 "Matchers of the type \"%.*s\" are not supported.", STR_ARG(str_sub(type, 0, 40)));
}

int nuclei_matchers(struct template_pack *p, const struct yaml *list, struct template_block *b, struct error *e)
{
	size_t n = yaml_items(list);
	struct template_matcher *out = arena_array(p->arena, n, sizeof(*out));
	b->matchers = out;
	for (size_t i = 0; i < n; i++) {
		const struct yaml *y = yaml_item(list, i);
		struct template_matcher *m = &out[b->matchers_len++];
		m->part = part_of(p, yaml_text(y, "part"), &m->part_name);
		note_name(b, m->part_name);
		m->name = template_intern(p, yaml_text(y, "name"));
		m->all = str_ieq(yaml_text(y, "condition"), STR("and"));
		m->negative = yaml_bool(y, "negative", false);
		m->nocase = yaml_bool(y, "case-insensitive", false);
		m->internal = yaml_bool(y, "internal", false);
		if (values(p, y, str_trim(yaml_text(y, "type")), b, m, e) < 0)
			return -1;
		if (m->n == 0)
			return error_set(e, "template.empty-matcher", "第 %zu 个匹配器没有值。", "Matcher %zu has no values.",
					 i + 1);
	}
	return 0;
}

/* ---- extractors ---- */

static int extractor(struct template_pack *p, const struct yaml *y, struct template_block *b,
		     struct template_extractor *x, struct error *e)
{
	struct str type = str_trim(yaml_text(y, "type"));
	int64_t group = yaml_int(y, "group", 0);
	x->part = part_of(p, yaml_text(y, "part"), &x->part_name);
	note_name(b, x->part_name);
	x->name = template_intern(p, yaml_text(y, "name"));
	x->internal = yaml_bool(y, "internal", false);
	x->nocase = yaml_bool(y, "case-insensitive", false);
	x->group = group > 0 && group < 32 ? (unsigned)group : 0;
	x->attribute = template_intern(p, yaml_text(y, "attribute"));
	if (str_eq(type, STR("regex"))) {
		x->kind = EXTRACT_REGEX;
		return regexes(p, yaml_get(y, "regex"), x->nocase, &x->regexes, &x->n, e);
	}
	if (str_eq(type, STR("kval"))) {
		x->kind = EXTRACT_KVAL;
		return queries(p, yaml_get(y, "kval"), EXTRACT_KVAL, &x->queries, &x->n, e);
	}
	if (str_eq(type, STR("json"))) {
		x->kind = EXTRACT_JSON;
		return queries(p, yaml_get(y, "json"), EXTRACT_JSON, &x->queries, &x->n, e);
	}
	if (str_eq(type, STR("xpath"))) {
		x->kind = EXTRACT_XPATH;
		return queries(p, yaml_get(y, "xpath"), EXTRACT_XPATH, &x->queries, &x->n, e);
	}
	if (str_eq(type, STR("dsl"))) {
		x->kind = EXTRACT_EXPR;
		return exprs(p, yaml_get(y, "dsl"), b, true, &x->exprs, &x->n, e);
	}
	return error_set(e, "template.unsupported-extractor", "不支持的提取器类型“%.*s”。",
			 "Extractors of the type \"%.*s\" are not supported.", STR_ARG(str_sub(type, 0, 40)));
}

int nuclei_extractors(struct template_pack *p, const struct yaml *list, struct template_block *b, struct error *e)
{
	size_t n = yaml_items(list);
	struct template_extractor *out = arena_array(p->arena, n, sizeof(*out));
	b->extractors = out;
	for (size_t i = 0; i < n; i++)
		if (extractor(p, yaml_item(list, i), b, &out[b->extractors_len++], e) < 0)
			return -1;
	return 0;
}
