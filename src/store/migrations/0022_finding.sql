-- Findings live as long as their site: one row per place and kind of flaw, found
-- again by its fingerprint; decisions and history hang on it.
CREATE TABLE finding (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	origin TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	check_id TEXT NOT NULL,
	title TEXT NOT NULL,
	title_en TEXT NOT NULL,
	severity BIGINT NOT NULL,
	confidence BIGINT NOT NULL,
	url TEXT NOT NULL,
	method TEXT NOT NULL,
	parameter TEXT NOT NULL DEFAULT '',
	cwe BIGINT NOT NULL DEFAULT 0,
	owasp TEXT NOT NULL DEFAULT '',
	state TEXT NOT NULL,
	reappeared BIGINT NOT NULL DEFAULT 0,
	instances BIGINT NOT NULL DEFAULT 1,
	evidence TEXT NOT NULL DEFAULT '{}',
	first_seen BIGINT NOT NULL,
	last_seen BIGINT NOT NULL,
	fixed_at BIGINT NOT NULL DEFAULT 0,
	scan_id TEXT NOT NULL,
	decision_id TEXT NOT NULL DEFAULT '',
	proposal_id TEXT NOT NULL DEFAULT '',
	revision BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX finding_fingerprint ON finding (site_id, origin, fingerprint);
CREATE INDEX finding_tenant ON finding (tenant_id, state, severity);
CREATE INDEX finding_seen ON finding (tenant_id, last_seen, id);

CREATE TABLE finding_decision (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	finding_id TEXT NOT NULL REFERENCES finding (id) ON DELETE CASCADE,
	decision TEXT NOT NULL,
	reason TEXT NOT NULL,
	expires BIGINT NOT NULL DEFAULT 0,
	state TEXT NOT NULL,
	owner_id TEXT NOT NULL,
	owner_name TEXT NOT NULL,
	decided_by TEXT NOT NULL DEFAULT '',
	decided_name TEXT NOT NULL DEFAULT '',
	decided_at BIGINT NOT NULL DEFAULT 0,
	decided_reason TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL
);
CREATE INDEX finding_decision_finding ON finding_decision (finding_id, created);
CREATE INDEX finding_decision_expiry ON finding_decision (state, expires);

CREATE TABLE finding_event (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	finding_id TEXT NOT NULL REFERENCES finding (id) ON DELETE CASCADE,
	time BIGINT NOT NULL,
	type TEXT NOT NULL,
	actor TEXT NOT NULL DEFAULT '',
	scan_id TEXT NOT NULL DEFAULT '',
	detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX finding_event_finding ON finding_event (finding_id, time);
CREATE INDEX finding_event_time ON finding_event (tenant_id, type, time);
