/* Nodes of an XPath expression, shared by its parser and its evaluator. */
#ifndef SCAN_TEMPLATE_XPATH_PRIVATE_H
#define SCAN_TEMPLATE_XPATH_PRIVATE_H
#include "scan/template/extract.h"

enum xpath_axis {
	AXIS_CHILD,
	AXIS_DESCENDANT,
	AXIS_DESCENDANT_SELF,
	AXIS_SELF,
	AXIS_PARENT,
	AXIS_ANCESTOR,
	AXIS_ANCESTOR_SELF,
	AXIS_FOLLOWING_SIBLING,
	AXIS_PRECEDING_SIBLING,
	AXIS_ATTRIBUTE,
};
enum xpath_test { TEST_NAME, TEST_ANY, TEST_TEXT, TEST_NODE, TEST_COMMENT };

struct xpath_node;
struct xpath_step {
	enum xpath_axis axis;
	enum xpath_test test;
	struct str name;
	struct xpath_node **predicates;
	size_t npredicates;
};
enum xpath_kind { XPATH_PATH, XPATH_TEXT, XPATH_NUMBER, XPATH_CALL, XPATH_BINARY, XPATH_NEG };
enum xpath_op {
	XOP_OR,
	XOP_AND,
	XOP_EQ,
	XOP_NE,
	XOP_LT,
	XOP_LE,
	XOP_GT,
	XOP_GE,
	XOP_ADD,
	XOP_SUB,
	XOP_MUL,
	XOP_DIV,
	XOP_MOD,
	XOP_UNION,
};
struct xpath_node {
	enum xpath_kind kind;
	enum xpath_op op;
	unsigned height;
	bool absolute;	/* PATH from the root */
	double number;
	struct str text; /* TEXT; name of CALL */
	struct xpath_node *a, *b; /* BINARY, NEG; PATH: what it starts from (NULL: context) */
	struct xpath_node **list; /* CALL */
	size_t len;
	struct xpath_step *steps;
	size_t nsteps;
};
struct xpath {
	const struct xpath_node *root;
};
#define XPATH_DEPTH 48
#define XPATH_SOURCE (16 * 1024)
#endif
