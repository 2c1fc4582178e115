//! Hints: each process tells the others what its commits brought, and wakes who waits for that. A hint
//! that is lost costs the time until the next poll, a forged one a look in vain. It names nobody.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt as _, Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Link;
use crate::ledger::{Fresh, Ledger};

/// The channel's name.
const CHANNEL: &str = "hints";

/// What comes within this time is told together, and heard together.
const TOGETHER: Duration = Duration::from_millis(20);

/// A process that has nothing to tell says so this often, which the others hear and it does too.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// After so long without a sign of anybody's life, its own included, the way is taken to be cut.
const SILENCE: Duration = Duration::from_secs(15);

/// After the way was cut.
const AGAIN: Duration = Duration::from_secs(1);

/// How long a command waits for Redis to tell the processes what it did.
const AT_ONCE: Duration = Duration::from_secs(2);

/// No hint of ours is longer, in bytes.
const LONGEST: usize = 4096;

/// What goes over the channel.
#[derive(Serialize, Deserialize)]
struct Hint {
    /// The process that tells it, by a name that it has for as long as it runs.
    from: Uuid,
    #[serde(flatten)]
    fresh: Fresh,
}

/// The telling and the hearing of one process.
pub struct Hints {
    link: Link,
    ledger: Arc<Ledger>,
    me: Uuid,
}

impl Hints {
    /// Over this link, of this ledger.
    #[must_use]
    pub fn new(link: Link, ledger: Arc<Ledger>) -> Self {
        Self { link, ledger, me: Uuid::new_v4() }
    }

    /// Tells and hears until `stopping`.
    pub async fn run(self, stopping: CancellationToken) {
        let both = async { tokio::join!(self.tell(), self.hear()) };
        stopping.run_until_cancelled(both).await;
    }

    /// Tells what a command has just committed, over a connection for just that. Where Redis is away, the
    /// others find it at their next poll.
    pub async fn tell_once(self) {
        let telling = async {
            let fresh = self.ledger.next_news().await;
            self.link.open().await;
            self.publish(fresh).await;
        };
        let both = async {
            tokio::select! {
                () = telling => {}
                () = self.link.clone().keep(CancellationToken::new()) => {}
            }
        };
        // Too late is as good as lost.
        let _ = tokio::time::timeout(AT_ONCE, both).await;
    }

    async fn tell(&self) {
        loop {
            let fresh = tokio::time::timeout(SIGN_OF_LIFE, self.ledger.next_news()).await;
            self.publish(fresh.unwrap_or_default()).await;
            tokio::time::sleep(TOGETHER).await;
        }
    }

    async fn publish(&self, fresh: Fresh) {
        let hint = Hint { from: self.me, fresh };
        if let Ok(text) = serde_json::to_string(&hint) {
            self.link.publish(CHANNEL, &text).await;
        }
    }

    async fn hear(&self) {
        loop {
            if let Some(hints) = self.link.subscribe(CHANNEL).await {
                self.hear_all(hints).await;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn hear_all(&self, mut hints: impl Stream<Item = Vec<u8>> + Unpin) {
        while let Ok(Some(first)) = tokio::time::timeout(SILENCE, hints.next()).await {
            let mut fresh = self.understand(&first);
            while let Some(Some(next)) = hints.next().now_or_never() {
                fresh.add(&self.understand(&next));
            }
            self.ledger.heed(&fresh);
            tokio::time::sleep(TOGETHER).await;
        }
    }

    /// What others say. Whatever is no hint, or is our own, brings nothing.
    fn understand(&self, text: &[u8]) -> Fresh {
        let hint = (text.len() <= LONGEST).then(|| serde_json::from_slice::<Hint>(text).ok()).flatten();
        hint.filter(|hint| hint.from != self.me).map(|hint| hint.fresh).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
