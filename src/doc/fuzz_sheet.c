/* Any bytes as a workbook; and, as few bytes are an archive by chance, bytes as the parts of one:
 * workbook, relations, styles, strings and sheet, split at NUL. What comes out is UTF-8 within the
 * limits, and rows rise. */
#include <zip.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "doc/sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int look(void *ctx, size_t number, const struct str *cells, size_t n, struct error *e)
{
	size_t *last = ctx;

	check(number > *last && number <= LIMIT_SHEET_ROWS && n > 0 && n <= LIMIT_SHEET_COLUMNS && cells[n - 1].len > 0);
	for (size_t i = 0; i < n; i++)
		check(utf8_invalid_at(cells[i]) < 0);
	*last = number;
	return 0;
}

static void read_one(struct str bytes)
{
	struct doc_sheet_facts facts;
	struct error e = { 0 };
	size_t last = 0;

	if (doc_sheet_read(bytes, look, &last, &facts, &e) < 0)
		check(str_starts(str_c(e.code), STR("doc.")) && utf8_invalid_at(str_c(e.zh)) < 0);
	else
		check(utf8_invalid_at(str_c(facts.name)) < 0 && (facts.rows > 0) == (last > 0));
}

static void add(zip_t *z, const char *name, struct str part)
{
	zip_source_t *s = zip_source_buffer(z, part.ptr, part.len, 0);
	zip_int64_t i = zip_file_add(z, name, s, 0);

	if (i < 0)
		zip_source_free(s);
	else
		zip_set_file_compression(z, (zip_uint64_t)i, ZIP_CM_STORE, 0);
}

static void as_parts(struct str bytes)
{
	static const char *const names[] = { "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
					     "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml" };
	_cleanup_buf_ struct buf out = BUF_INIT(4 * MIB);
	zip_source_t *src = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_t *z = zip_open_from_source(src, ZIP_TRUNCATE, NULL);
	struct str part;
	zip_stat_t st;

	zip_source_keep(src);
	for (size_t i = 0; i < ARRAY_SIZE(names) && str_split(&bytes, '\0', &part); i++)
		add(z, names[i], part);
	if (zip_close(z) != 0) {
		zip_discard(z);
	} else if (zip_source_open(src) == 0) { /* not when it holds no part */
		if (zip_source_stat(src, &st) == 0 && buf_reserve(&out, st.size)) {
			out.len = (size_t)zip_source_read(src, out.ptr, st.size);
			read_one(buf_view(&out));
		}
		zip_source_close(src);
	}
	zip_source_free(src);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 1 * MIB)
		return 0;
	read_one(str_make(data, size));
	as_parts(str_make(data, size));
	return 0;
}
