/* Ownership: asking for a proof, looking for it, looking again every day. What the
 * network says is gathered before the transaction that writes what follows from it. */
#include "app/verify.h"

#include "app/notify.h"
#include "app/outgoing.h"
#include "app/proof.h"
#include "app/site.h"
#include "app/view.h"
#include "base/encode.h"
#include "base/limits.h"
#include "job/job.h"

#define DAY_MS (24 * 3600 * 1000LL)

static struct app_proof proof_of(const struct store_site *s, const struct store_verification *v,
				 int64_t now)
{
	return (struct app_proof){ v->method, s->origin, s->host, v->token, v->id, now };
}

static bool expired(const struct store_verification *v, int64_t now)
{
	return v->expires <= now && !str_eq(v->state, STR("passed"));
}

static json_t *instructions(struct app_call *c, const struct store_site *s,
			    const struct store_verification *v)
{
	struct app_proof p = proof_of(s, v, c->now);
	json_t *o = json_object(), *urls = json_array();
	struct str name = app_proof_file_name(c->arena, v->id);

	json_array_append_new(urls, json_str(app_proof_file_url(c->arena, &p, true)));
	json_array_append_new(urls, json_str(app_proof_file_url(c->arena, &p, false)));
	json_put(o, "file_name", json_str(name));
	json_put(o, "file_path",
		 json_str(arena_printf(c->arena, "/.well-known/%.*s", STR_ARG(name))));
	json_put(o, "file_urls", urls);
	json_put(o, "file_content", json_str(v->token));
	json_put(o, "meta_tag", json_str(app_proof_meta_tag(c->arena, v->token)));
	json_put(o, "dns_name", json_str(app_proof_dns_name(c->arena, s->host)));
	json_put(o, "dns_value", json_str(app_proof_dns_value(c->arena, v->token)));
	return o;
}

static json_t *verification_json(struct app_call *c, const struct store_site *s,
				 const struct store_verification *v)
{
	json_t *o = json_object();

	json_put(o, "id", json_str(v->id));
	json_put(o, "site_id", json_str(v->site));
	json_put(o, "method", json_str(v->method));
	json_put(o, "state", expired(v, c->now) ? json_c("expired") : json_str(v->state));
	json_put(o, "token", json_str(v->token));
	json_put(o, "expires", json_time(v->expires));
	json_put(o, "checked_at", json_time(v->checked_at));
	json_put(o, "instructions", instructions(c, s, v));
	json_put(o, "attempts", app_text_json(v->attempts));
	json_put(o, "created", json_time(v->created));
	return o;
}

static struct str new_token(struct arena *a)
{
	_cleanup_buf_ struct buf b = BUF_INIT(KIB);
	char raw[25]; /* 200 bits */

	random_bytes(raw, sizeof(raw));
	encode_base32(&b, str_make(raw, sizeof(raw)));
	return arena_str(a, buf_view(&b));
}

int app_verify_start(struct app_call *c, struct str site, struct str method, json_t **ret,
		     struct error *e)
{
	struct id id = id_new(c->now);
	struct store_verification v;
	struct store_site s;
	int found;

	if (app_require(c, PERM_SITE_WRITE, e) < 0 || app_site_load(c, site, &s, e) < 0)
		return -1;
	if (!str_eq(method, STR("file")) && !str_eq(method, STR("meta")) &&
	    !str_eq(method, STR("dns")))
		return error_field(e, "method", "input.enum", "认证方式只能是 file、meta 或 dns",
				   "method must be file, meta or dns");
	found = store_verification_pending(c->db, s.tenant, s.id, s.origin, method, c->now, c->arena,
					   &v, e);
	if (found < 0)
		return -1;
	if (!found) {
		v = (struct store_verification){
			.id = arena_str(c->arena, id_str(&id)), .tenant = s.tenant, .site = s.id,
			.origin = s.origin, .method = method, .token = new_token(c->arena),
			.state = STR("pending"), .attempts = STR("[]"),
			.created_by = c->actor->user_id, .created = c->now,
			.expires = c->now + LIMIT_VERIFY_PENDING_DAYS * DAY_MS,
		};
		if (store_verification_insert(c->db, &v, e) < 0)
			return -1;
	}
	*ret = verification_json(c, &s, &v);
	return 0;
}

struct listing {
	struct app_call *c;
	const struct store_site *site;
	json_t *items;
};

static void list_one(const struct store_verification *v, void *user)
{
	struct listing *l = user;

	json_array_append_new(l->items, verification_json(l->c, l->site, v));
}

int app_verify_list(struct app_call *c, struct str site, struct store_page *page, json_t **ret,
		    struct error *e)
{
	struct store_site s;
	_cleanup_json_ json_t *items = json_array();
	struct listing l = { c, &s, items };

	/* The token is a secret of those who may use it. */
	if (app_require(c, PERM_SITE_WRITE, e) < 0 || app_site_load(c, site, &s, e) < 0 ||
	    store_verification_list(c->db, s.tenant, s.id, page, c->arena, list_one, &l, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

static int load(struct app_call *c, struct str site, struct str id, struct store_site *s,
		struct store_verification *v, struct error *e)
{
	int found;

	if (app_site_load(c, site, s, e) < 0)
		return -1;
	found = store_verification_get(c->db, s->tenant, s->id, id, c->arena, v, e);
	return found > 0 ? 0 : found < 0 ? -1 : app_missing(e, "verification", "认证", "verification");
}

int app_verify_file(struct app_call *c, struct str site, struct str id, struct str *ret_name,
		    struct str *ret_content, struct error *e)
{
	struct store_site s;
	struct store_verification v;

	if (app_require(c, PERM_SITE_WRITE, e) < 0 || load(c, site, id, &s, &v, e) < 0)
		return -1;
	*ret_name = app_proof_file_name(c->arena, v.id);
	*ret_content = v.token;
	return 0;
}

/* ---- looking ---- */

struct outcome {
	struct app_call *c;
	struct store_site *site;
	struct store_verification *v;
	bool ok;
	struct error why;
};

static int passed_tx(struct store_conn *db, void *arg, struct error *e)
{
	struct outcome *o = arg;
	struct app_call *c = o->c;
	struct store_site s;
	_cleanup_json_ json_t *detail = json_object();

	if (app_site_load(c, o->site->id, &s, e) < 0)
		return -1;
	/* The domain may have been replaced while we looked at the old one. */
	if (!str_eq(s.origin, o->v->origin))
		return app_conflict(e, "site");
	if (store_verification_save(db, o->v, e) < 0)
		return -1;
	s.updated = s.verify_checked_at = c->now;
	if (o->ok) {
		s.verify_state = STR("verified");
		s.verify_method = o->v->method;
		s.verify_id = o->v->id;
		s.verified_at = c->now;
		s.verify_failures = 0;
		s.verify_error = STR_NULL;
	} else {
		_cleanup_json_ json_t *why = app_error_json(&o->why);

		s.verify_error = app_json_text(c->arena, why);
	}
	*o->site = s;
	if (store_site_save_verify(db, &s, e) < 0)
		return -1;
	json_put(detail, "method", json_str(o->v->method));
	json_put(detail, "origin", json_str(s.origin));
	if (!o->ok)
		json_put(detail, "code", json_c(o->why.code));
	if (app_audit(c, o->ok ? "site.verify" : "site.verify-failed", "site", s.id, s.name, detail,
		      e) < 0)
		return -1;
	return app_site_event(c, &s, e);
}

/* A process without a spawner asks a worker and waits for it. */
static int check_by_job(struct app_call *c, struct str site, struct str id, struct error *e)
{
	_cleanup_json_ json_t *payload = json_object();
	struct job_request r = { .tenant = c->actor->tenant_id, .kind = STR("verify"),
				 .priority = 50, .max_attempts = 1, .dedupe_key = id };
	struct id job;
	struct job state;

	json_put(payload, "site_id", json_str(site));
	json_put(payload, "verification_id", json_str(id));
	json_put(payload, "user_id", json_str(c->actor->user_id));
	json_put(payload, "user_name", json_str(c->actor->user_name));
	r.payload = app_json_text(c->arena, payload);
	if (job_enqueue(c->db, &r, c->now, &job, NULL, e) < 0)
		return -1;
	for (int i = 0; i < 150; i++) {
		if (job_get(c->db, c->actor->tenant_id, id_str(&job), c->arena, &state, e) < 0)
			return -1;
		if (state.state == JOB_ENDED_DONE)
			return 0;
		if (state.state >= JOB_ENDED_FAILED) {
			if (e)
				*e = state.error;
			return -1;
		}
		clock_system.sleep_ms(&clock_system, 200);
	}
	return error_set(e, "verify.busy", "认证检查尚未完成，请稍后再试",
			 "the check has not finished yet: try again in a moment");
}

int app_verify_check(struct app_call *c, struct str site, struct str id, json_t **ret,
		     struct error *e)
{
	struct store_site s;
	struct store_verification v;
	struct outcome o = { .c = c, .site = &s, .v = &v };
	_cleanup_outgoing_ struct app_outgoing out = { 0 };
	_cleanup_json_ json_t *attempts = json_array();
	struct app_proof p;

	if (app_require(c, PERM_SITE_WRITE, e) < 0 || load(c, site, id, &s, &v, e) < 0)
		return -1;
	if (expired(&v, c->now) || !str_eq(v.origin, s.origin))
		return error_set(e, "verify.state", "这个令牌已过期，请重新获取",
				 "this token has expired: ask for a new one");
	if (!c->app->spawner && !str_eq(v.method, STR("dns"))) {
		if (check_by_job(c, site, id, e) < 0 || load(c, site, id, &s, &v, e) < 0)
			return -1;
		*ret = verification_json(c, &s, &v);
		return 0;
	}
	p = proof_of(&s, &v, c->now);
	if (app_outgoing_open(c, &out, e) < 0 ||
	    app_proof_look(c->app->spawner, &out, &p, c->arena, attempts, &o.ok, &o.why, e) < 0)
		return -1;
	v.state = o.ok ? STR("passed") : STR("failed");
	v.checked_at = c->now;
	v.attempts = app_json_text(c->arena, attempts);
	if (store_tx(c->db, passed_tx, &o, e) < 0)
		return -1;
	*ret = verification_json(c, &s, &v);
	return 0;
}

/* ---- looking again ---- */

struct again {
	struct app_call *c;
	struct str site, origin;
	bool daily, ok;
	struct error why;
};

static int void_proof(struct app_call *c, struct store_site *s, const struct error *why,
		      struct error *e)
{
	_cleanup_json_ json_t *payload = json_object();
	_cleanup_json_ json_t *detail = app_error_json(why);

	s->verify_state = STR("expired");
	json_put(payload, "site_id", json_str(s->id));
	json_put(payload, "site_name", json_str(s->name));
	json_put(payload, "url", json_str(s->url));
	json_put(payload, "reason", json_c(why->zh));
	json_put(payload, "reason_en", json_c(why->en));
	if (app_audit(c, "site.verify-expired", "site", s->id, s->name, detail, e) < 0)
		return -1;
	return app_notify_raise(c, "site.verify-expired", SEVERITY_HIGH, s->id, payload, e);
}

static int again_tx(struct store_conn *db, void *arg, struct error *e)
{
	struct again *g = arg;
	struct app_call *c = g->c;
	struct store_site s;
	bool gone;

	if (app_site_load(c, g->site, &s, e) < 0)
		return -1;
	if (!str_eq(s.origin, g->origin))
		return 0;
	s.updated = c->now;
	/* A failed look before a scan must not put the daily one off. */
	if (g->ok || g->daily)
		s.verify_checked_at = c->now;
	if (g->ok) {
		s.verify_failures = 0;
		s.verify_error = STR_NULL;
	} else {
		_cleanup_json_ json_t *why = app_error_json(&g->why);

		s.verify_error = app_json_text(c->arena, why);
		s.verify_failures += g->daily;
		/* A letter ends on its day; a page may be away for a day or two. */
		gone = error_is(&g->why, "verify.letter-expired") ||
		       s.verify_failures >= LIMIT_VERIFY_FAILURES;
		if (gone && !str_eq(s.verify_state, STR("expired")) &&
		    void_proof(c, &s, &g->why, e) < 0)
			return -1;
	}
	if (store_site_save_verify(db, &s, e) < 0)
		return -1;
	return app_site_event(c, &s, e);
}

/* The letter that stands in for a proof: approved, of this origin, not expired. */
static int letter_again(struct app_call *c, const struct store_site *s, bool *ok,
			struct error *why, struct error *e)
{
	struct store_authorization l;
	int found = store_authorization_approved(c->db, s->tenant, s->id, s->origin, c->arena, &l, e);

	if (found < 0)
		return -1;
	*ok = found && l.expires > c->now;
	if (!*ok)
		error_set(why, "verify.letter-expired", "授权书已到期或已撤销",
			  "the letter of authorisation has expired or is gone");
	return 0;
}

static int proof_again(struct app_call *c, const struct store_site *s, bool *ok,
		       struct error *why, struct error *e)
{
	_cleanup_outgoing_ struct app_outgoing out = { 0 };
	_cleanup_json_ json_t *attempts = json_array();
	struct store_verification v;
	struct app_proof p;
	int found = store_verification_get(c->db, s->tenant, s->id, s->verify_id, c->arena, &v, e);

	if (found < 0)
		return -1;
	*ok = false;
	if (!found) {
		error_set(why, "verify.lost", "认证记录不存在，请重新认证", "the proof is gone: verify again");
		return 0;
	}
	p = proof_of(s, &v, c->now);
	if (app_outgoing_open(c, &out, e) < 0)
		return -1;
	return app_proof_look(c->app->spawner, &out, &p, c->arena, attempts, ok, why, e);
}

int app_verify_again(struct app_call *c, struct str site, bool daily, bool *ret_ok,
		     struct error *why, struct error *e)
{
	struct store_site s;
	struct again g = { .c = c, .site = site, .daily = daily };

	if (app_site_load(c, site, &s, e) < 0)
		return -1;
	g.origin = s.origin;
	if (str_eq(s.verify_state, STR("exempt"))) {
		if (letter_again(c, &s, &g.ok, &g.why, e) < 0)
			return -1;
	} else if (str_eq(s.verify_state, STR("verified"))) {
		if (proof_again(c, &s, &g.ok, &g.why, e) < 0)
			return -1;
	} else {
		*ret_ok = false;
		app_site_proven(&s, why);
		return 0;
	}
	if (store_tx(c->db, again_tx, &g, e) < 0)
		return -1;
	*ret_ok = g.ok;
	if (why)
		*why = g.why;
	return 0;
}
