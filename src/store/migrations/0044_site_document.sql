-- Descriptions of a site's interfaces (OpenAPI, Postman, GraphQL, HAR) that people gave: read
-- in a jail first, then handed to the scans of that site.
CREATE TABLE site_document (
	id TEXT PRIMARY KEY,
	tenant_id TEXT NOT NULL,
	site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
	name TEXT NOT NULL,
	kind TEXT NOT NULL DEFAULT '',
	state TEXT NOT NULL,
	requests BIGINT NOT NULL DEFAULT 0,
	size BIGINT NOT NULL,
	blob TEXT NOT NULL,
	error TEXT NOT NULL DEFAULT '',
	created_by TEXT NOT NULL DEFAULT '',
	created BIGINT NOT NULL
);
CREATE INDEX site_document_site ON site_document (site_id, created, id);
