/* Runs a program that is not ours (Chromium, pdftoppm): no shell, an environment
 * of its own, a private working folder, limits, an unprivileged user when we are
 * root, its own process group which is killed as a whole. */
#ifndef OS_PROCESS_H
#define OS_PROCESS_H
#include "base/buf.h"
#include "base/error.h"

struct os_process;

struct os_process_fd {
	int from; /* ours */
	int as;   /* number in the program, 3..63 */
};

struct os_process_options {
	/* NULL-terminated; argv[0] is looked up in PATH of our own making
	 * (/usr/local/bin:/usr/bin:/bin) unless it holds a slash. */
	const char *const *argv;
	/* Or NULL: more "NAME=value". The program sees PATH, HOME and TMPDIR (its
	 * working folder), LANG=C.UTF-8, TZ when we have it, and these. */
	const char *const *env;
	/* Or NULL: a fresh folder, mode 0700, owned by the program's user and removed
	 * in the end. One given is neither made nor removed. */
	const char *work_dir;
	struct str input; /* its standard input; os_process_run() only, else /dev/null */
	const struct os_process_fd *fds;
	size_t nfds;
	int time_limit_ms;    /* run: required, > 0 */
	size_t max_memory;    /* address space; 0: no limit (Chromium needs none) */
	unsigned max_cpu_s;   /* 0: no limit */
	unsigned max_files;   /* 0: 1024 */
	size_t max_file_size; /* 0: 1 GiB */
	size_t max_output;    /* stdout kept; 0: 1 MiB. What is beyond is read and dropped */
	size_t max_error;     /* stderr kept; 0: 64 KiB */
	bool may_gain_privs;  /* leave PR_SET_NO_NEW_PRIVS off (setuid helpers) */
};

struct os_process_exit {
	int code;   /* exit code, or -1 when ended by a signal */
	int signal; /* or 0 */
	bool timed_out;
};

struct os_process_result {
	struct os_process_exit exit;
	struct buf out, err;
	bool out_cut, err_cut; /* longer than kept */
};
void os_process_result_free(struct os_process_result *r);

/* Start, feed, wait, clean up. 0 when the program ran (look at ret->exit), -1 when it
 * could not be started ("process.not-found", "os.*"). *ret needs no initialisation
 * and is to be freed after 0. */
int os_process_run(const struct os_process_options *o, struct os_process_result *ret,
		   struct error *e);

/* Start and keep. The thread that starts it must live as long as the program, which
 * is killed when that thread ends. stdout and stderr are collected by
 * os_process_wait() only, so call it now and then, or give a program that is quiet. */
int os_process_start(const struct os_process_options *o, struct os_process **ret, struct error *e);
/* 1 ended, 0 still running after timeout_ms. */
int os_process_wait(struct os_process *p, int timeout_ms, struct os_process_exit *ret);
/* SIGTERM (or any other) to the process group. */
void os_process_signal(struct os_process *p, int sig);
pid_t os_process_pid(const struct os_process *p);
/* Its working folder, as we see it. */
const char *os_process_dir(const struct os_process *p);
struct str os_process_stderr(const struct os_process *p);
/* SIGKILL to the group, reaped, folder removed, freed. NULL is fine. */
void os_process_free(struct os_process *p);
DEFINE_CLEANUP(struct os_process *, os_process_free);

/* The user that programs run as: the account `zhanwei` when it exists, else a fixed
 * high number that no account has. Our own ids when we are not root. */
void os_process_user(uid_t *ret_uid, gid_t *ret_gid);
/* Gives a file or folder to that user; nothing to do when we are not root. */
int os_process_chown(const char *path, struct error *e);
#endif
