//! How those who write often let a batch come together.
//!
//! A verb costs the database about a dozen statements, whatever the number of its rows. A stage that is
//! fast would write each row as it comes, in a commit of its own, and so make all stages slow. So its
//! turns begin a little apart while it is busy; after a rest the next begins at once, and nobody waits
//! for a batch to fill.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

/// How far apart the turns of a busy stage begin: far less than a citizen or a source notices.
const APART: Duration = Duration::from_millis(10);

/// The turns of one stage.
#[derive(Debug, Default)]
pub struct Pace {
    last: Option<Instant>,
}

impl Pace {
    /// Waits for the next turn.
    pub async fn turn(&mut self) {
        if let Some(last) = self.last {
            tokio::time::sleep_until(last + APART).await;
        }
        self.last = Some(Instant::now());
    }

    /// Waits for something in a queue and for the next turn, then takes at most `most` of what is there.
    /// Gives nothing once every sender is gone.
    pub async fn take<T>(&mut self, queue: &mut mpsc::Receiver<T>, most: usize) -> Vec<T> {
        let mut batch = Vec::new();
        if queue.recv_many(&mut batch, most).await == 0 {
            return batch;
        }
        self.turn().await;
        while batch.len() < most
            && let Ok(one) = queue.try_recv()
        {
            batch.push(one);
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn turns_of_a_busy_stage_are_apart_and_one_after_a_rest_is_not_late() {
        let (mut pace, begin) = (Pace::default(), Instant::now());
        let mut turns = Vec::new();
        for rest in [0, 0, 50, 0] {
            tokio::time::sleep(Duration::from_millis(rest)).await;
            pace.turn().await;
            turns.push(begin.elapsed().as_millis());
        }
        assert_eq!(turns, [0, 10, 60, 70]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_while_a_turn_is_waited_for_comes_along() {
        let (sender, mut queue) = mpsc::channel(10);
        let mut pace = Pace::default();
        sender.send(1).await.unwrap();
        assert_eq!(pace.take(&mut queue, 3).await, [1]);
        let later = async {
            for one in 2..=5 {
                sender.send(one).await.unwrap();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let (batch, ()) = tokio::join!(pace.take(&mut queue, 3), later);
        assert_eq!(batch, [2, 3, 4]);
        drop(sender);
        assert_eq!(pace.take(&mut queue, 3).await, [5]);
        assert!(pace.take(&mut queue, 3).await.is_empty());
    }
}
