/* Databases for tests. The server is a child that dies with us; its directory is
 * removed at exit. */
#include "store/test_db.h"

#include <errno.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/mem.h"

#define PG_INITDB "/usr/lib/postgresql/15/bin/initdb"
#define PG_SERVER "/usr/lib/postgresql/15/bin/postgres"
#define START_TRIES 400

static struct {
	bool tried, private, up;
	pid_t owner, pid;
	uid_t uid;
	gid_t gid;
	char dir[100];
	char admin[600]; /* URL of a database to make others from */
	int databases;
	char template[40]; /* a migrated database to copy, once there is one */
} server;

static enum store_dialect dialect_now;

/* ---- programs ---- */

/* Runs argv to its end (wait) or leaves it running. */
static pid_t start(const char *const *argv, bool as_server_user)
{
	pid_t pid = fork();

	if (pid == 0) {
		union {
			const char *const *in;
			char *const *out;
		} cast = { .in = argv };

		if (as_server_user && server.uid &&
		    (setgid(server.gid) < 0 || setuid(server.uid) < 0))
			_exit(126);
		prctl(PR_SET_PDEATHSIG, SIGINT);
		if (!freopen("/dev/null", "r", stdin) || !freopen("/dev/null", "w", stdout) ||
		    chdir("/") < 0)
			_exit(126);
		if (!getenv("PG_TEST_VERBOSE") && !freopen("/dev/null", "w", stderr))
			_exit(126);
		execv(argv[0], cast.out);
		_exit(127);
	}
	return pid;
}

static int finish(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void remove_tree(const char *dir)
{
	const char *const argv[] = { "/bin/rm", "-rf", "--", dir, NULL };

	finish(start(argv, false));
}

/* ---- the private server ---- */

static bool answers(const char *url)
{
	PGconn *pg = PQconnectdb(url);
	bool ok = PQstatus(pg) == CONNECTION_OK;

	PQfinish(pg);
	return ok;
}

static bool launch(void)
{
	char data[140], sockets[200];

	snprintf(data, sizeof(data), "%s/data", server.dir);
	snprintf(sockets, sizeof(sockets), "unix_socket_directories=%s", server.dir);
	const char *const argv[] = { PG_SERVER,
				     "-D",
				     data,
				     "-F",
				     "-c",
				     "listen_addresses=",
				     "-c",
				     sockets,
				     "-c",
				     "shared_buffers=16MB",
				     "-c",
				     "max_connections=100",
				     "-c",
				     "autovacuum=off",
				     "-c",
				     "full_page_writes=off",
				     "-c",
				     "jit=off",
				     NULL };
	server.pid = start(argv, true);
	for (int i = 0; i < START_TRIES; i++) {
		struct timespec ts = { 0, 25 * 1000000 };

		if (answers(server.admin)) {
			server.up = true;
			return true;
		}
		if (waitpid(server.pid, NULL, WNOHANG) == server.pid)
			break;
		nanosleep(&ts, NULL);
	}
	return false;
}

static void halt(void)
{
	if (!server.up)
		return;
	kill(server.pid, SIGINT);
	finish(server.pid);
	server.up = false;
}

static void at_exit(void)
{
	if (getpid() != server.owner)
		return; /* a child that a test forked */
	halt();
	remove_tree(server.dir);
}

static bool server_user(void)
{
	const struct passwd *pw;

	if (geteuid() != 0)
		return true;
	pw = getpwnam("postgres");
	if (!pw)
		pw = getpwnam("nobody");
	if (!pw)
		return false;
	server.uid = pw->pw_uid;
	server.gid = pw->pw_gid;
	return true;
}

static bool server_make(void)
{
	char data[140];

	if (access(PG_INITDB, X_OK) < 0 || !server_user())
		return false;
	snprintf(server.dir, sizeof(server.dir), "/tmp/zw-pg-XXXXXX");
	if (!mkdtemp(server.dir) || chmod(server.dir, 0755) < 0)
		return false;
	server.owner = getpid();
	atexit(at_exit);
	if (server.uid && chown(server.dir, server.uid, server.gid) < 0)
		return false;
	snprintf(data, sizeof(data), "%s/data", server.dir);
	const char *const argv[] = { PG_INITDB, "-D",	   data,	  "-U",
				     "zhanwei",	       "-A",	   "trust",	  "-E",
				     "UTF8",	       "--locale", "C.UTF-8",	  "--no-sync",
				     "--no-instructions", NULL };
	if (finish(start(argv, true)) != 0)
		return false;
	snprintf(server.admin, sizeof(server.admin), "postgresql://zhanwei@/postgres?host=%s",
		 server.dir);
	server.private = true;
	return launch();
}

static bool server_ready(void)
{
	const char *given = getenv("PG_TEST_URL");

	if (server.tried)
		return server.up;
	server.tried = true;
	if (given && *given) {
		snprintf(server.admin, sizeof(server.admin), "%s", given);
		server.up = answers(given);
	} else {
		server.up = server_make();
	}
	if (!server.up)
		fprintf(stderr, "\nSKIP the PostgreSQL half: no server for tests (install "
				"postgresql-15, or set PG_TEST_URL)\n\n");
	return server.up;
}

bool test_db_server(bool up)
{
	if (!server.private)
		return false;
	if (!up)
		halt();
	else if (!server.up)
		return launch();
	return true;
}

/* ---- databases ---- */

static bool admin(const char *sql)
{
	PGconn *pg = PQconnectdb(server.admin);
	PGresult *r = PQexec(pg, sql);
	bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;

	if (!ok)
		fprintf(stderr, "%s: %s", sql, PQerrorMessage(pg));
	PQclear(r);
	PQfinish(pg);
	return ok;
}

/* The admin URL with another database name. */
static void url_of(const char *name, char *out, size_t size)
{
	struct str u = str_c(server.admin);
	ssize_t query = str_chr(u, '?');
	struct str head = query < 0 ? u : str_sub(u, 0, (size_t)query);
	struct str tail = query < 0 ? STR("") : str_from(u, (size_t)query);
	ssize_t slash = str_rchr(head, '/');

	head = slash < 0 ? head : str_sub(head, 0, (size_t)slash);
	snprintf(out, size, "%.*s/%s%.*s", STR_ARG(head), name, STR_ARG(tail));
}

static bool make(enum store_dialect dialect, const char *template, struct test_db *db)
{
	char name[64], sql[300];

	*db = (struct test_db){ .dialect = dialect, .now = TEST_DB_NOW };
	if (dialect == STORE_PGSQL && !server_ready())
		return false;
	snprintf(db->dir, sizeof(db->dir), "/tmp/zw-test-XXXXXX");
	check(mkdtemp(db->dir) != NULL);
	snprintf(db->url, sizeof(db->url), "%s/data", db->dir);
	if (dialect == STORE_SQLITE)
		return true;
	snprintf(name, sizeof(name), "zw_test_%d_%d", (int)getpid(), server.databases++);
	snprintf(sql, sizeof(sql), "CREATE DATABASE %s TEMPLATE %s ENCODING 'UTF8'%s", name, template,
		 server.private ? " STRATEGY = FILE_COPY" : "");
	check(admin(sql));
	url_of(name, db->url, sizeof(db->url));
	return true;
}

bool test_db_make(enum store_dialect dialect, struct test_db *db)
{
	return make(dialect, "template0", db);
}

static bool migrate_url(const char *url)
{
	struct store *s = NULL;
	struct error e = { 0 };
	bool ok = store_open(str_c(url), NULL, &s, &e) == 0 && store_migrate(s, &e) == 0;

	if (!ok)
		fprintf(stderr, "test database: %s %s\n", e.code, e.en);
	store_close(s);
	return ok;
}

/* Migrated once per program on PostgreSQL, then copied. */
static const char *template_name(void)
{
	char sql[200], url[600];

	if (server.template[0])
		return server.template;
	snprintf(server.template, sizeof(server.template), "zw_template_%d", (int)getpid());
	snprintf(sql, sizeof(sql), "CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8'",
		 server.template);
	url_of(server.template, url, sizeof(url));
	check(admin(sql) && migrate_url(url));
	return server.template;
}

void test_db_drop(struct test_db *db)
{
	char sql[200];
	struct str u = str_c(db->url);

	remove_tree(db->dir);
	/* A private server goes as a whole. */
	if (db->dialect != STORE_PGSQL || !server.up || server.private)
		return;
	ssize_t query = str_chr(u, '?');

	u = query < 0 ? u : str_sub(u, 0, (size_t)query);
	u = str_from(u, (size_t)str_rchr(u, '/') + 1);
	snprintf(sql, sizeof(sql), "DROP DATABASE %.*s WITH (FORCE)", STR_ARG(u));
	admin(sql);
}

int test_db_setup(void **state)
{
	struct test_db *db = mem_alloc(sizeof(*db));
	struct store_options o = { .max_conns = 24 };
	struct error e = { 0 };

	check(make(dialect_now, dialect_now == STORE_PGSQL ? template_name() : "", db));
	if (store_open(str_c(db->url), &o, &db->store, &e) < 0 ||
	    store_migrate(db->store, &e) < 0 || store_acquire(db->store, &db->conn, &e) < 0) {
		fprintf(stderr, "test database: %s %s\n", e.code, e.en);
		return -1;
	}
	*state = db;
	return 0;
}

int test_db_teardown(void **state)
{
	struct test_db *db = *state;

	store_release(db->conn);
	store_close(db->store);
	test_db_drop(db);
	free(db);
	return 0;
}

int test_db_run(const char *name, const struct CMUnitTest *tests, size_t n)
{
	return test_db_run_shared(name, tests, n, NULL, NULL);
}

int test_db_run_shared(const char *name, const struct CMUnitTest *tests, size_t n, CMFixtureFunction open,
		       CMFixtureFunction close)
{
	char title[100];
	int failed;

	dialect_now = STORE_SQLITE;
	snprintf(title, sizeof(title), "%s on SQLite", name);
	failed = _cmocka_run_group_tests(title, tests, n, open, close);
	if (!server_ready())
		return failed;
	dialect_now = STORE_PGSQL;
	snprintf(title, sizeof(title), "%s on PostgreSQL", name);
	failed += _cmocka_run_group_tests(title, tests, n, open, close);
	if (!server.private && server.template[0]) {
		char sql[100];

		snprintf(sql, sizeof(sql), "DROP DATABASE %s", server.template);
		admin(sql);
	}
	return failed;
}
