-- How many requests each check of a scan sent.
ALTER TABLE scan_check ADD COLUMN requests BIGINT NOT NULL DEFAULT 0;
