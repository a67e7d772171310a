//! Alerts: so many events that a search of the log finds, in a window.

use crate::id::{AlertId, EventId, FiringId, TenantId};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use std::collections::BTreeMap;

/// The most events that an alert waits for. What it remembers of them is bounded by this.
pub const MAX_AT_LEAST: i64 = 1_000;
/// The longest window in minutes: a day.
pub const MAX_WINDOW_MINUTES: i64 = 1_440;

/// Hours that say what is usual: a week of them.
const USUAL_HOURS: i64 = 168;
const HOUR: i64 = 3_600 * Time::SECOND;

/// What is searched for in the log, without times. What is empty narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchTerms {
    /// Words that must all occur.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub q: String,
    /// In the log's filter language.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// What the events are about: `sign-ins`, `tokens`, `users`, `administrators`, `apps`, `servers`, `keys` or `settings`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// `allowed`, `refused`, `throttled`, `changed`, or `notable`: all but allowed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub outcome: String,
    /// An app's `client_id`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub app: String,
    /// A user's id: what concerns the user, and what the user did.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// The address that it came from.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ip: String,
}

/// An alert.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Alert {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: AlertId,
    /// The name that people read; unique in the tenant.
    pub name: String,
    /// What one that comes with every tenant watches.
    pub shipped: Option<String>,
    /// Whether it is on.
    pub enabled: bool,
    /// Until when it fires nothing.
    pub muted_until: Option<Time>,
    /// What is searched for.
    pub search: Json<SearchTerms>,
    /// It takes so many events.
    pub at_least: i64,
    /// In so many minutes.
    pub window_minutes: i64,
    /// And so many times what is usual in an hour; 0 where only the count matters.
    pub times_usual: i64,
    /// What was heard lately.
    pub heard: Json<Heard>,
    /// Rises with every change of the settings.
    pub version: i64,
    /// When it was created.
    pub created_at: Time,
    /// When the settings last changed.
    pub updated_at: Time,
}

impl Alert {
    /// Whether it fires nothing at an instant though it is on.
    #[must_use]
    pub fn is_muted(&self, at: Time) -> bool {
        self.muted_until.is_some_and(|until| at < until)
    }

    /// Tells it of an event, or of `weight` at once.
    pub fn hear(&mut self, at: Time, weight: i64) -> Told {
        if at < self.heard.quiet_until {
            return Told::More;
        }
        if self.times_usual > 0 { self.hear_by_the_hour(at, weight) } else { self.hear_in_window(at, weight) }
    }

    fn hear_in_window(&mut self, at: Time, weight: i64) -> Told {
        let window = self.window_minutes * 60 * Time::SECOND;
        let recent = &mut self.heard.0.recent;
        let place = recent.partition_point(|(known, _)| *known <= at.0);
        recent.insert(place, (at.0, weight));
        let newest = recent.last().map_or(at.0, |(last, _)| *last);
        recent.retain(|(known, _)| newest - known < window);
        let events: i64 = recent.iter().map(|(_, weight)| weight).sum();
        let Some((first, _)) = recent.first().copied().filter(|_| events >= self.at_least) else {
            return Told::Nothing;
        };
        recent.clear();
        let until = Time(newest.saturating_add(window));
        self.heard.quiet_until = until;
        Told::Fires { since: Time(first), until, events }
    }

    /// By whole hours, since those are compared.
    fn hear_by_the_hour(&mut self, at: Time, weight: i64) -> Told {
        let hour = at.0.div_euclid(HOUR);
        let heard = &mut self.heard.0;
        let began = *heard.began.get_or_insert(self.created_at.0.div_euclid(HOUR).min(hour));
        heard.hours.retain(|known, _| hour - known <= USUAL_HOURS);
        let events = {
            let events = heard.hours.entry(hour).or_default();
            *events = events.saturating_add(weight);
            *events
        };
        let before: i64 = heard.hours.range(..hour).map(|(_, events)| *events).sum();
        let hours = (hour - began).clamp(1, USUAL_HOURS);
        if events < self.at_least || events.saturating_mul(hours) < before.saturating_mul(self.times_usual) {
            return Told::Nothing;
        }
        let until = Time((hour + 1) * HOUR);
        heard.quiet_until = until;
        Told::Fires { since: Time(hour * HOUR), until, events }
    }
}

/// What came of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It is remembered.
    Nothing,
    /// It belongs to the window that has fired already.
    More,
    /// The alert fires.
    Fires {
        /// When the first event was that counts.
        since: Time,
        /// The end of the window: nothing fires again before.
        until: Time,
        /// The events so far.
        events: i64,
    },
}

/// What an alert remembers. It goes by when events happened, so that it comes to the same whoever reads them when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Heard {
    /// Instants and how many events each stands for, oldest first: fewer than it takes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recent: Vec<(i64, i64)>,
    /// The firing whose window is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firing: Option<FiringId>,
    /// The end of that window.
    pub quiet_until: Time,
    /// Events by hours since 1970, for what is usual.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub hours: BTreeMap<i64, i64>,
    /// The first hour that was listened to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub began: Option<i64>,
}

/// One time that an alert fired.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AlertFiring {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The id.
    pub id: FiringId,
    /// The alert.
    pub alert_id: AlertId,
    /// The log's record of it.
    pub event_id: EventId,
    /// When the first event was that counts.
    pub since_at: Time,
    /// The end of the window.
    pub until_at: Time,
    /// Events of the window so far.
    pub events: i64,
    /// When the last of them was.
    pub last_at: Time,
    /// When it fired.
    pub fired_at: Time,
    /// When somebody took note.
    pub acknowledged_at: Option<Time>,
    /// Who did.
    pub acknowledged_by: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(at_least: i64, window_minutes: i64, times_usual: i64) -> Alert {
        Alert {
            tenant_id: TenantId(uuid::Uuid::nil()),
            id: AlertId(uuid::Uuid::nil()),
            name: String::new(),
            shipped: None,
            enabled: true,
            muted_until: None,
            search: Json::default(),
            at_least,
            window_minutes,
            times_usual,
            heard: Json::default(),
            version: 1,
            created_at: Time(0),
            updated_at: Time(0),
        }
    }

    fn s(seconds: i64) -> Time {
        Time::from_secs(seconds)
    }

    #[test]
    fn the_window_slides_and_fires_once() {
        let mut alert = alert(3, 1, 0);
        assert_eq!(alert.hear(s(1_000), 1), Told::Nothing);
        assert_eq!(alert.hear(s(1_050), 1), Told::Nothing);
        // The first is a whole minute old by then.
        assert_eq!(alert.hear(s(1_060), 1), Told::Nothing);
        assert_eq!(alert.hear(s(1_100), 1), Told::Fires { since: s(1_050), until: s(1_160), events: 3 });
        assert_eq!(alert.hear(s(1_159), 9), Told::More);
        for at in [1_160, 1_161] {
            assert_eq!(alert.hear(s(at), 1), Told::Nothing);
        }
        assert_eq!(alert.hear(s(1_162), 1), Told::Fires { since: s(1_160), until: s(1_222), events: 3 });
    }

    #[test]
    fn an_event_may_stand_for_many_and_come_late() {
        let mut one = alert(5, 10, 0);
        assert_eq!(one.hear(s(900), 2), Told::Nothing);
        assert_eq!(one.hear(s(890), 2), Told::Nothing);
        assert_eq!(one.hear(s(895), 7), Told::Fires { since: s(890), until: s(1_500), events: 11 });
        let mut many = alert(MAX_AT_LEAST, MAX_WINDOW_MINUTES, 0);
        for at in 0..MAX_AT_LEAST - 1 {
            assert_eq!(many.hear(s(at), 1), Told::Nothing);
        }
        assert_eq!(many.heard.recent.len(), 999);
        assert!(matches!(many.hear(s(1_000), 1), Told::Fires { events: 1_000, .. }));
        assert!(many.heard.recent.is_empty());
    }

    #[test]
    fn five_times_the_usual_is_five_times_the_usual_hour() {
        let hour = |n: i64| s(n * 3_600);
        let mut one = alert(20, 60, 5);
        // Ten hours with ten each.
        for n in 0..10 {
            assert_eq!(one.hear(hour(n), 10), Told::Nothing, "hour {n}");
        }
        assert_eq!(one.hear(hour(10), 49), Told::Nothing);
        assert_eq!(
            one.hear(hour(10).plus_secs(5), 1),
            Told::Fires { since: hour(10), until: hour(11), events: 50 }
        );
        assert_eq!(one.hear(hour(10).plus_secs(6), 400), Told::More);
        // A week later nothing of it is usual any more, but a few are nothing to tell of.
        assert_eq!(one.hear(hour(300), 19), Told::Nothing);
        assert!(matches!(one.hear(hour(300), 1), Told::Fires { .. }));
        assert!(one.heard.hours.len() < 3);
    }
}
