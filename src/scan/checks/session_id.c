/* Sessions that others can guess (CWE-340): a cookie that names a session is asked for a few times; its
 * values count up, are the time, or are the plain hash of either. */
#include <openssl/evp.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/limits.h"
#include "scan/checks/doors.h"
#include "scan/form.h"

#define SAMPLES 5
#define HASHED_MAX 3000 /* counters up to here are tried behind a hash */

/* The value that this answer gives the cookie; empty: none. The first that names a session when `name` is empty. */
static struct str given(const struct scan_exchange *x, struct str name, struct str *ret_name)
{
	size_t at = 0;
	struct str v;
	while (scan_header_next(&x->headers, "set-cookie", &at, &v)) {
		ssize_t eq = str_chr(v, '='), end = str_chr(v, ';');
		if (eq <= 0 || (end >= 0 && end < eq))
			continue;
		struct str n = str_trim(str_sub(v, 0, (size_t)eq)), value = str_sub(v, (size_t)eq + 1, end < 0 ? v.len : (size_t)end);
		if (value.len && value.len < 200 && (name.len ? str_eq(n, name) : door_names_session(n))) {
			*ret_name = n;
			return value;
		}
	}
	return STR("");
}

enum pattern { PATTERN_NONE, PATTERN_COUNTS, PATTERN_TIME, PATTERN_HASH };

/* The number at the end; -1: none, or too long to be one. *ret_len: what stands before it. */
static int64_t tail_number(struct str s, size_t *ret_len)
{
	size_t n = s.len;
	uint64_t v;
	while (n > 0 && ascii_digit(s.ptr[n - 1]))
		n--;
	*ret_len = n;
	return s.len == n || s.len - n > 16 || str_to_u64(str_from(s, n), &v) < 0 ? -1 : (int64_t)v;
}

/* What the value stands for: itself, or what its base64 or percent form holds. */
static struct str plain(struct probe *p, struct str v)
{
	struct buf b;
	struct str r = v;
	size_t at;
	buf_init(&b, 4 * KIB);
	bool digits = true, printable = true;
	for (size_t i = 0; i < v.len; i++)
		digits = digits && ascii_digit(v.ptr[i]);
	if (!digits && v.len >= 4 && v.len <= 60) {
		decode_percent(&b, v, false);
		struct str open = arena_str(probe_arena(p), buf_view(&b));
		buf_clear(&b);
		bool decoded = decode_base64(&b, open) == 0 && b.len;
		for (size_t i = 0; decoded && i < b.len; i++)
			printable = printable && b.ptr[i] >= 0x20 && b.ptr[i] < 0x7f;
		if (decoded && printable && tail_number(buf_view(&b), &at) >= 0)
			r = arena_str(probe_arena(p), buf_view(&b));
	}
	buf_free(&b);
	return r;
}

static bool hashes_to(struct probe *p, int64_t number, const EVP_MD *md, struct str hex)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	char text[24];
	struct buf b;
	int n = snprintf(text, sizeof(text), "%lld", (long long)number);
	buf_init(&b, 512);
	bool same = EVP_Digest(text, (size_t)n, sum, &len, md, NULL) == 1;
	encode_hex(&b, str_make((const char *)sum, len));
	same = same && str_ieq(buf_view(&b), hex);
	buf_free(&b);
	return same;
}

/* The counter or the time behind a hash; -1: neither. */
static int64_t behind_hash(struct probe *p, struct str v, int64_t now)
{
	const EVP_MD *md = v.len == 32 ? EVP_md5() : v.len == 40 ? EVP_sha1() : v.len == 64 ? EVP_sha256() : NULL;
	for (size_t i = 0; i < v.len; i++)
		if (!ascii_digit(v.ptr[i]) && !((v.ptr[i] | 32) >= 'a' && (v.ptr[i] | 32) <= 'f'))
			return -1;
	for (int64_t n = 0; md && n < HASHED_MAX; n++)
		if (hashes_to(p, n, md, v))
			return n;
	for (int64_t n = now - 10; md && n <= now + 10; n++)
		if (hashes_to(p, n, md, v))
			return n;
	return -1;
}

static bool is_now(int64_t v, int64_t now)
{
	return (v >= now - 10 && v <= now + 10) || (v / 1000 >= now - 10 && v / 1000 <= now + 10) || (v / 1000000 >= now - 10 && v / 1000000 <= now + 10);
}

/* when[i]: the clock as each value came: a busy server takes long over five of them. */
static enum pattern pattern_of(struct probe *p, const struct str *values, const int64_t *when)
{
	int64_t n[SAMPLES];
	size_t before[SAMPLES];
	bool hashed = true, times = true, counts = true;
	for (int i = 0; i < SAMPLES; i++) {
		struct str v = plain(p, values[i]);
		n[i] = tail_number(v, &before[i]);
		int64_t h = behind_hash(p, v, when[i]);
		hashed = hashed && h >= 0;
		if (h >= 0)
			n[i] = h;
		times = times && n[i] >= 0 && is_now(n[i], when[i]);
		/* what stands before the number does not change */
		if (h < 0 && i > 0 && (before[i] != before[0] || !str_eq(str_sub(v, 0, before[i]), str_sub(plain(p, values[0]), 0, before[0]))))
			return PATTERN_NONE;
		counts = counts && n[i] >= 0 && (i == 0 || (n[i] - n[i - 1] >= 1 && n[i] - n[i - 1] <= 50));
	}
	if (!times && !counts)
		return PATTERN_NONE;
	return hashed ? PATTERN_HASH : times ? PATTERN_TIME : PATTERN_COUNTS;
}

/* Could it be one of those? So that nothing is asked for random values. */
static bool guessable(struct probe *p, struct str value, int64_t now)
{
	struct str v = plain(p, value);
	size_t before;
	return (tail_number(v, &before) >= 0 && before <= 24) || behind_hash(p, v, now) >= 0;
}

static void tell(struct probe *p, const struct scan_exchange *about, const struct scan_exchange *x, struct str name, const struct str *values, enum pattern how)
{
	static const char *const zh[] = { "", "逐个递增", "就是当前时间", "是计数或时间的散列值" };
	static const char *const en[] = { "", "counts up", "is the time", "is the hash of a counter or of the time" };
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.about = about,
				.proof = values[SAMPLES - 1],
				.parameter = name,
				.confidence_set = true,
				.confidence = CONFIDENCE_CERTAIN,
				.detail_zh = probe_printf(p, "连续 %d 次得到的 %.*s %s（例如 %.*s、%.*s），他人可以推算出别的会话。", SAMPLES, STR_ARG(name), zh[how],
							  STR_ARG(values[0]), STR_ARG(values[1])),
				.detail_en = probe_printf(p, "Asked for %d times, %.*s %s (as %.*s, %.*s): others can work out further sessions.", SAMPLES,
							  STR_ARG(name), en[how], STR_ARG(values[0]), STR_ARG(values[1])) });
}

/* Sends the same a few times more and looks at what the cookie becomes. */
static void sample(struct probe *p, const struct scan_exchange *about, const struct scan_exchange *first, const struct scan_mutation *m)
{
	struct str values[SAMPLES], name = STR("");
	const struct scan_exchange *r = first;
	int64_t when[SAMPLES] = { clock_wall_ms(&clock_system) / 1000 };
	values[0] = given(first, STR(""), &name);
	if (!values[0].len || !guessable(p, values[0], when[0]) ||
	    !probe_first(p, probe_printf(p, "%.*s %.*s", STR_ARG(name), STR_ARG(about->path))))
		return;
	for (int i = 1; i < SAMPLES; i++) {
		if (probe_send(p, m, &r) < 0)
			return;
		when[i] = clock_wall_ms(&clock_system) / 1000;
		values[i] = given(r, name, &name);
		if (!values[i].len)
			return;
	}
	enum pattern how = pattern_of(p, values, when);
	if (how != PATTERN_NONE)
		tell(p, about, r, name, values, how);
}

/* A button without fields: what does pressing it give? */
static void press_buttons(struct probe *p, const struct scan_exchange *x)
{
	const struct scan_exchange *r;
	for (size_t i = 0; x->page && i < x->page->forms_len; i++) {
		const struct scan_form *f = &x->page->forms[i];
		bool fields = false;
		for (size_t k = 0; k < f->fields_len; k++)
			fields = fields || (f->fields[k].name.len && !str_eq(f->fields[k].type, STR("submit")));
		struct scan_mutation m = { .url = f->action, .method = STR("POST"), .body_set = true, .body = STR(""), .fresh = true,
					   .content_type = STR("application/x-www-form-urlencoded") };
		if (fields || !str_eq(f->method, STR("POST")) || !str_starts(f->action, x->origin) || form_danger_of(f) != FORM_HARMLESS ||
		    !probe_first(p, probe_printf(p, "press %.*s", STR_ARG(f->action))) || probe_send(p, &m, &r) < 0)
			continue;
		sample(p, x, r, &m);
	}
}

static bool asks_password(const struct scan_exchange *x)
{
	for (size_t i = 0; x->page && i < x->page->forms_len; i++)
		for (size_t k = 0; k < x->page->forms[i].fields_len; k++)
			if (str_eq(x->page->forms[i].fields[k].type, STR("password")))
				return true;
	return false;
}

static const struct scan_exchange *as_nobody(struct probe *p, struct str url, bool fresh)
{
	const struct scan_exchange *r;
	return probe_send(p, &(struct scan_mutation){ .url = url, .no_cookies = true, .fresh = fresh }, &r) == 0 ? r : NULL;
}

/* Pages that begin sessions: the first of a folder, and those that log in. */
static bool begins_sessions(struct probe *p, const struct scan_exchange *x)
{
	ssize_t slash = str_rchr(x->path, '/');
	struct str folder = probe_printf(p, "begins %.*s%.*s", STR_ARG(x->origin), (int)slash, x->path.ptr);
	bool page = x->status < 400 && (x->media == MEDIA_HTML || x->status >= 300);
	return page && !x->query.len && (asks_password(x) || probe_first(p, folder));
}

static void probe_predictable(struct probe *p, const struct scan_exchange *x)
{
	if (x->missing)
		return;
	press_buttons(p, x);
	if (!begins_sessions(p, x))
		return;
	struct scan_mutation m = { .url = x->url, .no_cookies = true, .fresh = true };
	const struct scan_exchange *r = as_nobody(p, x->url, false);
	if (r)
		sample(p, x, r, &m);
}

static void probe_answer(struct probe *p, const struct scan_exchange *x)
{
	struct scan_mutation m = { .fresh = true };
	if (!x->missing && x->status < 400)
		sample(p, x, x, &m);
}

const struct scan_check check_session_id_predictable = {
	.id = "session-id-predictable",
	.title_zh = "会话标识可被推算",
	.title_en = "Session identifiers can be guessed",
	.severity = SEVERITY_MEDIUM,
	.cwe = 340,
	.owasp = "A07:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_PAGE,
	.on_route = probe_predictable,
	.on_request = probe_answer,
};
