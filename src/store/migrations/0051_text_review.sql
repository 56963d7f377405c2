-- Kept texts that a person must look at, and everything that was done about each.
CREATE TABLE text_review (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	check_id TEXT NOT NULL,
	state TEXT NOT NULL,
	source TEXT NOT NULL DEFAULT '',
	scene TEXT NOT NULL DEFAULT '',
	suggestion TEXT NOT NULL,
	label TEXT NOT NULL DEFAULT '',
	sub_label TEXT NOT NULL DEFAULT '',
	score BIGINT NOT NULL DEFAULT 0,
	excerpt TEXT NOT NULL DEFAULT '',
	assignee_id TEXT NOT NULL DEFAULT '',
	assignee_name TEXT NOT NULL DEFAULT '',
	decision TEXT NOT NULL DEFAULT '',
	reason TEXT NOT NULL DEFAULT '',
	decided_by TEXT NOT NULL DEFAULT '',
	decided_by_name TEXT NOT NULL DEFAULT '',
	decided BIGINT NOT NULL DEFAULT 0,
	first_decision TEXT NOT NULL DEFAULT '',
	first_by TEXT NOT NULL DEFAULT '',
	first_by_name TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL,
	revision BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX text_review_state ON text_review (tenant_id, state, id);
CREATE UNIQUE INDEX text_review_check ON text_review (check_id);

CREATE TABLE text_review_event (
	id TEXT PRIMARY KEY,
	review_id TEXT NOT NULL REFERENCES text_review (id) ON DELETE CASCADE,
	tenant_id TEXT NOT NULL,
	action TEXT NOT NULL,
	detail TEXT NOT NULL DEFAULT '',
	account_id TEXT NOT NULL DEFAULT '',
	account_name TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL
);
CREATE INDEX text_review_event_review ON text_review_event (review_id, id);
