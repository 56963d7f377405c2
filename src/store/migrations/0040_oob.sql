-- What targets of scans sent by themselves to our listener: one row per query or request
-- that carried a token of a scan. Short-lived: pruned by age and number.
CREATE TABLE oob_hit (
	number {{serial}},
	prefix TEXT NOT NULL,
	token TEXT NOT NULL,
	kind BIGINT NOT NULL,
	source TEXT NOT NULL,
	what TEXT NOT NULL,
	time BIGINT NOT NULL
);
CREATE INDEX oob_hit_prefix ON oob_hit (prefix, number);
CREATE INDEX oob_hit_time ON oob_hit (time);
