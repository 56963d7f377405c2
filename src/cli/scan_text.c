/* Plain text, Chinese first: counts, then one block per finding. */
#include "cli/scan_text.h"

#include "scan/severity.h"

static const char *colour_of(enum severity s, bool on)
{
	static const char *const codes[SEVERITY_COUNT] = { "\033[36m", "\033[34m", "\033[33m", "\033[31m", "\033[1;31m" };
	return on ? codes[s] : "";
}

/* Foreign text must not steer the terminal. */
static void add_safe(struct buf *b, struct str s, size_t max)
{
	for (size_t i = 0; i < s.len && i < max; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		buf_char(b, c < 0x20 || c == 0x7f ? ' ' : (char)c);
	}
	if (s.len > max)
		buf_c(b, "…");
}

static void add_finding(struct buf *b, const json_t *f, bool colour)
{
	enum severity s = SEVERITY_INFO;
	severity_parse(json_get_str(f, "severity"), &s);
	const char *off = colour ? "\033[0m" : "";
	struct str parameter = json_get_str(f, "parameter");
	struct str proof = json_get_str(json_object_get(f, "evidence"), "proof");
	int64_t more = json_get_int(f, "instances", 1);
	enum confidence c = CONFIDENCE_FIRM;
	confidence_parse(json_get_str(f, "confidence"), &c);
	buf_printf(b, "\n%s[%s]%s %.*s  (%.*s, %s)\n", colour_of(s, colour), severity_zh(s), off,
		   STR_ARG(json_get_str(f, "title")), STR_ARG(json_get_str(f, "check")), confidence_zh(c));
	buf_printf(b, "    %.*s ", STR_ARG(json_get_str(f, "method")));
	add_safe(b, json_get_str(f, "url"), 300);
	if (parameter.len) {
		buf_c(b, "\n    参数 parameter: ");
		add_safe(b, parameter, 100);
	}
	if (proof.len) {
		buf_c(b, "\n    证据 proof: ");
		add_safe(b, proof, 160);
	}
	if (more > 1)
		buf_printf(b, "\n    同类位置共 %lld 处 / %lld places like this", (long long)more, (long long)more);
	struct str advice = json_get_str(f, "advice");
	ssize_t nl = str_chr(advice, '\n');
	if (advice.len) {
		buf_c(b, "\n    修复 fix: ");
		add_safe(b, nl < 0 ? advice : str_sub(advice, 0, (size_t)nl), 300);
	}
	buf_char(b, '\n');
}

void scan_text_techs(struct buf *b, const json_t *list)
{
	const json_t *t;
	size_t i;
	if (json_array_size(list))
		buf_printf(b, "技术栈 technologies: %zu\n", json_array_size(list));
	json_array_foreach(list, i, t) {
		struct str version = json_get_str(t, "version");
		buf_c(b, "    ");
		add_safe(b, json_get_str(t, "name"), 60);
		buf_printf(b, "%s%.*s  %.*s", version.len ? " " : "", STR_ARG(version), STR_ARG(json_get_str(t, "note")));
		if (json_get_int(t, "confidence", 100) < 100)
			buf_printf(b, "  (%lld%%)", (long long)json_get_int(t, "confidence", 100));
		buf_char(b, '\n');
	}
}

void scan_text_write(struct buf *b, const json_t *m, bool colour)
{
	const json_t *counts = json_object_get(m, "counts"), *stats = json_object_get(m, "stats");
	const json_t *score = json_object_get(m, "score");
	const json_t *f;
	size_t i;
	buf_printf(b, "站卫 Zhanwei  %.*s\n", STR_ARG(json_get_str(m, "target")));
	if (json_is_integer(score))
		buf_printf(b, "安全评分 score: %lld/100\n", (long long)json_integer_value(score));
	else
		buf_c(b, "安全评分 score: --（扫描未完成 / incomplete）\n");
	buf_printf(b, "紧急 %lld  高危 %lld  中危 %lld  低危 %lld  提示 %lld\n",
		   (long long)json_get_int(counts, "critical", 0), (long long)json_get_int(counts, "high", 0),
		   (long long)json_get_int(counts, "medium", 0), (long long)json_get_int(counts, "low", 0),
		   (long long)json_get_int(counts, "info", 0));
	buf_printf(b, "页面 %lld  请求 %lld  用时 %.1f 秒\n", (long long)json_get_int(stats, "pages", 0),
		   (long long)json_get_int(stats, "requests", 0), json_number_value(json_object_get(stats, "seconds")));
	if (json_get_int(stats, "unchanged", 0))
		buf_printf(b, "增量扫描：%lld 个页面未变化，未再探测 / pages unchanged and not probed again\n",
			   (long long)json_get_int(stats, "unchanged", 0));
	scan_text_techs(b, json_object_get(json_object_get(m, "assets"), "technologies"));
	json_array_foreach(json_object_get(m, "findings"), i, f)
		add_finding(b, f, colour);
}
