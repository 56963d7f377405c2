/* Recognising services: rules are PCRE2 over the raw bytes of an answer, tried in the
 * order of the table; match limits keep a hostile answer from costing more than
 * milliseconds. Extraction follows small templates. */
#include "scan/asset/service.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"

#define GROUPS 10
#define TEXT_MAX 160 /* of one extracted text */
#define MATCH_LIMIT 200000
#define HEAP_KIB 4096

struct service_set {
	pcre2_code **rules, **access;
	pcre2_match_data *data;
	pcre2_match_context *context;
};

const struct service_probe *service_probe_find(struct str id)
{
	for (size_t i = 0; i < service_probes_len; i++)
		if (str_eq(str_c(service_probes[i].id), id))
			return &service_probes[i];
	return NULL;
}

static pcre2_code *compile(const char *id, const char *pattern, struct error *e)
{
	PCRE2_UCHAR text[200];
	PCRE2_SIZE at = 0;
	int code = 0;
	pcre2_code *c = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
				      PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_UTF, &code, &at, NULL);

	if (c)
		return c;
	pcre2_get_error_message(code, text, sizeof(text));
	error_set(e, "asset.bad-rule", "服务规则 %s 的正则有误（%zu）：%s",
		  "Service rule %s has a bad pattern at %zu: %s", id, (size_t)at, (char *)text);
	return NULL;
}

int service_set_new(struct service_set **ret, struct error *e)
{
	struct service_set *s = mem_alloc(sizeof(*s));
	bool ok = true;

	s->rules = mem_array(service_rules_len + 1, sizeof(*s->rules));
	s->access = mem_array(service_accesses_len + 1, sizeof(*s->access));
	s->data = pcre2_match_data_create(GROUPS, NULL);
	s->context = pcre2_match_context_create(NULL);
	check(s->data && s->context);
	pcre2_set_match_limit(s->context, MATCH_LIMIT);
	pcre2_set_heap_limit(s->context, HEAP_KIB);
	for (size_t i = 0; i < service_rules_len && ok; i++) {
		s->rules[i] = compile(service_rules[i].id, service_rules[i].pattern, e);
		ok = s->rules[i] != NULL;
	}
	for (size_t i = 0; i < service_accesses_len && ok; i++) {
		s->access[i] = compile(service_accesses[i].check, service_accesses[i].pattern, e);
		ok = s->access[i] != NULL;
	}
	if (!ok) {
		service_set_free(s);
		return -1;
	}
	*ret = s;
	return 0;
}

void service_set_free(struct service_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < service_rules_len; i++)
		pcre2_code_free(s->rules[i]);
	for (size_t i = 0; i < service_accesses_len; i++)
		pcre2_code_free(s->access[i]);
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->context);
	free(s->rules);
	free(s->access);
	free(s);
}

static int match(const struct service_set *s, const pcre2_code *code, struct str bytes,
		 struct str groups[GROUPS])
{
	int n = pcre2_match(code, (PCRE2_SPTR)(bytes.ptr ? bytes.ptr : ""), bytes.len, 0, 0, s->data,
			    s->context);
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(s->data);

	if (n <= 0)
		return -1;
	for (int i = 0; i < GROUPS; i++)
		groups[i] = i < n && v[2 * i] != PCRE2_UNSET && v[2 * i + 1] >= v[2 * i] ?
				    str_sub(bytes, v[2 * i], v[2 * i + 1]) :
				    STR_NULL;
	return 0;
}

static uint32_t number(struct str s, bool big)
{
	uint32_t v = 0;

	for (size_t i = 0; i < s.len && i < 4; i++)
		v = v << 8 | (unsigned char)s.ptr[big ? i : (s.len < 4 ? s.len : 4) - 1 - i];
	return v;
}

/* Printable text: control bytes end nothing, they become spaces; foreign bytes U+FFFD. */
static void put_text(struct buf *out, struct str s)
{
	size_t at = 0;

	s = str_sub(s, 0, TEXT_MAX);
	while (at < s.len) {
		uint32_t cp = utf8_next(s, &at);

		utf8_append(out, cp == UTF8_BAD ? UTF8_REPLACEMENT : cp < 32 || cp == 127 ? ' ' : cp);
	}
}

static void put_wide(struct buf *out, struct str s)
{
	for (size_t i = 0; i + 1 < s.len && i < 2 * TEXT_MAX; i += 2) {
		uint32_t cp = (unsigned char)s.ptr[i] | (uint32_t)(unsigned char)s.ptr[i + 1] << 8;

		utf8_append(out, cp < 32 ? ' ' : cp >= 0xd800 && cp < 0xe000 ? UTF8_REPLACEMENT : cp);
	}
}

/* VSNNUM is decimal: 8, 4, 8, 4 and 8 bits of a version. */
static void put_tns(struct buf *out, struct str s)
{
	uint64_t v;

	if (str_to_u64(s, &v) == 0)
		buf_printf(out, "%u.%u.%u.%u.%u", (unsigned)(v >> 24 & 255), (unsigned)(v >> 20 & 15),
			   (unsigned)(v >> 12 & 255), (unsigned)(v >> 8 & 15), (unsigned)(v & 255));
}

/* "{name:N}" at t: puts it, returns its length; 0 when it is none. */
static size_t put_call(struct buf *out, struct str t, const struct str groups[GROUPS])
{
	ssize_t colon = str_chr(t, ':');
	struct str name, g;

	if (colon < 2 || colon > 8 || t.len < (size_t)colon + 3 || t.ptr[colon + 2] != '}' ||
	    !ascii_digit(t.ptr[colon + 1]))
		return 0;
	name = str_sub(t, 1, (size_t)colon);
	g = groups[t.ptr[colon + 1] - '0'];
	if (str_eq(name, STR("w")))
		put_wide(out, g);
	else if (str_eq(name, STR("tns")))
		put_tns(out, g);
	else
		buf_printf(out, "%u", number(g, !str_starts(name, STR("le"))));
	return (size_t)colon + 3;
}

static struct str fill(struct arena *a, const char *tmpl, const struct str groups[GROUPS])
{
	_cleanup_buf_ struct buf out = BUF_INIT(4 * TEXT_MAX);
	struct str t = str_c(tmpl);
	size_t used;

	for (size_t i = 0; i < t.len;) {
		if (t.ptr[i] == '$' && i + 1 < t.len && ascii_digit(t.ptr[i + 1])) {
			put_text(&out, groups[t.ptr[i + 1] - '0']);
			i += 2;
		} else if (t.ptr[i] == '{' && (used = put_call(&out, str_from(t, i), groups)) > 0) {
			i += used;
		} else {
			buf_char(&out, t.ptr[i++]);
		}
	}
	return arena_str(a, str_trim(utf8_truncate(buf_view(&out), 2 * TEXT_MAX)));
}

/* cpe:2.3 quotes everything but letters, digits, _ - and . */
static struct str cpe_name(struct arena *a, struct str name, struct str version)
{
	_cleanup_buf_ struct buf out = BUF_INIT(KIB);
	struct str first = str_sub(version, 0, 64);

	if (!name.len)
		return STR("");
	buf_printf(&out, "cpe:2.3:%.*s:", STR_ARG(name));
	for (size_t i = 0; i < first.len; i++) {
		char c = ascii_lower(first.ptr[i]);

		if (c == ' ')
			break;
		if (!ascii_alnum(c) && !strchr("._-", c))
			buf_char(&out, '\\');
		if ((unsigned char)c >= 0x80)
			return STR("");
		buf_char(&out, c);
	}
	if (!first.len)
		buf_char(&out, '*');
	buf_c(&out, ":*:*:*:*:*:*:*");
	return arena_str(a, buf_view(&out));
}

static void take(const struct service_rule *r, const struct str groups[GROUPS], struct arena *a,
		 struct service_match *ret)
{
	ret->rule = r;
	ret->service = fill(a, r->service, groups);
	ret->product = fill(a, r->product, groups);
	ret->version = fill(a, r->version, groups);
	ret->info = fill(a, r->info, groups);
	ret->os = fill(a, r->os, groups);
	ret->cpe = cpe_name(a, fill(a, r->cpe, groups), ret->version);
}

bool service_match(const struct service_set *s, struct str probe, struct str bytes, struct arena *a,
		   struct service_match *ret)
{
	char key[40];
	struct str groups[GROUPS];

	snprintf(key, sizeof(key), ",%.*s,", STR_ARG(probe));
	*ret = (struct service_match){ 0 };
	for (int generic = 0; generic < 2; generic++)
		for (size_t i = 0; i < service_rules_len; i++) {
			const struct service_rule *r = &service_rules[i];

			if (r->generic != generic || !strstr(r->probes, key) ||
			    match(s, s->rules[i], bytes, groups) < 0)
				continue;
			take(r, groups, a, ret);
			return true;
		}
	return false;
}

bool service_match_rule(const struct service_set *s, size_t rule, struct str bytes, struct arena *a,
			struct service_match *ret)
{
	struct str groups[GROUPS];

	*ret = (struct service_match){ 0 };
	if (match(s, s->rules[rule], bytes, groups) < 0)
		return false;
	take(&service_rules[rule], groups, a, ret);
	return true;
}

bool service_rule_matches(const struct service_set *s, size_t rule, struct str bytes)
{
	struct str groups[GROUPS];

	return match(s, s->rules[rule], bytes, groups) == 0;
}

bool service_access_proved(const struct service_set *s, size_t access, struct str bytes,
			   struct str *ret_proof)
{
	struct str groups[GROUPS];

	if (match(s, s->access[access], bytes, groups) < 0)
		return false;
	if (ret_proof)
		*ret_proof = groups[0];
	return true;
}

/* ---- versions ---- */

/* The next run of digits or of letters; separators skipped. */
static struct str piece(struct str *rest)
{
	size_t i = 0, n = 0;

	while (i < rest->len && !ascii_alnum(rest->ptr[i]))
		i++;
	*rest = str_from(*rest, i);
	if (!rest->len)
		return STR_NULL;
	bool digits = ascii_digit(rest->ptr[0]);

	while (n < rest->len && ascii_alnum(rest->ptr[n]) && ascii_digit(rest->ptr[n]) == digits)
		n++;
	struct str p = str_sub(*rest, 0, n);

	*rest = str_from(*rest, n);
	return p;
}

static bool unfinished(struct str s)
{
	return str_istarts(s, STR("alpha")) || str_istarts(s, STR("beta")) || str_ieq(s, STR("rc")) ||
	       str_ieq(s, STR("snapshot")) || str_ieq(s, STR("dev")) || str_ieq(s, STR("m"));
}

static int cmp_piece(struct str x, struct str y)
{
	bool dx = x.len && ascii_digit(x.ptr[0]), dy = y.len && ascii_digit(y.ptr[0]);

	if (!x.len || !y.len) { /* one is longer: "1.2" < "1.2.1", but "1.2-beta" < "1.2" */
		struct str more = x.len ? x : y;
		int sign = x.len ? 1 : -1;

		return unfinished(more) ? -sign : sign;
	}
	if (dx && dy) {
		while (x.len > 1 && x.ptr[0] == '0')
			x = str_from(x, 1);
		while (y.len > 1 && y.ptr[0] == '0')
			y = str_from(y, 1);
		if (x.len != y.len)
			return x.len < y.len ? -1 : 1;
	} else if (dx != dy) {
		return dx ? 1 : -1;
	}
	int c = str_cmp(x, y);

	return c < 0 ? -1 : c > 0;
}

int service_version_cmp(struct str a, struct str b)
{
	for (;;) {
		struct str x = piece(&a), y = piece(&b);

		if (!x.len && !y.len)
			return 0;
		int c = cmp_piece(x, y);

		if (c)
			return c;
	}
}
