/* Listing jobs: what they are and how they fare, never their payloads, which may name
 * what a tenant does not want shown. */
#include "app/queue.h"

#include "job/job.h"

static json_t *view(const struct job *j)
{
	json_t *v = json_object();
	json_put(v, "id", json_str(j->id));
	json_put(v, "tenant_id", json_str(j->tenant));
	json_put(v, "kind", json_str(j->kind));
	json_put(v, "state", json_c(job_state_name(j->state)));
	json_put(v, "reason", json_str(j->reason));
	json_put(v, "progress", json_real((double)j->progress / 100));
	json_put(v, "doing", json_str(j->doing));
	json_put(v, "doing_en", json_str(j->doing_en));
	json_put(v, "attempts", json_integer(j->attempts));
	json_put(v, "max_attempts", json_integer(j->max_attempts));
	json_put(v, "worker", json_str(j->worker));
	json_put(v, "error", json_c(j->error.zh));
	json_put(v, "error_en", json_c(j->error.en));
	json_put(v, "created", json_time(j->created));
	json_put(v, "started", json_time(j->started));
	json_put(v, "finished", json_time(j->finished));
	return v;
}

int app_queue_list(struct app_call *c, struct str kind, struct str state, struct store_page *page,
		   json_t **ret, struct error *e)
{
	struct str tenant = str_eq(c->actor->tenant_id, APP_PLATFORM) ? STR("") : c->actor->tenant_id;
	struct job *jobs = arena_array(c->arena, page->limit + 1, sizeof(*jobs));
	if (app_require(c, PERM_JOB_READ, e) < 0)
		return -1;
	int n = job_list(c->db, tenant, kind, state, page->after, c->arena, jobs, (int)page->limit + 1, e);
	if (n < 0)
		return -1;
	json_t *items = json_array();
	for (int i = 0; i < n && i < (int)page->limit; i++)
		json_array_append_new(items, view(&jobs[i]));
	if (n > (int)page->limit)
		page->next = jobs[page->limit - 1].id;
	*ret = items;
	return 0;
}
