/* Every request of the browser passes here before it leaves: what is out of scope, logs
 * out, destroys or is excluded is refused and only noted; a navigation away from the page
 * that is being looked at is noted and stopped; the rest gets the session's headers and goes
 * out no faster than the scan may send. Runs inside the browser's event callback: it posts
 * commands and never waits. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "scan/browse/browse_private.h"
#include "scan/form.h"
#include "scan/scan_private.h"

#define LIMIT_BROWSE_REQUESTS 400 /* kept for one answer */
#define LIMIT_BROWSE_BODY (64 * KIB)
#define LIMIT_BROWSE_HELD 200 /* requests that wait for their time */

int64_t driver_now_ms(void)
{
	return clock_mono_ms(&clock_system);
}

static bool excluded(const struct driver *d, struct str url)
{
	for (size_t i = 0; i < d->excludes.len; i++) {
		pcre2_match_data *m = pcre2_match_data_create(1, NULL);
		pcre2_match_context *c = pcre2_match_context_create(NULL);
		pcre2_set_match_limit(c, 100000);
		int n = pcre2_match(d->excludes.ptr[i], (PCRE2_SPTR)url.ptr, url.len, 0, 0, m, c);
		pcre2_match_context_free(c);
		pcre2_match_data_free(m);
		if (n != PCRE2_ERROR_NOMATCH)
			return true;
	}
	return false;
}

bool requests_in_scope(const struct driver *d, struct str url)
{
	struct arena *a = arena_new(256 * KIB);
	struct url u;
	bool in = false;
	if (url.len < 16 * KIB && url_parse(a, url, NULL, 0, &u, NULL) == 0)
		for (size_t i = 0; i < d->scope.len && !in; i++)
			in = url_same_origin(&u, &d->scope.ptr[i]);
	arena_free(a);
	return in;
}

static bool reads(struct str method)
{
	return str_eq(method, STR("GET")) || str_eq(method, STR("HEAD")) || str_eq(method, STR("OPTIONS"));
}

bool requests_allowed(const struct driver *d, struct str method, struct str url)
{
	bool all = d->o->mode == SCAN_DEEP && d->o->intrusive;
	if (form_link_logs_out(url, STR("")))
		return false;
	if (d->may_send)
		return true;
	if (excluded(d, url))
		return false;
	if (!all && (form_link_destroys(url, STR("")) || str_eq(method, STR("DELETE"))))
		return false;
	return d->o->mode != SCAN_QUICK || reads(method);
}

static struct str header_of(const json_t *headers, const char *name)
{
	const char *key;
	json_t *v;
	json_object_foreach((json_t *)(uintptr_t)headers, key, v)
		if (str_ieq(str_c(key), str_c(name)))
			return str_make(json_string_value(v), json_string_length(v));
	return STR("");
}

static bool has_name(const json_t *list, struct str name)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (str_ieq(json_get_str(json_array_get(list, i), "name"), name))
			return true;
	return false;
}

static void put_header(json_t *list, struct str name, struct str value)
{
	json_t *h = json_object();
	json_put(h, "name", json_str(name));
	json_put(h, "value", json_str(value));
	json_array_append_new(list, h);
}

/* Headers by which scripts say who they are: requests of the engine carry them too. */
static void learn_headers(struct driver *d, const json_t *headers)
{
	const char *key;
	json_t *v;
	json_object_foreach((json_t *)(uintptr_t)headers, key, v) {
		struct str name = str_c(key), value = str_make(json_string_value(v), json_string_length(v));
		if (people_header_logs_in(name) && !str_ieq(name, STR("cookie")) && value.len && value.len < 8000 &&
		    json_array_size(d->headers) < 10 && !has_name(d->headers, name) && !str_istarts(name, STR("sec-")) &&
		    !str_istarts(name, STR("proxy-")))
			put_header(d->headers, name, value);
	}
}

static void note_request(struct driver *d, const json_t *q, struct str type, bool sent)
{
	struct str url = json_get_str(q, "url"), method = json_get_str(q, "method");
	struct str body = json_get_str(q, "postData");
	struct buf key;
	static const char *const dull[] = { "Image", "Media", "Font", "Stylesheet", "Manifest", "Other", NULL };
	for (size_t i = 0; dull[i]; i++)
		if (str_eq(type, str_c(dull[i])) && reads(method) && str_chr(url, '?') < 0)
			return;
	if (json_array_size(d->requests) >= LIMIT_BROWSE_REQUESTS || body.len > LIMIT_BROWSE_BODY)
		return;
	buf_init(&key, 256 * KIB);
	buf_blob(&key, method);
	buf_blob(&key, url);
	buf_blob(&key, body);
	if (map_add(d->seen, buf_view(&key))) {
		json_t *r = json_object();
		json_put(r, "method", json_str(method));
		json_put(r, "url", json_str(url));
		json_put(r, "kind", json_str(type));
		json_put(r, "body", json_str(body));
		json_put(r, "type", json_str(header_of(json_object_get(q, "headers"), "content-type")));
		json_put(r, "sent", json_boolean(sent));
		json_put(r, "phase", json_integer(d->phase));
		json_array_append_new(d->requests, r);
	}
	buf_free(&key);
}

/* ---- letting go ---- */

static void refuse(struct driver *d, struct str id, const char *why)
{
	json_t *p = json_object();
	json_put(p, "requestId", json_str(id));
	json_put(p, "errorReason", json_c(why));
	net_browser_post(d->b, false, "Fetch.failRequest", p);
}

static void release(struct driver *d, struct str id, json_t *headers)
{
	json_t *p = json_object();
	json_put(p, "requestId", json_str(id));
	if (headers)
		json_put(p, "headers", headers);
	net_browser_post(d->b, false, "Fetch.continueRequest", p);
}

/* The request's own headers with the user's over them; NULL when there are none to add. */
static json_t *with_session(struct driver *d, const json_t *q)
{
	const json_t *mine = json_object_get(d->job, "headers");
	const char *key;
	json_t *v, *list;
	if (json_array_size(mine) == 0)
		return NULL;
	list = json_array();
	json_object_foreach(json_object_get(q, "headers"), key, v)
		if (!has_name(mine, str_c(key)))
			put_header(list, str_c(key), str_make(json_string_value(v), json_string_length(v)));
	for (size_t i = 0; i < json_array_size(mine); i++)
		json_array_append(list, json_array_get(mine, i));
	return list;
}

void requests_release(struct driver *d)
{
	int64_t now = driver_now_ms();
	size_t kept = 0;
	for (size_t i = 0; i < d->held.len; i++) {
		struct held h = d->held.ptr[i];
		if (h.at_ms > now) {
			d->held.ptr[kept++] = h;
			continue;
		}
		release(d, str_c(h.id), h.headers);
		free(h.id);
	}
	d->held.len = kept;
}

static void send_in_time(struct driver *d, struct str id, json_t *headers)
{
	int64_t now = driver_now_ms();
	unsigned rate = d->o->rate;
	if (rate == 0 || rate > 500 || d->next_ms <= now) {
		d->next_ms = now + (rate && rate <= 500 ? 1000 / rate : 0);
		release(d, id, headers);
		return;
	}
	if (d->held.len >= LIMIT_BROWSE_HELD) { /* a page that asks without end */
		json_decref(headers);
		refuse(d, id, "BlockedByClient");
		return;
	}
	*vec_push(&d->held) = (struct held){ str_dup(id), headers, d->next_ms };
	d->next_ms += 1000 / rate;
}

void requests_clear(struct driver *d)
{
	for (size_t i = 0; i < d->held.len; i++) {
		free(d->held.ptr[i].id);
		json_decref(d->held.ptr[i].headers);
	}
	vec_clear(&d->held);
	d->next_ms = 0;
}

/* ---- events ---- */

/* The document we go to, and what its server redirects to; not what its scripts go to. */
static bool asked_for(struct driver *d, struct str id)
{
	if (d->navigating && !d->going[0])
		snprintf(d->going, sizeof(d->going), "%.*s", STR_ARG(id));
	return d->going[0] && str_eq(id, str_c(d->going));
}

static void on_paused(struct driver *d, const json_t *p)
{
	const json_t *q = json_object_get(p, "request");
	struct str id = json_get_str(p, "requestId"), url = json_get_str(q, "url"), method = json_get_str(q, "method");
	struct str type = json_get_str(p, "resourceType");
	bool document = str_eq(type, STR("Document")) && d->main_frame &&
			str_eq(json_get_str(p, "frameId"), str_c(d->main_frame));
	bool web = str_istarts(url, STR("http://")) || str_istarts(url, STR("https://"));
	d->net_ms = driver_now_ms();
	if (!web) { /* data:, blob: */
		release(d, id, NULL);
		return;
	}
	if (!requests_in_scope(d, url)) {
		refuse(d, id, "BlockedByClient");
		return;
	}
	if (str_eq(type, STR("Other")) && str_ends(url, STR("/favicon.ico"))) {
		refuse(d, id, "BlockedByClient");
		return;
	}
	if (document && d->stay && !asked_for(d, json_get_str(p, "networkId"))) {
		note_request(d, q, type, false);
		refuse(d, id, "Aborted");
		return;
	}
	if (!requests_allowed(d, method, url)) {
		note_request(d, q, type, false);
		refuse(d, id, "BlockedByClient");
		return;
	}
	if (!document || !d->stay)
		note_request(d, q, type, true);
	if (str_eq(type, STR("XHR")) || str_eq(type, STR("Fetch")))
		learn_headers(d, json_object_get(q, "headers"));
	send_in_time(d, id, with_session(d, q));
}

static void on_response(struct driver *d, const json_t *p)
{
	const json_t *r = json_object_get(p, "response");
	if (!str_eq(json_get_str(p, "type"), STR("Document")) || !d->main_frame ||
	    !str_eq(json_get_str(p, "frameId"), str_c(d->main_frame)))
		return;
	d->status = (int)json_get_int(r, "status", 0);
	free(d->mime);
	d->mime = str_dup(json_get_str(r, "mimeType"));
}

/* A web socket's address, as the page that asks for the upgrade. */
static void on_socket(struct driver *d, struct str url)
{
	bool secure = str_istarts(url, STR("wss://"));
	if (!secure && !str_istarts(url, STR("ws://")))
		return;
	_cleanup_json_ json_t *q = json_object();
	struct buf b;
	buf_init(&b, 16 * KIB);
	buf_c(&b, secure ? "https://" : "http://");
	buf_str(&b, str_from(url, secure ? 6 : 5));
	json_put(q, "method", json_c("GET"));
	json_put(q, "url", json_str(buf_view(&b)));
	if (requests_in_scope(d, buf_view(&b)))
		note_request(d, q, STR("WebSocket"), true);
	buf_free(&b);
}

/* A new window, from whatever got past our own window.open. */
static void on_target(struct driver *d, const json_t *p)
{
	const json_t *info = json_object_get(p, "targetInfo");
	if (!str_eq(json_get_str(info, "type"), STR("page")) || !json_get_str(info, "openerId").len)
		return;
	json_t *q = json_object();
	json_put(q, "targetId", json_str(json_get_str(info, "targetId")));
	net_browser_post(d->b, true, "Target.closeTarget", q);
}

static void on_network(struct driver *d, struct str what, const json_t *p)
{
	struct str id = json_get_str(p, "requestId"), type = json_get_str(p, "type");
	d->net_ms = driver_now_ms();
	if (!str_eq(what, STR("requestWillBeSent")))
		map_remove(d->in_flight, id);
	else if (!str_eq(type, STR("EventSource")) && !str_eq(type, STR("WebSocket")) && !str_eq(type, STR("Ping")) &&
		 map_len(d->in_flight) < 500)
		map_add(d->in_flight, id);
}

void requests_event(void *ctx, struct str name, const json_t *p)
{
	struct driver *d = ctx;
	requests_release(d);
	if (str_eq(name, STR("Fetch.requestPaused")))
		on_paused(d, p);
	else if (str_eq(name, STR("Network.requestWillBeSent")) || str_eq(name, STR("Network.loadingFinished")) ||
		 str_eq(name, STR("Network.loadingFailed")))
		on_network(d, str_from(name, 8), p);
	else if (str_eq(name, STR("Network.responseReceived")))
		on_response(d, p);
	else if (str_eq(name, STR("Page.loadEventFired")))
		d->loaded = true;
	else if (str_eq(name, STR("Page.javascriptDialogOpening")))
		net_browser_post(d->b, false, "Page.handleJavaScriptDialog", json_pack("{s:b,s:s}", "accept", 1, "promptText", "1"));
	else if (str_eq(name, STR("Network.webSocketCreated")))
		on_socket(d, json_get_str(p, "url"));
	else if (str_eq(name, STR("Target.targetCreated")))
		on_target(d, p);
	else if (str_eq(name, STR("Inspector.targetCrashed")))
		d->crashed = true;
}
