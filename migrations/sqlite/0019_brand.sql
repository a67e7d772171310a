-- How a tenant's pages for users look and what they say of whose they are. Without a row: as they come.
CREATE TABLE brands (
  tenant_id BLOB NOT NULL,
  display_name TEXT,
  -- `#rrggbb`
  colour TEXT,
  -- Under the title of the sign-in page, by language.
  sentences TEXT NOT NULL,
  -- An https URL or an e-mail address.
  help TEXT,
  logo TEXT,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, logo) REFERENCES brand_logos (tenant_id, hash)
) STRICT, WITHOUT ROWID;

-- Pictures: the logo, those that were tried, and the last ones before, which pages under way still show.
CREATE TABLE brand_logos (
  tenant_id BLOB NOT NULL,
  -- SHA-256 of the bytes, in hex.
  hash TEXT NOT NULL,
  content_type TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, hash),
  FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) STRICT;
