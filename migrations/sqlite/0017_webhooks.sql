-- Addresses that are told of what happens, each with a secret that signs it.
CREATE TABLE webhooks (
  tenant_id BLOB NOT NULL,
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  sealed_secret BLOB NOT NULL,
  -- The one before, which signs too until its time is over.
  sealed_previous BLOB,
  previous_until INTEGER,
  secret_made_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Which webhooks an alert tells.
CREATE TABLE alert_webhooks (
  tenant_id BLOB NOT NULL,
  alert_id BLOB NOT NULL,
  webhook_id BLOB NOT NULL,
  PRIMARY KEY (tenant_id, alert_id, webhook_id),
  FOREIGN KEY (tenant_id, alert_id) REFERENCES alerts (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhooks (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What a webhook was told, or has still to be.
CREATE TABLE webhook_deliveries (
  tenant_id BLOB NOT NULL,
  -- `webhook-id`, the same at every attempt.
  id BLOB NOT NULL,
  webhook_id BLOB NOT NULL,
  -- None where somebody only tries it.
  firing_id BLOB,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  -- When it is due; whoever takes it up moves this ahead. None when it is over.
  next_at INTEGER,
  -- What came of the last attempt: the status of the answer, if there was one.
  status INTEGER,
  tried_at INTEGER,
  delivered INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhooks (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, firing_id) REFERENCES alert_firings (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (tenant_id, webhook_id, id);
CREATE INDEX webhook_deliveries_by_firing ON webhook_deliveries (tenant_id, firing_id);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at);
