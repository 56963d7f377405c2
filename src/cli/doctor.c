/* `zhanwei doctor`: looks at everything the platform needs from this machine and says in
 * one line each what is there, what is missing, and what to do. One table, one function
 * per check. Exit 1 when something essential is missing. */
#include <dirent.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/place.h"
#include "lang/fold.h"
#include "lang/pack.h"
#include "net/browser.h"
#include "os/spawn.h"

struct args {
	struct cli_place place;
};

static const struct cli_option table[] = { CLI_PLACE_OPTIONS(struct args), CLI_END };

enum verdict { GOOD, WEAK, BAD };

struct finding {
	enum verdict verdict;
	char zh[400], en[400];
};

__attribute__((format(printf, 3, 5), format(printf, 4, 5)))
static void say(struct finding *f, enum verdict v, const char *zh, const char *en, ...)
{
	va_list ap;
	f->verdict = v;
	va_start(ap, en);
	vsnprintf(f->zh, sizeof(f->zh), zh, ap);
	va_end(ap);
	va_start(ap, en);
	vsnprintf(f->en, sizeof(f->en), en, ap);
	va_end(ap);
}

static void check_data(const struct args *a, struct finding *f)
{
	_cleanup_free_ char *dir = cli_place_data(&a->place);
	struct stat st;
	struct statvfs vfs;
	if (stat(dir, &st) < 0) {
		say(f, WEAK, "%s 还不存在，serve 会建立它", "%s is not there yet; serve makes it", dir);
		return;
	}
	if (!S_ISDIR(st.st_mode) || access(dir, R_OK | W_OK | X_OK) < 0) {
		say(f, BAD, "%s 不可写，请检查所有者", "%s cannot be written; check its owner", dir);
		return;
	}
	if (st.st_mode & 077) {
		say(f, WEAK, "%s 其他用户可以读，请执行 chmod 700", "%s can be read by others: chmod 700", dir);
		return;
	}
	if (statvfs(dir, &vfs) == 0 && (uint64_t)vfs.f_bavail * vfs.f_frsize < 1024ULL * 1024 * 1024) {
		say(f, WEAK, "%s 剩余空间不足 1 GB", "%s has less than 1 GB left", dir);
		return;
	}
	say(f, GOOD, "%s 可用", "%s is usable", dir);
}

static void check_database(const struct args *a, struct finding *f)
{
	struct error e = { 0 };
	struct store *s;
	struct store_conn *c;
	int version = 0;
	_cleanup_free_ char *dir = cli_place_data(&a->place);
	struct stat st;
	if (str_empty(a->place.db) && stat(dir, &st) < 0) {
		say(f, WEAK, "SQLite，首次启动时建立%s", "SQLite, made at the first start%s", "");
		return;
	}
	int r = store_open(str_empty(a->place.db) ? str_c(dir) : a->place.db, NULL, &s, &e);
	if (r == 0 && (r = store_acquire(s, &c, &e)) == 0) {
		r = store_schema_version(c, &version, &e);
		store_release(c);
	}
	if (r < 0)
		say(f, BAD, "打不开：%.300s", "cannot be opened: %.300s", e.zh);
	else if (version < store_schema_latest())
		say(f, WEAK, "%.200s，结构版本 %d，启动时升级到 %d", "%.200s, schema %d, upgraded to %d at start",
		    store_describe(s).ptr, version, store_schema_latest());
	else
		say(f, GOOD, "%.200s，结构版本 %d", "%.200s, schema %d", store_describe(s).ptr, version);
}

static void check_chromium(const struct args *a, struct finding *f)
{
	const char *program = net_browser_program(NULL);
	if (program && net_browser_can_sandbox())
		say(f, GOOD, "%s", "%s", program);
	else if (program)
		say(f, WEAK, "%s 只能不带自身沙箱运行：本机没有用户命名空间，也没有软件包 chromium-sandbox",
		    "%s runs without its own sandbox: no user namespaces and no package chromium-sandbox here",
		    program);
	else
		say(f, WEAK, "没有 Chromium，不能生成 PDF 报告：apt install chromium%s",
		    "no Chromium, so no PDF reports: apt install chromium%s", "");
}

static void check_fonts(const struct args *a, struct finding *f)
{
	FILE *p = popen("fc-list :lang=zh family 2>/dev/null | head -1", "r");
	char line[200] = "";
	if (p) {
		if (!fgets(line, sizeof(line), p))
			line[0] = '\0';
		pclose(p);
	}
	line[strcspn(line, "\n")] = '\0';
	if (line[0])
		say(f, GOOD, "%s", "%s", line);
	else
		say(f, WEAK, "没有中文字体，PDF 会缺字：apt install fonts-noto-cjk%s",
		    "no Chinese font, so PDFs lack characters: apt install fonts-noto-cjk%s", "");
}

static const struct os_jail_kind *const no_kinds[] = { NULL };

static void check_jail(const struct args *a, struct finding *f)
{
	struct error e = { 0 };
	_cleanup_(os_spawner_stopp) struct os_spawner *s = NULL;
	if (os_spawner_start(no_kinds, &s, &e) < 0) {
		say(f, BAD, "隔离进程无法启动：%.300s", "jailed processes cannot start: %.300s", e.zh);
		return;
	}
	struct os_jail_facts facts = os_spawner_facts(s);
	enum verdict v = facts.landlock_abi > 0 ? GOOD : WEAK;
	say(f, v, "seccomp 可用，Landlock %d，命名空间 %d，独立用户 %d（0 表示没有，隔离仍然成立）",
	    "seccomp works, Landlock %d, namespaces %d, own user %d (0: none; the jail holds without)",
	    facts.landlock_abi, facts.namespaces, facts.own_user);
}

static void check_zones(const struct args *a, struct finding *f)
{
	if (access("/usr/share/zoneinfo/Asia/Shanghai", R_OK) == 0)
		say(f, GOOD, "时区数据可用%s", "time zones are there%s", "");
	else
		say(f, BAD, "没有时区数据，计划任务无法计算：apt install tzdata%s",
		    "no time zones, so schedules cannot be computed: apt install tzdata%s", "");
}

static void check_clock(const struct args *a, struct finding *f)
{
	int64_t now = clock_wall_ms(&clock_system);
	char text[CLOCK_RFC3339_SIZE];
	clock_format_rfc3339(now, text);
	if (now < 1735689600000LL)
		say(f, BAD, "系统时间 %s 不对，登录与证书检查会失败", "the clock says %s; log-in and certificates fail",
		    text);
	else
		say(f, GOOD, "%s", "%s", text);
}

static void check_dns(const struct args *a, struct finding *f)
{
	FILE *p = fopen("/etc/resolv.conf", "re");
	char line[256], server[256] = "";
	while (p && fgets(line, sizeof(line), p))
		if (!server[0] && strncmp(line, "nameserver", 10) == 0)
			snprintf(server, sizeof(server), "%s", line + 11);
	if (p)
		fclose(p);
	server[strcspn(server, "\r\n")] = '\0';
	if (server[0])
		say(f, GOOD, "解析服务器 %s", "resolver %s", server);
	else
		say(f, WEAK, "没有解析服务器，只能扫描 IP 地址；也可在平台设置中填写%s",
		    "no resolver: only IP addresses can be scanned; one can be set in the settings%s", "");
}

/* Every *.pack beside the program is whole; the language pack is there. */
static void check_packs(const struct args *a, struct finding *f)
{
	struct error e = { 0 };
	_cleanup_arena_ struct arena *arena = arena_new(64 * 1024);
	struct str dir = lang_pack_dir(arena), told = STR("");
	struct lang *l = NULL;
	DIR *d = opendir(arena_cstr(arena, dir));
	for (struct dirent *x; d && (x = readdir(d));) {
		_cleanup_pack_ struct pack *p = NULL;
		if (!str_ends(str_c(x->d_name), STR(".pack")))
			continue;
		if (pack_open(arena_printf(arena, "%.*s/%s", STR_ARG(dir), x->d_name).ptr, &p, &e) < 0 || pack_verify(p, &e) < 0) {
			say(f, BAD, "%s：%.250s", "%s: %.250s", x->d_name, e.zh);
			closedir(d);
			return;
		}
		told = arena_printf(arena, "%.*s%s%.*s", STR_ARG(told), told.len ? "; " : "", STR_ARG(pack_version(p)));
	}
	if (d)
		closedir(d);
	if (lang_open(dir, &l, &e) < 0)
		say(f, BAD, "%.200s（%.*s）；文本合规不可用，请把构建目录中的 packs 放在程序旁边", "%.200s (%.*s); no text compliance: put packs/ of the build beside the program",
		    e.zh, STR_ARG(dir));
	else
		say(f, GOOD, "%.*s", "%.*s", STR_ARG(told));
	lang_close(l);
}

static const struct check {
	const char *zh, *en;
	void (*run)(const struct args *a, struct finding *f);
} checks[] = {
	{ "数据目录", "data folder", check_data }, { "数据库", "database", check_database },
	{ "隔离", "jail", check_jail },		   { "时区", "time zones", check_zones },
	{ "时钟", "clock", check_clock },	   { "域名解析", "DNS", check_dns },
	{ "数据包", "data packs", check_packs },
	{ "浏览器", "browser", check_chromium },   { "中文字体", "fonts", check_fonts },
};

static int run(int argc, char **argv)
{
	static const char *const words[] = { "好 ok  ", "注意 !! ", "缺 BAD " };
	struct args a = { 0 };
	struct str none;
	size_t n = 0;
	int bad = 0, code;
	if (!cli_begin(&cli_command_doctor, table, &a, argc, argv, &none, 0, &n, &code))
		return code;
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct finding f = { 0 };
		checks[i].run(&a, &f);
		printf("%s %s：%s\n        %s: %s\n", words[f.verdict], checks[i].zh, f.zh, checks[i].en, f.en);
		bad += f.verdict == BAD;
	}
	return bad ? CLI_FOUND : CLI_OK;
}

const struct cli_command cli_command_doctor = {
	.name = "doctor",
	.args = "[--data DIR] [--db URL]",
	.help_zh = "检查这台机器是否具备运行条件",
	.help_en = "check that this machine has what the platform needs",
	.run = run,
};
