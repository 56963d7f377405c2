/* Parser of log-in scripts. Words are separated by blanks; quotes keep blanks, a backslash
 * keeps a quote; "#" at the start of a line begins a comment. Errors name the line and say
 * what the verb wants. */
#include "scan/login_script.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/vec.h"

#define LOGIN_WORDS 4
#define LOGIN_MAX_WAIT_MS 30000

static const struct verb {
	const char *name;
	enum login_verb verb;
	unsigned least, most; /* words behind it */
	const char *usage;
} verbs[] = {
	{ "goto", LOGIN_GOTO, 1, 1, "goto /login" },
	{ "fill", LOGIN_FILL, 2, 2, "fill #user ${user}" },
	{ "click", LOGIN_CLICK, 1, 1, "click \"text=登录\"" },
	{ "enter", LOGIN_ENTER, 1, 1, "enter #password" },
	{ "choose", LOGIN_SELECT, 2, 2, "choose #branch 2" },
	{ "check", LOGIN_CHECK, 1, 1, "check #agree" },
	{ "wait", LOGIN_WAIT, 1, 1, "wait 500 | wait #menu" },
	{ "expect", LOGIN_EXPECT, 2, 2, "expect text|url|title|element|status VALUE" },
	{ "expect-not", LOGIN_EXPECT_NOT, 2, 2, "expect-not text|url|title|element|status VALUE" },
	{ "header", LOGIN_HEADER, 2, 2, "header Authorization \"Bearer …\"" },
	{ "cookie", LOGIN_COOKIE, 2, 2, "cookie token VALUE" },
};

const char *login_verb_name(enum login_verb v)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (verbs[i].verb == v)
			return verbs[i].name;
	return "";
}

static int bad(struct error *e, unsigned line, const char *zh, const char *en, struct str word)
{
	error_field(e, "script", "login.bad-script", "登录脚本第 %u 行：%s%.*s", "%u%s%.*s", line, zh, STR_ARG(word));
	if (e)
		snprintf(e->en, sizeof(e->en), "Line %u of the log-in script: %s%.*s", line, en, STR_ARG(word));
	return -1;
}

/* Words of one line; -1 when a quote stays open, LOGIN_WORDS + 1 when there are too many. */
static int split_words(struct arena *a, struct str line, struct str words[LOGIN_WORDS])
{
	int n = 0;
	for (size_t i = 0; i < line.len;) {
		struct buf b;
		if (ascii_space(line.ptr[i])) {
			i++;
			continue;
		}
		if (n == LOGIN_WORDS)
			return LOGIN_WORDS + 1;
		buf_init(&b, LIMIT_LOGIN_SCRIPT);
		char quote = 0;
		for (; i < line.len && (quote || !ascii_space(line.ptr[i])); i++) {
			char c = line.ptr[i];
			if (c == '\\' && quote && i + 1 < line.len)
				buf_char(&b, line.ptr[++i]);
			else if (!quote && b.len == 0 && (c == '"' || c == '\''))
				quote = c;
			else if (quote && c == quote) {
				quote = 0;
				i++;
				break;
			} else
				buf_char(&b, c);
		}
		words[n++] = arena_str(a, buf_view(&b));
		buf_free(&b);
		if (quote)
			return -1;
	}
	return n;
}

static bool known_expectation(struct str what)
{
	static const char *const list[] = { "text", "url", "title", "element", "status" };
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		if (str_eq(what, str_c(list[i])))
			return true;
	return false;
}

static int take_arguments(struct login_step *s, const struct verb *v, const struct str *w, size_t n, struct error *e)
{
	uint64_t number;
	s->verb = v->verb;
	s->a = n > 1 ? w[1] : STR("");
	s->b = n > 2 ? w[2] : STR("");
	if (v->verb == LOGIN_WAIT) {
		struct str t = str_iends(s->a, STR("ms")) ? str_sub(s->a, 0, s->a.len - 2) : s->a;
		if (str_to_u64(t, &number) == 0) {
			if (number > LOGIN_MAX_WAIT_MS)
				return bad(e, s->line, "最多等待 30000 毫秒：", "waits at most 30000 milliseconds: ", s->a);
			s->ms = (unsigned)number;
		}
	}
	if (v->verb == LOGIN_EXPECT || v->verb == LOGIN_EXPECT_NOT) {
		s->what = s->a;
		if (!known_expectation(s->what))
			return bad(e, s->line, "应写成 ", "should be ", str_c(v->usage));
	}
	if (v->verb == LOGIN_GOTO && str_find(s->a, STR("://")) >= 0 && !str_istarts(s->a, STR("http://")) &&
	    !str_istarts(s->a, STR("https://")))
		return bad(e, s->line, "只能打开 http 或 https 地址：", "opens only http or https addresses: ", s->a);
	return 0;
}

static int take_line(struct arena *a, struct str line, struct login_step *s, struct error *e)
{
	struct str w[LOGIN_WORDS];
	int n = split_words(a, line, w);
	if (n < 0)
		return bad(e, s->line, "引号没有结束", "a quote is not closed", STR(""));
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		const struct verb *v = &verbs[i];
		if (!str_eq(w[0], str_c(v->name)))
			continue;
		if (n < (int)v->least + 1 || n > (int)v->most + 1)
			return bad(e, s->line, "应写成 ", "should be ", str_c(v->usage));
		return take_arguments(s, v, w, (size_t)n, e);
	}
	return bad(e, s->line, "没有这个命令（可用 goto fill click enter choose check wait expect expect-not header cookie）：",
		   "no such verb (there are goto fill click enter choose check wait expect expect-not header cookie): ", w[0]);
}

/* ---- recordings of Chromium's Recorder panel ---- */

/* The first selector that is plain CSS; else one by words. */
static struct str selector_of(struct arena *a, const json_t *step)
{
	const json_t *list = json_object_get(step, "selectors");
	struct str words = STR("");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i), *v = json_is_array(one) ? json_array_get(one, 0) : one;
		struct str s = str_make(json_string_value(v), v ? json_string_length(v) : 0);
		if (str_starts(s, STR("aria/"))) {
			ssize_t end = str_chr(s, '[');
			words = arena_printf(a, "text=%.*s", STR_ARG(str_sub(s, 5, end > 5 ? (size_t)end : s.len)));
		} else if (str_starts(s, STR("text/"))) {
			words = arena_printf(a, "text=%.*s", STR_ARG(str_from(s, 5)));
		} else if (s.len && !str_starts(s, STR("xpath/")) && !str_starts(s, STR("pierce/"))) {
			return arena_str(a, s);
		}
	}
	return words;
}

static bool recorded_step(struct arena *a, const json_t *v, struct login_step *s)
{
	struct str type = json_get_str(v, "type");
	s->a = selector_of(a, v);
	if (str_eq(type, STR("navigate"))) {
		s->verb = LOGIN_GOTO;
		s->a = arena_str(a, json_get_str(v, "url"));
	} else if (str_eq(type, STR("change"))) {
		s->verb = LOGIN_FILL;
		s->b = arena_str(a, json_get_str(v, "value"));
	} else if (str_eq(type, STR("click")) || str_eq(type, STR("doubleClick"))) {
		s->verb = LOGIN_CLICK;
	} else if (str_eq(type, STR("waitForElement"))) {
		s->verb = LOGIN_WAIT;
	} else if (str_eq(type, STR("keyDown")) && str_eq(json_get_str(v, "key"), STR("Enter"))) {
		s->verb = LOGIN_ENTER;
		s->a = STR(":focus");
	} else {
		return false; /* sizes of windows, keys going up, mouse moves: nothing to do */
	}
	return s->a.len > 0;
}

static int parse_recording(struct arena *a, struct str text, struct login_step *list, size_t *n, struct error *e)
{
	_cleanup_json_ json_t *j = json_parse(text, e);
	const json_t *steps = json_object_get(j, "steps");
	if (!json_is_array(steps))
		return bad(e, 1, "不是 Chromium 录制器导出的 JSON", "not a JSON export of Chromium's Recorder", STR(""));
	for (size_t i = 0; i < json_array_size(steps) && *n < LIMIT_LOGIN_STEPS; i++) {
		struct login_step s = { .line = (unsigned)i + 1 };
		if (recorded_step(a, json_array_get(steps, i), &s))
			list[(*n)++] = s;
	}
	return 0;
}

int login_script_parse(struct arena *a, struct str text, const struct login_step **ret, size_t *ret_len, struct error *e)
{
	struct login_step *list = arena_array(a, LIMIT_LOGIN_STEPS, sizeof(*list));
	size_t n = 0;
	unsigned number = 0;
	struct str line, rest = str_trim(text);
	if (text.len > LIMIT_LOGIN_SCRIPT)
		return bad(e, 1, "脚本太长", "the script is too long", STR(""));
	if (str_starts(rest, STR("{"))) {
		if (parse_recording(a, rest, list, &n, e) < 0)
			return -1;
		rest = STR("");
	} else {
		rest = text;
	}
	while (str_split(&rest, '\n', &line)) {
		number++;
		line = str_trim(line);
		if (str_empty(line) || line.ptr[0] == '#')
			continue;
		if (n == LIMIT_LOGIN_STEPS)
			return bad(e, number, "步骤太多（最多 100）", "too many steps (at most 100)", STR(""));
		list[n] = (struct login_step){ .line = number };
		if (take_line(a, line, &list[n], e) < 0)
			return -1;
		n++;
	}
	if (n == 0)
		return bad(e, number ? number : 1, "脚本是空的", "the script is empty", STR(""));
	*ret = list;
	*ret_len = n;
	return 0;
}

struct str login_script_text(struct arena *a, struct str s, struct str user, struct str password)
{
	struct buf b;
	buf_init(&b, 128 * KIB);
	for (size_t i = 0; i < s.len;) {
		struct str rest = str_from(s, i);
		if (str_starts(rest, STR("${user}"))) {
			buf_str(&b, user);
			i += 7;
		} else if (str_starts(rest, STR("${password}"))) {
			buf_str(&b, password);
			i += 11;
		} else {
			buf_char(&b, s.ptr[i++]);
		}
	}
	struct str r = arena_str(a, buf_view(&b));
	buf_free(&b);
	return r;
}
