-- The epochs that `signet restored` began, with a code that says so: only then may the log end sooner than it did.
CREATE TABLE log_restores (
  epoch BIGINT NOT NULL PRIMARY KEY,
  code BYTEA NOT NULL
);
