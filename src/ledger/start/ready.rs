//! Ready: to whom a notice goes, and in which words.

use vestnik_contract::{Address, Channel};

use super::{Start, open_items};
use crate::domain::{AddressEntry, Citizen, Locale, Notice, Reason};
use crate::ledger::LedgerError;
use crate::ledger::facts::NotificationFacts;
use crate::ledger::page_link::MESSAGE_LINK_LASTS;
use crate::ledger::people::Person;
use crate::ledger::rules::locale_for;
use crate::ledger::words::Words;
use crate::ledger::writes::Held;
use crate::notice::{Body, ItemText, PageOffer, RenderError, Rendered};

/// A message that may go, and whether anything speaks against it now.
pub(super) type Ready = Result<(Address, Rendered, Locale), Reason>;

impl Start<'_> {
    pub(super) fn ready(&self, held: &Held) -> Result<Ready, LedgerError> {
        let notice = &held.notice;
        let (Some(person), Some(id)) = (self.people.get(&notice.citizen), notice.channel()) else {
            return Ok(Err(Reason::NoAddress));
        };
        let Some(channel) = self.rules.channels.get(id) else { return Ok(Err(Reason::ChannelOff)) };
        let mut addresses = person.citizen.addresses.iter().filter(|entry| entry.channel == *id);
        let goes_to = |entry: &&AddressEntry| match notice.answers {
            Some(written_from) => entry.id == written_from && entry.may_be_answered(),
            None => entry.closed.is_none(),
        };
        let Some(entry) = addresses.find(goes_to) else {
            return Ok(Err(Reason::NoAddress));
        };
        if let Some(list) = &self.rules.allow_list
            && !list.contains(entry.address.expose())
        {
            return Ok(Err(Reason::NotOnAllowList));
        }
        let locale = locale_of(&person.citizen, notice);
        let words = match self.words(held, person, &**channel, locale) {
            Ok(words) => words,
            // What was sealed before its citizen was erased and came back opens no more.
            Err(LedgerError::Words(_) | LedgerError::NotInCatalogue | LedgerError::Seal(_)) => {
                return Ok(Err(Reason::TemplateMissing));
            }
            Err(other) => return Err(other),
        };
        if !channel.measure(&words.text).fits {
            return Ok(Err(Reason::TextTooLong));
        }
        Ok(Ok((entry.address.clone(), words, locale)))
    }

    fn words(
        &self,
        held: &Held,
        person: &Person,
        channel: &dyn Channel,
        locale: Locale,
    ) -> Result<Rendered, LedgerError> {
        let code = self.rules.check_key.code(held.notice.id);
        let length = channel.capabilities().length;
        let render = |body: Body<'_>| -> Result<Rendered, RenderError> {
            self.rules.renderer.render(body, code, locale, length)
        };
        if !held.words.is_empty() {
            let words = Words::open(&person.key, &held.words)?;
            let body = words.body(channel.id(), &self.rules.catalogue).ok_or(LedgerError::NotInCatalogue)?;
            return Ok(render(body)?);
        }
        let items = open_items(&held.notice)
            .filter_map(|key| self.notifications.get(&key))
            .map(|row| {
                let template = self.rules.template(row).ok_or(LedgerError::NotInCatalogue)?;
                Ok((template, NotificationFacts::open(&person.key, &row.params)?))
            })
            .collect::<Result<Vec<_>, LedgerError>>()?;
        let items: Vec<_> = items
            .iter()
            .map(|(template, facts)| ItemText { template, params: &facts.params, act_by: facts.act_by })
            .collect();
        let fits = |text: &str| channel.measure(text).fits;
        let page = self.rules.page_link(&self.ledger.keys, &held.notice, self.now)?;
        let page = page.map(|address| PageOffer { address, days: MESSAGE_LINK_LASTS.as_hours() / 24 });
        Ok(self.rules.renderer.render_fitting(&items, code, locale, length, page.as_ref(), fits)?)
    }
}

/// The language to write in: the one that most of the items are to be told in, and of two the one that
/// comes first; that of the profile where there are no items.
fn locale_of(citizen: &Citizen, notice: &Notice) -> Locale {
    let of_each: Vec<_> = notice.open_items().map(|item| locale_for(citizen, Some(&item.topic))).collect();
    let asked = |locale: &Locale| of_each.iter().filter(|one| *one == locale).count();
    // Of several that are equal the last is the greatest.
    let most = of_each.iter().rev().max_by_key(|locale| asked(locale));
    most.copied().unwrap_or_else(|| locale_for(citizen, None))
}
