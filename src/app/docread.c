/* Reading an interface document in a jail: the site's address and the text go in, one frame of
 * JSON comes back: {"kind","requests"} or {"code","zh","en"}. */
#include "app/document.h"

#include "app/view.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "net/url.h"
#include "os/frame.h"
#include "scan/api.h"

enum { FRAME_TEXT = 1, FRAME_FACTS };

#define READ_MS 30000
#define ANSWER (16 * KIB)

/* ---- in the child ---- */

static int count(void *ctx, const struct api_request *q)
{
	size_t *n = ctx;

	return ++*n >= LIMIT_API_REQUESTS;
}

static void look(struct str base, struct str text, json_t *o)
{
	_cleanup_arena_ struct arena *a = arena_new(64 * MIB); /* as in a scan */
	struct error e = { 0 };
	struct url site;
	size_t n = 0;
	enum api_kind kind = API_NONE;

	if (url_parse(a, base, NULL, 0, &site, &e) == 0)
		kind = api_read(a, text, &site, count, &n, &e);
	if (kind != API_NONE && n == 0) {
		error_set(&e, "api.empty", "文档里没有可以发送的请求。", "The document describes no request.");
		kind = API_NONE;
	}
	if (kind == API_NONE) {
		json_put(o, "code", json_c(e.code));
		json_put(o, "zh", json_c(e.zh));
		json_put(o, "en", json_c(e.en));
		return;
	}
	json_put(o, "kind", json_c(api_kind_name(kind)));
	json_put(o, "requests", json_integer((json_int_t)n));
}

static int document_main(int chan, const int *fds, size_t nfds, struct str arg)
{
	_cleanup_buf_ struct buf text = BUF_INIT(LIMIT_SITE_DOCUMENT_BYTES + KIB), out = BUF_INIT(ANSWER);
	_cleanup_json_ json_t *o = json_object();
	struct error e = { 0 };
	uint32_t type;

	if (os_frame_recv(chan, LIMIT_SITE_DOCUMENT_BYTES, READ_MS, &type, &text, &e) <= 0 || type != FRAME_TEXT)
		return 2;
	look(arg, buf_view(&text), o);
	json_write(&out, o);
	return os_frame_send(chan, FRAME_FACTS, buf_view(&out), READ_MS, &e) < 0;
}

const struct os_jail_kind app_document_jail = {
	.name = "document",
	.main = document_main,
	.max_memory = 512 * MIB,
	.max_cpu_s = 20,
	.max_files = 16,
};

/* ---- in the parent ---- */

static int refused(const json_t *o, struct error *e)
{
	struct str code = json_get_str(o, "code");

	if (!code.len)
		return error_set(e, "document.lost", "读取文档的进程给出了错误的结果",
				 "the process that read the document answered nonsense");
	error_set(e, "document.refused", "%.*s", "%.*s", STR_ARG(json_get_str(o, "zh")));
	if (e) {
		snprintf(e->en, sizeof(e->en), "%.*s", STR_ARG(json_get_str(o, "en")));
		snprintf(e->code, sizeof(e->code), "document.%.*s", STR_ARG(code));
	}
	return -1;
}

/* What ended the child, when no answer came. */
static int lost(struct os_child *child, struct error *e)
{
	struct os_child_exit how = { .zh = "" };

	if (os_child_wait(child, 2000, &how) == 1 && how.reason != OS_CHILD_DONE)
		return error_set(e, "document.lost", "文档无法读取：%s", "the document could not be read: %s", how.zh);
	return error_set(e, "document.lost", "文档无法读取：超出时间", "the document could not be read: out of time");
}

int app_document_read(struct os_spawner *spawner, struct str text, struct str base, struct arena *a,
		      struct document_facts *ret, struct error *e)
{
	_cleanup_child_ struct os_child child = OS_CHILD_NONE;
	_cleanup_buf_ struct buf body = BUF_INIT(ANSWER);
	_cleanup_json_ json_t *o = NULL;
	uint32_t type;

	if (os_spawner_spawn(spawner, STR("document"), NULL, 0, base, &child, e) < 0 ||
	    os_frame_send(child.chan, FRAME_TEXT, text, READ_MS, e) < 0)
		return -1;
	if (os_frame_recv(child.chan, ANSWER, READ_MS, &type, &body, NULL) <= 0 || type != FRAME_FACTS)
		return lost(&child, e);
	o = json_parse(buf_view(&body), NULL);
	if (!json_get_str(o, "kind").len || json_get_str(o, "kind").len > 20)
		return refused(o, e);
	ret->kind = arena_str(a, json_get_str(o, "kind"));
	ret->requests = (size_t)json_get_int(o, "requests", 0);
	return 0;
}
