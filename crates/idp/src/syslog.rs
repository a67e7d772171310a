//! Reading the system log.
