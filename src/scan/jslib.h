/* Known-vulnerable JavaScript libraries, from repositories in the format of retire.js: per
 * library extractors (uri, filename, filecontent, hashes) that tell name and version, and
 * ranges of versions with what is wrong with them. A starter set is built in; an operator's
 * file is put before it, and its libraries replace those of the same name. */
#ifndef SCAN_JSLIB_H
#define SCAN_JSLIB_H
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "scan/severity.h"

struct jslib;
/* `repository`: an operator's file, or empty. A file that is not in the format is an error
 * ("jslib.bad", "json.bad"); single patterns that do not compile are left out and counted. */
struct jslib *jslib_new(struct str repository, struct error *e);
void jslib_free(struct jslib *l);
size_t jslib_count(const struct jslib *l);
size_t jslib_dropped(const struct jslib *l);

struct jslib_hit {
	struct str name, version; /* slices of the repository and of what was looked at */
	struct str proof;	  /* the text that told the version; empty for a hash */
};
/* As people write it: "jQuery". */
struct str jslib_title(const struct jslib *l, struct str name);
/* Libraries named by the address of a script; at most max. */
size_t jslib_in_url(struct jslib *l, struct str url, struct jslib_hit *ret, size_t max);
/* Libraries in the text of a script. */
size_t jslib_in_text(struct jslib *l, struct str text, struct jslib_hit *ret, size_t max);

struct jslib_verdict {
	enum severity severity;
	struct str ids;	   /* "CVE-2020-11022 CVE-2020-11023": at most five */
	struct str fixed;  /* first version without any of it; empty: none known */
	struct str summary; /* of the worst; English, may be empty */
};
/* False: nothing is known against that version. */
bool jslib_judge(struct jslib *l, struct arena *a, const struct jslib_hit *hit, struct jslib_verdict *ret);
/* <0, 0, >0: numbers as numbers, "1.2-rc" before "1.2". */
int jslib_version_cmp(struct str a, struct str b);
#endif
