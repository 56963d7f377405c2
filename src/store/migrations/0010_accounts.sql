-- Tenants and the people in them. Every name with an own meaning: an account is a
-- person who logs in; a membership is that person's role in one tenant.
CREATE TABLE tenant (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('company', 'person', 'platform')),
	edition TEXT NOT NULL,
	timezone TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('active', 'suspended')),
	guide_dismissed INTEGER NOT NULL DEFAULT 0,
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL
);
-- The platform itself: its members administer it, its audit log is the system's.
INSERT INTO tenant (id, name, kind, edition, timezone, state, created, updated)
VALUES ('00000000000000000000000000', '平台', 'platform', 'platform', 'Asia/Shanghai', 'active', 0, 0);

CREATE TABLE account (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	email TEXT NOT NULL,
	email_key TEXT NOT NULL UNIQUE,
	password TEXT NOT NULL,
	lang TEXT NOT NULL,
	settings TEXT NOT NULL,
	totp TEXT,
	totp_pending TEXT,
	totp_step BIGINT NOT NULL DEFAULT 0,
	state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
	last_login BIGINT,
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL
);

CREATE TABLE membership (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL REFERENCES tenant (id),
	account_id TEXT NOT NULL REFERENCES account (id),
	role TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL,
	UNIQUE (tenant_id, account_id)
);
CREATE INDEX membership_account ON membership (account_id);

-- Tokens are kept as keyed hashes only.
CREATE TABLE login_session (
	id TEXT PRIMARY KEY,
	token_hash TEXT NOT NULL UNIQUE,
	account_id TEXT NOT NULL REFERENCES account (id),
	tenant_id TEXT NOT NULL REFERENCES tenant (id),
	ip TEXT NOT NULL,
	user_agent TEXT NOT NULL,
	created BIGINT NOT NULL,
	seen BIGINT NOT NULL,
	expires BIGINT NOT NULL
);
CREATE INDEX login_session_account ON login_session (account_id, created);
CREATE INDEX login_session_expires ON login_session (expires);

CREATE TABLE login_throttle (
	key TEXT PRIMARY KEY,
	fails INTEGER NOT NULL,
	until BIGINT NOT NULL,
	updated BIGINT NOT NULL
);

CREATE TABLE api_key (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL REFERENCES tenant (id),
	account_id TEXT NOT NULL REFERENCES account (id),
	name TEXT NOT NULL,
	prefix TEXT NOT NULL,
	hash TEXT NOT NULL UNIQUE,
	scopes TEXT NOT NULL,
	expires BIGINT,
	last_used BIGINT,
	created BIGINT NOT NULL
);
CREATE INDEX api_key_tenant ON api_key (tenant_id, id);

-- A platform administrator's time-limited look into a tenant.
CREATE TABLE tenant_grant (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL REFERENCES tenant (id),
	account_id TEXT NOT NULL REFERENCES account (id),
	reason TEXT NOT NULL,
	expires BIGINT NOT NULL,
	created BIGINT NOT NULL
);
CREATE INDEX tenant_grant_account ON tenant_grant (account_id, tenant_id, expires);
