-- When a user was last cut off: suspended, deactivated, signed out everywhere. Nothing is decided by it.
CREATE TABLE user_cutoffs (
  tenant_id BLOB NOT NULL,
  user_id BLOB NOT NULL,
  cut_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, user_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX user_cutoffs_by_time ON user_cutoffs (cut_at);

-- Since when at the latest a node refuses what that ended. It read the cut-off before it wrote this.
CREATE TABLE node_refusals (
  tenant_id BLOB NOT NULL,
  user_id BLOB NOT NULL,
  node_id BLOB NOT NULL,
  -- Which cut-off it is about: a node may write of one while the next is made.
  cut_at INTEGER NOT NULL,
  refuses_since INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, user_id, node_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES user_cutoffs (tenant_id, user_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX node_refusals_by_time ON node_refusals (refuses_since);
