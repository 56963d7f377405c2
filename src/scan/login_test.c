/* Trying a log-in: as a scan would do it, then one look as whom the site takes us. What is
 * said names pages without their queries, statuses and titles: nothing that was typed. */
#include "base/utf8.h"
#include "scan/login_private.h"

struct look {
	struct str url, title;
	int status;
	bool logout, to_login, differs;
};

/* The page as that person sees it, and whether nobody sees another one. */
static bool look(struct run *r, enum person_id who, struct str at, struct look *ret)
{
	struct answer *a = session_fetch(r, &(struct fetch){ .who = who, .url = at, .follow = true });
	struct answer *none;
	int status = 0;
	if (!a)
		return false;
	*ret = (struct look){ .status = a->x.status, .logout = login_offers_logout(a->x.page),
			      .to_login = session_leads_to_login(r, &a->x) };
	if (a->x.page)
		ret->title = arena_str(r->arena, utf8_truncate(str_trim(a->x.page->title), 50));
	if (session_seen(r, &ret->url, &status))
		ret->url = arena_str(r->arena, utf8_truncate(ret->url, 80));
	none = session_fetch(r, &(struct fetch){ .who = AS_NOBODY, .url = at, .follow = true });
	ret->differs = none && (!kit_same_sig(answer_sig(a), answer_sig(none)) || none->x.status != a->x.status);
	answer_unref(none);
	answer_unref(a);
	return true;
}

static int unseen(struct error *e)
{
	return error_set(e, "login.load", "登录后的页面没有应答。", "The page after logging in did not answer.");
}

static void tell(struct run *r, const struct look *l)
{
	char zh[400], en[400];
	snprintf(zh, sizeof(zh), "登录成功：%.*s，状态 %d，标题“%.*s”，%s，%s。", STR_ARG(l->url), l->status, STR_ARG(l->title),
		 l->logout ? "有退出登录链接" : "没有看到退出登录链接", l->differs ? "与未登录时不同" : "与未登录时相同");
	snprintf(en, sizeof(en), "Logged in: %.*s, status %d, title \"%.*s\", %s, %s.", STR_ARG(l->url), l->status,
		 STR_ARG(l->title), l->logout ? "a log-out link" : "no log-out link seen",
		 l->differs ? "differs from what a stranger sees" : "the same as a stranger sees");
	run_log(r, zh, en);
}

/* Says also where it ended. */
static int with_page(struct run *r, struct error *e)
{
	struct str url;
	int status;
	char zh[320], en[320];
	if (!e || !session_seen(r, &url, &status))
		return -1;
	url = utf8_truncate(url, 80);
	snprintf(zh, sizeof(zh), "%s", e->zh);
	snprintf(en, sizeof(en), "%s", e->en);
	if (strlen(zh) + url.len > 270 || strlen(en) + url.len > 270)
		return -1;
	if (status) {
		snprintf(e->zh, sizeof(e->zh), "%.200s（最后的页面：%.*s，状态 %d）", zh, STR_ARG(url), status);
		snprintf(e->en, sizeof(e->en), "%.200s (last page: %.*s, status %d)", en, STR_ARG(url), status);
	} else {
		snprintf(e->zh, sizeof(e->zh), "%.200s（浏览器停在：%.*s）", zh, STR_ARG(url));
		snprintf(e->en, sizeof(e->en), "%.200s (the browser stood at %.*s)", en, STR_ARG(url));
	}
	return -1;
}

/* Cookies and headers that were given: nobody logs in, but the site may know us. */
static int try_given(struct run *r, enum person_id who, struct error *e)
{
	struct look l;
	if (!people_has_session(r, who))
		return error_set(e, "login.none", "这个账号没有设置登录方式、Cookie 或登录用的请求头。",
				 "No log-in, cookie or header that logs in is set for this account.");
	if (!look(r, who, r->o.target, &l))
		return unseen(e);
	if (l.to_login || l.status == 403) {
		error_set(e, "login.refused", "网站不接受这个 Cookie 或请求头：它要求登录或拒绝访问。",
			  "The site does not take this cookie or header: it asks to log in or refuses.");
		return with_page(r, e);
	}
	if (!l.differs && !l.logout) {
		error_set(e, "login.same-page", "带与不带 Cookie、请求头看到的页面相同，无法确认已登录。",
			  "The page is the same with and without cookie and header: it cannot be told whether they work.");
		return with_page(r, e);
	}
	tell(r, &l);
	return 0;
}

int login_test(struct run *r, struct error *e)
{
	enum person_id who = r->o.login_only == 2 ? AS_SECOND : AS_FIRST;
	const struct scan_login *login = r->people[who].login;
	struct str landed = STR("");
	struct look l;
	session_make(r);
	struct answer *first = session_fetch(r, &(struct fetch){ .who = AS_NOBODY, .url = r->o.target });
	if (!first)
		return error_set(e, "scan.unreachable", "无法访问目标，没有收到应答。", "The target cannot be reached: no answer.");
	answer_unref(first);
	if (login->kind == SCAN_LOGIN_NONE)
		return try_given(r, who, e);
	run_doing(r, "正在登录", "logging in", STR(""));
	if (session_log_in(r, who, &landed, e) < 0)
		return with_page(r, e);
	if (!look(r, who, login->check_url.len ? login->check_url : landed.len ? landed : r->o.target, &l))
		return unseen(e);
	if (l.to_login && !l.logout) {
		error_set(e, "login.not-in", "登录表单被接受，但随后的页面仍要求登录。",
			  "The log-in was taken, but the page behind it still asks to log in.");
		return with_page(r, e);
	}
	tell(r, &l);
	return 0;
}
