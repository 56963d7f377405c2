/* Files and folders. Every descriptor is close-on-exec; what is written is synced
 * before it gets its name; secrets are created with their final mode, never
 * narrowed afterwards. */
#include "os/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/encode.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/vec.h"

static int read_into(int fd, const char *path, struct buf *b, struct error *e)
{
	static const size_t step = (size_t)64 * 1024;

	for (;;) {
		size_t left = b->max - b->len;
		size_t want = left < step ? left : step;
		char past, *to = want ? buf_reserve(b, want) : &past;
		ssize_t n = read(fd, to, want ? want : 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_os(e, errno, path);
		if (n == 0)
			return 0;
		if (want == 0)
			return error_set(e, "file.too-big", "文件 %s 超过上限 %zu 字节",
					 "%s is longer than the %zu bytes allowed", path, b->max);
		b->len += (size_t)n;
		b->ptr[b->len] = '\0';
	}
}

int os_file_read(const char *path, struct buf *ret, struct error *e)
{
	/* O_NONBLOCK: opening a pipe must not wait for its writer. */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_cleanup_buf_ struct buf b = BUF_INIT(ret->max);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_os(e, errno, path);
	if (!S_ISREG(st.st_mode))
		return error_set(e, "file.not-regular", "%s 不是普通文件",
				 "%s is not a regular file", path);
	if (read_into(fd, path, &b, e) < 0)
		return -1;
	buf_free(ret);
	*ret = b;
	buf_init(&b, 0);
	return 0;
}

static int write_all(int fd, struct str bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes = str_from(bytes, (size_t)n);
	}
	return 0;
}

/* The folder part of a path; "." when it has none. The caller frees. */
static char *parent_of(const char *path)
{
	struct str s = str_c(path);
	ssize_t slash = str_rchr(s, '/');

	if (slash < 0)
		return str_dup(STR("."));
	return str_dup(slash == 0 ? STR("/") : str_sub(s, 0, (size_t)slash));
}

static int sync_parent(const char *path, struct error *e)
{
	_cleanup_free_ char *dir = parent_of(path);
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_os(e, errno, dir);
	/* Some network file systems cannot sync folders; the rename still holds there. */
	if (fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
		return error_os(e, errno, dir);
	return 0;
}

/* "PATH.tmp-XXXXXXXXXXXXXXXX" */
static char *temp_name(const char *path)
{
	_cleanup_buf_ struct buf b = BUF_INIT(8192);
	unsigned char r[8];

	random_bytes(r, sizeof(r));
	buf_printf(&b, "%s.tmp-", path);
	encode_hex(&b, str_make(r, sizeof(r)));
	return buf_take(&b, NULL);
}

/* Writes a finished, synced temporary file beside path; the caller names it. */
static int write_temp(const char *path, struct str bytes, mode_t mode, char **ret, struct error *e)
{
	_cleanup_free_ char *tmp = temp_name(path);
	_cleanup_close_ int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
				      mode);

	if (fd < 0)
		return error_os(e, errno, path);
	/* fchmod: the mode asked for, whatever the umask, but never first wider. */
	if (write_all(fd, bytes) < 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0) {
		int saved = errno;

		unlink(tmp);
		return error_os(e, saved, path);
	}
	*ret = take_ptr(tmp);
	return 0;
}

/* A device or a pipe takes the bytes as they come: a rename would put a file in its place. */
static bool takes_bytes(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int write_through(const char *path, struct str bytes, struct error *e)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write_all(fd, bytes) < 0 ? error_os(e, errno, path) : 0;
}

int os_file_write(const char *path, struct str bytes, mode_t mode, struct error *e)
{
	_cleanup_free_ char *tmp = NULL;

	if (takes_bytes(path))
		return write_through(path, bytes, e);
	if (write_temp(path, bytes, mode, &tmp, e) < 0)
		return -1;
	check(tmp);
	if (rename(tmp, path) < 0) {
		int saved = errno;

		unlink(tmp);
		return error_os(e, saved, path);
	}
	return sync_parent(path, e);
}

static int make_one(const char *path, mode_t mode, struct error *e)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	int saved = errno;

	/* EROFS and EACCES too may stand for a folder that is already there. */
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		saved = ENOTDIR;
	}
	return error_os(e, saved, path);
}

int os_dir_make(const char *path, mode_t mode, struct error *e)
{
	_cleanup_free_ char *p = str_dup(str_c(path));

	for (char *s = p; *s; s++) {
		if (*s != '/' || s == p)
			continue;
		*s = '\0';
		if (make_one(p, mode, e) < 0)
			return -1;
		*s = '/';
	}
	return make_one(p, mode, e);
}

struct removal {
	dev_t dev;
	size_t left;
};

static int remove_below(int dirfd, const char *path, struct removal *r, int depth, struct error *e);

static int remove_entry(DIR *d, const char *name, const char *path, struct removal *r, int depth,
			struct error *e)
{
	struct stat st;

	if (r->left-- == 0) {
		r->left = 0;
		return error_set(e, "file.too-many", "目录 %s 中的文件过多，未全部删除",
				 "%s holds too many files; not all were removed", path);
	}
	if (unlinkat(dirfd(d), name, 0) == 0 || errno == ENOENT)
		return 0;
	int saved = errno;

	if (fstatat(dirfd(d), name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
		return error_os(e, saved, path);
	if (st.st_dev != r->dev)
		return error_set(e, "file.other-file-system", "目录 %s 中挂载了其他文件系统",
				 "another file system is mounted below %s", path);
	int sub = openat(dirfd(d), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (sub < 0)
		return error_os(e, errno, path);
	if (remove_below(sub, path, r, depth + 1, e) < 0)
		return -1;
	if (unlinkat(dirfd(d), name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_os(e, errno, path);
	return 0;
}

/* Takes dirfd over. */
static int remove_below(int fd, const char *path, struct removal *r, int depth, struct error *e)
{
	DIR *d = fdopendir(fd);
	struct dirent *ent;
	int result = 0;

	if (!d) {
		int saved = errno;

		close(fd);
		return error_os(e, saved, path);
	}
	if (depth > LIMIT_REMOVE_DEPTH)
		result = error_set(e, "file.too-many", "目录 %s 层级过深", "%s is nested too deep",
				   path);
	while (result == 0 && (ent = readdir(d))) {
		if (strcmp(ent->d_name, ".") != 0 && strcmp(ent->d_name, "..") != 0)
			result = remove_entry(d, ent->d_name, path, r, depth, e);
	}
	closedir(d);
	return result;
}

int os_dir_remove(const char *path, size_t max_entries, struct error *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct removal r = { .left = max_entries };
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 0 : error_os(e, errno, path);
	if (fstat(fd, &st) < 0) {
		int saved = errno;

		close(fd);
		return error_os(e, saved, path);
	}
	r.dev = st.st_dev;
	if (remove_below(fd, path, &r, 0, e) < 0)
		return -1;
	if (rmdir(path) < 0 && errno != ENOENT)
		return error_os(e, errno, path);
	return 0;
}

int os_temp_dir(const char *dir, const char *prefix, char **ret, struct error *e)
{
	_cleanup_buf_ struct buf b = BUF_INIT(4096);

	if (!dir)
		dir = getenv("TMPDIR");
	buf_printf(&b, "%s/%sXXXXXX", dir && *dir ? dir : "/tmp", prefix);
	if (b.overflow)
		return error_os(e, ENAMETOOLONG, "mkdtemp");
	if (!mkdtemp(b.ptr))
		return error_os(e, errno, b.ptr);
	*ret = buf_take(&b, NULL);
	return 0;
}

void os_wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}

static int key_malformed(const char *path, struct error *e)
{
	return error_set(e, "key.malformed", "密钥文件 %s 损坏：应为 64 位十六进制数字",
			 "key file %s is damaged: it must hold 64 hexadecimal digits", path);
}

static int key_parse(const char *path, struct str text, uint8_t ret[OS_KEY_SIZE], struct error *e)
{
	_cleanup_buf_ struct buf raw = BUF_INIT(OS_KEY_SIZE);
	int result = 0;

	text = str_trim(text);
	if (text.len != (size_t)2 * OS_KEY_SIZE || decode_hex(&raw, text) < 0 ||
	    raw.len != OS_KEY_SIZE)
		result = key_malformed(path, e);
	else
		memcpy(ret, raw.ptr, OS_KEY_SIZE);
	if (raw.ptr)
		os_wipe(raw.ptr, raw.len);
	return result;
}

/* 1 read, 0 there is none, -1. */
static int key_read(const char *path, uint8_t ret[OS_KEY_SIZE], struct error *e)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct buf text = BUF_INIT(4 * OS_KEY_SIZE);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_os(e, errno, path);
	if (!S_ISREG(st.st_mode))
		return key_malformed(path, e);
	if ((st.st_mode & 077) != 0)
		return error_set(e, "key.permissions",
				 "密钥文件 %s 可被其他用户读取，请执行 chmod 600",
				 "key file %s is open to other users: run chmod 600 on it", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return error_set(e, "key.permissions", "密钥文件 %s 属于其他用户",
				 "key file %s belongs to another user", path);
	int result = read_into(fd, path, &text, e);

	if (result == 0)
		result = key_parse(path, buf_view(&text), ret, e);
	else if (e && error_is(e, "file.too-big"))
		key_malformed(path, e);
	if (text.ptr)
		os_wipe(text.ptr, text.len);
	buf_free(&text);
	return result < 0 ? -1 : 1;
}

/* link() instead of rename(): of two processes that make a key at once the first
 * wins and the other reads the winner's. */
static int key_make(const char *path, struct error *e)
{
	uint8_t key[OS_KEY_SIZE];
	char hex[2 * OS_KEY_SIZE + 1];
	_cleanup_free_ char *tmp = NULL;
	struct str text = str_make(hex, sizeof(hex));

	random_bytes(key, sizeof(key));
	for (size_t i = 0; i < sizeof(key); i++) { /* on the stack, to be wiped */
		hex[2 * i] = "0123456789abcdef"[key[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[key[i] & 15];
	}
	hex[sizeof(hex) - 1] = '\n';
	int result = write_temp(path, text, 0600, &tmp, e);

	os_wipe(key, sizeof(key));
	os_wipe(hex, sizeof(hex));
	if (result < 0)
		return -1;
	if (link(tmp, path) < 0 && errno != EEXIST)
		result = error_os(e, errno, path);
	unlink(tmp);
	return result < 0 ? -1 : sync_parent(path, e);
}

int os_key_load(const char *path, uint8_t ret[OS_KEY_SIZE], struct error *e)
{
	int r = key_read(path, ret, e);

	if (r == 0) {
		if (key_make(path, e) < 0)
			return -1;
		r = key_read(path, ret, e);
		if (r == 0)
			return error_os(e, ENOENT, path);
	}
	return r < 0 ? -1 : 0;
}

static int lock_taken(const char *path, int fd, struct error *e)
{
	char text[32] = "";
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	struct str holder = str_trim(str_make(text, n > 0 ? (size_t)n : 0));

	return error_set(e, "lock.taken", "%s 已被另一个进程占用（进程号 %.*s）",
			 "%s is in use by another process (pid %.*s)", path, STR_ARG(holder));
}

int os_lock_take(const char *path, int *ret_fd, struct error *e)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	char text[32];

	if (fd < 0)
		return error_os(e, errno, path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return lock_taken(path, fd, e);
		return error_os(e, errno, path);
	}
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	/* The number is for people; the lock is the kernel's. */
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) < 0)
		return error_os(e, errno, path);
	*ret_fd = take_fd(fd);
	return 0;
}
