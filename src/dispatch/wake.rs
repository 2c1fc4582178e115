//! A hint that there may be work: whoever commits some wakes whoever waits for some. Losing a hint
//! costs a poll's wait and nothing else.

use std::sync::Arc;

use tokio::sync::watch;

/// Wakes every listener.
#[derive(Debug, Clone)]
pub struct Wake(Arc<watch::Sender<()>>);

impl Wake {
    /// A hint nobody listens to yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(())))
    }

    /// Wakes every listener; one that is busy notices when it is done.
    pub fn wake(&self) {
        self.0.send_replace(());
    }

    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}

impl Default for Wake {
    fn default() -> Self {
        Self::new()
    }
}
