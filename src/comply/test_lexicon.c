/* The built-in lexicon as a whole: it compiles without a word of complaint, innocent sentences pass,
 * and guilty ones give their leaf. tests/lexicon/innocent*.txt: a sentence a line;
 * tests/lexicon/guilty*.tsv: sentence<TAB>leaf, in the neutral scene or that of adverts. */
#include "base/test.h"

#include <glob.h>
#include <stdio.h>

#include "base/limits.h"
#include "comply/comply.h"
#include "lang/fold.h"
#include "os/file.h"

static struct comply *engine;
static struct arena *arena;

static void problem(void *ctx, struct str path, size_t line, const struct error *e)
{
	print_error("%.*s:%zu: %s\n", STR_ARG(path), line, e->en);
	*(size_t *)ctx += 1;
}

static void test_compiles(void **state)
{
	char dir[512];
	size_t problems = 0, entries = 0;
	struct error e = { 0 };
	struct buf b;
	buf_init(&b, LIMIT_LEXICON_PACK);
	snprintf(dir, sizeof(dir), "%s/data/lexicon", getenv("ZHANWEI_SOURCE"));
	assert_ok(comply_build(lang_pack_dir(arena), str_c(dir), problem, &problems, &b, &entries, &e));
	assert_int_equal(problems, 0);
	assert_true(entries > 5000);
	buf_free(&b);
}

typedef bool line_fn(struct str line);

/* Calls f for each line of the files; the number of lines and of those it refused. */
static void each_line(const char *pattern, line_fn *f, size_t *ret_lines, size_t *ret_wrong)
{
	char path[512];
	glob_t g = { 0 };
	snprintf(path, sizeof(path), "%s/tests/lexicon/%s", getenv("ZHANWEI_SOURCE"), pattern);
	*ret_lines = *ret_wrong = 0;
	if (glob(path, 0, NULL, &g) != 0)
		return;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct buf b;
		struct str rest, line;
		buf_init(&b, 16 * MIB);
		assert_ok(os_file_read(g.gl_pathv[i], &b, NULL));
		rest = buf_view(&b);
		while (str_split(&rest, '\n', &line))
			if (str_trim(line).len && line.ptr[0] != '#') {
				*ret_lines += 1;
				*ret_wrong += !f(line);
			}
		buf_free(&b);
	}
	globfree(&g);
}

static bool innocent(struct str line)
{
	struct comply_result r;
	struct comply_options o = { .no_model = true };
	arena_reset(arena);
	assert_ok(comply_check(engine, line, &o, arena, &r, NULL));
	if (r.suggestion == COMPLY_PASS)
		return true;
	for (size_t i = 0; i < r.hits_len; i++)
		if (r.hits[i].action != COMPLY_PASS) {
			print_error("innocent: %.*s: %.*s (%.*s)\n", STR_ARG(line), STR_ARG(r.hits[i].text), STR_ARG(r.hits[i].term));
			break;
		}
	return false;
}

static bool gives(struct str text, struct str leaf, struct str scene)
{
	struct comply_result r;
	struct comply_options o = { .no_model = true, .scene = scene };
	arena_reset(arena);
	assert_ok(comply_check(engine, text, &o, arena, &r, NULL));
	for (size_t i = 0; i < r.hits_len; i++)
		if (str_eq(arena_printf(arena, "%.*s.%.*s", STR_ARG(r.hits[i].label), STR_ARG(r.hits[i].sub_label)), leaf))
			return true;
	return false;
}

static bool guilty(struct str line)
{
	struct str leaf = line, text;
	if (!str_split(&leaf, '\t', &text) || str_eq(text, STR("text")))
		return true;
	ssize_t tab = str_chr(leaf, '\t');
	leaf = tab < 0 ? leaf : str_sub(leaf, 0, (size_t)tab);
	if (gives(text, leaf, STR("")) || gives(text, leaf, STR("ad")))
		return true;
	print_error("guilty: %.*s\n", STR_ARG(line));
	return false;
}

static void test_innocent(void **state)
{
	size_t lines, wrong;
	each_line("innocent*.txt", innocent, &lines, &wrong);
	print_message("%zu innocent sentences, %zu of them flagged\n", lines, wrong);
	assert_int_equal(wrong, 0);
}

static void test_guilty(void **state)
{
	size_t lines, wrong;
	each_line("guilty*.tsv", guilty, &lines, &wrong);
	print_message("%zu guilty sentences, %zu of them missed\n", lines, wrong);
	assert_true(wrong * 50 <= lines);
}

static int open_engine(void **state)
{
	arena = arena_new(64 * MIB);
	return comply_open(lang_pack_dir(arena), &engine, NULL);
}

static int close_engine(void **state)
{
	comply_close(engine);
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_compiles), cmocka_unit_test(test_innocent), cmocka_unit_test(test_guilty) };
	return cmocka_run_group_tests(tests, open_engine, close_engine);
}
