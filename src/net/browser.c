/* The DevTools protocol (chromedevtools.github.io/devtools-protocol) as far as we
 * need it: one browser, one page, commands answered in order, events kept only when
 * somebody asked for them. Both pipes are non-blocking and served together, so that
 * a large document going in and events coming out cannot lock each other up. Every
 * wait is bounded by the browser's deadline. */
#include "net/browser_private.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/vec.h"

#define BROWSER_MAGIC 0x42524f57u
#define MM_PER_INCH 25.4

struct kept_event {
	char *name;
	json_t *params;
};

struct net_browser {
	unsigned magic;
	struct browser_process process;
	int64_t deadline_ms; /* monotonic */
	int64_t next_id;
	char *session, *frame;
	struct buf input; /* bytes read and not yet taken apart */
	VEC(char *) watched;
	VEC(struct kept_event) events;
	net_browser_event *on_event;
	void *event_ctx;
	struct buf posted; /* commands that nobody waits for */
	bool sending;	   /* in the middle of a command that somebody waits for */
};

static int64_t now_ms(void)
{
	return clock_mono_ms(&clock_system);
}

static int fail_died(struct net_browser *b, struct error *e)
{
	char words[256];

	browser_process_last_words(&b->process, words, sizeof(words));
	return error_set(e, "net.browser-died", "浏览器意外退出：%s",
			 "the browser ended unexpectedly: %s", words[0] ? words : "-");
}

static int fail_timeout(struct error *e)
{
	return error_set(e, "net.browser-timeout", "浏览器没有在限定时间内完成",
			 "the browser did not finish in time");
}

/* SIGPIPE must not end us when the browser is gone: blocked for this thread while we
 * write, and taken off again when the write raised it. */
static ssize_t write_quietly(int fd, const char *p, size_t n)
{
	sigset_t pipe_only, old;
	struct timespec zero = { 0 };

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_only, &old);
	ssize_t r = write(fd, p, n);
	int errnum = errno;

	if (r < 0 && errnum == EPIPE && !sigismember(&old, SIGPIPE))
		sigtimedwait(&pipe_only, NULL, &zero);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = errnum;
	return r;
}

static int take_input(struct net_browser *b, struct error *e)
{
	char *room = buf_reserve(&b->input, 256 * KIB);

	if (!room)
		return error_set(e, "net.browser-too-large", "浏览器的回复超过 %zu MB",
				 "the browser's answer is larger than %zu MB",
				 LIMIT_BROWSER_MESSAGE / MIB);
	ssize_t n = read(b->process.out, room, 256 * KIB);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		return fail_died(b, e);
	if (n > 0)
		b->input.len += (size_t)n;
	return 0;
}

/* Sends what was posted, and *out behind it; only whole messages follow each other. */
static int send_some(struct net_browser *b, struct str *out, struct error *e)
{
	struct str first = b->posted.len && !b->sending ? buf_view(&b->posted) : *out;
	ssize_t n = write_quietly(b->process.in, first.ptr, first.len);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return fail_died(b, e);
	if (n <= 0)
		return 0;
	if (first.ptr == b->posted.ptr) {
		buf_consume(&b->posted, (size_t)n);
	} else {
		*out = str_from(*out, (size_t)n);
		b->sending = out->len > 0;
	}
	return 0;
}

/* One turn: sends what is left of *out and reads what has come. */
static int turn(struct net_browser *b, struct str *out, int64_t until_ms, struct error *e)
{
	struct pollfd p[2] = {
		{ .fd = b->process.out, .events = POLLIN },
		{ .fd = out->len || b->posted.len ? b->process.in : -1, .events = POLLOUT },
	};
	int64_t left = until_ms - now_ms();

	if (left <= 0)
		return fail_timeout(e);
	browser_process_tend(&b->process);
	if (poll(p, 2, left > 1000 ? 1000 : (int)left) < 0 && errno != EINTR)
		return error_os(e, errno, "poll");
	if (p[1].revents && send_some(b, out, e) < 0)
		return -1;
	return p[0].revents ? take_input(b, e) : 0;
}

static bool is_watched(const struct net_browser *b, struct str name)
{
	for (size_t i = 0; i < b->watched.len; i++) {
		if (str_eq(name, str_c(b->watched.ptr[i])))
			return true;
	}
	return false;
}

static void keep_event(struct net_browser *b, const json_t *msg)
{
	struct str name = json_get_str(msg, "method");

	if (b->on_event && name.len)
		b->on_event(b->event_ctx, name, json_object_get(msg, "params"));
	if (!is_watched(b, name) || b->events.len >= LIMIT_BROWSER_EVENTS)
		return;
	struct kept_event *ev = vec_push(&b->events);

	ev->name = str_dup(name);
	ev->params = json_incref(json_object_get(msg, "params"));
}

/* Takes the next whole message out of the input; NULL when there is none yet. */
static json_t *next_message(struct net_browser *b)
{
	for (;;) {
		struct str all = buf_view(&b->input);
		const char *end = memchr(all.ptr, '\0', all.len);

		if (!end)
			return NULL;
		json_t *msg = json_parse(str_make(all.ptr, (size_t)(end - all.ptr)), NULL);

		buf_consume(&b->input, (size_t)(end - all.ptr) + 1);
		if (msg)
			return msg;
	}
}

/* Sorts what has come: the answer to `id`, or NULL after keeping events. */
static json_t *find_answer(struct net_browser *b, int64_t id)
{
	json_t *msg;

	while ((msg = next_message(b))) {
		if (id && json_get_int(msg, "id", 0) == id)
			return msg;
		if (!json_object_get(msg, "id"))
			keep_event(b, msg);
		json_decref(msg);
	}
	return NULL;
}

static int refused(const json_t *answer, const char *method, struct error *e)
{
	struct str text = json_get_str(json_object_get(answer, "error"), "message");

	return error_set(e, "net.browser-protocol", "浏览器拒绝执行 %s：%.*s",
			 "the browser refused %s: %.*s", method, STR_ARG(text));
}

/* One command as it goes over the pipe; its number. */
static int64_t put_command(struct net_browser *b, struct buf *out, const char *method, bool root, json_t *params)
{
	_cleanup_json_ json_t *msg = json_object();

	json_put(msg, "id", json_integer(++b->next_id));
	json_put(msg, "method", json_c(method));
	if (b->session && !root)
		json_put(msg, "sessionId", json_c(b->session));
	if (params)
		json_put(msg, "params", params);
	json_write(out, msg);
	buf_char(out, '\0');
	return b->next_id;
}

void net_browser_on_event(struct net_browser *b, net_browser_event *cb, void *ctx)
{
	CHECK_OBJ(b, BROWSER_MAGIC);
	b->on_event = cb;
	b->event_ctx = ctx;
}

void net_browser_post(struct net_browser *b, bool root, const char *method, json_t *params)
{
	CHECK_OBJ(b, BROWSER_MAGIC);
	put_command(b, &b->posted, method, root, params);
}

int net_browser_run(struct net_browser *b, int64_t ms, const bool *stop, struct error *e)
{
	struct str nothing = STR_NULL;
	int64_t until = now_ms() + ms;

	CHECK_OBJ(b, BROWSER_MAGIC);
	for (;;) {
		struct error why = { 0 };

		find_answer(b, 0);
		if ((stop && *stop) || now_ms() >= until)
			return 0;
		if (now_ms() >= b->deadline_ms)
			return fail_timeout(e);
		if (turn(b, &nothing, until, &why) < 0 && strcmp(why.code, "net.browser-timeout") != 0) {
			if (e)
				*e = why;
			return -1;
		}
	}
}

void net_browser_deadline(struct net_browser *b, int64_t ms)
{
	CHECK_OBJ(b, BROWSER_MAGIC);
	b->deadline_ms = now_ms() + ms;
}

int net_browser_call(struct net_browser *b, const char *method, json_t *params, json_t **ret_result,
		     struct error *e)
{
	_cleanup_buf_ struct buf text = BUF_INIT(LIMIT_BROWSER_MESSAGE);
	_cleanup_json_ json_t *answer = NULL;
	int64_t id;

	CHECK_OBJ(b, BROWSER_MAGIC);
	id = put_command(b, &text, method, false, params);
	if (text.overflow)
		return error_set(e, "net.browser-too-large", "交给浏览器的内容超过 %zu MB",
				 "what the browser was given is larger than %zu MB",
				 LIMIT_BROWSER_MESSAGE / MIB);
	struct str left = buf_view(&text);

	while (!(answer = find_answer(b, id))) {
		if (turn(b, &left, b->deadline_ms, e) < 0)
			return -1;
	}
	if (json_object_get(answer, "error"))
		return refused(answer, method, e);
	if (ret_result)
		*ret_result = json_incref(json_object_get(answer, "result"));
	return 0;
}

void net_browser_watch(struct net_browser *b, const char *event)
{
	CHECK_OBJ(b, BROWSER_MAGIC);
	if (!is_watched(b, str_c(event)))
		*vec_push(&b->watched) = str_dup(str_c(event));
}

static bool take_event(struct net_browser *b, const char *event, json_t **ret_params)
{
	for (size_t i = 0; i < b->events.len; i++) {
		struct kept_event ev = b->events.ptr[i];

		if (strcmp(ev.name, event) != 0)
			continue;
		b->events.len--;
		memmove(b->events.ptr + i, b->events.ptr + i + 1,
			(b->events.len - i) * sizeof(*b->events.ptr));
		free(ev.name);
		if (ret_params)
			*ret_params = ev.params;
		else
			json_decref(ev.params);
		return true;
	}
	return false;
}

int net_browser_wait(struct net_browser *b, const char *event, int64_t timeout_ms,
		     json_t **ret_params, struct error *e)
{
	struct str nothing = STR_NULL;
	int64_t until = now_ms() + timeout_ms;

	CHECK_OBJ(b, BROWSER_MAGIC);
	if (until > b->deadline_ms)
		until = b->deadline_ms;
	for (;;) {
		find_answer(b, 0);
		if (take_event(b, event, ret_params))
			return 0;
		if (turn(b, &nothing, until, e) < 0)
			return -1;
	}
}

bool net_browser_sandboxed(const struct net_browser *b)
{
	CHECK_OBJ(b, BROWSER_MAGIC);
	return b->process.sandboxed;
}

/* A page of our own, attached through a flat session. */
static int attach(struct net_browser *b, struct error *e)
{
	_cleanup_json_ json_t *target = NULL, *session = NULL, *tree = NULL;
	struct str id;

	if (net_browser_call(b, "Target.createTarget", json_pack("{s:s}", "url", "about:blank"),
			     &target, e) < 0)
		return -1;
	id = json_get_str(target, "targetId");
	if (net_browser_call(
		    b, "Target.attachToTarget",
		    json_pack("{s:s%,s:b}", "targetId", id.ptr ? id.ptr : "", id.len, "flatten", 1),
		    &session, e) < 0)
		return -1;
	b->session = str_dup(json_get_str(session, "sessionId"));
	if (net_browser_call(b, "Page.getFrameTree", NULL, &tree, e) < 0)
		return -1;
	b->frame = str_dup(
		json_get_str(json_object_get(json_object_get(tree, "frameTree"), "frame"), "id"));
	return net_browser_call(b, "Page.enable", NULL, NULL, e);
}

/* On top of a resolver that knows no name and a proxy that is not there. */
static int close_doors(struct net_browser *b, const struct net_browser_options *o, struct error *e)
{
	if (!o->allow_script && net_browser_call(b, "Emulation.setScriptExecutionDisabled",
						 json_pack("{s:b}", "value", 1), NULL, e) < 0)
		return -1;
	if (o->proxy)
		return 0;
	if (net_browser_call(b, "Network.enable", NULL, NULL, e) < 0 ||
	    net_browser_call(b, "Network.emulateNetworkConditions",
			     json_pack("{s:b,s:i,s:i,s:i}", "offline", 1, "latency", 0,
				       "downloadThroughput", 0, "uploadThroughput", 0),
			     NULL, e) < 0)
		return -1;
	/* file:, chrome: and the like never go through the network stack above. */
	return net_browser_call(b, "Network.setBlockedURLs",
				json_pack("{s:[s,s,s,s,s]}", "urls", "file:*", "chrome:*", "http:*",
					  "https:*", "ftp:*"),
				NULL, e);
}

int net_browser_open(const struct net_browser_options *o, struct net_browser **ret, struct error *e)
{
	static const struct net_browser_options defaults;
	const char *program;
	struct net_browser *b;

	if (!o)
		o = &defaults;
	program = net_browser_program(o);
	if (!program)
		return error_set(e, "net.browser-missing",
				 "没有找到 Chromium 浏览器，请安装软件包 chromium",
				 "Chromium was not found; install the package chromium");
	b = mem_alloc(sizeof(*b));
	b->magic = BROWSER_MAGIC;
	b->process.in = b->process.out = -1;
	b->deadline_ms = now_ms() + (o->timeout_ms ? o->timeout_ms : LIMIT_BROWSER_MS);
	buf_init(&b->input, LIMIT_BROWSER_MESSAGE);
	buf_init(&b->posted, 16 * MIB);
	if (browser_process_start(o, program, &b->process, e) < 0 || attach(b, e) < 0 ||
	    close_doors(b, o, e) < 0) {
		net_browser_close(b);
		return -1;
	}
	*ret = b;
	return 0;
}

void net_browser_close(struct net_browser *b)
{
	if (!b)
		return;
	CHECK_OBJ(b, BROWSER_MAGIC);
	browser_process_stop(&b->process);
	for (size_t i = 0; i < b->events.len; i++) {
		free(b->events.ptr[i].name);
		json_decref(b->events.ptr[i].params);
	}
	for (size_t i = 0; i < b->watched.len; i++)
		free(b->watched.ptr[i]);
	vec_free(&b->events);
	vec_free(&b->watched);
	buf_free(&b->input);
	buf_free(&b->posted);
	free(b->session);
	free(b->frame);
	b->magic = 0;
	free(b);
}

int net_browser_set_html(struct net_browser *b, struct str html, struct error *e)
{
	json_t *params = json_object();

	CHECK_OBJ(b, BROWSER_MAGIC);
	json_put(params, "frameId", json_c(b->frame));
	json_put(params, "html", json_str(html));
	if (net_browser_call(b, "Page.setDocumentContent", params, NULL, e) < 0)
		return -1;
	/* Answers after styles and layout are clean, and so after all of it is parsed. */
	return net_browser_call(b, "Page.getLayoutMetrics", NULL, NULL, e);
}

static json_t *print_params(const struct net_browser_paper *p)
{
	double w = p->width_mm > 0 ? p->width_mm : 210, h = p->height_mm > 0 ? p->height_mm : 297;
	double margin = p->margin_mm / MM_PER_INCH;
	json_t *o = json_pack("{s:b,s:b,s:b,s:f,s:f,s:f,s:f,s:f,s:f,s:s}", "printBackground", 1,
			      "preferCSSPageSize", (int)p->css_page, "generateDocumentOutline",
			      (int)p->outline, "paperWidth", w / MM_PER_INCH, "paperHeight",
			      h / MM_PER_INCH, "marginTop", margin, "marginBottom", margin,
			      "marginLeft", margin, "marginRight", margin, "transferMode",
			      "ReturnAsStream");

	json_put(o, "displayHeaderFooter", json_boolean(p->header_html || p->footer_html));
	/* An empty template would print Chromium's own date and title. */
	json_put(o, "headerTemplate", json_c(p->header_html ? p->header_html : "<span></span>"));
	json_put(o, "footerTemplate", json_c(p->footer_html ? p->footer_html : "<span></span>"));
	return o;
}

/* Appends one piece; 1 when it was the last. */
static int read_piece(struct net_browser *b, struct str handle, struct buf *out, struct error *e)
{
	_cleanup_json_ json_t *piece = NULL;
	json_t *params = json_object();
	struct str data;

	json_put(params, "handle", json_str(handle));
	json_put(params, "size", json_integer((json_int_t)LIMIT_BROWSER_CHUNK));
	if (net_browser_call(b, "IO.read", params, &piece, e) < 0)
		return -1;
	data = json_get_str(piece, "data");
	if (!json_get_bool(piece, "base64Encoded", false))
		buf_str(out, data);
	else if (decode_base64(out, data) < 0)
		return error_set(e, "net.browser-protocol", "浏览器返回的数据无法解码",
				 "data from the browser cannot be decoded");
	if (out->overflow)
		return error_set(e, "net.browser-too-large", "打印结果超过 %zu MB",
				 "the printed file is larger than %zu MB", out->max / MIB);
	return json_get_bool(piece, "eof", false) || !data.len;
}

int net_browser_print(struct net_browser *b, const struct net_browser_paper *paper, struct buf *out,
		      struct error *e)
{
	_cleanup_json_ json_t *printed = NULL;
	int r;

	CHECK_OBJ(b, BROWSER_MAGIC);
	if (net_browser_call(b, "Page.printToPDF", print_params(paper), &printed, e) < 0)
		return -1;
	do {
		r = read_piece(b, json_get_str(printed, "stream"), out, e);
	} while (r == 0);
	return r < 0 ? -1 : 0;
}

static int viewport(struct net_browser *b, const struct net_browser_shot *s, int width, int height,
		    struct error *e)
{
	return net_browser_call(b, "Emulation.setDeviceMetricsOverride",
				json_pack("{s:i,s:i,s:f,s:b}", "width", width, "height", height,
					  "deviceScaleFactor", s->scale > 0 ? s->scale : 1.0,
					  "mobile", 0),
				NULL, e);
}

int net_browser_screenshot(struct net_browser *b, const struct net_browser_shot *s, struct buf *out,
			   struct error *e)
{
	_cleanup_json_ json_t *metrics = NULL, *shot = NULL;
	int width = s->width > 0 ? s->width : 1280, height = s->height > 0 ? s->height : 800;

	CHECK_OBJ(b, BROWSER_MAGIC);
	if (viewport(b, s, width, height, e) < 0)
		return -1;
	if (s->full_page) {
		if (net_browser_call(b, "Page.getLayoutMetrics", NULL, &metrics, e) < 0)
			return -1;
		double h = json_number_value(
			json_object_get(json_object_get(metrics, "cssContentSize"), "height"));

		if (h > height)
			height = h > LIMIT_BROWSER_SHOT_PX ? LIMIT_BROWSER_SHOT_PX : (int)h + 1;
		if (viewport(b, s, width, height, e) < 0)
			return -1;
	}
	if (net_browser_call(b, "Page.captureScreenshot", json_pack("{s:s}", "format", "png"),
			     &shot, e) < 0)
		return -1;
	if (decode_base64(out, json_get_str(shot, "data")) < 0)
		return error_set(e, "net.browser-protocol", "浏览器返回的数据无法解码",
				 "data from the browser cannot be decoded");
	if (out->overflow)
		return error_set(e, "net.browser-too-large", "截图超过 %zu MB",
				 "the picture is larger than %zu MB", out->max / MIB);
	return 0;
}
