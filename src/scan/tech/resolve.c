/* From what matched to what is there: requirements, exclusions, implications; as a list
 * sorted by id. */
#include "base/check.h"
#include "base/limits.h"
#include "scan/tech/tech_private.h"

#define TECH_LEAST 45 /* weak signals count only together */

struct worked {
	unsigned confidence;
	bool excluded;
};

static size_t index_of(const struct tech_set *s, struct str id)
{
	return (size_t)(uintptr_t)map_get(s->ids, id); /* + 1 */
}

struct tech_state *tech_state_of(struct tech *t, struct str id)
{
	size_t i = index_of(t->set, id);
	return i ? &t->states[i - 1] : NULL;
}

static bool in_category(const struct tech *t, const struct worked *w, struct str category)
{
	for (size_t i = 0; i < t->set->prints.len; i++) {
		struct str rest = t->set->prints.ptr[i].categories, one;
		while (w[i].confidence && str_split(&rest, ' ', &one))
			if (str_eq(one, category))
				return true;
	}
	return false;
}

/* Everything it needs is there ("wordpress", or a category as "cat:cms"). */
static bool satisfied(const struct tech *t, const struct worked *w, const struct tech_print *p)
{
	struct str rest = p->requires, id;
	while (str_split(&rest, ' ', &id)) {
		size_t i;
		if (str_starts(id, STR("cat:"))) {
			if (!in_category(t, w, str_from(id, 4)))
				return false;
		} else if (!(i = index_of(t->set, id)) || !w[i - 1].confidence) {
			return false;
		}
	}
	return true;
}

static void exclude(const struct tech *t, struct worked *w)
{
	for (size_t i = 0; i < t->set->prints.len; i++) {
		struct str rest = t->set->prints.ptr[i].excludes, id;
		while (t->states[i].confidence && str_split(&rest, ' ', &id)) {
			size_t other = index_of(t->set, id);
			if (other && t->states[other - 1].confidence <= t->states[i].confidence)
				w[other - 1].excluded = true;
		}
	}
}

/* One round; true when something was added. */
static bool spread(const struct tech *t, struct worked *w)
{
	bool any = false;
	for (size_t i = 0; i < t->set->prints.len; i++) {
		const struct tech_print *p = &t->set->prints.ptr[i];
		struct str rest = p->implies, id;
		if (!w[i].confidence && t->states[i].confidence && !w[i].excluded && satisfied(t, w, p)) {
			w[i].confidence = t->states[i].confidence;
			any = true;
		}
		while (w[i].confidence && str_split(&rest, ' ', &id)) {
			ssize_t mark = str_chr(id, '@');
			uint64_t most = 100;
			if (mark > 0 && str_to_u64(str_from(id, (size_t)mark + 1), &most) == 0)
				id = str_sub(id, 0, (size_t)mark);
			size_t other = index_of(t->set, id);
			unsigned c = w[i].confidence < most ? w[i].confidence : (unsigned)most;
			if (other && !w[other - 1].excluded && w[other - 1].confidence < c) {
				w[other - 1].confidence = c;
				any = true;
			}
		}
	}
	return any;
}

static int by_id(const void *a, const void *b)
{
	return str_cmp(((const struct scan_tech *)a)->id, ((const struct scan_tech *)b)->id);
}

void tech_resolve(struct tech *t)
{
	struct worked *w = mem_array(t->set->prints.len + 1, sizeof(*w));
	exclude(t, w);
	for (int i = 0; i < 20 && spread(t, w); i++)
		;
	vec_clear(&t->list);
	arena_reset(t->list_arena);
	for (size_t i = 0; i < t->set->prints.len; i++) {
		const struct tech_print *p = &t->set->prints.ptr[i];
		if (w[i].confidence < TECH_LEAST)
			continue;
		struct str rest = p->categories, category = STR(""), version = str_c(t->states[i].version);
		str_split(&rest, ' ', &category);
		*vec_push(&t->list) = (struct scan_tech){ .id = p->id, .name = p->name,
							  .version = arena_str(t->list_arena, version),
							  .cpe = tech_cpe(t->list_arena, p->cpe, version),
							  .category = category, .confidence = w[i].confidence };
	}
	if (t->list.len)
		vec_sort(&t->list, by_id);
	free(w);
	t->changed = false;
}
