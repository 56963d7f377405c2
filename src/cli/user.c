/* `zhanwei user add`: a person without the console: the first one on a server without a
 * browser, or a way back in. The password comes from a prompt or from standard input,
 * never from the command line, where others could read it. */
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "app/setup.h"
#include "cli/cli.h"
#include "cli/place.h"
#include "os/file.h"

struct args {
	struct cli_place place;
	struct str email, name, role, tenant, new_tenant;
};

static const struct cli_option table[] = {
	CLI_STR(0, "email", struct args, email, "E-MAIL", "登录邮箱（必填）", "e-mail address to log in with (required)"),
	CLI_STR(0, "name", struct args, name, "NAME", "姓名，默认取邮箱", "name; the address by default"),
	CLI_CHOICE(0, "role", struct args, role, "tenant_admin|operator|auditor|engineer|platform_admin",
		   "角色，默认 tenant_admin", "role; tenant_admin by default"),
	CLI_STR(0, "tenant", struct args, tenant, "ID", "加入的租户", "tenant to join"),
	CLI_STR(0, "new-tenant", struct args, new_tenant, "NAME", "新建租户并加入", "make a tenant and join it"),
	CLI_PLACE_OPTIONS(struct args),
	CLI_END,
};

static int read_password(char *out, size_t n, struct error *e)
{
	struct termios old, quiet;
	bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &old) == 0;
	if (terminal) {
		fputs("密码 Password: ", stderr);
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	bool ok = fgets(out, (int)n, stdin) != NULL;
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		fputc('\n', stderr);
	}
	if (!ok)
		return error_set(e, "user.password", "请从标准输入给出密码。", "Give the password on standard input.");
	out[strcspn(out, "\r\n")] = '\0';
	return 0;
}

static int add(const struct args *a, struct error *e)
{
	struct cli_home h;
	struct app_actor system;
	struct id id;
	char password[1100];
	if (read_password(password, sizeof(password), e) < 0 || cli_home_open(&h, &a->place, e) < 0)
		return -1;
	_cleanup_arena_ struct arena *arena = arena_new(16 * 1024 * 1024);
	app_actor_system(&system, APP_VIA_CLI, APP_PLATFORM);
	system.user_name = STR("命令行");
	struct app_call c = { .app = &h.app, .actor = &system, .arena = arena,
			      .now = clock_wall_ms(&clock_system) };
	const struct app_user_new u = { .name = str_empty(a->name) ? a->email : a->name,
					.email = a->email, .password = str_c(password),
					.role = str_empty(a->role) ? STR("tenant_admin") : a->role,
					.tenant_id = a->tenant, .tenant_name = a->new_tenant };
	int r = store_migrate(h.store, e);
	if (r == 0)
		r = store_acquire(h.store, &c.db, e);
	if (r == 0) {
		r = app_user_add(&c, &u, &id, e);
		store_release(c.db);
	}
	os_wipe(password, sizeof(password));
	cli_home_close(&h);
	if (r == 0)
		printf("已添加 Added: %.*s (%s)\n", STR_ARG(a->email), id.text);
	return r;
}

static int run(int argc, char **argv)
{
	struct args a = { 0 };
	struct error e = { 0 };
	struct str word = STR("");
	size_t n = 0;
	int code;
	if (!cli_begin(&cli_command_user, table, &a, argc, argv, &word, 1, &n, &code))
		return code;
	if (n != 1 || !str_eq(word, STR("add")) || str_empty(a.email)) {
		fputs("用法：zhanwei user add --email E-MAIL，见 --help。\n"
		      "Usage: zhanwei user add --email E-MAIL; see --help.\n", stderr);
		return CLI_USAGE;
	}
	return add(&a, &e) < 0 ? cli_fail(CLI_FAILED, &e) : CLI_OK;
}

const struct cli_command cli_command_user = {
	.name = "user",
	.args = "add --email E-MAIL [--name NAME] [--role ROLE] [--tenant ID | --new-tenant NAME]",
	.help_zh = "添加用户，密码从标准输入读取",
	.help_en = "add a user; the password is read from standard input",
	.run = run,
};
