/* Requests and responses as evidence: where the proof stands, secrets masked, and
 * the command line that repeats the request. Texts come from the scanned site and
 * may hold anything. */
#include "base/check.h"
#include "base/limits.h"
#include "report/report_private.h"

/* More of one message is never worth reading, and bounds the work per finding. */
static struct str bounded(struct str s)
{
	return str_sub(s, 0, 4 * MIB);
}

static const json_t *evidence_of(const struct report_finding *f)
{
	return json_object_get(f->json, "evidence");
}

/* The stated place, when it holds what it should. */
static bool stated_place(const json_t *ev, struct str text, struct str proof, size_t *start,
			 size_t *len)
{
	int64_t at = json_get_int(ev, "proof_start", -1), n = json_get_int(ev, "proof_len", 0);

	if (at < 0 || n <= 0 || (size_t)at >= text.len || (size_t)n > text.len - (size_t)at)
		return false;
	if (proof.len && !str_eq(str_sub(text, (size_t)at, (size_t)(at + n)), proof) &&
	    str_has(text, proof))
		return false;
	*start = (size_t)at;
	*len = (size_t)n;
	return true;
}

struct report_proof finding_proof(const struct report_finding *f, bool request)
{
	const json_t *ev = evidence_of(f);
	struct str proof = json_get_str(ev, "proof");
	struct str response = bounded(json_get_str(ev, "response"));
	struct report_proof p = { .in_request = request, .text = response };
	ssize_t at = str_find(response, proof);
	bool in_request = json_get_bool(ev, "proof_in_request", proof.len && at < 0);

	if (request)
		p.text = bounded(json_get_str(ev, "request"));
	if (request != in_request || stated_place(ev, p.text, proof, &p.start, &p.len))
		return p;
	if (request)
		at = str_find(p.text, proof);
	if (proof.len && at >= 0) {
		p.start = (size_t)at;
		p.len = proof.len;
	}
	return p;
}

/* ---- masking ---- */

static bool all_stars(struct str v)
{
	for (size_t i = 0; i < v.len; i++) {
		if (v.ptr[i] != '*')
			return false;
	}
	return v.len > 0;
}

struct masking {
	struct buf out;
	size_t *start; /* of the mark in the original; moved when something before it shrinks */
	size_t was, len;
	const char *base;
};

/* The value, or stars; what overlaps the mark is the proof and stays. */
static void put_secret(struct masking *m, struct str v)
{
	size_t at = (size_t)(v.ptr - m->base);
	bool marked = m->len && at < m->was + m->len && m->was < at + v.len;

	if (marked || !v.len || all_stars(v)) {
		buf_str(&m->out, v);
		return;
	}
	buf_c(&m->out, "***");
	if (m->len && at + v.len <= m->was)
		*m->start = *m->start + 3 - v.len;
}

/* a=b; c=d : values become stars. Set-Cookie: only the first pair is secret. */
static void put_cookies(struct masking *m, struct str v, bool only_first)
{
	struct str rest = v, pair;
	bool first = true;

	while (str_split(&rest, ';', &pair)) {
		ssize_t eq = str_chr(pair, '=');

		if (!first)
			buf_char(&m->out, ';');
		if (eq < 0 || (only_first && !first)) {
			buf_str(&m->out, pair);
		} else {
			buf_str(&m->out, str_sub(pair, 0, (size_t)eq + 1));
			put_secret(m, str_from(pair, (size_t)eq + 1));
		}
		first = false;
	}
	if (v.len && v.ptr[v.len - 1] == ';')
		buf_char(&m->out, ';');
}

/* "Bearer abc": the scheme stays readable. */
static void put_authorization(struct masking *m, struct str v)
{
	ssize_t blank = str_chr(v, ' ');
	size_t from = blank < 0 ? 0 : (size_t)blank + 1;

	buf_str(&m->out, str_sub(v, 0, from));
	put_secret(m, str_from(v, from));
}

static void put_header(struct masking *m, struct str line)
{
	ssize_t colon = str_chr(line, ':');
	struct str name = str_sub(line, 0, colon < 0 ? 0 : (size_t)colon), value;
	size_t from = (size_t)colon + 1;

	if (colon < 0) {
		buf_str(&m->out, line);
		return;
	}
	while (from < line.len && line.ptr[from] == ' ')
		from++;
	buf_str(&m->out, str_sub(line, 0, from));
	value = str_from(line, from);
	if (str_ieq(name, STR("Cookie")))
		put_cookies(m, value, false);
	else if (str_ieq(name, STR("Set-Cookie")))
		put_cookies(m, value, true);
	else if (str_ieq(name, STR("Authorization")) || str_ieq(name, STR("Proxy-Authorization")))
		put_authorization(m, value);
	else if (str_ieq(name, STR("X-Api-Key")) || str_ieq(name, STR("X-Auth-Token")))
		put_secret(m, value);
	else
		buf_str(&m->out, value);
}

struct str report_mask(struct report_ctx *c, struct str message, size_t *start, size_t len)
{
	struct masking m = { .out = BUF_INIT(message.len * 4 + 64), .start = start, .was = *start,
			     .len = len, .base = message.ptr };
	struct str rest = message, line;
	bool first = true;

	while (str_split(&rest, '\n', &line)) {
		bool cr = line.len && line.ptr[line.len - 1] == '\r';
		struct str bare = str_sub(line, 0, line.len - cr);

		if (!first)
			buf_char(&m.out, '\n');
		first = false;
		put_header(&m, bare);
		if (cr)
			buf_char(&m.out, '\r');
		if (!bare.len) {
			/* the body, with the line break before it */
			size_t at = (size_t)(line.ptr + line.len - message.ptr);

			buf_str(&m.out, str_from(message, at));
			break;
		}
	}
	struct str masked = arena_str(c->arena, buf_view(&m.out));

	buf_free(&m.out);
	return masked;
}

/* ---- curl ---- */

/* For a POSIX shell; bytes that a terminal would act on go into $'…'. */
static void shell_quote(struct buf *b, struct str s)
{
	bool plain = true;

	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			plain = false;
	}
	buf_c(b, plain ? "'" : "$'");
	for (size_t i = 0; i < s.len; i++) {
		unsigned char ch = (unsigned char)s.ptr[i];

		if (plain && ch == '\'')
			buf_c(b, "'\\''");
		else if (!plain && (ch == '\'' || ch == '\\'))
			buf_printf(b, "\\%c", ch);
		else if (ch == '\n')
			buf_c(b, "\\n");
		else if (ch == '\r')
			buf_c(b, "\\r");
		else if (ch < 0x20 || ch == 0x7f)
			buf_printf(b, "\\x%02x", ch);
		else
			buf_char(b, (char)ch);
	}
	buf_char(b, '\'');
}

static bool curl_makes_it(struct str name)
{
	static const char *const own[] = { "Host", "Content-Length", "Connection", "Accept-Encoding",
					   "Transfer-Encoding" };

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (str_ieq(name, str_c(own[i])))
			return true;
	}
	return false;
}

/* Headers up to the empty line; what is left is the body. */
static struct str curl_headers(struct buf *b, struct str rest)
{
	struct str line;

	while (str_split(&rest, '\n', &line)) {
		line = str_trim(line);
		ssize_t colon = str_chr(line, ':');

		if (!line.len)
			break;
		if (colon <= 0 || curl_makes_it(str_sub(line, 0, (size_t)colon)))
			continue;
		buf_c(b, " \\\n  -H ");
		shell_quote(b, line);
	}
	return rest;
}

struct str finding_curl(struct report_ctx *c, const struct report_finding *f)
{
	struct str own = json_get_str(f->json, "curl"), line, method, body;
	struct str rest = str_sub(json_get_str(evidence_of(f), "request"), 0, LIMIT_REPORT_EVIDENCE);
	bool whole = json_get_str(evidence_of(f), "request").len <= LIMIT_REPORT_EVIDENCE;
	size_t none = 0;

	if (own.len || !f->url.len)
		return own;
	_cleanup_buf_ struct buf b = BUF_INIT(MIB);

	rest = report_mask(c, rest, &none, 0);
	if (!str_split(&rest, '\n', &line))
		line = STR_NULL;
	method = json_get_str(f->json, "method");
	ssize_t blank = str_chr(line, ' ');

	if (!method.len && blank > 0)
		method = str_sub(line, 0, (size_t)blank);
	buf_c(&b, "curl -i --path-as-is");
	if (method.len && !str_eq(method, STR("GET"))) {
		buf_c(&b, " -X ");
		shell_quote(&b, method);
	}
	buf_char(&b, ' ');
	shell_quote(&b, f->url);
	body = curl_headers(&b, rest);
	if (body.len && whole) {
		buf_c(&b, " \\\n  --data-binary ");
		shell_quote(&b, body);
	}
	return arena_str(c->arena, buf_view(&b));
}
