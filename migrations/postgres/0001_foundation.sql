-- Signet's first schema. Tenant-owned tables have keys that begin with tenant_id, so that not even a wrong
-- query can link across tenants. Times are microseconds since 1970; ids are UUIDv7; both are made by the
-- application. The two engines' files have the same tables, columns and keys, and a test compares them.

-- One row: what belongs to the deployment as a whole.
CREATE TABLE deployment (
  id BIGINT NOT NULL PRIMARY KEY,
  -- Rises with every restore from a backup, so that positions in the log never repeat.
  epoch BIGINT NOT NULL,
  -- The key of all secret hashes, sealed under the master key.
  sealed_hash_key BYTEA NOT NULL,
  public_url TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE operators (
  id UUID NOT NULL PRIMARY KEY,
  login TEXT COLLATE "C" NOT NULL,
  login_key TEXT COLLATE "C" NOT NULL,
  password_hash TEXT COLLATE "C" NOT NULL,
  demo BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (login_key)
);

CREATE TABLE operator_sessions (
  id UUID NOT NULL PRIMARY KEY,
  token_hash BYTEA NOT NULL,
  operator_id UUID NOT NULL,
  last_seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  created_at BIGINT NOT NULL,
  UNIQUE (token_hash),
  FOREIGN KEY (operator_id) REFERENCES operators (id) ON DELETE CASCADE
);

CREATE TABLE tenants (
  id UUID NOT NULL PRIMARY KEY,
  number BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  display_name TEXT COLLATE "C" NOT NULL,
  host TEXT COLLATE "C" NOT NULL,
  url TEXT COLLATE "C" NOT NULL,
  default_domain TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  demo BOOLEAN NOT NULL,
  config_version BIGINT NOT NULL,
  next_user_number BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (number),
  UNIQUE (name),
  UNIQUE (host)
);

-- What changed when, for the caches of other nodes. No foreign key: a deletion is a change too.
CREATE TABLE changes (
  tenant_id UUID NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE INDEX changes_by_time ON changes (changed_at);

CREATE TABLE users (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  number BIGINT NOT NULL,
  login TEXT COLLATE "C" NOT NULL,
  login_key TEXT COLLATE "C" NOT NULL,
  email TEXT COLLATE "C" NOT NULL,
  email_key TEXT COLLATE "C" NOT NULL,
  first_name TEXT COLLATE "C" NOT NULL,
  first_key TEXT COLLATE "C" NOT NULL,
  last_name TEXT COLLATE "C" NOT NULL,
  last_key TEXT COLLATE "C" NOT NULL,
  profile JSONB NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  admin_role TEXT COLLATE "C",
  password_hash TEXT COLLATE "C",
  demo BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  status_changed_at BIGINT,
  activated_at BIGINT,
  password_changed_at BIGINT,
  last_login_at BIGINT,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, number),
  UNIQUE (tenant_id, login_key),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX users_by_email ON users (tenant_id, email_key);
CREATE INDEX users_by_first ON users (tenant_id, first_key);
CREATE INDEX users_by_last ON users (tenant_id, last_key);

CREATE TABLE servers (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  slug TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  audience TEXT COLLATE "C" NOT NULL,
  issuer TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  signing_alg TEXT COLLATE "C" NOT NULL,
  access_token_seconds BIGINT NOT NULL,
  id_token_seconds BIGINT NOT NULL,
  refresh_idle_seconds BIGINT NOT NULL,
  refresh_absolute_seconds BIGINT NOT NULL,
  demo BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, slug),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE scopes (
  tenant_id UUID NOT NULL,
  server_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  display_name TEXT COLLATE "C" NOT NULL,
  description TEXT COLLATE "C" NOT NULL,
  consent TEXT COLLATE "C" NOT NULL,
  is_default BOOLEAN NOT NULL,
  published BOOLEAN NOT NULL,
  system BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, server_id, id),
  UNIQUE (tenant_id, server_id, name),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE signing_keys (
  tenant_id UUID NOT NULL,
  server_id UUID NOT NULL,
  id UUID NOT NULL,
  kid TEXT COLLATE "C" NOT NULL,
  alg TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  sealed_private BYTEA NOT NULL,
  public_jwk JSONB NOT NULL,
  created_at BIGINT NOT NULL,
  activated_at BIGINT,
  retired_at BIGINT,
  PRIMARY KEY (tenant_id, server_id, id),
  UNIQUE (tenant_id, kid),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE apps (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  client_id TEXT COLLATE "C" NOT NULL,
  label TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  auth_method TEXT COLLATE "C" NOT NULL,
  grant_types JSONB NOT NULL,
  redirect_uris JSONB NOT NULL,
  post_logout_redirect_uris JSONB NOT NULL,
  allowed_scopes JSONB NOT NULL,
  pkce_required BOOLEAN NOT NULL,
  consent_method TEXT COLLATE "C" NOT NULL,
  rotation TEXT COLLATE "C" NOT NULL,
  leeway_seconds BIGINT NOT NULL,
  demo BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, client_id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE app_secrets (
  tenant_id UUID NOT NULL,
  app_id UUID NOT NULL,
  id UUID NOT NULL,
  hash BYTEA NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  PRIMARY KEY (tenant_id, app_id, id),
  FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE sessions (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  token_hash BYTEA NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  user_id UUID NOT NULL,
  auth_time BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  ip TEXT COLLATE "C" NOT NULL,
  user_agent TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, token_hash),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE flows (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  handle_hash BYTEA NOT NULL,
  browser_hash BYTEA NOT NULL,
  server_id UUID NOT NULL,
  app_id UUID NOT NULL,
  request JSONB NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  finished_at BIGINT,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, handle_hash),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX flows_by_expiry ON flows (expires_at);

CREATE TABLE consents (
  tenant_id UUID NOT NULL,
  user_id UUID NOT NULL,
  app_id UUID NOT NULL,
  server_id UUID NOT NULL,
  scopes TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, user_id, app_id, server_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE grants (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  server_id UUID NOT NULL,
  app_id UUID NOT NULL,
  user_id UUID,
  session_id UUID,
  flow_id UUID,
  grant_type TEXT COLLATE "C" NOT NULL,
  scopes TEXT COLLATE "C" NOT NULL,
  auth_time BIGINT,
  nonce TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  revoked_at BIGINT,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX grants_by_user ON grants (tenant_id, user_id);

-- Secrets that work once. They are found by server, kind and hash alone; who presents them is checked after.
CREATE TABLE one_time (
  tenant_id UUID NOT NULL,
  server_id UUID NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  hash BYTEA NOT NULL,
  grant_id UUID,
  payload JSONB NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  spent_at BIGINT,
  PRIMARY KEY (tenant_id, server_id, kind, hash),
  FOREIGN KEY (tenant_id, grant_id) REFERENCES grants (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX one_time_by_expiry ON one_time (expires_at);

CREATE TABLE refresh_tokens (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  server_id UUID NOT NULL,
  grant_id UUID NOT NULL,
  hash BYTEA NOT NULL,
  generation BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  idle_expires_at BIGINT NOT NULL,
  absolute_expires_at BIGINT NOT NULL,
  rotated_at BIGINT,
  leeway_until BIGINT,
  successor_sealed BYTEA,
  used_ip TEXT COLLATE "C",
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, server_id, hash),
  UNIQUE (tenant_id, grant_id, generation),
  FOREIGN KEY (tenant_id, grant_id) REFERENCES grants (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (absolute_expires_at);
CREATE INDEX refresh_tokens_by_leeway ON refresh_tokens (leeway_until) WHERE leeway_until IS NOT NULL;

CREATE TABLE revocations (
  tenant_id UUID NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  not_before BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, kind, key),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX revocations_by_expiry ON revocations (expires_at);

-- The throttle's ring: the instants of the last four password attempts that were let through.
CREATE TABLE throttle_rings (
  tenant_id UUID NOT NULL,
  login_key TEXT COLLATE "C" NOT NULL,
  t1 BIGINT NOT NULL,
  t2 BIGINT NOT NULL,
  t3 BIGINT NOT NULL,
  t4 BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, login_key)
);
CREATE INDEX throttle_rings_by_time ON throttle_rings (t4);

-- Counted windows: the account's quota and other fixed windows, by name.
CREATE TABLE windows (
  tenant_id UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  started_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  used BIGINT NOT NULL,
  -- Whether the window's violation has been logged.
  refused BOOLEAN NOT NULL,
  PRIMARY KEY (tenant_id, name),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX windows_by_end ON windows (ends_at);

-- Wrong passwords, by login and source; source '' counts all sources.
CREATE TABLE password_failures (
  tenant_id UUID NOT NULL,
  login_key TEXT COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  started_at BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  locked_until BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, login_key, source)
);
CREATE INDEX password_failures_by_start ON password_failures (started_at);

CREATE TABLE api_tokens (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  hash BYTEA NOT NULL,
  user_id UUID NOT NULL,
  demo BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  last_used_at BIGINT,
  revoked_at BIGINT,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, hash),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE credentials (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  client_id TEXT COLLATE "C" NOT NULL,
  secret_hash BYTEA NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  scope TEXT COLLATE "C" NOT NULL,
  demo BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, client_id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE credential_tokens (
  tenant_id UUID NOT NULL,
  hash BYTEA NOT NULL,
  credential_id UUID NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT,
  PRIMARY KEY (tenant_id, hash),
  FOREIGN KEY (tenant_id, credential_id) REFERENCES credentials (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX credential_tokens_by_expiry ON credential_tokens (expires_at);

-- The system log. (epoch, txid, seq) grows in the order of commits, so a reader that stops below the oldest
-- open transaction never misses an event. No foreign key: the log outlives what it speaks of.
CREATE TABLE events (
  tenant_id UUID NOT NULL,
  epoch BIGINT NOT NULL,
  txid BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  id UUID NOT NULL,
  published BIGINT NOT NULL,
  event_type TEXT COLLATE "C" NOT NULL,
  severity TEXT COLLATE "C" NOT NULL,
  outcome TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C",
  actor_id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C",
  client_id TEXT COLLATE "C",
  server_id TEXT COLLATE "C",
  ip TEXT COLLATE "C" NOT NULL,
  request_id UUID NOT NULL,
  session_id UUID,
  flow_id UUID,
  grant_id UUID,
  jti TEXT COLLATE "C",
  -- Everything a word search looks through, folded.
  words TEXT COLLATE "C" NOT NULL,
  data JSONB NOT NULL,
  PRIMARY KEY (tenant_id, epoch, txid, seq)
);
CREATE UNIQUE INDEX events_by_id ON events (tenant_id, id);
-- The order of commits over all tenants: counting, retention and the next commit number go by it.
CREATE INDEX events_by_position ON events (epoch, txid, seq);
CREATE INDEX events_by_time ON events (tenant_id, published);
CREATE INDEX events_by_request ON events (tenant_id, request_id);

-- How far the hourly counts have come, and the counts.
CREATE TABLE count_progress (
  id BIGINT NOT NULL PRIMARY KEY,
  epoch BIGINT NOT NULL,
  txid BIGINT NOT NULL,
  seq BIGINT NOT NULL
);

CREATE TABLE hourly_counts (
  tenant_id UUID NOT NULL,
  hour BIGINT NOT NULL,
  -- What is counted: token, sign_in, refused, api_call.
  what TEXT COLLATE "C" NOT NULL,
  -- By app, grant type, outcome or API caller; '' where it doesn't apply.
  client_id TEXT COLLATE "C" NOT NULL,
  detail TEXT COLLATE "C" NOT NULL,
  outcome TEXT COLLATE "C" NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, hour, what, client_id, detail, outcome)
);
