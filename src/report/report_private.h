/* Inside the room: the model read once into a context (model.c), the sections that
 * turn it into headings, tables and charts (sections*.c), and the sinks that write
 * those down (sink_html.c, sink_docx.c). */
#ifndef REPORT_REPORT_PRIVATE_H
#define REPORT_REPORT_PRIVATE_H
#include "base/arena.h"
#include "base/vec.h"
#include "report/report.h"
#include "scan/advice.h"
#include "scan/score.h"
#include "scan/severity.h"

/* ---- context ---- */

enum finding_state { FINDING_OPEN, FINDING_FALSE_POSITIVE, FINDING_IGNORED, FINDING_FIXED };

struct report_finding {
	const json_t *json;
	const struct scan_advice *advice; /* or NULL */
	enum severity severity;
	enum finding_state state;
	struct str check, url, parameter;
	unsigned number; /* from 1, in the order of the report; shown as F0001 */
	unsigned cwe;
	size_t group;
};

/* Open findings of one kind. */
struct report_group {
	size_t first, len; /* in open[] */
	enum severity severity; /* the worst in it */
};

struct report_ctx {
	struct arena *arena;   /* what helpers below allocate from */
	struct arena *whole, *scratch; /* for the whole report, for one finding */
	const json_t *model;
	enum lang lang;
	int64_t utc_offset_ms;
	struct report_finding *all;
	size_t all_len;
	struct report_finding **open; /* worst first, groups together */
	size_t open_len;
	struct report_finding **decided; /* false positives, ignored, fixed */
	size_t decided_len;
	struct report_group *groups;
	size_t groups_len;
	size_t left_out; /* findings beyond LIMIT_REPORT_FINDINGS */
	unsigned counts[SEVERITY_COUNT];
	bool complete, has_score;
	int score;
	struct score breakdown;
};

/* Reads the model; report.bad-model when it is no object. */
int report_ctx_open(struct report_ctx *c, const json_t *model, enum lang lang, struct error *e);
void report_ctx_close(struct report_ctx *c);
/* Between these, helpers allocate from memory that is forgotten at the end: one
 * finding at a time, however many there are. */
void report_scratch_begin(struct report_ctx *c);
void report_scratch_end(struct report_ctx *c);

/* A sentence in the report's language. */
#define T(c, zh, en) ((c)->lang == LANG_EN ? (en) : (zh)) /* literals stay checkable formats */
#define TS(c, zh, en) str_c(T(c, zh, en))
/* Text by key in the report's language, else in the other one, else empty. */
struct str report_text(const struct report_ctx *c, const json_t *obj, const char *key);
/* "2026/11/22 15:30:00", or "—". */
struct str report_time(struct report_ctx *c, struct str rfc3339);
struct str report_date(struct report_ctx *c, struct str rfc3339, int plus_days);
struct str report_printf(struct report_ctx *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
struct str report_int(struct report_ctx *c, int64_t n);
struct str report_bytes(struct report_ctx *c, int64_t n);
struct str report_or_dash(struct str s);

/* Something that the scan itself left on the site. */
static inline bool report_left_behind(const struct report_finding *f)
{
	return str_eq(json_get_str(f->json, "check"), STR("left-behind"));
}

/* Texts of a finding; from the model first, then from the advice table. */
struct str finding_title(const struct report_ctx *c, const struct report_finding *f);
struct str finding_description(const struct report_ctx *c, const struct report_finding *f);
struct str finding_detail(const struct report_ctx *c, const struct report_finding *f);
struct str finding_impact(const struct report_ctx *c, const struct report_finding *f);
struct str finding_advice(const struct report_ctx *c, const struct report_finding *f);
struct str finding_category(const struct report_ctx *c, const struct report_finding *f);
struct str finding_gbt(const struct report_finding *f);
struct str finding_number(struct report_ctx *c, const struct report_finding *f);
const char *severity_word(const struct report_ctx *c, enum severity s);
const char *confidence_word(const struct report_ctx *c, struct str name);
/* Representative CVSS base score of the finding: its own, else its level's. */
double finding_cvss(const struct report_finding *f, bool *ret_own);

/* Where the proof stands in evidence.response or .request. */
struct report_proof {
	struct str text; /* the request or response */
	bool in_request;
	size_t start, len; /* bytes; len 0: nowhere, the proof is a sentence */
};
struct report_proof finding_proof(const struct report_finding *f, bool request);
/* Masks Cookie, Authorization … values in a raw message, keeping [start, start+len). */
struct str report_mask(struct report_ctx *c, struct str message, size_t *start, size_t len);
/* A command line that repeats the request; secrets become <…>. */
struct str finding_curl(struct report_ctx *c, const struct report_finding *f);

/* Foreign text made harmless to read: valid UTF-8, controls and direction marks
 * visible, CR LF as LF. One line: LF visible, too. */
void report_clean(struct buf *out, struct str s, bool one_line);

/* ---- what a sink must be able to write ---- */

enum cell_kind {
	CELL_TEXT,
	CELL_CODE,     /* URLs, parameters, hashes: fixed width, breaks anywhere */
	CELL_NUMBER,   /* right-aligned, tabular */
	CELL_SEVERITY, /* shape, word and colour of `severity`; text is ignored */
	CELL_TONE,     /* good / bad / unsure: a word with colour and shape */
	CELL_LINK,     /* text that leads to the finding `anchor` */
};
enum tone { TONE_NONE, TONE_GOOD, TONE_BAD, TONE_UNSURE };

struct report_cell {
	enum cell_kind kind;
	struct str text;
	enum severity severity;
	enum tone tone;
	struct str anchor;
};
#define CELL(s) ((struct report_cell){ .kind = CELL_TEXT, .text = (s) })
#define CELL_C(s) CELL(str_c(s))
#define CELL_MONO(s) ((struct report_cell){ .kind = CELL_CODE, .text = (s) })
#define CELL_NUM(s) ((struct report_cell){ .kind = CELL_NUMBER, .text = (s) })
#define CELL_SEV(v) ((struct report_cell){ .kind = CELL_SEVERITY, .severity = (v) })
#define CELL_STATE(t, s) ((struct report_cell){ .kind = CELL_TONE, .text = (s), .tone = (t) })
#define CELL_REF(s, a) ((struct report_cell){ .kind = CELL_LINK, .text = (s), .anchor = (a) })

struct report_column {
	const char *zh, *en;
	unsigned percent; /* of the width; all of a table add up to 100 */
	bool right;
};

enum para_kind { PARA_NORMAL, PARA_NOTE, PARA_STRONG, PARA_LABEL };
enum chart_kind { CHART_RING, CHART_BARS, CHART_DONUT, CHART_TREND };

struct report_point {
	struct str label;
	double value;
	struct str color; /* "#RRGGBB" */
	struct str shape; /* before the label, or empty */
	bool absent;	  /* a gap in a trend */
};

struct report_chart {
	enum chart_kind kind;
	struct str title, centre, unit;
	const struct report_point *points;
	size_t len;
	double max; /* of the scale; 0: of the points */
};

struct report_cover {
	struct str title, subtitle, organisation;
	struct { struct str name, value; } rows[12];
	size_t rows_len;
	struct str statement; /* not an assessment of conformity … */
	struct str badge;     /* "扫描未完成", or empty */
};

struct report_verdict {
	enum tone tone;
	struct str headline, text;
	bool has_score;
	int score;
	struct report_point counts[SEVERITY_COUNT]; /* worst first */
};

struct report_card {
	struct str anchor, number, title;
	enum severity severity;
};

struct report_picture {
	struct str base64; /* of a PNG, checked */
	unsigned width, height;
	struct str caption;
};

struct report_sink;
struct report_sink_ops {
	void (*cover)(struct report_sink *s, const struct report_cover *cover);
	void (*verdict)(struct report_sink *s, const struct report_verdict *v);
	void (*contents)(struct report_sink *s);
	/* level 1: a chapter (new page in print); 2, 3 below. anchor may be empty. */
	void (*heading)(struct report_sink *s, int level, struct str text, struct str anchor);
	void (*para)(struct report_sink *s, enum para_kind kind, struct str text);
	void (*list)(struct report_sink *s, const struct str *items, size_t n, bool numbered);
	void (*table_begin)(struct report_sink *s, const struct report_column *cols, size_t n);
	void (*row)(struct report_sink *s, const struct report_cell *cells, size_t n);
	void (*table_end)(struct report_sink *s);
	/* Name and value, two columns without head. */
	void (*facts_begin)(struct report_sink *s);
	void (*fact)(struct report_sink *s, struct str name, struct report_cell value);
	void (*facts_end)(struct report_sink *s);
	void (*chart)(struct report_sink *s, const struct report_chart *chart);
	/* mark_len 0: nothing marked */
	void (*code)(struct report_sink *s, struct str label, struct str text, size_t mark,
		     size_t mark_len);
	/* NULL: this kind of document has no pictures */
	void (*picture)(struct report_sink *s, const struct report_picture *p);
	/* around a kind of finding with its heading, and around each place of it */
	void (*group)(struct report_sink *s, const struct report_card *card, size_t places);
	void (*card_begin)(struct report_sink *s, const struct report_card *card);
	void (*card_end)(struct report_sink *s);
};

struct report_sink {
	const struct report_sink_ops *ops;
	struct report_ctx *ctx;
};

/* ---- sections ---- */

struct report_section {
	const char *id, *zh, *en;
	void (*write)(struct report_ctx *c, struct report_sink *s);
};
/* The chapters in order, NULL-terminated; the cover and verdict stand before them. */
extern const struct report_section *const report_sections[];
/* Cover, verdict, contents and all chapters. */
void report_write(struct report_ctx *c, struct report_sink *s);
struct str report_section_title(struct report_ctx *c, size_t i);

extern const struct report_section section_scope, section_method, section_overview, section_assets,
	section_classes, section_details, section_decided, section_clauses, section_plan,
	section_appendix;
void report_pictures(struct report_ctx *c, struct report_sink *s, struct str url); /* pictures.c */
void report_write_front(struct report_ctx *c, struct report_sink *s);
struct str report_title(struct report_ctx *c);
struct str report_target(const struct report_ctx *c);
const char *report_mode_word(const struct report_ctx *c);
void report_missing(struct report_ctx *c, struct report_sink *s, const char *zh, const char *en);
/* Strings of an array in one text. */
struct str report_join(struct report_ctx *c, const json_t *list, const char *between);

/* GB/T 22239-2019: what a clause can be told from, and what the scan says (clauses.c). */
enum clause_state { CLAUSE_MANUAL, CLAUSE_GOOD, CLAUSE_BAD };
struct clause {
	const char *number, *zh, *en;
	const char *looked_zh, *looked_en; /* what of the scan bears on it */
	const unsigned *cwes;	 /* 0-terminated */
	const char *const *checks; /* prefixes of check ids, NULL-terminated, or NULL */
	enum severity least;	 /* findings below do not count against it */
	bool scan_can_support;	 /* false: a scan alone never speaks for it */
	const char *manual_zh, *manual_en; /* what a person still has to look at */
};
extern const struct clause report_clauses[];
extern const size_t report_clauses_count;
bool clause_matches(const struct clause *cl, const struct report_finding *f);
enum clause_state clause_state(const struct report_ctx *c, const struct clause *cl,
			       size_t *ret_hits);

/* ---- formats ---- */

extern const struct report_format report_format_html, report_format_pdf, report_format_docx,
	report_format_json, report_format_sarif, report_format_model;
/* The page; print: everything open, for the printer. */
int report_html(const json_t *model, enum lang lang, bool print, struct buf *out,
		struct error *e);
/* The JSON of report_format_json, also hashed by the appendix. */
void report_json(const struct report_ctx *c, struct buf *out);
void report_sha256(struct str bytes, unsigned char out[32]);
void report_sha256_hex(struct str bytes, char out[65]);
extern const char report_css[];
#endif
