-- What limits refused, who called how often, and who was paused.

-- Refusals that have the same cause are one story: the first is an event, the others are counted here.
CREATE TABLE refusal_stories (
  tenant_id UUID NOT NULL,
  -- The limit: throttle, quota, status_calls.
  rule TEXT COLLATE "C" NOT NULL,
  -- Who is limited: the throttle's name of a login, a token's hash, or nothing for the account.
  key TEXT COLLATE "C" NOT NULL,
  -- The newest admission of the window that is full, or its beginning.
  window_at BIGINT NOT NULL,
  -- The event of the first refusal.
  event_id UUID NOT NULL,
  -- All of them.
  count BIGINT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  -- Ids of the first few requests after the first one, each with a comma before it.
  requests TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant_id, rule, key, window_at),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX refusal_stories_by_end ON refusal_stories (ends_at);

-- Calls of the management API by minute, caller and route.
CREATE TABLE api_calls (
  tenant_id UUID NOT NULL,
  minute BIGINT NOT NULL,
  -- The wire id of the API token or API credential.
  caller TEXT COLLATE "C" NOT NULL,
  -- Method and path template.
  route TEXT COLLATE "C" NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, minute, caller, route),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX api_calls_by_minute ON api_calls (minute);

-- API tokens and API credentials that an administrator has paused.
CREATE TABLE paused_callers (
  tenant_id UUID NOT NULL,
  caller TEXT COLLATE "C" NOT NULL,
  paused_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, caller),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
