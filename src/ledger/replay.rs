//! The recorded past for a replay: what was accepted, by citizen, with all that a decision asks for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use uuid::Uuid;
use vestnik_contract::{Address, ChannelId};

use super::facts::NotificationFacts;
use super::people::{self, consent, corrupt, preference};
use super::store::{AddressRow, CitizenRow, NoticeRow, NotificationRow, Tx};
use super::{Ledger, LedgerError};
use crate::domain::{
    AddressEntry, Catalogue, Citizen, CitizenKey, Closed, ContactHistory, FinalState, LifeEventId, MeasureId,
    Notice, NoticeId, NotificationKey, Reason, StepState, TemplateRef,
};
use crate::policy::Facts;
use crate::policy::replay::{Life, Recorded};

/// Keys are made by the clocks of the processes, which may differ from the ledger's by less than this.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_hours(1);

/// A notification with its citizen.
pub type Owned = (CitizenKey, NotificationKey);

/// The lives of some citizens, and what of their notifications cannot be replayed.
#[derive(Debug, Default)]
pub struct Lives {
    /// The citizens of whom there is something to be replayed.
    pub lives: Vec<Life>,
    /// Notifications that are left out.
    pub left_out: LeftOut,
}

/// How many notifications cannot be replayed, by why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct LeftOut {
    /// Nobody knew their citizens when they came.
    pub unknown: u64,
    /// Their citizens were erased.
    pub erased: u64,
    /// The catalogue in force no longer has their measures.
    pub not_in_catalogue: u64,
}

impl LeftOut {
    /// Takes in what else was left out.
    pub fn add(&mut self, other: Self) {
        self.unknown += other.unknown;
        self.erased += other.erased;
        self.not_in_catalogue += other.not_in_catalogue;
    }
}

/// The place in the order of keys where what was accepted since a moment begins.
#[must_use]
pub fn accepted_since(since: Timestamp) -> NotificationKey {
    let before = since.saturating_sub(CLOCKS_DIFFER).unwrap_or(Timestamp::MIN);
    let millis = u64::try_from(before.as_millisecond()).unwrap_or(0);
    NotificationKey(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
}

impl Ledger {
    /// What was accepted since a moment, after a place in the order of keys: `limit` are looked at. Gives
    /// also where to go on; `None` at the end.
    pub async fn accepted_after(
        &self,
        after: NotificationKey,
        since: Timestamp,
        limit: u32,
    ) -> Result<(Vec<Owned>, Option<NotificationKey>), LedgerError> {
        let mut tx = self.store.read().await?;
        let rows = tx.accepted_after(after, limit).await?;
        let full = rows.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
        let next = rows.last().filter(|_| full).map(|row| row.key);
        let wanted = rows.into_iter().filter(|row| row.received_at >= since);
        Ok((wanted.map(|row| (row.citizen, row.key)).collect(), next))
    }

    /// The lives of these citizens, as far as these notifications of theirs go, which are all since that
    /// moment. No address is opened; of the notifications the dates are.
    pub async fn lives(
        &self,
        owned: &[Owned],
        since: Timestamp,
        catalogue: &Catalogue,
    ) -> Result<Lives, LedgerError> {
        let mut tx = self.store.read().await?;
        let keys: BTreeSet<_> = owned.iter().map(|(citizen, _)| *citizen).collect();
        let keys: Vec<_> = keys.into_iter().collect();
        let mut found = Found::default();
        found.citizens(&mut *tx, &keys).await?;
        let notifications: Vec<_> = owned.iter().map(|(_, key)| *key).collect();
        let rows = tx.notifications(&notifications).await?;
        let notices: BTreeSet<_> = rows.iter().filter_map(|row| row.notice).collect();
        found.places(&mut *tx, &keys, since, &notices).await?;
        let notices: Vec<_> = notices.into_iter().collect();
        let failed = tx.notices(&notices).await?.iter().map(failed).collect::<Result<_, _>>()?;
        drop(tx);
        found.notifications(self, catalogue, rows, &failed)?;
        let mut lives: Vec<_> = found.people.into_values().map(|(_, life)| life).collect();
        lives.retain(|life| !life.notifications.is_empty());
        Ok(Lives { lives, left_out: found.left_out })
    }
}

/// On which channels a notice was sent in vain, and why.
type Failed = BTreeMap<NoticeId, Vec<(ChannelId, Reason)>>;

fn failed(row: &NoticeRow) -> Result<(NoticeId, Vec<(ChannelId, Reason)>), LedgerError> {
    let notice: Notice = serde_json::from_str(&row.notice).map_err(|_| corrupt("notice"))?;
    let failed = notice.steps.into_iter().filter_map(|step| match step.state {
        StepState::Failed { reason } => Some((step.planned.channel, reason)),
        _ => None,
    });
    Ok((row.id, failed.collect()))
}

/// What was found of some citizens.
#[derive(Default)]
struct Found {
    people: BTreeMap<CitizenKey, (CitizenRow, Life)>,
    left_out: LeftOut,
    erased: BTreeSet<CitizenKey>,
}

impl Found {
    async fn citizens(&mut self, tx: &mut dyn Tx, keys: &[CitizenKey]) -> Result<(), LedgerError> {
        for row in tx.citizens(keys, false).await? {
            if row.erased_at.is_some() {
                self.erased.insert(row.key);
            } else {
                self.people.insert(row.key, (row.clone(), life(row)));
            }
        }
        let known: Vec<_> = self.people.keys().copied().collect();
        for row in tx.addresses(&known).await? {
            if let Some((_, life)) = self.people.get_mut(&row.citizen) {
                life.citizen.addresses.push(address(row));
            }
        }
        for row in tx.consents(&known).await? {
            if let Some((_, life)) = self.people.get_mut(&row.citizen) {
                life.consents.push((row.recorded_at, consent(row)));
            }
        }
        for row in tx.preferences(&known).await? {
            if let Some((_, life)) = self.people.get_mut(&row.citizen) {
                life.citizen.preferences.push(preference(&row)?);
            }
        }
        Ok(())
    }

    /// The places that others than these notices hold.
    async fn places(
        &mut self,
        tx: &mut dyn Tx,
        keys: &[CitizenKey],
        since: Timestamp,
        notices: &BTreeSet<NoticeId>,
    ) -> Result<(), LedgerError> {
        // A month back covers the calendar month and the week of the first day, wherever it begins.
        let month_ago = since.to_zoned(TimeZone::UTC).date().saturating_sub(33.days());
        for place in tx.places_of(keys, month_ago).await? {
            let of_others = self.people.get_mut(&place.citizen).filter(|_| !notices.contains(&place.notice));
            if let Some((_, life)) = of_others {
                *life.others.days.entry(place.day).or_default() += 1;
            }
        }
        Ok(())
    }

    fn notifications(
        &mut self,
        ledger: &Ledger,
        catalogue: &Catalogue,
        mut rows: Vec<NotificationRow>,
        failed: &Failed,
    ) -> Result<(), LedgerError> {
        rows.sort_by_key(|row| (row.citizen, row.received_at, row.key));
        for of_one in rows.chunk_by(|one, other| one.citizen == other.citizen) {
            let Some(citizen) = of_one.first().map(|row| row.citizen) else { continue };
            let Some((row, life)) = self.people.get_mut(&citizen) else {
                let count = of_one.len() as u64;
                let erased = self.erased.contains(&citizen);
                let left_out = if erased { &mut self.left_out.erased } else { &mut self.left_out.unknown };
                *left_out += count;
                continue;
            };
            let key = ledger.keys.data_key(&row.data_key)?;
            for row in of_one {
                if row.params.is_empty() {
                    self.left_out.unknown += 1;
                    continue;
                }
                let Some(facts) = people::left(NotificationFacts::open(&key, &row.params))? else {
                    self.left_out.erased += 1;
                    continue;
                };
                match recorded(row, &facts, catalogue, failed) {
                    Some(recorded) => life.notifications.push(recorded),
                    None => self.left_out.not_in_catalogue += 1,
                }
            }
        }
        Ok(())
    }
}

fn life(row: CitizenRow) -> Life {
    let citizen = Citizen {
        key: row.key,
        profile: row.profile,
        deceased: row.deceased_at.is_some(),
        addresses: Vec::new(),
        consents: Vec::new(),
        preferences: Vec::new(),
    };
    Life { citizen, consents: Vec::new(), others: ContactHistory::default(), notifications: Vec::new() }
}

/// An address without what it says: a decision asks only whether there is an open one.
fn address(row: AddressRow) -> AddressEntry {
    AddressEntry {
        id: Uuid::nil(),
        channel: row.channel,
        address: Address::new(""),
        closed: row.closed.map(|(reason, at)| Closed { reason, at }),
    }
}

fn recorded(
    row: &NotificationRow,
    facts: &NotificationFacts,
    catalogue: &Catalogue,
    failed: &Failed,
) -> Option<Recorded> {
    let (event, id) = (LifeEventId::new(&row.life_event).ok()?, MeasureId::new(&row.measure).ok()?);
    let measure = catalogue.measure(&event, &id)?;
    let version = u32::try_from(row.template).ok()?;
    let sent_as = catalogue.template(&TemplateRef { measure: id, version });
    let taken_back = |(state, _, at)| (state == FinalState::Cancelled).then_some(at);
    Some(Recorded {
        reference: row.reference.clone(),
        measure: row.measure.clone(),
        at: row.received_at,
        facts: Facts {
            priority: row.priority,
            act_by: facts.act_by,
            expires_at: facts.expires_at,
            not_before: facts.not_before,
        },
        topic: measure.topic.clone(),
        class: sent_as.map_or(measure.class(), |template| template.class),
        taken_back_at: row.closed.and_then(taken_back),
        failed: row.notice.and_then(|notice| failed.get(&notice)).cloned().unwrap_or_default(),
    })
}
