/* TLS of one port: what it accepts, its certificate, and what is wrong with either. */
#include "base/clock.h"
#include "net/policy.h"
#include "net/tlsdeep.h"
#include "net/tlsfacts.h"
#include "scan/asset/asset_private.h"
#include "scan/asset/starttls.h"

#define DAY_MS (24 * 3600 * 1000LL)
#define EXPIRING_DAYS 30

/* Goes to the run's address whatever the name resolves to now; at services that begin in
 * plain text, on to where TLS may begin. */
struct pinned {
	struct net_connector base;
	struct asset_run *r;
	enum asset_start start;
};

static int open_pinned(struct net_connector *self, struct str host, uint16_t port, int *ret_fd, struct error *e)
{
	struct pinned *p = (struct pinned *)self;
	_cleanup_close_ int fd = -1;

	if (!asset_turn(p->r))
		return error_set(e, "net.cancelled", "已停止", "Stopped");
	if (net_connector_open(p->r->connector, p->r->target, port, &fd, e) < 0)
		return -1;
	if (p->start && (net_connect_wait(fd, LIMIT_ASSET_OPEN_MS, e) < 0 || asset_start_tls(fd, p->start) < 0))
		return error_set(e, "tls.no-starttls", "服务不转入 TLS", "the service does not change to TLS");
	*ret_fd = take_fd(fd);
	return 0;
}

static const char *support_name(enum tls_support s)
{
	return s == TLS_YES ? "yes" : s == TLS_NO ? "no" : "unknown";
}

static void flaw(struct asset_run *r, const struct asset_port *p, const char *check, enum severity severity,
		 unsigned cwe, struct str parameter, struct str got, const char *zh, const char *en)
{
	asset_report(r, &(struct asset_flaw){
				.check = check, .severity = severity, .confidence = CONFIDENCE_CERTAIN, .cwe = cwe,
				.port = p->number, .tls = true, .parameter = parameter, .got = got, .proof = got,
				.detail_zh = arena_printf(r->arena, "端口 %u：%s。", p->number, zh),
				.detail_en = arena_printf(r->arena, "Port %u: %s.", p->number, en) });
}

static json_t *protocols_json(const struct tls_deep *d)
{
	json_t *list = json_array();

	for (int v = TLS_DEEP_VERSIONS - 1; v >= 0; v--) {
		json_t *o = json_object(), *suites = json_array();

		json_put(o, "name", json_c(tls_deep_names[v]));
		json_put(o, "support", json_c(support_name(d->v[v].support)));
		for (size_t i = 0; i < d->v[v].nsuites; i++)
			json_array_append_new(suites, json_c(d->v[v].suites[i]->name));
		json_put(o, "suites", suites);
		json_array_append_new(list, o);
	}
	return list;
}

static struct str range_text(struct asset_run *r, const struct tls_deep *d)
{
	_cleanup_buf_ struct buf b = BUF_INIT(KIB);

	if (d->ssl2 == TLS_YES)
		buf_c(&b, "SSLv2");
	for (int v = 0; v < TLS_DEEP_VERSIONS; v++)
		if (d->v[v].support == TLS_YES)
			buf_printf(&b, "%s%s", b.len ? ", " : "", tls_deep_names[v]);
	return arena_str(r->arena, buf_view(&b));
}

/* Detail of a TLS fact; which command leads there, when one does. */
static json_t *tls_json(enum asset_start start)
{
	json_t *o = json_object();

	if (start)
		json_put(o, "starttls", json_c(asset_start_name(start)));
	return o;
}

/* Servers that count broken handshakes and shut the client out are asked only once. */
static void short_fact(struct asset_run *r, const struct asset_port *p, const struct tls_facts *f, enum asset_start start)
{
	json_t *o = tls_json(start);

	json_put(o, "cipher", json_str(f->cipher));
	json_put(o, "cipher_bits", json_integer(f->cipher_bits));
	asset_emit(r, &(struct asset_fact){ .kind = STR("tls"), .key = asset_key(r, p->number), .title = f->protocol,
					    .port = p->number, .product = STR("TLS"), .confidence = 100 },
		   o);
}

static void tls_fact(struct asset_run *r, const struct asset_port *p, const struct tls_deep *d, struct str alpn,
		     enum asset_start start)
{
	json_t *o = tls_json(start);

	json_put(o, "protocols", protocols_json(d));
	json_put(o, "sslv2", json_c(support_name(d->ssl2)));
	json_put(o, "groups", json_str(d->groups));
	json_put(o, "alpn", json_str(alpn));
	json_put(o, "forward_secrecy", json_boolean(d->forward_secrecy));
	json_put(o, "compression", json_c(support_name(d->compression)));
	json_put(o, "secure_renegotiation", json_c(support_name(d->secure_renegotiation)));
	json_put(o, "extended_master_secret", json_c(support_name(d->master_secret)));
	json_put(o, "fallback_scsv", json_c(support_name(d->fallback_scsv)));
	json_put(o, "ocsp_stapling", json_c(support_name(d->stapling)));
	json_put(o, "heartbleed", json_c(support_name(d->heartbleed)));
	if (d->dh_bits)
		json_put(o, "dh_bits", json_integer(d->dh_bits));
	asset_emit(r, &(struct asset_fact){ .kind = STR("tls"), .key = asset_key(r, p->number), .title = range_text(r, d),
					    .port = p->number, .product = STR("TLS"), .confidence = 100 },
		   o);
}

static struct str names_of(struct asset_run *r, const struct tls_deep *d, unsigned flags)
{
	_cleanup_buf_ struct buf b = BUF_INIT(2 * KIB);

	for (size_t v = 0; v < TLS_DEEP_VERSIONS; v++)
		for (size_t i = 0; i < d->v[v].nsuites; i++)
			if (tls_suite_flags(d->v[v].suites[i]) & flags && !str_has(buf_view(&b), str_c(d->v[v].suites[i]->name)))
				buf_printf(&b, "%s%s", b.len ? ", " : "", d->v[v].suites[i]->name);
	return arena_str(r->arena, buf_view(&b));
}

/* The scan says the common ones itself for the site's own port. */
static void common_flaws(struct asset_run *r, const struct asset_port *p, const struct tls_deep *d)
{
	const unsigned broken = TLS_SUITE_NULL | TLS_SUITE_ANON | TLS_SUITE_EXPORT | TLS_SUITE_DES,
		       weak = TLS_SUITE_RC4 | TLS_SUITE_3DES | TLS_SUITE_OLD;

	if (d->ssl2 == TLS_YES || d->v[TLS_DEEP_SSL3].support == TLS_YES)
		flaw(r, p, "asset-tls-protocol", SEVERITY_HIGH, 326, STR("SSL"), range_text(r, d),
		     "仍接受 SSL 2.0 或 SSL 3.0", "SSL 2.0 or 3.0 is still accepted");
	else if (d->v[TLS_DEEP_10].support == TLS_YES || d->v[TLS_DEEP_11].support == TLS_YES)
		flaw(r, p, "asset-tls-protocol", SEVERITY_LOW, 326, STR("TLS 1.0/1.1"), range_text(r, d),
		     "仍接受 TLS 1.0 或 1.1", "TLS 1.0 or 1.1 is still accepted");
	if (d->flags & broken)
		flaw(r, p, "asset-tls-cipher", SEVERITY_HIGH, 327, STR("broken"), names_of(r, d, broken),
		     "接受等于不加密的密码套件", "cipher suites are accepted that do not protect");
	else if (d->flags & weak)
		flaw(r, p, "asset-tls-cipher", SEVERITY_LOW, 327, STR("weak"), names_of(r, d, weak),
		     "接受弱密码套件", "weak cipher suites are accepted");
}

static void rare_flaws(struct asset_run *r, const struct asset_port *p, const struct tls_deep *d)
{
	if (d->heartbleed == TLS_YES)
		flaw(r, p, "asset-tls-heartbleed", SEVERITY_CRITICAL, 126, STR("CVE-2014-0160"), STR("heartbeat answered"),
		     "对长度不符的心跳作了应答，内存可被读取（CVE-2014-0160）",
		     "a heartbeat of a wrong length was answered: memory can be read (CVE-2014-0160)");
	if (d->compression == TLS_YES)
		flaw(r, p, "asset-tls-compression", SEVERITY_LOW, 310, STR("CRIME"), STR("DEFLATE"),
		     "启用了 TLS 压缩（CRIME）", "TLS compression is on (CRIME)");
	if (d->secure_renegotiation == TLS_NO)
		flaw(r, p, "asset-tls-renegotiation", SEVERITY_LOW, 310, STR("RFC 5746"), STR("no renegotiation_info"),
		     "不支持安全重协商", "secure renegotiation is not supported");
	if (!d->forward_secrecy)
		flaw(r, p, "asset-tls-no-fs", SEVERITY_LOW, 326, STR("FS"), names_of(r, d, TLS_SUITE_NO_FS),
		     "没有一个密码套件具有前向保密", "no cipher suite gives forward secrecy");
	if (d->dh_bits && d->dh_bits < 2048)
		flaw(r, p, "asset-tls-dh", d->dh_bits < 1024 ? SEVERITY_MEDIUM : SEVERITY_LOW, 326, STR("DH"),
		     arena_printf(r->arena, "%u bits", d->dh_bits), "DH 素数短于 2048 位（Logjam）",
		     "the DH prime is shorter than 2048 bits (Logjam)");
}

static json_t *cert_json(const struct tls_cert *c)
{
	json_t *o = json_object(), *names = json_array();

	json_put(o, "subject", json_str(c->subject));
	json_put(o, "issuer", json_str(c->issuer));
	json_put(o, "not_before", json_time(c->not_before_ms));
	json_put(o, "not_after", json_time(c->not_after_ms));
	json_put(o, "key", json_str(c->key_type));
	json_put(o, "key_bits", json_integer(c->key_bits));
	json_put(o, "signature", json_str(c->signature));
	json_put(o, "serial", json_str(c->serial));
	json_put(o, "sha256", json_str(c->sha256));
	for (size_t i = 0; i < c->nnames; i++)
		json_array_append_new(names, json_str(c->names[i]));
	json_put(o, "names", names);
	return o;
}

static void cert_fact(struct asset_run *r, const struct asset_port *p, const struct tls_facts *f)
{
	const struct tls_cert *leaf = &f->certs[0];
	json_t *o = cert_json(leaf), *chain = json_array();

	for (size_t i = 1; i < f->ncerts; i++) {
		json_t *c = json_object();

		json_put(c, "subject", json_str(f->certs[i].subject));
		json_put(c, "not_after", json_time(f->certs[i].not_after_ms));
		json_array_append_new(chain, c);
	}
	json_put(o, "chain", chain);
	json_put(o, "chain_ok", json_boolean(f->chain_ok));
	json_put(o, "chain_error", json_str(f->chain_error));
	json_put(o, "host_match", json_boolean(f->host_match));
	json_put(o, "self_signed", json_boolean(leaf->self_signed));
	json_put(o, "expired", json_boolean(f->expired));
	json_put(o, "days_left", json_integer((leaf->not_after_ms - r->o->now_ms) / DAY_MS));
	asset_emit(r, &(struct asset_fact){
			      .kind = STR("certificate"), .key = asset_key(r, p->number), .port = p->number,
			      .title = leaf->common_name.len ? leaf->common_name :
				       leaf->nnames	     ? leaf->names[0] :
							       leaf->subject,
			      .product = leaf->issuer, .version = str_sub(leaf->sha256, 0, 16), .confidence = 100 },
		   o);
}

static void cert_flaws(struct asset_run *r, const struct asset_port *p, const struct tls_facts *f)
{
	const struct tls_cert *leaf = &f->certs[0];
	int64_t days = (leaf->not_after_ms - r->o->now_ms) / DAY_MS;
	bool rsa = str_ieq(leaf->key_type, STR("RSA"));

	if (f->expired)
		flaw(r, p, "asset-tls-certificate", SEVERITY_MEDIUM, 298, STR("expired"), leaf->subject, "证书已过期",
		     "the certificate has expired");
	else if (days < EXPIRING_DAYS)
		flaw(r, p, "asset-tls-certificate", SEVERITY_LOW, 298, STR("expiring"), leaf->subject,
		     "证书将在 30 天内过期", "the certificate expires within 30 days");
	if ((rsa && leaf->key_bits < 2048) || str_ihas(leaf->signature, STR("md5")) ||
	    str_ihas(leaf->signature, STR("sha1")))
		flaw(r, p, "asset-tls-certificate", SEVERITY_MEDIUM, 326, STR("weak"), leaf->signature,
		     "证书的密钥或签名算法过弱", "the certificate's key or signature is weak");
}

void asset_tls(struct asset_run *r, const struct asset_port *p)
{
	struct pinned pin = { { open_pinned, NULL }, r, p->tls ? START_NONE : asset_start_of(p->match.service) };
	_cleanup_arena_ struct arena *a = arena_new(4 * MIB);
	struct sockaddr_storage ss;
	struct tls_facts facts = { 0 };
	struct tls_deep deep;
	socklen_t len;
	struct str sni = net_addr_parse(r->o->host, 0, &ss, &len) == 0 ? STR("") : r->o->host;
	bool have = tls_facts_get(&pin.base, r->o->host, p->number, false, r->o->now_ms, a, &facts, NULL) == 0;

	if (asset_stopped(r))
		return; /* what was refused meanwhile says nothing */
	if (have && facts.ncerts) {
		cert_fact(r, p, &facts);
		if (p->number != r->o->site_port)
			cert_flaws(r, p, &facts);
	}
	if (pin.start == START_MYSQL && have)
		short_fact(r, p, &facts, pin.start);
	if ((pin.start && !have) || pin.start == START_MYSQL)
		return;
	if (tls_deep_get(&pin.base, r->o->host, p->number, sni, a, &deep, NULL) < 0 || asset_stopped(r))
		return;
	tls_fact(r, p, &deep, have ? facts.alpn : STR(""), pin.start);
	if (p->number != r->o->site_port)
		common_flaws(r, p, &deep);
	rare_flaws(r, p, &deep);
}
