/* The three proofs. Each place that was looked at becomes one attempt with a reason
 * that a webmaster can act on. A file counts only when a random sibling of it does
 * not answer with the token too (servers that answer everything alike), a tag only
 * inside the head and outside comments, a record only at the host's own name or one
 * of its parents up to the registrable domain. */
#include "app/proof.h"

#include "app/fetch.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "net/resolver.h"
#include "net/url.h"

struct str app_proof_file_name(struct arena *a, struct str id)
{
	return arena_printf(a, "zhanwei-verify-%.*s.txt", STR_ARG(id));
}

struct str app_proof_file_url(struct arena *a, const struct app_proof *p, bool well_known)
{
	struct str name = app_proof_file_name(a, p->id);

	return arena_printf(a, "%.*s/%s%.*s", STR_ARG(p->origin), well_known ? ".well-known/" : "",
			    STR_ARG(name));
}

struct str app_proof_meta_tag(struct arena *a, struct str token)
{
	return arena_printf(a, "<meta name=\"zhanwei-site-verification\" content=\"%.*s\">",
			    STR_ARG(token));
}

struct str app_proof_dns_name(struct arena *a, struct str host)
{
	return arena_printf(a, "_zhanwei-challenge.%.*s", STR_ARG(host));
}

struct str app_proof_dns_value(struct arena *a, struct str token)
{
	return arena_printf(a, "token=%.*s expiry=never", STR_ARG(token));
}

static void note(json_t *attempts, struct str target, const struct error *why)
{
	json_t *o = json_object();
	bool ok = !why->code[0];

	json_put(o, "target", json_str(target));
	json_put(o, "ok", json_boolean(ok));
	json_put(o, "code", json_c(ok ? "ok" : why->code));
	json_put(o, "detail", json_c(ok ? "找到了正确的令牌" : why->zh));
	json_put(o, "detail_en", json_c(ok ? "the right token is there" : why->en));
	json_array_append_new(attempts, o);
}

/* What stands there instead, shortened for a sentence. */
static struct str excerpt(struct arena *a, struct str body)
{
	_cleanup_buf_ struct buf b = BUF_INIT(KIB);
	struct str head = utf8_truncate(str_trim(body), 40);

	for (size_t i = 0; i < head.len; i++)
		buf_char(&b, (unsigned char)head.ptr[i] < ' ' ? ' ' : head.ptr[i]);
	return arena_str(a, buf_view(&b));
}

static void judge_file(const struct app_fetched *f, const struct app_proof *p, struct arena *a,
		       struct error *why)
{
	struct str seen = excerpt(a, f->body);

	if (f->error.code[0])
		*why = f->error;
	else if (f->status != 200)
		error_set(why, "verify.status", "服务器返回状态 %d，应为 200；请确认文件已放到网站上",
			  "the server answered %d instead of 200: is the file there?", f->status);
	else if (f->body.len > LIMIT_VERIFY_BODY)
		error_set(why, "verify.too-big", "返回的内容超过 %d 字节，不是认证文件",
			  "the answer is larger than %d bytes: not the verification file",
			  (int)LIMIT_VERIFY_BODY);
	else if (!str_eq(str_trim(f->body), p->token))
		error_set(why, "verify.mismatch", "文件内容与令牌不一致，开头是“%.*s”",
			  "the content is not the token; it begins with \"%.*s\"", STR_ARG(seen));
}

/* A name that nobody can have made must not be answered with the token. */
static int catch_all(struct os_spawner *spawner, const struct app_outgoing *out,
		     const struct app_proof *p, bool well_known, struct arena *a,
		     struct error *why, struct error *e)
{
	struct id random = id_new(p->now);
	struct app_proof other = *p;
	struct app_fetch f = { 0 };
	struct app_fetched got;

	other.id = id_str(&random);
	f.url = app_proof_file_url(a, &other, well_known);
	if (app_fetch_run(spawner, out, &f, a, &got, e) < 0)
		return -1;
	if (got.error.code[0])
		*why = got.error;
	else if (str_has(got.body, p->token))
		error_set(why, "verify.catch-all",
			  "网站对不存在的文件也返回令牌，无法证明归属；请改用 DNS 或 Meta 方式",
			  "the site answers any file name with the token, which proves nothing: use DNS or the meta tag");
	return 0;
}

static int look_file(struct os_spawner *spawner, const struct app_outgoing *out,
		     const struct app_proof *p, struct arena *a, json_t *attempts, bool *ret_ok,
		     struct error *why, struct error *e)
{
	for (int i = 0; i < 2; i++) {
		struct app_fetch f = { .url = app_proof_file_url(a, p, i == 0) };
		struct app_fetched got;
		struct error at = { 0 };

		if (app_fetch_run(spawner, out, &f, a, &got, e) < 0)
			return -1;
		judge_file(&got, p, a, &at);
		if (!at.code[0] && catch_all(spawner, out, p, i == 0, a, &at, e) < 0)
			return -1;
		note(attempts, f.url, &at);
		if (!at.code[0]) {
			*ret_ok = true;
			return 0;
		}
		/* A file with wrong content tells more than the other place's 404. */
		if (!why->code[0] || error_is(why, "verify.status"))
			*why = at;
	}
	return 0;
}

static int look_meta(struct os_spawner *spawner, const struct app_outgoing *out,
		     const struct app_proof *p, struct arena *a, json_t *attempts, bool *ret_ok,
		     struct error *why, struct error *e)
{
	struct app_fetch f = { .url = arena_printf(a, "%.*s/", STR_ARG(p->origin)), .meta = true };
	struct app_fetched got;

	if (app_fetch_run(spawner, out, &f, a, &got, e) < 0)
		return -1;
	if (got.error.code[0])
		*why = got.error;
	else if (got.status != 200)
		error_set(why, "verify.status", "首页返回状态 %d，应为 200",
			  "the home page answered %d instead of 200", got.status);
	else if (!got.meta_len)
		error_set(why, "verify.no-tag", "首页 <head> 中没有 zhanwei-site-verification 标签（注释里的不算）",
			  "no zhanwei-site-verification tag in the head of the home page (comments do not count)");
	else
		error_set(why, "verify.mismatch", "标签在，但内容不是本网站的令牌",
			  "the tag is there but holds another token");
	for (size_t i = 0; !got.error.code[0] && got.status == 200 && i < got.meta_len; i++) {
		if (str_eq(got.meta[i], p->token)) {
			error_clear(why);
			*ret_ok = true;
			break;
		}
	}
	note(attempts, f.url, why);
	return 0;
}

int app_proof_txt(struct str record, struct str token, int64_t now)
{
	struct str rest = str_trim(record), part;
	bool match = false;
	int64_t until = 0;

	while (str_split(&rest, ' ', &part)) {
		if (str_starts(part, STR("token=")))
			match = str_eq(str_from(part, 6), token);
		else if (str_starts(part, STR("expiry=")) &&
			 clock_parse_rfc3339(str_from(part, 7), &until) < 0)
			until = 0;
	}
	if (!match)
		return 0;
	return until && until <= now ? -1 : 1;
}

static void look_name(struct net_resolver *dns, const struct app_proof *p, struct str name,
		      struct arena *a, bool *ret_ok, struct error *why)
{
	struct net_txt txt = { 0 };

	if (net_resolver_txt(dns, a, name, &txt, why) < 0)
		return;
	error_set(why, txt.len ? "verify.mismatch" : "verify.no-record",
		  txt.len ? "有 TXT 记录，但没有一条是本网站的令牌（DNS 生效可能需要一些时间）" :
			    "没有查到 TXT 记录（DNS 生效可能需要一些时间）",
		  txt.len ? "there are TXT records, but none with this token (DNS changes take a while)" :
			    "no TXT record there (DNS changes take a while)");
	for (size_t i = 0; i < txt.len; i++) {
		int r = app_proof_txt(txt.ptr[i], p->token, p->now);

		if (r < 0)
			error_set(why, "verify.expired", "TXT 记录已过期（expiry）",
				  "the TXT record has expired (expiry)");
		if (r <= 0)
			continue;
		error_clear(why);
		*ret_ok = true;
		return;
	}
}

static int look_dns(const struct app_outgoing *out, const struct app_proof *p, struct arena *a,
		    json_t *attempts, bool *ret_ok, struct error *why, struct error *e)
{
	_cleanup_resolver_ struct net_resolver *dns = NULL;
	struct str top = url_registrable_domain(p->host), host = p->host;

	if (!top.len) {
		error_set(why, "verify.no-domain", "“%.*s” 不是可以注册的域名，不能用 DNS 方式认证",
			  "\"%.*s\" is no domain that can be registered: DNS cannot prove it",
			  STR_ARG(host));
		note(attempts, app_proof_dns_name(a, host), why);
		return 0;
	}
	if (net_resolver_new(out->dns, &dns, e) < 0)
		return -1;
	for (int i = 0; i < 8 && host.len >= top.len && !*ret_ok; i++) {
		struct str name = app_proof_dns_name(a, host);
		struct error at = { 0 };
		ssize_t dot = str_chr(host, '.');

		look_name(dns, p, name, a, ret_ok, &at);
		note(attempts, name, &at);
		if (i == 0 || *ret_ok)
			*why = at;
		host = dot < 0 ? STR_NULL : str_from(host, (size_t)dot + 1);
	}
	return 0;
}

int app_proof_look(struct os_spawner *spawner, const struct app_outgoing *out,
		   const struct app_proof *p, struct arena *a, json_t *attempts, bool *ret_ok,
		   struct error *why, struct error *e)
{
	*ret_ok = false;
	error_clear(why);
	if (str_eq(p->method, STR("dns")))
		return look_dns(out, p, a, attempts, ret_ok, why, e);
	if (!spawner)
		return error_set(e, "verify.no-spawner", "本进程不能读取外部网页",
				 "this process may not read foreign pages");
	if (str_eq(p->method, STR("meta")))
		return look_meta(spawner, out, p, a, attempts, ret_ok, why, e);
	return look_file(spawner, out, p, a, attempts, ret_ok, why, e);
}
