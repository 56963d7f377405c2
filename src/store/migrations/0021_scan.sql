-- The life of a scan: its row, its append-only journal, the pages it saw and
-- what every check came to.
CREATE TABLE scan (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	site_name TEXT NOT NULL,
	url TEXT NOT NULL,
	origin TEXT NOT NULL,
	mode TEXT NOT NULL,
	state TEXT NOT NULL,
	cause TEXT NOT NULL,
	job_id TEXT NOT NULL DEFAULT '',
	finding_id TEXT NOT NULL DEFAULT '',
	monitor_id TEXT NOT NULL DEFAULT '',
	settings TEXT NOT NULL DEFAULT '{}',
	secrets {{blob}},
	progress BIGINT NOT NULL DEFAULT 0,
	doing TEXT NOT NULL DEFAULT '',
	doing_en TEXT NOT NULL DEFAULT '',
	remaining BIGINT NOT NULL DEFAULT 0,
	waiting TEXT NOT NULL DEFAULT '',
	complete BIGINT NOT NULL DEFAULT 0,
	score BIGINT,
	critical BIGINT NOT NULL DEFAULT 0,
	high BIGINT NOT NULL DEFAULT 0,
	medium BIGINT NOT NULL DEFAULT 0,
	low BIGINT NOT NULL DEFAULT 0,
	info BIGINT NOT NULL DEFAULT 0,
	requests BIGINT NOT NULL DEFAULT 0,
	pages BIGINT NOT NULL DEFAULT 0,
	errors BIGINT NOT NULL DEFAULT 0,
	bytes BIGINT NOT NULL DEFAULT 0,
	seconds BIGINT NOT NULL DEFAULT 0,
	error TEXT NOT NULL DEFAULT '',
	rule_version TEXT NOT NULL DEFAULT '',
	formula_version TEXT NOT NULL DEFAULT '',
	verify_method TEXT NOT NULL DEFAULT '',
	verify_token TEXT NOT NULL DEFAULT '',
	verified_at BIGINT NOT NULL DEFAULT 0,
	previous_id TEXT NOT NULL DEFAULT '',
	created_by TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL,
	started BIGINT NOT NULL DEFAULT 0,
	finished BIGINT NOT NULL DEFAULT 0,
	revision BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX scan_created ON scan (tenant_id, created, id);
CREATE INDEX scan_site ON scan (site_id, created);
CREATE INDEX scan_state ON scan (state);

CREATE TABLE scan_journal (
	scan_id TEXT NOT NULL REFERENCES scan (id) ON DELETE CASCADE,
	seq BIGINT NOT NULL,
	kind TEXT NOT NULL,
	k {{blob}},
	bytes {{blob}},
	PRIMARY KEY (scan_id, seq)
);

CREATE TABLE scan_page (
	scan_id TEXT NOT NULL REFERENCES scan (id) ON DELETE CASCADE,
	tenant_id TEXT NOT NULL,
	url TEXT NOT NULL,
	method TEXT NOT NULL,
	status BIGINT NOT NULL,
	type TEXT NOT NULL DEFAULT '',
	title TEXT NOT NULL DEFAULT '',
	depth BIGINT NOT NULL DEFAULT 0,
	size BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (scan_id, url, method)
);

CREATE TABLE scan_check (
	scan_id TEXT NOT NULL REFERENCES scan (id) ON DELETE CASCADE,
	check_id TEXT NOT NULL,
	state TEXT NOT NULL,
	count BIGINT NOT NULL,
	PRIMARY KEY (scan_id, check_id)
);

-- Which findings a scan saw, and how each stood then: new, still,
-- reappeared; fixed (looked at, no longer there); carried (not looked at).
CREATE TABLE scan_finding (
	scan_id TEXT NOT NULL REFERENCES scan (id) ON DELETE CASCADE,
	finding_id TEXT NOT NULL,
	tenant_id TEXT NOT NULL,
	status TEXT NOT NULL,
	severity BIGINT NOT NULL,
	instances BIGINT NOT NULL DEFAULT 1,
	PRIMARY KEY (scan_id, finding_id)
);
CREATE INDEX scan_finding_finding ON scan_finding (finding_id);
