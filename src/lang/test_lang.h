/* The language pack for tests of this room: setup and teardown of a cmocka group. */
#ifndef LANG_TEST_LANG_H
#define LANG_TEST_LANG_H
#include "base/test.h"

#include "base/arena.h"
#include "base/limits.h"
#include "lang/fold.h"

static struct lang *lang;

static int open_language(void **state)
{
	struct error e;
	struct arena *a = arena_new(64 * KIB);
	int rc = lang_open(lang_pack_dir(a), &lang, &e);
	arena_free(a);
	if (rc < 0)
		print_error("%s\n", e.en);
	return rc;
}

static int close_language(void **state)
{
	lang_close(lang);
	return 0;
}
#endif
