//! The tally: what became of messages, counted by day, source, channel and template. It is gathered over a
//! batch and written last in its transaction, so that a row that many count in is held for a moment only.
//!
//! A message counts for each notification in it. An introduction counts as one, for the source that it
//! speaks for, or for none where a campaign made it; what the contact budget did to it is not counted,
//! because no notification was kept back by that.
//!
//! A message is declined once on a channel, and written back to once, however often its citizen says so: its
//! step keeps a mark of either.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use vestnik_contract::{ChannelId, Permanence, SendErrorKind};

use super::LedgerError;
use super::store::{TallyRow, Tx};
use super::writes::Held;
use crate::domain::{
    CitizenKey, Counted, Evidence, Happening, Item, Notice, NoticeKind, Reason, SourceId, TemplateName,
    TopicId,
};
use crate::notice::{Change, Input};

/// For how long after a push what its citizen does on the channel is taken for an answer to it.
const ANSWERED_WITHIN: SignedDuration = SignedDuration::from_hours(48);

/// No push is looked for whose inbox entry is older: what is sent waits for no longer, as a rule.
const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(24 * 60);

/// Channels that a citizen subscribes to: who cannot be reached there any more has turned away from us.
/// Elsewhere an address is just out of date.
const BY_SUBSCRIPTION: [&str; 2] = ["viber", "telegram"];

/// What is counted of a batch.
#[derive(Default)]
pub(super) struct Tally(BTreeMap<(Option<SourceId>, Option<ChannelId>, TemplateName, Counted), u64>);

impl Tally {
    /// Counts something once.
    pub fn add(
        &mut self,
        source: Option<&SourceId>,
        channel: Option<&ChannelId>,
        of: TemplateName,
        what: Counted,
    ) {
        *self.0.entry((source.cloned(), channel.cloned(), of, what)).or_default() += 1;
    }

    fn add_item(&mut self, item: &Item, channel: Option<&ChannelId>, what: Counted) {
        if let Some(measure) = &item.measure {
            self.add(Some(&item.reference.source), channel, measure.clone().into(), what);
        }
    }

    fn add_introduction(&mut self, notice: &Notice, channel: Option<&ChannelId>, what: Counted) {
        self.add(notice.source(), channel, TemplateName::Introduction, what);
    }

    /// Counts what the citizen said to a message, or to what it holds of one topic; whether it is the first
    /// that counts, so that the notice, which is marked, has to be saved.
    pub fn add_answer(
        &mut self,
        notice: &mut Notice,
        channel: &ChannelId,
        what: Counted,
        topic: Option<&TopicId>,
    ) -> bool {
        let holds = |topic: &TopicId| notice.items.iter().any(|item| is_meant(notice, item, Some(topic)));
        if !topic.is_none_or(holds) || is_marked(notice, channel, what) {
            return false;
        }
        mark(notice, channel, what);
        self.add_to_all(notice, channel, what, topic);
        true
    }

    /// Counts something of all that was in a message, or of what is of one topic.
    fn add_to_all(&mut self, notice: &Notice, channel: &ChannelId, what: Counted, topic: Option<&TopicId>) {
        if notice.kind == NoticeKind::Introduction {
            return self.add_introduction(notice, Some(channel), what);
        }
        for item in notice.items.iter().filter(|item| is_meant(notice, item, topic)) {
            self.add_item(item, Some(channel), what);
        }
    }

    /// Counts that somebody asked whether a message is ours, on the channel on which it was sent last.
    pub fn add_check(&mut self, notice: &Notice) {
        let steps = notice.steps.iter().map(|step| &step.planned.channel);
        let sent = steps.filter_map(|channel| Some((pushed_at(notice, channel)?, channel))).max();
        if let Some((_, channel)) = sent {
            self.add_to_all(notice, channel, Counted::Checked, None);
        }
    }

    /// Counts what has just happened to a notice, and marks that it was declined.
    pub fn add_change(&mut self, notice: &mut Notice, change: &Change, before: &Before) {
        if notice.kind == NoticeKind::Introduction {
            self.add_change_of_introduction(notice, change, before);
        } else {
            self.add_change_of_items(notice, change, before);
        }
        for (channel, what) in change.happened.iter().flat_map(|what| before.counted(what)) {
            if let Some(channel) = channel {
                mark(notice, channel, what);
            }
        }
    }

    fn add_change_of_items(&mut self, notice: &Notice, change: &Change, before: &Before) {
        for (number, what) in &change.entries {
            for (channel, counted) in news(notice, before.counted(what)) {
                self.add_item(&notice.items[*number], channel, counted);
            }
        }
        let reached =
            change.endings.iter().filter(|(_, ending)| ending.state.evidence() >= Evidence::Accepted);
        for (number, _) in reached.filter(|(number, _)| !before.reached.contains(number)) {
            self.add_item(&notice.items[*number], by_which(notice), Counted::Reached);
        }
    }

    fn add_change_of_introduction(&mut self, notice: &Notice, change: &Change, before: &Before) {
        let counted = change.happened.iter().flat_map(|what| news(notice, before.counted(what)));
        for (channel, what) in counted.filter(|(_, what)| *what != Counted::BudgetDeferred) {
            self.add_introduction(notice, channel, what);
        }
    }

    /// Writes what was counted.
    pub async fn write(self, tx: &mut dyn Tx) -> Result<(), LedgerError> {
        let day = tx.now().to_zoned(TimeZone::UTC).date();
        let row = |((source, channel, template, what), count)| TallyRow {
            day,
            source,
            channel,
            template,
            what,
            count,
        };
        Ok(tx.add_tallies(&self.0.into_iter().map(row).collect::<Vec<_>>()).await?)
    }
}

/// What has to be known of a notice before something happens to it.
pub(super) struct Before {
    /// A call is said to have failed, rather than a message that was taken.
    at_the_call: bool,
    /// The message is known to have arrived.
    delivered: bool,
    /// The items, by number, that have reached the citizen.
    reached: BTreeSet<usize>,
}

impl Before {
    pub fn of(notice: &Notice, input: &Input) -> Self {
        let attempt = match input {
            Input::Receipt { attempt, .. } => notice.find(*attempt),
            _ => None,
        };
        let evidence = attempt.map(|(step, number)| notice.steps[step].attempts[number].evidence());
        let reached =
            |item: &Item| item.closed.is_some_and(|ending| ending.state.evidence() >= Evidence::Accepted);
        Self {
            at_the_call: matches!(input, Input::Failed { .. }),
            delivered: evidence.is_some_and(|evidence| evidence >= Evidence::Delivered),
            reached: (0..notice.items.len()).filter(|number| reached(&notice.items[*number])).collect(),
        }
    }

    /// What an entry of the timeline counts as, on which channel.
    fn counted<'a>(&self, what: &'a Happening) -> Vec<(Option<&'a ChannelId>, Counted)> {
        let (channel, counted) = match what {
            Happening::Sent { channel, .. } => (Some(channel), vec![Counted::Sent]),
            Happening::Delivered { channel } => (Some(channel), vec![Counted::Delivered]),
            Happening::Read { channel } if self.delivered => (Some(channel), vec![Counted::Read]),
            Happening::Read { channel } => (Some(channel), vec![Counted::Delivered, Counted::Read]),
            Happening::Complained { channel } => (Some(channel), vec![Counted::Complained]),
            Happening::Failed { channel, kind, .. } => (Some(channel), self.declined(channel, *kind)),
            Happening::Deferred { channel, reason, .. } => {
                (Some(channel), budget(*reason, Counted::BudgetDeferred))
            }
            Happening::Closed { state, reason } if state.evidence() == Evidence::None => {
                (None, budget(*reason, Counted::BudgetSuppressed))
            }
            _ => (None, Vec::new()),
        };
        counted.into_iter().map(|counted| (channel, counted)).collect()
    }

    fn declined(&self, channel: &ChannelId, kind: SendErrorKind) -> Vec<Counted> {
        let declined = match kind {
            SendErrorKind::Rejected => Counted::Rejected,
            SendErrorKind::Unreachable(Permanence::Permanent) if is_by_subscription(channel) => {
                Counted::Blocked
            }
            _ => return Vec::new(),
        };
        self.at_the_call.then_some(Counted::Refused).into_iter().chain([declined]).collect()
    }
}

fn is_by_subscription(channel: &ChannelId) -> bool {
    BY_SUBSCRIPTION.contains(&channel.as_str())
}

/// What counts where the contact budget is the reason.
fn budget(reason: Reason, what: Counted) -> Vec<Counted> {
    matches!(reason, Reason::ContactBudget | Reason::Yielded).then_some(what).into_iter().collect()
}

/// The channel on which most is known of the citizen having got it.
fn by_which(notice: &Notice) -> Option<&ChannelId> {
    let steps = notice.steps.iter().rev();
    steps.max_by_key(|step| step.evidence()).map(|step| &step.planned.channel)
}

/// Whether an item was part of what was sent: it did not close on its own.
fn was_sent(notice: &Notice, item: &Item) -> bool {
    item.closed.is_none() || item.closed == notice.closed
}

/// Whether somebody speaks of an item who speaks of a message, or of what it holds of one topic.
fn is_meant(notice: &Notice, item: &Item, topic: Option<&TopicId>) -> bool {
    was_sent(notice, item) && topic.is_none_or(|topic| item.topic == *topic)
}

// ---- what counts once ----

/// Marks that something was counted which counts once.
fn mark(notice: &mut Notice, channel: &ChannelId, what: Counted) {
    for step in notice.steps.iter_mut().filter(|step| step.planned.channel == *channel) {
        step.declined |= what.is_declined();
        step.replied |= what == Counted::Replied;
    }
}

/// Whether something is counted already that counts once.
fn is_marked(notice: &Notice, channel: &ChannelId, what: Counted) -> bool {
    let mut steps = notice.steps.iter().filter(|step| step.planned.channel == *channel);
    steps.any(|step| (step.declined && what.is_declined()) || (step.replied && what == Counted::Replied))
}

/// What of this counts still.
fn news<'a>(
    notice: &Notice,
    counted: Vec<(Option<&'a ChannelId>, Counted)>,
) -> impl Iterator<Item = (Option<&'a ChannelId>, Counted)> {
    counted
        .into_iter()
        .filter(|(channel, what)| channel.is_none_or(|channel| !is_marked(notice, channel, *what)))
}

// ---- what is an answer to what ----

/// The last message that each citizen got on a channel, as far as it is young enough to be answered.
pub(super) type LastPushes = BTreeMap<CitizenKey, Held>;

/// Looks for the last messages of these citizens on a channel.
pub(super) async fn last_pushes(
    tx: &mut dyn Tx,
    channel: &ChannelId,
    citizens: impl IntoIterator<Item = CitizenKey>,
) -> Result<LastPushes, LedgerError> {
    let citizens: Vec<_> = citizens.into_iter().collect();
    if citizens.is_empty() {
        return Ok(LastPushes::new());
    }
    let now = tx.now();
    let before = |span| now.saturating_sub(span).unwrap_or(Timestamp::MIN);
    let (since, looked_back) = (before(ANSWERED_WITHIN), before(LOOKED_BACK));
    // A day more than any zone needs.
    let day = since.to_zoned(TimeZone::UTC).date().saturating_sub(1.days());
    let ids = tx.lately(&citizens, day, looked_back).await?;
    let mut last: BTreeMap<CitizenKey, (Timestamp, Held)> = BTreeMap::new();
    for row in tx.notices(&ids).await? {
        let held = Held::of(row)?;
        let Some(at) = pushed_at(&held.notice, channel).filter(|at| *at >= since) else { continue };
        let citizen = held.notice.citizen;
        if last.get(&citizen).is_none_or(|(then, _)| *then < at) {
            last.insert(citizen, (at, held));
        }
    }
    Ok(last.into_iter().map(|(citizen, (_, held))| (citizen, held)).collect())
}

/// When a message that is counted was last sent on a channel, and not refused.
fn pushed_at(notice: &Notice, channel: &ChannelId) -> Option<Timestamp> {
    let steps = notice.steps.iter().filter(|step| step.planned.channel == *channel);
    let taken = steps.flat_map(|step| &step.attempts).filter(|attempt| attempt.evidence() != Evidence::None);
    let counts = match notice.kind {
        NoticeKind::Entitlement => !notice.items.is_empty(),
        NoticeKind::Introduction => true,
        NoticeKind::Confirmation | NoticeKind::Answer => false,
    };
    taken.map(|attempt| attempt.started_at).max().filter(|_| counts)
}
