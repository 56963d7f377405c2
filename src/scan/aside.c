/* What a long scan puts aside: an unlinked temporary file that is written at its end and
 * read anywhere. It belongs to one life of the engine; what must outlive it is in the
 * journal. A jailed engine has no files and asks its keeper (jail.c). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "scan/aside.h"

struct aside {
	int fd;
	uint64_t len;
};

static int open_in(const char *dir)
{
	char path[1024];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "%s/zhanwei-XXXXXX", dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

int aside_open(struct aside **ret, struct error *e)
{
	const char *own = getenv("TMPDIR");
	int fd = own && own[0] ? open_in(own) : -1;
	if (fd < 0)
		fd = open_in("/var/tmp"); /* /tmp may be memory */
	if (fd < 0)
		fd = open_in("/tmp");
	if (fd < 0)
		return error_os(e, errno, "temporary file");
	struct aside *a = mem_alloc(sizeof(*a));
	a->fd = fd;
	*ret = a;
	return 0;
}

void aside_close(struct aside *a)
{
	if (!a)
		return;
	close(a->fd);
	free(a);
}

int aside_put(struct aside *a, struct str bytes, uint64_t *ret_at, struct error *e)
{
	size_t done = 0;
	if (bytes.len > LIMIT_ASIDE_PIECE || a->len + bytes.len > LIMIT_ASIDE)
		return error_set(e, "scan.too-large", "扫描队列超过 %llu GB。", "The queue of the scan is larger than %llu GB.",
				 (unsigned long long)(LIMIT_ASIDE >> 30));
	while (done < bytes.len) {
		ssize_t n = pwrite(a->fd, bytes.ptr + done, bytes.len - done, (off_t)(a->len + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_os(e, errno, "temporary file");
		done += (size_t)n;
	}
	*ret_at = a->len;
	a->len += bytes.len;
	return 0;
}

int aside_get(struct aside *a, uint64_t at, size_t len, struct buf *b, struct error *e)
{
	size_t done = 0;
	if (len > LIMIT_ASIDE_PIECE || at > a->len || len > a->len - at)
		return error_set(e, "scan.bad-frame", "扫描引擎发来的数据有误。", "The engine sent malformed data.");
	char *p = buf_reserve(b, len);
	if (!p)
		return error_set(e, "scan.too-large", "读回的内容过大。", "What is read back is too large.");
	while (done < len) {
		ssize_t n = pread(a->fd, p + done, len - done, (off_t)(at + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_os(e, n < 0 ? errno : EIO, "temporary file");
		done += (size_t)n;
	}
	b->len += len;
	return 0;
}
