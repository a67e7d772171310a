//! What of the store sees more than one tenant: a short list, known by name.

use std::collections::BTreeSet;

use crate::support::source::functions_of;

/// Functions of the whole store that touch no tenant's rows.
const HARMLESS: &[&str] = &["close", "engine", "epoch", "on_change", "open", "ping", "sign_floors", "tenant"];

/// Functions that see the whole deployment. Whoever adds one says here that no tenant's request can use it to
/// reach another tenant.
const UNSCOPED: &[&str] = &[
    "unscoped_add_link",
    "unscoped_alert_step",
    "unscoped_backlog",
    "unscoped_beat",
    "unscoped_begin_deletion",
    "unscoped_begin_epoch",
    "unscoped_behind_the_log",
    "unscoped_chain_base",
    "unscoped_changes_since",
    "unscoped_claim_logouts",
    "unscoped_claim_webhooks",
    "unscoped_count_events",
    "unscoped_delete_demo_operators",
    "unscoped_delete_expired",
    "unscoped_delete_tenant",
    "unscoped_deletion",
    "unscoped_deletions",
    "unscoped_deployment",
    "unscoped_due_erasure",
    "unscoped_end_alert_step",
    "unscoped_ended_stories",
    "unscoped_erase_rows",
    "unscoped_erased_at_host",
    "unscoped_events_after",
    "unscoped_events_ahead",
    "unscoped_events_between",
    "unscoped_events_up_to",
    "unscoped_events_to_seal",
    "unscoped_finish_erasure",
    "unscoped_insert_operator",
    "unscoped_insert_operator_session",
    "unscoped_insert_tenant",
    "unscoped_last_link",
    "unscoped_last_tenant_number",
    "unscoped_leave",
    "unscoped_links",
    "unscoped_listen",
    "unscoped_live_nodes",
    "unscoped_make_deployment",
    "unscoped_note_refusals",
    "unscoped_note_runs",
    "unscoped_operator",
    "unscoped_note_restore",
    "unscoped_operator_event",
    "unscoped_restore",
    "unscoped_operator_session",
    "unscoped_rehome_tenant",
    "unscoped_restore_tenant",
    "unscoped_runs",
    "unscoped_seals",
    "unscoped_servers_with_due_keys",
    "unscoped_set_public_url",
    "unscoped_set_tenant_status",
    "unscoped_tenant_by_host",
    "unscoped_tenant_by_name",
    "unscoped_tenant_name",
    "unscoped_tenants",
    "unscoped_tenants_with_prefix",
    "unscoped_touch_operator_session",
    "unscoped_unused_registrations",
];

#[test]
fn functions_outside_a_tenants_scope_are_named_and_listed() {
    let found: BTreeSet<String> =
        functions_of("crates/store/src", "Store").into_iter().map(|f| f.name).collect();
    assert!(found.contains("open"), "this test no longer finds the store's functions");
    let known: BTreeSet<String> = HARMLESS.iter().chain(UNSCOPED).map(|&name| name.to_owned()).collect();
    let unlisted: Vec<_> = found.difference(&known).collect();
    assert!(
        unlisted.is_empty(),
        "{unlisted:?}: put it on Tx or TenantStore, or call it unscoped_… and list it here"
    );
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(gone.is_empty(), "listed here but no longer in the store: {gone:?}");
}

/// Only code that acts for the deployment calls them; a use case of a tenant may look up its own tenant by host.
#[test]
fn unscoped_functions_are_called_for_the_deployment_only() {
    const CALLERS: &[&str] = &[
        "crates/idp/src/admin/operators.rs",
        "crates/idp/src/alerts.rs",
        "crates/idp/src/log_seals/",
        "crates/idp/src/nodes.rs",
        "crates/idp/src/service.rs",
        "crates/idp/src/tenants.rs",
        "crates/idp/src/tenants/",
        "crates/server/src/background.rs",
        "crates/server/src/cli",
        "crates/server/src/control.rs",
        "crates/server/src/middleware/host.rs",
        "crates/server/src/operator",
        "crates/server/src/seed",
    ];
    let root = crate::support::source::workspace();
    for dir in ["crates/idp/src", "crates/server/src"] {
        for path in crate::support::source::rust_files(dir) {
            let text = std::fs::read_to_string(&path).expect("a source file");
            let file = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
            if text.contains(".unscoped_") {
                let known = CALLERS.iter().any(|caller| file.starts_with(caller));
                assert!(known, "{file} reaches across tenants");
            }
        }
    }
}
