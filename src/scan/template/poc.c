/* POC files of afrog and xray (YAML with expressions in CEL): `set` gives variables, every rule
 * is a request with a condition and outputs, the last expression combines the rules. Both
 * formats are one; afrog adds brute lists, raw requests, TCP, and details under `info`. */
#include "scan/template/poc_private.h"

#include "base/limits.h"
#include "scan/template/nuclei_private.h"

static bool is_mine(const struct yaml *doc)
{
	const struct yaml *rules = yaml_get(doc, "rules");

	return rules && rules->kind == YAML_MAP && yaml_get(doc, "expression");
}

struct str poc_scalar(const struct yaml *v)
{
	return v && v->kind == YAML_SCALAR ? v->text : STR("");
}

bool poc_known(void *ctx, struct str name)
{
	static const char *const built_in[] = {
		"BaseURL", "RootURL", "Hostname", "Host", "Port", "Scheme", "Path", "request",
		"response", "response_text", "target", "fulltarget", "oob", "oob_dns", "oob_http",
		"oob_filter", "rboundary", "rfilename", "rbody",
	};
	const struct poc *c = ctx;

	for (size_t i = 0; i < ARRAY_SIZE(built_in); i++)
		if (str_eq(name, str_c(built_in[i])))
			return true;
	for (size_t i = 0; i < c->names.len; i++)
		if (str_eq(name, c->names.ptr[i]))
			return true;
	return false;
}

int poc_text(struct poc *c, struct str text, struct template_text *ret)
{
	struct expr_text *x;

	ret->text = text.len <= 24 ? template_intern(c->p, text) : arena_str(c->p->arena, text);
	ret->mixed = NULL;
	if (!str_has(text, STR("{{")))
		return 0;
	if (expr_text_compile_known(c->p->arena, text, EXPR_CEL, poc_known, c, &x, c->e) < 0)
		return -1;
	if (!expr_text_fixed(x))
		ret->mixed = x;
	return 0;
}

/* -1: a function that is not ours, or that cannot do anything here. */
static int functions_known(struct poc *c, const struct expr *x)
{
	const struct expr_use *use;
	size_t n = expr_vars(x, c->p->scratch, &use);

	for (size_t i = 0; i < n; i++) {
		if (!use[i].function)
			continue;
		if (!use[i].known)
			return error_set(c->e, "template.unknown-function", "不认识函数 %.*s()。",
					 "The function %.*s() is not known.",
					 STR_ARG(str_sub(use[i].name, 0, 40)));
		if (use[i].unsupported)
			return error_set(c->e, "template.unsupported-function",
					 "函数 %.*s() 在这里不起作用（%s）。",
					 "The function %.*s() does nothing here: %s.",
					 STR_ARG(use[i].name), use[i].unsupported);
	}
	return 0;
}

int poc_expr(struct poc *c, struct str text, const struct expr **ret)
{
	struct expr *x;

	if (expr_compile(c->p->arena, text, EXPR_CEL, &x, c->e) < 0 || functions_known(c, x) < 0)
		return -1;
	*ret = x;
	return 0;
}

/* ---- variables ---- */

static void add_name(struct poc *c, struct str name)
{
	*vec_push(&c->names) = template_intern(c->p, name);
}

static void add_var(struct poc *c, const char *name, const char *source)
{
	struct template_var v = { .name = str_c(name) };

	if (poc_expr(c, str_c(source), &v.expr) == 0)
		*vec_push(&c->vars) = v;
}

/* Every name in it has a value by then. */
static bool names_known(struct poc *c, const struct expr *x)
{
	const struct expr_use *use;
	size_t n = expr_vars(x, c->p->scratch, &use);

	for (size_t i = 0; i < n; i++) {
		struct str rest = use[i].name, head = STR("");
		str_split(&rest, '.', &head);
		if (!use[i].function && !poc_known(c, head) && !poc_known(c, use[i].name))
			return false;
	}
	return true;
}

/* What is no expression is plain text: `username: admin`. */
static int set_one(struct poc *c, struct str name, struct str source)
{
	struct template_var v = { .name = template_intern(c->p, name) };
	struct error *before = c->e, why = { 0 };
	struct str trimmed = str_trim(source);

	c->e = &why;
	int rc = trimmed.len ? poc_expr(c, trimmed, &v.expr) : -1;
	c->e = before;
	if (rc < 0 && error_is(&why, "template.unsupported-function")) {
		if (before)
			*before = why;
		return -1;
	}
	if (rc < 0 || !names_known(c, v.expr)) {
		v.expr = NULL;
		if (poc_text(c, source, &v.text) < 0)
			return -1;
	}
	add_name(c, name);
	*vec_push(&c->vars) = v;
	return 0;
}

static bool mentions(const struct yaml *y, struct str word)
{
	if (y->kind == YAML_SCALAR)
		return str_has(y->text, word);
	for (size_t i = 0; i < y->len; i++)
		if (str_has(y->pairs[i].key, word) || mentions(y->pairs[i].value, word))
			return true;
	return false;
}

static int variables(struct poc *c, const struct yaml *doc)
{
	const struct yaml *set = yaml_get(doc, "set"), *more = yaml_get(doc, "payloads");

	if (mentions(doc, STR("oob")) && !yaml_get(set, "oob")) {
		add_var(c, "oob", "newOOB()");
		add_var(c, "oob_dns", "oob.DNS");
		add_var(c, "oob_http", "oob.HTTP");
		add_var(c, "oob_filter", "oob.Filter");
	}
	if (mentions(doc, STR("rboundary")) && !yaml_get(set, "rboundary"))
		add_var(c, "rboundary", "randomLowercase(8)");
	if (mentions(doc, STR("rfilename")) && !yaml_get(set, "rfilename"))
		add_var(c, "rfilename", "randomLowercase(6)");
	if (mentions(doc, STR("rbody")) && !yaml_get(set, "rbody"))
		add_var(c, "rbody", "randomLowercase(10)");
	for (size_t i = 0; set && set->kind == YAML_MAP && i < set->len; i++)
		if (set_one(c, set->pairs[i].key, poc_scalar(set->pairs[i].value)) < 0)
			return -1;
	more = yaml_get(more, "payloads");
	if (more && yaml_items(more) && c->t->format == TEMPLATE_XRAY)
		return error_set(c->e, "template.unsupported", "不支持 payloads 分组。",
				 "Groups of payloads are not supported.");
	for (size_t i = 0; more && more->kind == YAML_MAP && i < more->len; i++)
		if (set_one(c, more->pairs[i].key, poc_scalar(more->pairs[i].value)) < 0)
			return -1;
	return 0;
}

/* ---- rules ---- */

static int brute(struct poc *c, const struct yaml *y, struct template_block *b)
{
	size_t n = y && y->kind == YAML_MAP ? y->len : 0;
	struct template_payload *list = arena_array(c->p->arena, n + 1, sizeof(*list));

	b->payloads = list;
	b->attack = ATTACK_CLUSTERBOMB;
	b->stop_at_first = n && !yaml_bool(y, "continue", false);
	for (size_t i = 0; i < n; i++) {
		const struct yaml *v = y->pairs[i].value;
		if (str_ieq(y->pairs[i].key, STR("mode")) && str_ieq(poc_scalar(v), STR("pitchfork")))
			b->attack = ATTACK_PITCHFORK;
		if (v->kind != YAML_LIST)
			continue;
		if (yaml_items(v) > LIMIT_TEMPLATE_PAYLOADS)
			return error_set(c->e, "template.too-many-payloads", "载荷过多。",
					 "There are too many payloads.");
		struct template_payload *out = &list[b->payloads_len++];
		struct template_text *values = arena_array(c->p->arena, yaml_items(v) + 1, sizeof(*values));
		out->name = template_intern(c->p, y->pairs[i].key);
		out->values = values;
		add_name(c, out->name);
		for (size_t k = 0; k < yaml_items(v); k++)
			if (poc_text(c, poc_scalar(yaml_item(v, k)), &values[out->len++]) < 0)
				return -1;
		if (!out->len)
			b->payloads_len--;
	}
	return 0;
}

static int condition(struct poc *c, const struct yaml *rule, struct template_block *b)
{
	const struct yaml *list = yaml_get(rule, "expressions");
	size_t n = yaml_items(list), kept = 0;
	struct template_matcher *m = arena_new_of(c->p->arena, struct template_matcher);
	const struct expr **exprs = arena_array(c->p->arena, n + 1, sizeof(*exprs));
	struct str one = str_trim(yaml_text(rule, "expression"));

	/* of several, those that are wrong never match: so it is with the original */
	for (size_t i = 0; i < n; i++)
		if (poc_expr(c, str_trim(poc_scalar(yaml_item(list, i))), &exprs[kept]) == 0)
			kept++;
	if (n && !kept)
		return -1;
	if (!n) {
		if (poc_expr(c, one.len ? one : STR("true"), &exprs[0]) < 0)
			return -1;
		kept = 1;
	}
	m->kind = MATCH_EXPR;
	m->exprs = exprs;
	m->n = kept;
	b->matchers = m;
	b->matchers_len = 1;
	for (size_t i = 0; i < kept; i++)
		b->timed = b->timed || str_has(expr_source(exprs[i]), STR("response.latency"));
	return 0;
}

static int output_one(struct poc *c, struct str name, struct str source,
		      struct template_extractor *x)
{
	const struct expr **exprs = arena_new_of(c->p->arena, const struct expr *);

	if (poc_expr(c, str_trim(source), exprs) < 0)
		return -1;
	x->kind = EXTRACT_EXPR;
	x->name = template_intern(c->p, name);
	x->internal = true;
	x->exprs = exprs;
	x->n = 1;
	add_name(c, x->name);
	return 0;
}

static int outputs(struct poc *c, const struct yaml *rule, struct template_block *b)
{
	const struct yaml *out = yaml_get(rule, "output"), *ext = yaml_get(rule, "extractors");
	size_t n = out && out->kind == YAML_MAP ? out->len : 0, most = n;

	for (size_t i = 0; i < yaml_items(ext); i++) {
		const struct yaml *map = yaml_get(yaml_item(ext, i), "extractor");
		most += map && map->kind == YAML_MAP ? map->len : 0;
	}
	struct template_extractor *list = arena_array(c->p->arena, most + 1, sizeof(*list));
	b->extractors = list;
	for (size_t i = 0; i < n; i++)
		if (output_one(c, out->pairs[i].key, poc_scalar(out->pairs[i].value),
			       &list[b->extractors_len++]) < 0)
			return -1;
	for (size_t i = 0; i < yaml_items(ext); i++) {
		const struct yaml *map = yaml_get(yaml_item(ext, i), "extractor");
		/* a word is a remark for the reader, not a value */
		if (str_ieq(yaml_text(yaml_item(ext, i), "type"), STR("word")))
			continue;
		for (size_t k = 0; map && map->kind == YAML_MAP && k < map->len; k++) {
			struct template_extractor *x = &list[b->extractors_len++];
			if (output_one(c, map->pairs[k].key, poc_scalar(map->pairs[k].value), x) < 0)
				return -1;
			x->internal = false;
		}
	}
	return 0;
}

static int rule(struct poc *c, struct str name, const struct yaml *y, struct template_block *b)
{
	const struct yaml *request = yaml_get(y, "request"), *steps = yaml_get(request, "steps");

	b->name = template_intern(c->p, name);
	b->no_cookies = true; /* neither tool keeps cookies between rules */
	b->matchers_all = true;
	if (!request || request->kind != YAML_MAP)
		return error_set(c->e, "template.no-request", "规则 %.*s 没有 request。",
				 "The rule %.*s has no request.", STR_ARG(name));
	for (size_t i = 0; i < yaml_items(steps); i++) {
		struct str saved = yaml_text(yaml_get(yaml_item(steps, i), "read"), "save-as");
		if (saved.len)
			add_name(c, saved);
	}
	if (brute(c, yaml_get(y, "brute"), b) < 0 || poc_request(c, request, b) < 0)
		return -1;
	return condition(c, y, b) < 0 || outputs(c, y, b) < 0 ? -1 : 0;
}

static int rules(struct poc *c, const struct yaml *list)
{
	struct template *t = c->t;

	if (!list->len || list->len > LIMIT_TEMPLATE_REQUESTS * 4)
		return error_set(c->e, "template.no-request", "没有规则，或规则过多。",
				 "There are no rules, or too many.");
	t->blocks = arena_array(c->p->arena, list->len, sizeof(*t->blocks));
	for (size_t i = 0; i < list->len; i++)
		if (rule(c, list->pairs[i].key, list->pairs[i].value, &t->blocks[t->blocks_len++]) < 0)
			return -1;
	return 0;
}

/* ---- what it says about itself ---- */

/* Changes something on the target: uploads, deletes, guesses passwords. */
static bool is_intrusive(const struct template *t)
{
	if (str_has(t->path, STR("default-pwd")) || str_ihas(t->id, STR("upload")) ||
	    str_ihas(t->id, STR("bruteforce")) || str_has(t->name.zh, STR("上传")))
		return true;
	return template_writes(t);
}

static struct str cve_in(struct template_pack *p, struct str s)
{
	ssize_t at = str_ifind(s, STR("cve-"));
	size_t end = at < 0 ? 0 : (size_t)at + 4;

	if (at < 0)
		return STR("");
	while (end < s.len && (ascii_digit(s.ptr[end]) || s.ptr[end] == '-'))
		end++;
	while (end > 0 && s.ptr[end - 1] == '-')
		end--;
	struct str cve = str_sub(s, (size_t)at, end);
	return cve.len < 13 ? STR("") :
			      arena_printf(p->arena, "CVE-%.*s", STR_ARG(str_from(cve, 4)));
}

/* xray says hardly anything: name, author, links. */
static int detail(struct poc *c, const struct yaml *doc)
{
	const struct yaml *d = yaml_get(doc, "detail"), *links = yaml_get(d, "links");
	struct template *t = c->t;
	struct str *list = arena_array(c->p->arena, yaml_items(links) + 1, sizeof(*list));

	t->name.zh = t->name.en = t->id;
	t->author = template_intern(c->p, yaml_text(d, "author"));
	t->severity = SEVERITY_HIGH;
	t->references = list;
	for (size_t i = 0; i < yaml_items(links) && i < 20; i++) {
		struct str s = str_trim(poc_scalar(yaml_item(links, i)));
		if (str_istarts(s, STR("http")))
			list[t->references_len++] = arena_str(c->p->arena, s);
	}
	return 0;
}

static int about(struct poc *c, const struct yaml *doc)
{
	struct template *t = c->t;
	struct str id = str_trim(yaml_text(doc, t->format == TEMPLATE_XRAY ? "name" : "id"));

	for (size_t i = 0; i < id.len; i++)
		if (!ascii_alnum(id.ptr[i]) && !strchr("-_.:", id.ptr[i]))
			id.len = 0;
	if (!id.len || id.len > 120)
		return error_set(c->e, "template.bad-id", "id 应由字母、数字、- _ . 组成，最长 120。",
				 "The id must be letters, digits, - _ . and at most 120 of them.");
	t->id = arena_str(c->p->arena, id);
	if ((t->format == TEMPLATE_XRAY ? detail(c, doc) : nuclei_info(c->p, yaml_get(doc, "info"), t, c->e)) < 0)
		return -1;
	if (!t->remediation.zh.len)
		t->remediation.zh = t->remediation.en =
			arena_str(c->p->arena, str_trim(yaml_text(yaml_get(doc, "info"), "solutions")));
	if (!t->cve.len)
		t->cve = cve_in(c->p, t->id);
	return 0;
}

static int load_parts(struct poc *c, const struct yaml *doc)
{
	if (about(c, doc) < 0)
		return -1;
	if (str_trim(yaml_text(doc, "gopoc")).len)
		return error_set(c->e, "template.unsupported", "POC 由 Go 代码实现。",
				 "The POC is written in Go code.");
	c->rules = yaml_get(doc, "rules");
	if (variables(c, doc) < 0 || rules(c, c->rules) < 0)
		return -1;
	c->t->flow = poc_flow(c, str_trim(yaml_text(doc, "expression")));
	if (!c->t->flow)
		return -1;
	struct template_var *vars = arena_array(c->p->arena, c->vars.len + 1, sizeof(*vars));
	if (c->vars.len)
		memcpy(vars, c->vars.ptr, c->vars.len * sizeof(*vars));
	c->t->vars = vars;
	c->t->vars_len = c->vars.len;
	c->t->max_requests = template_count_requests(c->t);
	if (is_intrusive(c->t))
		c->t->flags |= TEMPLATE_INTRUSIVE;
	return 0;
}

static int load(struct template_pack *p, const struct yaml *doc, struct template *t,
		struct error *e)
{
	struct poc c = { .p = p, .t = t, .e = e };

	t->format = yaml_get(doc, "info") ? TEMPLATE_AFROG : TEMPLATE_XRAY;
	int rc = load_parts(&c, doc);
	vec_free(&c.names);
	vec_free(&c.vars);
	return rc;
}

const struct template_loader template_loader_afrog = { TEMPLATE_AFROG, is_mine, load };
