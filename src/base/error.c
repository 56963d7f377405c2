/* Errors as values: code, two sentences, field. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>

/* The formats come from our own sources; -Wformat-nonliteral cannot see that. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void fill(struct error *e, const char *field, const char *code, const char *zh,
		 const char *en, va_list ap)
{
	va_list twice;

	va_copy(twice, ap);
	vsnprintf(e->zh, sizeof(e->zh), zh, ap);
	vsnprintf(e->en, sizeof(e->en), en, twice);
	va_end(twice);
	snprintf(e->code, sizeof(e->code), "%s", code);
	snprintf(e->field, sizeof(e->field), "%s", field);
}

int error_set(struct error *e, const char *code, const char *zh, const char *en, ...)
{
	va_list ap;

	if (e) {
		va_start(ap, en);
		fill(e, "", code, zh, en, ap);
		va_end(ap);
	}
	return -1;
}

int error_field(struct error *e, const char *field, const char *code, const char *zh,
		const char *en, ...)
{
	va_list ap;

	if (e) {
		va_start(ap, en);
		fill(e, field, code, zh, en, ap);
		va_end(ap);
	}
	return -1;
}

int error_os(struct error *e, int errnum, const char *what)
{
	const char *name = strerrorname_np(errnum);
	char code[48];

	snprintf(code, sizeof(code), "os.%s", name ? name : "unknown");
	for (char *p = code; *p; p++)
		*p = ascii_lower(*p);
	return error_set(e, code, "%s：系统错误（%s）", "%s: system error (%s)", what,
			 strerrordesc_np(errnum) ? strerrordesc_np(errnum) : "?");
}

void error_clear(struct error *e)
{
	if (e)
		*e = (struct error){ 0 };
}
