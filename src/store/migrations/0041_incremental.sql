-- What an incremental scan needs of the scan before: validators and a signature of every
-- page; and how many incremental scans stand between a scan and the last full one.
ALTER TABLE scan_page ADD COLUMN etag TEXT NOT NULL DEFAULT '';
ALTER TABLE scan_page ADD COLUMN modified TEXT NOT NULL DEFAULT '';
ALTER TABLE scan_page ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE scan_page ADD COLUMN unchanged BIGINT NOT NULL DEFAULT 0;
ALTER TABLE scan ADD COLUMN incremental BIGINT NOT NULL DEFAULT 0;
ALTER TABLE scan ADD COLUMN unchanged BIGINT NOT NULL DEFAULT 0;
