/* Requests as nuclei templates write them: method and paths, raw texts, and those of the
 * other protocols. */
#include "base/encode.h"
#include "base/limits.h"
#include "scan/template/nuclei_private.h"

/* Names whose values are the same for every template of a run. */
static bool site_name(struct str name)
{
	static const char *const names[] = { "BaseURL", "RootURL", "Hostname", "Host", "Port", "Scheme", "Path", "File",
					     "FQDN",	"RDN",	   "DN",       "SD",   "TLD" };
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(name, str_c(names[i])))
			return true;
	return false;
}

static bool text_fixed(const struct template_pack *p, const struct template_text *t)
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
	q->fixed = !q->bytes.text.len && text_fixed(p, &q->method) && text_fixed(p, &q->target) && text_fixed(p, &q->body) &&
		   !q->host.text.len && !q->sni.text.len;
	for (size_t i = 0; i < q->headers_len; i++)
		q->fixed = q->fixed && text_fixed(p, &q->headers[i].name) && text_fixed(p, &q->headers[i].value);
}

/* ---- raw ---- */

static int duration_ms(struct str s)
{
	size_t i = 0;
	int n = 0;
	s = str_trim(s);
	for (; i < s.len && ascii_digit(s.ptr[i]) && n < 100000; i++)
		n = n * 10 + (s.ptr[i] - '0');
	struct str unit = str_from(s, i);
	n = str_eq(unit, STR("ms")) ? n : str_eq(unit, STR("m")) ? n * 60000 : n * 1000;
	return n > 60000 ? 60000 : n;
}

static bool take_line(struct str *rest, struct str *line)
{
	if (str_empty(*rest))
		return false;
	ssize_t nl = str_chr(*rest, '\n');
	*line = str_sub(*rest, 0, nl < 0 ? rest->len : (size_t)nl);
	*rest = nl < 0 ? str_from(*rest, rest->len) : str_from(*rest, (size_t)nl + 1);
	if (line->len && line->ptr[line->len - 1] == '\r')
		line->len--;
	return true;
}

/* "@timeout: 20s" and the like, in front of the request line. */
static int annotations(struct template_pack *p, struct str *rest, struct template_request *q, struct error *e)
{
	for (;;) {
		struct str after = *rest, line;
		if (!take_line(&after, &line))
			return 0;
		line = str_trim(line);
		if (line.len && line.ptr[0] != '@')
			return 0;
		*rest = after;
		ssize_t colon = str_chr(line, ':');
		struct str value = colon < 0 ? STR("") : str_trim(str_from(line, (size_t)colon + 1));
		int r = 0;
		if (str_istarts(line, STR("@timeout")))
			q->timeout_ms = duration_ms(value);
		else if (str_istarts(line, STR("@once")))
			q->once = true;
		else if (str_istarts(line, STR("@host")))
			r = nuclei_text(p, value, &q->host, e);
		else if (str_istarts(line, STR("@tls-sni")))
			r = nuclei_text(p, value, &q->sni, e);
		else if (line.len)
			return error_set(e, "template.unsupported-annotation", "不支持的注解 %.*s。",
					 "The annotation %.*s is not supported.", STR_ARG(str_sub(line, 0, 40)));
		if (r < 0)
			return -1;
	}
}

static int request_line(struct template_pack *p, struct str line, struct template_request *q, struct error *e)
{
	ssize_t space = str_chr(line, ' ');
	if (space <= 0)
		return error_set(e, "template.bad-raw", "原始请求的首行“%.*s”不是请求行。",
				 "The first line \"%.*s\" of a raw request is no request line.", STR_ARG(str_sub(line, 0, 60)));
	struct str rest = str_from(line, (size_t)space + 1);
	for (ssize_t at; (at = str_find(rest, STR(" HTTP/"))) >= 0;) {
		struct str tail = str_from(rest, (size_t)at + 1);
		if (!str_has(tail, STR(" HTTP/"))) {
			rest = str_sub(rest, 0, (size_t)at);
			break;
		}
		size_t last = (size_t)at;
		while ((at = str_find(str_from(rest, last + 1), STR(" HTTP/"))) >= 0)
			last += (size_t)at + 1;
		rest = str_sub(rest, 0, last);
		break;
	}
	if (nuclei_text(p, str_sub(line, 0, (size_t)space), &q->method, e) < 0)
		return -1;
	return nuclei_text(p, str_trim(rest), &q->target, e);
}

static int header_lines(struct template_pack *p, struct str *rest, struct template_request *q, struct error *e)
{
	struct str line, scan = *rest;
	size_t n = 0;
	while (take_line(&scan, &line) && str_trim(line).len)
		n++;
	struct template_header *list = arena_array(p->arena, n, sizeof(*list));
	q->headers = list;
	while (take_line(rest, &line)) {
		if (str_empty(str_trim(line)))
			break;
		ssize_t colon = str_chr(line, ':');
		if (colon <= 0)
			continue;
		struct template_header *h = &list[q->headers_len++];
		if (nuclei_text(p, str_trim(str_sub(line, 0, (size_t)colon)), &h->name, e) < 0 ||
		    nuclei_text(p, str_trim(str_from(line, (size_t)colon + 1)), &h->value, e) < 0)
			return -1;
	}
	return 0;
}

static bool multipart(const struct template_request *q)
{
	for (size_t i = 0; i < q->headers_len; i++)
		if (str_ieq(q->headers[i].name.text, STR("content-type")) &&
		    str_istarts(q->headers[i].value.text, STR("multipart/")))
			return true;
	return false;
}

/* Lines end in CR LF on the wire, whatever the file has. */
static struct str with_crlf(struct buf *b, struct str text)
{
	if (str_has(text, STR("\r\n")))
		return text;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\n')
			buf_char(b, '\r');
		buf_char(b, text.ptr[i]);
	}
	return buf_view(b);
}

static int raw_body(struct template_pack *p, struct str body, struct template_request *q, struct error *e)
{
	struct buf b;
	buf_init(&b, body.len * 2 + 16);
	struct str s = with_crlf(&b, body);
	if (!multipart(q) && str_ends(s, STR("\r\n")))
		s.len -= 2;
	q->has_body = s.len > 0;
	int r = nuclei_text(p, s, &q->body, e);
	buf_free(&b);
	return r;
}

static int exact_bytes(struct template_pack *p, struct str text, struct template_request *q, struct error *e)
{
	struct buf b;
	buf_init(&b, text.len * 2 + 16);
	struct str s = with_crlf(&b, text);
	if (!str_has(s, STR("\r\n\r\n"))) {
		if (b.len == 0)
			buf_str(&b, s);
		buf_c(&b, str_ends(s, STR("\r\n")) ? "\r\n" : "\r\n\r\n");
		s = buf_view(&b);
	}
	int r = nuclei_text(p, s, &q->bytes, e);
	buf_free(&b);
	return r;
}

int nuclei_raw(struct template_pack *p, struct str text, bool unsafe, struct template_request *q, struct error *e)
{
	struct str line;
	q->raw = true;
	if (annotations(p, &text, q, e) < 0)
		return -1;
	if (unsafe && exact_bytes(p, text, q, e) < 0)
		return -1;
	if (!take_line(&text, &line))
		return error_set(e, "template.bad-raw", "原始请求是空的。", "A raw request is empty.");
	if (request_line(p, str_trim(line), q, e) < 0 || header_lines(p, &text, q, e) < 0 || raw_body(p, text, q, e) < 0)
		return -1;
	set_fixed(p, q);
	return 0;
}

/* ---- method and paths ---- */

static int plain_headers(struct template_pack *p, const struct yaml *y, const struct template_header **ret, size_t *ret_n,
			 struct error *e)
{
	size_t n = y && y->kind == YAML_MAP ? y->len : 0;
	struct template_header *list = arena_array(p->arena, n, sizeof(*list));
	for (size_t i = 0; i < n; i++)
		if (nuclei_text(p, y->pairs[i].key, &list[i].name, e) < 0 ||
		    nuclei_text(p, nuclei_scalar(y->pairs[i].value), &list[i].value, e) < 0)
			return -1;
	*ret = list;
	*ret_n = n;
	return 0;
}

static int paths(struct template_pack *p, const struct yaml *y, struct template_request *out, size_t n, struct error *e)
{
	struct template_request base = { 0 };
	struct str method = str_trim(yaml_text(y, "method"));
	struct str body = yaml_text(y, "body");
	if (nuclei_text(p, str_empty(method) ? STR("GET") : method, &base.method, e) < 0 ||
	    nuclei_text(p, body, &base.body, e) < 0 ||
	    plain_headers(p, yaml_get(y, "headers"), &base.headers, &base.headers_len, e) < 0)
		return -1;
	base.has_body = body.len > 0;
	for (size_t i = 0; i < n; i++) {
		out[i] = base;
		if (nuclei_text(p, str_trim(nuclei_scalar(yaml_item(yaml_get(y, "path"), i))), &out[i].target, e) < 0)
			return -1;
		set_fixed(p, &out[i]);
	}
	return 0;
}

int nuclei_http_requests(struct template_pack *p, const struct yaml *y, struct template_block *b, struct error *e)
{
	const struct yaml *raw = yaml_get(y, "raw"), *path = yaml_get(y, "path");
	size_t nr = yaml_items(raw), np = yaml_items(path);
	bool unsafe = yaml_bool(y, "unsafe", false);
	if (nr + np == 0 || nr + np > LIMIT_TEMPLATE_REQUESTS * 20)
		return error_set(e, "template.no-request", "没有请求（path 或 raw），或请求过多。",
				 "There is no request (path or raw), or too many.");
	struct template_request *out = arena_array(p->arena, nr + np, sizeof(*out));
	if (paths(p, y, out, np, e) < 0)
		return -1;
	for (size_t i = 0; i < nr; i++)
		if (nuclei_raw(p, nuclei_scalar(yaml_item(raw, i)), unsafe, &out[np + i], e) < 0)
			return -1;
	b->requests = out;
	b->requests_len = nr + np;
	return 0;
}

/* ---- other protocols ---- */

int nuclei_dns_requests(struct template_pack *p, const struct yaml *y, struct template_block *b, struct error *e)
{
	struct template_request *q = arena_new_of(p->arena, struct template_request);
	struct str type = str_trim(yaml_text(y, "type"));
	struct str name = str_trim(yaml_text(y, "name"));
	static const char *const known[] = { "A", "AAAA", "CNAME", "MX", "NS", "TXT", "SOA", "PTR", "CAA", "SRV", "DS" };
	bool ok = false;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		ok = ok || str_ieq(type, str_c(known[i]));
	if (!ok && type.len)
		return error_set(e, "template.unsupported-dns", "不支持的 DNS 记录类型“%.*s”。",
				 "The DNS record type \"%.*s\" is not supported.", STR_ARG(str_sub(type, 0, 20)));
	q->dns_type = template_intern(p, str_empty(type) ? STR("A") : type);
	b->requests = q;
	b->requests_len = 1;
	return nuclei_text(p, str_empty(name) ? STR("{{FQDN}}") : name, &q->target, e);
}

static int tcp_inputs(struct template_pack *p, const struct yaml *list, struct template_request *q, struct error *e)
{
	size_t n = yaml_items(list);
	struct template_input *in = arena_array(p->arena, n, sizeof(*in));
	q->inputs = in;
	for (size_t i = 0; i < n; i++) {
		const struct yaml *y = yaml_item(list, i);
		struct str data = yaml_text(y, "data");
		int64_t read = yaml_int(y, "read", 0);
		struct template_input *t = &in[q->inputs_len++];
		t->hex = str_ieq(yaml_text(y, "type"), STR("hex"));
		t->read = read < 0 ? 0 : read > (int64_t)MIB ? (uint32_t)MIB : (uint32_t)read;
		t->name = template_intern(p, yaml_text(y, "name"));
		if (nuclei_text(p, data, &t->data, e) < 0)
			return -1;
		if (t->hex && !t->data.mixed) {
			struct buf b;
			buf_init(&b, data.len + 1);
			int r = decode_hex(&b, str_trim(data));
			t->data.text = arena_str(p->arena, buf_view(&b));
			t->hex = false;
			buf_free(&b);
			if (r < 0)
				return error_set(e, "template.bad-hex", "inputs 中不是十六进制。", "Not hexadecimal in inputs.");
		}
	}
	return 0;
}

/* One request for each of `host`: "{{Hostname}}", "{{Host}}:6379", "tls://{{Hostname}}". */
int nuclei_tcp_requests(struct template_pack *p, const struct yaml *y, struct template_block *b, struct error *e)
{
	const struct yaml *hosts = yaml_get(y, "host");
	size_t n = yaml_items(hosts) ? yaml_items(hosts) : 1;
	struct template_request *out = arena_array(p->arena, n, sizeof(*out));
	struct str port = str_trim(yaml_text(y, "port"));
	int64_t size = yaml_int(y, "read-size", 1024);
	ssize_t comma = str_chr(port, ',');
	port = comma < 0 ? port : str_sub(port, 0, (size_t)comma);
	for (size_t i = 0; i < n; i++) {
		struct template_request *q = &out[i];
		struct str host = yaml_items(hosts) ? str_trim(nuclei_scalar(yaml_item(hosts, i))) : STR("{{Hostname}}");
		if (str_istarts(host, STR("tls://"))) {
			q->tls = true;
			host = str_from(host, 6);
		}
		bool named = str_ends(host, STR("{{Hostname}}")) && port.len;
		struct str target = named ? arena_printf(p->arena, "{{Host}}:%.*s", STR_ARG(port)) : host;
		q->read_size = size < 1 || size > (int64_t)MIB ? (uint32_t)MIB : (uint32_t)size;
		if (nuclei_text(p, target, &q->target, e) < 0 || tcp_inputs(p, yaml_get(y, "inputs"), q, e) < 0)
			return -1;
	}
	b->requests = out;
	b->requests_len = n;
	return 0;
}

int nuclei_ssl_requests(struct template_pack *p, const struct yaml *y, struct template_block *b, struct error *e)
{
	struct template_request *q = arena_new_of(p->arena, struct template_request);
	struct str address = str_trim(yaml_text(y, "address"));
	if (yaml_items(yaml_get(y, "cipher_suites")))
		return error_set(e, "template.unsupported-ssl", "不支持按 cipher_suites 握手。",
				 "Handshakes with given cipher_suites are not supported.");
	q->tls_min = template_intern(p, yaml_text(y, "min_version"));
	q->tls_max = template_intern(p, yaml_text(y, "max_version"));
	b->requests = q;
	b->requests_len = 1;
	return nuclei_text(p, str_empty(address) ? STR("{{Host}}:{{Port}}") : address, &q->target, e);
}
