/* Cross-site scripting that happens in the browser. One load carries a word of ours in every
 * place a stranger can write to (the part behind "#", each parameter, the window's name, the
 * referrer, a message from another origin), and hooks note which dangerous places it reaches.
 * Each such way is then walked again with a payload that would run a harmless call; only what
 * really ran is reported. */
#include "base/encode.h"
#include "base/limits.h"
#include "scan/browse/browse_private.h"
#include "scan/script.h"

#define XSS_WAYS 8	/* ways of one page that are proved */
#define XSS_PARAMS 12

enum source { FROM_HASH, FROM_QUERY, FROM_NAME, FROM_REFERRER, FROM_MESSAGE };
static const char source_letter[] = "hqnrm";
static const char *const source_name[] = { "hash", "query", "name", "referrer", "message" };

/* What is delivered, and where. text: for FROM_QUERY that of parameter `param`. */
struct delivery {
	struct str url, name, referrer, message;
	bool late_hash; /* the part behind "#" changes after loading */
	struct str hash;
};

struct xss {
	struct driver *d;
	struct str url, bare, query, fragment; /* bare: without both */
	json_t *found;
	size_t ways;
};

static void split_url(struct xss *x, struct str url)
{
	ssize_t hash = str_chr(url, '#');
	x->fragment = hash < 0 ? STR("") : str_from(url, (size_t)hash + 1);
	url = hash < 0 ? url : str_sub(url, 0, (size_t)hash);
	ssize_t mark = str_chr(url, '?');
	x->query = mark < 0 ? STR("") : str_from(url, (size_t)mark + 1);
	x->bare = mark < 0 ? url : str_sub(url, 0, (size_t)mark);
}

/* name=value pairs with values replaced: all of them by taint + letter + number, or only
 * number `only` by text. */
static void put_pairs(struct buf *b, struct str pairs, const char *taint, int only, struct str text)
{
	struct str pair;
	for (int n = 0; str_split(&pairs, '&', &pair); n++) {
		ssize_t eq = str_chr(pair, '=');
		if (n)
			buf_char(b, '&');
		if (eq < 0 || n >= XSS_PARAMS || (only >= 0 && n != only)) {
			buf_str(b, pair);
			continue;
		}
		buf_str(b, str_sub(pair, 0, (size_t)eq + 1));
		if (only >= 0)
			encode_percent(b, text);
		else
			buf_printf(b, "%sq%d", taint, n);
	}
}

static struct str keep(struct xss *x, struct buf *b)
{
	struct str s = arena_str(x->d->job_arena, buf_view(b));
	buf_clear(b);
	return s;
}

/* The first load: our word everywhere. */
static struct delivery everywhere(struct xss *x, const char *taint)
{
	struct arena *a = x->d->job_arena;
	struct delivery v = { 0 };
	struct buf b;
	buf_init(&b, 64 * KIB);
	buf_str(&b, x->bare);
	if (x->query.len) {
		buf_char(&b, '?');
		put_pairs(&b, x->query, taint, -1, STR(""));
	}
	buf_char(&b, '#');
	if (x->fragment.len) {
		buf_str(&b, x->fragment);
		buf_char(&b, str_chr(x->fragment, '?') >= 0 ? '&' : '/');
	}
	buf_printf(&b, "%sh", taint);
	v.url = keep(x, &b);
	v.name = arena_printf(a, "%sn", taint);
	v.referrer = arena_printf(a, "%.*s?%sr", STR_ARG(x->bare), taint);
	v.message = arena_printf(a, "%sm", taint);
	v.hash = arena_printf(a, "%sh", taint);
	v.late_hash = str_empty(x->fragment);
	buf_free(&b);
	return v;
}

/* A later load: the payload at one place only. */
static struct delivery only_there(struct xss *x, enum source from, int param, struct str payload)
{
	struct delivery v = { 0 };
	struct buf b;
	buf_init(&b, 64 * KIB);
	buf_str(&b, x->bare);
	if (x->query.len) {
		buf_char(&b, '?');
		if (from == FROM_QUERY)
			put_pairs(&b, x->query, "", param, payload);
		else
			buf_str(&b, x->query);
	}
	if (x->fragment.len || from == FROM_HASH)
		buf_char(&b, '#');
	buf_str(&b, x->fragment);
	if (from == FROM_HASH) {
		if (x->fragment.len)
			buf_char(&b, str_chr(x->fragment, '?') >= 0 ? '&' : '/');
		buf_str(&b, payload);
		v.hash = payload;
		v.late_hash = str_empty(x->fragment);
	}
	v.url = keep(x, &b);
	if (from == FROM_NAME)
		v.name = payload;
	if (from == FROM_MESSAGE)
		v.message = payload;
	if (from == FROM_REFERRER) {
		buf_str(&b, x->bare);
		buf_char(&b, '?');
		buf_str(&b, payload);
		v.referrer = keep(x, &b);
	}
	buf_free(&b);
	return v;
}

static void set_hash(struct driver *d, struct str hash)
{
	_cleanup_json_ json_t *s = json_str(hash);
	struct buf b;
	buf_init(&b, 16 * KIB);
	buf_c(&b, "location.hash=");
	buf_c(&b, "\"\";location.hash=");
	json_write(&b, s);
	driver_eval(d, buf_view(&b), NULL, NULL);
	buf_free(&b);
}

static int deliver(struct xss *x, const struct delivery *v, struct error *e)
{
	struct driver *d = x->d;
	d->stay = false;
	char taint[sizeof(d->taint)];
	snprintf(taint, sizeof(taint), "%s", d->taint);
	driver_install(d, taint, v->name, e);
	if (driver_navigate(d, STR("about:blank"), STR(""), e) < 0 || driver_navigate(d, v->url, v->referrer, e) < 0)
		return -1;
	d->stay = true;
	if (driver_settle(d, 200, 4000, e) < 0)
		return -1;
	if (v->message.len) {
		json_t *args = json_array();
		json_array_append_new(args, json_str(v->message));
		driver_do_in_page(d, "post", args, NULL, NULL);
	}
	if (v->late_hash)
		set_hash(d, v->hash);
	return v->message.len || v->late_hash ? driver_settle(d, 120, 2000, e) : 0;
}

static json_t *page_list(struct driver *d, const char *name)
{
	json_t *list = NULL;
	struct buf b;
	buf_init(&b, 1 * KIB);
	buf_printf(&b, "window.%s?window.%s.%s:[]", d->key, d->key, name);
	driver_eval(d, buf_view(&b), &list, NULL);
	buf_free(&b);
	return list;
}

/* ---- payloads ---- */

static bool is_any(struct str kind, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(kind, str_c(*list)))
			return true;
	return false;
}

static const char *const html_kinds[] = { "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write",
					  "createContextualFragment", "srcdoc", NULL };
static const char *const code_kinds[] = { "eval", "Function", "setTimeout", "setInterval", "handler", "script.text", NULL };

static size_t payloads(struct xss *x, const json_t *sink, unsigned n, struct str out[3])
{
	struct arena *a = x->d->job_arena;
	struct str kind = json_get_str(sink, "kind"), value = json_get_str(sink, "value");
	int64_t before = json_get_int(sink, "before", 0);
	size_t at = (size_t)json_get_int(sink, "at", 0);
	const char *call = arena_cstr(a, arena_printf(a, "%sm(%u)", x->d->key, n));
	if (is_any(kind, html_kinds)) {
		out[0] = arena_printf(a, "<img src onerror=%s>", call);
		out[1] = arena_printf(a, "\"'--></textarea></title></style></script><img src onerror=%s>", call);
		out[2] = arena_printf(a, "'\"><script>%s</script>", call);
		return 3;
	}
	if (is_any(kind, code_kinds)) {
		enum script_state s = script_state_at(value, at < value.len ? at : value.len);
		const char *q = s == SCRIPT_SINGLE ? "'" : s == SCRIPT_DOUBLE ? "\"" : "";
		out[0] = s == SCRIPT_TEMPLATE ? arena_printf(a, "${%s}", call) :
			 *q		      ? arena_printf(a, "%s-%s-%s", q, call, q) :
					      arena_printf(a, "%s", call);
		out[1] = arena_printf(a, "%s;%s//", q, call);
		out[2] = arena_printf(a, "%s);%s//", q, call);
		return 3;
	}
	if (before != 0)
		return 0; /* only the end of an address is ours */
	if (str_eq(kind, STR("script.src"))) {
		out[0] = arena_printf(a, "data:text/javascript,%s", call);
		return 1;
	}
	out[0] = arena_printf(a, "javascript:%s", call);
	return 1;
}

/* Links and forms that lead into a script run when they are used. */
static void use_script_links(struct driver *d)
{
	struct buf b;
	buf_init(&b, 4 * KIB);
	buf_printf(&b,
		   "[].slice.call(document.querySelectorAll('a[href^=\"javascript:%s\"]'),0,5).forEach(function(a){a.removeAttribute('target');a.click()});"
		   "[].slice.call(document.querySelectorAll('form[action^=\"javascript:%s\"]'),0,5).forEach(function(f){f.submit()});",
		   d->key, d->key);
	driver_eval(d, buf_view(&b), NULL, NULL);
	buf_free(&b);
}

static bool ran(struct driver *d, unsigned n)
{
	_cleanup_json_ json_t *list = page_list(d, "proofs");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_get_int(json_array_get(list, i), "n", 0) == n)
			return true;
	return false;
}

/* 1 it ran, 0 it did not. */
static int prove(struct xss *x, const json_t *sink, enum source from, int param, struct error *e)
{
	struct str list[3];
	size_t n = payloads(x, sink, 1000 + (unsigned)x->ways, list);
	for (size_t i = 0; i < n; i++) {
		struct delivery v = only_there(x, from, param, list[i]);
		if (deliver(x, &v, e) < 0)
			return -1;
		use_script_links(x->d);
	if (driver_settle(x->d, 60, 1000, e) < 0)
			return -1;
		if (!ran(x->d, 1000 + (unsigned)x->ways))
			continue;
		json_t *f = json_object();
		json_put(f, "source", json_c(source_name[from]));
		json_put(f, "param", json_integer(param));
		json_put(f, "sink", json_str(json_get_str(sink, "kind")));
		json_put(f, "value", json_str(json_get_str(sink, "value")));
		json_put(f, "stack", json_str(json_get_str(sink, "stack")));
		json_put(f, "payload", json_str(list[i]));
		json_put(f, "url", json_str(v.url));
		json_array_append_new(x->found, f);
		return 1;
	}
	return 0;
}

/* Which source a tainted value came from, by what stands behind our word. */
static bool source_of(const struct driver *d, const json_t *sink, enum source *ret, int *param)
{
	struct str value = json_get_str(sink, "value");
	ssize_t at = str_find(value, str_c(d->taint));
	size_t n = strlen(d->taint);
	if (at < 0 || (size_t)at + n >= value.len)
		return false;
	const char *letter = strchr(source_letter, value.ptr[(size_t)at + n]);
	if (!letter || !*letter)
		return false;
	*ret = (enum source)(letter - source_letter);
	*param = -1;
	if (*ret == FROM_QUERY) {
		*param = 0;
		for (size_t i = (size_t)at + n + 1; i < value.len && ascii_digit(value.ptr[i]) && *param < 1000; i++)
			*param = *param * 10 + (value.ptr[i] - '0');
	}
	return true;
}

int xss_job(struct driver *d, json_t *answer, struct error *e)
{
	struct xss x = { .d = d, .url = json_get_str(d->job, "url"), .found = json_array() };
	char taint[sizeof(d->taint)];
	snprintf(taint, sizeof(taint), "zt%.8s", d->key + 2);
	split_url(&x, x.url);
	json_put(answer, "sinks", x.found);
	if (driver_ready(d, taint, e) < 0 || driver_set_cookies(d, x.url, json_get_str(d->job, "cookie"), e) < 0)
		return -1;
	struct delivery first = everywhere(&x, taint);
	if (deliver(&x, &first, e) < 0)
		return -1;
	_cleanup_json_ json_t *sinks = page_list(d, "sinks");
	_cleanup_map_ struct map *done = map_new();
	json_put(answer, "tainted", json_integer((json_int_t)json_array_size(sinks)));
	for (size_t i = 0; i < json_array_size(sinks) && x.ways < XSS_WAYS; i++) {
		const json_t *s = json_array_get(sinks, i);
		enum source from;
		int param;
		if (!source_of(d, s, &from, &param))
			continue;
		struct str key = arena_printf(d->job_arena, "%d %d %.*s", from, param, STR_ARG(json_get_str(s, "kind")));
		struct str proved = arena_printf(d->job_arena, "%d %d", from, param);
		if (map_has(done, proved) || !map_add(done, key))
			continue;
		x.ways++;
		int r = prove(&x, s, from, param, e);
		if (r < 0)
			return -1;
		if (r > 0)
			map_add(done, proved);
	}
	return 0;
}
