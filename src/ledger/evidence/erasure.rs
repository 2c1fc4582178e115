//! Erase: what is personal of a citizen goes; that it went, and what was on record, stays.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vestnik_contract::ChannelId;

use crate::domain::{
    CitizenId, CitizenKey, ConsentAction, ConsentOrigin, FinalState, Locale, NoticeId, Profile, Reason,
    SourceRef, TopicId,
};
use crate::ledger::keys::{Keyring, SealKey};
use crate::ledger::people::{corrupt, left};
use crate::ledger::store::{AddressRow, CitizenRow, ConsentRow, NotificationRow, Tx};
use crate::ledger::{Ledger, LedgerError};

/// The act of an erasure, with an extract of what was on record. It names the citizen and the addresses by
/// keyed hashes alone.
#[derive(Debug, Clone, Serialize)]
pub struct Act {
    /// The citizen's key in the ledger, in hexadecimal digits.
    pub citizen: String,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it.
    pub person: String,
    /// Why, such as the citizen's request.
    pub reason: String,
    /// The end of the chain of consent records, in hexadecimal digits; `None` where there are none in it.
    pub chain: Option<String>,
    /// Addresses, which stay suppressed by these hashes.
    pub addresses: Vec<ErasedAddress>,
    /// Consent records, in the order of recording.
    pub consents: Vec<ErasedConsent>,
    /// Notifications, the newest first.
    pub notifications: Vec<ErasedNotification>,
}

/// What the ledger keeps of the act of an erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// The citizen's key in the ledger, in hexadecimal digits, by which the act is found.
    pub citizen: String,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it, and why; `None` of one that a release before this one did.
    pub by: Option<ErasedBy>,
}

/// Who erased a citizen, and why. It stands sealed in the place of the citizen's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedBy {
    /// Who did it.
    pub person: String,
    /// Why.
    pub reason: String,
}

const USE: &str = "erasure";

impl ErasedBy {
    fn seal(&self, key: &SealKey) -> Result<Vec<u8>, LedgerError> {
        let plain = serde_json::to_vec(self).map_err(|_| corrupt("citizen"))?;
        Ok(key.seal(USE, &plain)?)
    }

    fn open(key: &SealKey, sealed: &[u8]) -> Result<Self, LedgerError> {
        serde_json::from_slice(&key.open(USE, sealed)?).map_err(|_| corrupt("citizen"))
    }
}

/// An address in the extract.
#[derive(Debug, Clone, Serialize)]
pub struct ErasedAddress {
    /// Its channel.
    pub channel: ChannelId,
    /// Its keyed hash, in hexadecimal digits.
    pub hash: String,
}

/// A consent record in the extract: all but its evidence, wording and actor.
#[derive(Debug, Clone, Serialize)]
pub struct ErasedConsent {
    /// Its number in the chain.
    pub number: Option<i64>,
    /// For this channel, or for all.
    pub channel: Option<ChannelId>,
    /// For this topic, or for all.
    pub topic: Option<TopicId>,
    /// Given or taken.
    pub action: ConsentAction,
    /// Where it came from.
    pub origin: ConsentOrigin,
    /// The language of the wording.
    pub locale: Option<Locale>,
    /// When it was said.
    pub at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// A notification in the extract.
#[derive(Debug, Clone, Serialize)]
pub struct ErasedNotification {
    /// Source and id.
    #[serde(flatten)]
    pub reference: SourceRef,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// How it ended; `None` while it is open: it ends without being sent.
    pub state: Option<FinalState>,
    /// Why it ended so.
    pub reason: Option<Reason>,
}

/// An erasure that is prepared. Dropped without [`commit`](Self::commit) it leaves everything as it was.
pub struct Erasure {
    /// What to put aside before it is committed.
    pub act: Act,
    tx: Box<dyn Tx>,
}

impl Erasure {
    /// Makes it last. What was erased cannot be brought back.
    pub async fn commit(self) -> Result<(), LedgerError> {
        Ok(self.tx.commit().await?)
    }
}

/// Inbox entries, and notifications, that are read at once.
const PAGE: u32 = 1_000;

impl Ledger {
    /// Prepares to erase a citizen, in one transaction that is still to be committed; `None` of one who is
    /// not known, or was erased before.
    ///
    /// The data key is replaced by a new one, so that nothing opens any more that was sealed under it; what
    /// was sealed is taken away besides. Addresses stay suppressed by their keyed hashes. Consent records
    /// stay without their evidence, so that the chain stays whole. What is open ends without being sent.
    pub async fn erase(
        &self,
        id: &CitizenId,
        person: &str,
        reason: &str,
    ) -> Result<Option<Erasure>, LedgerError> {
        let mut tx = self.store.begin().await?;
        let keys = [self.keys.citizen(id)];
        let known = tx.citizens(&keys, true).await?.pop().filter(|row| row.erased_at.is_none());
        let Some(row) = known else { return Ok(None) };
        let (now, addresses) = (tx.now(), tx.addresses(&keys).await?);
        let notifications = all_notifications(&mut *tx, row.key).await?;
        let act = Act {
            citizen: hex(&row.key.0),
            at: now,
            person: person.to_owned(),
            reason: reason.to_owned(),
            chain: row.chain.map(|chain| hex(&chain.head)),
            addresses: addresses.iter().map(ErasedAddress::from).collect(),
            consents: tx.consents(&keys).await?.into_iter().map(ErasedConsent::from).collect(),
            notifications: notifications.iter().map(ErasedNotification::from).collect(),
        };
        let hashes: Vec<_> = addresses.into_iter().map(|row| (row.channel, row.hash)).collect();
        tx.suppress(&hashes, now).await?;
        let notices: Vec<NoticeId> = notifications.iter().filter_map(|row| row.notice).collect();
        tx.erase(row.key, &notices).await?;
        let by = ErasedBy { person: person.to_owned(), reason: reason.to_owned() };
        tx.put_citizens(&[erased(&self.keys, row, &by, now)?]).await?;
        Ok(Some(Erasure { act, tx }))
    }

    /// What is kept of the erasure of a citizen who was erased and has not come back; `None` of any other.
    pub async fn erased(&self, id: &CitizenId) -> Result<Option<Erased>, LedgerError> {
        let mut tx = self.store.read().await?;
        let Some(row) = tx.citizens(&[self.keys.citizen(id)], false).await?.pop() else { return Ok(None) };
        let Some(at) = row.erased_at else { return Ok(None) };
        let by = left(ErasedBy::open(&self.keys.data_key(&row.data_key)?, &row.id))?;
        Ok(Some(Erased { citizen: hex(&row.key.0), at, by }))
    }
}

/// A citizen's row with nothing of theirs in it, and with a key that opens nothing of before.
fn erased(keys: &Keyring, row: CitizenRow, by: &ErasedBy, now: Timestamp) -> Result<CitizenRow, LedgerError> {
    let (key, data_key) = keys.new_data_key()?;
    let profile = Profile { zone: None, region: None, ..row.profile };
    let id = by.seal(&key)?;
    Ok(CitizenRow { data_key, id, profile, updated_at: now, erased_at: Some(now), deceased_at: None, ..row })
}

/// All notifications that stand in the citizen's inbox: whatever is pushed stands there too.
pub(in crate::ledger) async fn notifications(
    tx: &mut dyn Tx,
    citizen: CitizenKey,
) -> Result<Vec<NotificationRow>, LedgerError> {
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let entries = tx.inbox(citizen, before, PAGE).await?;
        let Some(last) = entries.last() else { return Ok(found) };
        before = Some(last.id);
        let keys: Vec<_> = entries.iter().map(|entry| entry.notification).collect();
        found.extend(tx.notifications(&keys).await?);
    }
}

/// All notifications of the citizen, the newest first: those of the inbox, and those that ended as they came.
async fn all_notifications(
    tx: &mut dyn Tx,
    citizen: CitizenKey,
) -> Result<Vec<NotificationRow>, LedgerError> {
    let mut found = notifications(tx, citizen).await?;
    let mut before = None;
    loop {
        let page = tx.without_notice(citizen, before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.key);
        found.extend(page);
    }
    found.sort_unstable_by_key(|row| std::cmp::Reverse(row.key));
    found.dedup_by_key(|row| row.key);
    Ok(found)
}

impl From<&AddressRow> for ErasedAddress {
    fn from(row: &AddressRow) -> Self {
        Self { channel: row.channel.clone(), hash: hex(&row.hash) }
    }
}

impl From<ConsentRow> for ErasedConsent {
    fn from(row: ConsentRow) -> Self {
        let ConsentRow { channel, topic, action, origin, locale, at, recorded_at, link, .. } = row;
        let number = link.map(|link| link.number);
        Self { number, channel, topic, action, origin, locale, at, recorded_at }
    }
}

impl From<&NotificationRow> for ErasedNotification {
    fn from(row: &NotificationRow) -> Self {
        Self {
            reference: row.reference.clone(),
            received_at: row.received_at,
            state: row.closed.map(|(state, ..)| state),
            reason: row.closed.map(|(_, reason, _)| reason),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
