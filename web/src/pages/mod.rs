//! One struct a page.

mod access;
mod account;
mod alerts;
mod answer;
mod branding;
mod directory;
mod docs;
mod door;
mod form;
mod groups;
mod limits;
mod log;
mod operator;
mod overview;
mod policies;
mod way;
mod webhooks;

pub use access::*;
pub use account::*;
pub use alerts::*;
pub use answer::*;
pub use branding::*;
pub use directory::*;
pub use docs::*;
pub use door::*;
pub use form::*;
pub use groups::*;
pub use limits::*;
pub use log::*;
pub use operator::*;
pub use overview::*;
pub use policies::*;
pub use way::*;
pub use webhooks::*;
