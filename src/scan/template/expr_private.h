/* What the files of the expression language share: nodes, the table of functions and helpers
 * for them. Nobody outside this folder includes it. */
#ifndef SCAN_TEMPLATE_EXPR_PRIVATE_H
#define SCAN_TEMPLATE_EXPR_PRIVATE_H
#include "base/limits.h"
#include "base/vec.h"
#include "scan/template/expr.h"

enum node_kind {
	NODE_STR,
	NODE_NUM,
	NODE_BOOL,
	NODE_NULL,
	NODE_TEXT,   /* a string literal with {{placeholders}} of its own */
	NODE_VAR,
	NODE_NOT,
	NODE_NEG,
	NODE_BIN,    /* op; list of two, or more of && || + */
	NODE_COND,   /* list[0] ? list[1] : list[2] */
	NODE_CALL,   /* fn; list */
	NODE_FOREIGN,/* name; list */
	NODE_LIST,
	NODE_MAP,    /* list: key, value, key, value … */
	NODE_INDEX,  /* a[b] */
	NODE_MEMBER, /* a.name */
};
enum node_op {
	OP_OR,
	OP_AND,
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_IN,
	OP_MATCH,    /* =~ */
	OP_NOMATCH,  /* !~ */
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_POW,
	OP_BITAND,
	OP_BITOR,
	OP_BITXOR,
	OP_SHL,
	OP_SHR,
};
struct function;
struct node {
	uint8_t kind, op;
	bool boolean;
	uint8_t height; /* of the tree below: bounds the evaluator's recursion */
	uint32_t n;	/* of list */
	union {
		struct str str; /* STR, VAR */
		struct {
			double num;
			int64_t integer;
		};
		struct {
			struct node *a, *b;
		};
		struct {
			struct node **list;
			const void *what; /* CALL: struct function; FOREIGN, MEMBER: struct str */
		};
		struct expr_text *text;
	};
};
struct expr {
	struct str src;
	struct node *root;
	enum expr_syntax syntax;
};

typedef int expr_run(struct expr_env *env, const struct value *args, size_t n,
		     struct value *ret);
enum { FN_DSL = 1, FN_CEL = 2, FN_BOTH = 3 };
struct function {
	const char *name;  /* full name */
	const char *alias; /* other names, parted by blanks; names without "_" need none */
	uint8_t syntaxes, min, max;
	expr_run *run;
	const char *unsupported;
};
#define FN_MANY 255
extern const struct function expr_functions[]; /* name NULL ends it */
const struct function *expr_find(struct str name, enum expr_syntax syntax);

/* Compiles a string literal of a DSL expression that has markers of its own. */
int expr_text_inner(struct arena *a, struct str src, unsigned depth, struct expr_text **ret,
		    struct error *e);
int expr_compile_at(struct arena *a, struct str src, enum expr_syntax syntax, unsigned depth,
		    struct expr **ret, struct error *e);
void expr_text_collect(const struct expr_text *t, void (*each)(void *arg, const struct node *n),
		       void *arg);
void expr_walk(const struct node *n, void (*each)(void *arg, const struct node *n), void *arg);
/* Does it mention a variable or a function of ours at all? */
bool expr_mentions(const struct expr *x);

/* ---- for functions ---- */
int expr_fail(struct expr_env *env, const char *problem);
/* Bytes in the arena, or NULL (and a problem) when a limit would be passed. */
char *expr_room(struct expr_env *env, size_t n);
int expr_ret_str(struct expr_env *env, struct str bytes, struct value *ret); /* copies */
int expr_ret_buf(struct expr_env *env, struct buf *b, struct value *ret); /* copies, frees */
static inline struct str arg_str(struct expr_env *env, const struct value *v)
{
	return value_text(env->arena, v);
}
/* Numbers, and strings that are numbers. */
int arg_num(struct expr_env *env, const struct value *v, double *ret);
int arg_int(struct expr_env *env, const struct value *v, int64_t lo, int64_t hi, int64_t *ret);
struct value value_of_int(int64_t n);
bool value_equal(const struct value *a, const struct value *b);
uint64_t expr_random(struct expr_env *env, uint64_t below);
int64_t expr_now_ms(struct expr_env *env);
static inline int ret_bool(struct value *ret, bool b)
{
	*ret = value_of_bool(b);
	return 0;
}
static inline int ret_num(struct value *ret, double n)
{
	*ret = value_of_num(n);
	return 0;
}
#define EXPR_BUF { .max = LIMIT_EXPR_VALUE }
#define EXPR_FN(name) \
	int name(struct expr_env *env, const struct value *args, size_t n, struct value *ret)
#include "scan/template/functions.h"
#endif
