/* Asserts that stay on in release builds (after varnish's vas.h and miniobj.h).
 * A long-lived struct starts with `unsigned magic`; CHECK_OBJ() refuses a
 * pointer of another kind, CAST_OBJ() does so when coming from void *. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

__attribute__((noreturn, cold)) void check_failed(const char *expr, const char *file,
						  int line, const char *func);

#define check(e)                                                               \
	do {                                                                   \
		if (__builtin_expect(!(e), 0))                                 \
			check_failed(#e, __FILE__, __LINE__, __func__);        \
	} while (0)

#define CHECK_OBJ(p, m)                                                        \
	do {                                                                   \
		check((p) != NULL);                                            \
		check((p)->magic == (m));                                      \
	} while (0)

#define CAST_OBJ(to, from, m)                                                  \
	do {                                                                   \
		(to) = (from);                                                 \
		CHECK_OBJ(to, m);                                              \
	} while (0)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif
