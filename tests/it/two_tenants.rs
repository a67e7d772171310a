//! The two-tenant contract of the store: every function, called by one tenant with the other's ids, finds
//! nothing and changes nothing. The functions are listed from the source, so a new one fails here until it is
//! called, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use futures_util::future::BoxFuture;
use signet_domain::Time;
use signet_domain::app::AppStatus;
use signet_domain::grant::OneTimeKind;
use signet_domain::security::SecuritySettings;
use signet_domain::server::KeyStatus;
use signet_domain::session::SessionKind;
use signet_domain::token::RevocationKind;
use signet_domain::user::UserStatus;
use signet_store::counts::HourlyCount;
use signet_store::lockout::Begun;
use signet_store::log_query::{Budget, Condition, LogQuery, Order, Position};
use signet_store::log_seals::LogFloor;
use signet_store::one_time::Spent;
use signet_store::refresh::Rotated;
use signet_store::revocations::TokenFacts;
use signet_store::throttle::Attempt;
use signet_store::windows::Count;
use signet_store::{Result, StoreError, Tx};
use signet_testkit::{Engine, on_each_engine};

use crate::support::furniture::{Furniture, RULE, batch};
use crate::support::house::House;
use crate::support::source::functions_of;

on_each_engine! { every_store_function_keeps_tenants_apart }

/// What isn't about rows.
const NOT_ABOUT_ROWS: &[&str] = &[
    "clock_override",
    "config_changed",
    "id",
    "is_sqlite",
    "log_groups_plan",
    "log_plan",
    "read",
    "tenant",
    "write",
];

struct Contract {
    house: House,
    before: BTreeMap<String, Vec<String>>,
    called: BTreeSet<&'static str>,
}

/// A call on the second tenant's behalf with the first one's rows, and its own.
type Step<R> = for<'t> fn(&'t mut Tx, &'t Furniture, &'t Furniture) -> BoxFuture<'t, Result<R>>;

impl Contract {
    async fn call<R: Debug + Send + 'static>(
        &mut self,
        name: &'static str,
        step: Step<R>,
        keeps_apart: fn(&Result<R>, &Furniture) -> bool,
    ) {
        let (a, b) = (self.house.a.clone(), self.house.b.clone());
        let result = self.house.at_b().write(move |tx| Box::pin(async move { step(tx, &a, &b).await })).await;
        assert!(keeps_apart(&result, &self.house.b), "{name} with another tenant's ids gave {result:?}");
        self.unchanged(name).await;
        self.called.insert(name);
    }

    async fn unchanged(&mut self, name: &str) {
        let after = self.house.rows_of_a().await;
        for (table, rows) in &self.before {
            assert_eq!(rows, &after[table], "{name} at one tenant changed {table} of the other");
        }
    }
}

/// `contract.call(…)` without the boxes.
macro_rules! calls {
    ($contract:ident: $($name:ident($tx:ident, $a:ident, $b:ident) $call:expr => ($expected:pat $(if $guard:expr)?);)+) => { $(
        // Each on the heap: together they are more than a stack holds.
        Box::pin($contract.call(
            stringify!($name),
            |$tx, $a, $b| Box::pin(async move { let _ = (&$a, &$b); $call.await }),
            |result, $b| { let _ = $b; matches!(result, $expected $(if $guard)?) },
        ))
        .await;
    )+ };
}

async fn every_store_function_keeps_tenants_apart(engine: Engine) {
    let mut house = House::new(engine).await;
    let before = house.rows_of_a().await;
    let empty: Vec<_> = before.iter().filter(|(_, rows)| rows.is_empty()).map(|(table, _)| table).collect();
    let in_memory = engine == Engine::Sqlite;
    assert!(
        empty.iter().all(|table| in_memory && *table == "throttle_rings"),
        "the first tenant has nothing in {empty:?}"
    );
    let mut contract = Contract { house, before, called: BTreeSet::new() };
    Box::pin(people(&mut contract)).await;
    Box::pin(apps(&mut contract)).await;
    Box::pin(servers(&mut contract)).await;
    Box::pin(grants(&mut contract)).await;
    Box::pin(callers(&mut contract)).await;
    Box::pin(gateways(&mut contract)).await;
    Box::pin(log(&mut contract)).await;
    Box::pin(limits(&mut contract, engine)).await;
    Box::pin(deletions(&mut contract)).await;

    let functions = functions_of("crates/store/src", "Tx").into_iter();
    let all: BTreeSet<String> =
        functions.chain(functions_of("crates/store/src", "TenantStore")).map(|f| f.name).collect();
    assert!(all.len() > 90, "this test no longer finds the store's functions: {all:?}");
    let missing: Vec<_> = all
        .iter()
        .filter(|name| !contract.called.contains(name.as_str()) && !NOT_ABOUT_ROWS.contains(&name.as_str()))
        .collect();
    assert!(missing.is_empty(), "call these at the wrong tenant, too: {missing:?}");
    contract.house.store.close().await;
}

async fn people(c: &mut Contract) {
    calls! { c:
        user(tx, a, b) tx.user(a.user.id) => (Ok(None));
        user_by_login(tx, a, b) tx.user_by_login(&a.user.login_key) => (Ok(None));
        users(tx, a, b) tx.users(None, 10) => (Ok(v) if v.iter().all(|u| u.tenant_id == b.tenant.id));
        users_with_status(tx, a, b) tx.users_with_status(UserStatus::Active, None, 10) => (Ok(v) if v.iter().all(|u| u.tenant_id == b.tenant.id));
        administrators(tx, a, b) tx.administrators(None, 10) => (Ok(v) if v.iter().all(|u| u.tenant_id == b.tenant.id));
        users_with_prefix(tx, a, b) tx.users_with_prefix(&a.user.login_key, 10) => (Ok(v) if v.is_empty());
        next_user_number(tx, a, b) tx.next_user_number() => (Ok(1));
        update_user(tx, a, b) tx.update_user(&a.user, a.now) => (Err(StoreError::Stale));
        note_login(tx, a, b) tx.note_login(&a.user, a.now) => (Ok(false));
        note_signed_out(tx, a, b) tx.note_signed_out(a.user.id, a.now.plus_secs(5)) => (Ok(()));
        other_super_admins(tx, a, b) tx.other_super_admins(b.user.id) => (Ok(0));
        note_cutoff(tx, a, b) tx.note_cutoff(a.user.id, a.now.plus_secs(5)) => (Err(StoreError::Reference));
        note_refusal(tx, a, b) tx.note_refusal(a.user.id, b.tenant.id.0) => (Ok(()));
        cutoff(tx, a, b) tx.cutoff(a.user.id) => (Ok(None));
        session_by_token(tx, a, b) tx.session_by_token(SessionKind::User, &a.session.token_hash) => (Ok(None));
        session(tx, a, b) tx.session(a.session.id) => (Ok(None));
        sessions_of(tx, a, b) tx.sessions_of(a.user.id, a.now) => (Ok(v) if v.is_empty());
        insert_session(tx, a, b) tx.insert_session(&a.session) => (Err(StoreError::Reference));
        touch_session(tx, a, b) tx.touch_session(a.session.id, a.now.plus_secs(5)) => (Ok(()));
        session_confirmed(tx, a, b) tx.session_confirmed(a.session.id, a.now.plus_secs(5)) => (Ok(()));
        apps_of_session(tx, a, b) tx.apps_of_session(a.session.id, a.user.id) => (Ok(v) if v.is_empty());
        front_channel_of_session(tx, a, b) tx.front_channel_of_session(a.session.id, a.user.id) => (Ok(v) if v.is_empty());
        apps_of_sessions(tx, a, b) tx.apps_of_sessions(a.user.id, a.now) => (Ok(v) if v.is_empty());
        insert_logout(tx, a, b) tx.insert_logout(&a.logout) => (Err(StoreError::Reference));
        postpone_logout(tx, a, b) tx.postpone_logout(a.logout.id, a.now) => (Ok(false));
        delete_logout(tx, a, b) tx.delete_logout(a.logout.id) => (Ok(false));
        keep_session(tx, a, b) tx.keep_session(a.session.id, a.now, a.now) => (Ok(()));
        end_session(tx, a, b) tx.end_session(a.session.id, a.now) => (Ok(false));
        group(tx, a, b) tx.group(a.group.id) => (Ok(None));
        groups(tx, a, b) tx.groups(None, 10) => (Ok(v) if v.iter().all(|g| g.tenant_id == b.tenant.id));
        groups_with_prefix(tx, a, b) tx.groups_with_prefix(&a.group.name.to_lowercase(), 10) => (Ok(v) if v.is_empty());
        groups_of(tx, a, b) tx.groups_of(a.user.id, 10) => (Ok(v) if v.is_empty());
        update_group(tx, a, b) tx.update_group(&a.group, a.now) => (Err(StoreError::Stale));
        group_size(tx, a, b) tx.group_size(a.group.id, 10) => (Ok(0));
        group_members(tx, a, b) tx.group_members(a.group.id, None, 10) => (Ok(v) if v.is_empty());
        add_group_member(tx, a, b) tx.add_group_member(b.group.id, a.user.id, b.now) => (Err(StoreError::Reference));
        remove_group_member(tx, a, b) tx.remove_group_member(a.group.id, a.user.id, a.now) => (Ok(false));
        end_all_sessions(tx, a, b) tx.end_all_sessions(a.now) => (Ok(own) if *own <= 3);
        delete_unspent(tx, a, b) tx.delete_unspent() => (Ok(own) if *own <= 3);
        delete_credential_tokens(tx, a, b) tx.delete_credential_tokens() => (Ok(own) if *own <= 3);
        end_sessions_of(tx, a, b) tx.end_sessions_of(a.user.id, a.now) => (Ok(0));
    }
}

async fn apps(c: &mut Contract) {
    calls! { c:
        app(tx, a, b) tx.app(a.app.id) => (Ok(None));
        app_by_client_id(tx, a, b) tx.app_by_client_id(&a.app.client_id) => (Ok(None));
        apps(tx, a, b) tx.apps(None, 10) => (Ok(v) if v.iter().all(|app| app.tenant_id == b.tenant.id));
        update_app(tx, a, b) tx.update_app(&a.app, a.now) => (Err(StoreError::Stale));
        app_secrets(tx, a, b) tx.app_secrets(a.app.id) => (Ok(v) if v.is_empty());
        app_secret_by_hash(tx, a, b) tx.app_secret_by_hash(&a.secret.hash) => (Ok(None));
        insert_app_secret(tx, a, b) tx.insert_app_secret(&a.secret) => (Err(StoreError::Reference));
        set_app_secret_status(tx, a, b) tx.set_app_secret_status(a.app.id, a.secret.id, AppStatus::Inactive) => (Ok(false));
        touch_app_secret(tx, a, b) tx.touch_app_secret(a.app.id, a.secret.id, a.now.plus_secs(5)) => (Ok(()));
        registration(tx, a, b) tx.registration(a.app.id) => (Ok(None));
        insert_registration(tx, a, b) tx.insert_registration(&a.registration) => (Err(StoreError::Reference));
        keep_registration(tx, a, b) tx.keep_registration(a.app.id) => (Ok(()));
        end_unused_registration(tx, a, b) tx.end_unused_registration(a.app.id, a.now.plus_secs(9_999)) => (Ok(false));
        idle_secrets(tx, a, b) tx.idle_secrets(a.now.plus_secs(99), 10) => (Ok(v) if v.iter().all(|s| s.app_id == b.app.id));
        old_keys(tx, a, b) tx.old_keys(a.now.plus_secs(9_999), 10) => (Ok(v) if v.iter().all(|key| key.server_id == b.server.id));
        app_names(tx, a, b) tx.app_names(10) => (Ok(v) if v.iter().all(|app| app.id == b.app.id));
        newest_tokens(tx, a, b) tx.newest_tokens(signet_domain::Time(0)) => (Ok(v) if v.iter().all(|(id, _)| *id == b.app.client_id));
        app_totals(tx, a, b) tx.app_totals(&a.app.client_id, signet_domain::Time(0)) => (Ok(v) if v.is_empty());
        counts(tx, a, b) tx.counts(None, signet_domain::Time(0), a.now.plus_secs(9_999)) => (Ok(v) if !v.is_empty() && v.iter().all(|n| n.client_id == b.app.client_id));
        hours_of_events(tx, a, b) tx.hours_of_events(Some(&a.app.client_id), signet_domain::Time(0), a.now.plus_secs(9_999), 100) => (Ok(v) if v.is_empty());
        counts_in_all(tx, a, b) beyond_its_own(tx, a) => (Ok(0));
        requests_by_app(tx, a, b) tx.requests_by_app("", signet_domain::Time(0), a.now.plus_secs(9_999)) => (Ok(v) if v.iter().all(|(app, _)| *app == b.app.client_id));
        counts_of_limits(tx, a, b) tx.counts_of_limits(signet_domain::Time(0), a.now.plus_secs(9_999)) => (Ok(v) if v.is_empty());
        live_counts_of_limits(tx, a, b) tx.live_counts_of_limits(signet_domain::Time(0), a.now.plus_secs(9_999), 100) => (Ok(v) if v.is_empty());
        live_counts(tx, a, b) tx.live_counts(None, signet_domain::Time(0), a.now.plus_secs(9_999), 100) => (Ok(v) if !v.is_empty() && v.iter().all(|n| n.client_id == b.app.client_id));
    }
}

async fn servers(c: &mut Contract) {
    calls! { c:
        server(tx, a, b) tx.server(a.server.id) => (Ok(None));
        server_by_slug(tx, a, b) tx.server_by_slug(&a.server.slug) => (Ok(None));
        servers(tx, a, b) tx.servers(None, 10) => (Ok(v) if v.iter().all(|s| s.tenant_id == b.tenant.id));
        update_server(tx, a, b) tx.update_server(&a.server, a.now) => (Err(StoreError::Stale));
        lock_server(tx, a, b) tx.lock_server(a.server.id) => (Ok(()));
        scopes(tx, a, b) tx.scopes(a.server.id) => (Ok(v) if v.is_empty());
        scope(tx, a, b) tx.scope(a.server.id, a.scope.id) => (Ok(None));
        insert_scope(tx, a, b) tx.insert_scope(&a.scope) => (Err(StoreError::Reference));
        update_scope(tx, a, b) tx.update_scope(&a.scope) => (Err(StoreError::Stale));
        signing_keys(tx, a, b) tx.signing_keys(a.server.id) => (Ok(v) if v.is_empty());
        insert_signing_key(tx, a, b) tx.insert_signing_key(&a.key) => (Err(StoreError::Reference));
        set_signing_key_status(tx, a, b) tx.set_signing_key_status(a.server.id, a.key.id, KeyStatus::Active, a.now) => (Ok(()));
        claims(tx, a, b) tx.claims(a.server.id) => (Ok(v) if v.is_empty());
        claims_of_groups(tx, a, b) tx.claims_of_groups() => (Ok(v) if v.is_empty());
        claim(tx, a, b) tx.claim(a.server.id, a.claim.id) => (Ok(None));
        insert_claim(tx, a, b) tx.insert_claim(&a.claim) => (Err(StoreError::Reference));
        update_claim(tx, a, b) tx.update_claim(&a.claim) => (Err(StoreError::Stale));
        access_policies(tx, a, b) tx.access_policies(a.server.id) => (Ok(v) if v.is_empty());
        access_policy(tx, a, b) tx.access_policy(a.server.id, a.access_policy.id) => (Ok(None));
        insert_access_policy(tx, a, b) tx.insert_access_policy(&a.access_policy) => (Err(StoreError::Reference));
        update_access_policy(tx, a, b) tx.update_access_policy(&a.access_policy, a.now) => (Err(StoreError::Stale));
        access_rules(tx, a, b) tx.access_rules(a.server.id) => (Ok(v) if v.is_empty());
        access_rules_naming(tx, a, b) tx.access_rules_naming(a.group.id, 10) => (Ok(v) if v.is_empty());
        access_rule(tx, a, b) tx.access_rule(a.server.id, a.access_policy.id, a.access_rule.id) => (Ok(None));
        insert_access_rule(tx, a, b) tx.insert_access_rule(&a.access_rule) => (Err(StoreError::Reference));
        update_access_rule(tx, a, b) tx.update_access_rule(&a.access_rule, a.now) => (Err(StoreError::Stale));
        registration_policy(tx, a, b) tx.registration_policy(a.server.id) => (Ok(None));
        insert_registration_policy(tx, a, b) tx.insert_registration_policy(&a.registration_policy) => (Err(StoreError::Reference));
        update_registration_policy(tx, a, b) tx.update_registration_policy(&a.registration_policy, a.now) => (Err(StoreError::Stale));
        registration_tokens(tx, a, b) tx.registration_tokens(a.server.id) => (Ok(v) if v.is_empty());
        registration_token(tx, a, b) tx.registration_token(a.server.id, a.registration_token.id) => (Ok(None));
        registration_token_by_hash(tx, a, b) tx.registration_token_by_hash(a.server.id, &a.registration_token.hash) => (Ok(None));
        insert_registration_token(tx, a, b) tx.insert_registration_token(&a.registration_token) => (Err(StoreError::Reference));
        use_registration_token(tx, a, b) tx.use_registration_token(a.server.id, a.registration_token.id, a.now) => (Ok(false));
        delete_registration_token(tx, a, b) tx.delete_registration_token(a.server.id, a.registration_token.id) => (Ok(false));
        count_registrations(tx, a, b) tx.count_registrations(a.server.id) => (Ok(0));
        set_signing_key_due(tx, a, b) tx.set_signing_key_due(a.server.id, a.key.id, Some(a.now)) => (Ok(()));
        delete_signing_key(tx, a, b) tx.delete_signing_key(a.server.id, a.key.id) => (Ok(()));
    }
}

async fn grants(c: &mut Contract) {
    calls! { c:
        insert_flow(tx, a, b) tx.insert_flow(&a.flow) => (Err(StoreError::Reference));
        flow_by_handle(tx, a, b) tx.flow_by_handle(&a.flow.handle_hash) => (Ok(None));
        finish_flow(tx, a, b) tx.finish_flow(a.flow.id, a.now) => (Ok(false));
        choose_account(tx, a, b) tx.choose_account(a.flow.id, a.session.id) => (Ok(false));
        flow_exists(tx, a, b) tx.flow_exists(a.flow.id) => (Ok(false));
        consent(tx, a, b) tx.consent(a.user.id, a.app.id, a.server.id) => (Ok(None));
        consents_of(tx, a, b) tx.consents_of(a.user.id) => (Ok(v) if v.is_empty());
        people_of_app(tx, a, b) tx.people_of_app(a.app.id, None, 10) => (Ok(v) if v.is_empty());
        scopes_of_people(tx, a, b) tx.scopes_of_people(a.app.id, (a.user.id, a.user.id)) => (Ok(v) if v.is_empty());
        delete_consents_to_app(tx, a, b) tx.delete_consents_to_app(a.app.id) => (Ok(0));
        put_consent(tx, a, b) tx.put_consent(&a.consent) => (Err(StoreError::Reference));
        delete_consents(tx, a, b) tx.delete_consents(a.user.id, a.app.id) => (Ok(0));
        insert_grant(tx, a, b) tx.insert_grant(&a.grant) => (Err(StoreError::Reference));
        grant(tx, a, b) tx.grant(a.grant.id) => (Ok(None));
        grant_in_use(tx, a, b) tx.grant_in_use(a.grant.id) => (Ok(None));
        revoke_grant(tx, a, b) tx.revoke_grant(a.grant.id, a.now) => (Ok(false));
        revoke_grants_of(tx, a, b) tx.revoke_grants_of(a.user.id, a.now) => (Ok(v) if v.is_empty());
        revoke_grants_to(tx, a, b) tx.revoke_grants_to(a.user.id, a.app.id, a.now) => (Ok(v) if v.is_empty());
        revoke_grants_of_app(tx, a, b) tx.revoke_grants_of_app(a.app.id, a.now) => (Ok(0));
        revoke_grants_at(tx, a, b) tx.revoke_grants_at(a.server.id, a.now) => (Ok(0));
        grants_of_session(tx, a, b) tx.grants_of_session(a.session.id, a.user.id) => (Ok(v) if v.is_empty());
        grants_of(tx, a, b) tx.grants_of(a.user.id, 10) => (Ok(v) if v.is_empty());
        insert_one_time(tx, a, b) tx.insert_one_time(&a.one_time) => (Err(StoreError::Reference));
        use_once(tx, a, b) tx.use_once(&a.one_time) => (Err(StoreError::Reference));
        spend(tx, a, b) tx.spend(a.server.id, OneTimeKind::Code, &a.one_time.hash, a.now) => (Ok(Spent::Unknown));
        peek_one_time(tx, a, b) tx.peek_one_time(a.server.id, OneTimeKind::Code, &a.one_time.hash) => (Ok(None));
        insert_refresh_token(tx, a, b) tx.insert_refresh_token(a.server.id, &a.refresh) => (Err(StoreError::Reference));
        refresh_token_for_update(tx, a, b) tx.refresh_token_for_update(a.server.id, &a.refresh.hash) => (Ok(None));
        refresh_token(tx, a, b) tx.refresh_token(a.server.id, &a.refresh.hash) => (Ok(None));
        refresh_token_at(tx, a, b) tx.refresh_token_at(a.grant.id, 0) => (Ok(None));
        rotate_refresh_token(tx, a, b) tx.rotate_refresh_token(
            a.refresh.id,
            &Rotated { at: a.now, leeway_until: a.now, successor_sealed: b"x", ip: "192.0.2.9" },
        ) => (Ok(false));
        end_leeway(tx, a, b) tx.end_leeway(a.grant.id, 9) => (Ok(()));
        extend_refresh_token(tx, a, b) tx.extend_refresh_token(a.refresh.id, a.now, "192.0.2.9") => (Ok(()));
        family_length(tx, a, b) tx.family_length(a.grant.id) => (Ok(0));
        is_revoked(tx, a, b) is_revoked(tx, a) => (Ok(false));
        put_revocation(tx, a, b) tx.put_revocation(
            RevocationKind::User, &a.user.id.to_string(), a.now.plus_secs(9), a.now.plus_secs(99),
        ) => (Ok(()));
    }
}

async fn is_revoked(tx: &mut Tx, a: &Furniture) -> Result<bool> {
    let (user, grant, server) = (a.user.id.to_string(), a.grant.id.to_string(), a.server.id.to_string());
    let facts = TokenFacts {
        jti: "jti",
        grant: &grant,
        user: &user,
        app: &a.app.client_id,
        server: &server,
        issued_at: a.now,
    };
    tx.is_revoked(&facts).await
}

async fn callers(c: &mut Contract) {
    calls! { c:
        api_token_by_hash(tx, a, b) tx.api_token_by_hash(&a.api_token.hash) => (Ok(None));
        api_token(tx, a, b) tx.api_token(a.api_token.id) => (Ok(None));
        api_tokens(tx, a, b) tx.api_tokens() => (Ok(v) if v.iter().all(|t| t.tenant_id == b.tenant.id));
        insert_api_token(tx, a, b) tx.insert_api_token(&a.api_token) => (Err(StoreError::Reference));
        touch_credential(tx, a, b) tx.touch_credential(a.credential.id, a.now) => (Ok(()));
        idle_credentials(tx, a, b) tx.idle_credentials(a.now.plus_secs(5), 10) => (Ok(v) if v.iter().all(|c| c.tenant_id == b.tenant.id));
        touch_api_token(tx, a, b) tx.touch_api_token(a.api_token.id, a.now, a.now) => (Ok(()));
        revoke_api_token(tx, a, b) tx.revoke_api_token(a.api_token.id, a.now) => (Ok(false));
        credential_by_client_id(tx, a, b) tx.credential_by_client_id(&a.credential.client_id) => (Ok(None));
        credential(tx, a, b) tx.credential(a.credential.id) => (Ok(None));
        credentials(tx, a, b) tx.credentials() => (Ok(v) if v.iter().all(|t| t.tenant_id == b.tenant.id));
        revoke_credential(tx, a, b) tx.revoke_credential(a.credential.id, a.now) => (Ok(false));
        credential_token(tx, a, b) tx.credential_token(&a.credential_token.hash) => (Ok(None));
        insert_credential_token(tx, a, b) tx.insert_credential_token(&a.credential_token) => (Err(StoreError::Reference));
        revoke_credential_token(tx, a, b) tx.revoke_credential_token(a.credential.id, &a.credential_token.hash, a.now) => (Ok(false));
    }
}

async fn gateways(c: &mut Contract) {
    calls! { c:
        gateway(tx, a, b) tx.gateway(a.server.id) => (Ok(None));
        gateways(tx, a, b) tx.gateways(100) => (Ok(v) if v.iter().all(|g| g.tenant_id == b.tenant.id));
        insert_gateway(tx, a, b) tx.insert_gateway(&a.gateway) => (Err(StoreError::Reference));
        update_gateway(tx, a, b) tx.update_gateway(&a.gateway, a.now) => (Err(StoreError::Stale));
        set_provision_key(tx, a, b) tx.set_provision_key(a.server.id, b"x", a.now) => (Ok(false));
        insert_gateway_grant(tx, a, b) tx.insert_gateway_grant(&a.gateway_grant) => (Err(StoreError::Reference));
        gateway_grant(tx, a, b) tx.gateway_grant(a.grant.id) => (Ok(None));
        advance_gateway_grant(tx, a, b) tx.advance_gateway_grant(a.grant.id, 0) => (Ok(false));
        revoke_gateway_grants_at(tx, a, b) tx.revoke_gateway_grants_at(a.server.id, a.now) => (Ok(0));
        delete_gateway(tx, a, b) tx.delete_gateway(a.server.id) => (Ok(false));
        renew_refresh_token(tx, a, b) tx.renew_refresh_token(a.refresh.id, a.now, "192.0.2.9") => (Ok(()));
        api_key_by_hash(tx, a, b) tx.api_key_by_hash(&a.api_key.hash) => (Ok(None));
        api_key(tx, a, b) tx.api_key(a.app.id, a.api_key.id) => (Ok(None));
        api_keys(tx, a, b) tx.api_keys(a.app.id) => (Ok(v) if v.is_empty());
        insert_api_key(tx, a, b) tx.insert_api_key(&a.api_key) => (Err(StoreError::Reference));
        touch_api_key(tx, a, b) tx.touch_api_key(a.app.id, a.api_key.id, a.now.plus_secs(5)) => (Ok(()));
        delete_api_key(tx, a, b) tx.delete_api_key(a.app.id, a.api_key.id) => (Ok(false));
    }
}

async fn log(c: &mut Contract) {
    calls! { c:
        log_retention(tx, a, b) tx.log_retention() => (Ok(r) if r.tenant_id == b.tenant.id);
        update_log_retention(tx, a, b) async { let r = tx.log_retention().await?; tx.update_log_retention(&r, a.now).await } => (Ok(()));
        log_before(tx, a, b) tx.log_before(a.now.plus_secs(3_600), 10) => (Ok(w) if w.events <= 1);
        event(tx, a, b) tx.event(a.event.id) => (Ok(None));
        events_of_request(tx, a, b) tx.events_of_request(a.event.request.id) => (Ok(v) if v.is_empty());
        events_of_flow(tx, a, b) tx.events_of_flow(a.flow.id, a.now.plus_secs(-9)) => (Ok(v) if v.is_empty());
        log(tx, a, b) searched(tx, a) => (Ok(0));
        log_page(tx, a, b) searched(tx, a) => (Ok(0));
        latest_matching(tx, a, b) searched(tx, a) => (Ok(0));
        log_histogram(tx, a, b) counted(tx, a) => (Ok(0));
        log_count(tx, a, b) counted(tx, a) => (Ok(0));
        log_groups(tx, a, b) counted(tx, a) => (Ok(0));
        types_between(tx, a, b) counted(tx, a) => (Ok(0));
        log_times(tx, a, b) counted(tx, a) => (Ok(0));
        tenant_figures(tx, a, b) tx.tenant_figures(10, Time(0)) => (Ok(v) if (v.users, v.apps) == (1, 1));
        log_oldest(tx, a, b) oldest(tx, b) => (Ok(true));
        log_floor(tx, a, b) tx.log_floor(a.now.plus_secs(9), Time(0), 2) => (Ok(Time(0)));
        log_floor_of(tx, a, b) tx.log_floor_of(&rare(), a.now.plus_secs(9), Time(0), Budget::each(2)) => (Ok(Time(0)));
        saved_search(tx, a, b) tx.saved_search(a.saved_search.id, a.user.id) => (Ok(None));
        saved_searches(tx, a, b) tx.saved_searches(a.user.id) => (Ok(v) if v.is_empty());
        count_saved_searches(tx, a, b) tx.count_saved_searches(Some(a.user.id)) => (Ok(0));
        insert_saved_search(tx, a, b) tx.insert_saved_search(&a.saved_search) => (Err(StoreError::Reference));
        delete_saved_search(tx, a, b) tx.delete_saved_search(a.saved_search.id) => (Ok(false));
        log_floor_signed(tx, a, b) tx.log_floor_signed() => (Ok(Some(floor)) if floor.code == [2]);
        raise_log_floor(tx, a, b) tx.raise_log_floor(&LogFloor { before: a.now, code: vec![3] }) => (Ok(()));
        log_exports(tx, a, b) tx.log_exports(10) => (Ok(v) if v.iter().all(|export| export.tenant_id == b.tenant.id));
        put_log_export(tx, a, b) tx.put_log_export(&a.log_export) => (Err(StoreError::Reference));
        forget_log_exports(tx, a, b) tx.forget_log_exports(0, a.now.plus_secs(9)) => (Ok(1));
        alerts(tx, a, b) tx.alerts() => (Ok(v) if v.iter().all(|alert| alert.tenant_id == b.tenant.id));
        alerts_on(tx, a, b) tx.alerts_on() => (Ok(v) if v.iter().all(|alert| alert.tenant_id == b.tenant.id));
        alert(tx, a, b) tx.alert(a.alert.id) => (Ok(None));
        update_alert(tx, a, b) tx.update_alert(&a.alert, a.now) => (Err(StoreError::Stale));
        forget_heard(tx, a, b) tx.forget_heard(a.alert.id) => (Ok(false));
        put_heard(tx, a, b) tx.put_heard(&a.alert) => (Ok(false));
        insert_firing(tx, a, b) tx.insert_firing(&a.firing) => (Err(StoreError::Reference));
        add_to_firing(tx, a, b) tx.add_to_firing(a.firing.id, 5, a.now) => (Ok(false));
        firing(tx, a, b) tx.firing(a.alert.id, a.firing.id) => (Ok(None));
        firings(tx, a, b) tx.firings(a.alert.id, None, 10) => (Ok(v) if v.is_empty());
        open_firings(tx, a, b) tx.open_firings(10) => (Ok(v) if v.len() == 1 && v[0].id == b.firing.id);
        count_open_firings(tx, a, b) tx.count_open_firings(10) => (Ok(1));
        firing_sums(tx, a, b) tx.firing_sums() => (Ok(v) if v.len() == 1 && v[0].alert_id == b.alert.id);
        acknowledge_firing(tx, a, b) tx.acknowledge_firing(a.alert.id, a.firing.id, ("b", a.now)) => (Ok(false));
        acknowledge_firings(tx, a, b) tx.acknowledge_firings(a.alert.id, ("b", a.now)) => (Ok(0));
        delete_alert(tx, a, b) tx.delete_alert(a.alert.id) => (Ok(false));
        tenant_url(tx, a, b) tx.tenant_url() => (Ok(url) if *url == b.tenant.url);
        webhooks(tx, a, b) tx.webhooks() => (Ok(v) if v.iter().all(|webhook| webhook.tenant_id == b.tenant.id));
        webhook(tx, a, b) tx.webhook(a.webhook.id) => (Ok(None));
        update_webhook(tx, a, b) tx.update_webhook(&a.webhook, a.now) => (Err(StoreError::Stale));
        webhooks_of(tx, a, b) tx.webhooks_of(a.alert.id) => (Ok(v) if v.is_empty());
        alert_webhooks(tx, a, b) tx.alert_webhooks() => (Ok(v) if *v == [(b.alert.id, b.webhook.id)]);
        add_alert_webhook(tx, a, b) tx.add_alert_webhook(b.alert.id, a.webhook.id) => (Err(StoreError::Reference));
        clear_alert_webhooks(tx, a, b) tx.clear_alert_webhooks(a.alert.id) => (Ok(0));
        insert_webhook_delivery(tx, a, b) tx.insert_webhook_delivery(&a.delivery) => (Err(StoreError::Reference));
        settle_webhook_delivery(tx, a, b) tx.settle_webhook_delivery(&a.delivery) => (Ok(false));
        webhook_deliveries(tx, a, b) tx.webhook_deliveries(a.webhook.id, None, 10) => (Ok(v) if v.is_empty());
        deliveries_of_firing(tx, a, b) tx.deliveries_of_firing(a.firing.id) => (Ok(v) if v.is_empty());
        delete_webhook(tx, a, b) tx.delete_webhook(a.webhook.id) => (Ok(false));
        brand(tx, a, b) tx.brand() => (Ok(Some(brand)) if brand.logo.as_ref() == Some(&b.logo.hash));
        insert_brand(tx, a, b) tx.insert_brand(&a.brand) => (Err(StoreError::Conflict | StoreError::Reference));
        update_brand(tx, a, b) tx.update_brand(&a.brand, a.now) => (Err(StoreError::Reference));
        brand_logo(tx, a, b) tx.brand_logo(&a.logo.hash) => (Ok(None));
        put_brand_logo(tx, a, b) tx.put_brand_logo(&a.logo) => (Ok(()));
        trim_brand_logos(tx, a, b) tx.trim_brand_logos(0) => (Ok(1));
        security_settings(tx, a, b) tx.security_settings() => (Ok(Some(s)) if s.tenant_id == b.tenant.id);
        insert_security_settings(tx, a, b) tx.insert_security_settings(&a.security) => (Err(StoreError::Conflict));
        update_security_settings(tx, a, b) async { let s = SecuritySettings { min_length: 20, ..a.security.clone() }; tx.update_security_settings(&s, a.now).await?; tx.security_settings().await } => (Ok(Some(s)) if s.tenant_id == b.tenant.id && s.min_length == 20);
        newest_sessions(tx, a, b) tx.newest_sessions(10) => (Ok(v) if v.iter().all(|s| s.tenant_id == b.tenant.id));
        log_between(tx, a, b) heard(tx, a) => (Ok(0));
        append(tx, a, b) tx.append(&a.event) => (Ok(()));
        append_all(tx, a, b) tx.append_all(std::slice::from_ref(&b.event)) => (Err(StoreError::Conflict));
    }
}

fn rare() -> LogQuery {
    LogQuery { condition: Condition::Rare, ..LogQuery::default() }
}

/// Everything that any search finds besides this tenant's one event.
async fn searched(tx: &mut Tx, a: &Furniture) -> Result<usize> {
    let mut found = Vec::new();
    for order in [Order::Commit, Order::Published, Order::PublishedDescending] {
        let query = LogQuery { order, ..LogQuery::default() };
        found.extend(tx.log(&query).await?);
        found.extend(tx.log_page(&query).await?.events);
    }
    let mine = Condition::Id { field: signet_store::log_query::IdField::Event, value: a.event.id.0 };
    found.extend(tx.latest_matching(Condition::Always, None, 10).await?);
    let by_id = tx.latest_matching(mine, None, 10).await?;
    Ok(by_id.len() + found.iter().filter(|event| event.id == a.event.id).count())
}

/// Events that an alert would hear beyond this tenant's one.
async fn heard(tx: &mut Tx, a: &Furniture) -> Result<usize> {
    let place = |txid| Position { published: a.now, epoch: i64::from(txid > 0) * i64::MAX, txid, seq: 0 };
    let heard = tx.log_between(&LogQuery::default(), place(0), place(i64::MAX)).await?;
    Ok(heard.len() - 1)
}

/// Whether the oldest event is this tenant's own.
async fn oldest(tx: &mut Tx, b: &Furniture) -> Result<bool> {
    Ok(tx.log_oldest().await? == Some(b.event.published))
}

/// What the sums have beyond this tenant's own counts.
async fn beyond_its_own(tx: &mut Tx, a: &Furniture) -> Result<i64> {
    let (from, to) = (Time(0), a.now.plus_secs(9_999));
    let sum = |counts: &[HourlyCount]| counts.iter().map(|count| count.count).sum::<i64>();
    Ok(sum(&tx.counts_in_all(from, to).await?) - sum(&tx.counts(None, from, to).await?))
}

/// Events that are counted beyond this tenant's one.
async fn counted(tx: &mut Tx, a: &Furniture) -> Result<i64> {
    let (from, to) = (a.now.plus_secs(-9_999), a.now.plus_secs(9_999));
    let none = Condition::Never;
    let buckets = tx.log_histogram(&LogQuery::default(), &none, (from, to), 4_000_000_000).await?;
    let all = tx.log_count(&LogQuery::default(), from, to).await?;
    let by = signet_store::log_query::GroupBy::Actor;
    let groups = tx.log_groups(&LogQuery::default(), by, from, to, 10).await?;
    let grouped: i64 = groups.iter().map(|group| group.total).sum();
    let typed: i64 = tx.types_between(from, to).await?.iter().map(|of_type| of_type.total).sum();
    let times = tx.log_times(&LogQuery::default(), from, to).await?.len();
    let times = i64::try_from(times).unwrap_or(i64::MAX);
    Ok(buckets
        .iter()
        .map(|(bucket, _)| bucket.total)
        .sum::<i64>()
        .max(all.total)
        .max(grouped)
        .max(typed)
        .max(times)
        - 1)
}

async fn limits(c: &mut Contract, engine: Engine) {
    calls! { c:
        locked_until(tx, a, b) tx.locked_until(&a.user.login_key, a.now) => (Ok(None));
        locked_logins(tx, a, b) tx.locked_logins("", a.now, 10) => (Ok(v) if v.iter().all(|(key, _)| *key == b.user.login_key));
        forgive(tx, a, b) tx.forgive(&a.user.login_key, "192.0.2.1") => (Ok(()));
        unlock(tx, a, b) tx.unlock(&a.user.login_key, a.now) => (Ok(false));
        story_of_request(tx, a, b) tx.story_of_request(a.event.request.id) => (Ok(None));
        story_of_event(tx, a, b) tx.story_of_event(a.event.id) => (Ok(None));
        take_story(tx, a, b) tx.take_story("throttle", "k", b.now) => (Ok(Some(s)) if s.event_id == b.event.id);
        take_story(tx, a, b) tx.take_story("throttle", "k", b.now) => (Ok(None));
        api_calls(tx, a, b) tx.api_calls(signet_domain::Time(0)) => (Ok(v) if v.iter().map(|c| c.count).sum::<i64>() == 1);
        api_calls_by_hour(tx, a, b) tx.api_calls_by_hour(signet_domain::Time(0)) => (Ok(v) if v.iter().map(|(_, n)| n).sum::<i64>() == 1);
        api_calls_by_caller(tx, a, b) tx.api_calls_by_caller(signet_domain::Time(0), 10) => (Ok(v) if v.iter().map(|(_, n)| n).sum::<i64>() == 1);
        refusals_by_window(tx, a, b) tx.refusals_by_window("throttle", signet_domain::Time(0)) => (Ok(v) if v.is_empty());
        refusals_by_key(tx, a, b) tx.refusals_by_key("throttle", a.now) => (Ok(v) if v.is_empty());
        // The other's key begins a story of this tenant's own.
        count_refusals(tx, a, b) tx.count_refusals(&a.story(), &a.refusals()) => (Ok(true));
        open_stories(tx, a, b) tx.open_stories("throttle", 10) => (Ok(v) if v.is_empty());
        is_paused(tx, a, b) tx.is_paused("00T1") => (Ok(true));
        calling_user(tx, a, b) tx.calling_user(a.user.id, "00T1") => (Ok(None));
        calling_credential(tx, a, b) tx.calling_credential(a.credential.id, "00T1") => (Ok(None));
        resume_caller(tx, a, b) tx.resume_caller("00T1") => (Ok(true));
        pause_caller(tx, a, b) tx.pause_caller("00T2", a.now) => (Ok(true));
        paused_callers(tx, a, b) tx.paused_callers() => (Ok(v) if v.len() == 1 && v[0].0 == "00T2");
        rate_policy(tx, a, b) tx.rate_policy(a.rate_policy.id) => (Ok(None));
        rate_policies(tx, a, b) tx.rate_policies() => (Ok(v) if v.iter().all(|p| p.tenant_id == b.tenant.id));
        update_rate_policy(tx, a, b) tx.update_rate_policy(&a.rate_policy, a.now) => (Err(StoreError::Stale));
        begin_attempt(tx, a, b) tx.begin_attempt(&a.user.login_key, "192.0.2.1", RULE, a.now, a.now) => (Ok(Begun::Open));
        give_up_attempt(tx, a, b) tx.give_up_attempt(&a.user.login_key, "192.0.2.1") => (Ok(()));
        give_up_attempt_from(tx, a, b) tx.give_up_attempt_from(&a.user.login_key, "192.0.2.1") => (Ok(()));
        note_failure(tx, a, b) tx.note_failure(&a.user.login_key, "192.0.2.1", RULE, a.now) => (Ok(f) if f.failures == 1);
    }
    let at_b = c.house.at_b();
    let name = "of-a";
    assert!(at_b.window(name).await.expect("a window").is_none());
    c.house.store.tenant(c.house.a.tenant.id).count(name, 1_000_000, 1).await.expect("a count");
    c.before = c.house.rows_of_a().await;
    let count = at_b.count(name, 1_000_000, 2).await.expect("a count");
    assert!(matches!(count, Count::Counted(w) if w.used == 1), "{count:?}");
    c.unchanged("count").await;
    at_b.count_call(name, 1_000_000, 2, ("00T1", "GET /")).await.expect("a count");
    c.unchanged("count_call").await;
    let house = &c.house;
    let at_a = house.store.tenant(house.a.tenant.id);
    at_a.count("only-of-a", 1_000_000_000, 1).await.expect("a count");
    assert!(at_a.any_window("only-of-", "only-of-b").await.expect("a look"));
    assert!(!at_b.any_window("only-of-", "only-of-b").await.expect("a look"));
    c.before = c.house.rows_of_a().await;
    c.called.extend(["any_window", "count", "count_call", "window"]);
    if engine == Engine::Postgres {
        let login = c.house.a.user.login_key.clone();
        for n in 0..4 {
            let attempt = at_b.throttle(&login).await.expect("a decision");
            assert!(matches!(attempt, Attempt::Admitted { .. }), "attempt {n} of a namesake: {attempt:?}");
        }
        c.unchanged("throttle").await;
    }
    c.called.insert("throttle");
    let decision = at_b.decide_rates(&batch(), None).await.expect("a decision");
    assert_eq!(decision.counters[0].current, 2, "only its own request was there before");
    c.unchanged("decide_rates").await;
    c.called.insert("decide_rates");
}

/// Last, because these put rows with the first tenant's ids beside it, which then are the second one's own.
async fn deletions(c: &mut Contract) {
    calls! { c:
        delete_user(tx, a, b) tx.delete_user(a.user.id) => (Ok(false));
        delete_app(tx, a, b) tx.delete_app(a.app.id) => (Ok(false));
        delete_app_secret(tx, a, b) tx.delete_app_secret(a.app.id, a.secret.id) => (Ok(false));
        delete_server(tx, a, b) tx.delete_server(a.server.id) => (Ok(false));
        delete_scope(tx, a, b) tx.delete_scope(a.server.id, a.scope.id) => (Ok(false));
        delete_claim(tx, a, b) tx.delete_claim(a.server.id, a.claim.id) => (Ok(false));
        delete_access_rule(tx, a, b) tx.delete_access_rule(a.server.id, a.access_policy.id, a.access_rule.id) => (Ok(false));
        delete_access_policy(tx, a, b) tx.delete_access_policy(a.server.id, a.access_policy.id) => (Ok(false));
        delete_group(tx, a, b) tx.delete_group(a.group.id) => (Ok(false));
        insert_group(tx, a, b) tx.insert_group(&a.group) => (Ok(()));
        delete_group(tx, a, b) tx.delete_group(a.group.id) => (Ok(true));
        insert_webhook(tx, a, b) tx.insert_webhook(&a.webhook) => (Ok(()));
        delete_webhook(tx, a, b) tx.delete_webhook(a.webhook.id) => (Ok(true));
        insert_alert(tx, a, b) tx.insert_alert(&a.alert) => (Ok(()));
        delete_alert(tx, a, b) tx.delete_alert(a.alert.id) => (Ok(true));
        delete_rate_policy(tx, a, b) tx.delete_rate_policy(a.rate_policy.id) => (Ok(false));
        insert_rate_policy(tx, a, b) tx.insert_rate_policy(&a.rate_policy) => (Ok(()));
        insert_user(tx, a, b) tx.insert_user(&signet_domain::user::User { number: 77, ..a.user.clone() }) => (Ok(()));
        insert_app(tx, a, b) tx.insert_app(&a.app) => (Ok(()));
        insert_server(tx, a, b) tx.insert_server(&a.server) => (Ok(()));
        insert_credential(tx, a, b) tx.insert_credential(&a.credential) => (Ok(()));
        delete_user(tx, a, b) tx.delete_user(a.user.id) => (Ok(true));
        delete_app(tx, a, b) tx.delete_app(a.app.id) => (Ok(true));
        delete_server(tx, a, b) tx.delete_server(a.server.id) => (Ok(true));
    }
}
