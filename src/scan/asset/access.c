/* Weaknesses that an answer proves: access without a log-in (data/services/access.tsv),
 * and versions that are known to be vulnerable or no longer maintained (versions.tsv).
 * Versions are firm at best: distributions repair without changing the number, so those
 * that a distribution built are left alone. */
#include "scan/asset/asset_private.h"
#include "scan/kit.h"

#define EVIDENCE 2048 /* bytes of an answer shown */

static const struct asset_answer *answer_of(const struct asset_port *p, const char *probe)
{
	for (size_t i = 0; i < p->answers_len; i++)
		if (strcmp(p->answers[i].probe, probe) == 0)
			return &p->answers[i];
	return NULL;
}

void asset_report(struct asset_run *r, const struct asset_flaw *f)
{
	struct arena *a = r->arena;
	char fp[33];
	struct str shown = asset_printable(a, f->got, EVIDENCE), proof = asset_printable(a, f->proof, 200);
	ssize_t at = proof.len ? str_find(shown, proof) : -1;
	struct scan_finding x = {
		.check = str_c(f->check), .severity = f->severity, .confidence = f->confidence, .cwe = f->cwe,
		.owasp = f->cwe == 1104 ? STR("A06:2021") : STR("A05:2021"),
		.url = arena_printf(a, "%s://%.*s:%u/", f->udp ? "udp" : f->tls ? "tls" : "tcp", STR_ARG(r->o->host), f->port),
		.method = STR(""), .parameter = f->parameter, .where = STR(""), .detail_zh = f->detail_zh,
		.detail_en = f->detail_en, .count = 1,
	};

	kit_hash(arena_printf(a, "%s|%.*s|%u|%.*s", f->check, STR_ARG(r->o->host), f->port, STR_ARG(f->parameter)),
		 fp);
	x.fingerprint = str_c(fp);
	x.instances = &x.url;
	x.instances_len = 1;
	x.evidence = (struct scan_evidence){ .request = asset_printable(a, f->sent, EVIDENCE), .response = shown,
					     .proof = proof, .truncated = f->got.len > EVIDENCE };
	if (at >= 0) {
		x.evidence.proof_at = (size_t)at;
		x.evidence.proof_len = proof.len;
	}
	r->sum.findings++;
	if (r->events->finding)
		r->events->finding(r->events->ctx, &x);
}

static bool applies(const struct service_access *x, const struct asset_port *p, const struct service_probe *probe)
{
	char key[64];

	snprintf(key, sizeof(key), ",%.*s,", STR_ARG(p->match.service));
	if (!strstr(x->service, key) && !(p->http && strstr(x->service, ",http,")))
		return false;
	if (!p->http || !probe->ports_len || answer_of(p, x->probe))
		return true;
	for (size_t i = 0; i < probe->ports_len; i++)
		if (probe->ports[i] == p->number)
			return true;
	return false;
}

static void try_access(struct asset_task *t, struct asset_port *p, size_t i)
{
	const struct service_access *x = &service_accesses[i];
	const struct service_probe *probe = service_probe_find(str_c(x->probe));
	const struct asset_answer *had;
	_cleanup_buf_ struct buf b = BUF_INIT(LIMIT_ASSET_ANSWER);
	struct str sent = STR_NULL, proof;

	if (!probe || !applies(x, p, probe))
		return;
	had = answer_of(p, x->probe);
	if (had)
		buf_str(&b, had->bytes);
	else
		asset_ask(t, p, probe, &b, &sent);
	if (!b.len || !service_access_proved(t->run->set, i, buf_view(&b), &proof))
		return;
	asset_report(t->run, &(struct asset_flaw){
				     .check = x->check, .severity = x->severity, .confidence = CONFIDENCE_CERTAIN,
				     .cwe = x->cwe, .port = p->number, .tls = p->tls,
				     .parameter = p->match.product.len ? p->match.product : p->match.service,
				     .detail_zh = arena_printf(t->run->arena, "端口 %u 不登录即回答了下面的请求。", p->number),
				     .detail_en = arena_printf(t->run->arena,
							       "Port %u answered the request below without a log-in.",
							       p->number),
				     .sent = sent.len ? sent : probe->payload, .got = buf_view(&b), .proof = proof });
}

/* "1.18.0 (Ubuntu)", "9.2p1 Debian-2": repaired by who built it. */
static bool distribution(const struct service_match *m)
{
	static const char *const words[] = { "ubuntu", "debian", "centos", "red hat", "almalinux", "fedora", "freebsd" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_ihas(m->os, str_c(words[i])) || str_ihas(m->info, str_c(words[i])))
			return true;
	return false;
}

void asset_versions(struct asset_run *r, const struct asset_port *p, const struct service_match *m)
{
	if (!m->version.len || !m->product.len || distribution(m))
		return;
	for (size_t i = 0; i < service_versions_len; i++) {
		const struct service_version *v = &service_versions[i];

		if (!str_ieq(m->product, str_c(v->product)) ||
		    service_version_cmp(m->version, str_c(v->from)) < 0 ||
		    service_version_cmp(m->version, str_c(v->before)) >= 0)
			continue;
		struct str what = arena_printf(r->arena, "%.*s %.*s", STR_ARG(m->product), STR_ARG(m->version));

		asset_report(r, &(struct asset_flaw){
					.check = v->cve[0] ? "asset-vulnerable-version" : "asset-end-of-life",
					/* judged by a number only: one level down */
					.severity = v->severity > SEVERITY_LOW ? v->severity - 1 : v->severity,
					.confidence = CONFIDENCE_TENTATIVE, .cwe = 1104,
					.port = p->number, .tls = p->tls,
					.parameter = v->cve[0] ? arena_printf(r->arena, "%.*s %s", STR_ARG(m->product), v->cve) :
								 m->product,
					.detail_zh = arena_printf(r->arena, "端口 %u 自称 %.*s：%s%s%s（%s 起修复）。", p->number,
								  STR_ARG(what), v->note_zh, v->cve[0] ? "，" : "", v->cve,
								  v->before),
					.detail_en = arena_printf(r->arena, "Port %u calls itself %.*s: %s%s%s (fixed from %s on).",
								  p->number, STR_ARG(what), v->note_en, v->cve[0] ? ", " : "",
								  v->cve, v->before),
					.got = what, .proof = m->version });
	}
}

void asset_access(struct asset_task *t, struct asset_port *p)
{
	if (!p->match.rule)
		return;
	asset_versions(t->run, p, &p->match);
	for (size_t i = 0; i < p->also_len; i++)
		asset_versions(t->run, p, &p->also[i]);
	for (size_t i = 0; i < service_accesses_len && t->run->verdict == SCAN_GO; i++)
		try_access(t, p, i);
}
