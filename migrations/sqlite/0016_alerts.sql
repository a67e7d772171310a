-- Alerts: so many events that a search of the system log finds, in a window.
CREATE TABLE alerts (
  tenant_id BLOB NOT NULL,
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  -- What an alert that comes with every tenant watches. Such a one can be switched off, not deleted.
  shipped TEXT,
  enabled INTEGER NOT NULL,
  muted_until INTEGER,
  -- What is searched for.
  search TEXT NOT NULL,
  at_least INTEGER NOT NULL,
  window_minutes INTEGER NOT NULL,
  -- Also so many times what is usual in an hour; 0 where only the count matters.
  times_usual INTEGER NOT NULL,
  -- What was heard lately. Written by whoever evaluates alerts, together with how far that has come.
  heard TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_firings (
  tenant_id BLOB NOT NULL,
  id BLOB NOT NULL,
  alert_id BLOB NOT NULL,
  -- The log's record of it. No foreign key: the log has a life of its own.
  event_id BLOB NOT NULL,
  -- The window: from the first event that counted. Further ones until its end are added up and fire nothing.
  since_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  events INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  fired_at INTEGER NOT NULL,
  acknowledged_at INTEGER,
  acknowledged_by TEXT,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, alert_id) REFERENCES alerts (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_firings_by_alert ON alert_firings (tenant_id, alert_id, id);
CREATE INDEX alert_firings_open ON alert_firings (tenant_id, fired_at) WHERE acknowledged_at IS NULL;
CREATE INDEX alert_firings_by_time ON alert_firings (fired_at);

-- How far the evaluation of alerts has come: nothing of what there is already sets one off.
INSERT INTO count_progress (id, epoch, txid, seq)
  SELECT 2, epoch, txid, seq FROM (
    SELECT epoch, txid, seq FROM (SELECT epoch, txid, seq FROM events ORDER BY epoch DESC, txid DESC, seq DESC LIMIT 1) AS newest
    UNION ALL SELECT 0, 0, -1) AS places
  ORDER BY epoch DESC, txid DESC, seq DESC LIMIT 1;

-- What new tenants get when they are made.
INSERT INTO alerts (tenant_id, id, name, shipped, enabled, search, at_least, window_minutes, times_usual, heard, version,
    created_at, updated_at)
  SELECT t.id, s.id, s.name, s.shipped, 1, s.search, s.at_least, s.window_minutes, s.times_usual, '{}', 1, t.created_at,
    t.created_at
  FROM tenants t CROSS JOIN (
    SELECT X'01990000000070008000000000000001' AS id, 'API quota at 90 %' AS name, 'quota' AS shipped,
      '{"filter":"eventType eq \"system.org.rate_limit.warning\""}' AS search, 1 AS at_least, 60 AS window_minutes,
      0 AS times_usual
    UNION ALL SELECT X'01990000000070008000000000000002', 'Administrator role given', 'administrator',
      '{"filter":"eventType eq \"user.account.privilege.grant\" and outcome.result eq \"SUCCESS\""}', 1, 5, 0
    UNION ALL SELECT X'01990000000070008000000000000003', 'API token or credential made', 'api_token',
      '{"filter":"(eventType eq \"system.api_token.create\" or eventType eq \"system.api_credential.create\") and outcome.result eq \"SUCCESS\""}', 1, 5, 0
    UNION ALL SELECT X'01990000000070008000000000000004', 'Signing key rolled', 'signing_key',
      '{"filter":"eventType eq \"app.oauth2.as.key.rollover\" or eventType eq \"app.oauth2.as.key.revoke\""}', 1, 5, 0
    UNION ALL SELECT X'01990000000070008000000000000005', 'Throttled passwords, five times the usual', 'throttle',
      '{"filter":"eventType eq \"user_rate_limited\""}', 20, 60, 5) s;
