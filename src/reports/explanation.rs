//! One notification, explained to its citizen: the record in the words of [`Account`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use vestnik_contract::ChannelId;

use crate::domain::{
    Advice, Citizen, Consent, ConsentAction, FinalState, Happening, LifeEventId, Locale, Measure, MeasureId,
    Reason, SourceRef,
};
use crate::ledger::rules::locale_for;
use crate::ledger::{Ledger, LedgerError, NotificationView, Rules, StepView};
use crate::notice::{Account, Explanation, Fate, InInbox, Way};
use crate::policy::{Zones, consent_in_force};

/// The channel of an outside portal.
const PORTAL: &str = "portal";

/// Explains a notification in this language, or else in the citizen's, or else in English; `None` where
/// there is no such notification.
pub async fn explain(
    ledger: &Ledger,
    rules: &Rules,
    reference: &SourceRef,
    locale: Option<Locale>,
) -> Result<Option<Explanation>, LedgerError> {
    let Some(view) = ledger.notification(reference).await? else { return Ok(None) };
    let citizen = ledger.addressee(reference).await?;
    let measure = measure(rules, &view);
    let own = || citizen.as_ref().map(|citizen| locale_for(citizen, measure.map(|measure| &measure.topic)));
    let locale = locale.or_else(own).unwrap_or(Locale::En);
    let account = Teller::of(rules, &view, citizen.as_ref(), measure).account();
    Ok(Some(rules.renderer.explain(&account, locale)?))
}

fn measure<'a>(rules: &'a Rules, view: &NotificationView) -> Option<&'a Measure> {
    let (event, measure) = (LifeEventId::new(&view.life_event).ok()?, MeasureId::new(&view.measure).ok()?);
    rules.catalogue.measure(&event, &measure)
}

/// The record of one notification, with what is known of its citizen now.
struct Teller<'a> {
    rules: &'a Rules,
    view: &'a NotificationView,
    citizen: Option<&'a Citizen>,
    measure: Option<&'a Measure>,
    zone: TimeZone,
}

impl<'a> Teller<'a> {
    /// The times are those of the citizen, or of the first zone of the jurisdiction.
    fn of(
        rules: &'a Rules,
        view: &'a NotificationView,
        citizen: Option<&'a Citizen>,
        measure: Option<&'a Measure>,
    ) -> Self {
        let zones = citizen.map_or_else(
            || Zones::all_of(&rules.strict),
            |citizen| Zones::of(citizen, rules.jurisdiction(&citizen.profile.jurisdiction)),
        );
        let zone = zones.iter().next().cloned().unwrap_or(TimeZone::UTC);
        Self { rules, view, citizen, measure, zone }
    }

    fn account(&self) -> Account<'a> {
        let view = self.view;
        let ended = view.state.zip(view.reason).zip(view.closed_at);
        let ways = self.ways();
        let law = self.citizen.map(|citizen| self.rules.jurisdiction(&citizen.profile.jurisdiction));
        Account {
            title: self.measure.map(|measure| &measure.title),
            received_at: self.local(view.received_at),
            ended: ended.map(|((state, reason), at)| (state, reason, self.local(at))),
            inbox: self.inbox(),
            advice: self.advice(&ways),
            ways,
            stopped_on: self.stopped_on(),
            hours: law.map(|law| law.contact_hours.workday),
        }
    }

    fn local(&self, at: Timestamp) -> DateTime {
        at.to_zoned(self.zone.clone()).datetime()
    }

    /// When something happened last.
    fn when(&self, is: impl Fn(&Happening) -> bool) -> Option<DateTime> {
        let entry = self.view.timeline.iter().rev().find(|entry| is(&entry.what))?;
        Some(self.local(entry.at))
    }

    fn inbox(&self) -> InInbox {
        match (self.view.erased, self.view.stands_in_inbox()) {
            (true, _) => InInbox::Erased,
            (false, true) => InInbox::Stands(self.when(|what| matches!(what, Happening::InboxRead))),
            (false, false) => InInbox::Nothing,
        }
    }

    // ---- the channels ----

    fn ways(&self) -> Vec<Way> {
        let considered = self.view.trace().map(|trace| trace.channels.as_slice()).unwrap_or_default();
        let way = |(channel, reason): &(ChannelId, Reason)| Way {
            channel: channel.clone(),
            fate: self.fate(channel, *reason),
            by_law: *reason == Reason::LawOverrides,
        };
        considered.iter().map(way).filter(|way| !self.is_the_inbox(way)).collect()
    }

    /// Whether it is an outside portal that was not written to, while it is told already whether the message
    /// stands in ours: to a citizen both are the account on the portal.
    fn is_the_inbox(&self, way: &Way) -> bool {
        let told = self.inbox() != InInbox::Nothing;
        way.channel.as_str() == PORTAL && matches!(way.fate, Fate::Unused(_)) && told
    }

    fn fate(&self, channel: &ChannelId, decided: Reason) -> Fate {
        let step = self.view.steps.iter().find(|step| step.channel == *channel);
        let step = step.filter(|_| matches!(decided, Reason::Chosen | Reason::LawOverrides));
        let Some(step) = step else { return Fate::Unused(decided) };
        match (self.sent_at(step), self.view.reason) {
            (Some(at), _) => self.fate_of_sent(step, at),
            // What ended by itself has no part in what becomes of those that it was to go with.
            (None, Some(ended)) => Fate::Unused(step.reason.unwrap_or(ended)),
            (None, None) => self.fate_of_open(step),
        }
    }

    /// When it was last sent on the channel of this step.
    fn sent_at(&self, step: &StepView) -> Option<DateTime> {
        let started =
            |what: &Happening| matches!(what, Happening::Started { channel, .. } if *channel == step.channel);
        self.when(started)
    }

    fn fate_of_sent(&self, step: &StepView, at: DateTime) -> Fate {
        let channel = &step.channel;
        let read = self.when(|what| matches!(what, Happening::Read { channel: on } if on == channel));
        let arrived = self.when(|what| matches!(what, Happening::Delivered { channel: on } if on == channel));
        match (read, arrived, step.state) {
            (Some(read), ..) => Fate::Opened(at, read),
            (None, Some(arrived), _) => Fate::Arrived(at, arrived),
            (.., "started") => Fate::Sending,
            (.., "due") => self.fate_of_open(step),
            _ => step.reason.map_or(Fate::Sent(at), |reason| Fate::Failed(at, reason)),
        }
    }

    fn fate_of_open(&self, step: &StepView) -> Fate {
        match (step.state, step.until, step.reason) {
            ("due", Some(until), _) => Fate::Due(self.local(until), self.put_off(step, until)),
            ("started", ..) => Fate::Sending,
            (.., Some(reason)) => Fate::Unused(reason),
            _ => Fate::Planned,
        }
    }

    /// Why a step is due only then.
    fn put_off(&self, step: &StepView, due: Timestamp) -> Option<Reason> {
        let put_off = self.view.timeline.iter().rev().find_map(|entry| match &entry.what {
            Happening::Deferred { channel, reason, until } if *channel == step.channel && *until == due => {
                Some(*reason)
            }
            _ => None,
        });
        put_off.or((!step.attempts.is_empty()).then_some(Reason::Retry))
    }

    // ---- what the citizen can do ----

    fn advice(&self, ways: &[Way]) -> BTreeMap<Advice, Vec<ChannelId>> {
        if self.view.erased && self.citizen.is_none() {
            return BTreeMap::from([(Advice::Register, Vec::new())]);
        }
        let mut advice: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for way in ways {
            let reason = way.fate.reason().filter(|reason| self.still_stands(*reason, &way.channel));
            if let Some(about) = reason.and_then(Advice::about) {
                advice.entry(about).or_default().push(way.channel.clone());
            }
        }
        if !self.view.state.is_some_and(FinalState::is_unreached) {
            advice.remove(&Advice::Call);
            return advice;
        }
        if ways.is_empty() {
            advice.extend(self.view.reason.and_then(Advice::about).map(|about| (about, Vec::new())));
        }
        if advice.is_empty() {
            advice.insert(Advice::Call, Vec::new());
        }
        advice
    }

    /// Whether what spoke against a channel would do so today.
    fn still_stands(&self, reason: Reason, channel: &ChannelId) -> bool {
        let Some(citizen) = self.citizen else { return true };
        match reason {
            Reason::NoAddress | Reason::AddressClosed => {
                !citizen.addresses.iter().any(|entry| entry.channel == *channel && entry.closed.is_none())
            }
            Reason::NoConsent | Reason::ConsentWithdrawn => self.measure.is_none_or(|measure| {
                let now = consent_in_force(&citizen.consents, channel, &measure.topic);
                now != Some(ConsentAction::Granted)
            }),
            _ => true,
        }
    }

    /// The day on which the citizen last asked us not to write about this.
    fn stopped_on(&self) -> Option<Date> {
        let topic = self.measure.map(|measure| &measure.topic);
        let about_this = |record: &&Consent| record.topic.is_none() || record.topic.as_ref() == topic;
        let withdrawn = |record: &&Consent| record.action == ConsentAction::Withdrawn;
        let records = self.citizen?.consents.iter().filter(withdrawn).filter(about_this);
        Some(self.local(records.map(|record| record.at).max()?).date())
    }
}

#[cfg(test)]
mod tests;
