/* Looks at one exchange: texts seen by the common pass say which signals are worth trying;
 * each is tried in its own place only. A signal that matched and gave its version is done. */
#include <stdio.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/tlsfacts.h"
#include "scan/tech/tech_private.h"

#define SEEN_TEXT 1
#define SEEN_HEAD 2
#define TECH_WINDOW 400 /* bytes around a text where a pattern over HTML may match */
#define TECH_HEAD (64 * KIB)

struct tech *tech_new(struct tech_set *set)
{
	struct tech *t = mem_alloc(sizeof(*t));
	t->set = set;
	t->arena = arena_new(256 * MIB);
	t->list_arena = arena_new(32 * MIB);
	t->states = mem_array(set->prints.len + 1, sizeof(*t->states));
	t->matched = mem_array(set->refs.len + 1, sizeof(*t->matched));
	t->seen = mem_array(set->refs.len + 1, sizeof(*t->seen));
	return t;
}

void tech_free(struct tech *t)
{
	if (!t)
		return;
	vec_free(&t->touched);
	vec_free(&t->list);
	free(t->states);
	free(t->matched);
	free(t->seen);
	arena_free(t->list_arena);
	arena_free(t->arena);
	tech_set_free(t->set);
	free(t);
}

static const struct tech_signal *signal_of(const struct tech *t, uint32_t ref)
{
	const struct tech_ref *r = &t->set->refs.ptr[ref];
	return &t->set->prints.ptr[r->print].signals[r->signal];
}

/* The more exact version stays: a longer one of the same beginning, else the first. */
static void take_version(struct tech *t, struct tech_state *s, const char *version)
{
	if (!version[0] || strcmp(s->version, version) == 0)
		return;
	if (s->version[0] && !str_starts(str_c(version), str_c(s->version)))
		return;
	snprintf(s->version, sizeof(s->version), "%s", version);
	t->changed = true;
}

static void matched(struct tech *t, uint32_t ref, const char *version, struct str url, bool tell)
{
	const struct tech_ref *r = &t->set->refs.ptr[ref];
	const struct tech_signal *g = signal_of(t, ref);
	struct tech_state *s = &t->states[r->print];
	bool first = !t->matched[ref], newer = version[0] && strcmp(s->version, version) != 0;
	if (!first && !newer)
		return;
	if (first) {
		unsigned sum = s->confidence + (g->confidence ? g->confidence : 100);
		t->changed = t->changed || s->confidence < 100;
		s->confidence = sum > 100 ? 100 : sum;
		if (!s->url.ptr)
			s->url = arena_left(t->arena) > 1 * MIB ? arena_str(t->arena, str_sub(url, 0, 2000)) : STR("");
	}
	t->matched[ref] = true;
	take_version(t, s, version);
	if (tell && t->on_match)
		t->on_match(t->ctx, t->set->prints.ptr[r->print].id, r->signal, version, s->url);
}

static pcre2_code *code_of(struct tech_ref *r, const struct tech_signal *g)
{
	int code;
	size_t at;
	if (r->code || r->bad)
		return r->code;
	bool wide = false;
	for (size_t i = 0; i < g->value.len; i++)
		wide = wide || (unsigned char)g->value.ptr[i] >= 0x80;
	uint32_t flags = PCRE2_CASELESS | PCRE2_DOLLAR_ENDONLY | (wide ? PCRE2_UTF | PCRE2_MATCH_INVALID_UTF : 0);
	r->code = pcre2_compile((PCRE2_SPTR)g->value.ptr, g->value.len, flags, &code, &at, NULL);
	r->bad = !r->code;
	return r->code;
}

/* Does the value hold what the signal wants? Fills the version. */
static bool value_matches(struct tech *t, uint32_t ref, struct str value, char version[LIMIT_TECH_VERSION + 1])
{
	const struct tech_signal *g = signal_of(t, ref);
	version[0] = 0;
	if (!g->value.len)
		return true;
	if (!g->regex)
		return g->exact ? str_ieq(str_trim(value), g->value) : str_ihas(value, g->value);
	pcre2_code *c = code_of(&t->set->refs.ptr[ref], g);
	if (!c)
		return false;
	pcre2_match_data *m = pcre2_match_data_create(10, NULL);
	pcre2_match_context *limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(limits, 20000);
	pcre2_set_depth_limit(limits, 2000);
	int n = pcre2_match(c, (PCRE2_SPTR)value.ptr, value.len, 0, 0, m, limits);
	if (n >= 0 && g->version.len) {
		struct str groups[10] = { STR_NULL };
		size_t *o = pcre2_get_ovector_pointer(m);
		for (int i = 0; i < 10; i++)
			if ((i < n || n == 0) && o[2 * i] != PCRE2_UNSET)
				groups[i] = str_sub(value, o[2 * i], o[2 * i + 1]);
		tech_version(g->version, groups, 10, version);
	}
	pcre2_match_context_free(limits);
	pcre2_match_data_free(m);
	return n >= 0;
}

static void try_value(struct tech *t, uint32_t ref, struct str value)
{
	char version[LIMIT_TECH_VERSION + 1];
	if (value.ptr && value_matches(t, ref, value, version))
		matched(t, ref, version, t->x->url, true);
}

/* What was sent may come back in an error page or in the answer to a probe. */
static bool reflected(const struct scan_exchange *x, struct str text)
{
	return (x->probe || x->missing) && (str_ihas(x->request, text) || str_ihas(x->url, text));
}

static void try_html(struct tech *t, uint32_t ref, struct str text, size_t at, struct str literal)
{
	const struct tech_signal *g = signal_of(t, ref);
	if (reflected(t->x, literal))
		return;
	if (!g->regex) {
		matched(t, ref, "", t->x->url, true);
		return;
	}
	size_t from = at > TECH_WINDOW ? at - TECH_WINDOW : 0;
	try_value(t, ref, str_sub(text, from, at + literal.len + TECH_WINDOW));
}

void tech_begin(struct tech *t, const struct scan_exchange *x)
{
	t->x = x;
}

static void see(struct tech *t, uint32_t ref, uint8_t where)
{
	if (!t->seen[ref])
		*vec_push(&t->touched) = ref;
	t->seen[ref] |= where;
}

static bool finished(const struct tech *t, uint32_t ref)
{
	return t->matched[ref] && !signal_of(t, ref)->version.len;
}

void tech_hit(struct tech *t, size_t which, size_t at)
{
	uint32_t ref = t->set->literal_refs.ptr[which];
	const struct tech_signal *g = signal_of(t, ref);
	const struct scan_exchange *x = t->x;
	if (finished(t, ref) || g->place == TECH_HEADER || g->place == TECH_COOKIE || g->place == TECH_URL ||
	    g->place == TECH_CERT)
		return;
	if (g->place == TECH_HTML) {
		if (!t->matched[ref] || g->version.len)
			try_html(t, ref, x->text.len ? x->text : x->body, at, t->set->literals.ptr[which].text);
	} else {
		see(t, ref, SEEN_TEXT);
	}
}

static void on_head(void *arg, const struct scan_check *c, size_t which, size_t at)
{
	struct tech *t = arg;
	if (c != &t->set->check)
		return;
	uint32_t ref = t->set->literal_refs.ptr[which];
	enum tech_place p = signal_of(t, ref)->place;
	if (!finished(t, ref) && (p == TECH_HEADER || p == TECH_COOKIE || p == TECH_URL || p == TECH_CERT))
		see(t, ref, SEEN_HEAD);
}

/* ---- places ---- */

static void in_cookies(struct tech *t, uint32_t ref)
{
	struct str key = signal_of(t, ref)->key, v;
	size_t at = 0;
	bool prefix = key.len && key.ptr[key.len - 1] == '*';
	key.len -= prefix;
	while (scan_header_next(&t->x->headers, "set-cookie", &at, &v)) {
		ssize_t eq = str_chr(v, '=');
		struct str name = str_trim(str_sub(v, 0, eq < 0 ? v.len : (size_t)eq));
		struct str value = eq < 0 ? STR("") : str_from(v, (size_t)eq + 1);
		ssize_t semi = str_chr(value, ';');
		value = semi < 0 ? value : str_sub(value, 0, (size_t)semi);
		if (prefix ? str_istarts(name, key) : str_ieq(name, key))
			try_value(t, ref, value.ptr ? value : STR(""));
	}
}

static void in_headers(struct tech *t, uint32_t ref)
{
	const struct tech_signal *g = signal_of(t, ref);
	for (size_t i = 0; i < t->x->headers.len; i++)
		if (str_ieq(t->x->headers.list[i].name, g->key))
			try_value(t, ref, t->x->headers.list[i].value);
}

static void in_tags(struct tech *t, uint32_t ref, const char *tag, const char *attr)
{
	const struct tech_signal *g = signal_of(t, ref);
	const struct scan_tag *tg;
	size_t at = 0;
	while ((tg = scan_page_tag(t->x->page, tag, &at))) {
		if (g->place == TECH_META) {
			struct str name = scan_tag_attr(tg, "name");
			if (!name.ptr)
				name = scan_tag_attr(tg, "property");
			if (!str_ieq(str_trim(name), g->key))
				continue;
		}
		struct str v = scan_tag_attr(tg, attr);
		if (v.len && !reflected(t->x, v))
			try_value(t, ref, v);
	}
}

static void in_certificate(struct tech *t, uint32_t ref)
{
	const struct tls_facts *f = t->x->tls;
	for (size_t i = 0; f && i < f->ncerts && i < 1; i++) {
		try_value(t, ref, f->certs[i].subject);
		try_value(t, ref, f->certs[i].issuer);
	}
}

static void try_ref(struct tech *t, uint32_t ref)
{
	const struct scan_exchange *x = t->x;
	switch (signal_of(t, ref)->place) {
	case TECH_HEADER:
		in_headers(t, ref);
		break;
	case TECH_COOKIE:
		in_cookies(t, ref);
		break;
	case TECH_META:
		if (x->page)
			in_tags(t, ref, "meta", "content");
		break;
	case TECH_SCRIPT:
		if (x->page)
			in_tags(t, ref, "script", "src");
		break;
	case TECH_LINK:
		if (x->page)
			in_tags(t, ref, "link", "href");
		break;
	case TECH_TITLE:
		if (x->page && x->page->title.len && !reflected(x, x->page->title))
			try_value(t, ref, x->page->title);
		break;
	case TECH_URL:
		if (!x->probe && !x->missing && x->status > 0 && x->status < 400)
			try_value(t, ref, str_from(x->url, x->origin.len));
		break;
	case TECH_ROBOTS:
		if (str_ends(x->path, STR("/robots.txt")) && !x->missing && !x->page)
			try_value(t, ref, x->text);
		break;
	case TECH_CERT:
		in_certificate(t, ref);
		break;
	default:
		break;
	}
}

void tech_end(struct tech *t, const struct literals *l)
{
	const struct scan_exchange *x = t->x;
	_cleanup_buf_ struct buf b;
	buf_init(&b, TECH_HEAD);
	buf_str(&b, str_sub(x->url, 0, 4000));
	buf_char(&b, '\n');
	if (x->tls && x->tls->ncerts && !x->probe) {
		buf_str(&b, x->tls->certs[0].subject);
		buf_char(&b, '\n');
		buf_str(&b, x->tls->certs[0].issuer);
		buf_char(&b, '\n');
	}
	buf_str(&b, str_sub(x->head, 0, TECH_HEAD / 2));
	literals_scan(l, buf_view(&b), on_head, t);
	for (size_t i = 0; i < t->touched.len; i++) {
		uint32_t ref = t->touched.ptr[i];
		try_ref(t, ref);
		t->seen[ref] = 0;
	}
	vec_clear(&t->touched);
	t->x = NULL;
	if (t->changed)
		tech_resolve(t);
}

void tech_icon(struct tech *t, struct str body, struct str url)
{
	char mmh3[12], md5[33];
	const char *texts[2] = { mmh3, md5 };
	if (body.len == 0)
		return;
	tech_icon_hashes(body, mmh3, md5);
	for (int i = 0; i < 2; i++) {
		uintptr_t ref = (uintptr_t)map_get(t->set->icons, str_c(texts[i]));
		if (ref)
			matched(t, (uint32_t)ref - 1, "", url, true);
	}
	if (t->changed)
		tech_resolve(t);
}

void tech_replay(struct tech *t, struct str id, size_t n, struct str version, struct str url)
{
	uintptr_t print = (uintptr_t)map_get(t->set->ids, id);
	char v[LIMIT_TECH_VERSION + 1];
	snprintf(v, sizeof(v), "%.*s", STR_ARG(str_sub(version, 0, LIMIT_TECH_VERSION)));
	for (uint32_t i = 0; print && i < t->set->refs.len; i++)
		if (t->set->refs.ptr[i].print == print - 1 && t->set->refs.ptr[i].signal == n)
			matched(t, i, v, url, false);
}
