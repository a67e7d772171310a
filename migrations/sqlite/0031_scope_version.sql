-- A scope that two people edit at once is changed by one of them; the other is told.
ALTER TABLE scopes ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
