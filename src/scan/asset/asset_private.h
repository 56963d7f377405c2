/* Inside of the asset engine: one run, its open ports, and dialogues in fibers. */
#ifndef SCAN_ASSET_PRIVATE_H
#define SCAN_ASSET_PRIVATE_H
#include <openssl/ssl.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/vec.h"
#include "net/connector.h"
#include "scan/asset/asset.h"
#include "scan/asset/service.h"
#include "scan/fiber.h"

/* One answer kept for the access checks. */
struct asset_answer {
	const char *probe;
	struct str bytes;
};
#define ASSET_ANSWERS 8
#define ASSET_MATCHES 6

struct asset_port {
	uint16_t number;
	int64_t rtt_us;
	bool tls, greets, http;
	struct service_match match; /* rule NULL: unknown */
	struct service_match also[ASSET_MATCHES]; /* further software seen in the same answers */
	size_t also_len;
	struct asset_answer answers[ASSET_ANSWERS];
	size_t answers_len;
	struct str banner; /* printable, of an unknown service */
};

struct asset_system { /* one hint at the operating system */
	struct str name, why;
	unsigned weight; /* 0..100 */
};

struct asset_run {
	const struct asset_options *o;
	struct net_connector *connector;
	const struct asset_events *events;
	struct arena *arena;
	struct service_set *set;
	struct fiber_pool *pool;
	SSL_CTX *tls;
	struct str target; /* what is connected to */
	int64_t until_ms;  /* mono: end of the whole run */
	enum scan_verdict verdict;
	VEC(struct asset_port) ports;
	VEC(struct asset_system) systems;
	struct asset_summary sum;
	int64_t next_turn_us; /* asset_turn() */
	uint32_t todo;
	unsigned srtt_us, rttvar_us;
};

/* Asks should_stop(), and the clock. */
bool asset_stopped(struct asset_run *r);
/* Before each connection made one by one (TLS, zones): keeps the rate. False when it is to end. */
bool asset_turn(struct asset_run *r);
void asset_tell(struct asset_run *r, unsigned basis, const char *zh, const char *en);
void asset_log(struct asset_run *r, const char *zh, const char *en);
/* Emits; detail is stolen (may be NULL). */
void asset_emit(struct asset_run *r, const struct asset_fact *f, json_t *detail);
struct str asset_key(struct asset_run *r, uint16_t port); /* "tcp/443" */
/* A weakness at a port. url "tcp://host:port"; sent and got are raw bytes. */
struct asset_flaw {
	const char *check;
	enum severity severity;
	enum confidence confidence;
	unsigned cwe;
	uint16_t port;
	bool tls, udp;
	struct str parameter, detail_zh, detail_en, sent, got, proof;
};
void asset_report(struct asset_run *r, const struct asset_flaw *f);

/* ports.c: fills r->ports. */
int asset_ports(struct asset_run *r, struct error *e);

/* ---- dialogues (chat.c) ---- */

struct asset_task {
	struct asset_run *run;
	size_t index;
	struct fiber *fiber;
	int fd;
	short want, got;
	int64_t until_ms; /* mono */
	void (*fn)(struct asset_task *t);
};
/* Runs fn for index 0 … n-1, up to LIMIT_ASSET_DIALOGUES at once. */
void asset_tasks(struct asset_run *r, size_t n, void (*fn)(struct asset_task *t));
struct asset_chat {
	struct asset_task *t;
	int fd;
	SSL *ssl;
};
/* -1 when it could not be made within the time. */
int asset_chat_open(struct asset_task *t, uint16_t port, bool tls, struct asset_chat *ret);
int asset_chat_send(struct asset_chat *c, struct str bytes);
/* Appends what comes: waits first_ms for the first byte, then until it is quiet, the peer
 * closes, the buffer is full or LIMIT_ASSET_ANSWER_MS is over. Bytes read. */
size_t asset_chat_read(struct asset_chat *c, struct buf *out, int first_ms);
void asset_chat_close(struct asset_chat *c);

/* dialog.c: identifies every open port. */
void asset_services(struct asset_run *r);
/* One request in a connection of its own (after the greeting, when the port has one).
 * *ret_sent (may be NULL) is the payload as sent. Bytes got. */
size_t asset_ask(struct asset_task *t, const struct asset_port *p, const struct service_probe *probe,
		 struct buf *out, struct str *ret_sent);
/* access.c: weaknesses of one port; versions. */
void asset_access(struct asset_task *t, struct asset_port *p);
void asset_versions(struct asset_run *r, const struct asset_port *p, const struct service_match *m);
/* facts.c */
void asset_port_facts(struct asset_run *r, const struct asset_port *p);
void asset_system_fact(struct asset_run *r);
/* tls.c: facts and weaknesses of one TLS port. Blocks. */
void asset_tls(struct asset_run *r, const struct asset_port *p);
/* http.c: technologies of an HTTP port, from its start page. */
void asset_http(struct asset_run *r, const struct asset_port *p);
/* udp.c: services that answer one datagram. Blocks. */
void asset_udp(struct asset_run *r);
/* zone.c: asks the host's own name servers for the whole zone. */
void asset_zone(struct asset_run *r);
/* Printable text of raw bytes, \xHH for the rest; at most max bytes of it. */
struct str asset_printable(struct arena *a, struct str bytes, size_t max);

/* wire.c */
void asset_options_encode(const struct asset_options *o, struct buf *out);
int asset_options_decode(struct str bytes, struct arena *a, struct asset_options *ret);
void asset_fact_encode(const struct asset_fact *f, struct buf *out);
int asset_fact_decode(struct str bytes, struct asset_fact *ret);
#endif
