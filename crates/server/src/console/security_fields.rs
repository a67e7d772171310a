//! The rules for passwords, sessions and account pages as a form has them, and as people read them.

use super::form::Form;
use super::{duration, words};
use signet_domain::security::{MAX_WORDS, MIN_LENGTH, WORD_CHARS};
use signet_domain::session::{SessionKind, SessionLimits};
use signet_idp::admin::security::SecurityInput;
use signet_idp::syslog::visible;
use signet_web::{Choice, Fact, Field, FormPage, Pick};
use std::ops::RangeInclusive;

const MIN: &str = "password.minLength";
const WORDS: &str = "password.forbiddenWords";
const NAMES: &str = "account.ownNames";
/// Who may change names, as the form has it.
const USERS: &str = "users";
const ADMINISTRATORS: &str = "administrators";
/// The two limits of each kind of session.
const LIMITS: [(SessionKind, [&str; 2]); 2] = [
    (SessionKind::User, ["sessions.users.idleMinutes", "sessions.users.lifetimeMinutes"]),
    (SessionKind::Console, ["sessions.console.idleMinutes", "sessions.console.lifetimeMinutes"]),
];
/// Minutes that are offered, as far as they may be chosen.
const OFFERED: [i64; 9] = [5, 15, 30, 60, 120, 480, 720, 1_440, 43_200];

/// The form's values as they were typed, times as they are written here.
pub(super) struct Draft {
    min_length: String,
    words: Vec<String>,
    /// Of users, then of the console; idle, then in all.
    limits: [[String; 2]; 2],
    /// [`USERS`] or [`ADMINISTRATORS`].
    names: String,
}

impl Draft {
    pub(super) fn of(input: &SecurityInput) -> Self {
        let pair =
            |limits: SessionLimits| [limits.idle_minutes, limits.lifetime_minutes].map(duration::written);
        Self {
            min_length: input.min_length.to_string(),
            words: input.forbidden_words.clone(),
            limits: [pair(input.users), pair(input.console)],
            names: if input.own_names { USERS } else { ADMINISTRATORS }.to_owned(),
        }
    }

    pub(super) fn read(form: &Form) -> Self {
        Self {
            min_length: form.text(MIN),
            words: form.lines(WORDS),
            limits: LIMITS.map(|(_, names)| names.map(|name| duration::shown(form.raw(name)))),
            names: form.text(NAMES),
        }
    }

    /// What was typed; what is no number or no time is one that can't be chosen.
    pub(super) fn input(&self) -> SecurityInput {
        let time = |text: &str| duration::parse(text).unwrap_or(duration::NO_TIME);
        let [users, console] = &self.limits;
        let limits = |[idle, lifetime]: &[String; 2]| SessionLimits {
            idle_minutes: time(idle),
            lifetime_minutes: time(lifetime),
        };
        SecurityInput {
            min_length: self.min_length.parse().unwrap_or(-1),
            forbidden_words: self.words.clone(),
            users: limits(users),
            console: limits(console),
            own_names: self.names != ADMINISTRATORS,
        }
    }

    /// All of it on one line: what was seen is saved, and nothing else.
    pub(super) fn typed(&self) -> String {
        let limits = self.limits.iter().flatten().cloned();
        [self.min_length.clone()]
            .into_iter()
            .chain(limits)
            .chain([self.names.clone()])
            .chain(self.words.clone())
            .collect::<Vec<_>>()
            .join("/")
    }

    pub(super) fn fields(&self, page: FormPage) -> FormPage {
        let least = Field::number(MIN, "Minimum characters", &self.min_length).required().help(format!(
            "From {} to {}. NIST SP 800-63B asks for 15 where a password is all that is given; 8 are for those that \
             a second factor goes with. Passwords that are set already stay.",
            MIN_LENGTH.start(),
            MIN_LENGTH.end()
        ));
        let forbidden = Field::lines(WORDS, "Forbidden words", self.words.join("\n"), 4).help(format!(
            "One a line, up to {MAX_WORDS}, each of {} to {} characters: what you and your services are called. No \
             new password may contain one, in capitals or not. Logins and the passwords that are guessed first are \
             always refused.",
            WORD_CHARS.start(),
            WORD_CHARS.end()
        ));
        let mut page = page.group("Passwords", [least, forbidden]);
        for ((kind, names), values) in LIMITS.into_iter().zip(&self.limits) {
            let (idle, lifetime) = SessionLimits::bounds(kind);
            let field = |name: &str, label: &str, value: &str, bounds: &RangeInclusive<i64>| {
                let offered = OFFERED.into_iter().filter(|n| bounds.contains(n));
                let choice = |n: i64| Choice::new(duration::written(n), words::lifetime(n * 60), false);
                Field::line(name, label, value)
                    .required()
                    .suggest(offered.map(choice))
                    .help(duration::range(bounds))
            };
            page = page.group(
                kind_name(kind),
                [
                    field(names[0], "Idle timeout", &values[0], &idle),
                    field(names[1], "Maximum lifetime", &values[1], &lifetime),
                ],
            );
        }
        let own = self.names != ADMINISTRATORS;
        let picks = vec![Pick::new(USERS, who(true), own), Pick::new(ADMINISTRATORS, who(false), !own)];
        let names = Field::select(NAMES, "Names", picks)
            .help("At “Your account”, beside the password and the time zone. Tokens say the name that is given there.");
        page.group("Account pages", [names])
    }
}

fn kind_name(kind: SessionKind) -> &'static str {
    match kind {
        SessionKind::User => "Sign-ins for apps",
        SessionKind::Console => "Console",
    }
}

pub(super) fn facts_of_passwords(input: &SecurityInput) -> Vec<Fact> {
    let words = match input.forbidden_words.as_slice() {
        [] => "None of your own".to_owned(),
        words => visible(&words.join(", ")),
    };
    vec![
        Fact::text("Minimum characters", input.min_length.to_string()),
        Fact::text("Forbidden words", words),
        Fact::text("Always refused", "The login, and passwords that are guessed first"),
    ]
}

pub(super) fn facts_of_sessions(input: &SecurityInput) -> Vec<Fact> {
    let of = |kind, limits: SessionLimits| {
        let name = kind_name(kind);
        [
            Fact::text(format!("{name}: idle timeout"), words::lifetime(limits.idle_minutes * 60)),
            Fact::text(format!("{name}: maximum lifetime"), words::lifetime(limits.lifetime_minutes * 60)),
        ]
    };
    [of(SessionKind::User, input.users), of(SessionKind::Console, input.console)].concat()
}

/// Who changes names.
fn who(own_names: bool) -> &'static str {
    if own_names { "Users change their own" } else { "Only administrators change them" }
}

pub(super) fn facts_of_account(input: &SecurityInput) -> Vec<Fact> {
    vec![Fact::text("Names", who(input.own_names))]
}

/// What differs, from what to what.
pub(super) fn changes(before: &SecurityInput, after: &SecurityInput) -> Vec<Fact> {
    let all = |input| [facts_of_passwords(input), facts_of_sessions(input), facts_of_account(input)].concat();
    let pairs = all(before).into_iter().zip(all(after)).filter(|(old, new)| old.value != new.value);
    pairs.map(|(old, new)| Fact::text(new.label, format!("{} → {}", old.value, new.value))).collect()
}
