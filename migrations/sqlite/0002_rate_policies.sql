-- Rate policies: how many tokens may be created, by whatever they count.
CREATE TABLE rate_policies (
  tenant_id BLOB NOT NULL,
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  dry_run INTEGER NOT NULL,
  identifier TEXT NOT NULL,
  -- Only with the identifiers header and path.
  header_name TEXT,
  path TEXT,
  grant_types TEXT NOT NULL,
  -- Pairs by position: so many in so many seconds.
  limits TEXT NOT NULL,
  window_sizes TEXT NOT NULL,
  window_type TEXT NOT NULL,
  -- Policies of one namespace share counters.
  namespace TEXT NOT NULL,
  strategy TEXT NOT NULL,
  -- -1: this node only; 0: with every request; otherwise milliseconds between exchanges.
  sync_rate_ms INTEGER NOT NULL,
  disable_penalty INTEGER NOT NULL,
  hide_client_headers INTEGER NOT NULL,
  retry_after_jitter_max INTEGER NOT NULL,
  error_code INTEGER NOT NULL,
  error_message TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Counters of the policies that count in the database: of the window that began at started_at, and of the one
-- before it. The key is a hash of what is counted.
CREATE TABLE rate_counters (
  tenant_id BLOB NOT NULL,
  key BLOB NOT NULL,
  window_us INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  hits INTEGER NOT NULL,
  hits_before INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, key, window_us),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX rate_counters_by_expiry ON rate_counters (expires_at);
