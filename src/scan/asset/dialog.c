/* What speaks at an open port: first its greeting, then the probes that the table names
 * for that port, then the common ones; inside TLS when it turns out to be TLS. Stops at
 * the first rule that knows the answer; a rule of the whole protocol only settles it when
 * nothing better comes. */
#include "base/clock.h"
#include "scan/asset/asset_private.h"

#define GREETING_MS 1500
#define GREETING_SHORT_MS 350 /* at ports where the client speaks first */

struct dialog {
	struct asset_task *t;
	struct asset_port *p;
	int64_t until_ms;
	bool settled;	     /* by a rule that is not generic */
	struct str unknown;  /* first answer that nothing knew */
	unsigned asked, silent;
	bool looks_tls;
};

static const uint16_t tls_ports[] = { 443,  465,  563,	636,  853,  989,  990,	992,  993,  995,  2083, 2087, 2096,
				      2376, 3269, 4443, 5061, 5671, 5986, 6443, 8443, 8444, 8445, 8883, 9443, 9444,
				      10250, 10443, 12443, 18443, 61617 };

static bool is_tls_port(uint16_t port)
{
	for (size_t i = 0; i < sizeof(tls_ports) / sizeof(tls_ports[0]); i++)
		if (tls_ports[i] == port)
			return true;
	return false;
}

static bool hinted(const struct service_probe *probe, uint16_t port)
{
	for (size_t i = 0; i < probe->ports_len; i++)
		if (probe->ports[i] == port)
			return true;
	return false;
}

struct str asset_printable(struct arena *a, struct str bytes, size_t max)
{
	_cleanup_buf_ struct buf b = BUF_INIT(4 * max + 16);

	for (size_t i = 0; i < bytes.len && i < max; i++) {
		unsigned char c = (unsigned char)bytes.ptr[i];

		if (c == '\n' || c == '\t' || (c >= 32 && c < 127))
			buf_char(&b, (char)c);
		else if (c == '\r')
			continue;
		else
			buf_printf(&b, "\\x%02x", c);
	}
	return arena_str(a, buf_view(&b));
}

/* The payload with {host} filled in. */
static struct str payload_of(struct asset_task *t, const struct service_probe *probe)
{
	struct str s = probe->payload, host = t->run->o->host;
	_cleanup_buf_ struct buf b = BUF_INIT(8 * KIB);
	bool v6 = str_chr(host, ':') >= 0;
	ssize_t at;

	while ((at = str_find(s, STR("{host}"))) >= 0) {
		buf_str(&b, str_sub(s, 0, (size_t)at));
		buf_printf(&b, v6 ? "[%.*s]" : "%.*s", STR_ARG(host));
		s = str_from(s, (size_t)at + 6);
	}
	buf_str(&b, s);
	return arena_str(t->run->arena, buf_view(&b));
}

static void keep(struct asset_run *r, struct asset_port *p, const char *probe, struct str bytes)
{
	if (p->answers_len < ASSET_ANSWERS)
		p->answers[p->answers_len++] =
			(struct asset_answer){ probe, arena_str(r->arena, str_sub(bytes, 0, LIMIT_ASSET_ANSWER)) };
}

/* Every rule that knows this answer adds its software. */
static void note_also(struct asset_run *r, struct asset_port *p, struct str probe, struct str bytes)
{
	char key[40];

	snprintf(key, sizeof(key), ",%.*s,", STR_ARG(probe));
	for (size_t i = 0; i < service_rules_len && p->also_len < ASSET_MATCHES; i++) {
		struct service_match m;

		if (service_rules[i].generic || !strstr(service_rules[i].probes, key) ||
		    &service_rules[i] == p->match.rule || !service_rule_matches(r->set, i, bytes))
			continue;
		if (service_match_rule(r->set, i, bytes, r->arena, &m) && m.product.len &&
		    !str_eq(m.product, p->match.product))
			p->also[p->also_len++] = m;
	}
}

static bool tls_words(struct str b)
{
	const unsigned char *p = (const unsigned char *)b.ptr;

	if (b.len >= 5 && (p[0] == 0x15 || p[0] == 0x16) && p[1] == 3 && p[2] <= 4)
		return true;
	return str_starts(b, STR("HTTP/1.")) && str_sub(b, 0, 16).len > 12 && b.ptr[9] == '4' &&
	       (str_ihas(b, STR("HTTP request was sent to HTTPS port")) ||
		str_ihas(b, STR("HTTP request to an HTTPS server")) ||
		str_ihas(b, STR("This combination of host and port requires TLS")));
}

/* True when the dialogue is over. */
static bool judge(struct dialog *d, const struct service_probe *probe, struct str bytes)
{
	struct asset_run *r = d->t->run;
	struct service_match m;

	if (!d->p->tls && tls_words(bytes)) {
		d->looks_tls = true;
		return true;
	}
	if (str_starts(bytes, STR("HTTP/1.")))
		d->p->http = true;
	if (!service_match(r->set, str_c(probe->id), bytes, r->arena, &m)) {
		if (!d->unknown.len)
			d->unknown = arena_str(r->arena, str_sub(bytes, 0, 512));
		return false;
	}
	keep(r, d->p, probe->id, bytes);
	if (!d->p->match.rule || (d->p->match.rule->generic && !m.rule->generic))
		d->p->match = m;
	if (!m.rule->generic)
		d->settled = true;
	note_also(r, d->p, str_c(probe->id), bytes);
	return true;
}

static bool over(const struct dialog *d)
{
	return d->t->run->verdict != SCAN_GO || clock_mono_ms(&clock_system) >= d->until_ms;
}

/* Greeting, and on the same silent connection the first probe. True when it is over. */
static bool greet(struct dialog *d, const struct service_probe *first)
{
	struct asset_chat c;
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_ASSET_ANSWER);
	bool talks = first && hinted(first, d->p->number);
	bool done = false;

	if (asset_chat_open(d->t, d->p->number, d->p->tls, &c) < 0)
		return d->p->tls;
	if (asset_chat_read(&c, &b, talks || d->p->tls ? GREETING_SHORT_MS : GREETING_MS)) {
		d->p->greets = true;
		done = judge(d, &service_probes[0], buf_view(&b));
	} else if (first && asset_chat_send(&c, payload_of(d->t, first)) == 0) {
		d->asked++;
		if (asset_chat_read(&c, &b, first->wait_ms))
			done = judge(d, first, buf_view(&b));
		else
			d->silent++;
	}
	asset_chat_close(&c);
	return done;
}

size_t asset_ask(struct asset_task *t, const struct asset_port *p, const struct service_probe *probe,
		 struct buf *out, struct str *ret_sent)
{
	struct asset_chat c;
	struct str sent = payload_of(t, probe);
	size_t n = 0;

	if (ret_sent)
		*ret_sent = sent;
	if (asset_chat_open(t, p->number, p->tls, &c) < 0)
		return 0;
	if (p->greets)
		n = asset_chat_read(&c, out, GREETING_MS);
	if (!sent.len || asset_chat_send(&c, sent) == 0)
		n += asset_chat_read(&c, out, probe->wait_ms ? probe->wait_ms : GREETING_MS);
	asset_chat_close(&c);
	return n;
}

/* The probes in the order for this port; at most max. */
static size_t order(const struct asset_port *p, const struct service_probe **list, size_t max)
{
	size_t n = 0;

	for (size_t i = 1; i < service_probes_len && n < max; i++)
		if (hinted(&service_probes[i], p->number) && service_probes[i].order != 1)
			list[n++] = &service_probes[i];
	/* HTTP first where it is at home: its paths ask more precisely afterwards. */
	for (int rank = 1; rank < 30; rank++)
		for (size_t i = 1; i < service_probes_len && n < max; i++) {
			const struct service_probe *s = &service_probes[i];

			if (s->order != rank || (rank != 1 && hinted(s, p->number)))
				continue;
			if (rank == 1 && hinted(s, p->number)) {
				memmove(list + 1, list, n * sizeof(*list));
				list[0] = s;
			} else {
				list[n] = s;
			}
			n++;
		}
	return n;
}

static bool is_http(const struct service_probe *s)
{
	return str_starts(s->payload, STR("GET ")) || str_starts(s->payload, STR("POST "));
}

/* An HTTP service may say more at a path that only it has. */
static void ask_paths(struct dialog *d)
{
	for (size_t i = 1; i < service_probes_len && !over(d); i++) {
		const struct service_probe *s = &service_probes[i];
		_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_ASSET_ANSWER);
		struct asset_run *r = d->t->run;
		struct service_match m;

		if (s->order || !is_http(s) || !hinted(s, d->p->number) || !asset_ask(d->t, d->p, s, &b, NULL) ||
		    !service_match(r->set, str_c(s->id), buf_view(&b), r->arena, &m) || m.rule->generic)
			continue;
		keep(r, d->p, s->id, buf_view(&b));
		if (d->p->match.rule && d->p->match.product.len && d->p->also_len < ASSET_MATCHES)
			d->p->also[d->p->also_len++] = d->p->match;
		d->p->match = m;
		d->settled = true;
	}
}

static void converse(struct dialog *d)
{
	const struct service_probe *list[40];
	size_t n = order(d->p, list, 40);
	bool done;

	d->settled = d->looks_tls = false;
	d->silent = 0;
	done = greet(d, n ? list[0] : NULL);
	for (size_t i = d->p->greets ? 0 : 1; i < n && !done && !over(d); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_ASSET_ANSWER);

		/* One that greets in words of its own is not asked everything. */
		if (d->p->greets && !hinted(list[i], d->p->number) && list[i]->order > 2)
			break;
		if (d->p->http && !is_http(list[i]))
			continue;
		d->asked++;
		if (asset_ask(d->t, d->p, list[i], &b, NULL))
			done = judge(d, list[i], buf_view(&b));
		else
			d->silent++;
	}
	if (d->p->http && !d->looks_tls)
		ask_paths(d);
}

/* Does a TLS handshake work here? */
static bool speaks_tls(struct dialog *d)
{
	struct asset_chat c;
	bool yes = asset_chat_open(d->t, d->p->number, true, &c) == 0;

	if (yes)
		asset_chat_close(&c);
	return yes;
}

/* A second question where the first rule leaves the version open. */
static void refine(struct dialog *d)
{
	static const struct {
		const char *service, *probe;
	} more[] = { { "redis", "redis-info" }, { "mongodb", "mongodb-build" } };

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		const struct service_probe *s = service_probe_find(str_c(more[i].probe));
		_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_ASSET_ANSWER);
		struct asset_run *r = d->t->run;
		struct service_match m;

		if (!str_eq(d->p->match.service, str_c(more[i].service)) || d->p->match.version.len || !s ||
		    over(d) || !asset_ask(d->t, d->p, s, &b, NULL) ||
		    !service_match(r->set, str_c(s->id), buf_view(&b), r->arena, &m) || m.rule->generic)
			continue;
		keep(r, d->p, s->id, buf_view(&b));
		d->p->match = m;
	}
}

static void one_port(struct asset_task *t)
{
	struct asset_port *p = &t->run->ports.ptr[t->index];
	struct dialog d = { .t = t, .p = p, .until_ms = clock_mono_ms(&clock_system) + LIMIT_ASSET_PORT_MS };

	if (is_tls_port(p->number))
		p->tls = speaks_tls(&d);
	converse(&d);
	if (!p->tls && (d.looks_tls || (!p->match.rule && !p->greets && !over(&d) && speaks_tls(&d)))) {
		p->tls = true;
		p->http = p->greets = false;
		p->match = (struct service_match){ 0 };
		p->answers_len = p->also_len = 0;
		d.unknown = STR_NULL;
		d.until_ms = clock_mono_ms(&clock_system) + LIMIT_ASSET_PORT_MS;
		converse(&d);
	}
	if (p->match.rule)
		refine(&d);
	else
		p->banner = asset_printable(t->run->arena, d.unknown, 200);
	asset_port_facts(t->run, p);
	asset_access(t, p);
}

void asset_services(struct asset_run *r)
{
	size_t n = r->ports.len;

	if (n > LIMIT_ASSET_SERVICES) {
		asset_log(r, "几乎所有端口都应答，像是有防火墙或诱捕系统代为应答；只识别其中一部分的服务。",
			  "Nearly every port answers, as firewalls and traps do; only some are examined.");
		n = LIMIT_ASSET_SERVICES;
	}
	asset_tasks(r, n, one_port);
}
