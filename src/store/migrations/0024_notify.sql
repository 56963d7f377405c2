-- Who hears of what: channels, rules, and the outbox. A notice is written in the
-- transaction of the event it tells of; a delivery is one notice to one channel.
CREATE TABLE notify_channel (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	name TEXT NOT NULL,
	kind TEXT NOT NULL,
	config TEXT NOT NULL DEFAULT '{}',
	secrets {{blob}},
	enabled BIGINT NOT NULL DEFAULT 1,
	last_result TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL,
	revision BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX notify_channel_tenant ON notify_channel (tenant_id, created);

CREATE TABLE notify_rule (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	name TEXT NOT NULL,
	rule TEXT NOT NULL,
	enabled BIGINT NOT NULL DEFAULT 1,
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL,
	revision BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX notify_rule_tenant ON notify_rule (tenant_id, created);

CREATE TABLE notice (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	event TEXT NOT NULL,
	severity BIGINT NOT NULL,
	site_id TEXT NOT NULL DEFAULT '',
	payload TEXT NOT NULL,
	created BIGINT NOT NULL,
	spread BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX notice_spread ON notice (spread, created);
CREATE INDEX notice_tenant ON notice (tenant_id, created);

CREATE TABLE delivery (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	channel_id TEXT NOT NULL,
	channel_name TEXT NOT NULL,
	notice_id TEXT NOT NULL,
	event TEXT NOT NULL,
	state TEXT NOT NULL,
	attempts BIGINT NOT NULL DEFAULT 0,
	not_before BIGINT NOT NULL,
	last_error TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL,
	sent BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX delivery_once ON delivery (notice_id, channel_id);
CREATE INDEX delivery_tenant ON delivery (tenant_id, created, id);
CREATE INDEX delivery_due ON delivery (state, not_before);
