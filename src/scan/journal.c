/* The append-only journal file of `zhanwei scan --resume FILE`. Layout: 16 bytes of
 * magic, then records {u32 length of the rest, u32 CRC-32 of the rest, blob kind, blob
 * key, blob bytes}. A record that does not check ends the file: the tail of a process that
 * was killed while writing is cut off at opening. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "scan/scan.h"

#define JOURNAL_MAGIC 0x4a6f7572u
#define JOURNAL_HEAD "zhanwei-scan\n\x01\0\0"
#define JOURNAL_HEAD_LEN 16
#define LIMIT_JOURNAL_RECORD (4 * MIB) /* a finding with evidence is under 1 MiB */

struct scan_journal {
	unsigned magic;
	int fd;
	struct buf out;
};

static int read_exact(int fd, void *p, size_t n)
{
	char *at = p;
	while (n > 0) {
		ssize_t got = read(fd, at, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

static uint32_t get_u32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Next record's rest into b. 0, or -1 at the end or where the file is torn. */
static int next_record(int fd, struct buf *b)
{
	unsigned char head[8];
	if (read_exact(fd, head, sizeof(head)) < 0)
		return -1;
	uint32_t len = get_u32(head);
	if (len < 12 || len > LIMIT_JOURNAL_RECORD)
		return -1;
	buf_clear(b);
	char *p = buf_reserve(b, len);
	if (!p || read_exact(fd, p, len) < 0)
		return -1;
	b->len = len;
	uint32_t sum = (uint32_t)crc32(0, (const Bytef *)p, len);
	return sum == get_u32(head + 4) ? 0 : -1;
}

static int cut_tail(int fd, struct error *e)
{
	_cleanup_buf_ struct buf b;
	buf_init(&b, LIMIT_JOURNAL_RECORD + 16);
	off_t good = JOURNAL_HEAD_LEN;
	while (next_record(fd, &b) == 0)
		good += 8 + (off_t)b.len;
	if (ftruncate(fd, good) < 0 || lseek(fd, 0, SEEK_END) < 0)
		return error_os(e, errno, "journal");
	return 0;
}

static int open_checked(int fd, const char *path, struct error *e)
{
	struct stat st;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return error_set(e, "journal.locked", "另一个扫描正在使用续扫文件 %s。",
				 "Another scan is using the resume file %s.", path);
	if (fstat(fd, &st) < 0)
		return error_os(e, errno, path);
	if (st.st_size == 0) {
		if (write(fd, JOURNAL_HEAD, JOURNAL_HEAD_LEN) != JOURNAL_HEAD_LEN)
			return error_os(e, errno, path);
		return 0;
	}
	char head[JOURNAL_HEAD_LEN];
	if (!S_ISREG(st.st_mode) || read_exact(fd, head, sizeof(head)) < 0 ||
	    memcmp(head, JOURNAL_HEAD, sizeof(head)) != 0)
		return error_set(e, "journal.foreign", "%s 不是站卫的续扫文件，未作改动。",
				 "%s is not a resume file of zhanwei; it was left as it is.", path);
	return cut_tail(fd, e);
}

int scan_journal_open(const char *path, struct scan_journal **ret, struct error *e)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_os(e, errno, path);
	if (open_checked(fd, path, e) < 0)
		return -1;
	struct scan_journal *j = mem_alloc(sizeof(*j));
	j->magic = JOURNAL_MAGIC;
	j->fd = take_fd(fd);
	buf_init(&j->out, 4 * LIMIT_JOURNAL_RECORD);
	*ret = j;
	return 0;
}

static int flush_journal(void *ctx, struct error *e)
{
	struct scan_journal *j;
	CAST_OBJ(j, ctx, JOURNAL_MAGIC);
	size_t at = 0;
	while (at < j->out.len) {
		ssize_t n = write(j->fd, j->out.ptr + at, j->out.len - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			buf_consume(&j->out, at);
			return error_os(e, errno, "journal");
		}
		at += (size_t)n;
	}
	buf_clear(&j->out);
	return 0;
}

void scan_journal_close(struct scan_journal *j)
{
	if (!j)
		return;
	flush_journal(j, NULL);
	close(j->fd);
	buf_free(&j->out);
	j->magic = 0;
	free(j);
}

static int append(void *ctx, struct str kind, struct str key, struct str bytes, struct error *e)
{
	struct scan_journal *j;
	CAST_OBJ(j, ctx, JOURNAL_MAGIC);
	size_t len = 12 + kind.len + key.len + bytes.len;
	if (len > LIMIT_JOURNAL_RECORD)
		return error_set(e, "journal.record", "续扫记录过大。", "A resume record is too big.");
	if (j->out.len + len + 8 > LIMIT_JOURNAL_RECORD && flush_journal(j, e) < 0)
		return -1;
	size_t at = j->out.len;
	buf_u32(&j->out, (uint32_t)len);
	buf_u32(&j->out, 0);
	buf_blob(&j->out, kind);
	buf_blob(&j->out, key);
	buf_blob(&j->out, bytes);
	uint32_t sum = (uint32_t)crc32(0, (const Bytef *)j->out.ptr + at + 8, (uInt)(j->out.len - at - 8));
	for (int i = 0; i < 4; i++)
		j->out.ptr[at + 4 + (size_t)i] = (char)(sum >> (8 * i));
	return 0;
}

static int replay(void *ctx,
		  int (*each)(void *arg, struct str kind, struct str key, struct str bytes), void *arg,
		  struct error *e)
{
	struct scan_journal *j;
	CAST_OBJ(j, ctx, JOURNAL_MAGIC);
	if (flush_journal(j, e) < 0)
		return -1;
	if (lseek(j->fd, JOURNAL_HEAD_LEN, SEEK_SET) < 0)
		return error_os(e, errno, "journal");
	_cleanup_buf_ struct buf b;
	buf_init(&b, LIMIT_JOURNAL_RECORD + 16);
	int r = 0;
	while (r == 0 && next_record(j->fd, &b) == 0) {
		struct reader rd = reader_of(buf_view(&b));
		struct str kind, key, bytes;
		if (reader_blob(&rd, &kind) < 0 || reader_blob(&rd, &key) < 0 ||
		    reader_blob(&rd, &bytes) < 0)
			break;
		r = each(arg, kind, key, bytes);
	}
	if (lseek(j->fd, 0, SEEK_END) < 0)
		return error_os(e, errno, "journal");
	return r;
}

struct scan_state scan_journal_state(struct scan_journal *j)
{
	CHECK_OBJ(j, JOURNAL_MAGIC);
	return (struct scan_state){ .ctx = j, .append = append, .flush = flush_journal, .replay = replay };
}
