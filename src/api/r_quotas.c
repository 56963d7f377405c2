/* Quotas, asking for more, deciding on it. */
#include "api/api_private.h"
#include "api/schemas.h"
#include "app/quota.h"
#include "base/limits.h"

#define QUOTAS "sites|apps|members|scans_month|storage_mb"

static const struct api_field quota_fields[] = {
	API_ENUM("name", API_REQUIRED, QUOTAS, "配额", "Quota"),
	API_STR("title", API_REQUIRED, 0, 0, "名称", "Title"),
	API_STR("title_en", API_REQUIRED, 0, 0, "英文名称", "Title in English"),
	API_INT("used", API_REQUIRED, 0, 0, "已用", "Used"),
	API_INT("total", API_REQUIRED | API_NULL, 0, 0, "总量，空为不限", "Total; null: unlimited"),
	API_BOOL("enabled", API_REQUIRED, "是否开通", "Whether it is available"),
	API_STR("note", API_REQUIRED, 0, 0, "说明", "Note"),
	API_STR("note_en", API_REQUIRED, 0, 0, "英文说明", "Note in English"),
	API_END,
};
static const struct api_schema quota_schema = { "Quota", quota_fields, true };
static const struct api_field request_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_ID("tenant_id", API_REQUIRED, "租户", "Tenant"),
	API_STR("tenant_name", API_REQUIRED, 0, 0, "租户名称", "Name of the tenant"),
	API_ENUM("quota", API_REQUIRED, QUOTAS, "配额", "Quota"),
	API_STR("title", API_REQUIRED, 0, 0, "名称", "Title"),
	API_STR("title_en", API_REQUIRED, 0, 0, "英文名称", "Title in English"),
	API_INT("total", API_REQUIRED, 0, 0, "申请的总量", "Total asked for"),
	API_STR("reason", API_REQUIRED, 0, 0, "理由", "Reason"),
	API_ENUM("state", API_REQUIRED, "pending|approved|rejected", "状态", "State"),
	API_OBJECT("requested_by", API_REQUIRED, &api_schema_person, "申请人", "Asked by"),
	API_OBJECT("decided_by", API_REQUIRED | API_NULL, &api_schema_person, "审批人", "Decided by"),
	API_INT("decided_total", API_REQUIRED | API_NULL, 0, 0, "批准的总量", "Total granted"),
	API_STR("decision_reason", API_REQUIRED, 0, 0, "审批意见", "Reason of the decision"),
	API_TIME("decided", API_REQUIRED | API_NULL, "审批时间", "Decided"),
	API_TIME("created", API_REQUIRED, "申请时间", "Asked"),
	API_END,
};
static const struct api_schema request_schema = { "QuotaRequest", request_fields, true };
static const struct api_field new_fields[] = {
	API_ENUM("quota", API_REQUIRED, QUOTAS, "配额", "Quota"),
	API_INT("total", API_REQUIRED, 1, 1000000, "希望的总量", "Total wished for"),
	API_STR("reason", API_REQUIRED, LIMIT_REASON_MIN, 500, "理由", "Reason"),
	API_END,
};
static const struct api_schema new_schema = { "QuotaRequestNew", new_fields, false };
static const struct api_field decide_fields[] = {
	API_ENUM("decision", API_REQUIRED, "approve|reject", "批准或驳回", "Approve or reject"),
	API_INT("total", 0, 1, 1000000, "批准的总量，不填则如申请", "Total granted; as asked when absent"),
	API_STR("reason", 0, 0, 500, "意见，驳回时必填", "Reason; required to reject"),
	API_END,
};
static const struct api_schema decide_schema = { "QuotaDecision", decide_fields, false };

static int list(struct api_request *r, struct error *e)
{
	json_t *items;
	if (app_quota_list(&r->call, &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static int requests(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;
	if (api_page(r, &page, e) < 0 ||
	    app_quota_requests(&r->call, api_query_str(r, "state"), &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int ask(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_quota_ask(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int decide(struct api_request *r, struct error *e)
{
	json_t *v;
	if (app_quota_decide(&r->call, api_param(r, "quota_request"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/quotas", list, PERM_QUOTA_READ, API_LISTS, .reply = &quota_schema, .zh = "配额",
	  .en = "Quotas, used and total" },
	{ HTTP_GET, "/quota-requests", requests, PERM_QUOTA_READ, API_LISTS,
	  .query = &api_schema_state_query, .reply = &request_schema, .zh = "配额申请列表",
	  .en = "Requests for higher quotas" },
	{ HTTP_POST, "/quota-requests", ask, PERM_QUOTA_REQUEST, 0, 201, .body = &new_schema,
	  .reply = &request_schema, .makes = "quota_request",
	  .example = "{\"quota\":\"sites\",\"total\":20,\"reason\":\"新增下属单位网站\"}",
	  .zh = "申请提升配额", .en = "Ask for a higher quota" },
	{ HTTP_POST, "/quota-requests/{quota_request}/decide", decide, PERM_QUOTA_DECIDE, API_PLATFORM,
	  .body = &decide_schema, .reply = &request_schema, .example = "{\"decision\":\"approve\"}",
	  .zh = "审批配额申请", .en = "Decide on a request" },
	API_ROUTES_END,
};
const struct api_resource api_r_quotas = { "quotas", "配额", "Quotas", routes };
