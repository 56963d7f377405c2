/* The asset engine in a jailed child: what foreign services say is read there, over
 * sockets that this process opened after asking the policy. What the child claims is
 * checked as if a stranger had sent it. */
#include <errno.h>
#include <poll.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "net/http.h"
#include "os/frame.h"
#include "scan/asset/asset_private.h"
#include "scan/scan_private.h"

#define FRAME_MAX (1 * MIB)
#define SEND_MS 60000
#define ALIVE_MS 1000 /* between two signs of life */

enum frame { FRAME_OPTIONS = 1, FRAME_STOP, FRAME_FACT = 16, FRAME_FINDING, FRAME_PROGRESS, FRAME_LOG, FRAME_SUMMARY, FRAME_ERROR, FRAME_CHECKPOINT,
	     FRAME_ALIVE };

/* ---- the child ---- */

struct child {
	int chan;
	bool failed;
	enum scan_verdict verdict;
};

static void put(struct child *c, enum frame type, struct buf *b)
{
	if (!c->failed && os_frame_send(c->chan, type, buf_view(b), SEND_MS, NULL) < 0)
		c->failed = true;
	buf_free(b);
}

static void on_fact(void *ctx, const struct asset_fact *f)
{
	struct buf b = BUF_INIT(FRAME_MAX);

	asset_fact_encode(f, &b);
	put(ctx, FRAME_FACT, &b);
}

static void on_finding(void *ctx, const struct scan_finding *f)
{
	struct buf b = BUF_INIT(FRAME_MAX);

	finding_encode(f, &b);
	put(ctx, FRAME_FINDING, &b);
}

static void on_progress(void *ctx, const struct asset_progress *p)
{
	struct buf b = BUF_INIT(64 * KIB);

	buf_u32(&b, p->basis);
	buf_u32(&b, p->ports);
	buf_u32(&b, p->probed);
	buf_u32(&b, p->open);
	buf_blob(&b, str_c(p->doing_zh));
	buf_blob(&b, str_c(p->doing_en));
	put(ctx, FRAME_PROGRESS, &b);
}

static void on_log(void *ctx, struct str zh, struct str en)
{
	struct buf b = BUF_INIT(64 * KIB);

	buf_blob(&b, zh);
	buf_blob(&b, en);
	put(ctx, FRAME_LOG, &b);
}

static enum scan_verdict on_should_stop(void *ctx)
{
	struct child *c = ctx;
	struct pollfd p = { .fd = c->chan, .events = POLLIN };
	struct buf b = BUF_INIT(4 * KIB);
	uint32_t type = 0;

	if (c->failed)
		return SCAN_CANCEL;
	if (c->verdict == SCAN_GO && poll(&p, 1, 0) == 1 &&
	    (os_frame_recv(c->chan, KIB, 1000, &type, &b, NULL) <= 0 || type == FRAME_STOP))
		c->verdict = SCAN_CANCEL;
	buf_free(&b);
	return c->verdict;
}

/* Progress is told at most ten times a second. */
struct calm {
	struct child *c;
	int64_t next_ms, alive_ms;
};

static void calm_progress(void *ctx, const struct asset_progress *p)
{
	struct calm *k = ctx;
	int64_t now = clock_mono_ms(&clock_system);

	if (now < k->next_ms && p->basis < 10000)
		return;
	k->next_ms = now + 100;
	on_progress(k->c, p);
}

static void calm_fact(void *ctx, const struct asset_fact *f)
{
	on_fact(((struct calm *)ctx)->c, f);
}

static void calm_finding(void *ctx, const struct scan_finding *f)
{
	on_finding(((struct calm *)ctx)->c, f);
}

static void calm_log(void *ctx, struct str zh, struct str en)
{
	on_log(((struct calm *)ctx)->c, zh, en);
}

static void calm_checkpoint(void *ctx, struct str text)
{
	struct buf b = BUF_INIT(LIMIT_ASSET_CHECKPOINT);

	buf_str(&b, text);
	put(((struct calm *)ctx)->c, FRAME_CHECKPOINT, &b);
}

/* Asked before every connection: whoever asks is alive. */
static enum scan_verdict calm_stop(void *ctx)
{
	struct calm *k = ctx;
	struct buf nothing = BUF_INIT(1);
	int64_t now = clock_mono_ms(&clock_system);

	if (now >= k->alive_ms) {
		put(k->c, FRAME_ALIVE, &nothing);
		k->alive_ms = now + ALIVE_MS;
	}
	return on_should_stop(k->c);
}

static void send_end(struct child *c, int result, const struct asset_summary *s, const struct error *e)
{
	struct buf b = BUF_INIT(64 * KIB);

	if (result == 0) {
		const uint32_t numbers[] = { s->complete, s->probed, s->open, s->closed, s->filtered, s->facts, s->findings };

		for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
			buf_u32(&b, numbers[i]);
		buf_u64(&b, (uint64_t)s->elapsed_ms);
	} else {
		buf_blob(&b, str_c(e->code));
		buf_blob(&b, str_c(e->zh));
		buf_blob(&b, str_c(e->en));
	}
	put(c, result == 0 ? FRAME_SUMMARY : FRAME_ERROR, &b);
}

static int jail_main(int chan, const int *fds, size_t nfds, struct str arg)
{
	struct child c = { .chan = chan };
	struct calm calm = { &c, 0, 0 };
	struct arena *a = arena_new(4 * MIB);
	struct asset_options o = { 0 };
	struct asset_summary s = { 0 };
	struct error e = { 0 };
	struct buf b = BUF_INIT(FRAME_MAX);
	uint32_t type = 0;
	int result = -1;

	check(nfds == 1);
	if (os_frame_recv(chan, FRAME_MAX, SEND_MS, &type, &b, &e) > 0 && type == FRAME_OPTIONS &&
	    asset_options_decode(buf_view(&b), a, &o) == 0) {
		struct net_connector *connector = net_connector_broker(fds[0]);
		struct asset_events events = { &calm, calm_fact, calm_finding, calm_progress, calm_log, calm_stop,
						calm_checkpoint };

		result = asset_run(&o, connector, &events, &s, &e);
		net_connector_free(connector);
	}
	send_end(&c, result, &s, &e);
	buf_free(&b);
	arena_free(a);
	return 0;
}

const struct os_jail_kind asset_jail_kind = {
	.name = "asset",
	.main = jail_main,
	.prepare = net_http_global_init,
	.max_memory = 512 * MIB,
	.max_cpu_s = 3600,
	.max_files = LIMIT_ASSET_PARALLEL_MAX + 64,
};

/* ---- the keeper ---- */

struct keeper {
	const struct asset_events *events;
	struct asset_summary *summary;
	struct error *e;
	struct os_child child;
	struct os_frame_reader in;
	const struct scan_jail_limits *limits;
	unsigned max_seconds;
	int64_t begun_ms, stop_ms, silent_ms;
	bool stop_sent, ended, hung;
	struct asset_summary heard; /* of what came before a forced end */
	int result;
};

static int keep_progress(struct keeper *k, struct reader *r)
{
	struct asset_progress p = { 0 };
	struct str zh, en;
	char z[160], n[160];

	if (reader_u32(r, &p.basis) < 0 || reader_u32(r, &p.ports) < 0 || reader_u32(r, &p.probed) < 0 ||
	    reader_u32(r, &p.open) < 0 || reader_blob(r, &zh) < 0 || reader_blob(r, &en) < 0)
		return -1;
	snprintf(z, sizeof(z), "%.*s", STR_ARG(str_sub(zh, 0, 150)));
	snprintf(n, sizeof(n), "%.*s", STR_ARG(str_sub(en, 0, 150)));
	p.doing_zh = z;
	p.doing_en = n;
	if (p.basis > 10000)
		p.basis = 10000;
	k->heard.probed = p.probed;
	k->heard.open = p.open;
	if (k->events->progress)
		k->events->progress(k->events->ctx, &p);
	return 0;
}

static int keep_summary(struct keeper *k, struct reader *r)
{
	struct asset_summary s = { 0 };
	uint32_t complete;
	uint64_t ms;

	if (reader_u32(r, &complete) < 0 || reader_u32(r, &s.probed) < 0 || reader_u32(r, &s.open) < 0 ||
	    reader_u32(r, &s.closed) < 0 || reader_u32(r, &s.filtered) < 0 || reader_u32(r, &s.facts) < 0 ||
	    reader_u32(r, &s.findings) < 0 || reader_u64(r, &ms) < 0)
		return -1;
	s.complete = complete != 0;
	s.elapsed_ms = (int64_t)ms;
	*k->summary = s;
	k->ended = true;
	return 0;
}

static int keep_error(struct keeper *k, struct reader *r)
{
	struct str code, zh, en;

	if (reader_blob(r, &code) < 0 || reader_blob(r, &zh) < 0 || reader_blob(r, &en) < 0)
		return -1;
	if (k->e) {
		snprintf(k->e->code, sizeof(k->e->code), "%.*s", STR_ARG(str_sub(code, 0, 47)));
		snprintf(k->e->zh, sizeof(k->e->zh), "%.*s", STR_ARG(str_sub(zh, 0, 319)));
		snprintf(k->e->en, sizeof(k->e->en), "%.*s", STR_ARG(str_sub(en, 0, 319)));
	}
	k->ended = true;
	k->result = -1;
	return 0;
}

/* It is kept in the database, so nothing but numbers. */
static bool is_checkpoint(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_digit(s.ptr[i]) && s.ptr[i] != ' ' && s.ptr[i] != ',' && s.ptr[i] != ';')
			return false;
	return true;
}

static int keep_frame(struct keeper *k, uint32_t type, struct str bytes)
{
	struct reader r = reader_of(bytes);
	struct asset_fact f;
	struct scan_finding finding;
	struct str zh, en;

	switch (type) {
	case FRAME_FACT:
		if (asset_fact_decode(bytes, &f) < 0)
			return -1;
		k->heard.facts++;
		if (k->events->fact)
			k->events->fact(k->events->ctx, &f);
		return 0;
	case FRAME_FINDING: {
		_cleanup_arena_ struct arena *a = arena_new(MIB);

		if (finding_decode(bytes, a, &finding) < 0 || !asset_check(finding.check))
			return -1;
		k->heard.findings++;
		if (k->events->finding)
			k->events->finding(k->events->ctx, &finding);
		return 0;
	}
	case FRAME_PROGRESS:
		return keep_progress(k, &r);
	case FRAME_LOG:
		if (reader_blob(&r, &zh) < 0 || reader_blob(&r, &en) < 0)
			return -1;
		if (k->events->log)
			k->events->log(k->events->ctx, zh, en);
		return 0;
	case FRAME_CHECKPOINT:
		if (bytes.len > LIMIT_ASSET_CHECKPOINT || !is_checkpoint(bytes))
			return -1;
		if (k->events->checkpoint)
			k->events->checkpoint(k->events->ctx, bytes);
		return 0;
	case FRAME_SUMMARY:
		return keep_summary(k, &r);
	case FRAME_ALIVE:
		return bytes.len ? -1 : 0;
	case FRAME_ERROR:
		return keep_error(k, &r);
	default:
		return -1;
	}
}

static int drain(struct keeper *k)
{
	if (os_frame_reader_fill(&k->in, k->child.chan, k->e) < 0)
		return -1;
	for (;;) {
		uint32_t type;
		struct str body;
		int n = os_frame_reader_next(&k->in, &type, &body, k->e);

		if (n <= 0)
			return n < 0 ? -1 : !k->in.eof;
		if (keep_frame(k, type, body) < 0)
			return error_set(k->e, "asset.bad-frame", "资产引擎发来的数据有误。", "The asset engine sent malformed data.");
	}
}

static void ask_to_stop(struct keeper *k, int64_t now)
{
	bool stop = (k->events->should_stop && k->events->should_stop(k->events->ctx) != SCAN_GO) ||
		    now - k->begun_ms > 1000ll * k->max_seconds + k->limits->late_ms;

	if (!stop || k->stop_sent)
		return;
	os_frame_send(k->child.chan, FRAME_STOP, STR(""), 1000, NULL);
	k->stop_sent = true;
	k->stop_ms = now;
}

/* Only waiting for the child counts, not what we were busy with. */
static bool overdue(struct keeper *k, int64_t now, int64_t waited, bool heard)
{
	k->silent_ms = heard ? 0 : k->silent_ms + waited;
	k->hung = k->silent_ms > k->limits->silent_ms || (k->stop_sent && now - k->stop_ms > k->limits->stop_ms);
	return k->hung;
}

static int loop(struct keeper *k, struct net_broker *broker, int broker_fd)
{
	int r = 1;

	while (!k->ended && r > 0) {
		struct pollfd p[2] = { { .fd = k->child.chan, .events = POLLIN }, { .fd = broker_fd, .events = POLLIN } };
		int64_t from = clock_mono_ms(&clock_system), now;

		if (poll(p, 2, 200) < 0 && errno != EINTR)
			return error_os(k->e, errno, "poll");
		now = clock_mono_ms(&clock_system);
		ask_to_stop(k, now);
		if (overdue(k, now, now - from, p[0].revents || p[1].revents))
			return 0;
		if ((p[1].revents & POLLIN) && net_broker_serve(broker, k->e) < 0)
			return -1;
		if (p[0].revents & (POLLIN | POLLHUP))
			r = drain(k);
	}
	return r;
}

static int with_child(struct keeper *k, const struct asset_options *o, struct net_broker *broker, int broker_fd)
{
	_cleanup_buf_ struct buf b = BUF_INIT(FRAME_MAX);
	struct os_child_exit how = { 0 };

	asset_options_encode(o, &b);
	if (os_frame_send(k->child.chan, FRAME_OPTIONS, buf_view(&b), SEND_MS, k->e) < 0)
		return -1;
	k->max_seconds = o->max_seconds ? o->max_seconds : LIMIT_ASSET_SECONDS;
	k->begun_ms = clock_mono_ms(&clock_system);
	if (loop(k, broker, broker_fd) < 0)
		return -1;
	if (k->ended)
		return k->result;
	if (k->hung || os_child_wait(&k->child, 5000, &how) != 1)
		os_child_kill(&k->child);
	if (k->hung && k->stop_sent) { /* it was to end, and so it did; what it had said stands */
		k->heard.elapsed_ms = clock_mono_ms(&clock_system) - k->begun_ms;
		*k->summary = k->heard;
		return 0;
	}
	if (k->hung)
		return error_set(k->e, "asset.engine-hung", "资产引擎失去响应，已强制结束。",
				 "The asset engine did not react and was ended.");
	return error_set(k->e, "asset.engine-crashed", "资产引擎异常结束：%s", "The asset engine ended: %s",
			 how.zh ? how.zh : "");
}

int asset_run_jailed(struct os_spawner *spawner, const struct net_policy *policy,
		     const struct asset_options *o, const struct asset_events *events,
		     struct asset_summary *ret, struct error *e)
{
	static const struct scan_jail_limits usual = { LIMIT_JAIL_SILENT_MS, LIMIT_JAIL_STOP_MS, LIMIT_JAIL_LATE_MS };

	return asset_run_jailed_within(&usual, spawner, policy, o, events, ret, e);
}

int asset_run_jailed_within(const struct scan_jail_limits *limits, struct os_spawner *spawner,
			    const struct net_policy *policy, const struct asset_options *o,
			    const struct asset_events *events, struct asset_summary *ret, struct error *e)
{
	static const struct asset_events nobody;
	struct asset_summary summary = { 0 };
	struct keeper k = { .limits = limits, .events = events ? events : &nobody, .summary = &summary, .e = e, .child = OS_CHILD_NONE };
	struct net_connector *direct = NULL;
	struct net_broker *broker = NULL;
	int pair[2] = { -1, -1 }, r = -1;

	os_frame_reader_init(&k.in, FRAME_MAX);
	if (net_connector_direct(&(struct net_direct_options){ .policy = policy }, &direct, e) == 0 &&
	    net_broker_pair(pair, e) == 0 &&
	    os_spawner_spawn(spawner, STR("asset"), &pair[1], 1, STR(""), &k.child, e) == 0) {
		close(pair[1]);
		pair[1] = -1;
		broker = net_broker_new(pair[0], direct);
		if (o->udp)
			net_broker_allow_udp(broker);
		r = with_child(&k, o, broker, pair[0]);
	}
	net_broker_free(broker);
	net_connector_free(direct);
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(pair[i]);
	os_child_free(&k.child);
	os_frame_reader_free(&k.in);
	if (r == 0)
		*ret = summary;
	return r;
}
