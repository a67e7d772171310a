//! The system log as it is searched, counted and swept, and attempts at passwords: on SQLite always, on PostgreSQL when
//! `SIGNET_TEST_POSTGRES_URL` names a server (its user must be allowed to create databases).

mod log {
    mod attempts;
    mod counting;
    pub(crate) mod fixture;
    mod searching;
    mod sweeping;
}
