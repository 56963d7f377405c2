/* Starts Chromium and keeps it in: own process group, own unprivileged user when we
 * are root, an empty environment, a private directory for all it writes, no core
 * dumps, first in line for the OOM killer, and death together with us. Chromium's
 * own sandbox (user namespaces, or Debian's set-uid helper) is used wherever the
 * system has one; a probe with that very user decides, never a guess.
 * Between fork and exec only async-signal-safe calls are made, as the caller may
 * have threads. The directory is removed without following any link, because what
 * ran as another user may have planted some. */
#include "net/browser_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/limits.h"

#define CHILD_READS 3 /* fixed by --remote-debugging-pipe */
#define CHILD_WRITES 4
#define ARGS_MAX 48

static const char *const usual_places[] = {
	/* Debian's wrapper script in /usr/bin reads user settings: go past it. */
	"/usr/lib/chromium/chromium",
	"/usr/bin/chromium",
	"/usr/bin/google-chrome",
	"/opt/google/chrome/chrome",
};

static const char *const setuid_helpers[] = {
	"/usr/lib/chromium/chrome-sandbox",
	"/opt/google/chrome/chrome-sandbox",
};

const char *net_browser_program(const struct net_browser_options *o)
{
	if (o && o->program)
		return access(o->program, X_OK) == 0 ? o->program : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(usual_places); i++) {
		if (access(usual_places[i], X_OK) == 0)
			return usual_places[i];
	}
	return NULL;
}

/* Whom to become; uid_t -1: stay who we are. */
struct identity {
	uid_t uid;
	gid_t gid;
};

static int find_identity(const struct net_browser_options *o, struct identity *ret, struct error *e)
{
	const char *name = o->user ? o->user : "nobody";
	char space[16384];
	struct passwd pw, *found = NULL;

	*ret = (struct identity){ (uid_t)-1, (gid_t)-1 };
	if (geteuid() != 0)
		return 0;
	if (getpwnam_r(name, &pw, space, sizeof(space), &found) != 0 || !found || !pw.pw_uid)
		return error_set(
			e, "net.browser-start", "浏览器需要一个普通用户来运行，系统里没有用户 %s",
			"the browser needs an ordinary user to run as; there is no user %s", name);
	*ret = (struct identity){ pw.pw_uid, pw.pw_gid };
	return 0;
}

/* Async-signal-safe. */
static bool become(const struct identity *id)
{
	if (id->uid == (uid_t)-1)
		return true;
	return setgroups(0, NULL) == 0 && setresgid(id->gid, id->gid, id->gid) == 0 &&
	       setresuid(id->uid, id->uid, id->uid) == 0;
}

/* Can this user make the namespaces that Chromium's sandbox is built from? */
static bool user_namespaces_work(const struct identity *id)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return false;
	if (pid == 0) {
		if (!become(id))
			_exit(1);
		/* Some systems allow the first and then refuse the powers it should give. */
		if (unshare(CLONE_NEWUSER) != 0 || unshare(CLONE_NEWPID | CLONE_NEWNET) != 0)
			_exit(1);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool setuid_helper_exists(void)
{
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(setuid_helpers); i++) {
		if (stat(setuid_helpers[i], &st) == 0 && st.st_uid == 0 && (st.st_mode & S_ISUID))
			return true;
	}
	return false;
}

static int make_dir(const struct net_browser_options *o, const struct identity *id, char *out,
		    size_t n, struct error *e)
{
	const char *base = o->temp_dir ? o->temp_dir : "/tmp";
	int len = snprintf(out, n, "%s/zhanwei-browser-XXXXXX", base);

	if (len < 0 || (size_t)len >= n || !mkdtemp(out)) {
		out[0] = '\0';
		return error_os(e, errno, base);
	}
	if (id->uid != (uid_t)-1 && chown(out, id->uid, id->gid) != 0) {
		int errnum = errno;

		rmdir(out);
		out[0] = '\0';
		return error_os(e, errnum, "chown");
	}
	return 0;
}

/* ---- the child ---- */

struct launch {
	const char *argv[ARGS_MAX];
	size_t argc;
	const char *envp[8];
	char profile[320], proxy[320], home[320], tmp[320], errfile[320];
	struct identity id;
	int reads, writes; /* the child's ends */
};

static void arg(struct launch *l, const char *a)
{
	check(l->argc + 1 < ARGS_MAX);
	l->argv[l->argc++] = a;
	l->argv[l->argc] = NULL;
}

static void add_network_args(struct launch *l, const struct net_browser_options *o)
{
	/* A name never resolves here: without a proxy nothing answers, with one it is
	 * the proxy that resolves, under our policy. Loopback goes the same way. */
	arg(l, o->proxy ? "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
			: "--host-resolver-rules=MAP * ~NOTFOUND");
	snprintf(l->proxy, sizeof(l->proxy), "--proxy-server=%s",
		 o->proxy ? o->proxy : "http://127.0.0.1:1");
	arg(l, l->proxy);
	arg(l, "--proxy-bypass-list=<-loopback>");
	arg(l, "--disable-quic");
	arg(l, "--force-webrtc-ip-handling-policy=disable_non_proxied_udp");
}

static void make_args(struct launch *l, const struct net_browser_options *o, const char *program,
		      const struct browser_process *p)
{
	static const char *const quiet[] = {
		"--headless",
		"--remote-debugging-pipe",
		"--disable-gpu",
		"--no-first-run",
		"--no-default-browser-check",
		"--disable-background-networking",
		"--disable-component-update",
		"--disable-sync",
		"--disable-default-apps",
		"--disable-extensions",
		"--disable-domain-reliability",
		"--disable-breakpad",
		"--disable-crash-reporter",
		"--disable-client-side-phishing-detection",
		"--disable-dev-shm-usage",
		"--no-pings",
		"--mute-audio",
		"--hide-scrollbars",
		"--password-store=basic",
		"--use-mock-keychain",
		"--disable-print-preview",
		"--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,"
		"InterestFeedContentSuggestions,CertificateTransparencyComponentUpdater",
		"--lang=zh-CN",
		"--font-render-hinting=none",
		"--force-color-profile=srgb",
	};

	arg(l, program);
	for (size_t i = 0; i < ARRAY_SIZE(quiet); i++)
		arg(l, quiet[i]);
	if (!p->sandboxed)
		arg(l, "--no-sandbox");
	add_network_args(l, o);
	snprintf(l->profile, sizeof(l->profile), "--user-data-dir=%s/profile", p->dir);
	arg(l, l->profile);
	arg(l, "about:blank");
	snprintf(l->home, sizeof(l->home), "HOME=%s", p->dir);
	snprintf(l->tmp, sizeof(l->tmp), "TMPDIR=%s", p->dir);
	snprintf(l->errfile, sizeof(l->errfile), "%s/stderr", p->dir);
	l->envp[0] = l->home;
	l->envp[1] = l->tmp;
	l->envp[2] = "PATH=/usr/bin:/bin";
	l->envp[3] = "LANG=C.UTF-8";
	l->envp[4] = "DBUS_SESSION_BUS_ADDRESS=disabled:";
	l->envp[5] = NULL;
}

static void limit(int which, rlim_t v)
{
	struct rlimit r = { v, v };

	setrlimit(which, &r);
}

/* Never returns. Only async-signal-safe calls. */
__attribute__((noreturn)) static void child(const struct launch *l, pid_t parent)
{
	int reads, writes, fd;
	sigset_t none;

	setpgid(0, 0);
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (write(fd, "800", 3) < 0)
			_exit(124);
		close(fd);
	}
	/* Out of the way of 3 and 4 first: either end may already be one of them. */
	reads = fcntl(l->reads, F_DUPFD, 10);
	writes = fcntl(l->writes, F_DUPFD, 10);
	if (!become(&l->id) || reads < 0 || writes < 0)
		_exit(125);
	fd = open("/dev/null", O_RDWR);
	if (fd < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0)
		_exit(125);
	fd = open(l->errfile, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || dup2(fd, 2) < 0 || dup2(reads, CHILD_READS) < 0 ||
	    dup2(writes, CHILD_WRITES) < 0)
		_exit(125);
	close_range(CHILD_WRITES + 1, ~0u, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, LIMIT_BROWSER_FILE);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* After the change of user, which clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(125);
	union {
		const char *const *in;
		char *const *out;
	} argv = { l->argv }, envp = { l->envp };

	execve(l->argv[0], argv.out, envp.out);
	_exit(126);
}

static void close_pair(int p[2])
{
	for (int i = 0; i < 2; i++) {
		if (p[i] >= 0)
			close(p[i]);
		p[i] = -1;
	}
}

int browser_process_start(const struct net_browser_options *o, const char *program,
			  struct browser_process *ret, struct error *e)
{
	struct browser_process p = { .in = -1, .out = -1 };
	struct launch l = { 0 };
	int to[2] = { -1, -1 }, from[2] = { -1, -1 };
	pid_t self = getpid();

	if (find_identity(o, &l.id, e) < 0)
		return -1;
	p.sandboxed = setuid_helper_exists() || user_namespaces_work(&l.id);
	if (make_dir(o, &l.id, p.dir, sizeof(p.dir), e) < 0)
		return -1;
	if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) {
		error_os(e, errno, "pipe");
		goto fail;
	}
	make_args(&l, o, program, &p);
	l.reads = to[0];
	l.writes = from[1];
	p.pid = fork();
	if (p.pid < 0) {
		p.pid = 0;
		error_os(e, errno, "fork");
		goto fail;
	}
	if (p.pid == 0)
		child(&l, self);
	setpgid(p.pid, p.pid); /* both sides do it: whoever comes first */
	p.in = take_fd(to[1]);
	p.out = take_fd(from[0]);
	close_pair(to);
	close_pair(from);
	fcntl(p.in, F_SETFL, O_NONBLOCK);
	fcntl(p.out, F_SETFL, O_NONBLOCK);
	*ret = p;
	return 0;
fail:
	close_pair(to);
	close_pair(from);
	browser_process_stop(&p);
	return -1;
}

/* ---- the end ---- */

/* Removes what lies in dirfd (taken), not following links and not recursing deeper
 * than a browser profile ever is. */
static void empty_dir(int dirfd, int depth)
{
	DIR *d = fdopendir(dirfd);
	struct dirent *ent;

	if (!d) {
		close(dirfd);
		return;
	}
	while ((ent = readdir(d))) {
		if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd, ent->d_name, 0) == 0 || depth <= 0)
			continue;
		int sub = openat(dirfd, ent->d_name,
				 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (sub >= 0) {
			empty_dir(sub, depth - 1);
			unlinkat(dirfd, ent->d_name, AT_REMOVEDIR);
		}
	}
	closedir(d);
}

static void remove_tree(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		empty_dir(fd, 32);
	rmdir(path);
}

void browser_process_stop(struct browser_process *p)
{
	if (p->in >= 0)
		close(p->in);
	if (p->out >= 0)
		close(p->out);
	p->in = p->out = -1;
	if (p->pid > 0) {
		kill(-p->pid, SIGKILL);
		kill(p->pid, SIGKILL); /* it may not have reached setpgid() */
		while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
			;
		/* Its helpers are no children of ours: wait until the group is empty, so
		 * that none writes into the directory that we are about to remove. */
		for (int i = 0; i < 40 && kill(-p->pid, SIGKILL) == 0; i++)
			usleep(5000);
		p->pid = 0;
	}
	if (p->dir[0]) {
		remove_tree(p->dir);
		p->dir[0] = '\0';
	}
}

void browser_process_last_words(const struct browser_process *p, char *out, size_t n)
{
	char path[320], text[512];
	ssize_t got = 0;
	size_t len = 0;
	_cleanup_close_ int fd = -1;

	snprintf(path, sizeof(path), "%s/stderr", p->dir);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0) {
		off_t end = lseek(fd, 0, SEEK_END);

		lseek(fd, end > (off_t)sizeof(text) ? end - (off_t)sizeof(text) : 0, SEEK_SET);
		got = read(fd, text, sizeof(text));
	}
	for (ssize_t i = 0; i < got && len + 1 < n; i++)
		out[len++] = text[i] >= ' ' && text[i] < 0x7f ? text[i] : ' ';
	out[len] = '\0';
}
