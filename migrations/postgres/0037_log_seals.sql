-- What shows that a log was changed behind Signet's back: a chain over the commits of all tenants. Each link covers those
-- that follow the one before it, and names the seals of the tenants that have events there.
CREATE TABLE log_links (
  number BIGINT NOT NULL PRIMARY KEY,
  from_epoch BIGINT NOT NULL,
  from_txid BIGINT NOT NULL,
  from_seq BIGINT NOT NULL,
  to_epoch BIGINT NOT NULL,
  to_txid BIGINT NOT NULL,
  to_seq BIGINT NOT NULL,
  sealed_at BIGINT NOT NULL,
  -- Tenant, number of events, time of the newest, and the seal's code, one tenant after the other.
  tenants BYTEA NOT NULL,
  -- The code of the link before this one, and its own.
  previous BYTEA NOT NULL,
  code BYTEA NOT NULL
);

-- A tenant's events in a link: id, time and code, one event after the other. No foreign key: the operator has a log, too.
CREATE TABLE log_seals (
  number BIGINT NOT NULL,
  tenant_id UUID NOT NULL,
  newest BIGINT NOT NULL,
  entries BYTEA NOT NULL,
  PRIMARY KEY (tenant_id, number)
);
CREATE INDEX log_seals_by_number ON log_seals (number);
-- Retention goes by it.
CREATE INDEX log_seals_by_newest ON log_seals (tenant_id, newest);

-- Before when a tenant's log is gone because it isn't kept any longer, with a code that says that Signet removed it.
CREATE TABLE log_floors (
  tenant_id UUID NOT NULL PRIMARY KEY,
  before BIGINT NOT NULL,
  code BYTEA NOT NULL,
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

-- Up to where the chain's beginning was taken away, since nothing under it is kept any longer: the last of those links,
-- with its code, and a code that says that Signet did so.
CREATE TABLE log_chain (
  id BIGINT NOT NULL PRIMARY KEY,
  number BIGINT NOT NULL,
  link_code BYTEA NOT NULL,
  code BYTEA NOT NULL
);
