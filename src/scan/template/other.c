/* What is not plain HTTP: exact bytes over a connection, banners of TCP services, facts of
 * TLS handshakes, answers of name servers. All of it stays at the host that is scanned. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/encode.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/connector.h"
#include "net/rawsend.h"
#include "net/tlsfacts.h"
#include "scan/dns_lookup.h"
#include "scan/template/run_private.h"

#define IDLE_MS 700	   /* silence after the first bytes: that was all */
#define PLAIN_TOTAL_MS 12000
#define TLS_TOTAL_MS 12000
#define KEPT_ANSWERS 2000 /* of name servers, and facts of TLS ports */
#define STEP_MS 15

static struct reply *kept(struct trun *tr, struct reply *y)
{
	*vec_push(&tr->held) = y;
	return y;
}

/* ---- bytes over TCP, without holding up other fibers ---- */

struct pipe_state {
	struct trun *tr;
	int fd;
	int64_t until_us;
};

static bool in_time(const struct pipe_state *s)
{
	return !s->tr->r->stopping && run_now_us(s->tr->r) < s->until_us;
}

static bool pipe_send(struct pipe_state *s, struct str bytes)
{
	while (bytes.len && in_time(s)) {
		ssize_t n = send(s->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
		if (n > 0)
			bytes = str_from(bytes, (size_t)n);
		else if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENOTCONN && errno != EINPROGRESS)
			return false;
		else
			probe_sleep(s->tr->p, STEP_MS);
	}
	return bytes.len == 0;
}

/* One HTTP answer, by its Content-Length. */
static bool whole(struct str got)
{
	struct http_response *h = NULL;
	size_t used = 0;
	if (!str_has(got, STR("\r\n\r\n")) || raw_parse_response(got, &h, &used, NULL) < 0)
		return false;
	bool framed = http_response_header(h, "content-length").ptr != NULL;
	bool done = framed && !h->truncated;
	http_response_free(h);
	return done;
}

/* Reads until `most` bytes, the end, silence, or (http) the answer is whole. */
static void pipe_read(struct pipe_state *s, size_t most, bool http, struct buf *out)
{
	size_t from = out->len;
	int64_t last = run_now_us(s->tr->r);
	while (out->len - from < most && !out->overflow && in_time(s)) {
		char piece[8192];
		size_t room = most - (out->len - from);
		ssize_t n = recv(s->fd, piece, room < sizeof(piece) ? room : sizeof(piece), 0);
		if (n > 0) {
			buf_add(out, piece, (size_t)n);
			last = run_now_us(s->tr->r);
			if (http && whole(str_from(buf_view(out), from)))
				return;
			continue;
		}
		if (n == 0 || (errno != EAGAIN && errno != EINTR && errno != ENOTCONN))
			return;
		if (out->len > from && run_now_us(s->tr->r) - last > IDLE_MS * 1000)
			return;
		probe_sleep(s->tr->p, STEP_MS);
	}
}

/* False: the scan ends. */
static bool take_turn(struct trun *tr)
{
	tr->sends++;
	tr->ts->stats.requests++;
	return wire_turn(tr->p);
}

static struct str data_of(struct trun *tr, const struct template_input *in, bool *ret_ok)
{
	struct str s = STR("");
	*ret_ok = trun_render(tr, &in->data, tr->scratch, &s);
	if (*ret_ok && in->hex) {
		struct buf b;
		buf_init(&b, s.len + 1);
		*ret_ok = decode_hex(&b, str_trim(s)) == 0;
		s = arena_str(tr->scratch, buf_view(&b));
		buf_free(&b);
	}
	return s;
}

/* "host:port"; the host must be the one that is scanned. */
static bool place_of(struct trun *tr, const struct template_text *t, struct str *ret_host, uint16_t *ret_port)
{
	struct str s;
	uint64_t port = tr->base_url.port;
	if (!trun_render(tr, t, tr->scratch, &s))
		return false;
	s = str_trim(s);
	ssize_t colon = str_rchr(s, ':');
	struct str host = colon >= 0 ? str_sub(s, 0, (size_t)colon) : s;
	if (colon >= 0 && (str_to_u64(str_from(s, (size_t)colon + 1), &port) < 0 || port == 0 || port > 65535))
		return false;
	if (!str_ieq(host, tr->base_url.host))
		return false;
	*ret_host = tr->base_url.host;
	*ret_port = (uint16_t)port;
	return true;
}

static void name_value(struct reply *y, struct str name, struct str value)
{
	y->names[y->names_len++] = (struct reply_name){ arena_str(y->arena, name), value_of_str(arena_str(y->arena, value)) };
}

static struct reply *tcp_reply(const struct template_request *q, struct str all)
{
	struct reply *y = reply_new(NULL);
	y->names = arena_array(y->arena, q->inputs_len + 4, sizeof(*y->names));
	y->body = y->header = y->response = arena_str(y->arena, all);
	name_value(y, STR("data"), all);
	return y;
}

static struct reply *tcp_plain(struct trun *tr, const struct template_request *q, struct str host, uint16_t port)
{
	struct pipe_state s = { tr, -1, run_now_us(tr->r) + PLAIN_TOTAL_MS * 1000LL };
	struct buf all;
	if (net_connector_open(tr->r->connector, host, port, &s.fd, NULL) < 0)
		return NULL;
	buf_init(&all, 2 * MIB);
	struct str parts[32] = { 0 };
	bool ok = true;
	for (size_t i = 0; i < q->inputs_len && ok; i++) {
		struct str data = data_of(tr, &q->inputs[i], &ok);
		ok = ok && pipe_send(&s, data);
		size_t before = all.len;
		if (ok && q->inputs[i].read)
			pipe_read(&s, q->inputs[i].read, false, &all);
		if (i < 32 && q->inputs[i].name.len)
			parts[i] = arena_str(tr->scratch, str_from(buf_view(&all), before));
	}
	if (ok)
		pipe_read(&s, q->read_size, false, &all);
	close(s.fd);
	struct reply *y = ok || all.len ? tcp_reply(q, buf_view(&all)) : NULL;
	for (size_t i = 0; y && i < q->inputs_len && i < 32; i++)
		if (parts[i].ptr)
			name_value(y, q->inputs[i].name, parts[i]);
	buf_free(&all);
	return y;
}

static struct reply *tcp_tls(struct trun *tr, const struct template_request *q, struct str host, uint16_t port)
{
	struct buf in, out;
	bool ok = true;
	buf_init(&in, 1 * MIB);
	buf_init(&out, 2 * MIB);
	for (size_t i = 0; i < q->inputs_len && ok; i++)
		buf_str(&in, data_of(tr, &q->inputs[i], &ok));
	struct net_waiter waiter = wire_waiter(tr->p);
	struct raw_request w = { .host = host, .port = port, .tls = true, .bytes = buf_view(&in), .waiter = &waiter,
				 .timeout_ms = TLS_TOTAL_MS, .max_bytes = q->read_size, .whole = true };
	struct reply *y = NULL;
	if (ok && raw_send(tr->r->connector, &w, &out, NULL, NULL) == 0)
		y = tcp_reply(q, buf_view(&out));
	buf_free(&in);
	buf_free(&out);
	return y;
}

/* ---- exact HTTP bytes ---- */

/* In a control run the first line asks for a random folder. */
static struct str exact_bytes(struct trun *tr, struct str bytes)
{
	ssize_t space = str_chr(bytes, ' ');
	if (tr->control != CONTROL_FOLDER || space <= 0 || (size_t)space + 2 >= bytes.len || bytes.ptr[space + 1] != '/' ||
	    bytes.ptr[space + 2] == ' ')
		return bytes;
	tr->shifted = tr->moved = true;
	return arena_printf(tr->scratch, "%.*s/%.*s%.*s", STR_ARG(str_sub(bytes, 0, (size_t)space + 1)),
			    STR_ARG(tr->ts->place), STR_ARG(str_from(bytes, (size_t)space + 1)));
}

static bool exchange_plain(struct trun *tr, struct str bytes, struct buf *out)
{
	struct pipe_state s = { tr, -1, run_now_us(tr->r) + PLAIN_TOTAL_MS * 1000LL };
	if (net_connector_open(tr->r->connector, tr->base_url.host, tr->base_url.port, &s.fd, NULL) < 0)
		return false;
	if (pipe_send(&s, bytes))
		pipe_read(&s, 512 * KIB, true, out);
	close(s.fd);
	return out->len > 0;
}

/* The first line asks for a place that the scan was told to leave alone. */
static bool excluded_bytes(struct trun *tr, struct str bytes)
{
	struct str rest = str_sub(bytes, 0, 64 * KIB), word = STR(""), target = STR("/");
	struct buf url;
	if (str_split(&rest, ' ', &word))
		str_split(&rest, ' ', &target);
	buf_init(&url, 128 * KIB);
	if (!str_has(target, STR("://"))) {
		url_write_origin(&url, &tr->base_url);
		if (!str_starts(target, STR("/")))
			buf_char(&url, '/');
	}
	buf_str(&url, target);
	bool excluded = run_excluded(tr->r, buf_view(&url));
	buf_free(&url);
	return excluded;
}

/* The answer as if the client had brought it. */
static struct reply *exact_reply(struct trun *tr, struct str sent, struct str got, int64_t us)
{
	struct http_response *h;
	struct buf url;
	if (raw_parse_response(got, &h, NULL, NULL) < 0)
		return NULL;
	buf_init(&url, 64 * KIB);
	url_write_origin(&url, &tr->base_url);
	struct str line = sent, method = STR("GET"), target = STR("/");
	ssize_t nl = str_chr(line, '\n');
	line = str_sub(line, 0, nl < 0 ? line.len : (size_t)nl);
	struct str rest = line;
	if (str_split(&rest, ' ', &method))
		str_split(&rest, ' ', &target);
	if (str_starts(target, STR("/")))
		buf_str(&url, target);
	struct send *s = send_new(tr->r, method, buf_view(&url), URL_RAW_PATH, NULL);
	buf_free(&url);
	if (!s) {
		http_response_free(h);
		return NULL;
	}
	s->q.probe = true;
	s->q.sent = arena_str(s->answer->arena, sent);
	h->total_us = h->ttfb_us = us;
	s->answer->response = h;
	exchange_fill(&s->answer->x, s->answer->arena, &s->q, &s->url, h);
	struct reply *y = reply_new(s->answer);
	send_free(s);
	return y;
}

struct reply *trun_unsafe(struct trun *tr, const struct template_request *q)
{
	struct str bytes;
	struct buf out;
	tr->oob_used = false;
	if (!trun_render(tr, &q->bytes, tr->scratch, &bytes) || tr->r->stopping)
		return NULL;
	bytes = exact_bytes(tr, bytes);
	if (excluded_bytes(tr, bytes))
		return NULL;
	if (!take_turn(tr))
		return NULL;
	buf_init(&out, 1 * MIB);
	struct net_waiter waiter = wire_waiter(tr->p);
	int64_t begun = run_now_us(tr->r);
	bool ok;
	if (url_is_https(&tr->base_url)) {
		struct raw_request w = { .host = tr->base_url.host, .port = tr->base_url.port, .tls = true,
					 .waiter = &waiter, .bytes = bytes, .timeout_ms = TLS_TOTAL_MS, .max_bytes = 512 * KIB };
		ok = raw_send(tr->r->connector, &w, &out, NULL, NULL) == 0;
	} else {
		ok = exchange_plain(tr, bytes, &out);
	}
	wire_turn_over(tr->p);
	struct reply *y = ok ? exact_reply(tr, bytes, buf_view(&out), run_now_us(tr->r) - begun) : NULL;
	buf_free(&out);
	return y ? kept(tr, y) : NULL;
}

/* ---- TLS facts ---- */

static json_t *cert_names(const struct tls_cert *c)
{
	json_t *list = json_array();
	for (size_t i = 0; i < c->nnames; i++)
		json_array_append_new(list, json_str(c->names[i]));
	return list;
}

static struct str short_version(struct tls_facts *f)
{
	static const struct {
		const char *full, *name;
	} names[] = { { "TLSv1.3", "tls13" }, { "TLSv1.2", "tls12" }, { "TLSv1.1", "tls11" }, { "TLSv1", "tls10" },
		      { "SSLv3", "ssl30" } };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(f->protocol, str_c(names[i].full)))
			return str_c(names[i].name);
	return f->protocol;
}

static enum tls_support support_of(const struct tls_facts *f, struct str version)
{
	return str_eq(version, STR("tls13")) ? f->tls13 : str_eq(version, STR("tls12")) ? f->tls12 :
	       str_eq(version, STR("tls11")) ? f->tls11 : str_eq(version, STR("tls10")) ? f->tls10 :
	       str_eq(version, STR("ssl30")) ? f->ssl3	:				  TLS_UNKNOWN;
}

/* What was chosen with that version, as IANA writes it. */
static struct str suite_of(const struct tls_facts *f, struct str negotiated, struct str version)
{
	const char *suite = str_eq(version, STR("tls12")) ? f->tls12_suite :
			    str_eq(version, STR("tls11")) ? f->tls11_suite :
			    str_eq(version, STR("tls10")) ? f->tls10_suite :
			    str_eq(version, STR("ssl30")) ? f->ssl3_suite  : NULL;
	return str_eq(version, negotiated) ? f->suite : str_c(suite ? suite : "");
}

static void put_time(json_t *j, const char *name, int64_t ms)
{
	char out[40];
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	gmtime_r(&t, &tm);
	strftime(out, sizeof(out), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_object_set_new(j, name, json_string(out));
}

static json_t *facts_json(struct trun *tr, struct tls_facts *f, struct str version)
{
	json_t *j = json_object();
	const struct tls_cert *c = f->ncerts ? &f->certs[0] : NULL;
	json_put(j, "host", json_str(tr->base_url.host));
	json_put(j, "port", json_sprintf("%u", (unsigned)tr->base_url.port));
	json_put(j, "probe_status", json_true());
	json_put(j, "tls_version", json_str(version));
	json_put(j, "cipher", json_str(suite_of(f, short_version(f), version)));
	json_put(j, "mismatched", json_boolean(!f->host_match));
	json_put(j, "expired", json_boolean(f->expired));
	json_put(j, "untrusted", json_boolean(!f->chain_ok));
	if (!c)
		return j;
	put_time(j, "not_before", c->not_before_ms);
	put_time(j, "not_after", c->not_after_ms);
	json_put(j, "subject_dn", json_str(c->subject));
	json_put(j, "subject_cn", json_str(c->common_name));
	json_put(j, "subject_an", cert_names(c));
	json_put(j, "issuer_dn", json_str(c->issuer));
	json_put(j, "serial", json_str(c->serial));
	json_put(j, "self_signed", json_boolean(c->self_signed));
	json_put(j, "wildcard_certificate", json_boolean(str_starts(c->common_name, STR("*."))));
	json_put(j, "fingerprint_hash", json_pack("{s:o}", "sha256", json_str(c->sha256)));
	return j;
}

static void set_number(struct reply *y, struct str name, double n)
{
	for (size_t i = 0; i < y->names_len; i++)
		if (str_eq(y->names[i].name, name))
			y->names[i].value = value_of_num(n);
}

struct port_facts {
	struct arena *arena;
	struct tls_facts facts;
	bool asking, there;
};

void other_facts_free(void *p)
{
	struct port_facts *k = p;
	arena_free(k->arena);
	free(k);
}

/* Asked for once per port in a scan: thirty handshakes are enough. */
static bool facts_of(struct trun *tr, struct str host, uint16_t port, bool versions, struct tls_facts *ret)
{
	struct run *r = tr->r;
	struct str key = arena_printf(tr->scratch, "%d %u", versions, (unsigned)port);
	struct port_facts *k = map_get(tr->ts->facts, key);
	if (r->tls && port == r->target.port) {
		*ret = *r->tls;
		return true;
	}
	while (k && k->asking && !r->stopping)
		probe_park(tr->p);
	if (!k) {
		struct net_waiter w = wire_waiter(tr->p);
		k = mem_alloc(sizeof(*k));
		k->arena = arena_new(2 * MIB);
		k->asking = true;
		map_put(tr->ts->facts, key, k);
		k->there = tls_facts_get_with(&w, r->connector, host, port, versions, clock_wall_ms(r->clock), k->arena, &k->facts, NULL) == 0;
		k->asking = false;
	}
	*ret = k->facts;
	return k->there;
}

static struct reply *tls_reply(struct trun *tr, const struct template_request *q)
{
	struct str host;
	uint16_t port;
	struct tls_facts f;
	if (!place_of(tr, &q->target, &host, &port))
		return NULL;
	tr->sends++;
	tr->ts->stats.requests++;
	if (!facts_of(tr, host, port, q->tls_max.len > 0, &f))
		return NULL;
	struct str version = short_version(&f);
	if (q->tls_max.len && support_of(&f, q->tls_max) != TLS_YES)
		return NULL; /* no such handshake */
	if (q->tls_max.len)
		version = q->tls_max;
	json_t *j = facts_json(tr, &f, version);
	char *text = json_dumps(j, JSON_COMPACT);
	struct reply *y = reply_new(NULL);
	const char *key;
	json_t *v;
	y->names = arena_array(y->arena, json_object_size(j) + 2, sizeof(*y->names));
	y->body = y->header = y->response = arena_str(y->arena, str_c(text));
	json_object_foreach(j, key, v) {
		char *one = json_is_string(v) ? NULL : json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
		name_value(y, str_c(key), str_c(one ? one : json_string_value(v)));
		if (json_is_boolean(v))
			y->names[y->names_len - 1].value = value_of_bool(json_is_true(v));
		free(one);
	}
	if (f.ncerts) { /* as a number for comparisons, as text in the whole */
		int64_t seconds = f.certs[0].not_after_ms / 1000;

		set_number(y, STR("not_after"), (double)seconds);
	}
	free(text);
	json_decref(j);
	return y;
}

/* ---- names ---- */

/* Asked for once per name and type in a scan: a slow name server holds everything up once. */
static bool names_of(struct trun *tr, struct str name, struct str type, struct buf *out)
{
	const struct scan_events *ev = tr->r->events;
	struct str key = arena_printf(tr->scratch, "%.*s %.*s", STR_ARG(type), STR_ARG(name));
	struct buf *kept = map_get(tr->ts->names, key);
	int asked = 1;
	if (!kept && !take_turn(tr))
		return false;
	bool turn = !kept;
	while (!kept && (asked = ev->dns ? ev->dns(ev->ctx, name, type, out) : scan_dns_lookup(name, type, out)) == 1) {
		if (tr->r->stopping)
			break;
		probe_sleep(tr->p, STEP_MS); /* the other fibers go on, and one of them may have asked the same */
		kept = map_get(tr->ts->names, key);
	}
	if (turn)
		wire_turn_over(tr->p);
	if (kept) {
		buf_str(out, buf_view(kept));
		return out->len > 0;
	}
	if (asked == 1)
		return false;
	if (asked < 0)
		buf_clear(out);
	if (map_len(tr->ts->names) < KEPT_ANSWERS && !map_has(tr->ts->names, key)) {
		kept = mem_alloc(sizeof(*kept));
		buf_init(kept, 256 * KIB);
		buf_str(kept, buf_view(out));
		map_put(tr->ts->names, key, kept);
	}
	return out->len > 0;
}

void other_names_free(void *p)
{
	buf_free(p);
	free(p);
}

static struct reply *dns_reply(struct trun *tr, const struct template_request *q)
{
	static const char *const parts[] = { "rcode", "question", "answer", "ns", "extra" };
	struct str name;
	struct buf out;
	if (!trun_render(tr, &q->target, tr->scratch, &name))
		return NULL;
	name = str_ends(name, STR(".")) ? str_sub(name, 0, name.len - 1) : name;
	if (tr->base_url.host_kind != URL_HOST_NAME || !scan_dns_allowed(name, tr->base_url.host))
		return NULL;
	buf_init(&out, 256 * KIB);
	struct reply *y = NULL;
	if (names_of(tr, name, q->dns_type, &out)) {
		struct reader rd = reader_of(buf_view(&out));
		struct buf raw;
		struct str part;
		buf_init(&raw, 512 * KIB);
		y = reply_new(NULL);
		y->names = arena_array(y->arena, ARRAY_SIZE(parts) + 1, sizeof(*y->names));
		for (size_t i = 0; i < ARRAY_SIZE(parts) && reader_blob(&rd, &part) == 0; i++) {
			name_value(y, str_c(parts[i]), part);
			buf_str(&raw, part);
			buf_char(&raw, '\n');
		}
		y->body = y->header = y->response = arena_str(y->arena, buf_view(&raw));
		buf_free(&raw);
	}
	buf_free(&out);
	return y;
}

struct reply *trun_other(struct trun *tr, enum template_protocol protocol, const struct template_request *q)
{
	struct str host;
	uint16_t port;
	struct reply *y = NULL;
	if (tr->r->stopping || tr->sends >= LIMIT_TEMPLATE_SENDS)
		return NULL;
	if (protocol == TEMPLATE_DNS) {
		y = dns_reply(tr, q);
	} else if (protocol == TEMPLATE_SSL) {
		y = tls_reply(tr, q);
	} else if (place_of(tr, &q->target, &host, &port)) {
		if (!take_turn(tr))
			return NULL;
		y = q->tls ? tcp_tls(tr, q, host, port) : tcp_plain(tr, q, host, port);
		wire_turn_over(tr->p);
	}
	return y ? kept(tr, y) : NULL;
}
