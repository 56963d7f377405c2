-- What a tenant's texts are judged by: policies by scene, settings, and a number that grows with
-- every change of what a check depends on, so that processes know when to load anew.
CREATE TABLE text_policy (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	name TEXT NOT NULL,
	scene TEXT NOT NULL,
	base TEXT NOT NULL DEFAULT '',
	rules TEXT NOT NULL DEFAULT '[]',
	enabled INTEGER NOT NULL DEFAULT 1,
	starts BIGINT NOT NULL DEFAULT 0,
	ends BIGINT NOT NULL DEFAULT 0,
	note TEXT NOT NULL DEFAULT '',
	created_by TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL,
	revision BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX text_policy_tenant ON text_policy (tenant_id, scene, id);

CREATE TABLE text_state (
	tenant_id TEXT PRIMARY KEY,
	generation BIGINT NOT NULL DEFAULT 0,
	settings TEXT NOT NULL DEFAULT '{}'
);
