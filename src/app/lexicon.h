/* Word lists of a tenant, and of one person (owner), who alone sees those. Every change makes a
 * version; terms are compiled before they are saved, so that a list that is saved works. */
#ifndef APP_LEXICON_H
#define APP_LEXICON_H
#include "app/context.h"
#include "base/json.h"
#include "comply/comply.h"
#include "store/lexicon.h"

int app_lexicon_list(struct app_call *c, json_t **ret, struct error *e);
int app_lexicon_get(struct app_call *c, struct str id, json_t **ret, struct error *e);
/* {name, note?, personal?} */
int app_lexicon_add(struct app_call *c, const json_t *in, json_t **ret, struct error *e);
/* {name?, note?, enabled?} */
int app_lexicon_change(struct app_call *c, struct str id, const json_t *in, json_t **ret, struct error *e);
int app_lexicon_delete(struct app_call *c, struct str id, struct error *e);

int app_entry_list(struct app_call *c, struct str lexicon, struct store_entry_filter *f, struct store_page *page,
		   json_t **ret, struct error *e);
/* {entries:[…], note?}: an entry of a term and kind that is there replaces it. All or nothing. */
int app_entry_add(struct app_call *c, struct str lexicon, const json_t *in, json_t **ret, struct error *e);
int app_entry_change(struct app_call *c, struct str lexicon, struct str id, const json_t *in, json_t **ret,
		     struct error *e);
int app_entry_delete(struct app_call *c, struct str lexicon, struct str id, struct error *e);
/* {ids:[…]} */
int app_entry_delete_many(struct app_call *c, struct str lexicon, const json_t *in, json_t **ret, struct error *e);
/* One click from a hit: {term, kind, label?, level?, note?, lexicon_id?}; without lexicon_id into the
 * person's own list, made when there is none. */
int app_entry_quick(struct app_call *c, const json_t *in, json_t **ret, struct error *e);

/* {file_base64, name?, mode?, kind?, label?, level?, dry_run?}: good rows are taken, bad ones said. */
int app_lexicon_import(struct app_call *c, struct str lexicon, const json_t *in, json_t **ret, struct error *e);
/* format "tsv" or "xlsx"; appends the file. */
int app_lexicon_export(struct app_call *c, struct str lexicon, struct str format, struct buf *out,
		       struct str *ret_name, struct error *e);

int app_lexicon_versions(struct app_call *c, struct str lexicon, struct store_page *page, json_t **ret,
			 struct error *e);
/* What a version added, changed and removed. */
int app_lexicon_changes(struct app_call *c, struct str lexicon, int64_t version, json_t **ret, struct error *e);
/* Makes the entries of an earlier version the present ones, as a new version. */
int app_lexicon_restore(struct app_call *c, struct str lexicon, int64_t version, json_t **ret, struct error *e);

/* ---- for other use cases ---- */

/* The engine's entry of a row; texts are borrowed. */
void app_lexicon_entry(const struct store_entry *v, struct comply_entry *ret);
/* Which entry an error of comply_lexicon_build() names. */
bool app_lexicon_bad_entry(const struct error *e, size_t *ret);
/* In the caller's transaction: the text of a wrong hit is allowed from now on. */
int app_lexicon_allow_hit(struct app_call *c, struct str lexicon, struct str term, struct str note, struct error *e);

/* ---- inside the room (lexicon.c, lexicon_edit.c, lexicon_file.c) ---- */
int app_lexicon_load(struct app_call *c, struct str id, struct store_lexicon *ret, struct error *e);
json_t *app_lexicon_view(struct app_call *c, const struct store_lexicon *v);
json_t *app_entry_view(const struct store_entry *v);
/* Over the fields given; -1 with a field when one is no good. */
int app_entry_read(struct app_call *c, const json_t *in, struct store_entry *v, struct error *e);
/* Compiles [0, n) and leaves out what is bad, with {row, field, code, detail, detail_en} in errors;
 * rows[i] is the row number told for entry i. n is what is left; *bad_rows grows by what was left
 * out, of which errors holds the first 200. */
int app_entry_compile(struct app_call *c, struct store_entry *list, int64_t *rows, size_t *n, json_t *errors,
		      int64_t *bad_rows, struct error *e);
struct lexicon_edit {
	struct str lexicon;
	const char *action; /* "entry.add", "import", … */
	struct str note;
	struct store_entry *put; /* added, or in place of the one of that id or of that term and kind */
	size_t put_len;
	const struct str *remove; /* ids */
	size_t remove_len;
	bool replace; /* everything else goes */
	/* out */
	struct store_lexicon after;
	int64_t added, changed, removed;
};
/* One version of a list. In a transaction. */
int app_lexicon_edit_tx(struct app_call *c, void *edit, struct error *e);
/* The person's own list, made when there is none. In a transaction. */
int app_lexicon_own(struct app_call *c, struct store_lexicon *ret, struct error *e);
#endif
