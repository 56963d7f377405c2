/* Time through a door that tests can replace. Wall times are milliseconds since
 * 1970-01-01T00:00:00Z (int64_t), monotonic times are milliseconds or
 * microseconds since some fixed moment. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include <stdint.h>

#include "base/str.h"

struct clock {
	int64_t (*wall_ms)(const struct clock *c);
	int64_t (*mono_us)(const struct clock *c);
	void (*sleep_ms)(const struct clock *c, int64_t ms);
};

extern const struct clock clock_system;

/* A clock that stands still until told: for tests. sleep_ms() moves it. */
struct clock_fake {
	struct clock base;
	int64_t now_ms;
};
void clock_fake_init(struct clock_fake *f, int64_t now_ms);

static inline int64_t clock_wall_ms(const struct clock *c)
{
	return c->wall_ms(c);
}
static inline int64_t clock_mono_us(const struct clock *c)
{
	return c->mono_us(c);
}
static inline int64_t clock_mono_ms(const struct clock *c)
{
	return c->mono_us(c) / 1000;
}

/* RFC 3339 in UTC with milliseconds: "2026-11-22T07:00:00.000Z" (24 + NUL). */
#define CLOCK_RFC3339_SIZE 72
void clock_format_rfc3339(int64_t wall_ms, char out[CLOCK_RFC3339_SIZE]);
/* Accepts a zone offset or Z, with or without fraction. 0 or -1. */
int clock_parse_rfc3339(struct str s, int64_t *ret_wall_ms);
/* Proleptic Gregorian; month 1..12, day 1..31. Days since 1970-01-01. */
int64_t clock_days_from_civil(int64_t year, int month, int day);
#endif
