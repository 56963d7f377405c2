/* The jq language as far as extractors use it: evaluation. A filter gives any number of values
 * for one, passed on by callbacks; an error ends the run and keeps what was found before. Values
 * made on the way are kept in one list until the run is over. */
#include "scan/template/jq_private.h"

#include <math.h>

#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "scan/template/regex.h"

struct run {
	json_t *made; /* owns what was made */
	unsigned steps;
	size_t bytes; /* of text made */
	bool failed;
};
#define BYTES_MAX (4 * LIMIT_EXPR_VALUE)
typedef void emit(void *ctx, struct run *r, json_t *v);

static void eval(const struct jq_node *n, json_t *in, struct run *r, emit *out, void *ctx);

static json_t *own(struct run *r, json_t *v)
{
	if (!v) {
		r->failed = true;
		return json_null();
	}
	json_array_append_new(r->made, v);
	return v;
}

static bool truth(const json_t *v)
{
	return !json_is_null(v) && !json_is_false(v);
}

static int rank(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_NULL:
		return 0;
	case JSON_FALSE:
		return 1;
	case JSON_TRUE:
		return 2;
	case JSON_INTEGER:
	case JSON_REAL:
		return 3;
	case JSON_STRING:
		return 4;
	case JSON_ARRAY:
		return 5;
	case JSON_OBJECT:
		break;
	}
	return 6;
}

static int order(const json_t *a, const json_t *b)
{
	int x = rank(a), y = rank(b);

	if (x != y)
		return x < y ? -1 : 1;
	if (x == 3) {
		double p = json_number_value(a), q = json_number_value(b);
		return (p > q) - (p < q);
	}
	if (x == 4)
		return str_cmp(str_make(json_string_value(a), json_string_length(a)),
			       str_make(json_string_value(b), json_string_length(b)));
	return json_equal(a, b) ? 0 : 1;
}

static struct str text_of(const json_t *v)
{
	return json_is_string(v) ? str_make(json_string_value(v), json_string_length(v)) : STR("");
}

static json_t *number(struct run *r, double d)
{
	if (d == trunc(d) && fabs(d) < 9e15)
		return own(r, json_integer((json_int_t)d));
	return own(r, isfinite(d) ? json_real(d) : json_null());
}

static json_t *text(struct run *r, struct str s)
{
	r->bytes += s.len;
	if (r->bytes > BYTES_MAX) {
		r->failed = true;
		return json_null();
	}
	return own(r, json_str(s));
}

/* ---- the values of a sub-filter as a list ---- */

static void append(void *ctx, struct run *r, json_t *v)
{
	if (json_array_size(ctx) > LIMIT_EXTRACT_NODES)
		r->failed = true;
	else
		json_array_append(ctx, v);
}

static json_t *all_of(const struct jq_node *n, json_t *in, struct run *r)
{
	json_t *list = own(r, json_array());

	eval(n, in, r, append, list);
	return list;
}

struct first {
	json_t *v;
};

static void keep_first(void *ctx, struct run *r, json_t *v)
{
	struct first *f = ctx;

	if (!f->v)
		f->v = v;
}

static json_t *first_of(const struct jq_node *n, json_t *in, struct run *r)
{
	struct first f = { NULL };

	eval(n, in, r, keep_first, &f);
	return f.v;
}

/* ---- steps ---- */

static json_t *index_value(struct run *r, json_t *of, json_t *key)
{
	json_t *v = NULL;

	if (json_is_null(of))
		return json_null();
	if (json_is_object(of) && json_is_string(key)) {
		v = json_object_getn(of, json_string_value(key), json_string_length(key));
	} else if (json_is_array(of) && json_is_number(key)) {
		double i = floor(json_number_value(key));
		if (i < 0)
			i += (double)json_array_size(of);
		if (i >= 0 && i < (double)json_array_size(of))
			v = json_array_get(of, (size_t)i);
	} else {
		r->failed = true;
	}
	return v ? v : json_null();
}

static size_t bound(json_t *v, size_t len, size_t otherwise)
{
	double d = json_is_number(v) ? json_number_value(v) : (double)otherwise;

	if (d < 0)
		d += (double)len;
	return d < 0 ? 0 : d > (double)len ? len : (size_t)d;
}

static json_t *slice(const struct jq_node *n, json_t *of, json_t *in, struct run *r)
{
	json_t *from = n->b ? first_of(n->b, in, r) : NULL, *to = n->c ? first_of(n->c, in, r) : NULL;
	size_t len = json_is_array(of) ? json_array_size(of) : text_of(of).len;
	size_t a = bound(from, len, 0), b = bound(to, len, len);

	if (json_is_string(of))
		return text(r, str_sub(text_of(of), a, b < a ? a : b));
	if (!json_is_array(of)) {
		r->failed = !json_is_null(of);
		return json_null();
	}
	json_t *list = own(r, json_array());
	for (; a < b; a++)
		json_array_append(list, json_array_get(of, a));
	return list;
}

static void iterate(json_t *v, struct run *r, emit *out, void *ctx)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_array(v)) {
		json_array_foreach(v, i, item) {
			if (r->failed)
				return;
			out(ctx, r, item);
		}
	} else if (json_is_object(v)) {
		json_object_foreach(v, key, item) {
			if (r->failed)
				return;
			out(ctx, r, item);
		}
	} else {
		r->failed = true;
	}
}

struct down {
	emit *out;
	void *ctx;
	unsigned depth;
};

static void recurse(void *ctx, struct run *r, json_t *v)
{
	struct down d = *(struct down *)ctx;

	if (++r->steps > LIMIT_EXTRACT_NODES || d.depth > 2 * LIMIT_JSON_DEPTH) {
		r->failed = true;
		return;
	}
	d.out(d.ctx, r, v);
	d.depth++;
	if (!r->failed && (json_is_array(v) || json_is_object(v)))
		iterate(v, r, recurse, &d);
}

static json_t *arithmetic(enum jq_op op, json_t *a, json_t *b, struct run *r)
{
	if (op == JQ_ADD && json_is_null(a))
		return b;
	if (op == JQ_ADD && json_is_null(b))
		return a;
	if (op == JQ_ADD && json_is_string(a) && json_is_string(b)) {
		_cleanup_buf_ struct buf s = BUF_INIT(LIMIT_EXPR_VALUE);
		buf_str(&s, text_of(a));
		buf_str(&s, text_of(b));
		return text(r, buf_view(&s));
	}
	if (op == JQ_ADD && json_is_array(a) && json_is_array(b)) {
		json_t *list = own(r, json_copy(a));
		json_array_extend(list, b);
		return list;
	}
	if (op == JQ_ADD && json_is_object(a) && json_is_object(b)) {
		json_t *map = own(r, json_copy(a));
		json_object_update(map, b);
		return map;
	}
	if (!json_is_number(a) || !json_is_number(b)) {
		r->failed = true;
		return json_null();
	}
	double x = json_number_value(a), y = json_number_value(b);
	if ((op == JQ_DIV || op == JQ_MOD) && y == 0) {
		r->failed = true;
		return json_null();
	}
	return number(r, op == JQ_ADD ? x + y :
			 op == JQ_SUB ? x - y :
			 op == JQ_MUL ? x * y :
			 op == JQ_DIV ? x / y :
					fmod(x, y));
}

static json_t *combine(enum jq_op op, json_t *a, json_t *b, struct run *r)
{
	if (op >= JQ_ADD)
		return arithmetic(op, a, b, r);
	int c = order(a, b);
	bool yes = op == JQ_EQ ? c == 0 :
		   op == JQ_NE ? c != 0 :
		   op == JQ_LT ? c < 0 :
		   op == JQ_LE ? c <= 0 :
		   op == JQ_GT ? c > 0 :
				 c >= 0;
	return json_boolean(yes);
}

/* ---- functions ---- */

static void dump(struct buf *b, json_t *v)
{
	if (json_is_string(v))
		buf_str(b, text_of(v));
	else
		json_write(b, v);
}

static json_t *format(struct str name, json_t *in, struct run *r)
{
	_cleanup_buf_ struct buf s = BUF_INIT(LIMIT_EXPR_VALUE), out = BUF_INIT(LIMIT_EXPR_VALUE);

	dump(&s, in);
	if (str_eq(name, STR("base64"))) {
		encode_base64(&out, buf_view(&s));
	} else if (str_eq(name, STR("base64d"))) {
		r->failed = decode_base64(&out, buf_view(&s)) < 0;
	} else if (str_eq(name, STR("uri"))) {
		encode_percent(&out, buf_view(&s));
	} else if (str_eq(name, STR("html"))) {
		encode_html(&out, buf_view(&s));
	} else if (str_eq(name, STR("json"))) {
		json_write(&out, in);
	} else if (str_eq(name, STR("text"))) {
		buf_str(&out, buf_view(&s));
	} else {
		r->failed = true;
	}
	return text(r, buf_view(&out));
}

static json_t *keys(json_t *in, struct run *r)
{
	json_t *list = own(r, json_array()), *item;
	const char *key;
	size_t i;

	if (json_is_array(in)) {
		json_array_foreach(in, i, item)
			json_array_append_new(list, json_integer((json_int_t)i));
		return list;
	}
	json_object_foreach(in, key, item) {
		size_t at = 0;
		while (at < json_array_size(list) &&
		       strcmp(json_string_value(json_array_get(list, at)), key) < 0)
			at++;
		json_array_insert_new(list, at, json_string(key));
	}
	r->failed = r->failed || !json_is_object(in);
	return list;
}

static json_t *entries(json_t *in, struct run *r)
{
	json_t *list = own(r, json_array()), *item;
	const char *key;

	json_object_foreach(in, key, item) {
		json_t *o = json_object();
		json_put(o, "key", json_string(key));
		json_object_set(o, "value", item);
		json_array_append_new(list, o);
	}
	r->failed = r->failed || !json_is_object(in);
	return list;
}

static bool type_is(struct str name, json_t *v)
{
	int t = rank(v);

	return str_eq(name, STR("objects"))   ? t == 6 :
	       str_eq(name, STR("arrays"))    ? t == 5 :
	       str_eq(name, STR("strings"))   ? t == 4 :
	       str_eq(name, STR("numbers"))   ? t == 3 :
	       str_eq(name, STR("booleans"))  ? t == 1 || t == 2 :
	       str_eq(name, STR("nulls"))     ? t == 0 :
	       str_eq(name, STR("iterables")) ? t >= 5 :
	       str_eq(name, STR("scalars"))   ? t < 5 :
	       str_eq(name, STR("values"))    ? t != 0 :
						false;
}

static json_t *length(json_t *in, struct run *r)
{
	return json_is_array(in)  ? number(r, (double)json_array_size(in)) :
	       json_is_object(in) ? number(r, (double)json_object_size(in)) :
	       json_is_string(in) ? number(r, (double)text_of(in).len) :
	       json_is_number(in) ? number(r, fabs(json_number_value(in))) :
				    number(r, 0);
}

static json_t *sum(json_t *in, struct run *r)
{
	json_t *total = json_null(), *item;
	size_t i;

	json_array_foreach(in, i, item)
		total = arithmetic(JQ_ADD, total, item, r);
	return total;
}

static json_t *lowered(json_t *in, bool up, struct run *r)
{
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_EXPR_VALUE);
	struct str s = text_of(in);

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		buf_char(&b, up ? (char)(c >= 'a' && c <= 'z' ? c - 32 : c) : ascii_lower(c));
	}
	return text(r, buf_view(&b));
}

static json_t *sorted(json_t *in, bool unique, bool reverse, struct run *r)
{
	json_t *list = own(r, json_array()), *item;
	size_t i, at;

	if (json_array_size(in) > 5000)
		r->failed = true;
	json_array_foreach(in, i, item) {
		if (r->failed)
			break;
		for (at = 0; !reverse && at < json_array_size(list); at++)
			if (order(json_array_get(list, at), item) > 0)
				break;
		if (unique && at && order(json_array_get(list, at - 1), item) == 0)
			continue;
		json_array_insert(list, reverse ? 0 : at, item);
	}
	return list;
}

/* Functions without arguments that give one value. NULL: not one of them. */
static json_t *plain_function(struct str f, json_t *in, struct run *r)
{
	static const char *const types[] = { "null", "boolean", "boolean", "number",
					     "string", "array", "object" };
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_EXPR_VALUE);
	double d;

	if (str_eq(f, STR("length")))
		return length(in, r);
	if (str_eq(f, STR("keys")) || str_eq(f, STR("keys_unsorted")))
		return keys(in, r);
	if (str_eq(f, STR("not")))
		return json_boolean(!truth(in));
	if (str_eq(f, STR("add")))
		return sum(in, r);
	if (str_eq(f, STR("to_entries")))
		return entries(in, r);
	if (str_eq(f, STR("first")) || str_eq(f, STR("last")))
		return index_value(r, in, number(r, f.ptr[0] == 'f' ? 0 : -1));
	if (str_eq(f, STR("tostring")) || str_eq(f, STR("tojson"))) {
		if (json_is_string(in) && f.len == 8)
			return in;
		json_write(&b, in);
		return text(r, buf_view(&b));
	}
	if (str_eq(f, STR("tonumber"))) {
		if (json_is_number(in))
			return in;
		r->failed = r->failed || str_to_double(str_trim(text_of(in)), &d) < 0;
		return r->failed ? json_null() : number(r, d);
	}
	if (str_eq(f, STR("fromjson")))
		return own(r, json_parse(text_of(in), NULL));
	if (str_eq(f, STR("ascii_downcase")) || str_eq(f, STR("ascii_upcase")))
		return lowered(in, f.ptr[6] == 'u', r);
	if (str_eq(f, STR("type")))
		return text(r, str_c(types[rank(in)]));
	if (str_eq(f, STR("sort")) || str_eq(f, STR("unique")))
		return sorted(in, f.ptr[0] == 'u', false, r);
	if (str_eq(f, STR("reverse")))
		return sorted(in, false, true, r);
	if (str_eq(f, STR("true")) || str_eq(f, STR("false")))
		return json_boolean(f.len == 4);
	return str_eq(f, STR("null")) ? json_null() : NULL;
}

static bool contains(json_t *a, json_t *b)
{
	const char *key;
	json_t *item, *other;
	size_t i, j;

	if (json_is_string(a) && json_is_string(b))
		return str_has(text_of(a), text_of(b));
	if (json_is_array(a) && json_is_array(b)) {
		json_array_foreach(b, i, item) {
			bool found = false;
			json_array_foreach(a, j, other)
				found = found || contains(other, item);
			if (!found)
				return false;
		}
		return true;
	}
	if (json_is_object(a) && json_is_object(b)) {
		json_object_foreach(b, key, item) {
			other = json_object_get(a, key);
			if (!other || !contains(other, item))
				return false;
		}
		return true;
	}
	return order(a, b) == 0;
}

static json_t *split(json_t *in, json_t *sep, struct run *r)
{
	struct str s = text_of(in), by = text_of(sep);
	json_t *list = own(r, json_array());
	ssize_t at;

	if (!by.len || !json_is_string(in)) {
		r->failed = true;
		return list;
	}
	while ((at = str_find(s, by)) >= 0 && json_array_size(list) < 10000) {
		json_array_append_new(list, json_str(str_sub(s, 0, (size_t)at)));
		s = str_from(s, (size_t)at + by.len);
	}
	json_array_append_new(list, json_str(s));
	return list;
}

static json_t *joined(json_t *in, json_t *sep, struct run *r)
{
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_EXPR_VALUE);
	json_t *item;
	size_t i;

	json_array_foreach(in, i, item) {
		if (i)
			buf_str(&b, text_of(sep));
		if (!json_is_null(item))
			dump(&b, item);
	}
	return text(r, buf_view(&b));
}

/* Functions of one argument that give one value. NULL: not one of them. */
static json_t *one_argument(struct str f, json_t *in, json_t *arg, struct run *r)
{
	if (str_eq(f, STR("has")))
		return json_boolean(json_is_object(in) ?
					    json_object_get(in, json_is_string(arg) ?
									json_string_value(arg) :
									"") != NULL :
					    json_is_number(arg) && json_number_value(arg) >= 0 &&
						    json_number_value(arg) < (double)json_array_size(in));
	if (str_eq(f, STR("contains")))
		return json_boolean(contains(in, arg));
	if (str_eq(f, STR("inside")))
		return json_boolean(contains(arg, in));
	if (str_eq(f, STR("startswith")))
		return json_boolean(str_starts(text_of(in), text_of(arg)));
	if (str_eq(f, STR("endswith")))
		return json_boolean(str_ends(text_of(in), text_of(arg)));
	if (str_eq(f, STR("ltrimstr")) || str_eq(f, STR("rtrimstr"))) {
		struct str s = text_of(in), cut = text_of(arg);
		if (f.ptr[0] == 'l' && str_starts(s, cut))
			return text(r, str_from(s, cut.len));
		return f.ptr[0] == 'r' && str_ends(s, cut) ?
			       text(r, str_sub(s, 0, s.len - cut.len)) :
			       in;
	}
	if (str_eq(f, STR("split")))
		return split(in, arg, r);
	if (str_eq(f, STR("join")))
		return joined(in, arg, r);
	if (str_eq(f, STR("test"))) {
		_cleanup_(regex_freep) struct regex *re = NULL;
		if (regex_compile(text_of(arg), &re, NULL) < 0)
			return NULL;
		return json_boolean(regex_test(re, text_of(in)));
	}
	return NULL;
}

/* Functions whose argument is a filter. False: not one of them. */
static bool filter_function(const struct jq_node *n, json_t *in, struct run *r, emit *out,
			    void *ctx)
{
	json_t *list, *item;
	size_t i;

	if (str_eq(n->text, STR("select"))) {
		list = all_of(n->list[0], in, r);
		for (i = 0; i < json_array_size(list) && !r->failed; i++)
			if (truth(json_array_get(list, i)))
				out(ctx, r, in);
		return true;
	}
	if (str_eq(n->text, STR("map"))) {
		list = own(r, json_array());
		json_array_foreach(in, i, item)
			eval(n->list[0], item, r, append, list);
		out(ctx, r, list);
		return true;
	}
	if (str_eq(n->text, STR("any")) || str_eq(n->text, STR("all"))) {
		bool any = n->text.ptr[1] == 'n', result = !any;
		json_array_foreach(in, i, item) {
			json_t *v = first_of(n->list[0], item, r);
			if (v && truth(v) == any)
				result = any;
		}
		out(ctx, r, json_boolean(result));
		return true;
	}
	if (str_eq(n->text, STR("first"))) {
		json_t *v = first_of(n->list[0], in, r);
		if (v)
			out(ctx, r, v);
		return true;
	}
	return false;
}

static void call(const struct jq_node *n, json_t *in, struct run *r, emit *out, void *ctx)
{
	json_t *v, *list;

	if (n->len == 0) {
		if (str_eq(n->text, STR("empty")))
			return;
		if (str_eq(n->text, STR("recurse"))) {
			struct down d = { out, ctx, 0 };
			recurse(&d, r, in);
			return;
		}
		v = plain_function(n->text, in, r);
		if (v)
			out(ctx, r, v);
		else if (type_is(n->text, in))
			out(ctx, r, in);
		else
			r->failed = r->failed || !str_ends(n->text, STR("s"));
		return;
	}
	if (n->len != 1) {
		r->failed = true;
		return;
	}
	if (filter_function(n, in, r, out, ctx))
		return;
	list = all_of(n->list[0], in, r);
	for (size_t i = 0; i < json_array_size(list) && !r->failed; i++) {
		v = one_argument(n->text, in, json_array_get(list, i), r);
		if (!v)
			r->failed = true;
		else
			out(ctx, r, v);
	}
}

struct chain {
	const struct jq_node *n;
	emit *out;
	void *ctx;
};

static void next(void *ctx, struct run *r, json_t *v)
{
	struct chain *c = ctx;

	eval(c->n, v, r, c->out, c->ctx);
}

static void iterate_each(void *ctx, struct run *r, json_t *v)
{
	struct chain *c = ctx;

	iterate(v, r, c->out, c->ctx);
}

static void otherwise(const struct jq_node *n, json_t *in, struct run *r, emit *out, void *ctx)
{
	json_t *list = all_of(n->a, in, r);
	bool any = false;

	if (r->steps <= LIMIT_EXTRACT_NODES && r->bytes <= BYTES_MAX)
		r->failed = false; /* as jq: an error is no value */
	for (size_t i = 0; i < json_array_size(list); i++)
		if (truth(json_array_get(list, i))) {
			any = true;
			out(ctx, r, json_array_get(list, i));
		}
	if (!any)
		eval(n->b, in, r, out, ctx);
}

static void pairs(const struct jq_node *n, json_t *in, struct run *r, emit *out, void *ctx)
{
	json_t *as = all_of(n->a, in, r), *bs;
	bool stops = n->kind == JQ_AND || n->kind == JQ_OR;

	for (size_t i = 0; i < json_array_size(as) && !r->failed; i++) {
		json_t *a = json_array_get(as, i);
		if (n->kind == JQ_SLICE) {
			out(ctx, r, slice(n, a, in, r));
			continue;
		}
		if (stops && truth(a) == (n->kind == JQ_OR)) {
			out(ctx, r, json_boolean(n->kind == JQ_OR));
			continue;
		}
		bs = all_of(n->b, in, r);
		for (size_t j = 0; j < json_array_size(bs) && !r->failed; j++) {
			json_t *b = json_array_get(bs, j);
			json_t *v = stops		  ? json_boolean(truth(b)) :
				    n->kind == JQ_INDEX ? index_value(r, a, b) :
							  combine(n->op, a, b, r);
			if (!r->failed)
				out(ctx, r, v);
		}
	}
}

static void object(const struct jq_node *n, json_t *in, struct run *r, emit *out, void *ctx)
{
	json_t *o = own(r, json_object());

	for (size_t i = 0; i + 1 < n->len && !r->failed; i += 2) {
		json_t *k = first_of(n->list[i], in, r), *v = first_of(n->list[i + 1], in, r);
		if (!json_is_string(k) || !v) {
			r->failed = true;
			return;
		}
		json_object_set(o, json_string_value(k), v);
	}
	out(ctx, r, o);
}

static void eval(const struct jq_node *n, json_t *in, struct run *r, emit *out, void *ctx)
{
	struct chain c = { .n = n->b, .out = out, .ctx = ctx };
	json_t *list;

	if (++r->steps > LIMIT_EXTRACT_NODES)
		r->failed = true;
	if (r->failed)
		return;
	switch (n->kind) {
	case JQ_IDENTITY:
		out(ctx, r, in);
		break;
	case JQ_RECURSE:
		recurse(&(struct down){ out, ctx, 0 }, r, in);
		break;
	case JQ_PIPE:
		eval(n->a, in, r, next, &c);
		break;
	case JQ_ITERATE:
		eval(n->a, in, r, iterate_each, &c);
		break;
	case JQ_COMMA:
		eval(n->a, in, r, out, ctx);
		eval(n->b, in, r, out, ctx);
		break;
	case JQ_TEXT:
		out(ctx, r, text(r, n->text));
		break;
	case JQ_NUMBER:
		out(ctx, r, number(r, n->number));
		break;
	case JQ_INDEX:
	case JQ_SLICE:
	case JQ_BINARY:
	case JQ_AND:
	case JQ_OR:
		pairs(n, in, r, out, ctx);
		break;
	case JQ_ELSE:
		otherwise(n, in, r, out, ctx);
		break;
	case JQ_NEG: {
		json_t *v = first_of(n->a, in, r);
		if (json_is_number(v))
			out(ctx, r, number(r, -json_number_value(v)));
		else
			r->failed = true;
		break;
	}
	case JQ_CALL:
		call(n, in, r, out, ctx);
		break;
	case JQ_ARRAY:
		list = own(r, json_array());
		if (n->a)
			eval(n->a, in, r, append, list);
		if (!r->failed)
			out(ctx, r, list);
		break;
	case JQ_OBJECT:
		object(n, in, r, out, ctx);
		break;
	case JQ_FORMAT: {
		json_t *v = format(n->text, in, r);
		if (!r->failed)
			out(ctx, r, v);
		break;
	}
	case JQ_IF: {
		json_t *v = first_of(n->a, in, r);
		if (v)
			eval(truth(v) ? n->b : n->c, in, r, out, ctx);
		break;
	}
	case JQ_TRY:
		list = all_of(n->a, in, r);
		if (r->steps <= LIMIT_EXTRACT_NODES && r->bytes <= BYTES_MAX)
			r->failed = false;
		for (size_t i = 0; i < json_array_size(list) && !r->failed; i++)
			out(ctx, r, json_array_get(list, i));
		break;
	}
}

struct result {
	struct arena *a;
	struct extract_list *out;
};

static void keep(void *ctx, struct run *r, json_t *v)
{
	struct result *res = ctx;
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_EXPR_VALUE);

	if (json_is_null(v))
		return; /* nothing found there */
	dump(&b, v);
	struct str s = buf_view(&b);
	for (size_t i = 0; i < res->out->len; i++)
		if (str_eq(res->out->items[i], s))
			return;
	if (res->out->len == res->out->max || b.overflow || arena_left(res->a) < s.len + 4096) {
		r->failed = true;
		return;
	}
	res->out->items[res->out->len++] = arena_str(res->a, s);
}

bool jq_run(const struct jq *q, struct arena *a, struct str json, struct extract_list *out)
{
	_cleanup_json_ json_t *doc = json_parse(str_trim(json), NULL);
	_cleanup_json_ json_t *made = json_array();
	struct run r = { .made = made };
	struct result res = { a, out };
	size_t before = out->len;

	if (!doc || !made)
		return false;
	eval(q->root, doc, &r, keep, &res);
	return out->len > before;
}
