-- Where an app publishes its keys, instead of registering them by value (RFC 7591 §2).
ALTER TABLE apps ADD COLUMN jwks_uri TEXT COLLATE "C";

-- Where an app is told of sign-outs, and whether it wants to hear of sessions (OpenID Connect Back-Channel Logout).
ALTER TABLE apps ADD COLUMN backchannel_logout_uri TEXT COLLATE "C";
ALTER TABLE apps ADD COLUMN backchannel_logout_session_required BOOLEAN NOT NULL DEFAULT FALSE;

-- Sign-outs that an app has still to be told of. User and session may be gone by then, so nothing refers to them.
CREATE TABLE logout_deliveries (
  tenant_id UUID NOT NULL,
  -- The `jti` of the logout token, the same at every attempt.
  id UUID NOT NULL,
  app_id UUID NOT NULL,
  server_id UUID NOT NULL,
  user_id UUID NOT NULL,
  session_id UUID NOT NULL,
  attempts BIGINT NOT NULL,
  -- When it is due; whoever takes it up moves this ahead.
  next_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, app_id) REFERENCES apps (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, server_id) REFERENCES servers (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX logout_deliveries_by_time ON logout_deliveries (next_at);
