/* One template from its first request to its result: payload combinations, requests in
 * order, extraction, matching, flow. */
#include "base/limits.h"
#include "scan/template/run_private.h"

#define HOPS 12
#define OOB_WAIT_MS 4000
#define OOB_STEP_MS 200

struct round {
	struct trun *tr;
	const struct template_block *b;
	bool first; /* combination of payloads */
	bool matched, done;
	unsigned asked;
};

static void run_requests(struct round *n, size_t from);

/* Matches one answer; true when it did. */
static bool judge(struct trun *tr, const struct template_block *b, struct reply *y)
{
	struct buf shown;
	bool internal = false, extracted_internal = true;
	struct str names = STR("");
	buf_init(&shown, 32 * KIB);
	bool extracted = trun_extract(tr, b, y, &shown, &extracted_internal);
	tr->looked = 0;
	bool hit = b->matchers_len ? trun_match(tr, b, y, &internal, &names) : extracted;
	if (!b->matchers_len)
		internal = extracted_internal;
	/* requests that are alternatives decide each for itself, others together */
	bool alone = b->stop_at_first || (!b->numbered && !b->requests[0].raw);
	/* what says which product it is may look at the answer of one request only */
	bool one = b->numbered && tr->looked && tr->t->severity <= SEVERITY_INFO && !tr->t->flow && tr->t->blocks_len == 1;
	if (hit && one)
		tr->refutes |= (tr->looked & tr->moves) != 0;
	else if (hit)
		tr->refutes |= alone && !tr->t->flow && tr->t->blocks_len == 1 ? tr->moved : tr->shifted;
	if (hit && !internal)
		*vec_push(&tr->hits) = (struct hit){ y, b, names, arena_str(tr->keep, buf_view(&shown)), tr->plain };
	buf_free(&shown);
	return hit;
}

/* Each hit is looked at with the last answer of the block. */
static bool judge_hits(struct trun *tr, const struct template_block *b, struct reply *y)
{
	bool matched = false;
	for (size_t i = 0; i < tr->waiting.len && !matched; i++) {
		struct scan_oob_hit hits[8];
		int n = probe_oob_wait(tr->p, tr->waiting.ptr[i].token, 0, hits, 8);
		for (int k = 0; k < n && !matched; k++) {
			tr->oob_hit = &hits[k];
			matched = judge(tr, b, y);
			tr->oob_hit = NULL;
		}
	}
	return matched;
}

bool trun_called(struct trun *tr, const struct template_block *b)
{
	struct reply *y = tr->history.len ? tr->history.ptr[tr->history.len - 1] : NULL;
	return y && judge_hits(tr, b, y);
}

/* Nothing comes after this block: its result alone decides, and can be waited for while
 * other templates run. */
static bool is_last(const struct trun *tr, const struct template_block *b)
{
	const struct template_flow *f = tr->t->flow;
	if (tr->control != CONTROL_NONE || tr->fresh)
		return false;
	while (f && (f->kind == FLOW_AND || f->kind == FLOW_SEQ))
		f = f->right;
	if (!f)
		return !tr->t->flow && b == &tr->t->blocks[tr->t->blocks_len - 1];
	return f->kind == FLOW_CALL && f->calls_len && &tr->t->blocks[f->calls[f->calls_len - 1]] == b;
}

/* Who called meanwhile? The name is looked up before it is connected to, so the first hit
 * may not be the one that is waited for. */
static bool judge_oob(struct trun *tr, const struct template_block *b)
{
	struct reply *y = tr->history.len ? tr->history.ptr[tr->history.len - 1] : NULL;
	bool matched = false;
	for (int waited = 0; y && !matched && !tr->r->stopping; waited += OOB_STEP_MS) {
		matched = judge_hits(tr, b, y);
		if (matched || waited >= OOB_WAIT_MS)
			break;
		probe_sleep(tr->p, OOB_STEP_MS);
	}
	return matched;
}

/* The answers to one request, final one first. */
static bool ask_and_judge(struct trun *tr, const struct template_block *b, const struct template_request *q)
{
	struct reply *y[HOPS] = { 0 };
	size_t n = 0;
	tr->now = NULL;
	tr->plain = tr->moved = false;
	if (b->protocol != TEMPLATE_HTTP)
		n = (y[0] = trun_other(tr, b->protocol, q)) ? 1 : 0;
	else if (q->bytes.text.len)
		n = (y[0] = trun_unsafe(tr, q)) ? 1 : 0;
	else
		n = trun_ask(tr, q, y, HOPS);
	*vec_push(&tr->history) = n ? y[n - 1] : NULL;
	if (tr->moved && tr->history.len <= 64)
		tr->moves |= (uint64_t)1 << (tr->history.len - 1);
	bool matched = false;
	for (size_t i = n; i-- > 0 && !matched;) {
		if (i + 1 < n && n > 1) /* an earlier hop stands in for its number */
			tr->history.ptr[tr->history.len - 1] = y[i];
		matched = judge(tr, b, y[i]);
	}
	if (n)
		tr->history.ptr[tr->history.len - 1] = y[n - 1];
	return matched;
}

/* iterate-all: every value of what was just extracted, one after another. */
static bool iterate(struct round *n, size_t next)
{
	struct trun *tr = n->tr;
	for (size_t i = 0; n->b->iterate_all && i < tr->binds.len; i++) {
		struct bind all = tr->binds.ptr[i];
		if (all.value.type != VALUE_LIST || next >= n->b->requests_len)
			continue;
		for (size_t k = 0; k < all.value.list.len && k < 50 && !n->done; k++) {
			trun_bind(tr, all.name, all.value.list.items[k]);
			run_requests(n, next);
		}
		return true;
	}
	return false;
}

static void run_requests(struct round *n, size_t from)
{
	struct trun *tr = n->tr;
	const struct template_block *b = n->b;
	for (size_t i = from; i < b->requests_len && !n->done && !tr->r->stopping; i++) {
		if (++n->asked > LIMIT_TEMPLATE_SENDS || arena_left(tr->keep) < 2 * MIB)
			n->done = true; /* values of values of values, or an answer that fills all memory */
		if (n->done)
			break;
		if (b->requests[i].once && !n->first)
			continue;
		arena_reset(tr->scratch);
		if (ask_and_judge(tr, b, &b->requests[i])) {
			n->matched = true;
			n->done = b->stop_at_first;
		}
		if (iterate(n, i + 1))
			return;
	}
}

/* Answers that nothing refers to any more. */
static void drop_replies(struct trun *tr)
{
	size_t kept = 0;
	for (size_t i = 0; i < tr->held.len; i++) {
		struct reply *y = tr->held.ptr[i];
		bool wanted = false;
		for (size_t k = 0; k < tr->hits.len && !wanted; k++)
			wanted = tr->hits.ptr[k].reply == y;
		for (size_t k = 0; k < tr->history.len && !wanted; k++)
			wanted = tr->history.ptr[k] == y;
		if (wanted)
			tr->held.ptr[kept++] = y;
		else
			reply_unref(y);
	}
	tr->held.len = kept;
	tr->now = NULL;
}

static bool bind_payload(struct trun *tr, const struct template_payload *p, size_t i)
{
	struct str text;
	if (!trun_render(tr, &p->values[i], tr->scratch, &text))
		return false;
	trun_bind(tr, p->name, value_of_str(text));
	return true;
}

/* Payloads of combination number n; false at the end. */
static bool bind_round(struct trun *tr, const struct template_block *b, uint64_t n)
{
	arena_reset(tr->scratch);
	if (b->attack == ATTACK_CLUSTERBOMB) {
		for (size_t i = b->payloads_len; i-- > 0;) {
			const struct template_payload *p = &b->payloads[i];
			bind_payload(tr, p, n % p->len);
			n /= p->len;
		}
		return n == 0;
	}
	bool any = false;
	for (size_t i = 0; i < b->payloads_len; i++) {
		const struct template_payload *p = &b->payloads[i];
		if (b->attack == ATTACK_PITCHFORK && n >= p->len)
			return false; /* the shortest list ends it */
		any = any || n < p->len;
		if (n < p->len)
			bind_payload(tr, p, n);
		else if (b->attack != ATTACK_PITCHFORK && p->len)
			bind_payload(tr, p, p->len - 1);
	}
	return any;
}

static bool run_block(struct trun *tr, const struct template_block *b)
{
	struct round n = { .tr = tr, .b = b, .first = true };
	const struct template_block *before = tr->block;
	tr->block = b;
	for (uint64_t k = 0; !n.done && !tr->r->stopping && tr->sends < LIMIT_TEMPLATE_SENDS; k++) {
		if (b->payloads_len && !bind_round(tr, b, k))
			break;
		tr->history.len = 0;
		tr->moves = 0;
		drop_replies(tr);
		if (arena_left(tr->keep) < 6 * MIB)
			break;
		run_requests(&n, 0);
		n.first = false;
		if (!b->payloads_len)
			break;
	}
	if (b->waits_oob && !n.matched && tr->waiting.len) {
		if (is_last(tr, b))
			tr->deferred = b;
		else
			n.matched = judge_oob(tr, b);
	}
	tr->block = before;
	return n.matched;
}

/* A POC's rule has one result, however often the last expression names it. */
static bool run_once(struct trun *tr, unsigned block)
{
	if (tr->t->format == TEMPLATE_NUCLEI)
		return run_block(tr, &tr->t->blocks[block]);
	if (!tr->results)
		tr->results = arena_array(tr->keep, tr->t->blocks_len, 1);
	if (!tr->results[block])
		tr->results[block] = run_block(tr, &tr->t->blocks[block]) ? 'y' : 'n';
	return tr->results[block] == 'y';
}

static bool run_flow(struct trun *tr, const struct template_flow *f)
{
	bool any = false;
	switch (f->kind) {
	case FLOW_CALL:
		for (size_t i = 0; i < f->calls_len && !tr->r->stopping; i++)
			any |= run_once(tr, f->calls[i]);
		return any;
	case FLOW_EXPR:
		arena_reset(tr->scratch);
		tr->env.steps = 0;
		tr->env.arena = tr->scratch;
		any = expr_test(f->test, &tr->env);
		tr->env.arena = tr->keep;
		return any;
	case FLOW_NOT:
		return !run_flow(tr, f->left);
	case FLOW_AND:
		return run_flow(tr, f->left) && run_flow(tr, f->right);
	case FLOW_OR:
		return run_flow(tr, f->left) || run_flow(tr, f->right);
	case FLOW_SEQ:
		any = run_flow(tr, f->left);
		return run_flow(tr, f->right) || any;
	case FLOW_TRUE:
		break;
	}
	return true;
}

bool trun_run(struct trun *tr)
{
	bool matched = false;
	if (tr->t->flow) {
		matched = run_flow(tr, tr->t->flow);
	} else {
		for (size_t i = 0; i < tr->t->blocks_len && !tr->r->stopping; i++)
			matched |= run_block(tr, &tr->t->blocks[i]);
	}
	return matched && tr->hits.len && !tr->r->stopping;
}
