/* Starts Chromium through os/process.h (ordinary user, own process group, empty
 * environment, death together with us) with a private folder for all it writes.
 * Chromium's own sandbox (user namespaces, or Debian's set-uid helper) is used wherever
 * the system has one; a probe as that very user decides, never a guess. */
#include "net/browser_private.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/limits.h"
#include "os/file.h"
#include "os/process.h"

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

/* Can the user that it will run as make the namespaces that the sandbox is built
 * from? Only async-signal-safe calls after fork(): the caller may have threads. */
static bool user_namespaces_work(void)
{
	uid_t uid;
	gid_t gid;
	int status;

	os_process_user(&uid, &gid);
	pid_t pid = fork();

	if (pid < 0)
		return false;
	if (pid == 0) {
		if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 ||
				       setresuid(uid, uid, uid) != 0))
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

bool net_browser_can_sandbox(void)
{
	return setuid_helper_exists() || user_namespaces_work();
}

/* ---- arguments ---- */

struct args {
	const char *argv[ARGS_MAX];
	size_t argc;
	char profile[320], proxy[320];
};

static void arg(struct args *l, const char *a)
{
	check(l->argc + 1 < ARGS_MAX);
	l->argv[l->argc++] = a;
	l->argv[l->argc] = NULL;
}

static void add_network_args(struct args *l, const struct net_browser_options *o)
{
	/* A name never resolves here: without a proxy nothing answers, with one it is
	 * the proxy that resolves, under our policy. Loopback goes the same way. */
	arg(l, o->proxy ? "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
			: "--host-resolver-rules=MAP * ~NOTFOUND");
	snprintf(l->proxy, sizeof(l->proxy), "--proxy-server=%s",
		 o->proxy ? o->proxy : "http://127.0.0.1:1");
	arg(l, l->proxy);
	arg(l, "--proxy-bypass-list=<-loopback>");
	if (o->one_process) {
		arg(l, "--disable-site-isolation-trials");
		arg(l, "--renderer-process-limit=2");
		arg(l, "--js-flags=--max-old-space-size=512");
	}
	arg(l, "--disable-quic");
	arg(l, "--force-webrtc-ip-handling-policy=disable_non_proxied_udp");
}

static void make_args(struct args *l, const struct net_browser_options *o, const char *program,
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
		"--lang=zh-CN",
		"--font-render-hinting=none",
		"--force-color-profile=srgb",
	};

	arg(l, program);
	/* the last one given would win: one for both */
	arg(l, o->one_process ? ("--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,"
				 "InterestFeedContentSuggestions,CertificateTransparencyComponentUpdater,"
				 "IsolateOrigins,site-per-process,ServiceWorkerPaymentApps")
			      : ("--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,"
				 "InterestFeedContentSuggestions,CertificateTransparencyComponentUpdater"));
	for (size_t i = 0; i < ARRAY_SIZE(quiet); i++)
		arg(l, quiet[i]);
	if (!p->sandboxed)
		arg(l, "--no-sandbox");
	add_network_args(l, o);
	snprintf(l->profile, sizeof(l->profile), "--user-data-dir=%s/profile", p->dir);
	arg(l, l->profile);
	arg(l, "about:blank");
}

/* ---- life ---- */

static int start(struct browser_process *p, const struct args *l, int reads, int writes,
		 struct error *e)
{
	static const char *const env[] = { "DBUS_SESSION_BUS_ADDRESS=disabled:", NULL };
	const struct os_process_fd fds[] = { { reads, CHILD_READS }, { writes, CHILD_WRITES } };
	const struct os_process_options o = {
		.argv = l->argv,
		.env = env,
		.work_dir = p->dir,
		.fds = fds,
		.nfds = ARRAY_SIZE(fds),
		.max_files = 4096,
		.max_file_size = LIMIT_BROWSER_FILE,
		/* its set-uid helper, where that is what makes the sandbox */
		.may_gain_privs = setuid_helper_exists(),
	};

	return os_process_start(&o, &p->process, e);
}

int browser_process_start(const struct net_browser_options *o, const char *program,
			  struct browser_process *ret, struct error *e)
{
	struct browser_process p = { .in = -1, .out = -1 };
	struct args l = { 0 };
	int to[2] = { -1, -1 }, from[2] = { -1, -1 }, r = -1;

	p.sandboxed = net_browser_can_sandbox();
	if (os_temp_dir(o->temp_dir, "zhanwei-browser-", &p.dir, e) < 0)
		return -1;
	if (os_process_chown(p.dir, e) < 0)
		goto out;
	if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) {
		error_os(e, errno, "pipe");
		goto out;
	}
	make_args(&l, o, program, &p);
	r = start(&p, &l, to[0], from[1], e);
	p.in = take_fd(to[1]);
	p.out = take_fd(from[0]);
out:
	for (int i = 0; i < 2; i++) {
		closep(&to[i]);
		closep(&from[i]);
	}
	if (r < 0) {
		browser_process_stop(&p);
		return -1;
	}
	fcntl(p.in, F_SETFL, O_NONBLOCK);
	fcntl(p.out, F_SETFL, O_NONBLOCK);
	*ret = p;
	return 0;
}

void browser_process_tend(struct browser_process *p)
{
	struct os_process_exit exit;

	os_process_wait(p->process, 0, &exit);
}

void browser_process_stop(struct browser_process *p)
{
	closep(&p->in);
	closep(&p->out);
	p->in = p->out = -1;
	os_process_free(p->process);
	p->process = NULL;
	/* Its last helpers may still be on their way out, and write. */
	for (int i = 0; p->dir && i < 25; i++) {
		if (os_dir_remove(p->dir, LIMIT_BROWSER_ENTRIES, NULL) == 0)
			break;
		usleep(20000);
	}
	free(take_ptr(p->dir));
}

void browser_process_last_words(const struct browser_process *p, char *out, size_t n)
{
	struct os_process_exit exit;
	struct str text;
	size_t len = 0;

	os_process_wait(p->process, 200, &exit);
	text = str_trim(os_process_stderr(p->process));
	if (text.len >= n)
		text = str_from(text, text.len - n + 1);
	for (size_t i = 0; i < text.len && len + 1 < n; i++)
		out[len++] = text.ptr[i] >= ' ' && text.ptr[i] < 0x7f ? text.ptr[i] : ' ';
	out[len] = '\0';
}
