//! A notice as policy asks for it: the step that is to be sent, with the person it is for.

use jiff::Timestamp;
use vestnik_contract::ChannelId;

use super::guard::Guarded;
use super::introductions::Introductions;
use super::people::Person;
use super::rules::Rules;
use crate::domain::{Class, Notice, NoticeId, Step};
use crate::policy::{ItemFacts, PausedIntroductions, RecheckInput};

/// The current step of an open notice.
pub(super) struct Asked<'a> {
    notice: &'a Notice,
    pub step: &'a Step,
    items: Vec<ItemFacts<'a>>,
    later: Vec<ChannelId>,
    introductions: PausedIntroductions<'a>,
}

impl<'a> Asked<'a> {
    /// `None` where the notice has no step left to send.
    pub fn of(notice: &'a Notice, guarded: &'a Guarded, introductions: &'a Introductions) -> Option<Self> {
        let step = notice.step().filter(|_| notice.closed.is_none())?;
        let later = notice.steps[notice.current + 1..].iter().map(|step| step.planned.channel.clone());
        Some(Self {
            notice,
            step,
            items: notice
                .open_items()
                .map(|item| ItemFacts::of(item, guarded.of(item.measure.as_ref())))
                .collect(),
            later: later.collect(),
            introductions: introductions.paused(guarded, notice.citizen),
        })
    }

    /// Whose step it is.
    pub fn id(&self) -> NoticeId {
        self.notice.id
    }

    /// The class by which it gives its place to another; `None` where it gives way to nothing.
    pub fn class(&self) -> Option<Class> {
        self.notice.class()
    }

    /// All that policy judges it by at a moment.
    pub fn input<'b>(&'b self, person: &'b Person, rules: &'b Rules, now: Timestamp) -> RecheckInput<'b> {
        let Self { notice, step, items, later, introductions } = self;
        RecheckInput {
            channel: &step.planned.channel,
            later,
            kind: notice.kind,
            answers: notice.answers,
            items,
            introductions: *introductions,
            priority: notice.priority,
            expires_at: notice.expires_at,
            deadline: notice.deadline,
            not_before: notice.not_before,
            reserved: step.reserved,
            citizen: &person.citizen,
            policy: &rules.policy,
            jurisdiction: rules.jurisdiction(&person.citizen.profile.jurisdiction),
            history: &person.history,
            now,
        }
    }
}
