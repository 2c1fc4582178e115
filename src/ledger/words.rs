//! The words of notices that carry no notification: confirmations, answers, introductions.

use serde::{Deserialize, Serialize};
use vestnik_contract::ChannelId;

use super::LedgerError;
use super::keys::SealKey;
use super::people::corrupt;
use crate::domain::{Catalogue, Hours, TopicId};
use crate::notice::{Body, Sent, StopScope};

/// What such a notice says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Words {
    /// That a STOP for the channel it came by was heard.
    StoppedChannel,
    /// That a STOP for everything was heard.
    StoppedAll,
    /// That a STOP for a topic was heard.
    StoppedTopic(TopicId),
    /// In which language we will write.
    Language,
    /// In which hours we will write.
    Hours(Option<Hours>),
    /// That there are no such hours.
    NoSuchHours,
    /// That we will write to the citizen on the channel from now on, or again.
    Welcome,
    /// That a check code is ours.
    Checked(Vec<Sent>),
    /// That a check code is not ours.
    NotOurs,
    /// That a scam report was kept.
    Reported,
    /// That somebody was taken for another, and is not written to in their place any more.
    WrongPerson,
    /// That a one-time code was right, and the address is open.
    Verified,
    /// That another one-time code was expected.
    CodeWrong,
    /// That the one-time code is good no more.
    CodeOver,
    /// An answer.
    Answer(String),
}

impl Words {
    /// What it says on this channel; `None` of a topic that the catalogue in force does not have.
    pub fn body<'a>(&'a self, channel: &'a ChannelId, catalogue: &'a Catalogue) -> Option<Body<'a>> {
        Some(match self {
            Self::StoppedTopic(topic) => Body::Confirmation(StopScope::Topic(catalogue.topics.get(topic)?)),
            Self::Language => Body::Language,
            Self::Hours(hours) => Body::Hours(*hours),
            Self::NoSuchHours => Body::NoSuchHours,
            Self::StoppedChannel => Body::Confirmation(StopScope::Channel),
            Self::StoppedAll => Body::Confirmation(StopScope::All),
            Self::Welcome => Body::Introduction(channel),
            Self::Checked(sent) => Body::Checked(sent),
            Self::NotOurs => Body::NotOurs,
            Self::Reported => Body::Reported,
            Self::WrongPerson => Body::WrongPerson,
            Self::Verified => Body::Verified,
            Self::CodeWrong => Body::CodeRefused { over: false },
            Self::CodeOver => Body::CodeRefused { over: true },
            Self::Answer(text) => Body::Answer(text),
        })
    }

    pub fn seal(&self, key: &SealKey) -> Result<Vec<u8>, LedgerError> {
        let plain = serde_json::to_vec(self).map_err(|_| corrupt("notice"))?;
        Ok(key.seal("words", &plain)?)
    }

    pub fn open(key: &SealKey, sealed: &[u8]) -> Result<Self, LedgerError> {
        serde_json::from_slice(&key.open("words", sealed)?).map_err(|_| corrupt("notice"))
    }
}
