/* Values of a running template: variables, payloads, what was extracted, what the site is
 * called, and every field of its answers, also of earlier ones (body_2). Values are data:
 * they go into requests and comparisons, never back through the compiler. */
#include "base/limits.h"
#include "scan/template/run_private.h"

static uint64_t env_random(void *ctx)
{
	struct trun *tr = ctx;
	if (!tr->p)
		return 4;
	return (uint64_t)probe_number(tr->p, 0, UINT32_MAX) << 32 | probe_number(tr->p, 0, UINT32_MAX);
}

static void env_sleep(void *ctx, unsigned ms)
{
	struct trun *tr = ctx;
	if (tr->p)
		probe_sleep(tr->p, ms > 10000 ? 10000 : ms);
}

static int64_t env_now(void *ctx)
{
	return clock_wall_ms(((struct trun *)ctx)->r->clock);
}

static void start_vars(struct trun *tr)
{
	for (size_t i = 0; i < tr->t->vars_len; i++) {
		const struct template_var *v = &tr->t->vars[i];
		struct value out;
		struct str text;
		tr->env.steps = 0;
		tr->env.arena = tr->scratch; /* what stays is copied */
		tr->oob_in_vars = true;
		if (v->expr) {
			if (expr_eval(v->expr, &tr->env, &out) == 0)
				trun_bind(tr, v->name, out);
		} else if (trun_render(tr, &v->text, tr->scratch, &text)) {
			trun_bind(tr, v->name, value_of_str(text));
		}
		arena_reset(tr->scratch);
	}
	tr->env.arena = tr->keep;
	tr->oob_in_vars = false;
}

static bool env_oob_make(void *ctx, struct value *ret);
static bool env_oob_wait(void *ctx, const struct value *oob, struct str protocol, double seconds, struct value *ret);

void trun_init(struct trun *tr, struct probe *p, struct run *r, const struct template *t, struct str base)
{
	memset(tr, 0, sizeof(*tr));
	tr->p = p;
	tr->r = r;
	tr->ts = r->templates;
	tr->t = t;
	tr->keep = arena_new(32 * MIB);
	tr->scratch = arena_new(64 * MIB);
	tr->jar = cookie_jar_new();
	tr->base = base;
	url_parse(tr->keep, base, NULL, URL_RAW_PATH, &tr->base_url, NULL);
	tr->env = (struct expr_env){ .arena = tr->keep, .ctx = tr, .get = trun_get, .random = env_random,
				     .now_ms = env_now, .sleep_ms = env_sleep, .regexes = tr->ts->regexes };
	if (p && probe_oob_ready(p)) {
		tr->env.oob_make = env_oob_make;
		tr->env.oob_wait = env_oob_wait;
	}
	if (p)
		start_vars(tr);
}

void trun_free(struct trun *tr)
{
	for (size_t i = 0; i < tr->held.len; i++)
		reply_unref(tr->held.ptr[i]);
	vec_free(&tr->held);
	vec_free(&tr->history);
	vec_free(&tr->binds);
	vec_free(&tr->hits);
	vec_free(&tr->waiting);
	cookie_jar_free(tr->jar);
	arena_free(tr->keep);
	arena_free(tr->scratch);
}

#define KEEP_LEAST (2 * MIB) /* of trun.keep; copies stop there */

/* Is there room for n more values of this size? */
static bool roomy(const struct arena *a, size_t n, size_t size)
{
	return arena_left(a) > KEEP_LEAST && n < (arena_left(a) - KEEP_LEAST) / size;
}

static struct value copy_value(struct arena *a, struct value v)
{
	if ((v.type == VALUE_LIST && !roomy(a, v.list.len + 1, sizeof(struct value))) ||
	    (v.type == VALUE_MAP && !roomy(a, v.map.len + 1, sizeof(struct value_pair) + KIB)))
		return (struct value){ 0 };
	if (v.type == VALUE_STR)
		v.str = roomy(a, 256 * KIB, 1) ? arena_str(a, str_sub(v.str, 0, 256 * KIB)) : STR("");
	if (v.type == VALUE_LIST) {
		struct value *items = arena_array(a, v.list.len + 1, sizeof(*items));
		for (size_t i = 0; i < v.list.len; i++)
			items[i] = copy_value(a, v.list.items[i]);
		v.list.items = items;
	}
	if (v.type == VALUE_MAP) {
		struct value_pair *pairs = arena_array(a, v.map.len + 1, sizeof(*pairs));
		for (size_t i = 0; i < v.map.len; i++)
			pairs[i] = (struct value_pair){ arena_str(a, str_sub(v.map.pairs[i].key, 0, KIB)), copy_value(a, v.map.pairs[i].value) };
		v.map.pairs = pairs;
	}
	return v;
}

void trun_bind(struct trun *tr, struct str name, struct value v)
{
	if (arena_left(tr->keep) < 4 * MIB)
		return;
	v = copy_value(tr->keep, v);
	for (size_t i = 0; i < tr->binds.len; i++)
		if (str_eq(tr->binds.ptr[i].name, name)) {
			tr->binds.ptr[i].value = v;
			return;
		}
	*vec_push(&tr->binds) = (struct bind){ arena_str(tr->keep, name), v };
}

bool trun_render(struct trun *tr, const struct template_text *t, struct arena *a, struct str *ret)
{
	struct arena *before = tr->env.arena;
	if (!t->mixed) {
		*ret = t->text;
		return true;
	}
	struct buf b;
	buf_init(&b, 2 * MIB);
	tr->env.unresolved = 0;
	tr->env.steps = 0;
	tr->env.arena = tr->scratch;
	int r = expr_text_render(t->mixed, &tr->env, &b);
	tr->env.arena = before;
	bool room = arena_left(a) > b.len + MIB && arena_left(tr->scratch) > 8 * MIB;
	*ret = room ? arena_str(a, buf_view(&b)) : STR("");
	buf_free(&b);
	return r == 0 && room && tr->env.unresolved == 0;
}

/* ---- the site's names ---- */

static struct str label_of(struct str host, bool first)
{
	struct str domain = url_registrable_domain(host);
	if (first) {
		size_t n = host.len > domain.len ? host.len - domain.len : 0;
		return n ? str_sub(host, 0, n - 1) : STR("");
	}
	ssize_t dot = str_chr(domain, '.');
	return dot < 0 ? domain : str_sub(domain, 0, (size_t)dot);
}

static bool site_value(struct trun *tr, struct str name, struct value *ret)
{
	const struct url *u = &tr->base_url;
	struct buf b;
	struct str s;
	buf_init(&b, 16 * KIB);
	if (str_eq(name, STR("BaseURL"))) {
		s = tr->base;
	} else if (str_eq(name, STR("RootURL"))) {
		url_write_origin(&b, u);
		s = arena_str(tr->scratch, buf_view(&b));
	} else if (str_eq(name, STR("Hostname"))) {
		url_write_host(&b, u);
		s = arena_str(tr->scratch, buf_view(&b));
	} else if (str_eq(name, STR("Host")) || str_eq(name, STR("FQDN"))) {
		s = u->host;
	} else if (str_eq(name, STR("Port"))) {
		s = arena_printf(tr->scratch, "%u", (unsigned)u->port);
	} else if (str_eq(name, STR("Scheme"))) {
		s = u->scheme;
	} else if (str_eq(name, STR("Path"))) {
		s = str_eq(u->path, STR("/")) ? STR("") : u->path;
	} else if (str_eq(name, STR("File"))) {
		s = STR("");
	} else if (str_eq(name, STR("RDN"))) {
		s = url_registrable_domain(u->host);
		s = s.len ? s : u->host;
	} else if (str_eq(name, STR("DN"))) {
		s = label_of(u->host, false);
	} else if (str_eq(name, STR("SD"))) {
		s = label_of(u->host, true);
	} else if (str_eq(name, STR("TLD"))) {
		ssize_t dot = str_rchr(u->host, '.');
		s = u->host_kind == URL_HOST_NAME && dot >= 0 ? str_from(u->host, (size_t)dot + 1) : STR("");
	} else {
		buf_free(&b);
		return false;
	}
	buf_free(&b);
	*ret = value_of_str(s);
	return true;
}

/* ---- out of band ---- */

static struct str oob_address(struct trun *tr, const struct scan_oob_name *n)
{
	if (n->dns)
		return n->host;
	ssize_t at = str_find(n->url, STR("://"));
	return at < 0 ? n->url : str_from(n->url, (size_t)at + 3);
}

static bool oob_name(struct trun *tr, struct scan_oob_name *ret)
{
	struct scan_oob_name n;
	if (!tr->p || !probe_oob_host(tr->p, &n))
		return false;
	*ret = (struct scan_oob_name){ arena_str(tr->keep, n.token), arena_str(tr->keep, n.host),
				       arena_str(tr->keep, n.url), n.dns };
	*vec_push(&tr->waiting) = *ret;
	return true;
}

/* {{interactsh-url}}: one name for a request, another for the variables. */
static bool oob_value(struct trun *tr, struct value *ret)
{
	if (tr->oob_in_vars) {
		struct scan_oob_name n;
		if (!oob_name(tr, &n))
			return false;
		*ret = value_of_str(oob_address(tr, &n));
		return true;
	}
	if (!tr->oob_used && !oob_name(tr, &tr->oob))
		return false;
	tr->oob_used = true;
	*ret = value_of_str(oob_address(tr, &tr->oob));
	return true;
}

static bool env_oob_make(void *ctx, struct value *ret)
{
	struct trun *tr = ctx;
	struct scan_oob_name n;
	if (!oob_name(tr, &n))
		return false;
	struct value_pair *p = arena_array(tr->keep, 11, sizeof(*p));
	p[0] = (struct value_pair){ STR("token"), value_of_str(n.token) };
	p[1] = (struct value_pair){ STR("url"), value_of_str(n.url) };
	p[2] = (struct value_pair){ STR("domain"), value_of_str(n.host) };
	p[3] = (struct value_pair){ STR("ip"), value_of_str(n.dns ? STR("") : n.host) };
	p[4] = (struct value_pair){ STR("is_domain_name_server"), value_of_bool(n.dns) };
	p[5] = (struct value_pair){ STR("dns"), value_of_str(n.host) };
	p[6] = (struct value_pair){ STR("HTTP"), value_of_str(n.url) };
	p[7] = (struct value_pair){ STR("DNS"), value_of_str(n.host) };
	p[8] = (struct value_pair){ STR("ProtocolHTTP"), value_of_str(STR("http")) };
	p[9] = (struct value_pair){ STR("ProtocolDNS"), value_of_str(STR("dns")) };
	p[10] = (struct value_pair){ STR("Filter"), value_of_str(n.token) };
	*ret = (struct value){ .type = VALUE_MAP, .map = { p, 11 } };
	return true;
}

static bool env_oob_wait(void *ctx, const struct value *oob, struct str protocol, double seconds, struct value *ret)
{
	struct trun *tr = ctx;
	struct value token;
	struct scan_oob_hit hits[8];
	unsigned ms = seconds <= 0 ? 0 : seconds > 10 ? 10000 : (unsigned)(seconds * 1000);
	*ret = value_of_bool(false);
	if (!value_get(oob, STR("token"), &token) || token.type != VALUE_STR)
		return true;
	int n = probe_oob_wait(tr->p, token.str, ms, hits, 8);
	for (int i = 0; i < n; i++) {
		struct str kind = hits[i].kind == SCAN_OOB_DNS ? STR("dns") : STR("http");
		if (str_empty(protocol) || str_ieq(protocol, kind))
			*ret = value_of_bool(true);
	}
	return true;
}

static bool hit_value(struct trun *tr, struct str name, struct value *ret)
{
	if (str_eq(name, STR("interactsh-url")) || str_eq(name, STR("interactsh_url")) ||
	    str_starts(name, STR("interactsh-url_")))
		return oob_value(tr, ret);
	if (!tr->oob_hit)
		return false;
	const struct scan_oob_hit *h = tr->oob_hit;
	if (str_eq(name, STR("interactsh_protocol")))
		*ret = value_of_str(h->kind == SCAN_OOB_DNS ? STR("dns") : STR("http"));
	else if (str_eq(name, STR("interactsh_request")))
		*ret = value_of_str(h->what);
	else if (str_eq(name, STR("interactsh_ip")))
		*ret = value_of_str(h->from);
	else if (str_eq(name, STR("interactsh_response")))
		*ret = value_of_str(STR(""));
	else
		return false;
	return true;
}

/* ---- fields of an answer ---- */

static bool snake_eq(struct str header, struct str name)
{
	if (header.len != name.len)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char h = header.ptr[i] == '-' ? '_' : ascii_lower(header.ptr[i]);
		char n = name.ptr[i] == '-' ? '_' : ascii_lower(name.ptr[i]);
		if (h != n)
			return false;
	}
	return true;
}

static bool header_value(struct trun *tr, const struct scan_exchange *x, struct str name, struct value *ret)
{
	struct buf b;
	bool found = false;
	buf_init(&b, 64 * KIB);
	for (size_t i = 0; i < x->headers.len; i++)
		if (snake_eq(x->headers.list[i].name, name)) {
			if (found)
				buf_char(&b, ' ');
			buf_str(&b, x->headers.list[i].value);
			found = true;
		}
	if (found)
		*ret = value_of_str(arena_str(tr->scratch, buf_view(&b)));
	buf_free(&b);
	size_t at = 0;
	struct str line;
	while (!found && scan_header_next(&x->headers, "set-cookie", &at, &line)) {
		ssize_t eq = str_chr(line, '='), end = str_chr(line, ';');
		if (eq <= 0 || !snake_eq(str_trim(str_sub(line, 0, (size_t)eq)), name))
			continue;
		*ret = value_of_str(str_trim(str_sub(line, (size_t)eq + 1, end < eq ? line.len : (size_t)end)));
		found = true;
	}
	return found;
}

static double length_of(const struct reply *y)
{
	uint64_t n;
	if (y->a && str_to_u64(str_trim(scan_header_get(&y->a->x.headers, "content-length")), &n) == 0)
		return (double)n;
	return (double)y->body.len;
}

static struct value headers_map(struct trun *tr, const struct scan_headers *h)
{
	struct value_pair *p = arena_array(tr->scratch, h->len + 1, sizeof(*p));
	for (size_t i = 0; i < h->len; i++)
		p[i] = (struct value_pair){ h->list[i].name, value_of_str(h->list[i].value) };
	return (struct value){ .type = VALUE_MAP, .map = { p, h->len } };
}

static struct str title_of(const struct scan_exchange *x)
{
	size_t at = 0;
	const struct scan_tag *t = x->page ? scan_page_tag(x->page, "title", &at) : NULL;
	return t ? str_trim(t->inner) : STR("");
}

/* request.* and what else POC expressions ask about the exchange. */
static bool request_value(struct trun *tr, struct reply *y, struct str name, struct value *ret)
{
	const struct scan_exchange *x = y->a ? &y->a->x : NULL;
	if (!x || !str_starts(name, STR("request.")))
		return false;
	name = str_from(name, 8);
	struct str s;
	if (str_eq(name, STR("url")))
		s = x->url;
	else if (str_eq(name, STR("method")))
		s = x->method;
	else if (str_eq(name, STR("body")))
		s = x->request_body;
	else if (str_eq(name, STR("raw")))
		s = x->request;
	else if (str_eq(name, STR("url.host")))
		s = arena_printf(tr->scratch, "%.*s:%u", STR_ARG(x->host), (unsigned)x->port);
	else if (str_eq(name, STR("url.domain")))
		s = x->host;
	else if (str_eq(name, STR("url.scheme")))
		s = x->scheme;
	else if (str_eq(name, STR("url.path")))
		s = x->path;
	else if (str_eq(name, STR("url.query")))
		s = x->query;
	else if (str_eq(name, STR("url.port")))
		s = arena_printf(tr->scratch, "%u", (unsigned)x->port);
	else if (str_eq(name, STR("headers"))) {
		*ret = headers_map(tr, &x->request_headers);
		return true;
	} else
		return false;
	*ret = value_of_str(s);
	return true;
}

static bool reply_value(struct trun *tr, struct reply *y, struct str name, struct value *ret)
{
	const struct scan_exchange *x = y->a ? &y->a->x : NULL;
	for (size_t i = 0; i < y->names_len; i++)
		if (str_eq(y->names[i].name, name)) {
			*ret = y->names[i].value;
			return true;
		}
	bool poc = str_starts(name, STR("response."));
	struct str n = poc ? str_from(name, 9) : name;
	if (str_eq(n, STR("body")) || str_eq(n, STR("response_text")))
		*ret = value_of_str(y->body);
	else if (str_eq(n, STR("header")) || str_eq(n, STR("all_headers")) || str_eq(n, STR("raw_header")))
		*ret = value_of_str(y->header);
	else if (str_eq(n, STR("response")) || str_eq(n, STR("raw")) || str_eq(n, STR("all")))
		*ret = value_of_str(reply_response(y));
	else if (str_eq(n, STR("status_code")) || (poc && str_eq(n, STR("status"))))
		*ret = value_of_num(y->status);
	else if (str_eq(n, STR("content_length")))
		*ret = value_of_num(length_of(y));
	else if (str_eq(n, STR("duration")))
		*ret = value_of_num(y->seconds);
	else if (poc && str_eq(n, STR("latency")))
		*ret = value_of_num((double)(int64_t)(y->seconds * 1000));
	else if (poc && str_eq(n, STR("headers")) && x)
		*ret = headers_map(tr, &x->headers);
	else if (str_eq(n, STR("host")))
		*ret = value_of_str(tr->base_url.host);
	else if ((str_eq(n, STR("title")) || str_eq(n, STR("page_title"))) && x)
		*ret = value_of_str(title_of(x));
	else if (str_eq(n, STR("matched")) && x)
		*ret = value_of_str(x->url);
	else if (str_eq(n, STR("request")) && x)
		*ret = value_of_str(x->request);
	else if (str_eq(n, STR("ip")))
		*ret = value_of_str(tr->base_url.host_kind == URL_HOST_NAME ? STR("") : tr->base_url.host);
	else if (request_value(tr, y, name, ret))
		return true;
	else
		return x && header_value(tr, x, n, ret);
	return true;
}

/* request.url of POCs before anything was sent: the target. */
static bool target_value(struct trun *tr, struct str name, struct value *ret)
{
	const struct url *u = &tr->base_url;
	struct str s;
	if (str_eq(name, STR("request.url")) || str_eq(name, STR("target")) || str_eq(name, STR("fulltarget")))
		s = tr->base;
	else if (str_eq(name, STR("request.url.host")))
		s = arena_printf(tr->scratch, u->port == (str_eq(u->scheme, STR("https")) ? 443 : 80) ? "%.*s" : "%.*s:%u",
				 STR_ARG(u->host), (unsigned)u->port);
	else if (str_eq(name, STR("request.url.domain")))
		s = u->host;
	else if (str_eq(name, STR("request.url.port")))
		s = arena_printf(tr->scratch, "%u", (unsigned)u->port);
	else if (str_eq(name, STR("request.url.scheme")))
		s = u->scheme;
	else if (str_eq(name, STR("request.url.path")))
		s = u->path;
	else if (str_eq(name, STR("request.url.query")))
		s = u->query;
	else
		return false;
	*ret = value_of_str(s);
	return true;
}

/* "body_2": of the second answer. */
static bool numbered_value(struct trun *tr, struct str name, struct value *ret)
{
	ssize_t at = str_rchr(name, '_');
	uint64_t n;
	if (at <= 0 || str_to_u64(str_from(name, (size_t)at + 1), &n) < 0 || n == 0 || n > tr->history.len)
		return false;
	struct reply *y = tr->history.ptr[n - 1];
	tr->looked |= n <= 64 ? (uint64_t)1 << (n - 1) : 0;
	return y && reply_value(tr, y, str_sub(name, 0, (size_t)at), ret);
}

bool trun_get(void *ctx, struct str name, struct value *ret)
{
	struct trun *tr = ctx;
	for (size_t i = tr->binds.len; i-- > 0;)
		if (str_eq(tr->binds.ptr[i].name, name)) {
			*ret = tr->binds.ptr[i].value;
			return true;
		}
	if (site_value(tr, name, ret) || hit_value(tr, name, ret))
		return true;
	if (str_eq(name, STR("randstr")) || str_starts(name, STR("randstr_"))) {
		if (!tr->p)
			return false;
		*ret = value_of_str(probe_word(tr->p, 27));
		trun_bind(tr, name, *ret);
		return true;
	}
	if (tr->now && reply_value(tr, tr->now, name, ret))
		return true;
	if (target_value(tr, name, ret))
		return true;
	return numbered_value(tr, name, ret);
}
