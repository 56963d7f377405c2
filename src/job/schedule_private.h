/* Inside the room: pieces of schedules. */
#ifndef JOB_SCHEDULE_PRIVATE_H
#define JOB_SCHEDULE_PRIVATE_H
#include "job/schedule.h"
#include "job/tz.h"

#define MINUTES_A_DAY 1440

/* Five fields or @daily and the like. */
int job_cron_parse(struct str text, struct job_cron *ret, struct error *e);
bool job_cron_day(const struct job_cron *c, const struct tz_date *d);
/* "HH:MM" to minutes of the day; "24:00" only where allowed. 0 or -1. */
int job_parse_time(struct str s, bool midnight_end, int *ret);

#endif
