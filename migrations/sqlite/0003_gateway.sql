-- APIs behind a gateway: what a server's gateway profile says, keys that apps may call with, and grants that a
-- trusted front end vouched for.

-- What an app is called elsewhere: X-Consumer-Custom-ID.
ALTER TABLE apps ADD COLUMN external_id TEXT;

CREATE TABLE gateways (
  tenant_id BLOB NOT NULL,
  server_id BLOB NOT NULL,
  scopes TEXT NOT NULL,
  mandatory_scope INTEGER NOT NULL,
  authorization_code INTEGER NOT NULL,
  client_credentials INTEGER NOT NULL,
  password_grant INTEGER NOT NULL,
  token_expiration INTEGER NOT NULL,
  refresh_token_ttl INTEGER NOT NULL,
  reuse_refresh_token INTEGER NOT NULL,
  persistent_refresh_token INTEGER NOT NULL,
  pkce TEXT NOT NULL,
  global_credentials INTEGER NOT NULL,
  hide_credentials INTEGER NOT NULL,
  -- client_id of the app that stands for callers without a credential.
  anonymous TEXT,
  auth_header_name TEXT NOT NULL,
  realm TEXT,
  token_in_query INTEGER NOT NULL,
  token_in_form INTEGER NOT NULL,
  api_keys INTEGER NOT NULL,
  api_key_in_query INTEGER NOT NULL,
  provision_hash BLOB NOT NULL,
  provision_made_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, server_id),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
  tenant_id BLOB NOT NULL,
  app_id BLOB NOT NULL,
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  hash BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  PRIMARY KEY (tenant_id, app_id, id),
  UNIQUE (tenant_id, hash),
  FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Whose the grant is in the front end's words, and which generation of its access tokens is good.
CREATE TABLE gateway_grants (
  tenant_id BLOB NOT NULL,
  grant_id BLOB NOT NULL,
  authenticated_userid TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, grant_id),
  FOREIGN KEY (tenant_id, grant_id) REFERENCES grants (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
