-- What an authorization request asks for besides scopes, kept for userinfo and later ID tokens (the parameter
-- `claims`, OpenID Connect Core 5.5), as JSON.
ALTER TABLE grants ADD COLUMN claims TEXT COLLATE "C";

-- Whether an app must push its authorization requests (RFC 9126).
ALTER TABLE apps ADD COLUMN par_required BOOLEAN NOT NULL DEFAULT FALSE;

-- The public keys that an app signs its assertions with (RFC 7523), as a list of JWKs.
ALTER TABLE apps ADD COLUMN jwks JSONB NOT NULL DEFAULT '[]';
