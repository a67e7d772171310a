-- Exports of the system log, each with how far it has come: told about once a second by the node that sends it, and read by any.
CREATE TABLE log_exports (
  tenant_id BLOB NOT NULL,
  id BLOB NOT NULL,
  user_id BLOB NOT NULL,
  made_by TEXT NOT NULL,
  format TEXT NOT NULL,
  -- What is searched for, as the log's address has it, with its times fixed.
  query TEXT NOT NULL,
  -- The events go from the end of this range to its beginning, and have come to here.
  from_at INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  reached_at INTEGER NOT NULL,
  events INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  state TEXT NOT NULL,
  began_at INTEGER NOT NULL,
  told_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
