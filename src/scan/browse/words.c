/* What the scripts of a page speak of: names of parameters they look up, and which of the
 * places a stranger can write to they read at all. Read as text, so it only decides what is
 * worth a try; what is reported is proved by running. */
#include "base/limits.h"
#include "scan/browse/browse_private.h"

#define WORDS_TEXT (1 * MIB)
#define WORDS_SCRIPTS 12
#define WORD_LEN 32

static bool name_char(char c)
{
	return ascii_alnum(c) || c == '_' || c == '-' || c == '$';
}

static bool is_name(struct str s)
{
	if (s.len == 0 || s.len > WORD_LEN || (!ascii_alpha(s.ptr[0]) && s.ptr[0] != '_'))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!name_char(s.ptr[i]) && s.ptr[i] != '.')
			return false;
	return true;
}

static void add(struct script_words *w, struct str name, int weight)
{
	for (size_t i = 0; i < w->n; i++)
		if (str_eq(w->names[i].text, name)) {
			if (w->names[i].weight < weight)
				w->names[i].weight = weight;
			return;
		}
	if (w->n < SCRIPT_WORDS) {
		w->names[w->n++] = (struct script_word){ name, weight };
		return;
	}
	for (size_t i = 0; i < w->n; i++)
		if (w->names[i].weight < weight) { /* a better one in its place */
			w->names[i] = (struct script_word){ name, weight };
			return;
		}
}

/* The identifier that ends before `end`, blanks and one "(" or "[" aside. */
static struct str called(struct str js, size_t end)
{
	size_t to = end, from;
	while (to && (ascii_space(js.ptr[to - 1]) || js.ptr[to - 1] == '('))
		to--;
	for (from = to; from && name_char(js.ptr[from - 1]); from--)
		;
	return str_sub(js, from, to);
}

static int weight_of(struct str js, size_t open, size_t close)
{
	size_t a = open, b = close + 1;
	while (a && ascii_space(js.ptr[a - 1]))
		a--;
	while (b < js.len && ascii_space(js.ptr[b]))
		b++;
	char before = a ? js.ptr[a - 1] : 0, after = b < js.len ? js.ptr[b] : 0;
	if (before == '(') {
		static const char *const asks[] = { "get", "has", "param", "query", "search", "arg", "hash", "url", NULL };
		struct str f = called(js, a);
		for (size_t i = 0; asks[i]; i++)
			if (str_ihas(f, str_c(asks[i])))
				return 3;
		return 0;
	}
	if (before == '=' && a > 1 && js.ptr[a - 2] == '=')
		return 2;
	if (after == '=' && b + 1 < js.len && js.ptr[b + 1] == '=')
		return 2;
	return before == '[' && after == ']' ? 2 : str_ieq(called(js, open), STR("case")) ? 2 : 0;
}

/* "name=" at the end of a text, as in '&name=' or /[?&]name=/. */
static void add_assigned(struct script_words *w, struct str js, size_t eq)
{
	size_t from = eq;
	while (from && name_char(js.ptr[from - 1]))
		from--;
	struct str name = str_sub(js, from, eq);
	char before = from ? js.ptr[from - 1] : 0;
	bool quoted = eq + 1 < js.len && (js.ptr[eq + 1] == '\'' || js.ptr[eq + 1] == '"' || js.ptr[eq + 1] == '(' ||
					  js.ptr[eq + 1] == '[');
	bool begins = before == '?' || before == '&' || before == '#' ||
		      (before == ']' && from > 1 && (js.ptr[from - 2] == '&' || js.ptr[from - 2] == '?')) ||
		      (before == ')' && from > 1 && js.ptr[from - 2] == '&') ||
		      ((before == '\'' || before == '"') && quoted);
	if (begins && is_name(name))
		add(w, name, 3);
}

static void add_member(struct script_words *w, struct str js, size_t dot)
{
	static const char *const owners[] = { "params", "query", "qs", "args", "search", "param", "urlparams",
					      "searchparams", "queryparams", "hashparams", NULL };
	size_t to = dot + 1;
	struct str owner = called(js, dot);
	while (to < js.len && name_char(js.ptr[to]))
		to++;
	struct str name = str_sub(js, dot + 1, to);
	if (to < js.len && js.ptr[to] == '(')
		return;
	for (size_t i = 0; owners[i]; i++)
		if (str_ieq(owner, str_c(owners[i])) && is_name(name) && !str_eq(name, STR("length")))
			add(w, name, 2);
}

static void read_script(struct script_words *w, struct str js)
{
	for (size_t i = 0; i < js.len; i++) {
		char c = js.ptr[i];
		if (c == '\'' || c == '"') {
			size_t to = i + 1;
			while (to < js.len && to - i <= WORD_LEN + 1 && js.ptr[to] != c && js.ptr[to] != '\n')
				to++;
			struct str text = str_sub(js, i + 1, to);
			int weight = to < js.len && js.ptr[to] == c && is_name(text) ? weight_of(js, i, to) : 0;
			if (weight)
				add(w, text, weight);
		} else if (c == '=') {
			add_assigned(w, js, i);
		} else if (c == '.') {
			add_member(w, js, i);
		}
	}
	w->search = w->search || str_has(js, STR("search")) || str_has(js, STR(".href")) || str_has(js, STR(".URL"));
	w->hash = w->hash || str_has(js, STR("hash")) || str_has(js, STR(".href")) || str_has(js, STR(".URL"));
	w->path = w->path || str_has(js, STR("pathname"));
	w->storage = w->storage || str_has(js, STR("localStorage")) || str_has(js, STR("sessionStorage")) ||
		     str_has(js, STR(".cookie"));
	w->dollar = w->dollar || str_has(js, STR("$(")) || str_has(js, STR("jQuery("));
	static const char *const places[] = { "location", "document.URL", "documentURI", "baseURI", "referrer", "window.name",
					      "self.name", "top.name", "message", "cookie", "Storage", "$(", "jQuery(", NULL };
	for (size_t i = 0; places[i] && !w->listens; i++)
		w->listens = str_has(js, str_c(places[i]));
	w->back = w->back || str_has(js, STR("popstate"));
}

/* Scripts of other files, as the browser keeps them. */
static void read_files(struct driver *d, struct script_words *w)
{
	_cleanup_json_ json_t *tree = NULL;
	size_t read = 0;
	if (net_browser_call(d->b, "Page.getResourceTree", NULL, &tree, NULL) < 0)
		return;
	const json_t *frame = json_object_get(tree, "frameTree"), *list = json_object_get(frame, "resources");
	for (size_t i = 0; i < json_array_size(list) && read < WORDS_SCRIPTS; i++) {
		const json_t *r = json_array_get(list, i);
		_cleanup_json_ json_t *text = NULL;
		if (!str_eq(json_get_str(r, "type"), STR("Script")) || !requests_in_scope(d, json_get_str(r, "url")))
			continue;
		json_t *p = json_object();
		json_put(p, "frameId", json_str(json_get_str(json_object_get(frame, "frame"), "id")));
		json_put(p, "url", json_str(json_get_str(r, "url")));
		if (net_browser_call(d->b, "Page.getResourceContent", p, &text, NULL) < 0 ||
		    json_get_bool(text, "base64Encoded", false))
			continue;
		read++;
		if (arena_left(d->job_arena) > 4 * WORDS_TEXT)
			read_script(w, arena_str(d->job_arena, str_sub(json_get_str(text, "content"), 0, WORDS_TEXT)));
	}
}

void script_words_read(struct driver *d, struct script_words *w)
{
	static const char inlined[] =
		"(function(){var t=[].map.call(document.scripts,function(s){return s.src?'':s.textContent}),n=0;"
		"[].slice.call(document.querySelectorAll('*'),0,3000).forEach(function(e){for(var i=0;i<e.attributes.length;i++){"
		"var a=e.attributes[i];if(/^on/.test(a.name)&&n++<300)t.push(a.value)}});return t.join('\\n').slice(0,1000000)})()";
	_cleanup_json_ json_t *text = NULL;
	if (driver_eval(d, str_c(inlined), &text, NULL) == 0 && json_is_string(text))
		read_script(w, arena_str(d->job_arena,
					 str_sub(str_make(json_string_value(text), json_string_length(text)), 0, WORDS_TEXT)));
	read_files(d, w);
}

void script_words_asked(struct driver *d, struct script_words *w, const json_t *asked)
{
	for (size_t i = 0; i < json_array_size(asked); i++) {
		const json_t *v = json_array_get(asked, i);
		struct str name = str_make(json_string_value(v), json_string_length(v));
		if (name.len && name.len <= WORD_LEN)
			add(w, arena_str(d->job_arena, name), 4);
	}
}
