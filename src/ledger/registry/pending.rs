//! What is still to be sent to a citizen who has died: it ends.

use crate::domain::{CitizenKey, FinalState, NoticeId, Reason};
use crate::ledger::LedgerError;
use crate::ledger::evidence::notifications;
use crate::ledger::rules::Rules;
use crate::ledger::store::Tx;
use crate::ledger::writes::{Held, Writes};
use crate::notice::{Cascade, Input};

/// Ends all notices of a citizen that are due or wait to be. What is under way, or waits for a receipt, goes
/// on to its end; its next step is never sent.
pub(super) async fn end(
    tx: &mut dyn Tx,
    citizen: CitizenKey,
    rules: &Rules,
    writes: &mut Writes,
) -> Result<(), LedgerError> {
    let open = notifications(tx, citizen).await?.into_iter().filter(|row| row.closed.is_none());
    let ids: Vec<NoticeId> = open.filter_map(|row| row.notice).collect();
    let now = tx.now();
    for row in tx.notices(&ids).await? {
        let mut held = Held::of(row)?;
        let idempotent = rules.idempotent(held.notice.channel());
        let cascade = Cascade { retry: rules.policy.retry, idempotent };
        writes.advance(&mut held, Input::End(FinalState::Suppressed, Reason::Deceased), now, &cascade);
        if held.notice.closed.is_some() {
            writes.save(&held, None)?;
        }
    }
    Ok(())
}
