/* The opened language pack: maps zh.pack and checks once that no table points outside another, so
 * that what uses them needs no checks. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "lang/words_private.h"

static int wrong(struct error *e, const char *what)
{
	return error_set(e, "pack.damaged", "语言数据包已损坏（%s）；请重新安装或构建",
			 "The language pack is damaged (%s); install or build it again", what);
}

/* A value of fold.bmp or a gap of fold.slow. */
static bool value_fine(const struct lang *l, uint32_t v)
{
	if (v >= FOLD_SLOW_BASE && v < FOLD_SKIP)
		return v - FOLD_SLOW_BASE < l->slow_n;
	return v <= FOLD_STOP && (v >= FOLD_SKIP || (v > 0 && v < l->chars_n));
}

static bool slow_fine(const struct lang *l, const struct fold_slow *s)
{
	if (s->n > FOLD_SLOW_SYMS || s->split > l->split_n || s->splits > l->split_n - s->split)
		return false;
	if (s->n == 0)
		return s->sym[0] >= FOLD_SKIP && s->sym[0] <= FOLD_STOP;
	for (size_t i = 0; i < s->n; i++)
		if (s->sym[i] == 0 || s->sym[i] >= l->chars_n)
			return false;
	return true;
}

static int check_fold(const struct lang *l, struct error *e)
{
	if (l->chars_n < 2 || l->chars_n > FOLD_SLOW_BASE)
		return wrong(e, "sym.char");
	for (size_t i = 0; i < 0x10000; i++)
		if (!value_fine(l, l->bmp[i]))
			return wrong(e, "fold.bmp");
	for (size_t i = 0; i < l->slow_n; i++)
		if (!slow_fine(l, &l->slow[i]))
			return wrong(e, "fold.slow");
	for (size_t i = 0; i < l->sup_n; i++)
		if (l->sup[i].slow >= l->slow_n || (i && l->sup[i].cp <= l->sup[i - 1].cp))
			return wrong(e, "fold.sup");
	for (size_t i = 0; i < l->split_n; i++)
		if (l->split[i].whole <= LANG_SYM_OTHER || l->split[i].whole >= l->chars_n)
			return wrong(e, "fold.split");
	return 0;
}

static int load(struct lang *l, struct error *e)
{
	const void *bmp, *slow, *sup, *split, *chars;
	size_t bmp_n;
	if (pack_array(l->pack, "fold.bmp", sizeof(uint16_t), &bmp, &bmp_n, e) < 0 ||
	    pack_array(l->pack, "fold.slow", sizeof(struct fold_slow), &slow, &l->slow_n, e) < 0 ||
	    pack_array(l->pack, "fold.sup", sizeof(struct fold_sup), &sup, &l->sup_n, e) < 0 ||
	    pack_array(l->pack, "fold.split", sizeof(struct fold_split), &split, &l->split_n, e) < 0 ||
	    pack_array(l->pack, "sym.char", sizeof(uint32_t), &chars, &l->chars_n, e) < 0)
		return -1;
	if (bmp_n != 0x10000)
		return wrong(e, "fold.bmp");
	l->bmp = bmp;
	l->slow = slow;
	l->sup = sup;
	l->split = split;
	l->chars = chars;
	return check_fold(l, e) < 0 ? -1 : words_load(l, e);
}

/* What a character is when it stands alone: its only symbol, or 0. */
static uint32_t alone(const struct lang *l, uint32_t v)
{
	if (v < FOLD_SLOW_BASE)
		return v;
	return v < FOLD_SKIP && l->slow[v - FOLD_SLOW_BASE].n == 1 ? l->slow[v - FOLD_SLOW_BASE].sym[0] : 0;
}

static void prepare_runs(struct lang *l)
{
	_cleanup_free_ uint8_t *right = mem_alloc(0x10000);
	for (size_t i = 0; i < l->split_n; i++)
		right[l->split[i].right] = 1;
	l->run = mem_array(0x10000, sizeof(*l->run));
	for (size_t c = 0; c < 0x10000; c++) {
		uint32_t v = l->bmp[c], sym = alone(l, v);
		const struct fold_slow *s = v >= FOLD_SLOW_BASE && v < FOLD_SKIP ? &l->slow[v - FOLD_SLOW_BASE] : NULL;
		l->run[c] = s && sym && !(s->flags & FOLD_DISGUISE) ? sym : v;
		if (right[sym])
			l->run[c] |= FOLD_RUN_RIGHT;
		if (!s || !(s->flags & FOLD_SPLIT) || s->n != 1)
			continue;
		l->run[c] |= FOLD_RUN_LEFT;
		for (size_t k = s->split; k < s->split + s->splits; k++) {
			uint32_t h = FOLD_PAIR_HASH(sym, l->split[k].right);
			l->pairs[h >> 5] |= UINT32_C(1) << (h & 31);
		}
	}
}

int lang_open_pack(struct pack *p, struct lang **ret, struct error *e)
{
	struct lang *l = mem_alloc(sizeof(*l));
	l->magic = LANG_MAGIC;
	l->pack = p;
	if (load(l, e) < 0) {
		lang_close(l);
		return -1;
	}
	prepare_runs(l);
	*ret = l;
	return 0;
}

int lang_open(struct str dir, struct lang **ret, struct error *e)
{
	char path[4096];
	struct pack *p;
	if (dir.len + sizeof("/zh.pack") > sizeof(path))
		return error_os(e, ENAMETOOLONG, "packs");
	snprintf(path, sizeof(path), "%.*s/zh.pack", STR_ARG(dir));
	if (pack_open(path, &p, e) < 0)
		return -1;
	return lang_open_pack(p, ret, e);
}

void lang_close(struct lang *l)
{
	if (!l)
		return;
	check(l->magic == LANG_MAGIC);
	l->magic = 0;
	pack_close(l->pack);
	words_unload(l);
	free(l->run);
	free(l);
}

struct str lang_version(const struct lang *l)
{
	return pack_version(l->pack);
}

static struct str beside_executable(struct arena *a)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self));
	if (n <= 0 || n == (ssize_t)sizeof(self))
		return STR("packs");
	struct str exe = str_make(self, (size_t)n);
	struct str folder = str_sub(exe, 0, (size_t)str_rchr(exe, '/'));
	struct str near = arena_printf(a, "%.*s/packs", STR_ARG(folder));
	if (access(near.ptr, R_OK) == 0)
		return near;
	return arena_printf(a, "%.*s/../share/zhanwei/packs", STR_ARG(folder));
}

struct str lang_pack_dir(struct arena *a)
{
	const char *set = getenv("ZHANWEI_PACKS");
	return set && *set ? arena_str(a, str_c(set)) : beside_executable(a);
}
