//! What is answered to an inbound: confirmations, and whether a check code is ours.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use vestnik_contract::{Address, ChannelId};

use super::Hearing;
use crate::domain::{CitizenKey, Counted, Notice, NoticeId, NoticeKind, Priority, Step, StepState};
use crate::ledger::check::{self, Carried, Hour, Told};
use crate::ledger::inbound::{Heard, Meaning};
use crate::ledger::rules::Rules;
use crate::ledger::scam::{self, Scam};
use crate::ledger::store::{IntroducedRow, Tx};
use crate::ledger::words::Words;
use crate::ledger::writes::{Held, new_key, work_of};
use crate::ledger::{Ledger, LedgerError};
use crate::notice::CheckCode;

/// For how long an answer is worth sending.
const WORTH: SignedDuration = SignedDuration::from_hours(24);

/// Scam reports that are kept of one sender in an hour.
const REPORTS: u32 = 10;

/// The sender as one who asks for codes.
fn asker(ledger: &Ledger, channel: &ChannelId, sender: &Address) -> [u8; 32] {
    ledger.keys.asker(channel.as_str(), sender.expose())
}

/// The sender as one who sends one-time codes; counted apart.
pub(super) fn prover(ledger: &Ledger, channel: &ChannelId, sender: &Address) -> [u8; 32] {
    ledger.keys.asker(&format!("one-time code by {channel}"), sender.expose())
}

/// The sender as one who says what they wish; counted apart.
pub(super) fn wisher(ledger: &Ledger, channel: &ChannelId, sender: &Address) -> [u8; 32] {
    ledger.keys.asker(&format!("wish by {channel}"), sender.expose())
}

/// The sender as one who reports; counted apart.
fn reporter(ledger: &Ledger, channel: &ChannelId, sender: &Address) -> [u8; 32] {
    ledger.keys.asker(&format!("scam by {channel}"), sender.expose())
}

/// What a batch asks of check codes, and who asks.
#[derive(Default)]
pub(in crate::ledger) struct Checks {
    /// The codes that are ours.
    carried: BTreeMap<CheckCode, Carried>,
    hour: Hour,
    told: Vec<Told>,
}

impl Checks {
    /// Looks up the codes of a batch, and how often their senders asked in this hour. Where there are none,
    /// nothing is asked of the database.
    pub async fn load(
        ledger: &Ledger,
        tx: &mut dyn Tx,
        rules: &Rules,
        channel: &ChannelId,
        heard: &[Heard],
    ) -> Result<Self, LedgerError> {
        let (mut codes, mut who) = (BTreeSet::new(), BTreeSet::new());
        for one in heard {
            match one.meaning {
                Meaning::Check(code) => {
                    codes.insert(code);
                    who.insert(asker(ledger, channel, &one.sender));
                }
                Meaning::OneTimeCode(_) => drop(who.insert(prover(ledger, channel, &one.sender))),
                Meaning::Language(_) | Meaning::Hours(_) | Meaning::NoSuchHours => {
                    who.insert(wisher(ledger, channel, &one.sender));
                }
                Meaning::Scam { .. } => drop(who.insert(reporter(ledger, channel, &one.sender))),
                _ => {}
            }
        }
        if who.is_empty() {
            return Ok(Self::default());
        }
        let (codes, who): (Vec<_>, Vec<_>) = (codes.into_iter().collect(), who.into_iter().collect());
        let carried = check::carried(tx, &codes, rules).await?;
        Ok(Self { carried, hour: Hour::load(tx, &who).await?, told: Vec::new() })
    }

    /// The answers given, for metrics.
    pub fn told(&self) -> Vec<Told> {
        self.told.clone()
    }

    /// Writes who asked.
    pub async fn write(&self, tx: &mut dyn Tx) -> Result<(), LedgerError> {
        self.hour.write(tx).await
    }

    /// Counts one who asks; whether there is an answer still.
    pub(super) fn may_answer(&mut self, who: [u8; 32]) -> bool {
        let may_ask = self.hour.may_ask(&who);
        self.hour.add(who);
        may_ask
    }

    /// What is answered, if anything is. Every answer by message costs us a message, so that right codes
    /// count here too.
    fn answer(&mut self, who: [u8; 32], code: CheckCode) -> Option<Words> {
        let may_ask = self.may_answer(who);
        let carried = self.carried.get(&code);
        if carried.is_none() {
            self.hour.add_wrong();
        }
        let (words, told) = match carried {
            _ if !may_ask => (None, Told::TooMany),
            Some(carried) => (Some(Words::Checked(carried.sent.clone())), Told::Ours),
            None => (Some(Words::NotOurs), Told::NotOurs),
        };
        self.told.push(told);
        words
    }
}

impl Hearing<'_> {
    /// Answers to a check code. Who is nobody we write to is not answered.
    pub(super) fn check(&mut self, sender: &Address, code: CheckCode) -> Result<(), LedgerError> {
        let hash = self.hash(sender);
        let Some(citizen) = self.owners(&hash).into_iter().next() else { return Ok(()) };
        let who = asker(self.ledger, self.channel, sender);
        match self.checks.answer(who, code) {
            Some(words) => {
                for notice in self.checks.carried.get(&code).into_iter().flat_map(|one| &one.notices) {
                    self.tally.add_check(notice);
                }
                self.tell(citizen, &hash, NoticeKind::Answer, &words)
            }
            None => Ok(()),
        }
    }

    /// Keeps what is said to be not from us, and thanks for the first of it in an hour. One that quotes
    /// nothing is about what we sent last, and counts against it. Of one sender so many
    /// are kept; the words of all stand on record as inbounds.
    pub(super) fn report(&mut self, heard: &Heard, quotes: bool) -> Result<(), LedgerError> {
        let who = reporter(self.ledger, self.channel, &heard.sender);
        let before = self.checks.hour.count(&who);
        if before >= REPORTS {
            return Ok(());
        }
        self.checks.hour.add(who);
        let sender = self.hash(&heard.sender);
        if before == 0 && !quotes {
            self.answered(&sender, Counted::Complained);
        }
        let citizen = self.owners(&sender).into_iter().next();
        let key = citizen.and_then(|citizen| self.people.get(&citizen)).map(|person| &person.key);
        let report = Scam::told(&heard.words);
        let key = key.unwrap_or(self.ledger.keys.master());
        self.scams.push(scam::row(self.channel.as_str(), citizen, key, &report, self.now)?);
        match citizen.filter(|_| before == 0) {
            Some(citizen) => self.tell(citizen, &sender, NoticeKind::Answer, &Words::Reported),
            None => Ok(()),
        }
    }

    /// How many reports the batch brought.
    pub fn reports(&self) -> usize {
        self.scams.len()
    }

    /// Tells the citizen who will write here from now on, which no other introduction has to do then.
    pub(super) fn welcome(&mut self, citizen: CitizenKey, sender: &[u8; 32]) -> Result<(), LedgerError> {
        self.introduced.push(IntroducedRow {
            citizen,
            channel: self.channel.clone(),
            at: Some(self.now),
            notice: None,
            person: None,
        });
        self.confirm(citizen, sender, &Words::Welcome)
    }

    /// Makes a notice that tells the citizen, at the address that they wrote from, that it was heard. Where
    /// the channel is not in use there is none.
    pub(super) fn confirm(
        &mut self,
        citizen: CitizenKey,
        sender: &[u8; 32],
        words: &Words,
    ) -> Result<(), LedgerError> {
        self.tell(citizen, sender, NoticeKind::Confirmation, words)
    }

    pub(super) fn tell(
        &mut self,
        citizen: CitizenKey,
        sender: &[u8; 32],
        kind: NoticeKind,
        words: &Words,
    ) -> Result<(), LedgerError> {
        let (Some(person), Some(step)) = (self.people.get(&citizen), self.step()) else { return Ok(()) };
        let written_from = self.addresses.iter().find(|row| row.citizen == citizen && row.hash == *sender);
        let notice = Notice {
            id: NoticeId(new_key()),
            citizen,
            kind,
            priority: Priority::Normal,
            items: Vec::new(),
            on_behalf_of: None,
            steps: vec![step],
            current: 0,
            not_before: None,
            expires_at: self.now.saturating_add(WORTH).unwrap_or(self.now),
            deadline: None,
            window: None,
            answers: written_from.map(|row| row.id),
            inbox: false,
            config: self.rules.version.clone(),
            closed: None,
        };
        let held = Held { notice, words: words.seal(&person.key)? };
        self.codes.push(check::row(self.rules, held.notice.id, None, self.now));
        self.work.extend(work_of(&held.notice));
        self.notices.push(held.row()?);
        Ok(())
    }

    fn step(&self) -> Option<Step> {
        let planned = self.rules.planned(self.channel)?;
        Some(Step { state: StepState::Due { at: self.now }, ..Step::planned(planned) })
    }
}
