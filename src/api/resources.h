/* Every resource of /api/v1, one line each: X(name) for api_r_<name> in r_<name>.c. */
#define API_RESOURCES(X) \
	X(meta)          \
	X(session)       \
	X(tenants)       \
	X(members)       \
	X(keys)          \
	X(audit)         \
	X(quotas)        \
	X(approvals)     \
	X(settings)      \
	X(events)        \
	X(jobs)          \
	X(sites)         \
	X(documents)     \
	X(scans)         \
	X(shots)         \
	X(findings)      \
	X(assets)        \
	X(monitors)      \
	X(packs)         \
	X(notify)        \
	X(reports)       \
	X(texts)         \
	X(lexicons)      \
	X(policies)      \
	X(reviews)       \
	X(compat)
