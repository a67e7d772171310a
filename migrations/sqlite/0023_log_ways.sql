-- Ways to what the log's pages ask for, however much lies in between: what concerns a user; what an app did; a
-- sign-in; and what is rare, such as every change, among the tokens and sign-ins that are most of a log. The list of
-- those is also in the store's `log_query`.
CREATE INDEX events_by_user ON events (tenant_id, user_id, published) WHERE user_id IS NOT NULL;
CREATE INDEX events_by_app ON events (tenant_id, client_id, published) WHERE client_id IS NOT NULL;
CREATE INDEX events_by_flow ON events (tenant_id, flow_id, published) WHERE flow_id IS NOT NULL;
CREATE INDEX events_rare ON events (tenant_id, published) WHERE event_type NOT IN (
  'app.oauth2.authorize.code', 'app.oauth2.as.authorize.code', 'app.oauth2.token.grant', 'app.oauth2.as.token.grant',
  'app.oauth2.token.grant.access_token', 'app.oauth2.as.token.grant.access_token', 'app.oauth2.token.grant.id_token',
  'app.oauth2.as.token.grant.id_token', 'app.oauth2.token.grant.refresh_token', 'app.oauth2.as.token.grant.refresh_token',
  'user.session.start', 'user_rate_limited');
CREATE INDEX events_rare_by_actor ON events (tenant_id, actor_id, published) WHERE event_type NOT IN (
  'app.oauth2.authorize.code', 'app.oauth2.as.authorize.code', 'app.oauth2.token.grant', 'app.oauth2.as.token.grant',
  'app.oauth2.token.grant.access_token', 'app.oauth2.as.token.grant.access_token', 'app.oauth2.token.grant.id_token',
  'app.oauth2.as.token.grant.id_token', 'app.oauth2.token.grant.refresh_token', 'app.oauth2.as.token.grant.refresh_token',
  'user.session.start', 'user_rate_limited');

-- An app's newest token, and its sums.
CREATE INDEX hourly_counts_by_app ON hourly_counts (tenant_id, client_id, what, hour);
