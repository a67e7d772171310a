//! A tenant's past: what machines, people and administrators did in 85 days, as the server would have written it.
//! The generator makes events by the log's own types, so their words and their JSON are the real ones.

use super::db::{Batch, Value};
use super::dice::Dice;
use super::people::{Person, person};
use signet_domain::Time;
use signet_domain::event::{Entity, Event, EventType, Outcome, RequestFacts, types};
use signet_domain::id::{FlowId, GrantId, RequestId, SessionId};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The log keeps 90 days.
pub(super) const DAYS: i64 = 85;
const DAY: i64 = 86_400 * Time::SECOND;
const HOUR: i64 = 3600 * Time::SECOND;
const BATCH: usize = 10_000;
/// All of it is in the epoch before the server's own.
const EPOCH: i64 = 0;

const EVENT: &[&str] = &[
    "tenant_id",
    "epoch",
    "txid",
    "seq",
    "id",
    "published",
    "event_type",
    "severity",
    "outcome",
    "reason",
    "actor_id",
    "user_id",
    "client_id",
    "server_id",
    "ip",
    "request_id",
    "session_id",
    "flow_id",
    "grant_id",
    "jti",
    "words",
    "data",
];
const COUNT: &[&str] = &["tenant_id", "hour", "what", "client_id", "detail", "outcome", "count"];
const HOURS: &[&str] = &["tenant_id", "client_id", "hour", "total", "refused", "machines"];

const BROWSERS: [&str; 4] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
];

/// What the events speak of.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) tenant: Uuid,
    pub(super) server: Entity,
    /// Client id and label; those before `machines` are services, the last one has been quiet for long.
    pub(super) apps: Vec<(String, String)>,
    pub(super) machines: usize,
    pub(super) admin: Entity,
    pub(super) users: u32,
    pub(super) began: Time,
    /// When the past ends.
    pub(super) now: Time,
}

/// Somebody or something of the past, for searches that find.
pub(super) const ATTACKER: &str = "198.51.100.66";

struct Past {
    world: World,
    dice: Dice,
    rows: Vec<Vec<Value>>,
    counts: BTreeMap<(i64, &'static str, String, &'static str, &'static str), i64>,
    /// By app ('' for all events) and hour: all, refused, machines'.
    hours: BTreeMap<(String, i64), [i64; 3]>,
    commit: i64,
    seq: i64,
}

/// Makes so many events, and gives them and their hourly counts to `put`; the last place in the log comes back.
pub(super) fn make(world: World, events: u32, put: impl Fn(Batch)) -> (i64, i64, i64) {
    let (began, span) = (world.now.0 - DAYS * DAY, DAYS * DAY);
    let mut past = Past {
        world,
        dice: Dice::new(42),
        rows: vec![],
        counts: BTreeMap::new(),
        hours: BTreeMap::new(),
        commit: 0,
        seq: 0,
    };
    let mut made = 0;
    while made < events {
        let at = began + (i128::from(span) * i128::from(made) / i128::from(events)) as i64;
        // Days are busier than nights, in the same order of time.
        let swing = (at.rem_euclid(DAY) as f64 / DAY as f64 * std::f64::consts::TAU).sin();
        let at = Time((at + (swing * 0.12 * DAY as f64) as i64).min(began + span));
        past.commit += 1;
        past.seq = 0;
        made += past.commit_at(at);
        if past.rows.len() >= BATCH {
            put(Batch { table: "events", columns: EVENT, rows: std::mem::take(&mut past.rows) });
        }
    }
    put(Batch { table: "events", columns: EVENT, rows: past.rows });
    let tenant = Value::Uuid(past.world.tenant);
    let text = |t: &str| Value::Text(t.to_owned());
    let count = |((hour, what, app, detail, outcome), count)| {
        let [what, detail, outcome] = [what, detail, outcome].map(text);
        vec![tenant.clone(), Value::Int(hour), what, Value::Text(app), detail, outcome, Value::Int(count)]
    };
    let counts: Vec<_> = past.counts.into_iter().map(count).collect();
    for rows in counts.chunks(BATCH) {
        put(Batch { table: "hourly_counts", columns: COUNT, rows: rows.to_vec() });
    }
    let hour = |((app, hour), sums): ((String, i64), [i64; 3])| {
        [tenant.clone(), Value::Text(app), Value::Int(hour)].into_iter().chain(sums.map(Value::Int)).collect()
    };
    let hours: Vec<Vec<Value>> = past.hours.into_iter().map(hour).collect();
    for rows in hours.chunks(BATCH) {
        put(Batch { table: "hourly_events", columns: HOURS, rows: rows.to_vec() });
    }
    (EPOCH, past.commit, past.seq)
}

impl Past {
    /// What one commit holds; gives the number of its events.
    fn commit_at(&mut self, at: Time) -> u32 {
        match self.dice.below(1000) {
            0..=599 => self.machine(at),
            600..=719 => self.sign_in(at),
            720..=859 => self.refresh(at),
            860..=899 => self.password_grant(at),
            900..=959 => self.wrong_password(at),
            960..=969 => self.attack(at),
            970..=979 => self.throttled(at),
            980..=996 => self.refused_token(at),
            _ => self.change(at),
        }
    }

    fn user(&mut self) -> Person {
        let n = self.dice.skewed(u64::from(self.world.users));
        person(n as u32, self.world.began)
    }

    /// Who uses an app, from where: everybody has a home.
    fn home(&mut self, at: Time, user: &Person, path: &str) -> RequestFacts {
        let home = user.id.0.as_u128();
        let ip = format!("203.{}.{}.{}", home >> 16 & 0x3f, home >> 8 & 0xff, home & 0xff);
        let user_agent = BROWSERS[(home % 4) as usize].to_owned();
        RequestFacts {
            id: RequestId(self.dice.id(at)),
            ip,
            user_agent,
            path: path.to_owned(),
            is_safe: false,
        }
    }

    fn service(&mut self, at: Time, app: usize) -> RequestFacts {
        let ip = format!("10.20.{}.{}", app % 250, self.dice.below(12) + 1);
        let (user_agent, path) = ("python-requests/2.32.3".to_owned(), "/oauth2/default/v1/token".to_owned());
        RequestFacts { id: RequestId(self.dice.id(at)), ip, user_agent, path, is_safe: false }
    }

    /// One of the apps that people use. The last one is quiet.
    fn app(&mut self) -> (String, String) {
        let people = self.world.apps.len() - self.world.machines - 1;
        let n = self.world.machines + self.dice.skewed(people as u64) as usize;
        self.world.apps[n].clone()
    }

    fn event(&mut self, at: Time, kind: EventType, actor: Entity, request: &RequestFacts) -> Event {
        Event::new(self.dice.id(at).into(), at, kind, actor, request)
    }

    /// A token of an app, for a user or for itself.
    fn issued(
        &mut self,
        at: Time,
        kind: EventType,
        (app, label): &(String, String),
        user: Option<&Person>,
        (grant, request): (&'static str, &RequestFacts),
    ) -> Event {
        let actor = Entity::new("PublicClientApp", app, app, label);
        let mut event = self
            .event(at, kind, actor, request)
            .debug("authorizationServer", self.world.server.alternate_id.clone())
            .target(self.world.server.clone())
            .debug("grantType", grant)
            .debug("clientAuthType", "client_secret_basic")
            .debug("grantedScopes", if user.is_some() { "openid,profile,email" } else { "orders:read" });
        event.server_id = Some(self.world.server.id.clone());
        event.client_id = Some(app.clone());
        event.grant_id = Some(GrantId(self.dice.id(at)));
        event.jti = Some(format!("AT.{}", GrantId(self.dice.id(at))));
        if let Some(user) = user {
            event.user_id = Some(user.id.to_string());
            event = event.target(entity(user));
        }
        if kind == types::AS_ACCESS_TOKEN {
            self.count(at, "token", app, grant, Outcome::Success);
        }
        event
    }

    fn machine(&mut self, at: Time) -> u32 {
        let n = self.dice.skewed(self.world.machines as u64) as usize;
        let app = self.world.apps[n].clone();
        let request = self.service(at, n);
        let event = self.issued(at, types::AS_ACCESS_TOKEN, &app, None, ("client_credentials", &request));
        self.put(event)
    }

    fn sign_in(&mut self, at: Time) -> u32 {
        let (user, app) = (self.user(), self.app());
        let (session, flow) = (SessionId(self.dice.id(at)), FlowId(self.dice.id(at)));
        let request = self.home(at, &user, "/signin");
        let mut start = self.event(at, types::SESSION_START, entity(&user), &request).target(entity(&user));
        start.client_id = Some(app.0.clone());
        start.user_id = Some(user.id.to_string());
        self.count(at, "sign_in", &app.0, "", Outcome::Success);
        let (grant, back) = ("authorization_code", self.home(at, &user, "/oauth2/default/v1/authorize"));
        let mut code = self.issued(at, types::AS_AUTHORIZE_CODE, &app, Some(&user), (grant, &back));
        code.jti = None;
        let token = self.home(at, &user, "/oauth2/default/v1/token");
        let access = self.issued(at, types::AS_ACCESS_TOKEN, &app, Some(&user), (grant, &token));
        let mut id = self.issued(at, types::AS_ID_TOKEN, &app, Some(&user), (grant, &token));
        id.jti = id.jti.map(|jti| jti.replace("AT.", "ID."));
        let later = |mut event: Event, ms: i64| {
            event.published = Time((at.0 + ms * 1000).min(self.world.now.0));
            (event.session_id, event.flow_id) = (Some(session), Some(flow));
            event
        };
        let all = [later(start, 0), later(code, 40), later(access, 300), later(id, 300)];
        all.into_iter().map(|event| self.put(event)).sum()
    }

    fn refresh(&mut self, at: Time) -> u32 {
        let (user, app) = (self.user(), self.app());
        let request = self.home(at, &user, "/oauth2/default/v1/token");
        let access = self.issued(at, types::AS_ACCESS_TOKEN, &app, Some(&user), ("refresh_token", &request));
        let mut next =
            self.issued(at, types::AS_REFRESH_TOKEN, &app, Some(&user), ("refresh_token", &request));
        next.jti = None;
        self.put(access) + self.put(next)
    }

    fn password_grant(&mut self, at: Time) -> u32 {
        let (user, app) = (self.user(), self.app());
        let request = self.home(at, &user, "/oauth2/default/v1/token");
        let event = self.issued(at, types::AS_ACCESS_TOKEN, &app, Some(&user), ("password", &request));
        let event =
            event.debug("admittedAt", at.0.to_string()).debug("throttleKey", format!("{:032x}", user.id.0));
        self.put(event)
    }

    fn wrong_password(&mut self, at: Time) -> u32 {
        let user = self.user();
        let request = self.home(at, &user, "/signin");
        self.failed_sign_in(at, &user, &request)
    }

    fn failed_sign_in(&mut self, at: Time, user: &Person, request: &RequestFacts) -> u32 {
        let app = self.app();
        let event = self.event(at, types::SESSION_START, entity(user), request);
        let mut event = event.failed("invalid_password_credentials").target(entity(user));
        event.client_id = Some(app.0.clone());
        event.user_id = Some(user.id.to_string());
        event.flow_id = Some(FlowId(self.dice.id(at)));
        self.count(at, "sign_in", &app.0, "", Outcome::Failure);
        self.count(at, "refused", &app.0, "", Outcome::Failure);
        self.put(event)
    }

    /// One address, many users.
    fn attack(&mut self, at: Time) -> u32 {
        let user = self.user();
        let mut request = self.home(at, &user, "/signin");
        request.ip = ATTACKER.to_owned();
        self.failed_sign_in(at, &user, &request)
    }

    fn throttled(&mut self, at: Time) -> u32 {
        let (user, app) = (self.user(), self.app());
        let request = self.home(at, &user, "/oauth2/default/v1/token");
        let filled: Vec<String> = (1..=4).rev().map(|n| (at.0 - n * 150_000).to_string()).collect();
        let ids: Vec<String> = (0..4).map(|_| self.dice.id(at).to_string()).collect();
        let event = self
            .event(at, types::USER_RATE_LIMITED, entity(&user), &request)
            .failed("user_rate_limited")
            .target(entity(&user))
            .debug("grantType", "password")
            .debug("throttleKey", format!("{:032x}", user.id.0))
            .debug("limit", "4")
            .debug("refusedAt", at.0.to_string())
            .debug("retryAt", (at.0 + 400_000).to_string())
            .debug("filledBy", filled.join(","))
            .debug("filledByEvents", ids.join(","));
        let event = self.of(event, &user, &app.0);
        self.count(at, "refused", &app.0, "password", Outcome::Failure);
        self.count(at, "throttled", &app.0, "password", Outcome::Failure);
        self.put(event)
    }

    fn refused_token(&mut self, at: Time) -> u32 {
        let (user, app) = (self.user(), self.app());
        let request = self.home(at, &user, "/oauth2/default/v1/token");
        let actor = Entity::new("PublicClientApp", &app.0, &app.0, &app.1);
        let reason = ["invalid_grant", "invalid_scope", "code_expired"][self.dice.below(3) as usize];
        let event = self
            .event(at, types::AS_TOKEN_GRANT, actor, &request)
            .failed(reason)
            .target(self.world.server.clone())
            .debug("grantType", "authorization_code");
        let event = self.of(event, &user, &app.0);
        self.count(at, "refused", &app.0, "authorization_code", Outcome::Failure);
        self.put(event)
    }

    fn of(&self, mut event: Event, user: &Person, app: &str) -> Event {
        event.server_id = Some(self.world.server.id.clone());
        event.user_id = Some(user.id.to_string());
        event.client_id = Some(app.to_owned());
        event
    }

    /// An administrator's doing.
    fn change(&mut self, at: Time) -> u32 {
        let (user, app) = (self.user(), self.app());
        let admin = self.world.admin.clone();
        let (session, mut request) = (SessionId(self.dice.id(at)), self.home(at, &user, "/console/users"));
        request.ip = "192.0.2.10".to_owned();
        let kinds = [types::USER_CREATE, types::PROFILE_UPDATE, types::USER_SUSPEND, types::APP_UPDATE];
        let kind = kinds[self.dice.below(4) as usize];
        let mut event =
            self.event(at, kind, admin, &request).debug("changed", "label").debug("door", "console");
        event.session_id = Some(session);
        let event = if kind == types::APP_UPDATE {
            event.client_id = Some(app.0.clone());
            event.target(Entity::new("AppInstance", &app.0, &app.0, &app.1))
        } else {
            event.user_id = Some(user.id.to_string());
            event.target(entity(&user))
        };
        self.put(event)
    }

    fn count(&mut self, at: Time, what: &'static str, app: &str, detail: &'static str, outcome: Outcome) {
        let hour = at.0.div_euclid(HOUR) * HOUR;
        *self.counts.entry((hour, what, app.to_owned(), detail, outcome.as_str())).or_insert(0) += 1;
    }

    fn put(&mut self, e: Event) -> u32 {
        let hour = e.published.0.div_euclid(HOUR) * HOUR;
        let machine = e.event_type == types::AS_ACCESS_TOKEN && e.user_id.is_none();
        for app in [Some(""), e.client_id.as_deref()].into_iter().flatten() {
            let [total, refused, machines] = self.hours.entry((app.to_owned(), hour)).or_default();
            *total += 1;
            *refused += i64::from(e.outcome != Outcome::Success);
            *machines += i64::from(machine);
        }
        let text = |value: Option<String>| value.map_or(Value::Null, Value::Text);
        let uuid = |value: Option<Uuid>| value.map_or(Value::Null, Value::Uuid);
        let (words, data) = (e.words(), serde_json::to_string(&e.data()).unwrap());
        self.rows.push(vec![
            Value::Uuid(self.world.tenant),
            Value::Int(EPOCH),
            Value::Int(self.commit),
            Value::Int(self.seq),
            Value::Uuid(e.id.0),
            Value::Int(e.published.0),
            Value::Text(e.event_type.name.to_owned()),
            Value::Text(e.severity.as_str().to_owned()),
            Value::Text(e.outcome.as_str().to_owned()),
            text(e.reason),
            Value::Text(e.actor.id),
            text(e.user_id),
            text(e.client_id),
            text(e.server_id),
            Value::Text(e.request.ip),
            Value::Uuid(e.request.id.0),
            uuid(e.session_id.map(|id| id.0)),
            uuid(e.flow_id.map(|id| id.0)),
            uuid(e.grant_id.map(|id| id.0)),
            text(e.jti),
            Value::Text(words),
            Value::Text(data),
        ]);
        self.seq += 1;
        1
    }
}

fn entity(user: &Person) -> Entity {
    Entity::new("User", user.id, &user.login, &format!("{} {}", user.first, user.last))
}
