-- Where an app keeps its request objects (OpenID Connect Core 6.2): no other address is fetched for it.
ALTER TABLE apps ADD COLUMN request_uris TEXT NOT NULL DEFAULT '[]';
