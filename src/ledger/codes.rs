//! How values stand in the columns of both databases: enums as short codes, moments as milliseconds
//! since 1970 (UTC), days as ISO 8601 dates, priorities as ranks.
//!
//! Reading goes through a [`Table`]: what this release cannot understand becomes
//! [`StoreError::Corrupt`] with the names of the table and of the thing, and never with the value.

use std::borrow::Borrow;
use std::str::FromStr;

use jiff::{Timestamp, civil::Date};
use vestnik_contract::{Permanence, ReceiptState};

use super::error::StoreError;
use super::store::{Chain, Link, Period};
use crate::domain::{
    ConsentAction, ConsentOrigin, Counted, FinalState, Locale, Priority, Reason, RegistryEventKind, Standing,
};

/// An enum that a column keeps as its code.
pub trait Code: Copy + Sized + 'static {
    /// What it is called in an error.
    const WHAT: &'static str;

    /// Every value.
    fn all() -> &'static [Self];

    /// The code: a word that does not change.
    fn code(self) -> &'static str;

    /// The value of this code.
    #[must_use]
    fn of_code(code: &str) -> Option<Self> {
        Self::all().iter().copied().find(|value| value.code() == code)
    }
}

impl Code for ConsentAction {
    const WHAT: &'static str = "consent action";

    fn all() -> &'static [Self] {
        &[Self::Granted, Self::Withdrawn]
    }

    fn code(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl Code for ConsentOrigin {
    const WHAT: &'static str = "consent origin";

    fn all() -> &'static [Self] {
        &[
            Self::Portal,
            Self::SingleNumber,
            Self::InPerson,
            Self::Reply,
            Self::Provider,
            Self::Law,
            Self::Import,
        ]
    }

    fn code(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::SingleNumber => "single_number",
            Self::InPerson => "in_person",
            Self::Reply => "reply",
            Self::Provider => "provider",
            Self::Law => "law",
            Self::Import => "import",
        }
    }
}

impl Code for ReceiptState {
    const WHAT: &'static str = "receipt state";

    fn all() -> &'static [Self] {
        &[
            Self::Delivered,
            Self::Read,
            Self::Complained,
            Self::Unreachable(Permanence::Permanent),
            Self::Unreachable(Permanence::Soft),
            Self::Rejected,
            Self::Expired,
        ]
    }

    fn code(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Complained => "complained",
            Self::Unreachable(Permanence::Permanent) => "unreachable_permanent",
            Self::Unreachable(Permanence::Soft) => "unreachable_soft",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }
}

impl Code for FinalState {
    const WHAT: &'static str = "final state";

    fn all() -> &'static [Self] {
        &Self::ALL
    }

    fn code(self) -> &'static str {
        self.as_str()
    }
}

impl Code for Reason {
    const WHAT: &'static str = "reason";

    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn code(self) -> &'static str {
        self.as_str()
    }
}

impl Code for RegistryEventKind {
    const WHAT: &'static str = "registry event";

    fn all() -> &'static [Self] {
        &Self::ALL
    }

    fn code(self) -> &'static str {
        self.as_str()
    }
}

impl Code for Counted {
    const WHAT: &'static str = "count";

    fn all() -> &'static [Self] {
        &Self::ALL
    }

    fn code(self) -> &'static str {
        self.as_str()
    }
}

impl Code for Standing {
    const WHAT: &'static str = "standing";

    fn all() -> &'static [Self] {
        &Self::ALL
    }

    fn code(self) -> &'static str {
        self.as_str()
    }
}

impl Code for Period {
    const WHAT: &'static str = "period";

    fn all() -> &'static [Self] {
        &Self::ALL
    }

    fn code(self) -> &'static str {
        self.as_str()
    }
}

impl Code for Locale {
    const WHAT: &'static str = "locale";

    fn all() -> &'static [Self] {
        &Self::ALL
    }

    fn code(self) -> &'static str {
        self.tag()
    }
}

/// A moment as a column keeps it: milliseconds since 1970 (UTC), rounded towards 1970.
#[must_use]
pub fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A local day as a column keeps it, such as `2026-12-31`: of the years 0 to 9999 the order of the
/// texts is the order of the days.
#[must_use]
pub fn day(day: Date) -> String {
    day.to_string()
}

/// An id that may be absent, as a column of a primary key keeps it: empty for all.
#[must_use]
pub fn or_all<T: Borrow<str>>(id: Option<&T>) -> &str {
    id.map_or("", Borrow::borrow)
}

/// Reads the values of one table.
#[derive(Debug, Clone, Copy)]
pub struct Table(pub &'static str);

impl Table {
    /// A row of this table cannot be understood. `what` says what is wrong, without the value.
    #[must_use]
    pub fn corrupt(self, what: impl Into<String>) -> StoreError {
        StoreError::Corrupt { table: self.0, what: what.into() }
    }

    /// A moment.
    pub fn moment(self, millis: i64) -> Result<Timestamp, StoreError> {
        Timestamp::from_millisecond(millis).map_err(|_| self.corrupt("a moment outside of the calendar"))
    }

    /// A moment that may be absent.
    pub fn moment_or_none(self, millis: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
        millis.map(|millis| self.moment(millis)).transpose()
    }

    /// A local day.
    pub fn day(self, text: &str) -> Result<Date, StoreError> {
        text.parse().map_err(|_| self.corrupt("not a day"))
    }

    /// An enum by its code.
    pub fn code<T: Code>(self, code: &str) -> Result<T, StoreError> {
        T::of_code(code).ok_or_else(|| self.corrupt(format!("no {} has this code", T::WHAT)))
    }

    /// An enum by its code that may be absent.
    pub fn code_or_none<T: Code>(self, code: Option<&str>) -> Result<Option<T>, StoreError> {
        code.map(|code| self.code(code)).transpose()
    }

    /// A configured id, such as a channel's.
    pub fn id<T: FromStr>(self, text: &str) -> Result<T, StoreError> {
        text.parse().map_err(|_| self.corrupt("not an id"))
    }

    /// A configured id that may be absent, from a column that is null then.
    pub fn id_or_none<T: FromStr>(self, text: Option<&str>) -> Result<Option<T>, StoreError> {
        text.map(|text| self.id(text)).transpose()
    }

    /// A configured id that may be absent, from a column of a primary key, which is empty then.
    pub fn id_or_all<T: FromStr>(self, text: &str) -> Result<Option<T>, StoreError> {
        self.id_or_none((!text.is_empty()).then_some(text))
    }

    /// A keyed hash or a digest of 32 bytes.
    pub fn hash(self, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
        bytes.try_into().map_err(|_| self.corrupt("a hash that is not of 32 bytes"))
    }

    /// A hash that may be absent.
    pub fn hash_or_none(self, bytes: Option<&[u8]>) -> Result<Option<[u8; 32]>, StoreError> {
        bytes.map(|bytes| self.hash(bytes)).transpose()
    }

    /// A priority by its rank.
    pub fn priority(self, rank: i16) -> Result<Priority, StoreError> {
        let of_rank = Priority::ALL.into_iter().find(|priority| priority.rank() == rank);
        of_rank.ok_or_else(|| self.corrupt("no priority has this rank"))
    }

    /// A count or a number that cannot be negative.
    pub fn number<T: TryFrom<i64>>(self, number: i64) -> Result<T, StoreError> {
        T::try_from(number).map_err(|_| self.corrupt("a number out of range"))
    }

    /// The end of a chain, where there is one.
    #[must_use]
    pub fn chain(self, head: Option<[u8; 32]>, length: i64) -> Option<Chain> {
        head.map(|head| Chain { length, head })
    }

    /// A place in a chain: of three columns that are all null or all not.
    pub fn link(
        self,
        number: Option<i64>,
        commitment: Option<[u8; 32]>,
        link: Option<[u8; 32]>,
    ) -> Result<Option<Link>, StoreError> {
        let both = self.both(commitment, link)?;
        Ok(self.both(number, both)?.map(|(number, (commitment, link))| Link { number, commitment, link }))
    }

    /// Two columns that are both null or both not.
    pub fn both<A, B>(self, first: Option<A>, second: Option<B>) -> Result<Option<(A, B)>, StoreError> {
        match (first, second) {
            (Some(first), Some(second)) => Ok(Some((first, second))),
            (None, None) => Ok(None),
            _ => Err(self.corrupt("one half of a pair")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::Serialize;
    use vestnik_contract::ChannelId;

    use super::*;

    const TABLE: Table = Table("thing");

    fn round_trip<T: Code + PartialEq + Debug>() {
        for value in T::all() {
            assert_eq!(TABLE.code::<T>(value.code()).unwrap(), *value);
        }
        let error = TABLE.code::<T>("secret").unwrap_err().to_string();
        assert_eq!(error, format!("a row of thing cannot be understood: no {} has this code", T::WHAT));
    }

    fn named_as_json<T: Code + Serialize>() {
        for value in T::all() {
            assert_eq!(serde_json::to_value(value).unwrap(), value.code());
        }
    }

    #[test]
    fn codes_round_trip_and_errors_hide_the_value() {
        round_trip::<ConsentAction>();
        round_trip::<ConsentOrigin>();
        round_trip::<ReceiptState>();
        round_trip::<FinalState>();
        round_trip::<Reason>();
        round_trip::<Counted>();
        round_trip::<Standing>();
        round_trip::<Period>();
        round_trip::<Locale>();
        round_trip::<RegistryEventKind>();
    }

    #[test]
    fn codes_are_the_names_of_the_wire() {
        named_as_json::<ConsentAction>();
        named_as_json::<ConsentOrigin>();
        named_as_json::<FinalState>();
        named_as_json::<Reason>();
        named_as_json::<Counted>();
        named_as_json::<Standing>();
        named_as_json::<Period>();
        named_as_json::<Locale>();
        named_as_json::<RegistryEventKind>();
    }

    #[test]
    fn moments_and_days_round_trip_in_order() {
        let at: Timestamp = "2026-03-29T12:00:00.123456Z".parse().unwrap();
        assert_eq!(TABLE.moment(millis(at)).unwrap(), "2026-03-29T12:00:00.123Z".parse().unwrap());
        assert_eq!(TABLE.moment_or_none(None).unwrap(), None);
        assert!(TABLE.moment(i64::MAX).is_err());

        let (first, later) = (jiff::civil::date(999, 12, 31), jiff::civil::date(2026, 2, 1));
        assert_eq!(TABLE.day(&day(later)).unwrap(), later);
        assert!(day(first) < day(later));
        assert!(TABLE.day("2026-02-30").is_err());
    }

    #[test]
    fn absent_ids_are_null_or_empty() {
        let sms = ChannelId::new("sms").unwrap();
        assert_eq!((or_all::<ChannelId>(None), or_all(Some(&sms))), ("", "sms"));
        let read = |text| TABLE.id_or_all::<ChannelId>(text);
        assert_eq!((read("").unwrap(), read("sms").unwrap()), (None, Some(sms)));
        assert!(read("Not an id").is_err());
    }

    #[test]
    fn what_does_not_fit_is_corrupt() {
        assert!(TABLE.hash(&[0; 31]).is_err() && TABLE.hash(&[7; 32]).is_ok());
        assert!(TABLE.priority(3).is_err() && TABLE.priority(-1).is_err());
        assert_eq!(TABLE.priority(2).unwrap(), Priority::Bulk);
        assert!(TABLE.number::<u32>(-1).is_err());
        assert!(TABLE.both(Some(1), None::<i32>).is_err());
        assert_eq!(TABLE.both(Some(1), Some(2)).unwrap(), Some((1, 2)));
    }
}
