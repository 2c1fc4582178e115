//! What callers of the verbs do when the ledger cannot be asked now: the one place for it.
//!
//! A verb that fails has written nothing, or its commit went through and only the answer was lost; each
//! can be asked again in either case. [`insist`] is for the loops of the process, which have nothing
//! better to do than to wait; [`soon`] for whoever answers somebody who is waiting; [`by_halves`] keeps
//! one row that can never be written from standing in the way of the others.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::debug;
use vestnik_contract::Obstacle;

use super::{LedgerError, StoreError};
use crate::telemetry::{Absence, Waiter};

/// Of the one ledger of the process.
static AWAY: Absence = Absence::new("the ledger");

/// The first wait; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// No wait is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How often [`soon`] tries.
const SOON_TRIES: u32 = 4;

/// The first wait of [`soon`]; it doubles.
const SOON_WAIT: Duration = Duration::from_millis(20);

/// Carries out a verb as often as it takes, each time after a longer wait, until it succeeds or fails
/// for a reason that does not pass. When `stopping` comes first, gives the last failure; the verb is
/// tried once even then.
pub async fn insist<T, F>(stopping: &CancellationToken, mut verb: impl FnMut() -> F) -> Result<T, LedgerError>
where
    F: Future<Output = Result<T, LedgerError>>,
{
    let (mut wait, mut waiting) = (FIRST_WAIT, None);
    loop {
        let error = match verb().await {
            Err(error) if error.is_transient() => error,
            other => {
                waiting.into_iter().for_each(Waiter::over);
                return other;
            }
        };
        match (&waiting, &error) {
            // Another transaction in the way is everyday life.
            (_, LedgerError::Store(StoreError::Conflict(_))) => debug!(why = in_words(&error), "once more"),
            (None, _) => waiting = Some(AWAY.wait(&in_words(&error))),
            (Some(waiter), _) => waiter.still(&in_words(&error)),
        }
        if stopping.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return Err(error);
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Whether some loop of the process waits for the ledger: it cannot be reached, or it can be read and not be
/// written because its disk is full.
#[must_use]
pub fn is_waited_for() -> bool {
    AWAY.is_on()
}

/// Why the database cannot be asked, for the log: what stands in between, where that is known, and
/// never what the driver says of it.
#[must_use]
pub fn in_words(error: &(dyn std::error::Error + 'static)) -> String {
    if let Some(obstacle) = Obstacle::of(error) {
        return obstacle.to_string();
    }
    let mut words = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        words = format!("{words}: {error}");
        below = error.source();
    }
    words
}

/// Carries out a verb, a few times where another transaction is in the way. A database that is away is
/// told at once.
pub async fn soon<T, F>(mut verb: impl FnMut() -> F) -> Result<T, LedgerError>
where
    F: Future<Output = Result<T, LedgerError>>,
{
    let mut wait = SOON_WAIT;
    for _ in 1..SOON_TRIES {
        match verb().await {
            Err(LedgerError::Store(StoreError::Conflict(_))) => tokio::time::sleep(wait).await,
            other => return other,
        }
        wait *= 2;
    }
    verb().await
}

/// Gives a batch to a verb. One that fails for a reason that will not pass is halved until the one row
/// at fault is alone. Gives the parts in their order, each with what came of it: a part that failed for
/// good has one row. After a failure that will pass nothing more is tried, and the parts left are
/// missing.
pub async fn by_halves<'a, R, T, F>(
    batch: &'a [R],
    mut verb: impl FnMut(&'a [R]) -> F,
) -> Vec<(&'a [R], Result<T, LedgerError>)>
where
    F: Future<Output = Result<T, LedgerError>>,
{
    let (mut parts, mut done) = (vec![batch], Vec::new());
    while let Some(part) = parts.pop() {
        if part.is_empty() {
            continue;
        }
        let outcome = verb(part).await;
        match &outcome {
            Err(error) if error.is_transient() => {
                done.push((part, outcome));
                return done;
            }
            Err(_) if part.len() > 1 => {
                let (first, second) = part.split_at(part.len() / 2);
                parts.extend([second, first]);
            }
            _ => done.push((part, outcome)),
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::future::{Ready, ready};

    use super::*;

    fn away() -> LedgerError {
        StoreError::Unavailable("away".into()).into()
    }

    fn in_the_way() -> LedgerError {
        StoreError::Conflict("in the way".into()).into()
    }

    /// A verb that fails so often, and then gives the number of its try.
    fn after(
        failures: u32,
        tries: &Cell<u32>,
        error: fn() -> LedgerError,
    ) -> Ready<Result<u32, LedgerError>> {
        tries.set(tries.get() + 1);
        ready(if tries.get() > failures { Ok(tries.get()) } else { Err(error()) })
    }

    #[tokio::test(start_paused = true)]
    async fn it_insists_until_the_ledger_is_back() {
        for error in [away as fn() -> LedgerError, in_the_way] {
            let tries = Cell::new(0);
            let done = insist(&CancellationToken::new(), || after(50, &tries, error)).await;
            assert_eq!(done.unwrap(), 51);
        }
        let tries = Cell::new(0);
        let never = CancellationToken::new();
        let for_good = insist(&never, || after(1, &tries, || LedgerError::NotInCatalogue)).await;
        assert!(matches!(for_good, Err(LedgerError::NotInCatalogue)));
        assert_eq!(tries.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn at_the_end_of_the_process_it_tries_once() {
        let (stopping, tries) = (CancellationToken::new(), Cell::new(0));
        stopping.cancel();
        assert!(insist(&stopping, || after(1, &tries, away)).await.unwrap_err().is_transient());
        assert_eq!(insist(&stopping, || after(1, &tries, away)).await.unwrap(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_an_answer_is_told_soon() {
        let tries = Cell::new(0);
        assert_eq!(soon(|| after(3, &tries, in_the_way)).await.unwrap(), 4);
        let tries = Cell::new(0);
        assert!(soon(|| after(9, &tries, in_the_way)).await.is_err());
        assert_eq!(tries.get(), SOON_TRIES);
        let tries = Cell::new(0);
        assert!(soon(|| after(1, &tries, away)).await.is_err(), "a database that is away is told at once");
        assert_eq!(tries.get(), 1);
    }

    #[tokio::test]
    async fn one_row_at_fault_stands_in_nobodys_way() {
        let rows: Vec<u32> = (0..10).collect();
        let verb = async |part: &[u32]| {
            if part.contains(&7) { Err(LedgerError::NotInCatalogue) } else { Ok(part.len()) }
        };
        let parts = by_halves(&rows, verb).await;
        let together: Vec<u32> = parts.iter().flat_map(|(part, _)| part.iter().copied()).collect();
        assert_eq!(together, rows, "every row once, in their order");
        let failed: Vec<_> =
            parts.iter().filter(|(_, outcome)| outcome.is_err()).map(|(part, _)| *part).collect();
        assert_eq!(failed, [&[7]]);
        assert!(by_halves(&[0_u32; 0], verb).await.is_empty());
    }

    #[tokio::test]
    async fn when_the_ledger_goes_away_in_the_middle_what_is_done_stays_known() {
        let seen = RefCell::new(Vec::new());
        let verb = async |part: &[u32]| {
            seen.borrow_mut().push(part.to_vec());
            match part {
                [0, 1, ..] if part.len() > 2 => Err(LedgerError::NotInCatalogue),
                [2, ..] => Err(away()),
                _ => Ok(()),
            }
        };
        let parts = by_halves(&[0, 1, 2, 3], verb).await;
        assert_eq!(*seen.borrow(), [vec![0, 1, 2, 3], vec![0, 1], vec![2, 3]]);
        assert!(matches!(&parts[..], [([0, 1], Ok(())), ([2, 3], Err(_))]));
    }
}
