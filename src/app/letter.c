/* Letters of authorisation: for sites in networks that nobody outside can look at.
 * The tenant uploads the signed letter with the address ranges it covers; a platform
 * administrator, another person than who uploaded it, approves. */
#include "app/verify.h"

#include "app/site.h"
#include "app/view.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "net/policy.h"
#include "store/blob.h"
#include "store/tenant.h"

#define DAY_MS (24 * 3600 * 1000LL)
#define LONGEST_DAYS (3 * 366)

static json_t *letter_json(const struct store_authorization *l, int64_t now)
{
	json_t *o = json_object(), *by;
	bool over = str_eq(l->state, STR("approved")) && l->expires <= now;

	json_put(o, "id", json_str(l->id));
	json_put(o, "site_id", json_str(l->site));
	json_put(o, "site_name", json_str(l->site_name));
	json_put(o, "origin", json_str(l->origin));
	json_put(o, "letter_name", json_str(l->letter_name));
	json_put(o, "letter_type", json_str(l->letter_type));
	json_put(o, "letter_size", json_integer(l->letter_size));
	json_put(o, "letter_sha256", json_str(l->letter_sha256));
	json_put(o, "ranges", app_text_json(l->ranges));
	json_put(o, "note", json_str(l->note));
	json_put(o, "state", over ? json_c("expired") : json_str(l->state));
	json_put(o, "expires", json_time(l->expires));
	by = json_object();
	json_put(by, "id", json_str(l->requested_by));
	json_put(by, "name", json_str(l->requested_name));
	json_put(o, "requested_by", by);
	by = json_null();
	if (l->decided_by.len) {
		by = json_object();
		json_put(by, "id", json_str(l->decided_by));
		json_put(by, "name", json_str(l->decided_name));
	}
	json_put(o, "decided_by", by);
	json_put(o, "decided_at", json_time(l->decided_at));
	json_put(o, "reason", json_str(l->reason));
	json_put(o, "created", json_time(l->created));
	return o;
}

/* By content, not by name: what a browser or a person would open. */
static const char *letter_type(struct str bytes)
{
	if (str_starts(bytes, STR("%PDF-")))
		return "application/pdf";
	if (str_starts(bytes, STR("\xff\xd8\xff")))
		return "image/jpeg";
	if (str_starts(bytes, STR("\x89PNG\r\n\x1a\n")))
		return "image/png";
	return NULL;
}

static int take_ranges(struct app_call *c, const json_t *in, struct store_authorization *l,
		       struct error *e)
{
	_cleanup_policy_ struct net_policy *probe = net_policy_new();
	const json_t *v = json_object_get(in, "ranges");
	struct error why = { 0 };
	struct str *list;
	size_t n;

	if (app_json_strings(c->arena, v, "ranges", LIMIT_LETTER_RANGES, &list, &n, e) < 0)
		return -1;
	if (!n)
		return error_field(e, "ranges", "input.required", "请填写授权书覆盖的地址段",
				   "name the address ranges that the letter covers");
	for (size_t i = 0; i < n; i++)
		if (net_policy_allow_cidr(probe, list[i], &why) < 0)
			return error_field(e, "ranges", why.code, "%s", "%s", why.zh);
	l->ranges = app_json_text(c->arena, v);
	return 0;
}

static int take_file(const json_t *in, struct store_authorization *l, struct buf *bytes,
		     struct error *e)
{
	const char *type;

	if (decode_base64(bytes, json_get_str(in, "letter_base64")) < 0)
		return error_field(e, "letter_base64", "input.base64", "文件内容不是有效的 Base64",
				   "letter_base64 is not valid Base64");
	if (bytes->overflow)
		return error_field(e, "letter_base64", "letter.too-large", "授权书最大 5 MB",
				   "a letter may have at most 5 MB");
	type = letter_type(buf_view(bytes));
	if (!type)
		return error_field(e, "letter_base64", "letter.bad-type", "授权书应为 PDF、JPG 或 PNG 文件",
				   "the letter must be a PDF, JPG or PNG file");
	l->letter_type = str_c(type);
	l->letter_size = (int64_t)bytes->len;
	return 0;
}

static int take_time(struct app_call *c, const json_t *in, struct store_authorization *l,
		     struct error *e)
{
	if (clock_parse_rfc3339(json_get_str(in, "expires"), &l->expires) < 0)
		return error_field(e, "expires", "input.required", "请填写授权截止时间",
				   "say until when the letter holds");
	if (l->expires <= c->now || l->expires > c->now + LONGEST_DAYS * DAY_MS)
		return error_field(e, "expires", "letter.bad-expiry", "截止时间应在今后三年之内",
				   "the end must lie within the next three years");
	return 0;
}

struct add {
	struct app_call *c;
	struct store_authorization letter;
	struct str bytes;
};

static int add_tx(struct store_conn *db, void *arg, struct error *e)
{
	struct add *add = arg;
	struct app_call *c = add->c;
	struct store_authorization *l = &add->letter;
	struct blob_id blob;
	_cleanup_json_ json_t *detail = json_object();

	if (store_blob_put(db, l->tenant, add->bytes, c->now, &blob, e) < 0)
		return -1;
	l->letter_blob = arena_str(c->arena, blob_id_str(&blob));
	l->letter_sha256 = l->letter_blob; /* blobs are addressed by it */
	if (store_authorization_insert(db, l, e) < 0)
		return -1;
	json_put(detail, "sha256", json_str(l->letter_sha256));
	json_put(detail, "ranges", app_text_json(l->ranges));
	json_put(detail, "expires", json_time(l->expires));
	return app_audit(c, "authorization.request", "site", l->site, l->site_name, detail, e);
}

int app_letter_add(struct app_call *c, struct str site, const json_t *in, json_t **ret,
		   struct error *e)
{
	_cleanup_buf_ struct buf bytes = BUF_INIT(LIMIT_LETTER);
	struct id id = id_new(c->now);
	struct add add = { .c = c };
	struct store_authorization *l = &add.letter;
	struct store_site s;

	if (app_require(c, PERM_SITE_WRITE, e) < 0 || app_site_load(c, site, &s, e) < 0)
		return -1;
	*l = (struct store_authorization){
		.id = arena_str(c->arena, id_str(&id)), .tenant = s.tenant, .site = s.id,
		.site_name = s.name, .origin = s.origin, .state = STR("pending"),
		.letter_name = utf8_truncate(str_trim(json_get_str(in, "letter_name")), 200),
		.note = utf8_truncate(str_trim(json_get_str(in, "note")), 2000),
		.requested_by = c->actor->user_id, .requested_name = c->actor->user_name,
		.created = c->now,
	};
	if (take_file(in, l, &bytes, e) < 0 || take_ranges(c, in, l, e) < 0 ||
	    take_time(c, in, l, e) < 0)
		return -1;
	if (!l->letter_name.len)
		l->letter_name = STR("letter");
	add.bytes = buf_view(&bytes);
	if (store_tx(c->db, add_tx, &add, e) < 0)
		return -1;
	*ret = letter_json(l, c->now);
	return 0;
}

struct listing {
	json_t *items;
	int64_t now;
};

static void list_one(const struct store_authorization *l, void *user)
{
	struct listing *list = user;

	json_array_append_new(list->items, letter_json(l, list->now));
}

/* Whoever approves sees the letters of every tenant, others their own. */
static struct str whose(const struct app_call *c)
{
	return app_may(c, PERM_AUTHORIZATION_APPROVE) ? STR_NULL : c->actor->tenant_id;
}

int app_letter_list(struct app_call *c, struct str site, struct str state,
		    struct store_page *page, json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	struct listing l = { items, c->now };

	if (app_require(c, PERM_AUTHORIZATION_READ, e) < 0 ||
	    store_authorization_list(c->db, whose(c), site, state, page, c->arena, list_one, &l, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

static int load(struct app_call *c, struct str id, struct store_authorization *ret,
		struct error *e)
{
	int found = store_authorization_get(c->db, whose(c), id, c->arena, ret, e);

	return found > 0 ? 0 : found < 0 ? -1 : app_missing(e, "authorization", "授权书", "letter");
}

struct decide {
	struct app_call *c;
	struct store_authorization letter;
	bool approve;
};

static int decide_tx(struct store_conn *db, void *arg, struct error *e)
{
	struct decide *d = arg;
	struct app_call *c = d->c;
	struct store_authorization *l = &d->letter;
	const char *action = d->approve ? "authorization.approve" : "authorization.reject";
	_cleanup_json_ json_t *detail = json_object();
	struct store_site s;
	int r = store_authorization_decide(db, l, e);

	if (r < 0)
		return -1;
	if (!r)
		return error_set(e, "authorization.state", "这份授权书已经处理过", "this letter was decided before");
	json_put(detail, "reason", json_str(l->reason));
	json_put(detail, "ranges", app_text_json(l->ranges));
	json_put(detail, "sha256", json_str(l->letter_sha256));
	if (app_audit_in(c, l->tenant, action, "site", l->site, l->site_name, detail, e) < 0)
		return -1;
	if (!str_eq(l->tenant, APP_PLATFORM) &&
	    app_audit_in(c, APP_PLATFORM, action, "site", l->site, l->site_name, detail, e) < 0)
		return -1;
	if (!d->approve)
		return 0;
	r = store_site_get(db, l->tenant, l->site, c->arena, &s, e);
	if (r <= 0)
		return r < 0 ? -1 : app_missing(e, "site", "网站", "site");
	if (!str_eq(s.origin, l->origin))
		return error_set(e, "authorization.state", "网站的域名已变更，授权书不再适用",
				 "the site has another domain now: the letter does not fit it");
	s.verify_state = STR("exempt");
	s.verify_method = STR("letter");
	s.verify_id = l->id;
	s.verified_at = s.verify_checked_at = s.updated = c->now;
	s.verify_failures = 0;
	s.verify_error = STR_NULL;
	return store_site_save_verify(db, &s, e);
}

/* Who asked may approve only when nobody else could, and then must say why. */
static int second_person(struct app_call *c, const struct store_authorization *l,
			 struct str reason, struct error *e)
{
	static const struct str roles[] = { STR_INIT("platform_admin") };
	int64_t others;

	if (!str_eq(l->requested_by, c->actor->user_id))
		return 0;
	if (store_member_count(c->db, APP_PLATFORM, roles, 1, c->actor->user_id, &others, e) < 0)
		return -1;
	if (others > 0)
		return error_set(e, "approval.same-person", "不能批准自己提交的授权书，请另一位平台管理员处理",
				 "you cannot approve your own letter: ask another platform administrator");
	if (utf8_count(str_trim(reason)) < LIMIT_REASON_MIN)
		return error_field(e, "reason", "approval.reason-missing",
				   "只有一位平台管理员时，请写明理由（至少 %d 个字）",
				   "as the only platform administrator give a reason (at least %d characters)",
				   LIMIT_REASON_MIN);
	return 0;
}

int app_letter_decide(struct app_call *c, struct str id, bool approve, struct str reason,
		      json_t **ret, struct error *e)
{
	struct decide d = { .c = c, .approve = approve };
	struct store_authorization *l = &d.letter;

	if (app_require(c, PERM_AUTHORIZATION_APPROVE, e) < 0 || load(c, id, l, e) < 0)
		return -1;
	if (approve && second_person(c, l, reason, e) < 0)
		return -1;
	if (approve && l->expires <= c->now)
		return error_set(e, "authorization.state", "授权书已到期", "the letter has expired");
	l->state = approve ? STR("approved") : STR("rejected");
	l->decided_by = c->actor->user_id;
	l->decided_name = c->actor->user_name;
	l->decided_at = c->now;
	l->reason = utf8_truncate(str_trim(reason), 2000);
	if (store_tx(c->db, decide_tx, &d, e) < 0)
		return -1;
	*ret = letter_json(l, c->now);
	return 0;
}

int app_letter_file(struct app_call *c, struct str id, struct str *ret_name,
		    struct str *ret_type, struct buf *out, struct error *e)
{
	struct store_authorization l;

	if (app_require(c, PERM_AUTHORIZATION_READ, e) < 0 || load(c, id, &l, e) < 0 ||
	    store_blob_get(c->db, l.tenant, l.letter_blob, out, e) < 0)
		return -1;
	*ret_name = l.letter_name;
	*ret_type = l.letter_type;
	return 0;
}

int app_letter_ranges(struct app_call *c, const struct store_site *s, struct str **ret, size_t *n,
		      struct error *e)
{
	struct store_authorization l;
	_cleanup_json_ json_t *list = NULL;
	int found = store_authorization_approved(c->db, s->tenant, s->id, s->origin, c->arena, &l, e);

	*n = 0;
	*ret = NULL;
	if (found < 0)
		return -1;
	if (!found || l.expires <= c->now)
		return 0;
	list = app_text_json(l.ranges);
	return app_json_strings(c->arena, list, "ranges", LIMIT_LETTER_RANGES, ret, n, e);
}
