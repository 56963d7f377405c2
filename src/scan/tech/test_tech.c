/* Every fingerprint is found in a small answer of its product (tests/fixtures/tech), with the
 * version where one is told, and says nothing about the answers of all others and of sites
 * that merely write about such products.
 *
 * A fixture file holds documents one after another:
 *
 *     === id [version] [+also …]      what must be found; "-": nothing may be
 *     @url https://site.test/path     optional directives as in scan/fixture.h
 *     Server: nginx/1.24.0            header fields (a status line may stand first)
 *     <html>…                         the body
 *
 * What the named ones imply is expected too; anything else is a failure. */
#include <dirent.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/test.h"
#include "os/file.h"
#include "scan/fixture.h"
#include "scan/page.h"
#include "scan/tech/tech_private.h"

struct doc {
	struct str id, version, also, text;
	const char *file;
};
static VEC(struct doc) docs;
static struct arena *keep;

static struct tech *fresh(void)
{
	struct tech_set *set = tech_set_new();
	for (size_t i = 0; i < tech_table_count; i++)
		if (!tech_set_add(set, &tech_table[i]))
			fail_msg("%.*s: no text to look for", STR_ARG(tech_table[i].id));
	tech_set_done(set);
	return tech_new(set);
}

static void on_literal(void *arg, const struct scan_check *c, size_t which, size_t at)
{
	tech_hit(arg, which, at);
}

static void look(struct tech *t, const struct scan_exchange *x)
{
	const struct scan_check *list[] = { &t->set->check, NULL };
	struct literals *l = literals_new(list);
	tech_begin(t, x);
	literals_scan(l, x->text.len ? x->text : x->body, on_literal, t);
	tech_end(t, l);
	literals_free(l);
}

static bool header_line(struct str line)
{
	ssize_t colon = str_chr(line, ':');
	for (ssize_t i = 0; i < colon; i++)
		if (!ascii_alnum(line.ptr[i]) && line.ptr[i] != '-' && line.ptr[i] != '_')
			return false;
	return colon > 0 && (size_t)colon + 1 < line.len && line.ptr[colon + 1] == ' ';
}

static struct str first_line(struct str s)
{
	ssize_t nl = str_chr(s, '\n');
	return nl < 0 ? s : str_sub(s, 0, (size_t)nl + 1);
}

/* From the short form to that of scan/fixture.h. */
static struct scan_exchange *exchange_of(struct arena *a, struct str text)
{
	struct buf b;
	struct error e = { 0 };
	struct scan_exchange *x = NULL;
	bool type = false;
	buf_init(&b, 1 * MIB);
	while (text.len && text.ptr[0] == '@') {
		buf_str(&b, first_line(text));
		text = str_from(text, first_line(text).len);
	}
	buf_c(&b, "GET / HTTP/1.1\nHost: site.test\n\n");
	if (!str_starts(text, STR("HTTP/")))
		buf_c(&b, "HTTP/1.1 200 OK\n");
	while (text.len && (str_starts(text, STR("HTTP/")) || header_line(first_line(text)))) {
		type = type || str_istarts(text, STR("content-type:"));
		buf_str(&b, first_line(text));
		text = str_from(text, first_line(text).len);
	}
	if (!type)
		buf_c(&b, text.len && str_trim(text).len && str_trim(text).ptr[0] == '{' ?
				  "Content-Type: application/json\n" : "Content-Type: text/html; charset=utf-8\n");
	buf_c(&b, "\n");
	buf_str(&b, str_starts(text, STR("\n")) ? str_from(text, 1) : text);
	if (fixture_parse(arena_str(a, buf_view(&b)), a, &x, &e) < 0)
		fail_msg("%s", e.en);
	buf_free(&b);
	return x;
}

static void split_docs(struct str all, const char *file)
{
	struct str line = first_line(all);
	while (all.len) {
		struct doc *d = vec_push(&docs);
		struct str words = str_trim(str_from(line, 4)), word;
		assert_true(str_starts(line, STR("=== ")));
		d->file = file;
		bool more = str_split(&words, ' ', &d->id);
		if (more && words.len && words.ptr[0] != '+')
			str_split(&words, ' ', &word), d->version = word;
		d->also = words;
		all = str_from(all, line.len);
		const char *start = all.ptr;
		while (all.len && !str_starts(line = first_line(all), STR("=== ")))
			all = str_from(all, line.len);
		d->text = str_make(start, (size_t)(all.ptr - start));
	}
}

static int load(void **state)
{
	char folder[1000], path[1400];
	const char *root = getenv("ZHANWEI_SOURCE");
	struct dirent *f;
	snprintf(folder, sizeof(folder), "%s/tests/fixtures/tech", root ? root : ".");
	DIR *d = opendir(folder);
	keep = arena_new(64 * MIB);
	while (d && (f = readdir(d))) {
		struct buf b;
		struct error e = { 0 };
		size_t n = strlen(f->d_name);
		if (n < 5 || strcmp(f->d_name + n - 4, ".txt") != 0)
			continue;
		buf_init(&b, 8 * MIB);
		snprintf(path, sizeof(path), "%s/%s", folder, f->d_name);
		if (os_file_read(path, &b, &e) < 0)
			return -1;
		split_docs(arena_str(keep, buf_view(&b)), arena_cstr(keep, str_c(f->d_name)));
		buf_free(&b);
	}
	if (d)
		closedir(d);
	return docs.len ? 0 : -1;
}

static int unload(void **state)
{
	vec_free(&docs);
	arena_free(keep);
	return 0;
}

static void expect(const struct tech_set *s, struct map *want, struct str id)
{
	uintptr_t i = (uintptr_t)map_get(s->ids, id);
	if (!i)
		fail_msg("no fingerprint %.*s", STR_ARG(id));
	if (!map_add(want, id))
		return;
	struct str rest = s->prints.ptr[i - 1].implies, one;
	while (str_split(&rest, ' ', &one)) {
		ssize_t mark = str_chr(one, '@');
		expect(s, want, mark < 0 ? one : str_sub(one, 0, (size_t)mark));
	}
}

static unsigned judge(const struct doc *d, struct tech *t)
{
	struct map *want = map_new();
	struct str rest = d->also, one;
	unsigned wrong = 0;
	bool found = str_eq(d->id, STR("-"));
	if (!found)
		expect(t->set, want, d->id);
	while (str_split(&rest, ' ', &one))
		if (one.len > 1)
			expect(t->set, want, str_from(one, 1));
	for (size_t i = 0; i < t->list.len; i++) {
		const struct scan_tech *k = &t->list.ptr[i];
		if (!map_has(want, k->id)) {
			print_error("%s: %.*s: %.*s is found there\n", d->file, STR_ARG(d->id), STR_ARG(k->id));
			wrong++;
		}
		if (!str_eq(k->id, d->id))
			continue;
		found = k->confidence >= 50;
		if (d->version.len && !str_eq(d->version, k->version)) {
			print_error("%s: %.*s: version %.*s, not %.*s\n", d->file, STR_ARG(d->id), STR_ARG(d->version),
				    STR_ARG(k->version));
			wrong++;
		}
	}
	if (!found)
		print_error("%s: %.*s is not found\n", d->file, STR_ARG(d->id));
	map_free(want);
	return wrong + !found;
}

static void each_finds_its_own_and_nothing_else(void **state)
{
	struct map *covered = map_new();
	unsigned wrong = 0, neutral = 0;
	for (size_t i = 0; i < docs.len; i++) {
		struct arena *a = arena_new(LIMIT_EXCHANGE_ARENA);
		struct tech *t = fresh();
		look(t, exchange_of(a, docs.ptr[i].text));
		wrong += judge(&docs.ptr[i], t);
		map_add(covered, docs.ptr[i].id);
		neutral += str_eq(docs.ptr[i].id, STR("-"));
		tech_free(t);
		arena_free(a);
	}
	for (size_t i = 0; i < tech_table_count; i++)
		if (tech_table[i].signals_len && !map_has(covered, tech_table[i].id)) {
			print_error("%.*s has no fixture\n", STR_ARG(tech_table[i].id));
			wrong++;
		}
	print_message("%zu fingerprints, %zu fixtures, %u neutral pages\n", tech_table_count, docs.len, neutral);
	map_free(covered);
	assert_int_equal(wrong, 0);
	assert_true(neutral >= 50);
	assert_true(tech_table_count >= 600);
}

static void patterns_give_the_texts_they_need(void **state)
{
	struct arena *a = arena_new(1 * MIB);
	struct str r[TECH_LITERALS];
	assert_int_equal(tech_required(STR("WordPress ?([\\d.]+)?"), a, r), 1);
	assert_true(str_eq(r[0], STR("WordPress")));
	assert_int_equal(tech_required(STR("(?:jquery|zepto)[.-]([\\d.]+)\\.js"), a, r), 2);
	assert_int_equal(tech_required(STR("abc|x?"), a, r), 0);
	assert_int_equal(tech_required(STR("ab(c"), a, r), 0);
	assert_int_equal(tech_required(STR("(?=lookahead)ab"), a, r), 0);
	assert_int_equal(tech_required(STR("/static/x{0,3}yz"), a, r), 1);
	assert_true(str_eq(r[0], STR("/static/")));
	assert_int_equal(tech_required(STR("longest[a-z]+short"), a, r), 1);
	assert_true(str_eq(r[0], STR("longest")));
	arena_free(a);
}

static void templates_make_versions(void **state)
{
	struct str g[3] = { STR("all"), STR("2.4"), STR("") };
	char v[LIMIT_TECH_VERSION + 1];
	tech_version(STR("\\1"), g, 3, v);
	assert_string_equal(v, "2.4");
	tech_version(STR("\\1?new:old"), g, 3, v);
	assert_string_equal(v, "new");
	tech_version(STR("\\2?new:old"), g, 3, v);
	assert_string_equal(v, "old");
	tech_version(STR("1.\\1."), g, 3, v);
	assert_string_equal(v, "1.2.4");
	g[1] = STR("<script>");
	tech_version(STR("\\1"), g, 3, v);
	assert_string_equal(v, "");
}

/* Vectors of the reference code, and the way the field writes icons. */
static void icons_hash_as_the_field_does(void **state)
{
	char mmh3[12], md5[33];
	assert_int_equal((uint32_t)tech_mmh3(STR(""), 1), 0x514e28b7u);
	assert_int_equal((uint32_t)tech_mmh3(STR("test"), 0), 0xba6bd213u);
	assert_int_equal((uint32_t)tech_mmh3(STR("Hello, world!"), 0x9747b28cu), 0x24884cbau);
	tech_icon_hashes(STR("abc"), mmh3, md5);
	assert_string_equal(md5, "900150983cd24fb0d6963f7d28e17f72");
	assert_true(str_to_i64(str_c(mmh3), &(int64_t){ 0 }) == 0);
}

static void an_icon_is_recognised(void **state)
{
	static const struct tech_signal signals[] = { { TECH_ICON, false, false, 100, STR_INIT(""),
							STR_INIT("900150983cd24fb0d6963f7d28e17f72"), STR_INIT("") } };
	struct tech_print p = { .id = STR("boxed"), .name = STR("Boxed"), .categories = STR("network"), .signals = signals,
				.signals_len = 1 };
	struct tech_set *set = tech_set_new();
	assert_true(tech_set_add(set, &p));
	tech_set_done(set);
	struct tech *t = tech_new(set);
	tech_icon(t, STR("abd"), STR("http://a.test/favicon.ico"));
	assert_int_equal(t->list.len, 0);
	tech_icon(t, STR("abc"), STR("http://a.test/favicon.ico"));
	assert_int_equal(t->list.len, 1);
	assert_string_equal(t->list.ptr[0].id.ptr, "boxed");
	tech_free(t);
}

static void the_foreign_shape_is_read(void **state)
{
	static const char json[] =
		"{\"$schema\":\"x\",\"technologies\":{\"Shop O Matic\":{\"cats\":[6],\"headers\":{\"X-Shop\":\"matic/"
		"([\\\\d.]+)\\\\;version:\\\\1\"},\"js\":{\"Shop\":\"\"},\"dom\":[\"#a\",\"#b\"],\"implies\":[\"Base "
		"Thing\\\\;confidence:70\"],\"scriptSrc\":\"matic\\\\.js\",\"cpe\":\"cpe:2.3:a:shop:matic:*:*:*:*:*:*:*:*\"},"
		"\"Base Thing\":{\"cats\":[18],\"html\":[\"<base-thing\",\"(\"]},\"Only Scripts\":{\"js\":{\"x\":\"\"}},\"bad\":3}}";
	struct arena *a = arena_new(LIMIT_EXCHANGE_ARENA);
	struct tech_set *set = tech_set_new();
	struct tech_import m = { 0 };
	struct error e = { 0 };
	assert_int_equal(tech_import(set, STR("[1]"), &m, &e), -1);
	assert_int_equal(tech_import(set, STR("{"), &m, &e), -1);
	assert_int_equal(tech_import(set, str_c(json), &m, &e), 0);
	assert_int_equal(m.taken, 2);
	assert_int_equal(m.refused, 2);
	assert_int_equal(m.signals, 3);
	assert_int_equal(m.unsupported, 5);
	tech_set_done(set);
	struct tech *t = tech_new(set);
	look(t, exchange_of(a, STR("X-Shop: matic/2.5\n<html><p>hello")));
	assert_int_equal(t->list.len, 2);
	assert_true(str_eq(t->list.ptr[0].id, STR("base-thing")));
	assert_int_equal(t->list.ptr[0].confidence, 70);
	assert_true(str_eq(t->list.ptr[1].version, STR("2.5")));
	assert_true(str_eq(t->list.ptr[1].cpe, STR("cpe:2.3:a:shop:matic:2.5:*:*:*:*:*:*:*")));
	assert_true(str_eq(t->list.ptr[1].category, STR("ecommerce")));
	tech_free(t);
	arena_free(a);
}

/* What an error page gives back of what was asked is no evidence. */
static void reflections_are_no_evidence(void **state)
{
	static const struct tech_signal signals[] = { { TECH_HTML, false, false, 100, STR_INIT(""),
							STR_INIT("/seal-admin/"), STR_INIT("") } };
	struct tech_print p = { .id = STR("seal"), .name = STR("Seal"), .categories = STR("cms"), .signals = signals,
				.signals_len = 1 };
	for (int missing = 0; missing < 2; missing++) {
		struct arena *a = arena_new(LIMIT_EXCHANGE_ARENA);
		struct tech_set *set = tech_set_new();
		tech_set_add(set, &p);
		tech_set_done(set);
		struct tech *t = tech_new(set);
		look(t, exchange_of(a, missing ? STR("@url http://site.test/seal-admin/\n@missing\n<p>no /seal-admin/ here") :
						 STR("@url http://site.test/seal-admin/\n<a href=/seal-admin/x>here</a>")));
		assert_int_equal(t->list.len, missing ? 0 : 1);
		tech_free(t);
		arena_free(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_finds_its_own_and_nothing_else),
		cmocka_unit_test(patterns_give_the_texts_they_need),
		cmocka_unit_test(templates_make_versions),
		cmocka_unit_test(icons_hash_as_the_field_does),
		cmocka_unit_test(an_icon_is_recognised),
		cmocka_unit_test(the_foreign_shape_is_read),
		cmocka_unit_test(reflections_are_no_evidence),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
