//! The demonstration's day: who lives through it, what happens when, and how it ends. All of it is
//! read from the sample files beside this one.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vestnik_contract::ChannelId;
use vestnik_contract::sandbox::Fault;

use crate::domain::{CitizenId, FinalState, LifeEventId, MeasureId, Reason, SourceId, SourceRef};
use crate::ledger::Rules;
use crate::ledger::registry::Registration;
use crate::web::citizens::form::{CitizenForm, Clerk, expected};
use crate::web::json;

const STORY: &str = include_str!("story.toml");
const CITIZENS: &str = include_str!("citizens.ndjson");
const NOTIFICATIONS: &str = include_str!("notifications.ndjson");

/// What the registry says of the sample citizens, read and checked as what a registry sends is.
pub fn registrations(rules: &Rules) -> anyhow::Result<Vec<Registration>> {
    let one = |line: &str| {
        let form: CitizenForm =
            json::read(line.as_bytes(), expected).map_err(|problem| anyhow!(problem.in_words()))?;
        let id = form.id.clone().context("id")?;
        form.registration(id, Clerk::Registry, rules).map_err(|problem| anyhow!(problem.in_words()))
    };
    lines(CITIZENS, one).context("citizens.ndjson")
}

/// The whole day.
#[derive(Debug)]
pub struct Story {
    /// When it begins.
    pub begins: Timestamp,
    /// The zone that its hours are told in.
    pub zone: TimeZone,
    /// Who lives through it, those who are in no registry included.
    pub people: Vec<Person>,
    /// How providers misbehave.
    pub troubles: Vec<Trouble>,
    /// What happens, in the order of time.
    pub moments: Vec<Moment>,
    /// How each notification ends.
    pub endings: Vec<ExpectedEnding>,
}

/// One of the people.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The id that sources know.
    pub id: CitizenId,
    /// A letter.
    pub label: String,
    /// What is special about them.
    pub about: String,
    /// Whether the phone is switched off.
    #[serde(default)]
    pub phone_off: bool,
}

/// A provider's misbehaviour towards one address.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    /// Whose address.
    pub citizen: CitizenId,
    /// On which channel.
    pub channel: ChannelId,
    /// What happens.
    #[serde(rename = "fault")]
    pub kind: TroubleKind,
    /// To how many messages; absent: to all.
    #[serde(default)]
    pub times: Option<u32>,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKind {
    /// The citizen has blocked us.
    Blocked,
    /// There is no such mailbox.
    NoSuchMailbox,
    /// The phone cannot be reached today.
    CannotReach,
    /// The content is refused.
    Rejected,
    /// Our credentials are refused.
    WrongToken,
    /// The call is taken and never answered.
    Hang,
    /// The provider fails.
    ServerError,
    /// The provider asks us to slow down.
    Throttled,
    /// The connection breaks off before the answer.
    CutOff,
    /// A receipt says that it could not be delivered.
    FailedReceipt,
    /// Every receipt comes twice.
    DuplicateReceipt,
    /// The receipt comes before the answer to the call.
    EarlyReceipt,
    /// The receipt comes after the gateway has stopped waiting for it.
    LateReceipt,
    /// No receipt comes.
    NoReceipt,
}

/// Longer than the clock waits for an answer before it leaps.
const LATE: Duration = Duration::from_secs(6);

impl TroubleKind {
    /// What the sandbox does.
    #[must_use]
    pub fn fault(self) -> Fault {
        match self {
            Self::Blocked | Self::NoSuchMailbox => Fault::Blocked,
            Self::CannotReach => Fault::SoftUnreachable,
            Self::Rejected => Fault::Rejected,
            Self::WrongToken => Fault::WrongToken,
            Self::Hang => Fault::Hang,
            Self::ServerError => Fault::ServerError,
            Self::Throttled => Fault::Throttle(Duration::from_secs(1)),
            Self::CutOff => Fault::AcceptThenCut,
            Self::FailedReceipt => Fault::FailedReceipt,
            Self::DuplicateReceipt => Fault::DuplicateReceipt,
            Self::EarlyReceipt => Fault::EarlyReceipt,
            Self::LateReceipt => Fault::LateReceipt(LATE),
            Self::NoReceipt => Fault::NoReceipt,
        }
    }
}

/// What happens at one moment.
#[derive(Debug)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What citizens do.
    pub acts: Vec<Act>,
    /// What sources publish then.
    pub messages: Vec<Message>,
}

/// What a citizen does.
#[derive(Debug, Clone, Deserialize)]
pub struct Act {
    /// Who.
    pub citizen: CitizenId,
    /// What.
    #[serde(flatten)]
    pub does: Deed,
}

/// What a citizen can do. In JSON and TOML `does` names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "does", rename_all = "snake_case")]
pub enum Deed {
    /// Opens a message.
    Read {
        /// On which channel.
        channel: ChannelId,
        /// Its number on the screen; absent: the newest.
        #[serde(default)]
        number: Option<u64>,
    },
    /// Answers.
    Reply {
        /// On which channel.
        channel: ChannelId,
        /// What.
        text: String,
    },
    /// Blocks us.
    Block {
        /// On which channel.
        channel: ChannelId,
    },
    /// Lifts the block.
    Unblock {
        /// On which channel.
        channel: ChannelId,
    },
    /// Presses the mail program's "unsubscribe".
    Unsubscribe {
        /// The mail's number on the screen.
        number: u64,
    },
    /// Switches the phone off.
    SwitchOff,
    /// Switches the phone on.
    SwitchOn,
    /// Opens an entry of the portal inbox.
    OpenInbox {
        /// Which.
        entry: Uuid,
    },
}

/// A message of a source, as it is published.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its source and id.
    pub reference: SourceRef,
    /// The body.
    pub body: String,
    /// What it tells, where it is no cancel.
    pub tells: Option<Tells>,
}

/// What a notification tells.
#[derive(Debug, Clone)]
pub struct Tells {
    /// Whom.
    pub citizen: CitizenId,
    /// What happened.
    pub life_event: LifeEventId,
    /// What they may have.
    pub measure: MeasureId,
}

/// How a notification is expected to end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedEnding {
    /// Which: source and id with a slash between.
    pub of: String,
    /// What it is there to show.
    pub shows: String,
    /// Its final state.
    pub state: FinalState,
    /// Why.
    pub reason: Reason,
    /// The channels that were tried, in order.
    pub sent: Vec<ChannelId>,
}

impl Story {
    /// Reads the samples.
    pub fn read() -> anyhow::Result<Self> {
        let file: StoryFile = toml::from_str(STORY).context("story.toml")?;
        let zone = TimeZone::get(&file.zone).context("story.toml: zone")?;
        let day = file.begins.to_zoned(zone.clone());
        let messages = lines(NOTIFICATIONS, Message::read).context("notifications.ndjson")?;
        Ok(Self {
            begins: file.begins,
            zone,
            people: file.citizen,
            troubles: file.trouble,
            moments: moments(file.moment, messages, &day)?,
            endings: file.ending,
        })
    }

    /// The person of this id.
    #[must_use]
    pub fn person(&self, id: &CitizenId) -> Option<&Person> {
        self.people.iter().find(|person| person.id == *id)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoryFile {
    begins: Timestamp,
    zone: String,
    citizen: Vec<Person>,
    trouble: Vec<Trouble>,
    moment: Vec<MomentFile>,
    ending: Vec<ExpectedEnding>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MomentFile {
    at: Time,
    /// The id of the first message that is published then; absent: nothing is.
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    acts: Vec<Act>,
}

/// Gives each moment its messages: those from its first one up to the first one of a later moment.
fn moments(files: Vec<MomentFile>, mut messages: Vec<Message>, day: &Zoned) -> anyhow::Result<Vec<Moment>> {
    let mut moments = Vec::new();
    for MomentFile { at, from, acts } in files.into_iter().rev() {
        let at = day.date().to_datetime(at).to_zoned(day.time_zone().clone())?.timestamp();
        let first = match from {
            Some(id) => messages.iter().position(|message| message.reference.id == id),
            None => Some(messages.len()),
        };
        let first = first.ok_or_else(|| anyhow!("story.toml: moment: from names no message"))?;
        moments.push(Moment { at, acts, messages: messages.split_off(first) });
    }
    moments.reverse();
    Ok(moments)
}

fn lines<T>(text: &str, read: impl Fn(&str) -> anyhow::Result<T>) -> anyhow::Result<Vec<T>> {
    let one = |(number, line): (usize, &str)| read(line).with_context(|| format!("line {}", number + 1));
    text.lines().enumerate().map(one).collect()
}

impl Message {
    /// Reads what the demonstration has to know of a body.
    pub fn read(body: &str) -> anyhow::Result<Self> {
        #[derive(Deserialize)]
        struct Body {
            source: SourceId,
            id: String,
            citizen: Option<CitizenId>,
            life_event: Option<LifeEventId>,
            measure: Option<MeasureId>,
        }
        let Body { source, id, citizen, life_event, measure } = serde_json::from_str(body)?;
        let tells = match (citizen, life_event, measure) {
            (Some(citizen), Some(life_event), Some(measure)) => Some(Tells { citizen, life_event, measure }),
            _ => None,
        };
        Ok(Self { reference: SourceRef { source, id }, body: body.to_owned(), tells })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_message_has_its_moment_and_every_notification_its_ending() {
        let story = Story::read().unwrap();
        let published: Vec<_> = story.moments.iter().flat_map(|moment| &moment.messages).collect();
        assert_eq!(published.len(), NOTIFICATIONS.lines().count());
        let told: BTreeSet<_> = published
            .iter()
            .filter(|message| message.tells.is_some())
            .map(|message| message.reference.to_string())
            .collect();
        let ending: BTreeSet<_> = story.endings.iter().map(|ending| ending.of.clone()).collect();
        assert_eq!(told, ending);
        assert!(story.moments.is_sorted_by_key(|moment| moment.at));
        assert_eq!(story.moments[0].at, story.begins);
    }

    #[test]
    fn everybody_in_the_story_is_known() {
        let story = Story::read().unwrap();
        let known: BTreeSet<_> = CITIZENS
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].to_string())
            .collect();
        assert_eq!(known.len(), CITIZENS.lines().count());
        assert_eq!(story.people.len(), known.len() + 1, "one of the people is in no registry");
        let acting = story.moments.iter().flat_map(|moment| &moment.acts).map(|act| &act.citizen);
        for citizen in story.troubles.iter().map(|trouble| &trouble.citizen).chain(acting) {
            assert!(known.contains(&format!("{:?}", citizen.expose())));
        }
    }
}
