//! Why each message came.

use super::{View, hint, note, paragraph, section};
use crate::ledger::{Explained, Ground, Origin, Sending};
use crate::web::html::escaped;
use crate::web::page::words;

impl View<'_> {
    pub(super) fn why(&self) -> String {
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
}
