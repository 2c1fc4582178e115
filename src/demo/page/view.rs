//! What the page shows: one citizen's phone and what became of their notifications, as JSON.

use jiff::Timestamp;
use serde::Serialize;
use url::Url;
use uuid::Uuid;
use vestnik_contract::ChannelId;
use vestnik_contract::sandbox::{Fault, Shown};

use crate::config::channels::CHANNELS;
use crate::demo::course::{Board, Course, Progress};
use crate::demo::phones::Phone;
use crate::demo::providers::{Standing, TROUBLES};
use crate::demo::stage::Stage;
use crate::demo::story::{Person, TroubleKind};
use crate::demo::table::titles;
use crate::demo::words::{self, Tone};
use crate::domain::{Happening, NoticeId};
use crate::ledger::registry::CitizenView;
use crate::ledger::{InboxEntry, LedgerError};

/// The whole page for one chosen citizen.
#[derive(Serialize)]
pub(super) struct View {
    /// The demonstration's time, in words.
    clock: String,
    leaping: bool,
    people: Vec<PersonRow>,
    person: Option<PersonView>,
    measures: Vec<MeasureRow>,
    providers: Vec<Standing>,
    troubles: Vec<TroubleRow>,
}

/// A line of the list of citizens.
#[derive(Serialize)]
struct PersonRow {
    id: String,
    label: String,
    about: String,
    notifications: usize,
    open: usize,
}

/// A way for a provider to misbehave.
#[derive(Serialize)]
struct TroubleRow {
    fault: TroubleKind,
    words: &'static str,
    /// Whether it is about receipts, which not every provider gives.
    receipts: bool,
}

#[derive(Serialize)]
struct MeasureRow {
    id: String,
    title: String,
}

#[derive(Serialize)]
struct PersonView {
    id: String,
    label: String,
    about: String,
    /// Locale, jurisdiction and local time, in words; absent for who is not in the registry.
    facts: Option<String>,
    off: bool,
    apps: Vec<App>,
    inbox: Vec<Entry>,
    notifications: Vec<Told>,
}

/// One channel on the phone.
#[derive(Serialize)]
struct App {
    channel: &'static str,
    name: String,
    /// The citizen's address; absent where there is none.
    address: Option<String>,
    /// Why the address is closed.
    closed: Option<String>,
    blocked: bool,
    /// Whether a citizen can answer, and block, on this channel.
    talks: bool,
    messages: Vec<Bubble>,
}

/// A message on the screen, ours or the citizen's.
#[derive(Serialize)]
struct Bubble {
    at: Timestamp,
    time: String,
    mine: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    text: String,
    /// How far we know it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    read: bool,
    /// The notification that it carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<String>,
    /// Where it can be unsubscribed from: a press of a mail program's button posts there, a link
    /// opens the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    unsubscribe: Option<Url>,
}

/// An entry of the portal inbox.
#[derive(Serialize)]
struct Entry {
    id: Uuid,
    time: String,
    title: String,
    text: String,
    read: bool,
    taken_back: bool,
}

/// A notification and what became of it.
#[derive(Serialize)]
struct Told {
    of: String,
    life_event: String,
    measure: String,
    state: &'static str,
    tone: Tone,
    /// What it is there to show.
    shows: Option<String>,
    considered: Vec<Considered>,
    timeline: Vec<Line>,
}

#[derive(Serialize)]
struct Considered {
    channel: String,
    used: bool,
    why: String,
}

#[derive(Serialize)]
struct Line {
    time: String,
    tone: Tone,
    words: String,
}

/// How many inbox entries are shown.
const ENTRIES: u32 = 50;

/// The view for the citizen of this label; without one nobody is chosen.
pub(super) async fn view(stage: &Stage, label: &str) -> Result<View, LedgerError> {
    let board = stage.board().borrow().clone();
    let chosen = stage.story.people.iter().find(|person| person.label == label);
    let person = match chosen {
        Some(person) => Some(person_view(stage, &board, person).await?),
        None => None,
    };
    Ok(View {
        clock: stage
            .clock
            .now()
            .to_zoned(stage.story.zone.clone())
            .strftime("%A, %-d %B %Y, %H:%M")
            .to_string(),
        leaping: stage.is_leaping(),
        people: stage.story.people.iter().map(|person| person_row(&board, person)).collect(),
        person,
        measures: measures(stage),
        providers: stage.providers().await?,
        troubles: TROUBLES.map(trouble_row).into(),
    })
}

fn person_row(board: &Board, person: &Person) -> PersonRow {
    let theirs = || board.iter().filter(|course| course.tells.citizen == person.id);
    PersonRow {
        id: person.id.expose().to_owned(),
        label: person.label.clone(),
        about: person.about.clone(),
        notifications: theirs().count(),
        open: theirs().filter(|course| course.ending().is_none()).count(),
    }
}

fn trouble_row(kind: TroubleKind) -> TroubleRow {
    let fault = kind.fault();
    let receipts = matches!(
        fault,
        Fault::LateReceipt(_)
            | Fault::DuplicateReceipt
            | Fault::EarlyReceipt
            | Fault::NoReceipt
            | Fault::FailedReceipt
    );
    TroubleRow { fault: kind, words: words::misbehaving(fault), receipts }
}

/// The measures that one more notification can be sent of: those of which the story has a sample.
fn measures(stage: &Stage) -> Vec<MeasureRow> {
    let all = stage.rules.catalogue.measures().map(|(_, measure)| measure);
    let told = all.filter(|measure| stage.sample(&measure.id).is_some());
    told.map(|measure| MeasureRow { id: measure.id.to_string(), title: measure.title.en.clone() }).collect()
}

async fn person_view(stage: &Stage, board: &Board, person: &Person) -> Result<PersonView, LedgerError> {
    let known = stage.ledger.citizen(&person.id).await?;
    let entries = stage.inbox.page(&person.id, None, ENTRIES).await?.entries;
    let phone = stage.phones.of(&person.id);
    let theirs: Vec<_> = board.iter().filter(|course| course.tells.citizen == person.id).collect();
    Ok(PersonView {
        id: person.id.expose().to_owned(),
        label: person.label.clone(),
        about: person.about.clone(),
        facts: known.as_ref().map(|known| facts(stage, known)),
        off: phone.off,
        apps: CHANNELS.iter().map(|id| app(stage, person, known.as_ref(), &phone, &theirs, id)).collect(),
        inbox: entries.into_iter().map(|entry| inbox_entry(stage, entry)).collect(),
        notifications: theirs.iter().rev().map(|course| told(stage, course)).collect(),
    })
}

fn facts(stage: &Stage, known: &CitizenView) -> String {
    let profile = &known.profile;
    let zone = profile.time_zone().unwrap_or_else(|| stage.story.zone.clone());
    let there = words::clock(stage.clock.now(), &zone);
    let language = words::language(profile.locale);
    let law = words::country(profile.jurisdiction.as_str());
    format!("Reads {language}, under the law of {law}. Local time {there}")
}

fn app(
    stage: &Stage,
    person: &Person,
    known: Option<&CitizenView>,
    phone: &Phone,
    courses: &[&Course],
    id: &'static str,
) -> App {
    let channel = ChannelId::new(id).ok();
    let address = channel.as_ref().and_then(|channel| stage.phones.address(&person.id, channel));
    let mut closed = None;
    for entry in known.iter().flat_map(|known| &known.addresses) {
        if Some(&entry.channel) == channel.as_ref() {
            closed = entry.closed.as_ref().map(|closed| closed.reason.clone());
        }
    }
    let mut messages = Vec::new();
    if let Some(channel) = &channel {
        let silent = stage.phones.is_silent(&person.id, channel);
        let shown = stage.phones.messages(&person.id, channel);
        messages.extend(shown.into_iter().map(|shown| ours(stage, courses, shown, silent)));
        let written = phone.written.iter().filter(|written| written.channel == *channel);
        messages.extend(written.map(|written| Bubble {
            at: written.at,
            time: words::clock(written.at, &stage.story.zone),
            mine: true,
            number: None,
            sender: None,
            title: None,
            text: written.text.clone(),
            state: None,
            read: true,
            of: None,
            unsubscribe: None,
        }));
        messages.sort_by_key(|message| message.at);
    }
    App {
        channel: id,
        name: channel.as_ref().map(words::name).unwrap_or_default(),
        address: address.map(str::to_owned),
        closed,
        blocked: channel.as_ref().is_some_and(|channel| phone.blocked.contains(channel)),
        talks: id != "email",
        messages,
    }
}

fn ours(stage: &Stage, courses: &[&Course], shown: Shown, silent: bool) -> Bubble {
    let course = courses.iter().find(|course| carries(stage, course, &shown));
    let progress = course.and_then(|course| {
        let sendings = course.sendings();
        sendings.iter().rev().find(|sending| sending.channel == shown.channel).map(|one| one.progress)
    });
    let mail = shown.channel.as_str() == "email";
    Bubble {
        unsubscribe: stage.phones.sandboxes().one_click(shown.number).filter(|_| mail),
        at: shown.at,
        time: words::clock(shown.at, &stage.story.zone),
        mine: false,
        number: Some(shown.number),
        sender: Some(shown.sender).filter(|sender| !sender.is_empty()),
        title: shown.title,
        text: shown.text,
        state: Some(match progress {
            _ if silent => "the phone is off",
            Some(Progress::Read) => "read",
            Some(Progress::Delivered) => "delivered",
            Some(Progress::Failed(_)) => "not delivered",
            Some(Progress::Taken) => "accepted",
            Some(Progress::Started) | None => "sent",
        }),
        read: shown.read,
        of: course.map(|course| course.reference.to_string()),
    }
}

/// Every text ends with the check code of the notice that it was sent for.
fn carries(stage: &Stage, course: &Course, shown: &Shown) -> bool {
    let code = |notice: NoticeId| stage.rules.check_key.code(notice).to_string();
    course.notice.is_some_and(|notice| shown.text.contains(&code(notice)))
}

fn inbox_entry(stage: &Stage, entry: InboxEntry) -> Entry {
    Entry {
        id: entry.id,
        time: words::clock(entry.at, &stage.story.zone),
        title: entry.title,
        text: entry.text,
        read: entry.read_at.is_some(),
        taken_back: entry.taken_back,
    }
}

fn told(stage: &Stage, course: &Course) -> Told {
    let (life_event, measure) = titles(&stage.rules.catalogue, course);
    let of = course.reference.to_string();
    let ending = course.ending().map(|(state, _)| state);
    let considered = course.entries.iter().find_map(|(_, what)| match what {
        Happening::Decided { trace, .. } => Some(words::considered(trace)),
        _ => None,
    });
    let line = |(at, what): &(Timestamp, Happening)| {
        let (tone, words) = words::sentence(what, &stage.story.zone);
        Line { time: words::clock(*at, &stage.story.zone), tone, words }
    };
    Told {
        shows: stage.story.endings.iter().find(|ending| ending.of == of).map(|ending| ending.shows.clone()),
        of,
        life_event,
        measure,
        state: ending.map_or("under way", words::state_words),
        tone: ending.map_or(Tone::Wait, words::tone),
        considered: considered
            .unwrap_or_default()
            .into_iter()
            .map(|(channel, used, why)| Considered { channel, used, why })
            .collect(),
        timeline: course.entries.iter().map(line).collect(),
    }
}
