/* Which TCP ports are open: non-blocking connects, bounded in number and rate. How long
 * one may take follows the round trips measured so far (as TCP's own retransmission
 * timer, RFC 6298); what stays silent is tried once more when little is. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "scan/asset/asset_private.h"

#define FIRST_US 1500000 /* before anything was measured */
#define LEAST_US 150000
#define MOST_US 3000000
#define RETRY_MOST 200 /* silent ports tried again */
#define CHECKPOINT_US 2000000
#define CHECKPOINT_OPEN 2000 /* more open ones are a trap and are looked at again */

struct slot {
	int fd;
	uint16_t port;
	size_t index; /* in the list */
	int64_t began_us, until_us;
};

struct sweep {
	struct asset_run *r;
	struct slot *slots;
	size_t active, limit;
	const uint16_t *list;
	size_t len, next;
	VEC(uint16_t) silent;
	bool again;
	int64_t tokens_us; /* when the next connection may start */
	int64_t told_us;   /* the latest checkpoint */
	struct error why;  /* of the first refusal by policy or name service */
	uint32_t refused;
};

int asset_ports_parse(struct str text, struct arena *a, const struct asset_range **ret, size_t *n,
		      struct error *e)
{
	struct str rest = str_trim(text), part;
	struct asset_range *out = arena_array(a, LIMIT_ASSET_RANGES, sizeof(*out));
	size_t len = 0;

	if (str_eq(rest, STR("all")))
		out[len++] = (struct asset_range){ 1, 65535 };
	else if (!str_eq(rest, STR("top")))
		while (str_split(&rest, ',', &part)) {
			ssize_t dash = str_chr(part = str_trim(part), '-');
			uint64_t from, to;

			if (str_to_u64(dash < 0 ? part : str_sub(part, 0, (size_t)dash), &from) < 0 ||
			    str_to_u64(dash < 0 ? part : str_from(part, (size_t)dash + 1), &to) < 0 ||
			    from == 0 || to > 65535 || from > to || len == LIMIT_ASSET_RANGES)
				return error_field(e, "ports", "asset.bad-ports",
						   "端口“%.*s”有误，应写成 80,443,8000-8100、top 或 all",
						   "Bad ports \"%.*s\": write 80,443,8000-8100, top or all",
						   STR_ARG(str_sub(part, 0, 40)));
			out[len++] = (struct asset_range){ (uint16_t)from, (uint16_t)to };
		}
	*ret = out;
	*n = len;
	return 0;
}

static uint16_t *list_of(const struct asset_options *o, size_t *ret)
{
	uint16_t *list = mem_array(65536, sizeof(*list));
	_cleanup_free_ bool *seen = mem_array(65536, sizeof(*seen));
	size_t n = 0;

	if (o->site_port && !o->ports_len) {
		seen[o->site_port] = true;
		list[n++] = o->site_port;
	}
	for (size_t i = 0; i < (o->ports_len ? 0 : service_ports_len); i++) {
		if (!seen[service_ports[i]])
			list[n++] = service_ports[i];
		seen[service_ports[i]] = true;
	}
	for (size_t i = 0; i < o->ports_len + o->more_len; i++) {
		const struct asset_range *r = i < o->ports_len ? &o->ports[i] : &o->more[i - o->ports_len];

		for (unsigned p = r->from; p <= r->to; p++) {
			if (!seen[p])
				list[n++] = (uint16_t)p;
			seen[p] = true;
		}
	}
	*ret = n;
	return list;
}

static int64_t patience(const struct asset_run *r)
{
	int64_t us = r->srtt_us ? (int64_t)r->srtt_us + 4 * (int64_t)r->rttvar_us + 50000 : FIRST_US;

	return us < LEAST_US ? LEAST_US : us > MOST_US ? MOST_US : us;
}

static void sample(struct asset_run *r, int64_t rtt)
{
	unsigned us = rtt < 0 ? 0 : rtt > MOST_US ? MOST_US : (unsigned)rtt;
	unsigned off = us > r->srtt_us ? us - r->srtt_us : r->srtt_us - us;

	if (!r->srtt_us) {
		r->srtt_us = us + 1;
		r->rttvar_us = us / 2;
		return;
	}
	r->rttvar_us = (3 * r->rttvar_us + off) / 4;
	r->srtt_us = (7 * r->srtt_us + us) / 8 + 1;
}

enum verdict { OPEN, CLOSED, SILENT };

static bool known_open(const struct asset_run *r, uint16_t port)
{
	for (size_t i = 0; i < r->ports.len; i++)
		if (r->ports.ptr[i].number == port)
			return true;
	return false;
}

static void add_open(struct asset_run *r, uint16_t port, int64_t rtt)
{
	struct asset_port *p = vec_push(&r->ports);

	p->number = port;
	p->rtt_us = rtt;
	r->sum.open++;
}

static void settle(struct sweep *s, uint16_t port, enum verdict v, int64_t rtt)
{
	struct asset_run *r = s->r;

	if (v == SILENT && !s->again) {
		*vec_push(&s->silent) = port;
		return;
	}
	r->sum.probed++;
	if (v == OPEN && !known_open(r, port)) {
		add_open(r, port, rtt);
	} else if (v == CLOSED) {
		r->sum.closed++;
	} else {
		r->sum.filtered++;
	}
}

/* ---- checkpoints: "1 LIST NEXT CLOSED FILTERED;open ports;silent ports" ---- */

static uint64_t list_mark(const struct sweep *s)
{
	return str_hash(str_make((const char *)s->list, s->len * sizeof(*s->list)));
}

static void put_ports(struct buf *b, size_t i, uint16_t port)
{
	buf_printf(b, "%s%u", i ? "," : ";", port);
}

/* Everything before the earliest that is still waited for has been looked at. */
static void checkpoint(struct sweep *s)
{
	struct asset_run *r = s->r;
	_cleanup_buf_ struct buf b = BUF_INIT(64 * KIB);
	size_t next = s->next;

	if (!r->events->checkpoint || s->again || r->ports.len > CHECKPOINT_OPEN || s->silent.len > CHECKPOINT_OPEN)
		return;
	for (size_t i = 0; i < s->active; i++)
		next = s->slots[i].index < next ? s->slots[i].index : next;
	buf_printf(&b, "1 %llu %zu %u %u", (unsigned long long)list_mark(s), next, r->sum.closed, r->sum.filtered);
	for (size_t i = 0; i < r->ports.len; i++)
		put_ports(&b, i, r->ports.ptr[i].number);
	if (!r->ports.len)
		buf_char(&b, ';');
	for (size_t i = 0; i < s->silent.len; i++)
		put_ports(&b, i, s->silent.ptr[i]);
	r->events->checkpoint(r->events->ctx, buf_view(&b));
	s->told_us = clock_mono_us(&clock_system);
}

static bool next_number(struct str *rest, char end, uint64_t *ret)
{
	struct str word;

	return str_split(rest, end, &word) && str_to_u64(word, ret) == 0;
}

/* Goes on where an earlier life was cut off; what does not fit this list is not believed. */
static void resume(struct sweep *s, struct str text)
{
	struct str rest = text, head = STR(""), open = STR(""), silent = STR("");
	uint64_t version, mark, next, closed, filtered, port;

	str_split(&rest, ';', &head);
	str_split(&rest, ';', &open);
	str_split(&rest, ';', &silent);
	if (!next_number(&head, ' ', &version) || !next_number(&head, ' ', &mark) || !next_number(&head, ' ', &next) ||
	    !next_number(&head, ' ', &closed) || !next_number(&head, ' ', &filtered) || version != 1 ||
	    mark != list_mark(s) || next > s->len || closed > s->len || filtered > s->len)
		return;
	while (open.len && s->r->ports.len < CHECKPOINT_OPEN && next_number(&open, ',', &port))
		if (port && port < 65536 && !known_open(s->r, (uint16_t)port))
			add_open(s->r, (uint16_t)port, 0);
	while (silent.len && s->silent.len < CHECKPOINT_OPEN && next_number(&silent, ',', &port))
		if (port && port < 65536)
			*vec_push(&s->silent) = (uint16_t)port;
	s->next = (size_t)next;
	s->r->sum.closed = (uint32_t)closed;
	s->r->sum.filtered = (uint32_t)filtered;
	s->r->sum.probed = (uint32_t)(closed + filtered + s->r->ports.len);
}

/* ---- one after another ---- */

static void start(struct sweep *s, size_t index)
{
	uint16_t port = s->list[index];
	struct slot *slot = &s->slots[s->active];
	int64_t now = clock_mono_us(&clock_system);
	struct error e = { 0 };

	*slot = (struct slot){ .fd = -1, .port = port, .index = index, .began_us = now };
	if (net_connector_open(s->r->connector, s->r->target, port, &slot->fd, &e) == 0) {
		slot->until_us = now + patience(s->r);
		s->active++;
	} else if (error_is(&e, "net.connect-refused")) {
		sample(s->r, clock_mono_us(&clock_system) - now);
		settle(s, port, CLOSED, 0);
	} else if (error_is(&e, "net.too-many-sockets") && s->limit > 8) {
		s->limit /= 2;
		s->next--;
	} else {
		if (str_starts(str_c(e.code), STR("policy.")) || str_starts(str_c(e.code), STR("dns.")) ||
		    str_starts(str_c(e.code), STR("net.broker"))) {
			if (!s->refused++)
				s->why = e;
		}
		s->r->sum.probed++;
		s->r->sum.filtered++;
	}
}

static void finish(struct sweep *s, size_t at, enum verdict v)
{
	struct slot slot = s->slots[at];
	int64_t rtt = clock_mono_us(&clock_system) - slot.began_us;

	close(slot.fd);
	s->slots[at] = s->slots[--s->active];
	if (v != SILENT)
		sample(s->r, rtt);
	settle(s, slot.port, v, rtt);
}

static enum verdict look(int fd)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		return SILENT;
	return err == 0 ? OPEN : err == ECONNREFUSED || err == ECONNRESET ? CLOSED : SILENT;
}

static void turn(struct sweep *s)
{
	struct pollfd p[LIMIT_ASSET_PARALLEL_MAX];
	size_t n = s->active;
	int64_t now;

	for (size_t i = 0; i < n; i++)
		p[i] = (struct pollfd){ .fd = s->slots[i].fd, .events = POLLOUT };
	poll(p, n, n ? 20 : 1);
	now = clock_mono_us(&clock_system);
	for (size_t i = n; i-- > 0;) {
		if (p[i].revents)
			finish(s, i, look(s->slots[i].fd));
		else if (now >= s->slots[i].until_us)
			finish(s, i, SILENT);
	}
}

static bool may_start(struct sweep *s, unsigned rate)
{
	int64_t now = clock_mono_us(&clock_system);

	if (s->next >= s->len || s->active >= s->limit || now < s->tokens_us)
		return false;
	if (s->tokens_us < now - 100000)
		s->tokens_us = now - 100000; /* a short burst makes up for a late turn */
	s->tokens_us += 1000000 / rate;
	return true;
}

static void sweep(struct sweep *s)
{
	const struct asset_options *o = s->r->o;
	unsigned rate = o->rate ? o->rate : LIMIT_ASSET_RATE;

	while ((s->next < s->len || s->active) && !asset_stopped(s->r)) {
		while (may_start(s, rate))
			start(s, s->next++);
		turn(s);
		if (clock_mono_us(&clock_system) - s->told_us > CHECKPOINT_US)
			checkpoint(s);
		asset_tell(s->r, (unsigned)(100 + 4900ull * s->r->sum.probed / (s->r->todo + 1)),
			   "正在发现端口", "Looking for open ports");
		if (s->refused >= 3 && s->refused == s->r->sum.probed)
			break; /* the policy refuses the host itself */
	}
	while (s->active)
		finish(s, 0, SILENT);
}

static int by_number(const void *x, const void *y)
{
	const struct asset_port *a = x, *b = y;

	return (a->number > b->number) - (a->number < b->number);
}

int asset_ports(struct asset_run *r, struct error *e)
{
	struct sweep s = { .r = r };
	size_t n;
	_cleanup_free_ uint16_t *list = list_of(r->o, &n);
	unsigned parallel = r->o->concurrency ? r->o->concurrency : LIMIT_ASSET_PARALLEL;

	s.limit = parallel > LIMIT_ASSET_PARALLEL_MAX ? LIMIT_ASSET_PARALLEL_MAX : parallel;
	_cleanup_free_ struct slot *slots = mem_array(s.limit + 1, sizeof(*slots));
	s.slots = slots;
	s.list = list;
	s.len = r->todo = (uint32_t)n;
	s.told_us = clock_mono_us(&clock_system);
	if (r->o->resume.len)
		resume(&s, r->o->resume);
	sweep(&s);
	if (!asset_stopped(r))
		checkpoint(&s);
	s.again = true;
	s.next = 0;
	if (s.silent.len && s.silent.len <= RETRY_MOST && !asset_stopped(r)) {
		s.list = s.silent.ptr;
		s.len = s.silent.len;
		sweep(&s);
	} else {
		r->sum.probed += (uint32_t)s.silent.len;
		r->sum.filtered += (uint32_t)s.silent.len;
	}
	vec_free(&s.silent);
	vec_sort(&r->ports, by_number);
	if (s.refused && !r->sum.open && !r->sum.closed) {
		if (e)
			*e = s.why;
		return -1;
	}
	return 0;
}
