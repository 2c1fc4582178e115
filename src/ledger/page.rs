//! A citizen's own page: what it shows, and what the citizen changes there. Every change is on record at
//! once, with the link as its evidence, and holds for whatever starts after it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use vestnik_contract::ChannelId;

use super::evidence::{Preferring, Recording, SetBy, SetOrigin};
use super::inbound::CITIZEN;
use super::page_link::PageLink;
use super::people::{self, Person};
use super::rules::Rules;
use super::store::{NotificationRow, Tx};
use super::writes::Held;
use super::{InboxEntry, Ledger, LedgerError};
use crate::domain::{
    Basis, Citizen, CitizenId, Class, Consent, ConsentAction, ConsentOrigin, Evidence, Locale, Notice,
    NoticeId, NotificationKey, Preference, SourceId, TopicId, Wish,
};
use crate::policy::{Choices, Said, ever_opens, ground, preferred_order, stop_moment};

/// Notifications that the page tells of: the newest.
const TOLD: u32 = 10;

/// How many changes of one citizen are taken in an hour; to stop is always heard.
const CHANGES: usize = 100;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Which wording of the page a consent was given by.
const WORDING: &str = "own-page-1";

/// What a page shows.
pub struct PageView {
    /// The citizen's id in the registry.
    pub id: CitizenId,
    /// The citizen.
    pub citizen: Citizen,
    /// What there is to choose from.
    pub choices: Choices,
    /// Whether a STOP for everything was the last word, and what it took can be given back.
    pub can_resume: bool,
    /// The newest notifications, the newest first.
    pub told: Vec<Explained>,
}

/// A notification, and why the citizen got it.
pub struct Explained {
    /// The notice that carries it.
    pub notice: Option<NoticeId>,
    /// Who published it.
    pub source: SourceId,
    /// The entry in the inbox.
    pub entry: InboxEntry,
    /// When it was sent by which channel and not refused, and on which ground; the oldest first.
    pub sent: Vec<Sending>,
}

/// One sending, and its ground.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// By which channel.
    pub channel: ChannelId,
    /// When it started.
    pub at: Timestamp,
    /// On which ground.
    pub ground: Ground,
}

/// On which ground a citizen is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// The law obliges to tell.
    Law,
    /// The citizen agreed.
    Consent {
        /// When.
        at: Timestamp,
        /// By which way.
        origin: ConsentOrigin,
    },
    /// The consent is not on record any more.
    NotKept,
}

/// What a citizen changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// In which order the channels are tried, and which of them are on.
    Channels {
        /// Those that were offered, in the new order.
        order: Vec<ChannelId>,
        /// Those that are on.
        on: BTreeSet<ChannelId>,
    },
    /// Which topics are on.
    Topics(BTreeSet<TopicId>),
    /// When to be written to; `None`: whenever the law permits it.
    Hours(Option<Wish>),
    /// The language to be written to in.
    Language(Locale),
    /// Nothing is to be sent any more.
    StopAll,
    /// What the last STOP for everything took is given back.
    Resume,
    /// What holds for all topics holds for this one too.
    Alike(TopicId),
}

/// Why a change is not made. Nothing is changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unheard {
    /// The citizen is not known any more.
    Gone,
    /// It does not start from how it stands now: what the citizen said by another way meanwhile counts.
    Stale,
    /// No channel is on, so that there is nowhere to be written to about a topic.
    Nowhere,
    /// The hours have no moment in common with those that the law permits.
    NeverOpens,
    /// There were too many changes within the hour.
    TooMany,
}

impl Ledger {
    /// What the page of this link shows; `None` where its citizen is not known any more.
    pub async fn page(&self, link: &PageLink, rules: &Rules) -> Result<Option<PageView>, LedgerError> {
        let mut tx = self.store.read().await?;
        let citizen = link.citizen;
        let Some(person) = people::read(&mut *tx, &self.keys, &[citizen]).await?.remove(&citizen) else {
            return Ok(None);
        };
        let name = people::names(&mut *tx, &self.keys, &[citizen]).await?.remove(&citizen).flatten();
        let Some(name) = name else { return Ok(None) };
        let told = told(&mut *tx, &person, rules).await?;
        let (choices, now) = (choices(&person.citizen, rules), tx.now());
        let can_resume = !choices.taken_back(&person.citizen.consents, now).is_empty();
        Ok(Some(PageView { id: name.id, choices, can_resume, citizen: person.citizen, told }))
    }

    /// Makes a change that the citizen of this link asks for, on a page in this language that showed what
    /// stood when there were so many consent records.
    pub async fn change(
        &self,
        link: &PageLink,
        (locale, seen): (Locale, usize),
        change: &Change,
        rules: &Rules,
    ) -> Result<Result<(), Unheard>, LedgerError> {
        let mut tx = self.store.begin().await?;
        let mut people = people::lock(&mut *tx, &self.keys, [link.citizen]).await?;
        let Some(person) = people.get_mut(&link.citizen) else { return Ok(Err(Unheard::Gone)) };
        let now = tx.now();
        if !stops_only(change) && changes_since(&mut *tx, person, now - HOUR).await? >= CHANGES {
            return Ok(Err(Unheard::TooMany));
        }
        if may_grant(change) && seen != person.citizen.consents.len() {
            return Ok(Err(Unheard::Stale));
        }
        let mut clerk = Clerk { ledger: self, link, locale, now, rules, writing: Writing::default() };
        if let Err(unheard) = clerk.take(person, change)? {
            return Ok(Err(unheard));
        }
        let Writing { recording, preferring } = clerk.writing;
        recording.write(&mut *tx).await?;
        preferring.write(&mut *tx).await?;
        tx.commit().await?;
        Ok(Ok(()))
    }
}

/// What there is for a citizen to choose from.
fn choices(citizen: &Citizen, rules: &Rules) -> Choices {
    let law = rules.jurisdiction(&citizen.profile.jurisdiction);
    Choices::of(citizen, &rules.policy, law, &rules.facts(), rules.catalogue.topics.keys())
}

/// Whether it may give consent: who answered STOP meanwhile must not have that undone by an old page.
fn may_grant(change: &Change) -> bool {
    matches!(change, Change::Channels { .. } | Change::Topics(_) | Change::Resume) && !stops_only(change)
}

fn stops_only(change: &Change) -> bool {
    match change {
        Change::StopAll => true,
        Change::Channels { on, .. } => on.is_empty(),
        Change::Topics(on) => on.is_empty(),
        _ => false,
    }
}

/// How often the citizen changed something on the portal or on the page since then.
async fn changes_since(tx: &mut dyn Tx, person: &Person, since: Timestamp) -> Result<usize, LedgerError> {
    let said = person.citizen.consents.iter();
    let said = said.filter(|one| one.origin == ConsentOrigin::Portal && one.at > since).count();
    let versions = tx.preference_versions(person.citizen.key).await?;
    Ok(said + versions.iter().filter(|row| row.at > since).count())
}

// ---- a change ----

/// Writes a change of a citizen down, under the lock of the citizen's row.
struct Clerk<'a> {
    ledger: &'a Ledger,
    link: &'a PageLink,
    locale: Locale,
    now: Timestamp,
    rules: &'a Rules,
    writing: Writing,
}

#[derive(Default)]
struct Writing {
    recording: Recording,
    preferring: Preferring,
}

type Heard = Result<(), Unheard>;

impl Clerk<'_> {
    fn take(&mut self, person: &mut Person, change: &Change) -> Result<Heard, LedgerError> {
        let (now, choices) = (self.now, choices(&person.citizen, self.rules));
        let consents = &person.citizen.consents;
        match change {
            Change::Channels { order, on } => return self.channels(person, &choices, order, on),
            Change::Topics(on) => {
                let known = |topic: &TopicId| choices.topics.iter().any(|(one, _)| one == topic);
                if !on.iter().all(known) {
                    return Ok(Err(Unheard::Stale));
                }
                if choices.nowhere() {
                    return Ok(Err(Unheard::Nowhere));
                }
                let said = choices.switch_topics(consents, on, now);
                self.record(person, said)?;
            }
            Change::Hours(hours) => {
                let law = self.rules.jurisdiction(&person.citizen.profile.jurisdiction);
                if hours.is_some_and(|wish| !ever_opens(&wish, &law.contact_hours)) {
                    return Ok(Err(Unheard::NeverOpens));
                }
                let hours = *hours;
                self.prefer(person, |preference| preference.hours = hours)?;
            }
            Change::Language(locale) => {
                let locale = Some(*locale);
                self.prefer(person, |preference| preference.locale = locale)?;
            }
            Change::StopAll => {
                let stop = |at| Said { channel: None, topic: None, action: ConsentAction::Withdrawn, at };
                self.record(person, stop_moment(consents, None, now).map(stop))?;
            }
            Change::Resume => {
                let said = choices.taken_back(consents, now);
                self.record(person, said)?;
            }
            Change::Alike(topic) => self.alike(person, topic)?,
        }
        Ok(Ok(()))
    }

    fn channels(
        &mut self,
        person: &mut Person,
        choices: &Choices,
        order: &[ChannelId],
        on: &BTreeSet<ChannelId>,
    ) -> Result<Heard, LedgerError> {
        let offered: BTreeSet<_> = choices.channels.iter().map(|(channel, _)| channel).collect();
        if order.iter().collect::<BTreeSet<_>>() != offered || order.len() != offered.len() {
            return Ok(Err(Unheard::Stale));
        }
        if !on.iter().all(|channel| offered.contains(channel)) {
            return Ok(Err(Unheard::Stale));
        }
        let law = self.rules.jurisdiction(&person.citizen.profile.jurisdiction);
        let preferred = preferred_order(&person.citizen, &self.rules.policy, law, order, on);
        let said = choices.switch_channels(&person.citizen.consents, on, self.now);
        self.record(person, said)?;
        self.prefer(person, |preference| preference.channels = preferred)?;
        Ok(Ok(()))
    }

    fn record(
        &mut self,
        person: &mut Person,
        said: impl IntoIterator<Item = Said>,
    ) -> Result<(), LedgerError> {
        for Said { channel, topic, action, at } in said {
            let consent = Consent {
                seq: 0,
                channel,
                topic,
                action,
                origin: ConsentOrigin::Portal,
                evidence: self.link.evidence(),
                wording: Some(WORDING.to_owned()),
                locale: Some(self.locale),
                actor: Some(CITIZEN.to_owned()),
                at,
            };
            person.records(&mut self.writing.recording, &self.ledger.keys, consent, self.now)?;
        }
        Ok(())
    }

    /// Changes the preference for all topics; what changes nothing is no version.
    fn prefer(&mut self, person: &Person, change: impl FnOnce(&mut Preference)) -> Result<(), LedgerError> {
        let before = person.citizen.preferences.iter().find(|one| one.topic.is_none());
        let nothing = Preference { topic: None, channels: None, hours: None, locale: None, bundling: None };
        let mut after = before.cloned().unwrap_or_else(|| nothing.clone());
        change(&mut after);
        if after == *before.unwrap_or(&nothing) {
            return Ok(());
        }
        self.writing.preferring.set(person.citizen.key, &person.key, &after, &self.by(), self.now)
    }

    fn alike(&mut self, person: &Person, topic: &TopicId) -> Result<(), LedgerError> {
        if !person.citizen.preferences.iter().any(|one| one.topic.as_ref() == Some(topic)) {
            return Ok(());
        }
        let (of, by) = (Some(topic.clone()), self.by());
        self.writing.preferring.remove(person.citizen.key, &person.key, of, &by, self.now)
    }

    fn by(&self) -> SetBy {
        let actor = Some(CITIZEN.to_owned());
        SetBy { origin: SetOrigin::Page, evidence: self.link.evidence(), actor }
    }
}

// ---- why ----

async fn told(tx: &mut dyn Tx, person: &Person, rules: &Rules) -> Result<Vec<Explained>, LedgerError> {
    let entries = tx.inbox(person.citizen.key, None, TOLD).await?;
    let keys: Vec<_> = entries.iter().map(|entry| entry.notification).collect();
    let rows: BTreeMap<_, _> = tx.notifications(&keys).await?.into_iter().map(|row| (row.key, row)).collect();
    let ids: BTreeSet<_> = rows.values().filter_map(|row| row.notice).collect();
    let held = tx.notices(&ids.into_iter().collect::<Vec<_>>()).await?.into_iter();
    let notices: BTreeMap<NoticeId, Notice> =
        held.map(|row| Ok((row.id, Held::of(row)?.notice))).collect::<Result<_, LedgerError>>()?;
    let mut told = Vec::new();
    for entry in entries {
        let Some(row) = rows.get(&entry.notification) else { continue };
        let notice = row.notice.and_then(|id| notices.get(&id));
        told.push(Explained {
            notice: row.notice,
            source: row.reference.source.clone(),
            sent: notice.map(|notice| sendings(person, notice, row, rules)).unwrap_or_default(),
            entry: super::inbox::opened(&person.key, Some(row), &entry)?,
        });
    }
    Ok(told)
}

fn sendings(person: &Person, notice: &Notice, row: &NotificationRow, rules: &Rules) -> Vec<Sending> {
    let about = about(notice, row.key);
    let steps = notice.steps.iter();
    let mut sent: Vec<_> = steps
        .flat_map(|step| step.attempts.iter().map(|attempt| (&step.planned.channel, attempt)))
        .filter(|(_, attempt)| attempt.evidence() != Evidence::None)
        .map(|(channel, attempt)| {
            let at = attempt.started_at;
            let ground = about.map_or(Ground::NotKept, |about| on_ground(person, channel, about, at, rules));
            Sending { channel: channel.clone(), at, ground }
        })
        .collect();
    sent.sort_by_key(|one| one.at);
    sent
}

fn about(notice: &Notice, key: NotificationKey) -> Option<(&TopicId, Class)> {
    notice.items.iter().find(|item| item.notification == key).map(|item| (&item.topic, item.class))
}

fn on_ground(
    person: &Person,
    channel: &ChannelId,
    (topic, class): (&TopicId, Class),
    at: Timestamp,
    rules: &Rules,
) -> Ground {
    if rules.policy.classes.get(&class).is_some_and(|rule| rule.basis == Basis::Law) {
        return Ground::Law;
    }
    let said = ground(&person.citizen.consents, channel, topic, at);
    said.map_or(Ground::NotKept, |one| Ground::Consent { at: one.at, origin: one.origin })
}
