//! Hear: what citizens send back is put on record, and what it means is done, once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use uuid::Uuid;
use vestnik_contract::{Address, ChannelId, RouteId};

use super::check;
use super::evidence::Recording;
use super::hearing::{Checks, Hearing, Persons};
use super::people;
use super::rules::Rules;
use super::scam;
use super::store::{LinkRow, Tx};
use super::tally::{self, Tally};
use super::writes::Held;
use super::{Ledger, LedgerError};
use crate::domain::{CitizenKey, Consent, ConsentAction, ConsentOrigin, Counted, Hours, Locale, TopicId};
use crate::notice::CheckCode;
use crate::policy::stop_moment;

/// Something from a citizen, understood.
#[derive(Clone, PartialEq, Eq)]
pub struct Heard {
    /// The same for the same inbound told twice, within (channel, route).
    pub key: String,
    /// From which address, in the channel's one form.
    pub sender: Address,
    /// What it means.
    pub meaning: Meaning,
    /// The words as they came; empty where there were none.
    pub words: String,
}

impl fmt::Debug for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heard").field("meaning", &self.meaning).finish_non_exhaustive()
    }
}

/// What an inbound means.
#[derive(Clone, PartialEq, Eq)]
pub enum Meaning {
    /// Do not write to me here any more.
    Stop,
    /// Do not write to me anywhere any more.
    StopAll,
    /// Do not write to me about this topic any more, anywhere.
    StopTopic(TopicId),
    /// Write to me here again.
    Start,
    /// Write to me in this language.
    Language(Locale),
    /// Write to me in these hours; in any where none are named.
    Hours(Option<Hours>),
    /// Write to me in hours that there are not.
    NoSuchHours,
    /// I am the citizen who was given this one-time token.
    Link {
        /// The token.
        token: String,
    },
    /// Is the message with this code from you?
    Check(CheckCode),
    /// This is not from you.
    Scam {
        /// It says what the citizen got. Without, it is about what came here last.
        quotes: bool,
    },
    /// I am not whom you write to.
    NotMe,
    /// Six digits: the one-time code that proves this address.
    OneTimeCode(String),
    /// The citizen blocked us at the provider.
    Blocked,
    /// The citizen lifted the block.
    Unblocked,
    /// Words for a person to read.
    Text,
}

impl Meaning {
    /// The meaning's name in the tables, such as `stop_all`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::StopAll => "stop_all",
            Self::StopTopic(_) => "stop_topic",
            Self::Start => "start",
            Self::Language(_) => "language",
            Self::Hours(_) | Self::NoSuchHours => "hours",
            Self::Link { .. } => "link",
            Self::Check(_) => "check",
            Self::Scam { .. } => "scam",
            Self::NotMe => "not_me",
            Self::OneTimeCode(_) => "one_time_code",
            Self::Blocked => "blocked",
            Self::Unblocked => "unblocked",
            Self::Text => "text",
        }
    }

    /// Whether it says something of what was sent last.
    pub(super) fn is_answer(&self) -> bool {
        match self {
            Self::Stop | Self::StopAll | Self::StopTopic(_) | Self::Blocked | Self::Text => true,
            Self::Scam { quotes } => !quotes,
            Self::Start
            | Self::Language(_)
            | Self::Hours(_)
            | Self::NoSuchHours
            | Self::Link { .. }
            | Self::Check(_)
            | Self::NotMe
            | Self::OneTimeCode(_)
            | Self::Unblocked => false,
        }
    }
}

impl fmt::Debug for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Ledger {
    /// Takes inbounds of one route, in their order; gives how many are new. Once this returns the
    /// provider may be told so. An inbound that was told before changes nothing.
    ///
    /// - STOP withdraws consent for the channel, or for all; START gives it back where it was
    ///   withdrawn by reply. Of an address that several citizens share, for all of them.
    /// - STOP of a topic withdraws consent for it on all channels.
    /// - A language and hours are set in every preference of the citizen, each as a version. Hours that have no
    ///   moment in common with the contact hours of the citizen's jurisdiction are answered and change nothing.
    /// - A link records the address for the citizen of the token, with consent for the channel.
    /// - A block closes the address. Whatever else comes from an address that was closed because
    ///   the provider could not reach it opens it again.
    ///
    /// - A message that is said to be not from us is kept as a scam report; thanks come once an hour.
    /// - "Not me" closes the address until a one-time code comes back from it: of one that several citizens
    ///   share, for whom the last message there was.
    /// - A check code is answered, within the limits of [`check`](Ledger::check).
    ///
    /// What changes something is confirmed once, on the same channel; wishes ten times in an hour at most.
    pub async fn hear(
        &self,
        channel: &ChannelId,
        route: &RouteId,
        heard: &[Heard],
        rules: &Rules,
    ) -> Result<usize, LedgerError> {
        let mut tx = self.store.begin().await?;
        let links = self.take_links(&mut *tx, heard).await?;
        let senders: BTreeSet<_> = heard.iter().map(|one| self.keys.address(channel, &one.sender)).collect();
        let senders: Vec<_> = senders.into_iter().collect();
        let owners = tx.find_addresses(channel, &senders).await?;
        let keys: BTreeSet<CitizenKey> =
            owners.iter().map(|row| row.citizen).chain(links.values().map(|row| row.citizen)).collect();
        let people = people::lock(&mut *tx, &self.keys, keys).await?;
        // Read again under the lock: an address may have been closed meanwhile.
        let mut addresses = tx.find_addresses(channel, &senders).await?;
        addresses.retain(|row| people.contains_key(&row.citizen));
        let persons = Persons::load(self, &mut *tx, channel, heard, &addresses).await?;
        let mut hearing = Hearing::new(self, rules, channel, tx.now(), people, addresses, links);
        hearing.persons = persons;
        let answering = hearing.answering(heard);
        hearing.last = tally::last_pushes(&mut *tx, channel, answering).await?;
        hearing.checks = Checks::load(self, &mut *tx, rules, channel, heard).await?;
        let rows =
            heard.iter().map(|one| hearing.row(route, one)).collect::<Result<Vec<_>, LedgerError>>()?;
        let new = tx.add_inbounds(&rows).await?;
        for ((one, row), _) in heard.iter().zip(&rows).zip(&new).filter(|(_, new)| **new) {
            hearing.take(one, row.id)?;
        }
        let (told, reports) = (hearing.checks.told(), hearing.reports());
        let fresh = hearing.write(&mut *tx).await?;
        self.commit(tx, &fresh).await?;
        for told in told {
            check::count(channel.as_str(), told);
        }
        scam::count(channel.as_str(), reports);
        Ok(new.into_iter().filter(|new| *new).count())
    }

    /// Takes the link tokens that the batch names, before any citizen is locked.
    async fn take_links(
        &self,
        tx: &mut dyn Tx,
        heard: &[Heard],
    ) -> Result<BTreeMap<[u8; 32], LinkRow>, LedgerError> {
        let hashes: BTreeSet<_> = heard
            .iter()
            .filter_map(|one| match &one.meaning {
                Meaning::Link { token } => Some(self.keys.token(token)),
                _ => None,
            })
            .collect();
        let mut links = BTreeMap::new();
        for hash in hashes {
            links.extend(tx.take_link(hash).await?.map(|row| (hash, row)));
        }
        Ok(links)
    }

    /// The one-click unsubscribe: withdraws consent for the channel that the notice was sent on;
    /// whether that changed anything. Asked again, it changes nothing.
    pub async fn stop(&self, token: &super::StopToken) -> Result<bool, LedgerError> {
        let mut tx = self.store.begin().await?;
        let mut people = people::lock(&mut *tx, &self.keys, [token.citizen]).await?;
        let Some(person) = people.get_mut(&token.citizen) else { return Ok(false) };
        let now = tx.now();
        let Some(at) = stop_moment(&person.citizen.consents, Some(&token.channel), now) else {
            return Ok(false);
        };
        let evidence = format!("one-click unsubscribe of notice {}", token.notice);
        let stop = by_reply(Some(token.channel.clone()), None, ConsentAction::Withdrawn, evidence, at);
        let mut recording = Recording::default();
        person.records(&mut recording, &self.keys, stop, now)?;
        recording.write(&mut *tx).await?;
        let mut tally = Tally::default();
        for row in tx.notices(&[token.notice]).await? {
            let mut held = Held::of(row)?;
            if tally.add_answer(&mut held.notice, &token.channel, Counted::Stopped, None) {
                tx.save_notices(&[held.row()?]).await?;
            }
        }
        tally.write(&mut *tx).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Who wrote a record down that a citizen made alone.
pub(super) const CITIZEN: &str = "citizen";

/// A consent record made by the citizen's own word.
pub(super) fn by_reply(
    channel: Option<ChannelId>,
    topic: Option<TopicId>,
    action: ConsentAction,
    evidence: String,
    at: jiff::Timestamp,
) -> Consent {
    let origin = ConsentOrigin::Reply;
    Consent {
        seq: 0,
        channel,
        topic,
        action,
        origin,
        evidence,
        wording: None,
        locale: None,
        actor: Some(CITIZEN.to_owned()),
        at,
    }
}

/// The evidence of a consent record that an inbound made.
pub(super) fn evidence_of(inbound: Uuid) -> String {
    format!("inbound {inbound}")
}
