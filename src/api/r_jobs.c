/* The queue as administrators see it: the own tenant's jobs; a platform administrator in
 * the platform tenant sees everybody's, without their contents. */
#include "api/api_private.h"
#include "app/queue.h"

static const struct api_field job_fields[] = {
	API_ID("id", API_REQUIRED, "标识", "Id"),
	API_STR("tenant_id", API_REQUIRED, 0, 0, "租户，平台任务为空", "Tenant; empty for the platform's own"),
	API_STR("kind", API_REQUIRED, 0, 0, "种类", "Kind"),
	API_ENUM("state", API_REQUIRED, "queued|running|paused|done|failed|cancelled", "状态", "State"),
	API_STR("reason", API_REQUIRED, 0, 0, "等待的原因", "Why it waits"),
	API_NUM("progress", API_REQUIRED, 0, 100, "进度，百分数", "Progress in per cent"),
	API_STR("doing", API_REQUIRED, 0, 0, "正在做什么", "What is being done"),
	API_STR("doing_en", API_REQUIRED, 0, 0, "英文", "The same in English"),
	API_INT("attempts", API_REQUIRED, 0, 0, "已尝试次数", "Attempts so far"),
	API_INT("max_attempts", API_REQUIRED, 0, 0, "最多尝试次数", "Attempts at most"),
	API_STR("worker", API_REQUIRED, 0, 0, "所在的工作进程", "Worker that has it"),
	API_STR("error", API_REQUIRED, 0, 0, "最近一次错误", "Last error"),
	API_STR("error_en", API_REQUIRED, 0, 0, "英文", "The same in English"),
	API_TIME("created", API_REQUIRED, "建立时间", "Created"),
	API_TIME("started", API_REQUIRED | API_NULL, "开始时间", "Started"),
	API_TIME("finished", API_REQUIRED | API_NULL, "结束时间", "Finished"),
	API_END,
};
static const struct api_schema job_schema = { "Job", job_fields, true };
static const struct api_field query_fields[] = {
	API_ENUM("state", 0, "queued|running|paused|done|failed|cancelled", "状态", "State"),
	API_LINE("kind", 0, 1, 40, "种类", "Kind"),
	API_END,
};
static const struct api_schema query_schema = { "JobQuery", query_fields, false };

static int list(struct api_request *r, struct error *e)
{
	struct store_page page;
	json_t *items;
	if (api_page(r, &page, e) < 0 ||
	    app_queue_list(&r->call, api_query_str(r, "kind"), api_query_str(r, "state"), &page, &items,
			   e) < 0)
		return -1;
	api_reply_page(r, items, &page);
	return 0;
}

static const struct api_route routes[] = {
	{ HTTP_GET, "/jobs", list, PERM_JOB_READ, API_LISTS, .query = &query_schema, .reply = &job_schema,
	  .zh = "任务队列", .en = "The queue, newest first" },
	API_ROUTES_END,
};
const struct api_resource api_r_jobs = { "jobs", "任务队列", "Queue", routes };
