//! A batch of inbounds at work: whose they are, what they change, what is answered.

mod answers;
mod persons;
mod wishes;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;
use vestnik_contract::{Address, ChannelId, RouteId};

pub(super) use self::answers::Checks;
pub(super) use self::persons::Persons;
use super::closing::{BLOCKED, closed_by_provider};
use super::evidence::{ClosedBy, Preferring, Recording, Telling, Testimony};
use super::foreign;
use super::inbound::{Heard, Meaning, by_reply, evidence_of};
use super::news::Fresh;
use super::people::People;
use super::rules::Rules;
use super::store::{
    AddressRow, CodeRow, InboundRow, IntroducedRow, LinkRow, NoticeRow, ScamRow, Tx, WorkRow,
};
use super::tally::{LastPushes, Tally};
use super::words::Words;
use super::writes::new_key;
use super::{Ledger, LedgerError};
use crate::domain::{CitizenKey, Closed, ConsentAction, Counted, RegistryEventKind, TopicId};
use crate::policy::{grant_moment, start_moment, stop_moment};

/// Where a link is not confirmed: whoever opens a conversation on Viber by a link is not subscribed
/// yet and may not be written to. The answer to Viber's call greets them.
const GREETED_BY_CALLBACK: &str = "viber";

/// A batch of inbounds of one channel, under the lock of the citizens it is about.
pub(super) struct Hearing<'a> {
    ledger: &'a Ledger,
    rules: &'a Rules,
    channel: &'a ChannelId,
    now: Timestamp,
    people: People,
    /// The senders' addresses on the channel, as the batch leaves them.
    addresses: Vec<AddressRow>,
    changed: BTreeSet<Uuid>,
    links: BTreeMap<[u8; 32], LinkRow>,
    recording: Recording,
    preferring: Preferring,
    telling: Telling,
    /// Addresses that a one-time code proved.
    verified: Vec<(ChannelId, [u8; 32])>,
    pub(super) checks: Checks,
    pub(super) persons: Persons,
    /// What each of them got last, and what became of it.
    pub(super) last: LastPushes,
    /// Those whose last message is marked by what they said to it.
    marked: BTreeSet<CitizenKey>,
    tally: Tally,
    notices: Vec<NoticeRow>,
    codes: Vec<CodeRow>,
    scams: Vec<ScamRow>,
    introduced: Vec<IntroducedRow>,
    work: Vec<WorkRow>,
}

impl<'a> Hearing<'a> {
    pub fn new(
        ledger: &'a Ledger,
        rules: &'a Rules,
        channel: &'a ChannelId,
        now: Timestamp,
        people: People,
        mut addresses: Vec<AddressRow>,
        links: BTreeMap<[u8; 32], LinkRow>,
    ) -> Self {
        addresses.sort_unstable_by_key(|row| row.id);
        Self {
            ledger,
            rules,
            channel,
            now,
            people,
            addresses,
            changed: BTreeSet::new(),
            links,
            recording: Recording::default(),
            preferring: Preferring::default(),
            telling: Telling::default(),
            verified: Vec::new(),
            checks: Checks::default(),
            persons: Persons::default(),
            last: LastPushes::new(),
            marked: BTreeSet::new(),
            tally: Tally::default(),
            notices: Vec::new(),
            codes: Vec::new(),
            scams: Vec::new(),
            introduced: Vec::new(),
            work: Vec::new(),
        }
    }

    // ---- on record ----

    /// The row of an inbound. Its words are sealed under the key of the citizen who first had the
    /// address, or who was given the token.
    pub fn row(&self, route: &RouteId, heard: &Heard) -> Result<InboundRow, LedgerError> {
        let sender = self.hash(&heard.sender);
        let owner = match &heard.meaning {
            Meaning::Link { token } => self.links.get(&self.ledger.keys.token(token)).map(|row| row.citizen),
            _ => self.addresses.iter().find(|row| row.hash == sender).map(|row| row.citizen),
        };
        let person = owner.and_then(|citizen| self.people.get(&citizen));
        let key = person.map_or(self.ledger.keys.master(), |person| &person.key);
        Ok(InboundRow {
            id: new_key(),
            channel: self.channel.clone(),
            route: route.clone(),
            key: foreign::kept(&heard.key),
            citizen: person.map(|person| person.citizen.key),
            sender,
            kind: self.meaning(heard).as_str().to_owned(),
            text: key.seal("inbound", heard.words.as_bytes())?,
            at: self.now,
        })
    }

    fn hash(&self, address: &Address) -> [u8; 32] {
        self.ledger.keys.address(self.channel, address)
    }

    /// Those who say something of what they got last.
    pub fn answering(&self, heard: &[Heard]) -> BTreeSet<CitizenKey> {
        let senders: BTreeSet<_> =
            heard.iter().filter(|one| one.meaning.is_answer()).map(|one| self.hash(&one.sender)).collect();
        self.addresses.iter().filter(|row| senders.contains(&row.hash)).map(|row| row.citizen).collect()
    }

    // ---- what it means ----

    /// Does what a new inbound asks for.
    pub fn take(&mut self, heard: &Heard, id: Uuid) -> Result<(), LedgerError> {
        let sender = self.hash(&heard.sender);
        if heard.meaning == Meaning::Blocked {
            return self.block(&sender, id);
        }
        self.reopen(&sender);
        match self.meaning(heard) {
            Meaning::Stop => self.stop(&sender, Some(self.channel), &Words::StoppedChannel, id),
            Meaning::StopAll => self.stop(&sender, None, &Words::StoppedAll, id),
            Meaning::Start => self.start(&sender, id),
            Meaning::Link { token } => self.link(&heard.sender, token, id),
            Meaning::Scam { quotes } => self.report(heard, *quotes),
            Meaning::Check(code) => self.check(&heard.sender, *code),
            Meaning::StopTopic(topic) => self.stop_topic(&sender, topic, id),
            Meaning::Language(locale) => self.language(&heard.sender, *locale, id),
            Meaning::Hours(hours) => self.hours(&heard.sender, *hours, id),
            Meaning::NoSuchHours => self.no_such_hours(&heard.sender),
            Meaning::NotMe => self.dispute(&sender, id),
            Meaning::OneTimeCode(code) => self.prove(&heard.sender, code, id),
            Meaning::Text => {
                self.answered(&sender, Counted::Replied);
                Ok(())
            }
            Meaning::Blocked | Meaning::Unblocked => Ok(()),
        }
    }

    /// The address can be written to no more. One that is closed already because it could not be
    /// reached is so for this reason.
    fn block(&mut self, sender: &[u8; 32], id: Uuid) -> Result<(), LedgerError> {
        self.answered(sender, Counted::Blocked);
        let (now, changed, by) = (self.now, &mut self.changed, ClosedBy::inbound(id));
        for row in self.addresses.iter_mut().filter(|row| row.hash == *sender) {
            if row.closed.is_none() || closed_by_provider(row) {
                let since = row.closed.take().map_or(now, |(_, at)| at);
                row.closed = Some((BLOCKED.to_owned(), since));
                let key = self.people.get(&row.citizen).map(|person| &person.key);
                row.closed_evidence = key.map(|key| by.seal(key)).transpose()?;
                changed.insert(row.id);
            }
        }
        Ok(())
    }

    /// Counts what whoever has this address said to what came there last.
    fn answered(&mut self, sender: &[u8; 32], what: Counted) {
        for citizen in self.owners(sender) {
            self.answered_by(citizen, what, None);
        }
    }

    /// Counts what a citizen said to what came last, or to what it holds of one topic.
    fn answered_by(&mut self, citizen: CitizenKey, what: Counted, topic: Option<&TopicId>) {
        let Some(held) = self.last.get_mut(&citizen) else { return };
        if self.tally.add_answer(&mut held.notice, self.channel, what, topic) {
            self.marked.insert(citizen);
        }
    }

    /// Whoever writes to us can be reached.
    fn reopen(&mut self, sender: &[u8; 32]) {
        for row in self.addresses.iter_mut().filter(|row| row.hash == *sender && closed_by_provider(row)) {
            (row.closed, row.closed_evidence) = (None, None);
            self.changed.insert(row.id);
        }
    }

    fn stop(
        &mut self,
        sender: &[u8; 32],
        reach: Option<&ChannelId>,
        words: &Words,
        id: Uuid,
    ) -> Result<(), LedgerError> {
        let mut stopped = None;
        for citizen in self.owners(sender) {
            let Some(person) = self.people.get(&citizen) else { continue };
            if let Some(at) = stop_moment(&person.citizen.consents, reach, self.now) {
                self.record(citizen, reach, None, ConsentAction::Withdrawn, evidence_of(id), at)?;
                self.answered_by(citizen, Counted::Stopped, None);
                stopped = stopped.or(Some(citizen));
            }
        }
        stopped.map_or(Ok(()), |citizen| self.confirm(citizen, sender, words))
    }

    fn start(&mut self, sender: &[u8; 32], id: Uuid) -> Result<(), LedgerError> {
        let channel = self.channel;
        let mut started = None;
        for citizen in self.owners(sender) {
            let Some(person) = self.people.get(&citizen) else { continue };
            if let Some(at) = start_moment(&person.citizen.consents, channel, self.now) {
                self.record(citizen, Some(channel), None, ConsentAction::Granted, evidence_of(id), at)?;
                started = started.or(Some(citizen));
            }
        }
        started.map_or(Ok(()), |citizen| self.welcome(citizen, sender))
    }

    fn link(&mut self, sender: &Address, token: &str, id: Uuid) -> Result<(), LedgerError> {
        let token = self.ledger.keys.token(token);
        let Some(link) = self.links.remove(&token).filter(|link| link.channel == *self.channel) else {
            return Ok(());
        };
        let Some(person) = self.people.get(&link.citizen) else { return Ok(()) };
        let at = grant_moment(&person.citizen.consents, self.channel, self.now);
        let name = data_encoding::HEXLOWER.encode(&token[..8]);
        let evidence = format!("link token {name}, {}", evidence_of(id));
        self.own(link.citizen, sender, &evidence)?;
        self.record(link.citizen, Some(self.channel), None, ConsentAction::Granted, evidence, at)?;
        if self.channel.as_str() == GREETED_BY_CALLBACK {
            return Ok(());
        }
        let sender = self.hash(sender);
        self.welcome(link.citizen, &sender)
    }

    /// The citizens whose open address this is.
    fn owners(&self, sender: &[u8; 32]) -> BTreeSet<CitizenKey> {
        let open = self.addresses.iter().filter(|row| row.hash == *sender && row.closed.is_none());
        open.map(|row| row.citizen).collect()
    }

    /// Records the address as the citizen's, open. That one is which was disputed is news to the registry's
    /// owner: the token is a one-time code.
    fn own(&mut self, citizen: CitizenKey, address: &Address, evidence: &str) -> Result<(), LedgerError> {
        let hash = self.hash(address);
        let Some(person) = self.people.get(&citizen) else { return Ok(()) };
        let known = self.addresses.iter_mut().find(|row| row.hash == hash && row.citizen == citizen);
        if let Some(row) = known {
            if row.closed.as_ref().is_some_and(|(reason, _)| reason == Closed::DISPUTED) {
                let ground = Testimony { evidence: evidence.to_owned(), actor: None };
                let (kind, channel) = (RegistryEventKind::AddressVerified, Some(self.channel));
                self.telling.add(citizen, &person.key, kind, channel, &ground, self.now)?;
            }
            (row.closed, row.closed_evidence) = (None, None);
            self.changed.insert(row.id);
            return Ok(());
        }
        let row = AddressRow {
            id: new_key(),
            citizen,
            channel: self.channel.clone(),
            hash,
            address: person.key.seal("address", address.expose().as_bytes())?,
            closed: None,
            closed_evidence: None,
        };
        self.changed.insert(row.id);
        self.addresses.push(row);
        Ok(())
    }

    /// Keeps a consent record, which the rest of the batch sees.
    fn record(
        &mut self,
        citizen: CitizenKey,
        reach: Option<&ChannelId>,
        topic: Option<&TopicId>,
        action: ConsentAction,
        evidence: String,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let Some(person) = self.people.get_mut(&citizen) else { return Ok(()) };
        let consent = by_reply(reach.cloned(), topic.cloned(), action, evidence, at);
        person.records(&mut self.recording, &self.ledger.keys, consent, self.now)
    }

    /// Writes all of it; gives what news it is once it is committed.
    pub async fn write(self, tx: &mut dyn Tx) -> Result<Fresh, LedgerError> {
        let changed: Vec<_> =
            self.addresses.into_iter().filter(|row| self.changed.contains(&row.id)).collect();
        tx.put_addresses(&changed).await?;
        self.recording.write(tx).await?;
        self.preferring.write(tx).await?;
        self.checks.write(tx).await?;
        self.persons.write(tx).await?;
        tx.unsuppress(&self.verified).await?;
        let entries = !self.telling.is_empty();
        self.telling.write(tx).await?;
        let marked = self.last.iter().filter(|(citizen, _)| self.marked.contains(citizen));
        let marked = marked.map(|(_, held)| held.row()).collect::<Result<Vec<_>, _>>()?;
        tx.add_notices(&self.notices).await?;
        tx.save_notices(&marked).await?;
        tx.add_codes(&self.codes).await?;
        tx.add_scams(&self.scams).await?;
        tx.put_introduced(&self.introduced).await?;
        tx.put_work(&self.work).await?;
        self.tally.write(tx).await?;
        let mut fresh = Fresh { entries, ..Fresh::default() };
        fresh.work(&self.work, self.now);
        Ok(fresh)
    }
}
