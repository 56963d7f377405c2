-- Sites, the proofs of ownership and the letters that stand in for a proof.
-- Times are milliseconds UTC; 0 means "never". Counts are distinct open findings.
CREATE TABLE site (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	name TEXT NOT NULL,
	url TEXT NOT NULL,
	origin TEXT NOT NULL,
	host TEXT NOT NULL,
	host_display TEXT NOT NULL,
	port BIGINT NOT NULL,
	grp TEXT NOT NULL DEFAULT '',
	settings TEXT NOT NULL DEFAULT '{}',
	secrets {{blob}},
	verify_state TEXT NOT NULL DEFAULT 'unverified',
	verify_method TEXT NOT NULL DEFAULT '',
	verify_id TEXT NOT NULL DEFAULT '',
	verified_at BIGINT NOT NULL DEFAULT 0,
	verify_checked_at BIGINT NOT NULL DEFAULT 0,
	verify_failures BIGINT NOT NULL DEFAULT 0,
	verify_error TEXT NOT NULL DEFAULT '',
	score BIGINT,
	critical BIGINT NOT NULL DEFAULT 0,
	high BIGINT NOT NULL DEFAULT 0,
	medium BIGINT NOT NULL DEFAULT 0,
	low BIGINT NOT NULL DEFAULT 0,
	info BIGINT NOT NULL DEFAULT 0,
	score_scan_id TEXT NOT NULL DEFAULT '',
	score_at BIGINT NOT NULL DEFAULT 0,
	last_scan_id TEXT NOT NULL DEFAULT '',
	last_scan_at BIGINT NOT NULL DEFAULT 0,
	active_scan_id TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL,
	revision BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX site_origin ON site (tenant_id, origin);
CREATE INDEX site_created ON site (tenant_id, created, id);
CREATE INDEX site_verify ON site (verify_state, verify_checked_at);

-- Where a quota slot pointed before its domain was replaced.
CREATE TABLE site_domain (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	old_url TEXT NOT NULL,
	old_origin TEXT NOT NULL,
	new_url TEXT NOT NULL,
	new_origin TEXT NOT NULL,
	changed_by TEXT NOT NULL,
	changed_at BIGINT NOT NULL
);
CREATE INDEX site_domain_site ON site_domain (site_id, changed_at);

CREATE TABLE site_verification (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	origin TEXT NOT NULL,
	method TEXT NOT NULL,
	token TEXT NOT NULL,
	state TEXT NOT NULL,
	expires BIGINT NOT NULL,
	checked_at BIGINT NOT NULL DEFAULT 0,
	attempts TEXT NOT NULL DEFAULT '[]',
	created BIGINT NOT NULL,
	created_by TEXT NOT NULL
);
CREATE INDEX site_verification_site ON site_verification (site_id, created);

CREATE TABLE site_authorization (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	origin TEXT NOT NULL,
	letter_name TEXT NOT NULL,
	letter_type TEXT NOT NULL,
	letter_blob TEXT NOT NULL,
	letter_size BIGINT NOT NULL,
	letter_sha256 TEXT NOT NULL,
	ranges TEXT NOT NULL,
	note TEXT NOT NULL DEFAULT '',
	expires BIGINT NOT NULL,
	state TEXT NOT NULL,
	requested_by TEXT NOT NULL,
	requested_name TEXT NOT NULL,
	decided_by TEXT NOT NULL DEFAULT '',
	decided_name TEXT NOT NULL DEFAULT '',
	decided_at BIGINT NOT NULL DEFAULT 0,
	reason TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL
);
CREATE INDEX site_authorization_state ON site_authorization (state, created);
CREATE INDEX site_authorization_site ON site_authorization (site_id, created);
