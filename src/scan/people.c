/* As whom a request is sent: the first user, the second one, or nobody. Each of the two
 * has a jar of his own; cookies that a user gave by hand are never changed by the site.
 * Nobody keeps the headers that say nothing about who one is. */
#include "base/limits.h"
#include "net/cookie.h"
#include "scan/scan_private.h"

void people_init(struct run *r)
{
	const struct scan_options *o = &r->o;
	r->people[AS_FIRST] = (struct person){ .jar = cookie_jar_new(), .pinned = str_trim(o->cookie),
					       .headers = o->headers, .headers_len = o->headers_len,
					       .login = &o->login };
	r->people[AS_SECOND] = (struct person){ .jar = cookie_jar_new(), .pinned = str_trim(o->second.cookie),
						.headers = o->second.headers,
						.headers_len = o->second.headers_len,
						.login = &o->second.login };
	for (int i = 0; i < PEOPLE; i++)
		r->people[i].given = r->people[i].headers_len;
}

void people_free(struct run *r)
{
	for (int i = 0; i < PEOPLE; i++)
		cookie_jar_free(r->people[i].jar);
	map_free(r->accounts);
}

static bool pinned_name(struct str pinned, struct str name)
{
	struct str part;
	while (str_split(&pinned, ';', &part)) {
		ssize_t eq = str_chr(part, '=');
		if (eq > 0 && str_eq(str_trim(str_sub(part, 0, (size_t)eq)), name))
			return true;
	}
	return false;
}

void people_cookies(struct run *r, enum person_id who, const struct url *u, struct buf *b)
{
	if (who == AS_NOBODY || !run_in_scope(r, u))
		return;
	const struct person *p = &r->people[who];
	struct buf jar;
	struct str part;
	buf_init(&jar, 64 * KIB);
	cookie_jar_get(p->jar, u, clock_wall_ms(r->clock), &jar);
	buf_str(b, p->pinned);
	struct str rest = buf_view(&jar);
	while (str_split(&rest, ';', &part)) {
		part = str_trim(part);
		ssize_t eq = str_chr(part, '=');
		if (eq >= 0 && pinned_name(p->pinned, str_sub(part, 0, (size_t)eq)))
			continue;
		if (b->len)
			buf_c(b, "; ");
		buf_str(b, part);
	}
	buf_free(&jar);
}

/* Headers that say who one is: Authorization, X-Auth-Token, Api-Key, Cookie … */
bool people_header_logs_in(struct str name)
{
	static const char *const words[] = { "authorization", "cookie", "token", "auth", "session",
					     "api-key", "apikey", "jwt", "ticket", NULL };
	for (size_t i = 0; words[i]; i++)
		if (str_ihas(name, str_c(words[i])))
			return true;
	return false;
}

void people_headers(struct run *r, enum person_id who, struct send *s)
{
	if (!run_in_scope(r, &s->url))
		return;
	struct buf b;
	buf_init(&b, 16 * KIB);
	people_cookies(r, who, &s->url, &b);
	if (b.len)
		send_add_header(s, STR("Cookie"), buf_view(&b));
	buf_free(&b);
	/* What the first user sends and is no log-in belongs to the way to the site, e.g. the
	 * key of a gateway in front of it: everybody sends it. */
	const struct person *first = &r->people[AS_FIRST];
	for (size_t i = 0; i < first->headers_len; i++)
		if (who == AS_FIRST || !people_header_logs_in(first->headers[i].name))
			send_add_header(s, first->headers[i].name, first->headers[i].value);
	for (size_t i = 0; who == AS_SECOND && i < r->people[who].headers_len; i++)
		send_add_header(s, r->people[who].headers[i].name, r->people[who].headers[i].value);
}

void people_forget(struct run *r, enum person_id who)
{
	struct person *p = &r->people[who];
	cookie_jar_free(p->jar);
	p->jar = cookie_jar_new();
	p->headers_len = p->given;
	p->digest = (struct person_digest){ .set = false };
}

bool people_has_session(const struct run *r, enum person_id who)
{
	const struct person *p = &r->people[who];
	if (p->broken)
		return false;
	if (p->pinned.len || p->login->kind != SCAN_LOGIN_NONE)
		return true;
	for (size_t i = 0; i < p->headers_len; i++)
		if (people_header_logs_in(p->headers[i].name))
			return true;
	return false;
}

bool probe_has_session(struct probe *p)
{
	return people_has_session(p->run, AS_FIRST);
}

bool probe_has_second(struct probe *p)
{
	return people_has_session(p->run, AS_SECOND);
}

struct account {
	struct str user, password;
};

void probe_note_account(struct probe *p, struct str door, struct str user, struct str password)
{
	struct run *r = p->run;
	struct account *a;
	if (!r->accounts)
		r->accounts = map_new();
	if (map_has(r->accounts, door) || map_len(r->accounts) >= 100)
		return;
	a = arena_new_of(r->arena, struct account);
	*a = (struct account){ arena_str(r->arena, user), arena_str(r->arena, password) };
	map_put(r->accounts, door, a);
}

bool probe_account(struct probe *p, struct str door, struct str *user, struct str *password)
{
	const struct account *a = p->run->accounts ? map_get(p->run->accounts, door) : NULL;
	if (!a)
		return false;
	*user = a->user;
	*password = a->password;
	return true;
}

bool probe_own_door(struct probe *p, struct str *url, struct str *user, struct str *password)
{
	const struct scan_login *l = p->run->people[AS_FIRST].login;
	if (!p->run->login_page.len || !l || l->kind != SCAN_LOGIN_FORM)
		return false;
	*url = p->run->login_page;
	*user = l->user;
	*password = l->password;
	return true;
}

size_t probe_near(struct probe *p, struct str url, struct str *list, size_t max)
{
	const struct map *routes = p->run->attack.routes;
	struct str below = arena_printf(p->arena, "%.*s/", STR_ARG(url)), folder = str_sub(url, 0, (size_t)(str_rchr(url, '/') + 1));
	size_t n = 0;
	for (int pass = 0; pass < 2; pass++) {
		struct map_iter it = { 0 };
		struct str key;
		void *value;
		while (n < max && map_next(routes, &it, &key, &value))
			if (pass == 0 ? str_starts(key, below) : str_starts(key, folder) && !str_starts(key, below))
				list[n++] = arena_str(p->arena, key);
	}
	return n;
}

void people_learn_headers(struct run *r, enum person_id who, const json_t *list)
{
	struct person *p = &r->people[who];
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		struct str name = json_get_str(v, "name"), value = json_get_str(v, "value");
		struct scan_header *copy;
		size_t at = 0;
		bool fixed = false;
		for (; at < p->headers_len && !str_ieq(p->headers[at].name, name); at++)
			;
		fixed = at < p->given;
		if (fixed || name.len == 0 || name.len > 100 || value.len == 0 || value.len > 8000 || p->headers_len >= 40 ||
		    str_chr(value, '\n') >= 0 || str_chr(value, '\r') >= 0 || str_chr(name, ':') >= 0)
			continue;
		if (at < p->headers_len && str_eq(p->headers[at].value, value))
			continue;
		copy = arena_array(r->arena, p->headers_len + 1, sizeof(*copy));
		if (p->headers_len)
			memcpy(copy, p->headers, p->headers_len * sizeof(*copy));
		copy[at] = (struct scan_header){ arena_str(r->arena, name), arena_str(r->arena, value) };
		p->headers_len += at == p->headers_len;
		p->headers = copy;
	}
}
