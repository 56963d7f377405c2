/* TZif reader: version 2+ data block and the POSIX rule behind it (RFC 8536 §3.3,
 * POSIX "TZ"). A file is at most a few KiB; anything malformed is refused as an
 * unknown zone. Calendar arithmetic after Howard Hinnant. */
#include "job/tz.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "os/file.h"

#define TZ_MAGIC 0x5a570010u
#define TZ_DIR "/usr/share/zoneinfo"
#define TZ_FILE_MAX (64 * KIB)
#define DAY 86400

/* When a rule's half of the year begins. */
struct rule {
	char kind; /* 'M' month.week.day, 'J' Julian without 29 February, 'N' day of year */
	int month, week, day;
	int32_t time; /* local seconds after midnight, may be negative */
};

struct tz {
	unsigned magic;
	size_t n;
	int64_t *at;	  /* changes, ascending */
	int32_t *offset;  /* from at[i] on */
	int32_t before;	  /* before at[0] */
	bool has_rule;	  /* after the last change: standard and daylight time for ever */
	int32_t std, dst; /* equal: no daylight time */
	struct rule to_dst, to_std;
};

/* ---- calendar ---- */

struct tz_date tz_date_of_days(int64_t days)
{
	int64_t z = days + 719468, era = tz_floor(z, 146097), doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	int64_t w = (days + 4) % 7;
	struct tz_date d = { .year = yoe + era * 400,
			     .day = (int)(doy - (153 * mp + 2) / 5 + 1),
			     .month = (int)(mp < 10 ? mp + 3 : mp - 9),
			     .weekday = (int)(w < 0 ? w + 7 : w) };

	d.year += d.month <= 2;
	return d;
}

static bool leap_year(int64_t y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

int tz_days_in_month(int64_t year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && leap_year(year));
}

/* ---- the POSIX rule ---- */

static bool number(struct str *s, int max, int *ret)
{
	int v = 0;
	size_t i = 0;

	for (; i < s->len && i < 4 && ascii_digit(s->ptr[i]); i++)
		v = v * 10 + (s->ptr[i] - '0');
	if (!i || v > max)
		return false;
	*s = str_from(*s, i);
	*ret = v;
	return true;
}

static bool skip(struct str *s, char c)
{
	if (!s->len || s->ptr[0] != c)
		return false;
	*s = str_from(*s, 1);
	return true;
}

/* [+-]hh[:mm[:ss]] */
static bool hms(struct str *s, int32_t *ret)
{
	bool minus = skip(s, '-');
	int h, m = 0, sec = 0;

	if (!minus)
		(void)skip(s, '+');
	if (!number(s, 167, &h))
		return false;
	if (skip(s, ':') && !number(s, 59, &m))
		return false;
	if (m >= 0 && skip(s, ':') && !number(s, 59, &sec))
		return false;
	*ret = (minus ? -1 : 1) * (h * 3600 + m * 60 + sec);
	return true;
}

static bool zone_name(struct str *s)
{
	size_t i = 0;

	if (skip(s, '<')) {
		ssize_t end = str_chr(*s, '>');

		if (end < 0)
			return false;
		*s = str_from(*s, (size_t)end + 1);
		return true;
	}
	while (i < s->len && ascii_alpha(s->ptr[i]))
		i++;
	*s = str_from(*s, i);
	return i > 0;
}

static bool parse_rule(struct str *s, struct rule *r)
{
	*r = (struct rule){ .kind = 'N', .time = 2 * 3600 };
	if (!skip(s, ','))
		return false;
	if (skip(s, 'M')) {
		r->kind = 'M';
		if (!number(s, 12, &r->month) || !skip(s, '.') || !number(s, 5, &r->week) ||
		    !skip(s, '.') || !number(s, 6, &r->day) || !r->month || !r->week)
			return false;
	} else {
		if (skip(s, 'J'))
			r->kind = 'J';
		if (!number(s, 365, &r->day) || (r->kind == 'J' && !r->day))
			return false;
	}
	return !skip(s, '/') || hms(s, &r->time);
}

static bool parse_footer(struct tz *z, struct str s)
{
	if (str_empty(s))
		return true;
	if (!zone_name(&s) || !hms(&s, &z->std))
		return false;
	z->std = -z->std; /* POSIX counts west */
	z->dst = z->std;
	z->has_rule = true;
	if (str_empty(s))
		return true;
	if (!zone_name(&s))
		return false;
	z->dst = z->std + 3600;
	if (s.len && s.ptr[0] != ',') {
		if (!hms(&s, &z->dst))
			return false;
		z->dst = -z->dst;
	}
	return parse_rule(&s, &z->to_dst) && parse_rule(&s, &z->to_std) && str_empty(s);
}

/* Local time of the rule in that year. */
static int64_t rule_local(const struct rule *r, int64_t year)
{
	int64_t jan1 = clock_days_from_civil(year, 1, 1), day;

	if (r->kind == 'N') {
		day = jan1 + r->day;
	} else if (r->kind == 'J') {
		day = jan1 + r->day - 1 + (leap_year(year) && r->day >= 60);
	} else {
		int64_t first = clock_days_from_civil(year, r->month, 1);
		int shift = (r->day - tz_date_of_days(first).weekday + 7) % 7;

		day = first + shift + (r->week - 1) * 7;
		while (day >= first + tz_days_in_month(year, r->month))
			day -= 7;
	}
	return day * DAY + r->time;
}

/* The two changes of a year in UTC; *ret_offset what holds from them on. */
static void rule_changes(const struct tz *z, int64_t year, int64_t at[2], int32_t offset[2])
{
	at[0] = rule_local(&z->to_dst, year) - z->std;
	at[1] = rule_local(&z->to_std, year) - z->dst;
	offset[0] = z->dst;
	offset[1] = z->std;
}

static int64_t year_of(int64_t utc)
{
	return tz_date_of_days(tz_floor(utc, DAY)).year;
}

static int32_t rule_offset(const struct tz *z, int64_t utc)
{
	int64_t year = year_of(utc), best = INT64_MIN;
	int32_t found = z->std;

	if (z->dst == z->std)
		return z->std;
	for (int64_t y = year - 1; y <= year + 1; y++) {
		int64_t at[2];
		int32_t offset[2];

		rule_changes(z, y, at, offset);
		for (int i = 0; i < 2; i++)
			if (at[i] <= utc && at[i] >= best) {
				best = at[i];
				found = offset[i];
			}
	}
	return found;
}

static int64_t rule_next(const struct tz *z, int64_t utc)
{
	int64_t year = year_of(utc), best = INT64_MAX;

	if (z->dst == z->std)
		return INT64_MAX;
	for (int64_t y = year - 1; y <= year + 1; y++) {
		int64_t at[2];
		int32_t offset[2];

		rule_changes(z, y, at, offset);
		for (int i = 0; i < 2; i++)
			if (at[i] > utc && at[i] < best)
				best = at[i];
	}
	return best;
}

/* ---- the file ---- */

static int64_t big_endian(const char *p, int n)
{
	uint64_t v = 0;

	for (int i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[i];
	return n == 4 ? (int32_t)v : (int64_t)v;
}

struct counts {
	size_t isut, isstd, leap, time, type, chars;
};

static bool header(struct str s, struct counts *c)
{
	if (s.len < 44 || memcmp(s.ptr, "TZif", 4) != 0 || s.ptr[4] < '2')
		return false;
	c->isut = (size_t)(uint32_t)big_endian(s.ptr + 20, 4);
	c->isstd = (size_t)(uint32_t)big_endian(s.ptr + 24, 4);
	c->leap = (size_t)(uint32_t)big_endian(s.ptr + 28, 4);
	c->time = (size_t)(uint32_t)big_endian(s.ptr + 32, 4);
	c->type = (size_t)(uint32_t)big_endian(s.ptr + 36, 4);
	c->chars = (size_t)(uint32_t)big_endian(s.ptr + 40, 4);
	return c->time < 10000 && c->type > 0 && c->type <= 256 && c->chars < 1000 &&
	       c->leap < 1000 && c->isut <= c->type && c->isstd <= c->type;
}

static size_t block_size(const struct counts *c, size_t width)
{
	return c->time * (width + 1) + c->type * 6 + c->chars + c->leap * (width + 4) + c->isstd +
	       c->isut;
}

static bool parse_block(struct tz *z, struct str s, const struct counts *c)
{
	const char *times = s.ptr, *types = times + c->time * 8, *infos = types + c->time;

	z->n = c->time;
	z->at = mem_array(z->n + 1, sizeof(*z->at));
	z->offset = mem_array(z->n + 1, sizeof(*z->offset));
	z->before = (int32_t)big_endian(infos, 4);
	for (size_t i = 0; i < z->n; i++) {
		unsigned type = (unsigned char)types[i];

		z->at[i] = big_endian(times + i * 8, 8);
		if (type >= c->type || (i && z->at[i] <= z->at[i - 1]))
			return false;
		z->offset[i] = (int32_t)big_endian(infos + type * 6, 4);
		if (z->offset[i] < -26 * 3600 || z->offset[i] > 26 * 3600)
			return false;
	}
	return true;
}

static bool parse(struct tz *z, struct str s)
{
	struct counts c;
	size_t size;

	if (!header(s, &c))
		return false;
	size = 44 + block_size(&c, 4);
	if (size > s.len)
		return false;
	s = str_from(s, size);
	if (!header(s, &c) || c.leap)
		return false;
	size = block_size(&c, 8);
	s = str_from(s, 44);
	if (size > s.len || !parse_block(z, s, &c))
		return false;
	s = str_from(s, size);
	return s.len >= 2 && s.ptr[0] == '\n' && s.ptr[s.len - 1] == '\n' &&
	       parse_footer(z, str_sub(s, 1, s.len - 1));
}

static bool good_name(struct str name)
{
	if (str_empty(name) || name.len > 60 || !ascii_alpha(name.ptr[0]) ||
	    str_has(name, STR("..")) || str_starts(name, STR("right/")) ||
	    str_starts(name, STR("posix/")))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!ascii_alnum(name.ptr[i]) && !memchr("_+-/", name.ptr[i], 4))
			return false;
	return true;
}

static int bad_zone(struct str name, struct error *e)
{
	return error_field(e, "timezone", "schedule.bad-timezone",
			   "未知的时区“%.*s”，请用 Asia/Shanghai 这样的名称",
			   "unknown time zone \"%.*s\", use a name like Asia/Shanghai",
			   STR_ARG(str_sub(name, 0, 60)));
}

int tz_load(struct str name, struct tz **ret, struct error *e)
{
	_cleanup_tz_ struct tz *z = mem_alloc(sizeof(*z));
	_cleanup_buf_ struct buf file = BUF_INIT(TZ_FILE_MAX);
	char path[128];

	z->magic = TZ_MAGIC;
	if (str_eq(name, STR("UTC"))) {
		z->has_rule = true;
		*ret = take_ptr(z);
		return 0;
	}
	if (!good_name(name))
		return bad_zone(name, e);
	snprintf(path, sizeof(path), TZ_DIR "/%.*s", STR_ARG(name));
	if (os_file_read(path, &file, NULL) < 0 || !parse(z, buf_view(&file)))
		return bad_zone(name, e);
	*ret = take_ptr(z);
	return 0;
}

void tz_free(struct tz *z)
{
	if (!z)
		return;
	CHECK_OBJ(z, TZ_MAGIC);
	free(z->at);
	free(z->offset);
	z->magic = 0;
	free(z);
}

/* ---- questions ---- */

/* Number of changes at or before that moment. */
static size_t changes_until(const struct tz *z, int64_t utc)
{
	size_t lo = 0, hi = z->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (z->at[mid] <= utc)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int32_t tz_offset(const struct tz *z, int64_t utc)
{
	CHECK_OBJ(z, TZ_MAGIC);
	size_t i = changes_until(z, utc);

	if (i == z->n && z->has_rule)
		return rule_offset(z, utc);
	return i ? z->offset[i - 1] : z->before;
}

int64_t tz_next_change(const struct tz *z, int64_t utc)
{
	CHECK_OBJ(z, TZ_MAGIC);
	for (size_t i = changes_until(z, utc); i < z->n; i++)
		if (tz_offset(z, z->at[i]) != tz_offset(z, z->at[i] - 1))
			return z->at[i];
	if (!z->has_rule)
		return INT64_MAX;
	return rule_next(z, z->n && z->at[z->n - 1] > utc ? z->at[z->n - 1] : utc);
}

int64_t tz_to_utc(const struct tz *z, int64_t local)
{
	/* No zone is further than 26 hours from UTC: look at every stretch of constant
	 * offset around. */
	int64_t from = local - 27 * 3600, limit = local + 27 * 3600;
	int32_t before = tz_offset(z, from);

	while (from <= limit) {
		int64_t to = tz_next_change(z, from);
		int32_t offset = tz_offset(z, from);
		int64_t utc = local - offset;

		if (from + before <= local && local < from + offset)
			return from; /* in the gap that ends here */
		if (utc >= from && utc < to)
			return utc;
		if (to == INT64_MAX)
			break;
		before = offset;
		from = to;
	}
	return local - tz_offset(z, local);
}
