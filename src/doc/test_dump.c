/* For test_sheet.py. sheet_dump read FILE: the rows as "number<TAB>cell…" lines, line breaks as "\n".
 * sheet_dump write FILE: such lines (without numbers) from standard input as a workbook. */
#include <stdio.h>

#include "base/limits.h"
#include "base/str.h"
#include "doc/sheet.h"

static int show(void *ctx, size_t number, const struct str *cells, size_t n, struct error *e)
{
	printf("%zu", number);
	for (size_t i = 0; i < n; i++) {
		putchar('\t');
		for (size_t k = 0; k < cells[i].len; k++)
			if (cells[i].ptr[k] == '\n')
				fputs("\\n", stdout);
			else
				putchar(cells[i].ptr[k]);
	}
	putchar('\n');
	return 0;
}

static int read_file(struct str bytes)
{
	struct doc_sheet_facts facts;
	struct error e = { 0 };

	if (doc_sheet_read(bytes, show, NULL, &facts, &e) < 0) {
		printf("error\t%s\t%s\n", e.code, e.en);
		return 1;
	}
	printf("sheet\t%s\t%zu\t%zu\n", facts.name, facts.rows, facts.others);
	return 0;
}

static int write_file(struct str lines, FILE *to)
{
	_cleanup_buf_ struct buf out = BUF_INIT(64 * MIB);
	struct doc_sheet_writer *w = doc_sheet_new(64 * MIB);
	struct str line, cell;
	int r;

	while (str_split(&lines, '\n', &line)) {
		while (str_split(&line, '\t', &cell))
			doc_sheet_cell(w, cell);
		doc_sheet_row(w);
	}
	r = doc_sheet_finish(w, &out, NULL);
	doc_sheet_free(w);
	return r < 0 || fwrite(out.ptr, 1, out.len, to) != out.len;
}

int main(int argc, char **argv)
{
	_cleanup_buf_ struct buf in = BUF_INIT(64 * MIB);
	bool writing = argc == 3 && strcmp(argv[1], "write") == 0;
	FILE *f = argc == 3 ? fopen(argv[2], writing ? "wb" : "rb") : NULL;
	FILE *from = writing ? stdin : f;
	size_t got;
	char *room;
	int r;

	if (!f)
		return 2;
	while ((room = buf_reserve(&in, 64 * KIB)) && (got = fread(room, 1, 64 * KIB, from)) > 0)
		in.len += got;
	r = writing ? write_file(buf_view(&in), f) : read_file(buf_view(&in));
	return fclose(f) != 0 || r ? 1 : 0;
}
