/* A schedule in words: "每周日 00:00", "Every Sunday 00:00". */
#include "job/schedule_private.h"

static const char *const days_zh[] = { "日", "一", "二", "三", "四", "五", "六" };
static const char *const days_en[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
				       "Thursday", "Friday", "Saturday" };
static const char *const short_en[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

static void head(const struct job_schedule *s, bool en, struct buf *out)
{
	int h = s->minute / 60, m = s->minute % 60;

	switch (s->kind) {
	case JOB_DAILY:
		buf_printf(out, en ? "Every day %02d:%02d" : "每天 %02d:%02d", h, m);
		break;
	case JOB_WEEKLY:
		if (en)
			buf_printf(out, "Every %s %02d:%02d", days_en[s->weekday], h, m);
		else
			buf_printf(out, "每周%s %02d:%02d", days_zh[s->weekday], h, m);
		break;
	case JOB_MONTHLY:
		if (en)
			buf_printf(out, "Monthly on day %d %02d:%02d", s->day, h, m);
		else
			buf_printf(out, "每月 %d 日 %02d:%02d", s->day, h, m);
		break;
	case JOB_CRON:
		buf_printf(out, en ? "Cron %s" : "按 cron：%s", s->cron_text);
		break;
	}
}

static void window(const struct job_window *w, bool en, struct buf *out)
{
	const char *sep = "";

	if (w->days != 0x7f) {
		buf_c(out, en ? "" : "周");
		for (int d = 0; d < 7; d++)
			if (w->days >> d & 1) {
				buf_c(out, sep);
				buf_c(out, en ? short_en[d] : days_zh[d]);
				sep = en ? "/" : "、";
			}
		buf_char(out, ' ');
	}
	buf_printf(out, "%02d:%02d–", w->from / 60, w->from % 60);
	if (w->to)
		buf_printf(out, "%02d:%02d", w->to / 60, w->to % 60);
	else
		buf_c(out, "24:00");
}

void job_schedule_text(const struct job_schedule *s, bool english, struct buf *out)
{
	head(s, english, out);
	for (size_t i = 0; i < s->windows.n; i++) {
		if (english)
			buf_c(out, i ? ", " : ", only ");
		else
			buf_c(out, i ? "、" : "，仅限 ");
		window(&s->windows.w[i], english, out);
	}
	if (str_eq(str_c(s->timezone), STR("Asia/Shanghai")))
		return;
	buf_printf(out, english ? " (%s)" : "（%s）", s->timezone);
}
