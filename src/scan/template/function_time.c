/* Time: date_time() in percent and in Go's layout ("2006-01-02 15:04:05"), Unix times, pauses.
 * Local time as the process knows it. */
#include "scan/template/expr_private.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"

static const char *const months[] = { "January", "February", "March",	  "April",
				      "May",	 "June",     "July",	  "August",
				      "September", "October", "November", "December" };
static const char *const days[] = { "Sunday",	"Monday", "Tuesday", "Wednesday",
				    "Thursday", "Friday", "Saturday" };

static void local(int64_t unix_s, struct tm *tm)
{
	time_t t = (time_t)unix_s;

	if (!localtime_r(&t, tm))
		*tm = (struct tm){ .tm_mday = 1, .tm_year = 70 };
}

/* Longer layouts first. */
enum part { YEAR4, YEAR2, MONTH_NAME, MONTH3, MONTH2, MONTH1, DAY_NAME, DAY3, DAY2, DAY1, HOUR24,
	    HOUR12, MINUTE2, SECOND2, AMPM, ZONE_COLON, ZONE, ZONE_NAME, MILLI };
static const struct {
	const char *layout;
	enum part part;
} layouts[] = {
	{ "January", MONTH_NAME }, { "Monday", DAY_NAME },   { "Z07:00", ZONE_COLON },
	{ "-07:00", ZONE_COLON },  { "-0700", ZONE },	     { "2006", YEAR4 },
	{ ".000", MILLI },	   { "Jan", MONTH3 },	     { "Mon", DAY3 },
	{ "MST", ZONE_NAME },	   { "15", HOUR24 },	     { "03", HOUR12 },
	{ "04", MINUTE2 },	   { "05", SECOND2 },	     { "06", YEAR2 },
	{ "01", MONTH2 },	   { "02", DAY2 },	     { "PM", AMPM },
	{ "1", MONTH1 },	   { "2", DAY1 },
};

static void add_part(struct buf *b, enum part part, const struct tm *tm)
{
	long off = tm->tm_gmtoff / 60, abs_off = off < 0 ? -off : off;

	switch (part) {
	case YEAR4: buf_printf(b, "%04d", tm->tm_year + 1900); break;
	case YEAR2: buf_printf(b, "%02d", tm->tm_year % 100); break;
	case MONTH_NAME: buf_c(b, months[tm->tm_mon % 12]); break;
	case MONTH3: buf_add(b, months[tm->tm_mon % 12], 3); break;
	case MONTH2: buf_printf(b, "%02d", tm->tm_mon + 1); break;
	case MONTH1: buf_printf(b, "%d", tm->tm_mon + 1); break;
	case DAY_NAME: buf_c(b, days[tm->tm_wday % 7]); break;
	case DAY3: buf_add(b, days[tm->tm_wday % 7], 3); break;
	case DAY2: buf_printf(b, "%02d", tm->tm_mday); break;
	case DAY1: buf_printf(b, "%d", tm->tm_mday); break;
	case HOUR24: buf_printf(b, "%02d", tm->tm_hour); break;
	case HOUR12: buf_printf(b, "%02d", tm->tm_hour % 12 ? tm->tm_hour % 12 : 12); break;
	case MINUTE2: buf_printf(b, "%02d", tm->tm_min); break;
	case SECOND2: buf_printf(b, "%02d", tm->tm_sec); break;
	case AMPM: buf_c(b, tm->tm_hour < 12 ? "AM" : "PM"); break;
	case ZONE_COLON:
	case ZONE:
		buf_printf(b, "%c%02ld%s%02ld", off < 0 ? '-' : '+', abs_off / 60,
			   part == ZONE ? "" : ":", abs_off % 60);
		break;
	case ZONE_NAME: buf_c(b, tm->tm_zone ? tm->tm_zone : "UTC"); break;
	case MILLI: buf_c(b, ".000"); break;
	}
}

static void go_format(struct buf *b, struct str layout, const struct tm *tm)
{
	for (size_t at = 0; at < layout.len && !b->overflow;) {
		size_t i = 0;
		while (i < ARRAY_SIZE(layouts) &&
		       !str_starts(str_from(layout, at), str_c(layouts[i].layout)))
			i++;
		if (i == ARRAY_SIZE(layouts)) {
			buf_char(b, layout.ptr[at++]);
			continue;
		}
		add_part(b, layouts[i].part, tm);
		at += strlen(layouts[i].layout);
	}
}

static bool percent_part(struct buf *b, char c, const struct tm *tm)
{
	switch (c) {
	case 'Y':
	case 'y': buf_printf(b, "%d", tm->tm_year + 1900); return true;
	case 'M': buf_printf(b, "%02d", tm->tm_mon + 1); return true;
	case 'D':
	case 'd': buf_printf(b, "%02d", tm->tm_mday); return true;
	case 'H':
	case 'h': buf_printf(b, "%02d", tm->tm_hour); return true;
	case 'm': buf_printf(b, "%02d", tm->tm_min); return true;
	case 'S':
	case 's': buf_printf(b, "%02d", tm->tm_sec); return true;
	default: return false;
	}
}

static bool has_percent(struct str s)
{
	for (size_t i = 0; i + 1 < s.len; i++)
		if (s.ptr[i] == '%' && ascii_alpha(s.ptr[i + 1]))
			return true;
	return false;
}

EXPR_FN(fn_date_time)
{
	struct str format = arg_str(env, &args[0]);
	int64_t when = expr_now_ms(env) / 1000;
	struct buf b = EXPR_BUF;
	struct tm tm;

	if (n == 2 && arg_int(env, &args[1], -62135596800, 253402300799, &when) < 0)
		return -1;
	local(when, &tm);
	if (!has_percent(format)) {
		go_format(&b, format, &tm);
		return expr_ret_buf(env, &b, ret);
	}
	for (size_t i = 0; i < format.len; i++) {
		char next = i + 1 < format.len ? format.ptr[i + 1] : 0;
		if (format.ptr[i] != '%' || !ascii_alpha(next)) {
			buf_char(&b, format.ptr[i]);
		} else if (percent_part(&b, next, &tm)) {
			i++;
		} else {
			buf_free(&b);
			return expr_fail(env, "unknown part of a date");
		}
	}
	return expr_ret_buf(env, &b, ret);
}

static bool digits(struct str s, size_t *at, size_t n, int *ret)
{
	int v = 0;
	size_t i = 0;

	for (; i < n && *at < s.len && ascii_digit(s.ptr[*at]); i++)
		v = v * 10 + (s.ptr[(*at)++] - '0');
	*ret = v;
	return i == n;
}

/* One part of the text by its layout; zone in minutes. */
static bool read_part(struct str s, size_t *at, enum part part, struct tm *tm, int *zone)
{
	int v;

	switch (part) {
	case YEAR4:
		return digits(s, at, 4, &v) ? (tm->tm_year = v - 1900, true) : false;
	case MONTH2:
		return digits(s, at, 2, &v) ? (tm->tm_mon = v - 1, v >= 1 && v <= 12) : false;
	case DAY2:
		return digits(s, at, 2, &v) ? (tm->tm_mday = v, v >= 1 && v <= 31) : false;
	case HOUR24:
		return digits(s, at, 2, &tm->tm_hour) && tm->tm_hour < 24;
	case MINUTE2:
		return digits(s, at, 2, &tm->tm_min) && tm->tm_min < 60;
	case SECOND2:
		return digits(s, at, 2, &tm->tm_sec) && tm->tm_sec < 61;
	case ZONE_COLON:
	case ZONE: {
		int h, m;
		if (*at < s.len && s.ptr[*at] == 'Z') {
			(*at)++;
			return true;
		}
		if (*at >= s.len || (s.ptr[*at] != '+' && s.ptr[*at] != '-'))
			return false;
		bool minus = s.ptr[(*at)++] == '-';
		if (!digits(s, at, 2, &h))
			return false;
		if (*at < s.len && s.ptr[*at] == ':')
			(*at)++;
		if (!digits(s, at, 2, &m))
			return false;
		*zone = minus ? -(h * 60 + m) : h * 60 + m;
		return true;
	}
	default:
		return false;
	}
}

static bool go_parse(struct str s, struct str layout, int64_t *ret)
{
	struct tm tm = { .tm_mday = 1, .tm_year = 70 };
	size_t at = 0;
	int zone = 0;

	for (size_t l = 0; l < layout.len;) {
		size_t i = 0;
		while (i < ARRAY_SIZE(layouts) &&
		       !str_starts(str_from(layout, l), str_c(layouts[i].layout)))
			i++;
		if (i == ARRAY_SIZE(layouts)) {
			if (at >= s.len || s.ptr[at++] != layout.ptr[l++])
				return false;
			continue;
		}
		if (!read_part(s, &at, layouts[i].part, &tm, &zone))
			return false;
		l += strlen(layouts[i].layout);
	}
	if (at != s.len)
		return false;
	*ret = clock_days_from_civil(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * 86400 +
	       tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec - zone * 60;
	return true;
}

EXPR_FN(fn_to_unix_time)
{
	static const char *const known[] = {
		"2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05",
		"2006-01-02 15:04 Z07:00",   "2006-01-02 15:04",	   "2006-01-02 Z07:00",
		"2006-01-02",
	};
	struct str s = arg_str(env, &args[0]);
	int64_t when;
	double d;

	if (str_to_double(s, &d) == 0 && d > -9e15 && d < 9e15) {
		*ret = value_of_int((int64_t)d);
		return 0;
	}
	if (n == 2) {
		if (!go_parse(s, arg_str(env, &args[1]), &when))
			return expr_fail(env, "not a time of this layout");
		*ret = value_of_int(when);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (go_parse(s, str_c(known[i]), &when)) {
			*ret = value_of_int(when);
			return 0;
		}
	return expr_fail(env, "not a time");
}

EXPR_FN(fn_unix_time)
{
	int64_t more = 0;

	if (n == 1 && arg_int(env, &args[0], -4000000000, 4000000000, &more) < 0)
		return -1;
	*ret = value_of_int(expr_now_ms(env) / 1000 + more);
	return 0;
}

EXPR_FN(fn_wait_for)
{
	int64_t seconds;

	if (arg_int(env, &args[0], 0, 60, &seconds) < 0)
		return -1;
	if (env->sleep_ms)
		env->sleep_ms(env->ctx, (unsigned)seconds * 1000);
	return ret_bool(ret, true);
}

static int now_part(struct expr_env *env, const char *layout, struct value *ret)
{
	struct buf b = EXPR_BUF;
	struct tm tm;

	local(expr_now_ms(env) / 1000, &tm);
	go_format(&b, str_c(layout), &tm);
	return expr_ret_buf(env, &b, ret);
}

EXPR_FN(fn_year)
{
	return now_part(env, "2006", ret);
}
EXPR_FN(fn_shortyear)
{
	return now_part(env, "06", ret);
}
EXPR_FN(fn_month)
{
	return now_part(env, "01", ret);
}
EXPR_FN(fn_day)
{
	return now_part(env, "02", ret);
}
EXPR_FN(fn_timestamp_second)
{
	*ret = value_of_str(arena_printf(env->arena, "%lld", (long long)(expr_now_ms(env) / 1000)));
	return 0;
}
EXPR_FN(fn_timestamp_milli)
{
	*ret = value_of_str(arena_printf(env->arena, "%lld", (long long)expr_now_ms(env)));
	return 0;
}
