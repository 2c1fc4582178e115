//! The chain of a citizen's consent records. Pure.
//!
//! Each record moves a head, which stands with the citizen: the new head is a keyed hash of the old one and
//! of all that the record says. The record keeps a link, a keyed hash of the new head, which tells whether
//! it stands where it was written and does not give the head away. So nobody who can only write to the
//! database can add a record, or take the last ones away and put the head back.

use jiff::Timestamp;
use vestnik_contract::ChannelId;

use crate::domain::{CitizenKey, Consent, ConsentAction, ConsentOrigin, TopicId};
use crate::ledger::codes::{Code as _, millis, or_all};
use crate::ledger::keys::Keyring;
use crate::ledger::store::{Chain, ConsentRow, Link};

/// What a record older than the chain says for itself.
pub(in crate::ledger) struct Said<'a> {
    seq: i64,
    channel: Option<&'a ChannelId>,
    topic: Option<&'a TopicId>,
    action: ConsentAction,
    origin: ConsentOrigin,
    at: Timestamp,
}

impl<'a> From<&'a ConsentRow> for Said<'a> {
    fn from(row: &'a ConsentRow) -> Self {
        let ConsentRow { seq, channel, topic, action, origin, at, .. } = row;
        let (channel, topic) = (channel.as_ref(), topic.as_ref());
        Self { seq: *seq, channel, topic, action: *action, origin: *origin, at: *at }
    }
}

impl<'a> From<&'a Consent> for Said<'a> {
    fn from(consent: &'a Consent) -> Self {
        let Consent { seq, channel, topic, action, origin, at, .. } = consent;
        let (channel, topic) = (channel.as_ref(), topic.as_ref());
        Self { seq: *seq, channel, topic, action: *action, origin: *origin, at: *at }
    }
}

impl Chain {
    /// A chain without records, for a citizen of whom these are on record already, in their order.
    pub(super) fn begin<'a>(
        keys: &Keyring,
        citizen: CitizenKey,
        older: impl Iterator<Item = Said<'a>>,
    ) -> Self {
        let begin = keys.chain("begin", &[&citizen.0]);
        let head = older.fold(begin, |head, said| {
            let Said { seq, channel, topic, action, origin, at } = said;
            let (seq, at) = (seq.to_be_bytes(), millis(at).to_be_bytes());
            let words = [or_all(channel), or_all(topic), action.code(), origin.code()].map(str::as_bytes);
            let [channel, topic, action, origin] = words;
            keys.chain("older", &[&head, &seq, channel, topic, action, origin, &at])
        });
        Self { length: 0, head }
    }

    /// Binds a record to all before it.
    pub(super) fn append(&mut self, keys: &Keyring, row: &ConsentRow, commitment: [u8; 32]) -> Link {
        let number = self.length.saturating_add(1);
        *self = Self { length: number, head: next(keys, &self.head, number, row, &commitment) };
        Link { number, commitment, link: link(keys, &self.head) }
    }
}

/// The head after a record.
pub(super) fn next(
    keys: &Keyring,
    head: &[u8; 32],
    number: i64,
    row: &ConsentRow,
    commitment: &[u8; 32],
) -> [u8; 32] {
    let locale = row.locale.map_or("", |locale| locale.code());
    let words = [
        or_all(row.channel.as_ref()),
        or_all(row.topic.as_ref()),
        row.action.code(),
        row.origin.code(),
        locale,
    ];
    let [channel, topic, action, origin, locale] = words.map(str::as_bytes);
    let [number, at, recorded] = [number, millis(row.at), millis(row.recorded_at)].map(i64::to_be_bytes);
    let citizen = &row.citizen.0;
    keys.chain(
        "record",
        &[head, citizen, &number, channel, topic, action, origin, locale, &at, &recorded, commitment],
    )
}

/// What a record keeps of the head that it made.
pub(super) fn link(keys: &Keyring, head: &[u8; 32]) -> [u8; 32] {
    keys.chain("link", &[head])
}
