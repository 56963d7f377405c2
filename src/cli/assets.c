/* zhanwei assets TARGET: what stands behind a host name, from the command line, jailed. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "net/policy.h"
#include "net/url.h"
#include "os/file.h"
#include "os/spawn.h"
#include "scan/advice.h"
#include "scan/asset/asset.h"

struct args {
	struct str ports, format, output, dns, resume;
	int64_t rate, concurrency, max_minutes;
	bool own, quiet, no_dns, ports_only, udp;
};

static const struct cli_option table[] = {
	CLI_STR(0, "ports", struct args, ports, "LIST", "端口：80,443,8000-8100、top（默认，1,000 个常见端口）或 all",
		"ports: 80,443,8000-8100, top (default: 1,000 common ones) or all"),
	CLI_CHOICE(0, "format", struct args, format, "text|json", "输出格式（默认 text）", "output format (default: text)"),
	CLI_STR('o', "output", struct args, output, "FILE", "写入文件而不是标准输出", "write to FILE"),
	CLI_INT(0, "rate", struct args, rate, 1, 500, "N", "每秒连接数上限（默认 300）", "connections per second at most (default: 300)"),
	CLI_INT(0, "concurrency", struct args, concurrency, 1, LIMIT_ASSET_PARALLEL_MAX, "N", "同时进行的连接数上限（默认 100）",
		"connections at once at most (default: 100)"),
	CLI_INT(0, "max-minutes", struct args, max_minutes, 1, 1440, "N", "最长用时（分钟，默认 60）", "minutes at most (default: 60)"),
	CLI_STR(0, "resume", struct args, resume, "FILE", "把进度记在 FILE，中断后用同样的命令继续",
		"keep the progress in FILE and go on from there when it was cut off"),
	CLI_STR(0, "dns", struct args, dns, "ADDR", "使用这个域名服务器", "name server to use"),
	CLI_FLAG(0, "no-dns", struct args, no_dns, "不查询 DNS、不找子域名", "no DNS facts, no sub-domains"),
	CLI_FLAG(0, "ports-only", struct args, ports_only, "只发现端口，不识别服务", "only open ports, no services"),
	CLI_FLAG(0, "udp", struct args, udp, "也向 DNS、NTP、SNMP、SSDP、mDNS、NetBIOS、memcached 各发一个无害的 UDP 包",
		 "also one harmless UDP packet each to DNS, NTP, SNMP, SSDP, mDNS, NetBIOS and memcached"),
	CLI_FLAG(0, "i-own-this-target", struct args, own, "声明你拥有该目标或已获书面授权（必需）",
		 "you own the target or have written permission (required)"),
	CLI_FLAG('q', "quiet", struct args, quiet, "不显示进度", "no progress"),
	CLI_END,
};

static volatile sig_atomic_t stop_asked;

static void on_signal(int sig)
{
	stop_asked = 1;
}

struct session {
	json_t *facts, *findings;
	bool bar, line_open;
	unsigned worst;
	char *resume; /* path, or NULL */
};

static void on_fact(void *ctx, const struct asset_fact *f)
{
	struct session *s = ctx;
	json_t *o = json_object(), *detail = json_parse(f->detail, NULL);

	json_put(o, "kind", json_str(f->kind));
	json_put(o, "key", json_str(f->key));
	json_put(o, "title", json_str(f->title));
	json_put(o, "host", json_str(f->host));
	json_put(o, "port", f->port ? json_integer(f->port) : json_null());
	json_put(o, "product", json_str(f->product));
	json_put(o, "version", json_str(f->version));
	json_put(o, "cpe", json_str(f->cpe));
	json_put(o, "confidence", json_integer(f->confidence));
	json_put(o, "detail", detail ? detail : json_object());
	json_array_append_new(s->facts, o);
}

static void on_finding(void *ctx, const struct scan_finding *f)
{
	struct session *s = ctx;
	const struct scan_advice *a = scan_advice_find(f->check);
	json_t *o = json_object();

	json_put(o, "check", json_str(f->check));
	json_put(o, "title", a ? json_c(a->title_zh) : json_str(f->check));
	json_put(o, "title_en", a ? json_c(a->title_en) : json_str(f->check));
	json_put(o, "severity", json_c(severity_name(f->severity)));
	json_put(o, "confidence", json_c(confidence_name(f->confidence)));
	json_put(o, "url", json_str(f->url));
	json_put(o, "parameter", json_str(f->parameter));
	json_put(o, "detail", json_str(f->detail_zh));
	json_put(o, "detail_en", json_str(f->detail_en));
	json_put(o, "request", json_str(f->evidence.request));
	json_put(o, "response", json_str(f->evidence.response));
	json_array_append_new(s->findings, o);
	if (f->severity > s->worst)
		s->worst = f->severity;
}

static void on_progress(void *ctx, const struct asset_progress *p)
{
	struct session *s = ctx;

	if (!s->bar)
		return;
	fprintf(stderr, "\r\033[K%6.2f%%  %u/%u 端口  %u 开放  %s", p->basis / 100.0, p->probed, p->ports, p->open,
		p->doing_zh);
	fflush(stderr);
	s->line_open = true;
}

static void on_log(void *ctx, struct str zh, struct str en)
{
	struct session *s = ctx;

	fprintf(stderr, "%s%.*s\n%.*s\n", s->line_open ? "\r\033[K" : "", STR_ARG(zh), STR_ARG(en));
	s->line_open = false;
}

static void on_checkpoint(void *ctx, struct str text)
{
	struct session *s = ctx;

	if (s->resume)
		os_file_write(s->resume, text, 0600, NULL);
}

static enum scan_verdict should_stop(void *ctx)
{
	return stop_asked ? SCAN_CANCEL : SCAN_GO;
}

static void usage(FILE *out)
{
	_cleanup_buf_ struct buf b = BUF_INIT(64 * KIB);

	cli_help(&b, table);
	fprintf(out,
		"用法 usage: zhanwei assets TARGET [options]\n"
		"发现一台主机的端口、服务、系统、软件、证书与 DNS / finds ports, services, system, software, certificates and DNS\n"
		"退出码 exit: 0 无中危及以上的弱点 no weakness of medium or above, 1 有 found, 2 用法错误 usage, 3 失败 failed\n\n%s",
		b.ptr);
}

/* ---- text ---- */

static const struct {
	const char *kind, *title;
} sections[] = {
	{ "port", "端口 Ports" },	       { "service", "服务 Services" },	   { "system", "系统 System" },
	{ "software", "软件 Software" },       { "certificate", "证书 Certificates" }, { "tls", "TLS" },
	{ "dns", "DNS" },		       { "subdomain", "子域名候选 Sub-domain candidates" },
};

static void text_fact(struct buf *b, const json_t *f)
{
	struct str cpe = json_get_str(f, "cpe"), key = json_get_str(f, "key");

	if (json_get_int(f, "port", 0))
		buf_printf(b, "  %-10lld ", (long long)json_get_int(f, "port", 0));
	else
		buf_printf(b, "  %-10s ", str_eq(key, STR("os")) ? "" : "·");
	buf_printf(b, "%.*s", STR_ARG(json_get_str(f, "title")));
	if (json_get_int(f, "confidence", 100) < 90)
		buf_printf(b, "  (%lld%%)", (long long)json_get_int(f, "confidence", 0));
	if (cpe.len)
		buf_printf(b, "  %.*s", STR_ARG(cpe));
	buf_char(b, '\n');
}

static void text(struct buf *b, const struct session *s, const struct asset_summary *sum)
{
	size_t i;
	const json_t *f;

	buf_printf(b, "探测 %u 个端口：%u 开放，%u 关闭，%u 无应答，用时 %.1f 秒\n", sum->probed, sum->open, sum->closed,
		   sum->filtered, (double)sum->elapsed_ms / 1000);
	for (size_t k = 0; k < sizeof(sections) / sizeof(sections[0]); k++) {
		bool first = true;

		if (strcmp(sections[k].kind, "port") == 0)
			continue; /* services say it all */
		json_array_foreach(s->facts, i, f) {
			if (!str_eq(json_get_str(f, "kind"), str_c(sections[k].kind)))
				continue;
			if (first)
				buf_printf(b, "\n%s\n", sections[k].title);
			first = false;
			text_fact(b, f);
		}
	}
	if (json_array_size(s->findings))
		buf_c(b, "\n弱点 Weaknesses\n");
	json_array_foreach(s->findings, i, f)
		buf_printf(b, "  [%.*s] %.*s  %.*s\n      %.*s\n", STR_ARG(json_get_str(f, "severity")),
			   STR_ARG(json_get_str(f, "title")), STR_ARG(json_get_str(f, "url")),
			   STR_ARG(json_get_str(f, "detail")));
}

static json_t *document(const struct session *s, struct str target, const struct asset_summary *sum)
{
	json_t *o = json_object();

	json_put(o, "target", json_str(target));
	json_put(o, "complete", json_boolean(sum->complete));
	json_put(o, "probed", json_integer(sum->probed));
	json_put(o, "open", json_integer(sum->open));
	json_put(o, "closed", json_integer(sum->closed));
	json_put(o, "filtered", json_integer(sum->filtered));
	json_put(o, "elapsed_ms", json_integer(sum->elapsed_ms));
	json_put(o, "facts", json_incref(s->facts));
	json_put(o, "findings", json_incref(s->findings));
	return o;
}

static int write_out(const struct args *a, const struct session *s, struct str target, const struct asset_summary *sum,
		     struct error *e)
{
	_cleanup_buf_ struct buf b = BUF_INIT(64 * MIB);

	if (str_eq(a->format, STR("json"))) {
		_cleanup_json_ json_t *o = document(s, target, sum);

		json_write(&b, o);
		buf_char(&b, '\n');
	} else {
		text(&b, s, sum);
	}
	if (a->output.len) {
		_cleanup_free_ char *path = str_dup(a->output);

		return os_file_write(path, buf_view(&b), 0644, e);
	}
	fwrite(b.ptr, 1, b.len, stdout);
	return fflush(stdout) == 0 ? 0 : error_os(e, 5, "stdout");
}

/* A URL or a bare host. */
static int take_target(struct arena *a, struct str text, struct asset_options *o, struct error *e)
{
	enum url_host_kind kind;
	struct url u;

	if (!str_has(text, STR("://")))
		return url_parse_host(a, text, &o->host, &kind, e);
	if (url_parse(a, text, NULL, 0, &u, e) < 0)
		return -1;
	o->host = u.host;
	return 0;
}

static int discover(const struct args *a, struct str target, struct os_spawner *spawner)
{
	_cleanup_arena_ struct arena *arena = arena_new(4 * MIB);
	_cleanup_policy_ struct net_policy *policy = net_policy_new();
	struct session s = { .facts = json_array(), .findings = json_array(), .bar = !a->quiet && isatty(2) };
	struct asset_events events = { &s, on_fact, on_finding, on_progress, on_log, should_stop, on_checkpoint };
	struct asset_job j = { .spawner = spawner, .policy = policy, .dns = a->dns, .no_dns = a->no_dns };
	struct asset_summary sum = { 0 };
	struct error e = { 0 };
	int code = CLI_FAILED;

	_cleanup_buf_ struct buf before = BUF_INIT(LIMIT_ASSET_CHECKPOINT + KIB);
	_cleanup_free_ char *resume = a->resume.len ? str_dup(a->resume) : NULL;

	s.resume = resume;
	if (resume && os_file_read(resume, &before, NULL) == 0)
		j.o.resume = buf_view(&before);
	net_policy_allow_own(policy);
	j.o.rate = (unsigned)a->rate;
	j.o.concurrency = (unsigned)a->concurrency;
	j.o.max_seconds = (unsigned)a->max_minutes * 60;
	j.o.no_services = a->ports_only;
	j.o.udp = a->udp;
	if (take_target(arena, target, &j.o, &e) < 0 ||
	    asset_ports_parse(a->ports, arena, &j.o.ports, &j.o.ports_len, &e) < 0)
		code = cli_fail(CLI_USAGE, &e);
	else if (asset_discover(&j, &events, &sum, &e) < 0 || write_out(a, &s, target, &sum, &e) < 0)
		code = cli_fail(CLI_FAILED, &e);
	else if (resume && sum.complete && unlink(resume) < 0 && errno != ENOENT)
		code = cli_fail(CLI_FAILED, (error_os(&e, errno, resume), &e));
	else
		code = s.worst >= SEVERITY_MEDIUM && json_array_size(s.findings) ? CLI_FOUND : CLI_OK;
	if (s.line_open)
		fputs("\r\033[K", stderr);
	json_decref(s.facts);
	json_decref(s.findings);
	return code;
}

static int run_parsed(const struct args *a, struct str target)
{
	static const struct os_jail_kind *const kinds[] = { &asset_jail_kind, NULL };
	struct sigaction sa = { .sa_handler = on_signal };
	struct os_spawner *spawner = NULL;
	struct error e = { 0 };

	if (!a->own) {
		fputs("只能探测你拥有或已获书面授权的目标；请加上 --i-own-this-target 作此声明。\n"
		      "Probe only what you own or have written permission for; say so with --i-own-this-target.\n",
		      stderr);
		return CLI_USAGE;
	}
	if (os_spawner_start(kinds, &spawner, &e) < 0)
		return cli_fail(CLI_FAILED, &e);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	int code = discover(a, target, spawner);

	os_spawner_stop(spawner);
	return code;
}

static int run(int argc, char **argv)
{
	struct args a = { 0 };
	struct error e = { 0 };
	struct str pos[1];
	size_t n = 0;
	int p = cli_parse(table, &a, argc, argv, pos, 1, &n, &e);

	if (p < 0)
		return cli_fail(CLI_USAGE, &e);
	if (p == 1 || n == 0) {
		usage(p == 1 ? stdout : stderr);
		return p == 1 ? CLI_OK : CLI_USAGE;
	}
	return run_parsed(&a, pos[0]);
}

const struct cli_command cli_command_assets = {
	.name = "assets",
	.args = "TARGET [options]",
	.help_zh = "发现一台主机的端口、服务、系统、软件与证书",
	.help_en = "find ports, services, system, software and certificates of a host",
	.run = run,
};
