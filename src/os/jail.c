/* Closing the jail: the steps in their order, each needed by what comes after.
 * User and root folder first (they need privileges), then limits, then Landlock
 * (opens paths), then seccomp, after which nothing of this can be undone. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "os/jail_private.h"

static int set_limit(int what, rlim_t soft, rlim_t hard)
{
	struct rlimit now, want = { soft, hard };

	if (getrlimit((__rlimit_resource_t)what, &now) < 0)
		return -1;
	/* Never wider than what the administrator gave us. */
	if (now.rlim_max != RLIM_INFINITY && want.rlim_max > now.rlim_max)
		want.rlim_max = now.rlim_max;
	if (want.rlim_cur > want.rlim_max)
		want.rlim_cur = want.rlim_max;
	return setrlimit((__rlimit_resource_t)what, &want);
}

/* Pages of address space and of data this process has already. */
static int memory_now(size_t *ret_space, size_t *ret_data)
{
	_cleanup_close_ int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[128];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	struct str rest = str_make(text, n > 0 ? (size_t)n : 0), part;
	uint64_t v[6];

	for (size_t i = 0; i < 6; i++) {
		if (!str_split(&rest, ' ', &part) || str_to_u64(part, &v[i]) < 0)
			return -1;
	}
	*ret_space = (size_t)v[0];
	*ret_data = (size_t)v[5];
	return 0;
}

/* The kind's limit counts what the child adds to what it inherited. RLIMIT_DATA holds
 * private memory; RLIMIT_AS stands behind it for shared memory and mapped files. */
static int limit_memory(size_t max)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), space = 0, data = 0;

	if (OS_SANITIZED)
		return 0;
	if (memory_now(&space, &data) < 0) { /* no /proc: count from zero, generously */
		space = 512 * MIB / page;
		data = 64 * MIB / page;
	}
	if (set_limit(RLIMIT_DATA, data * page + max, data * page + max) < 0)
		return -1;
	rlim_t all = space * page + 2 * max + 256 * MIB;

	return set_limit(RLIMIT_AS, all, all);
}

static int limit_rest(const struct os_jail_kind *k)
{
	rlim_t files = k->max_files ? k->max_files : 32;

	if (k->max_cpu_s && set_limit(RLIMIT_CPU, k->max_cpu_s, (rlim_t)k->max_cpu_s + 1) < 0)
		return -1;
	if (set_limit(RLIMIT_NOFILE, files, files) < 0 || set_limit(RLIMIT_FSIZE, 0, 0) < 0 ||
	    set_limit(RLIMIT_CORE, 0, 0) < 0 || set_limit(RLIMIT_NPROC, 0, 0) < 0 ||
	    set_limit(RLIMIT_MSGQUEUE, 0, 0) < 0 || set_limit(RLIMIT_MEMLOCK, 0, 0) < 0)
		return -1;
	return 0;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return (int)syscall(SYS_capset, &head, none);
}

static int become(uid_t uid)
{
	gid_t gid = (gid_t)uid;

	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0)
		return -1;
	return setresuid(uid, uid, uid);
}

static int enter_root(const char *root)
{
	return chroot(root) < 0 ? -1 : chdir("/");
}

int os_jail_enter(const struct os_jail *j, const char **ret_step)
{
	bool landlock = j->landlock_abi > 0;
	/* Without Landlock nothing would stand between openat() and the whole disk. */
	bool may_open = landlock && j->kind->read_paths && j->kind->read_paths[0];

	*ret_step = "memory";
	if (limit_memory(j->kind->max_memory) < 0)
		return -1;
	*ret_step = "no-new-privs";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	*ret_step = "root";
	if (j->root && enter_root(j->root) < 0)
		return -1;
	*ret_step = "user";
	if (j->drop_user && become(j->uid) < 0)
		return -1;
	*ret_step = "capabilities";
	if (drop_capabilities() < 0)
		return -1;
	*ret_step = "landlock";
	if (landlock && os_landlock_restrict(j->landlock_abi, j->kind->read_paths) < 0)
		return -1;
	*ret_step = "limits";
	if (limit_rest(j->kind) < 0)
		return -1;
	/* After the change of user, which clears both. */
	*ret_step = "death-signal";
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -1;
	errno = ESRCH;
	if (getppid() != j->spawner)
		return -1;
	*ret_step = "seccomp";
	return os_seccomp_restrict(j->kind, may_open);
}

bool os_jailed(void)
{
	/* Our filter refuses the question, others answer it. */
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 && errno == EPERM;
}

/* ---- small roots for chroot ---------------------------------------------------- */

static char *join(const char *a, const char *b)
{
	_cleanup_buf_ struct buf p = BUF_INIT(8192);

	buf_printf(&p, "%s/%s", a, b);
	return buf_take(&p, NULL);
}

/* Makes the folders above a path below root, and the path itself as kind of file. */
static int make_target(char *path, size_t root_len, bool folder)
{
	for (char *s = path + root_len + 1; *s; s++) {
		if (*s != '/')
			continue;
		*s = '\0';
		int r = mkdir(path, 0755);

		*s = '/';
		if (r < 0 && errno != EEXIST)
			return -1;
	}
	if (folder)
		return mkdir(path, 0755) < 0 && errno != EEXIST ? -1 : 0;
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	return fd < 0 ? -1 : 0;
}

static int bind_path(const char *root, const char *path, int fd)
{
	_cleanup_free_ char *to = join(root, path + strspn(path, "/"));
	char from[64];
	struct stat st;
	const unsigned long tight = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV;

	if (fstat(fd, &st) < 0 || make_target(to, strlen(root), S_ISDIR(st.st_mode)) < 0)
		return -1;
	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0)
		return -1;
	/* May be refused where the source has locked flags; Landlock and seccomp keep it
	 * read-only all the same. */
	(void)mount(NULL, to, NULL, tight, NULL);
	return 0;
}

struct open_paths {
	int *fds;
	size_t n;
};

static struct open_paths open_all(const char *const *paths)
{
	struct open_paths o = { 0 };

	while (paths && paths[o.n])
		o.n++;
	o.fds = mem_array(o.n + 1, sizeof(int));
	for (size_t i = 0; i < o.n; i++)
		o.fds[i] = open(paths[i], O_PATH | O_CLOEXEC);
	return o;
}

static char *make_root(const struct os_jail_kind *k, size_t index, const struct open_paths *o)
{
	char root[64];

	snprintf(root, sizeof(root), "/tmp/%zu", index);
	if (mkdir(root, 0755) < 0)
		return NULL;
	for (size_t i = 0; i < o->n; i++) {
		if (o->fds[i] >= 0 && bind_path(root, k->read_paths[i], o->fds[i]) < 0)
			return NULL;
	}
	return str_dup(str_c(root));
}

void os_jail_make_roots(const struct os_jail_kind *const *kinds, size_t n, char **ret)
{
	struct open_paths *all = mem_array(n + 1, sizeof(*all));

	/* Opened before /tmp is covered: a path may lie in it. */
	for (size_t i = 0; i < n; i++) {
		ret[i] = NULL;
		all[i] = open_all(kinds[i]->read_paths);
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("zhanwei-jail", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "size=1m,mode=0755") == 0) {
		for (size_t i = 0; i < n; i++)
			ret[i] = make_root(kinds[i], i, &all[i]);
		(void)mount(NULL, "/tmp", NULL,
			    MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			    NULL);
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < all[i].n; k++) {
			if (all[i].fds[k] >= 0)
				close(all[i].fds[k]);
		}
		free(all[i].fds);
	}
	free(all);
}
