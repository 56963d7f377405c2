/* When things happen: daily, weekly, monthly and cron schedules in an IANA time
 * zone, allowed windows, jitter, missed-run rule. The JSON form, as in the API:
 *
 *   {"kind":"daily"|"weekly"|"monthly"|"cron", "time":"00:00", "weekday":0…6 (0 =
 *    Sunday), "day":1…31 (a month without it runs on its last day), "cron":"0 3 * * 1-5",
 *    "timezone":"Asia/Shanghai", "window":null|{"from":"22:00","to":"06:00"},
 *    "windows":[{"days":[1,2,3,4,5],"from":"22:00","to":"06:00"}], "jitter_minutes":0…720,
 *    "missed":"run"|"skip"}
 *
 * Daylight saving: a wall time that does not exist runs at the first moment after
 * the gap; one that exists twice runs at the first. cron with '*' or steps in the
 * hour follows real time (every hour stays every hour). */
#ifndef JOB_SCHEDULE_H
#define JOB_SCHEDULE_H
#include <jansson.h>

#include "base/error.h"
#include "base/str.h"
#include "job/job.h"
#include "store/schedule_row.h" /* struct job_schedule_row */
#include "store/store.h"

/* ---- windows: when work is allowed ---- */

#define JOB_WINDOWS_MAX 16
struct job_window {
	uint8_t days; /* bit 0 = Sunday; the day the window opens */
	int16_t from, to; /* minutes of the day; to <= from ends on the next day */
};
struct job_windows {
	struct job_window w[JOB_WINDOWS_MAX];
	size_t n; /* 0: always */
	char timezone[64];
};

/* {"timezone":"…","windows":[{"days":[…],"from","to"}]}; also a bare array. "days"
 * absent or empty: every day. */
int job_windows_parse(const json_t *v, struct job_windows *ret, struct error *e);
int job_windows_parse_text(struct str json, struct job_windows *ret, struct error *e);
bool job_windows_open(const struct job_windows *w, int64_t at_ms);
/* First moment >= at when it is open (at itself when it is); INT64_MAX never. */
int64_t job_windows_next_open(const struct job_windows *w, int64_t at_ms);
/* Appends the object form; nothing when there are no windows. */
void job_windows_write(const struct job_windows *w, struct buf *out);
/* When the stretch of being open that holds `at`, or else the next one, ends;
 * INT64_MAX when it never does. */
int64_t job_windows_next_close(const struct job_windows *w, int64_t at_ms);

/* ---- schedules ---- */

enum job_schedule_kind { JOB_DAILY, JOB_WEEKLY, JOB_MONTHLY, JOB_CRON };
struct job_cron {
	uint64_t minutes;
	uint32_t hours, days;
	uint16_t months;
	uint8_t weekdays; /* bit 0 = Sunday */
	bool any_day, any_weekday; /* began with '*'; else a day matching either runs (POSIX) */
	bool every_hour; /* '*' or a step of it: follows real time over DST */
};
struct job_schedule {
	enum job_schedule_kind kind;
	int minute; /* of the day */
	int weekday, day;
	struct job_cron cron;
	char cron_text[128];
	char timezone[64];
	struct job_windows windows; /* n == 0: none */
	int jitter_minutes;
	bool skip_missed;
};

int job_schedule_parse(const json_t *v, struct job_schedule *ret, struct error *e);
int job_schedule_parse_text(struct str json, struct job_schedule *ret, struct error *e);
/* The JSON form again, with every default written out. */
json_t *job_schedule_json(const struct job_schedule *s);
/* First run after `after_ms`, put off by id's own share of the jitter (the same for
 * the same id, so runs neither bunch nor wander) and from there to the next opening
 * of a window. -1 and "schedule.never" when there is none within nine years (30
 * February; nine because of 29 February around 2100). */
int job_schedule_next(const struct job_schedule *s, struct str id, int64_t after_ms,
		      int64_t *ret_ms, struct error *e);
/* "每周日 00:00", "Every Sunday 00:00"; with zone and windows when not the default. */
void job_schedule_text(const struct job_schedule *s, bool english, struct buf *out);

/* ---- rows: a schedule makes jobs ---- */

/* Adds or replaces by (tenant, id); next_run is computed here ("schedule.…" errors
 * for a bad spec), last_run, last_job and missed are kept. Jobs get dedupe_key
 * "schedule:ID", so a run that is still going is not joined by a second, and the
 * windows of the spec. */
int job_schedule_put(struct store_conn *c, const struct job_schedule_row *r, int64_t now,
		     struct error *e);
int job_schedule_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		     struct job_schedule_row *ret, struct error *e);
int job_schedule_set_active(struct store_conn *c, struct str tenant, struct str id, bool active,
			    int64_t now, struct error *e);
int job_schedule_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e);
/* Enqueues a run now, leaving the next one as it is. */
int job_schedule_run_now(struct store_conn *c, struct str tenant, struct str id, int64_t now,
			 struct id *ret_job, struct error *e);
/* Turns due schedules into jobs, each exactly once however many call it. Returns
 * how many, or negative. Workers with .scheduler call it about twice a second. */
int job_schedule_tick(struct store_conn *c, int64_t now, struct error *e);
#endif
