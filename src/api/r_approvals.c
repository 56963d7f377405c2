/* Actions that wait for a second person. */
#include "api/api_private.h"
#include "api/schemas.h"
#include "app/approval.h"

static const struct api_field approval_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_STR("kind", API_REQUIRED, 0, 0, "操作", "Action"),
	API_STR("title", API_REQUIRED, 0, 0, "名称", "Title"),
	API_STR("title_en", API_REQUIRED, 0, 0, "英文名称", "Title in English"),
	API_STR("object_type", API_REQUIRED, 0, 0, "对象种类", "Kind of thing"),
	API_STR("object_id", API_REQUIRED, 0, 0, "对象标识", "Its id"),
	API_STR("object_name", API_REQUIRED, 0, 0, "对象名称", "Its name"),
	API_STR("reason", API_REQUIRED, 0, 0, "理由", "Reason"),
	API_ENUM("state", API_REQUIRED, "pending|approved|rejected|expired", "状态", "State"),
	API_OBJECT("requested_by", API_REQUIRED, &api_schema_person, "申请人", "Asked by"),
	API_OBJECT("decided_by", API_REQUIRED | API_NULL, &api_schema_person, "审批人", "Decided by"),
	API_TIME("decided", API_REQUIRED | API_NULL, "审批时间", "Decided"),
	API_STR("decision_reason", API_REQUIRED, 0, 0, "审批意见", "Reason of the decision"),
	API_TIME("expires", API_REQUIRED, "过期时间", "Expires"),
	API_TIME("created", API_REQUIRED, "申请时间", "Asked"),
	API_END,
};
static const struct api_schema approval_schema = { "Approval", approval_fields, true };

static int list(struct api_request *r, struct error *e)
{
	json_t *items;
	if (app_approval_list(&r->call, api_query_str(r, "state"), &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static int decide(struct api_request *r, bool approve, struct error *e)
{
	json_t *v;
	if (app_approval_decide(&r->call, api_param(r, "approval"), approve,
				json_get_str(r->body, "reason"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int approve(struct api_request *r, struct error *e)
{
	return decide(r, true, e);
}

static int reject(struct api_request *r, struct error *e)
{
	return decide(r, false, e);
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/approvals", list, PERM_APPROVAL_READ, API_LISTS, .query = &api_schema_state_query,
	  .reply = &approval_schema, .zh = "待批操作", .en = "Actions waiting for a second person" },
	{ HTTP_POST, "/approvals/{approval}/approve", approve, PERM_APPROVAL_DECIDE, API_BODY_OPTIONAL,
	  .body = &api_schema_reason, .reply = &approval_schema, .zh = "批准并执行",
	  .en = "Approve, and do it" },
	{ HTTP_POST, "/approvals/{approval}/reject", reject, PERM_APPROVAL_DECIDE, 0,
	  .body = &api_schema_reason, .reply = &approval_schema, .example = "{\"reason\":\"暂不需要\"}",
	  .zh = "驳回", .en = "Reject" },
	API_ROUTES_END,
};
const struct api_resource api_r_approvals = { "approvals", "两人审批", "Approvals by a second person", routes };
