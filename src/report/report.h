/* Results of a scan -> report. One JSON model goes in (built by src/app for the
 * server and by src/cli for `zhanwei scan`), one file of some format comes out.
 * All formats for people are written from one list of sections (sections.c), so
 * they always say the same.
 *
 * THE MODEL. Every member is optional. What is missing is either left out or said
 * to be missing ("未提供"), never made up. Unknown members are ignored. Times are
 * RFC 3339 UTC strings; `x` has its English twin in `x_en`, and each stands in for
 * the other when one is absent. The first block is exactly what
 * `zhanwei scan --format json` prints, so such a file is itself a model.
 *
 * {
 *  "target": "https://www.example.com/",
 *  "started", "finished": time, "complete": true,
 *  "score": 0..100 | null,              null: no complete scan yet, shown as "--"
 *  "counts": {"critical","high","medium","low","info"},    open findings; computed when absent
 *  "stats": {"requests","pages","bytes","seconds"},
 *  "pages": [{"url","method","status", "type","title","depth","size"}],
 *  "findings": [finding…],
 *  "left_behind": [{"url","method","parameter","what"}],   what the scan left on the site, if
 *               anything: made from the findings of the check of that name, ignored as input
 *  "assets": {"technologies": …}, as below,
 *
 *  "title", "title_en": of the report; "organisation": the tenant's name; "author": who made it
 *  "id": of the report, "created": time, "timezone": IANA zone shown beside times,
 *  "utc_offset_minutes": 480            used to print times (default 480, UTC+8)
 *  "product": {"version"},
 *  "site": {"id","name","url","group"},
 *  "scan": {"id","state":"done"|"cancelled"|"failed"|…,"mode":"quick"|"standard"|"deep",
 *           "trigger":"manual"|"schedule"|"api"|"retest"|"cli","rule_version","error":{"code","detail","detail_en"}},
 *  "authorisation": {
 *     "method": "file"|"meta"|"dns"|"letter"|"statement",   statement = --i-own-this-target
 *     "verified_at", "checked_at": time, "token_fingerprint": first 16 hex digits of the token's SHA-256,
 *     "place": where the proof was found, "scope": ["https://www.example.com:443", …],
 *     "letter": {"name","sha256","ranges":[…],"expires","approved_by"}, "owner": who said so},
 *  "method": {
 *     "settings": [{"name","name_en","value"}],   rate, caps, excludes …; secrets already removed
 *     "checks": [{"check","title","title_en","state":"done"|"skipped"|"partial"|"running","count","category"}],
 *     "uncovered": [{"what","what_en","reason","reason_en"}]},     what was not looked at, and why
 *  "score_breakdown": as score_json() in scan/score.h; computed from counts when absent
 *  "previous": {"id","finished","score","counts","new":[finding…],"fixed":[finding…],
 *               "unchanged_count"}      short findings will do
 *  "trend": [{"date","score","counts"}],  oldest first
 *  "assets": {"addresses":[…],"server","os","ports":[{"port","service","state","note"}],
 *             "technologies":[{"id","name","version","note","note_en","cpe","category","confidence"}],
 *             "certificate":{"subject","issuer","not_before","not_after","protocols":[…]}},
 *  "shots": [{"kind":"page"|"proof","url","title","created","width","height","png"}],  base64; html and pdf only
 *  "plan": {"sla_days":{"critical":1,"high":7,"medium":30,"low":90},"owner"},    defaults as shown
 *  "hashes": [{"name","sha256"}],       of evidence files, rule packs …
 *  "rule_version", "engine_version": strings
 * }
 *
 * finding = {
 *  "fingerprint","check","title","title_en","severity","confidence":"certain"|"firm"|"tentative",
 *  "url","method","parameter","cwe": integer,"owasp": "A03:2021",
 *  "evidence": {"request","response","proof","proof_start","proof_len","truncated"},
 *     texts; proof_start/_len are bytes in response, without them the proof is looked for
 *     in the response, then in the request
 *  "advice","advice_en",
 *  "category","category_en","description","description_en","impact","impact_en",
 *  "references": ["https://…","CVE-…","CNVD-…"], "cvss": 7.5, "cvss_vector",
 *  "gbt30279": {"level","reason","reason_en"}, "curl": command line, made from the request when absent,
 *  "steps": [..], "steps_en": [..]      how to reproduce, instead of the steps made from the evidence
 *  "state": "open"|"false_positive"|"ignored"|"fixed" (absent: open), "reappeared": bool,
 *  "first_seen","last_seen": time, "instances": n, "places": [first few URLs of them],
 *  "detail","detail_en": what was seen at this very place,
 *  "decision": {"decision","reason","owner","expires","created"}
 * }
 * Only open findings count; the others go to the list of decisions. Texts that are
 * absent are taken from the advice table (scan/advice.h) by `check`.
 *
 * FORMATS. `json` and `sarif` are for programs: `json` is the first block above and
 * nothing else, with open findings only, from the server as from the command line;
 * `model` is the whole model, to be rendered again later (`zhanwei report`).
 * `html` is one file with nothing external and no script; `pdf` is that page printed
 * by Chromium; `docx` is written by us. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H
#include "base/json.h"
#include "base/lang.h"

struct net_browser_options;

struct report_options {
	enum lang lang;
	const struct net_browser_options *browser; /* for pdf; NULL: its defaults */
};

struct report_format {
	const char *name;	/* "pdf" */
	const char *extension;	/* without the dot; "sarif" files end in "sarif" */
	const char *media_type; /* with charset where it is text */
	const char *title, *title_en;
	bool for_people; /* false: for programs, not offered as a document */
	int (*render)(const json_t *model, const struct report_options *o, struct buf *out,
		      struct error *e);
};

/* NULL-terminated: html, pdf, docx, json, sarif, model. */
extern const struct report_format *const report_formats[];
/* NULL when there is none of this name. */
const struct report_format *report_format_find(struct str name);

/* Appends the file to *out, whose maximum bounds it (LIMIT_REPORT_FILE is the wish).
 * Errors: report.bad-model, report.too-large, report.no-browser and net.browser-*
 * (pdf only). Needs no network; pdf starts a child process and blocks up to
 * LIMIT_REPORT_PRINT_MS. Thread-safe: the model is only read. */
int report_render_with(const struct report_format *f, const json_t *model,
		       const struct report_options *o, struct buf *out, struct error *e);
/* The same with default options. */
int report_render(const struct report_format *f, const json_t *model, enum lang lang,
		  struct buf *out, struct error *e);
/* "www.example.com-20261122-1530.pdf": ASCII, safe in a header and on any disk. */
void report_file_name(const struct report_format *f, const json_t *model, struct buf *out);
#endif
