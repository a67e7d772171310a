//! How a tenant's pages for users look.

use crate::id::TenantId;
use crate::time::Time;
use sqlx::types::Json;
use std::collections::BTreeMap;
use std::fmt;

/// How a tenant's pages for users look and what they say of whose they are.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Brand {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The name on pages for users, where it isn't the tenant's own.
    pub display_name: Option<String>,
    /// The primary button's colour as `#rrggbb`.
    pub colour: Option<String>,
    /// What stands under the title of the sign-in page, by language (BCP 47).
    pub sentences: Json<BTreeMap<String, String>>,
    /// Where users find help: an https URL or an e-mail address.
    pub help: Option<String>,
    /// The hash of the logo.
    pub logo: Option<String>,
    /// The type of the logo.
    pub logo_type: Option<String>,
    /// The logo's width in pixels.
    pub logo_width: Option<i64>,
    /// The logo's height in pixels.
    pub logo_height: Option<i64>,
    /// Rises with every change; 0 where there never was one.
    pub version: i64,
    /// When it was first changed.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
}

impl Brand {
    /// The look of a tenant that nobody has given one.
    #[must_use]
    pub fn none(tenant_id: TenantId, now: Time) -> Self {
        Self {
            tenant_id,
            display_name: None,
            colour: None,
            sentences: Json(BTreeMap::new()),
            help: None,
            logo: None,
            logo_type: None,
            logo_width: None,
            logo_height: None,
            version: 0,
            created_at: now,
            updated_at: now,
        }
    }

    /// The primary button's colour.
    #[must_use]
    pub fn colour(&self) -> Option<Colour> {
        self.colour.as_deref().and_then(Colour::parse)
    }

    /// Puts a picture in the logo's place, or takes it away.
    pub fn set_logo(&mut self, logo: Option<&Logo>) {
        self.logo = logo.map(|logo| logo.hash.clone());
        self.logo_type = logo.map(|logo| logo.content_type.clone());
        self.logo_width = logo.map(|logo| logo.width);
        self.logo_height = logo.map(|logo| logo.height);
    }
}

/// A picture that is, was or may become a tenant's logo.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Logo {
    /// The tenant.
    pub tenant_id: TenantId,
    /// SHA-256 of the bytes, in hex.
    pub hash: String,
    /// `image/png`, `image/jpeg` or `image/webp`.
    pub content_type: String,
    /// In pixels.
    pub width: i64,
    /// In pixels.
    pub height: i64,
    /// The file.
    pub bytes: Vec<u8>,
    /// When it was uploaded.
    pub created_at: Time,
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logo")
            .field("hash", &self.hash)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// A colour: red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub [u8; 3]);

impl Colour {
    /// Reads `#rgb` or `#rrggbb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().strip_prefix('#')?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let value = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = value.to_be_bytes();
        match digits.len() {
            6 => Some(Self([red, green, blue])),
            3 => Some(Self([8, 4, 0].map(|shift| ((value >> shift & 15) * 17) as u8))),
            _ => None,
        }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(out, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_has_one_form() {
        for (text, form) in [("#3e63dd", "#3e63dd"), (" #FFF ", "#ffffff"), ("#0a8", "#00aa88")] {
            assert_eq!(Colour::parse(text).map(|colour| colour.to_string()).as_deref(), Some(form));
        }
        for text in ["", "red", "#12", "#12345", "#+12345", "#1234567", "#fff}body{display:none", "#ггг"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }
}
