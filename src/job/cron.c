/* Cron expressions: minute hour day-of-month month day-of-week, each a list of
 * numbers, ranges, steps; names of months and days; 7 is Sunday too. As in Vixie
 * cron a day must match both day fields when either begins with '*', and one of
 * them when neither does. */
#include "base/check.h"
#include "job/schedule_private.h"

static const struct str month_names[] = {
	STR_INIT("jan"), STR_INIT("feb"), STR_INIT("mar"), STR_INIT("apr"), STR_INIT("may"),
	STR_INIT("jun"), STR_INIT("jul"), STR_INIT("aug"), STR_INIT("sep"), STR_INIT("oct"),
	STR_INIT("nov"), STR_INIT("dec"),
};
static const struct str day_names[] = {
	STR_INIT("sun"), STR_INIT("mon"), STR_INIT("tue"), STR_INIT("wed"),
	STR_INIT("thu"), STR_INIT("fri"), STR_INIT("sat"),
};

static const struct field {
	const char *zh, *en;
	int min, max;
	const struct str *names;
	size_t n;
	int first; /* value of names[0] */
} fields[] = {
	{ "分", "minute", 0, 59, NULL, 0, 0 },
	{ "时", "hour", 0, 23, NULL, 0, 0 },
	{ "日", "day of month", 1, 31, NULL, 0, 0 },
	{ "月", "month", 1, 12, month_names, 12, 1 },
	{ "星期", "day of week", 0, 7, day_names, 7, 0 },
};

static const struct {
	struct str name, text;
} nicknames[] = {
	{ STR_INIT("@hourly"), STR_INIT("0 * * * *") },
	{ STR_INIT("@daily"), STR_INIT("0 0 * * *") },
	{ STR_INIT("@midnight"), STR_INIT("0 0 * * *") },
	{ STR_INIT("@weekly"), STR_INIT("0 0 * * 0") },
	{ STR_INIT("@monthly"), STR_INIT("0 0 1 * *") },
	{ STR_INIT("@yearly"), STR_INIT("0 0 1 1 *") },
	{ STR_INIT("@annually"), STR_INIT("0 0 1 1 *") },
};

static bool value(const struct field *f, struct str s, int *ret)
{
	int64_t v;

	for (size_t i = 0; i < f->n; i++)
		if (str_ieq(s, f->names[i])) {
			*ret = f->first + (int)i;
			return true;
		}
	if (s.len > 2 || str_empty(s) || !ascii_digit(s.ptr[0]) || str_to_i64(s, &v) < 0 ||
	    v < f->min || v > f->max)
		return false;
	*ret = (int)v;
	return true;
}

/* "*", "a", "a-b", each with "/step". */
static bool part(const struct field *f, struct str s, uint64_t *bits)
{
	int from = f->min, to = f->max == 7 ? 6 : f->max;
	ssize_t slash = str_chr(s, '/');
	int64_t step = 1;

	if (slash >= 0) {
		struct str t = str_from(s, (size_t)slash + 1);

		if (str_empty(t) || !ascii_digit(t.ptr[0]) || str_to_i64(t, &step) < 0 ||
		    step < 1 || step > 59)
			return false;
		s = str_sub(s, 0, (size_t)slash);
	}
	if (!str_eq(s, STR("*"))) {
		ssize_t dash = str_chr(s, '-');

		if (!value(f, dash < 0 ? s : str_sub(s, 0, (size_t)dash), &from))
			return false;
		if (dash >= 0 && !value(f, str_from(s, (size_t)dash + 1), &to))
			return false;
		if (dash < 0 && slash < 0)
			to = from;
		if (from > to)
			return false;
	}
	for (int64_t v = from; v <= to; v += step)
		*bits |= (uint64_t)1 << v;
	return true;
}

static int bad(const struct field *f, struct str s, struct error *e)
{
	char zh[160], en[160];

	snprintf(zh, sizeof(zh), "%s字段“%.*s”", f->zh, STR_ARG(str_sub(s, 0, 40)));
	snprintf(en, sizeof(en), "%s field \"%.*s\"", f->en, STR_ARG(str_sub(s, 0, 40)));
	error_field(e, "cron", "schedule.bad-cron", "cron 表达式的%s无法识别",
		    "cannot read the cron expression's %s", zh);
	if (e) /* the two languages differ in more than the sentence */
		snprintf(e->en, sizeof(e->en), "cannot read the cron expression's %s", en);
	return -1;
}

static int parse_field(const struct field *f, struct str s, uint64_t *ret, struct error *e)
{
	struct str rest = s, p;
	uint64_t bits = 0;

	if (str_ends(s, STR(",")))
		return bad(f, s, e);
	while (str_split(&rest, ',', &p))
		if (!part(f, p, &bits))
			return bad(f, s, e);
	if (!bits)
		return bad(f, s, e);
	*ret = bits;
	return 0;
}

static bool next_word(struct str *rest, struct str *ret)
{
	size_t n = 0;

	*rest = str_trim(*rest);
	while (n < rest->len && !ascii_space(rest->ptr[n]))
		n++;
	*ret = str_sub(*rest, 0, n);
	*rest = str_from(*rest, n);
	return n > 0;
}

int job_cron_parse(struct str text, struct job_cron *ret, struct error *e)
{
	uint64_t bits[5] = { 0 };
	struct str words[5], extra;

	text = str_trim(text);
	for (size_t i = 0; i < ARRAY_SIZE(nicknames); i++)
		if (str_ieq(text, nicknames[i].name))
			text = nicknames[i].text;
	struct str rest = text;
	size_t n = 0;

	while (n < 5 && next_word(&rest, &words[n]))
		n++;
	if (n < 5 || next_word(&rest, &extra))
		return error_field(e, "cron", "schedule.bad-cron",
				   "cron 表达式须有五个字段：分 时 日 月 星期",
				   "a cron expression has five fields: minute hour day month weekday");
	for (size_t i = 0; i < 5; i++)
		if (parse_field(&fields[i], words[i], &bits[i], e) < 0)
			return -1;
	*ret = (struct job_cron){
		.minutes = bits[0],
		.hours = (uint32_t)bits[1],
		.days = (uint32_t)bits[2],
		.months = (uint16_t)bits[3],
		.weekdays = (uint8_t)((bits[4] | bits[4] >> 7) & 0x7f),
		.any_day = words[2].ptr[0] == '*',
		.any_weekday = words[4].ptr[0] == '*',
		.every_hour = words[1].ptr[0] == '*',
	};
	return 0;
}

bool job_cron_day(const struct job_cron *c, const struct tz_date *d)
{
	bool day = c->days >> d->day & 1, weekday = c->weekdays >> d->weekday & 1;

	if (!(c->months >> d->month & 1))
		return false;
	return c->any_day || c->any_weekday ? day && weekday : day || weekday;
}
