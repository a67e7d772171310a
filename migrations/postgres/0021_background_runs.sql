-- What goes on beside requests: the last run of each job on each node. Nothing is decided by it.
CREATE TABLE background_runs (
  node UUID NOT NULL,
  job TEXT COLLATE "C" NOT NULL,
  -- When it last ran, for how many microseconds, and how much it did.
  ran_at BIGINT NOT NULL,
  took BIGINT NOT NULL,
  did BIGINT NOT NULL,
  -- How much it did since the node began, and when it last did anything.
  did_all BIGINT NOT NULL,
  did_at BIGINT,
  -- What last went wrong, and when.
  error TEXT COLLATE "C",
  error_at BIGINT,
  PRIMARY KEY (node, job)
);
CREATE INDEX background_runs_by_time ON background_runs (ran_at);
