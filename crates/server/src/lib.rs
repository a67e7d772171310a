//! Signet, a multi-tenant identity provider.
/// Runs the command line.
pub fn main() {}
