/* SARIF 2.1.0 (OASIS) for code hosts and dashboards: checks as rules with CWE taxa,
 * findings as results with a stable partial fingerprint, decisions as suppressions. */
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"
#include "report/report_private.h"

static json_t *message(struct str s)
{
	json_t *o = json_object();

	json_put(o, "text", json_str(s.len ? s : STR("-")));
	return o;
}

static const char *level_of(enum severity s)
{
	return s >= SEVERITY_HIGH ? "error" : s == SEVERITY_MEDIUM ? "warning" : "note";
}

/* What RFC 3986 does not allow raw becomes %XX; a percent sign stays. */
static json_t *uri(struct str s)
{
	_cleanup_buf_ struct buf b = BUF_INIT(s.len * 3 + 1);

	for (size_t i = 0; i < s.len; i++) {
		unsigned char ch = (unsigned char)s.ptr[i];

		if (ascii_alnum((char)ch) || (ch && strchr("-._~:/?#[]@!$&'()*+,;=%", ch)))
			buf_char(&b, (char)ch);
		else
			buf_printf(&b, "%%%02X", ch);
	}
	return json_str(buf_view(&b));
}

static struct str rule_id(const struct report_finding *f)
{
	return f->check.len ? f->check : STR("unknown");
}

static json_t *rule_properties(const struct report_ctx *c, const struct report_finding *f)
{
	json_t *o = json_object(), *tags = json_array();
	struct str owasp = json_get_str(f->json, "owasp"), confidence;
	char text[32];
	bool own;

	json_array_append_new(tags, json_c("security"));
	if (f->cwe) {
		snprintf(text, sizeof(text), "external/cwe/cwe-%u", f->cwe);
		json_array_append_new(tags, json_c(text));
	}
	if (owasp.len)
		json_array_append_new(tags, json_str(owasp));
	json_put(o, "tags", tags);
	snprintf(text, sizeof(text), "%.1f", finding_cvss(f, &own));
	json_put(o, "security-severity", json_c(text));
	confidence = json_get_str(f->json, "confidence");
	json_put(o, "precision",
		 json_c(str_eq(confidence, STR("certain")) ? "very-high" :
			str_eq(confidence, STR("firm"))	   ? "high" :
							     "medium"));
	json_put(o, "gbt30279", json_str(finding_gbt(f)));
	json_put(o, "category", json_str(finding_category(c, f)));
	return o;
}

static json_t *relationships(unsigned cwe)
{
	char id[16];

	snprintf(id, sizeof(id), "%u", cwe);
	return json_pack("[{s:{s:s,s:{s:s}},s:[s]}]", "target", "id", id, "toolComponent", "name", "CWE",
			 "kinds", "superset");
}

static struct str first_link(const struct report_finding *f)
{
	const json_t *v = json_array_get(json_object_get(f->json, "references"), 0);
	struct str s = str_make(json_string_value(v), json_string_length(v)), rest;

	if (!s.len && f->advice) {
		rest = str_c(f->advice->references);
		if (!str_split(&rest, ' ', &s))
			s = STR_NULL;
	}
	return str_starts(s, STR("https://")) ? s : STR_NULL;
}

static json_t *rule(const struct report_ctx *c, const struct report_finding *f)
{
	json_t *o = json_object();
	struct str full = finding_description(c, f), help = finding_advice(c, f), link = first_link(f);

	json_put(o, "id", json_str(rule_id(f)));
	json_put(o, "shortDescription", message(finding_title(c, f)));
	json_put(o, "fullDescription", message(full.len ? full : finding_title(c, f)));
	if (help.len)
		json_put(o, "help", message(help));
	if (link.len)
		json_put(o, "helpUri", uri(link));
	json_put(o, "defaultConfiguration", json_pack("{s:s}", "level", level_of(f->severity)));
	if (f->cwe)
		json_put(o, "relationships", relationships(f->cwe));
	json_put(o, "properties", rule_properties(c, f));
	return o;
}

static json_t *suppressions(const struct report_finding *f)
{
	const json_t *d = json_object_get(f->json, "decision");
	json_t *o = json_pack("{s:s,s:s}", "kind", "external", "status", "accepted");

	json_put(o, "justification", json_str(json_get_str(d, "reason")));
	return json_pack("[o]", o);
}

static json_t *locations(const struct report_finding *f)
{
	json_t *at = json_object();

	json_put(at, "uri", uri(f->url));
	return json_pack("[{s:{s:o}}]", "physicalLocation", "artifactLocation", at);
}

static json_t *result(struct report_ctx *c, const struct report_finding *f, size_t index)
{
	json_t *o = json_object(), *prints = json_object(), *request = json_object(), *p = json_object();
	struct str title = finding_title(c, f), print = json_get_str(f->json, "fingerprint");
	struct str method = json_get_str(f->json, "method");
	struct str proof = json_get_str(json_object_get(f->json, "evidence"), "proof"), text;

	json_put(o, "ruleId", json_str(rule_id(f)));
	json_put(o, "ruleIndex", json_integer((json_int_t)index));
	json_put(o, "level", json_c(level_of(f->severity)));
	text = f->parameter.len ?
		       report_printf(c, "%.*s [%.*s]: %.*s", STR_ARG(title), STR_ARG(f->parameter),
				     STR_ARG(f->url)) :
		       report_printf(c, "%.*s: %.*s", STR_ARG(title), STR_ARG(f->url));
	json_put(o, "message", message(text));
	json_put(o, "locations", locations(f));
	json_put(prints, "zhanweiFinding/v1", json_str(print));
	if (print.len)
		json_put(o, "partialFingerprints", prints);
	else
		json_decref(prints);
	if (method.len)
		json_put(request, "method", json_str(method));
	json_put(request, "target", json_str(f->url));
	json_put(o, "webRequest", request);
	if (f->state == FINDING_FALSE_POSITIVE || f->state == FINDING_IGNORED)
		json_put(o, "suppressions", suppressions(f));
	json_put(p, "severity", json_c(severity_name(f->severity)));
	json_put(p, "confidence", json_str(json_get_str(f->json, "confidence")));
	json_put(p, "parameter", json_str(f->parameter));
	json_put(p, "proof", json_str(proof));
	json_put(o, "properties", p);
	return o;
}

struct rules {
	struct map *index; /* id -> index + 1 */
	struct map *cwes;
	json_t *rules, *taxa, *results;
};

static void add(struct report_ctx *c, struct rules *r, const struct report_finding *f)
{
	uintptr_t at = (uintptr_t)map_get(r->index, rule_id(f));
	char id[16];

	report_scratch_begin(c);
	if (!at) {
		json_array_append_new(r->rules, rule(c, f));
		at = json_array_size(r->rules);
		map_put(r->index, rule_id(f), (void *)at);
		snprintf(id, sizeof(id), "%u", f->cwe);
		if (f->cwe && map_add(r->cwes, str_c(id)))
			json_array_append_new(r->taxa, json_pack("{s:s}", "id", id));
	}
	json_array_append_new(r->results, result(c, f, at - 1));
	report_scratch_end(c);
}

static json_t *invocation(const struct report_ctx *c)
{
	static const char *const keys[][2] = { { "started", "startTimeUtc" },
					       { "finished", "endTimeUtc" } };
	json_t *o = json_object();

	json_put(o, "executionSuccessful", json_boolean(c->complete));
	for (size_t i = 0; i < 2; i++) {
		struct str t = json_get_str(c->model, keys[i][0]);

		int64_t ms;

		if (clock_parse_rfc3339(t, &ms) == 0)
			json_put(o, keys[i][1], json_time(ms));
	}
	return o;
}

static json_t *driver(const struct report_ctx *c, json_t *rules)
{
	struct str version = json_get_str(json_object_get(c->model, "product"), "version");
	json_t *o = json_pack("{s:s,s:s}", "name", "Zhanwei", "organization", "Zhanwei");

	if (version.len)
		json_put(o, "version", json_str(version));
	json_put(o, "rules", rules);
	json_put(o, "supportedTaxonomies", json_pack("[{s:s}]", "name", "CWE"));
	return o;
}

static int render(const json_t *model, const struct report_options *o, struct buf *out,
		  struct error *e)
{
	struct report_ctx c;
	_cleanup_map_ struct map *index = map_new(), *cwes = map_new();
	struct rules r = { index, cwes, json_array(), json_array(), json_array() };
	_cleanup_json_ json_t *log = json_object();
	json_t *run = json_object();

	if (report_ctx_open(&c, model, o->lang, e) < 0) {
		json_decref(r.rules);
		json_decref(r.taxa);
		json_decref(r.results);
		json_decref(run);
		return -1;
	}
	for (size_t i = 0; i < c.open_len; i++)
		add(&c, &r, c.open[i]);
	for (size_t i = 0; i < c.decided_len; i++) {
		if (c.decided[i]->state != FINDING_FIXED)
			add(&c, &r, c.decided[i]);
	}
	json_put(run, "tool", json_pack("{s:o}", "driver", driver(&c, r.rules)));
	json_put(run, "language", json_c(T(&c, "zh-CN", "en")));
	json_put(run, "invocations", json_pack("[o]", invocation(&c)));
	json_put(run, "taxonomies",
		 json_pack("[{s:s,s:s,s:s,s:o}]", "name", "CWE", "organization", "MITRE",
			   "informationUri", "https://cwe.mitre.org/", "taxa", r.taxa));
	json_put(run, "results", r.results);
	json_put(log, "$schema", json_c("https://json.schemastore.org/sarif-2.1.0.json"));
	json_put(log, "version", json_c("2.1.0"));
	json_put(log, "runs", json_pack("[o]", run));
	json_write(out, log);
	buf_char(out, '\n');
	report_ctx_close(&c);
	if (out->overflow)
		return error_set(e, "report.too-large", "报告超过 %zu MB，请缩小范围后重试",
				 "the report is larger than %zu MB: narrow its scope", out->max / MIB);
	return 0;
}

const struct report_format report_format_sarif = {
	.name = "sarif", .extension = "sarif", .media_type = "application/sarif+json",
	.title = "SARIF 数据", .title_en = "SARIF", .render = render,
};
