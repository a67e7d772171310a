//! Names that are nearly right: who was meant by a search that finds nobody, and what a user may have typed who was
//! refused as nobody.

use super::directory::latest_about;
use super::kinds::{self, equals};
use crate::admin::AdminError;
use crate::admin::user_list::with_locks;
use crate::admin::users::UserView;
use crate::{Ctx, Idp, IdpError};
use signet_domain::event::EventRow;
use signet_domain::user::User;
use signet_oauth::Reason;
use signet_store::log_query::TextField;
use std::collections::BTreeMap;

/// Users that are looked at for each beginning that the name may have.
const CANDIDATES: i64 = 200;
const SHOWN: usize = 5;
/// Days in which somebody may have been refused as nobody, and how many refusals are looked through.
const DAYS: i64 = 7;
const REFUSALS: u32 = 2_000;
const NOBODIES: u32 = 200;

/// Wrong, missing, needless or swapped letters that make another spelling and not another name.
fn slips(name: &str) -> usize {
    match name.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    }
}

fn local(login: &str) -> &str {
    login.split('@').next().unwrap_or(login)
}

/// How far apart two logins are, if they may be the same one spelt differently; with or without a domain.
fn apart(typed: &str, login: &str) -> Option<usize> {
    let (typed, login) = (typed.trim().to_lowercase(), login.to_lowercase());
    let login = if typed.contains('@') { login.as_str() } else { local(&login) };
    let distance = strsim::osa_distance(&typed, login);
    (1..=slips(local(&typed))).contains(&distance).then_some(distance)
}

/// How far what was typed is from the beginning of a name.
fn apart_from_beginning(typed: &str, name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    let length = typed.chars().count();
    let beginnings = length.saturating_sub(1)..=length.saturating_add(1);
    let nearest = beginnings
        .map(|length| strsim::osa_distance(typed, &name.chars().take(length).collect::<String>()))
        .min()?;
    (nearest <= slips(typed)).then_some(nearest)
}

fn nearest(typed: &str, user: &User) -> Option<usize> {
    let whole = format!("{} {}", user.first_name, user.last_name);
    [user.login.as_str(), &user.email, &user.first_name, &user.last_name, &whole]
        .into_iter()
        .filter(|name| !name.trim().is_empty())
        .filter_map(|name| apart_from_beginning(typed, name))
        .min()
}

/// How a name may begin whose letters are nearly these: whoever slips rarely does so at once, but two letters may be
/// swapped.
fn beginnings(typed: &str) -> Vec<String> {
    let letters: Vec<char> = typed.chars().collect();
    let begin = |count: usize| letters.iter().take(count).collect::<String>();
    let mut found = vec![begin(3), begin(2)];
    if let [first, second, ..] = letters[..] {
        found.push(format!("{second}{first}"));
        found.push(second.to_string());
    }
    found.push(begin(1));
    found
}

impl Idp {
    /// Users whose login, e-mail address or name begins nearly like this; the nearest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn users_spelt_like(&self, ctx: &Ctx, typed: &str) -> Result<Vec<UserView>, AdminError> {
        let typed = typed.trim().to_lowercase();
        if slips(&typed) == 0 {
            return Ok(Vec::new());
        }
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let mut found = BTreeMap::new();
        for beginning in beginnings(&typed) {
            for user in tx.users_with_prefix(&beginning, CANDIDATES).await? {
                if let Some(apart) = nearest(&typed, &user) {
                    found.insert((apart, user.login_key.clone()), user);
                }
            }
            if found.len() >= SHOWN {
                break;
            }
        }
        let users = found.into_values().take(SHOWN).collect();
        Ok(with_locks(&mut tx, ctx, users).await?)
    }

    /// Sign-ins of the last days under logins that nobody has and that are nearly this user's: each with its newest.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn nobodies_spelt_like(
        &self,
        ctx: &Ctx,
        user: &User,
    ) -> Result<Vec<(String, EventRow)>, IdpError> {
        let mut tx = self.store().tenant(ctx.tenant_id()).read().await?;
        let unknown = equals(TextField::Reason, Reason::UnknownUser.as_str());
        let wanted = (unknown, DAYS, NOBODIES);
        let refused = latest_about(&mut tx, ctx, kinds::refusals(), wanted, REFUSALS).await?;
        let mut newest: Vec<(String, EventRow)> = Vec::new();
        for event in refused {
            let Some(typed) = event.data.targets.iter().find(|target| target.kind == "User") else {
                continue;
            };
            let typed = typed.alternate_id.to_lowercase();
            let seen = newest.iter().any(|(seen, _)| *seen == typed);
            if !seen && apart(&typed, &user.login).is_some() {
                newest.push((typed, event));
            }
        }
        newest.truncate(SHOWN);
        Ok(newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_another_spelling_and_another_name_is_none() {
        let ada = "ada.lovelace@acme.test";
        for typed in ["ada.lovelcae", "ada.lovelace@acme.tst", "Ada.Loveace@acme.test", "adalovelace"] {
            assert!(apart(typed, ada).is_some(), "{typed}");
        }
        for typed in
            ["ada.lovelace", "ADA.lovelace@acme.test", "bob", "ada", "eva.lovelace.long@acme.test", ""]
        {
            assert!(apart(typed, ada).is_none(), "{typed}");
        }
        // A short name has little to be wrong about.
        assert!(apart("bo", "bob@acme.test").is_none() && apart("bbo", "bob@acme.test").is_some());
    }

    #[test]
    fn a_beginning_may_be_misspelt_as_well() {
        assert_eq!(apart_from_beginning("turnig", "turing@acme.test"), Some(1));
        assert_eq!(apart_from_beginning("lovelaec", "Lovelace"), Some(1));
        assert_eq!(apart_from_beginning("ada lovelcae", "Ada Lovelace"), Some(1));
        assert!(apart_from_beginning("turnig", "hopper@acme.test").is_none());
        assert_eq!(beginnings("bob"), ["bob", "bo", "ob", "o", "b"]);
        assert_eq!(beginnings("ß"), ["ß", "ß", "ß"]);
    }
}
