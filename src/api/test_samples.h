/* Things that no POST makes: one line per kind, X(kind, function). The function makes one
 * in the person's tenant (or account) and gives its id; it is in test_samples.c. Kinds
 * that a route makes (.makes, .example) need no line. */
#define TEST_SAMPLES(X)             \
	X(session, sample_session)  \
	X(approval, sample_approval) \
	X(scan, sample_scan)         \
	X(finding, sample_finding)   \
	X(decision, sample_decision) \
	X(monitor, sample_monitor)   \
	X(login_test, sample_login_test) \
	X(asset, sample_asset)       \
	X(asset_run, sample_asset_run) \
	X(delivery, sample_delivery) \
	X(rule_pack, sample_rule_pack) \
	X(rule_version, sample_rule_version) \
	X(shot, sample_shot)         \
	X(report, sample_report)     \
	X(review, sample_review)
