-- What an app says of itself beside what it may do (OpenID Connect Registration 1.0 §2), as JSON.
ALTER TABLE apps ADD COLUMN metadata JSONB NOT NULL DEFAULT '{}';

-- Whether strangers may register apps at a server (RFC 7591), and what such apps may have. No row: they may not.
CREATE TABLE registration_policies (
  tenant_id UUID NOT NULL,
  server_id UUID NOT NULL,
  mode TEXT COLLATE "C" NOT NULL,
  grant_types JSONB NOT NULL,
  scopes JSONB NOT NULL,
  pkce_required BOOLEAN NOT NULL,
  -- Apps that may be there at a time.
  max_apps BIGINT NOT NULL,
  -- Registrations without a token from one source in an hour.
  per_source BIGINT NOT NULL,
  -- Days after which an app that never got a token goes.
  unused_days BIGINT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, server_id),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
);

-- Initial access tokens (RFC 7591 §1.2): who has one may register apps.
CREATE TABLE registration_tokens (
  tenant_id UUID NOT NULL,
  server_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  hash BYTEA NOT NULL,
  -- Empty: what the server's policy allows.
  grant_types JSONB NOT NULL,
  scopes JSONB NOT NULL,
  max_uses BIGINT NOT NULL,
  uses BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  last_used_at BIGINT,
  PRIMARY KEY (tenant_id, server_id, id),
  UNIQUE (tenant_id, hash),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
);

-- Apps that registered themselves. The server isn't referred to: an app whose server is gone must not become one
-- that any server takes.
CREATE TABLE registrations (
  tenant_id UUID NOT NULL,
  app_id UUID NOT NULL,
  server_id UUID NOT NULL,
  -- The initial access token; none where registration was open.
  token_id UUID,
  -- HMAC of the registration access token (RFC 7592 §3).
  hash BYTEA NOT NULL,
  grant_types JSONB NOT NULL,
  scopes JSONB NOT NULL,
  created_at BIGINT NOT NULL,
  -- When the app goes unless it got a token; none once it did.
  expires_at BIGINT,
  PRIMARY KEY (tenant_id, app_id),
  FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX registrations_by_server ON registrations (tenant_id, server_id);
CREATE INDEX registrations_by_time ON registrations (expires_at);
