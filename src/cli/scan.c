/* zhanwei scan URL: one scan from the command line, jailed, with progress on a terminal and a
 * report at the end; also when it is stopped half-way. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/fingerprints.h"
#include "cli/known.h"
#include "cli/oob.h"
#include "cli/options.h"
#include "cli/scan_login.h"
#include "cli/scan_model.h"
#include "cli/scan_text.h"
#include "cli/windows.h"
#include "net/connector.h"
#include "net/http.h"
#include "net/url.h"
#include "os/file.h"
#include "os/spawn.h"
#include "report/report.h"
#include "scan/check.h"
#include "scan/browse.h"
#include "scan/jail.h"
#include "scan/jslib.h"
#include "scan/scan.h"
#include "scan/template/template.h"

#define LIMIT_CLI_REPORT (512 * MIB)

#define CLI_APIS 16 /* interface documents in one scan */

struct args {
	struct str incremental, timezone, fingerprints, mode, cookie, format, output, fail_on, resume, user_agent;
	int64_t full_every, rate, max_pages, max_depth, max_minutes, concurrency;
	struct str second_cookie;
	struct str browser, login_only, login_form, login_script, login_url, login_check, login_text, second_form, second_script;
	struct arena *login_arena;
	struct cli_list headers, second_headers, excludes, checks, skip, apis, templates;
	struct scan_header *header_lists[2]; /* of the first and the second account */
	struct str js_libraries;
	struct buf api_files[CLI_APIS], js_file;
	struct cli_list windows;
	struct str api_texts[CLI_APIS];
	struct cli_oob_args oob;
	struct buf bundle;
	struct str bundle_view;
	bool no_builtin, only_templates, unverified, own, quiet, stats, try_logins, intrusive;
};

static const struct cli_option table[] = {
	CLI_CHOICE(0, "mode", struct args, mode, "quick|standard|deep", "扫描模式：快速、标准、深度（默认 standard）",
		   "how thorough (default: standard)"),
	CLI_INT(0, "rate", struct args, rate, 1, 100000, "N", "每秒请求数上限；遇到 429/503 会自动放慢",
		"requests per second at most; slows down by itself on 429/503"),
	CLI_INT(0, "concurrency", struct args, concurrency, 1, 200, "N", "同时进行的请求数上限",
		"requests in flight at most"),
	CLI_LIST(0, "header", struct args, headers, "'K: V'", "每个请求附带的请求头，可多次给出",
		 "header sent with every request; may be repeated"),
	CLI_STR(0, "cookie", struct args, cookie, "C", "完整的 Cookie 请求头，例如登录后的会话",
		"a whole Cookie header, e.g. of a logged-in session"),
	CLI_CHOICE(0, "browser", struct args, browser, "auto|on|off", "用 Chromium 爬取脚本生成的页面并检查 DOM 型 XSS（auto：深度模式）",
		   "crawl with Chromium and look for DOM XSS (auto: in deep mode)"),
	CLI_STR(0, "login-form", struct args, login_form, "USER:env:NAME", "用这个账号登录（密码取自环境变量，或 USER:file:文件）；登录表单自动寻找",
		"log in with this account (password from the environment, or USER:file:PATH); the form is looked for"),
	CLI_STR(0, "login-script", struct args, login_script, "FILE", "按脚本登录（goto、fill、click、expect…），也可以是 Chromium 录制器导出的 JSON",
		"log in by a script (goto, fill, click, expect, …) or a JSON export of Chromium's Recorder"),
	CLI_STR(0, "login-url", struct args, login_url, "URL", "登录页地址", "the log-in page"),
	CLI_STR(0, "login-check-url", struct args, login_check, "URL", "只有登录后才能看到的页面，用来发现会话丢失",
		"a page that only a logged-in user sees: tells when the session is lost"),
	CLI_STR(0, "login-check-text", struct args, login_text, "TEXT", "登录成功后页面上的文字", "words that stand on the page after logging in"),
	CLI_STR(0, "second-login-form", struct args, second_form, "USER:env:NAME", "另一个账号的登录，写法同 --login-form",
		"the other account's log-in, as --login-form"),
	CLI_STR(0, "second-login-script", struct args, second_script, "FILE", "另一个账号的登录脚本", "the other account's log-in script"),
	CLI_STR(0, "second-cookie", struct args, second_cookie, "C",
		"另一个账号的 Cookie 请求头，用来检查越权访问", "Cookie header of another account: finds broken access control"),
	CLI_LIST(0, "second-header", struct args, second_headers, "'K: V'", "另一个账号的请求头，可多次给出",
		 "header of that other account; may be repeated"),
	CLI_LIST(0, "exclude", struct args, excludes, "RE", "不访问匹配此正则（PCRE，不锚定）的网址，可多次给出",
		 "never request URLs that match this PCRE; may be repeated"),
	CLI_INT(0, "max-pages", struct args, max_pages, 1, 1000000, "N", "最多爬取的页面数", "pages crawled at most"),
	CLI_INT(0, "max-depth", struct args, max_depth, 1, 100, "N", "最大链接深度", "links away from URL at most"),
	CLI_INT(0, "max-minutes", struct args, max_minutes, 1, 100000, "N", "最长用时（分钟）", "minutes at most"),
	CLI_LIST(0, "check", struct args, checks, "ID", "只运行这些检测项，可多次给出", "run only this check; may be repeated"),
	CLI_LIST(0, "api", struct args, apis, "FILE", "接口文档（OpenAPI、Postman、GraphQL、WSDL，JSON 或 YAML），其中的请求一并检测，可多次给出",
		 "interface description (OpenAPI, Postman, GraphQL; JSON or YAML) whose requests are tested too; may be repeated"),
	CLI_STR(0, "js-libraries", struct args, js_libraries, "FILE", "前端库漏洞文件（retire.js 仓库格式），优先于内置清单",
		"vulnerable JavaScript libraries (repository format of retire.js), before the built-in list"),
	CLI_LIST(0, "skip-check", struct args, skip, "ID", "不运行这些检测项，可多次给出", "leave this check out; may be repeated"),
	CLI_CHOICE(0, "format", struct args, format, "text|json|sarif|html|pdf|docx", "报告格式（默认 text）",
		   "format of the report (default: text)"),
	CLI_STR('o', "output", struct args, output, "FILE", "报告写入文件而不是标准输出", "write the report to FILE"),
	CLI_CHOICE(0, "fail-on", struct args, fail_on, "info|low|medium|high|critical|none",
		   "有此级别及以上的发现时退出码为 1（默认 medium）", "exit 1 on findings at or above this level (default: medium)"),
	CLI_STR(0, "resume", struct args, resume, "FILE", "把进度记入文件；文件已存在则从中断处继续",
		"keep the progress in FILE; go on from it when it exists"),
	CLI_FLAG(0, "i-own-this-target", struct args, own, "声明你拥有该目标或已获书面授权（必需）",
		 "you own the target or have written permission (required)"),
	CLI_FLAG(0, "try-logins", struct args, try_logins, "用一小份常见口令尝试登录（默认不做）", "try a short list of usual passwords (off by default)"),
	CLI_FLAG(0, "intrusive", struct args, intrusive, "也运行可能改动数据的检测项", "also run checks that may change data"),
	CLI_LIST(0, "templates", struct args, templates, "DIR", "也运行此目录（或文件）中的 nuclei、afrog、xray 模板，可多次给出",
		 "also run the nuclei, afrog or xray templates of this folder or file; may be repeated"),
	CLI_FLAG(0, "no-builtin-templates", struct args, no_builtin, "不运行内置模板", "leave the built-in templates out"),
	CLI_FLAG(0, "only-templates", struct args, only_templates, "只运行模板：不爬取，不做其他检测",
		 "templates only: no crawl, no other checks"),
	CLI_CHOICE(0, "login-only", struct args, login_only, "first|second",
		   "只测试这个账号的登录并说明看到了什么，不扫描", "only log this account in, say what was seen, and end"),
	CLI_FLAG(0, "unverified", struct args, unverified, "模板一匹配就报告，不做随机位置对照（供编写模板时使用）",
		 "report each match of a template without negative control (for writing templates)"),
	CLI_STR(0, "user-agent", struct args, user_agent, "UA", "User-Agent 请求头", "User-Agent header"),
	CLI_STR(0, "incremental", struct args, incremental, "FILE",
		"增量扫描：未变化的页面不再探测；文件记录上次完整完成的扫描，结束时更新",
		"probe only what changed since the last complete scan, which FILE remembers"),
	CLI_INT(0, "full-every", struct args, full_every, 1, 100, "N", "增量扫描时每 N 次做一次完整扫描（默认 10）",
		"with --incremental: one scan in N is full (default: 10)"),
	CLI_LIST(0, "window", struct args, windows, "'1-5 22:00-06:00'",
		 "只在此时段发送请求，时段外自动暂停、到点继续；可多次给出（0 为周日）",
		 "send requests in these hours only, pausing outside; may be repeated (0: Sunday)"),
	CLI_STR(0, "timezone", struct args, timezone, "ZONE", "--window 的时区（默认 Asia/Shanghai）",
		"time zone of --window (default: Asia/Shanghai)"),
	CLI_STR(0, "fingerprints", struct args, fingerprints, "DIR", "另外使用此目录中的技术指纹（Wappalyzer 的 JSON 形式）",
		"also use the technology fingerprints in DIR (Wappalyzer JSON shape)"),
	CLI_STR(0, "oob-listen", struct args, oob.listen, "ADDR:PORT", "带外监听：接收目标主动发来的 HTTP（和 LDAP）请求，用于验证无回显的漏洞",
		"listen for HTTP (and LDAP) that the target sends by itself: proves blind holes"),
	CLI_STR(0, "oob-url", struct args, oob.url, "URL", "目标访问上述监听所用的地址（默认 http://ADDR:PORT）",
		"how the target reaches that listener (default: http://ADDR:PORT)"),
	CLI_STR(0, "oob-dns", struct args, oob.dns, "ADDR:PORT", "带外监听：作为 --oob-domain 的域名服务器", "answer DNS for --oob-domain"),
	CLI_STR(0, "oob-domain", struct args, oob.domain, "NAME", "委派给本机的域名", "zone that is delegated to this machine"),
	CLI_STR(0, "oob-address", struct args, oob.address, "IP", "该域名下所有名字的地址", "address that every name in it has"),
	CLI_FLAG(0, "no-oob", struct args, oob.off, "不做带外监听（目标在本机回环时默认监听 127.0.0.1）",
		 "never listen (a target on loopback gets a listener on 127.0.0.1)"),
	CLI_FLAG(0, "stats", struct args, stats, "最后说明请求花在哪些检测项上", "say at the end which checks the requests went to"),
	CLI_FLAG('q', "quiet", struct args, quiet, "不显示进度", "no progress"),
	CLI_END,
};

static volatile sig_atomic_t stop_asked;

static void on_signal(int sig)
{
	stop_asked = 1;
}

struct session {
	struct scan_model *model;
	struct cli_known known;
	struct cli_windows windows;
	bool bar, line_open;
	unsigned shown;
	int64_t shown_ms;
};

static void on_finding(void *ctx, const struct scan_finding *f)
{
	scan_model_finding(((struct session *)ctx)->model, f);
}

static void on_page(void *ctx, const struct scan_page_info *p)
{
	struct session *s = ctx;
	scan_model_page(s->model, p);
	cli_known_page(&s->known, p);
}

static void on_tech(void *ctx, const struct scan_tech *t, struct str url)
{
	scan_model_tech(((struct session *)ctx)->model, t, url);
}

static void on_progress(void *ctx, const struct scan_progress *p)
{
	struct session *s = ctx;
	char bar[31];
	if (!s->bar)
		return;
	unsigned full = p->basis * 30 / 10000;
	for (unsigned i = 0; i < 30; i++)
		bar[i] = i < full ? '=' : i == full ? '>' : ' ';
	bar[30] = 0;
	struct str doing = utf8_truncate(str_c(p->doing_zh), 60);
	fprintf(stderr, "\r\033[K[%s] %6.2f%%  %llu 请求  %llu 项发现  %.*s", bar, p->basis / 100.0,
		(unsigned long long)p->stats.requests,
		(unsigned long long)(p->counts[4] + p->counts[3] + p->counts[2] + p->counts[1] + p->counts[0]),
		STR_ARG(doing));
	fflush(stderr);
	s->line_open = true;
}

static void on_log(void *ctx, struct str zh, struct str en)
{
	struct session *s = ctx;
	fprintf(stderr, "%s%.*s\n%.*s\n", s->line_open ? "\r\033[K" : "", STR_ARG(zh), STR_ARG(en));
	s->line_open = false;
}

static enum scan_verdict should_stop(void *ctx)
{
	struct session *s = ctx;
	return stop_asked ? SCAN_CANCEL : cli_windows_open(&s->windows) ? SCAN_GO : SCAN_PAUSE;
}

static void usage(FILE *out)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	cli_help(&b, table);
	fprintf(out,
		"用法 usage: zhanwei scan URL [options]\n"
		"扫描一个网站并给出报告 / scans a website and writes a report\n"
		"退出码 exit: 0 无 --fail-on 级别的发现 none, 1 有 found, 2 用法错误 usage, 3 无法扫描 could not scan\n\n%s",
		b.ptr);
	buf_free(&b);
}

static int split_headers(const struct cli_list *list, struct scan_header **ret, struct error *e)
{
	struct scan_header *h = mem_array(list->len + 1, sizeof(*h));
	for (size_t i = 0; i < list->len; i++) {
		ssize_t colon = str_chr(list->ptr[i], ':');
		if (colon <= 0) {
			free(h);
			return error_field(e, "header", "cli.bad-header", "请求头“%.*s”应写成“名称: 值”。",
					   "Header \"%.*s\" must be \"Name: value\".", STR_ARG(list->ptr[i]));
		}
		h[i].name = str_trim(str_sub(list->ptr[i], 0, (size_t)colon));
		h[i].value = str_trim(str_from(list->ptr[i], (size_t)colon + 1));
	}
	*ret = h;
	return 0;
}

static int check_ids(const struct cli_list *list, struct error *e)
{
	for (size_t i = 0; i < list->len; i++)
		if (!scan_check_find(list->ptr[i]))
			return error_field(e, "check", "cli.unknown-check", "没有检测项“%.*s”。", "There is no check \"%.*s\".",
					   STR_ARG(list->ptr[i]));
	return 0;
}

/* Asking for a check by name does not give the leave that it needs. */
static int check_leave(const struct args *a, struct error *e)
{
	for (size_t i = 0; i < a->checks.len; i++) {
		const struct scan_check *c = scan_check_find(a->checks.ptr[i]);
		const char *need = (c->flags & SCAN_INTRUSIVE) && !a->intrusive	       ? "--intrusive"
				   : (c->flags & SCAN_TRIES_LOGINS) && !a->try_logins ? "--try-logins"
										      : NULL;
		if (need)
			return error_field(e, "check", "cli.needs-leave", "检测项“%s”可能改动数据或锁定账号，须同时给出 %s。",
					   "Check \"%s\" may change data or lock accounts: it needs %s as well.", c->id, need);
	}
	return 0;
}

static int load_apis(struct args *a, struct error *e)
{
	size_t sum = 0;
	if (a->apis.len > CLI_APIS)
		return error_field(e, "api", "cli.too-many", "接口文档最多 %d 个。", "At most %d interface documents.", CLI_APIS);
	for (size_t i = 0; i < a->apis.len; i++) {
		_cleanup_free_ char *path = str_dup(a->apis.ptr[i]);
		buf_init(&a->api_files[i], LIMIT_SCAN_APIS);
		if (os_file_read(path, &a->api_files[i], e) < 0)
			return -1;
		a->api_texts[i] = buf_view(&a->api_files[i]);
		sum += a->api_texts[i].len;
		if (a->api_files[i].overflow || sum > LIMIT_SCAN_APIS)
			return error_field(e, "api", "cli.bad-api", "接口文档“%s”过大。",
					   "Interface document \"%s\" is too big.", path);
	}
	return 0;
}

static int load_libraries(struct args *a, struct error *e)
{
	_cleanup_free_ char *path = str_dup(a->js_libraries);
	buf_init(&a->js_file, LIMIT_SCAN_APIS);
	if (a->js_libraries.len == 0 || os_file_read(path, &a->js_file, e) < 0)
		return a->js_libraries.len ? -1 : 0;
	struct jslib *l = jslib_new(buf_view(&a->js_file), e); /* said now, not in the middle of a scan */
	jslib_free(l);
	return l ? 0 : -1;
}

static int to_options(const struct args *a, struct str url, struct scan_options *o, struct scan_header *headers[2],
		      struct error *e)
{
	if (split_headers(&a->headers, &headers[0], e) < 0 || split_headers(&a->second_headers, &headers[1], e) < 0)
		return -1;
	*o = (struct scan_options){
		.target = url,
		.rate = (unsigned)a->rate,
		.concurrency = (unsigned)a->concurrency,
		.max_pages = (unsigned)a->max_pages,
		.max_depth = (unsigned)a->max_depth,
		.max_seconds = (unsigned)a->max_minutes * 60,
		.headers = headers[0],
		.headers_len = a->headers.len,
		.cookie = a->cookie,
		.second = { headers[1], a->second_headers.len, a->second_cookie, { 0 } },
		.excludes = a->excludes.ptr,
		.excludes_len = a->excludes.len,
		.only_checks = a->checks.ptr,
		.only_checks_len = a->checks.len,
		.skip_checks = a->skip.ptr,
		.skip_checks_len = a->skip.len,
		.js_libraries = buf_view(&a->js_file),
		.apis = a->api_texts,
		.apis_len = a->apis.len,
		.try_logins = a->try_logins,
		.intrusive = a->intrusive,
		.templates = a->bundle.len ? &a->bundle_view : NULL,
		.templates_len = a->bundle.len > 0,
		.no_builtin_templates = a->no_builtin,
		.templates_only = a->only_templates,
		.login_only = str_eq(a->login_only, STR("first")) ? 1 : str_eq(a->login_only, STR("second")) ? 2 : 0,
		.template_unverified = a->unverified,
		.user_agent = a->user_agent,
	};
	if (cli_scan_login(a->login_arena, a->login_form, a->login_script, a->login_url, &o->login, e) < 0 ||
	    cli_scan_login(a->login_arena, a->second_form, a->second_script, a->login_url, &o->second.login, e) < 0)
		return -1;
	o->login.check_url = a->login_check;
	o->login.check_text = a->login_text;
	o->browser = str_eq(a->browser, STR("on"))    ? SCAN_BROWSER_ON
		     : str_eq(a->browser, STR("off")) ? SCAN_BROWSER_OFF
						      : SCAN_BROWSER_AUTO;
	if (a->mode.len)
		scan_mode_parse(a->mode, &o->mode);
	if (check_ids(&a->checks, e) < 0 || check_ids(&a->skip, e) < 0 || check_leave(a, e) < 0)
		return -1;
	return scan_options_complete(o, e);
}

/* Only the target's host and port, over the policy that --i-own-this-target opens. */
static struct net_policy *make_policy(const struct scan_options *o, struct error *e)
{
	struct arena *a = arena_new(1 * MIB);
	struct net_policy *p = net_policy_new();
	struct url u;
	net_policy_allow_own(p);
	bool ok = url_parse(a, o->target, NULL, 0, &u, e) == 0 && net_policy_scope_add(p, u.host, u.port, e) == 0;
	arena_free(a);
	if (ok)
		return p;
	net_policy_free(p);
	return NULL;
}

static int write_report(const struct args *a, const json_t *model, struct error *e)
{
	struct buf b;
	struct str name = a->format.len ? a->format : STR("text");
	bool colour = !a->output.len && isatty(1);
	buf_init(&b, LIMIT_CLI_REPORT);
	int r = 0;
	if (str_eq(name, STR("text")))
		scan_text_write(&b, model, colour);
	else
		r = report_render(report_format_find(name), model, LANG_ZH, &b, e);
	if (r == 0 && a->output.len) {
		char *path = str_dup(a->output);
		r = os_file_write(path, buf_view(&b), 0644, e);
		free(path);
	} else if (r == 0 && (fwrite(b.ptr, 1, b.len, stdout) != b.len || fflush(stdout) != 0)) {
		r = error_os(e, errno, "stdout");
	}
	buf_free(&b);
	return r;
}

static int by_requests(const void *a, const void *b)
{
	uint64_t x = ((const struct scan_check_stat *)a)->requests, y = ((const struct scan_check_stat *)b)->requests;
	return x < y ? 1 : x > y ? -1 : 0;
}

/* Where the requests went: an operator sees what a check costs and what it brought. */
static void say_stats(const struct scan_summary *sum)
{
	struct scan_check_stat *list = mem_array(sum->checks_len + 1, sizeof(*list));
	uint64_t all = sum->stats.requests, crawl = sum->stats.crawl_requests, rest = all - crawl;
	if (sum->checks_len)
		memcpy(list, sum->checks, sum->checks_len * sizeof(*list));
	qsort(list, sum->checks_len, sizeof(*list), by_requests);
	fprintf(stderr, "%9s %9s %9s  %s\n", "请求", "次数", "发现", "检测项 (requests, runs, findings, check)");
	fprintf(stderr, "%9llu %9llu %9s  %s\n", (unsigned long long)crawl, (unsigned long long)sum->stats.pages, "", "爬取 crawl");
	for (size_t i = 0; i < sum->checks_len && list[i].requests; i++) {
		rest -= rest < list[i].requests ? rest : list[i].requests;
		fprintf(stderr, "%9llu %9llu %9llu  %s\n", (unsigned long long)list[i].requests, (unsigned long long)list[i].tasks,
			(unsigned long long)list[i].findings, list[i].check->id);
	}
	fprintf(stderr, "%9llu %9s %9s  %s\n", (unsigned long long)rest, "", "", "共用与重试 shared, retries");
	fprintf(stderr, "%9llu %9s %9s  %s %llu\n", (unsigned long long)all, "", "", "合计 all; 由缓存回答 answered from the cache",
		(unsigned long long)sum->stats.saved);
	free(list);
}

static int finish(const struct args *a, const struct session *s, const struct scan_options *o,
		  const struct scan_summary *sum)
{
	struct error e = { 0 };
	enum severity least = SEVERITY_MEDIUM;
	_cleanup_json_ json_t *model = scan_model_json(s->model, o, sum);
	if (!sum->complete)
		fprintf(stderr, "%s\n%s\n", sum->reason_zh, sum->reason_en);
	if (a->stats)
		say_stats(sum);
	if (write_report(a, model, &e) < 0)
		return cli_fail(CLI_FAILED, &e);
	if (str_eq(a->fail_on, STR("none")))
		return CLI_OK;
	if (a->fail_on.len)
		severity_parse(a->fail_on, &least);
	return scan_model_count(s->model, least) ? CLI_FOUND : CLI_OK;
}

static void carry(json_t *finding, void *user)
{
	scan_model_carry(user, finding);
}

/* A scan with hours needs a journal to go on from; without --resume it is a temporary one. */
static int open_journal(const struct args *a, struct scan_journal **ret, struct error *e)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_free_ char *folder = NULL;
	if (!a->resume.len && !a->windows.len)
		return 0;
	if (a->resume.len) {
		path = str_dup(a->resume);
		return scan_journal_open(path, ret, e);
	}
	if (os_temp_dir(NULL, "zhanwei-scan-", &folder, e) < 0)
		return -1;
	path = mem_alloc(strlen(folder) + 16);
	snprintf(path, strlen(folder) + 16, "%s/journal", folder);
	int r = scan_journal_open(path, ret, e);
	unlink(path);
	os_dir_remove(folder, 10, NULL);
	return r;
}

/* The engine, again and again while it is only the hours that stop it. */
static int run_in_windows(const struct args *a, struct os_spawner *spawner, struct net_policy *policy,
			  const struct scan_options *o, const struct scan_state *state, struct scan_events *events,
			  struct scan_summary *sum, struct error *e)
{
	struct session *s = events->ctx;
	for (;;) {
		if (!cli_windows_wait(&s->windows, &stop_asked))
			return error_set(e, "scan.window", "等待允许的时段时被停止。", "Stopped while waiting for the allowed hours.");
		int r = scan_run_jailed(spawner, policy, o, state, events, sum, e);
		if (r < 0 || stop_asked || strcmp(sum->reason, "paused") != 0)
			return r;
		scan_summary_free(sum);
		cli_known_again(&s->known);
	}
}

static int scan(const struct args *a, struct os_spawner *spawner, const struct scan_options *given)
{
	struct scan_options copy = *given, *o = &copy;
	struct error e = { 0 };
	struct scan_summary sum = { 0 };
	struct scan_journal *journal = NULL;
	struct scan_state state = { 0 };
	struct session s = { .model = scan_model_new(), .bar = !a->quiet && isatty(2) };
	struct scan_events events = { &s, on_finding, on_page, on_progress, on_log, should_stop, .tech = on_tech };
	struct cli_oob oob = { 0 };
	struct net_policy *policy = make_policy(o, &e);
	_cleanup_free_ char *pages = a->incremental.len ? str_dup(a->incremental) : NULL;
	int code = CLI_FAILED, r = policy ? 0 : -1;
	if (r == 0)
		r = cli_windows_parse(&a->windows, a->timezone, &s.windows, &e);
	if (r == 0 && pages)
		r = cli_known_read(pages, o, a->full_every ? (unsigned)a->full_every : 10, &s.known, &e);
	o->known = s.known.pieces.ptr;
	o->known_len = s.known.pieces.len;
	if (r == 0)
		r = open_journal(a, &journal, &e);
	if (journal)
		state = scan_journal_state(journal);
	if (r == 0 && o->mode != SCAN_QUICK)
		r = cli_oob_start(&a->oob, o->target, &oob, &e);
	if (oob.server)
		events.oob = &oob.door;
	if (r == 0)
		r = run_in_windows(a, spawner, policy, o, journal ? &state : NULL, &events, &sum, &e);
	if (s.line_open)
		fputs("\r\033[K", stderr);
	if (r == 0 && pages) {
		cli_known_carry(&s.known, carry, s.model);
		_cleanup_json_ json_t *model = scan_model_json(s.model, o, &sum);
		if (sum.complete)
			r = cli_known_write(pages, o, &s.known, json_object_get(model, "findings"), &e);
	}
	code = r < 0 ? cli_fail(CLI_FAILED, &e) : o->login_only ? 0 : finish(a, &s, o, &sum);
	cli_oob_stop(&oob);
	scan_summary_free(&sum);
	scan_journal_close(journal);
	net_policy_free(policy);
	scan_model_free(s.model);
	cli_known_free(&s.known);
	return code;
}

static int read_templates(struct args *a, struct error *e)
{
	buf_init(&a->bundle, LIMIT_TEMPLATE_BUNDLE);
	for (size_t i = 0; i < a->templates.len; i++) {
		char *path = str_dup(a->templates.ptr[i]);
		int r = template_bundle_add(&a->bundle, path, e);
		free(path);
		if (r < 0)
			return -1;
	}
	a->bundle_view = buf_view(&a->bundle);
	return 0;
}

static int run_parsed(struct args *a, struct str url)
{
	static const struct os_jail_kind *const kinds[] = { &scan_jail_kind, NULL };
	struct error e = { 0 };
	struct scan_options o;
	struct os_spawner *spawner = NULL;
	if (read_templates(a, &e) < 0)
		return cli_fail(CLI_USAGE, &e);
	_cleanup_fingerprints_ struct cli_fingerprints extra = { 0 };
	int bad = load_apis(a, &e) < 0 || load_libraries(a, &e) < 0 ? -1 : to_options(a, url, &o, a->header_lists, &e);
	if (bad < 0 || cli_fingerprints_read(a->fingerprints, &extra, &e) < 0)
		return cli_fail(CLI_USAGE, &e);
	o.fingerprints = extra.files;
	o.fingerprints_len = extra.len;
	if (!a->own) {
		fputs("只能扫描你拥有或已获书面授权的目标；请加上 --i-own-this-target 作此声明。\n"
		      "Scan only what you own or have written permission for; say so with --i-own-this-target.\n",
		      stderr);
		return CLI_USAGE;
	}
	if (os_spawner_start(kinds, &spawner, &e) < 0)
		return cli_fail(CLI_FAILED, &e);
	struct sigaction sa = { .sa_handler = on_signal };
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	int code = scan(a, spawner, &o);
	os_spawner_stop(spawner);
	return code;
}

static int run(int argc, char **argv)
{
	struct args a = { .login_arena = arena_new(1 * MIB) };
	struct error e = { 0 };
	struct str pos[1];
	size_t n = 0;
	int code, p = cli_parse(table, &a, argc, argv, pos, 1, &n, &e);
	if (p < 0) {
		code = cli_fail(CLI_USAGE, &e);
	} else if (p == 1 || n == 0) {
		usage(p == 1 ? stdout : stderr);
		code = p == 1 ? CLI_OK : CLI_USAGE;
	} else {
		code = run_parsed(&a, pos[0]);
	}
	for (size_t i = 0; i < CLI_APIS; i++)
		buf_free(&a.api_files[i]);
	buf_free(&a.js_file);
	free(a.header_lists[0]);
	free(a.header_lists[1]);
	cli_list_free(&a.apis);
	arena_free(a.login_arena);
	cli_list_free(&a.headers);
	cli_list_free(&a.windows);
	cli_list_free(&a.second_headers);
	cli_list_free(&a.excludes);
	cli_list_free(&a.checks);
	cli_list_free(&a.skip);
	cli_list_free(&a.templates);
	buf_free(&a.bundle);
	return code;
}

const struct cli_command cli_command_scan = {
	.name = "scan",
	.args = "URL [options]",
	.help_zh = "扫描一个网站，输出报告",
	.help_en = "scan a website and write a report",
	.run = run,
};
