/* Heap allocation that cannot fail. */
#include "base/mem.h"

#include <unistd.h>

static _Noreturn void out_of_memory(void)
{
	static const char msg[] = "out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, msg, sizeof(msg) - 1);

	(void)ignored;
	_exit(MEM_EXIT_CODE);
}

void *mem_alloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *mem_array(size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		out_of_memory();
	return mem_alloc(total);
}

void *mem_resize(void *old, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		out_of_memory();
	void *p = realloc(old, total ? total : 1);

	if (!p)
		out_of_memory();
	return p;
}
