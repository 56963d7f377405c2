/* Builds the tree from libyaml's events with a stack of open lists and maps. Every bound is
 * checked before memory is taken: the text comes from strangers. Scalars that stand in the
 * source as they are would be slices, but libyaml hands out copies: so they are copied into
 * the arena, which lives no longer than the loading of one file. */
#include "scan/template/yaml.h"

#include <yaml.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/vec.h"

struct level {
	struct yaml *node;
	size_t cap;
	struct str key; /* waiting for its value */
	bool has_key;
};

struct builder {
	struct arena *a;
	struct yaml *root;
	struct level stack[LIMIT_YAML_DEPTH];
	size_t depth, nodes;
	struct map *anchors;
};

static int too_big(struct error *e)
{
	return error_set(e, "yaml.too-big", "YAML 文档过大。", "The YAML document is too big.");
}

static struct yaml *node_new(struct builder *b, enum yaml_kind kind, const yaml_mark_t *at)
{
	struct yaml *y = arena_new_of(b->a, struct yaml);
	y->kind = kind;
	y->line = (unsigned)at->line + 1;
	b->nodes++;
	return y;
}

static struct yaml_pair *room(struct builder *b, struct level *l)
{
	struct yaml *n = l->node;
	if (n->len == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 8;
		struct yaml_pair *more = arena_array(b->a, cap, sizeof(*more));
		if (n->len)
			memcpy(more, n->pairs, n->len * sizeof(*more));
		n->pairs = more;
		l->cap = cap;
	}
	return &n->pairs[n->len++];
}

/* Puts a finished or just opened node where it belongs. */
static int place(struct builder *b, struct yaml *y, struct error *e)
{
	if (b->nodes > LIMIT_YAML_NODES || arena_left(b->a) < 4 * MIB)
		return too_big(e);
	if (b->depth == 0) {
		b->root = b->root ? b->root : y;
		return 0;
	}
	struct level *l = &b->stack[b->depth - 1];
	check(l->node);
	if (l->node->kind == YAML_MAP && !l->has_key) {
		l->key = y->kind == YAML_SCALAR ? y->text : STR("");
		l->has_key = true;
		return 0;
	}
	*room(b, l) = (struct yaml_pair){ l->node->kind == YAML_MAP ? l->key : STR(""), y };
	l->has_key = false;
	return 0;
}

static void keep_anchor(struct builder *b, const yaml_char_t *name, struct yaml *y)
{
	if (!name)
		return;
	if (!b->anchors)
		b->anchors = map_new();
	map_put(b->anchors, str_c((const char *)name), y);
}

static int open_level(struct builder *b, enum yaml_kind kind, const yaml_event_t *ev, const yaml_char_t *anchor,
		      struct error *e)
{
	struct yaml *y = node_new(b, kind, &ev->start_mark);
	if (place(b, y, e) < 0)
		return -1;
	keep_anchor(b, anchor, y);
	if (b->depth == LIMIT_YAML_DEPTH)
		return error_set(e, "yaml.too-deep", "YAML 嵌套过深。", "The YAML is nested too deep.");
	b->stack[b->depth++] = (struct level){ .node = y };
	return 0;
}

static int scalar(struct builder *b, const yaml_event_t *ev, struct error *e)
{
	if (ev->data.scalar.length > arena_left(b->a) / 2)
		return too_big(e);
	struct yaml *y = node_new(b, YAML_SCALAR, &ev->start_mark);
	y->text = arena_str(b->a, str_make(ev->data.scalar.value, ev->data.scalar.length));
	y->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	keep_anchor(b, ev->data.scalar.anchor, y);
	return place(b, y, e);
}

static int alias(struct builder *b, const yaml_event_t *ev, struct error *e)
{
	struct yaml *y = b->anchors ? map_get(b->anchors, str_c((const char *)ev->data.alias.anchor)) : NULL;
	if (!y)
		return error_set(e, "yaml.syntax", "YAML 第 %zu 行引用了不存在的锚点。",
				 "YAML line %zu refers to an unknown anchor.", (size_t)ev->start_mark.line + 1);
	for (size_t i = 0; i < b->depth; i++)
		if (b->stack[i].node == y)
			return error_set(e, "yaml.syntax", "YAML 第 %zu 行引用了包含它自己的节点。",
					 "YAML line %zu refers to what contains it.", (size_t)ev->start_mark.line + 1);
	b->nodes++;
	return place(b, y, e);
}

/* 1 go on, 0 the first document is complete, -1. */
static int step(struct builder *b, const yaml_event_t *ev, struct error *e)
{
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return scalar(b, ev, e) < 0 ? -1 : 1;
	case YAML_SEQUENCE_START_EVENT:
		return open_level(b, YAML_LIST, ev, ev->data.sequence_start.anchor, e) < 0 ? -1 : 1;
	case YAML_MAPPING_START_EVENT:
		return open_level(b, YAML_MAP, ev, ev->data.mapping_start.anchor, e) < 0 ? -1 : 1;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		return 1;
	case YAML_ALIAS_EVENT:
		return alias(b, ev, e) < 0 ? -1 : 1;
	case YAML_DOCUMENT_END_EVENT:
	case YAML_STREAM_END_EVENT:
		return 0;
	default:
		return 1;
	}
}

int yaml_parse(struct arena *a, struct str text, const struct yaml **ret, struct error *e)
{
	struct builder b = { .a = a };
	yaml_parser_t p;
	int more = 1;

	if (text.len > LIMIT_YAML_BYTES)
		return too_big(e);
	if (!yaml_parser_initialize(&p))
		return error_set(e, "yaml.memory", "内存不足。", "Out of memory.");
	yaml_parser_set_input_string(&p, (const unsigned char *)text.ptr, text.len);
	while (more > 0) {
		yaml_event_t ev;
		if (!yaml_parser_parse(&p, &ev)) {
			more = error_set(e, "yaml.syntax", "YAML 第 %zu 行有语法错误：%s。", "YAML syntax error in line %zu: %s.",
					 (size_t)p.problem_mark.line + 1, p.problem ? p.problem : "?");
			break;
		}
		more = step(&b, &ev, e);
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&p);
	map_free(b.anchors);
	if (more < 0)
		return -1;
	if (!b.root)
		return error_set(e, "yaml.empty", "YAML 文档是空的。", "The YAML document is empty.");
	*ret = b.root;
	return 0;
}

/* ---- reading the tree ---- */

const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	struct str k = str_c(key);
	for (size_t i = 0; i < map->len; i++)
		if (str_eq(map->pairs[i].key, k))
			return map->pairs[i].value;
	return NULL;
}

struct str yaml_text(const struct yaml *map, const char *key)
{
	const struct yaml *v = yaml_get(map, key);
	return v && v->kind == YAML_SCALAR ? v->text : STR_NULL;
}

bool yaml_bool(const struct yaml *map, const char *key, bool otherwise)
{
	struct str s = yaml_text(map, key);
	if (!s.ptr || str_empty(s))
		return otherwise;
	return str_ieq(s, STR("true")) || str_ieq(s, STR("yes")) || str_ieq(s, STR("on"));
}

int64_t yaml_int(const struct yaml *map, const char *key, int64_t otherwise)
{
	int64_t n = otherwise;
	str_to_i64(str_trim(yaml_text(map, key)), &n);
	return n;
}

size_t yaml_items(const struct yaml *v)
{
	if (!v)
		return 0;
	if (v->kind == YAML_LIST)
		return v->len;
	return v->kind == YAML_MAP || !str_empty(v->text) ? 1 : 0;
}

const struct yaml *yaml_item(const struct yaml *v, size_t i)
{
	return v->kind == YAML_LIST ? v->pairs[i].value : v;
}
