-- When all sessions of a user were ended last. A sign-in that began before it begins no session.
ALTER TABLE users ADD COLUMN signed_out_at BIGINT NOT NULL DEFAULT 0;
