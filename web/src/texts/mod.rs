//! What the pages for users say, in each language that Signet speaks. The console and the pages for developers are in
//! English.
//!
//! A language is one file of this folder that fills [`Texts`]; the compiler finds what is missing in it.

mod de;
mod en;

use std::fmt;

/// A language of the pages for users.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// English, for everybody whose language isn't here.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The language's tag (BCP 47), as in `ui_locales_supported`, `lang` and `Content-Language`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// What the pages say in it.
    #[must_use]
    pub fn texts(self) -> &'static Texts {
        match self {
            Self::English => &en::TEXTS,
            Self::German => &de::TEXTS,
        }
    }

    /// The first of the wanted languages that is spoken here: tags with spaces between, the best first, as in
    /// `ui_locales` (OpenID Connect Core 3.1.2.1). `de-AT` is served in German (the lookup of RFC 4647 §3.4).
    #[must_use]
    pub fn of(wanted: &str) -> Self {
        let spoken = |tag: &str| {
            let primary = tag.split(['-', '_']).next().unwrap_or_default();
            Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
        };
        wanted.split_ascii_whitespace().find_map(spoken).unwrap_or_default()
    }
}

/// What stands before and after a name that the page sets off.
#[derive(Debug, Clone, Copy)]
pub struct Around(pub &'static str, pub &'static str);

impl Around {
    /// The whole, where nothing is set off.
    pub fn with(self, what: impl fmt::Display) -> String {
        format!("{}{what}{}", self.0, self.1)
    }
}

/// What went wrong, as a heading and a sentence that says what to do.
#[derive(Debug, Clone, Copy)]
pub struct Wrong(pub &'static str, pub &'static str);

/// Everything that pages for users say.
#[derive(Debug)]
pub struct Texts {
    /// On every page.
    pub frame: Frame,
    /// Name and password.
    pub sign_in: SignIn,
    /// Which account.
    pub choose_account: ChooseAccount,
    /// Whether an app may.
    pub consent: Consent,
    /// Back to the app by a form.
    pub form_post: FormPost,
    /// The end of a session.
    pub sign_out: SignOut,
    /// A user's own page.
    pub account: Account,
    /// A user's profile.
    pub profile: Profile,
    /// A user's password.
    pub password: Password,
    /// The tenant's root.
    pub home: Home,
    /// What went wrong.
    pub errors: Errors,
    /// Times.
    pub times: Times,
}

/// On every page.
#[derive(Debug)]
pub struct Frame {
    /// The way past the head, for the keyboard.
    pub skip_to_form: &'static str,
    /// The same where there is no form.
    pub skip_to_content: &'static str,
    /// Who made this.
    pub secured_by: &'static str,
    /// To where users find help.
    pub help: &'static str,
    /// The group of buttons that choose light or dark.
    pub colours: &'static str,
    /// What they choose, and what they say.
    pub themes: [(&'static str, &'static str); 3],
    /// At the foot of a demo.
    pub demo_tenant: &'static str,
    /// The button that copies.
    pub copy: &'static str,
    /// What it says then.
    pub copied: &'static str,
    /// What it says where the browser doesn't let it.
    pub not_allowed: &'static str,
    /// The button that shows a password.
    pub show: &'static str,
    /// What it says then.
    pub hide: &'static str,
}

/// The sign-in card.
#[derive(Debug)]
pub struct SignIn {
    /// Title, heading and button.
    pub heading: &'static str,
    /// To where users find help, from here.
    pub cannot: &'static str,
    /// Around the app's name.
    pub to_app: Around,
    /// Around the tenant's name.
    pub to_console: Around,
    /// To the operator's pages.
    pub to_operator: &'static str,
    /// Over the first field.
    pub login: &'static str,
    /// Over the second field.
    pub password: &'static str,
    /// The pair is wrong. Never says which half.
    pub no_match: &'static str,
    /// An app asked for a person who isn't signed in. It doesn't say whose: who sits there may not be who the app thinks.
    pub other_account: &'static str,
    /// A field is empty.
    pub both_needed: &'static str,
    /// The server has no room for another check.
    pub busy: &'static str,
}

/// The account chooser.
#[derive(Debug)]
pub struct ChooseAccount {
    /// Title and heading.
    pub heading: &'static str,
    /// Around the name of whoever is signed in.
    pub continue_as: Around,
    /// To the sign-in page.
    pub another: &'static str,
}

/// The consent card.
#[derive(Debug)]
pub struct Consent {
    /// The title.
    pub title: &'static str,
    /// Around the app's name.
    pub heading: Around,
    /// Around the login.
    pub you_are: Around,
    /// Signs out and asks again.
    pub use_another_account: &'static str,
    /// Over the scopes.
    pub will_be_able_to: &'static str,
    /// Beside a scope that can't be left out.
    pub needed: &'static str,
    /// Around the host.
    pub you_go_back_to: Around,
    /// Around the tenant's name: the app registered itself.
    pub unvouched: Around,
    /// To the app's page on privacy.
    pub privacy: &'static str,
    /// To the app's terms of use.
    pub terms: &'static str,
    /// Refuses.
    pub cancel: &'static str,
    /// Agrees.
    pub allow: &'static str,
    /// The sentences of the scopes that come with every server, by their names.
    pub scopes: &'static [(&'static str, &'static str)],
}

impl Consent {
    /// The sentence of a scope that comes with every server.
    #[must_use]
    pub fn scope(&self, name: &str) -> Option<&'static str> {
        self.scopes.iter().find(|(known, _)| *known == name).map(|(_, sentence)| *sentence)
    }
}

/// The page that posts an answer to an app.
#[derive(Debug)]
pub struct FormPost {
    /// The title.
    pub title: &'static str,
    /// Around the app's host.
    pub heading: Around,
    /// For browsers without scripts.
    pub sentence: &'static str,
    /// The button.
    pub button: &'static str,
}

/// The end of a session.
#[derive(Debug)]
pub struct SignOut {
    /// Title, button and link.
    pub sign_out: &'static str,
    /// The question.
    pub question: &'static str,
    /// Around the app that asks.
    pub app_asks: Around,
    /// The other answer.
    pub stay: &'static str,
    /// The title afterwards.
    pub done: &'static str,
    /// The heading afterwards.
    pub you_are_signed_out: &'static str,
    /// Around the tenant's name.
    pub session_ended: Around,
    /// Around the tenant's name, where the browser tells apps.
    pub apps_are_told: Around,
    /// Why the browser is not sent where the app wanted it.
    pub unregistered: &'static str,
    /// What a frame that tells an app is for.
    pub frame: &'static str,
}

/// A user's own page.
#[derive(Debug)]
pub struct Account {
    /// Title and heading.
    pub heading: &'static str,
    /// Around the login.
    pub you_are: Around,
    /// The part of facts.
    pub about_you: &'static str,
    /// First and last name.
    pub name: &'static str,
    /// What the user signs in with.
    pub login: &'static str,
    /// The address.
    pub email: &'static str,
    /// Since when the password holds.
    pub password_set: &'static str,
    /// The zone in which times are shown.
    pub zone: &'static str,
    /// Leads to the form of the profile.
    pub edit_profile: &'static str,
    /// It is saved.
    pub profile_saved: &'static str,
    /// The part of sessions.
    pub sessions: &'static str,
    /// Marks the session of this browser.
    pub this_one: &'static str,
    /// A session for apps.
    pub for_apps: &'static str,
    /// A session of the console.
    pub for_console: &'static str,
    /// Before an IP address.
    pub from: &'static str,
    /// Before a time.
    pub since: &'static str,
    /// Before a time.
    pub last_used: &'static str,
    /// Between browser and system.
    pub on: &'static str,
    /// A browser that can't be told.
    pub unknown_browser: &'static str,
    /// Ends a session.
    pub end_session: &'static str,
    /// It has ended.
    pub session_ended: &'static str,
    /// The part of what happened lately.
    pub activity: &'static str,
    /// Nothing did.
    pub no_activity: &'static str,
    /// What to do about something that somebody else did.
    pub not_you: &'static str,
    /// Marks an attempt that led nowhere.
    pub refused: &'static str,
    /// Who did what the user didn't.
    pub by_administrator: &'static str,
    /// A sign-in.
    pub signed_in: &'static str,
    /// A sign-in at the console.
    pub opened_console: &'static str,
    /// A sign-out.
    pub signed_out: &'static str,
    /// Sessions were ended from elsewhere.
    pub sessions_ended: &'static str,
    /// A wrong password.
    pub wrong_password: &'static str,
    /// An attempt that was refused before the password was looked at.
    pub attempt_refused: &'static str,
    /// More passwords in a second than are looked at.
    pub too_many: &'static str,
    /// The login was locked.
    pub locked: &'static str,
    /// The lock was lifted.
    pub unlocked: &'static str,
    /// The password was set.
    pub password_changed: &'static str,
    /// A change of the profile.
    pub profile_changed: &'static str,
    /// Around an app that was allowed something.
    pub app_allowed: Around,
    /// Around an app that lost it.
    pub app_withdrawn: Around,
    /// The part of apps.
    pub apps: &'static str,
    /// There is none.
    pub no_apps: &'static str,
    /// Takes an app's access back.
    pub revoke: &'static str,
    /// It is taken back.
    pub access_ended: &'static str,
}

/// The page that changes the profile.
#[derive(Debug)]
pub struct Profile {
    /// Title and heading.
    pub heading: &'static str,
    /// Given name.
    pub first_name: &'static str,
    /// Family name.
    pub last_name: &'static str,
    /// Where names are not the user's to change.
    pub names_are_kept: &'static str,
    /// The zone of times.
    pub zone: &'static str,
    /// How it is written.
    pub zone_help: &'static str,
    /// There is no such zone.
    pub no_zone: &'static str,
    /// A name that is too long or holds what nobody can read.
    pub bad_name: &'static str,
    /// Saves it.
    pub save: &'static str,
}

/// The page that changes a password.
#[derive(Debug)]
pub struct Password {
    /// Title and heading.
    pub heading: &'static str,
    /// What it brings with it.
    pub sentence: &'static str,
    /// Over the first field.
    pub old: &'static str,
    /// Over the second field.
    pub new: &'static str,
    /// Under the second field, around the fewest characters.
    pub help: Around,
    /// The button, and the link that leads here.
    pub change: &'static str,
    /// The way out.
    pub back: &'static str,
    /// The title afterwards.
    pub changed: &'static str,
    /// The way on.
    pub sign_in: &'static str,
    /// A field is empty.
    pub both_needed: &'static str,
    /// The old one is wrong.
    pub wrong: &'static str,
    /// The new one is too short: around the fewest characters.
    pub too_short: Around,
    /// The new one is too long.
    pub too_long: &'static str,
    /// The new one holds the login.
    pub holds_login: &'static str,
    /// The new one holds a word that the tenant forbids.
    pub forbidden: &'static str,
    /// Everybody tries the new one.
    pub common: &'static str,
    /// The new one is the old one.
    pub same: &'static str,
    /// Where an expired one is replaced: title and heading.
    pub renew: &'static str,
    /// Why.
    pub renew_sentence: &'static str,
    /// The button.
    pub renew_go: &'static str,
    /// The way out.
    pub renew_back: &'static str,
    /// Nothing was typed.
    pub renew_needed: &'static str,
    /// It took too long, or was done already.
    pub renew_late: &'static str,
}

/// The tenant's root.
#[derive(Debug)]
pub struct Home {
    /// The title.
    pub title: &'static str,
    /// Around the tenant's name.
    pub heading: Around,
    /// Under it.
    pub sentence: &'static str,
    /// The user's own page, and what it is for.
    pub account: (&'static str, &'static str),
    /// The console, and whom it is for.
    pub console: (&'static str, &'static str),
    /// The API's pages, and what they hold.
    pub docs: (&'static str, &'static str),
    /// The discovery document, and who reads it.
    pub discovery: (&'static str, &'static str),
    /// The demo, and what it is like.
    pub demo: (&'static str, &'static str),
    /// Over the issuer.
    pub issuer: &'static str,
}

/// What went wrong.
#[derive(Debug)]
pub struct Errors {
    /// The flow was answered or is too old.
    pub flow_over: Wrong,
    /// The server fails.
    pub not_now: Wrong,
    /// The same, for who sent something.
    pub not_now_sent: Wrong,
    /// The app's request is wrong.
    pub bad_request: Wrong,
    /// A form from elsewhere, or one that is too old.
    pub form_unusable: Wrong,
    /// What a form was about is gone.
    pub gone: Wrong,
    /// The account changed meanwhile.
    pub changed: Wrong,
    /// There is no such page.
    pub no_page: Wrong,
    /// Over what a developer needs to know.
    pub for_the_developer: &'static str,
    /// Beside the protocol's own sentence, which is English.
    pub explanation: &'static str,
    /// Before the request's id.
    pub request: &'static str,
}

/// Times.
#[derive(Debug)]
pub struct Times {
    /// Before a time of this day.
    pub today: &'static str,
    /// The months, short.
    pub months: [&'static str; 12],
    /// What follows the number of a day.
    pub after_day: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_is_spoken_here_wins() {
        for (wanted, language) in [
            ("", Language::English),
            ("de", Language::German),
            ("DE-at", Language::German),
            ("fr-CA fr en", Language::English),
            ("fr de en", Language::German),
            ("en de", Language::English),
            ("deutsch * - \u{0}", Language::English),
        ] {
            assert_eq!(Language::of(wanted), language, "{wanted}");
        }
    }

    #[test]
    fn a_language_has_its_own_words() {
        let (en, de) =
            (format!("{:?}", Language::English.texts()), format!("{:?}", Language::German.texts()));
        let texts = |all: &str| all.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let pairs = texts(&en).into_iter().zip(texts(&de));
        let same: Vec<_> = pairs.filter(|(en, de)| en == de && en.len() > 8).map(|(en, _)| en).collect();
        assert_eq!(same, ["offline_access"], "left in English");
    }
}
