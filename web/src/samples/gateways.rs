//! Gateway profiles.

use super::directory::history;
use super::{HOSTILE, LONG, Sample, console, sample, time};
use crate::{Action, Empty, Fact, GatewayList, GatewayPage, GatewayRow, Link, Section};

pub(super) fn all() -> Vec<Sample> {
    let row = |name: &str, scopes: &str| GatewayRow {
        url: "/console/gateways/1".to_owned(),
        name: name.to_owned(),
        grants: "codes, client credentials".to_owned(),
        scopes: scopes.to_owned(),
        takes: "tokens and API keys".to_owned(),
        changed: time("today, 14:02 UTC"),
    };
    let new = Link::new("New gateway profile", "/console/gateways/new");
    let list = GatewayList {
        console: console("Gateways", Section::Gateways),
        create: Some(new.clone()),
        gateways: vec![row("Orders", "orders:read, orders:write"), row(HOSTILE, HOSTILE), row(LONG, LONG)],
        empty: None,
    };
    let empty = GatewayList {
        gateways: Vec::new(),
        empty: Some(Empty::NothingYet {
            sentence: "No authorization server has a gateway profile.".to_owned(),
            action: Some(new),
        }),
        ..list.clone()
    };
    let page = GatewayPage {
        console: console(HOSTILE, Section::Gateways),
        crumbs: vec![Link::new("Gateways", "/console/gateways")],
        server: Link::new(HOSTILE, "/console/servers/1"),
        endpoints: vec![
            Fact::code("Verify", "http://acme.localhost:8080/gateway/orders/verify"),
            Fact::code("Token", LONG),
        ],
        calls: vec![Fact::code("Header", "authorization"), Fact::text("API keys", "not taken")],
        tokens: vec![
            Fact::text("Grants", "codes, client credentials"),
            Fact::text("Scopes", LONG),
            Fact::text("Access token", "2 hours"),
        ],
        provision: time("3 March"),
        roll: Some(Link::new("Make another", "/console/gateways/1/roll")),
        history: Some(history("Orders")),
        edit: vec![Link::new("Settings", "/console/gateways/1/edit")],
        actions: vec![
            Action::ask("Delete…", "/console/gateways/1/delete")
                .explain("With every grant that its endpoints made.")
                .dangerous(),
        ],
    };
    let quiet =
        GatewayPage { roll: None, history: None, edit: Vec::new(), actions: Vec::new(), ..page.clone() };
    vec![
        sample("gateways-hostile", &list),
        sample("gateways-empty", &empty),
        sample("gateway-hostile", &page),
        sample("gateway-quiet", &quiet),
    ]
}
