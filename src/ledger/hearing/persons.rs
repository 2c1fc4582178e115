//! Whose address it is: "not me" closes it, a one-time code that comes back from it opens it again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vestnik_contract::{Address, ChannelId};

use super::Hearing;
use crate::domain::{CitizenKey, Closed, Evidence, Notice, NoticeKind, RegistryEventKind};
use crate::ledger::evidence::{ClosedBy, Testimony};
use crate::ledger::inbound::{Heard, Meaning, evidence_of};
use crate::ledger::store::{AddressRow, Tx, VerificationKey, VerificationRow};
use crate::ledger::verification::WRONG;
use crate::ledger::words::Words;
use crate::ledger::writes::Held;
use crate::ledger::{Ledger, LedgerError};

/// Notifications of one citizen among which the last message is looked for.
const LOOKED_AT: u32 = 20;

/// Whoever says "not me" may speak of any message that came within so long of the last.
const ABOUT_THE_SAME_TIME: SignedDuration = SignedDuration::from_hours(24);

/// Who answers for an address in a batch: when those who share one were last written to, and the one-time
/// codes that were handed out for it.
#[derive(Default)]
pub(in crate::ledger) struct Persons {
    /// Of the citizens who share an address that is disputed; `None` of one who was not written to.
    written: BTreeMap<CitizenKey, Option<Timestamp>>,
    codes: BTreeMap<VerificationKey, VerificationRow>,
    /// The codes that the batch changes; `None` of one that is used up.
    changed: BTreeMap<VerificationKey, Option<VerificationRow>>,
}

impl Persons {
    /// Looks up what the batch asks for. Where it asks for nothing, nothing is asked of the database.
    pub async fn load(
        ledger: &Ledger,
        tx: &mut dyn Tx,
        channel: &ChannelId,
        heard: &[Heard],
        addresses: &[AddressRow],
    ) -> Result<Self, LedgerError> {
        let (mut disputed, mut proved) = (BTreeSet::new(), BTreeSet::new());
        for one in heard {
            let hash = || ledger.keys.address(channel, &one.sender);
            match one.meaning {
                Meaning::NotMe => drop(disputed.insert(hash())),
                Meaning::OneTimeCode(_) => drop(proved.insert(hash())),
                _ => {}
            }
        }
        let keys = addresses.iter().filter(|row| proved.contains(&row.hash)).map(key);
        let codes = tx.verifications(&keys.collect::<Vec<_>>()).await?;
        let mut written = BTreeMap::new();
        for citizen in disputed.iter().flat_map(|hash| sharers(addresses, hash)) {
            written.insert(citizen, last_written(tx, citizen, channel).await?);
        }
        let codes = codes.into_iter().map(|row| ((row.citizen, row.address), row)).collect();
        Ok(Self { written, codes, changed: BTreeMap::new() })
    }

    /// Whether a code was handed out for an address.
    fn awaits(&self, row: &AddressRow) -> bool {
        self.codes.contains_key(&key(row))
    }

    /// Writes what became of the codes.
    pub async fn write(self, tx: &mut dyn Tx) -> Result<(), LedgerError> {
        let used: Vec<_> =
            self.changed.iter().filter(|(_, row)| row.is_none()).map(|(key, _)| *key).collect();
        let wrong: Vec<_> = self.changed.into_values().flatten().collect();
        tx.put_verifications(&wrong).await?;
        Ok(tx.remove_verifications(&used).await?)
    }
}

fn key(row: &AddressRow) -> VerificationKey {
    (row.citizen, row.id)
}

/// Those who share an open address; nobody where it is one citizen's alone.
fn sharers(addresses: &[AddressRow], hash: &[u8; 32]) -> BTreeSet<CitizenKey> {
    let open = addresses.iter().filter(|row| row.hash == *hash && row.closed.is_none());
    let owners: BTreeSet<_> = open.map(|row| row.citizen).collect();
    if owners.len() > 1 { owners } else { BTreeSet::new() }
}

/// When a citizen was last written to on a channel.
async fn last_written(
    tx: &mut dyn Tx,
    citizen: CitizenKey,
    channel: &ChannelId,
) -> Result<Option<Timestamp>, LedgerError> {
    let entries = tx.inbox(citizen, None, LOOKED_AT).await?;
    let notifications: Vec<_> = entries.iter().map(|entry| entry.notification).collect();
    let rows = tx.notifications(&notifications).await?;
    let ids: Vec<_> = rows.iter().filter_map(|row| row.notice).collect();
    let held = tx.notices(&ids).await?.into_iter().map(Held::of).collect::<Result<Vec<_>, _>>()?;
    Ok(held.iter().filter_map(|one| sent_on(&one.notice, channel)).max())
}

fn sent_on(notice: &Notice, channel: &ChannelId) -> Option<Timestamp> {
    let steps = notice.steps.iter().filter(|step| step.planned.channel == *channel);
    let attempts = steps.flat_map(|step| &step.attempts);
    attempts.filter(|one| one.evidence() != Evidence::None).map(|one| one.started_at).max()
}

/// Of whom somebody speaks who says "not me": of whoever was written to last, and about the same time. Of
/// all where nobody is known to have been.
fn meant(written: &BTreeMap<CitizenKey, Option<Timestamp>>) -> BTreeSet<CitizenKey> {
    let last = written.values().flatten().max();
    let since = last.map(|last| last.saturating_sub(ABOUT_THE_SAME_TIME).unwrap_or(*last));
    written.iter().filter(|(_, at)| **at >= since).map(|(citizen, _)| *citizen).collect()
}

impl Hearing<'_> {
    /// What an inbound means here: digits from where no code is awaited are words for a person to read.
    pub(super) fn meaning<'h>(&self, heard: &'h Heard) -> &'h Meaning {
        let sender = self.hash(&heard.sender);
        let awaited = || self.addresses.iter().any(|row| row.hash == sender && self.persons.awaits(row));
        match &heard.meaning {
            Meaning::OneTimeCode(_) if !awaited() => &Meaning::Text,
            meaning => meaning,
        }
    }

    /// Closes the address for whoever was meant, until a one-time code comes back from it.
    pub(super) fn dispute(&mut self, sender: &[u8; 32], id: Uuid) -> Result<(), LedgerError> {
        let owners = self.owners(sender);
        let mut written = self.persons.written.clone();
        written.retain(|citizen, _| owners.contains(citizen));
        let meant = if written.is_empty() { owners } else { meant(&written) };
        let (now, ground) = (self.now, Testimony { evidence: evidence_of(id), actor: None });
        for row in self.addresses.iter_mut().filter(|row| row.hash == *sender && meant.contains(&row.citizen))
        {
            let Some(person) = self.people.get_mut(&row.citizen).filter(|_| row.closed.is_none()) else {
                continue;
            };
            row.closed = Some((Closed::DISPUTED.to_owned(), now));
            row.closed_evidence = Some(ClosedBy::reply(id).seal(&person.key)?);
            self.changed.insert(row.id);
            let (kind, channel) = (RegistryEventKind::AddressDisputed, Some(self.channel));
            self.telling.add(row.citizen, &person.key, kind, channel, &ground, now)?;
        }
        meant.first().map_or(Ok(()), |citizen| self.confirm(*citizen, sender, &Words::WrongPerson))
    }

    /// Opens the address for whom the code was handed out. Whoever tries is told how it went, within the
    /// limits of one who asks for codes.
    pub(super) fn prove(&mut self, sender: &Address, code: &str, id: Uuid) -> Result<(), LedgerError> {
        let hash = self.hash(sender);
        let awaited: Vec<_> = self
            .addresses
            .iter()
            .filter(|row| row.hash == hash && self.persons.awaits(row))
            .map(key)
            .collect();
        let right = awaited.iter().find(|key| self.is_right(**key, code)).copied();
        let answer = self.checks.may_answer(super::answers::prover(self.ledger, self.channel, sender));
        if let Some(key) = right {
            self.open(key, id)?;
            return self.tell_if(answer, key.0, &hash, &Words::Verified);
        }
        let mut over = true;
        for key in &awaited {
            over &= self.count_wrong(*key);
        }
        let words = if over { Words::CodeOver } else { Words::CodeWrong };
        awaited.first().map_or(Ok(()), |(citizen, _)| self.tell_if(answer, *citizen, &hash, &words))
    }

    fn is_right(&self, key: VerificationKey, code: &str) -> bool {
        let hash = self.ledger.keys.one_time_code(key.1, code);
        self.persons.codes.get(&key).is_some_and(|row| row.code == hash && self.is_good(row))
    }

    fn is_good(&self, row: &VerificationRow) -> bool {
        row.expires_at > self.now && row.wrong < WRONG
    }

    /// Counts a wrong code; whether the right one is good no more.
    fn count_wrong(&mut self, key: VerificationKey) -> bool {
        let now = self.now;
        let Some(row) = self.persons.codes.get_mut(&key) else { return true };
        row.wrong = row.wrong.saturating_add(1).min(WRONG);
        self.persons.changed.insert(key, Some(row.clone()));
        row.expires_at <= now || row.wrong >= WRONG
    }

    fn open(&mut self, key: VerificationKey, id: Uuid) -> Result<(), LedgerError> {
        let Some(code) = self.persons.codes.remove(&key) else { return Ok(()) };
        self.persons.changed.insert(key, None);
        let Some(person) = self.people.get(&key.0) else { return Ok(()) };
        let Testimony { evidence, actor } = Testimony::open(&person.key, &code.issued)?;
        let ground = Testimony { evidence: format!("{}, one-time code: {evidence}", evidence_of(id)), actor };
        let kind = RegistryEventKind::AddressVerified;
        self.telling.add(key.0, &person.key, kind, Some(self.channel), &ground, self.now)?;
        for row in self.addresses.iter_mut().filter(|row| row.id == key.1) {
            (row.closed, row.closed_evidence) = (None, None);
            self.changed.insert(row.id);
            self.verified.push((row.channel.clone(), row.hash));
        }
        Ok(())
    }

    fn tell_if(
        &mut self,
        answer: bool,
        citizen: CitizenKey,
        sender: &[u8; 32],
        words: &Words,
    ) -> Result<(), LedgerError> {
        if answer { self.tell(citizen, sender, NoticeKind::Answer, words) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_was_written_to_last_is_meant_or_all_who_may_be() {
        let key = |number| CitizenKey([number; 32]);
        let table: [(&[Option<&str>], &[u8]); 6] = [
            (&[Some("2026-06-17T09:00:00Z"), None], &[0]),
            (&[Some("2026-06-17T09:00:00Z"), Some("2026-06-10T09:00:00Z")], &[0]),
            (&[Some("2026-06-16T09:00:00Z"), Some("2026-06-17T09:00:00Z"), None], &[0, 1]),
            (&[Some("2026-06-16T08:59:59Z"), Some("2026-06-17T09:00:00Z")], &[1]),
            (&[None, None], &[0, 1]),
            (&[], &[]),
        ];
        for (written, expected) in table {
            let at = |text: Option<&str>| text.map(|text| text.parse().unwrap());
            let written = (0..).map(key).zip(written.iter().copied().map(at)).collect();
            let expected: BTreeSet<_> = expected.iter().map(|number| key(*number)).collect();
            assert_eq!(meant(&written), expected, "{written:?}");
        }
    }
}
