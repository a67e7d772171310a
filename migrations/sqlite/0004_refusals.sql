-- What limits refused, who called how often, and who was paused.

-- Refusals that have the same cause are one story: the first is an event, the others are counted here.
CREATE TABLE refusal_stories (
  tenant_id BLOB NOT NULL,
  -- The limit: throttle, quota, status_calls.
  rule TEXT NOT NULL,
  -- Who is limited: the throttle's name of a login, a token's hash, or nothing for the account.
  key TEXT NOT NULL,
  -- The newest admission of the window that is full, or its beginning.
  window_at INTEGER NOT NULL,
  -- The event of the first refusal.
  event_id BLOB NOT NULL,
  -- All of them.
  count INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  -- Ids of the first few requests after the first one, each with a comma before it.
  requests TEXT NOT NULL,
  PRIMARY KEY (tenant_id, rule, key, window_at),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX refusal_stories_by_end ON refusal_stories (ends_at);

-- Calls of the management API by minute, caller and route.
CREATE TABLE api_calls (
  tenant_id BLOB NOT NULL,
  minute INTEGER NOT NULL,
  -- The wire id of the API token or API credential.
  caller TEXT NOT NULL,
  -- Method and path template.
  route TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, minute, caller, route),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX api_calls_by_minute ON api_calls (minute);

-- API tokens and API credentials that an administrator has paused.
CREATE TABLE paused_callers (
  tenant_id BLOB NOT NULL,
  caller TEXT NOT NULL,
  paused_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, caller),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
