/* What happens, as it happens: server-sent events, and the same by polling. */
#include "api/api_private.h"
#include "base/limits.h"
#include "base/vec.h"
#include "store/event.h"

static const struct api_field stream_fields[] = {
	API_LINE("topics", 0, 0, 200, "逗号分隔：scan,finding,notify,job；不填为全部",
		 "Separated by commas: scan,finding,notify,job; all when absent"),
	API_END,
};
static const struct api_schema stream_schema = { "EventsQuery", stream_fields, false };
static const struct api_field poll_fields[] = {
	API_LINE("topics", 0, 0, 200, "同上", "As above"),
	API_INT("after", 0, 0, INT64_MAX, "上次最后一个 id；不填只返回当前位置",
		"The last id seen; without it only the present position is given"),
	API_END,
};
static const struct api_schema poll_schema = { "EventsPollQuery", poll_fields, false };
static const struct api_field event_fields[] = {
	API_INT("id", API_REQUIRED, 0, 0, "序号", "Number"),
	API_TIME("time", API_REQUIRED, "时间", "Time"),
	API_STR("topic", API_REQUIRED, 0, 0, "主题", "Topic"),
	API_STR("type", API_REQUIRED, 0, 0, "种类", "Type"),
	API_ANY("data", API_REQUIRED, 16384, "内容", "Content"),
	API_END,
};
static const struct api_schema event_schema = { "Event", event_fields, true };
static const struct api_field polled_fields[] = {
	API_LIST("items", API_REQUIRED, &event_schema, 0, 0, "事件", "Events"),
	API_INT("last", API_REQUIRED, 0, 0, "下次的 after", "The next after"),
	API_BOOL("missed", API_REQUIRED, "更早的事件已清除，请重新读取列表", "Older events are gone: read the lists again"),
	API_END,
};
static const struct api_schema polled_schema = { "Events", polled_fields, true };

static int stream(struct api_request *r, struct error *e)
{
	int64_t after = -1;
	struct str last = http_header(r->x, "Last-Event-ID");
	if (!str_empty(last) && str_to_i64(last, &after) < 0)
		after = -1;
	http_reply_header(r->x, "Content-Type", STR("text/event-stream; charset=utf-8"));
	http_reply_header(r->x, "Cache-Control", STR("no-store"));
	http_reply_header(r->x, "X-Accel-Buffering", STR("no"));
	struct http_stream *s = http_reply_stream(r->x, 200);
	r->status = -1;
	if (sse_add(r->api->hub, s, r->call.actor, r->cookie, api_query_str(r, "topics"), after, e) == 0)
		return 0;
	/* The head is on its way: say why and end; the client polls instead. */
	http_stream_write(s, STR("event: busy\ndata: {\"code\":\"events.busy\"}\n\n"));
	http_stream_close(s);
	return 0;
}

struct polled {
	json_t *items;
	int64_t last;
};

static int collect(void *arg, const struct store_event *ev)
{
	struct polled *p = arg;
	json_t *v = json_object(), *data = json_parse(ev->data, NULL);
	json_put(v, "id", json_integer(ev->id));
	json_put(v, "time", json_time(ev->time));
	json_put(v, "topic", json_str(ev->topic));
	json_put(v, "type", json_str(ev->type));
	json_put(v, "data", data ? data : json_object());
	json_array_append_new(p->items, v);
	p->last = ev->id;
	return 0;
}

static int poll_events(struct api_request *r, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	int64_t after = api_query_int(r, "after", -1), first, last;
	struct polled p = { items, after };
	struct str rest = api_query_str(r, "topics"), one, topics[16];
	size_t n = 0;
	int got = 0;
	while (n < 16 && str_split(&rest, ',', &one))
		if (!str_empty(str_trim(one)))
			topics[n++] = str_trim(one);
	if (store_event_last(r->call.db, &last, e) < 0 || store_event_first(r->call.db, &first, e) < 0)
		return -1;
	if (after >= 0)
		got = store_events_after(r->call.db, r->call.actor->tenant_id, topics, n, after, 200, collect,
					 &p, e);
	if (got < 0)
		return -1;
	json_t *v = json_object();
	json_put(v, "items", take_ptr(items));
	json_put(v, "last", json_integer(got == 200 ? p.last : last > p.last ? last : p.last));
	json_put(v, "missed", json_boolean(after >= 0 && first > after + 1 && first > 0));
	api_reply(r, v);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/events", stream, PERM_NONE, API_OWN | API_STREAMS, .query = &stream_schema,
	  .zh = "实时事件流（SSE）", .en = "Live events (SSE)",
	  .note_zh = "每 15 秒有一行心跳；断线后带 Last-Event-ID 重连不会遗漏。",
	  .note_en = "A heartbeat comment every 15 s; reconnect with Last-Event-ID and miss nothing." },
	{ HTTP_GET, "/events/poll", poll_events, PERM_NONE, API_OWN, .query = &poll_schema,
	  .reply = &polled_schema, .zh = "轮询事件", .en = "The same by polling" },
	API_ROUTES_END,
};
const struct api_resource api_r_events = { "events", "实时事件", "Live events", routes };
