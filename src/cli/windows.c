/* Hours of a scan from the command line, over the windows that schedules use. */
#include "cli/windows.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"

static int bad(struct str item, struct error *e)
{
	return error_field(e, "window", "cli.bad-window", "时间段“%.*s”应写成“22:00-06:00”或“1-5 22:00-06:00”（0 为周日）。",
			   "Window \"%.*s\" must be \"22:00-06:00\" or \"1-5 22:00-06:00\" (0: Sunday).", STR_ARG(item));
}

/* "1-5", "0,6", "1-3,5" */
static int take_days(struct str text, json_t *days)
{
	struct str part;
	while (str_split(&text, ',', &part)) {
		ssize_t dash = str_chr(part, '-');
		int64_t from, to;
		if (str_to_i64(dash < 0 ? part : str_sub(part, 0, (size_t)dash), &from) < 0 ||
		    str_to_i64(dash < 0 ? part : str_from(part, (size_t)dash + 1), &to) < 0 || from < 0 || to > 7 || from > to)
			return -1;
		for (int64_t d = from; d <= to; d++)
			json_array_append_new(days, json_integer(d % 7));
	}
	return 0;
}

static int take_one(struct str item, json_t *list)
{
	struct str text = str_trim(item);
	ssize_t blank = str_rchr(text, ' ');
	struct str hours = str_from(text, blank < 0 ? 0 : (size_t)blank + 1);
	ssize_t dash = str_chr(hours, '-');
	json_t *w = json_object(), *days = json_array();
	json_array_append_new(list, w);
	json_put(w, "days", days);
	if (dash < 0 || (blank >= 0 && take_days(str_trim(str_sub(text, 0, (size_t)blank)), days) < 0))
		return -1;
	json_put(w, "from", json_str(str_sub(hours, 0, (size_t)dash)));
	json_put(w, "to", json_str(str_from(hours, (size_t)dash + 1)));
	return 0;
}

int cli_windows_parse(const struct cli_list *items, struct str zone, struct cli_windows *ret, struct error *e)
{
	_cleanup_json_ json_t *o = json_object();
	json_t *list = json_array();
	*ret = (struct cli_windows){ .open = true };
	json_put(o, "windows", list);
	if (zone.len)
		json_put(o, "timezone", json_str(zone));
	for (size_t i = 0; i < items->len; i++)
		if (take_one(items->ptr[i], list) < 0)
			return bad(items->ptr[i], e);
	return items->len || zone.len ? job_windows_parse(o, &ret->w, e) : 0;
}

bool cli_windows_open(struct cli_windows *w)
{
	int64_t now = clock_wall_ms(&clock_system);
	if (w->w.n && (now - w->looked_ms >= 1000 || now < w->looked_ms)) {
		w->looked_ms = now;
		w->open = job_windows_open(&w->w, now);
	}
	return !w->w.n || w->open;
}

bool cli_windows_wait(struct cli_windows *w, const volatile sig_atomic_t *stop)
{
	if (cli_windows_open(w))
		return true;
	int64_t next = job_windows_next_open(&w->w, clock_wall_ms(&clock_system));
	if (next == INT64_MAX)
		return false;
	_cleanup_json_ json_t *at = json_time(next);
	fprintf(stderr, "不在允许的时段内，等到 %s（UTC）继续。\nOutside the allowed hours; going on at %s (UTC).\n",
		json_string_value(at), json_string_value(at));
	while (!*stop && !cli_windows_open(w))
		clock_system.sleep_ms(&clock_system, 500);
	return !*stop;
}
