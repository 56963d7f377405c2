-- Quotas, approvals by a second person, platform settings, saved answers.
CREATE TABLE quota (
	tenant_id TEXT NOT NULL REFERENCES tenant (id),
	name TEXT NOT NULL,
	total BIGINT,
	enabled INTEGER NOT NULL,
	PRIMARY KEY (tenant_id, name)
);

CREATE TABLE quota_request (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL REFERENCES tenant (id),
	quota TEXT NOT NULL,
	total BIGINT NOT NULL,
	reason TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'rejected')),
	account_id TEXT NOT NULL,
	account_name TEXT NOT NULL,
	decided_by TEXT NOT NULL,
	decided_name TEXT NOT NULL,
	decided_total BIGINT,
	decided_reason TEXT NOT NULL,
	decided BIGINT,
	created BIGINT NOT NULL
);
CREATE INDEX quota_request_tenant ON quota_request (tenant_id, id);
CREATE INDEX quota_request_state ON quota_request (state, id);

CREATE TABLE approval (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL REFERENCES tenant (id),
	kind TEXT NOT NULL,
	object_type TEXT NOT NULL,
	object_id TEXT NOT NULL,
	object_name TEXT NOT NULL,
	detail TEXT NOT NULL,
	reason TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'rejected')),
	account_id TEXT NOT NULL,
	account_name TEXT NOT NULL,
	decided_by TEXT NOT NULL,
	decided_name TEXT NOT NULL,
	decided_reason TEXT NOT NULL,
	decided BIGINT,
	expires BIGINT NOT NULL,
	created BIGINT NOT NULL
);
CREATE INDEX approval_tenant ON approval (tenant_id, id);
CREATE INDEX approval_object ON approval (tenant_id, kind, object_id, state);

-- Secret values are sealed with the installation's key.
CREATE TABLE setting (
	name TEXT PRIMARY KEY,
	value TEXT NOT NULL,
	updated BIGINT NOT NULL
);

CREATE TABLE idempotency (
	account_id TEXT NOT NULL,
	tenant_id TEXT NOT NULL,
	key TEXT NOT NULL,
	request_hash TEXT NOT NULL,
	status INTEGER NOT NULL,
	content_type TEXT NOT NULL,
	location TEXT NOT NULL,
	body TEXT NOT NULL,
	created BIGINT NOT NULL,
	PRIMARY KEY (tenant_id, account_id, key)
);
CREATE INDEX idempotency_created ON idempotency (created);
