//! Signet's pages: plain values in, documents out.
//!
//! Each page is a struct of owned strings with a template of its own; nothing here knows a database, a clock or
//! a request. The caller writes the sentences and the times, and this crate gives them their form: escaped, under
//! a policy without inline script or style, and complete without JavaScript.
//!
//! A page with a form has a [`Csrf`] field, directly or in its [`Console`], so it can't be built without one.

mod assets;
mod brand;
mod chart;
mod pages;
mod parts;
pub mod samples;
mod shell;
pub mod texts;

pub use askama::Template;
pub use assets::{Asset, asset, asset_url, assets};
pub use brand::brand_css;
pub use chart::{Bar, CountedWindow, Histogram, StripAttempt, Throttle};
pub use pages::*;
pub use parts::*;
pub use shell::{Console, Logo, NavItem, Page, Section, Shell, Theme};
pub use texts::Language;
