-- Where an app publishes its keys, instead of registering them by value (RFC 7591 §2).
ALTER TABLE apps ADD COLUMN jwks_uri TEXT;

-- Where an app is told of sign-outs, and whether it wants to hear of sessions (OpenID Connect Back-Channel Logout).
ALTER TABLE apps ADD COLUMN backchannel_logout_uri TEXT;
ALTER TABLE apps ADD COLUMN backchannel_logout_session_required INTEGER NOT NULL DEFAULT 0;

-- Sign-outs that an app has still to be told of. User and session may be gone by then, so nothing refers to them.
CREATE TABLE logout_deliveries (
  tenant_id BLOB NOT NULL,
  -- The `jti` of the logout token, the same at every attempt.
  id BLOB NOT NULL,
  app_id BLOB NOT NULL,
  server_id BLOB NOT NULL,
  user_id BLOB NOT NULL,
  session_id BLOB NOT NULL,
  attempts INTEGER NOT NULL,
  -- When it is due; whoever takes it up moves this ahead.
  next_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX logout_deliveries_by_time ON logout_deliveries (next_at);
