//! How tenants' pages for users look.

use crate::macros::{execute, fetch_optional};
use crate::{Result, StoreError, Tx};
use signet_domain::Time;
use signet_domain::brand::{Brand, Logo};

impl Tx {
    /// The tenant's look; none where nobody has given it one.
    pub async fn brand(&mut self) -> Result<Option<Brand>> {
        const SQL: &str =
            "SELECT b.*, l.content_type AS logo_type, l.width AS logo_width, l.height AS logo_height
            FROM brands b LEFT JOIN brand_logos l ON l.tenant_id = b.tenant_id AND l.hash = b.logo
            WHERE b.tenant_id = $1";
        fetch_optional!(self, Brand, SQL, self.tenant)
    }

    /// Gives the tenant its first look. [`StoreError::Conflict`] when it has one, [`StoreError::Reference`] when
    /// it has no such logo.
    pub async fn insert_brand(&mut self, b: &Brand) -> Result<()> {
        const SQL: &str =
            "INSERT INTO brands (tenant_id, display_name, colour, sentences, help, logo, version,
            created_at, updated_at) VALUES ($1,$2,$3,$4,$5,$6,1,$7,$7)";
        execute!(
            self,
            SQL,
            self.tenant,
            &b.display_name,
            &b.colour,
            &b.sentences,
            &b.help,
            &b.logo,
            b.created_at
        )?;
        self.config_changed();
        Ok(())
    }

    /// Writes the look back if it is still at the version that was read.
    pub async fn update_brand(&mut self, b: &Brand, now: Time) -> Result<()> {
        const SQL: &str =
            "UPDATE brands SET display_name = $2, colour = $3, sentences = $4, help = $5, logo = $6,
            updated_at = $7, version = version + 1 WHERE tenant_id = $1 AND version = $8";
        let rows = execute!(
            self,
            SQL,
            self.tenant,
            &b.display_name,
            &b.colour,
            &b.sentences,
            &b.help,
            &b.logo,
            now,
            b.version
        )?;
        self.config_changed();
        if rows == 0 { Err(StoreError::Stale) } else { Ok(()) }
    }

    /// A picture by its hash.
    pub async fn brand_logo(&mut self, hash: &str) -> Result<Option<Logo>> {
        const SQL: &str = "SELECT * FROM brand_logos WHERE tenant_id = $1 AND hash = $2";
        fetch_optional!(self, Logo, SQL, self.tenant, hash)
    }

    /// Keeps a picture. One that is there already counts as new.
    pub async fn put_brand_logo(&mut self, l: &Logo) -> Result<()> {
        const SQL: &str =
            "INSERT INTO brand_logos (tenant_id, hash, content_type, width, height, bytes, created_at)
            VALUES ($1,$2,$3,$4,$5,$6,$7)
            ON CONFLICT (tenant_id, hash) DO UPDATE SET created_at = excluded.created_at";
        execute!(self, SQL, self.tenant, &l.hash, &l.content_type, l.width, l.height, &l.bytes, l.created_at)
            .map(|_| ())
    }

    /// Forgets all pictures but the newest so many and the logo.
    pub async fn trim_brand_logos(&mut self, keep: i64) -> Result<u64> {
        const SQL: &str = "DELETE FROM brand_logos WHERE tenant_id = $1
            AND hash NOT IN (SELECT l.hash FROM brand_logos l WHERE l.tenant_id = $1
                ORDER BY l.created_at DESC, l.hash LIMIT $2)
            AND NOT EXISTS (SELECT 1 FROM brands b WHERE b.tenant_id = $1 AND b.logo = brand_logos.hash)";
        execute!(self, SQL, self.tenant, keep)
    }
}
