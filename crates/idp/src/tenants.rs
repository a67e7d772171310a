//! Making tenants.
