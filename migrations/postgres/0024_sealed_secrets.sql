-- The secret itself, under the master key, for apps that prove themselves by MACs (client_secret_jwt) and no others.
ALTER TABLE app_secrets ADD COLUMN sealed BYTEA;
