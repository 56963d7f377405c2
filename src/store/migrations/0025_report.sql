-- Reports outlive the site they speak of, so they carry its name.
CREATE TABLE report (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	scan_id TEXT NOT NULL,
	site_id TEXT NOT NULL,
	site_name TEXT NOT NULL,
	title TEXT NOT NULL,
	lang TEXT NOT NULL,
	formats TEXT NOT NULL,
	state TEXT NOT NULL,
	job_id TEXT NOT NULL DEFAULT '',
	error TEXT NOT NULL DEFAULT '',
	created_by TEXT NOT NULL,
	created BIGINT NOT NULL,
	finished BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX report_tenant ON report (tenant_id, created, id);

CREATE TABLE report_file (
	report_id TEXT NOT NULL REFERENCES report (id) ON DELETE CASCADE,
	tenant_id TEXT NOT NULL,
	format TEXT NOT NULL,
	blob_id TEXT NOT NULL,
	size BIGINT NOT NULL,
	sha256 TEXT NOT NULL,
	PRIMARY KEY (report_id, format)
);
