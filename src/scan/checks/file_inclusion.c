/* Active: a parameter names what is included or fetched and run, also from elsewhere
 * (CWE-98). PHP's data: wrapper brings the text along; a listener of ours (oob.h) shows that
 * it is fetched. Proof of running is a product written backwards. */
#include "scan/checks/active_private.h"
#include "base/encode.h"
#include "base/limits.h"
#include "scan/diff.h"

/* base64 of a small program that prints; without characters that a URL would need to escape. */
static struct str wrapped(struct probe *p, const char *wrapper, struct str *want)
{
	_cleanup_buf_ struct buf code = BUF_INIT(1024), out = BUF_INIT(4096);
	struct active_sum s = active_numbers(p);
	buf_printf(&code, "<?php echo '%.*s'.(%.*s*%.*s).'%.*s';?>", STR_ARG(s.left), STR_ARG(s.a), STR_ARG(s.b),
		   STR_ARG(s.right));
	while (code.len % 3)
		buf_char(&code, ' ');
	buf_c(&out, wrapper);
	encode_base64(&out, buf_view(&code));
	*want = probe_printf(p, "%.*s%.*s%.*s", STR_ARG(s.left), STR_ARG(s.product), STR_ARG(s.right));
	return arena_str(probe_arena(p), buf_view(&out));
}

static struct str fire(struct probe *p, const char *wrapper, const struct scan_exchange **ret)
{
	struct str want, sent = wrapped(p, wrapper, &want);
	return probe_value(p, sent, ret) < 0 ? STR_NULL : active_find(*ret, want);
}

static void probe_inclusion(struct probe *p, const struct scan_point *pt)
{
	static const char *const wrappers[] = { "data:text/plain;base64,", "data://text/plain;base64,", "DaTa:;base64," };
	const struct scan_exchange *x, *again;
	bool deep = probe_mode(p) == SCAN_DEEP;
	struct diff_side base = diff_base(pt);
	if (probe_reported(p) || (pt->where == WHERE_HEADER && !active_own_header(pt)) || active_plain_number(pt->value) || pt->value.len > 200)
		return;
	if (!deep && (probe_sqli_found(p) || !diff_depends(p, &base)))
		return;
	for (size_t i = 0; i < (deep ? ARRAY_SIZE(wrappers) : 1); i++) {
		struct str proof = fire(p, wrappers[i], &x);
		if (!proof.ptr || !fire(p, wrappers[i], &again).ptr)
			continue;
		probe_report(p, &(struct scan_report){
					.exchange = x,
					.proof = proof,
					.confidence_set = true,
					.confidence = CONFIDENCE_CERTAIN,
					.detail_zh = STR("参数经 data: 地址带来的程序被包含并执行：响应里出现了随机数之积。"),
					.detail_en = STR("Program text brought along in a data: address was included and run: the answer holds "
							 "the product of random numbers."),
				});
		return;
	}
}

const struct scan_check check_file_inclusion = {
	.id = "file-inclusion",
	.title_zh = "远程文件包含",
	.title_en = "Remote file inclusion",
	.severity = SEVERITY_CRITICAL,
	.cwe = 98,
	.owasp = "A03:2021",
	.modes = SCAN_STANDARD_UP,
	.place = PLACE_POINT,
	.on_point = probe_inclusion,
};
