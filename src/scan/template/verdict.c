/* Is a match true? The same request at a random place must not match (a folder that does not
 * exist, a sibling that does not exist), a delay must follow what was asked, a second run
 * must give the same. What stands is reported with the template's own words. Hits of products
 * that nothing else speaks for wait until the end: a site that seems to be fifteen unrelated
 * products is none of them. */
#include "base/limits.h"
#include "base/mem.h"
#include "scan/template/advice.h"
#include "scan/template/run_private.h"
#include "scan/template/timed.h"

#define TRAP_PRODUCTS 15

/* ---- controls ---- */

static bool again(struct trun *tr, enum template_control control, bool fresh, bool *ret_shifted)
{
	struct trun other;
	trun_init(&other, tr->p, tr->r, tr->t, tr->base);
	other.control = control;
	other.fresh = fresh;
	bool hit = trun_run(&other);
	*ret_shifted = other.refutes;
	trun_free(&other);
	return hit;
}

static bool by_other_means(const struct trun *tr)
{
	for (size_t i = 0; i < tr->hits.len; i++) {
		const struct template_block *b = tr->hits.ptr[i].block;
		if (b->waits_oob || b->timed || b->protocol != TEMPLATE_HTTP)
			return true;
	}
	return false;
}

/* A hole is to be shown by what was sent: it does not show in the start page as everybody gets it, when
 * that was only the first step and the attack stands in a later one. */
static bool before_the_attack(const struct trun *tr)
{
	bool any = false;
	for (size_t i = 0; i < tr->hits.len; i++) {
		const struct template_block *b = tr->hits.ptr[i].block;
		bool later = false;
		for (size_t k = 0; k < b->requests_len; k++)
			later = later || b->requests[k].has_body;
		if (!tr->hits.ptr[i].plain || b->numbered || b->requests_len < 2 || !b->requests[0].raw || !later)
			return false;
		any = true;
	}
	return any && tr->t->severity > SEVERITY_INFO;
}

static bool refuted(struct trun *tr)
{
	bool shifted = false;
	if (by_other_means(tr))
		return false;
	if (before_the_attack(tr))
		return true;
	/* what says which product it is may stand on the start page anyway */
	int last = tr->t->severity > SEVERITY_INFO ? CONTROL_PLAIN : CONTROL_SIBLING;
	for (int c = CONTROL_FOLDER; c <= last && !tr->r->stopping; c++)
		if (again(tr, (enum template_control)c, false, &shifted) && shifted)
			return true;
	return false;
}

/* ---- words ---- */

static struct scan_check *check_of(struct run *r, const struct template *t)
{
	struct templates *ts = r->templates;
	size_t i = (size_t)(t - ts->pack->list);
	struct scan_check *c = &ts->checks[i];
	if (!c->id) {
		c->id = arena_printf(r->arena, "template:%.*s", STR_ARG(t->id)).ptr;
		c->title_zh = arena_cstr(r->arena, t->name.zh);
		c->title_en = arena_cstr(r->arena, t->name.en);
		c->severity = t->severity;
		c->cwe = t->cwe;
		c->owasp = template_owasp(t->cwe);
		c->place = PLACE_SITE;
	}
	return c;
}

static struct str all_names(struct trun *tr)
{
	struct buf b;
	buf_init(&b, 4 * KIB);
	for (size_t i = 0; i < tr->hits.len; i++) {
		struct str rest = tr->hits.ptr[i].names, part;
		while (str_split(&rest, ',', &part)) {
			part = str_trim(part);
			if (!part.len || str_has(buf_view(&b), part))
				continue;
			if (b.len)
				buf_c(&b, ", ");
			buf_str(&b, part);
		}
	}
	struct str s = arena_str(tr->keep, buf_view(&b));
	buf_free(&b);
	return s;
}

static struct str all_extracted(struct trun *tr)
{
	struct buf b;
	buf_init(&b, 32 * KIB);
	for (size_t i = 0; i < tr->hits.len; i++) {
		struct str rest = tr->hits.ptr[i].extracted, line;
		while (str_split(&rest, '\n', &line))
			if (line.len && !str_has(buf_view(&b), line)) {
				buf_str(&b, line);
				buf_char(&b, '\n');
			}
	}
	struct str s = arena_str(tr->keep, buf_view(&b));
	buf_free(&b);
	return s;
}

static struct str one_line(struct arena *a, struct str lines)
{
	char *s = arena_cstr(a, str_trim(lines));
	for (char *p = s; *p; p++)
		if (*p == '\n')
			*p = ';';
	return str_sub(str_c(s), 0, 600);
}

/* The first fixed string of a matcher that stands in the answer: what the eye looks for. */
static struct str proof_of(struct trun *tr, const struct hit *h)
{
	struct str text = reply_response(h->reply), s;
	for (size_t i = 0; i < h->block->matchers_len; i++) {
		const struct template_matcher *m = &h->block->matchers[i];
		for (size_t k = 0; m->kind == MATCH_WORD && !m->negative && k < m->n; k++)
			if (trun_render(tr, &m->words[k].text, tr->scratch, &s) && s.len > 2 && str_has(text, s))
				return s;
		for (size_t k = 0; m->kind == MATCH_REGEX && !m->negative && k < m->n; k++) {
			struct regex_match g;
			struct regex *re = m->regexes[k].pattern.mixed ? NULL :
					   template_regex_get(tr->ts->pack, &m->regexes[k]);
			if (re && regex_match(re, text, 0, &g, NULL) && g.groups[0].len)
				return g.groups[0];
		}
	}
	return str_split(&(struct str){ h->extracted.ptr, h->extracted.len }, '\n', &s) &&
			       str_chr(s, '=') >= 0 ? str_from(s, (size_t)str_chr(s, '=') + 1) : STR("");
}

/* Evidence of what was not HTTP: an exchange made of its bytes. */
static struct answer *exchange_of(struct trun *tr, const struct hit *h)
{
	if (h->reply->a)
		return answer_ref(h->reply->a);
	struct send *s = send_new(tr->r, STR("GET"), tr->base, URL_RAW_PATH, NULL);
	if (!s)
		return NULL;
	struct http_response none = { .body = h->reply->body };
	struct answer *a = answer_ref(s->answer);
	s->q.sent = arena_printf(a->arena, "%s %.*s:%u", template_protocol_name(h->block->protocol),
				 STR_ARG(tr->base_url.host), (unsigned)tr->base_url.port);
	exchange_fill(&a->x, a->arena, &s->q, &s->url, &none);
	a->x.body = arena_str(a->arena, h->reply->body);
	a->x.text = a->x.body;
	send_free(s);
	return a;
}

static void fill_texts(struct trun *tr, struct scan_texts *x, struct str extracted)
{
	const struct template *t = tr->t;
	struct buf b;
	buf_init(&b, 16 * KIB);
	for (size_t i = 0; i < t->references_len; i++) {
		if (i)
			buf_char(&b, ' ');
		buf_str(&b, t->references[i]);
	}
	if (t->cve.len && !str_has(buf_view(&b), t->cve)) {
		if (b.len)
			buf_char(&b, ' ');
		buf_str(&b, t->cve);
	}
	x->references = arena_str(tr->keep, buf_view(&b));
	buf_free(&b);
	x->description_zh = t->description.zh;
	x->description_en = t->description.en;
	x->impact_zh = t->impact.zh;
	x->impact_en = t->impact.en;
	x->advice_zh = t->remediation.zh;
	x->advice_en = t->remediation.en;
	x->cvss = t->cvss;
	x->extracted = extracted;
	template_advice_fill(tr->keep, t, x);
}

/* ---- reporting ---- */

static struct str product_of(const struct template *t)
{
	return t->framework.len ? t->framework : t->product.len ? t->product : t->vendor;
}

static void note_seen(struct templates *ts, const struct template *t)
{
	if (t->product.len)
		map_add(ts->seen, t->product);
	if (t->framework.len)
		map_add(ts->seen, t->framework);
}

static void spring_trap(struct run *r)
{
	struct templates *ts = r->templates;
	ts->trap = true;
	for (size_t i = 0; i < ts->held.len; i++)
		buf_free(&ts->held.ptr[i].finding);
	ts->held.len = 0;
	run_log(r, "目标看起来同时是十五种以上互不相关的产品，很可能是蜜罐或对任何请求都应答的页面，特定产品的模板结果已被抑制。",
		"The target looks like more than fifteen unrelated products at once, most likely a honeypot or a page that answers "
		"everything; results of templates for single products are suppressed.");
}

static void hold(struct trun *tr, struct buf *finding)
{
	struct templates *ts = tr->ts;
	map_add(ts->unrelated, product_of(tr->t));
	*vec_push(&ts->held) = (struct held){ *finding, tr->t };
	run_journal(tr->r, "held", tr->t->id, buf_view(finding));
	if (map_len(ts->unrelated) >= TRAP_PRODUCTS)
		spring_trap(tr->r);
}

static void report_one(struct trun *tr, const struct hit *h, enum confidence confidence, struct str names,
		       struct str extracted, bool held)
{
	struct scan_texts texts = { 0 };
	struct answer *a = exchange_of(tr, h);
	struct scan_check *c = check_of(tr->r, tr->t);
	if (!a)
		return;
	fill_texts(tr, &texts, extracted);
	struct str seen = names.len ? names : one_line(tr->keep, extracted);
	struct str zh = STR(""), en = STR("");
	if (seen.len) {
		zh = arena_printf(tr->keep, names.len ? "识别结果：%.*s。" : "提取到：%.*s", STR_ARG(seen));
		en = arena_printf(tr->keep, names.len ? "Recognised: %.*s." : "Extracted: %.*s", STR_ARG(seen));
	}
	struct scan_report rep = { .exchange = &a->x, .proof = proof_of(tr, h), .detail_zh = zh, .detail_en = en,
				   .confidence_set = true, .confidence = confidence, .texts = &texts,
				   .place_key = str_eq(tr->base, tr->ts->bases.ptr[0]) ? STR("") : tr->base };
	if (held) {
		struct buf b;
		buf_init(&b, 4 * MIB);
		finding_prepare(tr->r, c, &rep, NULL, &b);
		hold(tr, &b);
	} else {
		finding_report(tr->r, c, &rep, NULL);
	}
	answer_unref(a);
}

static enum confidence confidence_of(struct trun *tr)
{
	bool shifted;
	for (size_t i = 0; i < tr->hits.len; i++)
		if (tr->hits.ptr[i].block->waits_oob || tr->hits.ptr[i].block->timed)
			return CONFIDENCE_CERTAIN; /* proved by other means */
	if (tr->sends > 200)
		return CONFIDENCE_TENTATIVE;
	return again(tr, CONTROL_NONE, true, &shifted) ? CONFIDENCE_CERTAIN : CONFIDENCE_TENTATIVE;
}

void trun_verdict(struct trun *tr)
{
	struct templates *ts = tr->ts;
	struct run *r = tr->r;
	enum confidence confidence = CONFIDENCE_FIRM;
	bool product = product_of(tr->t).len && !templates_family_seen(r, tr->t);
	if (!r->o.template_unverified) {
		if (refuted(tr) || !timed_confirmed(tr)) {
			ts->stats.controlled++;
			return;
		}
		confidence = confidence_of(tr);
	}
	if (r->stopping || (product && ts->trap))
		return;
	note_seen(ts, tr->t);
	struct str names = all_names(tr), extracted = all_extracted(tr);
	bool held = product && !r->o.template_unverified && !r->o.retest_len;
	size_t first = tr->t->flow ? tr->hits.len - 1 : 0; /* of a flow the last step is the proof */
	for (size_t i = first; i < tr->hits.len && i < first + (held ? 1 : 20); i++)
		report_one(tr, &tr->hits.ptr[i], confidence, names, extracted, held);
}

void templates_flush_held(struct run *r)
{
	struct templates *ts = r->templates;
	for (size_t i = 0; i < ts->held.len; i++) {
		if (!ts->trap)
			finding_deliver(r, buf_view(&ts->held.ptr[i].finding), STR(""), STR(""));
		buf_free(&ts->held.ptr[i].finding);
	}
	ts->held.len = 0;
}
