/* Marked input. Every word that a check sends as a tag stands for one input of one request
 * of this scan: two letters are the scan's, four are the input's. Wherever such a word
 * turns up in an answer to a request that did not carry it, that input was stored. */
#include "base/buf.h"
#include "base/limits.h"
#include "net/url.h"
#include "scan/scan_private.h"

#define TAG_LEN 6
#define LIMIT_TAGS 200000
#define LIMIT_NEW_PAGES 300

static void scan_prefix(const struct run *r, char out[2])
{
	out[0] = (char)("qvxzjkw"[r->seed % 7]);
	out[1] = (char)("bcdfghjkmnpqrstvwxz"[(r->seed / 7) % 19]);
}

/* What a word stands for is kept as "WHERE NAME\nKEY OF A UNIT WITH THAT REQUEST". */
void tags_replayed(struct run *r, struct str word, struct str origin)
{
	if (word.len == TAG_LEN && map_len(r->attack.tags) < LIMIT_TAGS)
		free(map_put(r->attack.tags, word, str_dup(origin)));
}

static struct str new_word(struct probe *p, struct str origin)
{
	struct run *r = p->run;
	char *w = arena_alloc(p->arena, TAG_LEN + 1);
	struct str word = str_make(w, TAG_LEN);
	scan_prefix(r, w);
	do {
		struct str rest = probe_word(p, TAG_LEN - 2);
		memcpy(w + 2, rest.ptr, rest.len);
	} while (map_has(r->attack.tags, word) && map_len(r->attack.tags) < LIMIT_TAGS);
	if (map_len(r->attack.tags) < LIMIT_TAGS) {
		run_journal(r, "tag", word, origin);
		free(map_put(r->attack.tags, word, str_dup(origin)));
	}
	return word;
}

struct str probe_tag_for(struct probe *p, enum scan_where where, struct str name)
{
	return new_word(p, arena_printf(p->arena, "%d %.*s\n%.*s", (int)where, STR_ARG(name), STR_ARG(p->unit->key)));
}

struct str probe_tag(struct probe *p)
{
	return probe_tag_for(p, p->point.where, p->point.name);
}

/* The unit and the input that a word stands for; NULL when there is none. */
static struct unit *unit_of(struct run *r, struct str word, enum scan_where *ret_where, struct str *ret_name)
{
	struct str origin = str_c(map_get(r->attack.tags, word));
	ssize_t line = str_chr(origin, '\n');
	if (line < 3)
		return NULL;
	struct str key = str_from(origin, (size_t)line + 1);
	*ret_where = (enum scan_where)(origin.ptr[0] - '0');
	*ret_name = str_sub(origin, 2, (size_t)line);
	for (size_t i = 0; i < r->attack.units.len; i++)
		if (str_eq(r->attack.units.ptr[i]->key, key))
			return r->attack.units.ptr[i];
	return NULL;
}

static bool word_at(struct str text, size_t at, struct str *ret)
{
	if (at + TAG_LEN > text.len)
		return false;
	for (size_t i = 2; i < TAG_LEN; i++)
		if (ascii_lower(text.ptr[at + i]) < 'a' || ascii_lower(text.ptr[at + i]) > 'z')
			return false;
	*ret = str_sub(text, at, at + TAG_LEN);
	return true;
}

/* Was the word sent with the request for this very page? Then it is no stored one. */
static bool carried(const struct scan_exchange *x, struct str word)
{
	return str_ihas(x->request, word) || str_ihas(x->url, word) || str_ihas(x->request_body, word);
}

size_t probe_tagged(struct probe *p, const struct scan_exchange *x, struct scan_tagged *list, size_t max)
{
	struct run *r = p->run;
	char prefix[2], lower[TAG_LEN];
	size_t n = 0, at = 0;
	scan_prefix(r, prefix);
	while (n < max) {
		ssize_t hit = str_ifind(str_from(x->text, at), str_make(prefix, 2));
		struct str word;
		if (hit < 0)
			break;
		at += (size_t)hit;
		size_t here = at++;
		if (!word_at(x->text, here, &word))
			continue;
		for (size_t i = 0; i < TAG_LEN; i++)
			lower[i] = ascii_lower(word.ptr[i]);
		enum scan_where where;
		struct str name;
		struct unit *u = unit_of(r, str_make(lower, TAG_LEN), &where, &name);
		if (!u || carried(x, word))
			continue;
		list[n++] = (struct scan_tagged){ .word = arena_str(p->arena, str_make(lower, TAG_LEN)), .at = here,
						  .where = where, .name = name, .method = u->spec->method, .url = u->spec->url,
						  .id = str_hash(attack_unit_key(p->arena, u->spec, UNIT_POINT, where, name)) };
		if (u->spec->body.len)
			leftover_stored(r, x, &list[n - 1]);
		at = here + TAG_LEN;
	}
	return n;
}

struct str probe_tag_again(struct probe *p, const struct scan_tagged *t)
{
	const char *origin = map_get(p->run->attack.tags, t->word);
	return origin ? new_word(p, str_c(origin)) : probe_word(p, TAG_LEN);
}

int probe_send_tagged(struct probe *p, const struct scan_tagged *t, struct str value, const struct scan_exchange **ret)
{
	enum scan_where where;
	struct str name;
	struct unit *mine = p->unit, *theirs = unit_of(p->run, t->word, &where, &name);
	struct scan_point point = p->point;
	bool has_point = p->has_point;
	if (!theirs)
		return -1;
	p->unit = theirs;
	p->has_point = true;
	p->point = (struct scan_point){ .where = where, .name = name, .value = STR("") };
	int result = probe_send(p, &(struct scan_mutation){ .value = value, .value_set = true, .fresh = true }, ret);
	p->unit = mine;
	p->has_point = has_point;
	p->point = point;
	return result;
}

void probe_store_lock(struct probe *p)
{
	struct attack *k = &p->run->attack;
	while (k->store_lock && k->store_lock != p && !p->run->stopping)
		probe_park(p);
	if (!k->store_lock)
		k->store_lock = p;
}

void probe_store_unlock(struct probe *p)
{
	if (p->run->attack.store_lock == p)
		p->run->attack.store_lock = NULL;
}

bool probe_new_page(struct probe *p, struct str url)
{
	struct run *r = p->run;
	struct url u;
	char key[33];
	if (url_parse(p->arena, url, NULL, 0, &u, NULL) < 0 || !run_in_scope(r, &u) || run_excluded(r, url) ||
	    form_link_logs_out(url, STR("")) || form_link_destroys(url, STR("")))
		return false;
	spec_key(&(struct spec){ .method = STR("GET"), .url = url }, key);
	return seen_len(r->frontier.seen) < LIMIT_NEW_PAGES + r->frontier.pushed &&
	       seen_add(r->frontier.seen, str_make(key, 32));
}

size_t probe_points(struct probe *p, struct scan_point *list, size_t max)
{
	struct attack *k = &p->run->attack;
	size_t n = 0;
	for (size_t i = 0; i < k->units.len && n < max; i++) {
		const struct unit *u = k->units.ptr[i];
		if (u->kind == UNIT_POINT && !u->wrap && u->target == p->unit->target)
			list[n++] = (struct scan_point){ .where = u->where, .name = u->name, .value = u->value,
							 .base = p->point.base };
	}
	return n;
}

static struct str pairs_with(struct probe *p, struct str text, const struct scan_point *fields, size_t n)
{
	struct buf b;
	struct url_pairs pairs = url_pairs_split(p->arena, text);
	buf_init(&b, 2 * MIB);
	for (size_t i = 0; i < pairs.len; i++) {
		struct str name = url_form_decode(p->arena, pairs.ptr[i].name), value = STR_NULL;
		for (size_t k = 0; k < n; k++)
			if (str_eq(fields[k].name, name))
				value = fields[k].value;
		if (i)
			buf_char(&b, '&');
		buf_str(&b, pairs.ptr[i].name);
		buf_char(&b, '=');
		if (value.ptr)
			url_form_encode(&b, value);
		else
			buf_str(&b, pairs.ptr[i].value);
	}
	struct str r = arena_str(p->arena, buf_view(&b));
	buf_free(&b);
	return r;
}

struct str probe_body_with(struct probe *p, const struct scan_point *fields, size_t n)
{
	if (!str_istarts(p->unit->spec->type, STR("application/x-www-form-urlencoded")))
		return STR("");
	return pairs_with(p, p->unit->spec->body, fields, n);
}

struct str probe_url_with(struct probe *p, const struct scan_point *fields, size_t n)
{
	struct str url = p->unit->spec->url;
	ssize_t mark = str_chr(url, '?');
	if (mark < 0)
		return url;
	struct str query = pairs_with(p, str_from(url, (size_t)mark + 1), fields, n);
	return arena_printf(p->arena, "%.*s?%.*s", (int)mark, url.ptr, STR_ARG(query));
}
