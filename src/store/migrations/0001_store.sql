-- Events for live streams, and blobs with their reference counts.
CREATE TABLE event (
	id {{serial}},
	tenant_id TEXT NOT NULL,
	topic TEXT NOT NULL,
	type TEXT NOT NULL,
	data TEXT NOT NULL,
	created BIGINT NOT NULL
);
CREATE INDEX event_tenant ON event (tenant_id, id);
CREATE INDEX event_created ON event (created);

CREATE TABLE blob (
	tenant_id TEXT NOT NULL,
	hash TEXT NOT NULL,
	size BIGINT NOT NULL,
	refs BIGINT NOT NULL CHECK (refs >= 0),
	created BIGINT NOT NULL,
	PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX blob_unused ON blob (created) WHERE refs = 0;

-- The bytes, where blobs are rows.
CREATE TABLE blob_data (
	tenant_id TEXT NOT NULL,
	hash TEXT NOT NULL,
	bytes {{blob}} NOT NULL,
	PRIMARY KEY (tenant_id, hash),
	FOREIGN KEY (tenant_id, hash) REFERENCES blob (tenant_id, hash) ON DELETE CASCADE
);
