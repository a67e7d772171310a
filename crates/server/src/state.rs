//! What every handler can reach.

use crate::background::Background;
use crate::config::Config;
use signet_idp::Idp;
use std::sync::Arc;

/// The running server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    idp: Idp,
    config: Config,
    background: Background,
}

impl App {
    pub(crate) fn new(idp: Idp, config: Config) -> Self {
        let background = Background::new(idp.node());
        Self(Arc::new(Inner { idp, config, background }))
    }

    /// The identity provider.
    #[must_use]
    pub fn idp(&self) -> &Idp {
        &self.0.idp
    }

    /// What this node does beside requests.
    pub(crate) fn background(&self) -> &Background {
        &self.0.background
    }

    /// What the operator set.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }
}
