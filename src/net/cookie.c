/* Cookies by RFC 6265bis: the tolerant Set-Cookie parser, cookie dates, and a jar with caps
 * per host and in total. */
#include "net/cookie.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vec.h"

#define JAR_MAGIC 0x6a617221u
#define ATTRIBUTE_MAX 1024
#define EXPIRES_CAP_MS ((int64_t)400 * 86400 * 1000) /* 6265bis: at most 400 days */
#define NEVER_MS INT64_MAX

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return true;
	}
	return false;
}

static bool is_delimiter(unsigned char c)
{
	return c == 0x09 || (c >= 0x20 && c <= 0x2f) || (c >= 0x3b && c <= 0x40) ||
	       (c >= 0x5b && c <= 0x60) || (c >= 0x7b && c <= 0x7e);
}

/* Leading digits of s, least..most of them; -1 otherwise. */
static int digits(struct str *s, size_t least, size_t most)
{
	int v = 0;
	size_t n = 0;

	while (n < s->len && n < most && ascii_digit(s->ptr[n]))
		v = v * 10 + (s->ptr[n++] - '0');
	if (n < least || (n < s->len && ascii_digit(s->ptr[n])))
		return -1;
	*s = str_from(*s, n);
	return v;
}

struct date {
	int hour, minute, second, day, month, year;
	bool has_time;
};

static bool take_time(struct str s, struct date *d)
{
	int h = digits(&s, 1, 2), m, sec;

	if (h < 0 || s.len == 0 || s.ptr[0] != ':')
		return false;
	s = str_from(s, 1);
	m = digits(&s, 1, 2);
	if (m < 0 || s.len == 0 || s.ptr[0] != ':')
		return false;
	s = str_from(s, 1);
	sec = digits(&s, 1, 2);
	if (sec < 0)
		return false;
	*d = (struct date){ h, m, sec, d->day, d->month, d->year, true };
	return true;
}

static int month_of(struct str s)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	for (int i = 0; s.len >= 3 && i < 12; i++)
		if (str_ieq(str_sub(s, 0, 3), str_make(names + 3 * i, 3)))
			return i + 1;
	return 0;
}

static void take_token(struct str token, struct date *d)
{
	struct str s = token;
	int v;

	if (!d->has_time && take_time(token, d))
		return;
	if (d->day == 0 && (v = digits(&s, 1, 2)) >= 0) {
		d->day = v ? v : -1;
		return;
	}
	if (d->month == 0 && (v = month_of(token)) > 0) {
		d->month = v;
		return;
	}
	s = token;
	if (d->year < 0 && (v = digits(&s, 2, 4)) >= 0)
		d->year = v;
}

int cookie_parse_date(struct str s, int64_t *ret_ms)
{
	struct date d = { .year = -1 };
	size_t at = 0;

	while (at < s.len) {
		size_t from = at;

		while (at < s.len && !is_delimiter((unsigned char)s.ptr[at]))
			at++;
		if (at > from)
			take_token(str_sub(s, from, at), &d);
		at++;
	}
	if (d.year >= 70 && d.year <= 99)
		d.year += 1900;
	else if (d.year >= 0 && d.year <= 69)
		d.year += 2000;
	if (!d.has_time || d.day < 1 || d.day > 31 || d.month == 0 || d.year < 1601 ||
	    d.hour > 23 || d.minute > 59 || d.second > 59)
		return -1;
	static const int lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (d.day > lengths[d.month - 1])
		return -1;
	*ret_ms = ((clock_days_from_civil(d.year, d.month, d.day) * 24 + d.hour) * 60 + d.minute) *
			  60000 +
		  d.second * 1000;
	return 0;
}

static void set_max_age(struct set_cookie *c, struct str value, int64_t now_ms)
{
	int64_t seconds;
	struct str number;

	if (value.len == 0 || (!ascii_digit(value.ptr[0]) && value.ptr[0] != '-'))
		return;
	number = value.ptr[0] == '-' ? str_from(value, 1) : value;
	for (size_t i = 0; i < number.len; i++)
		if (!ascii_digit(number.ptr[i]))
			return;
	if (str_to_i64(value, &seconds) < 0)
		seconds = value.ptr[0] == '-' ? -1 : INT64_MAX / 1000;
	if (seconds > EXPIRES_CAP_MS / 1000)
		seconds = EXPIRES_CAP_MS / 1000;
	c->has_expires = true;
	c->expires_ms = seconds <= 0 ? 0 : now_ms + seconds * 1000;
}

static enum cookie_same_site same_site_of(struct str v)
{
	if (str_ieq(v, STR("none")))
		return COOKIE_SAME_SITE_NONE;
	if (str_ieq(v, STR("lax")))
		return COOKIE_SAME_SITE_LAX;
	if (str_ieq(v, STR("strict")))
		return COOKIE_SAME_SITE_STRICT;
	return COOKIE_SAME_SITE_UNKNOWN;
}

static void take_attribute(struct set_cookie *c, struct str part, int64_t now_ms, bool *max_age)
{
	ssize_t eq = str_chr(part, '=');
	struct str name = str_trim(eq < 0 ? part : str_sub(part, 0, (size_t)eq));
	struct str value = eq < 0 ? STR("") : str_trim(str_from(part, (size_t)eq + 1));
	int64_t ms;

	if (value.len > ATTRIBUTE_MAX)
		return;
	if (str_ieq(name, STR("secure"))) {
		c->secure = true;
	} else if (str_ieq(name, STR("httponly"))) {
		c->http_only = true;
	} else if (str_ieq(name, STR("partitioned"))) {
		c->partitioned = true;
	} else if (str_ieq(name, STR("samesite"))) {
		c->same_site = same_site_of(value);
	} else if (str_ieq(name, STR("path"))) {
		c->path = value.len && value.ptr[0] == '/' ? value : STR("");
	} else if (str_ieq(name, STR("domain"))) {
		c->domain = value.len && value.ptr[0] == '.' ? str_from(value, 1) : value;
	} else if (str_ieq(name, STR("max-age"))) {
		set_max_age(c, value, now_ms);
		*max_age = *max_age || c->has_expires;
	} else if (str_ieq(name, STR("expires")) && !*max_age &&
		   cookie_parse_date(value, &ms) == 0) {
		c->has_expires = true;
		c->expires_ms = ms;
	}
}

int cookie_parse(struct str line, int64_t now_ms, struct set_cookie *ret)
{
	struct set_cookie c = { .domain = STR(""), .path = STR("") };
	ssize_t semi = str_chr(line, ';');
	struct str pair = semi < 0 ? line : str_sub(line, 0, (size_t)semi);
	struct str rest = semi < 0 ? STR("") : str_from(line, (size_t)semi + 1), part;
	ssize_t eq = str_chr(pair, '=');
	bool max_age = false;

	if (has_control(line))
		return -1;
	c.name = eq < 0 ? STR("") : str_trim(str_sub(pair, 0, (size_t)eq));
	c.value = str_trim(eq < 0 ? pair : str_from(pair, (size_t)eq + 1));
	if (c.name.len + c.value.len == 0 || c.name.len + c.value.len > LIMIT_COOKIE)
		return -1;
	while (str_split(&rest, ';', &part))
		take_attribute(&c, part, now_ms, &max_age);
	*ret = c;
	return 0;
}

bool cookie_looks_like_session(struct str name)
{
	static const char *const exact[] = { "sid",
					     "session",
					     "token",
					     "jwt",
					     "auth",
					     "ticket",
					     "sess",
					     "connect.sid",
					     "remember_me",
					     "rememberme",
					     "laravel_session",
					     "ci_session",
					     "asp.net_sessionid",
					     "phpsessid",
					     "jsessionid",
					     "cfid",
					     "cftoken",
					     "sessid",
					     "uid" };
	static const char *const parts[] = {
		"sessid",      "sessionid",           "session_id",   "session-id",
		"_session",    "auth_token",          "access_token", "authtoken",
		"accesstoken", "wordpress_logged_in", ".aspxauth",    "aspsessionid"
	};

	for (size_t i = 0; i < ARRAY_SIZE(exact); i++)
		if (str_ieq(name, str_c(exact[i])))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (str_ihas(name, str_c(parts[i])))
			return true;
	return false;
}

/* The jar. */

struct cookie {
	char *name, *value, *domain, *path;
	bool host_only, secure, http_only;
	int64_t expires_ms; /* NEVER_MS: session */
	uint64_t order;     /* of creation */
};

struct cookie_jar {
	unsigned magic;
	VEC(struct cookie) cookies;
	uint64_t next_order;
};

struct cookie_jar *cookie_jar_new(void)
{
	struct cookie_jar *j = mem_alloc(sizeof(*j));

	j->magic = JAR_MAGIC;
	return j;
}

static void clear_cookie(struct cookie *c)
{
	free(c->name);
	free(c->value);
	free(c->domain);
	free(c->path);
	*c = (struct cookie){ 0 };
}

void cookie_jar_free(struct cookie_jar *j)
{
	if (!j)
		return;
	CHECK_OBJ(j, JAR_MAGIC);
	for (size_t i = 0; i < j->cookies.len; i++)
		clear_cookie(&j->cookies.ptr[i]);
	vec_free(&j->cookies);
	j->magic = 0;
	free(j);
}

static bool domain_matches(struct str host, struct str domain)
{
	if (str_ieq(host, domain))
		return true;
	return host.len > domain.len && str_iends(host, domain) &&
	       host.ptr[host.len - domain.len - 1] == '.';
}

static bool path_matches(struct str request, struct str path)
{
	if (!str_starts(request, path))
		return false;
	return request.len == path.len || path.ptr[path.len - 1] == '/' ||
	       request.ptr[path.len] == '/';
}

static struct str default_path(const struct url *u)
{
	ssize_t slash = str_rchr(u->path, '/');

	return slash <= 0 ? STR("/") : str_sub(u->path, 0, (size_t)slash);
}

/* Domain attribute against the host: which domain the cookie gets. -1: refused. */
static int place(const struct url *u, const struct set_cookie *c, struct str *ret_domain,
		 bool *ret_host_only)
{
	*ret_domain = u->host;
	*ret_host_only = true;
	if (c->domain.len == 0)
		return 0;
	if (u->host_kind != URL_HOST_NAME)
		return str_ieq(c->domain, u->host) ? 0 : -1;
	if (!domain_matches(u->host, c->domain))
		return -1;
	/* For a public suffix only its own host may set, and for itself alone. */
	char lower[LIMIT_NET_HOST + 1];

	if (c->domain.len > LIMIT_NET_HOST)
		return -1;
	for (size_t i = 0; i < c->domain.len; i++)
		lower[i] = ascii_lower(c->domain.ptr[i]);
	if (url_registrable_domain(str_make(lower, c->domain.len)).len == 0)
		return str_ieq(c->domain, u->host) ? 0 : -1;
	*ret_domain = c->domain;
	*ret_host_only = false;
	return 0;
}

static bool prefix_ok(const struct url *u, const struct set_cookie *c)
{
	if (str_istarts(c->name, STR("__Host-")))
		return c->secure && url_is_https(u) && c->domain.len == 0 &&
		       str_eq(c->path, STR("/"));
	if (str_istarts(c->name, STR("__Secure-")))
		return c->secure && url_is_https(u);
	/* A nameless cookie must not pose as one of them. */
	if (c->name.len == 0)
		return !str_istarts(c->value, STR("__Host-")) &&
		       !str_istarts(c->value, STR("__Secure-"));
	return true;
}

static struct cookie *find(struct cookie_jar *j, struct str name, struct str domain,
			   struct str path, bool host_only)
{
	for (size_t i = 0; i < j->cookies.len; i++) {
		struct cookie *c = &j->cookies.ptr[i];

		if (c->host_only == host_only && str_eq(str_c(c->name), name) &&
		    str_ieq(str_c(c->domain), domain) && str_eq(str_c(c->path), path))
			return c;
	}
	return NULL;
}

static void remove_cookie(struct cookie_jar *j, struct cookie *c)
{
	size_t at = (size_t)(c - j->cookies.ptr);

	clear_cookie(c);
	memmove(c, c + 1, (j->cookies.len - at - 1) * sizeof(*c));
	j->cookies.len--;
}

/* Oldest of this domain when it has too many, else oldest of all when the jar is full. */
static void make_room(struct cookie_jar *j, struct str domain)
{
	size_t same = 0, oldest_same = 0;

	for (size_t i = j->cookies.len; i-- > 0;) {
		if (!str_ieq(str_c(j->cookies.ptr[i].domain), domain))
			continue;
		same++;
		oldest_same = i;
	}
	if (same >= LIMIT_COOKIES_PER_HOST)
		remove_cookie(j, &j->cookies.ptr[oldest_same]);
	else if (j->cookies.len >= LIMIT_COOKIES)
		remove_cookie(j, &j->cookies.ptr[0]);
}

static void store(struct cookie_jar *j, const struct set_cookie *s, struct str domain,
		  bool host_only, struct str path)
{
	struct cookie *c = find(j, s->name, domain, path, host_only);

	if (c) {
		free(c->value);
		c->value = NULL;
	} else {
		make_room(j, domain);
		c = vec_push(&j->cookies);
		c->name = str_dup(s->name);
		c->domain = str_dup(domain);
		c->path = str_dup(path);
		c->host_only = host_only;
		c->order = j->next_order++;
		for (char *p = c->domain; *p; p++)
			*p = ascii_lower(*p);
	}
	c->value = str_dup(s->value);
	c->secure = s->secure;
	c->http_only = s->http_only;
	c->expires_ms = s->has_expires ? s->expires_ms : NEVER_MS;
}

bool cookie_jar_set(struct cookie_jar *j, const struct url *u, struct str line, int64_t now_ms)
{
	CHECK_OBJ(j, JAR_MAGIC);
	struct set_cookie s;
	struct str domain;
	bool host_only;

	if (cookie_parse(line, now_ms, &s) < 0 || place(u, &s, &domain, &host_only) < 0 ||
	    (s.secure && !url_is_https(u)) || !prefix_ok(u, &s))
		return false;
	struct str path = s.path.len ? s.path : default_path(u);

	if (s.has_expires && s.expires_ms <= now_ms) {
		struct cookie *old = find(j, s.name, domain, path, host_only);

		if (old)
			remove_cookie(j, old);
		return old != NULL;
	}
	store(j, &s, domain, host_only, path);
	return true;
}

void cookie_jar_set_header(struct cookie_jar *j, const struct url *u, struct str header)
{
	CHECK_OBJ(j, JAR_MAGIC);
	struct str rest = header, part;

	while (str_split(&rest, ';', &part)) {
		ssize_t eq = str_chr(part, '=');
		struct set_cookie s = { 0 };

		s.name = eq < 0 ? STR("") : str_trim(str_sub(part, 0, (size_t)eq));
		s.value = str_trim(eq < 0 ? part : str_from(part, (size_t)eq + 1));
		if (s.name.len + s.value.len == 0 || s.name.len + s.value.len > LIMIT_COOKIE ||
		    has_control(part))
			continue;
		store(j, &s, u->host, true, STR("/"));
	}
}

static int by_path_then_age(const void *pa, const void *pb)
{
	const struct cookie *a = *(const struct cookie *const *)pa,
			    *b = *(const struct cookie *const *)pb;
	size_t la = strlen(a->path), lb = strlen(b->path);

	if (la != lb)
		return la > lb ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

void cookie_jar_get(struct cookie_jar *j, const struct url *u, int64_t now_ms, struct buf *out)
{
	CHECK_OBJ(j, JAR_MAGIC);
	VEC(struct cookie *) hits = { 0 };

	for (size_t i = 0; i < j->cookies.len; i++) {
		struct cookie *c = &j->cookies.ptr[i];
		struct str domain = str_c(c->domain);

		if (c->expires_ms <= now_ms || (c->secure && !url_is_https(u)) ||
		    !(c->host_only ? str_ieq(u->host, domain) : domain_matches(u->host, domain)) ||
		    !path_matches(u->path, str_c(c->path)))
			continue;
		*vec_push(&hits) = c;
	}
	if (hits.len > 1)
		qsort(hits.ptr, hits.len, sizeof(*hits.ptr), by_path_then_age);
	for (size_t i = 0; i < hits.len; i++) {
		if (i > 0)
			buf_c(out, "; ");
		if (hits.ptr[i]->name[0]) {
			buf_c(out, hits.ptr[i]->name);
			buf_char(out, '=');
		}
		buf_c(out, hits.ptr[i]->value);
	}
	vec_free(&hits);
}

size_t cookie_jar_len(const struct cookie_jar *j)
{
	return j->cookies.len;
}

void cookie_jar_save(const struct cookie_jar *j, struct buf *out)
{
	CHECK_OBJ(j, JAR_MAGIC);
	for (size_t i = 0; i < j->cookies.len; i++) {
		const struct cookie *c = &j->cookies.ptr[i];

		buf_u32(out, (uint32_t)(c->host_only | c->secure << 1 | c->http_only << 2));
		buf_u64(out, (uint64_t)c->expires_ms);
		buf_blob(out, str_c(c->name));
		buf_blob(out, str_c(c->value));
		buf_blob(out, str_c(c->domain));
		buf_blob(out, str_c(c->path));
	}
}

int cookie_jar_load(struct cookie_jar *j, struct str bytes)
{
	CHECK_OBJ(j, JAR_MAGIC);
	struct reader r = reader_of(bytes);

	while (r.ptr < r.end) {
		struct set_cookie s = { .has_expires = true };
		struct str domain, path;
		uint64_t expires;
		uint32_t flags;

		if (reader_u32(&r, &flags) < 0 || reader_u64(&r, &expires) < 0 ||
		    reader_blob(&r, &s.name) < 0 || reader_blob(&r, &s.value) < 0 ||
		    reader_blob(&r, &domain) < 0 || reader_blob(&r, &path) < 0 || path.len == 0 ||
		    s.name.len + s.value.len > LIMIT_COOKIE)
			return -1;
		s.expires_ms = (int64_t)expires;
		s.secure = flags & 2;
		s.http_only = flags & 4;
		store(j, &s, domain, flags & 1, path);
	}
	return 0;
}
