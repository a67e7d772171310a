-- The epochs that `signet restored` began, with a code that says so: only then may the log end sooner than it did.
CREATE TABLE log_restores (
  epoch INTEGER NOT NULL PRIMARY KEY,
  code BLOB NOT NULL
) STRICT;
