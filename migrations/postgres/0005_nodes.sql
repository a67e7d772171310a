-- The processes of the deployment, by the database's clock. A node is there while it says so every second.
CREATE TABLE nodes (
  id UUID NOT NULL PRIMARY KEY,
  started_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);
