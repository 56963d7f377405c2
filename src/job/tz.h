/* Time zones from the system's tzdata (TZif, RFC 8536), read by ourselves: the
 * process's own TZ is never touched, so every tenant may have another zone. Times
 * are seconds since 1970 UTC; local times are counted the same way, as if the wall
 * clock were UTC. */
#ifndef JOB_TZ_H
#define JOB_TZ_H
#include "base/error.h"
#include "base/cleanup.h"
#include "base/str.h"

struct tz;

/* name: "Asia/Shanghai"; "UTC" works without tzdata. "schedule.bad-timezone". */
int tz_load(struct str name, struct tz **ret, struct error *e);
void tz_free(struct tz *z);
DEFINE_CLEANUP(struct tz *, tz_free);
#define _cleanup_tz_ _cleanup_(tz_freep)

/* Seconds east of UTC at that moment. */
int32_t tz_offset(const struct tz *z, int64_t utc);
/* First change of offset after that moment, INT64_MAX when there is none. */
int64_t tz_next_change(const struct tz *z, int64_t utc);
static inline int64_t tz_to_local(const struct tz *z, int64_t utc)
{
	return utc + tz_offset(z, utc);
}
/* A wall time that exists twice gives the first moment; one that does not exist
 * (clocks put forward over it) the first moment after the gap. */
int64_t tz_to_utc(const struct tz *z, int64_t local);

/* Proleptic Gregorian calendar of a local time. weekday 0 = Sunday. */
struct tz_date {
	int64_t year;
	int month, day, weekday;
};
struct tz_date tz_date_of_days(int64_t days);
int tz_days_in_month(int64_t year, int month);
/* Division that rounds down, for times before 1970. */
static inline int64_t tz_floor(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}
#endif
