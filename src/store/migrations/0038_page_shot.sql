-- Pictures of pages that a scan made: its first pages, and what a finding looked like when
-- it was proved. The bytes are a blob; each row holds one reference to it.
CREATE TABLE page_shot (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	site_id TEXT NOT NULL,
	scan_id TEXT NOT NULL REFERENCES scan (id) ON DELETE CASCADE,
	kind TEXT NOT NULL,
	url TEXT NOT NULL,
	title TEXT NOT NULL,
	blob_id TEXT NOT NULL,
	width BIGINT NOT NULL,
	height BIGINT NOT NULL,
	size BIGINT NOT NULL,
	created BIGINT NOT NULL
);
CREATE INDEX page_shot_scan ON page_shot (scan_id, kind, url);
CREATE INDEX page_shot_site ON page_shot (site_id, created, id);
CREATE INDEX page_shot_tenant ON page_shot (tenant_id, created, id);
