/* Passive: certificate and protocol facts of an https origin, gathered once per
 * run (net/tlsfacts.h). Key sizes and signatures after GB/T 38636 and NIST
 * SP 800-131A rev. 2; old protocols after RFC 8996. */
#include "net/tlsfacts.h"
#include "scan/checks/passive_private.h"

#define DAY_MS ((int64_t)86400000)

static const struct tls_cert *leaf(const struct scan_exchange *x)
{
	return x->tls && x->tls->ncerts ? &x->tls->certs[0] : NULL;
}

static struct str day_of(struct scan_ctx *c, int64_t ms)
{
	char text[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(ms, text);
	return arena_str(scan_ctx_arena(c), str_make(text, 10));
}

static void look_expired(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (leaf(x) && (x->tls->expired || x->tls->not_yet_valid))
		passive_report(c, x,
			       arena_printf(scan_ctx_arena(c), "notBefore %.*s, notAfter %.*s",
					    STR_ARG(day_of(c, leaf(x)->not_before_ms)),
					    STR_ARG(day_of(c, leaf(x)->not_after_ms))),
			       STR_NULL);
}

const struct scan_check check_tls_cert_expired = {
	.id = "tls-cert-expired",
	.title_zh = "TLS 证书已过期或尚未生效",
	.title_en = "TLS certificate expired or not yet valid",
	.severity = SEVERITY_HIGH,
	.cwe = 298,
	.owasp = "A02:2021",
	.place = PLACE_SITE,
	.on_host = look_expired,
};

static void look_expiring(struct scan_ctx *c, const struct scan_exchange *x)
{
	int64_t now = clock_wall_ms(&clock_system);

	if (!leaf(x) || x->tls->expired || leaf(x)->not_after_ms - now > 21 * DAY_MS)
		return;
	passive_report(c, x,
		       arena_printf(scan_ctx_arena(c), "notAfter %.*s",
				    STR_ARG(day_of(c, leaf(x)->not_after_ms))),
		       STR_NULL);
}

const struct scan_check check_tls_cert_expiring = {
	.id = "tls-cert-expiring",
	.title_zh = "TLS 证书将在 21 天内到期",
	.title_en = "TLS certificate expires within 21 days",
	.severity = SEVERITY_LOW,
	.cwe = 298,
	.owasp = "A02:2021",
	.place = PLACE_SITE,
	.on_host = look_expiring,
};

static void look_untrusted(struct scan_ctx *c, const struct scan_exchange *x)
{
	/* Expiry and a wrong name have findings of their own. */
	if (leaf(x) && !x->tls->chain_ok && !x->tls->expired && !x->tls->not_yet_valid)
		passive_report(c, x, x->tls->chain_error, STR_NULL);
}

const struct scan_check check_tls_cert_untrusted = {
	.id = "tls-cert-untrusted",
	.title_zh = "TLS 证书不受信任（自签名或证书链不完整）",
	.title_en = "TLS certificate is not trusted (self-signed or incomplete chain)",
	.severity = SEVERITY_MEDIUM,
	.cwe = 295,
	.owasp = "A02:2021",
	.place = PLACE_SITE,
	.on_host = look_untrusted,
};

static void look_name(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (leaf(x) && !x->tls->host_match)
		passive_report(c, x, leaf(x)->subject, STR_NULL);
}

const struct scan_check check_tls_cert_name = {
	.id = "tls-cert-name",
	.title_zh = "TLS 证书与域名不符",
	.title_en = "TLS certificate does not match the host name",
	.severity = SEVERITY_MEDIUM,
	.cwe = 297,
	.owasp = "A02:2021",
	.place = PLACE_SITE,
	.on_host = look_name,
};

static void look_key(struct scan_ctx *c, const struct scan_exchange *x)
{
	const struct tls_cert *k = leaf(x);

	if (!k || k->key_bits <= 0)
		return;
	int least = str_eq(k->key_type, STR("RSA")) || str_eq(k->key_type, STR("DSA")) ? 2048 : 224;

	if (k->key_bits < least)
		passive_report(c, x,
			       arena_printf(scan_ctx_arena(c), "%.*s %d bit", STR_ARG(k->key_type),
					    k->key_bits),
			       STR_NULL);
}

const struct scan_check check_tls_weak_key = {
	.id = "tls-weak-key",
	.title_zh = "TLS 证书密钥过短",
	.title_en = "TLS certificate key is too short",
	.severity = SEVERITY_MEDIUM,
	.cwe = 326,
	.owasp = "A02:2021",
	.place = PLACE_SITE,
	.on_host = look_key,
};

static void look_signature(struct scan_ctx *c, const struct scan_exchange *x)
{
	const struct tls_cert *k = leaf(x);

	if (k && (str_ihas(k->signature, STR("md5")) || str_ihas(k->signature, STR("sha1"))))
		passive_report(c, x, k->signature, STR_NULL);
}

const struct scan_check check_tls_weak_signature = {
	.id = "tls-weak-signature",
	.title_zh = "TLS 证书使用弱签名算法（MD5/SHA-1）",
	.title_en = "TLS certificate is signed with MD5 or SHA-1",
	.severity = SEVERITY_MEDIUM,
	.cwe = 327,
	.owasp = "A02:2021",
	.place = PLACE_SITE,
	.on_host = look_signature,
};

static void look_protocol(struct scan_ctx *c, const struct scan_exchange *x)
{
	const struct tls_facts *t = x->tls;

	if (!t)
		return;
	bool ssl = t->ssl2 == TLS_YES || t->ssl3 == TLS_YES;
	bool tls1 = t->tls10 == TLS_YES || t->tls11 == TLS_YES;

	if (!ssl && !tls1)
		return;
	struct str seen = arena_printf(
		scan_ctx_arena(c), "%s%s%s%s", t->ssl2 == TLS_YES ? "SSLv2 " : "",
		t->ssl3 == TLS_YES ? "SSLv3 " : "", t->tls10 == TLS_YES ? "TLSv1.0 " : "",
		t->tls11 == TLS_YES ? "TLSv1.1 " : "");

	passive_report_as(c, x, str_trim(seen), ssl ? SEVERITY_MEDIUM : SEVERITY_LOW,
			  CONFIDENCE_CERTAIN);
}

const struct scan_check check_tls_old_protocol = {
	.id = "tls-old-protocol",
	.title_zh = "仍支持过时的 SSL/TLS 协议版本",
	.title_en = "Outdated SSL/TLS versions are still accepted",
	.severity = SEVERITY_LOW,
	.cwe = 327,
	.owasp = "A02:2021",
	.place = PLACE_SITE,
	.on_host = look_protocol,
};

static void look_cipher(struct scan_ctx *c, const struct scan_exchange *x)
{
	if (x->tls && !str_empty(x->tls->weak_ciphers))
		passive_report(c, x, x->tls->weak_ciphers, STR_NULL);
}

const struct scan_check check_tls_weak_cipher = {
	.id = "tls-weak-cipher",
	.title_zh = "支持弱加密套件",
	.title_en = "Weak cipher suites are accepted",
	.severity = SEVERITY_LOW,
	.cwe = 326,
	.owasp = "A02:2021",
	.place = PLACE_SITE,
	.on_host = look_cipher,
};
