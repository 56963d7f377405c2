/* Nodes of a jq program, shared by its parser and its evaluator. */
#ifndef SCAN_TEMPLATE_JQ_PRIVATE_H
#define SCAN_TEMPLATE_JQ_PRIVATE_H
#include "base/json.h"
#include "scan/template/extract.h"

enum jq_kind {
	JQ_IDENTITY,
	JQ_RECURSE,  /* .. */
	JQ_INDEX,    /* a[b] and a.name */
	JQ_SLICE,    /* a[b:c] */
	JQ_ITERATE,  /* a[] */
	JQ_PIPE,
	JQ_COMMA,
	JQ_TEXT,
	JQ_NUMBER,
	JQ_BINARY,   /* op */
	JQ_AND,
	JQ_OR,
	JQ_ELSE,     /* a // b */
	JQ_NEG,
	JQ_CALL,     /* name, list */
	JQ_ARRAY,    /* [a] */
	JQ_OBJECT,   /* list: key, value, … */
	JQ_FORMAT,   /* @base64 */
	JQ_IF,       /* a then b else c */
	JQ_TRY,      /* a? */
};
enum jq_op { JQ_EQ, JQ_NE, JQ_LT, JQ_LE, JQ_GT, JQ_GE, JQ_ADD, JQ_SUB, JQ_MUL, JQ_DIV, JQ_MOD };

struct jq_node {
	enum jq_kind kind;
	enum jq_op op;
	unsigned height;
	double number;
	struct str text;
	struct jq_node *a, *b, *c;
	struct jq_node **list;
	size_t len;
};
struct jq {
	const struct jq_node *root;
};
#define JQ_DEPTH 64
#define JQ_SOURCE (16 * 1024)
#endif
