//! A citizen's own page as HTML. Pure; whatever stands in it from outside is escaped.

mod choices;
mod why;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use vestnik_contract::Address;

use super::form::{Deed, Mistake, Posted, Section, Wrong};
use super::words::{self, Words};
use crate::config::sources::Sources;
use crate::domain::Locale;
use crate::ledger::{Origin, PageLink, PageView, Rules};
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
