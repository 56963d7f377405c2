/* Passive: accounts with their passwords in data that a page or an interface gives out
 * (CWE-522; OWASP API3:2023, excessive data exposure). An account is an object with a password
 * and with something that names a person; descriptions of interfaces, masked values, messages
 * and what the request itself sent are none. */
#include "base/json.h"
#include "base/limits.h"
#include "scan/checks/passive_private.h"
#include "scan/values.h"

static bool one_of(struct str name, const char *const *words)
{
	char folded[40];
	size_t n = 0;
	for (size_t i = 0; i < name.len && n < sizeof(folded); i++)
		if (name.ptr[i] != '_' && name.ptr[i] != '-')
			folded[n++] = ascii_lower(name.ptr[i]);
	for (; *words; words++)
		if (str_eq(str_make(folded, n), str_c(*words)))
			return true;
	return false;
}

static bool names_password(struct str name)
{
	static const char *const words[] = { "password", "passwd", "pwd", "userpassword", "userpwd", "loginpwd", "loginpassword",
					     "passwordhash", "hashedpassword", "pwdhash", "plainpassword", "mima", "密码", NULL };
	return one_of(name, words);
}

static bool names_person(struct str name)
{
	static const char *const words[] = { "user", "username", "name", "login", "loginname", "account", "email", "mail", "mobile",
					     "phone", "nickname", "userid", "uid", "realname", "usercode", "admin", "role", "用户名", NULL };
	return one_of(name, words);
}

/* bcrypt, crypt(3) and the hexadecimal digests. */
static bool is_hash(struct str v)
{
	bool hex = v.len == 32 || v.len == 40 || v.len == 64 || v.len == 128;
	for (size_t i = 0; i < v.len && hex; i++)
		hex = ascii_digit(v.ptr[i]) || (ascii_lower(v.ptr[i]) >= 'a' && ascii_lower(v.ptr[i]) <= 'f');
	return hex || (v.len > 20 && v.ptr[0] == '$') || str_starts(v, STR("{bcrypt}")) || str_starts(v, STR("pbkdf2"));
}

/* Words of a description, a mask, a message. */
static bool says_nothing(struct str v)
{
	static const char *const words[] = { "string", "password", "null", "none", "undefined", "true", "false", "hidden", "required",
					     "redacted", "protected", "******", "xxxxxx", "text", NULL };
	size_t masked = 0;
	if (v.len < 3 || v.len > 200 || one_of(v, words))
		return true;
	for (size_t i = 0; i < v.len; i++) {
		masked += v.ptr[i] == '*' || v.ptr[i] == 'x' || v.ptr[i] == 'X' || (unsigned char)v.ptr[i] >= 0x80;
		if (v.ptr[i] == ' ' || v.ptr[i] == '<' || v.ptr[i] == '{')
			return true;
	}
	return masked * 2 > v.len && v.ptr[0] != '$';
}

struct accounts {
	const struct scan_exchange *x;
	size_t seen;
	bool plain;
	struct str first; /* of x->text */
};

static bool was_sent(const struct scan_exchange *x, struct str v)
{
	return str_has(x->request_body, v) || str_has(x->query, v);
}

static void look_object(struct accounts *s, const json_t *object)
{
	const char *name;
	json_t *v;
	struct str secret = STR_NULL;
	bool person = false;
	json_object_foreach((json_t *)(uintptr_t)object, name, v) {
		struct str n = str_c(name);
		if (names_password(n) && json_is_string(v))
			secret = str_make(json_string_value(v), json_string_length(v));
		person = person || (names_person(n) && (json_is_string(v) || json_is_integer(v) || json_is_boolean(v)));
	}
	if (!person || !secret.ptr || says_nothing(secret) || was_sent(s->x, secret))
		return;
	s->seen++;
	s->plain = s->plain || !is_hash(secret);
	ssize_t at = str_find(s->x->text, secret);
	if (!s->first.ptr && at >= 0)
		s->first = str_sub(s->x->text, (size_t)at, (size_t)at + secret.len);
}

static void walk(struct accounts *s, const json_t *v, unsigned depth)
{
	const char *name;
	json_t *child;
	size_t i;
	if (depth > 12 || s->seen > 100)
		return;
	if (json_is_object(v)) {
		look_object(s, v);
		json_object_foreach((json_t *)(uintptr_t)v, name, child)
			walk(s, child, depth + 1);
	}
	json_array_foreach(v, i, child)
		walk(s, child, depth + 1);
}

static void look_accounts(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (x->status < 200 || x->status > 299 || x->missing || x->text.len > 2 * MIB ||
	    !(x->media == MEDIA_JSON || values_is_json(scan_header_get(&x->headers, "content-type"))))
		return;
	json_t *v = json_parse(x->text, NULL);
	struct accounts s = { .x = x };
	if (v && !json_object_get(v, "openapi") && !json_object_get(v, "swagger") && !json_object_get(v, "$schema"))
		walk(&s, v, 0);
	json_decref(v);
	if (s.first.ptr)
		passive_report_as(c, x, s.first, s.plain && !passive_is_sample(x->path) ? SEVERITY_HIGH : SEVERITY_MEDIUM, CONFIDENCE_FIRM);
}

const struct scan_check check_account_data_exposed = {
	.id = "account-data-exposed",
	.title_zh = "接口返回账号密码",
	.title_en = "Accounts given out with their passwords",
	.severity = SEVERITY_HIGH,
	.cwe = 522,
	.owasp = "A01:2021",
	.place = PLACE_PAGE,
	.on_exchange = look_accounts,
};
