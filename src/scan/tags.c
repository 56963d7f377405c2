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

void tags_replayed(struct run *r, struct str word, struct str unit_key)
{
	if (word.len == TAG_LEN && map_len(r->attack.tags) < LIMIT_TAGS)
		free(map_put(r->attack.tags, word, str_dup(unit_key)));
}

static struct str new_word(struct probe *p, struct str unit_key)
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
		run_journal(r, "tag", word, unit_key);
		free(map_put(r->attack.tags, word, str_dup(unit_key)));
	}
	return word;
}

struct str probe_tag_for(struct probe *p, enum scan_where where, struct str name)
{
	return new_word(p, attack_unit_key(p->arena, p->unit->spec, UNIT_POINT, where, name));
}

struct str probe_tag(struct probe *p)
{
	return probe_tag_for(p, p->point.where, p->point.name);
}

static struct unit *unit_of(struct run *r, struct str key)
{
	for (size_t i = 0; i < r->attack.units.len; i++)
		if (str_eq(r->attack.units.ptr[i].key, key))
			return &r->attack.units.ptr[i];
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
		const char *key = map_get(r->attack.tags, str_make(lower, TAG_LEN));
		struct unit *u = key ? unit_of(r, str_c(key)) : NULL;
		if (!u || carried(x, word))
			continue;
		list[n++] = (struct scan_tagged){ .word = arena_str(p->arena, str_make(lower, TAG_LEN)), .at = here,
						  .where = u->where, .name = u->name, .method = u->spec->method,
						  .url = u->spec->url, .id = str_hash(u->key) };
		at = here + TAG_LEN;
	}
	return n;
}

static struct unit *unit_of_tagged(struct probe *p, const struct scan_tagged *t)
{
	const char *key = map_get(p->run->attack.tags, t->word);
	return key ? unit_of(p->run, str_c(key)) : NULL;
}

struct str probe_tag_again(struct probe *p, const struct scan_tagged *t)
{
	struct unit *u = unit_of_tagged(p, t);
	return u ? new_word(p, u->key) : probe_word(p, TAG_LEN);
}

int probe_send_tagged(struct probe *p, const struct scan_tagged *t, struct str value, const struct scan_exchange **ret)
{
	struct unit *mine = p->unit, *theirs = unit_of_tagged(p, t);
	struct scan_point point = p->point;
	bool has_point = p->has_point;
	if (!theirs)
		return -1;
	p->unit = theirs;
	p->has_point = true;
	p->point = (struct scan_point){ .where = theirs->where, .name = theirs->name, .value = theirs->value };
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
		const struct unit *u = &k->units.ptr[i];
		if (u->kind == UNIT_POINT && u->target == p->unit->target)
			list[n++] = (struct scan_point){ .where = u->where, .name = u->name, .value = u->value,
							 .base = p->point.base };
	}
	return n;
}

struct str probe_body_with(struct probe *p, const struct scan_point *fields, size_t n)
{
	struct buf b;
	if (!str_istarts(p->unit->spec->type, STR("application/x-www-form-urlencoded")))
		return STR("");
	struct url_pairs pairs = url_pairs_split(p->arena, p->unit->spec->body);
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
