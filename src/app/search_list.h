/* Providers of global search in the order in which people expect the answers; each
 * line stands for `const struct app_search_provider app_search_NAME`. */
#define APP_SEARCHES(X) \
	X(sites)        \
	X(findings)     \
	X(scans)        \
	X(monitors)     \
	X(reports)      \
	X(members)      \
	X(pages)
