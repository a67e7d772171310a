-- Groups of users, claims that servers add to tokens, and the policies that say who gets which tokens.

CREATE TABLE user_groups (
  tenant_id BLOB NOT NULL,
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  description TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  members_changed_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name_key),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE group_members (
  tenant_id BLOB NOT NULL,
  group_id BLOB NOT NULL,
  user_id BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, group_id, user_id),
  FOREIGN KEY (tenant_id, group_id) REFERENCES user_groups (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_by_user ON group_members (tenant_id, user_id, group_id);

CREATE TABLE server_claims (
  tenant_id BLOB NOT NULL,
  server_id BLOB NOT NULL,
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  target TEXT NOT NULL,
  value_type TEXT NOT NULL,
  value TEXT NOT NULL,
  group_filter TEXT,
  scopes TEXT NOT NULL,
  always_in_token INTEGER NOT NULL,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, server_id, id),
  UNIQUE (tenant_id, server_id, target, name),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE access_policies (
  tenant_id BLOB NOT NULL,
  server_id BLOB NOT NULL,
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  -- 1 is asked first.
  priority INTEGER NOT NULL,
  status TEXT NOT NULL,
  clients TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, server_id, id),
  UNIQUE (tenant_id, server_id, name),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE access_rules (
  tenant_id BLOB NOT NULL,
  server_id BLOB NOT NULL,
  policy_id BLOB NOT NULL,
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  priority INTEGER NOT NULL,
  status TEXT NOT NULL,
  grant_types TEXT NOT NULL,
  user_ids TEXT NOT NULL,
  group_ids TEXT NOT NULL,
  scopes TEXT NOT NULL,
  -- Where these are null, the server's lifetimes hold.
  access_token_seconds INTEGER,
  refresh_idle_seconds INTEGER,
  refresh_absolute_seconds INTEGER,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, server_id, policy_id, id),
  UNIQUE (tenant_id, server_id, policy_id, name),
  FOREIGN KEY (tenant_id, server_id, policy_id) REFERENCES access_policies (tenant_id, server_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
