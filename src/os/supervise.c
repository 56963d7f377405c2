/* The supervisor: one thread that sleeps in poll() on a signalfd until a child dies, a
 * pause is over or somebody asks to stop. It runs no code of its services and opens
 * nothing for them, so that it has no reason to die before them. */
#include "os/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/vec.h"
#include "os/fdpass.h"

struct slot {
	const struct os_service *service;
	unsigned index;
	pid_t pid; /* 0: not running */
	int64_t started_ms, start_at_ms;
	int pause_ms;
};

struct supervisor {
	struct os_supervise_options o;
	VEC(struct slot) slots;
	int signals;
	sigset_t old_mask;
	pid_t self;
	bool stopping;
	int64_t kill_at_ms;
	int result;
};

static int64_t now_ms(void)
{
	return clock_mono_ms(&clock_system);
}

static void report(struct supervisor *s, const struct os_supervise_event *ev)
{
	if (s->o.on_event)
		s->o.on_event(s->o.arg, ev);
}

static _Noreturn void child_main(const struct supervisor *s, const struct slot *slot)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != s->self) /* the supervisor died while we were made */
		_exit(1);
	close(s->signals);
	for (int sig = 1; sig < NSIG; sig++) {
		if (sig == SIGINT || sig == SIGTERM || sig == SIGCHLD || sig == SIGPIPE ||
		    sig == SIGHUP)
			signal(sig, SIG_DFL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	int code = slot->service->main(slot->service->arg, slot->index);

	fflush(NULL);
	_exit(code & 255);
}

static void start(struct supervisor *s, struct slot *slot)
{
	fflush(NULL); /* or the child would write our buffered text again */
	pid_t pid = fork();

	if (pid == 0)
		child_main(s, slot);
	slot->started_ms = now_ms();
	if (pid < 0) { /* no memory, no process numbers: the same as dying at once */
		slot->start_at_ms = slot->started_ms + s->o.backoff_max_ms;
		return;
	}
	slot->pid = pid;
	report(s, &(struct os_supervise_event){ .what = OS_SERVICE_STARTED,
						.name = slot->service->name,
						.index = slot->index,
						.pid = pid });
}

static void signal_all(struct supervisor *s, int sig)
{
	for (size_t i = 0; i < s->slots.len; i++) {
		struct slot *slot = &s->slots.ptr[i];

		if (slot->pid == 0)
			continue;
		if (sig == SIGKILL)
			report(s, &(struct os_supervise_event){ .what = OS_SERVICE_KILLED,
								.name = slot->service->name,
								.index = slot->index,
								.pid = slot->pid });
		kill(slot->pid, sig);
	}
}

static void begin_stop(struct supervisor *s)
{
	if (s->stopping) { /* asked again: no more grace */
		s->kill_at_ms = now_ms();
		return;
	}
	s->stopping = true;
	s->kill_at_ms = now_ms() + s->o.grace_ms;
	report(s, &(struct os_supervise_event){ .what = OS_SERVICE_STOPPING });
	signal_all(s, SIGTERM);
}

static void plan_restart(struct supervisor *s, struct slot *slot)
{
	int64_t now = now_ms();

	if (slot->pause_ms == 0 || now - slot->started_ms >= s->o.healthy_ms)
		slot->pause_ms = s->o.backoff_min_ms;
	else if (slot->pause_ms < s->o.backoff_max_ms / 2)
		slot->pause_ms *= 2;
	else
		slot->pause_ms = s->o.backoff_max_ms;
	slot->start_at_ms = now + slot->pause_ms;
}

static void ended(struct supervisor *s, struct slot *slot, int wstatus)
{
	struct os_supervise_event ev = {
		.what = OS_SERVICE_ENDED,
		.name = slot->service->name,
		.index = slot->index,
		.pid = slot->pid,
		.code = WIFEXITED(wstatus) ? WEXITSTATUS(wstatus) : -1,
		.signal = WIFSIGNALED(wstatus) ? WTERMSIG(wstatus) : 0,
		.restart_ms = -1,
	};
	bool fatal = ev.code == OS_SERVICE_FATAL && !s->stopping;

	slot->pid = 0;
	if (fatal)
		s->result = OS_SERVICE_FATAL;
	if (!fatal && !s->stopping) {
		plan_restart(s, slot);
		ev.restart_ms = slot->pause_ms;
	}
	report(s, &ev);
	if (fatal)
		begin_stop(s);
}

static void reap(struct supervisor *s)
{
	int wstatus;
	pid_t pid;

	while ((pid = waitpid(-1, &wstatus, WNOHANG)) > 0) {
		for (size_t i = 0; i < s->slots.len; i++) {
			if (s->slots.ptr[i].pid == pid)
				ended(s, &s->slots.ptr[i], wstatus);
		}
	}
}

static void take_signals(struct supervisor *s)
{
	struct signalfd_siginfo si;

	while (read(s->signals, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			continue;
		begin_stop(s);
	}
	reap(s);
}

static size_t running(const struct supervisor *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->slots.len; i++)
		n += s->slots.ptr[i].pid != 0;
	return n;
}

/* Starts what is due; the time until the next thing to do, -1 for none. */
static int64_t start_due(struct supervisor *s)
{
	int64_t now = now_ms(), next = -1;

	for (size_t i = 0; i < s->slots.len; i++) {
		struct slot *slot = &s->slots.ptr[i];

		if (slot->pid != 0)
			continue;
		if (slot->start_at_ms <= now)
			start(s, slot);
		else if (next < 0 || slot->start_at_ms - now < next)
			next = slot->start_at_ms - now;
	}
	return next;
}

static void run(struct supervisor *s)
{
	while (!s->stopping || running(s) > 0) {
		int64_t wait;

		if (s->stopping) {
			wait = s->kill_at_ms - now_ms();
			if (wait <= 0) {
				signal_all(s, SIGKILL);
				s->kill_at_ms = now_ms() + 1000;
				wait = 1000;
			}
		} else {
			wait = start_due(s);
		}
		(void)os_poll_one(s->signals, POLLIN, (int)wait);
		take_signals(s);
	}
}

static int open_signals(struct supervisor *s, struct error *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	signal(SIGCHLD, SIG_DFL);
	if (sigprocmask(SIG_BLOCK, &set, &s->old_mask) < 0)
		return error_os(e, errno, "sigprocmask");
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals < 0 ? error_os(e, errno, "signalfd") : 0;
}

static int or_default(int v, int fallback)
{
	return v > 0 ? v : fallback;
}

int os_supervise(const struct os_service *services, size_t n,
		 const struct os_supervise_options *opts, struct error *e)
{
	struct supervisor s = { .self = getpid() };

	if (opts)
		s.o = *opts;
	s.o.grace_ms = or_default(s.o.grace_ms, 10000);
	s.o.backoff_min_ms = or_default(s.o.backoff_min_ms, 1000);
	s.o.backoff_max_ms = or_default(s.o.backoff_max_ms, 30000);
	s.o.healthy_ms = or_default(s.o.healthy_ms, 60000);
	if (open_signals(&s, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < services[i].count; k++)
			*vec_push(&s.slots) = (struct slot){ .service = &services[i], .index = k };
	}
	run(&s);
	close(s.signals);
	sigprocmask(SIG_SETMASK, &s.old_mask, NULL);
	vec_free(&s.slots);
	return s.result;
}

int os_stop_signal_fd(struct error *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return error_os(e, errno, "sigprocmask");
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);

	return fd < 0 ? error_os(e, errno, "signalfd") : fd;
}

bool os_stop_signal_seen(int fd)
{
	/* Not read: it stays seen, for every thread that looks. */
	return os_poll_one(fd, POLLIN, 0) == 1;
}
