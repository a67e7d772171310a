//! One struct a page.

mod account;
mod directory;
mod docs;
mod door;
mod form;
mod limits;
mod log;
mod operator;
mod overview;
mod policies;
mod way;

pub use account::*;
pub use directory::*;
pub use docs::*;
pub use door::*;
pub use form::*;
pub use limits::*;
pub use log::*;
pub use operator::*;
pub use overview::*;
pub use policies::*;
pub use way::*;
