/* Structured log events: one line of JSON or of human text on stderr. Programs
 * log; libraries return errors. Never pass a secret or a body.
 *
 *     log_event(LOG_INFO, "api", "request.done",
 *               LOG_STR("path", path), LOG_INT("status", 200), LOG_END);
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "base/error.h"
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

struct log_field {
	const char *key; /* NULL ends the list */
	enum { LOG_FIELD_STR, LOG_FIELD_INT, LOG_FIELD_NUM } type;
	struct str s;
	int64_t i;
	double d;
};

#define LOG_STR(k, v) ((struct log_field){ .key = (k), .type = LOG_FIELD_STR, .s = (v) })
#define LOG_C(k, v) LOG_STR(k, str_c(v))
#define LOG_INT(k, v) ((struct log_field){ .key = (k), .type = LOG_FIELD_INT, .i = (int64_t)(v) })
#define LOG_NUM(k, v) ((struct log_field){ .key = (k), .type = LOG_FIELD_NUM, .d = (v) })
#define LOG_ERR(e) LOG_C("error", (e)->code), LOG_C("detail", (e)->en)
#define LOG_END ((struct log_field){ .key = NULL })

/* Set once by main() before any thread. Default: LOG_INFO, LOG_TEXT. */
void log_setup(enum log_level least, enum log_format format);
void log_event_(enum log_level level, const char *component, const char *event,
		const struct log_field *fields);
#define log_event(level, component, event, ...)                                \
	log_event_(level, component, event, (const struct log_field[]){ __VA_ARGS__ })
#endif
