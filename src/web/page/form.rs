//! What a citizen posted on the page, read into a change. Pure.

use std::collections::BTreeSet;

use jiff::civil::Time;
use vestnik_contract::ChannelId;

use crate::domain::{DayHours, DayType, Hours, Wish};
use crate::ledger::{Change, Unheard};
use crate::policy::reordered;

/// The parts of the page that can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Channels,
    Topics,
    Hours,
    Language,
    Stop,
}

impl Section {
    /// The part's name in the page.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Channels => "channels",
            Self::Topics => "topics",
            Self::Hours => "hours",
            Self::Language => "language",
            Self::Stop => "stop",
        }
    }
}

/// What a button does: the field `what` of a form, and what the page says afterwards was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Channels,
    Topics,
    Hours,
    Language,
    Stop,
    Resume,
    Alike,
}

impl Deed {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Channels, Self::Topics, Self::Hours, Self::Language, Self::Stop, Self::Resume, Self::Alike];

    /// The deed of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.as_str() == name)
    }

    /// Its name in forms and addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Channels => "channels",
            Self::Topics => "topics",
            Self::Hours => "hours",
            Self::Language => "language",
            Self::Stop => "stop",
            Self::Resume => "resume",
            Self::Alike => "alike",
        }
    }

    /// The part of the page that its button stands in.
    #[must_use]
    pub fn section(self) -> Section {
        match self {
            Self::Channels => Section::Channels,
            Self::Topics | Self::Alike => Section::Topics,
            Self::Hours => Section::Hours,
            Self::Language => Section::Language,
            Self::Stop | Self::Resume => Section::Stop,
        }
    }
}

/// Why nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It cannot be understood.
    Unclear,
    /// The page was not as the citizen saw it any more.
    Stale,
    /// There were too many changes.
    TooMany,
    /// No channel is on.
    Nowhere,
    /// Of the two times of these days one is missing, or is none.
    Half(DayType),
    /// There are no hours at all.
    NoHours,
    /// The hours never open.
    NeverOpens,
    /// We do not write in this language.
    NoLanguage,
}

/// A mistake, and where it stands; nowhere where that cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mistake {
    pub section: Option<Section>,
    pub wrong: Wrong,
}

impl Mistake {
    /// What the ledger did not do, in words of the page; `None` where there is no page any more.
    #[must_use]
    pub fn of(deed: Deed, unheard: Unheard) -> Option<Self> {
        let wrong = match unheard {
            Unheard::Gone => return None,
            Unheard::Stale => Wrong::Stale,
            Unheard::Nowhere => Wrong::Nowhere,
            Unheard::NeverOpens => Wrong::NeverOpens,
            Unheard::TooMany => Wrong::TooMany,
        };
        Some(Self { section: Some(deed.section()), wrong })
    }

    /// Whether the page should show again what was typed.
    #[must_use]
    pub fn keeps_typed(self) -> bool {
        self.wrong != Wrong::Stale
    }
}

/// The fields of a form, in their order.
#[derive(Debug, Default)]
pub struct Posted(Vec<(String, String)>);

impl Posted {
    /// Understands the body of a form.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// The first value of a field.
    #[must_use]
    pub fn value<'a>(&'a self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// All values of a field.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// How many consent records there were when the page was shown.
    #[must_use]
    pub fn seen(&self) -> usize {
        self.value("seen").and_then(|count| count.parse().ok()).unwrap_or(usize::MAX)
    }

    /// What is to be done.
    pub fn change(&self) -> Result<(Deed, Change), Mistake> {
        let unclear = Mistake { section: None, wrong: Wrong::Unclear };
        let deed = self.value("what").and_then(Deed::named).ok_or(unclear)?;
        let change = match deed {
            Deed::Channels => self.channels(),
            Deed::Topics => parsed(self.values("on")).map(Change::Topics).ok_or(Wrong::Unclear),
            Deed::Hours => self.hours().map(Change::Hours),
            Deed::Language => {
                let locale = self.value("locale").and_then(|tag| tag.parse().ok());
                locale.map(Change::Language).ok_or(Wrong::NoLanguage)
            }
            Deed::Stop => Ok(Change::StopAll),
            Deed::Resume => Ok(Change::Resume),
            Deed::Alike => {
                let topic = self.value("topic").and_then(|id| id.parse().ok());
                topic.map(Change::Alike).ok_or(Wrong::Unclear)
            }
        };
        change.map(|change| (deed, change)).map_err(|wrong| Mistake { section: Some(deed.section()), wrong })
    }

    /// Every channel that was offered has a place, in the order in which they stood.
    fn channels(&self) -> Result<Change, Wrong> {
        let places = self.0.iter().filter_map(|(name, place)| Some((name.strip_prefix(PLACE)?, place)));
        let places: Option<Vec<(ChannelId, usize)>> =
            places.map(|(id, place)| Some((id.parse().ok()?, place.parse().ok()?))).collect();
        let (channels, places): (Vec<_>, Vec<_>) = places.ok_or(Wrong::Unclear)?.into_iter().unzip();
        let on = parsed(self.values("on")).ok_or(Wrong::Unclear)?;
        Ok(Change::Channels { order: reordered(&channels, &places), on })
    }

    fn hours(&self) -> Result<Option<Wish>, Wrong> {
        match self.value("when") {
            Some("any") => return Ok(None),
            Some("own") => {}
            _ => return Err(Wrong::Unclear),
        }
        let [workday, weekend, holiday] = DayType::ALL.map(|day| self.span(day));
        match (workday?, weekend?, holiday?) {
            (None, None, None) => Err(Wrong::NoHours),
            (Some(one), weekend, holiday) if weekend == Some(one) && holiday == Some(one) => {
                Ok(Some(Wish::EveryDay(one)))
            }
            (workday, weekend, holiday) => Ok(Some(Wish::ByDay(DayHours { workday, weekend, holiday }))),
        }
    }

    /// The hours of a day; `None` where both fields are empty.
    fn span(&self, day: DayType) -> Result<Option<Hours>, Wrong> {
        let [from, until] = [FROM, UNTIL].map(|end| self.value(&field(day, end)).unwrap_or_default().trim());
        if from.is_empty() && until.is_empty() {
            return Ok(None);
        }
        let time = |text: &str| Time::strptime("%H:%M", text).map_err(|_| Wrong::Half(day));
        Ok(Some(Hours { from: time(from)?, until: time(until)? }))
    }
}

/// What the name of a field begins with that holds a channel's place in the order.
pub const PLACE: &str = "place-";

/// The ends of the names of the fields of hours.
pub const FROM: &str = "from";
pub const UNTIL: &str = "until";

/// The name of a field of hours, such as `workday-from`.
#[must_use]
pub fn field(day: DayType, end: &str) -> String {
    let day = match day {
        DayType::Workday => "workday",
        DayType::Weekend => "weekend",
        DayType::Holiday => "holiday",
    };
    format!("{day}-{end}")
}

fn parsed<'a, T: std::str::FromStr + Ord>(values: impl Iterator<Item = &'a str>) -> Option<BTreeSet<T>> {
    values.map(|value| value.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Locale;

    fn change(form: &str) -> Result<(Deed, Change), Wrong> {
        Posted::read(form.as_bytes()).change().map_err(|mistake| mistake.wrong)
    }

    fn id(name: &str) -> ChannelId {
        ChannelId::new(name).unwrap()
    }

    #[test]
    fn every_form_is_read() {
        let form = "what=channels&place-sms=1&on=sms&place-email=1";
        let order = vec![id("email"), id("sms")];
        let expected = Change::Channels { order, on: [id("sms")].into() };
        assert_eq!(change(form), Ok((Deed::Channels, expected)));
        let topics = ["family", "pension"].map(|topic| topic.parse().unwrap()).into();
        assert_eq!(change("what=topics&on=family&on=pension"), Ok((Deed::Topics, Change::Topics(topics))));
        assert_eq!(change("what=language&locale=uk"), Ok((Deed::Language, Change::Language(Locale::Uk))));
        assert_eq!(change("what=stop"), Ok((Deed::Stop, Change::StopAll)));
        assert_eq!(change("what=hours&when=any&workday-from=x"), Ok((Deed::Hours, Change::Hours(None))));
        for deed in Deed::ALL {
            assert_eq!(Deed::named(deed.as_str()), Some(deed));
        }
    }

    #[test]
    fn hours_are_by_day_unless_all_days_are_alike() {
        let hours = |form: &str| {
            let form = format!("what=hours&when=own&{form}");
            change(&form).map(|(_, change)| {
                serde_json::to_value(match change {
                    Change::Hours(wish) => wish,
                    other => panic!("{other:?}"),
                })
                .unwrap()
            })
        };
        let alike = "workday-from=10:00&workday-until=18:00&weekend-from=10:00&weekend-until=18:00&\
                     holiday-from=10:00&holiday-until=18:00";
        assert_eq!(hours(alike), Ok(serde_json::json!({ "from": "10:00:00", "until": "18:00:00" })));
        let workday = serde_json::json!({ "workday": { "from": "18:30:00", "until": "20:00:00" } });
        assert_eq!(hours("workday-from=18%3A30&workday-until=+20%3A00&weekend-from="), Ok(workday));
        assert_eq!(hours("workday-from=18:30"), Err(Wrong::Half(DayType::Workday)));
        assert_eq!(hours("holiday-from=25:00&holiday-until=10:00"), Err(Wrong::Half(DayType::Holiday)));
        assert_eq!(hours("weekend-from=nine&weekend-until=ten"), Err(Wrong::Half(DayType::Weekend)));
        assert_eq!(hours("workday-from="), Err(Wrong::NoHours));
    }

    #[test]
    fn what_no_page_sends_is_unclear() {
        for form in [
            "",
            "what=",
            "what=everything",
            "what=channels&place-SMS!=1",
            "what=channels&place-sms=first",
            "what=channels&place-sms=1&on=<b>",
            "what=topics&on=A%20B",
            "what=hours",
            "what=hours&when=never",
            "what=alike",
            "%ff%00",
        ] {
            assert_eq!(change(form), Err(Wrong::Unclear), "{form}");
        }
        assert_eq!(change("what=language&locale=de"), Err(Wrong::NoLanguage));
        let huge = format!("what=channels&place-sms={}", usize::MAX);
        assert!(change(&huge).is_ok(), "a place that is far too great is the last");
    }
}
