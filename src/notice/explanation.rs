//! Tells a citizen of one notification: what there was to say, where we wrote and why not elsewhere,
//! whether it arrived, and what the citizen can do so that it comes another way the next time.

use std::collections::BTreeMap;

use fluent_bundle::FluentArgs;
use jiff::civil::{Date, DateTime};
use serde::Serialize;
use vestnik_contract::ChannelId;

use super::format;
use super::render::Renderer;
use super::sent::way;
use super::texts::{GatewayText, RenderError};
use super::variables::Variable;
use crate::domain::{Advice, FinalState, Hours, Locale, Localized, Reason};

/// What became of a notification, as far as a citizen is told. Moments are by the citizen's clock.
#[derive(Debug, Clone)]
pub struct Account<'a> {
    /// The title of its measure; `None` where the catalogue no longer has it.
    pub title: Option<&'a Localized>,
    /// When it came to us.
    pub received_at: DateTime,
    /// How and when it ended; `None` while it is open.
    pub ended: Option<(FinalState, Reason, DateTime)>,
    /// Whether it stands in the inbox.
    pub inbox: InInbox,
    /// Every channel that was considered, in the order of the plan.
    pub ways: Vec<Way>,
    /// What the citizen can still do about the channels, each with those that it is about.
    pub advice: BTreeMap<Advice, Vec<ChannelId>>,
    /// The day on which the citizen asked us to stop, where it is known.
    pub stopped_on: Option<Date>,
    /// When citizens are written to on workdays.
    pub hours: Option<Hours>,
}

/// Whether a notification stands in its citizen's inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InInbox {
    /// It got no entry there.
    Nothing,
    /// It stands there, and where it was opened, since then.
    Stands(Option<DateTime>),
    /// The citizen's data were erased, the inbox among them.
    Erased,
}

/// A channel that was considered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Which.
    pub channel: ChannelId,
    /// What became of the message there.
    pub fate: Fate,
    /// Whether only a law let us write there, against a withdrawal.
    pub by_law: bool,
}

/// What became of a message on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was not used.
    Unused(Reason),
    /// It is not yet its turn.
    Planned,
    /// It is sent then; where it was put off, for this reason.
    Due(DateTime, Option<Reason>),
    /// A call to the provider is under way.
    Sending,
    /// It was sent then, and nothing more is known.
    Sent(DateTime),
    /// It was sent then and arrived then.
    Arrived(DateTime, DateTime),
    /// It was sent then and opened then.
    Opened(DateTime, DateTime),
    /// It was sent then, in vain.
    Failed(DateTime, Reason),
}

/// The account in words. They are personal: they go to the citizen, or to who answers the citizen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The language.
    pub locale: Locale,
    /// What there was to say, whether it stands in the inbox, and how it ended.
    pub told: Vec<String>,
    /// What stands above the channels.
    pub channels_heading: String,
    /// Each channel that was considered.
    pub channels: Vec<ChannelTold>,
    /// What stands above the advice.
    pub advice_heading: String,
    /// What the citizen can do.
    pub advice: Vec<String>,
    /// Where to ask.
    pub questions: String,
}

/// A channel in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChannelTold {
    /// Which.
    pub channel: ChannelId,
    /// What became of the message there, with the channel's name in front.
    pub text: String,
}

const MAIN: &str = "explanation";
const END: &str = "explanation_end";
const WAY: &str = "explanation_way";
const REASON: &str = "explanation_reason";
const ADVICE: &str = "explanation_advice";

/// The name of the state of a notification that has none yet.
const OPEN: &str = "open";

/// The texts of explanations: every final state, every reason and all advice has its words.
pub(super) fn explanation_texts() -> Vec<GatewayText> {
    let words = |names: &[&str]| names.iter().map(|name| Variable::words(name)).collect::<Vec<_>>();
    let ends = FinalState::ALL.into_iter().map(FinalState::as_str).chain([OPEN]);
    let mut about_advice = words(&["ways", "day", "from", "until"]);
    about_advice.push(Variable::one_of("has_day", &["yes", "no"]));
    let main = ["told", "untitled", "inbox", "inbox_read", "erased", "channels", "advice", "questions"];
    let way = ["unused", "planned", "due", "put_off", "sending", "sent", "arrived", "opened", "failed"];
    let text = |id, attributes, variables| GatewayText { id, attributes, variables };
    vec![
        text(MAIN, main.to_vec(), words(&["title", "at", "phone"])),
        text(END, ends.collect(), words(&["at"])),
        text(WAY, way.to_vec(), words(&["at", "then", "why"])),
        text(REASON, Reason::ALL.iter().map(|reason| reason.as_str()).collect(), Vec::new()),
        text(ADVICE, Advice::ALL.into_iter().map(Advice::as_str).collect(), about_advice),
    ]
}

impl Renderer {
    /// Puts an account into words.
    pub fn explain(&self, account: &Account<'_>, locale: Locale) -> Result<Explanation, RenderError> {
        Speaker { renderer: self, locale, account }.explanation()
    }
}

struct Speaker<'a> {
    renderer: &'a Renderer,
    locale: Locale,
    account: &'a Account<'a>,
}

impl Speaker<'_> {
    fn explanation(&self) -> Result<Explanation, RenderError> {
        let channels = self.account.ways.iter();
        let channels =
            channels.map(|way| Ok(ChannelTold { channel: way.channel.clone(), text: self.way(way)? }));
        Ok(Explanation {
            locale: self.locale,
            told: self.told()?,
            channels_heading: self.main("channels", None)?,
            channels: channels.collect::<Result<_, RenderError>>()?,
            advice_heading: self.main("advice", None)?,
            advice: self.advice()?,
            questions: self.main("questions", None)?,
        })
    }

    fn told(&self) -> Result<Vec<String>, RenderError> {
        let account = self.account;
        let about = if account.title.is_some() { "told" } else { "untitled" };
        let mut told = vec![self.main(about, Some(account.received_at))?];
        match account.inbox {
            InInbox::Nothing => {}
            InInbox::Stands(None) => told.push(self.main("inbox", None)?),
            InInbox::Stands(read) => told.push(self.main("inbox_read", read)?),
            InInbox::Erased => told.push(self.main("erased", None)?),
        }
        match account.ended {
            None => told.push(self.say(END, OPEN, &[("at", "")])?),
            Some((state, reason, at)) => {
                told.push(self.say(END, state.as_str(), &[("at", &self.moment(Some(at)))])?);
                if state.is_unreached() && !self.is_told_of_a_channel(reason) {
                    told.push(self.reason(reason)?);
                }
            }
        }
        Ok(told)
    }

    fn is_told_of_a_channel(&self, reason: Reason) -> bool {
        self.account.ways.iter().any(|way| way.fate.reason() == Some(reason))
    }

    fn way(&self, Way { channel, fate, by_law }: &Way) -> Result<String, RenderError> {
        let (attribute, at, then) = match *fate {
            Fate::Unused(_) => ("unused", None, None),
            Fate::Planned => ("planned", None, None),
            Fate::Due(at, None) => ("due", Some(at), None),
            Fate::Due(at, Some(_)) => ("put_off", Some(at), None),
            Fate::Sending => ("sending", None, None),
            Fate::Sent(at) => ("sent", Some(at), None),
            Fate::Arrived(at, then) => ("arrived", Some(at), Some(then)),
            Fate::Opened(at, then) => ("opened", Some(at), Some(then)),
            Fate::Failed(at, _) => ("failed", Some(at), None),
        };
        let why = fate.reason().map_or(Ok(String::new()), |reason| self.reason(reason))?;
        let moments = (self.moment(at), self.moment(then));
        let text = self.say(WAY, attribute, &[("at", &moments.0), ("then", &moments.1), ("why", &why)])?;
        let law = if *by_law { format!(" {}", self.reason(Reason::LawOverrides)?) } else { String::new() };
        Ok(format!("{}: {text}{law}", capitalized(self.name(channel))))
    }

    fn advice(&self) -> Result<Vec<String>, RenderError> {
        self.account.advice.iter().map(|(advice, channels)| self.advise(*advice, channels)).collect()
    }

    fn advise(&self, advice: Advice, channels: &[ChannelId]) -> Result<String, RenderError> {
        let names: Vec<_> = channels.iter().map(|channel| self.name(channel)).collect();
        let day = self.account.stopped_on.map(|day| format::date(self.locale, day));
        let time = |of: fn(Hours) -> jiff::civil::Time| {
            self.account.hours.map(|hours| format::time(of(hours))).unwrap_or_default()
        };
        let has_day = if day.is_some() { "yes" } else { "no" };
        self.say(
            ADVICE,
            advice.as_str(),
            &[
                ("ways", &capitalized(&names.join(", "))),
                ("day", day.as_deref().unwrap_or_default()),
                ("has_day", has_day),
                ("from", &time(|hours| hours.from)),
                ("until", &time(|hours| hours.until)),
            ],
        )
    }

    fn reason(&self, reason: Reason) -> Result<String, RenderError> {
        self.say(REASON, reason.as_str(), &[])
    }

    fn name<'c>(&self, channel: &'c ChannelId) -> &'c str {
        way(self.locale, Some(channel.as_str()))
    }

    /// A moment in words; nothing where there is none.
    fn moment(&self, at: Option<DateTime>) -> String {
        at.map(|at| format::moment(self.locale, at)).unwrap_or_default()
    }

    fn main(&self, attribute: &str, at: Option<DateTime>) -> Result<String, RenderError> {
        let title = self.account.title.map_or("", |title| title.get(self.locale));
        let phone = &self.renderer.identity().phone;
        self.say(MAIN, attribute, &[("title", title), ("at", &self.moment(at)), ("phone", phone)])
    }

    fn say(
        &self,
        message: &str,
        attribute: &str,
        arguments: &[(&'static str, &str)],
    ) -> Result<String, RenderError> {
        let arguments: FluentArgs<'_> = arguments.iter().copied().collect();
        self.renderer.texts().fill(self.locale, message, attribute, &arguments)
    }
}

impl Fate {
    /// What spoke against the channel, or put the message off.
    #[must_use]
    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Unused(reason) | Self::Failed(_, reason) => Some(reason),
            Self::Due(_, reason) => reason,
            _ => None,
        }
    }
}

/// The text with a capital letter in front.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
