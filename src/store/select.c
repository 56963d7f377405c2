/* List queries: see select.h. Values are bound, never written into the text of a
 * query; only expressions that stand in our own source are. Rows come limit + 1 at
 * a time, so that the existence of a next page costs nothing. */
#include "store/select.h"

#include "base/check.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/utf8.h"

void store_select_init(struct store_select *s, const char *columns, const char *from)
{
	s->columns = columns;
	s->from = from;
	store_sql_init(&s->where, "");
}

void store_select_free(struct store_select *s)
{
	store_sql_free(&s->where);
}

/* Stands before every further condition. */
static void add_and(struct store_select *s)
{
	store_sql_add(&s->where, s->where.text.len ? " AND " : " WHERE ");
}

static void add_value(struct store_select *s, const char *cond, struct store_value v)
{
	add_and(s);
	store_sql_addv(&s->where, cond, &v, 1);
}

void store_select_and(struct store_select *s, const char *cond)
{
	add_and(s);
	store_sql_add(&s->where, cond);
}

void store_select_str(struct store_select *s, const char *cond, struct str v)
{
	add_value(s, cond, SV_STR(v));
}

void store_select_int(struct store_select *s, const char *cond, int64_t v)
{
	add_value(s, cond, SV_INT(v));
}

void store_select_like(struct store_select *s, const char *const *exprs, size_t n, struct str needle,
		       struct arena *a)
{
	_cleanup_buf_ struct buf b = BUF_INIT(KIB), sql = BUF_INIT(KIB);
	struct str pattern;

	if (str_empty(needle))
		return;
	store_like(&b, utf8_truncate(needle, 200));
	pattern = arena_str(a, buf_view(&b));
	add_and(s);
	for (size_t i = 0; i < n; i++) {
		buf_clear(&sql);
		buf_printf(&sql, "%slower(%s) LIKE lower(?) ESCAPE '!'%s", i ? " OR " : "(", exprs[i],
			   i + 1 == n ? ")" : "");
		store_sql_add(&s->where, sql.ptr, SV_STR(pattern));
	}
}

void store_select_in(struct store_select *s, const char *expr, struct str csv)
{
	struct str items[20], part;
	size_t n = 0;
	_cleanup_buf_ struct buf prefix = BUF_INIT(KIB);

	while (n < ARRAY_SIZE(items) && str_split(&csv, ',', &part))
		items[n++] = part;
	if (!n)
		return;
	add_and(s);
	buf_printf(&prefix, "%s IN", expr);
	store_sql_add_list(&s->where, prefix.ptr, items, n);
}

static const struct store_sort *sort_find(const struct store_sort *sorts, struct str name, bool *desc)
{
	bool minus = name.len && name.ptr[0] == '-';

	if (minus)
		name = str_from(name, 1);
	if (str_empty(name)) {
		*desc = sorts[0].descending;
		return &sorts[0];
	}
	for (; sorts->name; sorts++) {
		if (str_eq(name, str_c(sorts->name))) {
			*desc = minus;
			return sorts;
		}
	}
	return NULL;
}

/* Cursor: name NUL value NUL id, in base64url. */
static struct str cursor_make(const struct store_sort *sort, struct str value, struct str id,
			      struct arena *a)
{
	_cleanup_buf_ struct buf raw = BUF_INIT(4 * KIB), out = BUF_INIT(8 * KIB);

	buf_add(&raw, sort->name, strlen(sort->name) + 1);
	buf_str(&raw, value);
	buf_char(&raw, '\0');
	buf_str(&raw, id);
	encode_base64url(&out, buf_view(&raw));
	return arena_str(a, buf_view(&out));
}

static int cursor_parse(struct str cursor, const struct store_sort *sort, struct arena *a,
			struct store_value *ret_value, struct str *ret_id)
{
	_cleanup_buf_ struct buf raw = BUF_INIT(4 * KIB);
	struct str rest, name, value;
	int64_t number;

	if (decode_base64(&raw, cursor) < 0)
		return -1;
	rest = arena_str(a, buf_view(&raw));
	if (!str_split(&rest, '\0', &name) || !str_eq(name, str_c(sort->name)))
		return -1;
	ssize_t end = str_rchr(rest, '\0');

	if (end < 0)
		return -1;
	value = str_sub(rest, 0, (size_t)end);
	*ret_id = str_from(rest, (size_t)end + 1);
	if (sort->text) {
		*ret_value = SV_STR(value);
		return 0;
	}
	if (str_to_i64(value, &number) < 0)
		return -1;
	*ret_value = SV_INT(number);
	return 0;
}

static int count_all(struct store_conn *c, const struct store_select *s, int64_t *ret,
		     struct error *e)
{
	_cleanup_sql_ struct store_sql q;
	_cleanup_rows_ struct store_rows *rows = NULL;

	store_sql_init(&q, "SELECT COUNT(*) FROM ");
	store_sql_add(&q, s->from);
	store_sql_addv(&q, buf_view(&s->where.text).ptr, s->where.args, s->where.n);
	if (store_sql_query(c, &rows, e, &q) < 0)
		return -1;
	*ret = store_next(rows) ? store_col_int(rows, 0) : 0;
	return 0;
}

/* Behind the row that stood last on the page before. */
static int add_cursor(struct store_select *s, const struct store_sort *sort, bool desc,
		      const char *id_expr, struct str cursor, struct arena *a, struct error *e)
{
	_cleanup_buf_ struct buf sql = BUF_INIT(KIB);
	struct store_value args[3];
	struct str id;
	const char *op = desc ? "<" : ">";

	if (cursor_parse(cursor, sort, a, &args[0], &id) < 0)
		return error_field(e, "cursor", "page.bad-cursor", "翻页标记无效，请从第一页重新开始",
				   "bad cursor: start again from the first page");
	args[1] = args[0];
	args[2] = SV_STR(id);
	add_and(s);
	buf_printf(&sql, "(%s %s ? OR (%s = ? AND %s %s ?))", sort->expr, op, sort->expr, id_expr,
		   op);
	store_sql_addv(&s->where, sql.ptr, args, 3);
	return 0;
}

static int run_page(struct store_conn *c, struct store_sql *q, int limit,
		    const struct store_sort *sort, struct arena *a, store_row_fn *row, void *user,
		    struct store_page_end *end, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	struct str key = STR_NULL, id = STR_NULL;

	if (store_sql_query(c, &rows, e, q) < 0)
		return -1;
	for (int n = 0; store_next(rows); n++) {
		struct store_reader reader = { rows, a, 0 };

		if (n == limit) {
			end->next_cursor = cursor_make(sort, key, id, a);
			break;
		}
		key = store_read_str(&reader);
		id = store_read_str(&reader);
		row(&reader, user);
	}
	return 0;
}

int store_select_page(struct store_conn *c, struct store_select *s, const struct store_sort *sorts,
		      const char *id_expr, const struct store_page *page, struct arena *a,
		      store_row_fn *row, void *user, struct store_page_end *ret, struct error *e)
{
	_cleanup_buf_ struct buf sql = BUF_INIT(8 * KIB);
	_cleanup_sql_ struct store_sql q;
	struct store_page_end end = { .total = -1 };
	int limit = page->limit ? page->limit : LIMIT_PAGE_DEFAULT;
	bool desc = false;
	const struct store_sort *sort = sort_find(sorts, page->sort, &desc);
	const char *order;

	store_sql_init(&q, "SELECT ");
	if (!sort)
		return error_field(e, "sort", "page.bad-sort", "不能按“%.*s”排序",
				   "cannot sort by \"%.*s\"", STR_ARG(page->sort));
	if (limit < 1 || limit > LIMIT_PAGE)
		return error_field(e, "limit", "page.bad-limit", "每页条数应在 1 到 %d 之间",
				   "limit must be from 1 to %d", LIMIT_PAGE);
	if (page->want_total && count_all(c, s, &end.total, e) < 0)
		return -1;
	if (page->cursor.len && add_cursor(s, sort, desc, id_expr, page->cursor, a, e) < 0)
		return -1;
	order = desc ? "DESC" : "ASC";
	buf_printf(&sql, "%s, %s, %s FROM %s", sort->expr, id_expr, s->columns, s->from);
	store_sql_add(&q, sql.ptr);
	store_sql_addv(&q, buf_view(&s->where.text).ptr, s->where.args, s->where.n);
	buf_clear(&sql);
	buf_printf(&sql, " ORDER BY %s %s, %s %s LIMIT ?", sort->expr, order, id_expr, order);
	store_sql_add(&q, sql.ptr, SV_INT(limit + 1));
	if (run_page(c, &q, limit, sort, a, row, user, &end, e) < 0)
		return -1;
	*ret = end;
	return 0;
}

struct str store_read_str(struct store_reader *r)
{
	return arena_str(r->arena, store_col_str(r->rows, r->at++));
}

struct str store_read_blob(struct store_reader *r)
{
	return arena_str(r->arena, store_col_blob(r->rows, r->at++));
}

int64_t store_read_int(struct store_reader *r)
{
	return store_col_int(r->rows, r->at++);
}

int64_t store_read_opt(struct store_reader *r)
{
	int at = r->at++;

	return store_col_is_null(r->rows, at) ? -1 : store_col_int(r->rows, at);
}
