/* Active: input reaches a shell (CWE-78). The shell is asked to print the sum of two
 * random numbers between two random words; the request never contains the sum, so a
 * page that merely repeats its input cannot pass. A second run with fresh numbers
 * makes it certain. */
#include "scan/checks/active_private.h"

/* %1 and %2 are numbers, a and b words. `pre` ends the command before it. */
static const char *const forms[] = {
	";%s;",   "|%s",      "&&%s&&", "`%s`",     "$(%s)", "\n%s\n",
	"';%s;'", "\";%s;\"", "'|%s|'", "\"|%s|\"", "&%s&",  "||%s||",
};
#define STANDARD_FORMS 8

struct shot {
	struct str command, answer;
};

static struct shot make_shot(struct probe *p, bool windows)
{
	struct str a = probe_word(p, 5), b = probe_word(p, 5);
	uint32_t x = probe_number(p, 10000, 40000), y = probe_number(p, 10000, 40000);
	struct shot s;

	if (windows)
		s.command = probe_printf(p, "cmd /v /c \"set /a z=%u+%u>nul&echo %.*s!z!%.*s\"", x,
					 y, STR_ARG(a), STR_ARG(b));
	else
		s.command = probe_printf(p, "echo %.*s$((%u+%u))%.*s", STR_ARG(a), x, y,
					 STR_ARG(b));
	s.answer = probe_printf(p, "%.*s%u%.*s", STR_ARG(a), x + y, STR_ARG(b));
	return s;
}

static struct str fill(struct probe *p, const char *form, struct str command)
{
	struct str f = str_c(form);
	ssize_t at = str_find(f, STR("%s"));

	return probe_printf(p, "%.*s%.*s%.*s", STR_ARG(str_sub(f, 0, (size_t)at)), STR_ARG(command),
			    STR_ARG(str_from(f, (size_t)at + 2)));
}

/* The answer's place in the page, .ptr NULL when it is not there. */
static struct str fire(struct probe *p, const char *form, bool windows,
		       const struct scan_exchange **ret)
{
	struct shot s = make_shot(p, windows);

	if (probe_append(p, fill(p, form, s.command), ret) < 0)
		return STR_NULL;
	struct str t = active_content(*ret);
	ssize_t at = str_find(t, s.answer);

	return at < 0 ? STR_NULL : str_sub(t, (size_t)at, (size_t)at + s.answer.len);
}

static bool try_form(struct probe *p, const char *form, bool windows)
{
	const struct scan_exchange *x, *again;
	struct str proof = fire(p, form, windows, &x);

	if (!proof.ptr)
		return false;
	bool sure = fire(p, form, windows, &again).ptr != NULL;

	probe_report(p, &(struct scan_report){ .exchange = x,
					       .proof = proof,
					       .confidence_set = true,
					       .confidence = sure ? CONFIDENCE_CERTAIN
								  : CONFIDENCE_FIRM });
	return true;
}

static void probe_shell(struct probe *p, const struct scan_point *pt)
{
	bool deep = probe_mode(p) == SCAN_DEEP;
	size_t n = deep ? ARRAY_SIZE(forms) : STANDARD_FORMS;

	if (pt->where == WHERE_HEADER && !deep)
		return;
	for (size_t i = 0; i < n && !probe_reported(p); i++)
		if (try_form(p, forms[i], false))
			return;
	if (!deep || probe_reported(p))
		return;
	if (!try_form(p, "&%s&", true))
		try_form(p, "\"&%s&\"", true);
}

const struct scan_check check_command_injection = {
	.id = "command-injection",
	.title_zh = "操作系统命令注入",
	.title_en = "OS command injection",
	.severity = SEVERITY_CRITICAL,
	.cwe = 78,
	.owasp = "A03:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_POINT,
	.on_point = probe_shell,
};
