-- Rate policies: how many tokens may be created, by whatever they count.
CREATE TABLE rate_policies (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  enabled BOOLEAN NOT NULL,
  dry_run BOOLEAN NOT NULL,
  identifier TEXT COLLATE "C" NOT NULL,
  -- Only with the identifiers header and path.
  header_name TEXT COLLATE "C",
  path TEXT COLLATE "C",
  grant_types JSONB NOT NULL,
  -- Pairs by position: so many in so many seconds.
  limits JSONB NOT NULL,
  window_sizes JSONB NOT NULL,
  window_type TEXT COLLATE "C" NOT NULL,
  -- Policies of one namespace share counters.
  namespace TEXT COLLATE "C" NOT NULL,
  strategy TEXT COLLATE "C" NOT NULL,
  -- -1: this node only; 0: with every request; otherwise milliseconds between exchanges.
  sync_rate_ms BIGINT NOT NULL,
  disable_penalty BOOLEAN NOT NULL,
  hide_client_headers BOOLEAN NOT NULL,
  retry_after_jitter_max BIGINT NOT NULL,
  error_code BIGINT NOT NULL,
  error_message TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

-- Counters of the policies that count in the database: of the window that began at started_at, and of the one
-- before it. The key is a hash of what is counted.
CREATE TABLE rate_counters (
  tenant_id UUID NOT NULL,
  key UUID NOT NULL,
  window_us BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  hits BIGINT NOT NULL,
  hits_before BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, key, window_us),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX rate_counters_by_expiry ON rate_counters (expires_at);
