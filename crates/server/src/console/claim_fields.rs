//! What the form of a claim asks, and a claim in its words.

use super::form::Form;
use serde_json::Value;
use signet_domain::claim::{ClaimRow, ClaimTarget, ClaimValueType, GroupFilter, InForce};
use signet_idp::admin::claims::ClaimSettings;
use signet_idp::syslog::visible;
use signet_web::{ClaimItem, Field, FormPage, Pick};

/// What a value is made of, as the form asks: its name there and its words.
const SOURCES: [(&str, &str); 8] = [
    ("profile", "A member of the user’s profile"),
    ("constant", "The same for everybody"),
    ("app_id", "The app’s client id"),
    ("app_name", "The app’s name"),
    ("STARTS_WITH", "The user’s groups that begin with …"),
    ("EQUALS", "The user’s group that is named …"),
    ("CONTAINS", "The user’s groups that contain …"),
    ("REGEX", "The user’s groups that match the pattern …"),
];
/// Where a claim goes, as the form asks.
const PLACES: [(&str, &str, &str); 3] = [
    ("access", "The access token", "For your API."),
    ("id", "The ID token and userinfo", "For the app that the user signs in to."),
    ("userinfo", "Userinfo alone", "Keeps the ID token small."),
];

/// What the fields say, as they were typed.
pub(super) struct Typed {
    name: String,
    place: String,
    source: String,
    value: String,
    scopes: String,
    in_force: bool,
}

impl Typed {
    pub(super) fn fresh() -> Self {
        Self {
            name: String::new(),
            place: "access".to_owned(),
            source: "profile".to_owned(),
            value: String::new(),
            scopes: String::new(),
            in_force: true,
        }
    }

    pub(super) fn of(claim: &ClaimRow) -> Self {
        let place = match (claim.target, claim.always_in_token) {
            (ClaimTarget::Resource, _) => "access",
            (ClaimTarget::Identity, true) => "id",
            (ClaimTarget::Identity, false) => "userinfo",
        };
        let (source, value) = match (claim.value_type, claim.group_filter, claim.value.trim()) {
            (ClaimValueType::Groups, filter, value) => (filter.map_or("EQUALS", GroupFilter::as_str), value),
            (ClaimValueType::Expression, _, "app.clientId") => ("app_id", ""),
            (ClaimValueType::Expression, _, "app.label") => ("app_name", ""),
            (ClaimValueType::Expression, _, value) => match value.strip_prefix("user.") {
                Some(member) => ("profile", member),
                None => ("constant", value),
            },
        };
        Self {
            name: claim.name.clone(),
            place: place.to_owned(),
            source: source.to_owned(),
            value: value.to_owned(),
            scopes: claim.scopes.join(" "),
            in_force: claim.status == InForce::Active,
        }
    }

    pub(super) fn sent(form: &Form) -> Self {
        Self {
            name: form.text("name"),
            place: form.text("claimType"),
            source: form.text("source"),
            value: form.text("value"),
            scopes: form.text("conditions"),
            in_force: form.ticked("flags", "active"),
        }
    }

    pub(super) fn settings(&self) -> ClaimSettings {
        let group_filter = GroupFilter::parse(&self.source);
        let value = match self.source.as_str() {
            _ if group_filter.is_some() => self.value.clone(),
            "app_id" => "app.clientId".to_owned(),
            "app_name" => "app.label".to_owned(),
            "constant" => constant(&self.value),
            _ => format!("user.{}", self.value.strip_prefix("user.").unwrap_or(&self.value)),
        };
        ClaimSettings {
            name: self.name.clone(),
            target: if self.place == "access" { ClaimTarget::Resource } else { ClaimTarget::Identity },
            value_type: match group_filter {
                Some(_) => ClaimValueType::Groups,
                None => ClaimValueType::Expression,
            },
            value,
            group_filter,
            scopes: self.scopes.split_whitespace().map(str::to_owned).collect(),
            always_in_token: self.place == "id",
            status: if self.in_force { InForce::Active } else { InForce::Inactive },
        }
    }
}

/// A constant as JSON: what is a number, true, false or a text in quotes stays, anything else is a text.
fn constant(typed: &str) -> String {
    match serde_json::from_str(typed) {
        Ok(Value::String(_) | Value::Number(_) | Value::Bool(_)) => typed.to_owned(),
        _ => Value::from(typed).to_string(),
    }
}

/// A claim as a line of its server's page.
pub(super) fn claim_item(claim: &ClaimRow, url: Option<&String>) -> ClaimItem {
    let typed = Typed::of(claim);
    let (code, value) = match (claim.value_type, claim.group_filter) {
        (ClaimValueType::Expression, _) => (true, claim.value.clone()),
        (ClaimValueType::Groups, filter) => {
            let how = match filter {
                Some(GroupFilter::StartsWith) => "groups that begin with",
                Some(GroupFilter::Contains) => "groups that contain",
                Some(GroupFilter::Regex) => "groups that match",
                Some(GroupFilter::Equals) | None => "the group",
            };
            (false, format!("{how} {}", claim.value))
        }
    };
    let goes = match typed.place.as_str() {
        "access" => "access token",
        "id" => "ID token and userinfo",
        _ => "userinfo",
    };
    ClaimItem {
        name: visible(&claim.name),
        value: visible(&value),
        code,
        goes: goes.to_owned(),
        with: match claim.scopes.len() {
            0 => "always".to_owned(),
            _ => format!("with {}", visible(&claim.scopes.join(", "))),
        },
        status: super::words::on_or_off(claim.status == InForce::Active),
        url: url.map(|url| format!("{url}/claims/{}", claim.id)),
    }
}

/// The fields of the form.
pub(super) fn fields(page: FormPage, typed: &Typed) -> FormPage {
    let sources = SOURCES.map(|(value, label)| Pick::new(value, label, typed.source == value));
    let places = PLACES.map(|(value, label, help)| Pick::new(value, label, typed.place == value).help(help));
    page.fields([
        Field::line("name", "Claim", typed.name.clone())
            .required()
            .mono()
            .help("Its name in the token: department. Names with a meaning of their own, such as sub or email, are taken."),
        Field::select("source", "Its value is", sources.to_vec()),
        Field::line("value", "Value", typed.value.clone()).mono().help(
            "The profile’s member: department, login, id. Or the constant: gold, 7, true. Or what the names of \
             groups are compared with. For what the app is called, leave it empty.",
        ),
        Field::radio("claimType", "It goes into", places.to_vec()),
        Field::line("conditions", "Only with one of these scopes", typed.scopes.clone())
            .mono()
            .help("Separated by spaces. Empty: always."),
        Field::checks("flags", "State", vec![Pick::new("active", "In force", typed.in_force)]),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_is_what_it_looks_like() {
        for (typed, json) in [
            ("gold", "\"gold\""),
            ("\"gold\"", "\"gold\""),
            ("7", "7"),
            ("true", "true"),
            ("null", "\"null\""),
            ("say \"hi\"", "\"say \\\"hi\\\"\""),
            ("", "\"\""),
        ] {
            assert_eq!(constant(typed), json, "{typed}");
        }
    }
}
