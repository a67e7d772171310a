//! The quick starts of docs/quickstarts, executed from the very text: a file's block carries its name behind the
//! language, and what a reader would type in, a test puts into the environment or in place of a `Define`.
//!
//! Each runs on one engine: they are about the other end.

mod apache;
mod nginx;
mod page;
mod programs;
mod react;
mod servers;
mod shell;
mod shown;

/// The fenced blocks of a page, named from docs/quickstarts.
pub(crate) fn page_blocks(name: &str) -> Vec<(String, String)> {
    page::Page::read(name).blocks()
}
