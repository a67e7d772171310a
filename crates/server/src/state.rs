//! What every handler can reach.

use crate::config::Config;
use signet_idp::Idp;
use std::sync::Arc;

/// The running server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    idp: Idp,
    config: Config,
}

impl App {
    pub(crate) fn new(idp: Idp, config: Config) -> Self {
        Self(Arc::new(Inner { idp, config }))
    }

    /// The identity provider.
    #[must_use]
    pub fn idp(&self) -> &Idp {
        &self.0.idp
    }

    /// What the operator set.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }
}
