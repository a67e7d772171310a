//! What several tests need.

pub(crate) mod apps;
pub(crate) mod client_key;
pub(crate) mod console_routes;
pub(crate) mod desk;
pub(crate) mod flood;
pub(crate) mod forge;
pub(crate) mod frozen;
pub(crate) mod furniture;
pub(crate) mod gateway;
pub(crate) mod groups;
pub(crate) mod house;
pub(crate) mod log;
pub(crate) mod make;
pub(crate) mod openapi;
pub(crate) mod outside;
pub(crate) mod rates;
pub(crate) mod replies;
pub(crate) mod ropg;
pub(crate) mod rows;
pub(crate) mod samples;
pub(crate) mod source;
pub(crate) mod sql_source;
pub(crate) mod static_site;
pub(crate) mod stores;
pub(crate) mod until;
pub(crate) mod walk;
