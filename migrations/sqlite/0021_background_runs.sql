-- What goes on beside requests: the last run of each job on each node. Nothing is decided by it.
CREATE TABLE background_runs (
  node BLOB NOT NULL,
  job TEXT NOT NULL,
  -- When it last ran, for how many microseconds, and how much it did.
  ran_at INTEGER NOT NULL,
  took INTEGER NOT NULL,
  did INTEGER NOT NULL,
  -- How much it did since the node began, and when it last did anything.
  did_all INTEGER NOT NULL,
  did_at INTEGER,
  -- What last went wrong, and when.
  error TEXT,
  error_at INTEGER,
  PRIMARY KEY (node, job)
) STRICT, WITHOUT ROWID;
CREATE INDEX background_runs_by_time ON background_runs (ran_at);
