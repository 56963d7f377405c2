/* Entries of word lists: reading and compiling them, and every way to change a list. One change of
 * any size is one version. */
#include <stdlib.h>

#include "app/lexicon.h"
#include "app/textserve.h"
#include "app/view.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/utf8.h"
#include "store/policy.h"

#define COMPILE_CHUNK 500 /* compiled again for every bad one among them */
#define ERRORS_MAX 200	  /* told of */
#define BAD_MAX 2000	  /* more is no word list */

json_t *app_entry_view(const struct store_entry *v)
{
	json_t *o = json_object();

	json_put(o, "id", json_str(v->id));
	json_put(o, "term", json_str(v->term));
	json_put(o, "kind", json_str(v->kind));
	json_put(o, "label", json_str(v->label));
	json_put(o, "level", json_str(v->level));
	json_put(o, "match", json_str(v->match));
	json_put(o, "context", json_str(v->context));
	json_put(o, "reason", json_str(v->reason));
	json_put(o, "article", json_str(v->article));
	json_put(o, "advice", json_str(v->advice));
	json_put(o, "replacement", json_str(v->replacement));
	json_put(o, "note", json_str(v->note));
	json_put(o, "until", json_time(v->until));
	json_put(o, "version", json_integer(v->from));
	json_put(o, "by", json_str(v->account_name));
	json_put(o, "created", json_time(v->created));
	return o;
}

void app_lexicon_entry(const struct store_entry *v, struct comply_entry *ret)
{
	*ret = (struct comply_entry){
		.term = v->term, .label = v->label, .match = v->match, .context = v->context, .reason = v->reason,
		.article = v->article, .advice = v->advice, .note = v->note, .replacement = v->replacement,
		.until = v->until, .id = v->id,
		.kind = str_eq(v->kind, STR("allow")) ? COMPLY_ALLOW : COMPLY_DENY,
		.level = str_eq(v->level, STR("block"))	 ? COMPLY_LEVEL_BLOCK :
			 str_eq(v->level, STR("weak"))	 ? COMPLY_WEAK :
							   COMPLY_LEVEL_REVIEW,
	};
}

/* ---- reading ---- */

static int text_field(struct app_call *c, const json_t *in, const char *name, size_t max, struct str *ret,
		      struct error *e)
{
	struct str s = str_trim(json_get_str(in, name));

	if (!json_object_get(in, name))
		return 0;
	if (utf8_count(s) > max)
		return error_field(e, name, "input.length", "%s 最多 %zu 个字符", "%s: at most %zu characters", name, max);
	*ret = arena_str(c->arena, s);
	return 0;
}

static int one_of(struct str v, const char *name, const char *values, struct error *e)
{
	struct str rest = str_c(values), one;

	while (str_split(&rest, '|', &one))
		if (str_eq(one, v))
			return 0;
	return error_field(e, name, "input.value", "%s 只能是 %s", "%s must be one of %s", name, values);
}

int app_entry_read(struct app_call *c, const json_t *in, struct store_entry *v, struct error *e)
{
	struct str until = json_get_str(in, "until");

	if (text_field(c, in, "term", 400, &v->term, e) < 0 || text_field(c, in, "kind", 10, &v->kind, e) < 0 ||
	    text_field(c, in, "label", 40, &v->label, e) < 0 || text_field(c, in, "level", 10, &v->level, e) < 0 ||
	    text_field(c, in, "match", 8, &v->match, e) < 0 || text_field(c, in, "context", 1000, &v->context, e) < 0 ||
	    text_field(c, in, "reason", 300, &v->reason, e) < 0 ||
	    text_field(c, in, "article", 300, &v->article, e) < 0 ||
	    text_field(c, in, "advice", 300, &v->advice, e) < 0 || text_field(c, in, "note", 500, &v->note, e) < 0 ||
	    text_field(c, in, "replacement", 100, &v->replacement, e) < 0)
		return -1;
	if (!v->term.len)
		return error_field(e, "term", "input.required", "请填写词语", "give a term");
	if (!v->kind.len)
		v->kind = STR("deny");
	if (!v->level.len)
		v->level = STR("review");
	if (str_eq(v->kind, STR("deny")) && !v->label.len)
		v->label = STR("自定义");
	if (one_of(v->kind, "kind", "deny|allow", e) < 0 || one_of(v->level, "level", "block|review|weak", e) < 0)
		return -1;
	if (until.len && clock_parse_rfc3339(until, &v->until) < 0)
		return error_field(e, "until", "input.time", "到期时间应为 RFC 3339 时间", "until must be an RFC 3339 time");
	if (json_object_get(in, "until") && !until.len)
		v->until = 0;
	return 0;
}

bool app_lexicon_bad_entry(const struct error *e, size_t *ret)
{
	struct str field = str_c(e->field), rest, number;
	uint64_t n;

	if (!str_starts(field, STR("entries.")))
		return false;
	rest = str_from(field, 8);
	if (!str_split(&rest, '.', &number) || str_to_u64(number, &n) < 0)
		return false;
	*ret = (size_t)n;
	return true;
}

static void tell(json_t *errors, int64_t row, struct str term, const struct error *why)
{
	struct str field = str_c(why->field);
	ssize_t dot = str_rchr(field, '.');
	json_t *o = json_object();

	if (json_array_size(errors) >= ERRORS_MAX) {
		json_decref(o);
		return;
	}
	json_put(o, "row", json_integer(row));
	json_put(o, "term", json_str(utf8_truncate(term, 200)));
	json_put(o, "field", json_str(dot < 0 ? field : str_from(field, (size_t)dot + 1)));
	json_put(o, "code", json_c(why->code));
	json_put(o, "detail", json_c(why->zh));
	json_put(o, "detail_en", json_c(why->en));
	json_array_append_new(errors, o);
}

/* [from, to) of the list; what is bad is moved behind *to. */
static int compile_chunk(struct app_call *c, const struct comply *engine, struct store_entry *list, int64_t *rows,
			 size_t n, size_t *ret_n, json_t *errors, int64_t *bad_rows, struct error *e)
{
	struct comply_entry *entries = arena_array(c->arena, n + 1, sizeof(*entries));

	for (size_t i = 0; i < n; i++)
		app_lexicon_entry(&list[i], &entries[i]);
	while (n > 0) {
		struct comply_lexicon *made = NULL;
		struct error why = { 0 };
		size_t bad;

		if (comply_lexicon_build(engine, entries, n, STR("check"), &made, &why) == 0) {
			comply_lexicon_free(made);
			break;
		}
		if (!app_lexicon_bad_entry(&why, &bad) || bad >= n) {
			if (e)
				*e = why;
			return -1;
		}
		if (++*bad_rows > BAD_MAX)
			return error_set(e, "lexicon.too-many-errors", "超过 %d 行编译不通过，请检查文件是否为词表（第 %lld 行：%.200s）",
					 "more than %d rows do not compile: is it a word list? (row %lld: %.200s)", BAD_MAX,
					 (long long)rows[bad], why.zh);
		tell(errors, rows[bad], list[bad].term, &why);
		n--;
		memmove(&list[bad], &list[bad + 1], (n - bad) * sizeof(*list));
		memmove(&rows[bad], &rows[bad + 1], (n - bad) * sizeof(*rows));
		memmove(&entries[bad], &entries[bad + 1], (n - bad) * sizeof(*entries));
	}
	*ret_n = n;
	return 0;
}

int app_entry_compile(struct app_call *c, struct store_entry *list, int64_t *rows, size_t *n, json_t *errors,
		      int64_t *bad_rows, struct error *e)
{
	const struct comply *engine;
	size_t kept = 0;

	if (app_texts_engine(c->app, &engine, e) < 0)
		return -1;
	for (size_t at = 0; at < *n; at += COMPILE_CHUNK) {
		size_t part = *n - at < COMPILE_CHUNK ? *n - at : COMPILE_CHUNK, good;

		if (compile_chunk(c, engine, list + at, rows + at, part, &good, errors, bad_rows, e) < 0)
			return -1;
		memmove(list + kept, list + at, good * sizeof(*list));
		memmove(rows + kept, rows + at, good * sizeof(*rows));
		kept += good;
	}
	*n = kept;
	return 0;
}

/* ---- one version ---- */

static bool same(const struct store_entry *a, const struct store_entry *b)
{
	return str_eq(a->term, b->term) && str_eq(a->label, b->label) && str_eq(a->kind, b->kind) &&
	       str_eq(a->level, b->level) && str_eq(a->match, b->match) && str_eq(a->context, b->context) &&
	       str_eq(a->reason, b->reason) && str_eq(a->article, b->article) && str_eq(a->advice, b->advice) &&
	       str_eq(a->note, b->note) && str_eq(a->replacement, b->replacement) && a->until == b->until;
}

static int insert(struct app_call *c, const struct store_lexicon *x, struct store_entry *v, struct error *e)
{
	struct id id = id_new(c->now), row = id_new(c->now);

	v->row = id_str(&row);
	if (!v->id.len)
		v->id = arena_str(c->arena, id_str(&id));
	v->tenant = x->tenant;
	v->lexicon = x->id;
	v->from = x->version;
	v->to = 0;
	v->account_name = c->actor->user_name;
	v->created = c->now;
	return store_entry_insert(c->db, v, e);
}

static int put_one(struct app_call *c, struct lexicon_edit *k, const struct store_lexicon *x, struct store_entry *v,
		   struct map *kept, struct error *e)
{
	struct store_entry old, other;
	int by_id = v->id.len ? store_entry_get(c->db, x->tenant, x->id, v->id, c->arena, &old, e) : 0;
	int by_term = by_id < 0 ? -1 : store_entry_find(c->db, x->id, v->term, v->kind, c->arena, &other, e);

	if (by_id < 0 || by_term < 0)
		return -1;
	if (by_id > 0 && by_term > 0 && !str_eq(old.id, other.id))
		return error_field(e, "term", "entry.exists", "这个词库里已有这个词", "the lexicon has this term already");
	if (!by_id && by_term)
		old = other;
	if (!by_id && !by_term) {
		k->added++;
		if (insert(c, x, v, e) < 0)
			return -1;
		map_add(kept, v->id);
		return 0;
	}
	v->id = old.id;
	map_add(kept, v->id);
	if (same(&old, v))
		return 0;
	/* Twice in one version: the later one counts. */
	if (store_entry_end(c->db, x->id, old.id, x->version, e) < 0)
		return -1;
	k->changed += old.from != x->version;
	return insert(c, x, v, e);
}

struct rest {
	struct map *kept;
	struct str *ids;
	size_t n;
};

static void note_rest(const struct store_entry *v, void *user)
{
	struct rest *r = user;

	if (!map_has(r->kept, v->id) && r->n < LIMIT_OWN_ENTRIES)
		r->ids[r->n++] = v->id;
}

static int remove_some(struct app_call *c, struct lexicon_edit *k, const struct store_lexicon *x, const struct str *ids,
		       size_t n, struct error *e)
{
	for (size_t i = 0; i < n; i++) {
		if (store_entry_end(c->db, x->id, ids[i], x->version, e) < 0)
			return -1;
		k->removed += store_changed(c->db);
	}
	return 0;
}

static int remove_rest(struct app_call *c, struct lexicon_edit *k, const struct store_lexicon *x, struct map *kept,
		       struct error *e)
{
	struct rest rest = { kept, arena_array(c->arena, LIMIT_OWN_ENTRIES, sizeof(struct str)), 0 };

	if (store_entry_at(c->db, x->id, 0, c->arena, note_rest, &rest, e) < 0)
		return -1;
	return remove_some(c, k, x, rest.ids, rest.n, e);
}

struct sum {
	const struct store_lexicon *x;
	int64_t others;
};

static void add_up(const struct store_lexicon *v, void *user)
{
	struct sum *s = user;

	if (str_eq(v->owner, s->x->owner) && !str_eq(v->id, s->x->id))
		s->others += v->entries;
}

/* The lists of one owner are compiled together. */
static int room(struct app_call *c, const struct store_lexicon *x, struct error *e)
{
	struct sum sum = { .x = x };

	if (x->entries > LIMIT_OWN_ENTRIES)
		return error_set(e, "lexicon.exceeded", "一个词库最多 %d 条", "a lexicon has at most %d entries",
				 LIMIT_OWN_ENTRIES);
	if (store_lexicon_list(c->db, x->tenant, c->actor->user_id, c->arena, add_up, &sum, e) < 0)
		return -1;
	if (sum.others + x->entries > LIMIT_LEXICON_ENTRIES)
		return error_set(e, "lexicon.exceeded", "全部词库合计最多 %d 条", "all lexicons together have at most %d entries",
				 LIMIT_LEXICON_ENTRIES);
	return 0;
}

static int finish(struct app_call *c, struct lexicon_edit *k, struct store_lexicon *x, struct error *e)
{
	struct store_lexicon_version v = { .lexicon = x->id, .tenant = x->tenant, .action = str_c(k->action),
					   .note = k->note, .account_id = c->actor->user_id,
					   .account_name = c->actor->user_name, .version = x->version,
					   .added = k->added, .changed = k->changed, .removed = k->removed,
					   .created = c->now };
	_cleanup_json_ json_t *detail = json_object();
	int r;

	if (store_entry_count(c->db, x->id, &x->entries, e) < 0 || room(c, x, e) < 0)
		return -1;
	v.entries = x->entries;
	x->updated = c->now;
	r = store_lexicon_save(c->db, x, e);
	if (r <= 0)
		return r < 0 ? -1 : app_conflict(e, "lexicon");
	x->revision++;
	if (store_lexicon_version_insert(c->db, &v, e) < 0 || store_text_bump(c->db, x->tenant, STR(""), e) < 0)
		return -1;
	json_put(detail, "version", json_integer(x->version));
	json_put(detail, "added", json_integer(k->added));
	json_put(detail, "changed", json_integer(k->changed));
	json_put(detail, "removed", json_integer(k->removed));
	return app_audit(c, "lexicon.entries", "lexicon", x->id, x->name, detail, e);
}

int app_lexicon_edit_tx(struct app_call *c, void *arg, struct error *e)
{
	struct lexicon_edit *k = arg;
	_cleanup_map_ struct map *kept = map_new();
	struct store_lexicon x;

	k->added = k->changed = k->removed = 0;
	if (app_lexicon_load(c, k->lexicon, &x, e) < 0)
		return -1;
	x.version++;
	for (size_t i = 0; i < k->put_len; i++)
		if (put_one(c, k, &x, &k->put[i], kept, e) < 0)
			return -1;
	if (remove_some(c, k, &x, k->remove, k->remove_len, e) < 0 ||
	    (k->replace && remove_rest(c, k, &x, kept, e) < 0))
		return -1;
	if (k->added || k->changed || k->removed) {
		if (finish(c, k, &x, e) < 0)
			return -1;
	} else {
		x.version--;
	}
	k->after = x;
	return 0;
}

static int edit(struct app_call *c, struct lexicon_edit *k, struct error *e)
{
	if (app_tx(c, app_lexicon_edit_tx, k, e) < 0)
		return -1;
	app_text_touch(c->app, c->actor->tenant_id);
	return 0;
}

/* ---- use cases ---- */

struct listing {
	json_t *items;
};

static void list_one(const struct store_entry *v, void *user)
{
	json_array_append_new(user, app_entry_view(v));
}

int app_entry_list(struct app_call *c, struct str lexicon, struct store_entry_filter *f, struct store_page *page,
		   json_t **ret, struct error *e)
{
	_cleanup_json_ json_t *items = json_array();
	struct store_lexicon x;

	if (app_require(c, PERM_LEXICON_READ, e) < 0 || app_lexicon_load(c, lexicon, &x, e) < 0)
		return -1;
	f->tenant = x.tenant;
	f->lexicon = x.id;
	if (store_entry_list(c->db, f, page, c->arena, list_one, items, e) < 0)
		return -1;
	*ret = take_ptr(items);
	return 0;
}

/* Compiles all or says what is wrong with the first. */
static int all_good(struct app_call *c, struct store_entry *list, size_t n, struct error *e)
{
	_cleanup_json_ json_t *errors = json_array();
	int64_t *rows = arena_array(c->arena, n + 1, sizeof(*rows));
	size_t left = n;
	int64_t bad_rows = 0;
	const json_t *first;
	char field[48];

	for (size_t i = 0; i < n; i++)
		rows[i] = (int64_t)i;
	if (app_entry_compile(c, list, rows, &left, errors, &bad_rows, e) < 0)
		return -1;
	first = json_array_get(errors, 0);
	if (!first)
		return 0;
	snprintf(field, sizeof(field), "entries[%lld].%.*s", (long long)json_get_int(first, "row", 0),
		 STR_ARG(json_get_str(first, "field")));
	error_field(e, field, json_string_value(json_object_get(first, "code")), "%s", "%s", "");
	snprintf(e->zh, sizeof(e->zh), "%s", json_string_value(json_object_get(first, "detail")));
	snprintf(e->en, sizeof(e->en), "%s", json_string_value(json_object_get(first, "detail_en")));
	return -1;
}

static json_t *edit_view(struct app_call *c, const struct lexicon_edit *k)
{
	json_t *o = json_object(), *items = json_array();

	for (size_t i = 0; i < k->put_len && i < LIMIT_LEXICON_EDIT; i++)
		json_array_append_new(items, app_entry_view(&k->put[i]));
	if (k->put_len)
		json_put(o, "id", json_str(k->put[0].id));
	json_put(o, "items", items);
	json_put(o, "added", json_integer(k->added));
	json_put(o, "changed", json_integer(k->changed));
	json_put(o, "removed", json_integer(k->removed));
	json_put(o, "lexicon", app_lexicon_view(c, &k->after));
	return o;
}

int app_entry_add(struct app_call *c, struct str lexicon, const json_t *in, json_t **ret, struct error *e)
{
	const json_t *entries = json_object_get(in, "entries");
	size_t n = json_array_size(entries);
	struct store_entry *list = arena_array(c->arena, n + 1, sizeof(*list));
	struct lexicon_edit k = { .lexicon = lexicon, .action = "entry.add", .note = json_get_str(in, "note"),
				  .put = list, .put_len = n };
	struct store_lexicon x;

	if (app_require(c, PERM_LEXICON_WRITE, e) < 0 || app_lexicon_load(c, lexicon, &x, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (app_entry_read(c, json_array_get(entries, i), &list[i], e) < 0) {
			char field[48];

			snprintf(field, sizeof(field), "entries[%u].%.20s", (unsigned)(i % 1000), e->field);
			memcpy(e->field, field, sizeof(e->field));
			return -1;
		}
	if (all_good(c, list, n, e) < 0 || edit(c, &k, e) < 0)
		return -1;
	*ret = edit_view(c, &k);
	return 0;
}

int app_entry_change(struct app_call *c, struct str lexicon, struct str id, const json_t *in, json_t **ret,
		     struct error *e)
{
	struct store_lexicon x;
	struct store_entry v;
	struct lexicon_edit k = { .lexicon = lexicon, .action = "entry.edit", .put = &v, .put_len = 1 };
	int found;

	if (app_require(c, PERM_LEXICON_WRITE, e) < 0 || app_lexicon_load(c, lexicon, &x, e) < 0)
		return -1;
	found = store_entry_get(c->db, x.tenant, x.id, id, c->arena, &v, e);
	if (found <= 0)
		return found < 0 ? -1 : app_missing(e, "entry", "词条", "entry");
	if (app_entry_read(c, in, &v, e) < 0 || all_good(c, &v, 1, e) < 0 || edit(c, &k, e) < 0)
		return -1;
	*ret = app_entry_view(&v);
	return 0;
}

int app_entry_delete(struct app_call *c, struct str lexicon, struct str id, struct error *e)
{
	struct lexicon_edit k = { .lexicon = lexicon, .action = "entry.delete", .remove = &id, .remove_len = 1 };

	if (app_require(c, PERM_LEXICON_WRITE, e) < 0 || edit(c, &k, e) < 0)
		return -1;
	return k.removed ? 0 : app_missing(e, "entry", "词条", "entry");
}

int app_entry_delete_many(struct app_call *c, struct str lexicon, const json_t *in, json_t **ret, struct error *e)
{
	struct lexicon_edit k = { .lexicon = lexicon, .action = "entry.delete" };
	struct str *ids;

	if (app_require(c, PERM_LEXICON_WRITE, e) < 0 ||
	    app_json_strings(c->arena, json_object_get(in, "ids"), "ids", LIMIT_LEXICON_EDIT, &ids, &k.remove_len, e) < 0)
		return -1;
	k.remove = ids;
	if (edit(c, &k, e) < 0)
		return -1;
	*ret = edit_view(c, &k);
	return 0;
}

struct quick {
	struct lexicon_edit k;
	bool own;
};

static int quick_tx(struct app_call *c, void *arg, struct error *e)
{
	struct quick *q = arg;
	struct store_lexicon own;

	if (q->own) {
		if (app_lexicon_own(c, &own, e) < 0)
			return -1;
		q->k.lexicon = own.id;
	}
	return app_lexicon_edit_tx(c, &q->k, e);
}

int app_entry_quick(struct app_call *c, const json_t *in, json_t **ret, struct error *e)
{
	struct store_entry v = { 0 };
	struct quick q = { { .lexicon = json_get_str(in, "lexicon_id"), .action = "entry.quick", .put = &v, .put_len = 1 } };

	q.own = !q.k.lexicon.len;
	if (app_require(c, PERM_LEXICON_WRITE, e) < 0 || app_entry_read(c, in, &v, e) < 0 || all_good(c, &v, 1, e) < 0 ||
	    app_tx(c, quick_tx, &q, e) < 0)
		return -1;
	app_text_touch(c->app, c->actor->tenant_id);
	*ret = edit_view(c, &q.k);
	return 0;
}

int app_lexicon_allow_hit(struct app_call *c, struct str lexicon, struct str term, struct str note, struct error *e)
{
	struct store_entry v = { .term = term, .kind = STR("allow"), .level = STR("review"), .note = note };
	struct quick q = { { .lexicon = lexicon, .action = "entry.allow-hit", .put = &v, .put_len = 1 }, !lexicon.len };

	if (app_require(c, PERM_LEXICON_WRITE, e) < 0 || all_good(c, &v, 1, e) < 0)
		return -1;
	return quick_tx(c, &q, e);
}

/* ---- an earlier version ---- */

struct old {
	struct store_entry *list;
	size_t n;
};

static void note_old(const struct store_entry *v, void *user)
{
	struct old *o = user;

	if (o->n < LIMIT_OWN_ENTRIES)
		o->list[o->n++] = *v;
}

static int restore_tx(struct app_call *c, void *arg, struct error *e)
{
	struct lexicon_edit *k = arg;
	struct old old = { arena_array(c->arena, LIMIT_OWN_ENTRIES, sizeof(*old.list)), 0 };
	int64_t version = 0;
	struct store_lexicon x;

	str_to_i64(k->note, &version);
	if (app_lexicon_load(c, k->lexicon, &x, e) < 0)
		return -1;
	if (version < 0 || version >= x.version)
		return error_field(e, "version", "lexicon.version", "没有这个较早的版本", "there is no such earlier version");
	/* Version 0 is the empty list before the first change. */
	if (version && store_entry_at(c->db, x.id, version, c->arena, note_old, &old, e) < 0)
		return -1;
	k->put = old.list;
	k->put_len = old.n;
	k->replace = true;
	return app_lexicon_edit_tx(c, k, e);
}

int app_lexicon_restore(struct app_call *c, struct str lexicon, int64_t version, json_t **ret, struct error *e)
{
	struct lexicon_edit k = { .lexicon = lexicon, .action = "restore",
				  .note = arena_printf(c->arena, "%lld", (long long)version) };

	if (app_require(c, PERM_LEXICON_WRITE, e) < 0 || app_tx(c, restore_tx, &k, e) < 0)
		return -1;
	app_text_touch(c->app, c->actor->tenant_id);
	k.put_len = 0;
	*ret = edit_view(c, &k);
	return 0;
}
