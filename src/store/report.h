/* Rows of reports and of the files made for them. */
#ifndef STORE_REPORT_H
#define STORE_REPORT_H
#include "store/select.h"

struct store_report {
	struct str id, tenant, scan, site, site_name, title, lang, formats, state, job, error,
		created_by; /* formats: comma separated */
	int64_t created, finished;
};
int store_report_insert(struct store_conn *c, const struct store_report *r, struct error *e);
int store_report_get(struct store_conn *c, struct str tenant, struct str id, struct arena *a,
		     struct store_report *ret, struct error *e);
/* State, job, error, finished. */
int store_report_save(struct store_conn *c, const struct store_report *r, struct error *e);
int store_report_delete(struct store_conn *c, struct str tenant, struct str id, struct error *e);
int store_report_list(struct store_conn *c, struct str tenant, struct str site, struct str scan,
		      struct str q, struct store_page *page, struct arena *a,
		      void (*fn)(const struct store_report *r, void *user), void *user,
		      struct error *e);

struct store_report_file {
	struct str format, blob, sha256;
	int64_t size;
};
int store_report_file_put(struct store_conn *c, struct str tenant, struct str report,
			  const struct store_report_file *f, struct error *e);
int store_report_files(struct store_conn *c, struct str tenant, struct str report,
		       struct arena *a,
		       void (*fn)(const struct store_report_file *f, void *user), void *user,
		       struct error *e);
#endif
