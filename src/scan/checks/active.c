/* What several active checks share. */
#include "base/limits.h"
#include "scan/checks/active_private.h"
#include "scan/kit.h"

bool active_served(struct probe *p, const struct scan_exchange *x)
{
	return x->status >= 200 && x->status < 300 && !str_empty(x->body) &&
	       probe_missing(p, x) == 0;
}

struct str active_url(struct probe *p, const char *path)
{
	return probe_printf(p, "%.*s%s", STR_ARG(probe_base(p)->origin), path);
}

struct str active_fill(struct probe *p, const char *form, const struct str *args)
{
	_cleanup_buf_ struct buf b = BUF_INIT(64 * KIB);
	for (const char *c = form; *c; c++) {
		if (c[0] == '{' && ascii_digit(c[1]) && c[2] == '}') {
			buf_str(&b, args[c[1] - '0']);
			c += 2;
		} else {
			buf_char(&b, *c);
		}
	}
	return arena_str(probe_arena(p), buf_view(&b));
}

struct str active_find(const struct scan_exchange *x, struct str want)
{
	struct str t = active_content(x);
	ssize_t at = str_find(t, want);
	if (at >= 0)
		return str_sub(t, (size_t)at, (size_t)at + want.len);
	at = str_find(x->head, want);
	return at < 0 ? STR_NULL : str_sub(x->head, (size_t)at, (size_t)at + want.len);
}

struct active_sum active_numbers(struct probe *p)
{
	uint32_t a = probe_number(p, 10007, 39989), b = probe_number(p, 10007, 39989);
	struct active_sum s = { .a = probe_printf(p, "%u", a), .b = probe_printf(p, "%u", b) };
	s.sum = probe_printf(p, "%u", a + b);
	s.product = probe_printf(p, "%llu", (unsigned long long)a * b);
	s.left = probe_word(p, 4);
	s.right = probe_word(p, 4);
	return s;
}

bool active_plain_number(struct str value)
{
	size_t n = 0;
	for (size_t i = 0; i < value.len; i++)
		n += ascii_digit(value.ptr[i]) || strchr("-.:,", value.ptr[i]) != NULL;
	return value.len > 0 && n == value.len;
}

bool active_own_header(const struct scan_point *pt)
{
	struct str v, part;
	size_t at = 0;
	if (pt->where == WHERE_HEADER && pt->own)
		return true;
	while (pt->where == WHERE_HEADER && scan_header_next(&pt->base->headers, "vary", &at, &v))
		while (str_split(&v, ',', &part))
			if (str_ieq(str_trim(part), pt->name))
				return true;
	return false;
}

const char *const active_forwarded[ACTIVE_FORWARDED] = { "X-Forwarded-Host", "X-Host", "X-Forwarded-Server", "X-HTTP-Host-Override",
							 "X-Original-Host", "Forwarded" };

const struct scan_exchange *active_strange(struct probe *p, const struct scan_exchange *x, struct str hosts[ACTIVE_FORWARDED])
{
	struct scan_header h[ACTIVE_FORWARDED + 1];
	const struct scan_exchange *r;
	char hash[33];
	/* by the address, so that the next check asks for the same and is answered from the cache */
	kit_hash(x->url, hash);
	for (size_t i = 0; i < ACTIVE_FORWARDED; i++) {
		char word[10] = "";
		for (size_t k = 0; k < sizeof(word) - 1; k++)
			word[k] = (char)('a' + (hash[k] * 7 + hash[k + 12] * 3 + (int)(i * 5 + k)) % 26);
		hosts[i] = probe_printf(p, "%s.example", word);
		h[i] = (struct scan_header){ str_c(active_forwarded[i]), i + 1 < ACTIVE_FORWARDED ? hosts[i] : probe_printf(p, "host=%.*s", STR_ARG(hosts[i])) };
	}
	h[ACTIVE_FORWARDED] = (struct scan_header){ STR("Origin"), STR("null") };
	if (probe_send(p, &(struct scan_mutation){ .url = x->url, .headers = h, .headers_len = ARRAY_SIZE(h) }, &r) < 0 ||
	    (r->status >= 400 && x->status < 400))
		return NULL;
	return r;
}

struct str active_boundary(struct str type)
{
	ssize_t at = str_ifind(type, STR("boundary="));
	return !str_istarts(type, STR("multipart/")) || at < 0 ? STR_NULL : str_trim(str_from(type, (size_t)at + 9));
}

static struct str quoted(struct str fields, const char *name)
{
	ssize_t at = str_find(fields, str_c(name));
	if (at < 0)
		return STR_NULL;
	struct str s = str_from(fields, (size_t)at + strlen(name));
	ssize_t end = str_chr(s, '"');
	return end < 0 ? s : str_sub(s, 0, (size_t)end);
}

bool active_next_part(struct str boundary, struct str *rest, struct active_part *ret)
{
	ssize_t at = str_find(*rest, boundary), head, end;
	if (at < 0 || !boundary.len)
		return false;
	*rest = str_from(*rest, (size_t)at + boundary.len);
	head = str_find(*rest, STR("\r\n\r\n"));
	end = str_find(*rest, boundary);
	if (head < 0 || end < head + 8)
		return false;
	struct str fields = str_sub(*rest, 0, (size_t)head);
	*ret = (struct active_part){ quoted(fields, " name=\""), quoted(fields, " filename=\""),
				     str_sub(*rest, (size_t)head + 4, (size_t)end - 4) }; /* CR LF and two dashes before the boundary */
	return ret->name.ptr != NULL;
}

bool active_cache_hit(const struct scan_exchange *x)
{
	static const char *const names[] = { "x-cache", "x-cache-status", "cf-cache-status" };
	struct str age = str_trim(scan_header_get(&x->headers, "age"));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (str_ihas(scan_header_get(&x->headers, names[i]), STR("hit")))
			return true;
	}
	return !str_empty(age) && !str_eq(age, STR("0"));
}
