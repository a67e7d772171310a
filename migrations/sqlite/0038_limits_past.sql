-- Calls of the management API by hour and caller, for the pages that look back over days.
CREATE TABLE api_call_hours (
  tenant_id BLOB NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  hour INTEGER NOT NULL,
  -- Wire id of the API token or API credential.
  caller TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, hour, caller)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_call_hours_by_time ON api_call_hours (hour);

-- What limits refused, by hour, without reading past the tokens' counts.
CREATE INDEX hourly_counts_of_limits ON hourly_counts (tenant_id, hour, what, outcome, count)
  WHERE what IN ('throttled', 'rate_policy');
