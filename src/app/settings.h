/* Settings of the platform: one document in the store, secrets in it sealed. Every
 * process reads it when it needs it; a change counts at once. */
#ifndef APP_SETTINGS_H
#define APP_SETTINGS_H
#include "app/context.h"

struct app_strs {
	const struct str *ptr;
	size_t len;
};

struct app_settings {
	struct str public_url;	      /* "" unknown: links are relative */
	struct app_strs allowed_hosts; /* besides loopback names and public_url's host */
	struct str dns_resolver;       /* "ADDRESS[:PORT]", "" the system's */
	struct app_strs private_ranges; /* CIDR: private networks that may be scanned */
	bool has_smtp;
	struct {
		struct str host, security, username, password, from; /* password in the clear */
		int64_t port;
	} smtp;
	struct str proxy; /* for outgoing HTTP, "" none */
	struct { /* out-of-band listener: "ADDR:PORT", "" none; see net/oob_server.h */
		struct str http, dns, domain, address, url;
	} oob;
	int64_t scan_workers; /* parallel scans per worker process */
};

/* Texts live in the arena. */
int app_settings_load(struct app *app, struct store_conn *db, struct arena *a,
		      struct app_settings *ret, struct error *e);
/* Secrets are "***". */
int app_settings_view(struct app_call *c, json_t **ret, struct error *e);
/* Only the members given change; null takes one away; "***" keeps a secret. */
int app_settings_update(struct app_call *c, const json_t *in, json_t **ret, struct error *e);
#endif
