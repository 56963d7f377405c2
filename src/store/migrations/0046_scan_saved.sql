-- Requests that a scan did not send: answered by an equal one, or pointless for what the site runs.
ALTER TABLE scan ADD COLUMN saved BIGINT NOT NULL DEFAULT 0;
ALTER TABLE scan ADD COLUMN spared BIGINT NOT NULL DEFAULT 0;
