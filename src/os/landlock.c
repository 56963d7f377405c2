/* Landlock (docs: kernel Documentation/userspace-api/landlock.rst): reading below
 * some paths and nothing else on the file system; from ABI 4 no TCP bind or connect;
 * from ABI 6 no abstract Unix sockets and no signals out of the domain. The numbers
 * stand here because headers older than the running kernel lack them. */
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "os/jail_private.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define NET_BIND_CONNECT 3ULL
#define SCOPE_ABSTRACT_AND_SIGNAL 3ULL
#define RULE_PATH_BENEATH 1
#define CREATE_VERSION 1U

/* Newer kernels added fields at the end; older ones take them when they are zero. */
struct ruleset_attr {
	uint64_t fs, net, scoped;
};

struct path_attr {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));

int os_landlock_abi(void)
{
	long v = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

	return v > 0 ? (int)v : 0;
}

/* Every file-system right that the ABI knows is taken away. */
static uint64_t fs_rights(int abi)
{
	int bits = 13;

	if (abi >= 2)
		bits = 14; /* linking across folders */
	if (abi >= 3)
		bits = 15; /* truncation */
	if (abi >= 5)
		bits = 16; /* device ioctl */
	return (1ULL << bits) - 1;
}

static int allow_path(int ruleset, const char *path)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct path_attr a = { .access = FS_READ_FILE, .fd = fd };
	struct stat st;

	if (fd < 0) /* missing: nothing to allow */
		return 0;
	if (fstat(fd, &st) < 0)
		return -1;
	if (S_ISDIR(st.st_mode))
		a.access |= FS_READ_DIR;
	return syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &a, 0) < 0 ? -1 : 0;
}

int os_landlock_restrict(int abi, const char *const *paths)
{
	struct ruleset_attr attr = { .fs = fs_rights(abi) };

	if (abi >= 4)
		attr.net = NET_BIND_CONNECT;
	if (abi >= 6)
		attr.scoped = SCOPE_ABSTRACT_AND_SIGNAL;
	_cleanup_close_ int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr),
						   0);

	if (ruleset < 0)
		return -1;
	for (; paths && *paths; paths++) {
		if (allow_path(ruleset, *paths) < 0)
			return -1;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -1 : 0;
}
