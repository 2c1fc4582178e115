//! The token in a one-click unsubscribe address: who stops what, sealed so that nobody can make
//! one or read a citizen's key out of it. It needs no row and does not expire: a mail that is found
//! again after years can still be stopped.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use vestnik_contract::ChannelId;

use super::keys::{Keyring, SealError};
use super::people::{self, corrupt};
use super::rules::locale_for;
use super::{Ledger, LedgerError};
use crate::domain::{CitizenKey, Locale, NoticeId};

/// What a one-click unsubscribe stops: the channel that the notice was sent on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopToken {
    /// Whose messages.
    #[serde(rename = "c")]
    pub citizen: CitizenKey,
    /// On which channel.
    #[serde(rename = "h")]
    pub channel: ChannelId,
    /// The notice that carried it.
    #[serde(rename = "n")]
    pub notice: NoticeId,
}

impl StopToken {
    /// The token as text: characters of base64url.
    pub(super) fn seal(&self, keys: &Keyring) -> Result<String, LedgerError> {
        let plain = serde_json::to_vec(self).map_err(|_| corrupt("token"))?;
        Ok(BASE64URL_NOPAD.encode(&keys.master().seal("stop", &plain)?))
    }

    /// Understands a token that we made.
    pub(super) fn open(keys: &Keyring, token: &str) -> Result<Self, SealError> {
        let sealed = BASE64URL_NOPAD.decode(token.as_bytes()).map_err(|_| SealError)?;
        serde_json::from_slice(&keys.master().open("stop", &sealed)?).map_err(|_| SealError)
    }
}

impl Ledger {
    /// Understands the token of a one-click unsubscribe address; `None` for one that we did not
    /// make.
    #[must_use]
    pub fn open_stop_token(&self, token: &str) -> Option<StopToken> {
        StopToken::open(&self.keys, token).ok()
    }

    /// The language to show the page of such a token in; `None` where its citizen is not known any
    /// more.
    pub async fn locale_of(&self, token: &StopToken) -> Result<Option<Locale>, LedgerError> {
        let mut tx = self.store.read().await?;
        let people = people::read(&mut *tx, &self.keys, &[token.citizen]).await?;
        Ok(people.get(&token.citizen).map(|person| locale_for(&person.citizen, None)))
    }
}
