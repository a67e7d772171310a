-- What an app says of itself beside what it may do (OpenID Connect Registration 1.0 §2), as JSON.
ALTER TABLE apps ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';

-- Whether strangers may register apps at a server (RFC 7591), and what such apps may have. No row: they may not.
CREATE TABLE registration_policies (
  tenant_id BLOB NOT NULL,
  server_id BLOB NOT NULL,
  mode TEXT NOT NULL,
  grant_types TEXT NOT NULL,
  scopes TEXT NOT NULL,
  pkce_required INTEGER NOT NULL,
  -- Apps that may be there at a time.
  max_apps INTEGER NOT NULL,
  -- Registrations without a token from one source in an hour.
  per_source INTEGER NOT NULL,
  -- Days after which an app that never got a token goes.
  unused_days INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, server_id),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Initial access tokens (RFC 7591 §1.2): who has one may register apps.
CREATE TABLE registration_tokens (
  tenant_id BLOB NOT NULL,
  server_id BLOB NOT NULL,
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  hash BLOB NOT NULL,
  -- Empty: what the server's policy allows.
  grant_types TEXT NOT NULL,
  scopes TEXT NOT NULL,
  max_uses INTEGER NOT NULL,
  uses INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  last_used_at INTEGER,
  PRIMARY KEY (tenant_id, server_id, id),
  UNIQUE (tenant_id, hash),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Apps that registered themselves. The server isn't referred to: an app whose server is gone must not become one
-- that any server takes.
CREATE TABLE registrations (
  tenant_id BLOB NOT NULL,
  app_id BLOB NOT NULL,
  server_id BLOB NOT NULL,
  -- The initial access token; none where registration was open.
  token_id BLOB,
  -- HMAC of the registration access token (RFC 7592 §3).
  hash BLOB NOT NULL,
  grant_types TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- When the app goes unless it got a token; none once it did.
  expires_at INTEGER,
  PRIMARY KEY (tenant_id, app_id),
  FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX registrations_by_server ON registrations (tenant_id, server_id);
CREATE INDEX registrations_by_time ON registrations (expires_at);
