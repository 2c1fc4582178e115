//! The demonstration: the whole gateway with the providers' side of every protocol around it, on
//! this machine alone, and a day of sample notifications to watch.
//!
//! Nothing in it is pretended: the shipped configuration decides, the shipped texts are sent, over
//! the real wire protocols, and what is shown is read from the ledger and from the providers'
//! screens. Only the clock is the demonstration's own: it begins on the same Tuesday each time, and
//! leaps when nothing is left to do but wait.

mod course;
mod director;
mod folder;
mod page;
mod phones;
mod sandboxes;
mod stage;
mod story;
mod table;
mod words;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::watch;
use tracing::error;

pub use course::{Board, Course, Progress, Sending};
pub(crate) use folder::{Folder, random_name, text};
pub use phones::{Phone, Phones, Written};
pub use sandboxes::Sandboxes;
pub(crate) use sandboxes::{LOOPBACK, Started};
pub use stage::Stage;
pub use story::{Act, Deed, ExpectedEnding, Message, Person, Story};
pub use table::{surprises, table};

use crate::lifecycle::{Ending, Lifecycle};
use director::Director;
use stage::Backstage;

/// A demonstration that is being played.
pub struct Demo {
    stage: Arc<Stage>,
    lifecycle: Lifecycle,
    over: watch::Receiver<bool>,
    backstage: Backstage,
}

/// How long what is under way may take at the end.
const GRACE: Duration = Duration::from_secs(5);

impl Demo {
    /// Starts everything on the configuration of this folder, and begins the day.
    pub async fn start(config: &Path) -> anyhow::Result<Self> {
        let lifecycle = Lifecycle::new();
        let (stage, backstage) = Stage::set(config, &lifecycle).await?;
        let director = Director::new(stage.clone());
        let over = director.over();
        let (life, stopping) = (lifecycle.clone(), lifecycle.stopping());
        lifecycle.spawn("director", async move {
            if let Err(error) = director.run(stopping).await {
                error!("the demonstration cannot go on: {error:#}");
                life.fail();
            }
        });
        Ok(Self { stage, lifecycle, over, backstage })
    }

    /// Serves the page with the phones on this address; gives where it is.
    pub async fn open_page(&self, listen: SocketAddr) -> anyhow::Result<SocketAddr> {
        let (address, serving) = page::open(self.stage.clone(), listen, self.lifecycle.stopping()).await?;
        self.lifecycle.spawn("page", serving);
        Ok(address)
    }

    /// What it is played on.
    #[must_use]
    pub fn stage(&self) -> &Arc<Stage> {
        &self.stage
    }

    /// Waits until every notification has its final state, at most this long; whether that is so.
    pub async fn until_all_have_ended(&mut self, at_most: Duration) -> bool {
        let over = tokio::time::timeout(at_most, self.over.wait_for(|over| *over)).await;
        matches!(over, Ok(Ok(_)))
    }

    /// The table of the day as far as it has come.
    #[must_use]
    pub fn table(&self) -> String {
        table(&self.stage.story, &self.stage.rules.catalogue, &self.stage.board().borrow())
    }

    /// Stays until a signal comes, then ends in order.
    pub async fn until_signal(self) -> anyhow::Result<Ending> {
        let ending = self.lifecycle.run_until_signal(GRACE).await.context("signals")?;
        self.close().await;
        Ok(ending)
    }

    /// Ends in order.
    pub async fn stop(self) -> Ending {
        let ending = self.lifecycle.shut_down(GRACE).await;
        self.close().await;
        ending
    }

    /// First the gateway lets go of the providers, then they end, then the folder goes.
    async fn close(self) {
        let Self { stage, backstage: Backstage { gateway, providers, folder }, .. } = self;
        drop(stage);
        gateway.close().await;
        drop(providers);
        drop(folder);
    }
}

#[cfg(test)]
mod tests;
