/* The application's own life, permission checks and the system actor. */
#include "app/context.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/textserve.h"
#include "base/check.h"
#include "base/mem.h"
#include "os/file.h"
#include "store/event.h"

int app_init(struct app *ret, struct store *store, const struct clock *clock, struct str data_dir,
	     struct str version, struct error *e)
{
	_cleanup_free_ char *dir = str_dup(data_dir);
	char real[PATH_MAX], path[PATH_MAX + 32];
	struct app app = { .magic = APP_MAGIC, .store = store, .clock = clock };
	if (sodium_init() < 0)
		return error_set(e, "app.crypto", "密码库无法初始化。", "The crypto library could not start.");
	if (os_dir_make(dir, 0700, e) < 0)
		return -1;
	if (!realpath(dir, real))
		return error_os(e, 2, dir);
	snprintf(path, sizeof(path), "%s/secret.key", real);
	if (os_key_load(path, app.key, e) < 0)
		return -1;
	app.data_dir = str_c(str_dup(str_c(real)));
	snprintf(app.version, sizeof(app.version), "%.*s", STR_ARG(version));
	app.texts = app_texts_new();
	*ret = app;
	return 0;
}

void app_free(struct app *app)
{
	union {
		const char *in;
		char *out;
	} dir = { app->data_dir.ptr };
	free(dir.out);
	app_texts_free(app->texts);
	os_wipe(app->key, sizeof(app->key));
	*app = (struct app){ 0 };
}

struct tx {
	struct app_call *c;
	int (*fn)(struct app_call *c, void *arg, struct error *e);
	void *arg;
};

static int tx_run(struct store_conn *db, void *arg, struct error *e)
{
	struct tx *t = arg;
	return t->fn(t->c, t->arg, e);
}

int app_tx(struct app_call *c, int (*fn)(struct app_call *c, void *arg, struct error *e),
	   void *arg, struct error *e)
{
	struct tx t = { c, fn, arg };
	return store_tx(c->db, tx_run, &t, e);
}

int app_require(const struct app_call *c, enum app_permission p, struct error *e)
{
	if (app_may(c, p))
		return 0;
	return error_set(e, "auth.forbidden", "没有权限：%s。请联系管理员。",
			 "Not permitted (%s). Ask an administrator.", app_permission_info(p)->zh);
}

void app_actor_system(struct app_actor *a, enum app_via via, struct str tenant_id)
{
	*a = (struct app_actor){
		.user_id = STR(""), .user_name = STR("系统"), .email = STR(""), .lang = STR("zh-CN"),
		.tenant_id = tenant_id, .role = ROLE_TENANT_ADMIN, .via = via, .ip = STR(""),
		.permissions = app_role_permissions(ROLE_TENANT_ADMIN) |
			       app_role_permissions(ROLE_OPERATOR),
	};
}

int app_event(struct app_call *c, const char *topic, const char *type, const json_t *data,
	      struct error *e)
{
	_cleanup_buf_ struct buf text = BUF_INIT(64 * 1024);
	json_write(&text, data);
	return store_event_append(c->db, c->actor->tenant_id, topic, type, buf_view(&text), c->now, e);
}
