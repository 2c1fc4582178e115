//! Closing addresses that cannot be reached any more.

use std::collections::BTreeMap;

use jiff::Timestamp;
use vestnik_contract::ChannelId;

use super::LedgerError;
use super::evidence::ClosedBy;
use super::keys::{Keyring, SealKey};
use super::store::{AddressRow, Tx};
use crate::domain::CitizenKey;

/// An address to close.
pub(super) struct Closing {
    pub citizen: CitizenKey,
    pub channel: ChannelId,
    /// Which of the citizen's addresses on the channel; `None` for all.
    pub hash: Option<[u8; 32]>,
    pub reason: &'static str,
    pub by: ClosedBy,
    pub at: Timestamp,
}

impl Closing {
    /// Of an address that a provider calls unreachable.
    pub fn unreachable(
        citizen: CitizenKey,
        channel: &ChannelId,
        hash: [u8; 32],
        by: ClosedBy,
        at: Timestamp,
    ) -> Self {
        Self { citizen, channel: channel.clone(), hash: Some(hash), reason: UNREACHABLE, by, at }
    }
}

/// Why an address is closed that a provider called unreachable.
pub(super) const UNREACHABLE: &str = "unreachable";

/// Why an address is closed whose citizen blocked us at the provider.
pub(super) const BLOCKED: &str = "blocked";

/// Why an address is closed whose citizen complained of us to their provider.
pub(super) const COMPLAINED: &str = "complained";

/// Whether an address is closed by a provider's word, which a later word may take back. What the
/// registry closed stays closed.
pub(super) fn closed_by_provider(row: &AddressRow) -> bool {
    row.closed
        .as_ref()
        .is_some_and(|(reason, _)| [UNREACHABLE, BLOCKED, COMPLAINED].contains(&reason.as_str()))
}

/// Closes the addresses that are still active. The citizens' rows are locked.
pub(super) async fn close(
    tx: &mut dyn Tx,
    keyring: &Keyring,
    closings: &[Closing],
) -> Result<(), LedgerError> {
    if closings.is_empty() {
        return Ok(());
    }
    let citizens: Vec<_> = closings.iter().map(|one| one.citizen).collect();
    let rows = tx.addresses(&citizens).await?;
    let mut keys = BTreeMap::new();
    for row in tx.citizens(&citizens, false).await? {
        keys.insert(row.key, keyring.data_key(&row.data_key)?);
    }
    let closed = rows.into_iter().filter_map(|row| closed(row, closings, &keys));
    let closed = closed.collect::<Result<Vec<_>, _>>()?;
    Ok(tx.put_addresses(&closed).await?)
}

fn closed(
    row: AddressRow,
    closings: &[Closing],
    keys: &BTreeMap<CitizenKey, SealKey>,
) -> Option<Result<AddressRow, LedgerError>> {
    let closing = closings.iter().find(|one| {
        one.citizen == row.citizen
            && one.channel == row.channel
            && one.hash.is_none_or(|hash| hash == row.hash)
    })?;
    let key = keys.get(&row.citizen).filter(|_| row.closed.is_none())?;
    let closed = Some((closing.reason.to_owned(), closing.at));
    Some(closing.by.seal(key).map(|by| AddressRow { closed, closed_evidence: Some(by), ..row }))
}
