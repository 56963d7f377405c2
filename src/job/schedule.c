/* When a schedule runs next. Fixed wall times (daily, weekly, monthly, cron with
 * named hours) are looked for day by day on the local calendar; a cron whose hour
 * begins with '*' is looked for in stretches of constant offset, so that "every
 * hour" stays every hour when clocks change. */
#include "job/schedule.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "job/schedule_private.h"

#define DAY 86400
#define HORIZON_DAYS (9 * 366)
#define DEFAULT_ZONE "Asia/Shanghai"

/* ---- parsing ---- */

static int bad(const char *field, struct error *e)
{
	return error_field(e, field, "schedule.bad-value", "计划的 %s 无效", "bad %s in the schedule",
			   field);
}

static int parse_kind(struct str s, enum job_schedule_kind *ret)
{
	static const struct str names[] = { STR_INIT("daily"), STR_INIT("weekly"),
					    STR_INIT("monthly"), STR_INIT("cron") };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(s, names[i])) {
			*ret = (enum job_schedule_kind)i;
			return 0;
		}
	return -1;
}

static int parse_int(const json_t *v, const char *key, int min, int max, int fallback, int *ret,
		     struct error *e)
{
	const json_t *n = json_object_get(v, key);

	*ret = fallback;
	if (!n || json_is_null(n))
		return 0;
	if (!json_is_integer(n) || json_integer_value(n) < min || json_integer_value(n) > max)
		return bad(key, e);
	*ret = (int)json_integer_value(n);
	return 0;
}

static int parse_cron(const json_t *v, struct job_schedule *s, struct error *e)
{
	struct str text = json_get_str(v, "cron");

	if (text.len >= sizeof(s->cron_text))
		return bad("cron", e);
	snprintf(s->cron_text, sizeof(s->cron_text), "%.*s", STR_ARG(text));
	return s->kind == JOB_CRON ? job_cron_parse(text, &s->cron, e) : 0;
}

static int parse_zone(const json_t *v, struct job_schedule *s, struct error *e)
{
	_cleanup_tz_ struct tz *z = NULL;
	struct str name = json_get_str(v, "timezone");

	if (str_empty(name))
		name = STR(DEFAULT_ZONE);
	if (tz_load(name, &z, e) < 0)
		return -1;
	snprintf(s->timezone, sizeof(s->timezone), "%.*s", STR_ARG(name));
	return 0;
}

/* "windows" and its short form "window", both in the schedule's zone. */
static int parse_windows(const json_t *v, struct job_schedule *s, struct error *e)
{
	const json_t *many = json_object_get(v, "windows"), *one = json_object_get(v, "window");
	_cleanup_json_ json_t *all = json_array();

	if (many && !json_is_null(many) && !json_is_array(many))
		return bad("windows", e);
	if (json_is_array(many))
		json_array_extend(all, (json_t *)(uintptr_t)many);
	if (one && !json_is_null(one))
		json_array_append(all, (json_t *)(uintptr_t)one);
	if (job_windows_parse(all, &s->windows, e) < 0)
		return -1;
	snprintf(s->windows.timezone, sizeof(s->windows.timezone), "%s", s->timezone);
	return 0;
}

int job_schedule_parse(const json_t *v, struct job_schedule *ret, struct error *e)
{
	struct job_schedule s = { 0 };
	struct str time = json_get_str(v, "time"), missed = json_get_str(v, "missed");

	if (!json_is_object(v) || parse_kind(json_get_str(v, "kind"), &s.kind) < 0)
		return bad("kind", e);
	if (!str_empty(time) && job_parse_time(time, false, &s.minute) < 0)
		return bad("time", e);
	if (!str_empty(missed) && !str_eq(missed, STR("run")) && !str_eq(missed, STR("skip")))
		return bad("missed", e);
	s.skip_missed = str_eq(missed, STR("skip"));
	if (parse_int(v, "weekday", 0, 7, 0, &s.weekday, e) < 0 ||
	    parse_int(v, "day", 1, 31, 1, &s.day, e) < 0 ||
	    parse_int(v, "jitter_minutes", 0, 720, 0, &s.jitter_minutes, e) < 0 ||
	    parse_zone(v, &s, e) < 0 || parse_cron(v, &s, e) < 0 || parse_windows(v, &s, e) < 0)
		return -1;
	s.weekday %= 7;
	*ret = s;
	return 0;
}

int job_schedule_parse_text(struct str json, struct job_schedule *ret, struct error *e)
{
	_cleanup_json_ json_t *v = json_parse(json, e);

	return v ? job_schedule_parse(v, ret, e) : -1;
}

static json_t *time_json(int minute)
{
	char text[16];

	snprintf(text, sizeof(text), "%02d:%02d", minute / 60, minute % 60);
	return json_c(text);
}

static json_t *windows_json(const struct job_windows *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n; i++) {
		json_t *o = json_object(), *days = json_array();

		for (int d = 0; d < 7; d++)
			if (w->w[i].days >> d & 1)
				json_array_append_new(days, json_integer(d));
		json_put(o, "days", days);
		json_put(o, "from", time_json(w->w[i].from));
		json_put(o, "to", time_json(w->w[i].to));
		json_array_append_new(list, o);
	}
	return list;
}

json_t *job_schedule_json(const struct job_schedule *s)
{
	static const char *const kinds[] = { "daily", "weekly", "monthly", "cron" };
	json_t *o = json_object(), *window = json_null();

	json_put(o, "kind", json_c(kinds[s->kind]));
	json_put(o, "time", time_json(s->minute));
	json_put(o, "weekday", json_integer(s->weekday));
	json_put(o, "day", json_integer(s->day));
	json_put(o, "cron", json_c(s->cron_text));
	json_put(o, "timezone", json_c(s->timezone));
	if (s->windows.n == 1 && s->windows.w[0].days == 0x7f) {
		/* One window on every day goes by its short name, and only by it. */
		window = json_object();
		json_put(window, "from", time_json(s->windows.w[0].from));
		json_put(window, "to", time_json(s->windows.w[0].to));
		json_put(o, "windows", json_array());
	} else {
		json_put(o, "windows", windows_json(&s->windows));
	}
	json_put(o, "window", window);
	json_put(o, "jitter_minutes", json_integer(s->jitter_minutes));
	json_put(o, "missed", json_c(s->skip_missed ? "skip" : "run"));
	return o;
}

void job_windows_write(const struct job_windows *w, struct buf *out)
{
	_cleanup_json_ json_t *o = json_object();

	if (!w->n)
		return;
	json_put(o, "timezone", json_c(w->timezone));
	json_put(o, "windows", windows_json(w));
	json_write(out, o);
}

/* ---- the next run ---- */

static bool day_matches(const struct job_schedule *s, const struct tz_date *d)
{
	int last = tz_days_in_month(d->year, d->month);

	switch (s->kind) {
	case JOB_DAILY:
		return true;
	case JOB_WEEKLY:
		return d->weekday == s->weekday;
	case JOB_MONTHLY:
		return d->day == (s->day < last ? s->day : last);
	case JOB_CRON:
		break;
	}
	return job_cron_day(&s->cron, d);
}

/* First minute >= from of a matching day, or -1. */
static int minute_from(const struct job_schedule *s, int from)
{
	if (s->kind != JOB_CRON)
		return s->minute >= from ? s->minute : -1;
	for (int m = from; m < MINUTES_A_DAY; m++) {
		if (!(s->cron.hours >> (m / 60) & 1))
			m += 59 - m % 60;
		else if (s->cron.minutes >> (m % 60) & 1)
			return m;
	}
	return -1;
}

/* First matching local minute >= from (seconds), on a clock that never changes. */
static int64_t next_local(const struct job_schedule *s, int64_t from)
{
	int64_t day = tz_floor(from + 59, DAY), limit = day + HORIZON_DAYS;
	int minute = (int)((from + 59 - day * DAY) / 60);

	for (; day <= limit; day++, minute = 0) {
		struct tz_date d = tz_date_of_days(day);
		int m = day_matches(s, &d) ? minute_from(s, minute) : -1;

		if (m >= 0)
			return day * DAY + m * 60;
	}
	return INT64_MAX;
}

/* Every hour stays every hour: each stretch of constant offset by itself. */
static int64_t next_real(const struct job_schedule *s, const struct tz *z, int64_t after)
{
	int64_t from = after + 1, end = after + (int64_t)HORIZON_DAYS * DAY;

	while (from < end) {
		int64_t change = tz_next_change(z, from);
		int32_t offset = tz_offset(z, from);
		int64_t local = next_local(s, from + offset);

		if (local != INT64_MAX && local - offset < change)
			return local - offset;
		from = change;
	}
	return INT64_MAX;
}

/* Fixed wall times: each once, also where clocks change. */
static int64_t next_fixed(const struct job_schedule *s, const struct tz *z, int64_t after)
{
	/* The day before: around a change wall times run back against moments. */
	int64_t local = next_local(s, tz_to_local(z, after) - DAY);

	for (; local != INT64_MAX; local = next_local(s, local + 60)) {
		int64_t utc = tz_to_utc(z, local);

		if (utc > after)
			return utc;
	}
	return INT64_MAX;
}

static int64_t next_base(const struct job_schedule *s, const struct tz *z, int64_t after)
{
	if (s->kind == JOB_CRON && s->cron.every_hour)
		return next_real(s, z, after);
	return next_fixed(s, z, after);
}

/* The same for the same id: a number of milliseconds below the jitter. */
static int64_t jitter_of(const struct job_schedule *s, struct str id)
{
	int64_t span = (int64_t)s->jitter_minutes * 60000;
	uint64_t h = str_hash(id);

	if (!span)
		return 0;
	h ^= h >> 31; /* FNV's low bits alone are weak */
	h *= 0x9e3779b97f4a7c15u;
	return (int64_t)((h >> 16) % (uint64_t)span);
}

int job_schedule_next(const struct job_schedule *s, struct str id, int64_t after_ms,
		      int64_t *ret_ms, struct error *e)
{
	_cleanup_tz_ struct tz *z = NULL;
	int64_t jitter = jitter_of(s, id), base;

	if (tz_load(str_c(s->timezone), &z, e) < 0)
		return -1;
	/* Several runs may be put off to the same opening of a window. */
	base = tz_floor(after_ms - jitter, 1000);
	for (int i = 0; i < 20000; i++) {
		int64_t run;

		base = next_base(s, z, base);
		if (base == INT64_MAX)
			break;
		run = job_windows_next_open(&s->windows, base * 1000 + jitter);
		if (run == INT64_MAX)
			break;
		if (run > after_ms) {
			*ret_ms = run;
			return 0;
		}
	}
	return error_field(e, "schedule", "schedule.never", "按此计划永远不会运行",
			   "this schedule never runs");
}
