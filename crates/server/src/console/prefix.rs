//! Lists that are searched by the beginning of a name: what was asked for, and what the page says of it.

use super::failure::Result;
use super::next::encoded;
use super::words;
use signet_idp::admin::{AdminError, Page};
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{Chip, Empty, Paging};

/// Most rows of a page.
pub(super) const PAGE: i64 = 50;
const MAX_PREFIX: usize = 256;

/// What a list was asked for.
pub(super) struct Asked<'p> {
    path: &'static str,
    /// The beginning of a name; then there is one page.
    pub(super) q: Option<&'p str>,
    /// The part of the list that is asked for: the parameter that names it, and its name.
    pub(super) part: Option<(&'static str, &'p str)>,
    after: Option<&'p str>,
}

impl<'p> Asked<'p> {
    pub(super) fn read(params: &'p Params, path: &'static str) -> Self {
        let q = params.get("q").map(str::trim).filter(|q| !q.is_empty() && q.len() <= MAX_PREFIX);
        Self { path, q, part: None, after: params.get("after").filter(|_| q.is_none()) }
    }

    /// The same, of a list that has parts: `of` is the parameter that names one.
    pub(super) fn part(self, params: &'p Params, of: &'static str) -> Self {
        let part = params.get(of).filter(|part| !part.is_empty());
        Self { part: part.map(|part| (of, part)), ..self }
    }

    /// Finds the page.
    pub(super) async fn page<T, F>(&self, find: impl Fn(Option<&'p str>) -> F) -> Result<Page<T>>
    where
        F: Future<Output = std::result::Result<Page<T>, AdminError>>,
    {
        or_the_first(self.after, find).await
    }

    /// Whether a search found as much as a page holds: there may be more.
    pub(super) fn is_cut_off<T>(&self, found: &Page<T>) -> bool {
        self.q.is_some() && found.items.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX)
    }

    /// `12 groups`, where that is known.
    pub(super) fn count<T>(&self, found: &Page<T>, noun: &str) -> Option<String> {
        let all = self.after.is_none() && found.next.is_none() && !self.is_cut_off(found);
        words::total(found.items.len(), noun, all)
    }

    /// The way to the next page.
    pub(super) fn paging<T>(&self, found: &Page<T>) -> Paging {
        let part = self.part.map_or_else(String::new, |(of, part)| format!("{of}={}&", encoded(part)));
        Paging {
            newer: None,
            older: found.next.as_ref().map(|cursor| format!("{}?{part}after={}", self.path, encoded(cursor))),
            note: self.is_cut_off(found).then(|| format!("The first {PAGE} matches: type more of the name.")),
        }
    }

    /// Why there are no rows, if there are none; `nothing_yet` where there never were any.
    pub(super) fn empty<T>(&self, found: &Page<T>, nothing_yet: &str) -> Option<Empty> {
        let why = || match self.q {
            None if self.part.is_some() => {
                Empty::NoMatch { filters: Vec::new(), nearest: None, clear_url: self.path.to_owned() }
            }
            Some(q) => Empty::NoMatch {
                filters: vec![Chip {
                    label: format!("Begins with “{}”", visible(q)),
                    remove_url: self.path.to_owned(),
                }],
                nearest: None,
                clear_url: self.path.to_owned(),
            },
            None => Empty::NothingYet { sentence: nothing_yet.to_owned(), action: None },
        };
        found.items.is_empty().then(why)
    }
}

/// The page behind a cursor; one that isn't the list's leads to its beginning.
pub(super) async fn or_the_first<'p, T, F>(
    after: Option<&'p str>,
    find: impl Fn(Option<&'p str>) -> F,
) -> Result<Page<T>>
where
    F: Future<Output = std::result::Result<Page<T>, AdminError>>,
{
    match find(after).await {
        Err(AdminError::Cursor) => Ok(find(None).await?),
        other => Ok(other?),
    }
}
