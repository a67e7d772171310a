-- What the newest refusal of a story says where the first one's facts no longer hold: a JSON object of texts, or
-- nothing.
ALTER TABLE refusal_stories ADD COLUMN facts TEXT COLLATE "C" NOT NULL DEFAULT '';

-- Attempts at a password that are under way: they bound what may be tried at once and are no failures yet. After
-- `pending_until` they count no more: the server that began them was stopped.
ALTER TABLE password_failures ADD COLUMN pending BIGINT NOT NULL DEFAULT 0;
ALTER TABLE password_failures ADD COLUMN pending_until BIGINT NOT NULL DEFAULT 0;
