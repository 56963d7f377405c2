/* Opening the data folder and the database; the body of a worker process. */
#include "cli/place.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>

#include "app/jobs.h"
#include "cli/cli.h"
#include "job/job.h"
#include "net/http.h"
#include "os/spawn.h"
#include "os/supervise.h"
#include "scan/jail.h"

char *cli_place_data(const struct cli_place *p)
{
	const char *env = getenv("ZHANWEI_DATA");
	if (!str_empty(p->data))
		return str_dup(p->data);
	return str_dup(env && *env ? str_c(env) : STR("var"));
}

int cli_home_open(struct cli_home *h, const struct cli_place *p, struct error *e)
{
	_cleanup_free_ char *data = cli_place_data(p);
	struct cli_home home = { 0 };
	const struct store_options opts = { .max_conns = 64 };
	/* Before any thread: notices and channel tests go out from here. */
	if (net_http_global_init(e) < 0)
		return -1;
	if (store_open(str_empty(p->db) ? str_c(data) : p->db, &opts, &home.store, e) < 0)
		return -1;
	if (app_init(&home.app, home.store, &clock_system, str_c(data), str_c(cli_version()), e) < 0) {
		store_close(home.store);
		return -1;
	}
	*h = home;
	return 0;
}

void cli_home_close(struct cli_home *h)
{
	app_free(&h->app);
	store_close(h->store);
}

struct watch {
	int fd;
	struct store *store;
	volatile bool stop, end;
};

static void *watch_main(void *arg)
{
	struct watch *w = arg;
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	while (!w->end)
		if (poll(&p, 1, 500) > 0)
			break;
	w->stop = true;
	store_wake(w->store);
	return NULL;
}

static int serve_queue(struct cli_home *h, unsigned slots, const char *name, int fd,
		       struct error *e)
{
	struct watch w = { .fd = fd, .store = h->store };
	struct store_conn *db;
	pthread_t thread;
	if (store_acquire(h->store, &db, e) < 0)
		return -1;
	int r = app_jobs_install(db, clock_wall_ms(&clock_system), e);
	store_release(db);
	if (r < 0)
		return -1;
	if (pthread_create(&thread, NULL, watch_main, &w) != 0)
		return error_set(e, "os.thread", "无法建立线程。", "A thread could not be made.");
	const struct job_worker_config config = { .store = h->store, .kinds = app_job_kinds,
						  .app = &h->app, .slots = slots, .scheduler = true,
						  .name = str_c(name),
						  .sole = *name != 0 };
	r = job_worker_run(&config, &w.stop, e);
	w.end = true;
	pthread_join(thread, NULL);
	return r;
}

/* The jailed kinds of both rooms in one list; static, because the spawner keeps it. */
static const struct os_jail_kind *const *jail_kinds(void)
{
	static const struct os_jail_kind *all[16];
	size_t n = 0;
	all[n++] = &scan_jail_kind;
	for (size_t i = 0; app_jail_kinds[i] && n < 15; i++)
		all[n++] = app_jail_kinds[i];
	return all;
}

int cli_work(const struct cli_place *p, unsigned slots, const char *name)
{
	struct error e = { 0 };
	struct cli_home h;
	struct os_spawner *spawner = NULL;
	int code = CLI_FAILED, fd = os_stop_signal_fd(&e);
	if (fd < 0 || os_spawner_start(jail_kinds(), &spawner, &e) < 0)
		return cli_fail(code, &e);
	if (cli_home_open(&h, p, &e) < 0) {
		os_spawner_stop(spawner);
		return cli_fail(code, &e);
	}
	h.app.spawner = spawner;
	if (serve_queue(&h, slots, name, fd, &e) < 0)
		cli_fail(code, &e);
	else
		code = CLI_OK;
	cli_home_close(&h);
	os_spawner_stop(spawner);
	return code;
}
