-- What a site stands on: one row per fact (port, system, service, software, certificate,
-- TLS, DNS, sub-domain), found again by its key; changes are events; looking is a run.
CREATE TABLE asset_run (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	site_name TEXT NOT NULL,
	host TEXT NOT NULL,
	state TEXT NOT NULL,
	cause TEXT NOT NULL,
	job_id TEXT NOT NULL DEFAULT '',
	ports TEXT NOT NULL DEFAULT '',
	options TEXT NOT NULL DEFAULT '{}',
	progress BIGINT NOT NULL DEFAULT 0,
	doing TEXT NOT NULL DEFAULT '',
	doing_en TEXT NOT NULL DEFAULT '',
	complete BIGINT NOT NULL DEFAULT 0,
	probed BIGINT NOT NULL DEFAULT 0,
	open BIGINT NOT NULL DEFAULT 0,
	facts BIGINT NOT NULL DEFAULT 0,
	changes BIGINT NOT NULL DEFAULT 0,
	error TEXT NOT NULL DEFAULT '',
	created_by TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL,
	started BIGINT NOT NULL DEFAULT 0,
	finished BIGINT NOT NULL DEFAULT 0,
	revision BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX asset_run_created ON asset_run (tenant_id, created, id);
CREATE INDEX asset_run_site ON asset_run (site_id, created);

CREATE TABLE asset_fact (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	kind TEXT NOT NULL,
	fact_key TEXT NOT NULL,
	title TEXT NOT NULL,
	host TEXT NOT NULL DEFAULT '',
	port BIGINT NOT NULL DEFAULT 0,
	product TEXT NOT NULL DEFAULT '',
	version TEXT NOT NULL DEFAULT '',
	cpe TEXT NOT NULL DEFAULT '',
	confidence BIGINT NOT NULL DEFAULT 100,
	detail TEXT NOT NULL DEFAULT '{}',
	source TEXT NOT NULL,
	state TEXT NOT NULL,
	run_id TEXT NOT NULL DEFAULT '',
	first_seen BIGINT NOT NULL,
	last_seen BIGINT NOT NULL,
	changed_at BIGINT NOT NULL DEFAULT 0,
	gone_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX asset_fact_key ON asset_fact (site_id, kind, fact_key);
CREATE INDEX asset_fact_tenant ON asset_fact (tenant_id, kind, state, last_seen, id);

CREATE TABLE asset_event (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	fact_id TEXT NOT NULL REFERENCES asset_fact (id) ON DELETE CASCADE,
	time BIGINT NOT NULL,
	type TEXT NOT NULL,
	kind TEXT NOT NULL,
	title TEXT NOT NULL,
	was TEXT NOT NULL DEFAULT '',
	run_id TEXT NOT NULL DEFAULT ''
);
CREATE INDEX asset_event_site ON asset_event (site_id, time, id);
CREATE INDEX asset_event_tenant ON asset_event (tenant_id, time, id);
CREATE INDEX asset_event_fact ON asset_event (fact_id, time);
