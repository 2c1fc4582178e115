//! Renders every text with made-up values, before any citizen gets one: with each plural form, with
//! the longest values, with and without what is optional.

use std::collections::BTreeMap;

use jiff::civil::time;
use serde_json::{Value, json};
use vestnik_contract::{ChannelId, TextLength};

use super::fluent::Places;
use crate::config::channels::CHANNELS;
use crate::config::error::{ConfigErrors, SourceFile};
use crate::domain::{Hours, Locale, Localized, NoticeId, Param, ParamType, Params, Template, Topic};
use crate::notice::{Body, CheckCode, CheckKey, ItemText, RenderError, Renderer, Sent, StopScope, attribute};

/// UTF-16 units of an SMS in three UCS-2 segments of 67 (3GPP TS 23.040, 9.2.3.24.1: the header of a
/// concatenated message takes 6 of 140 octets). The agency's name and the signature are in it.
pub(super) const SHORT_UNITS: usize = 201;

/// Characters of a long text with agency and signature: what is read on a phone in one go.
pub(super) const LONG_CHARACTERS: usize = 1500;

/// Characters of a title: what a mail program shows of a subject.
pub(super) const TITLE_CHARACTERS: usize = 70;

/// Numbers of every plural form in every language.
const COUNTS: [i64; 6] = [1, 2, 5, 21, 0, 1_000_000];

/// The longest months, of which each language has another.
const DAYS: [&str; 3] = ["2027-05-01", "2026-09-30", "2026-11-30"];

/// Renders the texts of one file in its locale.
pub(super) struct Sampler<'a> {
    pub(super) renderer: &'a Renderer,
    pub(super) file: &'a SourceFile,
    pub(super) locale: Locale,
    pub(super) places: &'a Places,
    pub(super) errors: &'a mut ConfigErrors,
}

impl Sampler<'_> {
    /// Renders one template with all its samples.
    pub(super) fn template(&mut self, template: &Template) {
        let act_by = [None, DAYS[1].parse().ok(), DAYS[2].parse().ok()];
        let samples = samples(&template.params);
        let mut longest = Longest::default();
        for params in &samples {
            for act_by in act_by {
                self.render(Body::Items(&[ItemText { template, params, act_by }]), &mut longest);
            }
        }
        self.judge(&template.id.to_string(), &longest);
    }

    /// Renders the gateway's own texts.
    pub(super) fn gateway(&mut self) {
        let title = "т".repeat(30);
        let topic =
            Topic { title: Localized { ru: title.clone(), uk: title.clone(), en: title }, words: Vec::new() };
        let answer = "о".repeat(80);
        let email = ChannelId::new("email").ok();
        let sent = DAYS.map(|day| Sent { day: day.parse().unwrap_or_default(), channel: email.clone() });
        let bodies: [(&str, &[Body<'_>]); 13] = [
            ("test", &[Body::Test]),
            (
                "confirmation",
                &[StopScope::Channel, StopScope::Topic(&topic), StopScope::All].map(Body::Confirmation),
            ),
            ("answer", &[Body::Answer(&answer)]),
            ("checked", &[Body::Checked(&[]), Body::Checked(&sent)]),
            ("not_ours", &[Body::NotOurs]),
            ("reported", &[Body::Reported]),
            ("language_set", &[Body::Language]),
            ("hours_set", &samples_of_hours().map(Body::Hours)),
            ("no_such_hours", &[Body::NoSuchHours]),
            ("wrong_person", &[Body::WrongPerson]),
            ("verified", &[Body::Verified]),
            ("code_refused", &[false, true].map(|over| Body::CodeRefused { over })),
            ("several", &[2, 5, 20].map(Body::Count)),
        ];
        for (message, bodies) in bodies {
            let mut longest = Longest::default();
            for body in bodies {
                self.render(*body, &mut longest);
            }
            self.judge(message, &longest);
        }
        self.introduction();
    }

    /// The introduction of each channel, as long as its texts are.
    fn introduction(&mut self) {
        let mut longest = Longest::default();
        for channel in CHANNELS.into_iter().filter_map(|id| ChannelId::new(id).ok()) {
            let length = if channel.as_str() == "sms" { TextLength::Short } else { TextLength::Long };
            self.render_in(length, Body::Introduction(&channel), &mut longest);
        }
        self.judge("introduction", &longest);
    }

    fn render(&mut self, body: Body<'_>, longest: &mut Longest) {
        for length in [TextLength::Short, TextLength::Long] {
            self.render_in(length, body, longest);
        }
    }

    fn render_in(&mut self, length: TextLength, body: Body<'_>, longest: &mut Longest) {
        let code = sample_code();
        match self.renderer.render(body, code, self.locale, length) {
            Ok(rendered) => {
                longest.grow("title", rendered.title.chars().count());
                longest.grow(attribute(length), measure(length, &rendered.text));
                if !rendered.text.ends_with(&code.to_string()) {
                    longest.errors.insert("the check code to stand last".to_owned());
                }
            }
            Err(error) => longest.fail(&error),
        }
    }

    fn judge(&mut self, message: &str, longest: &Longest) {
        let bounds = [
            ("title", TITLE_CHARACTERS, "characters"),
            ("short", SHORT_UNITS, "UTF-16 units with agency and signature"),
            ("long", LONG_CHARACTERS, "characters with agency and signature"),
        ];
        for (attribute, most, unit) in bounds {
            let found = longest.lengths.get(attribute).copied().unwrap_or_default();
            let at = self.places.get(&format!("{message}.{attribute}")).copied().unwrap_or_default();
            if found > most {
                let message =
                    format!("expected at most {most} {unit}, found {found} with the longest values");
                self.errors.push(self.file.error(at, message));
            }
        }
        let at = self.places.get(&format!("{message}.title")).copied().unwrap_or_default();
        for error in &longest.errors {
            self.errors.push(self.file.error(at, format!("expected {error}")));
        }
    }
}

/// How long a message's attributes become, and what went wrong on the way.
#[derive(Default)]
struct Longest {
    lengths: BTreeMap<&'static str, usize>,
    errors: std::collections::BTreeSet<String>,
}

impl Longest {
    fn grow(&mut self, attribute: &'static str, length: usize) {
        let longest = self.lengths.entry(attribute).or_default();
        *longest = length.max(*longest);
    }

    fn fail(&mut self, error: &RenderError) {
        self.errors.insert(format!("a text that can be filled in: {error}"));
    }
}

fn measure(length: TextLength, text: &str) -> usize {
    match length {
        TextLength::Short => text.encode_utf16().count(),
        TextLength::Long => text.chars().count(),
    }
}

fn sample_code() -> CheckCode {
    CheckKey::new(b"sample").code(NoticeId(uuid::Uuid::nil()))
}

/// Sets of values that a source could send: the first sample of each variable together, then the
/// second of each, and so on, until every variable is at its longest. Then the same without the
/// optional ones, where there are any.
pub(super) fn samples(declared: &BTreeMap<String, Param>) -> Vec<Params> {
    let of_each: Vec<_> = declared.iter().map(|(name, param)| (name, param, values(&param.kind))).collect();
    let most = of_each.iter().map(|(_, _, values)| values.len()).max().unwrap_or(1);
    let set = |number: usize, optional: bool| {
        let given = of_each.iter().filter(|(_, param, _)| optional || !param.optional);
        let chosen = given.filter_map(|(name, _, values)| {
            values.get(number).or(values.last()).map(|value| ((*name).clone(), value.clone()))
        });
        Params(chosen.collect())
    };
    let whole = (0..most).map(|number| set(number, true));
    if declared.values().any(|param| param.optional) {
        whole.chain((0..most).map(|number| set(number, false))).collect()
    } else {
        whole.collect()
    }
}

/// Sample values of a variable, the longest last.
fn values(kind: &ParamType) -> Vec<Value> {
    match kind {
        ParamType::Integer { min, max } => {
            let within = COUNTS.into_iter().filter(|count| (min..=max).contains(&count));
            within.chain([*min, *max]).map(Value::from).collect()
        }
        ParamType::Text { max_length } => vec![json!("Щ"), json!("Щ".repeat(*max_length))],
        ParamType::Date => DAYS.map(Value::from).to_vec(),
        ParamType::Money { currencies, max_minor } => {
            let sums = [1, 150_050.min(*max_minor), *max_minor];
            let of =
                |sum: i64| currencies.iter().map(move |of| json!({ "minor": sum, "currency": of.code() }));
            sums.into_iter().flat_map(of).collect()
        }
        ParamType::Choice { values } => {
            let mut keys: Vec<_> = values.iter().collect();
            keys.sort_by_key(|(_, words)| longest_words(words));
            keys.into_iter().map(|(key, _)| Value::from(key.as_str())).collect()
        }
    }
}

fn longest_words(words: &Localized) -> usize {
    words.iter().map(|(_, words)| words.encode_utf16().count()).max().unwrap_or_default()
}

/// Hours of every kind that they are told in.
fn samples_of_hours() -> [Option<Hours>; 4] {
    let (from, until, midnight) = (time(10, 30, 0, 0), time(18, 30, 0, 0), time(0, 0, 0, 0));
    let spans = [(from, until), (from, midnight), (midnight, until), (midnight, midnight)];
    spans.map(|(from, until)| Some(Hours { from, until }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_a_value_that_a_source_could_send() {
        let money = ParamType::Money { currencies: vec![crate::domain::Currency::Uah], max_minor: 100 };
        let kinds = [
            ("children", ParamType::Integer { min: 3, max: 20 }, false),
            ("office", ParamType::Text { max_length: 30 }, true),
            ("born", ParamType::Date, false),
            ("sum", money, true),
        ];
        let declared: BTreeMap<_, _> = kinds
            .into_iter()
            .map(|(name, kind, optional)| (name.to_owned(), Param { kind, optional }))
            .collect();
        let template = Template {
            id: "m-v1".parse().unwrap(),
            class: crate::domain::Class::Reminder,
            approval: crate::domain::Approval {
                on: jiff::civil::Date::constant(2026, 1, 1),
                by: "office".into(),
            },
            params: declared,
        };
        let samples = samples(&template.params);
        for params in &samples {
            template.check_params(&params.0).unwrap();
        }
        assert!(samples.iter().any(|params| !params.0.contains_key("office")));
        assert!(samples.iter().any(|params| params.0["children"] == 20 && params.0.contains_key("sum")));
    }
}
