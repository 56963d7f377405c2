/* What every list query of the store needs: a query built from conditions, keyset
 * paging over one sort column plus the id, and a reader that walks the columns of
 * a row in the order they were selected.
 *
 * Paging goes on after the last row given (store/page.h). Sort expressions are never
 * NULL (COALESCE in the table of sorts). */
#ifndef STORE_SELECT_H
#define STORE_SELECT_H
#include "base/arena.h"
#include "base/buf.h"
#include "store/page.h"
#include "store/store.h"

/* One way to order a list; the table ends with name NULL, its first line is the
 * default. `expr` is SQL over the listed table; `text` says how to compare it. */
struct store_sort {
	const char *name;
	const char *expr;
	bool text;
	bool descending; /* as default order (first line) when no sort is asked for */
};

struct store_select {
	const char *columns, *from;
	struct store_sql where; /* conditions joined by AND, with their values */
};

void store_select_init(struct store_select *s, const char *columns, const char *from);
void store_select_free(struct store_select *s);
/* Adds "AND (cond)"; one value per '?' in it. */
void store_select_and(struct store_select *s, const char *cond);
void store_select_str(struct store_select *s, const char *cond, struct str v);
void store_select_int(struct store_select *s, const char *cond, int64_t v);
/* Case-folding substring search over the expressions, `expr` with n of them. */
void store_select_like(struct store_select *s, const char *const *exprs, size_t n, struct str needle,
		       struct arena *a);
/* "expr IN (?, …)" over a comma-separated list; an empty list adds nothing. */
void store_select_in(struct store_select *s, const char *expr, struct str csv);

/* Runs one page: calls row() for each of at most page->limit rows; the reader stands
 * before the first of `columns`. Fills page->next and page->total. "sort.bad",
 * "cursor.bad". The id column is `id_expr`. */
struct store_reader {
	struct store_rows *rows;
	struct arena *arena;
	int at;
};
typedef void store_row_fn(struct store_reader *r, void *user);
int store_select_page(struct store_conn *c, struct store_select *s, const struct store_sort *sorts,
		      const char *id_expr, struct store_page *page, struct arena *a,
		      store_row_fn *row, void *user, struct error *e);

/* Next column as slice in the reader's arena, as number, as flag. */
struct str store_read_str(struct store_reader *r);
struct str store_read_blob(struct store_reader *r);
int64_t store_read_int(struct store_reader *r);
static inline bool store_read_bool(struct store_reader *r)
{
	return store_read_int(r) != 0;
}
/* -1 for NULL. */
int64_t store_read_opt(struct store_reader *r);
#endif
