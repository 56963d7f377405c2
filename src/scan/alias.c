/* Traps of the crawl that look like pages. Many servers run the script or index above for any
 * address below it (path information), and its relative links then lead to ever new addresses of
 * the same kind. A page that says word for word what an address above it says, with relative
 * links, is that page under another name. And words of plain texts that look like addresses (paths
 * of the machine in a phpinfo page) are tried a few times per first folder, no more once none of
 * them was there. Memory: 16 bytes a page; decisions depend on the order of commits only. */
#include "base/limits.h"
#include "base/mem.h"
#include "scan/scan_private.h"

#define LIMIT_GUESSES_IN_VAIN 8	   /* below one first folder, without a hit */
#define LIMIT_GUESS_FOLDERS 2000   /* first folders that are counted; words below others are not tried */
#define LIMIT_GUESSES_PER_FOLDER 500

static bool is_relative(struct str raw)
{
	raw = str_trim(raw);
	ssize_t colon = str_chr(raw, ':'), slash = str_chr(raw, '/');
	return raw.len > 0 && raw.ptr[0] != '/' && raw.ptr[0] != '#' && raw.ptr[0] != '?' && raw.ptr[0] != '\\' &&
	       (colon < 0 || (slash >= 0 && slash < colon));
}

/* Hash of what the page says and where it leads, as written. False: it has nothing that could
 * multiply. Numbers do not count (times, counters), nor queries (tokens), nor its own path. */
static bool words_of(const struct answer *a, char out[33])
{
	const struct scan_page *p = a->x.page;
	struct buf b, plain;
	bool relative = false;
	if (!p)
		return false;
	buf_init(&b, 1 * MIB);
	buf_init(&plain, 1 * MIB);
	buf_printf(&plain, "%d %zu %.*s\n", a->x.status, p->forms_len, STR_ARG(str_sub(p->title, 0, 500)));
	for (size_t i = 0; i < p->links_len && plain.len < 256 * KIB; i++) {
		struct str raw = p->links[i].raw;
		ssize_t mark = str_chr(raw, '?');
		relative = relative || is_relative(raw);
		buf_str(&plain, mark < 0 ? raw : str_sub(raw, 0, (size_t)mark));
		buf_char(&plain, '\n');
	}
	kit_unreflect(&b, p->visible, a->x.path, STR("*"));
	for (size_t i = 0; i < b.len; i++)
		if (!ascii_digit(b.ptr[i]))
			buf_char(&plain, b.ptr[i]);
	kit_hash(buf_view(&plain), out);
	buf_free(&plain);
	buf_free(&b);
	return relative;
}

static struct str key_of(struct arena *t, const struct url *u, struct str path, const char *words)
{
	char hash[33];
	kit_hash(arena_printf(t, "%.*s:%u%.*s %s", STR_ARG(u->host), (unsigned)u->port, STR_ARG(path), words), hash);
	return arena_str(t, str_make(hash, 32));
}

static struct str without_slash(struct str path)
{
	while (path.len && path.ptr[path.len - 1] == '/')
		path.len--;
	return path;
}

bool alias_page(struct run *r, const struct answer *a, char ret_words[33])
{
	ret_words[0] = 0;
	if (a->x.query.len || !str_eq(a->x.method, STR("GET")) || !words_of(a, ret_words)) {
		ret_words[0] = 0;
		return false;
	}
	struct arena *t = arena_new(1 * MIB);
	struct str path = a->url.path, dir = url_directory(&a->url), own = without_slash(path);
	bool yes = false;
	/* a page in the same folder leads where this one leads: only what is above that folder */
	for (size_t i = 0; !yes && i + 1 < dir.len; i++)
		if (dir.ptr[i] == '/')
			yes = seen_has(r->aliases, key_of(t, &a->url, str_sub(path, 0, i), ret_words)) ||
			      seen_has(r->aliases, key_of(t, &a->url, str_sub(path, 0, i + 1), ret_words));
	/* "/page.php/" and "/page.php" */
	if (!yes && own.len < path.len && own.len)
		yes = seen_has(r->aliases, key_of(t, &a->url, own, ret_words));
	if (!yes)
		alias_remember(r, &a->url, ret_words);
	arena_free(t);
	return yes;
}

void alias_remember(struct run *r, const struct url *u, const char *words)
{
	struct arena *t = arena_new(1 * MIB);
	struct str path = u->path, dir = url_directory(u);
	seen_add(r->aliases, key_of(t, u, path, words));
	/* the index of a folder may be known by its name only ("/index.php") */
	if (str_istarts(str_from(path, dir.len), STR("index.")) || str_istarts(str_from(path, dir.len), STR("default.")))
		seen_add(r->aliases, key_of(t, u, dir, words));
	arena_free(t);
}

/* ---- words of texts ---- */

struct guesses {
	uint32_t asked, hits;
};

static struct guesses *guesses_of(struct run *r, struct str url)
{
	struct url u;
	struct arena *t = arena_new(1 * MIB);
	struct guesses *g = NULL;
	if (url_parse(t, url, NULL, 0, &u, NULL) == 0) {
		struct str rest = str_from(u.path, 1), first = STR("");
		str_split(&rest, '/', &first);
		struct str key = rest.len ? first : STR("/"); /* files at the top are one kind */
		g = map_get(r->guesses, key);
		if (!g && map_len(r->guesses) < LIMIT_GUESS_FOLDERS) {
			g = mem_alloc(sizeof(*g));
			map_put(r->guesses, key, g);
		}
	}
	arena_free(t);
	return g;
}

static bool from_text(const struct spec *s)
{
	return s->kind == LINK_GUESS || s->kind == LINK_COMMENT;
}

bool alias_guess_wanted(struct run *r, const struct spec *s)
{
	if (!from_text(s))
		return true;
	struct guesses *g = guesses_of(r, s->url);
	if (!g || g->asked >= LIMIT_GUESSES_PER_FOLDER || (!g->hits && g->asked >= LIMIT_GUESSES_IN_VAIN))
		return false;
	g->asked++;
	return true;
}

void alias_guess_learn(struct run *r, const struct spec *s, bool there)
{
	struct guesses *g = from_text(s) ? guesses_of(r, s->url) : NULL;
	if (g)
		g->hits += there;
}
