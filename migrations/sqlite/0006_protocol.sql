-- What an authorization request asks for besides scopes, kept for userinfo and later ID tokens (the parameter
-- `claims`, OpenID Connect Core 5.5), as JSON.
ALTER TABLE grants ADD COLUMN claims TEXT;

-- Whether an app must push its authorization requests (RFC 9126).
ALTER TABLE apps ADD COLUMN par_required INTEGER NOT NULL DEFAULT 0;

-- The public keys that an app signs its assertions with (RFC 7523), as a list of JWKs.
ALTER TABLE apps ADD COLUMN jwks TEXT NOT NULL DEFAULT '[]';
