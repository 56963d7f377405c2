/* Shapes of JSON as const tables: one description checks requests, writes the
 * OpenAPI document and the reference, and feeds the console's client.
 *
 *     const struct api_field api_member_new[] = {
 *             API_STR("name", API_REQUIRED, 1, 64, "姓名", "Name"),
 *             API_ENUM("role", API_REQUIRED, "tenant_admin|operator", "角色", "Role"),
 *             API_END };
 *     const struct api_schema api_schema_member_new = { "MemberNew", api_member_new };
 */
#ifndef API_SCHEMA_H
#define API_SCHEMA_H
#include "base/error.h"
#include "base/json.h"
#include "base/str.h"

enum api_type {
	API_T_END,
	API_T_STR,    /* length min…max in code points; no control characters but \n \t \r */
	API_T_LINE,   /* the same on one line, trimmed */
	API_T_INT,    /* value min…max */
	API_T_NUM,    /* finite number, min…max */
	API_T_BOOL,
	API_T_TIME,   /* RFC 3339 */
	API_T_ID,     /* ULID */
	API_T_EMAIL,
	API_T_URL,    /* http or https, at most max bytes; meaning is checked by the use case */
	API_T_ENUM,   /* one of values "a|b|c" */
	API_T_OBJECT, /* of sub */
	API_T_ARRAY,  /* min…max items: of sub (objects) or of item */
	API_T_MAP,    /* any names (≤ 64, ≤ 64 characters), values of `item` */
	API_T_ANY,    /* any JSON ≤ max bytes: what only the use case understands */
};

enum {
	API_REQUIRED = 1,
	API_NULL = 2,	    /* null is allowed */
	API_WRITE_ONLY = 4, /* secrets: "***" or absent in answers */
	API_BODY_ONLY = API_WRITE_ONLY,
	API_RAW = 8, /* text to be judged: control characters are part of it */
};

struct api_schema;
struct api_field {
	const char *name;
	enum api_type type;
	unsigned flags;
	int64_t min, max;
	const char *values;
	enum api_type item;
	const struct api_schema *sub;
	const char *zh, *en;
};
struct api_schema {
	const char *name; /* in OpenAPI: "Site", "SiteNew" */
	const struct api_field *fields;
	bool open; /* unknown members are allowed (answers never are checked) */
};

#define API_STR(n, fl, lo, hi, z, e)                                           \
	{ .name = (n), .type = API_T_STR, .flags = (fl), .min = (lo), .max = (hi), .zh = (z), .en = (e) }
#define API_LINE(n, fl, lo, hi, z, e)                                          \
	{ .name = (n), .type = API_T_LINE, .flags = (fl), .min = (lo), .max = (hi), .zh = (z), .en = (e) }
#define API_INT(n, fl, lo, hi, z, e)                                           \
	{ .name = (n), .type = API_T_INT, .flags = (fl), .min = (lo), .max = (hi), .zh = (z), .en = (e) }
#define API_NUM(n, fl, lo, hi, z, e)                                           \
	{ .name = (n), .type = API_T_NUM, .flags = (fl), .min = (lo), .max = (hi), .zh = (z), .en = (e) }
#define API_BOOL(n, fl, z, e) { .name = (n), .type = API_T_BOOL, .flags = (fl), .zh = (z), .en = (e) }
#define API_TIME(n, fl, z, e) { .name = (n), .type = API_T_TIME, .flags = (fl), .zh = (z), .en = (e) }
#define API_ID(n, fl, z, e) { .name = (n), .type = API_T_ID, .flags = (fl), .zh = (z), .en = (e) }
#define API_EMAIL(n, fl, z, e)                                                 \
	{ .name = (n), .type = API_T_EMAIL, .flags = (fl), .min = 3, .max = 254, .zh = (z), .en = (e) }
#define API_URL(n, fl, hi, z, e)                                               \
	{ .name = (n), .type = API_T_URL, .flags = (fl), .min = 1, .max = (hi), .zh = (z), .en = (e) }
#define API_ENUM(n, fl, vals, z, e)                                            \
	{ .name = (n), .type = API_T_ENUM, .flags = (fl), .values = (vals), .zh = (z), .en = (e) }
#define API_OBJECT(n, fl, s, z, e)                                             \
	{ .name = (n), .type = API_T_OBJECT, .flags = (fl), .sub = (s), .zh = (z), .en = (e) }
/* lo…hi items, each an object of schema s */
#define API_LIST(n, fl, s, lo, hi, z, e)                                       \
	{ .name = (n), .type = API_T_ARRAY, .flags = (fl), .sub = (s), .item = API_T_OBJECT, .min = (lo), .max = (hi), .zh = (z), .en = (e) }
/* lo…hi items, each a simple value: API_T_LINE (≤ 2,048), API_T_ID, API_T_INT, … */
#define API_ARRAY(n, fl, it, lo, hi, z, e)                                     \
	{ .name = (n), .type = API_T_ARRAY, .flags = (fl), .item = (it), .min = (lo), .max = (hi), .zh = (z), .en = (e) }
/* lo…hi items, each one of vals */
#define API_ENUMS(n, fl, vals, lo, hi, z, e)                                   \
	{ .name = (n), .type = API_T_ARRAY, .flags = (fl), .item = API_T_ENUM, .values = (vals), .min = (lo), .max = (hi), .zh = (z), .en = (e) }
#define API_MAP(n, fl, it, z, e)                                               \
	{ .name = (n), .type = API_T_MAP, .flags = (fl), .item = (it), .zh = (z), .en = (e) }
#define API_ANY(n, fl, hi, z, e)                                               \
	{ .name = (n), .type = API_T_ANY, .flags = (fl), .max = (hi), .zh = (z), .en = (e) }
#define API_END { .name = NULL }

#define API_FAULTS_MAX 20
struct api_fault {
	char field[96]; /* "settings.headers[2].name" */
	char code[48];	/* "input.required", "input.type", "input.length", … */
	char zh[160], en[160];
};
struct api_faults {
	struct api_fault f[API_FAULTS_MAX];
	size_t n; /* further ones are not kept */
};

/* Checks a body against its schema (NULL: it must be an empty object or absent).
 * Trims API_T_LINE values in place. True when there is no fault. */
bool api_schema_check(const struct api_schema *s, json_t *body, struct api_faults *faults);
/* The same for one query parameter given as text. *ret: the value as JSON. */
bool api_schema_check_text(const struct api_field *f, struct str text, json_t **ret,
			   struct api_faults *faults);
/* JSON Schema (2020-12) of a schema; references to "#/components/schemas/NAME". */
json_t *api_schema_json(const struct api_schema *s);
json_t *api_field_json(const struct api_field *f);
#endif
