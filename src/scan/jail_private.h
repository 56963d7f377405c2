/* What the two ends of the jail share: kinds of frames, bounds, the shape of a few bodies
 * and the keeper, whose files are jail.c (its child's life) and jail_keep.c (what the
 * child says). The child is in jail_child.c. */
#ifndef SCAN_JAIL_PRIVATE_H
#define SCAN_JAIL_PRIVATE_H
#include "base/buf.h"
#include "os/frame.h"
#include "scan/jail.h"
#include "scan/scan_private.h"

#define LIMIT_JAIL_FRAME (8 * MIB)
#define JAIL_SEND_MS 60000
#define JAIL_BATCH (1 * MIB)
#define JAIL_RECORDS (1 * MIB) /* of the journal in one frame */
#define LIMIT_OOB_FRAME (256 * KIB)

enum frame {
	/* keeper to child */
	FRAME_OPTIONS = 1,
	FRAME_RECORD,
	FRAME_GO,
	FRAME_STOP,
	FRAME_OOB,	/* who listens: domain, URL */
	FRAME_TEMPLATES, /* a piece of a bundle; the first byte says whether a new one begins */
	FRAME_DNS,	/* answer to FRAME_DNS_ASK: its name and type, then what came; nothing: none */
	FRAME_OOB_HITS, /* answer to FRAME_OOB_ASK */
	FRAME_FINGERPRINTS, /* one file of further fingerprints */
	FRAME_KNOWN,	    /* pages of the scan before */
	FRAME_REPLAYED,	    /* no more records */
	FRAME_BACK,	    /* answer to FRAME_BACK_ASK */
	FRAME_BROWSED,	/* answer to FRAME_BROWSE */
	/* child to keeper */
	FRAME_BATCH = 16,
	FRAME_FINDING,
	FRAME_PAGE,
	FRAME_PROGRESS,
	FRAME_LOG,
	FRAME_SUMMARY,
	FRAME_ERROR,
	FRAME_OOB_ASK,
	FRAME_DNS_ASK,
	FRAME_TECH,
	FRAME_ASIDE, /* bytes put aside, one behind the other */
	FRAME_BACK_ASK,
	FRAME_MORE, /* ready for the next FRAME_RECORD */
	FRAME_BROWSE, /* a job for the browser */
};

struct keeper {
	struct os_spawner *spawner;
	struct net_policy *policy;
	const struct scan_options *o;
	const struct scan_state *state;
	const struct scan_events *events;
	struct scan_summary *summary;
	struct error *e;
	unsigned dns_asked;
	struct os_errands *errands; /* names that are being looked up */
	struct os_child child;
	struct os_frame_reader in;
	struct net_broker *broker;
	int broker_fd;
	bool stop_sent, ended; /* a summary or an error came */
	bool more;	       /* the child waits for records */
	int result;
	/* the forced end */
	const struct scan_jail_limits *limits;
	int64_t begun_ms, stop_ms, silent_ms;
	enum scan_verdict asked; /* what FRAME_STOP said */
	bool late, hung;
	struct scan_stats heard; /* of the last progress, by whichever child */
	uint64_t heard_counts[SEVERITY_COUNT];
	struct buf record;
	struct aside *aside; /* of this child */
	struct scan_browser_host *browser;
	unsigned browsing; /* jobs under way */
};

/* Heard of the child; -1 for what no honest child sends. */
int jail_keep_frame(struct keeper *k, uint32_t type, struct str bytes);
/* Names that have been looked up go to the child. */
void jail_tell_names(struct keeper *k);
/* A finished job of the browser goes to the child. */
int jail_tell_browsed(struct keeper *k);

int jail_record_parts(struct reader *r, struct str part[3]);
void jail_put_stats(struct buf *b, const struct scan_stats *s);
int jail_get_stats(struct reader *r, struct scan_stats *s);
#endif
