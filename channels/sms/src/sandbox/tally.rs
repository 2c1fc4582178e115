//! What the SMSC counts: sessions, and submits by the second.

use std::time::Duration;

use tokio::time::Instant;

use super::wire;

/// The sessions of now, of which no more are allowed than it says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sessions {
    pub(super) allowed: usize,
    pub(super) now: usize,
    pub(super) most: usize,
    pub(super) refused: u64,
}

impl Sessions {
    pub(super) fn new() -> Self {
        Self { allowed: usize::MAX, now: 0, most: 0, refused: 0 }
    }

    /// Counts one more, or says with which status it is refused.
    pub(super) fn begin(&mut self) -> Result<(), u32> {
        if self.now >= self.allowed {
            self.refused += 1;
            return Err(wire::ESME_RALYBND);
        }
        self.now += 1;
        self.most = self.most.max(self.now);
        Ok(())
    }

    /// One that was counted is over.
    pub(super) fn end(&mut self) {
        self.now -= 1;
    }
}

/// Submits of this second, and of the fullest.
pub(super) struct Rate {
    began: Instant,
    count: u64,
    pub(super) greatest: u64,
}

impl Rate {
    pub(super) fn new(began: Instant) -> Self {
        Self { began, count: 0, greatest: 0 }
    }

    pub(super) fn count(&mut self, now: Instant) {
        if now.duration_since(self.began) >= Duration::from_secs(1) {
            (self.began, self.count) = (now, 0);
        }
        self.count += 1;
        self.greatest = self.greatest.max(self.count);
    }
}
