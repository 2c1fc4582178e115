//! Closing addresses that cannot be reached any more.

use jiff::Timestamp;
use vestnik_contract::ChannelId;

use super::LedgerError;
use super::store::{AddressRow, Tx};
use crate::domain::CitizenKey;

/// An address to close.
pub(super) struct Closing {
    pub citizen: CitizenKey,
    pub channel: ChannelId,
    /// Which of the citizen's addresses on the channel; `None` for all.
    pub hash: Option<[u8; 32]>,
    pub reason: &'static str,
    pub at: Timestamp,
}

impl Closing {
    /// Of an address that a provider calls unreachable.
    pub fn unreachable(citizen: CitizenKey, channel: &ChannelId, hash: [u8; 32], at: Timestamp) -> Self {
        Self { citizen, channel: channel.clone(), hash: Some(hash), reason: UNREACHABLE, at }
    }
}

/// Why an address is closed that a provider called unreachable.
pub(super) const UNREACHABLE: &str = "unreachable";

/// Why an address is closed whose citizen blocked us at the provider.
pub(super) const BLOCKED: &str = "blocked";

/// Whether an address is closed by a provider's word, which a later word may take back. What the
/// registry closed stays closed.
pub(super) fn closed_by_provider(row: &AddressRow) -> bool {
    row.closed.as_ref().is_some_and(|(reason, _)| [UNREACHABLE, BLOCKED].contains(&reason.as_str()))
}

/// Closes the addresses that are still active. The citizens' rows are locked.
pub(super) async fn close(tx: &mut dyn Tx, closings: &[Closing]) -> Result<(), LedgerError> {
    if closings.is_empty() {
        return Ok(());
    }
    let citizens: Vec<_> = closings.iter().map(|one| one.citizen).collect();
    let rows = tx.addresses(&citizens).await?;
    let closed: Vec<_> = rows.into_iter().filter_map(|row| closed(row, closings)).collect();
    Ok(tx.put_addresses(&closed).await?)
}

fn closed(row: AddressRow, closings: &[Closing]) -> Option<AddressRow> {
    let closing = closings.iter().find(|one| {
        one.citizen == row.citizen
            && one.channel == row.channel
            && one.hash.is_none_or(|hash| hash == row.hash)
    })?;
    let open = row.closed.is_none();
    open.then(|| AddressRow { closed: Some((closing.reason.to_owned(), closing.at)), ..row })
}
