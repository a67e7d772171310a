-- What a tenant asks of passwords and how long its sessions last. Without a row: as it comes.
CREATE TABLE security_settings (
  tenant_id UUID NOT NULL,
  -- Characters.
  min_length BIGINT NOT NULL,
  -- Folded, in the order in which they were given.
  forbidden_words JSONB NOT NULL,
  user_idle_minutes BIGINT NOT NULL,
  user_lifetime_minutes BIGINT NOT NULL,
  -- Sessions that were last used, or begun, at these instants or before had ended when the settings changed.
  user_idle_ended_at BIGINT NOT NULL,
  user_lifetime_ended_at BIGINT NOT NULL,
  console_idle_minutes BIGINT NOT NULL,
  console_lifetime_minutes BIGINT NOT NULL,
  console_idle_ended_at BIGINT NOT NULL,
  console_lifetime_ended_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
