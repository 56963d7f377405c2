/* The frontier of the crawl: what is in scope, new, harmless and worth a request, in an
 * order that does not depend on timing. The queue is bounded in memory: its middle is put
 * aside in a temporary file, what was seen is remembered as hashes. Pages alike (same loose path pattern and
 * parameter names) form a cluster; a cluster that keeps giving the same page signature is
 * soon full, one that gives new pages may go on. Guards stop calendars, session
 * identifiers in paths and names that nest without end. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "scan/aside.h"
#include "scan/scan_private.h"

#define LIMIT_FRONTIER_URL 2000	   /* longer addresses are traps more often than pages */
#define LIMIT_FRONTIER_PARAMS 40
#define LIMIT_FRONTIER_SEGMENTS 20
#define LIMIT_FRONTIER_QUEUE 5000000 /* on disk, some hundred bytes each */
#define FRONTIER_SAMPLES 5 /* documents of each kind */

#define FRONTIER_PIECE 512	   /* addresses put aside in one piece */
#define FRONTIER_KEPT 2048	   /* addresses in memory before the first piece is put aside */
#define FRONTIER_CHOSEN 200	   /* pages behind one front controller that count for themselves */
#define LIMIT_CLUSTERS 100000	   /* kinds of pages that are counted; further kinds have no limit of their own */

void frontier_init(struct run *r)
{
	r->frontier.seen = seen_new();
	r->frontier.clusters = map_new();
	r->frontier.samples = map_new();
}

void frontier_free(struct run *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(r->frontier.lines); i++) {
		struct line *l = &r->frontier.lines[i];
		for (size_t k = l->at; k < l->head.len; k++)
			free(l->head.ptr[k]);
		for (size_t k = 0; k < l->tail.len; k++)
			free(l->tail.ptr[k]);
		vec_free(&l->head);
		vec_free(&l->tail);
		vec_free(&l->pieces);
	}
	if (r->frontier.clusters)
		map_free_values(r->frontier.clusters, free);
	seen_free(r->frontier.seen);
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

/* ---- the queue: one line per priority, first in, first out ---- */

static struct line *line_of(struct frontier *f, const struct spec *s)
{
	uint64_t n = s->order >> 40;
	return &f->lines[n < ARRAY_SIZE(f->lines) ? n : ARRAY_SIZE(f->lines) - 1];
}

static bool put_piece(struct run *r, struct line *l, const struct buf *b, size_t n)
{
	struct piece p = { .n = n, .len = b->len };
	if (n == 0 || b->overflow || run_put_aside(r, buf_view(b), &p.at) < 0)
		return false;
	*vec_push(&l->pieces) = p;
	return true;
}

/* The newest part of a line leaves memory; long addresses and bodies in several pieces. */
static void put_aside(struct run *r, struct line *l)
{
	struct buf b, one;
	size_t gone = 0, n = 0;
	bool ok = true;
	buf_init(&b, LIMIT_ASIDE_PIECE);
	buf_init(&one, LIMIT_ASIDE_PIECE);
	for (size_t i = 0; i < l->tail.len && ok; i++) {
		buf_clear(&one);
		spec_encode(l->tail.ptr[i], &one);
		if (n && b.len + one.len + 64 > LIMIT_ASIDE_PIECE && (ok = put_piece(r, l, &b, n))) {
			gone = i;
			n = 0;
			buf_clear(&b);
		}
		buf_blob(&b, buf_view(&one));
		n++;
	}
	if (ok && put_piece(r, l, &b, n))
		gone = l->tail.len;
	for (size_t i = 0; i < gone; i++)
		free(l->tail.ptr[i]);
	if (gone)
		memmove(l->tail.ptr, l->tail.ptr + gone, (l->tail.len - gone) * sizeof(*l->tail.ptr));
	l->tail.len -= gone;
	r->frontier.kept -= gone;
	buf_free(&one);
	buf_free(&b);
}

static void line_push(struct run *r, struct spec *s)
{
	struct frontier *f = &r->frontier;
	struct line *l = line_of(f, s);
	*vec_push(&l->tail) = s;
	f->kept++;
	f->len++;
	if (f->kept > FRONTIER_KEPT && l->tail.len >= FRONTIER_PIECE)
		put_aside(r, l);
}

static void take_piece(struct run *r, struct line *l)
{
	struct piece p = l->pieces.ptr[l->next_piece++];
	struct buf b;
	struct str bytes;
	buf_init(&b, LIMIT_ASIDE_PIECE + 16);
	if (run_get_aside(r, p.at, p.len, &b) == 0) {
		struct reader rd = reader_of(buf_view(&b));
		struct spec *s;
		while (rd.ptr < rd.end && reader_blob(&rd, &bytes) == 0 && (s = spec_decode(bytes))) {
			*vec_push(&l->head) = s;
			r->frontier.kept++;
		}
	}
	if (l->head.len != p.n) /* stopping: the journal has them */
		r->frontier.len -= p.n - l->head.len;
	if (l->next_piece == l->pieces.len) {
		vec_clear(&l->pieces);
		l->next_piece = 0;
	}
	buf_free(&b);
}

static struct spec *line_pop(struct run *r, struct line *l)
{
	struct frontier *f = &r->frontier;
	if (l->at == l->head.len) {
		vec_clear(&l->head);
		l->at = 0;
		if (l->next_piece < l->pieces.len) {
			take_piece(r, l);
		} else {
			__typeof__(l->head) empty = l->head;
			l->head.ptr = l->tail.ptr, l->head.len = l->tail.len, l->head.cap = l->tail.cap;
			l->tail.ptr = empty.ptr, l->tail.len = 0, l->tail.cap = empty.cap;
		}
	}
	if (l->at == l->head.len)
		return NULL;
	f->kept--;
	f->len--;
	return l->head.ptr[l->at++];
}

size_t frontier_len(const struct run *r)
{
	return r->frontier.len;
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

/* Sorted parameter names of a query or form body behind a path pattern. `pages`: what chooses the page
 * behind a front controller. */
static void cluster_key(struct buf *b, struct buf *pages, const struct spec *s, const struct url *u)
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
			if (!body && eq > 0 && points_choose_page(names[n - 1], str_from(pair, (size_t)eq + 1))) {
				buf_char(pages, '&');
				kit_path_pattern(pages, pair, true);
			}
		}
		rest = str_starts(s->type, STR("application/x-www")) ? s->body : STR("");
	}
	qsort(names, n, sizeof(names[0]), cmp_str);
	for (size_t i = 0; i < n; i++) {
		buf_char(b, i ? '&' : '?');
		kit_path_pattern(b, names[i], true);
	}
}

static struct cluster *cluster_named(struct run *r, struct str key)
{
	struct cluster *c = map_get(r->frontier.clusters, key);
	if (!c && map_len(r->frontier.clusters) < LIMIT_CLUSTERS) {
		c = mem_alloc(sizeof(*c));
		c->hashed = str_has(key, STR("/H/")) || str_has(key, STR("H?")) || str_ends(key, STR("/H"));
		map_put(r->frontier.clusters, key, c);
	}
	return c;
}

/* Each page behind a front controller (index.php?page=news) is a kind of its own; to a number. */
static struct cluster *cluster_of(struct run *r, const struct spec *s, const struct url *u)
{
	struct buf b, pages;
	buf_init(&b, 16 * KIB);
	buf_init(&pages, 16 * KIB);
	cluster_key(&b, &pages, s, u);
	struct cluster *c = cluster_named(r, buf_view(&b));
	if (c && pages.len && !pages.overflow) {
		buf_char(&b, ' ');
		buf_str(&b, buf_view(&pages));
		bool known = map_has(r->frontier.clusters, buf_view(&b));
		if (known || c->chosen < FRONTIER_CHOSEN) {
			c->chosen += !known;
			c = cluster_named(r, buf_view(&b));
		}
	}
	buf_free(&pages);
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
	/* an identifier in the path, and always the same page behind it: a session's */
	if (!query && c->hashed && c->distinct <= 2 && c->done >= 6 && limit > 100)
		limit = 100;
	return c->seen >= (limit < most ? limit : most);
}

void frontier_learn(struct run *r, const struct spec *s, const struct kit_sig *sig)
{
	struct url u;
	struct arena *a = arena_new(1 * MIB);
	if (url_parse(a, s->url, NULL, 0, &u, NULL) == 0) {
		struct cluster *c = cluster_of(r, s, &u);
		bool known = !c;
		for (size_t i = 0; c && i < c->sigs_len; i++)
			known = known || kit_same_sig(&c->sigs[i], sig);
		if (c)
			c->done++;
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
		[LINK_API] = 1, [LINK_API_GUESS] = 3,
	};
	return (uint64_t)s->depth * 2 + late[s->kind];
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

static bool push(struct run *r, const struct spec *given)
{
	struct frontier *f = &r->frontier;
	if (f->len >= LIMIT_FRONTIER_QUEUE)
		return false;
	char key[33];
	spec_key(given, key);
	if (seen_has(f->seen, str_make(key, 32)))
		return false;
	struct arena *a = arena_new(1 * MIB);
	struct url u;
	bool take = url_parse(a, given->url, NULL, 0, &u, NULL) == 0 && wanted(r, given, &u, a);
	if (take) {
		struct cluster *c = cluster_of(r, given, &u);
		take = r->replaying || !c || !cluster_full(r, c, &u);
		if (c)
			c->seen += take;
	}
	arena_free(a);
	seen_add(f->seen, str_make(key, 32));
	if (!take)
		return false;
	struct spec *s = spec_new(given);
	if (!r->replaying)
		s->order = priority(s) << 40 | f->sequence++;
	else if ((s->order & 0xFFFFFFFFFFu) >= f->sequence)
		f->sequence = (s->order & 0xFFFFFFFFFFu) + 1;
	f->pushed++;
	if (!r->replaying) {
		struct buf b;
		buf_init(&b, 4 * MIB);
		spec_encode(s, &b);
		run_journal(r, "push", STR(""), buf_view(&b));
		buf_free(&b);
	}
	line_push(r, s);
	return true;
}

bool frontier_push(struct run *r, const struct spec *given)
{
	if (r->o.intrusive || !caution_has_file(given->body, given->type))
		return push(r, given);
	struct spec *bare = caution_without_file(given); /* no file goes out without leave */
	bool pushed = push(r, bare);
	free(bare);
	return pushed;
}

void frontier_again(struct run *r, const struct spec *given)
{
	struct spec *s = spec_new(given);
	s->order = priority(s) << 40 | r->frontier.sequence++;
	line_push(r, s);
}

struct spec *frontier_pop(struct run *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(r->frontier.lines); i++) {
		struct spec *s;
		struct line *l = &r->frontier.lines[i];
		while (l->at < l->head.len || l->next_piece < l->pieces.len || l->tail.len)
			if ((s = line_pop(r, l)))
				return s;
	}
	return NULL;
}
