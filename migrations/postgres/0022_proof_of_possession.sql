-- The key that a refresh token is bound to (RFC 9449 5): its thumbprint. Of public apps alone; others prove themselves.
ALTER TABLE refresh_tokens ADD COLUMN jkt TEXT COLLATE "C";
