/* The walls of a jailed child, for the spawner only. */
#ifndef OS_JAIL_PRIVATE_H
#define OS_JAIL_PRIVATE_H
#include "base/error.h"
#include "os/spawn.h"

/* Under a sanitizer the heap lives in terabytes of reserved address space: limits on
 * memory would kill it at once. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OS_SANITIZED 1
#endif
#endif
#ifndef OS_SANITIZED
#define OS_SANITIZED 0
#endif

struct os_jail {
	const struct os_jail_kind *kind;
	int landlock_abi; /* 0: none */
	bool drop_user;   /* become uid before anything else */
	uid_t uid;        /* also the group */
	bool has_caps;    /* in namespaces of our own: chroot works, capabilities must go */
	const char *root; /* folder to chroot into, or NULL */
	pid_t spawner;    /* as getppid() must give it */
};

/* Closes the jail around the calling process, for ever. On failure -1, errno, and the
 * name of the step; the caller must then end the process. */
int os_jail_enter(const struct os_jail *j, const char **ret_step);

/* The ABI of the running kernel, 0 when it has no Landlock. */
int os_landlock_abi(void);
/* Reading below `paths` and nothing else. */
int os_landlock_restrict(int abi, const char *const *paths);

/* may_open: Landlock stands guard over openat(). */
int os_seccomp_restrict(const struct os_jail_kind *kind, bool may_open);

/* Makes, in the mount namespace of the caller, one small root folder per kind that
 * holds its read_paths only. ret[i] is NULL where that failed. Not undone. */
void os_jail_make_roots(const struct os_jail_kind *const *kinds, size_t n, char **ret);

/* The spawner's life: prepares, says hello on `control`, serves until it closes. */
_Noreturn void os_spawner_main(int control, const struct os_jail_kind *const *kinds,
			       const struct os_spawner_options *opts, bool namespaces,
			       uid_t uid_base, uid_t uid_count);

/* What travels. Both ends are the same program, so structs go as they are. */
struct os_spawn_hello {
	int failed;
	struct error error;
	struct os_jail_facts facts;
};

struct os_spawn_request { /* then the argument; descriptors: chan, status, caller's */
	uint32_t kind;
};

struct os_spawn_status {
	enum { OS_SPAWN_READY, OS_SPAWN_NO_JAIL, OS_SPAWN_ENDED } what;
	int errnum; /* NO_JAIL */
	char step[32];
	enum os_child_reason reason; /* ENDED */
	int code, signal;
	int64_t cpu_us;
	size_t max_rss;
};
#endif
