//! Puts a notice into words: the agency's name first, then what there is to say, then the signature
//! with the single number, and the check code last.

use std::fmt;

use fluent_bundle::FluentArgs;
use jiff::civil::{Date, Time};
use url::Url;
use vestnik_contract::{ChannelId, TextLength};

use super::sent::in_words;
use super::{CheckCode, RenderError, Sent, Texts, attribute, variables};
use crate::domain::{ANSWERED, Hours, Identity, Locale, Params, Template, Topic};

/// What a notice has to say.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// These notifications, in this order.
    Items(&'a [ItemText<'a>]),
    /// What these notifications are about, and that they stand in the inbox.
    Titles(&'a [ItemText<'a>]),
    /// That there are so many notifications, and that they stand in the inbox.
    Count(usize),
    /// Who will write on this channel, before the first push, and how to check it.
    Introduction(&'a ChannelId),
    /// That a STOP was heard.
    Confirmation(StopScope<'a>),
    /// The answer of a person to what the citizen wrote.
    Answer(&'a str),
    /// That a check code is ours, and when and by which way its message was sent.
    Checked(&'a [Sent]),
    /// That no message of ours carries a check code.
    NotOurs,
    /// Thanks for telling of a message that was not from us.
    Reported,
    /// In which language we will write: this one.
    Language,
    /// In which hours we will write; in any that the law allows where none are named.
    Hours(Option<Hours>),
    /// That nobody is written to in the hours that were named.
    NoSuchHours,
    /// Excuses for having taken somebody for another.
    WrongPerson,
    /// That a one-time code came back, and the address is open.
    Verified,
    /// That what came back is not the one-time code.
    CodeRefused {
        /// Whether the right one is good no more either.
        over: bool,
    },
    /// Nothing but that it is a test, for an operator's own address.
    Test,
}

/// What a STOP put an end to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopScope<'a> {
    /// Messages on the channel that it came by.
    Channel,
    /// Messages about one topic.
    Topic(&'a Topic),
    /// All messages.
    All,
}

/// The recipient's own page, where a message offers it.
#[derive(Debug, Clone)]
pub struct PageOffer {
    /// Where it is.
    pub address: Url,
    /// For how many days.
    pub days: i64,
}

/// One notification to be put into words.
#[derive(Debug, Clone, Copy)]
pub struct ItemText<'a> {
    /// The approved words.
    pub template: &'a Template,
    /// What the source sent for the template's variables.
    pub params: &'a Params,
    /// By when the citizen has to act.
    pub act_by: Option<Date>,
}

/// A notice in words. They are personal: `Debug` shows nothing of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line: the subject of a mail, the title of an inbox entry.
    pub title: String,
    /// The text: one line where it is short, paragraphs with an empty line between where it is long.
    pub text: String,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rendered(..)")
    }
}

/// The approved texts and the one identity that signs them.
pub struct Renderer {
    texts: Texts,
    identity: Identity,
}

impl Renderer {
    /// A renderer of these texts for this agency.
    #[must_use]
    pub fn new(texts: Texts, identity: Identity) -> Self {
        Self { texts, identity }
    }

    /// The identity that signs.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The texts.
    pub(super) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Puts a notice into words.
    pub fn render(
        &self,
        body: Body<'_>,
        code: CheckCode,
        locale: Locale,
        length: TextLength,
    ) -> Result<Rendered, RenderError> {
        self.render_with(body, code, locale, length, None)
    }

    fn render_with(
        &self,
        body: Body<'_>,
        code: CheckCode,
        locale: Locale,
        length: TextLength,
        page: Option<&PageOffer>,
    ) -> Result<Rendered, RenderError> {
        let voice = Voice { texts: &self.texts, identity: &self.identity, locale, length };
        let parts = voice.parts(body)?;
        let title = match parts.as_slice() {
            [] => self.identity.agency.get(locale).to_owned(),
            [only] => only.title.clone(),
            many => voice.several(many.len())?,
        };
        Ok(Rendered { title, text: voice.compose(&parts, page, code)? })
    }

    /// Puts notifications into words so that they fit where they go: all of their texts; or else their
    /// titles, and that all of it stands in the inbox; or else how many there are. What does not fit
    /// even so is given all the same: it is the caller's to refuse it. A long text offers the recipient's
    /// own page before the signature.
    pub fn render_fitting(
        &self,
        items: &[ItemText<'_>],
        code: CheckCode,
        locale: Locale,
        length: TextLength,
        page: Option<&PageOffer>,
        fits: impl Fn(&str) -> bool,
    ) -> Result<Rendered, RenderError> {
        let ladder = [Body::Items(items), Body::Titles(items), Body::Count(items.len())];
        let steps = if items.len() > 1 { &ladder[..] } else { &ladder[..1] };
        let mut rendered = self.render_with(ladder[0], code, locale, length, page)?;
        for body in &steps[1..] {
            if fits(&rendered.text) {
                break;
            }
            rendered = self.render_with(*body, code, locale, length, page)?;
        }
        Ok(rendered)
    }
}

/// How hours are told: as a span, by one end where the other is midnight, or as any hours.
fn span(hours: Option<Hours>) -> (&'static str, String, String) {
    let any = Hours { from: Time::midnight(), until: Time::midnight() };
    let hours = hours.unwrap_or(any);
    let kind = match (hours.from == any.from, hours.until == any.until) {
        (true, true) => "any",
        (false, true) => "from",
        (true, false) => "until",
        (false, false) => "span",
    };
    let clock = |time: Time| time.strftime("%H:%M").to_string();
    (kind, clock(hours.from), clock(hours.until))
}

/// The renderer with the language and the length chosen.
#[derive(Clone, Copy)]
struct Voice<'a> {
    texts: &'a Texts,
    identity: &'a Identity,
    locale: Locale,
    length: TextLength,
}

impl Voice<'_> {
    fn parts(self, body: Body<'_>) -> Result<Vec<Rendered>, RenderError> {
        let one = |message, arguments: &[(&'static str, &str)]| {
            self.part(message, &arguments.iter().copied().collect()).map(|part| vec![part])
        };
        match body {
            Body::Items(items) => items.iter().map(|item| self.item(item)).collect(),
            Body::Titles(items) => Ok(vec![self.titles(items)?]),
            Body::Count(count) => Ok(vec![self.part("several", &FluentArgs::from_iter([("count", count)]))?]),
            Body::Introduction(channel) => {
                let sender = self.identity.shown_on(channel, self.locale);
                let answers = if ANSWERED.contains(&channel.as_str()) { "yes" } else { "no" };
                one("introduction", &[("sender", &sender), ("answers", answers)])
            }
            Body::Test => one("test", &[]),
            Body::Confirmation(scope) => {
                let (scope, topic) = match scope {
                    StopScope::Channel => ("channel", ""),
                    StopScope::Topic(topic) => ("topic", topic.title.get(self.locale)),
                    StopScope::All => ("all", ""),
                };
                one("confirmation", &[("scope", scope), ("topic", topic)])
            }
            Body::Answer(text) => one("answer", &[("text", text)]),
            Body::Checked(sent) => {
                let state = if sent.is_empty() { "waits" } else { "sent" };
                one("checked", &[("state", state), ("sent", &in_words(sent, self.locale))])
            }
            Body::NotOurs => one("not_ours", &[]),
            Body::Reported => one("reported", &[]),
            Body::Language => one("language_set", &[]),
            Body::Hours(hours) => {
                let (kind, from, until) = span(hours);
                one("hours_set", &[("kind", kind), ("from", &from), ("until", &until)])
            }
            Body::NoSuchHours => one("no_such_hours", &[]),
            Body::WrongPerson => one("wrong_person", &[]),
            Body::Verified => one("verified", &[]),
            Body::CodeRefused { over } => {
                one("code_refused", &[("state", if over { "over" } else { "wrong" })])
            }
        }
    }

    fn item(self, item: &ItemText<'_>) -> Result<Rendered, RenderError> {
        let values = item.template.values(&item.params.0)?;
        let arguments = variables::arguments(item.template, &values, item.act_by, self.locale);
        self.part(&item.template.id.to_string(), &arguments)
    }

    /// What they are about, and where they stand.
    fn titles(self, items: &[ItemText<'_>]) -> Result<Rendered, RenderError> {
        let titles = items.iter().map(|item| self.item(item).map(|item| item.title));
        let titles = titles.collect::<Result<Vec<_>, _>>()?;
        let titles = match self.length {
            TextLength::Short => titles.join("; "),
            TextLength::Long => {
                titles.iter().map(|title| format!("• {title}")).collect::<Vec<_>>().join("\n\n")
            }
        };
        let text = self.fill(
            "several_titles",
            attribute(self.length),
            &FluentArgs::from_iter([("titles", titles)]),
        )?;
        Ok(Rendered { title: self.several(items.len())?, text })
    }

    fn several(self, count: usize) -> Result<String, RenderError> {
        self.fill("several", "title", &FluentArgs::from_iter([("count", count)]))
    }

    fn page(self, offer: &PageOffer) -> Result<String, RenderError> {
        let mut arguments = FluentArgs::from_iter([("link", offer.address.as_str())]);
        arguments.set("days", offer.days);
        self.fill("page", "long", &arguments)
    }

    fn part(self, message: &str, arguments: &FluentArgs<'_>) -> Result<Rendered, RenderError> {
        let title = self.fill(message, "title", arguments)?;
        Ok(Rendered { title, text: self.fill(message, attribute(self.length), arguments)? })
    }

    fn fill(self, message: &str, attribute: &str, arguments: &FluentArgs<'_>) -> Result<String, RenderError> {
        self.texts.fill(self.locale, message, attribute, arguments)
    }

    fn compose(
        self,
        parts: &[Rendered],
        page: Option<&PageOffer>,
        code: CheckCode,
    ) -> Result<String, RenderError> {
        let code = code.to_string();
        let arguments = FluentArgs::from_iter([("phone", self.identity.phone.as_str()), ("code", &code)]);
        let signature = self.fill("signature", attribute(self.length), &arguments)?;
        let page = page.filter(|_| self.length == TextLength::Long);
        let page = page.map(|offer| self.page(offer)).transpose()?;
        let texts = parts.iter().map(|part| part.text.as_str());
        let texts = texts.chain(page.as_deref()).chain([signature.as_str()]);
        Ok(match self.length {
            TextLength::Short => {
                let agency = self.identity.agency_short.get(self.locale);
                format!("{agency}: {}", texts.collect::<Vec<_>>().join(" "))
            }
            TextLength::Long => {
                let agency = self.identity.agency.get(self.locale);
                [agency].into_iter().chain(texts).collect::<Vec<_>>().join("\n\n")
            }
        })
    }
}
