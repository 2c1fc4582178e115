//! A citizen's own page as HTML. Pure; whatever stands in it from outside is escaped.

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use vestnik_contract::{Address, ChannelId};

use super::form::{Deed, FROM, Mistake, PLACE, Posted, Section, UNTIL, Wrong, field};
use super::words::{self, Words};
use crate::config::sources::Sources;
use crate::domain::Locale;
use crate::domain::{Basis, DayType, Hours, Localized, TopicId};
use crate::ledger::{Explained, Ground, Origin, PageLink, PageView, Rules, Sending};
use crate::notice::format;
use crate::web::html::{self, Document, NEWS, escaped};

/// All that a page is made of.
pub struct View<'a> {
    /// The language it is in.
    pub locale: Locale,
    /// The link by which it was opened, and its token.
    pub link: PageLink,
    pub token: &'a str,
    /// What it shows.
    pub page: &'a PageView,
    pub rules: &'a Rules,
    pub sources: &'a Sources,
    /// What was done a moment ago.
    pub done: Option<Deed>,
    /// What was wrong, and the form in which it stood.
    pub wrong: Option<(Mistake, &'a Posted)>,
}

impl View<'_> {
    /// The whole page.
    #[must_use]
    pub fn html(&self) -> String {
        let words = self.words();
        let news = self.news();
        let heading = words.heading;
        let title = match &news {
            Some((_, said)) => format!("{said} — {heading}"),
            None => heading.to_owned(),
        };
        let parts = [
            news.map(|(html, _)| html).unwrap_or_default(),
            format!("<h1>{}</h1>\n{}", escaped(heading), paragraph(words.intro)),
            self.channels(),
            self.topics(),
            self.hours(),
            self.language(),
            self.stop(),
            self.why(),
            self.copy(),
            hint(&words.until.replace("{moment}", &self.moment(self.link.until))),
        ];
        let identity = self.rules.renderer.identity();
        let (above, main) = (self.above(), parts.concat());
        Document { locale: self.locale, title: &title, identity, above: &above, main: &main }.html()
    }

    fn words(&self) -> &'static Words {
        Words::of(self.locale)
    }

    /// The way to the contents, and the languages.
    fn above(&self) -> String {
        let words = self.words();
        let languages = Locale::ALL.map(|locale| {
            let current = if locale == self.locale { " aria-current=\"true\"" } else { "" };
            let name = words::own_name(locale);
            format!(
                "<li><a href=\"?lang={locale}\" lang=\"{locale}\" hreflang=\"{locale}\"{current}>{name}</a></li>\n"
            )
        });
        format!(
            "<a class=\"skip\" href=\"#main\">{}</a>\n<nav aria-label=\"{}\">\n<ul class=\"languages\">\n{}</ul>\n</nav>\n",
            escaped(words.skip),
            escaped(words.languages),
            languages.concat(),
        )
    }

    /// What is said first: what was done or what was wrong, as HTML and as a title.
    fn news(&self) -> Option<(String, &'static str)> {
        if let Some((mistake, _)) = self.wrong {
            let words = &self.words().wrong;
            let place = mistake.section.map_or(NEWS, Section::as_str);
            let html = format!(
                "<div id=\"{NEWS}\" class=\"note bad\" role=\"alert\" tabindex=\"-1\">\n<p><strong>{}</strong></p>\n\
                 <p><a href=\"#{place}\">{}</a></p>\n</div>\n",
                escaped(words.title),
                escaped(&self.explained(mistake.wrong)),
            );
            return Some((html, words.title));
        }
        let said = self.said(self.done?);
        let html = format!(
            "<p id=\"{NEWS}\" class=\"note good\" role=\"status\" tabindex=\"-1\">{}</p>\n",
            escaped(said)
        );
        Some((html, said))
    }

    fn said(&self, done: Deed) -> &'static str {
        let words = self.words();
        match done {
            Deed::Channels => words.channels.saved,
            Deed::Topics => words.topics.saved,
            Deed::Hours => words.hours.saved,
            Deed::Language => words.language.saved,
            Deed::Stop => words.stop.stopped,
            Deed::Resume => words.stop.resumed,
            Deed::Alike => words.topics.made_alike,
        }
    }

    fn explained(&self, wrong: Wrong) -> String {
        let words = &self.words().wrong;
        match wrong {
            Wrong::Unclear => words.unclear.to_owned(),
            Wrong::Stale => words.stale.to_owned(),
            Wrong::TooMany => words.too_many.to_owned(),
            Wrong::Nowhere => self.words().topics.nowhere.to_owned(),
            Wrong::Half(_) => words.half.to_owned(),
            Wrong::NoHours => words.no_hours.to_owned(),
            Wrong::NeverOpens => words.never_opens.replace("{hours}", &self.lawful_hours()),
            Wrong::NoLanguage => words.no_language.to_owned(),
        }
    }

    // ---- forms ----

    /// A form with one button. After it the page begins with what came of it.
    fn form(&self, deed: Deed, fields: &str, button: &str, class: &str) -> String {
        let seen = self.page.citizen.consents.len();
        format!(
            "<form method=\"post\" action=\"?lang={}#{NEWS}\" autocomplete=\"off\">\n\
             <input type=\"hidden\" name=\"what\" value=\"{}\">\n\
             <input type=\"hidden\" name=\"seen\" value=\"{seen}\">\n{fields}\
             <button type=\"submit\"{class}>{}</button>\n</form>\n",
            self.locale,
            deed.as_str(),
            escaped(button),
        )
    }

    /// What was typed into a part whose change was not made.
    fn typed(&self, section: Section) -> Option<&Posted> {
        let (mistake, posted) = self.wrong?;
        (mistake.section == Some(section) && mistake.keeps_typed()).then_some(posted)
    }

    /// What is wrong in a part, beside it.
    fn error(&self, section: Section) -> String {
        match self.wrong {
            Some((mistake, _)) if mistake.section == Some(section) => {
                let words = escaped(&self.explained(mistake.wrong));
                format!("<p class=\"error\" id=\"{}-error\">{words}</p>\n", section.as_str())
            }
            _ => String::new(),
        }
    }

    /// How a field says that it is wrong, where it is.
    fn invalid(&self, section: Section, is_wrong: bool) -> String {
        let here = self.wrong.is_some_and(|(mistake, _)| mistake.section == Some(section));
        if here && is_wrong {
            format!(" aria-invalid=\"true\" aria-describedby=\"{}-error\"", section.as_str())
        } else {
            String::new()
        }
    }

    fn channels(&self) -> String {
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

    fn topics(&self) -> String {
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

    fn hours(&self) -> String {
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
    fn lawful_hours(&self) -> String {
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

    fn language(&self) -> String {
        let words = &self.words().language;
        let citizen = &self.page.citizen;
        let general = citizen.preferences.iter().find(|one| one.topic.is_none());
        let now = general.and_then(|one| one.locale).unwrap_or(citizen.profile.locale);
        let rows = Locale::ALL.map(|locale| {
            format!(
                "<div class=\"pick\"><input type=\"radio\" id=\"locale-{locale}\" name=\"locale\" value=\"{locale}\"{}>\
                 <label for=\"locale-{locale}\" lang=\"{locale}\">{}</label></div>\n",
                checked(locale == now),
                words::own_name(locale)
            )
        });
        let fields = format!(
            "{}<fieldset>\n<legend>{}</legend>\n{}</fieldset>\n",
            self.error(Section::Language),
            escaped(words.legend),
            rows.concat()
        );
        section("language", words.title, &self.form(Deed::Language, &fields, words.save, ""))
    }

    fn stop(&self) -> String {
        let words = &self.words().stop;
        let error = self.error(Section::Stop);
        let stopped = self.page.choices.nowhere();
        let body = match (stopped, self.page.can_resume) {
            (_, true) => paragraph(words.nowhere) + &self.form(Deed::Resume, "", words.resume, ""),
            (true, false) => paragraph(words.nowhere),
            (false, false) => {
                paragraph(words.text) + &self.form(Deed::Stop, "", words.button, " class=\"stop\"")
            }
        };
        section("stop", words.title, &(error + &body))
    }

    // ---- what there was ----

    fn why(&self) -> String {
        let words = &self.words().why;
        if self.page.told.is_empty() {
            return section("why", words.title, &paragraph(words.none));
        }
        let each: Vec<_> = self.page.told.iter().map(|one| self.told(one)).collect();
        let list = format!("<ul class=\"told\">\n{}</ul>\n", each.concat());
        section("why", words.title, &(paragraph(words.intro) + &list))
    }

    fn told(&self, one: &Explained) -> String {
        let words = &self.words().why;
        let this = match (self.link.origin, one.notice) {
            (Origin::Message(link), Some(notice)) if link == notice => note(words.this),
            _ => String::new(),
        };
        let back = if one.entry.taken_back { paragraph(words.taken_back) } else { String::new() };
        let sent: Vec<_> = one.sent.iter().map(|sending| self.sending(sending)).collect();
        let sent = if sent.is_empty() { vec![words.inbox_only.to_owned()] } else { sent };
        let sent: Vec<_> = sent.iter().map(|sending| format!("<dd>{}</dd>\n", escaped(sending))).collect();
        let sent = sent.concat();
        format!(
            "<li>\n<h3>{}</h3>\n{}{this}{back}<dl>\n<dt>{}</dt>\n<dd>{}</dd>\n<dt>{}</dt>\n<dd>{}</dd>\n<dt>{}</dt>\n\
             {sent}</dl>\n</li>\n",
            escaped(&one.entry.title),
            hint(&self.day(one.entry.at)),
            escaped(words.about),
            escaped(&self.measure(&one.entry.measure)),
            escaped(words.source),
            escaped(self.source(one)),
            escaped(words.sent),
        )
    }

    fn sending(&self, sending: &Sending) -> String {
        let words = &self.words().why;
        let ground = match sending.ground {
            Ground::Law => words.law.to_owned(),
            Ground::Consent { at, origin } => words
                .consent
                .replace("{day}", &self.day(at))
                .replace("{way}", words::way(self.locale, origin)),
            Ground::NotKept => words.not_kept.to_owned(),
        };
        let channel = words::channel(self.locale, sending.channel.as_str());
        format!("{channel}, {}: {ground}", self.day(sending.at))
    }

    fn measure(&self, id: &str) -> String {
        let mut measures = self.rules.catalogue.measures().map(|(_, measure)| measure);
        let known = measures.find(|measure| measure.id.as_str() == id);
        known.map_or(id, |measure| measure.title.get(self.locale)).to_owned()
    }

    fn source<'a>(&'a self, one: &'a Explained) -> &'a str {
        let known = self.sources.get(&one.source);
        known.map_or(one.source.as_str(), |known| known.title.of(self.locale.tag()))
    }

    fn copy(&self) -> String {
        let words = &self.words().copy;
        let text = match self.link.origin {
            Origin::Portal(_) => words.whole,
            Origin::Message(_) => words.part,
        };
        let link = format!(
            "<p><a href=\"{}/copy\" download=\"vestnik.json\">{}</a></p>\n",
            escaped(self.token),
            escaped(words.link)
        );
        section("copy", words.title, &(paragraph(text) + &link))
    }

    /// The day of a moment where the citizen lives.
    fn day(&self, at: Timestamp) -> String {
        format::date(self.locale, self.zone().to_datetime(at).date())
    }

    /// The same with the time.
    fn moment(&self, at: Timestamp) -> String {
        let local = self.zone().to_datetime(at);
        format!("{}, {}", format::date(self.locale, local.date()), clock(local.time()))
    }

    fn zone(&self) -> TimeZone {
        let profile = &self.page.citizen.profile;
        let first = || TimeZone::get(self.rules.jurisdiction(&profile.jurisdiction).zones.first()?).ok();
        profile.time_zone().or_else(first).unwrap_or(TimeZone::UTC)
    }
}

/// The page whose link is over or was never ours: in all languages, for nobody knows whose it was.
#[must_use]
pub fn over(rules: &Rules, guess: Locale) -> String {
    let identity = rules.renderer.identity();
    let phone = html::phone(identity);
    let rest = Locale::ALL.into_iter().filter(|locale| *locale != guess);
    let parts: Vec<_> = std::iter::once(guess)
        .chain(rest)
        .map(|locale| {
            let (heading, text) = words::over(locale);
            let level = if locale == guess { "h1" } else { "h2" };
            let (heading, text) = (escaped(heading), escaped(&text.replace("{phone}", &phone)));
            format!("<div lang=\"{locale}\">\n<{level}>{heading}</{level}>\n<p>{text}</p>\n</div>\n")
        })
        .collect();
    let title = words::over(guess).0;
    Document { locale: guess, title, identity, above: "", main: &parts.concat() }.html()
}

/// The page when the ledger is away.
#[must_use]
pub fn away(rules: &Rules, locale: Locale) -> String {
    let (title, text) = html::away(locale);
    let main = format!("<h1>{}</h1>\n{}", escaped(title), paragraph(text));
    Document { locale, title, identity: rules.renderer.identity(), above: "", main: &main }.html()
}

/// What of an address tells its owner which it is, and nobody else what it is; `None` of one that says
/// nothing to a person. `ending` is what a number is called of which the end, `{end}`, is shown.
fn known_by(address: &Address, ending: &str) -> Option<String> {
    let text = address.expose();
    if let Some((user, host)) = text.rsplit_once('@') {
        let first = user.chars().next()?;
        return Some(format!("{first}…@{host}"));
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let number = text.starts_with('+') && digits.len() >= 9;
    number.then(|| ending.replace("{end}", &digits[digits.len() - 4..]))
}

/// A part of the page with its heading.
fn section(name: &str, title: &str, body: &str) -> String {
    format!(
        "<section id=\"{name}\" aria-labelledby=\"{name}-title\" tabindex=\"-1\">\n\
         <h2 id=\"{name}-title\">{}</h2>\n{body}</section>\n",
        escaped(title)
    )
}

fn clock(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

fn checked(on: bool) -> &'static str {
    if on { " checked" } else { "" }
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escaped(text))
}

fn hint(text: &str) -> String {
    format!("<p class=\"hint\">{}</p>\n", escaped(text))
}

fn note(text: &str) -> String {
    format!("<p><strong>{}</strong></p>\n", escaped(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_only_its_owner_learns_which_it_is() {
        let table = [
            ("olena@example.org", Some("o…@example.org")),
            ("о@example.org", Some("о…@example.org")),
            ("+380501234567", Some("number on 4567")),
            ("+1234", None),
            ("123456789012", None),
            ("@", None),
            ("", None),
        ];
        for (address, expected) in table {
            let told = known_by(&Address::new(address), "number on {end}");
            assert_eq!(told.as_deref(), expected, "{address}");
        }
    }
}
