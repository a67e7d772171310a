-- Days after which a server's next key takes over by itself; 0 where keys are rolled by hand alone.
ALTER TABLE servers ADD COLUMN key_rotation_days BIGINT NOT NULL DEFAULT 90;

-- When somebody has to look after a key. Keys that are there already are looked at at once.
ALTER TABLE signing_keys ADD COLUMN due_at BIGINT;
UPDATE signing_keys SET due_at = created_at WHERE status <> 'NEXT';
CREATE INDEX signing_keys_by_due ON signing_keys (due_at);
