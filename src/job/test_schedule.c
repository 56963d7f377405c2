/* Time zones against the C library, schedules against a search minute by minute,
 * windows, cron parsing, words. */
#include <time.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/test.h"
#include "job/schedule_private.h"

static struct error e;

static int64_t at(const char *text)
{
	int64_t ms = 0;

	assert_ok(clock_parse_rfc3339(str_c(text), &ms));
	return ms;
}

static uint64_t seed = 88172645463325252u;
static unsigned rnd(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % n;
}

/* ---- zones ---- */

static const char *const zones[] = {
	"Asia/Shanghai",   "Europe/Berlin",	  "America/New_York",  "Australia/Lord_Howe",
	"America/Sao_Paulo", "Africa/Casablanca", "Asia/Kathmandu",    "Pacific/Apia",
	"Europe/Dublin",   "America/St_Johns",	  "Antarctica/Troll",  "Africa/Cairo",
	"Asia/Gaza",	   "Pacific/Kiritimati",  "America/Santiago",  "UTC",
};

static void use_zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

static void test_offsets_as_the_c_library(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
		_cleanup_tz_ struct tz *z = NULL;

		assert_ok(tz_load(str_c(zones[i]), &z, &e));
		use_zone(zones[i]);
		for (int k = 0; k < 4000; k++) {
			/* 1950 … 2090, past the end of every table */
			time_t t = (time_t)(-631152000LL + (int64_t)rnd(1u << 30) * 4);
			struct tm tm;

			localtime_r(&t, &tm);
			if (tz_offset(z, t) != tm.tm_gmtoff)
				fail_msg("%s at %lld: %d, want %ld", zones[i], (long long)t,
					 (int)tz_offset(z, t), tm.tm_gmtoff);
		}
	}
	use_zone("UTC");
}

static void test_changes(void **state)
{
	_cleanup_tz_ struct tz *z = NULL;

	(void)state;
	assert_ok(tz_load(STR("Europe/Berlin"), &z, &e));
	assert_int_equal(tz_next_change(z, at("2026-01-01T00:00:00Z") / 1000),
			 at("2026-03-29T01:00:00Z") / 1000);
	assert_int_equal(tz_next_change(z, at("2060-08-01T00:00:00Z") / 1000),
			 at("2060-10-31T01:00:00Z") / 1000);
	/* 02:30 does not exist: the moment after the gap. */
	assert_int_equal(tz_to_utc(z, at("2026-03-29T02:30:00Z") / 1000),
			 at("2026-03-29T01:00:00Z") / 1000);
	/* 02:30 exists twice: the first. */
	assert_int_equal(tz_to_utc(z, at("2026-10-25T02:30:00Z") / 1000),
			 at("2026-10-25T00:30:00Z") / 1000);
	assert_int_equal(tz_to_utc(z, at("2026-07-01T12:00:00Z") / 1000),
			 at("2026-07-01T10:00:00Z") / 1000);
}

/* Samoa left out 30 December 2011 altogether. */
static void test_a_missing_day(void **state)
{
	_cleanup_tz_ struct tz *z = NULL;

	(void)state;
	assert_ok(tz_load(STR("Pacific/Apia"), &z, &e));
	assert_int_equal(tz_to_utc(z, at("2011-12-30T12:00:00Z") / 1000),
			 at("2011-12-30T10:00:00Z") / 1000);
}

static void test_bad_zones(void **state)
{
	static const char *const bad[] = { "", "Nowhere/City", "../../etc/passwd", "/etc/passwd",
					   "Asia", "zone.tab", "right/UTC", "Asia/Shang hai" };
	struct tz *z = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_true(tz_load(str_c(bad[i]), &z, &e) < 0);
		assert_string_equal(e.code, "schedule.bad-timezone");
		assert_string_equal(e.field, "timezone");
	}
}

static void test_calendar(void **state)
{
	(void)state;
	for (int64_t day = -200000; day < 200000; day += 37) {
		struct tz_date d = tz_date_of_days(day);

		assert_int_equal(clock_days_from_civil(d.year, d.month, d.day), day);
		assert_in_range(d.weekday, 0, 6);
	}
	assert_int_equal(tz_date_of_days(0).weekday, 4);
	assert_int_equal(tz_days_in_month(2100, 2), 28);
	assert_int_equal(tz_days_in_month(2000, 2), 29);
}

/* ---- schedules ---- */

static struct job_schedule spec(const char *json)
{
	struct job_schedule s;

	if (job_schedule_parse_text(str_c(json), &s, &e) < 0)
		fail_msg("%s: %s %s", json, e.code, e.en);
	return s;
}

static void expect(const char *json, const char *after, const char *want)
{
	struct job_schedule s = spec(json);
	char got[CLOCK_RFC3339_SIZE];
	int64_t next = 0;

	assert_ok(job_schedule_next(&s, STR("x"), at(after), &next, &e));
	clock_format_rfc3339(next, got);
	if (next != at(want))
		fail_msg("%s after %s: %s, want %s", json, after, got, want);
}

static void test_next(void **state)
{
	(void)state;
	/* Shanghai is UTC+8 and the default. */
	expect("{\"kind\":\"daily\",\"time\":\"03:00\"}", "2026-01-05T00:00:00Z",
	       "2026-01-05T19:00:00Z");
	expect("{\"kind\":\"daily\",\"time\":\"03:00\"}", "2026-01-05T19:00:00Z",
	       "2026-01-06T19:00:00Z");
	expect("{\"kind\":\"weekly\",\"weekday\":0,\"time\":\"00:00\"}", "2026-01-05T00:00:00Z",
	       "2026-01-10T16:00:00Z");
	expect("{\"kind\":\"monthly\",\"day\":31,\"time\":\"12:30\"}", "2026-02-01T00:00:00Z",
	       "2026-02-28T04:30:00Z");
	expect("{\"kind\":\"monthly\",\"day\":29,\"time\":\"12:30\"}", "2028-02-01T00:00:00Z",
	       "2028-02-29T04:30:00Z");
	expect("{\"kind\":\"cron\",\"cron\":\"0 9 * * mon-fri\"}", "2026-01-09T02:00:00Z",
	       "2026-01-12T01:00:00Z");
	expect("{\"kind\":\"cron\",\"cron\":\"0 0 29 2 *\",\"timezone\":\"UTC\"}",
	       "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z");
	expect("{\"kind\":\"cron\",\"cron\":\"*/20 * * * *\",\"timezone\":\"UTC\"}",
	       "2026-01-01T00:00:00Z", "2026-01-01T00:20:00Z");
}

static void test_next_at_clock_changes(void **state)
{
	static const char daily[] = "{\"kind\":\"daily\",\"time\":\"02:30\",\"timezone\":\"Europe/Berlin\"}";
	static const char hourly[] =
		"{\"kind\":\"cron\",\"cron\":\"30 * * * *\",\"timezone\":\"Europe/Berlin\"}";

	(void)state;
	expect(daily, "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"); /* 03:00, the gap's end */
	expect(daily, "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z");
	expect(daily, "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"); /* the first 02:30 */
	expect(daily, "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"); /* not the second */
	expect(hourly, "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z");
	expect(hourly, "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z");
	expect(hourly, "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z");
}

static void test_windows_move_runs(void **state)
{
	static const char night[] = "{\"kind\":\"daily\",\"time\":\"12:00\",\"window\":{\"from\":"
				    "\"22:00\",\"to\":\"06:00\"}}";

	(void)state;
	expect(night, "2026-01-05T00:00:00Z", "2026-01-05T14:00:00Z");
	expect(night, "2026-01-05T14:00:00Z", "2026-01-06T14:00:00Z");
	/* Many runs put off to one opening are one run. */
	expect("{\"kind\":\"cron\",\"cron\":\"0 * * * *\",\"windows\":[{\"days\":[6],\"from\":"
	       "\"01:00\",\"to\":\"03:00\"}]}",
	       "2026-01-05T00:00:00Z", "2026-01-09T17:00:00Z");
	expect("{\"kind\":\"cron\",\"cron\":\"0 * * * *\",\"windows\":[{\"days\":[6],\"from\":"
	       "\"01:00\",\"to\":\"03:00\"}]}",
	       "2026-01-09T17:00:00Z", "2026-01-09T18:00:00Z");
}

static void test_never(void **state)
{
	struct job_schedule s = spec("{\"kind\":\"cron\",\"cron\":\"0 0 30 2 *\"}");
	int64_t next = 5;

	(void)state;
	assert_true(job_schedule_next(&s, STR("x"), 0, &next, &e) < 0);
	assert_string_equal(e.code, "schedule.never");
	assert_int_equal(next, 5);
}

static void test_jitter_is_the_ids_own(void **state)
{
	struct job_schedule s =
		spec("{\"kind\":\"daily\",\"time\":\"03:00\",\"jitter_minutes\":60}");
	int64_t base = at("2026-01-05T19:00:00Z"), low = INT64_MAX, high = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct id id = id_new(base);
		int64_t first, again, second;

		assert_ok(job_schedule_next(&s, id_str(&id), base - 3600000, &first, &e));
		assert_ok(job_schedule_next(&s, id_str(&id), base - 1, &again, &e));
		assert_int_equal(first, again);
		assert_ok(job_schedule_next(&s, id_str(&id), first, &second, &e));
		assert_int_equal(second - first, 86400000);
		assert_in_range(first - base, 0, 3600000 - 1);
		low = first < low ? first : low;
		high = first > high ? first : high;
	}
	assert_true(low < base + 600000 && high > base + 3000000); /* spread out */
}

/* ---- the search minute by minute, with the C library's clock ---- */

static bool minute_matches(const struct job_schedule *s, const struct tm *tm)
{
	struct tz_date d = { .year = tm->tm_year + 1900,
			     .month = tm->tm_mon + 1,
			     .day = tm->tm_mday,
			     .weekday = tm->tm_wday };
	int last = tz_days_in_month(d.year, d.month);
	bool time = tm->tm_hour * 60 + tm->tm_min == s->minute;

	switch (s->kind) {
	case JOB_DAILY:
		return time;
	case JOB_WEEKLY:
		return time && d.weekday == s->weekday;
	case JOB_MONTHLY:
		return time && d.day == (s->day < last ? s->day : last);
	case JOB_CRON:
		break;
	}
	return job_cron_day(&s->cron, &d) && s->cron.hours >> tm->tm_hour & 1 &&
	       s->cron.minutes >> tm->tm_min & 1;
}

static struct tm local(time_t t)
{
	struct tm tm;

	localtime_r(&t, &tm);
	return tm;
}

/* A wall minute that the clocks jumped over right before t matches. */
static bool gap_matches(const struct job_schedule *s, time_t t)
{
	long jump = local(t).tm_gmtoff - local(t - 1).tm_gmtoff;

	for (long back = 60; back <= jump; back += 60) {
		time_t as_if = t + local(t).tm_gmtoff - back;
		struct tm tm;

		gmtime_r(&as_if, &tm);
		if (minute_matches(s, &tm))
			return true;
	}
	return false;
}

/* The same wall minute has been before. */
static bool second_time(time_t t)
{
	for (time_t back = 60; back <= 3 * 3600; back += 60)
		if (local(t - back).tm_gmtoff - local(t).tm_gmtoff == back)
			return true;
	return false;
}

static time_t brute(const struct job_schedule *s, time_t after, time_t limit)
{
	bool real = s->kind == JOB_CRON && s->cron.every_hour;

	for (time_t t = (after / 60 + 1) * 60; t <= limit; t += 60) {
		struct tm tm = local(t);

		if (minute_matches(s, &tm) && (real || !second_time(t)))
			return t;
		if (!real && gap_matches(s, t))
			return t;
	}
	return -1;
}

static void random_field(struct buf *b, int min, int max, bool star)
{
	switch (rnd(star ? 5 : 3)) {
	case 0:
		buf_printf(b, "%d", min + (int)rnd((unsigned)(max - min + 1)));
		break;
	case 1: {
		int a = min + (int)rnd((unsigned)(max - min + 1));

		buf_printf(b, "%d-%d", a, a + (int)rnd((unsigned)(max - a + 1)));
		break;
	}
	case 2: {
		int a = min + (int)rnd((unsigned)(max - min + 1));

		buf_printf(b, "%d,%d-%d/%u", a, min, max, 1 + rnd(9));
		break;
	}
	case 3:
		buf_printf(b, "*/%u", 1 + rnd(12));
		break;
	default:
		buf_c(b, "*");
	}
	buf_char(b, ' ');
}

static void random_spec(struct buf *b, const char *zone)
{
	static const char *const kinds[] = { "daily", "weekly", "monthly", "cron", "cron", "cron" };

	buf_printf(b, "{\"kind\":\"%s\",\"time\":\"%02u:%02u\",\"weekday\":%u,\"day\":%u,",
		   kinds[rnd(6)], rnd(2) ? rnd(4) : rnd(24), rnd(60), rnd(7), 1 + rnd(31));
	buf_c(b, "\"cron\":\"");
	random_field(b, 0, 59, true);
	random_field(b, 0, rnd(2) ? 3 : 23, true);
	random_field(b, 1, 28, true);
	random_field(b, 1, 12, true);
	random_field(b, 0, 6, true);
	b->len--;
	buf_printf(b, "\",\"timezone\":\"%s\"}", zone);
}

static void test_against_brute_force(void **state)
{
	/* Moments before clock changes of the zones above, and any others. */
	int64_t base = at("2026-01-01T00:00:00Z") / 1000;
	int compared = 0;

	(void)state;
	for (int i = 0; i < 1200; i++) {
		const char *zone = zones[rnd(ARRAY_SIZE(zones))];
		_cleanup_buf_ struct buf b = BUF_INIT(4096);
		_cleanup_tz_ struct tz *z = NULL;
		struct job_schedule s;
		int64_t after = base + rnd(365 * 86400), next = 0, change;

		use_zone(zone);
		assert_ok(tz_load(str_c(zone), &z, &e));
		change = tz_next_change(z, after);
		if (change != INT64_MAX && rnd(4))
			after = change - rnd(90000) + rnd(9000);
		random_spec(&b, zone);
		s = spec(b.ptr);
		time_t limit = (time_t)after + 4 * 86400;
		time_t want = brute(&s, (time_t)after, limit);

		if (job_schedule_next(&s, STR("x"), after * 1000, &next, &e) < 0)
			next = INT64_MAX;
		if (want < 0 && next / 1000 > limit)
			continue;
		compared++;
		if (next != want * 1000)
			fail_msg("%s after %lld: %lld, want %lld", b.ptr, (long long)after,
				 (long long)(next / 1000), (long long)want);
	}
	use_zone("UTC");
	assert_true(compared > 400);
}

/* ---- windows ---- */

static void test_windows(void **state)
{
	struct job_windows w;

	(void)state;
	assert_ok(job_windows_parse_text(STR("{\"timezone\":\"UTC\",\"windows\":[{\"days\":[1],\"from\":"
					     "\"22:00\",\"to\":\"06:00\"},{\"from\":\"05:00\",\"to\":"
					     "\"07:00\"}]}"),
					 &w, &e));
	/* 2026-01-05 is a Monday. */
	assert_false(job_windows_open(&w, at("2026-01-05T21:59:59Z")));
	assert_true(job_windows_open(&w, at("2026-01-05T22:00:00Z")));
	assert_true(job_windows_open(&w, at("2026-01-06T05:59:59Z")));
	assert_false(job_windows_open(&w, at("2026-01-06T22:30:00Z")));
	assert_int_equal(job_windows_next_open(&w, at("2026-01-05T12:00:00.5Z")),
			 at("2026-01-05T22:00:00Z"));
	assert_int_equal(job_windows_next_open(&w, at("2026-01-05T23:00:00Z")),
			 at("2026-01-05T23:00:00Z"));
	/* The second window takes over where the first ends. */
	assert_int_equal(job_windows_next_close(&w, at("2026-01-05T23:00:00Z")),
			 at("2026-01-06T07:00:00Z"));
	assert_int_equal(job_windows_next_close(&w, at("2026-01-06T12:00:00Z")),
			 at("2026-01-07T07:00:00Z"));
	assert_ok(job_windows_parse_text(STR("[{\"from\":\"00:00\",\"to\":\"24:00\"}]"), &w, &e));
	assert_true(job_windows_open(&w, at("2026-01-06T22:30:00Z")));
	assert_true(job_windows_next_close(&w, at("2026-01-06T22:30:00Z")) == INT64_MAX);
	assert_ok(job_windows_parse_text(STR(""), &w, &e));
	assert_true(job_windows_open(&w, 0));
	assert_true(job_windows_next_close(&w, 0) == INT64_MAX);
}

/* next_open and next_close agree with looking minute by minute. */
static void test_windows_against_brute_force(void **state)
{
	(void)state;
	for (int i = 0; i < 150; i++) {
		struct job_windows w = { .n = 1 + rnd(3) };
		int64_t t = at("2026-03-27T00:00:00Z") + (int64_t)rnd(4 * 86400) * 1000, open, end;

		snprintf(w.timezone, sizeof(w.timezone), "%s", zones[rnd(ARRAY_SIZE(zones))]);
		for (size_t k = 0; k < w.n; k++)
			w.w[k] = (struct job_window){ .days = (uint8_t)(1 + rnd(127)),
						      .from = (int16_t)rnd(1440),
						      .to = (int16_t)rnd(1440) };
		open = job_windows_next_open(&w, t);
		assert_true(open < t + 9LL * 86400000 && job_windows_open(&w, open));
		for (int64_t m = t; m < open; m += 600000)
			assert_false(job_windows_open(&w, m));
		end = job_windows_next_close(&w, t);
		if (end == INT64_MAX)
			continue;
		assert_false(job_windows_open(&w, end));
		for (int64_t m = open; m < end; m += 600000)
			assert_true(job_windows_open(&w, m));
	}
}

/* ---- parsing and words ---- */

static void test_bad_specs(void **state)
{
	static const char *const bad[] = {
		"[]",
		"{\"kind\":\"hourly\"}",
		"{\"kind\":\"daily\",\"time\":\"24:00\"}",
		"{\"kind\":\"daily\",\"time\":\"7:00\"}",
		"{\"kind\":\"weekly\",\"weekday\":8}",
		"{\"kind\":\"weekly\",\"weekday\":\"1\"}",
		"{\"kind\":\"monthly\",\"day\":32}",
		"{\"kind\":\"daily\",\"jitter_minutes\":721}",
		"{\"kind\":\"daily\",\"missed\":\"later\"}",
		"{\"kind\":\"daily\",\"timezone\":\"Mars/Base\"}",
		"{\"kind\":\"daily\",\"window\":{\"from\":\"22:00\"}}",
		"{\"kind\":\"daily\",\"windows\":[{\"days\":[8],\"from\":\"22:00\",\"to\":\"23:00\"}]}",
		"{\"kind\":\"cron\",\"cron\":\"* * * *\"}",
		"{\"kind\":\"cron\",\"cron\":\"* * * * * *\"}",
		"{\"kind\":\"cron\",\"cron\":\"60 * * * *\"}",
		"{\"kind\":\"cron\",\"cron\":\"* * 0 * *\"}",
		"{\"kind\":\"cron\",\"cron\":\"5-1 * * * *\"}",
		"{\"kind\":\"cron\",\"cron\":\"*/0 * * * *\"}",
		"{\"kind\":\"cron\",\"cron\":\"1,,2 * * * *\"}",
		"{\"kind\":\"cron\",\"cron\":\"1, * * * *\"}",
		"{\"kind\":\"cron\",\"cron\":\"+1 * * * *\"}",
		"{\"kind\":\"cron\",\"cron\":\"* * * foo *\"}",
		"{\"kind\":\"cron\",\"cron\":\"@never\"}",
	};
	struct job_schedule s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		error_clear(&e);
		if (job_schedule_parse_text(str_c(bad[i]), &s, &e) == 0)
			fail_msg("accepted: %s", bad[i]);
		assert_true(e.code[0] && e.zh[0] && e.en[0]);
	}
}

static void test_cron_forms(void **state)
{
	struct job_cron c;

	(void)state;
	assert_ok(job_cron_parse(STR("0,30 8-18/2 1,15 JAN,jul sun,5-7"), &c, &e));
	assert_true(c.minutes == (1u | 1u << 30));
	assert_int_equal(c.hours, 1 << 8 | 1 << 10 | 1 << 12 | 1 << 14 | 1 << 16 | 1 << 18);
	assert_int_equal(c.days, 1 << 1 | 1 << 15);
	assert_int_equal(c.months, 1 << 1 | 1 << 7);
	assert_int_equal(c.weekdays, 1 | 1 << 5 | 1 << 6);
	assert_false(c.any_day || c.any_weekday || c.every_hour);
	/* Both day fields restricted: either will do. */
	assert_true(job_cron_day(&c, &(struct tz_date){ 2026, 1, 15, 4 }));
	assert_true(job_cron_day(&c, &(struct tz_date){ 2026, 1, 16, 5 }));
	assert_false(job_cron_day(&c, &(struct tz_date){ 2026, 1, 14, 3 }));
	assert_ok(job_cron_parse(STR("@weekly"), &c, &e));
	assert_int_equal(c.weekdays, 1);
	assert_ok(job_cron_parse(STR(" 5/15  * * *\t7 "), &c, &e));
	assert_true(c.minutes == (1ull << 5 | 1ull << 20 | 1ull << 35 | 1ull << 50));
	assert_int_equal(c.weekdays, 1);
	assert_true(c.any_day && c.every_hour);
}

static void test_words(void **state)
{
	static const struct {
		const char *json, *zh, *en;
	} cases[] = {
		{ "{\"kind\":\"weekly\",\"weekday\":0,\"time\":\"00:00\"}", "每周日 00:00",
		  "Every Sunday 00:00" },
		{ "{\"kind\":\"daily\",\"time\":\"03:05\"}", "每天 03:05", "Every day 03:05" },
		{ "{\"kind\":\"monthly\",\"day\":15,\"time\":\"12:00\",\"timezone\":\"UTC\"}",
		  "每月 15 日 12:00（UTC）", "Monthly on day 15 12:00 (UTC)" },
		{ "{\"kind\":\"cron\",\"cron\":\"0 3 * * 1-5\"}", "按 cron：0 3 * * 1-5",
		  "Cron 0 3 * * 1-5" },
		{ "{\"kind\":\"daily\",\"time\":\"23:00\",\"window\":{\"from\":\"22:00\",\"to\":"
		  "\"06:00\"}}",
		  "每天 23:00，仅限 22:00–06:00", "Every day 23:00, only 22:00–06:00" },
		{ "{\"kind\":\"daily\",\"time\":\"23:00\",\"windows\":[{\"days\":[6,0],\"from\":"
		  "\"00:00\",\"to\":\"24:00\"}]}",
		  "每天 23:00，仅限 周日、六 00:00–24:00", "Every day 23:00, only Sun/Sat 00:00–24:00" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct job_schedule s = spec(cases[i].json);
		_cleanup_buf_ struct buf zh = BUF_INIT(500), en = BUF_INIT(500);

		job_schedule_text(&s, false, &zh);
		job_schedule_text(&s, true, &en);
		assert_str_c(buf_view(&zh), cases[i].zh);
		assert_str_c(buf_view(&en), cases[i].en);
	}
}

static void test_json_round_trip(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		_cleanup_buf_ struct buf b = BUF_INIT(4096), one = BUF_INIT(4096),
					 two = BUF_INIT(4096);
		_cleanup_json_ json_t *v = NULL, *again = NULL;
		struct job_schedule s, t;

		random_spec(&b, zones[rnd(ARRAY_SIZE(zones))]);
		b.len--;
		buf_c(&b, rnd(2) ? ",\"window\":{\"from\":\"22:00\",\"to\":\"06:00\"}}"
				 : ",\"windows\":[{\"days\":[1,2],\"from\":\"22:00\",\"to\":\"06:00\"}],"
				   "\"missed\":\"skip\"}");
		s = spec(b.ptr);
		v = job_schedule_json(&s);
		json_write(&one, v);
		assert_ok(job_schedule_parse(v, &t, &e));
		again = job_schedule_json(&t);
		json_write(&two, again);
		assert_str(buf_view(&one), buf_view(&two));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offsets_as_the_c_library),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_a_missing_day),
		cmocka_unit_test(test_bad_zones),
		cmocka_unit_test(test_calendar),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_next_at_clock_changes),
		cmocka_unit_test(test_windows_move_runs),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_jitter_is_the_ids_own),
		cmocka_unit_test(test_against_brute_force),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_windows_against_brute_force),
		cmocka_unit_test(test_bad_specs),
		cmocka_unit_test(test_cron_forms),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_json_round_trip),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
