/* An answer in memory: cells in row order, texts in an arena or in what the driver
 * keeps. Conversions between text and numbers are the same for both databases. */
#include "store/store_private.h"

struct store_rows *store_rows_new(int cols)
{
	struct store_rows *rows = mem_alloc(sizeof(*rows));

	rows->magic = STORE_ROWS_MAGIC;
	rows->cols = cols;
	rows->arena = arena_new(LIMIT_STORE_RESULT + 64 * MIB);
	return rows;
}

void store_rows_free(struct store_rows *rows)
{
	if (!rows)
		return;
	CHECK_OBJ(rows, STORE_ROWS_MAGIC);
	if (rows->driver_free)
		rows->driver_free(rows->driver);
	arena_free(rows->arena);
	vec_free(&rows->cells);
	rows->magic = 0;
	free(rows);
}

bool store_next(struct store_rows *rows)
{
	CHECK_OBJ(rows, STORE_ROWS_MAGIC);
	if (rows->at >= rows->count)
		return false;
	rows->at++;
	return true;
}

size_t store_count(const struct store_rows *rows)
{
	CHECK_OBJ(rows, STORE_ROWS_MAGIC);
	return rows->count;
}

int store_cols(const struct store_rows *rows)
{
	CHECK_OBJ(rows, STORE_ROWS_MAGIC);
	return rows->cols;
}

static const struct store_cell *cell(const struct store_rows *rows, int i)
{
	CHECK_OBJ(rows, STORE_ROWS_MAGIC);
	check(rows->at > 0 && i >= 0 && i < rows->cols);
	return &rows->cells.ptr[(rows->at - 1) * (size_t)rows->cols + (size_t)i];
}

struct str store_col_str(struct store_rows *rows, int i)
{
	const struct store_cell *c = cell(rows, i);

	switch ((enum store_type)c->type) {
	case STORE_TEXT:
	case STORE_BLOB:
		return str_make(c->v.p, c->len);
	case STORE_INT:
		return arena_printf(rows->arena, "%lld", (long long)c->v.i);
	case STORE_REAL:
		return arena_printf(rows->arena, "%.15g", c->v.d);
	case STORE_NULL:
		break;
	}
	return str_make("", 0);
}

struct str store_col_blob(struct store_rows *rows, int i)
{
	return store_col_str(rows, i);
}

int64_t store_col_int(struct store_rows *rows, int i)
{
	const struct store_cell *c = cell(rows, i);
	int64_t v = 0;
	double d;

	if (c->type == STORE_INT)
		return c->v.i;
	d = store_col_real(rows, i);
	if (c->type == STORE_TEXT && str_to_i64(str_make(c->v.p, c->len), &v) == 0)
		return v;
	if (!(d > -9.2e18 && d < 9.2e18))
		return 0;
	return (int64_t)d;
}

double store_col_real(struct store_rows *rows, int i)
{
	const struct store_cell *c = cell(rows, i);
	double d = 0;

	if (c->type == STORE_INT)
		return (double)c->v.i;
	if (c->type == STORE_REAL)
		return c->v.d;
	if (c->type == STORE_TEXT)
		(void)str_to_double(str_make(c->v.p, c->len), &d);
	return d;
}

bool store_col_bool(struct store_rows *rows, int i)
{
	return store_col_int(rows, i) != 0;
}

bool store_col_is_null(struct store_rows *rows, int i)
{
	return cell(rows, i)->type == STORE_NULL;
}
