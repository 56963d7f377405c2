/* zhanwei tech URL: which technologies a website is made of, from a few of its pages; no check
 * is run. zhanwei tech: what can be recognised. */
#include <stdio.h>
#include <signal.h>

#include "base/limits.h"
#include "cli/cli.h"
#include "cli/fingerprints.h"
#include "cli/options.h"
#include "cli/scan_model.h"
#include "cli/scan_text.h"
#include "net/http.h"
#include "net/policy.h"
#include "net/url.h"
#include "os/spawn.h"
#include "scan/jail.h"
#include "scan/scan.h"
#include "scan/tech/tech.h"

#define LIMIT_TECH_OUTPUT (16 * MIB)

struct args {
	struct str format, fingerprints, cookie, user_agent;
	int64_t max_pages, rate;
	bool own;
};

static const struct cli_option table[] = {
	CLI_CHOICE(0, "format", struct args, format, "text|json", "输出格式（默认 text）", "format (default: text)"),
	CLI_STR(0, "fingerprints", struct args, fingerprints, "DIR", "另外使用此目录中的指纹（Wappalyzer 的 JSON 形式）",
		"also use the fingerprints in DIR (Wappalyzer JSON shape)"),
	CLI_INT(0, "max-pages", struct args, max_pages, 1, 1000, "N", "最多访问的页面数（默认 8）", "pages at most (default: 8)"),
	CLI_INT(0, "rate", struct args, rate, 1, 1000, "N", "每秒请求数上限", "requests per second at most"),
	CLI_STR(0, "cookie", struct args, cookie, "C", "完整的 Cookie 请求头", "a whole Cookie header"),
	CLI_STR(0, "user-agent", struct args, user_agent, "UA", "User-Agent 请求头", "User-Agent header"),
	CLI_FLAG(0, "i-own-this-target", struct args, own, "声明你拥有该目标或已获书面授权（必需）",
		 "you own the target or have written permission (required)"),
	CLI_END,
};

static void on_tech(void *ctx, const struct scan_tech *t, struct str url)
{
	scan_model_tech(ctx, t, url);
}

static void on_log(void *ctx, struct str zh, struct str en)
{
	fprintf(stderr, "%.*s\n%.*s\n", STR_ARG(zh), STR_ARG(en));
}

static int put(const struct args *a, const json_t *list)
{
	struct buf b;
	buf_init(&b, LIMIT_TECH_OUTPUT);
	if (str_eq(a->format, STR("json"))) {
		json_write(&b, list);
		buf_char(&b, '\n');
	} else {
		scan_text_techs(&b, list);
	}
	bool ok = fwrite(b.ptr ? b.ptr : "", 1, b.len, stdout) == b.len && fflush(stdout) == 0;
	buf_free(&b);
	return ok ? CLI_OK : CLI_FAILED;
}

/* What our own table can tell. */
static int list_all(const struct args *a)
{
	_cleanup_json_ json_t *list = json_array();
	struct str id, name, categories;
	for (size_t i = 0; tech_known(i, &id, &name, &categories); i++) {
		json_t *j = json_object();
		struct str rest = categories, first = STR("");
		str_split(&rest, ' ', &first);
		const struct tech_category *c = tech_category_find(first);
		json_put(j, "id", json_str(id));
		json_put(j, "name", json_str(name));
		json_put(j, "category", json_str(first));
		json_put(j, "note", json_c(c ? c->zh : ""));
		json_put(j, "note_en", json_c(c ? c->en : ""));
		json_array_append_new(list, j);
	}
	return put(a, list);
}

static int look(const struct args *a, struct os_spawner *spawner, const struct scan_options *o)
{
	struct error e = { 0 };
	struct scan_summary sum = { 0 };
	struct scan_model *m = scan_model_new();
	struct scan_events events = { .ctx = m, .log = on_log, .tech = on_tech };
	struct net_policy *policy = net_policy_new();
	struct arena *arena = arena_new(1 * MIB);
	struct url u;
	int code = CLI_FAILED;
	net_policy_allow_own(policy);
	if (url_parse(arena, o->target, NULL, 0, &u, &e) < 0 || net_policy_scope_add(policy, u.host, u.port, &e) < 0 ||
	    scan_run_jailed(spawner, policy, o, NULL, &events, &sum, &e) < 0) {
		cli_fail(code, &e);
	} else {
		_cleanup_json_ json_t *list = scan_model_techs(m);
		code = put(a, list);
	}
	scan_summary_free(&sum);
	arena_free(arena);
	net_policy_free(policy);
	scan_model_free(m);
	return code;
}

static int run_parsed(const struct args *a, struct str url)
{
	static const struct os_jail_kind *const kinds[] = { &scan_jail_kind, NULL };
	static const struct str none[] = { STR_INIT("technologies") }; /* no check has this name */
	struct error e = { 0 };
	_cleanup_fingerprints_ struct cli_fingerprints extra = { 0 };
	struct os_spawner *spawner = NULL;
	struct scan_options o = { .target = url, .mode = SCAN_QUICK, .max_depth = 1, .max_seconds = 120,
				  .max_pages = a->max_pages ? (unsigned)a->max_pages : 8, .rate = (unsigned)a->rate,
				  .cookie = a->cookie, .user_agent = a->user_agent, .only_checks = none,
				  .only_checks_len = 1 };
	if (scan_options_complete(&o, &e) < 0 || cli_fingerprints_read(a->fingerprints, &extra, &e) < 0)
		return cli_fail(CLI_USAGE, &e);
	o.fingerprints = extra.files;
	o.fingerprints_len = extra.len;
	if (!a->own) {
		fputs("只能识别你拥有或已获书面授权的目标；请加上 --i-own-this-target 作此声明。\n"
		      "Only what you own or have written permission for; say so with --i-own-this-target.\n",
		      stderr);
		return CLI_USAGE;
	}
	if (os_spawner_start(kinds, &spawner, &e) < 0)
		return cli_fail(CLI_FAILED, &e);
	signal(SIGPIPE, SIG_IGN);
	int code = look(a, spawner, &o);
	os_spawner_stop(spawner);
	return code;
}

static int run(int argc, char **argv)
{
	struct args a = { 0 };
	struct str pos[1];
	size_t n = 0;
	int code;
	if (!cli_begin(&cli_command_tech, table, &a, argc, argv, pos, 1, &n, &code))
		return code;
	return n ? run_parsed(&a, pos[0]) : list_all(&a);
}

const struct cli_command cli_command_tech = {
	.name = "tech",
	.args = "[URL] [options]",
	.help_zh = "识别网站的技术栈；不带网址时列出能识别的技术",
	.help_en = "recognise a website's technologies; without URL: list what can be recognised",
	.run = run,
};
