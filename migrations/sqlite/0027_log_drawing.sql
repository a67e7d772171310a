-- Ways to what the log is asked for most after users and apps: everything but sign-ins and tokens that went through,
-- what came from an address, and each of the rare types. The lists of types are also in the store's `log_query`.
CREATE INDEX events_notable ON events (tenant_id, published) WHERE outcome <> 'SUCCESS' OR event_type NOT IN (
  'app.oauth2.authorize.code', 'app.oauth2.as.authorize.code', 'app.oauth2.token.grant', 'app.oauth2.as.token.grant',
  'app.oauth2.token.grant.access_token', 'app.oauth2.as.token.grant.access_token', 'app.oauth2.token.grant.id_token',
  'app.oauth2.as.token.grant.id_token', 'app.oauth2.token.grant.refresh_token', 'app.oauth2.as.token.grant.refresh_token',
  'user.session.start');
CREATE INDEX events_rare_by_type ON events (tenant_id, event_type, published) WHERE event_type NOT IN (
  'app.oauth2.authorize.code', 'app.oauth2.as.authorize.code', 'app.oauth2.token.grant', 'app.oauth2.as.token.grant',
  'app.oauth2.token.grant.access_token', 'app.oauth2.as.token.grant.access_token', 'app.oauth2.token.grant.id_token',
  'app.oauth2.as.token.grant.id_token', 'app.oauth2.token.grant.refresh_token', 'app.oauth2.as.token.grant.refresh_token',
  'user.session.start', 'user_rate_limited');
CREATE INDEX events_by_address ON events (tenant_id, ip, published);

-- How many events an hour has, in all (`client_id` is '') and of each app: the log's drawing of a long range.
CREATE TABLE hourly_events (
  tenant_id BLOB NOT NULL,
  client_id TEXT NOT NULL,
  hour INTEGER NOT NULL,
  total INTEGER NOT NULL,
  -- Those that tell of something refused.
  refused INTEGER NOT NULL,
  -- Tokens that machines got for themselves.
  machines INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, client_id, hour)
) STRICT, WITHOUT ROWID;

-- What is counted already is counted here, too.
INSERT INTO hourly_events (tenant_id, client_id, hour, total, refused, machines)
SELECT c.tenant_id, '', c.hour, COUNT(*), SUM(c.refused), SUM(c.machine) FROM (
  SELECT e.tenant_id, e.published - e.published % 3600000000 AS hour,
    CASE WHEN e.outcome <> 'SUCCESS' THEN 1 ELSE 0 END AS refused,
    CASE WHEN e.outcome = 'SUCCESS' AND e.user_id IS NULL
      AND e.event_type IN ('app.oauth2.token.grant.access_token', 'app.oauth2.as.token.grant.access_token')
      AND json_extract(e.data, '$.debug.grantType') = 'client_credentials' THEN 1 ELSE 0 END AS machine
  FROM events e JOIN count_progress p ON p.id = 1 AND (e.epoch, e.txid, e.seq) <= (p.epoch, p.txid, p.seq)) c
GROUP BY c.tenant_id, c.hour;
INSERT INTO hourly_events (tenant_id, client_id, hour, total, refused, machines)
SELECT c.tenant_id, c.client_id, c.hour, COUNT(*), SUM(c.refused), SUM(c.machine) FROM (
  SELECT e.tenant_id, a.client_id, e.published - e.published % 3600000000 AS hour,
    CASE WHEN e.outcome <> 'SUCCESS' THEN 1 ELSE 0 END AS refused,
    CASE WHEN e.outcome = 'SUCCESS' AND e.user_id IS NULL
      AND e.event_type IN ('app.oauth2.token.grant.access_token', 'app.oauth2.as.token.grant.access_token')
      AND json_extract(e.data, '$.debug.grantType') = 'client_credentials' THEN 1 ELSE 0 END AS machine
  FROM events e JOIN count_progress p ON p.id = 1 AND (e.epoch, e.txid, e.seq) <= (p.epoch, p.txid, p.seq)
  JOIN apps a ON a.tenant_id = e.tenant_id AND a.client_id = e.client_id) c
GROUP BY c.tenant_id, c.client_id, c.hour;
