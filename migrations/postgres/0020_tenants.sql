-- How long each tenant keeps its system log, and whether it is on hold, during which nothing of it goes.
CREATE TABLE log_retention (
  tenant_id UUID NOT NULL PRIMARY KEY,
  days BIGINT NOT NULL,
  -- Why nothing goes, who said so and when; none of the three where there is no hold.
  hold_reason TEXT COLLATE "C",
  hold_by TEXT COLLATE "C",
  hold_at BIGINT,
  -- Nothing of the log is due before this. None while it is on hold.
  due_at BIGINT,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
-- Housekeeping asks this which tenants have something due, and looks at no other.
CREATE INDEX log_retention_due ON log_retention (due_at) WHERE due_at IS NOT NULL;

-- What new tenants get when they are made.
INSERT INTO log_retention (tenant_id, days, due_at, version, created_at, updated_at)
  SELECT id, 90, 0, 1, created_at, created_at FROM tenants;

-- What leads to the log goes with it, tenant by tenant.
DROP INDEX alert_firings_by_time;
CREATE INDEX alert_firings_by_time ON alert_firings (tenant_id, fired_at);
DROP INDEX webhook_deliveries_by_age;
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (tenant_id, created_at);

-- Tenants that the operator deleted. While `erased_at` is none they may be restored until housekeeping has begun to
-- erase them; then the row is all that is left of one.
CREATE TABLE tenant_deletions (
  -- The tenant's id; no foreign key, since the row outlives it.
  id UUID NOT NULL PRIMARY KEY,
  number BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  host TEXT COLLATE "C" NOT NULL,
  -- What it was before, for when it is restored.
  was TEXT COLLATE "C" NOT NULL,
  deleted_by TEXT COLLATE "C" NOT NULL,
  deleted_at BIGINT NOT NULL,
  -- When housekeeping may begin, did begin, and was done.
  erase_at BIGINT NOT NULL,
  began_at BIGINT,
  erased_at BIGINT
);
CREATE INDEX tenant_deletions_due ON tenant_deletions (erase_at) WHERE erased_at IS NULL;
CREATE INDEX tenant_deletions_by_host ON tenant_deletions (host);
CREATE INDEX tenant_deletions_by_time ON tenant_deletions (deleted_at);
