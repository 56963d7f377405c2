/* The review queue of texts. */
#include "api/api_private.h"
#include "app/review.h"
#include "base/limits.h"

static const struct api_field query_fields[] = {
	API_LINE("q", 0, 0, 100, "文本包含", "Text contains"),
	API_LINE("state", 0, 0, 60, "状态，可用逗号分隔：open assigned second decided", "States, comma-separated"),
	API_LINE("label", 0, 0, 200, "大类", "Labels"),
	API_LINE("scene", 0, 0, 200, "场景", "Scenes"),
	API_LINE("source", 0, 0, 60, "来源", "Sources"),
	API_LINE("suggestion", 0, 0, 30, "机器结论", "Suggestions"),
	API_LINE("decision", 0, 0, 60, "人工结论", "Decisions"),
	API_LINE("assignee", 0, 0, 100, "处理人，me 为自己", "Assignee's account; me for oneself"),
	API_BOOL("unassigned", 0, "只看无人处理的", "Only those nobody has"),
	API_ENUM("sort", 0, "created|-created|score|-score|updated|-updated", "排序", "Order"),
	API_END,
};
static const struct api_schema query_schema = { "ReviewQuery", query_fields, false };
#define REVIEW_FIELDS                                                                                       \
	API_ID("id", API_REQUIRED, "标识", "Id"), API_ID("text_id", API_REQUIRED, "检测记录", "Text check"),    \
	API_ENUM("state", API_REQUIRED, "open|assigned|second|decided", "状态", "State"),                      \
	API_STR("source", API_REQUIRED, 0, 0, "来源", "Source"), API_STR("scene", API_REQUIRED, 0, 0, "场景", "Scene"), \
	API_ENUM("suggestion", API_REQUIRED, "pass|review|block", "机器结论", "Suggestion"),                   \
	API_NUM("score", API_REQUIRED, 0, 1, "分数", "Score"),                                                \
	API_STR("label", API_NULL, 0, 0, "大类", "Label"), API_STR("sub_label", API_NULL, 0, 0, "子类", "Sub-label"), \
	API_STR("excerpt", API_REQUIRED, 0, 0, "开头", "Beginning"),                                          \
	API_ANY("assignee", API_NULL, 0, "处理人", "Assignee: {id, name}"),                                    \
	API_STR("decision", API_NULL, 0, 0, "结论：confirm、false_positive 或 pass", "Decision: confirm, false_positive or pass"), \
	API_STR("reason", API_REQUIRED, 0, 0, "理由", "Reason"),                                              \
	API_ANY("decided_by", API_NULL, 0, "谁定的", "By whom"), API_TIME("decided", API_NULL, "何时", "When"),  \
	API_STR("first_decision", API_NULL, 0, 0, "二次复核前的结论", "Decision before the second look"),         \
	API_ANY("first_by", API_NULL, 0, "二次复核前由谁定", "Whose that was"),                                 \
	API_TIME("created", API_REQUIRED, "进入队列的时间", "When it came"), API_TIME("updated", API_REQUIRED, "最近变化", "Last change")
static const struct api_field fields[] = { REVIEW_FIELDS, API_END };
static const struct api_schema schema = { "Review", fields, true };
static const struct api_field event_fields[] = {
	API_STR("action", API_REQUIRED, 0, 0, "做了什么", "What was done"),
	API_STR("detail", API_REQUIRED, 0, 0, "细节", "Detail"),
	API_ANY("by", API_NULL, 0, "谁", "By whom"),
	API_TIME("created", API_REQUIRED, "何时", "When"),
	API_END,
};
static const struct api_schema event_schema = { "ReviewEvent", event_fields, true };
static const struct api_field full_fields[] = {
	REVIEW_FIELDS,
	API_LIST("events", API_REQUIRED, &event_schema, 0, 0, "经过", "What happened"),
	API_STR("text", API_NULL, 0, 0, "全文", "The text"),
	API_ANY("result", API_NULL, 0, "检测结果", "The check's answer"),
	API_ANY("marks", API_NULL, 0, "误报标记", "Hits marked as wrong"),
	API_END,
};
static const struct api_schema full_schema = { "ReviewFull", full_fields, true };
static const struct api_field assign_fields[] = {
	API_ID("account_id", API_NULL, "处理人；不填为自己，null 为收回", "Account; oneself when absent, nobody when null"),
	API_END,
};
static const struct api_schema assign_schema = { "ReviewAssign", assign_fields, false };
static const struct api_field decide_fields[] = {
	API_ENUM("decision", API_REQUIRED, "confirm|false_positive|pass", "确认违规、误报、放行", "Confirm, false positive, pass"),
	API_STR("reason", 0, 0, 500, "理由", "Reason"),
	API_ARRAY("allow_terms", 0, API_T_LINE, 0, 50, "同时放行这些词", "Terms allowed from now on"),
	API_ID("lexicon_id", 0, "放行词加入哪个词库；不填为我的词库", "Into which lexicon; one's own when absent"),
	API_END,
};
static const struct api_schema decide_schema = { "ReviewDecision", decide_fields, false };
static const struct api_field second_fields[] = {
	API_STR("reason", API_REQUIRED, LIMIT_REASON_MIN, 500, "为什么再看一次", "Why to look again"), API_END };
static const struct api_schema second_schema = { "ReviewSecondLook", second_fields, false };
static const struct api_field counts_fields[] = {
	API_MAP("states", API_REQUIRED, API_T_INT, "各状态的数量", "By state"),
	API_MAP("labels", API_REQUIRED, API_T_INT, "待处理的各大类", "Waiting, by label"),
	API_MAP("decisions", API_REQUIRED, API_T_INT, "各结论", "By decision"),
	API_INT("mine", API_REQUIRED, 0, 0, "分给我的", "Mine"),
	API_INT("unassigned", API_REQUIRED, 0, 0, "无人处理的", "Nobody's"),
	API_END,
};
static const struct api_schema counts_schema = { "ReviewCounts", counts_fields, true };
static const struct api_field person_fields[] = {
	API_ID("id", API_REQUIRED, "账号", "Account"), API_STR("name", API_REQUIRED, 0, 0, "姓名", "Name"), API_END };
static const struct api_schema person_schema = { "Reviewer", person_fields, true };

static int list(struct api_request *r, struct error *e)
{
	struct store_review_filter f = {
		.q = api_query_str(r, "q"), .state = api_query_str(r, "state"), .label = api_query_str(r, "label"),
		.scene = api_query_str(r, "scene"), .source = api_query_str(r, "source"),
		.suggestion = api_query_str(r, "suggestion"), .decision = api_query_str(r, "decision"),
		.assignee = api_query_str(r, "assignee"), .unassigned = api_query_bool(r, "unassigned"),
	};
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 || app_review_list(&r->call, &f, &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int counts(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_review_counts(&r->call, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int people(struct api_request *r, struct error *e)
{
	json_t *items;

	if (app_review_people(&r->call, &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static int get(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_review_get(&r->call, api_param(r, "review"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int assign(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_review_assign(&r->call, api_param(r, "review"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int decide(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_review_decide(&r->call, api_param(r, "review"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int second(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_review_second(&r->call, api_param(r, "review"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/reviews", list, PERM_REVIEW_READ, API_LISTS, .query = &query_schema, .reply = &schema,
	  .zh = "复核队列", .en = "The review queue" },
	{ HTTP_GET, "/reviews/counts", counts, PERM_REVIEW_READ, 0, .reply = &counts_schema, .zh = "复核队列的数量",
	  .en = "Counts of the review queue" },
	{ HTTP_GET, "/reviews/people", people, PERM_REVIEW_READ, API_LISTS, .reply = &person_schema,
	  .zh = "可以复核的成员", .en = "Members who may review" },
	{ HTTP_GET, "/reviews/{review}", get, PERM_REVIEW_READ, 0, .reply = &full_schema, .zh = "复核事项详情",
	  .en = "One item of the review queue" },
	{ HTTP_POST, "/reviews/{review}/assign", assign, PERM_REVIEW_DECIDE, API_BODY_OPTIONAL, .body = &assign_schema,
	  .reply = &full_schema, .zh = "分配", .en = "Assign" },
	{ HTTP_POST, "/reviews/{review}/decide", decide, PERM_REVIEW_DECIDE, 0, .body = &decide_schema,
	  .reply = &full_schema, .example = "{\"decision\":\"confirm\"}", .zh = "给出结论", .en = "Decide",
	  .note_zh = "放行机器判为拦截的文本时转入二次复核，由另一个人定（可在文本检测设置中关闭）。",
	  .note_en = "Letting through what would be blocked goes to a second look by another person (a setting)." },
	{ HTTP_POST, "/reviews/{review}/second-look", second, PERM_REVIEW_DECIDE, 0, .body = &second_schema,
	  .reply = &full_schema, .example = "{\"reason\":\"客户有异议\"}", .zh = "申请二次复核", .en = "Ask for a second look" },
	API_ROUTES_END,
};
const struct api_resource api_r_reviews = { "reviews", "复核队列", "Review queue", routes };
