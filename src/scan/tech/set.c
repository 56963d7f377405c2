/* A set of fingerprints: our own table and what an operator imports. For each signal, texts
 * are found of which one must be there; they go into the scan's one pass over every answer,
 * and nothing else of a signal is tried before one of them was seen. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "scan/tech/tech_private.h"

const char *const tech_place_names[TECH_PLACES] = { "header", "cookie", "meta",	  "script", "link", "title",
						    "html",   "url",	"robots", "icon",   "cert" };

struct tech_set *tech_set_new(void)
{
	struct tech_set *s = mem_alloc(sizeof(*s));
	s->arena = arena_new(256 * MIB);
	s->ids = map_new();
	s->icons = map_new();
	return s;
}

/* The texts of which one must be there; 0 none. */
static size_t literals_of(struct tech_set *s, const struct tech_signal *g, struct str out[TECH_LITERALS])
{
	if (g->value.len && g->regex) {
		size_t n = tech_required(g->value, s->arena, out);
		if (n)
			return n;
	} else if (g->value.len >= 3) {
		out[0] = g->value;
		return 1;
	}
	/* a weak value: the name of the header, cookie or meta tag will do */
	struct str key = g->key;
	if (key.len && key.ptr[key.len - 1] == '*')
		key.len--;
	if (key.len < 3 || g->place > TECH_META)
		return 0;
	out[0] = key;
	return 1;
}

static bool add_signal(struct tech_set *s, uint32_t print, uint32_t n)
{
	const struct tech_signal *g = &s->prints.ptr[print].signals[n];
	uint32_t ref = (uint32_t)s->refs.len;
	struct str texts[TECH_LITERALS];
	if (g->place == TECH_ICON) {
		*vec_push(&s->refs) = (struct tech_ref){ .print = print, .signal = n };
		map_put(s->icons, g->value, (void *)(uintptr_t)(ref + 1));
		return true;
	}
	size_t found = literals_of(s, g, texts);
	if (!found)
		return false;
	*vec_push(&s->refs) = (struct tech_ref){ .print = print, .signal = n };
	for (size_t i = 0; i < found; i++) {
		*vec_push(&s->literals) = (struct scan_literal){ texts[i], true };
		*vec_push(&s->literal_refs) = ref;
	}
	return true;
}

bool tech_set_add(struct tech_set *s, const struct tech_print *p)
{
	bool any = false;
	if (map_has(s->ids, p->id))
		return false;
	uint32_t at = (uint32_t)s->prints.len;
	*vec_push(&s->prints) = *p;
	map_put(s->ids, p->id, (void *)(uintptr_t)(at + 1));
	for (uint32_t i = 0; i < p->signals_len; i++)
		any = add_signal(s, at, i) || any;
	return any || p->signals_len == 0;
}

void tech_set_done(struct tech_set *s)
{
	s->check = (struct scan_check){ .id = "technologies", .literals = s->literals.ptr,
					.literals_len = s->literals.len };
}

void tech_set_free(struct tech_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->refs.len; i++)
		pcre2_code_free(s->refs.ptr[i].code);
	vec_free(&s->refs);
	vec_free(&s->prints);
	vec_free(&s->literals);
	vec_free(&s->literal_refs);
	map_free(s->ids);
	map_free(s->icons);
	arena_free(s->arena);
	free(s);
}

bool tech_known(size_t i, struct str *id, struct str *name, struct str *categories)
{
	if (i >= tech_table_count)
		return false;
	*id = tech_table[i].id;
	*name = tech_table[i].name;
	*categories = tech_table[i].categories;
	return true;
}
