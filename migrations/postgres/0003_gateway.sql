-- APIs behind a gateway: what a server's gateway profile says, keys that apps may call with, and grants that a
-- trusted front end vouched for.

-- What an app is called elsewhere: X-Consumer-Custom-ID.
ALTER TABLE apps ADD COLUMN external_id TEXT COLLATE "C";

CREATE TABLE gateways (
  tenant_id UUID NOT NULL,
  server_id UUID NOT NULL,
  scopes JSONB NOT NULL,
  mandatory_scope BOOLEAN NOT NULL,
  authorization_code BOOLEAN NOT NULL,
  client_credentials BOOLEAN NOT NULL,
  password_grant BOOLEAN NOT NULL,
  token_expiration BIGINT NOT NULL,
  refresh_token_ttl BIGINT NOT NULL,
  reuse_refresh_token BOOLEAN NOT NULL,
  persistent_refresh_token BOOLEAN NOT NULL,
  pkce TEXT COLLATE "C" NOT NULL,
  global_credentials BOOLEAN NOT NULL,
  hide_credentials BOOLEAN NOT NULL,
  -- client_id of the app that stands for callers without a credential.
  anonymous TEXT COLLATE "C",
  auth_header_name TEXT COLLATE "C" NOT NULL,
  realm TEXT COLLATE "C",
  token_in_query BOOLEAN NOT NULL,
  token_in_form BOOLEAN NOT NULL,
  api_keys BOOLEAN NOT NULL,
  api_key_in_query BOOLEAN NOT NULL,
  provision_hash BYTEA NOT NULL,
  provision_made_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, server_id),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE api_keys (
  tenant_id UUID NOT NULL,
  app_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  hash BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  PRIMARY KEY (tenant_id, app_id, id),
  UNIQUE (tenant_id, hash),
  FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id) ON DELETE CASCADE
);

-- Whose the grant is in the front end's words, and which generation of its access tokens is good.
CREATE TABLE gateway_grants (
  tenant_id UUID NOT NULL,
  grant_id UUID NOT NULL,
  authenticated_userid TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, grant_id),
  FOREIGN KEY (tenant_id, grant_id) REFERENCES grants (tenant_id, id) ON DELETE CASCADE
);
