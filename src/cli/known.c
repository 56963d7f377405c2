/* The file of an incremental scan: a line of magic, then blobs: rules, target, mode, number of
 * incremental scans in a row, and pieces made by scan_known_put(). Replaced as a whole. */
#include "cli/known.h"

#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "net/url.h"
#include "os/file.h"
#include "scan/check.h"

#define KNOWN_MAGIC "zhanwei-pages 1\n"
#define KNOWN_PIECE (1 * MIB)
#define LIMIT_KNOWN_FILE (256 * MIB)

static int take_head(struct reader *r, const struct scan_options *o, unsigned every, unsigned *ret_runs)
{
	struct str rules, target, mode;
	uint32_t runs;
	if (reader_blob(r, &rules) < 0 || reader_blob(r, &target) < 0 || reader_blob(r, &mode) < 0 ||
	    reader_u32(r, &runs) < 0)
		return -1;
	bool fits = str_eq(rules, str_c(scan_rule_version())) && str_eq(target, o->target) &&
		    str_eq(mode, str_c(scan_mode_name(o->mode))) && runs + 1 < every;
	*ret_runs = fits ? runs + 1 : 0;
	return 0;
}

int cli_known_read(const char *path, const struct scan_options *o, unsigned every, struct cli_known *k,
		   struct error *e)
{
	struct str piece;
	buf_init(&k->file, LIMIT_KNOWN_FILE);
	if (access(path, F_OK) != 0)
		return 0; /* the first one */
	if (os_file_read(path, &k->file, e) < 0)
		return -1;
	struct reader r = reader_of(buf_view(&k->file));
	bool ours = str_starts(buf_view(&k->file), STR(KNOWN_MAGIC));
	r.ptr += ours ? sizeof(KNOWN_MAGIC) - 1 : 0;
	if (!ours || take_head(&r, o, every, &k->runs) < 0)
		return error_field(e, "incremental", "cli.foreign-file", "%s 不是增量扫描的记录文件，未作改动。",
				   "%s is not a file of incremental scans; it was left as it is.", path);
	if (k->runs && reader_blob(&r, &piece) == 0)
		k->findings = json_parse(piece, NULL);
	while (k->runs && r.ptr < r.end && reader_blob(&r, &piece) == 0)
		*vec_push(&k->pieces) = piece;
	return 0;
}

static struct str path_of(struct arena *a, struct str url)
{
	struct url u;
	return url_parse(a, url, NULL, URL_RAW_PATH, &u, NULL) < 0 ? STR_NULL : u.path;
}

void cli_known_carry(const struct cli_known *k, void (*fn)(json_t *finding, void *user), void *user)
{
	struct arena *a = arena_new(256 * MIB);
	json_t *f;
	size_t i;
	json_array_foreach(k->findings, i, f) {
		const struct scan_check *c = scan_check_find(json_get_str(f, "check"));
		bool wide = c && (c->place == PLACE_SITE || c->place == PLACE_DIR);
		bool left_out = k->unchanged && map_len(k->unchanged) > 0;
		if (left_out && (wide || map_has(k->unchanged, path_of(a, json_get_str(f, "url")))))
			fn(f, user);
	}
	arena_free(a);
}

void cli_known_page(struct cli_known *k, const struct scan_page_info *p)
{
	if (p->unchanged) {
		struct arena *a = arena_new(1 * MIB);
		k->unchanged = k->unchanged ? k->unchanged : map_new();
		map_add(k->unchanged, path_of(a, p->url));
		arena_free(a);
	}
	if (k->next.len == 0 || k->next.ptr[k->next.len - 1].len >= KNOWN_PIECE) {
		if (k->next.len >= LIMIT_KNOWN_FILE / KNOWN_PIECE - 1)
			return;
		buf_init(vec_push(&k->next), 2 * KNOWN_PIECE);
	}
	scan_known_put(&k->next.ptr[k->next.len - 1], p);
}

int cli_known_write(const char *path, const struct scan_options *o, const struct cli_known *k,
		    const json_t *findings, struct error *e)
{
	struct buf json;
	struct buf b;
	buf_init(&b, LIMIT_KNOWN_FILE);
	buf_c(&b, KNOWN_MAGIC);
	buf_blob(&b, str_c(scan_rule_version()));
	buf_blob(&b, o->target);
	buf_blob(&b, str_c(scan_mode_name(o->mode)));
	buf_u32(&b, k->runs);
	buf_init(&json, LIMIT_KNOWN_FILE / 2);
	json_write(&json, findings);
	buf_blob(&b, json.overflow ? STR("[]") : buf_view(&json));
	buf_free(&json);
	for (size_t i = 0; i < k->next.len; i++)
		buf_blob(&b, buf_view(&k->next.ptr[i]));
	int r = os_file_write(path, buf_view(&b), 0600, e);
	buf_free(&b);
	return r;
}

void cli_known_again(struct cli_known *k)
{
	for (size_t i = 0; i < k->next.len; i++)
		buf_free(&k->next.ptr[i]);
	vec_clear(&k->next);
}

void cli_known_free(struct cli_known *k)
{
	cli_known_again(k);
	vec_free(&k->next);
	vec_free(&k->pieces);
	map_free(k->unchanged);
	json_decref(k->findings);
	buf_free(&k->file);
}
