/* What requests in another service's language need before their handler: where they lie, what they
 * carry, and the key. Signatures of those services are not checked, for we do not have their secrets:
 * the key alone opens the door, so such clients belong behind TLS. */
#include "api/api_private.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"

struct str compat_path(struct str path)
{
	ssize_t end = str_chr(str_from(path, 8), '/');
	/* Baidu's clients trade their two keys for a token first. */
	if (str_starts(path, STR("/compat/baidu/")) && str_ends(path, STR("/oauth/2.0/token")))
		return STR("/compat/baidu/token");
	return end < 0 ? path : str_sub(path, 0, 8 + (size_t)end);
}

bool compat_form(const struct http_exchange *x)
{
	return str_istarts(http_header(x, "Content-Type"), STR("application/x-www-form-urlencoded"));
}

json_t *compat_params(struct str text)
{
	json_t *o = json_object();
	struct str pair;
	for (int n = 0; n < LIMIT_API_QUERY && str_split(&text, '&', &pair); n++) {
		_cleanup_buf_ struct buf name = BUF_INIT(KIB), value = BUF_INIT(MIB);
		ssize_t eq = str_chr(pair, '=');
		if (eq <= 0)
			continue;
		decode_percent(&name, str_sub(pair, 0, (size_t)eq), true);
		decode_percent(&value, str_from(pair, (size_t)eq + 1), true);
		/* A name is a C string to the library; a value may be anything but NUL. */
		if (name.len && !memchr(name.ptr, 0, name.len) && utf8_invalid_at(buf_view(&name)) < 0)
			json_put(o, name.ptr, json_str(buf_view(&value)));
	}
	return o;
}

static struct str credential(struct str header)
{
	ssize_t at = str_find(header, STR("Credential="));
	struct str rest = at < 0 ? STR("") : str_from(header, (size_t)at + 11);
	size_t n = 0;
	while (n < rest.len && !strchr("/, ;", rest.ptr[n]))
		n++;
	return str_sub(rest, 0, n);
}

static struct str named(json_t *params, struct arena *a)
{
	static const char *const names[] = { "access_token", "client_secret", "AccessKeyId" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!str_empty(json_get_str(params, names[i])))
			return arena_str(a, str_sub(json_get_str(params, names[i]), 0, 200));
	return STR("");
}

struct str compat_key(const struct http_exchange *x, struct arena *a)
{
	struct str header = http_header(x, "Authorization"), key = http_header(x, "x-api-key");
	if (str_istarts(header, STR("Bearer ")))
		return str_trim(str_from(header, 7));
	if (!str_empty(key))
		return str_trim(key);
	key = credential(header);
	if (!str_empty(key))
		return key;
	_cleanup_json_ json_t *query = compat_params(http_query(x));
	key = named(query, a);
	if (str_empty(key) && compat_form(x)) {
		_cleanup_json_ json_t *form = compat_params(http_body(x));
		key = named(form, a);
	}
	return key;
}
