/* Log-in of a site: {"kind","url","user","check_url","check_text"} among the settings,
 * {"password","script"} among the sealed secrets under the same name. */
#include "app/sitelogin.h"

#include "base/limits.h"
#include "scan/login_script.h"

#define HIDDEN STR("***")

static int bad(struct error *e, const char *name, const char *member, const char *code, const char *zh, const char *en)
{
	char field[80];

	snprintf(field, sizeof(field), "settings.%s.%s", name, member);
	error_field(e, field, code, "%s", "%s", zh);
	if (e)
		snprintf(e->en, sizeof(e->en), "%s", en);
	return -1;
}

static bool is_address(struct str s)
{
	return !s.len || s.ptr[0] == '/' || str_istarts(s, STR("http://")) || str_istarts(s, STR("https://"));
}

/* The new value, or what was kept when it is "***". */
static struct str secret_of(const json_t *in, const json_t *kept, const char *member)
{
	struct str v = json_get_str(in, member);

	return str_eq(v, HIDDEN) ? json_get_str(kept, member) : v;
}

static int check_script(struct str script, const char *name, struct error *e)
{
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
	const struct login_step *steps;
	size_t n;

	if (login_script_parse(a, script, &steps, &n, e) == 0)
		return 0;
	if (e)
		snprintf(e->field, sizeof(e->field), "settings.%s.script", name);
	return -1;
}

int app_sitelogin_take(json_t *settings, json_t *secrets, const json_t *in, const char *name, bool *touched,
		       struct error *e)
{
	static const char *const shown[] = { "kind", "url", "user", "check_url", "check_text" };
	const json_t *v = json_object_get(in, name), *kept = json_object_get(secrets, name);
	struct str kind = json_get_str(v, "kind");

	if (!v)
		return 0;
	*touched = true;
	if (json_is_null(v) || str_eq(kind, STR("none"))) {
		json_object_del(settings, name);
		json_object_del(secrets, name);
		return 0;
	}
	struct str password = secret_of(v, kept, "password"), script = secret_of(v, kept, "script");

	if (!is_address(json_get_str(v, "url")))
		return bad(e, name, "url", "site.bad-login", "登录页应是本站的网址或路径", "the log-in page is an address or a path of the site");
	if (!is_address(json_get_str(v, "check_url")))
		return bad(e, name, "check_url", "site.bad-login", "检查页应是本站的网址或路径", "the check page is an address or a path of the site");
	if (str_eq(kind, STR("form")) && (!json_get_str(v, "user").len || !password.len))
		return bad(e, name, "user", "site.bad-login", "表单登录需要用户名和密码", "a form log-in needs user name and password");
	if (str_eq(kind, STR("script")) && check_script(script, name, e) < 0)
		return -1;
	_cleanup_json_ json_t *open = json_object();
	_cleanup_json_ json_t *sealed = json_object();

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		json_put(open, shown[i], json_str(json_get_str(v, shown[i])));
	json_put(open, "password", json_boolean(password.len > 0));
	json_put(open, "script", json_boolean(script.len > 0));
	json_put(sealed, "password", json_str(password));
	json_put(sealed, "script", json_str(script));
	json_object_set(settings, name, open);
	json_object_set(secrets, name, sealed);
	return 0;
}

json_t *app_sitelogin_json(const json_t *settings, const char *name)
{
	const json_t *v = json_object_get(settings, name);
	json_t *o;

	if (!json_is_object(v))
		return json_null();
	o = json_deep_copy(v);
	json_put(o, "password", json_get_bool(v, "password", false) ? json_str(HIDDEN) : json_c(""));
	json_put(o, "script", json_get_bool(v, "script", false) ? json_str(HIDDEN) : json_c(""));
	return o;
}

/* A path is one of the site's; the engine resolves it against the target. */
struct scan_login app_sitelogin_options(struct arena *a, const json_t *settings, const json_t *secrets, const char *name)
{
	const json_t *v = json_object_get(settings, name), *s = json_object_get(secrets, name);
	struct str kind = json_get_str(v, "kind");

	return (struct scan_login){
		.kind = str_eq(kind, STR("form"))     ? SCAN_LOGIN_FORM
			: str_eq(kind, STR("script")) ? SCAN_LOGIN_SCRIPT
						      : SCAN_LOGIN_NONE,
		.url = arena_str(a, json_get_str(v, "url")),
		.user = arena_str(a, json_get_str(v, "user")),
		.password = arena_str(a, json_get_str(s, "password")),
		.script = arena_str(a, json_get_str(s, "script")),
		.check_url = arena_str(a, json_get_str(v, "check_url")),
		.check_text = arena_str(a, json_get_str(v, "check_text")),
	};
}
