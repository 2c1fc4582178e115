//! What became of each notification, as its timeline tells it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use vestnik_contract::{ChannelId, SendErrorKind};

use super::story::{Message, Tells};
use crate::domain::{AttemptId, Entry, FinalState, Happening, NoticeId, NotificationKey, Reason, SourceRef};

/// One notification and what became of it so far.
#[derive(Debug, Clone)]
pub struct Course {
    /// Its source and id.
    pub reference: SourceRef,
    /// What it tells, and whom.
    pub tells: Tells,
    /// The ledger's key of it, once it is there.
    pub key: Option<NotificationKey>,
    /// The notice that carries it, once something was sent.
    pub notice: Option<NoticeId>,
    /// Its timeline.
    pub entries: Vec<(Timestamp, Happening)>,
}

/// How far a message came on one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A call is under way.
    Started,
    /// The provider took it.
    Taken,
    /// It arrived.
    Delivered,
    /// It was opened.
    Read,
    /// It failed.
    Failed(SendErrorKind),
}

/// One call to a provider and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// The channel.
    pub channel: ChannelId,
    /// The call.
    pub attempt: AttemptId,
    /// When it started.
    pub at: Timestamp,
    /// How far it came.
    pub progress: Progress,
}

impl Course {
    fn new(reference: SourceRef, tells: Tells) -> Self {
        Self { reference, tells, key: None, notice: None, entries: Vec::new() }
    }

    /// How it ended, as the newest evidence has it.
    #[must_use]
    pub fn ending(&self) -> Option<(FinalState, Reason)> {
        self.entries.iter().rev().find_map(|(_, what)| match what {
            Happening::Closed { state, reason } | Happening::Amended { state, reason } => {
                Some((*state, *reason))
            }
            _ => None,
        })
    }

    /// Whether it stands in the inbox.
    #[must_use]
    pub fn in_inbox(&self) -> bool {
        self.entries.iter().any(|(_, what)| matches!(what, Happening::Decided { inbox: true, .. }))
    }

    /// Every call to a provider, in order.
    #[must_use]
    pub fn sendings(&self) -> Vec<Sending> {
        let mut made: Vec<Sending> = Vec::new();
        for (at, what) in &self.entries {
            match what {
                Happening::Started { channel, attempt } => made.push(Sending {
                    channel: channel.clone(),
                    attempt: *attempt,
                    at: *at,
                    progress: Progress::Started,
                }),
                Happening::Sent { attempt, .. } => of_attempt(&mut made, *attempt, Progress::Taken),
                Happening::Failed { attempt, kind, .. } => {
                    of_attempt(&mut made, *attempt, Progress::Failed(*kind));
                }
                Happening::Delivered { channel } => on_channel(&mut made, channel, Progress::Delivered),
                Happening::Read { channel } => on_channel(&mut made, channel, Progress::Read),
                _ => {}
            }
        }
        made
    }
}

fn of_attempt(made: &mut [Sending], attempt: AttemptId, progress: Progress) {
    if let Some(sending) = made.iter_mut().find(|sending| sending.attempt == attempt) {
        sending.progress = progress;
    }
}

/// A receipt's entry names the channel alone: it is of the last call there.
fn on_channel(made: &mut [Sending], channel: &ChannelId, progress: Progress) {
    if let Some(sending) = made.iter_mut().rev().find(|sending| sending.channel == *channel) {
        sending.progress = progress;
    }
}

/// All notifications, in the order in which they were published.
#[derive(Debug, Clone, Default)]
pub struct Board {
    order: Vec<SourceRef>,
    courses: BTreeMap<SourceRef, Course>,
}

impl Board {
    /// Notes what is about to be published; a repeat changes nothing.
    pub(super) fn announce(&mut self, message: &Message) {
        let Some(tells) = &message.tells else { return };
        if !self.courses.contains_key(&message.reference) {
            self.order.push(message.reference.clone());
            let course = Course::new(message.reference.clone(), tells.clone());
            self.courses.insert(message.reference.clone(), course);
        }
    }

    /// Notes an entry of the timeline.
    pub(super) fn add(&mut self, entry: Entry) {
        if let Some(course) = self.courses.get_mut(&entry.reference) {
            course.key = Some(entry.notification);
            course.notice = course.notice.or(entry.notice);
            course.entries.push((entry.at, entry.what));
        }
    }

    /// Every notification, in the order in which they were published.
    pub fn iter(&self) -> impl Iterator<Item = &Course> {
        self.order.iter().filter_map(|reference| self.courses.get(reference))
    }

    /// One notification.
    #[must_use]
    pub fn get(&self, reference: &SourceRef) -> Option<&Course> {
        self.courses.get(reference)
    }

    /// Whether every notification has ended.
    #[must_use]
    pub fn all_ended(&self) -> bool {
        self.iter().all(|course| course.ending().is_some())
    }
}
