/* What the scan met: addresses, software, ports, certificate, and every page. */
#include "base/check.h"
#include "base/limits.h"
#include "report/report_private.h"

static void fact(struct report_ctx *c, struct report_sink *s, const char *zh, const char *en,
		 struct str v)
{
	if (v.len)
		s->ops->fact(s, TS(c, zh, en), CELL_MONO(v));
}

static void write_technologies(struct report_ctx *c, struct report_sink *s, const json_t *list)
{
	static const struct report_column cols[] = { { "软件", "Software", 34, false },
						     { "版本", "Version", 22, false },
						     { "说明", "Note", 44, false } };
	size_t i;
	json_t *v;

	if (!json_array_size(list))
		return;
	s->ops->heading(s, 2, TS(c, "技术栈", "Technologies"), STR_NULL);
	s->ops->table_begin(s, cols, ARRAY_SIZE(cols));
	json_array_foreach(list, i, v) {
		const struct report_cell cells[] = { CELL(json_get_str(v, "name")),
						     CELL(report_or_dash(json_get_str(v, "version"))),
						     CELL(report_or_dash(report_text(c, v, "note"))) };
		s->ops->row(s, cells, ARRAY_SIZE(cells));
	}
	s->ops->table_end(s);
}

static void write_ports(struct report_ctx *c, struct report_sink *s, const json_t *list)
{
	static const struct report_column cols[] = { { "端口", "Port", 16, true },
						     { "服务", "Service", 30, false },
						     { "状态", "State", 18, false },
						     { "说明", "Note", 36, false } };
	size_t i;
	json_t *v;

	if (!json_array_size(list))
		return;
	s->ops->heading(s, 2, TS(c, "端口与服务", "Ports and services"), STR_NULL);
	s->ops->table_begin(s, cols, ARRAY_SIZE(cols));
	json_array_foreach(list, i, v) {
		const struct report_cell cells[] = {
			CELL_NUM(report_printf(c, "%lld", (long long)json_get_int(v, "port", 0))),
			CELL(report_or_dash(json_get_str(v, "service"))),
			CELL(report_or_dash(json_get_str(v, "state"))),
			CELL(report_or_dash(report_text(c, v, "note"))),
		};
		s->ops->row(s, cells, ARRAY_SIZE(cells));
	}
	s->ops->table_end(s);
}

/* What the scan left on the site, so that it can be taken away. */
static void write_left(struct report_ctx *c, struct report_sink *s)
{
	static const struct report_column cols[] = { { "提交的地址", "Submitted to", 34, false },
						     { "参数", "Parameter", 14, false },
						     { "留下了什么", "What is left", 52, false } };
	size_t n = 0;

	for (size_t i = 0; i < c->open_len; i++) {
		const struct report_finding *f = c->open[i];
		if (!report_left_behind(f))
			continue;
		if (n++ == 0) {
			s->ops->heading(s, 2, TS(c, "扫描遗留（请清理）", "Left by the scan (to clean up)"), STR_NULL);
			s->ops->table_begin(s, cols, ARRAY_SIZE(cols));
		}
		report_scratch_begin(c);
		const struct report_cell cells[] = {
			CELL(report_printf(c, "%.*s %.*s", STR_ARG(json_get_str(f->json, "method")), STR_ARG(f->url))),
			CELL(report_or_dash(f->parameter)),
			CELL(report_or_dash(finding_detail(c, f))),
		};
		s->ops->row(s, cells, ARRAY_SIZE(cells));
		report_scratch_end(c);
	}
	if (n)
		s->ops->table_end(s);
}

static void write_pages(struct report_ctx *c, struct report_sink *s)
{
	static const struct report_column cols[] = { { "方法", "Method", 10, false },
						     { "页面", "Page", 56, false },
						     { "状态码", "Status", 10, true },
						     { "标题", "Title", 24, false } };
	const json_t *list = json_object_get(c->model, "pages");
	size_t n = json_array_size(list);

	s->ops->heading(s, 2, report_printf(c, "%s (%zu)", T(c, "页面清单", "Pages"), n), STR_NULL);
	if (!n) {
		report_missing(c, s, "未提供页面清单。", "The list of pages was not provided.");
		return;
	}
	s->ops->table_begin(s, cols, ARRAY_SIZE(cols));
	for (size_t i = 0; i < n && i < LIMIT_REPORT_PAGES; i++) {
		const json_t *v = json_array_get(list, i);

		report_scratch_begin(c);
		const struct report_cell cells[] = {
			CELL(json_get_str(v, "method")),
			CELL_MONO(json_get_str(v, "url")),
			CELL_NUM(report_printf(c, "%lld", (long long)json_get_int(v, "status", 0))),
			CELL(json_get_str(v, "title")),
		};
		s->ops->row(s, cells, ARRAY_SIZE(cells));
		report_scratch_end(c);
	}
	s->ops->table_end(s);
	if (n > LIMIT_REPORT_PAGES)
		s->ops->para(s, PARA_NOTE,
			     report_printf(c, T(c, "另有 %zu 个页面未列出，完整清单见 JSON 格式的报告。",
						"%zu more pages are not listed here; the JSON report has all."),
					   n - LIMIT_REPORT_PAGES));
}

static void write_assets(struct report_ctx *c, struct report_sink *s)
{
	const json_t *a = json_object_get(c->model, "assets");
	const json_t *cert = json_object_get(a, "certificate");

	s->ops->facts_begin(s);
	fact(c, s, "网站", "Website", report_target(c));
	fact(c, s, "地址", "Addresses", report_join(c, json_object_get(a, "addresses"), "\n"));
	fact(c, s, "服务器", "Server", json_get_str(a, "server"));
	fact(c, s, "操作系统", "Operating system", json_get_str(a, "os"));
	if (json_is_object(cert)) {
		fact(c, s, "证书主体", "Certificate subject", json_get_str(cert, "subject"));
		fact(c, s, "证书颁发者", "Certificate issuer", json_get_str(cert, "issuer"));
		fact(c, s, "证书有效期至", "Certificate valid until",
		     report_time(c, json_get_str(cert, "not_after")));
		fact(c, s, "协议版本", "Protocols",
		     report_join(c, json_object_get(cert, "protocols"), ", "));
	}
	s->ops->facts_end(s);
	write_technologies(c, s, json_object_get(a, "technologies"));
	write_ports(c, s, json_object_get(a, "ports"));
	write_left(c, s);
	write_pages(c, s);
	report_pictures(c, s, STR(""));
}

const struct report_section section_assets = { "assets", "资产与页面清单", "Assets and pages",
					       write_assets };
