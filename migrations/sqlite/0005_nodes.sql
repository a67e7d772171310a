-- The processes of the deployment, by the database's clock. A node is there while it says so every second.
CREATE TABLE nodes (
  id BLOB NOT NULL PRIMARY KEY,
  started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
