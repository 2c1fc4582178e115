//! Puts a notice into words: the agency's name first, then what there is to say, then the signature
//! with the single number, and the check code last.

use std::fmt;

use fluent_bundle::FluentArgs;
use jiff::civil::Date;
use vestnik_contract::TextLength;

use super::{CheckCode, RenderError, Texts, attribute, variables};
use crate::domain::{Identity, Locale, Params, Template, Topic};

/// What a notice has to say.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// These notifications, in this order.
    Items(&'a [ItemText<'a>]),
    /// Who will write, before the first push.
    Introduction,
    /// That a STOP was heard.
    Confirmation(StopScope<'a>),
    /// The answer of a person to what the citizen wrote.
    Answer(&'a str),
    /// A one-time code that proves an address.
    Verification {
        /// The code to be entered.
        secret: &'a str,
        /// For how many minutes it is good.
        minutes: u32,
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

    /// Puts a notice into words.
    pub fn render(
        &self,
        body: Body<'_>,
        code: CheckCode,
        locale: Locale,
        length: TextLength,
    ) -> Result<Rendered, RenderError> {
        let voice = Voice { texts: &self.texts, identity: &self.identity, locale, length };
        let parts = voice.parts(body)?;
        let title = match parts.as_slice() {
            [] => self.identity.agency.get(locale).to_owned(),
            [only] => only.title.clone(),
            many => voice.fill("several", "title", &FluentArgs::from_iter([("count", many.len())]))?,
        };
        Ok(Rendered { title, text: voice.compose(&parts, code)? })
    }
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
            Body::Introduction => one("introduction", &[]),
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
            Body::Verification { secret, minutes } => {
                let mut arguments = FluentArgs::from_iter([("secret", secret)]);
                arguments.set("minutes", minutes);
                Ok(vec![self.part("verification", &arguments)?])
            }
        }
    }

    fn item(self, item: &ItemText<'_>) -> Result<Rendered, RenderError> {
        let values = item.template.values(&item.params.0)?;
        let arguments = variables::arguments(item.template, &values, item.act_by, self.locale);
        self.part(&item.template.id.to_string(), &arguments)
    }

    fn part(self, message: &str, arguments: &FluentArgs<'_>) -> Result<Rendered, RenderError> {
        let title = self.fill(message, "title", arguments)?;
        Ok(Rendered { title, text: self.fill(message, attribute(self.length), arguments)? })
    }

    fn fill(self, message: &str, attribute: &str, arguments: &FluentArgs<'_>) -> Result<String, RenderError> {
        self.texts.fill(self.locale, message, attribute, arguments)
    }

    fn compose(self, parts: &[Rendered], code: CheckCode) -> Result<String, RenderError> {
        let code = code.to_string();
        let arguments = FluentArgs::from_iter([("phone", self.identity.phone.as_str()), ("code", &code)]);
        let signature = self.fill("signature", attribute(self.length), &arguments)?;
        let texts = parts.iter().map(|part| part.text.as_str()).chain([signature.as_str()]);
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
