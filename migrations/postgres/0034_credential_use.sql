-- When an API credential, or a token of it, was last used, to the hour.
ALTER TABLE credentials ADD COLUMN last_used_at BIGINT;
