/* The audit log of the own tenant (for platform administrators in the platform tenant:
 * the system's). Nothing here changes or deletes. */
#include "api/api_private.h"
#include "api/schemas.h"
#include "app/audit.h"
#include "base/limits.h"

static const struct api_field event_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_INT("seq", API_REQUIRED, 0, 0, "序号", "Number in the chain"),
	API_TIME("time", API_REQUIRED, "时间", "Time"),
	API_OBJECT("actor", API_REQUIRED, &api_schema_person, "操作者", "Who"),
	API_ENUM("via", API_REQUIRED, "session|key|job|cli", "途径", "By which way"),
	API_STR("action", API_REQUIRED, 0, 0, "操作，例如 site.delete", "Action, for example site.delete"),
	API_STR("object_type", API_REQUIRED, 0, 0, "对象种类", "Kind of thing"),
	API_STR("object_id", API_REQUIRED, 0, 0, "对象标识", "Its id"),
	API_STR("object_name", API_REQUIRED, 0, 0, "对象名称", "Its name then"),
	API_ANY("detail", API_REQUIRED, 65536, "详情", "Details"),
	API_STR("ip", API_REQUIRED, 0, 0, "IP 地址", "IP address"),
	API_STR("hash", API_REQUIRED, 0, 0, "链上的哈希", "Hash in the chain"),
	API_END,
};
static const struct api_schema event_schema = { "AuditEvent", event_fields, true };
static const struct api_field query_fields[] = {
	API_LINE("actor", 0, 1, 26, "操作者标识", "Id of the actor"),
	API_LINE("action", 0, 1, 64, "操作；以“.”结尾表示前缀", "Action; a prefix when it ends in '.'"),
	API_LINE("object", 0, 1, 64, "对象标识", "Id of the thing"),
	API_LINE("q", 0, 0, 100, "对象、操作者或操作包含", "Thing, actor or action contains"),
	API_TIME("from", 0, "起始时间（含）", "From (included)"),
	API_TIME("to", 0, "结束时间（不含）", "To (excluded)"),
	API_END,
};
static const struct api_schema query_schema = { "AuditQuery", query_fields, false };
static const struct api_field verify_fields[] = {
	API_BOOL("ok", API_REQUIRED, "链条完整", "The chain is whole"),
	API_INT("count", API_REQUIRED, 0, 0, "已核对条数", "Events checked"),
	API_INT("broken_seq", API_REQUIRED | API_NULL, 0, 0, "首个不符的序号", "First number that does not fit"),
	API_END,
};
static const struct api_schema verify_schema = { "AuditVerification", verify_fields, true };
static const struct api_field export_fields[] = {
	API_ENUM("format", API_REQUIRED, "csv|jsonl", "格式", "Format"), API_END
};
static const struct api_schema export_schema = { "AuditExport", export_fields, false };

static int list(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;
	struct store_audit_filter f = {
		.actor = api_query_str(r, "actor"), .action = api_query_str(r, "action"),
		.object = api_query_str(r, "object"), .q = api_query_str(r, "q"),
		.from = api_query_time(r, "from"), .to = api_query_time(r, "to"),
	};
	if (api_page(r, &page, e) < 0 || app_audit_list(&r->call, &f, &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int verify(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_audit_verify(&r->call, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int export(struct api_request *r, struct error *e)
{
	_cleanup_buf_ struct buf out = BUF_INIT(256 * MIB);
	bool csv = str_eq(api_query_str(r, "format"), STR("csv"));
	if (app_audit_export(&r->call, csv, &out, e) < 0)
		return -1;
	api_reply_file(r, csv ? STR("审计日志.csv") : STR("审计日志.jsonl"),
		       csv ? "text/csv; charset=utf-8" : "application/x-ndjson; charset=utf-8", &out);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/audit-events", list, PERM_AUDIT_READ, API_LISTS, .query = &query_schema,
	  .reply = &event_schema, .zh = "审计日志", .en = "Audit log, newest first" },
	{ HTTP_GET, "/audit-events/verify", verify, PERM_AUDIT_READ, 0, .reply = &verify_schema,
	  .zh = "核对哈希链", .en = "Check the hash chain" },
	{ HTTP_GET, "/audit-events/export", export, PERM_AUDIT_EXPORT, API_FILE, .query = &export_schema,
	  .zh = "导出审计日志", .en = "Export the audit log" },
	API_ROUTES_END,
};
const struct api_resource api_r_audit = { "audit-events", "审计日志", "Audit log", routes };
