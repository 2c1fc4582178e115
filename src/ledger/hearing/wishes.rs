//! What citizens wish by a reply: no more of a topic, another language, other hours.

use std::collections::BTreeSet;

use uuid::Uuid;
use vestnik_contract::Address;

use super::Hearing;
use super::answers::wisher;
use crate::domain::{
    Citizen, CitizenKey, ConsentAction, Counted, Hours, Locale, NoticeKind, Preference, TopicId, Wish,
};
use crate::ledger::LedgerError;
use crate::ledger::evidence::{SetBy, SetOrigin};
use crate::ledger::inbound::evidence_of;
use crate::ledger::words::Words;
use crate::policy::{ever_opens, topic_stop_moment};

impl Hearing<'_> {
    /// Stops a topic on all channels, for all who share the address.
    pub(super) fn stop_topic(
        &mut self,
        sender: &[u8; 32],
        topic: &TopicId,
        id: Uuid,
    ) -> Result<(), LedgerError> {
        let mut stopped = None;
        for citizen in self.owners(sender) {
            let Some(person) = self.people.get(&citizen) else { continue };
            if let Some(at) = topic_stop_moment(&person.citizen.consents, topic, self.now) {
                self.record(citizen, None, Some(topic), ConsentAction::Withdrawn, evidence_of(id), at)?;
                self.answered_by(citizen, Counted::Stopped, Some(topic));
                stopped = stopped.or(Some(citizen));
            }
        }
        let words = Words::StoppedTopic(topic.clone());
        stopped.map_or(Ok(()), |citizen| self.confirm(citizen, sender, &words))
    }

    /// Sets the language; the confirmation is in it.
    pub(super) fn language(&mut self, sender: &Address, locale: Locale, id: Uuid) -> Result<(), LedgerError> {
        let mut owners = self.owners(&self.hash(sender));
        owners.retain(|citizen| self.people.get(citizen).is_some_and(|one| !reads(&one.citizen, locale)));
        let changed = self.prefer(&owners, id, |preference| preference.locale = Some(locale))?;
        changed.map_or(Ok(()), |citizen| self.answer_wish(citizen, sender, &Words::Language))
    }

    /// Sets the hours for those whose law leaves a moment of them; where it is nobody, says so.
    pub(super) fn hours(
        &mut self,
        sender: &Address,
        hours: Option<Hours>,
        id: Uuid,
    ) -> Result<(), LedgerError> {
        let mut owners = self.owners(&self.hash(sender));
        owners.retain(|citizen| self.opens(*citizen, hours));
        if owners.is_empty() {
            return self.no_such_hours(sender);
        }
        let wish = hours.map(Wish::EveryDay);
        let changed = self.prefer(&owners, id, |preference| preference.hours = wish)?;
        changed.map_or(Ok(()), |citizen| self.answer_wish(citizen, sender, &Words::Hours(hours)))
    }

    fn opens(&self, citizen: CitizenKey, hours: Option<Hours>) -> bool {
        let Some(person) = self.people.get(&citizen) else { return false };
        let law = self.rules.jurisdiction(&person.citizen.profile.jurisdiction);
        hours.is_none_or(|hours| ever_opens(&Wish::EveryDay(hours), &law.contact_hours))
    }

    /// Says that nobody is written to in the hours that were named.
    pub(super) fn no_such_hours(&mut self, sender: &Address) -> Result<(), LedgerError> {
        let first = self.owners(&self.hash(sender)).into_iter().next();
        first.map_or(Ok(()), |citizen| self.answer_wish(citizen, sender, &Words::NoSuchHours))
    }

    /// Changes every preference of these citizens, so that none for a topic hides the wish; gives the first
    /// of those for whom it changed anything.
    fn prefer(
        &mut self,
        citizens: &BTreeSet<CitizenKey>,
        id: Uuid,
        change: impl Fn(&mut Preference),
    ) -> Result<Option<CitizenKey>, LedgerError> {
        let by = SetBy { origin: SetOrigin::Reply, evidence: evidence_of(id), actor: None };
        let mut changed = None;
        for citizen in citizens {
            let Some(person) = self.people.get_mut(citizen) else { continue };
            let preferences = &mut person.citizen.preferences;
            if preferences.iter().all(|one| one.topic.is_some()) {
                preferences.push(Preference {
                    topic: None,
                    channels: None,
                    hours: None,
                    locale: None,
                    bundling: None,
                });
            }
            for preference in preferences {
                let before = preference.clone();
                change(preference);
                if *preference != before {
                    self.preferring.set(*citizen, &person.key, preference, &by, self.now)?;
                    changed = changed.or(Some(*citizen));
                }
            }
        }
        Ok(changed)
    }

    /// Answers a wish, within the limits of one who asks.
    fn answer_wish(
        &mut self,
        citizen: CitizenKey,
        sender: &Address,
        words: &Words,
    ) -> Result<(), LedgerError> {
        if !self.checks.may_answer(wisher(self.ledger, self.channel, sender)) {
            return Ok(());
        }
        self.tell(citizen, &self.hash(sender), NoticeKind::Confirmation, words)
    }
}

/// Whether a citizen is written to in this language, whatever it is about, because that is their own.
fn reads(citizen: &Citizen, locale: Locale) -> bool {
    citizen.profile.locale == locale && citizen.preferences.iter().all(|one| one.locale.is_none())
}
