/* System clock, test clock, RFC 3339. Calendar arithmetic after Howard Hinnant's
 * "chrono-Compatible Low-Level Date Algorithms". */
#include "base/clock.h"

#include <errno.h>

static int64_t read_clock_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t system_wall(const struct clock *c)
{
	(void)c;
	return read_clock_us(CLOCK_REALTIME) / 1000;
}

static int64_t system_mono(const struct clock *c)
{
	(void)c;
	return read_clock_us(CLOCK_MONOTONIC);
}

static void system_sleep(const struct clock *c, int64_t ms)
{
	struct timespec ts = { ms / 1000, (ms % 1000) * 1000000 };

	(void)c;
	nanosleep(&ts, NULL);
}

const struct clock clock_system = { system_wall, system_mono, system_sleep };

/* The fake clock is the one struct whose base is embedded first. */
static int64_t fake_wall(const struct clock *c)
{
	return ((const struct clock_fake *)c)->now_ms;
}

static int64_t fake_mono(const struct clock *c)
{
	return ((const struct clock_fake *)c)->now_ms * 1000;
}

static void fake_sleep(const struct clock *c, int64_t ms)
{
	union {
		const struct clock *in;
		struct clock_fake *out;
	} cast = { .in = c };

	cast.out->now_ms += ms;
}

void clock_fake_init(struct clock_fake *f, int64_t now_ms)
{
	*f = (struct clock_fake){ { fake_wall, fake_mono, fake_sleep }, now_ms };
}

void clock_format_rfc3339(int64_t wall_ms, char out[CLOCK_RFC3339_SIZE])
{
	int64_t sec = wall_ms / 1000, ms = wall_ms % 1000;
	struct tm tm;

	if (ms < 0) {
		ms += 1000;
		sec--;
	}
	time_t t = (time_t)sec;

	if (!gmtime_r(&t, &tm))
		memset(&tm, 0, sizeof(tm));
	snprintf(out, CLOCK_RFC3339_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		 (tm.tm_year + 1900) % 10000, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		 tm.tm_sec, (int)ms);
}

int64_t clock_days_from_civil(int64_t y, int m, int d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

static int digits(struct str s, size_t at, size_t n, int *ret)
{
	int v = 0;

	if (at + n > s.len)
		return -1;
	for (size_t i = at; i < at + n; i++) {
		if (!ascii_digit(s.ptr[i]))
			return -1;
		v = v * 10 + (s.ptr[i] - '0');
	}
	*ret = v;
	return 0;
}

static int parse_zone(struct str z, int *ret_minutes)
{
	int h, m;

	if (z.len == 1 && ascii_lower(z.ptr[0]) == 'z') {
		*ret_minutes = 0;
		return 0;
	}
	if (z.len != 6 || (z.ptr[0] != '+' && z.ptr[0] != '-') || z.ptr[3] != ':' ||
	    digits(z, 1, 2, &h) < 0 || digits(z, 4, 2, &m) < 0 || h > 23 || m > 59)
		return -1;
	*ret_minutes = (z.ptr[0] == '-' ? -1 : 1) * (h * 60 + m);
	return 0;
}

int clock_parse_rfc3339(struct str s, int64_t *ret_wall_ms)
{
	int y, mo, d, h, mi, sec, ms = 0, zone;
	size_t at = 19;

	if (digits(s, 0, 4, &y) < 0 || digits(s, 5, 2, &mo) < 0 || digits(s, 8, 2, &d) < 0 ||
	    digits(s, 11, 2, &h) < 0 || digits(s, 14, 2, &mi) < 0 || digits(s, 17, 2, &sec) < 0)
		return -1;
	if (s.ptr[4] != '-' || s.ptr[7] != '-' || (s.ptr[10] != 'T' && s.ptr[10] != ' ') ||
	    s.ptr[13] != ':' || s.ptr[16] != ':')
		return -1;
	if (mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || sec > 60)
		return -1;
	if (at < s.len && s.ptr[at] == '.') {
		int scale = 100;

		for (at++; at < s.len && ascii_digit(s.ptr[at]); at++, scale /= 10)
			ms += (s.ptr[at] - '0') * scale;
	}
	if (parse_zone(str_from(s, at), &zone) < 0)
		return -1;
	int64_t t = clock_days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + sec - zone * 60;

	*ret_wall_ms = t * 1000 + ms;
	return 0;
}
