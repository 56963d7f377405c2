/* The scan engine's door: from options to findings, streamed through callbacks.
 * No database, no server, no global state. What must outlive a crash goes through
 * the append-only `struct scan_state`. All slices in events live only during the
 * call. */
#ifndef SCAN_SCAN_H
#define SCAN_SCAN_H
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "scan/severity.h"

struct net_connector;
struct scan_oob;
struct scan_browser; /* browse.h */
struct scan_shot;
struct net_policy;
struct scan_tech; /* tech/tech.h */
struct os_spawner;

/* Bits, so that a check can name several. */
enum scan_mode {
	SCAN_QUICK = 1,	   /* crawl a little, look, send nothing harmful, submit no form */
	SCAN_STANDARD = 2, /* crawl, probe parameters, submit harmless forms */
	SCAN_DEEP = 4,	   /* everything, slow and thorough */
};
#define SCAN_ALL_MODES (SCAN_QUICK | SCAN_STANDARD | SCAN_DEEP)
#define SCAN_STANDARD_UP (SCAN_STANDARD | SCAN_DEEP)

const char *scan_mode_name(enum scan_mode m); /* "quick" "standard" "deep" */
const char *scan_mode_zh(enum scan_mode m);   /* 快速 标准 深度 */
int scan_mode_parse(struct str name, enum scan_mode *ret);

/* Version of the built-in rule set, for reports and comparison. */
const char *scan_rule_version(void);

struct scan_header {
	struct str name, value;
};

/* One finding to look at again: only this place is requested, only this check runs. */
struct scan_retest {
	struct str check, fingerprint, method, url, parameter;
	struct str proof; /* as it was reported; for what was seen in the browser: how it came about */
};

/* How a session is made before the crawl, and made again when it was lost. User names,
 * passwords and scripts go to the jailed engine and nowhere else. */
enum scan_login_kind {
	SCAN_LOGIN_NONE,
	SCAN_LOGIN_FORM,   /* user and password in the form of a page */
	SCAN_LOGIN_SCRIPT, /* a few verbs (login_script.h); recorded steps are the same */
};
struct scan_login {
	enum scan_login_kind kind;
	struct str url;		   /* page of the form, or where the script begins; empty: looked for */
	struct str user, password; /* "${user}" and "${password}" in a script */
	struct str script;
	struct str check_url;  /* a page that only a logged-in person sees; empty: found out */
	struct str check_text; /* words on it that only a logged-in person sees; may be empty */
};

/* Pages that live in scripts need a browser, which costs seconds a page: by default it is
 * used where thoroughness was asked for. */
enum scan_browser_use { SCAN_BROWSER_AUTO, SCAN_BROWSER_OFF, SCAN_BROWSER_ON };

/* A recorded person: what is sent along, and how the session is made. */
struct scan_user {
	const struct scan_header *headers;
	size_t headers_len;
	struct str cookie; /* a whole Cookie header */
	struct scan_login login;
};
static inline bool scan_user_set(const struct scan_user *u)
{
	return u->headers_len || u->cookie.len || u->login.kind != SCAN_LOGIN_NONE;
}

#define LIMIT_SCAN_APIS (4 * (size_t)1024 * 1024) /* all interface documents of a scan: they go into the jail in one frame */

/* Zeroed numbers mean "what the mode gives" (scan_options_complete()). */
struct scan_options {
	struct str target; /* absolute http(s) URL */
	enum scan_mode mode;
	unsigned rate;	       /* requests per second per host */
	unsigned concurrency;  /* requests in flight per host, upper bound */
	unsigned max_pages;    /* distinct pages crawled */
	unsigned max_depth;    /* links away from the target */
	unsigned max_seconds;  /* wall time, pauses not counted */
	uint64_t max_requests;
	uint64_t max_bytes;    /* body bytes received */
	const struct scan_header *headers; /* sent with every request to the target's origins */
	size_t headers_len;
	struct str cookie;     /* a whole Cookie header */
	struct scan_login login; /* of the first user, beside headers and cookie */
	struct scan_user second; /* another account: what may it see of the first one's? */
	const struct str *excludes; /* unanchored PCRE on the absolute URL */
	size_t excludes_len;
	const struct str *origins; /* further origins in scope, "https://b.example:8443" */
	size_t origins_len;
	const struct str *seeds; /* further start URLs within scope */
	size_t seeds_len;
	const struct str *only_checks; /* empty: all that the mode gives */
	size_t only_checks_len;
	const struct str *skip_checks;
	size_t skip_checks_len;
	const struct scan_retest *retest; /* not empty: retest only these */
	size_t retest_len;
	struct str js_libraries; /* a repository in the format of retire.js; goes before the built-in one */
	const struct str *apis; /* interface documents handed over: OpenAPI, Postman, GraphQL; whole texts */
	size_t apis_len;
	bool try_logins; /* also try a short list of usual passwords */
	enum scan_browser_use browser; /* auto: in deep mode */
	bool intrusive; /* also checks flagged SCAN_INTRUSIVE */
	bool insecure_tls; /* go on when the certificate does not verify (it is a finding, not an end) */
	struct str user_agent;
	/* Whole files of further fingerprints (Wappalyzer JSON shape); not part of the JSON form */
	const struct str *fingerprints;
	size_t fingerprints_len;
	/* Incremental: pages of the last complete scan under the same rules, from
	 * scan_known_put(), in pieces of at most 4 MiB; not part of the JSON form */
	const struct str *known;
	size_t known_len;
	/* Bundles of templates (template/template.h); not part of the JSON form. skip_checks and
	 * only_checks also take "template:ID". */
	const struct str *templates;
	size_t templates_len;
	bool no_builtin_templates; /* not the ones that come with the program */
	bool templates_only;	   /* no crawl, no other check */
	unsigned login_only; /* 1: first account, 2: second one: log in, say in the log what was seen, end */
	bool template_unverified;  /* report every match without negative control: for authors */
};

/* Fills zeroed numbers from the mode; checks all values, compiles the excludes
 * once to see that they are valid. */
int scan_options_complete(struct scan_options *o, struct error *e);
/* Is a browser to be used, as far as the options say? */
bool scan_options_browser(const struct scan_options *o);
/* JSON form, for job payloads and the jail. Decoding allocates from `a`. */
struct arena;
void scan_options_encode(const struct scan_options *o, struct buf *out);
int scan_options_decode(struct str json, struct arena *a, struct scan_options *ret,
			struct error *e);

/* Exact bytes, bounded: head and a window around the proof; secrets masked.
 * proof_at/proof_len locate the proof in `response` (or in `request` when
 * proof_in_request); proof_len 0: the proof is a sentence, not a quotation. */
struct scan_evidence {
	struct str request, response, proof;
	size_t proof_at, proof_len;
	bool proof_in_request, truncated;
};

/* What a template says about what it found; all empty for the built-in checks, whose words
 * stand in advice.h under their id. */
struct scan_texts {
	struct str description_zh, description_en, impact_zh, impact_en, advice_zh, advice_en;
	struct str references; /* separated by single blanks */
	struct str cvss;       /* vector */
	struct str extracted;  /* lines "name=value" */
};

struct scan_finding {
	struct str fingerprint; /* 32 hex digits; stable over re-scans and parameter values */
	struct str check, title_zh, title_en;
	struct str detail_zh, detail_en; /* what was seen here, one sentence each; may be empty */
	enum severity severity;
	enum confidence confidence;
	enum gbt_level gbt;
	unsigned cwe;
	struct str owasp; /* "A03:2021" */
	struct str url, method, parameter;
	struct str where; /* "query" "body" "cookie" "header" "path" or "" */
	struct scan_texts texts;
	struct scan_evidence evidence;
	uint64_t count; /* places that are this finding; the first five stand in `instances` */
	const struct str *instances;
	size_t instances_len;
};

struct scan_page_info {
	struct str url, method, mime, title;
	int status;
	unsigned depth;
	uint64_t size;
	bool missing; /* a not-found page, by status or by what the site answers for nonsense */
	/* for the next incremental scan */
	struct str etag, modified; /* validators as sent, bounded */
	uint64_t digest; /* signature of the content without what changes by itself; 0: none */
	bool unchanged;	 /* since the scan before: not probed again */
};
/* One page of a complete scan as the next incremental one wants it (scan_options.known). */
void scan_known_put(struct buf *b, const struct scan_page_info *p);

struct scan_stats {
	uint64_t requests, pages, bytes, errors;
	uint64_t crawl_requests; /* of the requests: those before the active checks began */
	uint64_t saved;	 /* requests not sent because an equal one was answered before */
	uint64_t spared; /* requests at most of templates left out: not for what the site runs */
	uint64_t unchanged; /* pages that an incremental scan did not probe again */
	double seconds;
};

/* What a check did so far, or why it is not run. */
struct scan_check_stat {
	const struct scan_check *check;
	const char *state; /* "ran", "mode", "excluded", "intrusive", "not-reached" (yet, while the scan runs),
			     * "slow": ran, but was cut short at slow endpoints */
	uint64_t findings, tasks;
	uint64_t skipped;  /* probes left out at endpoints that take seconds */
	uint64_t requests; /* that it sent; what is common to all belongs to none */
};

struct scan_progress {
	unsigned basis; /* 0..10000, never goes back, 10000 only at the end */
	const char *doing_zh, *doing_en;
	uint64_t done, remaining; /* known units of work */
	struct scan_stats stats;
	uint64_t counts[SEVERITY_COUNT];
	const struct scan_check_stat *checks; /* so far; through the jail every two seconds, else NULL */
	size_t checks_len;
};

enum scan_verdict { SCAN_GO, SCAN_PAUSE, SCAN_CANCEL };

/* Every member may be NULL. finding() is called again with the same fingerprint
 * when its count has grown: replace what was stored. */
struct scan_events {
	void *ctx;
	void (*finding)(void *ctx, const struct scan_finding *f);
	void (*page)(void *ctx, const struct scan_page_info *p);
	void (*progress)(void *ctx, const struct scan_progress *p);
	void (*log)(void *ctx, struct str zh, struct str en);
	enum scan_verdict (*should_stop)(void *ctx);
	const struct scan_browser *browser; /* a door to Chromium; NULL: none (scan_run_jailed() opens its own) */
	void (*shot)(void *ctx, const struct scan_shot *s); /* a picture of a page; scan_run_jailed() only */
	const struct scan_oob *oob; /* who hears what the target sends by itself; NULL: nobody */
	/* Records of a name in the DNS: five blobs rcode, question, answer, authority, additional as
	 * text lines into ret. 0 or -1; 1: not yet, ask again later for the same. NULL: the system's
	 * name servers are asked (dns_lookup.h). */
	int (*dns)(void *ctx, struct str name, struct str type, struct buf *ret);
	/* A recognised technology and where it was first seen; again under the same id when
	 * its version or confidence has become better. */
	void (*tech)(void *ctx, const struct scan_tech *t, struct str url);
	/* The templates of the options are compiled: their bytes are not looked at again. */
	void (*templates_loaded)(void *ctx);
};

/* Append-only journal. `append` must be durable against the death of the process
 * when `flush` returned. `replay` gives every record in order of appending. NULL
 * state: nothing is remembered. */
struct scan_state {
	void *ctx;
	int (*append)(void *ctx, struct str kind, struct str key, struct str bytes, struct error *e);
	int (*flush)(void *ctx, struct error *e);
	int (*replay)(void *ctx, int (*each)(void *arg, struct str kind, struct str key,
					     struct str bytes), void *arg, struct error *e);
	/* For this life of the engine only: bytes that do not fit in memory. put gives where
	 * they stand, get appends them to *b. NULL: a temporary file of the engine's own. */
	int (*put_aside)(void *ctx, struct str bytes, uint64_t *ret_at, struct error *e);
	int (*get_aside)(void *ctx, uint64_t at, size_t len, struct buf *b, struct error *e);
};

/* One file: records of length, checksum, kind, key, bytes. A torn tail is cut off. */
struct scan_journal;
int scan_journal_open(const char *path, struct scan_journal **ret, struct error *e);
void scan_journal_close(struct scan_journal *j);
struct scan_state scan_journal_state(struct scan_journal *j);

struct scan_summary {
	bool complete;	 /* everything that the options ask for was done */
	char reason[32]; /* "done", "limit.pages|seconds|requests|bytes", "stopped", "paused",
			  * "target.lost", "engine.crashed" */
	char reason_zh[160], reason_en[160];
	struct scan_stats stats;
	uint64_t counts[SEVERITY_COUNT];
	int64_t started_ms, finished_ms; /* wall; from the journal when resumed */
	size_t checks_len;
	struct scan_check_stat *checks; /* heap; scan_summary_free() */
};
void scan_summary_free(struct scan_summary *s);

/* Runs to the end, to a limit, or until should_stop() says so. 0 when the target
 * was scanned at least in part; -1 when it could not be ("scan.unreachable",
 * "scan.bad-target", …). */
int scan_run(const struct scan_options *o, struct net_connector *connector,
	     const struct scan_state *state, const struct scan_events *events,
	     struct scan_summary *ret, struct error *e);
/* The same with the engine in a jailed child: this process only opens connections
 * that the policy allows and keeps journal and findings. */
int scan_run_jailed(struct os_spawner *spawner, struct net_policy *policy,
		    const struct scan_options *o, const struct scan_state *state,
		    const struct scan_events *events, struct scan_summary *ret, struct error *e);
/* When a child is ended by force. It is started once more from the journal; when that one has to
 * be ended as well, what was found so far stands and the summary says "engine.crashed" (or
 * why the child had been asked to stop). */
struct scan_jail_limits {
	unsigned silent_ms; /* without a word, while nothing that it waits for is ours to do */
	unsigned stop_ms;   /* after it was asked to stop */
	unsigned late_ms;   /* beyond options.max_seconds, before it is asked to stop */
};
int scan_run_jailed_within(const struct scan_jail_limits *limits, struct os_spawner *spawner,
			   struct net_policy *policy, const struct scan_options *o, const struct scan_state *state,
			   const struct scan_events *events, struct scan_summary *ret, struct error *e);
#endif
