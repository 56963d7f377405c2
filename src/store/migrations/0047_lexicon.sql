-- Word lists of a tenant (owner_id empty) or of one person. Entries are kept with the versions in
-- which they were valid, [from_version, to_version), to_version 0 while they are: every earlier
-- state of a list can be shown and brought back, and no edit copies the whole list.
CREATE TABLE lexicon (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	owner_id TEXT NOT NULL DEFAULT '',
	name TEXT NOT NULL,
	note TEXT NOT NULL DEFAULT '',
	enabled INTEGER NOT NULL DEFAULT 1,
	version BIGINT NOT NULL DEFAULT 0,
	entries BIGINT NOT NULL DEFAULT 0,
	created_by TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL,
	revision BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX lexicon_tenant ON lexicon (tenant_id, owner_id, id);

CREATE TABLE lexicon_entry (
	row_id TEXT PRIMARY KEY,
	id TEXT NOT NULL,
	tenant_id TEXT NOT NULL,
	lexicon_id TEXT NOT NULL REFERENCES lexicon (id) ON DELETE CASCADE,
	from_version BIGINT NOT NULL,
	to_version BIGINT NOT NULL DEFAULT 0,
	term TEXT NOT NULL,
	label TEXT NOT NULL,
	kind TEXT NOT NULL,
	level TEXT NOT NULL,
	match_mode TEXT NOT NULL DEFAULT '',
	context TEXT NOT NULL DEFAULT '',
	reason TEXT NOT NULL DEFAULT '',
	article TEXT NOT NULL DEFAULT '',
	advice TEXT NOT NULL DEFAULT '',
	note TEXT NOT NULL DEFAULT '',
	replacement TEXT NOT NULL DEFAULT '',
	until BIGINT NOT NULL DEFAULT 0,
	account_name TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL
);
CREATE INDEX lexicon_entry_now ON lexicon_entry (lexicon_id, to_version, id);
CREATE INDEX lexicon_entry_from ON lexicon_entry (lexicon_id, from_version);
CREATE INDEX lexicon_entry_term ON lexicon_entry (lexicon_id, to_version, term);

CREATE TABLE lexicon_version (
	lexicon_id TEXT NOT NULL REFERENCES lexicon (id) ON DELETE CASCADE,
	tenant_id TEXT NOT NULL,
	version BIGINT NOT NULL,
	action TEXT NOT NULL,
	added BIGINT NOT NULL DEFAULT 0,
	changed BIGINT NOT NULL DEFAULT 0,
	removed BIGINT NOT NULL DEFAULT 0,
	entries BIGINT NOT NULL DEFAULT 0,
	note TEXT NOT NULL DEFAULT '',
	account_id TEXT NOT NULL DEFAULT '',
	account_name TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL,
	PRIMARY KEY (lexicon_id, version)
);
