//! Claims that an authorization server adds to its tokens.

use super::change::{Diff, Facts};
use super::error::Causes;
use super::{AdminError, Caller, Expected};
use crate::configured_claims::{Expression, pattern};
use crate::ctx::At;
use crate::{Ctx, Idp};
use signet_domain::claim::{ClaimRow, ClaimTarget, ClaimValueType, GroupFilter, InForce};
use signet_domain::event::{Entity, types};
use signet_domain::id::ClaimId;
use signet_domain::server::{ScopeRow, Server};
use signet_oauth::claims::RESERVED;
use signet_store::sqlx_types::Json;
use signet_store::{StoreError, Tx};

/// Most claims of a server.
pub const MAX_CLAIMS: usize = 100;
/// Claims about the user that OpenID Connect gives its own meaning (Core §5.1): scopes give them, nothing else.
const STANDARD: &[&str] = &[
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
];

/// A claim as it is sent.
#[derive(Debug, Clone)]
pub struct ClaimSettings {
    /// The claim's name.
    pub name: String,
    /// Which tokens it is for.
    pub target: ClaimTarget,
    /// What its value is made of.
    pub value_type: ClaimValueType,
    /// The expression, or what the filter compares with.
    pub value: String,
    /// How the filter compares; with groups only.
    pub group_filter: Option<GroupFilter>,
    /// Scopes with which it is added; none means always.
    pub scopes: Vec<String>,
    /// Whether an identity claim is in ID tokens, too.
    pub always_in_token: bool,
    /// Whether it is in force.
    pub status: InForce,
}

impl ClaimSettings {
    fn put(self, claim: &mut ClaimRow, scopes: &[ScopeRow]) -> Result<(), AdminError> {
        let mut causes = Causes::default();
        causes.text("name", &self.name, 1..=200);
        if RESERVED.contains(&self.name.as_str()) || STANDARD.contains(&self.name.as_str()) {
            causes.add("name", "this claim has a meaning of its own; choose another name");
        }
        causes.text("value", &self.value, 0..=1024);
        match (self.value_type, self.group_filter) {
            (ClaimValueType::Expression, None) => {
                if Expression::parse(&self.value).is_none() {
                    causes.add("value", "must be user.NAME, app.clientId, app.label, or a text in quotes, a number, true or false");
                }
            }
            (ClaimValueType::Expression, Some(_)) => {
                causes.add("group_filter_type", "only goes with valueType GROUPS");
            }
            (ClaimValueType::Groups, None) => {
                causes.add("group_filter_type", "must be STARTS_WITH, EQUALS, CONTAINS or REGEX");
            }
            (ClaimValueType::Groups, Some(GroupFilter::Regex)) => {
                if let Err(why) = pattern(&self.value) {
                    causes.add("value", format_args!("is no pattern: {why}"));
                }
            }
            (ClaimValueType::Groups, Some(_)) => {}
        }
        if let Some(unknown) = self.scopes.iter().find(|name| !scopes.iter().any(|s| s.name == **name)) {
            let unknown = signet_domain::event::bounded(unknown, 100);
            causes.add("conditions", format_args!("this authorization server has no scope '{unknown}'"));
        }
        causes.check("claim")?;
        claim.name = self.name;
        claim.target = self.target;
        claim.value_type = self.value_type;
        claim.value = self.value;
        claim.group_filter = self.group_filter;
        claim.scopes = Json(self.scopes);
        claim.always_in_token = self.always_in_token;
        claim.status = self.status;
        Ok(())
    }
}

impl Idp {
    /// The claims of a server, by name.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_claims(&self, ctx: &Ctx, server: &str) -> Result<(Server, Vec<ClaimRow>), AdminError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let server = Self::find_server(&mut tx, server).await?;
        let claims = tx.claims(server.id).await?;
        Ok((server, claims))
    }

    /// One claim.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_claim(
        &self,
        ctx: &Ctx,
        server: &str,
        claim: &str,
    ) -> Result<(Server, ClaimRow), AdminError> {
        find(&mut self.store().tenant(ctx.tenant_id()).read().await?, server, claim).await
    }

    /// Creates a claim.
    ///
    /// # Errors
    /// [`AdminError::Invalid`]; a name that is taken is one.
    pub async fn admin_create_claim(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        server: &str,
        settings: ClaimSettings,
    ) -> Result<(Server, ClaimRow), AdminError> {
        let (idp, ctx, caller, server) = (self.clone(), ctx.clone(), caller.clone(), server.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let server = Self::find_server(tx, &server).await?;
                let mut claim = new_claim(&idp, &ctx, &server);
                settings.put(&mut claim, &tx.scopes(server.id).await?)?;
                tx.lock_server(server.id).await?;
                if tx.claims(server.id).await?.len() >= MAX_CLAIMS {
                    return Err(AdminError::too_many("claim", "a server", MAX_CLAIMS, "claims"));
                }
                tx.insert_claim(&claim).await.map_err(taken)?;
                let event = caller.event(&idp, &ctx, types::CLAIM_CREATE).at(&server);
                tx.append(&Diff::made(facts(&claim)).into_event(event, entity(&claim))).await?;
                Ok((server, claim))
            })
        })
        .await
    }

    /// Replaces a claim.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::NotFound`], [`AdminError::Stale`].
    pub async fn admin_replace_claim(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        (server, claim): (&str, &str),
        settings: ClaimSettings,
        expected: &Expected,
    ) -> Result<(Server, ClaimRow), AdminError> {
        let (idp, ctx, caller, expected) = (self.clone(), ctx.clone(), caller.clone(), expected.clone());
        let (server, claim) = (server.to_owned(), claim.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let (server, before) = find(tx, &server, &claim).await?;
                expected.check(before.version)?;
                let mut after = before.clone();
                settings.put(&mut after, &tx.scopes(server.id).await?)?;
                let diff = Diff::of(facts(&before), facts(&after));
                if !diff.is_empty() {
                    tx.update_claim(&after).await.map_err(taken)?;
                    let event = caller.event(&idp, &ctx, types::CLAIM_UPDATE).at(&server);
                    tx.append(&diff.into_event(event, entity(&after))).await?;
                }
                find(tx, &server.id.to_string(), &claim).await
            })
        })
        .await
    }

    /// Deletes a claim.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn admin_delete_claim(
        &self,
        ctx: &Ctx,
        caller: &Caller,
        server: &str,
        claim: &str,
    ) -> Result<(), AdminError> {
        let (idp, ctx, caller) = (self.clone(), ctx.clone(), caller.clone());
        let (server, claim) = (server.to_owned(), claim.to_owned());
        self.change(&ctx.clone(), move |tx| {
            Box::pin(async move {
                let (server, claim) = find(tx, &server, &claim).await?;
                tx.delete_claim(server.id, claim.id).await?;
                let event = caller.event(&idp, &ctx, types::CLAIM_DELETE).at(&server);
                Ok(tx.append(&event.target(entity(&claim))).await?)
            })
        })
        .await
    }
}

async fn find(tx: &mut Tx, server: &str, claim: &str) -> Result<(Server, ClaimRow), AdminError> {
    let server = Idp::find_server(tx, server).await?;
    let row = match ClaimId::parse(claim) {
        Some(id) => tx.claim(server.id, id).await?,
        None => None,
    };
    let row = row.ok_or_else(|| AdminError::not_found(claim, "OAuth2Claim"))?;
    Ok((server, row))
}

fn new_claim(idp: &Idp, ctx: &Ctx, server: &Server) -> ClaimRow {
    ClaimRow {
        tenant_id: ctx.tenant_id(),
        server_id: server.id,
        id: idp.entropy().id(ctx.now),
        name: String::new(),
        target: ClaimTarget::Resource,
        value_type: ClaimValueType::Expression,
        value: String::new(),
        group_filter: None,
        scopes: Json(Vec::new()),
        always_in_token: false,
        status: InForce::Active,
        version: 1,
        created_at: ctx.now,
    }
}

fn facts(claim: &ClaimRow) -> Facts {
    vec![
        ("name", claim.name.as_str().into()),
        ("claimType", claim.target.as_str().into()),
        ("valueType", claim.value_type.as_str().into()),
        ("value", claim.value.as_str().into()),
        ("groupFilterType", claim.group_filter.map(GroupFilter::as_str).into()),
        ("scopes", claim.scopes.0.clone().into()),
        ("alwaysIncludeInToken", claim.always_in_token.into()),
        ("status", claim.status.as_str().into()),
    ]
}

fn entity(claim: &ClaimRow) -> Entity {
    Entity::new("OAuth2Claim", claim.id, &claim.name, &claim.name)
}

fn taken(error: StoreError) -> AdminError {
    match error {
        StoreError::Conflict => {
            AdminError::invalid("name", "name: this authorization server has such a claim for these tokens")
        }
        other => other.into(),
    }
}
