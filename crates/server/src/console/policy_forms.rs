//! Making, changing and deleting rate policies.

use super::admin::Admin;
use super::failure::Result;
use super::form::{Form, again, clashing, refused};
use super::policies::{PATH, WRITE, crumbs, grant_label, url_of};
use super::policy_trial::{Hours, tried, untried};
use super::review::reviewed;
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use signet_domain::rate_policy::{RateIdentifier, RatePolicy, RateStrategy, WindowType};
use signet_idp::admin::rate_policy_rules::{
    ERROR_MESSAGE, GRANT_TYPES, MAX_WINDOWS, RatePolicySettings, USUAL_GRANT_TYPES, sync_rate_seconds,
};
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::syslog::visible;
use signet_web::{Field, FormPage, Pairs, Pick, Section};

/// A number that no field may have, for what is no number.
const NO_NUMBER: i64 = -1;

/// What the fields of a form say, as they were typed.
struct Typed {
    name: String,
    identifier: String,
    header_name: String,
    path: String,
    windows: Vec<(String, String)>,
    window_type: String,
    grant_types: Vec<String>,
    state: String,
    strategy: String,
    sync_rate: String,
    namespace: String,
    error_code: String,
    error_message: String,
    jitter: String,
    disable_penalty: bool,
    hide_client_headers: bool,
}

impl Typed {
    fn fresh() -> Self {
        Self {
            name: String::new(),
            identifier: RateIdentifier::App.as_str().to_owned(),
            header_name: String::new(),
            path: String::new(),
            windows: Vec::new(),
            window_type: WindowType::Sliding.as_str().to_owned(),
            grant_types: USUAL_GRANT_TYPES.iter().map(|g| (*g).to_owned()).collect(),
            state: "dry-run".to_owned(),
            strategy: RateStrategy::Local.as_str().to_owned(),
            sync_rate: String::new(),
            namespace: String::new(),
            error_code: "429".to_owned(),
            error_message: ERROR_MESSAGE.to_owned(),
            jitter: "0".to_owned(),
            disable_penalty: false,
            hide_client_headers: false,
        }
    }

    fn of(policy: &RatePolicy) -> Self {
        let windows = policy.limits.iter().zip(policy.window_sizes.iter());
        let state = match (policy.enabled, policy.dry_run) {
            (true, false) => "enforce",
            (true, true) => "dry-run",
            (false, _) => "off",
        };
        Self {
            name: policy.name.clone(),
            identifier: policy.identifier.as_str().to_owned(),
            header_name: policy.header_name.clone().unwrap_or_default(),
            path: policy.path.clone().unwrap_or_default(),
            windows: windows.map(|(limit, size)| (limit.to_string(), size.to_string())).collect(),
            window_type: policy.window_type.as_str().to_owned(),
            grant_types: policy.grant_types.0.clone(),
            state: state.to_owned(),
            strategy: policy.strategy.as_str().to_owned(),
            sync_rate: sync_rate_seconds(policy).to_string(),
            namespace: policy.namespace.clone(),
            error_code: policy.error_code.to_string(),
            error_message: policy.error_message.clone(),
            jitter: policy.retry_after_jitter_max.to_string(),
            disable_penalty: policy.disable_penalty,
            hide_client_headers: policy.hide_client_headers,
        }
    }

    fn sent(form: &Form) -> Self {
        let trimmed = |list: Vec<String>| list.into_iter().map(|v| v.trim().to_owned());
        let (limits, sizes) = (trimmed(form.all("limit")), trimmed(form.all("window_size")));
        let windows = limits.zip(sizes).filter(|(a, b)| !(a.is_empty() && b.is_empty()));
        Self {
            name: form.text("name"),
            identifier: form.text("identifier"),
            header_name: form.text("header_name"),
            path: form.text("path"),
            windows: windows.collect(),
            window_type: form.text("window_type"),
            grant_types: form.all("grant_types"),
            state: form.text("state"),
            strategy: form.text("strategy"),
            sync_rate: form.text("sync_rate"),
            namespace: form.text("namespace"),
            error_code: form.text("error_code"),
            error_message: form.text("error_message"),
            jitter: form.text("retry_after_jitter_max"),
            disable_penalty: form.ticked("flags", "disable_penalty"),
            hide_client_headers: form.ticked("flags", "hide_client_headers"),
        }
    }

    /// As settings. `before` is what is being changed.
    fn settings(&self, before: Option<&RatePolicy>) -> RatePolicySettings {
        let given = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
        let number = |text: &str| text.parse().unwrap_or(NO_NUMBER);
        RatePolicySettings {
            name: self.name.clone(),
            enabled: self.state != "off",
            // What is switched off comes back as it was.
            dry_run: self.state == "dry-run" || (self.state == "off" && before.is_some_and(|p| p.dry_run)),
            identifier: self.identifier.clone(),
            header_name: given(&self.header_name),
            path: given(&self.path),
            grant_types: Some(self.grant_types.clone()),
            limit: self.windows.iter().map(|(limit, _)| number(limit)).collect(),
            window_size: self.windows.iter().map(|(_, size)| number(size)).collect(),
            window_type: self.window_type.clone(),
            namespace: given(&self.namespace),
            strategy: self.strategy.clone(),
            sync_rate: given(&self.sync_rate).map(|text| text.parse().unwrap_or(f64::NAN)),
            disable_penalty: self.disable_penalty,
            hide_client_headers: self.hide_client_headers,
            retry_after_jitter_max: number(&self.jitter),
            error_code: number(&self.error_code),
            error_message: self.error_message.clone(),
        }
    }
}

/// Room for two more windows than there are.
fn windows(typed: &Typed) -> Pairs {
    let mut rows = typed.windows.clone();
    let room = (rows.len() + 1).clamp(2, MAX_WINDOWS).max(rows.len());
    rows.resize(room, (String::new(), String::new()));
    Pairs { second: "window_size", labels: ("Most tokens", "Seconds"), words: ("tokens in", "seconds"), rows }
}

fn identifiers(chosen: &str) -> Vec<Pick> {
    let label = |identifier: RateIdentifier| match identifier {
        RateIdentifier::Tenant => "The whole account together",
        RateIdentifier::Server => "Each authorization server",
        RateIdentifier::App => "Each app",
        RateIdentifier::User => "Each user; where there is none, each app",
        RateIdentifier::Credential => "Each API credential",
        RateIdentifier::Ip => "Each address",
        RateIdentifier::Path => "One path, all callers together",
        RateIdentifier::Header => "Each value of a request header",
    };
    RateIdentifier::ALL.iter().map(|i| Pick::new(i.as_str(), label(*i), i.as_str() == chosen)).collect()
}

fn first_fields(typed: &Typed) -> Vec<Field> {
    let grants = GRANT_TYPES
        .iter()
        .map(|g| Pick::new(*g, grant_label(g), typed.grant_types.iter().any(|t| t == g)))
        .collect();
    let state =
        |value: &str, label: &str, help: &str| Pick::new(value, label, typed.state == value).help(help);
    vec![
        Field::line("name", "Name", typed.name.clone()).required(),
        Field::radio(
            "state",
            "State",
            vec![
                state("dry-run", "Dry run", "Refuses nothing; the log has what it would refuse."),
                state("enforce", "In force", "What is over the limit is refused."),
                state("off", "Off", "Neither counts nor refuses."),
            ],
        ),
        Field::pairs("limit", "At most", windows(typed))
            .help("With more than one line the tightest decides. Save to get another line; leave one empty to drop it."),
        Field::select("identifier", "For", identifiers(&typed.identifier)),
        Field::line("header_name", "Header", typed.header_name.clone())
            .mono()
            .help("Only for “each value of a request header”: X-Plan. Without the header each address counts."),
        Field::line("path", "Path", typed.path.clone())
            .mono()
            .help("Only for “one path”: /oauth2/default/v1/token."),
        Field::checks("grant_types", "Grants that count", grants)
            .help("Refreshing is no new sign-in: many clients give up a session over a refused refresh."),
    ]
}

fn answer_fields(typed: &Typed) -> Vec<Field> {
    let flags = vec![
        Pick::new("disable_penalty", "Refused requests don’t count", typed.disable_penalty)
            .help("Otherwise whoever keeps trying stays refused."),
        Pick::new("hide_client_headers", "Answers say nothing of the limit", typed.hide_client_headers)
            .help("No RateLimit headers, no Retry-After."),
    ];
    vec![
        Field::number("error_code", "Status", typed.error_code.clone()).help("From 400 to 599; usually 429."),
        Field::line("error_message", "Message", typed.error_message.clone()),
        Field::number("retry_after_jitter_max", "Spread retries over", typed.jitter.clone()).help(
            "Most seconds that are added to Retry-After at random, so that not everybody comes back at once.",
        ),
        Field::checks("flags", "Also", flags),
    ]
}

fn counter_fields(typed: &Typed, has_redis: bool) -> Vec<Field> {
    let strategy = |value: RateStrategy, label: &str, help: &str| {
        Pick::new(value.as_str(), label, typed.strategy == value.as_str()).help(help)
    };
    let mut strategies = vec![
        strategy(
            RateStrategy::Local,
            "Each node for itself",
            "Fastest; with several nodes each allows the limit.",
        ),
        strategy(RateStrategy::Cluster, "In the database", "All nodes together."),
    ];
    if has_redis || typed.strategy == RateStrategy::Redis.as_str() {
        strategies.push(strategy(RateStrategy::Redis, "In Redis", "All nodes together, fast."));
    }
    let window = |value: WindowType, label: &str| {
        Pick::new(value.as_str(), label, typed.window_type == value.as_str())
    };
    vec![
        Field::select(
            "window_type",
            "Windows",
            vec![
                window(WindowType::Sliding, "Sliding: the window before weighs on this one"),
                window(WindowType::Fixed, "Fixed: each begins anew"),
            ],
        ),
        Field::radio("strategy", "Counted", strategies),
        Field::line("sync_rate", "Seconds between exchanges", typed.sync_rate.clone())
            .help("0: with every request, exact. -1: never. 0.02 to 3600: nodes may be that far behind. Empty: as usual."),
        Field::line("namespace", "Namespace", typed.namespace.clone())
            .mono()
            .help("Policies with the same one share counters. Empty: its own."),
    ]
}

fn fields(admin: &Admin, page: FormPage, typed: &Typed) -> FormPage {
    let mut page = page
        .fields(first_fields(typed))
        .group("When it refuses", answer_fields(typed))
        .group("Counting", counter_fields(typed, admin.idp().redis().is_some()));
    page.trial = Some(untried());
    page
}

fn new_page(admin: &Admin, typed: &Typed) -> FormPage {
    let page = admin.form(
        ("New rate policy", Section::Limits),
        crumbs(None),
        format!("{PATH}/new"),
        "Create rate policy",
    );
    fields(admin, page, typed)
}

fn edit_page(admin: &Admin, policy: &RatePolicy, version: &str, typed: &Typed) -> FormPage {
    let action = format!("{}/edit", url_of(policy));
    let page = admin.edit_form(("Settings", Section::Limits), crumbs(Some(policy)), action, version);
    fields(admin, page, typed)
}

fn edit_page_now(admin: &Admin, policy: &RatePolicy) -> FormPage {
    edit_page(admin, policy, &policy.version.to_string(), &Typed::of(policy))
}

/// What is wrong with a window's length stands beside the windows, which are one field here.
fn beside(error: AdminError) -> AdminError {
    match error {
        AdminError::Invalid { subject, causes } => {
            let beside = |cause: String| match cause.strip_prefix("window_size: ") {
                Some(rule) if rule.contains("twice") => "limit: two windows have the same length".to_owned(),
                Some(rule) => format!("limit: seconds {rule}"),
                None => match cause.strip_prefix("limit: must be from") {
                    Some(rest) => format!("limit: the number of tokens must be from{rest}"),
                    None if cause.starts_with("limit: must have") => {
                        format!("limit: must have 1 to {MAX_WINDOWS} lines")
                    }
                    None => cause,
                },
            };
            let mut causes: Vec<String> = causes.into_iter().map(beside).collect();
            causes.dedup();
            AdminError::Invalid { subject, causes }
        }
        other => other,
    }
}

/// The form again with what the draft would have done.
async fn try_it(
    admin: &Admin,
    form: &Form,
    mut page: FormPage,
    settings: RatePolicySettings,
) -> Result<Response> {
    let hours = Hours::read(form);
    match tried(admin, settings, hours).await {
        Ok(trial) => {
            page.trial = Some(trial);
            Ok(html::page(&page))
        }
        Err(error) => again(page, beside(error)),
    }
}

pub(super) async fn new(admin: Admin) -> Response {
    let shown =
        admin.must(Area::Apps, Access::Write).map(|()| html::page(&new_page(&admin, &Typed::fresh())));
    admin.answer(shown)
}

pub(super) async fn create(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let made = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let typed = Typed::sent(&form);
        let (page, settings) = (new_page(&admin, &typed), typed.settings(None));
        if form.raw("do") == "try" {
            return try_it(&admin, &form, page, settings).await;
        }
        admin.once(&form).await?;
        match admin.idp().admin_create_rate_policy(&admin.ctx, &admin.caller, settings).await {
            Ok(policy) => Ok(step::redirect(&format!("{}?done=create", url_of(&policy)))),
            Err(error) => again(page, beside(error)),
        }
    };
    let made = made.await;
    admin.answer(made)
}

pub(super) async fn edit(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let policy = admin.idp().admin_rate_policy(&admin.ctx, &id).await?;
        Ok(html::page(&edit_page_now(&admin, &policy)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn save(admin: Admin, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let saved = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let policy = admin.idp().admin_rate_policy(&admin.ctx, &id).await?;
        let typed = Typed::sent(&form);
        let mut page = edit_page(&admin, &policy, form.raw("version"), &typed);
        if let Some(answer) = reviewed(&form, &mut page, &edit_page_now(&admin, &policy)) {
            return Ok(answer);
        }
        let settings = typed.settings(Some(&policy));
        if form.raw("do") == "try" {
            return try_it(&admin, &form, page, settings).await;
        }
        // Whatever is changed of what is in force, it may refuse less from now on.
        if policy.enabled && !policy.dry_run {
            page = admin.asking(page);
            if !admin.confirmed(&form, &mut page).await? {
                return Ok(refused(&page));
            }
        }
        let (ctx, caller, expected) = (&admin.ctx, &admin.caller, form.expected());
        match admin.idp().admin_replace_rate_policy(ctx, caller, &id, settings, &expected).await {
            Ok(_) => Ok(step::redirect(&format!("{}?done=edit", url_of(&policy)))),
            Err(AdminError::Stale) => {
                let now = admin.idp().admin_rate_policy(ctx, &id).await?;
                Ok(clashing(page, &edit_page_now(&admin, &now)))
            }
            Err(error) => again(page, beside(error)),
        }
    };
    let saved = saved.await;
    admin.answer(saved)
}

fn delete_page(admin: &Admin, policy: &RatePolicy) -> FormPage {
    let name = visible(&policy.name);
    let page = admin.form(
        ("Delete a rate policy", Section::Limits),
        crumbs(Some(policy)),
        format!("{}/delete", url_of(policy)),
        "Delete",
    );
    let intro = format!("{name} limits nothing any more, and what it counted is forgotten. The log stays.");
    admin.asking(page.intro(intro).dangerous())
}

pub(super) async fn ask_delete(admin: Admin, Path(id): Path<String>) -> Response {
    let shown = async {
        admin.must(Area::Apps, Access::Write)?;
        let policy = admin.idp().admin_rate_policy(&admin.ctx, &id).await?;
        Ok(html::page(&delete_page(&admin, &policy)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn delete(
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let deleted = async {
        let form = admin.open(&headers, &body, WRITE)?;
        let policy = admin.idp().admin_rate_policy(&admin.ctx, &id).await?;
        let mut page = delete_page(&admin, &policy);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        admin.idp().admin_delete_rate_policy(&admin.ctx, &admin.caller, &id).await?;
        Ok(step::redirect(&format!("{PATH}?done=delete")))
    };
    let deleted = deleted.await;
    admin.answer(deleted)
}
