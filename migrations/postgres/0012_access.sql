-- Groups of users, claims that servers add to tokens, and the policies that say who gets which tokens.

CREATE TABLE user_groups (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  name_key TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  members_changed_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name_key),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE group_members (
  tenant_id UUID NOT NULL,
  group_id UUID NOT NULL,
  user_id UUID NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, group_id, user_id),
  FOREIGN KEY (tenant_id, group_id) REFERENCES user_groups (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX group_members_by_user ON group_members (tenant_id, user_id, group_id);

CREATE TABLE server_claims (
  tenant_id UUID NOT NULL,
  server_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  target TEXT COLLATE "C" NOT NULL,
  value_type TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  group_filter TEXT COLLATE "C",
  scopes JSONB NOT NULL,
  always_in_token BOOLEAN NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, server_id, id),
  UNIQUE (tenant_id, server_id, target, name),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE access_policies (
  tenant_id UUID NOT NULL,
  server_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  -- 1 is asked first.
  priority BIGINT NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  clients JSONB NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, server_id, id),
  UNIQUE (tenant_id, server_id, name),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE access_rules (
  tenant_id UUID NOT NULL,
  server_id UUID NOT NULL,
  policy_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  priority BIGINT NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  grant_types JSONB NOT NULL,
  user_ids JSONB NOT NULL,
  group_ids JSONB NOT NULL,
  scopes JSONB NOT NULL,
  -- Where these are null, the server's lifetimes hold.
  access_token_seconds BIGINT,
  refresh_idle_seconds BIGINT,
  refresh_absolute_seconds BIGINT,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, server_id, policy_id, id),
  UNIQUE (tenant_id, server_id, policy_id, name),
  FOREIGN KEY (tenant_id, server_id, policy_id) REFERENCES access_policies (tenant_id, server_id, id) ON DELETE CASCADE
);
