-- Scheduled scans of one or more sites.
CREATE TABLE monitor (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	name TEXT NOT NULL,
	mode TEXT NOT NULL,
	schedule TEXT NOT NULL,
	state TEXT NOT NULL,
	next_run BIGINT NOT NULL DEFAULT 0,
	last_run BIGINT NOT NULL DEFAULT 0,
	missed BIGINT NOT NULL DEFAULT 0,
	last_scan_id TEXT NOT NULL DEFAULT '',
	created_by TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL,
	revision BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX monitor_tenant ON monitor (tenant_id, created, id);
CREATE INDEX monitor_due ON monitor (state, next_run);

CREATE TABLE monitor_site (
	monitor_id TEXT NOT NULL REFERENCES monitor (id) ON DELETE CASCADE,
	site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	position BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (monitor_id, site_id)
);
CREATE INDEX monitor_site_site ON monitor_site (site_id);
