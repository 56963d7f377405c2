/* List queries: see select.h. Values are bound, never written into the text of a
 * query; only expressions that stand in our own source are. Rows come limit + 1 at
 * a time, so that the existence of a next page costs nothing. */
#include "store/select.h"

#include "base/check.h"
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

static const struct store_sort *sort_find(const struct store_sort *sorts, struct str name)
{
	if (str_empty(name))
		return &sorts[0];
	for (; sorts->name; sorts++)
		if (str_eq(name, str_c(sorts->name)))
			return sorts;
	return NULL;
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
static int add_after(struct store_select *s, const struct store_sort *sort, bool desc,
		     const char *id_expr, struct str after, struct error *e)
{
	_cleanup_buf_ struct buf sql = BUF_INIT(KIB);
	struct store_value args[3];
	struct str value, id;
	int64_t number = 0;
	const char *op = desc ? "<" : ">";

	if (!store_page_split(after, &value, &id) || (!sort->text && str_to_i64(value, &number) < 0))
		return error_field(e, "cursor", "cursor.bad", "翻页标记无效，请从第一页重新开始",
				   "bad cursor: start again from the first page");
	args[0] = args[1] = sort->text ? SV_STR(value) : SV_INT(number);
	args[2] = SV_STR(id);
	add_and(s);
	buf_printf(&sql, "(%s %s ? OR (%s = ? AND %s %s ?))", sort->expr, op, sort->expr, id_expr,
		   op);
	store_sql_addv(&s->where, sql.ptr, args, 3);
	return 0;
}

static int run_page(struct store_conn *c, struct store_sql *q, struct store_page *page,
		    struct arena *a, store_row_fn *row, void *user, struct error *e)
{
	_cleanup_rows_ struct store_rows *rows = NULL;
	struct str key = STR_NULL, id = STR_NULL;

	if (store_sql_query(c, &rows, e, q) < 0)
		return -1;
	for (unsigned n = 0; store_next(rows); n++) {
		struct store_reader reader = { rows, a, 0 };

		if (n == page->limit) {
			page->next = store_page_key(a, key, id);
			break;
		}
		key = store_read_str(&reader);
		id = store_read_str(&reader);
		row(&reader, user);
	}
	return 0;
}

int store_select_page(struct store_conn *c, struct store_select *s, const struct store_sort *sorts,
		      const char *id_expr, struct store_page *page, struct arena *a,
		      store_row_fn *row, void *user, struct error *e)
{
	_cleanup_buf_ struct buf sql = BUF_INIT(8 * KIB);
	_cleanup_sql_ struct store_sql q;
	const struct store_sort *sort = sort_find(sorts, page->sort);
	bool desc = sort && str_empty(page->sort) ? sort->descending : page->desc;
	const char *order = desc ? "DESC" : "ASC";

	store_sql_init(&q, "SELECT ");
	page->next = STR_NULL;
	page->total = -1;
	if (!sort)
		return error_field(e, "sort", "sort.bad", "不能按“%.*s”排序",
				   "cannot sort by \"%.*s\"", STR_ARG(page->sort));
	if (!page->limit)
		page->limit = LIMIT_PAGE_DEFAULT;
	if (page->want_total && count_all(c, s, &page->total, e) < 0)
		return -1;
	if (page->after.len && add_after(s, sort, desc, id_expr, page->after, e) < 0)
		return -1;
	buf_printf(&sql, "%s, %s, %s FROM %s", sort->expr, id_expr, s->columns, s->from);
	store_sql_add(&q, sql.ptr);
	store_sql_addv(&q, buf_view(&s->where.text).ptr, s->where.args, s->where.n);
	buf_clear(&sql);
	buf_printf(&sql, " ORDER BY %s %s, %s %s LIMIT ?", sort->expr, order, id_expr, order);
	store_sql_add(&q, sql.ptr, SV_INT(page->limit + 1));
	return run_page(c, &q, page, a, row, user, e);
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
