-- The durable queue. Times are ms UTC; 0 means "not yet".
CREATE TABLE job (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	payload TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')),
	want TEXT NOT NULL DEFAULT '' CHECK (want IN ('', 'pause', 'cancel')),
	reason TEXT NOT NULL DEFAULT '',
	priority INTEGER NOT NULL DEFAULT 0,
	attempts INTEGER NOT NULL DEFAULT 0,
	-- Starts in a row without progress, what max_attempts is held against.
	fails INTEGER NOT NULL DEFAULT 0,
	max_attempts INTEGER NOT NULL DEFAULT 0,
	progress INTEGER NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 10000),
	progress_at_start INTEGER NOT NULL DEFAULT 0,
	remaining_ms BIGINT NOT NULL DEFAULT -1,
	doing TEXT NOT NULL DEFAULT '',
	doing_en TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL,
	started BIGINT NOT NULL DEFAULT 0,
	finished BIGINT NOT NULL DEFAULT 0,
	updated BIGINT NOT NULL,
	run_at BIGINT NOT NULL,
	worker TEXT NOT NULL DEFAULT '',
	lease_token TEXT NOT NULL DEFAULT '',
	lease_until BIGINT NOT NULL DEFAULT 0,
	dedupe_key TEXT NOT NULL DEFAULT '',
	serial_key TEXT NOT NULL DEFAULT '',
	windows TEXT NOT NULL DEFAULT '',
	error_code TEXT NOT NULL DEFAULT '',
	error_zh TEXT NOT NULL DEFAULT '',
	error_en TEXT NOT NULL DEFAULT '',
	-- 100.00 % is said of finished work only.
	CHECK ((progress = 10000) = (state = 'done'))
);
CREATE INDEX job_due ON job (run_at) WHERE state = 'queued';
CREATE INDEX job_running ON job (tenant_id) WHERE state = 'running';
CREATE INDEX job_tenant_list ON job (tenant_id, id);
CREATE INDEX job_finished ON job (finished) WHERE finished > 0;
CREATE UNIQUE INDEX job_dedupe ON job (tenant_id, dedupe_key)
	WHERE dedupe_key <> '' AND state IN ('queued', 'running', 'paused');
CREATE UNIQUE INDEX job_serial ON job (tenant_id, serial_key)
	WHERE serial_key <> '' AND state = 'running';

CREATE TABLE job_checkpoint (
	job_id TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
	key TEXT NOT NULL,
	value {{blob}} NOT NULL,
	PRIMARY KEY (job_id, key)
);

-- Whose turn it is: tenants served longest ago come first.
CREATE TABLE job_turn (
	tenant_id TEXT PRIMARY KEY,
	served BIGINT NOT NULL
);

CREATE TABLE schedule (
	tenant_id TEXT NOT NULL,
	id TEXT NOT NULL,
	kind TEXT NOT NULL,
	payload TEXT NOT NULL,
	spec TEXT NOT NULL,
	serial_key TEXT NOT NULL DEFAULT '',
	active INTEGER NOT NULL DEFAULT 1,
	next_run BIGINT NOT NULL DEFAULT 0,
	last_run BIGINT NOT NULL DEFAULT 0,
	last_job TEXT NOT NULL DEFAULT '',
	missed BIGINT NOT NULL DEFAULT 0,
	created BIGINT NOT NULL,
	PRIMARY KEY (tenant_id, id)
);
CREATE INDEX schedule_due ON schedule (next_run) WHERE active = 1 AND next_run > 0;
