-- Whether users change their own names at their account.
ALTER TABLE security_settings ADD COLUMN own_names BOOLEAN NOT NULL DEFAULT TRUE;
