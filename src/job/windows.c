/* Allowed time windows. A window opens on its days at `from` and closes at `to`, on
 * the next day when that is not later; both are wall times, so a night with a clock
 * change is an hour shorter or longer. */
#include "base/check.h"
#include "base/json.h"
#include "job/schedule_private.h"

#define DAY 86400
#define ALL_DAYS 0x7f

int job_parse_time(struct str s, bool midnight_end, int *ret)
{
	if (s.len != 5 || s.ptr[2] != ':' || !ascii_digit(s.ptr[0]) || !ascii_digit(s.ptr[1]) ||
	    !ascii_digit(s.ptr[3]) || !ascii_digit(s.ptr[4]))
		return -1;
	int h = (s.ptr[0] - '0') * 10 + (s.ptr[1] - '0'), m = (s.ptr[3] - '0') * 10 + (s.ptr[4] - '0');

	if (midnight_end && h == 24 && m == 0) {
		*ret = 0;
		return 0;
	}
	if (h > 23 || m > 59)
		return -1;
	*ret = h * 60 + m;
	return 0;
}

static int bad(struct error *e)
{
	return error_field(e, "windows", "schedule.bad-window",
			   "时间窗须写作 {\"days\":[0…6],\"from\":\"22:00\",\"to\":\"06:00\"}，最多 %d 个",
			   "a window is {\"days\":[0…6],\"from\":\"22:00\",\"to\":\"06:00\"}, at most %d",
			   JOB_WINDOWS_MAX);
}

static int parse_one(const json_t *v, struct job_window *ret, struct error *e)
{
	const json_t *days = json_object_get(v, "days"), *d;
	struct job_window w = { 0 };
	int from, to;
	size_t i;

	if (!json_is_object(v) || job_parse_time(json_get_str(v, "from"), false, &from) < 0 ||
	    job_parse_time(json_get_str(v, "to"), true, &to) < 0)
		return bad(e);
	if (days && !json_is_null(days) && !json_is_array(days))
		return bad(e);
	json_array_foreach(days, i, d)
	{
		if (!json_is_integer(d) || json_integer_value(d) < 0 || json_integer_value(d) > 7)
			return bad(e);
		w.days |= (uint8_t)(1 << json_integer_value(d) % 7);
	}
	if (!w.days)
		w.days = ALL_DAYS;
	w.from = (int16_t)from;
	w.to = (int16_t)to;
	*ret = w;
	return 0;
}

int job_windows_parse(const json_t *v, struct job_windows *ret, struct error *e)
{
	const json_t *list = json_is_object(v) ? json_object_get(v, "windows") : v, *one;
	_cleanup_tz_ struct tz *zone = NULL;
	struct job_windows w = { .timezone = "Asia/Shanghai" };
	struct str name = json_is_object(v) ? json_get_str(v, "timezone") : STR("");
	size_t i;

	if (list && !json_is_array(list) && !json_is_null(list))
		return bad(e);
	json_array_foreach(list, i, one)
	{
		if (w.n == JOB_WINDOWS_MAX)
			return bad(e);
		if (parse_one(one, &w.w[w.n], e) < 0)
			return -1;
		w.n++;
	}
	if (!str_empty(name)) {
		if (tz_load(name, &zone, e) < 0)
			return -1;
		snprintf(w.timezone, sizeof(w.timezone), "%.*s", STR_ARG(name));
	}
	*ret = w;
	return 0;
}

int job_windows_parse_text(struct str json, struct job_windows *ret, struct error *e)
{
	_cleanup_json_ json_t *v = NULL;

	if (str_empty(json)) {
		*ret = (struct job_windows){ .timezone = "Asia/Shanghai" };
		return 0;
	}
	v = json_parse(json, e);
	return v ? job_windows_parse(v, ret, e) : -1;
}

static struct tz *zone_of(const struct job_windows *w)
{
	struct tz *z = NULL;

	/* Names were checked when they came in; tzdata that has lost one since then
	 * leaves UTC, which always loads. */
	if (tz_load(str_c(w->timezone), &z, NULL) < 0)
		check(tz_load(STR("UTC"), &z, NULL) == 0);
	return z;
}

struct stretch {
	int64_t from, to; /* seconds UTC */
};

static bool stretch_on(const struct tz *z, const struct job_window *w, int64_t day,
		       struct stretch *ret)
{
	int64_t end = day * DAY + w->to * 60 + (w->to <= w->from ? DAY : 0);

	if (!(w->days >> tz_date_of_days(day).weekday & 1))
		return false;
	ret->from = tz_to_utc(z, day * DAY + w->from * 60);
	ret->to = tz_to_utc(z, end);
	return ret->from < ret->to;
}

/* The latest end of a window that is open at that second, or -1. */
static int64_t open_until(const struct job_windows *w, const struct tz *z, int64_t at)
{
	int64_t today = tz_floor(tz_to_local(z, at), DAY), best = -1;

	for (size_t i = 0; i < w->n; i++)
		for (int64_t day = today - 2; day <= today; day++) {
			struct stretch s;

			if (stretch_on(z, &w->w[i], day, &s) && s.from <= at && at < s.to &&
			    s.to > best)
				best = s.to;
		}
	return best;
}

bool job_windows_open(const struct job_windows *w, int64_t at_ms)
{
	_cleanup_tz_ struct tz *z = NULL;

	if (!w->n)
		return true;
	z = zone_of(w);
	return open_until(w, z, tz_floor(at_ms, 1000)) >= 0;
}

int64_t job_windows_next_open(const struct job_windows *w, int64_t at_ms)
{
	_cleanup_tz_ struct tz *z = NULL;
	int64_t at = tz_floor(at_ms, 1000), best = INT64_MAX, today;

	if (!w->n)
		return at_ms;
	z = zone_of(w);
	if (open_until(w, z, at) >= 0)
		return at_ms;
	today = tz_floor(tz_to_local(z, at), DAY);
	for (size_t i = 0; i < w->n; i++)
		/* Two weeks: a weekly window may fall into a clock change once. */
		for (int64_t day = today - 1; day <= today + 15; day++) {
			struct stretch s;

			if (stretch_on(z, &w->w[i], day, &s) && s.from * 1000 >= at_ms &&
			    s.from < best)
				best = s.from;
		}
	return best == INT64_MAX ? best : best * 1000;
}

int64_t job_windows_next_close(const struct job_windows *w, int64_t at_ms)
{
	_cleanup_tz_ struct tz *z = NULL;
	int64_t at, end;

	if (!w->n)
		return INT64_MAX;
	z = zone_of(w);
	at_ms = job_windows_next_open(w, at_ms);
	if (at_ms == INT64_MAX)
		return at_ms;
	at = tz_floor(at_ms, 1000);
	/* Windows that touch are one; what lasts over two weeks has no end. */
	for (int64_t start = at; (end = open_until(w, z, at)) >= 0; at = end)
		if (end - start > 15LL * DAY)
			return INT64_MAX;
	return at * 1000;
}
