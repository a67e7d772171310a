//! The rules for passwords and sessions as a form has them, and as people read them.

use super::form::Form;
use super::words;
use signet_domain::security::{MAX_WORDS, MIN_LENGTH, WORD_CHARS};
use signet_domain::session::{SessionKind, SessionLimits};
use signet_idp::admin::security::SecurityInput;
use signet_idp::syslog::visible;
use signet_web::{Choice, Fact, Field, FormPage};

const MIN: &str = "password.minLength";
const WORDS: &str = "password.forbiddenWords";
/// The two limits of each kind of session.
const LIMITS: [(SessionKind, [&str; 2]); 2] = [
    (SessionKind::User, ["sessions.users.idleMinutes", "sessions.users.lifetimeMinutes"]),
    (SessionKind::Console, ["sessions.console.idleMinutes", "sessions.console.lifetimeMinutes"]),
];
/// Minutes that are offered, as far as they may be chosen.
const OFFERED: [i64; 9] = [5, 15, 30, 60, 120, 480, 720, 1_440, 43_200];

/// The form's values as they were typed.
pub(super) struct Draft {
    min_length: String,
    words: Vec<String>,
    /// Of users, then of the console; idle, then in all.
    limits: [[String; 2]; 2],
}

impl Draft {
    pub(super) fn of(input: &SecurityInput) -> Self {
        let pair =
            |limits: SessionLimits| [limits.idle_minutes, limits.lifetime_minutes].map(|n| n.to_string());
        Self {
            min_length: input.min_length.to_string(),
            words: input.forbidden_words.clone(),
            limits: [pair(input.users), pair(input.console)],
        }
    }

    pub(super) fn read(form: &Form) -> Self {
        Self {
            min_length: form.text(MIN),
            words: form.lines(WORDS),
            limits: LIMITS.map(|(_, names)| names.map(|name| form.text(name))),
        }
    }

    /// What was typed; what is no number is one that can't be chosen.
    pub(super) fn input(&self) -> SecurityInput {
        let number = |text: &str| text.parse().unwrap_or(-1);
        let [users, console] = &self.limits;
        let limits = |[idle, lifetime]: &[String; 2]| SessionLimits {
            idle_minutes: number(idle),
            lifetime_minutes: number(lifetime),
        };
        SecurityInput {
            min_length: number(&self.min_length),
            forbidden_words: self.words.clone(),
            users: limits(users),
            console: limits(console),
        }
    }

    /// All of it on one line: what was seen is saved, and nothing else.
    pub(super) fn typed(&self) -> String {
        let limits = self.limits.iter().flatten().cloned();
        [self.min_length.clone()]
            .into_iter()
            .chain(limits)
            .chain(self.words.clone())
            .collect::<Vec<_>>()
            .join("/")
    }

    pub(super) fn fields(&self, page: FormPage) -> FormPage {
        let least = Field::number(MIN, "Fewest characters", &self.min_length).required().help(format!(
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
            let field = |name: &str, label: &str, value: &str, (least, most): (i64, i64)| {
                let offered = OFFERED.into_iter().filter(|n| (least..=most).contains(n));
                let choice = |n: i64| Choice::new(n.to_string(), words::lifetime(n * 60), false);
                let most = match words::lifetime(most * 60) {
                    long if most >= 60 => format!("{} ({long})", words::number(most)),
                    _ => most.to_string(),
                };
                Field::number(name, label, value)
                    .required()
                    .suggest(offered.map(choice))
                    .help(format!("From {least} to {most}."))
            };
            let bounds = |range: &std::ops::RangeInclusive<i64>| (*range.start(), *range.end());
            page = page.group(
                kind_name(kind),
                [
                    field(names[0], "Minutes without use", &values[0], bounds(&idle)),
                    field(names[1], "Minutes in all", &values[1], bounds(&lifetime)),
                ],
            );
        }
        page
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
        Fact::text("Fewest characters", input.min_length.to_string()),
        Fact::text("Forbidden words", words),
        Fact::text("Always refused", "The login, and passwords that are guessed first"),
    ]
}

pub(super) fn facts_of_sessions(input: &SecurityInput) -> Vec<Fact> {
    let of = |kind, limits: SessionLimits| {
        let name = kind_name(kind);
        [
            Fact::text(format!("{name}, without use"), words::lifetime(limits.idle_minutes * 60)),
            Fact::text(format!("{name}, in all"), words::lifetime(limits.lifetime_minutes * 60)),
        ]
    };
    [of(SessionKind::User, input.users), of(SessionKind::Console, input.console)].concat()
}

/// What differs, from what to what.
pub(super) fn changes(before: &SecurityInput, after: &SecurityInput) -> Vec<Fact> {
    let all = |input| [facts_of_passwords(input), facts_of_sessions(input)].concat();
    let pairs = all(before).into_iter().zip(all(after)).filter(|(old, new)| old.value != new.value);
    pairs.map(|(old, new)| Fact::text(new.label, format!("{} → {}", old.value, new.value))).collect()
}
