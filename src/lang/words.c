/* Words of the language pack: finds the sections and checks once that nothing points outside. */
#include "lang/words_private.h"

static int wrong(struct error *e, const char *what)
{
	return error_set(e, "pack.damaged", "语言数据包已损坏（%s）；请重新安装或构建",
			 "The language pack is damaged (%s); install or build it again", what);
}

/* A table that is a power of two and has an empty slot where its last probe would end. */
static int load_trie(struct lang *l, struct error *e)
{
	struct words *w = &l->words;
	const void *node;
	size_t n;
	if (pack_array(l->pack, "dict.node", sizeof(struct word_node), &node, &n, e) < 0)
		return -1;
	if (n < 2 || n > 1u << 28 || (n & (n - 1)))
		return wrong(e, "dict.node");
	w->node = node;
	w->mask = (uint32_t)n - 1;
	w->shift = 32 - (unsigned)__builtin_ctzl(n);
	size_t i = 0;
	while (i < n && w->node[i].sym)
		i++;
	return i < n ? 0 : wrong(e, "dict.node");
}

static int load_readings(struct lang *l, struct error *e)
{
	struct words *w = &l->words;
	const void *reading, *syl, *name, *read;
	size_t n;
	if (pack_array(l->pack, "read.word", sizeof(struct word_reading), &reading, &w->readings, e) < 0 ||
	    pack_array(l->pack, "read.syl", sizeof(uint16_t), &syl, &w->syls, e) < 0 ||
	    pack_array(l->pack, "syl.name", 8, &name, &w->names, e) < 0 ||
	    pack_array(l->pack, "sym.read", sizeof(uint16_t), &read, &n, e) < 0)
		return -1;
	w->reading = reading;
	w->syl = syl;
	w->name = name;
	w->read = read;
	if (n != l->chars_n || w->names > 4096)
		return wrong(e, "sym.read");
	for (size_t i = 0; i < w->names; i++)
		if (w->name[i][7] || w->name[i][0] < 'a' || w->name[i][0] > 'z')
			return wrong(e, "syl.name");
	return 0;
}

int words_load(struct lang *l, struct error *e)
{
	struct words *w = &l->words;
	const void *shape;
	size_t n;
	if (load_trie(l, e) < 0 || load_readings(l, e) < 0 ||
	    pack_array(l->pack, "sym.shape", sizeof(uint16_t), &shape, &n, e) < 0)
		return -1;
	w->shape = shape;
	if (n != l->chars_n)
		return wrong(e, "sym.shape");
	for (size_t i = 0; i < n; i++)
		if (w->shape[i] >= n)
			return wrong(e, "sym.shape");
	struct str pairs = pack_section(l->pack, "pair.bits");
	if (pairs.len != 1u << (WORDS_PAIR_BITS - 3))
		return wrong(e, "pair.bits");
	w->pairs = (const uint8_t *)pairs.ptr;
	return 0;
}
