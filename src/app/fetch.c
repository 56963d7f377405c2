/* The jailed fetch: see fetch.h. Parent and child speak in frames: one JSON answer
 * from the child, then its end. Redirects are followed by hand, at most five, and
 * only within the same registrable domain: a proof on somebody else's site proves
 * nothing. */
#include "app/fetch.h"

#include <poll.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/limits.h"
#include "net/html.h"
#include "net/http.h"
#include "os/frame.h"

#define HOPS 5
#define META_MAX 16

/* ---- in the child ---- */

struct head {
	struct arena *arena;
	struct str *ret;
	size_t n, max;
};

/* Comments never come as tags; the head ends where the body begins. */
static int on_token(void *ctx, const struct html_token *t)
{
	struct head *h = ctx;
	const struct html_attr *name, *content;

	if (t->kind == HTML_END_TAG && str_eq(t->name, STR("head")))
		return 1;
	if (t->kind != HTML_START_TAG)
		return 0;
	if (str_eq(t->name, STR("body")))
		return 1;
	if (!str_eq(t->name, STR("meta")) || t->foreign)
		return 0;
	name = html_attr_get(t, "name");
	content = html_attr_get(t, "content");
	if (name && content && str_ieq(str_trim(name->value), STR("zhanwei-site-verification")) &&
	    h->n < h->max && content->value.len <= 256)
		h->ret[h->n++] = arena_str(h->arena, str_trim(content->value));
	return 0;
}

size_t app_fetch_meta(struct arena *a, struct str html, struct str *ret, size_t max)
{
	struct head h = { a, ret, 0, max };

	html_tokenize(html, NULL, on_token, &h);
	return h.n;
}

static int one_hop(struct http_client *client, const struct url *u, bool meta,
		   struct http_response **ret, struct error *e)
{
	static const struct http_header headers[] = {
		{ STR_INIT("User-Agent"), STR_INIT("zhanwei-verification/1.0") },
		{ STR_INIT("Accept"), STR_INIT("text/html, text/plain, */*;q=0.5") },
	};
	struct http_request q = { .url = u, .headers = headers, .nheaders = 2,
				  .timeout_ms = LIMIT_VERIFY_MS / 2,
				  .max_body = meta ? LIMIT_VERIFY_PAGE : LIMIT_VERIFY_BODY + 1 };

	return http_fetch(client, &q, ret, e);
}

static int follow(struct http_client *client, struct arena *a, struct str address, bool meta,
		  struct url *u, struct http_response **ret, struct error *e)
{
	if (url_parse(a, address, NULL, 0, u, e) < 0)
		return -1;
	for (int hop = 0; hop <= HOPS; hop++) {
		struct http_response *r = NULL;
		struct url next;

		if (one_hop(client, u, meta, &r, e) < 0)
			return -1;
		if (r->status < 300 || r->status > 399 || http_redirect_target(a, r, u, &next) < 0) {
			*ret = r;
			return 0;
		}
		http_response_free(r);
		if (!url_same_site(u, &next))
			return error_set(e, "verify.redirect-foreign",
					 "页面跳转到了另一个域名 %.*s，不能作为证明",
					 "it redirects to another domain, %.*s: that proves nothing",
					 STR_ARG(next.host));
		*u = next;
	}
	return error_set(e, "verify.redirect-loop", "页面跳转次数过多", "too many redirects");
}

static void describe(json_t *o, struct arena *a, const struct url *u,
		     const struct http_response *r, bool meta)
{
	_cleanup_buf_ struct buf b = BUF_INIT(4 * LIMIT_VERIFY_BODY);
	struct str found[META_MAX];
	json_t *list = json_array();

	json_put(o, "status", json_integer(r->status));
	json_put(o, "url", json_str(url_text(a, u, URL_NO_FRAGMENT)));
	if (meta) {
		size_t n = app_fetch_meta(a, r->body, found, META_MAX);

		for (size_t i = 0; i < n; i++)
			json_array_append_new(list, json_str(found[i]));
	} else {
		encode_base64(&b, str_sub(r->body, 0, LIMIT_VERIFY_BODY + 1));
		json_put(o, "body", json_str(buf_view(&b)));
	}
	json_put(o, "meta", list);
}

static int child_fetch(int broker, struct str arg, struct arena *a, json_t *o, struct error *e)
{
	_cleanup_json_ json_t *in = json_parse(arg, e);
	_cleanup_connector_ struct net_connector *connector = net_connector_broker(broker);
	struct http_client_options options = { .connector = connector, .max_parallel = 2,
					       .timeout_ms = LIMIT_VERIFY_MS };
	bool meta = json_get_bool(in, "meta", false);
	struct http_client *client;
	struct http_response *r = NULL;
	struct url u;
	int result;

	if (!in || http_client_new(&options, &client, e) < 0)
		return -1;
	result = follow(client, a, json_get_str(in, "url"), meta, &u, &r, e);
	check(result < 0 || r);
	if (result == 0 && !http_response_usable(r)) {
		if (e)
			*e = r->error;
		result = -1;
	}
	if (result == 0)
		describe(o, a, &u, r, meta);
	http_response_free(r);
	http_client_free(client);
	return result;
}

static int fetch_main(int chan, const int *fds, size_t nfds, struct str arg)
{
	_cleanup_arena_ struct arena *a = arena_new(16 * MIB);
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_FETCH_FRAME);
	_cleanup_json_ json_t *o = json_object();
	struct error e = { 0 };

	if (nfds != 1)
		return 2;
	if (child_fetch(fds[0], arg, a, o, &e) < 0) {
		json_put(o, "code", json_c(e.code[0] ? e.code : "verify.failed"));
		json_put(o, "zh", json_c(e.zh));
		json_put(o, "en", json_c(e.en));
	}
	json_write(&b, o);
	return os_frame_send(chan, 1, buf_view(&b), LIMIT_VERIFY_MS, NULL) < 0;
}

static int fetch_prepare(struct error *e)
{
	return net_http_global_init(e);
}

const struct os_jail_kind app_fetch_jail = {
	.name = "fetch",
	.main = fetch_main,
	.prepare = fetch_prepare,
	.max_memory = 128 * MIB,
	.max_cpu_s = 10,
	.max_files = 24,
};

/* ---- in the parent ---- */

/* Serves the child's connections until its answer is there. */
static int serve(struct os_child *child, int broker_fd, struct net_connector *direct,
		 struct buf *answer, struct error *e)
{
	struct net_broker *broker = net_broker_new(broker_fd, direct);
	int64_t end = clock_mono_ms(&clock_system) + LIMIT_VERIFY_MS;
	struct pollfd p[2] = { { child->chan, POLLIN, 0 }, { broker_fd, POLLIN, 0 } };
	int r = 0;

	while (r == 0) {
		int64_t left = end - clock_mono_ms(&clock_system);

		if (left <= 0 || poll(p, 2, (int)left) == 0) {
			error_set(e, "verify.timeout", "在 %d 秒内没有得到网站的回答",
				  "the site did not answer within %d seconds", LIMIT_VERIFY_MS / 1000);
			r = -1;
		} else if (p[0].revents) {
			uint32_t type;

			r = os_frame_recv(child->chan, LIMIT_FETCH_FRAME, 1000, &type, answer, e);
			if (r == 0)
				r = error_set(e, "verify.lost", "读取页面的进程意外结束，请重试",
					      "the process that read the page ended: try again");
		} else if (p[1].revents && net_broker_serve(broker, NULL) <= 0) {
			p[1].fd = -1;
		}
	}
	net_broker_free(broker);
	return r < 0 ? -1 : 0;
}

static int understand(struct str text, struct arena *a, struct app_fetched *ret, struct error *e)
{
	_cleanup_json_ json_t *o = json_parse(text, e);
	_cleanup_buf_ struct buf body = BUF_INIT(2 * LIMIT_VERIFY_BODY);
	const json_t *meta = json_object_get(o, "meta");
	struct app_fetched f = { 0 };

	if (!o)
		return -1;
	f.status = (int)json_get_int(o, "status", 0);
	f.url = arena_str(a, json_get_str(o, "url"));
	if (json_get_str(o, "code").len) {
		error_set(&f.error, "verify.failed", "%s", "%s", "");
		snprintf(f.error.code, sizeof(f.error.code), "%.*s", STR_ARG(json_get_str(o, "code")));
		snprintf(f.error.zh, sizeof(f.error.zh), "%.*s", STR_ARG(json_get_str(o, "zh")));
		snprintf(f.error.en, sizeof(f.error.en), "%.*s", STR_ARG(json_get_str(o, "en")));
	}
	if (decode_base64(&body, json_get_str(o, "body")) == 0)
		f.body = arena_str(a, buf_view(&body));
	f.meta = arena_array(a, META_MAX, sizeof(*f.meta));
	for (size_t i = 0; i < json_array_size(meta) && i < META_MAX; i++) {
		const json_t *v = json_array_get(meta, i);

		f.meta[f.meta_len++] = arena_str(a, str_c(json_string_value(v)));
	}
	*ret = f;
	return 0;
}

int app_fetch_run(struct os_spawner *spawner, const struct app_outgoing *out,
		  const struct app_fetch *f, struct arena *a, struct app_fetched *ret,
		  struct error *e)
{
	_cleanup_connector_ struct net_connector *direct = NULL;
	_cleanup_child_ struct os_child child = OS_CHILD_NONE;
	_cleanup_buf_ struct buf arg = BUF_INIT(OS_SPAWN_MAX_ARG);
	_cleanup_buf_ struct buf answer = BUF_INIT(LIMIT_FETCH_FRAME);
	_cleanup_json_ json_t *o = json_object();
	struct error why = { 0 };
	int pair[2], r;

	json_put(o, "url", json_str(f->url));
	json_put(o, "meta", json_boolean(f->meta));
	json_write(&arg, o);
	if (app_outgoing_connector(out, &direct, e) < 0 || net_broker_pair(pair, e) < 0)
		return -1;
	_cleanup_close_ int ours = pair[0];

	r = os_spawner_spawn(spawner, STR("fetch"), &pair[1], 1, buf_view(&arg), &child, e);
	close(pair[1]);
	if (r < 0)
		return -1;
	if (serve(&child, ours, direct, &answer, &why) < 0) {
		*ret = (struct app_fetched){ .url = f->url, .error = why };
		return 0;
	}
	return understand(buf_view(&answer), a, ret, e);
}
