//! How much is taken in at once: about as much as the lanes of this process can send at once.
//!
//! What is taken in while every lane has calls free is started in the same transaction; what is taken in
//! beyond that is claimed and started in two more. So the window closes while lanes are behind, and opens while they are
//! not, as a sender's does on a network.

use tokio::sync::watch;

/// Messages in a batch at least.
const LEAST: usize = 32;

/// By how much the window opens after a batch that no lane fell behind with.
const STEP: usize = 32;

/// The size of the next batch.
pub(super) struct Window {
    size: usize,
    most: usize,
    behind: watch::Receiver<usize>,
}

impl Window {
    /// A window of at most so many messages, for lanes of which so many are behind.
    pub fn new(most: usize, behind: watch::Receiver<usize>) -> Self {
        Self { size: LEAST.min(most), most, behind }
    }

    /// How many messages are to be taken in now.
    pub async fn open(&mut self) -> usize {
        if *self.behind.borrow() == 0 {
            self.size = (self.size + STEP).min(self.most);
            return self.size;
        }
        self.size = (self.size / 2).max(LEAST).min(self.most);
        // Without lanes there is nobody to wait for.
        let _ = self.behind.wait_for(|behind| *behind == 0).await;
        self.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_opens_by_steps_and_closes_by_halves() {
        let (lanes, behind) = watch::channel(0);
        let mut window = Window::new(500, behind);
        let mut sizes = Vec::new();
        for _ in 0..16 {
            sizes.push(window.open().await);
        }
        assert_eq!((sizes[0], sizes[1], sizes[15]), (64, 96, 500));
        lanes.send_replace(2);
        {
            let mut open = std::pin::pin!(window.open());
            assert!(futures_util::poll!(&mut open).is_pending());
            lanes.send_replace(1);
            assert!(futures_util::poll!(&mut open).is_pending());
            lanes.send_replace(0);
            assert_eq!(open.await, 250);
        }
        assert_eq!(window.open().await, 282);
        drop(lanes);
        let mut small = Window::new(10, watch::channel(1).1);
        assert_eq!(small.open().await, 10);
    }
}
