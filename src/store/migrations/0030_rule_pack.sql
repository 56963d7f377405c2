-- Packs of templates of a tenant, their versions, what is in each, and what is switched off.
CREATE TABLE rule_pack (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	enabled INTEGER NOT NULL DEFAULT 1,
	version_id TEXT NOT NULL DEFAULT '',
	last_number BIGINT NOT NULL DEFAULT 0,
	created_by TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL,
	revision BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX rule_pack_tenant ON rule_pack (tenant_id, created, id);
-- One built-in pack a tenant.
CREATE UNIQUE INDEX rule_pack_builtin ON rule_pack (tenant_id) WHERE kind = 'builtin';

CREATE TABLE rule_version (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	pack_id TEXT NOT NULL REFERENCES rule_pack (id) ON DELETE CASCADE,
	number BIGINT NOT NULL,
	label TEXT NOT NULL DEFAULT '',
	source TEXT NOT NULL DEFAULT '',
	state TEXT NOT NULL,
	upload_blob TEXT NOT NULL DEFAULT '',
	blob_id TEXT NOT NULL DEFAULT '',
	size BIGINT NOT NULL DEFAULT 0,
	good BIGINT NOT NULL DEFAULT 0,
	bad BIGINT NOT NULL DEFAULT 0,
	ignored BIGINT NOT NULL DEFAULT 0,
	error TEXT NOT NULL DEFAULT '',
	created_by TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL,
	finished BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX rule_version_pack ON rule_version (pack_id, number);

CREATE TABLE rule_template (
	version_id TEXT NOT NULL REFERENCES rule_version (id) ON DELETE CASCADE,
	path TEXT NOT NULL,
	template_id TEXT NOT NULL,
	name TEXT NOT NULL,
	name_en TEXT NOT NULL,
	severity BIGINT NOT NULL,
	tags TEXT NOT NULL,
	product TEXT NOT NULL,
	protocol TEXT NOT NULL,
	intrusive INTEGER NOT NULL,
	good INTEGER NOT NULL,
	code TEXT NOT NULL,
	reason TEXT NOT NULL,
	reason_en TEXT NOT NULL,
	PRIMARY KEY (version_id, path)
);

-- Only what is off; it outlives new versions of the pack.
CREATE TABLE rule_off (
	pack_id TEXT NOT NULL REFERENCES rule_pack (id) ON DELETE CASCADE,
	template_id TEXT NOT NULL,
	changed_by TEXT NOT NULL DEFAULT '',
	changed BIGINT NOT NULL,
	PRIMARY KEY (pack_id, template_id)
);
