/* Reading spreadsheets: see sheetread.h. The file goes in as one frame, the text or a refusal comes
 * back as one. */
#include "app/sheetread.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "doc/sheet.h"
#include "os/frame.h"

enum { FRAME_FILE = 1, FRAME_TEXT, FRAME_REFUSED };

#define READ_MS 30000
#define TEXT_MAX (LIMIT_SHEET_TEXT + 8 * MIB) /* tabs and empty lines beside the cells */

/* ---- in the child ---- */

struct lines {
	struct buf out;
	size_t number;
};

static void put_cell(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		buf_char(b, (unsigned char)s.ptr[i] < 0x20 ? ' ' : s.ptr[i]);
}

static int on_row(void *ctx, size_t number, const struct str *cells, size_t n, struct error *e)
{
	struct lines *l = ctx;

	for (; l->number + 1 < number; l->number++)
		buf_char(&l->out, '\n');
	if (str_starts(cells[0], STR("#")))
		buf_char(&l->out, '\'');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(&l->out, '\t');
		put_cell(&l->out, cells[i]);
	}
	buf_char(&l->out, '\n');
	l->number = number;
	return l->out.overflow ? error_set(e, "doc.too-large", "表格的文字过多", "the sheet holds too much text") : 0;
}

static int sheet_main(int chan, const int *fds, size_t nfds, struct str arg)
{
	_cleanup_buf_ struct buf file = BUF_INIT(LIMIT_LEXICON_FILE + KIB), why = BUF_INIT(4 * KIB);
	struct lines l = { .out = BUF_INIT(TEXT_MAX) };
	struct error e = { 0 };
	uint32_t type;
	int r;

	if (os_frame_recv(chan, LIMIT_LEXICON_FILE, READ_MS, &type, &file, &e) <= 0 || type != FRAME_FILE)
		return 2;
	r = doc_sheet_read(buf_view(&file), on_row, &l, NULL, &e);
	if (r == 0)
		return os_frame_send(chan, FRAME_TEXT, buf_view(&l.out), READ_MS, &e) < 0;
	buf_blob(&why, str_c(e.code));
	buf_blob(&why, str_c(e.zh));
	buf_blob(&why, str_c(e.en));
	return os_frame_send(chan, FRAME_REFUSED, buf_view(&why), READ_MS, NULL) < 0;
}

const struct os_jail_kind app_sheet_jail = {
	.name = "sheet",
	.main = sheet_main,
	.max_memory = 1024 * MIB,
	.max_cpu_s = 20,
	.max_files = 16,
};
const struct os_jail_kind *const app_web_jail_kinds[] = { &app_sheet_jail, NULL };

/* ---- in the parent ---- */

static int bad_answer(struct error *e)
{
	return error_set(e, "sheet.lost", "读取表格的进程给出了错误的结果", "the process that read the sheet answered nonsense");
}

/* What ended the child, when no answer came. */
static int lost(struct os_child *child, struct error *e)
{
	struct os_child_exit how;

	if (os_child_wait(child, 2000, &how) == 1 && how.reason != OS_CHILD_DONE)
		return error_set(e, "sheet.lost", "表格无法读取：%s", "the sheet could not be read: %s", how.zh);
	return error_set(e, "sheet.lost", "表格无法读取：超出时间", "the sheet could not be read: out of time");
}

static int refused(struct str bytes, struct error *e)
{
	struct reader r = reader_of(bytes);
	struct str code, zh, en;

	if (reader_blob(&r, &code) < 0 || reader_blob(&r, &zh) < 0 || reader_blob(&r, &en) < 0 ||
	    !str_starts(code, STR("doc.")))
		return bad_answer(e);
	error_set(e, "sheet.refused", "%.*s", "%.*s", STR_ARG(zh));
	if (e) {
		snprintf(e->en, sizeof(e->en), "%.*s", STR_ARG(en));
		snprintf(e->code, sizeof(e->code), "sheet.%.*s", STR_ARG(str_from(code, 4)));
	}
	return -1;
}

int app_sheet_text(struct os_spawner *spawner, struct str bytes, struct buf *out, struct error *e)
{
	_cleanup_child_ struct os_child child = OS_CHILD_NONE;
	_cleanup_buf_ struct buf body = BUF_INIT(TEXT_MAX);
	uint32_t type;

	if (!spawner)
		return error_set(e, "sheet.no-jail", "此处不能读取表格文件，请另存为 UTF-8 的制表符分隔文本",
				 "sheets cannot be read here: save it as tab-separated text in UTF-8");
	if (os_spawner_spawn(spawner, STR("sheet"), NULL, 0, STR(""), &child, e) < 0 ||
	    os_frame_send(child.chan, FRAME_FILE, bytes, READ_MS, e) < 0)
		return -1;
	if (os_frame_recv(child.chan, TEXT_MAX, READ_MS, &type, &body, NULL) <= 0)
		return lost(&child, e);
	if (type == FRAME_REFUSED)
		return refused(buf_view(&body), e);
	if (type != FRAME_TEXT || utf8_invalid_at(buf_view(&body)) >= 0)
		return bad_answer(e);
	buf_str(out, buf_view(&body));
	return out->overflow ? error_set(e, "sheet.too-large", "表格的文字过多", "the sheet holds too much text") : 0;
}
