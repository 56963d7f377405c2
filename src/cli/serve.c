/* `zhanwei serve`: brings the database up to date, then keeps a web process and some
 * workers alive until told to stop. The web process does no long work and parses no
 * foreign pages; workers do both, the latter in the jail. Sheets that a request brings are read
 * in a jail of its own. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "app/oob.h"
#include "app/setup.h"
#include "app/sheetread.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/place.h"
#include "os/file.h"
#include "os/supervise.h"

struct args {
	struct cli_place place;
	struct str listen;
	int64_t workers;
	bool quiet;
	/* from listen */
	char address[64];
	uint16_t port;
};

static const struct cli_option table[] = {
	CLI_STR(0, "listen", struct args, listen, "ADDR:PORT", "监听地址，默认 127.0.0.1:8080",
		"address to listen on; 127.0.0.1:8080 by default"),
	CLI_PLACE_OPTIONS(struct args),
	CLI_INT(0, "workers", struct args, workers, 0, 32, "N", "工作进程数，默认 1",
		"worker processes; 1 by default"),
	CLI_END,
};

static int parse_listen(struct args *a, struct error *e)
{
	struct str text = str_empty(a->listen) ? STR("127.0.0.1:8080") : a->listen;
	ssize_t colon = str_rchr(text, ':');
	int64_t port = 0;
	struct str host = colon < 0 ? text : str_sub(text, 0, (size_t)colon);
	if (str_starts(host, STR("[")) && str_ends(host, STR("]")))
		host = str_sub(host, 1, host.len - 1);
	if (str_empty(host))
		host = STR("0.0.0.0");
	if (str_eq(host, STR("localhost")))
		host = STR("127.0.0.1");
	if (colon < 0 || str_to_i64(str_from(text, (size_t)colon + 1), &port) < 0 || port < 0 ||
	    port > 65535 || host.len >= sizeof(a->address))
		return error_field(e, "--listen", "listen.bad-address", "--listen 应为 地址:端口，例如 127.0.0.1:8080。",
				   "--listen takes ADDRESS:PORT, for example 127.0.0.1:8080.");
	snprintf(a->address, sizeof(a->address), "%.*s", STR_ARG(host));
	a->port = (uint16_t)port;
	return 0;
}

/* ---- the web process ---- */

static void print_links(struct cli_home *h, const struct args *a, uint16_t port)
{
	struct error e = { 0 };
	struct app_actor system;
	_cleanup_arena_ struct arena *arena = arena_new(1024 * 1024);
	_cleanup_buf_ struct buf token = BUF_INIT(256);
	const char *host = strcmp(a->address, "0.0.0.0") == 0 || strcmp(a->address, "::") == 0 ?
				   "127.0.0.1" :
				   a->address;
	bool v6 = strchr(host, ':') != NULL;
	char base[128];
	snprintf(base, sizeof(base), "http://%s%s%s:%u", v6 ? "[" : "", host, v6 ? "]" : "", port);
	printf("站卫已启动 Zhanwei is up: %s\n", base);
	app_actor_system(&system, APP_VIA_CLI, APP_PLATFORM);
	struct app_call c = { .app = &h->app, .actor = &system, .arena = arena,
			      .now = clock_wall_ms(&clock_system) };
	if (store_acquire(h->store, &c.db, &e) == 0) {
		if (app_setup_needed(&c, &e) > 0 && app_setup_token(&h->app, &token, &e) == 0)
			printf("首次使用，请打开一次性设置链接 First use, open this one-time set-up link:\n"
			       "  %s/setup#token=%.*s\n",
			       base, STR_ARG(buf_view(&token)));
		store_release(c.db);
	}
	if (e.code[0])
		cli_fail(0, &e);
	fflush(stdout);
}

static int web_main(void *arg, unsigned index)
{
	const struct args *a = arg;
	struct error e = { 0 };
	struct cli_home h;
	struct api *api;
	int fd = os_stop_signal_fd(&e);
	/* Before any thread: for files that a request has read at once. Without it only those are refused. */
	_cleanup_(os_spawner_stopp) struct os_spawner *reader = NULL;
	if (os_spawner_start(app_web_jail_kinds, &reader, &e) < 0)
		cli_fail(1, &e);
	if (fd < 0 || cli_home_open(&h, &a->place, &e) < 0)
		return cli_fail(1, &e);
	h.app.reader = reader;
	const struct api_options o = { .app = &h.app, .address = str_c(a->address), .port = a->port };
	if (api_start(&o, &api, &e) < 0) {
		cli_fail(1, &e);
		cli_home_close(&h);
		/* Only a port that is taken for good is worth giving up for. */
		return str_starts(str_c(e.code), STR("listen.")) ? OS_SERVICE_FATAL : 1;
	}
	print_links(&h, a, api_port(api));
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct app_oob *oob = app_oob_new(&h.app);
	while (!os_stop_signal_seen(fd)) {
		app_oob_tick(oob);
		poll(&p, 1, 3000);
	}
	app_oob_free(oob);
	api_stop(api, 3000);
	cli_home_close(&h);
	return 0;
}

static int worker_main(void *arg, unsigned index)
{
	const struct args *a = arg;
	_cleanup_free_ char *data = cli_place_data(&a->place);
	_cleanup_free_ char *path = realpath(data, NULL);
	char host[64] = "localhost", name[100];
	gethostname(host, sizeof(host) - 1);
	/* serve.lock lets one process at a time have this name: see job/job.h, "sole". */
	snprintf(name, sizeof(name), "serve-%u@%s/%08x", index + 1, host,
		 (unsigned)str_hash(str_c(path ? path : data)));
	return cli_work(&a->place, 0, name);
}

/* ---- the supervisor ---- */

static void on_event(void *arg, const struct os_supervise_event *ev)
{
	if (ev->what == OS_SERVICE_ENDED && ev->restart_ms >= 0)
		log_event(LOG_WARN, "serve", "process.ended", LOG_C("name", ev->name),
			  LOG_INT("code", ev->code), LOG_INT("signal", ev->signal),
			  LOG_INT("restart_ms", ev->restart_ms), LOG_END);
	else if (ev->what == OS_SERVICE_KILLED)
		log_event(LOG_WARN, "serve", "process.killed", LOG_C("name", ev->name), LOG_END);
}

/* Before any process: one server per data folder, schema up to date, key there. */
static int prepare(const struct args *a, int *ret_lock, struct error *e)
{
	_cleanup_free_ char *data = cli_place_data(&a->place);
	char path[4200];
	struct cli_home h;
	if (os_dir_make(data, 0700, e) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/serve.lock", data);
	if (os_lock_take(path, ret_lock, e) < 0 || cli_home_open(&h, &a->place, e) < 0)
		return -1;
	int r = store_migrate(h.store, e);
	cli_home_close(&h);
	return r;
}

static int run(int argc, char **argv)
{
	struct args a = { .workers = 1 };
	struct error e = { 0 };
	size_t n = 0;
	struct str none;
	int lock = -1, code;
	if (!cli_begin(&cli_command_serve, table, &a, argc, argv, &none, 0, &n, &code))
		return code;
	if (parse_listen(&a, &e) < 0)
		return cli_fail(CLI_USAGE, &e);
	if (prepare(&a, &lock, &e) < 0)
		return cli_fail(CLI_FAILED, &e);
	const struct os_service services[] = {
		{ .name = "web", .main = web_main, .arg = &a, .count = 1 },
		{ .name = "worker", .main = worker_main, .arg = &a, .count = (unsigned)a.workers },
	};
	const struct os_supervise_options opts = { .on_event = on_event };
	int r = os_supervise(services, a.workers > 0 ? 2 : 1, &opts, &e);
	close(lock);
	if (r == OS_SERVICE_FATAL)
		return CLI_FAILED;
	return r < 0 ? cli_fail(CLI_FAILED, &e) : CLI_OK;
}

const struct cli_command cli_command_serve = {
	.name = "serve",
	.args = "[--listen ADDR:PORT] [--data DIR] [--db URL] [--workers N]",
	.help_zh = "运行平台：控制台、接口与工作进程",
	.help_en = "run the platform: console, API and workers",
	.run = run,
};
