/* Functions on numbers, addresses and versions. */
#include "scan/template/expr_private.h"

#include <arpa/inet.h>
#include <stdio.h>

EXPR_FN(fn_to_number)
{
	struct str s = arg_str(env, &args[0]);
	int64_t i;
	double d;

	if (str_to_i64(s, &i) == 0) {
		*ret = value_of_int(i);
		return 0;
	}
	if (s.len > 1 && s.ptr[0] == '+' && str_to_i64(str_from(s, 1), &i) == 0) {
		*ret = value_of_int(i);
		return 0;
	}
	if (arg_num(env, &args[0], &d) < 0)
		return -1;
	return ret_num(ret, d);
}

EXPR_FN(fn_int)
{
	int64_t i;

	if (arg_int(env, &args[0], INT64_MIN, INT64_MAX, &i) < 0)
		return -1;
	*ret = value_of_int(i);
	return 0;
}

EXPR_FN(fn_to_bool)
{
	double d;

	switch (args[0].type) {
	case VALUE_BOOL:
	case VALUE_NONE:
		return ret_bool(ret, value_true(&args[0]));
	case VALUE_NUM:
		return ret_bool(ret, args[0].num == 1);
	default:
		break;
	}
	struct str s = str_trim(arg_str(env, &args[0]));
	if (str_to_double(s, &d) == 0)
		return ret_bool(ret, d == 1);
	return ret_bool(ret, str_ieq(s, STR("true")) || str_ieq(s, STR("t")));
}

EXPR_FN(fn_dec_to_hex)
{
	int64_t i;

	if (arg_int(env, &args[0], INT64_MIN + 1, INT64_MAX, &i) < 0)
		return -1;
	*ret = value_of_str(arena_printf(env->arena, "%s%llx", i < 0 ? "-" : "",
					 (unsigned long long)(i < 0 ? -i : i)));
	return 0;
}

static int from_base(struct expr_env *env, const struct value *arg, const char *prefix,
		     unsigned base, struct value *ret)
{
	struct str s = str_trim(arg_str(env, arg));
	uint64_t v = 0;

	if (str_istarts(s, str_c(prefix)))
		s = str_from(s, 2);
	if (!s.len || s.len > 63)
		return expr_fail(env, "not a number");
	for (size_t i = 0; i < s.len; i++) {
		char c = ascii_lower(s.ptr[i]);
		unsigned digit = ascii_digit(c)		? (unsigned)(c - '0') :
				 c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) :
							  99;
		if (digit >= base || v > (uint64_t)INT64_MAX / base - 1)
			return expr_fail(env, "not a number");
		v = v * base + digit;
	}
	*ret = value_of_int((int64_t)v);
	return 0;
}

EXPR_FN(fn_hex_to_dec)
{
	return from_base(env, &args[0], "0x", 16, ret);
}
EXPR_FN(fn_oct_to_dec)
{
	return from_base(env, &args[0], "0o", 8, ret);
}
EXPR_FN(fn_bin_to_dec)
{
	return from_base(env, &args[0], "0b", 2, ret);
}

/* Codes of the bytes with something between them. */
EXPR_FN(fn_decimal)
{
	struct str s = arg_str(env, &args[0]), sep = arg_str(env, &args[1]);
	struct buf b = EXPR_BUF;

	for (size_t i = 0; i < s.len; i++) {
		if (i)
			buf_str(&b, sep);
		buf_printf(&b, "%u", (unsigned char)s.ptr[i]);
	}
	return expr_ret_buf(env, &b, ret);
}

/* Bytes of up to eight as one number in decimal; "ltr": the first is the highest. */
EXPR_FN(fn_to_uint_string)
{
	struct str s = arg_str(env, &args[0]);
	bool big = str_ieq(arg_str(env, &args[1]), STR("ltr"));
	uint64_t v = 0;

	if (s.len > 8)
		s = str_sub(s, 0, 8);
	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | (unsigned char)s.ptr[big ? i : s.len - 1 - i];
	*ret = value_of_str(arena_printf(env->arena, "%llu", (unsigned long long)v));
	return 0;
}

static struct str ip_as(struct arena *a, const unsigned char b[4], int64_t form)
{
	uint32_t n = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	char plain[16], bits[33] = "";

	snprintf(plain, sizeof(plain), "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
	switch (form) {
	case 2:
		if (!b[1] && !b[2])
			return arena_printf(a, "%u.%u", b[0], b[3]);
		if (!b[2])
			return arena_printf(a, "%u.%u.%u", b[0], b[1], b[3]);
		return arena_str(a, str_c(plain));
	case 3:
		return arena_printf(a, "%#o.%#o.%#o.%#o", b[0], b[1], b[2], b[3]);
	case 4:
		return arena_printf(a, "0x%x.0x%x.0x%x.0x%x", b[0], b[1], b[2], b[3]);
	case 5:
		return arena_printf(a, "%u", n);
	case 6:
		for (int i = 0; i < 32; i++)
			bits[i] = n >> (31 - i) & 1 ? '1' : '0';
		return arena_str(a, str_c(bits));
	case 7:
		return arena_printf(a, "0x%x.%u.%#o.0x%x", b[0], b[1], b[2], b[3]);
	case 8:
		return arena_printf(a, "[::ffff:%x:%x]", n >> 16, n & 0xFFFF);
	case 9: {
		struct str out = STR("");
		for (const char *p = plain; *p; p++)
			out = arena_printf(a, "%.*s%%%02X", STR_ARG(out), (unsigned char)*p);
		return out;
	}
	case 10:
		return arena_printf(a, "%04u.%04u.%04u.%04u", b[0], b[1], b[2], b[3]);
	case 11:
		return arena_printf(a, "%u.%u.%u.%u", b[0] + 256u, b[1] + 256u, b[2] + 256u,
				    b[3] + 256u);
	default:
		return arena_str(a, str_c(plain));
	}
}

EXPR_FN(fn_ip_format)
{
	struct str s = arg_str(env, &args[0]);
	unsigned char b[4];
	char tmp[64];
	int64_t form;

	if (arg_int(env, &args[1], 1, 11, &form) < 0)
		return -1;
	if (s.len >= sizeof(tmp))
		return expr_fail(env, "not an IPv4 address");
	memcpy(tmp, s.ptr, s.len);
	tmp[s.len] = 0;
	if (inet_pton(AF_INET, tmp, b) != 1)
		return expr_fail(env, "not an IPv4 address");
	*ret = value_of_str(ip_as(env->arena, b, form));
	return 0;
}

/* ---- versions: github.com/hashicorp/go-version's rules ---- */

#define VERSION_PARTS 12
struct version {
	uint64_t part[VERSION_PARTS];
	size_t parts; /* as written */
	struct str pre;
};

static bool pre_char(char c)
{
	return ascii_alnum(c) || c == '-' || c == '~' || c == '.';
}

static bool version_parse(struct str s, struct version *v)
{
	size_t at = 0;

	*v = (struct version){ 0 };
	s = str_trim(s);
	if (s.len && (s.ptr[0] == 'v' || s.ptr[0] == 'V'))
		s = str_from(s, 1);
	for (;;) {
		size_t from = at;
		uint64_t n;
		while (at < s.len && ascii_digit(s.ptr[at]))
			at++;
		if (at == from || v->parts == VERSION_PARTS ||
		    str_to_u64(str_sub(s, from, at), &n) < 0)
			return false;
		v->part[v->parts++] = n;
		if (at + 1 >= s.len || s.ptr[at] != '.' || !ascii_digit(s.ptr[at + 1]))
			break;
		at++;
	}
	ssize_t plus = str_chr(str_from(s, at), '+');
	struct str rest = plus < 0 ? str_from(s, at) : str_sub(s, at, at + (size_t)plus);
	if (!rest.len)
		return true;
	if (rest.ptr[0] == '-')
		rest = str_from(rest, 1);
	else if (!ascii_alpha(rest.ptr[0]) && rest.ptr[0] != '~')
		return false;
	if (!rest.len || rest.ptr[0] == '.')
		return false;
	for (size_t i = 0; i < rest.len; i++)
		if (!pre_char(rest.ptr[i]))
			return false;
	v->pre = rest;
	return true;
}

static int part_cmp(struct str a, struct str b)
{
	uint64_t x, y;
	bool na = str_to_u64(a, &x) == 0, nb = str_to_u64(b, &y) == 0;

	if (na && nb)
		return (x > y) - (x < y);
	if (na != nb)
		return !a.len ? -1 : !b.len ? 1 : na ? -1 : 1;
	return str_cmp(a, b);
}

static int segments_cmp(const struct version *a, const struct version *b)
{
	for (size_t i = 0; i < VERSION_PARTS; i++)
		if (a->part[i] != b->part[i])
			return a->part[i] < b->part[i] ? -1 : 1;
	return 0;
}

static int version_cmp(const struct version *a, const struct version *b)
{
	int c = segments_cmp(a, b);
	struct str x = a->pre, y = b->pre;

	if (c || str_eq(x, y))
		return c;
	if (!x.len || !y.len)
		return x.len ? -1 : 1;
	while (x.len || y.len) {
		struct str p = STR(""), q = STR("");
		str_split(&x, '.', &p);
		str_split(&y, '.', &q);
		c = part_cmp(p, q);
		if (c)
			return c < 0 ? -1 : 1;
	}
	return 0;
}

static bool pessimistic(const struct version *v, const struct version *c)
{
	if (version_cmp(v, c) < 0 || (c->pre.len && !v->pre.len))
		return false;
	for (size_t i = 0; i + 1 < c->parts; i++)
		if (c->part[i] != v->part[i])
			return false;
	return c->part[c->parts - 1] <= v->part[c->parts - 1];
}

/* One constraint: "< 1.2", ">=3", "~> 2.1", "!= 4", "1.0". -1: not one. */
static int constraint(const struct version *v, struct str s)
{
	static const char *const ops[] = { ">=", "<=", "!=", "~>", "==", ">", "<", "=" };
	const char *op = "=";
	struct version c;

	s = str_trim(s);
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (str_starts(s, str_c(ops[i]))) {
			op = ops[i];
			s = str_from(s, strlen(op));
			break;
		}
	if (!version_parse(s, &c))
		return -1;
	int cmp = version_cmp(v, &c);
	if (op[0] == '!')
		return cmp != 0;
	if (op[0] == '=')
		return cmp == 0;
	/* a pre-release only meets constraints that name one of the same version */
	if (v->pre.len && (!c.pre.len || segments_cmp(v, &c)))
		return 0;
	if (op[0] == '~')
		return pessimistic(v, &c);
	if (op[0] == '<')
		return op[1] ? cmp <= 0 : cmp < 0;
	return op[1] ? cmp >= 0 : cmp > 0;
}

EXPR_FN(fn_compare_versions)
{
	struct version v;
	bool all = true;

	if (!version_parse(arg_str(env, &args[0]), &v))
		return expr_fail(env, "not a version");
	for (size_t i = 1; i < n; i++) {
		struct str rest = arg_str(env, &args[i]), one;
		while (str_split(&rest, ',', &one)) {
			int met = constraint(&v, one);
			if (met < 0)
				return expr_fail(env, "not a version constraint");
			all = all && met;
		}
	}
	return ret_bool(ret, all);
}

/* versionCompare("1.2", "<", "1.10") */
EXPR_FN(fn_version_compare)
{
	struct version a, b;
	struct str op = str_trim(arg_str(env, &args[1]));

	if (!version_parse(arg_str(env, &args[0]), &a) || !version_parse(arg_str(env, &args[2]), &b))
		return expr_fail(env, "not a version");
	int c = version_cmp(&a, &b);
	if (str_eq(op, STR("<")))
		return ret_bool(ret, c < 0);
	if (str_eq(op, STR("<=")))
		return ret_bool(ret, c <= 0);
	if (str_eq(op, STR(">")))
		return ret_bool(ret, c > 0);
	if (str_eq(op, STR(">=")))
		return ret_bool(ret, c >= 0);
	if (str_eq(op, STR("!=")))
		return ret_bool(ret, c != 0);
	if (str_eq(op, STR("=")) || str_eq(op, STR("==")))
		return ret_bool(ret, c == 0);
	return expr_fail(env, "unknown comparison");
}
