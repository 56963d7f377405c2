/* The frontier of the crawl: what is in scope, new, harmless and worth a request, in an
 * order that does not depend on timing. Pages alike (same loose path pattern and
 * parameter names) form a cluster; a cluster that keeps giving the same page signature is
 * soon full, one that gives new pages may go on. Guards stop calendars, session
 * identifiers in paths and names that nest without end. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "scan/scan_private.h"

#define LIMIT_FRONTIER_URL 2000	   /* longer addresses are traps more often than pages */
#define LIMIT_FRONTIER_PARAMS 40
#define LIMIT_FRONTIER_SEGMENTS 20
#define LIMIT_FRONTIER_QUEUE 1000000
#define FRONTIER_SAMPLES 5 /* documents of each kind */

void frontier_init(struct run *r)
{
	r->frontier.seen = map_new();
	r->frontier.clusters = map_new();
	r->frontier.samples = map_new();
}

void frontier_free(struct run *r)
{
	for (size_t i = 0; i < r->frontier.heap.len; i++)
		free(r->frontier.heap.ptr[i]);
	vec_free(&r->frontier.heap);
	if (r->frontier.clusters)
		map_free_values(r->frontier.clusters, free);
	map_free(r->frontier.seen);
	map_free(r->frontier.samples);
}

bool run_in_scope(const struct run *r, const struct url *u)
{
	for (size_t i = 0; i < r->scope.len; i++)
		if (url_same_origin(u, &r->scope.ptr[i]))
			return true;
	return false;
}

bool run_excluded(const struct run *r, struct str url)
{
	for (size_t i = 0; i < r->excludes.len; i++) {
		pcre2_match_data *m = pcre2_match_data_create(1, NULL);
		pcre2_match_context *c = pcre2_match_context_create(NULL);
		pcre2_set_match_limit(c, 100000);
		int n = pcre2_match(r->excludes.ptr[i], (PCRE2_SPTR)url.ptr, url.len, 0, 0, m, c);
		pcre2_match_context_free(c);
		pcre2_match_data_free(m);
		/* a limit that was reached counts as a match: better one page less */
		if (n >= 0 || (n != PCRE2_ERROR_NOMATCH && n < 0))
			return true;
	}
	return false;
}

static bool less(const struct spec *a, const struct spec *b)
{
	return a->order < b->order;
}

static void heap_push(struct frontier *f, struct spec *s)
{
	*vec_push(&f->heap) = s;
	size_t i = f->heap.len - 1;
	while (i > 0 && less(f->heap.ptr[i], f->heap.ptr[(i - 1) / 2])) {
		struct spec *t = f->heap.ptr[i];
		f->heap.ptr[i] = f->heap.ptr[(i - 1) / 2];
		f->heap.ptr[(i - 1) / 2] = t;
		i = (i - 1) / 2;
	}
}

static struct spec *heap_pop(struct frontier *f)
{
	if (f->heap.len == 0)
		return NULL;
	struct spec *top = f->heap.ptr[0], *last = vec_pop(&f->heap);
	if (f->heap.len == 0)
		return top;
	size_t i = 0;
	f->heap.ptr[0] = last;
	for (;;) {
		size_t c = 2 * i + 1;
		if (c >= f->heap.len)
			break;
		if (c + 1 < f->heap.len && less(f->heap.ptr[c + 1], f->heap.ptr[c]))
			c++;
		if (!less(f->heap.ptr[c], last))
			break;
		f->heap.ptr[i] = f->heap.ptr[c];
		i = c;
		f->heap.ptr[i] = last;
	}
	return top;
}

static bool in_list(struct str ext, const char *const *list)
{
	for (; *list; list++)
		if (str_eq(ext, str_c(*list)))
			return true;
	return false;
}

/* Documents and archives: a few of each kind are looked at, for what they give away. */
static bool sampled_out(struct run *r, struct str ext)
{
	static const char *const list[] = { "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "wps", "zip", "rar",
					    "7z", "gz", "tgz", "bz2", "jar", "svg", NULL };
	if (!in_list(ext, list) || r->o.mode == SCAN_QUICK)
		return true;
	uintptr_t n = (uintptr_t)map_get(r->frontier.samples, ext);
	map_put(r->frontier.samples, ext, (void *)(n + 1));
	return n >= FRONTIER_SAMPLES;
}

/* Files that hold nothing for us; pictures, archives, fonts, media. */
static bool boring_extension(struct str ext)
{
	static const char *const list[] = {
		"png", "jpg", "jpeg", "gif", "bmp", "ico", "webp", "avif", "svg", "tif", "tiff", "woff", "woff2",
		"ttf", "otf", "eot", "mp3", "mp4", "avi", "mov", "wmv", "flv", "mkv", "webm", "ogg", "wav", "m4a",
		"m3u8", "ts", "zip", "rar", "7z", "gz", "tgz", "bz2", "xz", "iso", "exe", "msi", "dmg", "apk",
		"deb", "rpm", "bin", "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "wps", "swf", "jar", "cab", NULL };
	return in_list(ext, list);
}

/* "?ver=6.1", "?v=3", "?99ac726223": a version of the same file. */
static bool version_query(struct str query)
{
	ssize_t eq = str_chr(query, '=');
	if (eq < 0)
		return true;
	struct str name = str_sub(query, 0, (size_t)eq);
	return str_chr(query, '&') < 0 && (str_ieq(name, STR("v")) || str_ieq(name, STR("ver")) || str_ieq(name, STR("t")) ||
					   str_ieq(name, STR("version")) || str_ieq(name, STR("_")));
}

static bool repeated_segments(struct str path)
{
	struct str parts[LIMIT_FRONTIER_SEGMENTS], rest = path, part;
	size_t n = 0;
	while (str_split(&rest, '/', &part)) {
		if (str_empty(part))
			continue;
		if (n == ARRAY_SIZE(parts))
			return true;
		size_t same = 0;
		for (size_t i = 0; i < n; i++)
			same += str_eq(parts[i], part);
		if (same >= 3 || (same == 2 && n > 0 && part.len > 2))
			return true;
		parts[n++] = part;
	}
	return false;
}

/* Nested names (a[0][a[0][b]]), too many parameters, values that hold the whole
 * query again. */
static bool trap_query(struct str query)
{
	struct str pair;
	size_t n = 0;
	while (str_split(&query, '&', &pair)) {
		if (++n > LIMIT_FRONTIER_PARAMS)
			return true;
		ssize_t eq = str_chr(pair, '=');
		struct str name = eq < 0 ? pair : str_sub(pair, 0, (size_t)eq);
		size_t open = 0;
		for (size_t i = 0; i < name.len; i++)
			open += name.ptr[i] == '[' ||
				(name.ptr[i] == '%' && str_istarts(str_from(name, i), STR("%5b")));
		if (open > 3 || name.len > 128)
			return true;
	}
	return false;
}

static int cmp_str(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Sorted parameter names of a query or form body behind a path pattern. */
static void cluster_key(struct buf *b, const struct spec *s, const struct url *u)
{
	struct str names[LIMIT_FRONTIER_PARAMS + 1], rest = u->query, pair;
	size_t n = 0;
	buf_str(b, s->method);
	buf_char(b, ' ');
	kit_path_pattern(b, u->path, true);
	for (int body = 0; body < 2; body++) {
		while (n < LIMIT_FRONTIER_PARAMS && str_split(&rest, '&', &pair)) {
			ssize_t eq = str_chr(pair, '=');
			names[n++] = eq < 0 ? pair : str_sub(pair, 0, (size_t)eq);
		}
		rest = str_starts(s->type, STR("application/x-www")) ? s->body : STR("");
	}
	qsort(names, n, sizeof(names[0]), cmp_str);
	for (size_t i = 0; i < n; i++) {
		buf_char(b, i ? '&' : '?');
		kit_path_pattern(b, names[i], true);
	}
}

static struct cluster *cluster_of(struct run *r, const struct spec *s, const struct url *u)
{
	struct buf b;
	buf_init(&b, 16 * KIB);
	cluster_key(&b, s, u);
	struct cluster *c = map_get(r->frontier.clusters, buf_view(&b));
	if (!c) {
		c = mem_alloc(sizeof(*c));
		map_put(r->frontier.clusters, buf_view(&b), c);
	}
	buf_free(&b);
	return c;
}

/* How many of a kind are asked for. Paths without a query are content more often than
 * traps, and may hold personal data: be generous there. */
static bool cluster_full(const struct run *r, const struct cluster *c, const struct url *u)
{
	bool query = u->query.len > 0;
	unsigned base = r->o.mode == SCAN_QUICK ? 5 : r->o.mode == SCAN_STANDARD ? 20 : 60;
	if (!query)
		base *= r->o.mode == SCAN_QUICK ? 10 : 100;
	unsigned more = c->distinct * base / 2;
	unsigned most = query ? base * 5 : base * 10;
	unsigned limit = base + more;
	return c->seen >= (limit < most ? limit : most);
}

void frontier_learn(struct run *r, const struct spec *s, const struct kit_sig *sig)
{
	struct url u;
	struct arena *a = arena_new(1 * MIB);
	if (url_parse(a, s->url, NULL, 0, &u, NULL) == 0) {
		struct cluster *c = cluster_of(r, s, &u);
		bool known = false;
		c->done++;
		for (size_t i = 0; i < c->sigs_len; i++)
			known = known || kit_same_sig(&c->sigs[i], sig);
		if (!known) {
			c->distinct++;
			if (c->sigs_len < ARRAY_SIZE(c->sigs))
				c->sigs[c->sigs_len++] = *sig;
		}
	}
	arena_free(a);
}

/* Lower is sooner. Depth first of all; then what a visitor would follow. */
static uint64_t priority(const struct spec *s)
{
	static const unsigned char late[] = {
		[LINK_A] = 0, [LINK_FRAME] = 0, [LINK_REFRESH] = 0, [LINK_SEED] = 0, [LINK_FORM] = 1,
		[LINK_SCRIPT] = 1, [LINK_HEADER] = 1, [LINK_JS] = 2, [LINK_ROBOTS] = 2, [LINK_STYLE] = 2,
		[LINK_COMMENT] = 3, [LINK_SITEMAP] = 2, [LINK_RESOURCE] = 3, [LINK_CSS] = 3, [LINK_GUESS] = 3,
		[LINK_API] = 1,
	};
	return (uint64_t)(s->depth * 2 + late[s->kind]);
}

static bool wanted(struct run *r, const struct spec *s, const struct url *u, struct arena *a)
{
	if (!run_in_scope(r, u) || s->url.len > LIMIT_FRONTIER_URL || s->depth > r->o.max_depth)
		return false;
	if (repeated_segments(u->path) || trap_query(u->query))
		return false;
	if (form_link_logs_out(s->url, STR("")) || form_link_destroys(s->url, STR("")))
		return false;
	if (run_excluded(r, s->url))
		return false;
	struct str ext = url_extension(a, u);
	return !boring_extension(ext) || !version_query(u->query) || !sampled_out(r, ext);
}

bool frontier_push(struct run *r, const struct spec *given)
{
	struct frontier *f = &r->frontier;
	if (f->heap.len >= LIMIT_FRONTIER_QUEUE)
		return false;
	char key[33];
	spec_key(given, key);
	if (map_has(f->seen, str_make(key, 32)))
		return false;
	struct arena *a = arena_new(1 * MIB);
	struct url u;
	bool take = url_parse(a, given->url, NULL, 0, &u, NULL) == 0 && wanted(r, given, &u, a);
	if (take) {
		struct cluster *c = cluster_of(r, given, &u);
		take = r->replaying || !cluster_full(r, c, &u);
		c->seen += take;
	}
	arena_free(a);
	map_add(f->seen, str_make(key, 32));
	if (!take)
		return false;
	struct spec *s = spec_new(given);
	if (!r->replaying)
		s->order = priority(s) << 40 | f->sequence++;
	else if ((s->order & 0xFFFFFFFFFFu) >= f->sequence)
		f->sequence = (s->order & 0xFFFFFFFFFFu) + 1;
	heap_push(f, s);
	f->pushed++;
	if (!r->replaying) {
		struct buf b;
		buf_init(&b, 4 * MIB);
		spec_encode(s, &b);
		run_journal(r, "push", STR(""), buf_view(&b));
		buf_free(&b);
	}
	return true;
}

struct spec *frontier_pop(struct run *r)
{
	return heap_pop(&r->frontier);
}
