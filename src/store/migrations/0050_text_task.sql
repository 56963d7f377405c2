-- Many texts at once: a job that reads its input from a blob and writes one row per text.
CREATE TABLE text_task (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	name TEXT NOT NULL,
	job_id TEXT NOT NULL DEFAULT '',
	state TEXT NOT NULL,
	scene TEXT NOT NULL DEFAULT '',
	policy TEXT NOT NULL DEFAULT '',
	blob TEXT NOT NULL DEFAULT '',
	total BIGINT NOT NULL DEFAULT 0,
	done BIGINT NOT NULL DEFAULT 0,
	passed BIGINT NOT NULL DEFAULT 0,
	review BIGINT NOT NULL DEFAULT 0,
	block BIGINT NOT NULL DEFAULT 0,
	chars BIGINT NOT NULL DEFAULT 0,
	whole INTEGER NOT NULL DEFAULT 0,
	error TEXT NOT NULL DEFAULT '',
	account_id TEXT NOT NULL DEFAULT '',
	account_name TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL,
	finished BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX text_task_tenant ON text_task (tenant_id, id);

CREATE TABLE text_task_item (
	task_id TEXT NOT NULL REFERENCES text_task (id) ON DELETE CASCADE,
	n BIGINT NOT NULL,
	ref TEXT NOT NULL DEFAULT '',
	suggestion TEXT NOT NULL,
	score BIGINT NOT NULL DEFAULT 0,
	label TEXT NOT NULL DEFAULT '',
	sub_label TEXT NOT NULL DEFAULT '',
	chars BIGINT NOT NULL DEFAULT 0,
	merged BIGINT NOT NULL DEFAULT 0,
	text TEXT NOT NULL,
	result TEXT NOT NULL,
	PRIMARY KEY (task_id, n)
);
