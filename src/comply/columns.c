/* The table of what people write in the head line of a term file, and in its cells: canonical names
 * beside Chinese and other English ones, so that a file from a spreadsheet needs no editing. */
#include "base/check.h"
#include "base/clock.h"
#include "comply/comply.h"

struct word {
	const char *name, *said; /* said: '|' between */
};

static const struct word columns[] = {
	{ "term", "词语|词条|词|敏感词|违禁词|关键词|word|keyword" },
	{ "label", "标签|分类|类别|category|leaf" },
	{ "kind", "类型|type" },
	{ "level", "级别|动作|处置|处理|action" },
	{ "match", "匹配方式|匹配" },
	{ "context", "条件|conditions" },
	{ "reason", "原因|理由" },
	{ "article", "依据|法律依据|basis" },
	{ "advice", "建议|suggestion" },
	{ "replacement", "替换|替换词|替换为|replace" },
	{ "until", "到期|到期时间|到期日|有效期至|expires|expiry|expire" },
	{ "note", "备注|说明|remark|remarks|comment" },
	{ "id", "编号" },
};

static const struct {
	const char *column;
	struct word value;
} cells[] = {
	{ "kind", { "deny", "拦截|禁用|黑名单|block" } },
	{ "kind", { "allow", "放行|允许|白名单|pass" } },
	{ "level", { "block", "拦截|禁止|block|deny" } },
	{ "level", { "review", "复核|人工复核|送审|审核" } },
	{ "level", { "weak", "线索|提示" } },
	{ "level", { "allow", "放行|允许|通过|pass" } },
};

static bool said(const struct word *w, struct str s)
{
	struct str rest = str_c(w->said), one;

	if (str_ieq(s, str_c(w->name)))
		return true;
	while (str_split(&rest, '|', &one))
		if (str_ieq(s, one))
			return true;
	return false;
}

const char *comply_column(struct str name)
{
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (said(&columns[i], name))
			return columns[i].name;
	return NULL;
}

struct str comply_cell(const char *column, struct str s)
{
	if (s.len >= 2 && s.ptr[0] == '\'' && strchr("=+-@#", s.ptr[1]))
		s = str_from(s, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
		if (column && strcmp(cells[i].column, column) == 0 && said(&cells[i].value, s))
			return str_c(cells[i].value.name);
	return s;
}

/* ---- when an entry ends ---- */

/* Up to six numbers of a written date; what stands between must be one of the usual marks. */
static size_t numbers(struct str s, int64_t out[6])
{
	static const struct str marks[] = { STR_INIT("-"), STR_INIT("/"), STR_INIT("."), STR_INIT(":"), STR_INIT("年"),
					    STR_INIT("月"), STR_INIT("日"), STR_INIT(" ") };
	size_t n = 0, at = 0;

	while (at < s.len) {
		size_t from = at, mark = 0;

		while (at < s.len && ascii_digit(s.ptr[at]))
			at++;
		if (at == from || at - from > 4 || n == 6 || str_to_i64(str_sub(s, from, at), &out[n++]) < 0)
			return 0;
		while (at < s.len && !ascii_digit(s.ptr[at])) {
			for (mark = 0; mark < ARRAY_SIZE(marks) && !str_starts(str_from(s, at), marks[mark]); mark++)
				;
			if (mark == ARRAY_SIZE(marks))
				return 0;
			at += marks[mark].len;
		}
	}
	return n;
}

int comply_until(struct str s, int64_t *ret_ms, bool *ret_local)
{
	static const int64_t most[6] = { 9999, 12, 31, 23, 59, 59 };
	int64_t v[6] = { 0 }, ms;
	size_t n;

	s = str_trim(s);
	if (clock_parse_rfc3339(s, &ms) == 0 || (s.len > 8 && str_to_i64(s, &ms) == 0)) {
		*ret_ms = ms;
		*ret_local = false;
		return 0;
	}
	n = numbers(s, v);
	if (n < 3 || n == 4 || v[0] < 1970 || !v[1] || !v[2])
		return -1;
	for (size_t i = 0; i < n; i++)
		if (v[i] > most[i])
			return -1;
	ms = clock_days_from_civil(v[0], (int)v[1], (int)v[2]) * 86400;
	/* A day alone is still in force: until its last second. */
	ms += n == 3 ? 86399 : v[3] * 3600 + v[4] * 60 + v[5];
	*ret_ms = ms * 1000;
	*ret_local = true;
	return 0;
}
