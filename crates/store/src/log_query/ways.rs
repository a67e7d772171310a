//! Ways into the log for searches that say enough: whom or what they are about. They say it once more in the words
//! that indexes know, so that neither engine passes over the rest of the log.

use super::sql::{Arg, Sql};
use super::{Condition, LogQuery, Order, TextField, TextOp};
use signet_domain::event::Outcome;

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

/// Of those, what is ordinary when it went through; a throttled attempt never is.
fn is_ordinary(event_type: &str) -> bool {
    FREQUENT.contains(&event_type) && event_type != "user_rate_limited"
}

/// The indexes' own condition, word for word.
pub(super) const RARE: &str = "e.event_type NOT IN (\
    'app.oauth2.authorize.code', 'app.oauth2.as.authorize.code', 'app.oauth2.token.grant', 'app.oauth2.as.token.grant', \
    'app.oauth2.token.grant.access_token', 'app.oauth2.as.token.grant.access_token', 'app.oauth2.token.grant.id_token', \
    'app.oauth2.as.token.grant.id_token', 'app.oauth2.token.grant.refresh_token', 'app.oauth2.as.token.grant.refresh_token', \
    'user.session.start', 'user_rate_limited')";

/// The same for everything but what is ordinary.
const NOTABLE: &str = "(e.outcome <> 'SUCCESS' OR e.event_type NOT IN (\
    'app.oauth2.authorize.code', 'app.oauth2.as.authorize.code', 'app.oauth2.token.grant', 'app.oauth2.as.token.grant', \
    'app.oauth2.token.grant.access_token', 'app.oauth2.as.token.grant.access_token', 'app.oauth2.token.grant.id_token', \
    'app.oauth2.as.token.grant.id_token', 'app.oauth2.token.grant.refresh_token', 'app.oauth2.as.token.grant.refresh_token', \
    'user.session.start'))";

/// A part of the log that an index holds in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way<'c> {
    User(&'c str),
    /// What concerns a user or was done by that user: two indexes, and no order.
    OfUser(&'c str),
    RareBy(&'c str),
    RareType(&'c str),
    Rare,
    Address(&'c str),
    App(&'c str),
    Notable,
}

impl<'c> Way<'c> {
    /// The narrowest way to everything of which a condition can hold.
    pub(super) fn of(condition: &'c Condition) -> Option<Self> {
        let must = must(condition);
        let is = |field| equal(&must, &field);
        let rare = is_rare(condition, &must);
        is(TextField::UserId)
            .map(Self::User)
            .or_else(|| is(TextField::ActorId).filter(|_| rare).map(Self::RareBy))
            .or_else(|| must.iter().find_map(|part| of_user(part)).map(Self::OfUser))
            .or_else(|| is(TextField::EventType).filter(|_| rare).map(Self::RareType))
            .or_else(|| rare.then_some(Self::Rare))
            .or_else(|| is(TextField::Ip).map(Self::Address))
            .or_else(|| is(TextField::ClientId).map(Self::App))
            .or_else(|| is_notable(condition, true).then_some(Self::Notable))
    }

    /// Adds the way to a statement.
    pub(super) fn add(self, sql: &mut Sql) {
        let text = |value: &str| Arg::Text(value.to_owned());
        match self {
            Self::User(id) => sql.push(" AND e.user_id = ").bind(text(id)),
            Self::OfUser(id) => sql
                .push(" AND (e.user_id = ")
                .bind(text(id))
                .push(" OR (e.actor_id = ")
                .bind(text(id))
                .push(" AND ")
                .push(RARE)
                .push("))"),
            Self::Address(ip) => sql.push(" AND e.ip = ").bind(text(ip)),
            Self::App(id) => sql.push(" AND e.client_id = ").bind(text(id)),
            Self::Notable => sql.push(" AND ").push(NOTABLE),
            Self::RareBy(id) => sql.push(" AND e.actor_id = ").bind(text(id)).push(" AND ").push(RARE),
            Self::RareType(name) => {
                sql.push(" AND e.event_type = ").bind(text(name)).push(" AND ").push(RARE)
            }
            Self::Rare => sql.push(" AND ").push(RARE),
        };
    }
}

/// What concerns a user or was done by that user lies under two indexes: a search that goes by the time is made in two,
/// each in its order, and nothing is found by both. Whatever isn't rare and done by a user concerns that user.
pub(super) fn parts(query: &LogQuery) -> Vec<LogQuery> {
    let Some(Way::OfUser(id)) = Way::of(&query.condition).filter(|_| query.order != Order::Commit) else {
        return vec![query.clone()];
    };
    let is = |field| Condition::Text { field, op: TextOp::Equal, value: id.to_owned() };
    let also = |mut parts: Vec<Condition>| {
        parts.push(query.condition.clone());
        LogQuery { condition: Condition::All(parts), ..query.clone() }
    };
    let others = Condition::Not(Box::new(is(TextField::UserId)));
    vec![also(vec![is(TextField::UserId)]), also(vec![is(TextField::ActorId), Condition::Rare, others])]
}

/// The id that an event names as its user or as who acted.
fn of_user(part: &Condition) -> Option<&str> {
    let Condition::Any(either) = part else { return None };
    let [one, other] = &either[..] else { return None };
    let user = equal(&[one], &TextField::UserId)?;
    (equal(&[other], &TextField::ActorId)? == user).then_some(user)
}

/// Whether nothing ordinary can be found where a condition holds, or where it doesn't.
fn is_notable(condition: &Condition, holds: bool) -> bool {
    let each = |parts: &[Condition]| !parts.is_empty() && parts.iter().all(|part| is_notable(part, holds));
    let either = |parts: &[Condition]| parts.iter().any(|part| is_notable(part, holds));
    match (condition, holds) {
        (Condition::All(parts), true) | (Condition::Any(parts), false) => either(parts),
        (Condition::Any(parts), true) | (Condition::All(parts), false) => each(parts),
        (Condition::Not(part), _) => is_notable(part, !holds),
        (Condition::Rare, holds) => holds,
        (Condition::Text { field: TextField::EventType, op: TextOp::Equal, value }, true) => {
            !is_ordinary(value)
        }
        (Condition::Text { field: TextField::Outcome, op: TextOp::Equal, value }, holds) => {
            (value == Outcome::Success.as_str()) != holds
        }
        (Condition::Text { field: TextField::Outcome, op: TextOp::NotEqual, value }, holds) => {
            (value == Outcome::Success.as_str()) == holds
        }
        _ => false,
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
        let words = |text: &str| text.split_whitespace().collect::<String>();
        for file in [
            include_str!("../../../../migrations/sqlite/0023_log_ways.sql"),
            include_str!("../../../../migrations/postgres/0023_log_ways.sql"),
        ] {
            let list = words(RARE.strip_prefix("e.").unwrap_or_default());
            assert_eq!(words(file).matches(&list).count(), 2);
        }
        let named = FREQUENT.map(|name| format!("'{name}'")).join(", ");
        assert_eq!(RARE, format!("e.event_type NOT IN ({named})"));
        for file in [
            include_str!("../../../../migrations/sqlite/0027_log_drawing.sql"),
            include_str!("../../../../migrations/postgres/0027_log_drawing.sql"),
        ] {
            let list = words(RARE.strip_prefix("e.").unwrap_or_default());
            assert!(words(file).contains(&list));
            let bare = NOTABLE.replace("(e.outcome", "outcome").replace("e.event_type", "event_type");
            let bare = bare.strip_suffix(')').unwrap_or_default();
            assert!(words(file).contains(&words(bare)), "{bare}");
        }
        let ordinary = FREQUENT.into_iter().filter(|name| is_ordinary(name)).map(|name| format!("'{name}'"));
        let ordinary = ordinary.collect::<Vec<_>>().join(", ");
        assert_eq!(NOTABLE, format!("(e.outcome <> 'SUCCESS' OR e.event_type NOT IN ({ordinary}))"));
    }

    #[test]
    fn a_way_leads_to_everything_that_a_condition_finds() {
        let change = is(TextField::EventType, "group.lifecycle.create");
        let token = is(TextField::EventType, FREQUENT[0]);
        let user = is(TextField::UserId, "u");
        let app = is(TextField::ClientId, "c");
        let of_type = Some(Way::RareType("group.lifecycle.create"));
        assert_eq!(Way::of(&Condition::All(vec![change.clone(), app.clone()])), of_type);
        let other = is(TextField::EventType, "group.lifecycle.delete");
        assert_eq!(Way::of(&Condition::Any(vec![change.clone(), other])), Some(Way::Rare));
        assert_eq!(Way::of(&Condition::All(vec![change.clone(), user.clone()])), Some(Way::User("u")));
        assert_eq!(Way::of(&Condition::All(vec![token.clone(), app.clone()])), Some(Way::App("c")));
        let by = is(TextField::ActorId, "a");
        assert_eq!(Way::of(&Condition::All(vec![by.clone(), Condition::Rare])), Some(Way::RareBy("a")));
        assert_eq!(Way::of(&by), None);
        assert_eq!(Way::of(&Condition::Any(vec![change, token])), None);
        assert_eq!(Way::of(&Condition::Any(vec![user, app.clone()])), None);
        assert_eq!(Way::of(&Condition::Not(Box::new(app))), None);
    }

    #[test]
    fn a_user_is_found_under_two_indexes_and_nothing_twice() {
        let either =
            |user, actor| Condition::Any(vec![is(TextField::UserId, user), is(TextField::ActorId, actor)]);
        let query = |condition| LogQuery { condition, ..LogQuery::default() };
        let ways = |condition: Condition| -> Vec<String> {
            let parts = parts(&query(condition));
            parts.iter().map(|part| format!("{:?}", Way::of(&part.condition))).collect()
        };
        let both = ["Some(User(\"u\"))", "Some(RareBy(\"u\"))"];
        assert_eq!(ways(either("u", "u")), both);
        assert_eq!(ways(Condition::All(vec![either("u", "u"), is(TextField::ClientId, "c")])), both);
        assert_eq!(ways(either("u", "v")), ["None"]);
        let polled = LogQuery { order: Order::Commit, ..query(either("u", "u")) };
        assert_eq!(parts(&polled).len(), 1);
    }

    #[test]
    fn what_is_not_ordinary_is_known_by_its_outcome_or_its_type() {
        let not = |part| Condition::Not(Box::new(part));
        let went_well = || is(TextField::Outcome, "SUCCESS");
        let token = || is(TextField::EventType, FREQUENT[4]);
        let change = || is(TextField::EventType, "group.lifecycle.create");
        fn of(condition: &Condition) -> Option<Way<'_>> {
            Way::of(condition)
        }
        let refused = Condition::Any(vec![not(went_well()), change()]);
        let allowed = Condition::All(vec![went_well(), not(Condition::Any(vec![change()]))]);
        let failed = is(TextField::Outcome, "FAILURE");
        for notable in
            [&refused, &not(allowed.clone()), &failed, &is(TextField::EventType, "user_rate_limited")]
        {
            assert_eq!(of(notable), Some(Way::Notable), "{notable:?}");
        }
        let differs = |value: &str| {
            let (field, op) = (TextField::Outcome, TextOp::NotEqual);
            Condition::Text { field, op, value: value.to_owned() }
        };
        assert_eq!(of(&differs("SUCCESS")), Some(Way::Notable));
        for any in [allowed, went_well(), token(), not(refused), not(failed), differs("FAILURE")] {
            assert_eq!(of(&any), None, "{any:?}");
        }
        let mixed = Condition::Any(vec![token(), not(went_well())]);
        assert_eq!(of(&mixed), None);
        assert_eq!(of(&Condition::All(vec![mixed, is(TextField::Ip, "::1")])), Some(Way::Address("::1")));
    }
}
