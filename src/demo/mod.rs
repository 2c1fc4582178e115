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
mod providers;
mod sandboxes;
mod stage;
mod story;
mod table;
mod words;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::error;

pub use course::{Board, Course, Progress, Sending};
pub(crate) use folder::{Folder, random_name, text};
pub use phones::{Phone, Phones, Written};
pub use providers::{Standing, TROUBLES, Wish};
pub use sandboxes::Sandboxes;
pub(crate) use sandboxes::{LOOPBACK, Ports, Started};
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

/// How the day went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// Every notification has its final state.
    Over,
    /// Somebody, or a failure, stopped it before.
    Stopped,
    /// It took too long.
    Stuck,
}

/// How long what is under way may take at the end.
const GRACE: Duration = Duration::from_secs(5);

impl Demo {
    /// Starts everything on the configuration of this folder, and begins the day.
    pub async fn start(config: &Path) -> anyhow::Result<Self> {
        let lifecycle = Lifecycle::new();
        // Before there is anything that would be left behind.
        stop_on_signals(&lifecycle).context("signals")?;
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

    /// Serves the page with the phones to whoever asks on `listener`.
    pub fn open_page(&self, listener: TcpListener) -> anyhow::Result<()> {
        let serving = page::serve(self.stage.clone(), listener, self.lifecycle.stopping())?;
        self.lifecycle.spawn("page", serving);
        Ok(())
    }

    /// What it is played on.
    #[must_use]
    pub fn stage(&self) -> &Arc<Stage> {
        &self.stage
    }

    /// Waits until every notification has its final state, at most this long.
    pub async fn until_all_have_ended(&mut self, at_most: Duration) -> Day {
        let stopping = self.lifecycle.stopping();
        tokio::select! {
            biased;
            () = stopping.cancelled() => Day::Stopped,
            over = self.over.wait_for(|over| *over) => if over.is_ok() { Day::Over } else { Day::Stopped },
            () = tokio::time::sleep(at_most) => Day::Stuck,
        }
    }

    /// The table of the day as far as it has come.
    #[must_use]
    pub fn table(&self) -> String {
        table(&self.stage.story, &self.stage.rules.catalogue, &self.stage.board().borrow())
    }

    /// Stays until a signal comes, or a failure.
    pub async fn until_stopped(&self) {
        self.lifecycle.stopping().cancelled().await;
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

/// Ends in order when the terminal is closed or a person or the system asks for it: what is here must
/// not stay behind.
fn stop_on_signals(lifecycle: &Lifecycle) -> std::io::Result<()> {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    for kind in kinds {
        let (mut asked, life) = (signal(kind)?, lifecycle.clone());
        lifecycle.spawn("signals", async move {
            let stopping = life.stopping();
            if stopping.run_until_cancelled(asked.recv()).await.is_some() {
                life.stop();
            }
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
