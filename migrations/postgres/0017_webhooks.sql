-- Addresses that are told of what happens, each with a secret that signs it.
CREATE TABLE webhooks (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  url TEXT COLLATE "C" NOT NULL,
  enabled BOOLEAN NOT NULL,
  sealed_secret BYTEA NOT NULL,
  -- The one before, which signs too until its time is over.
  sealed_previous BYTEA,
  previous_until BIGINT,
  secret_made_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

-- Which webhooks an alert tells.
CREATE TABLE alert_webhooks (
  tenant_id UUID NOT NULL,
  alert_id UUID NOT NULL,
  webhook_id UUID NOT NULL,
  PRIMARY KEY (tenant_id, alert_id, webhook_id),
  FOREIGN KEY (tenant_id, alert_id) REFERENCES alerts (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhooks (tenant_id, id) ON DELETE CASCADE
);

-- What a webhook was told, or has still to be.
CREATE TABLE webhook_deliveries (
  tenant_id UUID NOT NULL,
  -- `webhook-id`, the same at every attempt.
  id UUID NOT NULL,
  webhook_id UUID NOT NULL,
  -- None where somebody only tries it.
  firing_id UUID,
  body TEXT COLLATE "C" NOT NULL,
  attempts BIGINT NOT NULL,
  -- When it is due; whoever takes it up moves this ahead. None when it is over.
  next_at BIGINT,
  -- What came of the last attempt: the status of the answer, if there was one.
  status BIGINT,
  tried_at BIGINT,
  delivered BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhooks (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, firing_id) REFERENCES alert_firings (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (tenant_id, webhook_id, id);
CREATE INDEX webhook_deliveries_by_firing ON webhook_deliveries (tenant_id, firing_id);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at);
