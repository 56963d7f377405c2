/* Passwords come from the environment or from a file, never from the command line itself. */
#include "cli/scan_login.h"

#include <stdlib.h>

#include "base/limits.h"
#include "os/file.h"
#include "scan/login_script.h"

static int bad_form(struct error *e)
{
	return error_field(e, "login-form", "cli.bad-login", "--login-form 应写成 用户名:env:环境变量名 或 用户名:file:密码文件。",
			   "--login-form is USER:env:NAME or USER:file:PATH.");
}

static int read_text(struct arena *a, struct str path, size_t max, struct str *ret, struct error *e)
{
	_cleanup_buf_ struct buf b = BUF_INIT(max);
	if (os_file_read(arena_cstr(a, path), &b, e) < 0)
		return -1;
	*ret = arena_str(a, buf_view(&b));
	return 0;
}

static int take_password(struct arena *a, struct str source, struct scan_login *l, struct error *e)
{
	if (str_starts(source, STR("env:"))) {
		const char *v = getenv(arena_cstr(a, str_from(source, 4)));
		if (!v)
			return error_field(e, "login-form", "cli.no-password", "环境变量 %.*s 没有设置。",
					   "The environment variable %.*s is not set.", STR_ARG(str_from(source, 4)));
		l->password = arena_str(a, str_c(v));
		return 0;
	}
	if (!str_starts(source, STR("file:")))
		return bad_form(e);
	if (read_text(a, str_from(source, 5), 4 * KIB, &l->password, e) < 0)
		return -1;
	while (l->password.len && (l->password.ptr[l->password.len - 1] == '\n' || l->password.ptr[l->password.len - 1] == '\r'))
		l->password.len--;
	return 0;
}

int cli_scan_login(struct arena *a, struct str form, struct str script, struct str url, struct scan_login *ret,
		   struct error *e)
{
	struct scan_login l = { .url = url };
	const struct login_step *steps;
	size_t n;
	if (form.len) {
		ssize_t colon = str_find(form, STR(":env:"));
		if (colon < 0)
			colon = str_find(form, STR(":file:"));
		if (colon <= 0)
			return bad_form(e);
		l.kind = SCAN_LOGIN_FORM;
		l.user = str_sub(form, 0, (size_t)colon);
		if (take_password(a, str_from(form, (size_t)colon + 1), &l, e) < 0)
			return -1;
	}
	if (script.len) {
		l.kind = SCAN_LOGIN_SCRIPT;
		if (read_text(a, script, LIMIT_LOGIN_SCRIPT, &l.script, e) < 0 ||
		    login_script_parse(a, l.script, &steps, &n, e) < 0)
			return -1;
	}
	*ret = l;
	return 0;
}
