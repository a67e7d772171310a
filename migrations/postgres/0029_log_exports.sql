-- Exports of the system log, each with how far it has come: told about once a second by the node that sends it, and read by any.
CREATE TABLE log_exports (
  tenant_id UUID NOT NULL,
  id UUID NOT NULL,
  user_id UUID NOT NULL,
  made_by TEXT COLLATE "C" NOT NULL,
  format TEXT COLLATE "C" NOT NULL,
  -- What is searched for, as the log's address has it, with its times fixed.
  query TEXT COLLATE "C" NOT NULL,
  -- The events go from the end of this range to its beginning, and have come to here.
  from_at BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  reached_at BIGINT NOT NULL,
  events BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  began_at BIGINT NOT NULL,
  told_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
