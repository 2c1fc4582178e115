//! Group commit: what many requests bring one by one at the same time is put on record together.

use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::ledger::pace::Pace;

/// Gathers things from requests that run at once. The first to have its turn deals with what all have
/// brought until then; the others find their answers.
#[derive(Debug)]
pub(super) struct Gather<T, A> {
    waiting: Mutex<Vec<(T, oneshot::Sender<A>)>>,
    turn: tokio::sync::Mutex<Pace>,
}

/// Things dealt with together at most.
const MOST: usize = 500;

impl<T, A> Default for Gather<T, A> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }
}

impl<T: Send, A: Send> Gather<T, A> {
    /// Brings one thing and gives the answer to it. `together` deals with many: it gives an answer for
    /// each, in their order.
    ///
    /// `None` says that nobody knows what became of it: the request whose turn it was has gone away.
    /// It has to be brought again, and whoever deals with it must know a repeat.
    pub(super) async fn bring<F>(&self, one: T, together: impl Fn(Vec<T>) -> F + Send) -> Option<A>
    where
        F: Future<Output = Vec<A>> + Send,
    {
        let (sender, mut answer) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((one, sender));
        let mut turn = self.turn.lock().await;
        loop {
            match answer.try_recv() {
                Ok(answer) => return Some(answer),
                Err(oneshot::error::TryRecvError::Closed) => return None,
                Err(oneshot::error::TryRecvError::Empty) => {
                    turn.turn().await;
                    self.deal(&together).await;
                }
            }
        }
    }

    async fn deal<F>(&self, together: &(impl Fn(Vec<T>) -> F + Send))
    where
        F: Future<Output = Vec<A>> + Send,
    {
        let (things, senders): (Vec<_>, Vec<_>) = self.first().into_iter().unzip();
        for (sender, answer) in senders.into_iter().zip(together(things).await) {
            // Whoever brought it may have gone away.
            let _ = sender.send(answer);
        }
    }

    fn first(&self) -> Vec<(T, oneshot::Sender<A>)> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.len().min(MOST);
        waiting.drain(..count).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn what_comes_at_once_is_dealt_with_together_and_each_gets_its_own_answer() {
        let (gather, rounds) = (Gather::default(), AtomicUsize::new(0));
        let double = |things: Vec<usize>| {
            rounds.fetch_add(1, Ordering::Relaxed);
            async move {
                tokio::task::yield_now().await;
                things.into_iter().map(|one| one * 2).collect()
            }
        };
        let answers = join_all((0..1200).map(|one| gather.bring(one, double))).await;
        assert!(answers.iter().enumerate().all(|(one, answer)| *answer == Some(one * 2)));
        assert!(rounds.load(Ordering::Relaxed) <= 4, "{rounds:?}");
    }

    #[tokio::test]
    async fn when_the_one_whose_turn_it_is_goes_away_the_others_learn_it_and_nobody_hangs() {
        let gather = Gather::default();
        let gate = Semaphore::new(0);
        let behind_the_gate = |things: Vec<u8>| async {
            let _open = gate.acquire().await;
            things
        };
        let first = gather.bring(1, behind_the_gate);
        let second = gather.bring(2, behind_the_gate);
        let mut second = std::pin::pin!(second);
        {
            let mut first = std::pin::pin!(first);
            assert!(futures_util::poll!(&mut first).is_pending());
        }
        assert!(futures_util::poll!(&mut second).is_pending());
        gate.add_permits(10);
        assert_eq!(second.await, Some(2), "it deals with its own");
        assert_eq!(gather.bring(3, behind_the_gate).await, Some(3));
    }

    #[tokio::test]
    async fn what_was_dealt_with_by_one_who_went_away_has_no_answer() {
        let gather = Gather::default();
        let gate = Semaphore::new(0);
        let behind_the_gate = |things: Vec<u8>| async {
            let _open = gate.acquire().await;
            things
        };
        let mut second = std::pin::pin!(gather.bring(2, behind_the_gate));
        {
            let turn = gather.turn.lock().await;
            assert!(futures_util::poll!(&mut second).is_pending());
            let dealing = gather.deal(&behind_the_gate);
            {
                let mut dealing = std::pin::pin!(dealing);
                assert!(futures_util::poll!(&mut dealing).is_pending());
            }
            drop(turn);
        }
        gate.add_permits(10);
        assert_eq!(second.await, None);
    }
}
