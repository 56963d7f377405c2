/* The basic URL parser of the WHATWG URL Standard for the special schemes http and https,
 * as straight-line code instead of its state machine, and the serialisers. Input is at most
 * LIMIT_URL bytes; output at most three times that (percent-encoding). */
#include "net/url.h"

#include "base/limits.h"

/* Percent-encode sets of the standard, each beyond C0 controls, DEL and non-ASCII. */
#define SET_FRAGMENT " \"<>`"
#define SET_QUERY " \"#<>'"
#define SET_PATH " \"#<>?^`{}"
#define SET_USERINFO " \"#<>?`{}/:;=@[\\]^|"

static bool in_set(unsigned char c, const char *set)
{
	return c <= 0x1f || c >= 0x7f || strchr(set, c);
}

static void encode_set(struct buf *b, struct str s, const char *set)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t from = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (!in_set(c, set))
			continue;
		buf_add(b, s.ptr + from, i - from);
		buf_char(b, '%');
		buf_char(b, hex[c >> 4]);
		buf_char(b, hex[c & 15]);
		from = i + 1;
	}
	buf_add(b, s.ptr + from, s.len - from);
}

static struct str encode_into(struct arena *a, struct str s, const char *set)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!in_set((unsigned char)s.ptr[i], set))
			continue;
		_cleanup_buf_ struct buf b = BUF_INIT(4 * LIMIT_URL);

		encode_set(&b, s, set);
		return arena_str(a, buf_view(&b));
	}
	return arena_str(a, s);
}

void url_query_encode(struct buf *b, struct str s)
{
	encode_set(b, s, SET_QUERY);
}

static bool is_slash(char c)
{
	return c == '/' || c == '\\';
}

static struct str strip_controls(struct str s)
{
	while (s.len && (unsigned char)s.ptr[0] <= 0x20)
		s = str_from(s, 1);
	while (s.len && (unsigned char)s.ptr[s.len - 1] <= 0x20)
		s.len--;
	return s;
}

/* Tabs and newlines inside a URL vanish. */
static struct str drop_newlines(struct arena *a, struct str s)
{
	size_t n = 0;
	bool any = false;

	for (size_t i = 0; i < s.len && !any; i++)
		any = s.ptr[i] == '\t' || s.ptr[i] == '\n' || s.ptr[i] == '\r';
	if (!any)
		return s;
	char *p = arena_alloc(a, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != '\t' && s.ptr[i] != '\n' && s.ptr[i] != '\r')
			p[n++] = s.ptr[i];
	return str_make(p, n);
}

struct str url_scheme_of(struct str text)
{
	text = strip_controls(text);
	if (text.len == 0 || !ascii_alpha(text.ptr[0]))
		return STR("");
	for (size_t i = 1; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == ':')
			return str_sub(text, 0, i);
		if (!ascii_alnum(c) && c != '+' && c != '-' && c != '.')
			break;
	}
	return STR("");
}

static size_t find_any(struct str s, const char *set)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] && strchr(set, s.ptr[i]))
			return i;
	return s.len;
}

static int parse_port(struct str text, struct url *u, struct error *e)
{
	uint32_t port = 0;

	u->port = url_default_port(u);
	if (text.len == 0)
		return 0;
	for (size_t i = 0; i < text.len; i++) {
		if (ascii_digit(text.ptr[i]))
			port = port * 10 + (uint32_t)(text.ptr[i] - '0');
		if (!ascii_digit(text.ptr[i]) || port > UINT16_MAX)
			return error_field(e, "port", "url.port", "端口“%.*s”无效",
					   "Invalid port \"%.*s\"",
					   (int)(text.len > 20 ? 20 : text.len), text.ptr);
	}
	u->port = (uint16_t)port;
	return 0;
}

static int parse_authority(struct arena *a, struct str s, struct url *u, struct error *e)
{
	ssize_t at = str_rchr(s, '@');

	if (at >= 0) {
		struct str info = str_sub(s, 0, (size_t)at);
		ssize_t colon = str_chr(info, ':');

		s = str_from(s, (size_t)at + 1);
		u->username = encode_into(a, colon < 0 ? info : str_sub(info, 0, (size_t)colon),
					  SET_USERINFO);
		if (colon >= 0)
			u->password = encode_into(a, str_from(info, (size_t)colon + 1),
						  SET_USERINFO);
	}
	ssize_t bracket = str_rchr(s, ']');
	ssize_t colon = str_rchr(s, ':');

	if (s.len && s.ptr[0] == '[' && colon < bracket)
		colon = -1;
	else if (s.len && s.ptr[0] != '[')
		colon = str_chr(s, ':');
	struct str port = colon < 0 ? STR("") : str_from(s, (size_t)colon + 1);

	if (url_parse_host(a, colon < 0 ? s : str_sub(s, 0, (size_t)colon), &u->host, &u->host_kind,
			   e) < 0)
		return -1;
	return parse_port(port, u, e);
}

static bool is_single_dot(struct str s)
{
	return str_eq(s, STR(".")) || str_ieq(s, STR("%2e"));
}

static bool is_double_dot(struct str s)
{
	return str_eq(s, STR("..")) || str_ieq(s, STR(".%2e")) || str_ieq(s, STR("%2e.")) ||
	       str_ieq(s, STR("%2e%2e"));
}

/* b holds "/a/b/" style output: always ends behind a complete segment. */
static void drop_segment(struct buf *b)
{
	ssize_t cut = b->len ? str_rchr(str_make(b->ptr, b->len), '/') : -1;

	b->len = cut > 0 ? (size_t)cut : 0;
	if (b->ptr)
		b->ptr[b->len] = '\0';
}

/* Appends the segments of `s` (which follow the directory already in b, without its final
 * slash) resolving dot segments. */
static void append_segments(struct buf *b, struct str s)
{
	for (;;) {
		size_t end = 0;

		while (end < s.len && !is_slash(s.ptr[end]))
			end++;
		struct str seg = str_sub(s, 0, end);
		bool last = end == s.len;

		if (is_double_dot(seg)) {
			drop_segment(b);
			if (last)
				buf_char(b, '/');
		} else if (is_single_dot(seg)) {
			if (last)
				buf_char(b, '/');
		} else {
			buf_char(b, '/');
			encode_set(b, seg, SET_PATH);
		}
		if (last)
			return;
		s = str_from(s, end + 1);
	}
}

/* dir: base path up to its last '/', or "" for an absolute path. */
static struct str build_path(struct arena *a, struct str dir, struct str s, unsigned flags)
{
	_cleanup_buf_ struct buf b = BUF_INIT(8 * LIMIT_URL);

	if (flags & URL_RAW_PATH) {
		buf_str(&b, dir);
		if (b.len == 0 && (s.len == 0 || s.ptr[0] != '/'))
			buf_char(&b, '/');
		buf_str(&b, s);
		return arena_str(a, buf_view(&b));
	}
	if (dir.len)
		buf_add(&b, dir.ptr, dir.len - 1);
	else if (s.len && is_slash(s.ptr[0]))
		s = str_from(s, 1);
	append_segments(&b, s);
	return arena_str(a, buf_view(&b));
}

/* Path, query and fragment of `s`; dir as in build_path(). */
static void parse_rest(struct arena *a, struct str dir, struct str s, unsigned flags, struct url *u)
{
	bool raw = flags & URL_RAW_PATH;
	ssize_t hash = str_chr(s, '#');

	if (hash >= 0) {
		u->has_fragment = true;
		u->fragment = encode_into(a, str_from(s, (size_t)hash + 1), SET_FRAGMENT);
		s = str_sub(s, 0, (size_t)hash);
	}
	ssize_t mark = str_chr(s, '?');

	if (mark >= 0) {
		struct str q = str_from(s, (size_t)mark + 1);

		u->has_query = true;
		u->query = raw ? arena_str(a, q) : encode_into(a, q, SET_QUERY);
		s = str_sub(s, 0, (size_t)mark);
	}
	u->path = build_path(a, dir, s, flags);
}

static int parse_absolute(struct arena *a, struct str s, unsigned flags, struct url *u,
			  struct error *e)
{
	while (s.len && is_slash(s.ptr[0]))
		s = str_from(s, 1);
	size_t end = find_any(s, "/\\?#");

	if (parse_authority(a, str_sub(s, 0, end), u, e) < 0)
		return -1;
	parse_rest(a, STR(""), str_from(s, end), flags, u);
	return 0;
}

static int parse_relative(struct arena *a, struct str s, const struct url *base, unsigned flags,
			  struct url *u, struct error *e)
{
	if (s.len >= 2 && is_slash(s.ptr[0]) && is_slash(s.ptr[1])) {
		u->scheme = base->scheme;
		return parse_absolute(a, s, flags, u, e);
	}
	*u = *base;
	u->fragment = STR("");
	u->has_fragment = false;
	if (s.len && is_slash(s.ptr[0])) {
		u->query = STR("");
		u->has_query = false;
		parse_rest(a, STR(""), s, flags, u);
		return 0;
	}
	size_t path_end = find_any(s, "?#");
	struct str path = base->path, query = base->query;
	bool has_query = base->has_query;

	u->has_query = false;
	u->query = STR("");
	parse_rest(a, url_directory(base), s, flags, u);
	if (path_end == 0)
		u->path = path;
	if (path_end == 0 && !u->has_query) {
		u->query = query;
		u->has_query = has_query;
	}
	return 0;
}

static int too_long(struct error *e)
{
	return error_field(e, "url", "url.too-long", "网址太长（上限 %d 字节）",
			   "The URL is too long (limit %d bytes)", (int)LIMIT_URL);
}

int url_parse(struct arena *a, struct str text, const struct url *base, unsigned flags,
	      struct url *ret, struct error *e)
{
	struct url u = { .scheme = STR("http"),
			 .username = STR(""),
			 .password = STR(""),
			 .host = STR(""),
			 .path = STR("/"),
			 .query = STR(""),
			 .fragment = STR("") };

	if (text.len > LIMIT_URL)
		return too_long(e);
	if (arena_left(a) < 4 * text.len + (base ? base->path.len : 0) + 4 * KIB)
		return too_long(e);
	struct str s = drop_newlines(a, strip_controls(text));
	struct str scheme = url_scheme_of(s);
	int rc;

	if (scheme.len) {
		if (str_ieq(scheme, STR("https")))
			u.scheme = STR("https");
		else if (!str_ieq(scheme, STR("http")))
			return error_field(e, "url", "url.scheme",
					   "只支持 http 和 https 网址，这里是 %.*s",
					   "Only http and https URLs are supported, this is %.*s",
					   (int)(scheme.len > 40 ? 40 : scheme.len), scheme.ptr);
		s = str_from(s, scheme.len + 1);
		/* "http:path" is relative to a base of the same scheme. */
		if (base && str_eq(base->scheme, u.scheme) &&
		    !(s.len >= 2 && s.ptr[0] == '/' && s.ptr[1] == '/'))
			rc = parse_relative(a, s, base, flags, &u, e);
		else
			rc = parse_absolute(a, s, flags, &u, e);
	} else if (!base) {
		return error_field(e, "url", "url.relative", "网址缺少 http:// 或 https://",
				   "The URL lacks http:// or https://");
	} else {
		rc = parse_relative(a, s, base, flags, &u, e);
	}
	if (rc == 0)
		*ret = u;
	return rc;
}

void url_write_host(struct buf *b, const struct url *u)
{
	if (u->host_kind == URL_HOST_IPV6)
		buf_char(b, '[');
	buf_str(b, u->host);
	if (u->host_kind == URL_HOST_IPV6)
		buf_char(b, ']');
	if (u->port != url_default_port(u))
		buf_printf(b, ":%u", u->port);
}

void url_write_origin(struct buf *b, const struct url *u)
{
	buf_str(b, u->scheme);
	buf_c(b, "://");
	url_write_host(b, u);
}

void url_write_target(struct buf *b, const struct url *u)
{
	buf_str(b, u->path);
	if (u->has_query) {
		buf_char(b, '?');
		buf_str(b, u->query);
	}
}

void url_write(struct buf *b, const struct url *u, unsigned flags)
{
	buf_str(b, u->scheme);
	buf_c(b, "://");
	if (!(flags & URL_NO_USERINFO) && (u->username.len || u->password.len)) {
		buf_str(b, u->username);
		if (u->password.len) {
			buf_char(b, ':');
			buf_str(b, u->password);
		}
		buf_char(b, '@');
	}
	url_write_host(b, u);
	if (flags & URL_NO_QUERY) {
		buf_str(b, u->path);
		return;
	}
	url_write_target(b, u);
	if (u->has_fragment && !(flags & URL_NO_FRAGMENT)) {
		buf_char(b, '#');
		buf_str(b, u->fragment);
	}
}

struct str url_text(struct arena *a, const struct url *u, unsigned flags)
{
	_cleanup_buf_ struct buf b = BUF_INIT(16 * LIMIT_URL);

	url_write(&b, u, flags);
	return arena_str(a, buf_view(&b));
}

bool url_same_origin(const struct url *a, const struct url *b)
{
	return str_eq(a->scheme, b->scheme) && a->port == b->port && str_eq(a->host, b->host);
}

bool url_same_site(const struct url *a, const struct url *b)
{
	struct str da = url_registrable_domain(a->host), db = url_registrable_domain(b->host);

	if (da.len == 0 || db.len == 0)
		return str_eq(a->host, b->host);
	return str_eq(da, db);
}

bool url_equal(const struct url *a, const struct url *b, unsigned write_flags)
{
	_cleanup_buf_ struct buf x = BUF_INIT(16 * LIMIT_URL);
	_cleanup_buf_ struct buf y = BUF_INIT(16 * LIMIT_URL);

	url_write(&x, a, write_flags);
	url_write(&y, b, write_flags);
	return str_eq(buf_view(&x), buf_view(&y));
}

struct str url_directory(const struct url *u)
{
	return str_sub(u->path, 0, (size_t)(str_rchr(u->path, '/') + 1));
}

struct str url_extension(struct arena *a, const struct url *u)
{
	struct str last = str_from(u->path, (size_t)(str_rchr(u->path, '/') + 1));
	ssize_t dot = str_rchr(last, '.');

	if (dot < 0)
		return STR("");
	struct str ext = str_from(last, (size_t)dot + 1);
	char *p = arena_cstr(a, ext);

	for (size_t i = 0; i < ext.len; i++)
		p[i] = ascii_lower(p[i]);
	return str_make(p, ext.len);
}
