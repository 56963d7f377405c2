/* The table of formats and the door of the room. */
#include "report/report.h"

#include "base/clock.h"
#include "report/report_private.h"

const struct report_format *const report_formats[] = {
	&report_format_html, &report_format_pdf, &report_format_docx, &report_format_json,
	&report_format_sarif, &report_format_model, NULL,
};

const struct report_format *report_format_find(struct str name)
{
	for (size_t i = 0; report_formats[i]; i++) {
		if (str_eq(name, str_c(report_formats[i]->name)))
			return report_formats[i];
	}
	return NULL;
}

int report_render_with(const struct report_format *f, const json_t *model,
		       const struct report_options *o, struct buf *out, struct error *e)
{
	if (!json_is_object(model))
		return error_set(e, "report.bad-model", "报告数据必须是一个 JSON 对象",
				 "the report's data must be a JSON object");
	return f->render(model, o, out, e);
}

int report_render(const struct report_format *f, const json_t *model, enum lang lang,
		  struct buf *out, struct error *e)
{
	const struct report_options o = { .lang = lang };

	return report_render_with(f, model, &o, out, e);
}

/* The host of a URL, with everything odd as a dash. */
static void add_host(struct buf *out, struct str url)
{
	ssize_t at = str_find(url, STR("://"));
	struct str host = at >= 0 ? str_from(url, (size_t)at + 3) : url;
	size_t n = 0;

	while (n < host.len && n < 80 && !strchr("/?#", host.ptr[n]))
		n++;
	for (size_t i = 0; i < n; i++)
		buf_char(out, ascii_alnum(host.ptr[i]) || (host.ptr[i] == '.' && i) ? host.ptr[i] : '-');
	if (!n)
		buf_c(out, "zhanwei-report");
}

void report_file_name(const struct report_format *f, const json_t *model, struct buf *out)
{
	struct str t = json_get_str(model, "finished");
	int64_t ms;

	add_host(out, json_get_str(model, "target"));
	if (clock_parse_rfc3339(t, &ms) == 0) {
		time_t s = (time_t)((ms + json_get_int(model, "utc_offset_minutes", 480) * 60000) / 1000);
		struct tm tm;
		char text[32];

		gmtime_r(&s, &tm);
		strftime(text, sizeof(text), "-%Y%m%d-%H%M", &tm);
		buf_c(out, text);
	}
	buf_printf(out, ".%s", f->extension);
}
