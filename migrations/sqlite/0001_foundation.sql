-- Signet's first schema. Tenant-owned tables have keys that begin with tenant_id, so that not even a wrong
-- query can link across tenants. Times are microseconds since 1970; ids are UUIDv7; both are made by the
-- application. The two engines' files have the same tables, columns and keys, and a test compares them.

-- One row: what belongs to the deployment as a whole.
CREATE TABLE deployment (
  id INTEGER NOT NULL PRIMARY KEY,
  -- Rises with every restore from a backup, so that positions in the log never repeat.
  epoch INTEGER NOT NULL,
  -- The key of all secret hashes, sealed under the master key.
  sealed_hash_key BLOB NOT NULL,
  public_url TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE operators (
  id BLOB NOT NULL PRIMARY KEY,
  login TEXT NOT NULL,
  login_key TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  demo INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (login_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE operator_sessions (
  id BLOB NOT NULL PRIMARY KEY,
  token_hash BLOB NOT NULL,
  operator_id BLOB NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER,
  created_at INTEGER NOT NULL,
  UNIQUE (token_hash),
  FOREIGN KEY (operator_id) REFERENCES operators (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE tenants (
  id BLOB NOT NULL PRIMARY KEY,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  display_name TEXT NOT NULL,
  host TEXT NOT NULL,
  url TEXT NOT NULL,
  default_domain TEXT NOT NULL,
  status TEXT NOT NULL,
  demo INTEGER NOT NULL,
  config_version INTEGER NOT NULL,
  next_user_number INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (number),
  UNIQUE (name),
  UNIQUE (host)
) STRICT, WITHOUT ROWID;

-- What changed when, for the caches of other nodes. No foreign key: a deletion is a change too.
CREATE TABLE changes (
  tenant_id BLOB NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX changes_by_time ON changes (changed_at);

CREATE TABLE users (
  tenant_id BLOB NOT NULL,
  id BLOB NOT NULL,
  number INTEGER NOT NULL,
  login TEXT NOT NULL,
  login_key TEXT NOT NULL,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  first_name TEXT NOT NULL,
  first_key TEXT NOT NULL,
  last_name TEXT NOT NULL,
  last_key TEXT NOT NULL,
  profile TEXT NOT NULL,
  status TEXT NOT NULL,
  admin_role TEXT,
  password_hash TEXT,
  demo INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  status_changed_at INTEGER,
  activated_at INTEGER,
  password_changed_at INTEGER,
  last_login_at INTEGER,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, number),
  UNIQUE (tenant_id, login_key),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX users_by_email ON users (tenant_id, email_key);
CREATE INDEX users_by_first ON users (tenant_id, first_key);
CREATE INDEX users_by_last ON users (tenant_id, last_key);

CREATE TABLE servers (
  tenant_id BLOB NOT NULL,
  id BLOB NOT NULL,
  kind TEXT NOT NULL,
  slug TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  audience TEXT NOT NULL,
  issuer TEXT NOT NULL,
  status TEXT NOT NULL,
  signing_alg TEXT NOT NULL,
  access_token_seconds INTEGER NOT NULL,
  id_token_seconds INTEGER NOT NULL,
  refresh_idle_seconds INTEGER NOT NULL,
  refresh_absolute_seconds INTEGER NOT NULL,
  demo INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, slug),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE scopes (
  tenant_id BLOB NOT NULL,
  server_id BLOB NOT NULL,
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  display_name TEXT NOT NULL,
  description TEXT NOT NULL,
  consent TEXT NOT NULL,
  is_default INTEGER NOT NULL,
  published INTEGER NOT NULL,
  system INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, server_id, id),
  UNIQUE (tenant_id, server_id, name),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_keys (
  tenant_id BLOB NOT NULL,
  server_id BLOB NOT NULL,
  id BLOB NOT NULL,
  kid TEXT NOT NULL,
  alg TEXT NOT NULL,
  status TEXT NOT NULL,
  sealed_private BLOB NOT NULL,
  public_jwk TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  activated_at INTEGER,
  retired_at INTEGER,
  PRIMARY KEY (tenant_id, server_id, id),
  UNIQUE (tenant_id, kid),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE apps (
  tenant_id BLOB NOT NULL,
  id BLOB NOT NULL,
  client_id TEXT NOT NULL,
  label TEXT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  auth_method TEXT NOT NULL,
  grant_types TEXT NOT NULL,
  redirect_uris TEXT NOT NULL,
  post_logout_redirect_uris TEXT NOT NULL,
  allowed_scopes TEXT NOT NULL,
  pkce_required INTEGER NOT NULL,
  consent_method TEXT NOT NULL,
  rotation TEXT NOT NULL,
  leeway_seconds INTEGER NOT NULL,
  demo INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, client_id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE app_secrets (
  tenant_id BLOB NOT NULL,
  app_id BLOB NOT NULL,
  id BLOB NOT NULL,
  hash BLOB NOT NULL,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  PRIMARY KEY (tenant_id, app_id, id),
  FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  tenant_id BLOB NOT NULL,
  id BLOB NOT NULL,
  token_hash BLOB NOT NULL,
  kind TEXT NOT NULL,
  user_id BLOB NOT NULL,
  auth_time INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ended_at INTEGER,
  ip TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, token_hash),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE flows (
  tenant_id BLOB NOT NULL,
  id BLOB NOT NULL,
  handle_hash BLOB NOT NULL,
  browser_hash BLOB NOT NULL,
  server_id BLOB NOT NULL,
  app_id BLOB NOT NULL,
  request TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  finished_at INTEGER,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, handle_hash),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX flows_by_expiry ON flows (expires_at);

CREATE TABLE consents (
  tenant_id BLOB NOT NULL,
  user_id BLOB NOT NULL,
  app_id BLOB NOT NULL,
  server_id BLOB NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, user_id, app_id, server_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE grants (
  tenant_id BLOB NOT NULL,
  id BLOB NOT NULL,
  server_id BLOB NOT NULL,
  app_id BLOB NOT NULL,
  user_id BLOB,
  session_id BLOB,
  flow_id BLOB,
  grant_type TEXT NOT NULL,
  scopes TEXT NOT NULL,
  auth_time INTEGER,
  nonce TEXT,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_by_user ON grants (tenant_id, user_id);

-- Secrets that work once. They are found by server, kind and hash alone; who presents them is checked after.
CREATE TABLE one_time (
  tenant_id BLOB NOT NULL,
  server_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  hash BLOB NOT NULL,
  grant_id BLOB,
  payload TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  spent_at INTEGER,
  PRIMARY KEY (tenant_id, server_id, kind, hash),
  FOREIGN KEY (tenant_id, grant_id) REFERENCES grants (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX one_time_by_expiry ON one_time (expires_at);

CREATE TABLE refresh_tokens (
  tenant_id BLOB NOT NULL,
  id BLOB NOT NULL,
  server_id BLOB NOT NULL,
  grant_id BLOB NOT NULL,
  hash BLOB NOT NULL,
  generation INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  idle_expires_at INTEGER NOT NULL,
  absolute_expires_at INTEGER NOT NULL,
  rotated_at INTEGER,
  leeway_until INTEGER,
  successor_sealed BLOB,
  used_ip TEXT,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, server_id, hash),
  UNIQUE (tenant_id, grant_id, generation),
  FOREIGN KEY (tenant_id, grant_id) REFERENCES grants (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (absolute_expires_at);
CREATE INDEX refresh_tokens_by_leeway ON refresh_tokens (leeway_until) WHERE leeway_until IS NOT NULL;

CREATE TABLE revocations (
  tenant_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  not_before INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, kind, key),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX revocations_by_expiry ON revocations (expires_at);

-- The throttle's ring: the instants of the last four password attempts that were let through.
CREATE TABLE throttle_rings (
  tenant_id BLOB NOT NULL,
  login_key TEXT NOT NULL,
  t1 INTEGER NOT NULL,
  t2 INTEGER NOT NULL,
  t3 INTEGER NOT NULL,
  t4 INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, login_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX throttle_rings_by_time ON throttle_rings (t4);

-- Counted windows: the account's quota and other fixed windows, by name.
CREATE TABLE windows (
  tenant_id BLOB NOT NULL,
  name TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  used INTEGER NOT NULL,
  -- Whether the window's violation has been logged.
  refused INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, name),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX windows_by_end ON windows (ends_at);

-- Wrong passwords, by login and source; source '' counts all sources.
CREATE TABLE password_failures (
  tenant_id BLOB NOT NULL,
  login_key TEXT NOT NULL,
  source TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  locked_until INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, login_key, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX password_failures_by_start ON password_failures (started_at);

CREATE TABLE api_tokens (
  tenant_id BLOB NOT NULL,
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  hash BLOB NOT NULL,
  user_id BLOB NOT NULL,
  demo INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  last_used_at INTEGER,
  revoked_at INTEGER,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, hash),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE credentials (
  tenant_id BLOB NOT NULL,
  id BLOB NOT NULL,
  client_id TEXT NOT NULL,
  secret_hash BLOB NOT NULL,
  name TEXT NOT NULL,
  scope TEXT NOT NULL,
  demo INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, client_id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE credential_tokens (
  tenant_id BLOB NOT NULL,
  hash BLOB NOT NULL,
  credential_id BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER,
  PRIMARY KEY (tenant_id, hash),
  FOREIGN KEY (tenant_id, credential_id) REFERENCES credentials (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX credential_tokens_by_expiry ON credential_tokens (expires_at);

-- The system log. (epoch, txid, seq) grows in the order of commits, so a reader that stops below the oldest
-- open transaction never misses an event. No foreign key: the log outlives what it speaks of.
CREATE TABLE events (
  tenant_id BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  txid INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  id BLOB NOT NULL,
  published INTEGER NOT NULL,
  event_type TEXT NOT NULL,
  severity TEXT NOT NULL,
  outcome TEXT NOT NULL,
  reason TEXT,
  actor_id TEXT NOT NULL,
  user_id TEXT,
  client_id TEXT,
  server_id TEXT,
  ip TEXT NOT NULL,
  request_id BLOB NOT NULL,
  session_id BLOB,
  flow_id BLOB,
  grant_id BLOB,
  jti TEXT,
  -- Everything a word search looks through, folded.
  words TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (tenant_id, epoch, txid, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX events_by_id ON events (tenant_id, id);
-- The order of commits over all tenants: counting, retention and the next commit number go by it.
CREATE INDEX events_by_position ON events (epoch, txid, seq);
CREATE INDEX events_by_time ON events (tenant_id, published);
CREATE INDEX events_by_request ON events (tenant_id, request_id);

-- How far the hourly counts have come, and the counts.
CREATE TABLE count_progress (
  id INTEGER NOT NULL PRIMARY KEY,
  epoch INTEGER NOT NULL,
  txid INTEGER NOT NULL,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE hourly_counts (
  tenant_id BLOB NOT NULL,
  hour INTEGER NOT NULL,
  -- What is counted: token, sign_in, refused, api_call.
  what TEXT NOT NULL,
  -- By app, grant type, outcome or API caller; '' where it doesn't apply.
  client_id TEXT NOT NULL,
  detail TEXT NOT NULL,
  outcome TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, hour, what, client_id, detail, outcome)
) STRICT, WITHOUT ROWID;
