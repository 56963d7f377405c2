/* What a scan leaves on a site: files that forms took, files written with PUT that could not be
 * deleted, input that turned up on a page again. It is noted as it happens (and journalled), and
 * said once at the end as findings of the check "left-behind", so that it stands in every report
 * for those who clean up. */
#include "base/limits.h"
#include "base/mem.h"
#include "scan/scan_private.h"

#define LIMIT_LEFT 400	    /* places */
#define LIMIT_LEFT_NAMES 60 /* of each */
#define LIMIT_LEFT_POSTED 5000

const struct scan_check check_left_behind = {
	.id = "left-behind",
	.title_zh = "扫描遗留：请清理扫描在网站上留下的内容",
	.title_en = "Left by the scan: what to clean up on the site",
	.severity = SEVERITY_INFO,
	.cwe = 459,
	.owasp = "A05:2021",
	.place = PLACE_SITE,
};

struct left {
	struct buf prepared; /* finding_prepare() */
	struct buf names;    /* each with a line end */
	size_t n, kept;
};

static void left_free(void *p)
{
	struct left *l = p;
	buf_free(&l->prepared);
	buf_free(&l->names);
	free(l);
}

void leftovers_free(struct run *r)
{
	if (r->left)
		map_free_values(r->left, left_free);
	map_free(r->posted);
	r->left = r->posted = NULL;
}

static bool has_line(struct str lines, struct str name)
{
	struct str line;
	while (str_split(&lines, '\n', &line))
		if (str_eq(line, name))
			return true;
	return false;
}

static void add_name(struct left *l, struct str name)
{
	if (has_line(buf_view(&l->names), name))
		return;
	l->n++;
	if (l->kept >= LIMIT_LEFT_NAMES)
		return;
	l->kept++;
	for (size_t i = 0; i < name.len && i < 300; i++)
		buf_char(&l->names, (unsigned char)name.ptr[i] < ' ' ? '?' : name.ptr[i]);
	buf_char(&l->names, '\n');
}

static struct left *left_put(struct run *r, struct str key, struct str prepared)
{
	struct left *l = mem_alloc(sizeof(*l));
	buf_init(&l->prepared, 1 * MIB);
	buf_init(&l->names, 64 * KIB);
	buf_str(&l->prepared, prepared);
	map_put(r->left, key, l);
	return l;
}

void leftover_replayed(struct run *r, struct str key, struct str bytes)
{
	struct reader rd = reader_of(bytes);
	struct str prepared, name;
	struct left *l = map_get(r->left, key);
	if (reader_blob(&rd, &prepared) < 0 || reader_blob(&rd, &name) < 0)
		return;
	if (l && str_empty(name)) {
		map_remove(r->left, key);
		left_free(l);
		return;
	}
	if (!l && prepared.len && map_len(r->left) < LIMIT_LEFT)
		l = left_put(r, key, prepared);
	if (l)
		add_name(l, name);
}

static void journal(struct run *r, struct str key, struct str prepared, struct str name)
{
	struct buf b;
	buf_init(&b, 2 * MIB);
	buf_blob(&b, prepared);
	buf_blob(&b, name);
	run_journal(r, "left", key, buf_view(&b));
	buf_free(&b);
}

static void note(struct run *r, struct str key, const struct scan_report *rep, struct str name)
{
	struct left *l = map_get(r->left, key);
	struct buf first;
	if (l ? l->kept >= LIMIT_LEFT_NAMES || has_line(buf_view(&l->names), name) : map_len(r->left) >= LIMIT_LEFT)
		return;
	buf_init(&first, 1 * MIB);
	if (!l) {
		finding_prepare(r, &check_left_behind, rep, NULL, &first);
		l = left_put(r, key, buf_view(&first));
	}
	journal(r, key, buf_view(&first), name);
	buf_free(&first);
	add_name(l, name);
}

/* "POST https://host/path": without the query. */
static struct str place_of(struct arena *a, struct str method, struct str url)
{
	ssize_t mark = str_chr(url, '?');
	return arena_printf(a, "%.*s %.*s", STR_ARG(method), STR_ARG(mark < 0 ? url : str_sub(url, 0, (size_t)mark)));
}

static void note_files(struct run *r, struct arena *a, const struct scan_exchange *x, struct str type)
{
	struct form_value list[16];
	size_t n = caution_parts(x->request_body, type, list, ARRAY_SIZE(list));
	for (size_t i = 0; i < n; i++) {
		if (!list[i].file || str_empty(list[i].value))
			continue;
		struct str key = arena_printf(a, "file %.*s %.*s", STR_ARG(place_of(a, x->method, x->url)), STR_ARG(list[i].name));
		note(r, key, &(struct scan_report){ .exchange = x, .proof = list[i].value, .parameter = list[i].name, .place_key = key }, list[i].value);
	}
}

/* 201 and 204 say that something was written; under 200 a page of the site (links, forms) is what it says to
 * any request, and an answer that it gives for nonsense is none either. */
static bool says_written(const struct scan_exchange *x, struct str type)
{
	bool page = x->page && (x->page->links_len || x->page->forms_len || x->page->title.len);
	if (x->status == 201 || (x->status == 204 && str_istarts(type, STR("text/plain"))))
		return true;
	return x->status < 300 && !page && !x->missing && str_istarts(type, STR("text/plain"));
}

/* PUT and DELETE: interfaces change what they have with them; only what is new is left behind. */
static void note_put(struct run *r, struct arena *a, const struct scan_exchange *x, struct str type)
{
	struct str key = arena_printf(a, "put %.*s", STR_ARG(x->url));
	struct left *l = map_get(r->left, key);
	if (str_eq(x->method, STR("PUT")) && says_written(x, type)) {
		note(r, key, &(struct scan_report){ .exchange = x, .proof = x->url, .place_key = key }, x->url);
	} else if (str_eq(x->method, STR("DELETE")) && l) {
		map_remove(r->left, key);
		left_free(l);
		journal(r, key, STR(""), STR(""));
	}
}

void leftover_sent(struct run *r, const struct scan_exchange *x)
{
	if (str_eq(x->method, STR("GET")) || x->status >= 400 || r->replaying)
		return;
	struct arena *a = arena_new(1 * MIB);
	struct str type = scan_header_get(&x->request_headers, "content-type");
	if (str_eq(x->method, STR("PUT")) || str_eq(x->method, STR("DELETE"))) {
		note_put(r, a, x, type);
	} else if (x->request_body.len) {
		struct str place = place_of(a, x->method, x->url);
		uintptr_t n = (uintptr_t)map_get(r->posted, place);
		if (n || map_len(r->posted) < LIMIT_LEFT_POSTED)
			map_put(r->posted, place, (void *)(n + 1));
		note_files(r, a, x, type);
	}
	arena_free(a);
}

void leftover_stored(struct run *r, const struct scan_exchange *x, const struct scan_tagged *t)
{
	struct arena *a = arena_new(1 * MIB);
	struct str place = place_of(a, t->method, t->url);
	struct str key = arena_printf(a, "text %.*s %.*s", STR_ARG(place), STR_ARG(t->name));
	note(r, key, &(struct scan_report){ .exchange = x, .proof = t->word, .parameter = t->name, .url = t->url, .place_key = key }, x->url);
	arena_free(a);
}

/* ---- at the end ---- */

static struct str listed(struct arena *a, const struct left *l)
{
	struct buf b;
	struct str rest = buf_view(&l->names), line;
	buf_init(&b, 128 * KIB);
	while (str_split(&rest, '\n', &line))
		if (line.len)
			buf_printf(&b, "%s%.*s", b.len ? ", " : "", STR_ARG(line));
	if (l->n > l->kept)
		buf_c(&b, " …");
	struct str r = arena_str(a, buf_view(&b));
	buf_free(&b);
	return r;
}

static void tell(struct run *r, struct arena *a, struct str key, const struct left *l)
{
	struct str names = listed(a, l), place, rest = key, word;
	str_split(&rest, ' ', &word);
	place = rest;
	ssize_t field = str_rchr(place, ' ');
	place = field > 0 ? str_sub(place, 0, (size_t)field) : place;
	unsigned sent = (unsigned)(uintptr_t)map_get(r->posted, place);
	if (str_eq(word, STR("file")))
		finding_restate(r, buf_view(&l->prepared),
				arena_printf(a, "扫描经此表单上传了名称如下的测试文件（内容无害），服务器未拒绝，可能仍在网站上，请查找并删除：%.*s", STR_ARG(names)),
				arena_printf(a, "The scan sent harmless test files of these names through this form and the server did not refuse them; look for "
						"them and remove them: %.*s", STR_ARG(names)));
	else if (str_eq(word, STR("put")))
		finding_restate(r, buf_view(&l->prepared), arena_printf(a, "扫描用 PUT 写入的测试文件未能删除，请手工删除：%.*s", STR_ARG(names)),
				arena_printf(a, "A test file written with PUT could not be deleted; please remove it: %.*s", STR_ARG(names)));
	else
		finding_restate(r, buf_view(&l->prepared),
				arena_printf(a, "经 %.*s 提交的测试内容被保存，显示在：%.*s。扫描至少向该地址提交了 %u 次，请清理其中的测试记录。", STR_ARG(place),
					     STR_ARG(names), sent ? sent : 1),
				arena_printf(a, "Test input sent with %.*s was stored and shows on: %.*s. The scan submitted to this address at least %u times; "
						"please remove its test records.", STR_ARG(place), STR_ARG(names), sent ? sent : 1));
}

void leftovers_tell(struct run *r)
{
	struct map_iter it = { 0 };
	struct str key;
	void *value;
	if (strcmp(r->reason, "paused") == 0) /* it goes on */
		return;
	for (size_t i = 0; i < r->o.skip_checks_len; i++)
		if (str_eq(r->o.skip_checks[i], str_c(check_left_behind.id)))
			return;
	while (map_next(r->left, &it, &key, &value)) {
		struct arena *a = arena_new(1 * MIB);
		tell(r, a, key, value);
		arena_free(a);
	}
}
