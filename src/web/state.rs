//! What the handlers work with.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use vestnik_contract::{Callbacks, ChannelId, RouteId};

use super::auth::Grants;
use super::callbacks::{Brought, NotKept};
use super::gather::Gather;
use super::health::Probe;
use super::notifications::{Load, Single, Verdict};
use crate::clock::Clock;
use crate::config::gateway::BackPressure;
use crate::config::sources::Sources;
use crate::inbox::Inbox;
use crate::intake::Desk;
use crate::ledger::{Ledger, Rules};
use crate::telemetry::Metrics;

/// What the server is built from.
pub struct WebParts {
    /// The ledger.
    pub ledger: Arc<Ledger>,
    /// The configuration in force.
    pub rules: Arc<Rules>,
    /// The registered sources.
    pub sources: Arc<Sources>,
    /// What time it is.
    pub clock: Clock,
    /// Who understands the providers' callbacks, by channel and route.
    pub callbacks: BTreeMap<(ChannelId, RouteId), Arc<dyn Callbacks>>,
    /// The header in which a trusted proxy names the client's address.
    pub client_address_header: Option<String>,
    /// How much open work there may be before sources have to wait.
    pub back_pressure: BackPressure,
    /// What `/metrics` shows; without it there is no such page.
    pub metrics: Option<Metrics>,
    /// What `/readyz` asks besides the ledger.
    pub probes: Vec<Probe>,
}

/// The state of the server. Clones share it.
#[derive(Clone)]
pub struct WebState(Arc<Inner>);

/// The parts, and what is remembered between requests.
struct Inner {
    parts: WebParts,
    desk: Desk,
    inbox: Inbox,
    grants: Grants,
    load: Load,
    brought: Gather<Brought, Result<(), NotKept>>,
    singles: Gather<Single, Verdict>,
}

impl WebState {
    /// The state of a new server.
    #[must_use]
    pub fn new(parts: WebParts) -> Self {
        let desk = Desk::new(parts.ledger.clone(), parts.rules.clone(), parts.sources.clone());
        let inbox = Inbox::new(parts.ledger.clone());
        Self(Arc::new(Inner {
            parts,
            desk,
            inbox,
            grants: Grants::default(),
            load: Load::default(),
            brought: Gather::default(),
            singles: Gather::default(),
        }))
    }

    /// Where messages are handed over.
    pub(super) fn desk(&self) -> &Desk {
        &self.0.desk
    }

    pub(super) fn inbox(&self) -> &Inbox {
        &self.0.inbox
    }

    pub(super) fn grants(&self) -> &Grants {
        &self.0.grants
    }

    /// What providers' calls bring at once.
    pub(super) fn brought(&self) -> &Gather<Brought, Result<(), NotKept>> {
        &self.0.brought
    }

    /// Messages that come one by one at once.
    pub(super) fn singles(&self) -> &Gather<Single, Verdict> {
        &self.0.singles
    }

    pub(super) fn load(&self) -> &Load {
        &self.0.load
    }
}

impl Deref for WebState {
    type Target = WebParts;
    fn deref(&self) -> &WebParts {
        &self.0.parts
    }
}
