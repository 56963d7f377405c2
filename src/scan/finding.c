/* Findings: identity by check and normalised place, so that a decision about one outlives
 * re-scans and parameter values; equal ones are counted, five places are kept; the
 * journal and the events hear of each once, and again when its count has grown. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "scan/scan_private.h"

#define FINDING_INSTANCES 5

struct found {
	struct str fingerprint;
	struct buf encoded; /* finding_encode() of the first one */
	uint64_t count, told;
	struct map *places; /* url and parameter of each instance, up to a bound */
	struct str instances[FINDING_INSTANCES];
	size_t instances_len;
	enum severity severity;
};
#define LIMIT_FOUND_PLACES 5000

static void found_free(void *p)
{
	struct found *f = p;
	buf_free(&f->encoded);
	map_free(f->places);
	free(f);
}

void findings_free(struct run *r)
{
	if (r->findings)
		map_free_values(r->findings, found_free);
	r->findings = NULL;
}

static void put_blobs(struct buf *b, const struct str *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_blob(b, list[i]);
}

void finding_encode(const struct scan_finding *f, struct buf *b)
{
	const struct scan_evidence *v = &f->evidence;
	struct str texts[] = { f->fingerprint, f->check,  f->title_zh,	f->title_en, f->detail_zh, f->detail_en,
			       f->owasp,       f->url,	  f->method,	f->parameter, f->where,	   v->request,
			       v->response,    v->proof };
	buf_u32(b, (uint32_t)f->severity);
	buf_u32(b, (uint32_t)f->confidence);
	buf_u32(b, (uint32_t)f->gbt);
	buf_u32(b, f->cwe);
	buf_u64(b, f->count);
	buf_u64(b, v->proof_at);
	buf_u64(b, v->proof_len);
	buf_u32(b, (v->proof_in_request ? 1u : 0) | (v->truncated ? 2u : 0));
	put_blobs(b, texts, ARRAY_SIZE(texts));
	const struct scan_texts *t = &f->texts;
	struct str words[] = { t->description_zh, t->description_en, t->impact_zh, t->impact_en, t->advice_zh,
			       t->advice_en,	  t->references,     t->cvss,	   t->extracted };
	put_blobs(b, words, ARRAY_SIZE(words));
	buf_u32(b, (uint32_t)f->instances_len);
	put_blobs(b, f->instances, f->instances_len);
}

static int get_blobs(struct reader *r, struct str **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (reader_blob(r, list[i]) < 0)
			return -1;
	return 0;
}

int finding_decode(struct str bytes, struct arena *a, struct scan_finding *ret)
{
	struct reader r = reader_of(bytes);
	struct scan_finding f = { 0 };
	struct scan_evidence *v = &f.evidence;
	uint32_t severity, confidence, gbt, flags, n;
	uint64_t at, len;
	if (reader_u32(&r, &severity) < 0 || reader_u32(&r, &confidence) < 0 || reader_u32(&r, &gbt) < 0 ||
	    reader_u32(&r, &f.cwe) < 0 || reader_u64(&r, &f.count) < 0 || reader_u64(&r, &at) < 0 ||
	    reader_u64(&r, &len) < 0 || reader_u32(&r, &flags) < 0)
		return -1;
	if (severity >= SEVERITY_COUNT || confidence > CONFIDENCE_CERTAIN || gbt > GBT_SUPER)
		return -1;
	struct str *texts[] = { &f.fingerprint, &f.check, &f.title_zh, &f.title_en,  &f.detail_zh, &f.detail_en,
				&f.owasp,	&f.url,	  &f.method,   &f.parameter, &f.where,	   &v->request,
				&v->response,	&v->proof };
	struct scan_texts *w = &f.texts;
	struct str *words[] = { &w->description_zh, &w->description_en, &w->impact_zh, &w->impact_en, &w->advice_zh,
				&w->advice_en,	    &w->references,	&w->cvss,      &w->extracted };
	if (get_blobs(&r, texts, ARRAY_SIZE(texts)) < 0 || get_blobs(&r, words, ARRAY_SIZE(words)) < 0 || reader_u32(&r, &n) < 0 || n > FINDING_INSTANCES)
		return -1;
	struct str *list = arena_array(a, n + 1, sizeof(*list));
	for (uint32_t i = 0; i < n; i++)
		if (reader_blob(&r, &list[i]) < 0)
			return -1;
	if (at + len > (flags & 1 ? v->request : v->response).len || f.fingerprint.len != 32)
		return -1;
	f.severity = (enum severity)severity;
	f.confidence = (enum confidence)confidence;
	f.gbt = (enum gbt_level)gbt;
	v->proof_at = at;
	v->proof_len = len;
	v->proof_in_request = flags & 1;
	v->truncated = flags & 2;
	f.instances = list;
	f.instances_len = n;
	*ret = f;
	return 0;
}

/* ---- identity ---- */

static void fingerprint(const struct scan_check *c, const struct scan_exchange *x, const struct scan_point *pt,
			struct str parameter, const struct scan_report *rep, char out[33])
{
	struct buf b;
	const struct scan_exchange *at = pt && pt->base ? pt->base : x;
	buf_init(&b, 64 * KIB);
	buf_printf(&b, "%s\n%.*s\n", c->id, STR_ARG(at->origin));
	switch (rep && rep->whole_site ? PLACE_SITE : c->place) {
	case PLACE_POINT:
	case PLACE_PAGE:
		buf_str(&b, at->method);
		buf_char(&b, ' ');
		kit_path_pattern(&b, at->path, false);
		break;
	case PLACE_DIR: {
		ssize_t slash = str_rchr(at->path, '/');
		buf_str(&b, str_sub(at->path, 0, (size_t)(slash + 1)));
		break;
	}
	case PLACE_SITE:
		break;
	}
	buf_printf(&b, "\n%s\n%.*s\n%.*s", pt ? scan_where_name(pt->where) : "", STR_ARG(parameter),
		   STR_ARG(rep ? rep->place_key : STR("")));
	kit_hash(buf_view(&b), out);
	buf_free(&b);
}

static struct found *found_of(struct run *r, struct str fp)
{
	return map_get(r->findings, fp);
}

bool finding_known(struct run *r, const struct scan_check *c, const struct scan_exchange *x,
		   const struct scan_point *pt)
{
	char fp[33];
	fingerprint(c, x, pt, pt ? pt->name : STR(""), NULL, fp);
	return found_of(r, str_make(fp, 32)) != NULL;
}

/* ---- telling ---- */

static void tell(struct run *r, struct found *f)
{
	struct scan_finding out;
	struct arena *a = arena_new(1 * MIB);
	if (finding_decode(buf_view(&f->encoded), a, &out) == 0) {
		out.count = f->count;
		out.instances = f->instances;
		out.instances_len = f->instances_len;
		if (r->events->finding)
			r->events->finding(r->events->ctx, &out);
	}
	f->told = f->count;
	arena_free(a);
}

void finding_flush_counts(struct run *r)
{
	struct map_iter it = { 0 };
	struct str key;
	void *value;
	while (map_next(r->findings, &it, &key, &value)) {
		struct found *f = value;
		if (f->told < f->count)
			tell(r, f);
	}
}

static bool add_place(struct run *r, struct found *f, struct str url, struct str parameter)
{
	struct buf b;
	buf_init(&b, 64 * KIB);
	buf_str(&b, url);
	buf_char(&b, '\n');
	buf_str(&b, parameter);
	bool fresh = map_len(f->places) < LIMIT_FOUND_PLACES && map_add(f->places, buf_view(&b));
	buf_free(&b);
	if (!fresh)
		return false;
	if (f->instances_len < FINDING_INSTANCES)
		f->instances[f->instances_len++] = arena_str(r->arena, url);
	f->count++;
	return true;
}

static struct found *found_new(struct run *r, const struct scan_finding *f)
{
	struct found *n = mem_alloc(sizeof(*n));
	n->fingerprint = arena_str(r->arena, f->fingerprint);
	n->places = map_new();
	n->severity = f->severity;
	buf_init(&n->encoded, 4 * MIB);
	finding_encode(f, &n->encoded);
	map_put(r->findings, n->fingerprint, n);
	r->counts[f->severity]++;
	return n;
}

static struct str pick(struct str given, const char *fallback)
{
	return given.len ? given : str_c(fallback);
}

static void fill(struct run *r, struct arena *a, struct scan_finding *f, const struct scan_check *c,
		 const struct scan_report *rep, const struct scan_point *pt)
{
	const struct scan_exchange *x = rep->about ? rep->about : rep->exchange;
	const struct scan_exchange *base = pt && pt->base ? pt->base : r->asked ? r->asked : x;
	bool active = pt || scan_check_active(c);
	f->check = str_c(c->id);
	f->title_zh = pick(rep->title_zh, c->title_zh);
	f->title_en = pick(rep->title_en, c->title_en);
	f->detail_zh = rep->detail_zh;
	f->detail_en = rep->detail_en;
	f->severity = rep->severity_set ? rep->severity : c->severity;
	f->confidence = rep->confidence_set ? rep->confidence : active ? CONFIDENCE_FIRM : CONFIDENCE_CERTAIN;
	f->gbt = rep->severity_set ? GBT_BY_SEVERITY : c->gbt;
	f->cwe = c->cwe;
	f->owasp = str_c(c->owasp);
	/* the request that carried the input, with its original values */
	f->url = rep->url.len ? rep->url : base->url;
	f->method = base->method;
	f->parameter = pt && !rep->parameter.len ? pt->name : rep->parameter;
	f->where = pt ? str_c(scan_where_name(pt->where)) : STR("");
	if (rep->texts)
		f->texts = *rep->texts;
	evidence_build(a, rep, pt, &f->evidence);
}

static bool retest_wants(const struct run *r, const struct scan_finding *f)
{
	if (r->o.retest_len == 0)
		return true;
	for (size_t i = 0; i < r->o.retest_len; i++)
		if (str_eq(r->o.retest[i].fingerprint, f->fingerprint) ||
		    (str_empty(r->o.retest[i].fingerprint) && str_eq(r->o.retest[i].check, f->check)))
			return true;
	return false;
}

void finding_report(struct run *r, const struct scan_check *c, const struct scan_report *rep,
		    const struct scan_point *pt)
{
	char fp[33];
	struct str parameter = pt && !rep->parameter.len ? pt->name : rep->parameter;
	check(rep->exchange != NULL);
	fingerprint(c, rep->about ? rep->about : rep->exchange, pt, parameter, rep, fp);
	struct found *known = found_of(r, str_make(fp, 32));
	if (known) {
		struct str url = rep->url.len ? rep->url : r->asked ? r->asked->url :
				       rep->about ? rep->about->url : rep->exchange->url;
		if (add_place(r, known, url, parameter))
			run_journal(r, "more", known->fingerprint, url);
		return;
	}
	struct arena *a = arena_new(8 * MIB);
	struct scan_finding f = { .fingerprint = str_make(fp, 32), .count = 1 };
	fill(r, a, &f, c, rep, pt);
	if (retest_wants(r, &f)) {
		struct found *n = found_new(r, &f);
		add_place(r, n, f.url, parameter);
		run_check_stat(r, c)->findings++;
		run_journal(r, "find", n->fingerprint, buf_view(&n->encoded));
		run_flush(r);
		tell(r, n);
	}
	arena_free(a);
}

void finding_prepare(struct run *r, const struct scan_check *c, const struct scan_report *rep,
		     const struct scan_point *pt, struct buf *out)
{
	char fp[33];
	struct str parameter = pt && !rep->parameter.len ? pt->name : rep->parameter;
	struct arena *a = arena_new(8 * MIB);
	struct scan_finding f = { .fingerprint = str_make(fp, 32), .count = 1 };
	fingerprint(c, rep->about ? rep->about : rep->exchange, pt, parameter, rep, fp);
	fill(r, a, &f, c, rep, pt);
	finding_encode(&f, out);
	arena_free(a);
}

void finding_deliver(struct run *r, struct str prepared, struct str zh, struct str en)
{
	struct arena *a = arena_new(2 * MIB);
	struct scan_finding f;
	const struct scan_check *c = NULL;
	if (finding_decode(prepared, a, &f) == 0)
		c = scan_check_find(f.check);
	if (c && !found_of(r, f.fingerprint) && retest_wants(r, &f)) {
		f.detail_zh = arena_printf(a, "%.*s%.*s", STR_ARG(f.detail_zh), STR_ARG(zh));
		f.detail_en = arena_printf(a, "%.*s%s%.*s", STR_ARG(f.detail_en), f.detail_en.len ? " " : "", STR_ARG(en));
		struct found *n = found_new(r, &f);
		add_place(r, n, f.url, f.parameter);
		run_check_stat(r, c)->findings++;
		run_journal(r, "find", n->fingerprint, buf_view(&n->encoded));
		run_flush(r);
		tell(r, n);
	}
	arena_free(a);
}

void finding_restate(struct run *r, struct str prepared, struct str zh, struct str en)
{
	struct arena *a = arena_new(2 * MIB);
	struct scan_finding f;
	struct found *n = finding_decode(prepared, a, &f) == 0 ? found_of(r, f.fingerprint) : NULL;
	if (n) {
		f.detail_zh = zh;
		f.detail_en = en;
		buf_clear(&n->encoded);
		finding_encode(&f, &n->encoded);
		tell(r, n);
	} else {
		finding_deliver(r, prepared, zh, en);
	}
	arena_free(a);
}

/* From an earlier process: told again, since who listens may have lost it. */
void finding_replayed(struct run *r, struct str kind, struct str key, struct str bytes)
{
	struct found *f = found_of(r, key);
	if (str_eq(kind, STR("more"))) {
		if (f)
			add_place(r, f, bytes, STR(""));
		return;
	}
	struct arena *a = arena_new(1 * MIB);
	struct scan_finding out;
	if (!f && finding_decode(bytes, a, &out) == 0) {
		f = found_new(r, &out);
		add_place(r, f, out.url, out.parameter);
		const struct scan_check *c = scan_check_find(out.check);
		if (c)
			run_check_stat(r, c)->findings++;
		tell(r, f);
	}
	arena_free(a);
}
