-- Texts that were checked and kept, and counts of all that were checked.
CREATE TABLE text_check (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	source TEXT NOT NULL,
	account_id TEXT NOT NULL DEFAULT '',
	account_name TEXT NOT NULL DEFAULT '',
	key_id TEXT NOT NULL DEFAULT '',
	task_id TEXT NOT NULL DEFAULT '',
	scene TEXT NOT NULL DEFAULT '',
	policy TEXT NOT NULL DEFAULT '',
	suggestion TEXT NOT NULL,
	score BIGINT NOT NULL DEFAULT 0,
	chars BIGINT NOT NULL DEFAULT 0,
	label TEXT NOT NULL DEFAULT '',
	sub_label TEXT NOT NULL DEFAULT '',
	merged BIGINT NOT NULL DEFAULT 0,
	text TEXT NOT NULL,
	result TEXT NOT NULL,
	marks TEXT NOT NULL DEFAULT '[]',
	created BIGINT NOT NULL
);
CREATE INDEX text_check_tenant ON text_check (tenant_id, id);
CREATE INDEX text_check_created ON text_check (tenant_id, created);

CREATE TABLE text_count (
	tenant_id TEXT NOT NULL,
	hour BIGINT NOT NULL,
	source TEXT NOT NULL,
	scene TEXT NOT NULL,
	label TEXT NOT NULL,
	suggestion TEXT NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (tenant_id, hour, source, scene, label, suggestion)
);
CREATE TABLE text_term_count (
	tenant_id TEXT NOT NULL,
	day BIGINT NOT NULL,
	label TEXT NOT NULL,
	term TEXT NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (tenant_id, day, label, term)
);
