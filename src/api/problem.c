/* Errors as application/problem+json (RFC 9457): which status a code has, and the
 * document. */
#include "api/api_private.h"

#include "base/check.h"

/* Whole codes first, then the last word of the code. */
static const struct {
	const char *code;
	int status;
} exact[] = {
	{ "auth.bad-credentials", 401 }, { "auth.totp-required", 401 }, { "auth.too-many", 429 },
	{ "auth.required-login", 401 },	 { "auth.no-tenant", 403 },	{ "setup.token-wrong", 403 },
	{ "setup.done", 409 },		 { "json.bad", 400 },		{ "cursor.bad", 400 },
	{ "input.bad-query", 400 },
	{ "idempotency.missing", 400 },	 { "idempotency.reused", 422 }, { "store.unique", 409 },
	{ "store.unavailable", 503 },	 { "store.busy", 503 },		{ "job.missing", 404 },
	{ "job.state", 409 },		 { "blob.missing", 404 },	{ "etag.mismatch", 412 },
	{ "store.too-big", 413 },	 { "store.full", 507 },
};

static const struct {
	const char *word;
	int status;
} last_words[] = {
	{ "not-found", 404 }, { "forbidden", 403 }, { "required-login", 401 }, { "exists", 409 },
	{ "conflict", 409 },  { "state", 409 },	    { "running", 409 },	       { "in-progress", 409 },
	{ "exceeded", 409 },  { "gone", 410 },	    { "too-large", 413 },      { "busy", 503 },
	{ "too-many", 429 },
};

/* Ours to fix, not the client's. */
static const char *const internal[] = { "store.", "os.", "key.permissions", "secret.", "spawn.",
					"app.", "internal" };

int problem_status(const struct error *e)
{
	struct str code = str_c(e->code);
	for (size_t i = 0; i < ARRAY_SIZE(exact); i++)
		if (str_eq(str_c(exact[i].code), code))
			return exact[i].status;
	for (size_t i = 0; i < ARRAY_SIZE(last_words); i++) {
		struct str word = str_c(last_words[i].word);
		size_t at = code.len - word.len;
		if (str_ends(code, word) && code.len > word.len &&
		    (code.ptr[at - 1] == '.' || code.ptr[at - 1] == '-'))
			return last_words[i].status;
	}
	for (size_t i = 0; i < ARRAY_SIZE(internal); i++)
		if (str_starts(code, str_c(internal[i])))
			return 500;
	return code.len ? 422 : 500;
}

static const char *title(int status)
{
	static const struct {
		int status;
		const char *text;
	} titles[] = {
		{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" }, { 409, "Conflict" },
		{ 410, "Gone" }, { 412, "Precondition Failed" }, { 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" }, { 421, "Misdirected Request" },
		{ 422, "Unprocessable Content" }, { 429, "Too Many Requests" },
		{ 500, "Internal Server Error" }, { 503, "Service Unavailable" },
		{ 507, "Insufficient Storage" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		if (titles[i].status == status)
			return titles[i].text;
	return "Error";
}

static json_t *fault_view(const char *field, const char *code, const char *zh, const char *en)
{
	json_t *v = json_object();
	json_put(v, "field", json_c(field));
	json_put(v, "code", json_c(code));
	json_put(v, "detail", json_c(zh));
	json_put(v, "detail_en", json_c(en));
	return v;
}

void problem_reply(struct http_exchange *x, int status, const struct error *e,
		   const struct api_faults *faults, unsigned retry_after)
{
	_cleanup_json_ json_t *v = json_object();
	_cleanup_buf_ struct buf text = BUF_INIT(64 * 1024);
	json_t *errors = json_array();
	char type[80], wait[16];
	/* What went wrong inside is for the log; a person is told that it was us. */
	bool hide = status == 500;
	const char *code = hide ? "internal" : e->code;
	snprintf(type, sizeof(type), "urn:zhanwei:error:%s", code);
	json_put(v, "type", json_c(type));
	json_put(v, "title", json_c(title(status)));
	json_put(v, "status", json_integer(status));
	json_put(v, "detail", json_c(hide ? "服务器内部错误，请稍后重试；若仍出现，请查看服务日志。" : e->zh));
	json_put(v, "detail_en", json_c(hide ? "Something failed inside; try again, or see the server's log." :
					       e->en));
	json_put(v, "code", json_c(code));
	json_put(v, "instance", json_str(http_path(x)));
	for (size_t i = 0; faults && i < faults->n; i++)
		json_array_append_new(errors, fault_view(faults->f[i].field, faults->f[i].code,
							 faults->f[i].zh, faults->f[i].en));
	if (!hide && e->field[0] && json_array_size(errors) == 0)
		json_array_append_new(errors, fault_view(e->field, e->code, e->zh, e->en));
	json_put(v, "errors", errors);
	json_write(&text, v);
	if (retry_after || status == 503) {
		snprintf(wait, sizeof(wait), "%u", retry_after ? retry_after : 2);
		http_reply_header(x, "Retry-After", str_c(wait));
	}
	if (status == 401)
		http_reply_header(x, "WWW-Authenticate", STR("Bearer realm=\"zhanwei\""));
	http_reply_header(x, "Content-Type", STR("application/problem+json; charset=utf-8"));
	http_reply_header(x, "Cache-Control", STR("no-store"));
	http_reply(x, status, buf_view(&text));
}
