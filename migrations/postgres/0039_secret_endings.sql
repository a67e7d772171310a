-- The last characters of a client secret, to tell it from the other one; of those made before, nobody knows them.
ALTER TABLE app_secrets ADD COLUMN ending TEXT COLLATE "C";
