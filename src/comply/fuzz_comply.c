/* Any bytes as a term, its conditions, and a text: what compiles is looked for in the text, and every
 * hit lies inside it, in order, on borders of characters. */
#include <stdlib.h>

#include "base/check.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "comply/comply.h"
#include "lang/fold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct comply *engine(void)
{
	static struct comply *c;
	struct error e = { 0 };
	struct arena *a = arena_new(64 * KIB);
	if (!c && comply_open(lang_pack_dir(a), &c, &e) < 0)
		abort();
	arena_free(a);
	return c;
}

static void check_text(struct str text, const struct comply_options *o)
{
	_cleanup_arena_ struct arena *a = arena_new(64 * MIB);
	struct comply_result r;
	struct error e = { 0 };
	if (comply_check(engine(), text, o, a, &r, &e) < 0) {
		check(utf8_invalid_at(text) >= 0);
		return;
	}
	size_t last = 0;
	for (size_t i = 0; i < r.hits_len; i++) {
		const struct comply_hit *h = &r.hits[i];
		check(h->start <= h->end && h->end <= r.chars && h->start >= last && h->start_utf16 >= h->start);
		check(utf8_invalid_at(h->text) < 0 && utf8_count(h->text) == h->end - h->start);
		last = h->start;
	}
	check(r.merged_count <= r.hits_len);
	comply_mask(a, text, &r, COMPLY_PASS, true, STR("*"));
	json_decref(comply_result_json(&r));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_make((const char *)data, size), term = STR(""), match = STR(""), context = STR("");
	struct comply_lexicon *x = NULL;
	struct comply_options o = { .no_model = size % 4 != 0 };
	if (size > 4096)
		return 0;
	str_split(&rest, '\n', &term);
	str_split(&rest, '\n', &match);
	str_split(&rest, '\n', &context);
	struct comply_entry en = { .term = term, .label = STR("x"), .match = match, .context = context, .level = COMPLY_LEVEL_REVIEW };
	const struct comply_lexicon *list[1];
	if (comply_lexicon_build(engine(), &en, 1, STR("f"), &x, NULL) == 0) {
		list[0] = x;
		o.lexicons = list;
		o.lexicons_len = 1;
	}
	check_text(rest, &o);
	json_decref(comply_lookup(engine(), term, &o, 5));
	comply_lexicon_free(x);
	return 0;
}
