/* Cross-site scripting that happens in the browser. One load carries a word of ours in every
 * place a stranger can write to (the part behind "#", each parameter, the window's name, the
 * referrer, a message from another origin), and hooks note which dangerous places it reaches;
 * further loads name parameters that the scripts look up, bring markup where a script asks
 * for it, or a part of the path. What is laid down in the browser's storage is looked for in
 * other pages ("via"). Each way found is then walked again with a payload that would run a
 * harmless call; only what really ran is reported. */
#include "base/encode.h"
#include "base/limits.h"
#include "base/mem.h"
#include "scan/browse/browse_private.h"

#define XSS_WAYS 8 /* ways of one page that are proved */
#define XSS_PARAMS 12
#define XSS_NAMED 100 /* parameters from here on are those that scripts look up */
#define XSS_PRESSES 8

enum source { FROM_HASH, FROM_QUERY, FROM_NAME, FROM_REFERRER, FROM_MESSAGE, FROM_HASH_PAIR, FROM_PATH };
static const char source_letter[] = "hqnrmkp";
static const char *const source_name[] = { "hash", "query", "name", "referrer", "message", "hash", "path" };

/* What is delivered, and where. */
struct delivery {
	struct str url, name, referrer, message;
	bool late_hash; /* the part behind "#" changes after loading */
	struct str hash;
	int phase; /* how far to go: 0 loaded, 1 told afterwards, 2 pressed */
};

enum probe { PROBE_PLAIN, PROBE_NAMED, PROBE_MARKUP, PROBE_PATH };

struct xss {
	struct driver *d;
	struct str url, bare, query, fragment; /* bare: without both */
	struct str then;		       /* the page that shows what the first one kept */
	struct script_words words;
	enum probe probe;
	json_t *found, *writes;
	size_t ways;
	bool read;
	bool light; /* reserved signs as they are: this page does not decode them */
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

static struct str keep(struct xss *x, struct buf *b)
{
	struct str s = arena_str(x->d->job_arena, buf_view(b));
	buf_clear(b);
	return s;
}

/* Our word, with the letter of its place; in pairs with "=" behind it, which shows whether
 * the page decodes reserved signs. */
static struct str word(struct xss *x, enum source from, int n)
{
	bool markup = x->probe == PROBE_MARKUP, pair = from == FROM_QUERY || from == FROM_HASH_PAIR;
	return arena_printf(x->d->job_arena, "%s%s%c%dz%s%s", markup ? "<i>" : "", x->d->taint, source_letter[from], n,
			    pair && !markup ? "=" : "", markup ? "</i>" : "");
}

static void encode_light(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f || strchr("%&#+<>\"", s.ptr[i]))
			encode_percent(b, str_sub(s, i, i + 1));
		else
			buf_char(b, s.ptr[i]);
}

static void put_pair(struct xss *x, struct buf *b, bool first, struct str name, struct str value)
{
	if (!first)
		buf_char(b, '&');
	buf_str(b, name);
	buf_char(b, '=');
	if (x->light)
		encode_light(b, value);
	else
		encode_percent(b, value);
}

static bool has_name(struct str pairs, struct str name)
{
	struct str pair;
	while (str_split(&pairs, '&', &pair))
		if (str_starts(pair, name) && (pair.len == name.len || pair.ptr[name.len] == '='))
			return true;
	return false;
}

/* The address's own pairs, values replaced: all of them by our word, or number `only` by
 * `text` (NULL: none). Then those that scripts look up. */
static void put_query(struct xss *x, struct buf *b, int only, const struct str *text)
{
	struct str pair, pairs = x->query;
	bool first = true, all = !text && only == -1;
	for (int n = 0; str_split(&pairs, '&', &pair); n++) {
		ssize_t eq = str_chr(pair, '=');
		struct str name = eq < 0 ? pair : str_sub(pair, 0, (size_t)eq);
		if (eq >= 0 && n < XSS_PARAMS && (all || (text && n == only))) {
			put_pair(x, b, first, name, text ? *text : word(x, FROM_QUERY, n));
		} else {
			if (!first)
				buf_char(b, '&');
			buf_str(b, pair);
		}
		first = false;
	}
	for (int i = 0; i < (int)x->words.n; i++)
		if (has_name(x->query, x->words.names[i].text))
			continue;
		else if (all ? x->probe != PROBE_PLAIN : text && only == XSS_NAMED + i) {
			put_pair(x, b, first, x->words.names[i].text, all ? word(x, FROM_QUERY, XSS_NAMED + i) : *text);
			first = false;
		}
}

static void put_query_part(struct xss *x, struct buf *b, int only, const struct str *text)
{
	struct buf q;
	buf_init(&q, 64 * KIB);
	put_query(x, &q, only, text);
	if (q.len)
		buf_char(b, '?');
	buf_str(b, buf_view(&q));
	buf_free(&q);
}

/* Behind what stands there already. */
static void put_fragment(struct xss *x, struct buf *b, struct str text)
{
	buf_char(b, '#');
	buf_str(b, x->fragment);
	if (x->fragment.len)
		buf_char(b, str_chr(x->fragment, '?') >= 0 ? '&' : '/');
	buf_str(b, text);
}

static void put_path(struct xss *x, struct buf *b, struct str text)
{
	buf_str(b, x->bare);
	if (!str_ends(x->bare, STR("/")))
		buf_char(b, '/');
	encode_percent(b, text);
}

/* A look: our word in every place. */
static struct delivery everywhere(struct xss *x, enum probe probe)
{
	struct delivery v = { .phase = 2 };
	struct buf b, h;
	x->probe = probe;
	buf_init(&b, 64 * KIB);
	buf_init(&h, 16 * KIB);
	if (probe == PROBE_NAMED)
		for (int i = 0; i < (int)x->words.n; i++)
			put_pair(x, &h, i == 0, x->words.names[i].text, word(x, FROM_HASH_PAIR, i));
	if (!h.len)
		buf_str(&h, word(x, FROM_HASH, 0));
	v.hash = keep(x, &h);
	if (probe == PROBE_PATH)
		put_path(x, &b, word(x, FROM_PATH, 0));
	else
		buf_str(&b, x->bare);
	put_query_part(x, &b, -1, NULL);
	put_fragment(x, &b, v.hash);
	v.url = keep(x, &b);
	v.name = word(x, FROM_NAME, 0);
	v.referrer = arena_printf(x->d->job_arena, "%.*s?%.*s", STR_ARG(x->bare), STR_ARG(word(x, FROM_REFERRER, 0)));
	v.message = word(x, FROM_MESSAGE, 0);
	v.late_hash = str_empty(x->fragment);
	buf_free(&b);
	buf_free(&h);
	return v;
}

/* A later load: the payload at one place only. */
static struct delivery only_there(struct xss *x, enum source from, int param, struct str payload, int phase)
{
	struct delivery v = { .phase = phase };
	struct buf b;
	buf_init(&b, 64 * KIB);
	if (from == FROM_HASH_PAIR && param < (int)x->words.n)
		put_pair(x, &b, true, x->words.names[param].text, payload);
	else if (from == FROM_HASH)
		buf_str(&b, payload);
	v.hash = keep(x, &b);
	if (from == FROM_PATH)
		put_path(x, &b, payload);
	else
		buf_str(&b, x->bare);
	put_query_part(x, &b, from == FROM_QUERY ? param : -2, &payload);
	if (v.hash.len) {
		put_fragment(x, &b, v.hash);
		v.late_hash = str_empty(x->fragment);
	} else if (x->fragment.len) {
		buf_char(&b, '#');
		buf_str(&b, x->fragment);
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

static void set_phase(struct driver *d, int phase)
{
	struct buf b;
	d->phase = phase;
	buf_init(&b, 1 * KIB);
	buf_printf(&b, "window.%s&&(window.%s.phase=%d)", d->key, d->key, phase);
	driver_eval(d, buf_view(&b), NULL, NULL);
	buf_free(&b);
}

/* What waits for a visitor's hand. */
static int press_some(struct xss *x, struct error *e)
{
	_cleanup_json_ json_t *list = NULL;
	json_t *args = json_array();
	json_array_append_new(args, json_integer(3 * XSS_PRESSES));
	if (driver_do_in_page(x->d, "list", args, &list, NULL) < 0)
		return 0;
	set_phase(x->d, 2);
	for (size_t i = 0, n = 0; i < json_array_size(list) && n < XSS_PRESSES; i++) {
		const json_t *c = json_array_get(list, i);
		if (visit_dangerous(x->d, c))
			continue;
		n++;
		args = json_array();
		json_array_append_new(args, json_integer(json_get_int(c, "i", 0)));
		if (driver_do_in_page(x->d, "act", args, NULL, e) < 0 || driver_settle(x->d, 60, 800, e) < 0)
			return -1;
	}
	return 0;
}

static int tell(struct xss *x, const struct delivery *v, struct error *e)
{
	struct driver *d = x->d;
	set_phase(d, 1);
	if (v->message.len) {
		json_t *args = json_array();
		json_array_append_new(args, json_str(v->message));
		driver_do_in_page(d, "post", args, NULL, NULL);
	}
	if (v->late_hash)
		set_hash(d, v->hash);
	if (driver_settle(d, 120, 2000, e) < 0)
		return -1;
	if (!v->late_hash || !x->words.back)
		return 0;
	driver_eval(d, STR("history.go(-2)"), NULL, NULL);
	return driver_settle(d, 80, 1000, e);
}

/* Afterwards the page stays: where it wants to go is noted and refused. */
static int load(struct xss *x, struct str url, struct str referrer, struct error *e)
{
	struct driver *d = x->d;
	d->stay = false;
	if (driver_navigate(d, STR("about:blank"), STR(""), e) < 0)
		return -1;
	d->stay = true;
	d->phase = 0;
	if (driver_navigate(d, url, referrer, e) < 0)
		return -1;
	return driver_settle(d, 200, 4000, e);
}

static int deliver(struct xss *x, const struct delivery *v, struct error *e)
{
	struct driver *d = x->d;
	char taint[sizeof(d->taint)];
	snprintf(taint, sizeof(taint), "%s", d->taint);
	driver_install(d, taint, v->name, e);
	if (load(x, v->url, v->referrer, e) < 0)
		return -1;
	if (!x->read) {
		x->read = true;
		script_words_read(d, &x->words);
	}
	if (v->phase >= 1 && (v->message.len || v->late_hash) && tell(x, v, e) < 0)
		return -1;
	if (v->phase >= 2 && press_some(x, e) < 0)
		return -1;
	if (!x->then.len)
		return 0;
	driver_install(d, taint, STR(""), e);
	if (load(x, x->then, STR(""), e) < 0)
		return -1;
	return v->phase >= 2 ? press_some(x, e) : 0;
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

/* Links and forms that lead into a script run when they are used; so do fields of ours that
 * wait for the focus. */
static void use_script_links(struct driver *d)
{
	struct buf b;
	buf_init(&b, 4 * KIB);
	buf_printf(&b,
		   "(function(k){function all(q,f){[].slice.call(document.querySelectorAll(q),0,5).forEach(f)}"
		   "all('a[href^=\"javascript:'+k+'\"]',function(a){a.removeAttribute('target');a.click()});"
		   "all('form[action^=\"javascript:'+k+'\"]',function(f){f.submit()});"
		   "all('[onfocus*=\"'+k+'\"]',function(f){f.focus();f.dispatchEvent(new FocusEvent('focus'))})})('%s')",
		   d->key);
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

static void put_found(struct xss *x, const json_t *sink, enum source from, int param, const struct delivery *v,
		      struct str payload)
{
	json_t *f = json_object();
	struct str name = from == FROM_QUERY && param >= XSS_NAMED && (size_t)(param - XSS_NAMED) < x->words.n ?
				  x->words.names[param - XSS_NAMED].text :
			  from == FROM_HASH_PAIR && (size_t)param < x->words.n ? x->words.names[param].text : STR("");
	json_put(f, "source", json_c(source_name[from]));
	json_put(f, "param", json_integer(param));
	json_put(f, "name", json_str(name));
	json_put(f, "sink", json_str(json_get_str(sink, "kind")));
	json_put(f, "value", json_str(json_get_str(sink, "value")));
	json_put(f, "stack", json_str(json_get_str(sink, "stack")));
	json_put(f, "payload", json_str(payload));
	json_put(f, "phase", json_integer(v->phase));
	json_put(f, "url", json_str(v->url));
	json_put(f, "then", json_str(x->then));
	json_array_append_new(x->found, f);
}

/* The "=" behind our word reached the place as it was sent. */
static bool not_decoded(const struct driver *d, struct str value)
{
	ssize_t at = str_find(value, str_c(d->taint));
	size_t i = (size_t)at + strlen(d->taint) + 1;
	if (at < 0)
		return false;
	while (i < value.len && ascii_digit(value.ptr[i]))
		i++;
	return str_istarts(str_from(value, i < value.len ? i : value.len), STR("z%3D"));
}

/* 1 it ran, 0 it did not. */
static int prove(struct xss *x, const json_t *sink, enum source from, int param, struct error *e)
{
	struct str list[XSS_PAYLOADS];
	unsigned number = 1000 + (unsigned)x->ways;
	int phase = x->then.len ? 2 : (int)json_get_int(sink, "phase", 0);
	size_t n = xss_payloads(x->d, sink, number, list);
	x->light = not_decoded(x->d, json_get_str(sink, "value"));
	for (size_t i = 0; i < n; i++) {
		struct delivery v = only_there(x, from, param, list[i], phase);
		if (deliver(x, &v, e) < 0)
			return -1;
		bool done = ran(x->d, number);
		if (!done) {
			use_script_links(x->d);
			if (driver_settle(x->d, 60, 1000, e) < 0)
				return -1;
			done = ran(x->d, number);
		}
		if (!done)
			continue;
		put_found(x, sink, from, param, &v, list[i]);
		if (!x->d->png.len)
			driver_shot(x->d);
		return 1;
	}
	return 0;
}

/* Which source a tainted value came from, by what stands behind our word. */
static bool source_of(const struct driver *d, struct str value, enum source *ret, int *param)
{
	ssize_t at = str_find(value, str_c(d->taint));
	size_t n = strlen(d->taint);
	if (at < 0 || (size_t)at + n >= value.len)
		return false;
	const char *letter = strchr(source_letter, value.ptr[(size_t)at + n]);
	if (!letter || !*letter)
		return false;
	*ret = (enum source)(letter - source_letter);
	*param = 0;
	for (size_t i = (size_t)at + n + 1; i < value.len && ascii_digit(value.ptr[i]) && *param < 1000; i++)
		*param = *param * 10 + (value.ptr[i] - '0');
	if (*ret != FROM_QUERY && *ret != FROM_HASH_PAIR)
		*param = -1;
	return true;
}

/* Documents that the page wanted to go to with our word in their address: a sink that no
 * hook can be put on. */
static void add_locations(struct xss *x, json_t *sinks)
{
	struct driver *d = x->d;
	struct str base = x->then.len ? x->then : x->bare;
	base = str_sub(base, 0, (size_t)str_rchr(base, '/') + 1);
	for (size_t i = 0; i < json_array_size(d->requests); i++) {
		const json_t *q = json_array_get(d->requests, i);
		struct str url = json_get_str(q, "url");
		ssize_t at = str_find(url, str_c(d->taint));
		if (at < 0 || !str_eq(json_get_str(q, "kind"), STR("Document")) || json_get_bool(q, "sent", true))
			continue;
		json_t *s = json_object();
		json_put(s, "kind", json_c("location"));
		json_put(s, "value", json_str(str_sub(url, (size_t)at, (size_t)at + 200)));
		json_put(s, "before", json_integer((size_t)at == base.len ? 0 : (json_int_t)at));
		json_put(s, "phase", json_integer(json_get_int(q, "phase", 2)));
		json_array_append_new(sinks, s);
	}
	json_array_clear(d->requests);
	map_free(d->seen);
	d->seen = map_new();
}

static void note_writes(struct xss *x)
{
	_cleanup_json_ json_t *list = NULL;
	json_t *args = json_array();
	json_array_append_new(args, json_true());
	if (!x->words.storage || driver_do_in_page(x->d, "kept", args, &list, NULL) < 0) {
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		enum source from;
		int param;
		if (source_of(x->d, json_get_str(json_array_get(list, i), "value"), &from, &param))
			json_array_append(x->writes, json_array_get(list, i));
	}
}

/* The whole address went there, or the whole part behind "#": the plain look has shown it. */
static bool shown_before(struct xss *x, const json_t *sink, enum source from, struct map *done)
{
	struct str value = json_get_str(sink, "value"), taint = str_c(x->d->taint);
	ssize_t at = str_find(value, taint);
	bool several = at >= 0 && str_has(str_from(value, (size_t)at + taint.len), taint);
	if (x->probe == PROBE_PLAIN)
		return false;
	return (several && map_len(done) > 0) || (from == FROM_HASH_PAIR && map_has(done, STR("0 -1")));
}

/* One look, and a proof of each new way it shows. */
static int look(struct xss *x, enum probe probe, struct map *done, struct error *e)
{
	struct driver *d = x->d;
	x->light = false;
	struct delivery v = everywhere(x, probe);
	if (deliver(x, &v, e) < 0)
		return -1;
	_cleanup_json_ json_t *sinks = page_list(d, "sinks"), *asked = page_list(d, "asked");
	if (!json_is_array(sinks))
		return 0;
	if (probe == PROBE_PLAIN)
		script_words_asked(d, &x->words, asked);
	add_locations(x, sinks);
	note_writes(x);
	for (size_t i = 0; i < json_array_size(sinks) && x->ways < XSS_WAYS; i++) {
		const json_t *s = json_array_get(sinks, i);
		enum source from;
		int param;
		if (!source_of(d, json_get_str(s, "value"), &from, &param))
			continue;
		if (shown_before(x, s, from, done))
			continue;
		struct str key = arena_printf(d->job_arena, "%d %d %.*s", from, param, STR_ARG(json_get_str(s, "kind")));
		struct str proved = arena_printf(d->job_arena, "%d %d", from, param);
		if (map_has(done, proved) || !map_add(done, key))
			continue;
		x->ways++;
		int r = prove(x, s, from, param, e);
		if (r < 0)
			return -1;
		if (r > 0)
			map_add(done, proved);
	}
	return 0;
}

static int look_all(struct xss *x, struct error *e)
{
	const struct script_words *w = &x->words;
	_cleanup_map_ struct map *done = map_new();
	if (look(x, PROBE_PLAIN, done, e) < 0)
		return -1;
	if (w->n && (w->search || w->hash) && look(x, PROBE_NAMED, done, e) < 0)
		return -1;
	if (w->dollar && look(x, PROBE_MARKUP, done, e) < 0)
		return -1;
	if (w->path && look(x, PROBE_PATH, done, e) < 0)
		return -1;
	if (w->storage) {
		json_t *args = json_array();
		json_array_append_new(args, json_true());
		driver_do_in_page(x->d, "kept", args, NULL, NULL); /* payloads, too */
	}
	return 0;
}

int xss_job(struct driver *d, json_t *answer, struct error *e)
{
	struct str via = json_get_str(d->job, "via"), url = json_get_str(d->job, "url");
	struct xss x = { .d = d, .url = url, .then = via.len ? url : STR(""), .found = json_array(), .writes = json_array() };
	char taint[sizeof(d->taint)];
	snprintf(taint, sizeof(taint), "zt%.8s", d->key + 2);
	split_url(&x, via.len ? via : url);
	json_put(answer, "sinks", x.found);
	json_put(answer, "writes", x.writes);
	json_put(answer, "url", json_str(url));
	if (driver_ready(d, taint, e) < 0 || driver_set_cookies(d, x.url, json_get_str(d->job, "cookie"), e) < 0)
		return -1;
	if (via.len && !requests_in_scope(d, via))
		return error_set(e, "browse.out-of-scope", "地址不在扫描范围内", "the address is out of scope");
	int r = look_all(&x, e);
	json_put(answer, "stores", json_boolean(x.words.storage));
	if (r < 0 && json_array_size(x.found) > 0 && !d->crashed) { /* what was proved before it hung is true */
		driver_end_browser(d);
		error_clear(e);
		r = 0;
	}
	return r;
}
