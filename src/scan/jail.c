/* The keeper of a jailed engine: it starts the child, tells it options, templates and the
 * journal, opens sockets for it and hears its frames. If the child dies, it is started
 * once more from the journal. */
#include "scan/jail_private.h"

#include <errno.h>
#include <poll.h>

#include "base/limits.h"
#include "base/mem.h"
#include "net/connector.h"
#include "os/errand.h"
#include "os/frame.h"
#include "scan/aside.h"
#include "scan/browse.h"
#include "scan/oob.h"

static int keeper_turn(struct keeper *k);

/* The child asks for each piece; what it says meanwhile is heard. */
static int wait_for_more(struct keeper *k)
{
	int r = 1;
	while (!k->more && !k->ended && !k->hung && r > 0)
		r = keeper_turn(k);
	if (!k->more)
		return -1;
	k->more = false;
	return 0;
}

static int send_records(struct keeper *k)
{
	int r = 0;
	if (k->record.len)
		r = wait_for_more(k) < 0 ? -1 :
					   os_frame_send(k->child.chan, FRAME_RECORD, buf_view(&k->record), JAIL_SEND_MS, k->e);
	buf_clear(&k->record);
	return r;
}

static int send_record(void *arg, struct str kind, struct str key, struct str bytes)
{
	struct keeper *k = arg;
	if (k->record.len + kind.len + key.len + bytes.len + 64 > JAIL_RECORDS && k->record.len && send_records(k) < 0)
		return -1;
	buf_blob(&k->record, kind);
	buf_blob(&k->record, key);
	buf_blob(&k->record, bytes);
	return 0;
}

static int send_bundle(struct keeper *k, struct str bytes)
{
	struct buf b;
	int r = 0;
	buf_init(&b, LIMIT_JAIL_FRAME);
	for (size_t at = 0; r == 0 && (at == 0 || at < bytes.len); at += LIMIT_JAIL_FRAME / 2) {
		buf_clear(&b);
		buf_char(&b, at ? 1 : 0);
		buf_str(&b, str_sub(bytes, at, at + LIMIT_JAIL_FRAME / 2));
		r = os_frame_send(k->child.chan, FRAME_TEMPLATES, buf_view(&b), JAIL_SEND_MS, k->e);
	}
	buf_free(&b);
	return r;
}

static int keeper_begin(struct keeper *k)
{
	struct buf b;
	buf_init(&b, 4 * MIB);
	scan_options_encode(k->o, &b);
	int r = os_frame_send(k->child.chan, FRAME_OPTIONS, buf_view(&b), JAIL_SEND_MS, k->e);
	buf_free(&b);
	for (size_t i = 0; r == 0 && i < k->o->templates_len; i++)
		r = send_bundle(k, k->o->templates[i]);
	if (r == 0 && k->events->oob) {
		struct buf who;
		buf_init(&who, 16 * KIB);
		buf_blob(&who, k->events->oob->domain);
		buf_blob(&who, k->events->oob->url);
		r = os_frame_send(k->child.chan, FRAME_OOB, buf_view(&who), JAIL_SEND_MS, k->e);
		buf_free(&who);
	}
	for (size_t i = 0; r == 0 && i < k->o->fingerprints_len; i++)
		r = os_frame_send(k->child.chan, FRAME_FINGERPRINTS, k->o->fingerprints[i], JAIL_SEND_MS, k->e);
	for (size_t i = 0; r == 0 && i < k->o->known_len; i++)
		r = os_frame_send(k->child.chan, FRAME_KNOWN, k->o->known[i], JAIL_SEND_MS, k->e);
	if (r == 0)
		r = os_frame_send(k->child.chan, FRAME_GO, STR(""), JAIL_SEND_MS, k->e);
	if (r == 0 && k->state && k->state->replay)
		r = k->state->replay(k->state->ctx, send_record, k, k->e);
	if (r == 0)
		r = send_records(k);
	if (r == 0)
		r = wait_for_more(k) < 0 ? -1 : os_frame_send(k->child.chan, FRAME_REPLAYED, STR(""), JAIL_SEND_MS, k->e);
	if (k->ended)
		r = 0;
	return r;
}

static void ask_to_stop(struct keeper *k, int64_t now)
{
	enum scan_verdict v = k->events->should_stop ? k->events->should_stop(k->events->ctx) : SCAN_GO;
	if (v == SCAN_GO && k->o->max_seconds && now - k->begun_ms > (int64_t)k->o->max_seconds * 1000 + k->limits->late_ms) {
		k->late = true;
		v = SCAN_CANCEL;
	}
	if (v == SCAN_GO || k->stop_sent)
		return;
	char byte = (char)v;
	os_frame_send(k->child.chan, FRAME_STOP, str_make(&byte, 1), 1000, NULL);
	k->stop_sent = true;
	k->asked = v;
	k->stop_ms = now;
}

/* Has the child had its time? Only waiting for it counts, not what we were busy with. */
static bool overdue(struct keeper *k, int64_t now, int64_t waited, bool heard)
{
	k->silent_ms = heard ? 0 : k->silent_ms + waited;
	k->hung = k->silent_ms > k->limits->silent_ms || (k->stop_sent && now - k->stop_ms > k->limits->stop_ms);
	return k->hung;
}

/* One wake-up: sockets asked for, frames. 1 go on, 0 the child has closed, -1. */
static int keeper_turn(struct keeper *k)
{
	struct pollfd p[3] = { { .fd = k->child.chan, .events = POLLIN }, { .fd = k->broker_fd, .events = POLLIN },
			       { .fd = k->errands ? os_errands_fd(k->errands) : -1, .events = POLLIN } };
	int64_t from = clock_mono_ms(&clock_system);
	if (poll(p, ARRAY_SIZE(p), k->browsing ? 15 : 200) < 0 && errno != EINTR)
		return error_os(k->e, errno, "poll");
	jail_tell_names(k);
	int64_t now = clock_mono_ms(&clock_system);
	ask_to_stop(k, now);
	if (overdue(k, now, now - from, p[0].revents || p[1].revents))
		return 0;
	if (k->browsing && jail_tell_browsed(k) < 0)
		return -1;
	if ((p[1].revents & POLLIN) && net_broker_serve(k->broker, k->e) < 0)
		return -1;
	if (!(p[0].revents & (POLLIN | POLLHUP)))
		return 1;
	if (os_frame_reader_fill(&k->in, k->child.chan, k->e) < 0)
		return -1;
	for (;;) {
		uint32_t type;
		struct str body;
		int n = os_frame_reader_next(&k->in, &type, &body, k->e);
		if (n < 0)
			return -1;
		if (n == 0)
			return !k->in.eof;
		if (jail_keep_frame(k, type, body) < 0)
			return error_set(k->e, "scan.bad-frame", "扫描引擎发来的数据有误。",
					 "The engine sent malformed data.");
	}
}

static int keeper_loop(struct keeper *k)
{
	int r = keeper_begin(k);
	if (r < 0) {
		struct os_child_exit how;
		if (k->hung)
			return 0;
		if (os_child_wait(&k->child, 200, &how) != 1)
			return -1; /* our own journal failed */
		return 0;
	}
	while (!k->ended && (r = keeper_turn(k)) > 0)
		;
	return r;
}

/* One life of a child. 0: it ended with a summary or an error; 1: it died; -1. */
static int one_life(struct keeper *k)
{
	struct net_connector *direct = NULL;
	struct net_broker *broker = NULL;
	int pair[2] = { -1, -1 }, r = -1;
	struct os_child_exit how = { 0 };
	k->child = OS_CHILD_NONE;
	k->hung = false;
	k->silent_ms = 0;
	k->begun_ms = clock_mono_ms(&clock_system);
	os_frame_reader_init(&k->in, LIMIT_JAIL_FRAME + JAIL_BATCH * 2);
	if (net_connector_direct(&(struct net_direct_options){ .policy = k->policy }, &direct, k->e) == 0 &&
	    net_broker_pair(pair, k->e) == 0 &&
	    os_spawner_spawn(k->spawner, STR("scan"), &pair[1], 1, STR(""), &k->child, k->e) == 0) {
		close(pair[1]);
		pair[1] = -1;
		broker = net_broker_new(pair[0], direct);
		k->broker = broker;
		k->broker_fd = pair[0];
		k->more = false;
		r = keeper_loop(k);
		if (!k->ended && r >= 0) {
			r = 1;
			if (k->hung || os_child_wait(&k->child, 5000, &how) != 1)
				os_child_kill(&k->child);
			if (k->hung)
				error_set(k->e, "scan.engine-hung", "扫描引擎失去响应，已强制结束。", "The scan engine did not react and was ended.");
			else
				error_set(k->e, "scan.engine-crashed", "扫描引擎异常结束：%s", "The scan engine ended: %s", how.zh ? how.zh : "");
		}
	}
	net_broker_free(broker);
	net_connector_free(direct);
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(pair[i]);
	os_child_free(&k->child);
	os_errands_free(take_ptr(k->errands)); /* what this child asked is no answer for the next */
	aside_close(k->aside);
	k->aside = NULL;
	os_frame_reader_free(&k->in);
	return k->ended ? 0 : r;
}

/* Both children had to be given up: what was found so far stands, and this says so. */
static void closing_words(const struct keeper *k, int64_t started, struct scan_summary *s)
{
	const char *reason = k->late ? "limit.seconds" : !k->stop_sent ? "engine.crashed" : k->asked == SCAN_PAUSE ? "paused" : "stopped";
	s->stats = k->heard;
	memcpy(s->counts, k->heard_counts, sizeof(s->counts));
	s->started_ms = started;
	s->finished_ms = clock_wall_ms(&clock_system);
	snprintf(s->reason, sizeof(s->reason), "%s", reason);
	snprintf(s->reason_zh, sizeof(s->reason_zh), "%.140s", k->e->zh);
	snprintf(s->reason_en, sizeof(s->reason_en), "%.140s", k->e->en);
}

int scan_run_jailed(struct os_spawner *spawner, struct net_policy *policy, const struct scan_options *o,
		    const struct scan_state *state, const struct scan_events *events, struct scan_summary *ret,
		    struct error *e)
{
	static const struct scan_jail_limits usual = { LIMIT_JAIL_SILENT_MS, LIMIT_JAIL_STOP_MS, LIMIT_JAIL_LATE_MS };
	return scan_run_jailed_within(&usual, spawner, policy, o, state, events, ret, e);
}

int scan_run_jailed_within(const struct scan_jail_limits *limits, struct os_spawner *spawner,
			   struct net_policy *policy, const struct scan_options *o, const struct scan_state *state,
			   const struct scan_events *events, struct scan_summary *ret, struct error *e)
{
	static const struct scan_events nobody;
	struct error mine = { 0 };
	struct scan_summary summary = { 0 };
	int64_t started = clock_wall_ms(&clock_system);
	struct keeper k = { .spawner = spawner, .policy = policy, .o = o, .state = state, .limits = limits,
			    .events = events ? events : &nobody, .summary = &summary, .e = e ? e : &mine };
	buf_init(&k.record, LIMIT_JAIL_FRAME + 64 * KIB);
	int r = one_life(&k);
	if (r == 1 && state && state->replay && !k.stop_sent) {
		if (k.events->log)
			k.events->log(k.events->ctx, STR("扫描引擎异常结束，从记录继续。"),
				      STR("The scan engine ended unexpectedly; going on from the journal."));
		scan_browser_stop(take_ptr(k.browser));
		k.browsing = 0;
		r = one_life(&k);
	}
	scan_browser_stop(k.browser);
	buf_free(&k.record);
	if (r == 1 && k.events->finding)
		closing_words(&k, started, &summary);
	else if (r != 0 || k.result < 0)
		return -1;
	if (k.late && strcmp(summary.reason, "stopped") == 0) { /* it was we who stopped it */
		snprintf(summary.reason, sizeof(summary.reason), "limit.seconds");
		snprintf(summary.reason_zh, sizeof(summary.reason_zh), "达到时间上限。");
		snprintf(summary.reason_en, sizeof(summary.reason_en), "The time limit was reached.");
	}
	*ret = summary;
	return 0;
}
