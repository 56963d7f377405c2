/* The system calls of a jailed child. Two filters stand one behind the other, and the
 * kernel takes the stricter answer of both: the outer one ends the process for
 * everything that is not named here at all; the inner one allows what a parser needs,
 * some of it for certain arguments only, and answers "not permitted" to the rest of
 * the named calls, which libraries try without harm. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "os/jail_private.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* Descriptors it has, memory, time, random, its own identity and signals. */
static const char *const allowed[] = {
	"read",
	"readv",
	"pread64",
	"write",
	"writev",
	"lseek",
	"_llseek",
	"close",
	"close_range",
	"fstat",
	"fstat64",
	"getdents64",
	"dup",
	"dup2",
	"dup3",
	"pipe",
	"pipe2",
	"recv",
	"recvfrom",
	"recvmsg",
	"recvmmsg",
	"send",
	"shutdown",
	"getsockopt",
	"getsockname",
	"getpeername",
	"poll",
	"ppoll",
	"ppoll_time64",
	"select",
	"pselect6",
	"pselect6_time64",
	"_newselect",
	"epoll_create",
	"epoll_create1",
	"epoll_ctl",
	"epoll_wait",
	"epoll_pwait",
	"epoll_pwait2",
	"eventfd",
	"eventfd2",
	"timerfd_create",
	"timerfd_settime",
	"timerfd_gettime",
	"timerfd_settime64",
	"timerfd_gettime64",
	"setitimer",
	"getitimer",
	"alarm",
	"brk",
	"munmap",
	"mremap",
	"madvise",
	"membarrier",
	"futex",
	"futex_time64",
	"futex_waitv",
	"set_robust_list",
	"get_robust_list",
	"rseq",
	"set_tid_address",
	"sched_yield",
	"sched_getaffinity",
	"getcpu",
	"clock_gettime",
	"clock_gettime64",
	"clock_getres",
	"clock_getres_time64",
	"clock_nanosleep",
	"clock_nanosleep_time64",
	"nanosleep",
	"gettimeofday",
	"time",
	"times",
	"getrusage",
	"sysinfo",
	"uname",
	"getrandom",
	"getpid",
	"gettid",
	"getppid",
	"getpgrp",
	"getuid",
	"geteuid",
	"getgid",
	"getegid",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"sigreturn",
	"rt_sigtimedwait",
	"rt_sigpending",
	"rt_sigsuspend",
	"sigaltstack",
	"pause",
	"exit",
	"exit_group",
	"restart_syscall",
};

/* Named so that they do not end the process: EACCES. */
static const char *const refused[] = {
	"socket",    "bind",         "listen",        "accept",    "accept4",    "socketcall",
	"open",      "creat",        "stat",          "lstat",     "stat64",     "lstat64",
	"access",    "faccessat",    "faccessat2",    "readlink",  "readlinkat", "getcwd",
	"chdir",     "fchdir",       "statfs",        "statfs64",  "fstatfs",    "fstatfs64",
	"unlink",    "unlinkat",     "mkdir",         "mkdirat",   "rmdir",      "rename",
	"renameat",  "renameat2",    "chmod",         "fchmod",    "fchmodat",   "chown",
	"fchown",    "fchownat",     "truncate",      "ftruncate", "fallocate",  "pwrite64",
	"fsync",     "fdatasync",    "memfd_create",  "flock",     "umask",      "openat2",
	"utimensat", "inotify_init", "inotify_init1",
};

/* The same with EPERM, so that raising priorities, signals and the like just fail.
 * clone and its kin are not among them: a child has no business making others. */
static const char *const refused_perm[] = {
	"kill",
	"tkill",
	"setpriority",
	"getpriority",
	"sched_setscheduler",
	"sched_setaffinity",
	"sched_getparam",
	"sched_getscheduler",
	"sched_setparam",
	"mlock",
	"mlock2",
	"munlock",
	"mlockall",
	"getrlimit",
	"ugetrlimit",
	"setrlimit",
	"arch_prctl",
	"capget",
	"getgroups",
};

/* Allowed for some arguments; decided in add_conditions(). */
static const char *const conditional[] = {
	"mmap",       "mmap2",   "mprotect", "openat",  "newfstatat", "fstatat64", "statx",
	"fcntl",      "fcntl64", "ioctl",    "prctl",   "prlimit64",  "tgkill",    "setsockopt",
	"socketpair", "connect", "sendto",   "sendmsg", "sendmmsg",
};

typedef scmp_filter_ctx filter;

/* Calls that this architecture does not have are skipped. */
static int add_names(filter f, uint32_t action, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int nr = seccomp_syscall_resolve_name(names[i]);

		if (nr == __NR_SCMP_ERROR || nr < 0)
			continue;
		int r = seccomp_rule_add(f, action, nr, 0);

		if (r < 0 && r != -EEXIST)
			return r;
	}
	return 0;
}

static int add_cond(filter f, const char *name, unsigned n, const struct scmp_arg_cmp *cmp)
{
	int nr = seccomp_syscall_resolve_name(name);

	if (nr == __NR_SCMP_ERROR || nr < 0)
		return 0;
	return seccomp_rule_add_array(f, SCMP_ACT_ALLOW, nr, n, cmp);
}

static int add_any_of(filter f, const char *name, unsigned arg, const uint32_t *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		/* The kernel looks at 32 bits of these; so do we. */
		struct scmp_arg_cmp c = SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, UINT32_MAX, values[i]);
		int r = add_cond(f, name, 1, &c);

		if (r < 0)
			return r;
	}
	return 0;
}

static int add_memory(filter f, bool jit)
{
	static const char *const names[] = { "mmap", "mmap2", "mprotect" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct scmp_arg_cmp no_exec = SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
		int r = add_cond(f, names[i], jit ? 0 : 1, &no_exec);

		if (r < 0)
			return r;
	}
	return 0;
}

/* may_open: reading only; Landlock decides where. Otherwise just fstat()'s way of
 * asking about a descriptor. */
static int add_files(filter f, bool may_open)
{
	const uint64_t write_bits = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;
	struct scmp_arg_cmp read_only = SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, write_bits, 0);
	static const struct {
		const char *name;
		unsigned flags;
	} stats[] = { { "newfstatat", 3 }, { "fstatat64", 3 }, { "statx", 2 } };
	int nr = seccomp_syscall_resolve_name("openat");
	int r = may_open ? add_cond(f, "openat", 1, &read_only)
			 : seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), nr, 0);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(stats); i++) {
		struct scmp_arg_cmp empty = SCMP_CMP64(stats[i].flags, SCMP_CMP_MASKED_EQ,
						       AT_EMPTY_PATH, AT_EMPTY_PATH);

		r = add_cond(f, stats[i].name, may_open ? 0 : 1, &empty);
	}
	return r;
}

/* On sockets that are connected already: no address, and no Fast Open, which would
 * connect by another name. */
static int add_sending(filter f)
{
	struct scmp_arg_cmp sendto_args[] = {
		SCMP_CMP64(3, SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0),
		SCMP_CMP64(4, SCMP_CMP_EQ, 0),
	};
	struct scmp_arg_cmp flags2 = SCMP_CMP64(2, SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0);
	struct scmp_arg_cmp flags3 = SCMP_CMP64(3, SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0);
	int r = add_cond(f, "sendto", 2, sendto_args);

	if (r == 0)
		r = add_cond(f, "sendmsg", 1, &flags2);
	return r == 0 ? add_cond(f, "sendmmsg", 1, &flags3) : r;
}

static int add_conditions(filter f, bool jit, bool may_open)
{
	/* No F_SETOWN, F_SETSIG: they make the kernel signal others for us. */
	static const uint32_t fcntls[] = { F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,
					   F_SETFD, F_GETFL,         F_SETFL };
	static const uint32_t ioctls[] = { FIONREAD, FIONBIO };
	static const uint32_t prctls[] = { PR_SET_NAME, PR_GET_NAME, PR_SET_VMA, PR_GET_DUMPABLE };
	static const uint32_t levels[] = { SOL_SOCKET, IPPROTO_TCP };
	static const uint32_t families[] = { AF_UNIX };
	struct scmp_arg_cmp own_limits[] = {
		SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, UINT32_MAX, 0),
		SCMP_CMP64(2, SCMP_CMP_EQ, 0),
	};
	struct scmp_arg_cmp self = SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, UINT32_MAX,
					      (uint32_t)getpid());
	int r = add_memory(f, jit);

	if (r == 0)
		r = add_files(f, may_open);
	if (r == 0)
		r = add_sending(f);
	if (r == 0)
		r = add_any_of(f, "fcntl", 1, fcntls, ARRAY_SIZE(fcntls));
	if (r == 0)
		r = add_any_of(f, "fcntl64", 1, fcntls, ARRAY_SIZE(fcntls));
	if (r == 0)
		r = add_any_of(f, "ioctl", 1, ioctls, ARRAY_SIZE(ioctls));
	if (r == 0)
		r = add_any_of(f, "prctl", 0, prctls, ARRAY_SIZE(prctls));
	if (r == 0)
		r = add_any_of(f, "setsockopt", 1, levels, ARRAY_SIZE(levels));
	if (r == 0)
		r = add_any_of(f, "socketpair", 0, families, ARRAY_SIZE(families));
	if (r == 0)
		r = add_cond(f, "prlimit64", 2, own_limits);
	if (r == 0) /* abort() */
		r = add_cond(f, "tgkill", 1, &self);
	return r;
}

/* Ends the process for every call that is in none of the tables. */
static int build_outer(filter f)
{
	int r = seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 0); /* set before; prctl() is closed now */

	if (r == 0)
		r = add_names(f, SCMP_ACT_ALLOW, allowed, ARRAY_SIZE(allowed));
	if (r == 0)
		r = add_names(f, SCMP_ACT_ALLOW, refused, ARRAY_SIZE(refused));
	if (r == 0)
		r = add_names(f, SCMP_ACT_ALLOW, refused_perm, ARRAY_SIZE(refused_perm));
	if (r == 0)
		r = add_names(f, SCMP_ACT_ALLOW, conditional, ARRAY_SIZE(conditional));
	return r;
}

static int build_inner(filter f, bool jit, bool may_open)
{
	/* For the outer filter to follow; that one ends whoever calls it later. */
	static const char *const last_step[] = { "seccomp" };
	/* libcurl 7.88 calls connect() even on a socket it was told is connected; this answer
	 * makes it go on by asking the socket itself. No connection is ever made by it. ("In
	 * progress" would do too, but then libcurl waits for its next timer, up to 200 ms.) */
	static const char *const pretend[] = { "connect" };
	int r = add_names(f, SCMP_ACT_ALLOW, allowed, ARRAY_SIZE(allowed));

	if (r == 0)
		r = add_names(f, SCMP_ACT_ALLOW, last_step, ARRAY_SIZE(last_step));
	if (r == 0)
		r = add_names(f, SCMP_ACT_ERRNO(EACCES), refused, ARRAY_SIZE(refused));
	if (r == 0)
		r = add_names(f, SCMP_ACT_ERRNO(0), pretend, 1);
	if (r == 0)
		r = add_conditions(f, jit, may_open);
	return r;
}

int os_seccomp_restrict(const struct os_jail_kind *kind, bool may_open)
{
	filter outer = seccomp_init(SCMP_ACT_KILL_PROCESS);
	filter inner = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = outer && inner ? 0 : -ENOMEM;

	if (r == 0)
		r = build_outer(outer);
	if (r == 0)
		r = build_inner(inner, kind->allow_jit, may_open);
	if (r == 0)
		r = seccomp_load(inner);
	if (r == 0)
		r = seccomp_load(outer);
	if (outer)
		seccomp_release(outer);
	if (inner)
		seccomp_release(inner);
	if (r < 0) {
		errno = -r;
		return -1;
	}
	return 0;
}
