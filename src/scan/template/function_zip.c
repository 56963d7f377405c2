/* Compression by zlib and a small writer of ZIP archives. What is decompressed is bounded. */
#include "scan/template/expr_private.h"

#include <zlib.h>

enum { BITS_ZLIB = 15, BITS_RAW = -15, BITS_GZIP = 31 };

static int pack(struct expr_env *env, struct str in, int bits, struct buf *out)
{
	z_stream z = { 0 };
	int rc;

	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return expr_fail(env, "cannot compress");
	size_t room = deflateBound(&z, in.len) + 64;
	char *p = buf_reserve(out, room);
	if (!p) {
		deflateEnd(&z);
		return expr_fail(env, "too large");
	}
	_cleanup_buf_ struct buf copy = { .max = LIMIT_EXPR_VALUE + 1 };
	buf_str(&copy, in); /* zlib takes no const */
	z.next_in = (Bytef *)copy.ptr;
	z.avail_in = (uInt)copy.len;
	z.next_out = (Bytef *)p;
	z.avail_out = (uInt)room;
	rc = deflate(&z, Z_FINISH);
	out->len += z.total_out;
	deflateEnd(&z);
	return rc == Z_STREAM_END && !copy.overflow ? 0 : expr_fail(env, "cannot compress");
}

static int packed(struct expr_env *env, const struct value *arg, int bits, struct value *ret)
{
	struct buf b = EXPR_BUF;

	if (pack(env, arg_str(env, arg), bits, &b) < 0) {
		buf_free(&b);
		return -1;
	}
	return expr_ret_buf(env, &b, ret);
}

static int unpacked(struct expr_env *env, const struct value *args, size_t n, int bits,
		    struct value *ret)
{
	struct str in = arg_str(env, &args[0]);
	int64_t limit = LIMIT_EXPR_VALUE;
	struct buf b = EXPR_BUF;
	z_stream z = { 0 };
	int rc = Z_OK;

	if (n == 2 && arg_int(env, &args[1], 0, (int64_t)LIMIT_EXPR_VALUE, &limit) < 0)
		return -1;
	_cleanup_buf_ struct buf copy = { .max = LIMIT_EXPR_VALUE + 1 };
	buf_str(&copy, in);
	if (copy.overflow || inflateInit2(&z, bits) != Z_OK)
		return expr_fail(env, "cannot decompress");
	z.next_in = (Bytef *)copy.ptr;
	z.avail_in = (uInt)copy.len;
	while (rc == Z_OK && (int64_t)b.len < limit) {
		char *p = buf_reserve(&b, 16 * KIB);
		if (!p)
			break;
		z.next_out = (Bytef *)p;
		z.avail_out = (uInt)(16 * KIB);
		rc = inflate(&z, Z_NO_FLUSH);
		b.len += 16 * KIB - z.avail_out;
		if (rc == Z_OK && z.avail_out && !z.avail_in)
			break; /* cut off */
	}
	inflateEnd(&z);
	if (rc != Z_STREAM_END && (int64_t)b.len < limit) {
		buf_free(&b);
		return expr_fail(env, "not compressed data, or cut off");
	}
	if ((int64_t)b.len > limit)
		b.len = (size_t)limit;
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_gzip)
{
	return packed(env, &args[0], BITS_GZIP, ret);
}
EXPR_FN(fn_zlib)
{
	return packed(env, &args[0], BITS_ZLIB, ret);
}
EXPR_FN(fn_deflate)
{
	return packed(env, &args[0], BITS_RAW, ret);
}
EXPR_FN(fn_gzip_decode)
{
	return unpacked(env, args, n, BITS_GZIP, ret);
}
EXPR_FN(fn_zlib_decode)
{
	return unpacked(env, args, n, BITS_ZLIB, ret);
}
EXPR_FN(fn_inflate)
{
	return unpacked(env, args, n, BITS_RAW, ret);
}

EXPR_FN(fn_gzip_mtime)
{
	struct str s = arg_str(env, &args[0]);
	uint32_t t = 0;

	if (s.len < 10 || memcmp(s.ptr, "\x1f\x8b\x08", 3) != 0)
		return expr_fail(env, "not gzip data");
	for (int i = 3; i >= 0; i--)
		t = t << 8 | (unsigned char)s.ptr[4 + i];
	*ret = value_of_int(t);
	return 0;
}

static void le(struct buf *b, uint32_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		buf_char(b, (char)(v >> (8 * i)));
}

struct entry {
	struct str name, data, small;
	uint32_t crc, at;
};

/* Local and central headers share these fields. 1980-01-01, deflated, UTF-8 names. */
static void zip_fields(struct buf *b, const struct entry *e)
{
	le(b, 20, 2);
	le(b, 0x0800, 2);
	le(b, 8, 2);
	le(b, 0, 2);
	le(b, 0x21, 2);
	le(b, e->crc, 4);
	le(b, (uint32_t)e->small.len, 4);
	le(b, (uint32_t)e->data.len, 4);
	le(b, (uint32_t)e->name.len, 2);
	le(b, 0, 2);
}

static int zip_entry(struct expr_env *env, const struct value *args, struct entry *e)
{
	struct value v;

	e->name = arg_str(env, &args[0]);
	e->data = arg_str(env, &args[1]);
	if (e->name.len > 0xFFFF)
		return expr_fail(env, "the name is too long");
	if (packed(env, &args[1], BITS_RAW, &v) < 0)
		return -1;
	e->small = v.str;
	e->crc = (uint32_t)crc32_z(0, (const Bytef *)e->data.ptr, e->data.len);
	return 0;
}

EXPR_FN(fn_zip)
{
	struct buf b = EXPR_BUF;
	size_t count = n / 2;
	struct entry *list = (void *)expr_room(env, count * sizeof(*list));

	if (!list || n % 2)
		return expr_fail(env, "names and contents come in pairs");
	for (size_t i = 0; i < count; i++) {
		struct entry *e = &list[i];
		if (zip_entry(env, args + 2 * i, e) < 0) {
			buf_free(&b);
			return -1;
		}
		e->at = (uint32_t)b.len;
		buf_c(&b, "PK\3\4");
		zip_fields(&b, e);
		buf_str(&b, e->name);
		buf_str(&b, e->small);
	}
	size_t start = b.len;
	for (size_t i = 0; i < count; i++) {
		buf_c(&b, "PK\1\2");
		le(&b, 20, 2);
		zip_fields(&b, &list[i]);
		le(&b, 0, 2);
		le(&b, 0, 2);
		le(&b, 0, 2);
		le(&b, 0, 4);
		le(&b, list[i].at, 4);
		buf_str(&b, list[i].name);
	}
	size_t size = b.len - start;
	buf_c(&b, "PK\5\6");
	le(&b, 0, 4);
	le(&b, (uint32_t)count, 2);
	le(&b, (uint32_t)count, 2);
	le(&b, (uint32_t)size, 4);
	le(&b, (uint32_t)start, 4);
	le(&b, 0, 2);
	return expr_ret_buf(env, &b, ret);
}
