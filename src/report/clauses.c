/* Table of the clauses of GB/T 22239-2019 (level 3, general requirements) that a
 * website scan can say something about, and what it says: a hint for or against, or
 * that a person has to look. It never says that a clause, let alone the scheme, is
 * "passed": that is for an assessor (GB/T 28448-2019), who also wants to see that
 * fixes were tested and applied in time. */
#include "base/check.h"
#include "report/report_private.h"

#define CWES(...) ((const unsigned[]){ __VA_ARGS__, 0 })
#define IDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

const struct clause report_clauses[] = {
	{ "8.1.4.1", "身份鉴别", "Identification and authentication",
	  "弱口令与默认口令、明文登录、会话与 Cookie 属性",
	  "weak or default passwords, logins in plain text, session and cookie attributes",
	  CWES(287, 306, 307, 319, 384, 521, 522, 523, 613, 614, 798, 1004, 1275, 1391, 1392),
	  IDS("cookie-", "password-", "form-password", "basic-auth", "session-", "weak-password"), SEVERITY_LOW, true,
	  "口令复杂度与更换、登录失败处理、双因素鉴别须访谈并查看配置。",
	  "Password rules, lock-out and two-factor authentication need an interview and a look at the "
	  "configuration." },
	{ "8.1.4.2", "访问控制", "Access control",
	  "未授权访问、目录浏览、默认账户、跨域授权",
	  "unauthorised access, directory listings, default accounts, cross-origin grants",
	  CWES(22, 23, 36, 219, 264, 276, 284, 285, 288, 346, 352, 425, 530, 538, 548, 552, 639, 862, 863,
	       942),
	  IDS("cors-", "directory-listing", "path-traversal", "source-code-", "config-exposed",
	      "database-dump", "private-key", "secret-exposed", "backup-"),
	  SEVERITY_LOW, true,
	  "账户权限分配、默认账户清理、最小权限须人工核查。",
	  "Assignment of rights, removal of default accounts and least privilege need a person." },
	{ "8.1.4.3", "安全审计", "Security audit", "扫描不涉及被测系统的审计日志",
	  "the scan does not see the audit log of the system", NULL, NULL, SEVERITY_INFO, false,
	  "须访谈并查看审计范围、内容、保护与保存期限。",
	  "Scope, content, protection and retention of audit logs need an interview." },
	{ "8.1.4.4 b)", "入侵防范：关闭不需要的服务与高危端口", "Intrusion prevention: needless services and ports",
	  "多余的组件、调试接口、危险的 HTTP 方法、开放端口",
	  "needless components, debug interfaces, risky HTTP methods, open ports",
	  CWES(16, 215, 489, 650, 749, 1188), IDS("risky-", "method-", "methods-", "debug-", "phpinfo", "api-docs-"),
	  SEVERITY_LOW, true, "主机与网络侧的服务和端口须结合端口扫描与配置核查。",
	  "Services and ports of host and network need a port scan and a look at the configuration." },
	{ "8.1.4.4 c)", "入侵防范：管理终端限制", "Intrusion prevention: management access",
	  "从扫描位置能否访问管理后台", "whether management pages are reachable from where we scanned",
	  CWES(419, 749, 1125), IDS("admin-"), SEVERITY_INFO, false,
	  "须确认管理后台是否限定终端或网络地址。",
	  "Whether management is limited to certain terminals or addresses needs a person." },
	{ "8.1.4.4 d)", "入侵防范：输入有效性检验", "Intrusion prevention: validation of input",
	  "SQL 注入、跨站脚本、命令注入、文件包含、重定向等输入类漏洞",
	  "SQL injection, cross-site scripting, command injection, file inclusion, redirects",
	  CWES(20, 74, 77, 78, 79, 80, 87, 88, 89, 90, 91, 93, 94, 95, 96, 97, 98, 113, 116, 134, 434, 502,
	       564, 601, 611, 643, 644, 652, 917, 918, 943, 1236, 1321, 1336),
	  IDS("sqli", "xss", "command-", "crlf", "open-redirect", "ssti", "xxe", "ssrf"),
	  SEVERITY_LOW, true, "自动扫描不覆盖需要业务上下文的输入，须结合人工测试。",
	  "Inputs that need business context need tests by a person." },
	{ "8.1.4.4 e)", "入侵防范：已知漏洞发现与及时修补", "Intrusion prevention: known vulnerabilities and timely fixes",
	  "软件版本、已公开漏洞、上次问题的修复情况",
	  "software versions, published vulnerabilities, what became of earlier findings",
	  CWES(937, 1035, 1104, 1329, 1352, 1395), IDS("outdated-", "cve-", "eol-", "library-"),
	  SEVERITY_LOW, true, "须核查补丁测试与安装记录。",
	  "Records of tested and installed patches need a person." },
	{ "8.1.4.4 f)", "入侵防范：入侵检测与报警", "Intrusion prevention: detection and alarm",
	  "扫描不涉及入侵检测与报警", "the scan does not see intrusion detection", NULL, NULL,
	  SEVERITY_INFO, false, "须查看检测、报警策略及本次扫描期间的告警记录。",
	  "Look at detection and alarm, and at the alerts during this very scan." },
	{ "8.1.4.5", "恶意代码防范", "Malicious code", "网页木马、后门、恶意链接",
	  "trojans, web shells and malicious links in pages",
	  CWES(506, 507, 509, 511, 512), IDS("webshell", "malware", "trojan", "hidden-link", "script-poisoned"),
	  SEVERITY_LOW, false, "主机防恶意代码措施须人工核查。", "Measures on the hosts need a person." },
	{ "8.1.4.7 / 8.1.4.8", "数据完整性与保密性（传输）", "Integrity and confidentiality in transit",
	  "HTTPS、证书、协议与算法、HSTS、混合内容、子资源完整性",
	  "HTTPS, certificate, protocols and ciphers, HSTS, mixed content, subresource integrity",
	  CWES(295, 296, 297, 298, 310, 311, 319, 325, 326, 327, 328, 345, 353, 523, 524, 525, 614, 757),
	  IDS("tls-", "hsts-", "missing-hsts", "mixed-", "sri-", "form-insecure"), SEVERITY_LOW, true,
	  "存储数据的完整性与保密性须人工核查。", "Integrity and confidentiality of stored data need a person." },
	{ "8.1.4.9", "数据备份恢复", "Backup and recovery", "扫描不涉及备份",
	  "the scan does not see backups", NULL, NULL, SEVERITY_INFO, false,
	  "须查看备份结果与恢复演练记录。", "Look at backup results and records of restore drills." },
	{ "8.1.4.11", "个人信息保护", "Protection of personal information",
	  "页面和文件中暴露的身份证号、手机号、银行卡号等",
	  "identity numbers, phone numbers, bank cards shown in pages and files",
	  CWES(359), IDS("idcard-", "phone-", "bankcard-", "personal-"), SEVERITY_LOW, false, "收集范围、告知同意与使用授权须人工核查。",
	  "Scope of collection, consent and authorised use need a person." },
	{ "8.1.10.5", "漏洞和风险管理", "Management of vulnerabilities and risks",
	  "扫描、整改、复测的闭环记录", "the trail of scan, fix and retest", NULL, NULL, SEVERITY_INFO,
	  false, "须核查处置流程、评估记录与整改工单。",
	  "Procedure, assessments and tickets need a person." },
	{ "8.1.10.12 / 8.1.10.13", "安全事件处置与应急预案", "Incidents and emergency plans",
	  "扫描不涉及事件处置", "the scan does not see incident handling", NULL, NULL, SEVERITY_INFO, false,
	  "须查看事件记录、应急预案与演练记录。", "Look at incident records, plans and drills." },
};
const size_t report_clauses_count = ARRAY_SIZE(report_clauses);

bool clause_matches(const struct clause *cl, const struct report_finding *f)
{
	if (f->severity < cl->least)
		return false;
	for (size_t i = 0; cl->checks && cl->checks[i]; i++) {
		if (str_starts(f->check, str_c(cl->checks[i])))
			return true;
	}
	for (size_t i = 0; f->cwe && cl->cwes && cl->cwes[i]; i++) {
		if (cl->cwes[i] == f->cwe)
			return true;
	}
	return false;
}

/* Against: a finding that bears on it. For: a complete scan that could have found
 * something and did not. Everything else is for a person to judge. */
enum clause_state clause_state(const struct report_ctx *c, const struct clause *cl, size_t *ret_hits)
{
	size_t hits = 0;

	for (size_t i = 0; i < c->open_len; i++)
		hits += clause_matches(cl, c->open[i]);
	*ret_hits = hits;
	if (hits)
		return CLAUSE_BAD;
	if (!cl->scan_can_support || !c->complete || c->left_out)
		return CLAUSE_MANUAL;
	/* Nobody knows what a scan without a record of pages or requests has looked at. */
	if (!json_array_size(json_object_get(c->model, "pages")) &&
	    json_get_int(json_object_get(c->model, "stats"), "requests", 0) <= 0)
		return CLAUSE_MANUAL;
	return CLAUSE_GOOD;
}

static struct str evidence_words(struct report_ctx *c, const struct clause *cl, size_t hits)
{
	_cleanup_buf_ struct buf b = BUF_INIT(4096);
	size_t shown = 0;

	if (!hits)
		return TS(c, cl->looked_zh, cl->looked_en);
	buf_printf(&b, T(c, "发现 %zu 处：", "%zu findings: "), hits);
	for (size_t i = 0; i < c->open_len && shown < 8; i++) {
		if (!clause_matches(cl, c->open[i]))
			continue;
		buf_printf(&b, "%sF%04u", shown++ ? ", " : "", c->open[i]->number);
	}
	if (hits > shown)
		buf_c(&b, T(c, " 等", " and more"));
	buf_printf(&b, T(c, "（检查内容：%s）", " (looked at: %s)"), T(c, cl->looked_zh, cl->looked_en));
	return arena_str(c->arena, buf_view(&b));
}

static void write_clauses(struct report_ctx *c, struct report_sink *s)
{
	static const struct report_column cols[] = { { "条款", "Clause", 12, false },
						     { "要求", "Requirement", 20, false },
						     { "线索", "Hint", 14, false },
						     { "扫描所见", "What the scan saw", 29, false },
						     { "仍需人工核查", "For a person to check", 25, false } };
	static const char *const zh[] = { "需人工核查", "符合线索", "不符合线索" };
	static const char *const en[] = { "Needs a person", "Hint: conforms", "Hint: does not" };
	static const enum tone tones[] = { TONE_UNSURE, TONE_GOOD, TONE_BAD };

	s->ops->para(s, PARA_NORMAL,
		     TS(c,
			"下表把扫描所见对应到 GB/T 22239-2019 第三级安全通用要求的有关条款，供自查与测评准备参考。"
			"“符合线索”只表示扫描没有发现相反的迹象；是否符合由测评机构依据 GB/T 28448-2019 判定。",
			"This table relates what the scan saw to clauses of GB/T 22239-2019 (level 3, general "
			"requirements), for self-checks and preparation. \"Hint: conforms\" says only that the scan "
			"saw no sign to the contrary; conformity is judged by an assessor under GB/T 28448-2019."));
	s->ops->table_begin(s, cols, ARRAY_SIZE(cols));
	for (size_t i = 0; i < report_clauses_count; i++) {
		const struct clause *cl = &report_clauses[i];
		size_t hits;
		enum clause_state state = clause_state(c, cl, &hits);
		const struct report_cell cells[] = {
			CELL_C(cl->number),
			CELL(TS(c, cl->zh, cl->en)),
			CELL_STATE(tones[state], TS(c, zh[state], en[state])),
			CELL(evidence_words(c, cl, hits)),
			CELL(TS(c, cl->manual_zh, cl->manual_en)),
		};
		s->ops->row(s, cells, ARRAY_SIZE(cells));
	}
	s->ops->table_end(s);
}

const struct report_section section_clauses = { "clauses", "等级保护条款线索",
						"Hints on classified-protection clauses",
						write_clauses };
