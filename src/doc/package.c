/* Packages: see package.h. libzip reads the directory and inflates; every number it takes from the
 * archive is checked again by counting. */
#include "doc/package.h"

#include <zip.h>

#include "base/limits.h"
#include "base/mem.h"

#define PIECE (64 * KIB)

struct doc_package {
	zip_t *zip;
	size_t inflated; /* so far, of all parts */
};

static int no_package(struct str bytes, struct error *e)
{
	if (str_starts(bytes, STR("\xd0\xcf\x11\xe0")))
		return error_set(e, "doc.not-package", "这是旧格式（如 .xls、.doc）或加了密码的文件，请另存为不加密的新格式",
				 "this is an old binary (.xls, .doc) or encrypted document: save it in the new format without a password");
	return error_set(e, "doc.not-package", "文件不是 Office 文档，或已损坏", "the file is no office document, or is damaged");
}

int doc_package_open(struct str bytes, struct doc_package **ret, struct error *e)
{
	zip_source_t *src = NULL;
	struct doc_package *p;
	zip_t *zip = NULL;

	if (str_starts(bytes, STR("PK")))
		src = zip_source_buffer_create(bytes.ptr, bytes.len, 0, NULL);
	if (src)
		zip = zip_open_from_source(src, ZIP_RDONLY, NULL);
	if (!zip) {
		zip_source_free(src);
		return no_package(bytes, e);
	}
	if (zip_get_num_entries(zip, 0) > LIMIT_DOC_PARTS) {
		zip_discard(zip);
		return error_set(e, "doc.too-many-parts", "文件内部超过 %d 个部分", "the document has more than %d parts",
				 LIMIT_DOC_PARTS);
	}
	p = mem_alloc(sizeof(*p));
	*p = (struct doc_package){ .zip = zip };
	*ret = p;
	return 0;
}

void doc_package_free(struct doc_package *p)
{
	if (!p)
		return;
	zip_discard(p->zip);
	free(p);
}

static zip_int64_t locate(struct doc_package *p, struct str name)
{
	char path[LIMIT_DOC_PART_NAME + 1];

	if (str_starts(name, STR("/")))
		name = str_from(name, 1);
	if (!name.len || name.len > LIMIT_DOC_PART_NAME || memchr(name.ptr, 0, name.len))
		return -1;
	memcpy(path, name.ptr, name.len);
	path[name.len] = 0;
	return zip_name_locate(p->zip, path, ZIP_FL_NOCASE);
}

bool doc_package_has(struct doc_package *p, struct str name)
{
	return locate(p, name) >= 0;
}

static int pump(struct doc_package *p, zip_file_t *f, doc_piece_fn *on_piece, void *ctx, struct error *e)
{
	_cleanup_buf_ struct buf room = BUF_INIT(PIECE + KIB);
	char *to = buf_reserve(&room, PIECE);
	zip_int64_t got;

	while ((got = zip_fread(f, to, PIECE)) > 0) {
		int r;

		p->inflated += (size_t)got;
		if (p->inflated > LIMIT_DOC_INFLATED)
			return error_set(e, "doc.too-large", "文件解压后超过 %zu MiB", "unpacked the document has more than %zu MiB",
					 LIMIT_DOC_INFLATED / MIB);
		r = on_piece(ctx, str_make(to, (size_t)got), e);
		if (r != 0)
			return r;
	}
	return got < 0 ? error_set(e, "doc.damaged", "文件已损坏，无法解压", "the document is damaged: it does not unpack") : 0;
}

int doc_package_read(struct doc_package *p, struct str name, doc_piece_fn *on_piece, void *ctx, struct error *e)
{
	zip_int64_t at = locate(p, name);
	zip_stat_t st;
	zip_file_t *f;
	int r;

	zip_stat_init(&st);
	if (at < 0 || zip_stat_index(p->zip, (zip_uint64_t)at, 0, &st) < 0)
		return error_set(e, "doc.no-part", "文件缺少“%.*s”", "the document lacks \"%.*s\"", STR_ARG(str_sub(name, 0, 80)));
	if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) && st.encryption_method != ZIP_EM_NONE)
		return error_set(e, "doc.encrypted", "文件加了密码", "the document is encrypted");
	f = zip_fopen_index(p->zip, (zip_uint64_t)at, 0);
	if (!f)
		return error_set(e, "doc.damaged", "文件已损坏，无法解压", "the document is damaged: it does not unpack");
	r = pump(p, f, on_piece, ctx, e);
	if (zip_fclose(f) != 0 && r == 0) /* its checksum is wrong */
		return error_set(e, "doc.damaged", "文件已损坏，校验和不符", "the document is damaged: a checksum is wrong");
	return r;
}

int doc_package_target(struct str from, struct str target, struct buf *out)
{
	ssize_t slash = str_rchr(from, '/');
	struct str rest = target, part;

	buf_clear(out);
	if (str_starts(target, STR("/")))
		rest = str_from(target, 1);
	else if (slash > 0)
		buf_str(out, str_sub(from, 0, (size_t)slash));
	while (str_split(&rest, '/', &part)) {
		if (!part.len || str_eq(part, STR(".")))
			continue;
		if (str_eq(part, STR(".."))) {
			ssize_t up = str_rchr(buf_view(out), '/');

			if (!out->len)
				return -1;
			out->len = up < 0 ? 0 : (size_t)up;
			continue;
		}
		if (out->len)
			buf_char(out, '/');
		buf_str(out, part);
	}
	return out->len && out->len <= LIMIT_DOC_PART_NAME && !out->overflow ? 0 : -1;
}
