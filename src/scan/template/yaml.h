/* YAML documents as a tree, on libyaml. Bounded: size, depth, nodes; aliases are expanded by
 * reference within the bound; the first document counts. */
#ifndef SCAN_TEMPLATE_YAML_H
#define SCAN_TEMPLATE_YAML_H
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml {
	enum yaml_kind kind;
	bool plain; /* a scalar without quotes */
	unsigned line; /* from 1 */
	struct str text; /* of a scalar */
	size_t len;
	struct yaml_pair {
		struct str key; /* of a map */
		const struct yaml *value;
	} *pairs; /* in order; lists leave key empty */
};

/* "yaml.syntax", "yaml.too-deep", "yaml.too-big". */
int yaml_parse(struct arena *a, struct str text, const struct yaml **ret, struct error *e);

/* NULL when absent; v may be NULL. */
const struct yaml *yaml_get(const struct yaml *map, const char *key);
/* Scalar's text; empty with ptr NULL when absent or no scalar. */
struct str yaml_text(const struct yaml *map, const char *key);
/* "true", "yes", "on" in any case; `otherwise` when absent. */
bool yaml_bool(const struct yaml *map, const char *key, bool otherwise);
int64_t yaml_int(const struct yaml *map, const char *key, int64_t otherwise);
/* Items of a list; a scalar counts as a list of one; absent or empty scalar: none. */
size_t yaml_items(const struct yaml *v);
const struct yaml *yaml_item(const struct yaml *v, size_t i);
#endif
