//! One-time tokens that tie an address to a citizen.

use data_encoding::BASE64URL_NOPAD;
use jiff::SignedDuration;
use vestnik_contract::ChannelId;

use super::store::LinkRow;
use super::{Ledger, LedgerError, keys};
use crate::domain::CitizenId;

/// For how long a link token may be used.
pub const LINK_LASTS: SignedDuration = SignedDuration::from_hours(1);

impl Ledger {
    /// A token that its citizen brings back on this channel within [`LINK_LASTS`], once: 32
    /// characters of `[A-Za-z0-9_-]`, which every provider carries in a deep link. `None` for a
    /// citizen who is not known.
    pub async fn create_link(
        &self,
        citizen: &CitizenId,
        channel: &ChannelId,
    ) -> Result<Option<String>, LedgerError> {
        let token = BASE64URL_NOPAD.encode(&keys::random::<24>()?);
        let citizen = self.keys.citizen(citizen);
        let mut tx = self.store.begin().await?;
        let known = tx.citizens(&[citizen], false).await?;
        if known.iter().all(|row| row.erased_at.is_some()) {
            return Ok(None);
        }
        let expires_at = tx.now() + LINK_LASTS;
        let hash = self.keys.token(&token);
        tx.add_link(&LinkRow { hash, citizen, channel: channel.clone(), expires_at }).await?;
        tx.commit().await?;
        Ok(Some(token))
    }
}
