/* Chance. What it is drawn from is the environment's door: a scan with a fixed seed sends the
 * same requests again. */
#include "scan/template/expr_private.h"

#include <arpa/inet.h>

#define DIGITS "1234567890"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LENGTH_MAX 1000000

static int draw(struct expr_env *env, struct str set, const struct value *length,
		struct value *ret)
{
	int64_t len;

	if (arg_int(env, length, 0, LENGTH_MAX, &len) < 0)
		return -1;
	if (!set.len)
		return expr_fail(env, "no characters left to draw from");
	char *p = expr_room(env, (size_t)len);
	for (int64_t i = 0; p && i < len; i++)
		p[i] = set.ptr[expr_random(env, set.len)];
	if (!p)
		return -1;
	*ret = value_of_str(str_make(p, (size_t)len));
	return 0;
}

/* rand_text_…(length, characters left out) */
static int draw_without(struct expr_env *env, struct str set, const struct value *args, size_t n,
			struct value *ret)
{
	const struct value cut[] = { value_of_str(set), n > 1 ? args[1] : value_of_str(STR("")) };
	struct value kept;

	if (fn_remove_bad_chars(env, cut, 2, &kept) < 0)
		return -1;
	return draw(env, kept.str, &args[0], ret);
}

EXPR_FN(fn_rand_base)
{
	struct str set = n == 2 ? arg_str(env, &args[1]) : STR("");

	return draw(env, str_trim(set).len ? set : STR(LOWER UPPER DIGITS), &args[0], ret);
}

EXPR_FN(fn_rand_char)
{
	struct str set = n == 1 ? arg_str(env, &args[0]) : STR("");
	struct value one = value_of_int(1);

	return draw(env, str_trim(set).len ? set : STR(LOWER UPPER DIGITS), &one, ret);
}

EXPR_FN(fn_rand_text_alpha)
{
	return draw_without(env, STR(LOWER UPPER), args, n, ret);
}
EXPR_FN(fn_rand_text_alphanumeric)
{
	return draw_without(env, STR(LOWER UPPER DIGITS), args, n, ret);
}
EXPR_FN(fn_rand_text_numeric)
{
	return draw_without(env, STR(DIGITS), args, n, ret);
}
EXPR_FN(fn_random_lowercase)
{
	return draw(env, STR(LOWER), &args[0], ret);
}
EXPR_FN(fn_random_uppercase)
{
	return draw(env, STR(UPPER), &args[0], ret);
}

static int between(struct expr_env *env, int64_t lo, int64_t hi, struct value *ret)
{
	if (hi <= lo || lo < -(1LL << 60) || hi > 1LL << 60)
		return expr_fail(env, "an empty range of numbers");
	*ret = value_of_int(lo + (int64_t)expr_random(env, (uint64_t)(hi - lo)));
	return 0;
}

EXPR_FN(fn_rand_int)
{
	int64_t lo = 0, hi = INT32_MAX;

	if ((n > 0 && arg_int(env, &args[0], INT64_MIN, INT64_MAX, &lo) < 0) ||
	    (n > 1 && arg_int(env, &args[1], INT64_MIN, INT64_MAX, &hi) < 0))
		return -1;
	return between(env, lo, hi, ret);
}

EXPR_FN(fn_random_int)
{
	return fn_rand_int(env, args, n, ret);
}

/* An address of one of the networks. */
EXPR_FN(fn_rand_ip)
{
	struct str net = arg_str(env, &args[expr_random(env, n)]);
	ssize_t slash = str_chr(net, '/');
	uint64_t bits = 32;
	struct in_addr in;
	char tmp[INET_ADDRSTRLEN];
	struct str host = slash < 0 ? net : str_sub(net, 0, (size_t)slash);

	if (host.len >= sizeof(tmp) ||
	    (slash >= 0 && (str_to_u64(str_from(net, (size_t)slash + 1), &bits) < 0 || bits > 32)))
		return expr_fail(env, "not an IPv4 network");
	memcpy(tmp, host.ptr, host.len);
	tmp[host.len] = 0;
	if (inet_pton(AF_INET, tmp, &in) != 1)
		return expr_fail(env, "not an IPv4 network");
	uint32_t mask = bits ? ~0u << (32 - bits) : 0;
	in.s_addr = htonl((ntohl(in.s_addr) & mask) |
			  ((uint32_t)expr_random(env, 1ULL << 32) & ~mask));
	if (!inet_ntop(AF_INET, &in, tmp, sizeof(tmp)))
		return expr_fail(env, "not an IPv4 network");
	return expr_ret_str(env, str_c(tmp), ret);
}
