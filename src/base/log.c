/* Log lines are built in one buffer and written by one write(2), so that lines
 * of several threads and processes do not mix. The two settings are the only
 * process-wide state: written once before threads start. */
#include "base/log.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/limits.h"

static enum log_level least_level = LOG_INFO;
static enum log_format line_format = LOG_TEXT;

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void log_setup(enum log_level least, enum log_format format)
{
	least_level = least;
	line_format = format;
}

static void add_value(struct buf *b, const struct log_field *f)
{
	if (f->type == LOG_FIELD_INT) {
		buf_printf(b, "%lld", (long long)f->i);
	} else if (f->type == LOG_FIELD_NUM) {
		buf_printf(b, "%.3f", f->d);
	} else {
		buf_char(b, '"');
		encode_json(b, str_sub(f->s, 0, LIMIT_LOG_FIELD));
		buf_char(b, '"');
	}
}

void log_event_(enum log_level level, const char *component, const char *event,
		const struct log_field *fields)
{
	if (level < least_level)
		return;
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_LOG_LINE);
	char when[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(clock_wall_ms(&clock_system), when);
	bool json = line_format == LOG_JSON;

	buf_printf(&b, json ? "{\"time\":\"%s\",\"level\":\"%s\",\"component\":\"%s\",\"event\":\"%s\"" :
			      "%s %-5s %s %s",
		   when, level_names[level], component, event);
	for (const struct log_field *f = fields; f->key; f++) {
		buf_printf(&b, json ? ",\"%s\":" : " %s=", f->key);
		add_value(&b, f);
	}
	if (json)
		buf_char(&b, '}');
	buf_char(&b, '\n');
	ssize_t ignored = write(STDERR_FILENO, b.ptr, b.len);

	(void)ignored;
}
