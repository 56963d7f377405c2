/* Text compliance: checks, their history and trends, tasks of many texts. */
#include "api/api_private.h"
#include "app/text.h"
#include "app/texttask.h"
#include "base/limits.h"

#define WAY_FIELDS                                                                                        \
	API_LINE("scene", 0, 0, 40, "场景：news ad comment site game，或策略定义的场景；不填为通用", "Scene; neutral when absent"), \
	API_LINE("policy", 0, 0, 64, "只按这个策略（标识或名称）", "By this policy alone (id or name)")
#define CHECK_FIELDS                                                                                      \
	WAY_FIELDS, API_LINE("mask", 0, 1, 4, "给出则返回打码后的文本，用它代替每个字", "Gives the text masked by this"), \
	API_BOOL("replace", 0, "有替换词的用替换词", "Replaced where a replacement is known"),                \
	API_BOOL("keep", 0, "false：不留记录", "false: not kept")
static const struct api_field check_fields[] = {
	API_STR("text", API_REQUIRED | API_RAW, 0, 0, "文本，最多 10,000 个字符（换行也算）", "The text, 10,000 characters at most, line breaks count"),
	CHECK_FIELDS,
	API_END,
};
static const struct api_schema check_schema = { "TextCheck", check_fields, false };
static const struct api_field item_fields[] = {
	API_STR("text", API_REQUIRED | API_RAW, 0, 0, "文本", "The text"),
	API_LINE("ref", 0, 0, 200, "调用方的编号，原样返回", "The caller's reference, handed back"),
	API_END,
};
static const struct api_schema item_schema = { "TextItem", item_fields, false };
static const struct api_field batch_fields[] = {
	API_LIST("texts", API_REQUIRED, &item_schema, 1, LIMIT_TEXT_BATCH, "文本", "Texts"),
	CHECK_FIELDS,
	API_END,
};
static const struct api_schema batch_schema = { "TextBatch", batch_fields, false };
#define NAME_FIELDS \
	API_STR("label_zh", API_REQUIRED, 0, 0, "大类的中文名", "Label in Chinese"), \
	API_STR("sub_label_zh", API_REQUIRED, 0, 0, "子类的中文名", "Sub-label in Chinese"), \
	API_STR("label_en", API_REQUIRED, 0, 0, "大类的英文名", "Label in English"), \
	API_STR("sub_label_en", API_REQUIRED, 0, 0, "子类的英文名", "Sub-label in English")
static const struct api_field score_fields[] = {
	API_STR("label", API_REQUIRED, 0, 0, "大类", "Label"), API_STR("sub_label", API_REQUIRED, 0, 0, "子类", "Sub-label"),
	NAME_FIELDS, API_NUM("score", API_REQUIRED, 0, 1, "分数", "Score"),
	API_ENUM("suggestion", API_REQUIRED, "pass|review|block", "这个标签的建议", "What this label means"), API_END };
static const struct api_schema score_schema = { "TextLabel", score_fields, true };
static const struct api_field hit_fields[] = {
	API_INT("start", API_REQUIRED, 0, 0, "起点，码点，从 0 起", "Start in code points from 0"),
	API_INT("end", API_REQUIRED, 0, 0, "终点，不含", "End, exclusive"),
	API_INT("start_utf16", API_REQUIRED, 0, 0, "起点，UTF-16", "Start in UTF-16 units"),
	API_INT("end_utf16", API_REQUIRED, 0, 0, "终点，UTF-16", "End in UTF-16 units"),
	API_STR("text", API_REQUIRED, 0, 0, "原文", "The text there"),
	API_STR("label", API_REQUIRED, 0, 0, "大类", "Label"),
	API_STR("sub_label", API_REQUIRED, 0, 0, "子类", "Sub-label"), NAME_FIELDS,
	API_STR("term", API_REQUIRED, 0, 0, "词条", "Term"),
	API_STR("layer", API_REQUIRED, 0, 0, "怎么命中的", "How it was found"),
	API_ENUM("suggestion", API_REQUIRED, "pass|review|block", "这一处单独意味着什么", "What this hit alone means"),
	API_STR("reason", API_REQUIRED, 0, 0, "原因", "Reason"),
	API_STR("article", API_REQUIRED, 0, 0, "依据", "Legal basis"),
	API_STR("advice", API_REQUIRED, 0, 0, "建议", "Advice"),
	API_END,
};
static const struct api_schema hit_schema = { "TextHit", hit_fields, true };
#define RESULT_FIELDS                                                                                     \
	API_ENUM("suggestion", API_REQUIRED, "pass|review|block", "建议：通过、复核、拦截", "Pass, review or block"), \
	API_NUM("score", API_REQUIRED, 0, 1, "分数", "Score"),                                              \
	API_LIST("labels", API_REQUIRED, &score_schema, 0, 0, "标签", "Labels"),                             \
	API_LIST("hits", API_REQUIRED, &hit_schema, 0, 0, "命中", "Hits"),                                   \
	API_INT("merged_count", API_REQUIRED, 0, 0, "重叠的命中合并计数", "Hits, overlapping ones counted once"), \
	API_INT("chars", API_REQUIRED, 0, 0, "字符数", "Characters"),                                        \
	API_STR("versions", API_REQUIRED, 0, 0, "词库、模型版本", "Versions that made the answer"),            \
	API_ID("id", 0, "留有记录时的标识", "Id when it was kept"),                                           \
	API_STR("masked", 0, 0, 0, "打码后的文本", "The text masked")
static const struct api_field result_fields[] = { RESULT_FIELDS, API_END };
static const struct api_schema result_schema = { "TextResult", result_fields, true };
static const struct api_field batch_result_fields[] = {
	API_LIST("items", API_REQUIRED, &result_schema, 0, 0, "按提交顺序，n 为序号", "In the order sent, n is the number"),
	API_END,
};
static const struct api_schema batch_result_schema = { "TextBatchResult", batch_result_fields, true };
static const struct api_field label_fields[] = {
	API_STR("code", API_REQUIRED, 0, 0, "代码", "Code"), API_STR("zh", API_REQUIRED, 0, 0, "中文名", "Chinese name"),
	API_STR("en", API_REQUIRED, 0, 0, "英文名", "English name"),
	API_STR("severity", API_REQUIRED, 0, 0, "级别", "Severity"), API_STR("basis", API_REQUIRED, 0, 0, "依据", "Legal basis"),
	API_BOOL("leaf", API_REQUIRED, "是否子类", "Whether it is a leaf"), API_END };
static const struct api_schema label_schema = { "TextLabelInfo", label_fields, true };
static const struct api_field scene_fields[] = {
	API_STR("scene", API_REQUIRED, 0, 0, "场景名", "Scene"), API_STR("zh", API_REQUIRED, 0, 0, "中文名", "Chinese name"),
	API_STR("en", API_REQUIRED, 0, 0, "英文名", "English name"), API_BOOL("builtin", API_REQUIRED, "内置", "Built-in"),
	API_ANY("policies", API_REQUIRED, 0, "这个场景的策略：{id, name, in_force}", "Its policies: {id, name, in_force}"), API_END };
static const struct api_schema scene_schema = { "TextScene", scene_fields, true };
static const struct api_field lookup_query_fields[] = {
	API_LINE("term", API_REQUIRED, 1, 64, "要查的词", "The term"), API_LINE("scene", 0, 0, 40, "场景", "Scene"),
	API_INT("max", 0, 1, 200, "最多几条，默认 50", "At most so many, 50 by default"), API_END };
static const struct api_schema lookup_query_schema = { "TextLookupQuery", lookup_query_fields, false };
static const struct api_field lookup_fields[] = {
	API_STR("term", API_REQUIRED, 0, 0, "词条", "Entry"),
	API_ENUM("relation", API_REQUIRED, "equal|contains|within", "相同、包含、被包含", "Equal to it, containing it, contained in it"),
	API_ENUM("kind", API_REQUIRED, "deny|allow", "拦截或放行", "Denied or allowed"),
	API_BOOL("own", API_REQUIRED, "自有词库的", "Of an own lexicon"),
	API_STR("label", API_REQUIRED, 0, 0, "大类", "Label"), API_STR("sub_label", API_REQUIRED, 0, 0, "子类", "Sub-label"), NAME_FIELDS,
	API_STR("level", API_REQUIRED, 0, 0, "级别", "Level"), API_STR("reason", API_REQUIRED, 0, 0, "原因", "Reason"),
	API_STR("article", API_REQUIRED, 0, 0, "依据", "Legal basis"), API_STR("advice", API_REQUIRED, 0, 0, "建议", "Advice"), API_END };
static const struct api_schema lookup_schema = { "TextLookup", lookup_fields, true };

static int check(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_text_check(&r->call, r->body, NULL, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int batch(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_text_batch(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int labels(struct api_request *r, struct error *e)
{
	json_t *items;

	if (app_text_labels(&r->call, &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static int scenes(struct api_request *r, struct error *e)
{
	json_t *items;

	if (app_text_scenes(&r->call, &items, e) < 0)
		return -1;
	api_reply_items(r, items);
	return 0;
}

static int lookup(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_text_lookup(&r->call, api_query_str(r, "term"), api_query_str(r, "scene"), api_query_int(r, "max", 50),
			    &v, e) < 0)
		return -1;
	api_reply_items(r, v);
	return 0;
}

/* ---- history ---- */

#define FILTER_FIELDS                                                                                      \
	API_LINE("q", 0, 0, 100, "文本包含", "Text contains"),                                               \
	API_LINE("suggestion", 0, 0, 30, "结论，可用逗号分隔", "Suggestions, comma-separated"),               \
	API_LINE("label", 0, 0, 200, "大类", "Labels"), API_LINE("scene", 0, 0, 200, "场景", "Scenes"),       \
	API_LINE("source", 0, 0, 60, "来源：console key task compat", "Sources"),                            \
	API_ID("account_id", 0, "谁检测的", "By whom"), API_ID("key_id", 0, "哪个密钥", "Which key"),         \
	API_TIME("from", 0, "从", "From"), API_TIME("to", 0, "到", "To")
static const struct api_field checks_export_fields[] = {
	API_ENUM("format", API_REQUIRED, "tsv|xlsx", "格式", "Format"), FILTER_FIELDS, API_END };
static const struct api_schema checks_export_schema = { "TextExportQuery", checks_export_fields, false };
static const struct api_field list_query_fields[] = {
	FILTER_FIELDS,
	API_ENUM("sort", 0, "created|-created|score|-score", "排序", "Order"),
	API_END,
};
static const struct api_schema list_query_schema = { "TextListQuery", list_query_fields, false };
#define TEXT_FIELDS                                                                                        \
	API_ID("id", API_REQUIRED, "标识", "Id"), API_STR("source", API_REQUIRED, 0, 0, "来源", "Source"),      \
	API_STR("scene", API_REQUIRED, 0, 0, "场景", "Scene"), API_STR("policy", API_REQUIRED, 0, 0, "策略", "Policy"), \
	API_ENUM("suggestion", API_REQUIRED, "pass|review|block", "建议", "Suggestion"),                      \
	API_NUM("score", API_REQUIRED, 0, 1, "分数", "Score"), API_STR("label", API_NULL, 0, 0, "大类", "Label"), \
	API_STR("sub_label", API_NULL, 0, 0, "子类", "Sub-label"), API_INT("chars", API_REQUIRED, 0, 0, "字符数", "Characters"), \
	API_INT("merged_count", API_REQUIRED, 0, 0, "风险数", "Merged hits"),                                 \
	API_ANY("account", API_NULL, 0, "谁检测的", "By whom: {id, name}"), API_ID("key_id", API_NULL, "密钥", "API key"), \
	API_ID("task_id", API_NULL, "任务", "Task"), API_TIME("created", API_REQUIRED, "时间", "When")
static const struct api_field text_fields[] = {
	TEXT_FIELDS, API_STR("excerpt", API_REQUIRED, 0, 0, "开头 200 字", "First 200 characters"), API_END };
static const struct api_schema text_schema = { "Text", text_fields, true };
static const struct api_field full_fields[] = {
	TEXT_FIELDS,
	API_STR("text", API_REQUIRED, 0, 0, "全文", "The text"),
	API_OBJECT("result", API_NULL, &result_schema, "检测结果", "The check's answer"),
	API_ANY("marks", API_REQUIRED, 0, "误报标记", "Hits marked as wrong"),
	API_ID("review_id", API_NULL, "复核事项", "Review item"),
	API_STR("review_state", API_NULL, 0, 0, "复核状态", "Its state"),
	API_END,
};
static const struct api_schema full_schema = { "TextFull", full_fields, true };
static const struct api_field mark_fields[] = {
	API_INT("hit", API_REQUIRED, 0, LIMIT_TEXT_CHARS * 10, "第几个命中，从 0 起", "Which hit, from 0"),
	API_STR("reason", 0, 0, 300, "理由", "Reason"),
	API_BOOL("allow", 0, "同时把这个词加入放行", "Allow the term from now on"),
	API_ID("lexicon_id", 0, "加入哪个词库；不填为我的词库", "Into which lexicon; one's own when absent"),
	API_END,
};
static const struct api_schema mark_schema = { "TextMark", mark_fields, false };

static struct store_text_filter filter_of(const struct api_request *r)
{
	return (struct store_text_filter){
		.q = api_query_str(r, "q"), .suggestion = api_query_str(r, "suggestion"),
		.label = api_query_str(r, "label"), .scene = api_query_str(r, "scene"),
		.source = api_query_str(r, "source"), .key = api_query_str(r, "key_id"),
		.account = api_query_str(r, "account_id"), .from = api_query_time(r, "from"),
		.to = api_query_time(r, "to"),
	};
}

#define XLSX_TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

static int export(struct api_request *r, struct error *e)
{
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_EXPORT);
	struct str format = api_query_str(r, "format");
	const struct store_text_filter f = filter_of(r);
	bool xlsx = str_eq(format, STR("xlsx"));

	if (app_text_export(&r->call, &f, format, &b, e) < 0)
		return -1;
	api_reply_file(r, xlsx ? STR("检测记录.xlsx") : STR("检测记录.tsv"),
		       xlsx ? XLSX_TYPE : "text/tab-separated-values; charset=utf-8", &b);
	return 0;
}

static int list(struct api_request *r, struct error *e)
{
	const struct store_text_filter f = filter_of(r);
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 || app_text_list(&r->call, &f, &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int get(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_text_get(&r->call, api_param(r, "text_check"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int delete(struct api_request *r, struct error *e)
{
	if (app_text_delete(&r->call, api_param(r, "text_check"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

static int mark(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_text_mark(&r->call, api_param(r, "text_check"), r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

/* ---- trends and settings ---- */

static const struct api_field trend_query_fields[] = {
	API_ENUM("unit", 0, "hour|day", "按小时或按天，默认按天", "By hour or day, day by default"),
	API_TIME("from", 0, "从；默认 30 天（按小时为 24 小时）前", "From; 30 days or 24 hours ago by default"),
	API_TIME("to", 0, "到，默认现在", "To, now by default"),
	API_LINE("scene", 0, 0, 40, "场景", "Scene"),
	API_ENUM("source", 0, "console|key|task|compat", "来源", "Source"),
	API_END,
};
static const struct api_schema trend_query_schema = { "TextTrendQuery", trend_query_fields, false };
static const struct api_field trend_fields[] = {
	API_ANY("series", API_REQUIRED, 0, "每个时段：{time, pass, review, block, labels}", "Per slot: {time, pass, review, block, labels}"),
	API_ANY("labels", API_REQUIRED, 0, "各大类：{label, review, block}", "By label"),
	API_ANY("scenes", API_REQUIRED, 0, "各场景", "By scene"), API_ANY("sources", API_REQUIRED, 0, "各来源", "By source"),
	API_ANY("terms", API_REQUIRED, 0, "最多命中的词，50 个：{term, label, n}", "Most frequent terms, 50: {term, label, n}"),
	API_ANY("totals", API_REQUIRED, 0, "合计", "Totals"), API_TIME("from", API_REQUIRED, "从", "From"),
	API_TIME("to", API_REQUIRED, "到", "To"), API_END };
static const struct api_schema trend_schema = { "TextTrends", trend_fields, true };
static const struct api_field settings_fields[] = {
	API_BOOL("keep_console", 0, "保留控制台检测的文本", "Keep texts checked in the console"),
	API_ENUM("keep_key", 0, "none|flagged|all", "接口检测的文本：不留、只留不通过的、全部", "Texts checked by API keys: none, flagged ones, all"),
	API_ENUM("queue", 0, "none|block|flagged", "哪些进入复核队列", "Which go to the review queue"),
	API_BOOL("second_look", 0, "放行机器拦截的文本须两个人", "Letting through what would be blocked needs two people"),
	API_INT("retention_days", 0, 1, LIMIT_TEXT_RETENTION_DAYS, "保留天数", "Days kept"),
	API_INT("rate_per_second", 0, 0, LIMIT_TEXT_RATE, "每个密钥每秒最多多少个文本，0 为不限", "Texts a second per key, 0: no limit"),
	API_END,
};
static const struct api_schema settings_schema = { "TextSettings", settings_fields, false };

static int trends(struct api_request *r, struct error *e)
{
	const struct app_trend_wish w = { .scene = api_query_str(r, "scene"), .source = api_query_str(r, "source"),
					  .unit = api_query_str(r, "unit"), .from = api_query_time(r, "from"),
					  .to = api_query_time(r, "to") };
	json_t *v;

	if (app_text_trends(&r->call, &w, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int settings_get(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_text_settings_view(&r->call, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int settings_change(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_text_settings_change(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

/* ---- tasks ---- */

static const struct api_field task_new_fields[] = {
	API_LINE("name", 0, 0, 100, "名称", "Name"),
	WAY_FIELDS,
	API_LIST("texts", 0, &item_schema, 1, LIMIT_TEXT_TASK_TEXTS, "文本，最多 10,000 个", "Texts, 10,000 at most"),
	API_STR("text", API_RAW, 1, 0, "一个长文本，最大 30 MB；位置从开头数起", "One long text of 30 MB at most; positions count from its start"),
	API_STR("file_base64", 0, 4, 0, "UTF-8 文本文件", "A text file in UTF-8"),
	API_ENUM("split", 0, "lines|whole", "文件每行一个文本，或整个是一个文本", "A text per line, or the file is one text"),
	API_END,
};
static const struct api_schema task_new_schema = { "TextTaskNew", task_new_fields, false };
static const struct api_field task_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"), API_STR("name", API_REQUIRED, 0, 0, "名称", "Name"),
	API_ENUM("state", API_REQUIRED, "queued|running|done|failed|cancelled", "状态", "State"),
	API_STR("scene", API_REQUIRED, 0, 0, "场景", "Scene"), API_STR("policy", API_REQUIRED, 0, 0, "策略", "Policy"),
	API_BOOL("whole", API_REQUIRED, "一个长文本", "One long text"),
	API_INT("total", API_REQUIRED, 0, 0, "文本数（长文本为段数）", "Texts, or pieces of a long one"),
	API_INT("done", API_REQUIRED, 0, 0, "已检测", "Checked"), API_NUM("progress", API_REQUIRED, 0, 100, "进度", "Progress"),
	API_INT("pass", API_REQUIRED, 0, 0, "通过", "Passed"), API_INT("review", API_REQUIRED, 0, 0, "复核", "To review"),
	API_INT("block", API_REQUIRED, 0, 0, "拦截", "To block"), API_INT("chars", API_REQUIRED, 0, 0, "字符数", "Characters"),
	API_ANY("error", API_NULL, 0, "失败原因", "Why it failed"), API_ANY("created_by", API_NULL, 0, "谁提交的", "By whom"),
	API_TIME("created", API_REQUIRED, "提交时间", "When"), API_TIME("finished", API_NULL, "结束时间", "When it ended"),
	API_END,
};
static const struct api_schema task_schema = { "TextTask", task_fields, true };
static const struct api_field task_query_fields[] = {
	API_LINE("state", 0, 0, 60, "状态", "State"),
	API_ENUM("sort", 0, "created|-created|name|-name", "排序", "Order"), API_END };
static const struct api_schema task_query_schema = { "TextTaskQuery", task_query_fields, false };
static const struct api_field task_item_fields[] = {
	API_INT("n", API_REQUIRED, 0, 0, "序号，从 0 起", "Number from 0"),
	API_STR("ref", API_REQUIRED, 0, 0, "调用方的编号、行号，或长文本中的位置", "The caller's reference, the line, or where a piece begins"),
	API_ENUM("suggestion", API_REQUIRED, "pass|review|block", "建议", "Suggestion"),
	API_NUM("score", API_REQUIRED, 0, 1, "分数", "Score"), API_STR("label", API_NULL, 0, 0, "大类", "Label"),
	API_STR("sub_label", API_NULL, 0, 0, "子类", "Sub-label"), API_INT("chars", API_REQUIRED, 0, 0, "字符数", "Characters"),
	API_INT("merged_count", API_REQUIRED, 0, 0, "风险数", "Merged hits"), API_STR("text", API_REQUIRED, 0, 0, "文本", "The text"),
	API_OBJECT("result", API_NULL, &result_schema, "检测结果", "The check's answer"), API_END };
static const struct api_schema task_item_schema = { "TextTaskItem", task_item_fields, true };
static const struct api_field task_item_query_fields[] = {
	API_LINE("suggestion", 0, 0, 30, "结论", "Suggestions"), API_ENUM("sort", 0, "n|-n|score|-score", "排序", "Order"), API_END };
static const struct api_schema task_item_query_schema = { "TextTaskItemQuery", task_item_query_fields, false };
static const struct api_field export_query_fields[] = {
	API_ENUM("format", API_REQUIRED, "jsonl|tsv|xlsx", "格式", "Format"), API_END };
static const struct api_schema export_query_schema = { "TextTaskExportQuery", export_query_fields, false };

static int task_add(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_text_task_add(&r->call, r->body, &v, e) < 0)
		return -1;
	api_reply(r, v);
	api_reply_location(r, "/text/tasks/%s", json_string_value(json_object_get(v, "id")));
	return 0;
}

static int task_list(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 ||
	    app_text_task_list(&r->call, api_query_str(r, "state"), &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int task_get(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_text_task_get(&r->call, api_param(r, "text_task"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int task_cancel(struct api_request *r, struct error *e)
{
	json_t *v;

	if (app_text_task_cancel(&r->call, api_param(r, "text_task"), &v, e) < 0)
		return -1;
	api_reply(r, v);
	return 0;
}

static int task_delete(struct api_request *r, struct error *e)
{
	if (app_text_task_delete(&r->call, api_param(r, "text_task"), e) < 0)
		return -1;
	api_reply(r, NULL);
	return 0;
}

static int task_items(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;

	if (api_page(r, &page, e) < 0 ||
	    app_text_task_items(&r->call, api_param(r, "text_task"), api_query_str(r, "suggestion"), &page, &items, e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static int task_export(struct api_request *r, struct error *e)
{
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_EXPORT);
	struct str format = api_query_str(r, "format"), name;

	if (app_text_task_export(&r->call, api_param(r, "text_task"), format, &b, &name, e) < 0)
		return -1;
	api_reply_file(r, name,
		       str_eq(format, STR("xlsx"))  ? XLSX_TYPE :
		       str_eq(format, STR("jsonl")) ? "application/x-ndjson" :
						      "text/tab-separated-values; charset=utf-8",
		       &b);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_POST, "/text/check", check, PERM_TEXT_CHECK, API_QUICK, .body = &check_schema, .reply = &result_schema,
	  .makes = "text_check", .example = "{\"text\":\"全网首家，效果最好\",\"scene\":\"ad\"}", .zh = "检测一个文本",
	  .en = "Check a text",
	  .note_zh = "同步，最多 10,000 个字符；更长或更多的用 /text/tasks。位置以码点计，从 0 起，不含终点；另有 UTF-16 位置。密钥超过租户设定的速率时答 429 与 Retry-After。",
	  .note_en = "At once, 10,000 characters at most; /text/tasks takes more. Positions are code points from 0, end exclusive, UTF-16 units beside them. A key beyond the tenant's rate gets 429 with Retry-After." },
	{ HTTP_POST, "/text/checks/batch", batch, PERM_TEXT_CHECK, 0, .body = &batch_schema,
	  .body_max = LIMIT_TEXT_BATCH_BODY, .reply = &batch_result_schema,
	  .example = "{\"texts\":[{\"ref\":\"1\",\"text\":\"今天天气不错\"}]}", .zh = "检测最多 100 个文本",
	  .en = "Check up to 100 texts" },
	{ HTTP_GET, "/text/labels", labels, PERM_TEXT_READ, API_LISTS, .reply = &label_schema, .zh = "全部标签",
	  .en = "All labels" },
	{ HTTP_GET, "/text/scenes", scenes, PERM_TEXT_READ, API_LISTS, .reply = &scene_schema, .zh = "场景与各场景的策略",
	  .en = "Scenes and their policies" },
	{ HTTP_GET, "/text/lookup", lookup, PERM_LEXICON_READ, API_LISTS, .query = &lookup_query_schema, .reply = &lookup_schema,
	  .zh = "违禁词查询", .en = "Look a term up", .note_zh = "与它相同、包含它、被它包含的词条，自有词库在前。",
	  .note_en = "Entries equal to it, containing it or contained in it, own ones first." },
	{ HTTP_GET, "/text/checks", list, PERM_TEXT_READ, API_LISTS, .query = &list_query_schema, .reply = &text_schema,
	  .zh = "检测记录", .en = "Kept checks" },
	{ HTTP_GET, "/text/checks/export", export, PERM_TEXT_READ, API_FILE, .query = &checks_export_schema,
	  .zh = "导出检测记录", .en = "Export kept checks", .note_zh = "按筛选条件，最新的在前，带全文，最多十万条。",
	  .note_en = "What the filter finds, newest first, with whole texts; 100,000 at most." },
	{ HTTP_GET, "/text/checks/{text_check}", get, PERM_TEXT_READ, 0, .reply = &full_schema, .zh = "一条检测记录",
	  .en = "One kept check" },
	{ HTTP_DELETE, "/text/checks/{text_check}", delete, PERM_TEXT_CHECK, 0, 204, .zh = "删除检测记录",
	  .en = "Delete a kept check" },
	{ HTTP_POST, "/text/checks/{text_check}/marks", mark, PERM_TEXT_CHECK, 0, .body = &mark_schema,
	  .reply = &full_schema, .example = "{\"hit\":0,\"reason\":\"专有名称\"}", .zh = "标记误报", .en = "Mark a hit as wrong",
	  .note_zh = "这条记录进入复核队列；allow 同时把该词加入放行。", .note_en = "The check goes to the review queue; allow also allows the term." },
	{ HTTP_GET, "/text/trends", trends, PERM_TEXT_READ, 0, .query = &trend_query_schema, .reply = &trend_schema,
	  .zh = "检测趋势", .en = "Trends", .note_zh = "来自计数，不读文本。", .note_en = "From counters; no text is read." },
	{ HTTP_GET, "/text/settings", settings_get, PERM_POLICY_READ, 0, .reply = &settings_schema, .zh = "文本检测设置",
	  .en = "Settings of text checks" },
	{ HTTP_PATCH, "/text/settings", settings_change, PERM_POLICY_WRITE, 0, .body = &settings_schema,
	  .reply = &settings_schema, .example = "{\"retention_days\":90}", .zh = "修改文本检测设置",
	  .en = "Change the settings of text checks" },
	{ HTTP_GET, "/text/tasks", task_list, PERM_TEXT_READ, API_LISTS, .query = &task_query_schema,
	  .reply = &task_schema, .zh = "检测任务列表", .en = "Text tasks" },
	{ HTTP_POST, "/text/tasks", task_add, PERM_TEXT_CHECK, 0, 202, .body = &task_new_schema,
	  .body_max = LIMIT_TEXT_TASK_BODY, .reply = &task_schema, .makes = "text_task",
	  .example = "{\"name\":\"评论\",\"texts\":[{\"ref\":\"1\",\"text\":\"今天天气不错\"}]}", .zh = "提交检测任务",
	  .en = "Submit a text task", .note_zh = "texts、text、file_base64 三选一，合计最大 30 MB 或 10,000 个文本。",
	  .note_en = "One of texts, text, file_base64: 30 MB or 10,000 texts at most." },
	{ HTTP_GET, "/text/tasks/{text_task}", task_get, PERM_TEXT_READ, 0, .reply = &task_schema, .zh = "检测任务",
	  .en = "One text task" },
	{ HTTP_POST, "/text/tasks/{text_task}/cancel", task_cancel, PERM_TEXT_CHECK, API_BODY_OPTIONAL,
	  .reply = &task_schema, .zh = "取消检测任务", .en = "Cancel a text task" },
	{ HTTP_DELETE, "/text/tasks/{text_task}", task_delete, PERM_TEXT_CHECK, 0, 204, .zh = "删除检测任务",
	  .en = "Delete a text task" },
	{ HTTP_GET, "/text/tasks/{text_task}/items", task_items, PERM_TEXT_READ, API_LISTS,
	  .query = &task_item_query_schema, .reply = &task_item_schema, .zh = "检测任务的结果", .en = "Results of a text task" },
	{ HTTP_GET, "/text/tasks/{text_task}/export", task_export, PERM_TEXT_READ, API_FILE,
	  .query = &export_query_schema, .zh = "下载检测任务的结果", .en = "Download the results of a text task" },
	API_ROUTES_END,
};
const struct api_resource api_r_texts = { "text", "文本合规", "Text compliance", routes };
