-- Grows with every change of a claim, so that of two administrators who change it at once the later one is told.
ALTER TABLE server_claims ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
