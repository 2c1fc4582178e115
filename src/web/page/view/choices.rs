//! What a citizen chooses: channels, topics and hours.

use jiff::civil::Time;
use vestnik_contract::ChannelId;

use super::{View, checked, clock, hint, known_by, paragraph, section};
use crate::domain::{Basis, DayType, Hours, Localized, TopicId};
use crate::web::html::escaped;
use crate::web::page::form::{Deed, FROM, PLACE, Section, UNTIL, Wrong, field};
use crate::web::page::words;

impl View<'_> {
    pub(super) fn channels(&self) -> String {
        let words = &self.words().channels;
        let choices = &self.page.choices.channels;
        if choices.is_empty() {
            return section("channels", words.title, &paragraph(words.none));
        }
        let rows: Vec<_> =
            choices.iter().enumerate().map(|(at, (channel, on))| self.channel(at, channel, *on)).collect();
        let fields = format!(
            "{}{}<ol class=\"rows\">\n{}</ol>\n",
            if choices.len() > 1 { paragraph(words.hint) } else { String::new() },
            self.error(Section::Channels),
            rows.concat()
        );
        section("channels", words.title, &self.form(Deed::Channels, &fields, words.save, ""))
    }

    /// A channel with its switch and its place in the order.
    fn channel(&self, at: usize, id: &ChannelId, on: bool) -> String {
        let (words, count) = (&self.words().channels, self.page.choices.channels.len());
        let typed = self.typed(Section::Channels);
        let on = typed.map_or(on, |posted| posted.values("on").any(|one| one == id.as_str()));
        let place = typed.and_then(|posted| posted.value(&format!("{PLACE}{id}"))?.parse().ok());
        let name = escaped(words::channel(self.locale, id.as_str()));
        let (number, described) = match self.address(id) {
            Some(known) => (
                format!("<span class=\"hint\" id=\"address-{id}\">{}</span>", escaped(&known)),
                format!(" aria-describedby=\"address-{id}\""),
            ),
            None => (String::new(), String::new()),
        };
        let pick = format!(
            "<div class=\"pick\"><input type=\"checkbox\" id=\"on-{id}\" name=\"on\" value=\"{id}\"{}{described}>\
             <div><label for=\"on-{id}\">{name}</label>{number}</div></div>",
            checked(on)
        );
        let order = if count > 1 {
            let place = place.unwrap_or(at + 1);
            let options: Vec<_> = (1..=count)
                .map(|number| {
                    let selected = if number == place { " selected" } else { "" };
                    format!("<option{selected}>{number}</option>")
                })
                .collect();
            let label = escaped(&words.place.replace("{channel}", words::channel(self.locale, id.as_str())));
            format!("<select name=\"{PLACE}{id}\" aria-label=\"{label}\">{}</select>", options.concat())
        } else {
            format!("<input type=\"hidden\" name=\"{PLACE}{id}\" value=\"1\">")
        };
        format!("<li class=\"row\">{pick}{order}</li>\n")
    }

    /// So much of the citizen's address on a channel that the citizen knows which it is.
    fn address(&self, channel: &ChannelId) -> Option<String> {
        let mut addresses = self.page.citizen.addresses.iter();
        let entry = addresses.find(|one| one.channel == *channel && one.closed.is_none())?;
        known_by(&entry.address, self.words().channels.number)
    }

    pub(super) fn topics(&self) -> String {
        let words = &self.words().topics;
        let choices = &self.page.choices;
        let form = if choices.nowhere() {
            format!("{}{}", self.error(Section::Topics), paragraph(words.nowhere))
        } else {
            let typed = self.typed(Section::Topics);
            let rows: Vec<_> = choices
                .topics
                .iter()
                .map(|(topic, on)| {
                    let on = typed.map_or(*on, |posted| posted.values("on").any(|one| one == topic.as_str()));
                    format!(
                        "<div class=\"pick\"><input type=\"checkbox\" id=\"topic-{topic}\" name=\"on\" \
                         value=\"{topic}\"{}><label for=\"topic-{topic}\">{}</label></div>\n",
                        checked(on),
                        escaped(self.topic(topic)),
                    )
                })
                .collect();
            let legend = escaped(words.legend);
            let fields = format!(
                "{}<fieldset>\n<legend>{legend}</legend>\n{}</fieldset>\n",
                self.error(Section::Topics),
                rows.concat()
            );
            self.form(Deed::Topics, &fields, words.save, "")
        };
        let body = [form, self.apart(), self.by_law()].concat();
        section("topics", words.title, &body)
    }

    /// Topics with settings of their own, which the page does not change.
    fn apart(&self) -> String {
        let words = &self.words().topics;
        let own = self.page.citizen.preferences.iter().filter_map(|one| one.topic.as_ref());
        let each = own.map(|topic| {
            let title = self.topic(topic);
            let field = format!("<input type=\"hidden\" name=\"topic\" value=\"{topic}\">\n");
            let button = words.alike.replace("{topic}", title);
            let form = self.form(Deed::Alike, &field, &button, "");
            paragraph(&words.apart.replace("{topic}", title)) + &form
        });
        each.collect()
    }

    /// What the law obliges to tell, whatever is off.
    fn by_law(&self) -> String {
        let by_law =
            |class| self.rules.policy.classes.get(&class).is_some_and(|rule| rule.basis == Basis::Law);
        let measures = self.rules.catalogue.measures().map(|(_, measure)| measure);
        let measures: Vec<_> = measures
            .filter(|measure| by_law(measure.template.class))
            .map(|measure| format!("<li>{}</li>\n", escaped(measure.title.get(self.locale))))
            .collect();
        if measures.is_empty() {
            return String::new();
        }
        let summary = escaped(self.words().topics.by_law);
        format!("<details>\n<summary>{summary}</summary>\n<ul>\n{}</ul>\n</details>\n", measures.concat())
    }

    fn topic<'a>(&'a self, topic: &'a TopicId) -> &'a str {
        let known = self.rules.catalogue.topics.get(topic);
        known.map_or(topic.as_str(), |known| Localized::get(&known.title, self.locale))
    }

    pub(super) fn hours(&self) -> String {
        let words = &self.words().hours;
        let typed = self.typed(Section::Hours);
        let general = self.page.citizen.preferences.iter().find(|one| one.topic.is_none());
        let wish = general.and_then(|one| one.hours);
        let own = typed.map_or(wish.is_some(), |posted| posted.value("when") != Some("any"));
        let days: Vec<_> = DayType::ALL
            .into_iter()
            .map(|day| self.hours_on(day, wish.and_then(|wish| wish.on(day))))
            .collect();
        let radio = |value: &str, label: &str, on: bool| {
            format!(
                "<div class=\"pick\"><input type=\"radio\" id=\"when-{value}\" name=\"when\" value=\"{value}\"{}>\
                 <label for=\"when-{value}\">{}</label></div>\n",
                checked(on),
                escaped(label)
            )
        };
        let fields = format!(
            "{}{}<fieldset>\n<legend>{}</legend>\n{}{}<div class=\"days\">\n{}{}</div>\n</fieldset>\n",
            paragraph(&words.lawful.replace("{hours}", &self.lawful_hours())),
            self.error(Section::Hours),
            escaped(words.legend),
            radio("any", words.any, !own),
            radio("own", words.own, own),
            days.concat(),
            hint(words.hint),
        );
        section("hours", words.title, &self.form(Deed::Hours, &fields, words.save, ""))
    }

    fn hours_on(&self, day: DayType, hours: Option<Hours>) -> String {
        let words = &self.words().hours;
        let wrong_here = self.wrong.is_some_and(|(mistake, _)| match mistake.wrong {
            Wrong::Half(wrong) => wrong == day,
            Wrong::NoHours | Wrong::NeverOpens => true,
            _ => false,
        });
        let invalid = self.invalid(Section::Hours, wrong_here);
        let input = |end: &str, label: &str, time: Option<Time>| {
            let name = field(day, end);
            let kept = time.map(clock).unwrap_or_default();
            let value = self.typed(Section::Hours).and_then(|posted| posted.value(&name)).unwrap_or(&kept);
            format!(
                "<span><label for=\"{name}\">{}</label>\
                 <input type=\"time\" id=\"{name}\" name=\"{name}\" value=\"{}\"{invalid}></span>\n",
                escaped(label),
                escaped(value),
            )
        };
        format!(
            "<fieldset class=\"day\">\n<legend>{}</legend>\n{}{}</fieldset>\n",
            escaped(words.on(day)),
            input(FROM, words.from, hours.map(|hours| hours.from)),
            input(UNTIL, words.until, hours.map(|hours| hours.until)),
        )
    }

    /// When the law permits to write: on each type of day that its calendar has.
    pub(super) fn lawful_hours(&self) -> String {
        let law = &self.rules.jurisdiction(&self.page.citizen.profile.jurisdiction).contact_hours;
        let words = &self.words().hours;
        let days =
            DayType::ALL.into_iter().filter(|day| *day != DayType::Holiday || !law.holidays.is_empty());
        let each = days.map(|day| {
            let hours = match day {
                DayType::Workday => Some(law.workday),
                DayType::Weekend => law.weekend,
                DayType::Holiday => law.holiday,
            };
            let span = match hours {
                None => words.never.to_owned(),
                Some(hours) if hours.from == hours.until => words.always.to_owned(),
                Some(hours) => {
                    words.span.replace("{from}", &clock(hours.from)).replace("{until}", &clock(hours.until))
                }
            };
            format!("{}\u{a0}— {span}", words.on(day))
        });
        each.collect::<Vec<_>>().join("; ")
    }
}
