//! How the pages for users look: name, colour, a sentence, help, a logo.

use super::caller::hex;
use super::change::{Diff, Facts};
use super::error::Causes;
use super::{AdminError, Caller, Expected};
use crate::picture::Picture;
use crate::{Ctx, Idp, IdpError};
use aws_lc_rs::digest::{SHA256, digest};
use signet_domain::brand::{Brand, Colour, Logo};
use signet_domain::event::{Entity, Event, EventType, types};
use signet_domain::id::TenantId;
use signet_oauth::redirect::{AppKind as UriKind, RedirectUri};
use signet_store::{StoreError, Tx};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Pictures that are kept besides the logo: tried ones, and those before.
const KEPT_LOGOS: i64 = 8;
/// Most languages of a sentence.
const MAX_LANGUAGES: usize = 20;

/// A look as it is sent. What is absent is as it comes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrandSettings {
    /// The name on pages for users; without one the tenant's.
    pub display_name: Option<String>,
    /// The primary button's colour.
    pub colour: Option<String>,
    /// What stands under the title of the sign-in page, by language.
    pub sentences: BTreeMap<String, String>,
    /// Where users find help.
    pub help: Option<String>,
    /// What becomes of the logo.
    pub logo: LogoChange,
}

/// What becomes of the logo.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LogoChange {
    /// It stays.
    #[default]
    Stays,
    /// A picture that was uploaded before takes its place: by its hash.
    Becomes(String),
    /// There is none any more.
    Goes,
}

impl BrandSettings {
    /// The settings that a look has, with its logo.
    #[must_use]
    pub fn of(brand: &Brand) -> Self {
        Self {
            display_name: brand.display_name.clone(),
            colour: brand.colour.clone(),
            sentences: brand.sentences.0.clone(),
            help: brand.help.clone(),
            logo: LogoChange::Stays,
        }
    }

    fn put(self, brand: &mut Brand) -> Result<(), AdminError> {
        let mut causes = Causes::default();
        if let Some(name) = &self.display_name {
            causes.name("displayName", name, 1..=100);
        }
        let colour = self.colour.as_deref().map(Colour::parse);
        if colour == Some(None) {
            causes.add("colour", "must be # and six hexadecimal digits, such as #3e63dd");
        }
        if self.sentences.len() > MAX_LANGUAGES {
            causes.add("signInText", format_args!("must have at most {MAX_LANGUAGES} languages"));
        }
        for (language, sentence) in &self.sentences {
            causes.text(&format!("signInText.{language}"), sentence, 1..=200);
        }
        if let Some(help) = &self.help
            && !is_help(help)
        {
            causes.add("help", "must be an https URL or an e-mail address");
        }
        causes.check("brand")?;
        brand.display_name = self.display_name;
        brand.colour = colour.flatten().map(|colour| colour.to_string());
        brand.sentences.0 = self.sentences;
        brand.help = self.help;
        Ok(())
    }
}

/// Where users may be sent for help: a page, or an address that is safe in a `mailto:` link as it stands.
fn is_help(help: &str) -> bool {
    if let Some((name, domain)) = help.split_once('@').filter(|_| !help.contains(':')) {
        let plain = |text: &str, more: &[u8]| {
            let good = |b: u8| b.is_ascii_alphanumeric() || more.contains(&b);
            !text.is_empty() && text.bytes().all(good)
        };
        let domain = plain(domain, b".-") && domain.contains('.') && !domain.starts_with('.');
        return help.len() <= 254 && domain && plain(name, b".-_+");
    }
    help.len() <= 500 && help.starts_with("https://") && RedirectUri::register(help, UriKind::Web).is_ok()
}

/// A picture as it is kept.
fn logo_of(ctx: &Ctx, picture: Picture) -> Logo {
    Logo {
        tenant_id: ctx.tenant_id(),
        hash: hex(digest(&SHA256, &picture.bytes).as_ref()),
        content_type: picture.kind.content_type().to_owned(),
        width: picture.width.into(),
        height: picture.height.into(),
        bytes: picture.bytes,
        created_at: ctx.now,
    }
}

impl Idp {
    /// How a tenant's pages for users look, as far as this node knows: other nodes' changes are heard of within a
    /// second. None where nobody has said, and where it can't be found out: pages then look as they come.
    pub async fn brand(&self, tenant: TenantId) -> Option<Arc<Brand>> {
        let part = self.cache().part(tenant);
        if let Some(known) = part.brand() {
            return known;
        }
        let read = async { self.store().tenant(tenant).read().await?.brand().await };
        match read.await {
            Ok(brand) => {
                let brand = brand.map(Arc::new);
                part.put_brand(brand.clone());
                brand
            }
            Err(error) => {
                tracing::debug!(%error, "the look of the pages is not to be had");
                None
            }
        }
    }

    /// How the tenant's pages for users look, asked of the database.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_brand(&self, ctx: &Ctx) -> Result<Brand, AdminError> {
        Ok(find(&mut self.store().tenant(ctx.tenant_id()).read().await?, ctx).await?)
    }

    /// A picture of the tenant by its hash: another tenant's is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn brand_logo(&self, ctx: &Ctx, hash: &str) -> Result<Option<Logo>, IdpError> {
        Ok(self.store().tenant(ctx.tenant_id()).read().await?.brand_logo(hash).await?)
    }

    /// Keeps a picture that may become the logo; pages don't show it yet.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_keep_logo(&self, ctx: &Ctx, picture: Picture) -> Result<Logo, AdminError> {
        let logo = logo_of(ctx, picture);
        let kept = logo.clone();
        self.change(ctx, move |tx| Box::pin(async move { keep(tx, &kept).await })).await?;
        Ok(logo)
    }

    /// Replaces the look.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Stale`].
    pub async fn admin_put_brand(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        settings: BrandSettings,
        expected: &Expected,
    ) -> Result<Brand, AdminError> {
        self.change_brand(ctx, caller, Change::Settings(settings), expected).await
    }

    /// Puts a picture in the logo's place, or takes the logo away.
    ///
    /// # Errors
    /// [`AdminError::Stale`].
    pub async fn admin_put_logo(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        picture: Option<Picture>,
        expected: &Expected,
    ) -> Result<Brand, AdminError> {
        let logo = picture.map(|picture| logo_of(ctx, picture));
        self.change_brand(ctx, caller, Change::Logo(logo), expected).await
    }

    /// Gives the pages their first look back, without a logo.
    ///
    /// # Errors
    /// [`AdminError::Stale`].
    pub async fn admin_reset_brand(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        expected: &Expected,
    ) -> Result<(), AdminError> {
        self.change_brand(ctx, caller, Change::Reset, expected).await.map(drop)
    }

    async fn change_brand(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        change: Change,
        expected: &Expected,
    ) -> Result<Brand, AdminError> {
        let (idp, at, caller, expected) = (self.clone(), ctx.clone(), caller.clone(), expected.clone());
        self.change(ctx, move |tx| {
            Box::pin(async move {
                let before = find(tx, &at).await?;
                expected.check(before.version)?;
                let event = caller.event(&idp, &at, change.event_type());
                let after = change.apply(tx, &before).await?;
                write(tx, (&at, event), before, &after).await
            })
        })
        .await
    }
}

/// What becomes of the look.
enum Change {
    Settings(BrandSettings),
    Logo(Option<Logo>),
    Reset,
}

impl Change {
    fn event_type(&self) -> EventType {
        if matches!(self, Self::Reset) { types::BRAND_RESET } else { types::BRAND_UPDATE }
    }

    async fn apply(self, tx: &mut Tx, before: &Brand) -> Result<Brand, AdminError> {
        let mut after = before.clone();
        match self {
            Self::Settings(settings) => {
                match &settings.logo {
                    LogoChange::Stays => {}
                    LogoChange::Goes => after.set_logo(None),
                    LogoChange::Becomes(hash) => {
                        let logo = tx.brand_logo(hash).await?;
                        let gone = || AdminError::invalid("brand", "logo: it is gone; upload it again");
                        after.set_logo(Some(&logo.ok_or_else(gone)?));
                    }
                }
                settings.put(&mut after)?;
            }
            Self::Logo(logo) => {
                if let Some(logo) = &logo {
                    keep(tx, logo).await?;
                }
                after.set_logo(logo.as_ref());
            }
            // The row stays, so that a version that was read once never comes back.
            Self::Reset => {
                let first = Brand::none(before.tenant_id, before.created_at);
                after = Brand { version: before.version, updated_at: before.updated_at, ..first };
            }
        }
        Ok(after)
    }
}

async fn find(tx: &mut Tx, ctx: &Ctx) -> Result<Brand, StoreError> {
    Ok(tx.brand().await?.unwrap_or_else(|| Brand::none(ctx.tenant_id(), ctx.now)))
}

async fn keep(tx: &mut Tx, logo: &Logo) -> Result<(), AdminError> {
    tx.put_brand_logo(logo).await?;
    tx.trim_brand_logos(KEPT_LOGOS).await?;
    Ok(())
}

async fn write(
    tx: &mut Tx,
    (ctx, event): (&Ctx, Event),
    before: Brand,
    after: &Brand,
) -> Result<Brand, AdminError> {
    let diff = Diff::of(facts(&before), facts(after));
    if diff.is_empty() {
        return Ok(before);
    }
    if before.version == 0 {
        // Two who were first at once: the later one hasn't seen the other's.
        let first = |error| if matches!(error, StoreError::Conflict) { StoreError::Stale } else { error };
        tx.insert_brand(after).await.map_err(first)?;
    } else {
        tx.update_brand(after, ctx.now).await?;
    }
    tx.append(&diff.into_event(event, entity(ctx))).await?;
    Ok(find(tx, ctx).await?)
}

fn entity(ctx: &Ctx) -> Entity {
    Entity::new("Brand", ctx.tenant_id(), &ctx.tenant.name, &ctx.tenant.display_name)
}

fn facts(brand: &Brand) -> Facts {
    vec![
        ("displayName", brand.display_name.as_deref().into()),
        ("colour", brand.colour.as_deref().into()),
        ("signInText", serde_json::to_value(&brand.sentences.0).unwrap_or_default()),
        ("help", brand.help.as_deref().into()),
        ("logo", brand.logo.as_deref().into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_a_page_or_an_address_and_nothing_that_runs() {
        for good in ["https://help.acme.test/", "https://acme.test/help?x=1", "it.help+web@acme.test"] {
            assert!(is_help(good), "{good}");
        }
        for bad in [
            "",
            "javascript:alert(1)",
            "javascript:alert(1)//@acme.test",
            "data:text/html,x",
            "http://acme.test/",
            "//acme.test",
            "/help",
            "https://",
            "https://user@acme.test/",
            "https://acme.test/ x",
            "a@b",
            "a@.test",
            "a@@b.test",
            "a@b.test?cc=eve@evil.test",
            "a@b.test%0acc",
            "\"a\"@b.test",
        ] {
            assert!(!is_help(bad), "{bad}");
        }
    }
}
