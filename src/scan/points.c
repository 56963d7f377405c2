/* Insertion points: which inputs a request has, and the same request with one of them
 * changed. Names and order stay as they were; only the value that is probed is
 * encoded anew. */
#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "net/cookie.h"
#include "scan/scan_private.h"
#include "scan/values.h"

#define LIMIT_POINTS 40 /* per request */
#define POINTS_PER_COOKIE 2	/* requests on which one cookie is probed in standard mode */
#define POINTS_PER_CHOOSER 3 /* pages on which the parameter that chooses them is probed */
#define POINTS_PER_FOLDER 2	/* words behind one path prefix that are tried as values */
#define POINTS_WITH_HEADERS 120 /* requests whose User-Agent and the like are probed in standard mode */
#define POINTS_PER_VARY 200	 /* the same for headers that the answer says it depends on */
#define POINTS_PER_OWN 6	/* requests on which a header of the site's own scripts is probed in standard mode */
#define POINTS_BARE 40		/* requests without input whose headers are probed in standard mode */

const char *const points_header_names[POINTS_HEADERS] = { "User-Agent", "Referer", "X-Forwarded-For" };

/* Fields of a body that we know how to write again. */
static size_t body_values(struct arena *a, const struct spec *s, struct form_value *list, size_t max,
			  bool *ret_multipart)
{
	size_t n = 0;
	*ret_multipart = str_istarts(s->type, STR("multipart/"));
	if (*ret_multipart)
		return caution_parts(s->body, s->type, list, max);
	if (!str_istarts(s->type, STR("application/x-www-form-urlencoded")))
		return 0;
	struct url_pairs pairs = url_pairs_split(a, s->body);
	for (; n < pairs.len && n < max; n++)
		list[n] = (struct form_value){ url_form_decode(a, pairs.ptr[n].name),
					       url_form_decode(a, pairs.ptr[n].value), false };
	return n;
}

static bool is_button(struct str name, struct str value)
{
	static const struct str words[] = { STR_INIT("submit"), STR_INIT("login"), STR_INIT("send"), STR_INIT("change"), STR_INIT("upload"),
					    STR_INIT("save"), STR_INIT("ok"), STR_INIT("button") };
	if (str_ieq(name, STR("submit")) || str_istarts(name, STR("btn")) || str_ieq(name, STR("MAX_FILE_SIZE")))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_ieq(name, words[i]) && str_ieq(value, words[i]))
			return true;
	return false;
}

/* Buttons and tokens have no value worth probing. */
static bool worth_it(struct str name, struct str value)
{
	return !is_button(name, value) && name.len > 0 && name.len < 100 && !form_is_token(name, value) &&
	       !str_istarts(name, STR("__VIEWSTATE")) && !str_istarts(name, STR("__EVENT"));
}

/* How often `what` was taken so far is less than most: takes it. */
static bool take(struct run *r, const char *kind, struct str what, uintptr_t most)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	buf_c(&b, kind);
	buf_str(&b, what);
	uintptr_t n = (uintptr_t)map_get(r->attack.kinds, buf_view(&b));
	if (n < most)
		map_put(r->attack.kinds, buf_view(&b), (void *)(n + 1));
	buf_free(&b);
	return n < most;
}

/* Numbers, and long identifiers: what a router takes for a value. */
static bool like_a_value(struct str part)
{
	size_t digits = 0, hex = 0;
	for (size_t i = 0; i < part.len; i++) {
		digits += ascii_digit(part.ptr[i]);
		hex += ascii_digit(part.ptr[i]) || part.ptr[i] == '-' || ((part.ptr[i] | 0x20) >= 'a' && (part.ptr[i] | 0x20) <= 'f');
	}
	return part.len > 0 && (digits == part.len || (part.len >= 12 && hex == part.len && digits >= 2));
}

bool points_choose_page(struct str name, struct str value)
{
	static const char *const names[] = { "page", "p", "action", "act", "do", "m", "mod", "module", "c", "ctl",
					     "controller", "a", "r", "route", "s", "view", "op", "func", "method",
					     "option", "com", "app", "service", "cmd", "path", "file" };
	size_t letters = 0, digits = 0;
	if (value.len < 2 || value.len > 60 || like_a_value(value))
		return false;
	for (size_t i = 0; i < value.len; i++) {
		letters += ascii_alpha(value.ptr[i]);
		digits += ascii_digit(value.ptr[i]);
		if (!ascii_alnum(value.ptr[i]) && !strchr("_-./%", value.ptr[i]))
			return false;
	}
	if (letters <= digits) /* "html5-help.php" names a page, "p12" a number of one */
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_ieq(name, str_c(names[i])))
			return true;
	return false;
}

/* Is the cookie sent to the site's root too? One that belongs to a folder is that folder's input. */
static bool cookie_at_root(struct run *r, const struct url *u, struct str name)
{
	struct url root = *u;
	struct buf b;
	struct str part;
	bool yes = false;
	root.path = STR("/");
	buf_init(&b, 16 * KIB);
	people_cookies(r, AS_FIRST, &root, &b);
	struct str rest = buf_view(&b);
	while (!yes && str_split(&rest, ';', &part)) {
		ssize_t eq = str_chr(part, '=');
		yes = eq > 0 && str_eq(str_trim(str_sub(part, 0, (size_t)eq)), name);
	}
	buf_free(&b);
	return yes;
}

/* The input itself and, when its value is a wrapping, those inside. */
static void add_point(struct run *r, struct target *t, struct arena *a, enum scan_where where, struct str name, struct str value)
{
	struct wrap inside[LIMIT_WRAP_LEAVES];
	attack_add_unit(r, t, UNIT_POINT, where, name, value);
	size_t n = r->o.mode == SCAN_QUICK ? 0 : wrap_find(a, value, inside, LIMIT_WRAP_LEAVES);
	for (size_t i = 0; i < n; i++)
		attack_add_wrapped(r, t, where, name, &inside[i]);
}

static struct str setter(struct arena *a, const struct url *u, struct str name)
{
	return arena_printf(a, "sets %.*s %.*s", STR_ARG(u->path), STR_ARG(name));
}

void points_note_cookies(struct run *r, const struct answer *a)
{
	struct str v;
	size_t at = 0;
	while (scan_header_next(&a->x.headers, "set-cookie", &at, &v)) {
		struct set_cookie c;
		if (cookie_parse(v, 0, &c) == 0 && !cookie_looks_like_session(c.name))
			take(r, "", setter(a->arena, &a->url, c.name), 1);
	}
}

/* One that goes to every page: asked of the first pages, and of those that set it. */
static bool cookie_asked(struct run *r, struct arena *a, const struct url *u, struct str name)
{
	return r->o.mode == SCAN_DEEP || !cookie_at_root(r, u, name) || take(r, "cookie ", name, POINTS_PER_COOKIE) ||
	       (map_has(r->attack.kinds, setter(a, u, name)) && take(r, "cookie set ", name, POINTS_PER_COOKIE));
}

static void cookie_points(struct run *r, struct target *t)
{
	struct buf b;
	struct url u;
	struct arena *a = arena_new(1 * MIB);
	buf_init(&b, 16 * KIB);
	if (url_parse(a, t->spec->url, NULL, 0, &u, NULL) == 0)
		people_cookies(r, AS_FIRST, &u, &b);
	struct str rest = buf_view(&b), part;
	while (str_split(&rest, ';', &part)) {
		part = str_trim(part);
		ssize_t eq = str_chr(part, '=');
		if (eq <= 0)
			continue;
		struct str name = str_sub(part, 0, (size_t)eq), value = str_from(part, (size_t)eq + 1);
		if ((!cookie_looks_like_session(name) || value.len < 8) && worth_it(name, value) && cookie_asked(r, a, &u, name))
			add_point(r, t, a, WHERE_COOKIE, name, url_form_decode(a, value));
	}
	buf_free(&b);
	arena_free(a);
}

bool points_static(const struct url *u)
{
	static const struct str programs[] = { STR_INIT(".php"), STR_INIT(".jsp"), STR_INIT(".asp"), STR_INIT(".aspx"), STR_INIT(".do"),
					       STR_INIT(".action"), STR_INIT(".cgi"), STR_INIT(".ashx"), STR_INIT(".py"), STR_INIT(".pl") };
	ssize_t slash = str_rchr(u->path, '/');
	if (str_chr(str_from(u->path, (size_t)(slash + 1)), '.') < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (str_iends(u->path, programs[i]))
			return false;
	return true;
}

bool points_like_value(struct str segment)
{
	return like_a_value(segment);
}

bool points_in_path(const struct run *r, const struct url *u)
{
	struct str rest = u->path, part, last = STR("");
	size_t n = 0;
	if (r->o.mode != SCAN_STANDARD)
		return r->o.mode == SCAN_DEEP;
	while (str_split(&rest, '/', &part)) {
		if (like_a_value(part))
			return true;
		n += part.len > 0;
		last = part;
	}
	return n >= 2 && !u->query.len && str_chr(last, '.') < 0;
}


static bool known_input(const struct spec *s, uint64_t segment)
{
	return segment < 32 && (s->path_inputs >> segment & 1);
}

bool points_known_in_path(const struct unit *u)
{
	uint64_t segment;
	return u->where == WHERE_PATH && str_to_u64(u->name, &segment) == 0 && known_input(u->target->spec, segment);
}

/* Segments of the path that look like values; in deep scans also any others, when there
 * is no query and no file extension. */
static void path_points(struct run *r, struct target *t, const struct url *u, struct arena *a)
{
	struct str rest = u->path, part;
	size_t number = 0, taken = 0;
	while (taken < 4 && str_split(&rest, '/', &part)) {
		if (number++ == 0 || str_empty(part) || (str_empty(rest) && str_chr(part, '.') >= 0))
			continue;
		struct str prefix = str_sub(u->path, 0, (size_t)(part.ptr - u->path.ptr));
		bool known = known_input(t->spec, number - 1);
		if (!known && !like_a_value(part) && (u->query.len || (r->o.mode != SCAN_DEEP && !take(r, "segment ", prefix, POINTS_PER_FOLDER))))
			continue;
		attack_add_unit(r, t, UNIT_POINT, WHERE_PATH, arena_printf(a, "%zu", number - 1),
				url_form_decode(a, part));
		taken++;
	}
}

static size_t tree_values(struct arena *a, const struct spec *s, struct body_value *list, size_t max)
{
	if (values_is_json(s->type))
		return values_of_json(a, s->body, list, max);
	return values_is_xml(s->type) ? values_of_xml(a, s->body, list, max) : 0;
}

void points_body_names(const struct spec *s, struct buf *out)
{
	struct arena *a = arena_new(16 * MIB);
	struct body_value list[LIMIT_POINTS];
	size_t n = s->body.len < 2 * MIB ? tree_values(a, s, list, LIMIT_POINTS) : 0;
	for (size_t i = 0; i < n && out->len < 32 * KIB; i++) {
		buf_char(out, '&');
		buf_str(out, list[i].name);
	}
	arena_free(a);
}

static void tree_points(struct run *r, struct target *t, struct arena *a)
{
	struct body_value list[LIMIT_POINTS];
	size_t n = tree_values(a, t->spec, list, LIMIT_POINTS);
	enum scan_where where = values_is_json(t->spec->type) ? WHERE_JSON : WHERE_XML;
	for (size_t i = 0; i < n; i++) {
		ssize_t slash = str_rchr(list[i].name, '/');
		struct str last = str_from(list[i].name, (size_t)(slash + 1));
		if (form_is_token(last, list[i].value))
			t->has_token = true;
		else if (last.len < 100 && list[i].value.len < 4 * KIB)
			add_point(r, t, a, where, list[i].name, list[i].value);
	}
}

static bool usual_header(struct str name)
{
	for (size_t i = 0; i < POINTS_HEADERS; i++)
		if (str_ieq(name, str_c(points_header_names[i])))
			return true;
	return false;
}

struct str points_header_value(const struct run *r, const struct target *t, struct str name)
{
	if (str_ieq(name, STR("User-Agent")))
		return r->o.user_agent;
	if (str_ieq(name, STR("Referer")))
		return t->spec->url;
	return str_ieq(name, STR("X-Forwarded-For")) ? STR("127.0.0.1") : STR("1");
}

/* What a file is called is input, too. */
static void file_points(struct run *r, struct target *t)
{
	struct form_value list[LIMIT_POINTS];
	size_t n = caution_parts(t->spec->body, t->spec->type, list, LIMIT_POINTS);
	for (size_t i = 0; i < n; i++)
		if (list[i].file && worth_it(list[i].name, list[i].value))
			attack_add_unit(r, t, UNIT_FILE_NAME, WHERE_BODY, list[i].name, list[i].value);
}

void points_of(struct run *r, struct target *t)
{
	struct arena *a = arena_new(16 * MIB);
	struct url u;
	struct form_value list[LIMIT_POINTS];
	bool multipart;
	if (url_parse(a, t->spec->url, NULL, URL_RAW_PATH, &u, NULL) < 0) {
		arena_free(a);
		return;
	}
	if (caution_has_file(t->spec->body, t->spec->type)) {
		if (r->o.intrusive)
			file_points(r, t);
		t = attack_add_bare(r, t); /* everything else: with no file chosen */
	}
	struct url_pairs pairs = url_pairs_split(a, u.query);
	for (size_t i = 0; i < pairs.len && i < LIMIT_POINTS; i++) {
		struct str name = url_form_decode(a, pairs.ptr[i].name), v = url_form_decode(a, pairs.ptr[i].value);
		if (points_choose_page(name, v) && !take(r, "chooser ", arena_printf(a, "%.*s %.*s", STR_ARG(u.path), STR_ARG(name)),
							 POINTS_PER_CHOOSER))
			continue; /* the same program looks at it on every page */
		if (pairs.ptr[i].has_eq && worth_it(name, v))
			add_point(r, t, a, WHERE_QUERY, name, v);
	}
	size_t n = body_values(a, t->spec, list, LIMIT_POINTS, &multipart);
	for (size_t i = 0; i < n; i++) {
		if (form_is_token(list[i].name, list[i].value))
			t->has_token = true;
		else if (!list[i].file && worth_it(list[i].name, list[i].value))
			add_point(r, t, a, WHERE_BODY, list[i].name, list[i].value);
	}
	if (t->spec->body.len < 2 * MIB)
		tree_points(r, t, a);
	if (r->o.mode != SCAN_QUICK)
		cookie_points(r, t);
	/* a program reads the usual headers or does not, whatever its query is */
	bool headers = r->o.mode == SCAN_DEEP || (take(r, "headers of ", u.path, 1) && take(r, "headers", STR(""), POINTS_WITH_HEADERS));
	if (r->o.mode != SCAN_QUICK)
		for (size_t i = 0; i < (headers ? POINTS_HEADERS : 0); i++)
			attack_add_unit(r, t, UNIT_POINT, WHERE_HEADER, str_c(points_header_names[i]),
					points_header_value(r, t, str_c(points_header_names[i])));
	struct str vary = map_has(r->attack.vary, t->spec->url) ? str_c(map_get(r->attack.vary, t->spec->url)) : STR(""), part;
	for (size_t k = 0; r->o.mode != SCAN_QUICK && k < 4 && str_split(&vary, ',', &part); k++)
		if (!(headers && usual_header(part)) && take(r, "vary ", part, POINTS_PER_VARY))
			attack_add_unit(r, t, UNIT_POINT, WHERE_HEADER, part, points_header_value(r, t, part));
	if (t->spec->path_inputs || points_in_path(r, &u))
		path_points(r, t, &u, a);
	arena_free(a);
}

/* Headers that a script or a document of the site sends there: inputs as much as those it names in Vary. */
void points_note_headers(struct run *r, struct str url, struct str names)
{
	struct buf b;
	struct str part;
	buf_init(&b, 1 * KIB);
	if (map_has(r->attack.vary, url))
		buf_c(&b, map_get(r->attack.vary, url));
	size_t had = b.len;
	while (str_split(&names, ',', &part) && b.len < 300) {
		part = str_trim(part);
		if (!part.len || str_ihas(buf_view(&b), part) || !take(r, "own header ", part, r->o.mode == SCAN_DEEP ? 40 : POINTS_PER_OWN))
			continue;
		if (b.len)
			buf_char(&b, ',');
		buf_str(&b, part);
	}
	if (b.len > had && map_len(r->attack.vary) < 5000)
		free(map_put(r->attack.vary, url, str_dup(buf_view(&b))));
	buf_free(&b);
}

/* Header names that the answer says it depends on, beyond the usual ones. */
static void note_vary(struct run *r, const struct scan_exchange *x)
{
	static const struct str usual[] = { STR_INIT("Accept-Encoding"), STR_INIT("Cookie"), STR_INIT("Origin"),
					    STR_INIT("Accept"), STR_INIT("X-Requested-With"), STR_INIT("*"),
					    STR_INIT("Authorization"), STR_INIT("Accept-Language"), STR_INIT("Host") };
	struct str v, part;
	size_t at = 0;
	struct buf b;
	buf_init(&b, 1 * KIB);
	while (scan_header_next(&x->headers, "vary", &at, &v))
		while (str_split(&v, ',', &part)) {
			bool known = false;
			part = str_trim(part);
			for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
				known = known || str_ieq(part, usual[i]);
			for (size_t i = 0; i < part.len; i++)
				known = known || !(ascii_alnum(part.ptr[i]) || part.ptr[i] == '-');
			if (known || part.len == 0 || part.len > 60 || b.len > 200)
				continue;
			if (b.len)
				buf_char(&b, ',');
			buf_str(&b, part);
		}
	if (b.len && !map_has(r->attack.vary, x->url) && map_len(r->attack.vary) < 5000)
		map_put(r->attack.vary, x->url, str_dup(buf_view(&b)));
	buf_free(&b);
}

/* Cookies that are set or sent at this address and that are no session. */
static bool has_cookie_input(struct run *r, const struct answer *a)
{
	struct buf b;
	struct str part;
	bool yes = false;
	buf_init(&b, 16 * KIB);
	people_cookies(r, AS_FIRST, &a->url, &b);
	struct str rest = buf_view(&b);
	while (!yes && str_split(&rest, ';', &part)) {
		ssize_t eq = str_chr(part, '=');
		struct str name = str_trim(str_sub(part, 0, eq < 0 ? 0 : (size_t)eq));
		if (name.len && (!cookie_looks_like_session(name) || part.len < name.len + 10))
			yes = r->o.mode == SCAN_DEEP || !cookie_at_root(r, &a->url, name) ||
			      take(r, "bare cookie ", name, POINTS_PER_COOKIE);
	}
	buf_free(&b);
	return yes;
}

bool points_lost(struct run *r, const struct answer *a)
{
	return r->o.mode != SCAN_QUICK && (a->x.media == MEDIA_HTML || a->x.media == MEDIA_JSON) && points_in_path(r, &a->url) &&
	       take(r, "lost", STR(""), POINTS_BARE);
}

bool points_unfound(struct run *r, const struct answer *a)
{
	return r->o.mode != SCAN_QUICK && a->url.query.len && a->x.status == 404 && a->x.media == MEDIA_HTML &&
	       take(r, "unfound", STR(""), POINTS_BARE);
}

bool points_path_moves(const struct answer *a)
{
	struct str to = scan_header_get(&a->x.headers, "location"), rest = a->url.path, part;
	ssize_t folder = str_find(to, a->url.path);
	if (folder >= 0) /* to another scheme, with a slash behind it, or to a page that leads back */
		return false;
	while (str_split(&rest, '/', &part))
		if (part.len >= 3 && str_has(to, part))
			return true;
	return false;
}

bool points_moved_by_cookie(struct run *r, const struct answer *a)
{
	return r->o.mode != SCAN_QUICK && has_cookie_input(r, a) && take(r, "moved", STR(""), POINTS_BARE);
}

bool points_bare(struct run *r, const struct answer *a)
{
	if (r->o.mode == SCAN_QUICK || (a->x.media != MEDIA_HTML && a->x.media != MEDIA_JSON))
		return false;
	note_vary(r, &a->x);
	return r->o.mode == SCAN_DEEP || has_cookie_input(r, a) || map_has(r->attack.vary, a->x.url) ||
	       take(r, "bare", STR(""), POINTS_BARE);
}

/* ---- the request with a change ---- */

static void add_common(struct run *r, struct send *s, struct str from, enum person_id who)
{
	send_add_header(s, STR("User-Agent"), r->o.user_agent);
	send_add_header(s, STR("Accept"), STR("text/html,application/xhtml+xml,*/*;q=0.8"));
	send_add_header(s, STR("Accept-Language"), STR("zh-CN,zh;q=0.9,en;q=0.8"));
	if (from.len)
		send_add_header(s, STR("Referer"), from);
	s->who = who;
	people_headers(r, who, s);
}

static void set_body(struct send *s, struct str body, struct str type)
{
	s->q.body = arena_str(s->answer->arena, body);
	if (type.len)
		send_add_header(s, STR("Content-Type"), type);
	ssize_t action = str_istarts(type, STR("text/xml")) ? str_find(type, STR("; action=")) : -1;
	if (action >= 0) /* SOAP 1.1 wants it in a header of its own */
		send_add_header(s, STR("SOAPAction"), str_from(type, (size_t)action + 9));
}

void points_headers(struct run *r, struct send *s, const struct spec *spec)
{
	points_headers_as(r, s, spec, spec->outside ? AS_NOBODY : AS_FIRST);
}

void points_headers_as(struct run *r, struct send *s, const struct spec *spec, enum person_id who)
{
	add_common(r, s, spec->from, who);
	if (spec->body.len || str_eq(spec->method, STR("POST")))
		set_body(s, spec->body, spec->type);
}

static struct str new_value(struct arena *a, const struct scan_point *pt, const struct scan_mutation *m)
{
	if (!m->append)
		return m->value;
	return arena_printf(a, "%.*s%.*s", STR_ARG(pt->value), STR_ARG(m->value));
}

/* Form-encoded, or as it is when the mutation says raw. */
static void put_value(struct buf *b, const struct scan_point *pt, const struct scan_mutation *m, struct str v)
{
	if (!m->raw) {
		url_form_encode(b, v);
		return;
	}
	if (m->append)
		url_form_encode(b, pt->value);
	buf_str(b, m->value);
}

/* name=value pairs with the point's one replaced or dropped. */
static void change_pairs(struct arena *a, struct buf *b, struct str pairs_text, const struct scan_point *pt,
			 const struct scan_mutation *m, struct str v)
{
	struct url_pairs pairs = url_pairs_split(a, pairs_text);
	bool done = false, first = true;
	for (size_t i = 0; i < pairs.len; i++) {
		const struct url_pair *p = &pairs.ptr[i];
		bool it = !done && str_eq(url_form_decode(a, p->name), pt->name);
		done = done || it;
		if (it && m->drop)
			continue;
		if (!first)
			buf_char(b, '&');
		first = false;
		if (it && m->name.len)
			url_form_encode(b, m->name);
		else
			buf_str(b, p->name);
		if (it) {
			buf_char(b, '=');
			put_value(b, pt, m, v);
		} else {
			if (p->has_eq)
				buf_char(b, '=');
			buf_str(b, p->value);
		}
	}
}

static struct str change_path(struct arena *a, struct str path, const struct scan_point *pt,
			      const struct scan_mutation *m, struct str v)
{
	struct buf b;
	struct str part;
	uint64_t want = 0, number = 0;
	str_to_u64(pt->name, &want);
	buf_init(&b, 64 * KIB);
	for (; str_split(&path, '/', &part); number++) {
		if (number)
			buf_char(&b, '/');
		if (number != want)
			buf_str(&b, part);
		else if (m->raw)
			buf_str(&b, v);
		else
			encode_percent(&b, v);
	}
	struct str r = arena_str(a, buf_view(&b));
	buf_free(&b);
	return r;
}

static struct str changed_url(struct arena *a, struct str base, const struct scan_point *pt,
			      const struct scan_mutation *m, struct str v)
{
	struct url u;
	if (url_parse(a, base, NULL, URL_RAW_PATH, &u, NULL) < 0)
		return base;
	struct buf b;
	buf_init(&b, 128 * KIB);
	url_write_origin(&b, &u);
	buf_str(&b, pt->where == WHERE_PATH ? change_path(a, u.path, pt, m, v) : u.path);
	if (u.has_query) {
		size_t at = b.len;
		buf_char(&b, '?');
		if (pt->where == WHERE_QUERY)
			change_pairs(a, &b, u.query, pt, m, v);
		else
			buf_str(&b, u.query);
		if (b.len == at + 1)
			b.len = at;
	}
	struct str r = arena_str(a, buf_view(&b));
	buf_free(&b);
	return r;
}

static void change_tree(struct send *s, struct arena *a, const struct spec *spec, const struct scan_point *pt,
			const struct scan_mutation *m, struct str v)
{
	struct body_value list[LIMIT_POINTS];
	size_t n = tree_values(a, spec, list, LIMIT_POINTS), i = 0;
	struct buf b;
	while (i < n && !str_eq(list[i].name, pt->name))
		i++;
	buf_init(&b, 4 * MIB);
	if (i == n)
		buf_str(&b, spec->body);
	else if (m->drop)
		values_drop(&b, spec->body, &list[i]);
	else
		values_replace(&b, spec->body, &list[i], v, m->raw);
	set_body(s, buf_view(&b), spec->type);
	buf_free(&b);
}

static void change_body(struct send *s, struct arena *a, const struct spec *spec, const struct scan_point *pt,
			const struct scan_mutation *m, struct str v)
{
	if (!str_istarts(spec->type, STR("multipart/"))) {
		struct buf b;
		buf_init(&b, 2 * MIB);
		change_pairs(a, &b, spec->body, pt, m, v);
		set_body(s, buf_view(&b), spec->type);
		buf_free(&b);
		return;
	}
	struct form_value list[LIMIT_POINTS];
	bool multipart;
	struct str body, type;
	size_t n = body_values(a, spec, list, LIMIT_POINTS, &multipart), w = 0;
	for (size_t i = 0; i < n; i++) {
		if (str_eq(list[i].name, pt->name)) {
			if (m->drop)
				continue;
			list[i].value = v;
			list[i].name = m->name.len ? m->name : list[i].name;
		}
		list[w++] = list[i];
	}
	form_encode(a, list, w, true, &body, &type);
	set_body(s, body, type);
}

static void change_cookie(struct run *r, enum person_id who, struct send *s, const struct scan_point *pt,
			  const struct scan_mutation *m, struct str v)
{
	struct buf b, out;
	struct str part;
	buf_init(&b, 16 * KIB);
	buf_init(&out, 64 * KIB);
	people_cookies(r, who, &s->url, &b);
	struct str rest = buf_view(&b);
	while (str_split(&rest, ';', &part)) {
		part = str_trim(part);
		ssize_t eq = str_chr(part, '=');
		bool it = eq > 0 && str_eq(str_sub(part, 0, (size_t)eq), pt->name);
		if (it && m->drop)
			continue;
		if (out.len)
			buf_c(&out, "; ");
		if (!it) {
			buf_str(&out, part);
			continue;
		}
		buf_str(&out, pt->name);
		buf_char(&out, '=');
		if (m->raw)
			buf_str(&out, v);
		else
			encode_percent(&out, v);
	}
	send_add_header(s, STR("Cookie"), buf_view(&out));
	buf_free(&b);
	buf_free(&out);
}

static struct str sent_type(const struct send *s)
{
	for (size_t i = 0; i < s->q.headers_len; i++)
		if (str_ieq(s->q.headers[i].name, STR("Content-Type")))
			return s->q.headers[i].value;
	return STR("");
}

int points_apply(struct probe *p, const struct scan_point *pt, const struct scan_mutation *m, struct send **ret)
{
	struct run *r = p->run;
	const struct spec *spec = p->unit->spec;
	struct arena *a = p->arena;
	bool change = !m->url.len && pt && (m->value_set || m->drop);
	struct str v = change ? new_value(a, pt, m) : STR("");
	if (change && m->value_set && !caution_allows(spec, pt, v))
		return -1;
	struct scan_mutation wrapped;
	if (change && m->value_set && p->unit->wrap) { /* it is put inside, and that is the value */
		wrapped = *m;
		v = wrapped.value = wrap_put(a, p->unit->wrap, v, m->raw);
		wrapped.append = wrapped.raw = false;
		m = &wrapped;
	}
	bool in_url = change && (pt->where == WHERE_QUERY || pt->where == WHERE_PATH);
	struct str url = m->url.len ? m->url : in_url ? changed_url(a, spec->url, pt, m, v) : spec->url;
	struct str method = m->method.len ? m->method : m->url.len ? STR("GET") : spec->method;
	struct send *s = send_new(r, method, url, URL_RAW_PATH, NULL);
	if (!s)
		return -1;
	enum person_id who = m->no_cookies || spec->outside ? AS_NOBODY : m->as_second ? AS_SECOND : AS_FIRST;
	if (!run_in_scope(r, &s->url) || run_excluded(r, s->q.url) ||
	    (who == AS_SECOND && !people_has_session(r, who))) {
		send_free(s);
		return -1;
	}
	s->q.probe = true;
	s->timeout_ms = m->timeout_ms;
	s->q.depth = spec->depth;
	add_common(r, s, m->url.len ? STR("") : spec->from, who);
	if (m->body_set)
		set_body(s, m->body, m->content_type);
	else if (change && pt->where == WHERE_BODY)
		change_body(s, a, spec, pt, m, v);
	else if (change && (pt->where == WHERE_JSON || pt->where == WHERE_XML))
		change_tree(s, a, spec, pt, m, v);
	else if (!m->url.len && (spec->body.len || str_eq(spec->method, STR("POST"))) && !str_eq(method, STR("GET")))
		set_body(s, spec->body, spec->type);
	if (change && pt->where == WHERE_HEADER)
		send_add_header(s, pt->name, v);
	if (change && pt->where == WHERE_COOKIE && who != AS_NOBODY)
		change_cookie(r, who, s, pt, m, v);
	for (size_t i = 0; i < m->headers_len; i++)
		send_add_header(s, m->headers[i].name, m->headers[i].value);
	if (!caution_body(p, s->q.body, sent_type(s))) {
		send_free(s);
		return -1;
	}
	*ret = s;
	return 0;
}
