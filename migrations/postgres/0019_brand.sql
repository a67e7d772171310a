-- Pictures: the logo, those that were tried, and the last ones before, which pages under way still show.
CREATE TABLE brand_logos (
  tenant_id UUID NOT NULL,
  -- SHA-256 of the bytes, in hex.
  hash TEXT COLLATE "C" NOT NULL,
  content_type TEXT COLLATE "C" NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  bytes BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, hash),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

-- How a tenant's pages for users look and what they say of whose they are. Without a row: as they come.
CREATE TABLE brands (
  tenant_id UUID NOT NULL,
  display_name TEXT COLLATE "C",
  -- `#rrggbb`
  colour TEXT COLLATE "C",
  -- Under the title of the sign-in page, by language.
  sentences JSONB NOT NULL,
  -- An https URL or an e-mail address.
  help TEXT COLLATE "C",
  logo TEXT COLLATE "C",
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, logo) REFERENCES brand_logos (tenant_id, hash)
);
