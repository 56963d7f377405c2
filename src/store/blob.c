/* Blobs by content. A row per blob and tenant counts references; the bytes are a
 * file BLOBS/TENANT/ab/abcdef… or a row of blob_data. A file is written before its
 * row is committed and removed after its row is gone, both under the row's lock:
 * a crash in between leaves at worst a file that nobody refers to. */
#include "store/blob.h"

#include <errno.h>
#include <sodium.h>
#include <sys/stat.h>

#include "base/encode.h"
#include "os/file.h"
#include "store/store_private.h"

#define SWEEP_BATCH 50

static int missing(struct error *e)
{
	return error_set(e, "blob.missing", "没有这个文件", "there is no such blob");
}

static int check_names(struct str tenant, struct str id, struct error *e)
{
	if (tenant.len > 64 || id.len != STORE_BLOB_ID_LEN)
		return missing(e);
	for (size_t i = 0; i < tenant.len; i++)
		if (!ascii_alnum(tenant.ptr[i]))
			return missing(e);
	for (size_t i = 0; i < id.len; i++)
		if (!ascii_digit(id.ptr[i]) && !(id.ptr[i] >= 'a' && id.ptr[i] <= 'f'))
			return missing(e);
	return 0;
}

static struct blob_id hash_of(struct str bytes)
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	struct blob_id id;

	crypto_hash_sha256(digest, (const unsigned char *)bytes.ptr, bytes.len);
	sodium_bin2hex(id.text, sizeof(id.text), digest, sizeof(digest));
	return id;
}

#define PATH_SIZE 2400

/* The path of the blob, or of its folder. */
static void path_of(const struct store *s, struct str tenant, struct str id, bool folder,
		    char out[PATH_SIZE])
{
	struct str t = str_empty(tenant) ? STR("_platform") : tenant;

	if (folder)
		snprintf(out, PATH_SIZE, "%s/%.*s/%.2s", s->blob_dir, STR_ARG(t), id.ptr);
	else
		snprintf(out, PATH_SIZE, "%s/%.*s/%.2s/%.*s", s->blob_dir, STR_ARG(t), id.ptr,
			 STR_ARG(id));
}

static bool file_there(const char *path, size_t size)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size == size;
}

static int file_write(const struct store *s, struct str tenant, struct str id, struct str bytes,
		      struct error *e)
{
	char path[PATH_SIZE], folder[PATH_SIZE];

	path_of(s, tenant, id, false, path);
	path_of(s, tenant, id, true, folder);
	if (file_there(path, bytes.len))
		return 0;
	if (os_dir_make(folder, 0700, e) < 0)
		return -1;
	return os_file_write(path, bytes, 0600, e);
}

/* ---- put ---- */

struct put {
	struct str tenant, bytes, id;
	int64_t now;
};

static int put_bytes(struct store_conn *c, const struct put *p, struct error *e)
{
	int64_t one;
	int r;

	if (c->store->blob_dir)
		return file_write(c->store, p->tenant, p->id, p->bytes, e);
	r = store_int(c, &one, e, "SELECT 1 FROM blob_data WHERE tenant_id = ? AND hash = ?",
		      SV_STR(p->tenant), SV_STR(p->id));
	if (r)
		return r < 0 ? -1 : 0;
	return store_exec(c, e,
			  "INSERT INTO blob_data (tenant_id, hash, bytes) VALUES (?, ?, ?) "
			  "ON CONFLICT DO NOTHING",
			  SV_STR(p->tenant), SV_STR(p->id), SV_BLOB(p->bytes));
}

static int put_tx(struct store_conn *c, void *arg, struct error *e)
{
	const struct put *p = arg;

	if (store_exec(c, e,
		       "INSERT INTO blob (tenant_id, hash, size, refs, created) "
		       "VALUES (?, ?, ?, 1, ?) ON CONFLICT (tenant_id, hash) DO UPDATE SET "
		       "refs = blob.refs + 1",
		       SV_STR(p->tenant), SV_STR(p->id), SV_INT(p->bytes.len), SV_INT(p->now)) < 0)
		return -1;
	/* With the row locked no sweep can take the bytes away any more. */
	return put_bytes(c, p, e);
}

int store_blob_put(struct store_conn *c, struct str tenant, struct str bytes, int64_t now,
		   struct blob_id *ret, struct error *e)
{
	struct blob_id id = hash_of(bytes);
	struct put p = { tenant, bytes, blob_id_str(&id), now };

	if (bytes.len > LIMIT_BLOB)
		return error_set(e, "blob.too-big", "文件超过 %d MiB", "the blob is over %d MiB",
				 (int)(LIMIT_BLOB / MIB));
	if (check_names(tenant, p.id, e) < 0)
		return -1;
	/* The slow part, before anything is locked. */
	if (c->store->blob_dir && file_write(c->store, tenant, p.id, bytes, e) < 0)
		return -1;
	if (store_tx_locking(c, put_tx, &p, e) < 0)
		return -1;
	*ret = id;
	return 0;
}

/* ---- get ---- */

int store_blob_size(struct store_conn *c, struct str tenant, struct str id, int64_t *ret,
		    struct error *e)
{
	int r;

	if (check_names(tenant, id, e) < 0)
		return -1;
	r = store_int(c, ret, e,
		      "SELECT size FROM blob WHERE tenant_id = ? AND hash = ? AND refs > 0",
		      SV_STR(tenant), SV_STR(id));
	if (r <= 0)
		return r < 0 ? -1 : missing(e);
	return 0;
}

static int read_row(struct store_conn *c, struct str tenant, struct str id, struct buf *bytes,
		    struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	int r = store_row(c, &rows, e,
			  "SELECT bytes FROM blob_data WHERE tenant_id = ? AND hash = ?",
			  SV_STR(tenant), SV_STR(id));

	if (r <= 0)
		return r < 0 ? -1 : missing(e);
	buf_str(bytes, store_col_blob(rows, 0));
	return 0;
}

int store_blob_get(struct store_conn *c, struct str tenant, struct str id, struct buf *out,
		   struct error *e)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(LIMIT_BLOB);
	struct blob_id have;
	char path[PATH_SIZE];
	int64_t size;

	if (store_blob_size(c, tenant, id, &size, e) < 0)
		return -1;
	if (c->store->blob_dir) {
		path_of(c->store, tenant, id, false, path);
		if (os_file_read(path, &bytes, e) < 0)
			return -1;
	} else if (read_row(c, tenant, id, &bytes, e) < 0) {
		return -1;
	}
	have = hash_of(buf_view(&bytes));
	if (!str_eq(blob_id_str(&have), id))
		return error_set(e, "blob.corrupt", "文件内容已损坏，与校验值不符",
				 "the blob's bytes are damaged: they do not match its hash");
	buf_str(out, buf_view(&bytes));
	if (out->overflow)
		return error_set(e, "blob.too-big", "文件过大", "the blob is too big");
	return 0;
}

int store_blob_usage(struct store_conn *c, struct str tenant, int64_t *ret, struct error *e)
{
	return store_int(c, ret, e,
			 "SELECT COALESCE(SUM(size), 0) FROM blob WHERE tenant_id = ? AND refs > 0",
			 SV_STR(tenant)) < 0
		       ? -1
		       : 0;
}

/* ---- delete ---- */

int store_blob_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e)
{
	if (check_names(tenant, id, NULL) < 0)
		return 0;
	return store_exec(c, e,
			  "UPDATE blob SET refs = refs - 1 WHERE tenant_id = ? AND hash = ? AND "
			  "refs > 0",
			  SV_STR(tenant), SV_STR(id));
}

static int sweep_tx(struct store_conn *c, void *arg, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	char path[PATH_SIZE];

	(void)arg;
	if (store_query(c, &rows, e,
			"SELECT tenant_id, hash FROM blob WHERE refs = 0 LIMIT ? {{for_update}} "
			"{{skip_locked}}",
			SV_INT(SWEEP_BATCH)) < 0)
		return -1;
	while (store_next(rows)) {
		struct str tenant = store_col_str(rows, 0), id = store_col_str(rows, 1);

		if (store_exec(c, e, "DELETE FROM blob WHERE tenant_id = ? AND hash = ?",
			       SV_STR(tenant), SV_STR(id)) < 0)
			return -1;
		if (!c->store->blob_dir)
			continue;
		path_of(c->store, tenant, id, false, path);
		if (unlink(path) < 0 && errno != ENOENT)
			return error_os(e, errno, "blob");
	}
	return (int)store_count(rows);
}

int store_blob_sweep(struct store_conn *c, struct error *e)
{
	int total = 0, r;

	check(!c->depth);
	while ((r = store_tx_locking(c, sweep_tx, NULL, e)) > 0) {
		total += r;
		if (r < SWEEP_BATCH)
			break;
	}
	return r < 0 ? -1 : total;
}
