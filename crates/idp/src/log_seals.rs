//! What shows that a log was changed behind Signet's back.
//!
//! A job walks the log in the order of commits, as the hourly counts do, and adds links to a chain. A link covers what
//! was committed since the one before; for each tenant with events there it names a seal, which lists each event's id,
//! time and code. All codes are HMACs under a key that is derived from the deployment's hash key, so whoever can write
//! to the database, but has no master key, can neither change an event nor make up a seal that fits.
//!
//! A link can't be undone quietly either, for the next one carries its code. The last one has no next one: its code, the
//! *head*, is kept outside of the database, by each node in its data directory and by whoever notes it elsewhere.
//!
//! What Signet itself removes is told from what somebody else took: retention writes a signed *floor* for each tenant, and
//! the events that tell of a tenant's deletion carry a proof.

mod check;
mod codes;
mod finding;
mod head;
mod prune;
mod removed;
mod walk;

pub use finding::{Finding, Kind, Report};
pub use head::Head;
pub(crate) use head::LastSeen;
