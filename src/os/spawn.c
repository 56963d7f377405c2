/* Our side of the spawner: makes the process, in namespaces of its own where the
 * system lets us, and asks it for children. A request is one message with its
 * descriptors, answers come on a socket per child: so any thread may ask at any time
 * without a lock. */
#include "os/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "os/fdpass.h"
#include "os/file.h"
#include "os/jail_private.h"

#define SPAWNER_MAGIC 0x5a773031u

struct os_spawner {
	unsigned magic;
	int control;
	pid_t pid;
	const struct os_jail_kind *const *kinds;
	struct os_jail_facts facts;
};

/* ---- making the spawner -------------------------------------------------------- */

/* Users for children when we are root: numbers that no account, dynamic service or
 * container range uses (systemd.io/UIDS-GIDS); smaller ones inside containers that
 * map few. The first that exists in our user namespace is taken. */
static const struct {
	uid_t base, count;
} uid_ranges[] = { { 1900000000, 4096 }, { 65520, 14 }, { 65534, 1 } };

static bool ids_mapped(const char *file, uid_t base, uid_t count)
{
	_cleanup_buf_ struct buf text = BUF_INIT(64 * 1024);
	struct str rest, line;

	if (os_file_read(file, &text, NULL) < 0)
		return true; /* no /proc: setresuid() will say */
	rest = buf_view(&text);
	while (str_split(&rest, '\n', &line)) {
		uint64_t v[3];
		size_t n = 0;

		for (struct str part; n < 3 && str_split(&line, ' ', &part);) {
			if (part.len && str_to_u64(part, &v[n]) == 0)
				n++;
		}
		if (n == 3 && base >= v[0] && base - v[0] + count <= v[2])
			return true;
	}
	return false;
}

static int choose_uids(uid_t *ret_base, uid_t *ret_count, struct error *e)
{
	*ret_base = *ret_count = 0;
	if (geteuid() != 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(uid_ranges); i++) {
		uid_t base = uid_ranges[i].base, count = uid_ranges[i].count;

		if (ids_mapped("/proc/self/uid_map", base, count) &&
		    ids_mapped("/proc/self/gid_map", base, count)) {
			*ret_base = base;
			*ret_count = count;
			return 0;
		}
	}
	return error_set(e, "spawn.jail", "系统中没有可供隔离进程使用的用户号",
			 "there is no user number left for jailed processes on this system");
}

static int write_proc(pid_t pid, const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	return write(fd, text, strlen(text)) < 0 ? -1 : 0;
}

/* As root: root and the children's range, one to one. Else: ourselves. */
static int map_ids(pid_t pid, uid_t base, uid_t count)
{
	char uids[96], gids[96];

	if (count > 0) {
		snprintf(uids, sizeof(uids), "0 0 1\n%u %u %u\n", base, base, count);
		snprintf(gids, sizeof(gids), "%s", uids);
	} else {
		snprintf(uids, sizeof(uids), "%u %u 1\n", geteuid(), geteuid());
		snprintf(gids, sizeof(gids), "%u %u 1\n", getegid(), getegid());
		if (write_proc(pid, "setgroups", "deny") < 0)
			return -1;
	}
	return write_proc(pid, "uid_map", uids) < 0 || write_proc(pid, "gid_map", gids) < 0 ? -1
											    : 0;
}

struct start {
	const struct os_jail_kind *const *kinds;
	const struct os_spawner_options *opts;
	int ours, theirs; /* control socket */
	uid_t base, count;
};

static _Noreturn void become_spawner(const struct start *s, bool namespaces)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	close(s->ours);
	os_spawner_main(s->theirs, s->kinds, s->opts, namespaces, s->base, s->count);
}

/* The process id, or -1 when the system does not let us. As the first process of its
 * namespace the spawner takes every child with it when it dies. */
static pid_t start_in_namespaces(const struct start *s)
{
	int go[2];
	char byte = 'g';

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, go) < 0)
		return -1;
	long pid = syscall(SYS_clone,
			   CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
				   CLONE_NEWNS | SIGCHLD,
			   NULL, NULL, NULL, NULL);

	if (pid == 0) {
		close(go[0]);
		if (read(go[1], &byte, 1) != 1)
			_exit(1);
		become_spawner(s, true);
	}
	close(go[1]);
	if (pid > 0 && (map_ids((pid_t)pid, s->base, s->count) < 0 ||
			send(go[0], &byte, 1, MSG_NOSIGNAL) != 1)) {
		kill((pid_t)pid, SIGKILL);
		waitpid((pid_t)pid, NULL, 0);
		pid = -1;
	}
	close(go[0]);
	return (pid_t)pid;
}

static pid_t start_plainly(const struct start *s)
{
	pid_t pid = fork();

	if (pid == 0)
		become_spawner(s, false);
	return pid;
}

static int hear_hello(int control, struct os_spawn_hello *ret, struct error *e)
{
	_cleanup_buf_ struct buf b = BUF_INIT(sizeof(*ret));
	size_t nfds = 0;
	int r = os_fdpass_recv(control, &b, NULL, 0, &nfds, -1, e);

	if (r < 0)
		return -1;
	if (r == 0 || b.len != sizeof(*ret))
		return error_set(e, "spawn.gone", "隔离进程的管理进程启动失败",
				 "the process that makes jailed children did not start");
	memcpy(ret, b.ptr, sizeof(*ret));
	if (ret->failed) {
		if (e)
			*e = ret->error;
		return -1;
	}
	return 0;
}

int os_spawner_start_with(const struct os_jail_kind *const *kinds,
			  const struct os_spawner_options *opts, struct os_spawner **ret,
			  struct error *e)
{
	struct start st = { .kinds = kinds, .opts = opts };
	struct os_spawn_hello hello;
	int pair[2];
	pid_t pid = -1;

	if (choose_uids(&st.base, &st.count, e) < 0 || os_fdpass_pair(pair, e) < 0)
		return -1;
	st.ours = pair[0];
	st.theirs = pair[1];
	if (!(opts->off & OS_JAIL_NO_NAMESPACES))
		pid = start_in_namespaces(&st);
	if (pid < 0)
		pid = start_plainly(&st);
	int saved = errno;

	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return error_os(e, saved, "fork");
	}
	if (hear_hello(pair[0], &hello, e) < 0) {
		close(pair[0]);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return -1;
	}
	struct os_spawner *s = mem_alloc(sizeof(*s));

	*s = (struct os_spawner){ .magic = SPAWNER_MAGIC,
				  .control = pair[0],
				  .pid = pid,
				  .kinds = kinds,
				  .facts = hello.facts };
	*ret = s;
	return 0;
}

int os_spawner_start(const struct os_jail_kind *const *kinds, struct os_spawner **ret,
		     struct error *e)
{
	const struct os_spawner_options defaults = { .landlock_abi = -1 };

	return os_spawner_start_with(kinds, &defaults, ret, e);
}

void os_spawner_stop(struct os_spawner *s)
{
	if (!s)
		return;
	CHECK_OBJ(s, SPAWNER_MAGIC);
	close(s->control); /* it ends by itself, and its children with it */
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
	s->magic = 0;
	free(s);
}

struct os_jail_facts os_spawner_facts(const struct os_spawner *s)
{
	CHECK_OBJ(s, SPAWNER_MAGIC);
	return s->facts;
}

/* ---- asking for children ------------------------------------------------------- */

static int gone(struct error *e)
{
	return error_set(e, "spawn.gone", "隔离进程的管理进程已退出",
			 "the process that makes jailed children has ended");
}

static int send_request(struct os_spawner *s, uint32_t kind, const int *fds, size_t nfds,
			struct str arg, struct error *e)
{
	_cleanup_buf_ struct buf b = BUF_INIT(sizeof(struct os_spawn_request) + OS_SPAWN_MAX_ARG);
	struct os_spawn_request q = { .kind = kind };
	struct error why;

	buf_add(&b, &q, sizeof(q));
	buf_str(&b, arg);
	if (os_fdpass_send(s->control, buf_view(&b), fds, nfds, LIMIT_SPAWN_READY_MS, &why) == 0)
		return 0;
	if (error_is(&why, "fdpass.closed"))
		return gone(e);
	if (e)
		*e = why;
	return -1;
}

/* Waits for the child's word that the jail is closed. */
static int await_ready(int status, struct error *e)
{
	struct os_spawn_status m;

	if (os_poll_one(status, POLLIN, LIMIT_SPAWN_READY_MS) != 1)
		return error_set(e, "spawn.timeout", "隔离进程未能及时启动",
				 "the jailed process did not start in time");
	ssize_t n = recv(status, &m, sizeof(m), 0);

	if (n != sizeof(m))
		return gone(e);
	if (m.what == OS_SPAWN_READY)
		return 0;
	if (m.what == OS_SPAWN_ENDED)
		return error_set(e, "spawn.jail", "隔离进程在启动时意外退出",
				 "the jailed process ended while it started");
	const char *desc = strerrordesc_np(m.errnum);

	return error_set(e, "spawn.jail", "无法建立隔离环境（步骤 %s：%s），任务未执行",
			 "the jail could not be closed (step %s: %s); nothing was run", m.step,
			 desc ? desc : "?");
}

static int find_kind(const struct os_spawner *s, struct str name, uint32_t *ret)
{
	for (uint32_t i = 0; s->kinds[i]; i++) {
		if (str_eq(str_c(s->kinds[i]->name), name)) {
			*ret = i;
			return 0;
		}
	}
	return -1;
}

struct pairs {
	int chan[2], status[2];
};

static void pairs_close(struct pairs *p)
{
	closep(&p->chan[0]);
	closep(&p->chan[1]);
	closep(&p->status[0]);
	closep(&p->status[1]);
}

int os_spawner_spawn(struct os_spawner *s, struct str kind, const int *fds, size_t nfds,
		     struct str arg, struct os_child *ret, struct error *e)
{
	_cleanup_(pairs_close) struct pairs p = { { -1, -1 }, { -1, -1 } };
	int all[OS_SPAWN_MAX_FDS + 2];
	uint32_t index = 0;

	CHECK_OBJ(s, SPAWNER_MAGIC);
	if (find_kind(s, kind, &index) < 0)
		return error_set(e, "spawn.unknown-kind", "没有名为 %.*s 的隔离任务",
				 "there is no jailed task called %.*s", STR_ARG(kind));
	if (nfds > OS_SPAWN_MAX_FDS || arg.len > OS_SPAWN_MAX_ARG)
		return error_set(e, "spawn.too-big", "交给隔离进程的参数过大",
				 "the argument for the jailed process is too big");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p.chan) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p.status) < 0)
		return error_os(e, errno, "socketpair");
	all[0] = p.chan[1];
	all[1] = p.status[1];
	if (nfds)
		memcpy(all + 2, fds, nfds * sizeof(int));
	if (send_request(s, index, all, nfds + 2, arg, e) < 0)
		return -1;
	closep(&p.chan[1]);
	closep(&p.status[1]);
	p.chan[1] = p.status[1] = -1;
	if (await_ready(p.status[0], e) < 0)
		return -1;
	ret->chan = take_fd(p.chan[0]);
	ret->status = take_fd(p.status[0]);
	return 0;
}

static const struct {
	const char *zh, *en;
} sentences[] = {
	[OS_CHILD_DONE] = { "已完成", "done" },
	[OS_CHILD_FAILED] = { "处理失败", "the task failed" },
	[OS_CHILD_MEMORY] = { "内存超过上限", "it needed more memory than allowed" },
	[OS_CHILD_CPU] = { "计算时间超过上限", "it needed more computing time than allowed" },
	[OS_CHILD_SYSCALL] = { "执行了被禁止的系统调用，已终止",
			       "it was ended because of a forbidden system call" },
	[OS_CHILD_CRASH] = { "处理过程崩溃", "it crashed" },
	[OS_CHILD_KILLED] = { "已被终止", "it was stopped" },
	[OS_CHILD_LOST] = { "处理进程意外消失", "it was killed from outside" },
};

int os_child_wait(struct os_child *c, int timeout_ms, struct os_child_exit *ret)
{
	struct os_spawn_status m;
	struct os_child_exit x = { .reason = OS_CHILD_LOST, .code = -1 };

	check(c->status >= 0);
	if (os_poll_one(c->status, POLLIN, timeout_ms) != 1)
		return 0;
	/* Left in the socket, so that asking again gives the same answer. */
	ssize_t n = recv(c->status, &m, sizeof(m), MSG_PEEK | MSG_DONTWAIT);

	/* A kill that came too late to be read is reported before the message. */
	if (n < 0 && errno == ECONNRESET)
		n = recv(c->status, &m, sizeof(m), MSG_PEEK | MSG_DONTWAIT);
	if (n == sizeof(m)) {
		x.reason = m.reason;
		x.code = m.code;
		x.signal = m.signal;
		x.cpu_us = m.cpu_us;
		x.max_rss = m.max_rss;
	} else {
		x.signal = SIGKILL; /* the spawner is gone, and with it the child */
	}
	x.zh = sentences[x.reason].zh;
	x.en = sentences[x.reason].en;
	*ret = x;
	return 1;
}

void os_child_kill(struct os_child *c)
{
	if (c->status >= 0)
		(void)send(c->status, "k", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int os_child_poll_fd(const struct os_child *c)
{
	return c->status;
}

void os_child_free(struct os_child *c)
{
	closep(&c->chan);
	closep(&c->status); /* the spawner takes this as kill */
	*c = OS_CHILD_NONE;
}
