//! The words of notices that carry no notification: confirmations, answers, introductions.

use serde::{Deserialize, Serialize};

use super::LedgerError;
use super::keys::SealKey;
use super::people::corrupt;
use crate::notice::{Body, Sent, StopScope};

/// What such a notice says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Words {
    /// That a STOP for the channel it came by was heard.
    StoppedChannel,
    /// That a STOP for everything was heard.
    StoppedAll,
    /// That we will write to the citizen on the channel from now on, or again.
    Welcome,
    /// That a check code is ours.
    Checked(Vec<Sent>),
    /// That a check code is not ours.
    NotOurs,
    /// That a scam report was kept.
    Reported,
    /// An answer.
    Answer(String),
}

impl Words {
    pub fn body(&self) -> Body<'_> {
        match self {
            Self::StoppedChannel => Body::Confirmation(StopScope::Channel),
            Self::StoppedAll => Body::Confirmation(StopScope::All),
            Self::Welcome => Body::Introduction,
            Self::Checked(sent) => Body::Checked(sent),
            Self::NotOurs => Body::NotOurs,
            Self::Reported => Body::Reported,
            Self::Answer(text) => Body::Answer(text),
        }
    }

    pub fn seal(&self, key: &SealKey) -> Result<Vec<u8>, LedgerError> {
        let plain = serde_json::to_vec(self).map_err(|_| corrupt("notice"))?;
        Ok(key.seal("words", &plain)?)
    }

    pub fn open(key: &SealKey, sealed: &[u8]) -> Result<Self, LedgerError> {
        serde_json::from_slice(&key.open("words", sealed)?).map_err(|_| corrupt("notice"))
    }
}
