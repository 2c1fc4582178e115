//! One of the crowd: what is known of them, and what their deeds bring to the ledger.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use vestnik_contract::{Accepted, Address, ChannelId, Receipt, ReceiptState, SendError, SendErrorKind};

use super::deed::{Deed, Fate, Life, Preferred, Told, Word};
use super::will::Will;
use crate::domain::{
    AttemptId, Citizen, CitizenKey, Consent, ConsentAction, FinalState, Item, LifeEventId, MeasureId, Notice,
    NoticeId, NoticeKind, Notification, NotificationKey, Preference, Profile, SourceRef, TopicId,
};
use crate::ledger::evidence::{SetBy, SetOrigin};
use crate::ledger::fixture::{
    CHANNELS, World, address, citizen_id, new_address, notification, profile, receipt, reference, route,
};
use crate::ledger::registry::{Death, NewPreference, Registration};
use crate::ledger::{Ask, Finished, Heard, Meaning, Outgoing, Submission, Testimony};
use crate::policy::Zones;

/// One of the crowd.
pub(super) struct Person {
    pub name: String,
    pub key: CitizenKey,
    pub zones: Zones,
    pub channels: Vec<&'static str>,
    deeds: VecDeque<Deed>,
    pub will: Will,
    /// What they wanted before this tick, where messages may have been started while it was said.
    pub before: Option<Will>,
    pub published: Vec<Published>,
    pub sent: Vec<Sent>,
    fates: VecDeque<Fate>,
    /// All notices to them, with the rows that were read last.
    pub notices: BTreeMap<NoticeId, (String, Notice)>,
    /// The places in the contact budget, as the ledger counts them.
    pub places: BTreeMap<Date, u32>,
}

/// Something published for a citizen.
#[derive(Debug)]
pub(super) struct Published {
    pub id: String,
    pub at: Timestamp,
    pub not_before: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    /// By when the citizen has to act on it.
    pub deadline: Option<Timestamp>,
    /// Once it is taken in.
    pub key: Option<NotificationKey>,
    pub notice: Option<NoticeId>,
    pub ended: Option<FinalState>,
    /// Whether it came at this tick, with nothing else.
    pub is_new: bool,
}

/// A message that was sent.
#[derive(Debug)]
pub(super) struct Sent {
    pub notice: NoticeId,
    pub kind: NoticeKind,
    pub channel: &'static str,
    pub attempt: AttemptId,
    /// What was in it.
    pub items: Vec<NotificationKey>,
    pub at: Timestamp,
    pub fate: Fate,
    pub recipient: Address,
    /// The parts that are said to have arrived.
    pub arrived: BTreeSet<usize>,
    /// Whether the provider said later that it did not arrive.
    pub failed: bool,
    /// Whether the provider said both.
    pub is_contradicted: bool,
    /// What the provider said before the gateway knew that it had taken it.
    early: Vec<(usize, ReceiptState)>,
}

impl Sent {
    /// A message that the notice's current step sends.
    pub fn new(notice: &Notice, outgoing: &Outgoing, fate: Fate, at: Timestamp) -> Self {
        Self {
            notice: notice.id,
            kind: notice.kind,
            channel: named(notice.channel().unwrap()),
            attempt: outgoing.attempt,
            items: carried(notice).map(|item| item.notification).collect(),
            at,
            fate,
            recipient: outgoing.message.recipient.clone(),
            arrived: BTreeSet::new(),
            failed: false,
            is_contradicted: false,
            early: Vec::new(),
        }
    }

    pub fn parts(&self) -> usize {
        if let Fate::Taken { parts } = self.fate { parts } else { 1 }
    }

    pub fn was_taken(&self) -> bool {
        matches!(self.fate, Fate::Taken { .. })
    }

    /// Whether the call itself certainly failed.
    pub fn was_refused(&self) -> bool {
        match self.fate {
            Fate::Taken { .. } | Fate::Lost => false,
            Fate::Refused(kind) => kind != SendErrorKind::Ambiguous,
            Fate::Throttled { .. } => true,
        }
    }

    /// Whether the provider may have taken it, and nobody knows that it did not arrive.
    pub fn may_have_arrived(&self) -> bool {
        !self.was_refused() && !self.failed
    }

    /// Takes in what the provider says of a part: that it arrived is never taken back.
    fn hears(&mut self, part: usize, state: ReceiptState) {
        if !self.was_taken() {
            self.early.push((part, state));
        } else if matches!(state, ReceiptState::Delivered | ReceiptState::Read) {
            self.is_contradicted |= self.failed;
            self.arrived.insert(part);
        } else {
            self.failed |= !self.arrived.contains(&part);
        }
    }

    /// Its process comes back: the provider had taken it.
    fn comes_back(&mut self) {
        self.fate = Fate::Taken { parts: 1 };
        for (part, state) in std::mem::take(&mut self.early) {
            self.hears(part, state);
        }
    }

    /// How the call went, as far as its process can say.
    pub fn outcome(&self, of: CitizenKey) -> Option<Finished> {
        let result = match self.fate {
            Fate::Taken { parts } => {
                Ok(Accepted { references: (0..parts).map(|part| self.part(part)).collect() })
            }
            Fate::Refused(kind) => Err(SendError::new(kind)),
            Fate::Throttled { minutes } => {
                let wait = SignedDuration::from_mins(minutes).unsigned_abs();
                Err(SendError::new(SendErrorKind::Throttled).retry_after(wait))
            }
            Fate::Lost => return None,
        };
        Some(Finished {
            notice: self.notice,
            citizen: of,
            attempt: self.attempt,
            channel: ChannelId::new(self.channel).unwrap(),
            route: route(),
            recipient: self.recipient.clone(),
            result,
        })
    }

    /// How the provider names a part.
    fn part(&self, part: usize) -> String {
        format!("{}/{part}", self.attempt)
    }
}

/// What a tick brings: each kind goes through the ledger in one batch.
#[derive(Default)]
pub(super) struct Brought {
    pub registrations: Vec<Registration>,
    pub heard: BTreeMap<&'static str, Vec<Heard>>,
    pub submissions: Vec<Submission>,
    pub finished: Vec<Finished>,
    pub receipts: BTreeMap<&'static str, Vec<Receipt>>,
}

impl Person {
    /// Somebody new, with what the registry says of them.
    pub fn begin(world: &World, number: usize, life: &Life) -> (Self, Registration) {
        let name = format!("citizen{number}");
        let profile = Profile { zone: life.zone.map(str::to_owned), ..profile() };
        let mut will = Will::default();
        let mut consents = Vec::new();
        if life.consented {
            will.consent(None, None, ConsentAction::Granted);
            consents.push(world.consent(None, ConsentAction::Granted));
        }
        let addresses =
            life.channels.iter().map(|channel| new_address(channel, &address(channel, &name))).collect();
        let person = Self {
            key: world.key(&name),
            zones: zones(world.key(&name), profile.clone(), world),
            channels: life.channels.clone(),
            deeds: life.deeds.iter().cloned().collect(),
            will,
            before: None,
            published: Vec::new(),
            sent: Vec::new(),
            fates: VecDeque::new(),
            notices: BTreeMap::new(),
            places: BTreeMap::new(),
            name,
        };
        let nothing = Registration::nothing(citizen_id(&person.name));
        (person, Registration { profile: Some(profile), addresses, consents, ..nothing })
    }

    // ---- deeds ----

    /// What is played next.
    pub fn next(&mut self) -> Option<Deed> {
        self.published.iter_mut().for_each(|one| one.is_new = false);
        self.deeds.pop_front()
    }

    /// The same, where it is a source that plays it.
    pub fn next_of_source(&mut self) -> Option<Deed> {
        self.deeds.pop_front_if(|deed| matches!(deed, Deed::Publish(_) | Deed::Cancel(_)))
    }

    /// Plays a deed. `given` is what a reply has to bring that was handed out before.
    pub fn play(&mut self, deed: Deed, given: Option<String>, world: &World, brought: &mut Brought) {
        let now = world.clock.now();
        let id = citizen_id(&self.name);
        let nothing = || Registration::nothing(id.clone());
        match deed {
            Deed::Nothing => {}
            Deed::Publish(told) => {
                brought.submissions.extend(told.into_iter().map(|one| self.publish(one, now)));
            }
            Deed::Cancel(number) => brought.submissions.extend(self.cancel(number)),
            Deed::Consent { channel, topic, action } => {
                self.will.consent(channel, topic, action);
                let topic = topic.map(|id| TopicId::new(id).unwrap());
                let consents = vec![Consent { topic, ..world.consent(channel, action) }];
                brought.registrations.push(Registration { consents, ..nothing() });
            }
            Deed::Prefer(preferred) => {
                let preferences = vec![to_set(&preferred)];
                brought.registrations.push(Registration { preferences, ..nothing() });
                self.will.prefer(preferred);
            }
            Deed::Death { deceased } => {
                self.will.dead = deceased;
                let by = Testimony { evidence: "act 1".to_owned(), actor: None };
                let death = Some(Death { deceased, by });
                brought.registrations.push(Registration { death, ..nothing() });
            }
            Deed::Reply { channel, word } => {
                let channel = self.channel(channel);
                let meaning = self.meaning(word, given, world);
                self.will.hear(channel, word);
                let sender = address(channel, &self.name);
                let key = format!("{} {now}", self.name);
                let heard = Heard { key, sender, meaning, words: "words".to_owned() };
                brought.heard.entry(channel).or_default().push(heard);
            }
            Deed::Becomes(fate) => self.fates.push_back(fate),
            Deed::Receipt { ago, state, whole } => self.receipt(ago, state, whole, brought),
            Deed::LateOutcome { ago } => brought.finished.extend(self.late_outcome(ago)),
        }
    }

    /// One of the citizen's channels.
    pub fn channel(&self, number: usize) -> &'static str {
        self.channels[number % self.channels.len()]
    }

    fn publish(&mut self, told: Told, now: Timestamp) -> Submission {
        let id = format!("{} {}", self.name, self.published.len());
        let hours = |hours: Option<i64>| hours.map(|hours| now + SignedDuration::from_hours(hours));
        let act_by = told.act_within.map(|days| self.zones.day(now).saturating_add(days.days()));
        let (life_event, measure) = told.measure;
        let notification = Notification {
            life_event: LifeEventId::new(life_event).unwrap(),
            measure: MeasureId::new(measure).unwrap(),
            priority: told.priority,
            act_by,
            not_before: hours(told.not_within),
            expires_at: hours(told.of_use),
            ..notification(&id, &self.name)
        };
        let supersedes =
            told.supersedes.and_then(|number| self.published.get(number)).map(|earlier| earlier.id.clone());
        self.published.push(Published {
            id: id.clone(),
            at: now,
            not_before: notification.not_before,
            expires_at: notification.expires_at,
            deadline: act_by.and_then(|day| self.zones.end_of(day)).filter(|end| *end > now),
            key: None,
            notice: None,
            ended: None,
            is_new: true,
        });
        let ask = Ask::Notify { notification: Box::new(notification), supersedes };
        Submission { ask, body: id.into_bytes() }
    }

    fn cancel(&self, number: usize) -> Option<Submission> {
        let reference: SourceRef = reference(&self.published.get(number)?.id);
        Some(Submission {
            body: format!("cancel {}", reference.id).into_bytes(),
            ask: Ask::Cancel(reference),
        })
    }

    fn meaning(&self, said: Word, given: Option<String>, world: &World) -> Meaning {
        match said {
            Word::Stop => Meaning::Stop,
            Word::StopAll => Meaning::StopAll,
            Word::StopTopic(topic) => Meaning::StopTopic(TopicId::new(topic).unwrap()),
            Word::Start => Meaning::Start,
            Word::NotMe => Meaning::NotMe,
            Word::Hours(hours) => Meaning::Hours(hours),
            Word::Language(locale) => Meaning::Language(locale),
            Word::Check => self
                .sent
                .last()
                .map_or(Meaning::Text, |sent| Meaning::Check(world.rules.check_key.code(sent.notice))),
            Word::Scam => Meaning::Scam { quotes: false },
            Word::Text => Meaning::Text,
            Word::Blocked => Meaning::Blocked,
            Word::Unblocked => Meaning::Unblocked,
            Word::Code { .. } => Meaning::OneTimeCode(given.unwrap_or_default()),
            Word::Link => Meaning::Link { token: given.unwrap_or_default() },
        }
    }

    // ---- messages ----

    /// What becomes of the next message.
    pub fn fate(&mut self) -> Fate {
        self.fates.pop_front().unwrap_or(Fate::Taken { parts: 1 })
    }

    fn ago(&mut self, ago: usize) -> Option<&mut Sent> {
        let number = self.sent.len().checked_sub(ago + 1)?;
        self.sent.get_mut(number)
    }

    fn receipt(&mut self, ago: usize, state: ReceiptState, whole: bool, brought: &mut Brought) {
        let Some(sent) = self.ago(ago).filter(|sent| sent.was_taken() || matches!(sent.fate, Fate::Lost))
        else {
            return;
        };
        let parts = if whole { 0..sent.parts() } else { 0..1 };
        for part in parts {
            sent.hears(part, state);
            brought.receipts.entry(sent.channel).or_default().push(receipt(&sent.part(part), state));
        }
    }

    fn late_outcome(&mut self, ago: usize) -> Option<Finished> {
        let key = self.key;
        let sent = self.ago(ago).filter(|sent| matches!(sent.fate, Fate::Lost))?;
        sent.comes_back();
        sent.outcome(key)
    }
}

fn zones(key: CitizenKey, profile: Profile, world: &World) -> Zones {
    let (addresses, consents, preferences) = (Vec::new(), Vec::new(), Vec::new());
    let citizen = Citizen { key, profile, addresses, consents, preferences, deceased: false };
    Zones::of(&citizen, &world.rules.strict)
}

fn to_set(preferred: &Preferred) -> NewPreference {
    let ids = |channels: &Vec<&'static str>| channels.iter().map(|id| ChannelId::new(id).unwrap()).collect();
    let preference = Preference {
        topic: preferred.topic.map(|id| TopicId::new(id).unwrap()),
        channels: preferred.channels.as_ref().map(ids),
        hours: preferred.hours,
        locale: None,
        bundling: preferred.bundling,
    };
    let by = SetBy { origin: SetOrigin::Registry, evidence: "form 1".to_owned(), actor: None };
    NewPreference { preference, by }
}

/// What a message that was just started tells: what is open, or ended with all of it meanwhile.
pub(super) fn carried(notice: &Notice) -> impl Iterator<Item = &Item> {
    notice.items.iter().filter(|item| item.closed.is_none() || item.closed == notice.closed)
}

/// The name of one of the tests' channels.
pub(super) fn named(channel: &ChannelId) -> &'static str {
    CHANNELS.into_iter().find(|name| *name == channel.as_str()).unwrap()
}
