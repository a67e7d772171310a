//! Ways into the log for searches that say enough: whom or what they are about. They say it once more in the words
//! that indexes know, so that neither engine passes over the rest of the log.

use super::sql::{Arg, Sql};
use super::{Condition, TextField, TextOp};

/// What people's sign-ins and machines' tokens leave: most of a log. What isn't among them is rare.
pub const FREQUENT: [&str; 12] = [
    "app.oauth2.authorize.code",
    "app.oauth2.as.authorize.code",
    "app.oauth2.token.grant",
    "app.oauth2.as.token.grant",
    "app.oauth2.token.grant.access_token",
    "app.oauth2.as.token.grant.access_token",
    "app.oauth2.token.grant.id_token",
    "app.oauth2.as.token.grant.id_token",
    "app.oauth2.token.grant.refresh_token",
    "app.oauth2.as.token.grant.refresh_token",
    "user.session.start",
    "user_rate_limited",
];

/// The indexes' own condition, word for word.
pub(super) const RARE: &str = "e.event_type NOT IN (\
    'app.oauth2.authorize.code', 'app.oauth2.as.authorize.code', 'app.oauth2.token.grant', 'app.oauth2.as.token.grant', \
    'app.oauth2.token.grant.access_token', 'app.oauth2.as.token.grant.access_token', 'app.oauth2.token.grant.id_token', \
    'app.oauth2.as.token.grant.id_token', 'app.oauth2.token.grant.refresh_token', 'app.oauth2.as.token.grant.refresh_token', \
    'user.session.start', 'user_rate_limited')";

/// A part of the log that an index holds in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way<'c> {
    User(&'c str),
    RareBy(&'c str),
    Rare,
    App(&'c str),
}

impl<'c> Way<'c> {
    /// The narrowest way to everything of which a condition can hold.
    pub(super) fn of(condition: &'c Condition) -> Option<Self> {
        let must = must(condition);
        let user = equal(&must, &TextField::UserId).map(Self::User);
        let rare = || match (is_rare(condition, &must), equal(&must, &TextField::ActorId)) {
            (true, Some(actor)) => Some(Self::RareBy(actor)),
            (true, None) => Some(Self::Rare),
            (false, _) => None,
        };
        user.or_else(rare).or_else(|| equal(&must, &TextField::ClientId).map(Self::App))
    }

    /// Adds the way to a statement.
    pub(super) fn add(self, sql: &mut Sql) {
        let text = |value: &str| Arg::Text(value.to_owned());
        match self {
            Self::User(id) => sql.push(" AND e.user_id = ").bind(text(id)),
            Self::App(id) => sql.push(" AND e.client_id = ").bind(text(id)),
            Self::RareBy(id) => sql.push(" AND e.actor_id = ").bind(text(id)).push(" AND ").push(RARE),
            Self::Rare => sql.push(" AND ").push(RARE),
        };
    }
}

/// The parts that all must hold.
fn must(condition: &Condition) -> Vec<&Condition> {
    match condition {
        Condition::All(parts) => parts.iter().flat_map(must).collect(),
        part => vec![part],
    }
}

fn equal<'c>(must: &[&'c Condition], wanted: &TextField) -> Option<&'c str> {
    must.iter().find_map(|part| match part {
        Condition::Text { field, op: TextOp::Equal, value } if field == wanted => Some(value.as_str()),
        _ => None,
    })
}

fn is_rare(condition: &Condition, must: &[&Condition]) -> bool {
    let known = condition.event_types();
    must.contains(&&Condition::Rare)
        || known.is_some_and(|types| types.iter().all(|name| !FREQUENT.contains(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(field: TextField, value: &str) -> Condition {
        Condition::Text { field, op: TextOp::Equal, value: value.to_owned() }
    }

    #[test]
    fn the_indexes_and_the_list_name_the_same_types() {
        for file in [
            include_str!("../../../../migrations/sqlite/0023_log_ways.sql"),
            include_str!("../../../../migrations/postgres/0023_log_ways.sql"),
        ] {
            let words = |text: &str| text.split_whitespace().collect::<String>();
            let list = words(RARE.strip_prefix("e.").unwrap_or_default());
            assert_eq!(words(file).matches(&list).count(), 2);
        }
        let named = FREQUENT.map(|name| format!("'{name}'")).join(", ");
        assert_eq!(RARE, format!("e.event_type NOT IN ({named})"));
    }

    #[test]
    fn a_way_leads_to_everything_that_a_condition_finds() {
        let change = is(TextField::EventType, "group.lifecycle.create");
        let token = is(TextField::EventType, FREQUENT[0]);
        let user = is(TextField::UserId, "u");
        let app = is(TextField::ClientId, "c");
        assert_eq!(Way::of(&Condition::All(vec![change.clone(), app.clone()])), Some(Way::Rare));
        assert_eq!(Way::of(&Condition::All(vec![change.clone(), user.clone()])), Some(Way::User("u")));
        assert_eq!(Way::of(&Condition::All(vec![token.clone(), app.clone()])), Some(Way::App("c")));
        let by = is(TextField::ActorId, "a");
        assert_eq!(Way::of(&Condition::All(vec![by.clone(), Condition::Rare])), Some(Way::RareBy("a")));
        assert_eq!(Way::of(&by), None);
        assert_eq!(Way::of(&Condition::Any(vec![change, token])), None);
        assert_eq!(Way::of(&Condition::Any(vec![user, app.clone()])), None);
        assert_eq!(Way::of(&Condition::Not(Box::new(app))), None);
    }
}
