//! Introductions: who was told on which channel who writes there, and the notices that tell it.

mod campaign;

use std::collections::BTreeMap;

use jiff::Timestamp;
use vestnik_contract::ChannelId;

pub use campaign::{Campaign, CampaignPage};

use super::LedgerError;
use super::guard::Guarded;
use super::people::Person;
use super::rules::Rules;
use super::store::{Acquaintance, Tx};
use super::words::Words;
use super::writes::{Held, new_key};
use crate::domain::{CitizenKey, Mode, Notice, NoticeId, NoticeKind, Priority, SourceId, Step, StepState};
use crate::policy::{Introduced, PausedIntroductions, Place};

/// The citizens of those of these notices before which an introduction could come, and of introductions, each
/// with the channel of the step that is to be sent, and with those after it on which introductions are
/// paused. Where the rule is off there are none, and nothing has to be asked.
pub(super) fn asked<'a>(
    rules: &Rules,
    guarded: &Guarded,
    notices: impl Iterator<Item = &'a Notice>,
) -> Vec<Acquaintance> {
    if rules.policy.introduction.mode == Mode::Off {
        return Vec::new();
    }
    let asks = |notice: &&Notice| matches!(notice.kind, NoticeKind::Entitlement | NoticeKind::Introduction);
    let paused = guarded.introductions();
    let mut asked = Vec::new();
    for notice in notices.filter(asks) {
        let left = notice.channels().skip(notice.current).enumerate();
        let matter = left.filter(|(ahead, on)| (*ahead == 0 || paused.contains(*on)) && is_heard(rules, on));
        asked.extend(matter.map(|(_, on)| (notice.citizen, on.clone())));
    }
    asked
}

/// These citizens, each with the channels on which introductions are paused: whoever was not introduced there
/// is written to elsewhere. Where none is paused, or pushes wait for none, nothing has to be asked.
pub(super) fn asked_where_paused<'a>(
    rules: &Rules,
    guarded: &Guarded,
    citizens: impl Iterator<Item = &'a CitizenKey>,
) -> Vec<Acquaintance> {
    if rules.policy.introduction.mode != Mode::Enforce {
        return Vec::new();
    }
    let paused: Vec<_> = guarded.introductions().iter().filter(|on| is_heard(rules, on)).collect();
    citizens.flat_map(|citizen| paused.iter().map(move |on| (*citizen, (*on).clone()))).collect()
}

fn is_heard(rules: &Rules, channel: &ChannelId) -> bool {
    rules.policy.channels.get(channel).is_none_or(|rule| rule.push)
}

/// What is on record of those whom a batch is about to write to.
#[derive(Default)]
pub(super) struct Introductions(BTreeMap<CitizenKey, BTreeMap<ChannelId, Introduced>>);

impl Introductions {
    /// Loads what is on record of these.
    pub async fn load(tx: &mut dyn Tx, asked: &[Acquaintance]) -> Result<Self, LedgerError> {
        let mut known = Self::default();
        for (citizen, channel) in asked {
            known.0.entry(*citizen).or_default().insert(channel.clone(), Introduced::Never);
        }
        for row in tx.introduced(asked).await? {
            let since = row.at.map(|at| if row.notice.is_some() { at } else { Timestamp::MIN });
            let introduced = match since {
                Some(at) => Introduced::At(at),
                // A campaign has time: who has something to tell makes an introduction of their own.
                None if row.person.is_some() => Introduced::Never,
                None => Introduced::Underway,
            };
            known.set(row.citizen, &row.channel, introduced);
        }
        Ok(known)
    }

    /// What is known of a citizen on a channel; `None` where nobody asks.
    pub fn of(&self, citizen: CitizenKey, channel: &ChannelId) -> Option<Introduced> {
        self.0.get(&citizen)?.get(channel).copied()
    }

    /// Where introductions are paused, as it concerns a citizen.
    pub fn paused<'a>(&'a self, guarded: &'a Guarded, citizen: CitizenKey) -> PausedIntroductions<'a> {
        let known = self.0.get(&citizen).unwrap_or(PausedIntroductions::nowhere().known);
        PausedIntroductions { on: guarded.introductions(), known }
    }

    /// Has the rest of the batch see what was done.
    pub fn set(&mut self, citizen: CitizenKey, channel: &ChannelId, introduced: Introduced) {
        if let Some(known) = self.0.get_mut(&citizen).and_then(|known| known.get_mut(channel)) {
            *known = introduced;
        }
    }
}

/// An introduction that is to be made.
pub(super) struct Introducing<'a> {
    /// Where.
    pub channel: &'a ChannelId,
    /// When it is due, and its place in the contact budget.
    pub place: Place,
    pub priority: Priority,
    pub expires_at: Timestamp,
    /// By when the citizen has to act on what follows.
    pub deadline: Option<Timestamp>,
    /// The source of what follows; `None` in a campaign.
    pub on_behalf_of: Option<SourceId>,
}

impl Introducing<'_> {
    /// The notice; `None` where the channel is not in use.
    pub fn notice(self, person: &Person, rules: &Rules) -> Result<Option<Held>, LedgerError> {
        let Some(planned) = rules.planned(self.channel) else { return Ok(None) };
        let Place { due_at, reserve } = self.place;
        let step = Step { state: StepState::Due { at: due_at }, reserved: reserve, ..Step::planned(planned) };
        let notice = Notice {
            id: NoticeId(new_key()),
            citizen: person.citizen.key,
            kind: NoticeKind::Introduction,
            priority: self.priority,
            answers: None,
            items: Vec::new(),
            on_behalf_of: self.on_behalf_of,
            steps: vec![step],
            current: 0,
            not_before: None,
            expires_at: self.expires_at,
            deadline: self.deadline,
            window: None,
            inbox: false,
            config: rules.version.clone(),
            closed: None,
        };
        Ok(Some(Held { notice, words: Words::Welcome.seal(&person.key)? }))
    }
}
