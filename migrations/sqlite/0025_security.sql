-- What a tenant asks of passwords and how long its sessions last. Without a row: as it comes.
CREATE TABLE security_settings (
  tenant_id BLOB NOT NULL,
  -- Characters.
  min_length INTEGER NOT NULL,
  -- Folded, in the order in which they were given.
  forbidden_words TEXT NOT NULL,
  user_idle_minutes INTEGER NOT NULL,
  user_lifetime_minutes INTEGER NOT NULL,
  -- Sessions that were last used, or begun, at these instants or before had ended when the settings changed.
  user_idle_ended_at INTEGER NOT NULL,
  user_lifetime_ended_at INTEGER NOT NULL,
  console_idle_minutes INTEGER NOT NULL,
  console_lifetime_minutes INTEGER NOT NULL,
  console_idle_ended_at INTEGER NOT NULL,
  console_lifetime_ended_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
