/* The `request` of a POC's rule: method and path, raw text, or bytes over TCP. */
#include "base/encode.h"
#include "base/limits.h"
#include "scan/template/poc_private.h"

/* ---- http ---- */

static bool site_name(struct str name)
{
	return str_eq(name, STR("BaseURL")) || str_eq(name, STR("RootURL")) ||
	       str_eq(name, STR("Hostname")) || str_eq(name, STR("Host")) ||
	       str_starts(name, STR("request.url"));
}

/* The same for every run against one site. */
static bool same(const struct template_pack *p, const struct template_text *t)
{
	const struct expr_use *use;
	size_t n = t->mixed ? expr_text_vars(t->mixed, p->scratch, &use) : 0;

	for (size_t i = 0; i < n; i++)
		if (use[i].function || !site_name(use[i].name))
			return false;
	return true;
}

static void set_fixed(const struct template_pack *p, struct template_request *q)
{
	q->fixed = same(p, &q->method) && same(p, &q->target) && same(p, &q->body);
	for (size_t i = 0; i < q->headers_len; i++)
		q->fixed = q->fixed && same(p, &q->headers[i].name) && same(p, &q->headers[i].value);
}

/* "/x" is below the target; "^/x" at its root; "x" and "{{path}}" get their slash. */
static struct str target_of(struct poc *c, struct str path, const struct template_block *b)
{
	if (str_starts(path, STR("^")))
		return arena_printf(c->p->arena, "{{RootURL}}%.*s", STR_ARG(str_from(path, 1)));
	if (str_istarts(path, STR("http://")) || str_istarts(path, STR("https://")) ||
	    str_starts(path, STR("{{BaseURL}}")) || str_starts(path, STR("{{RootURL}}")) ||
	    str_starts(path, STR("{{request.url}}")))
		return path;
	bool slash = str_starts(path, STR("/"));
	for (size_t i = 0; !slash && i < b->payloads_len; i++) {
		const struct template_payload *v = &b->payloads[i];
		struct str name = arena_printf(c->p->arena, "{{%.*s}}", STR_ARG(v->name));
		slash = str_starts(path, name) && v->len && str_starts(v->values[0].text, STR("/"));
	}
	return arena_printf(c->p->arena, "{{BaseURL}}%s%.*s", slash ? "" : "/", STR_ARG(path));
}

static bool is_multipart(const struct template_request *q, bool *has_type)
{
	*has_type = false;
	for (size_t i = 0; i < q->headers_len; i++)
		if (str_ieq(q->headers[i].name.text, STR("content-type"))) {
			*has_type = true;
			return str_ifind(q->headers[i].value.text, STR("multipart/")) == 0;
		}
	return false;
}

/* Lines of a multipart body end in CR LF, whatever the file has. */
static int body(struct poc *c, struct str text, struct template_request *q)
{
	bool has_type, multipart = is_multipart(q, &has_type);
	_cleanup_buf_ struct buf b = BUF_INIT(2 * LIMIT_EXPR_TEXT);

	text = str_trim(text);
	if (!text.len)
		return 0;
	q->has_body = true;
	for (size_t i = 0; i < text.len; i++) {
		if (multipart && text.ptr[i] == '\n' && (!i || text.ptr[i - 1] != '\r'))
			buf_char(&b, '\r');
		buf_char(&b, text.ptr[i]);
	}
	if (multipart)
		buf_c(&b, "\r\n");
	return poc_text(c, buf_view(&b), &q->body);
}

static int headers(struct poc *c, const struct yaml *y, bool typed, struct template_request *q)
{
	size_t n = y && y->kind == YAML_MAP ? y->len : 0;
	struct template_header *list = arena_array(c->p->arena, n + 2, sizeof(*list));
	bool has_type;

	q->headers = list;
	for (size_t i = 0; i < n; i++) {
		struct template_header *h = &list[q->headers_len++];
		if (poc_text(c, y->pairs[i].key, &h->name) < 0 ||
		    poc_text(c, str_trim(poc_scalar(y->pairs[i].value)), &h->value) < 0)
			return -1;
	}
	is_multipart(q, &has_type);
	if (typed && !has_type) { /* what both tools send when a POC does not say */
		struct template_header *h = &list[q->headers_len++];
		h->name.text = STR("Content-Type");
		h->value.text = STR("application/x-www-form-urlencoded");
	}
	return 0;
}

static int plain(struct poc *c, const struct yaml *y, struct template_block *b,
		 struct template_request *q)
{
	struct str method = str_trim(yaml_text(y, "method")), path = yaml_text(y, "path"),
		   text = yaml_text(y, "body");
	bool posts = str_ieq(method, STR("POST")) || str_ieq(method, STR("PUT"));

	if (poc_text(c, method.len ? method : STR("GET"), &q->method) < 0 ||
	    poc_text(c, target_of(c, str_trim(path), b), &q->target) < 0 ||
	    headers(c, yaml_get(y, "headers"), posts && str_trim(text).len, q) < 0 ||
	    body(c, text, q) < 0)
		return -1;
	set_fixed(c->p, q);
	return 0;
}

static bool take_line(struct str *rest, struct str *line)
{
	if (!rest->len)
		return false;
	ssize_t nl = str_chr(*rest, '\n');
	*line = str_sub(*rest, 0, nl < 0 ? rest->len : (size_t)nl);
	*rest = nl < 0 ? STR("") : str_from(*rest, (size_t)nl + 1);
	if (line->len && line->ptr[line->len - 1] == '\r')
		line->len--;
	return true;
}

static int raw(struct poc *c, struct str text, struct template_request *q)
{
	struct template_header *list;
	struct str line = STR("");
	size_t n = 0;

	q->raw = true;
	while (take_line(&text, &line) && !str_trim(line).len)
		;
	line = str_trim(line);
	ssize_t space = str_chr(line, ' '), version = str_find(line, STR(" HTTP/"));
	if (space <= 0)
		return error_set(c->e, "template.bad-raw", "raw 的首行不是请求行。",
				 "The first line of raw is no request line.");
	struct str target = str_sub(line, (size_t)space + 1,
				    version > space ? (size_t)version : line.len);
	if (poc_text(c, str_sub(line, 0, (size_t)space), &q->method) < 0 ||
	    poc_text(c, str_trim(target), &q->target) < 0)
		return -1;
	for (struct str scan = text; take_line(&scan, &line) && str_trim(line).len;)
		n++;
	list = arena_array(c->p->arena, n + 1, sizeof(*list));
	q->headers = list;
	while (take_line(&text, &line) && str_trim(line).len) {
		ssize_t colon = str_chr(line, ':');
		if (colon <= 0)
			continue;
		struct template_header *h = &list[q->headers_len++];
		if (poc_text(c, str_trim(str_sub(line, 0, (size_t)colon)), &h->name) < 0 ||
		    poc_text(c, str_trim(str_from(line, (size_t)colon + 1)), &h->value) < 0)
			return -1;
	}
	if (body(c, text, q) < 0)
		return -1;
	set_fixed(c->p, q);
	return 0;
}

/* ---- tcp ---- */

static int data(struct poc *c, struct str text, struct str type, struct template_input *in)
{
	in->hex = str_ieq(type, STR("hex"));
	if (poc_text(c, in->hex ? str_trim(text) : text, &in->data) < 0)
		return -1;
	if (!in->hex || in->data.mixed)
		return 0;
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_EXPR_TEXT);
	if (decode_hex(&b, in->data.text) < 0)
		return error_set(c->e, "template.bad-hex", "data 不是十六进制。",
				 "The data is not hexadecimal.");
	in->data.text = arena_str(c->p->arena, buf_view(&b));
	in->hex = false;
	return 0;
}

static uint32_t size_of(const struct yaml *y, const char *key, int64_t otherwise)
{
	int64_t n = yaml_int(y, key, otherwise);

	return n < 1 ? 1 : n > (int64_t)MIB ? (uint32_t)MIB : (uint32_t)n;
}

/* Write and read in turns; what is read gets the name it is saved as. */
static int turns(struct poc *c, const struct yaml *list, struct template_request *q)
{
	size_t n = yaml_items(list);
	struct template_input *in = arena_array(c->p->arena, n + 1, sizeof(*in));

	q->inputs = in;
	for (size_t i = 0; i < n; i++) {
		const struct yaml *step = yaml_item(list, i), *write = yaml_get(step, "write"),
				  *read = yaml_get(step, "read");
		if (write) {
			if (data(c, yaml_text(write, "data"), yaml_text(write, "data-type"),
				 &in[q->inputs_len++]) < 0)
				return -1;
		} else if (read) {
			/* a read without anything said before it: the greeting */
			bool joins = q->inputs_len && !in[q->inputs_len - 1].read;
			struct template_input *to = joins ? &in[q->inputs_len - 1] :
							    &in[q->inputs_len++];
			to->read = size_of(read, "read-size", 2048);
			to->name = template_intern(c->p, yaml_text(read, "save-as"));
		}
	}
	return 0;
}

static int tcp(struct poc *c, const struct yaml *y, bool tls, struct template_request *q)
{
	struct str host = str_trim(yaml_text(y, "host")), text = yaml_text(y, "data");
	int64_t port = yaml_int(y, "port", 0);
	const struct yaml *steps = yaml_get(y, "steps");

	if (!host.len)
		host = STR("{{Hostname}}");
	if (port > 0 && str_chr(host, ':') < 0)
		host = arena_printf(c->p->arena, "%.*s:%d", STR_ARG(host), (int)port);
	q->tls = tls;
	q->read_size = size_of(y, "read-size", 2048);
	if (poc_text(c, host, &q->target) < 0)
		return -1;
	if (steps)
		return turns(c, steps, q);
	if (!text.len)
		return 0;
	struct template_input *in = arena_new_of(c->p->arena, struct template_input);
	q->inputs = in;
	q->inputs_len = 1;
	return data(c, text, yaml_text(y, "data-type"), in);
}

int poc_request(struct poc *c, const struct yaml *y, struct template_block *b)
{
	struct template_request *q = arena_new_of(c->p->arena, struct template_request);
	struct str type = str_trim(yaml_text(y, "type")), text = yaml_text(y, "raw");

	b->requests = q;
	b->requests_len = 1;
	if (str_ieq(type, STR("tcp")) || str_ieq(type, STR("ssl"))) {
		b->protocol = TEMPLATE_TCP;
		return tcp(c, y, str_ieq(type, STR("ssl")), q);
	}
	if (type.len && !str_ieq(type, STR("http")) && !str_ieq(type, STR("https")))
		return error_set(c->e, "template.unsupported", "不支持 %.*s 类型的请求。",
				 "Requests of the type %.*s are not supported.",
				 STR_ARG(str_sub(type, 0, 20)));
	b->protocol = TEMPLATE_HTTP;
	b->redirects = yaml_bool(y, "follow_redirects", false) ? REDIRECTS_YES : REDIRECTS_NO;
	b->max_redirects = 10;
	return str_trim(text).len ? raw(c, text, q) : plain(c, y, b, q);
}
