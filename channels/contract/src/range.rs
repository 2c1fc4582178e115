//! Numbers in settings. Which are taken stands in one place, beside the setting, and what a person is
//! told comes from there.
//!
//! ```
//! use serde::Deserialize;
//! use vestnik_contract::range::whole;
//!
//! #[derive(Deserialize)]
//! struct Lane {
//!     #[serde(deserialize_with = "whole::<1, 200, _, _>")]
//!     concurrency: u16,
//! }
//! let error = serde_json::from_str::<Lane>(r#"{"concurrency":0}"#).err().unwrap();
//! assert!(error.to_string().contains("expected a whole number from 1 to 200"));
//! ```

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};

/// Deserializes a whole number from `LEAST` to `MOST`, both included.
pub fn whole<'de, const LEAST: i64, const MOST: i64, N: TryFrom<i64>, D: Deserializer<'de>>(
    from: D,
) -> Result<N, D::Error> {
    from.deserialize_i64(Whole::<N, LEAST, MOST>(PhantomData))
}

/// The same, for a setting that may be absent: `#[serde(default, deserialize_with = "…")]`.
pub fn whole_if_any<'de, const LEAST: i64, const MOST: i64, N: TryFrom<i64>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<N>, D::Error> {
    whole::<LEAST, MOST, N, D>(from).map(Some)
}

/// Deserializes seconds, whole or not, from `LEAST` to `MOST` milliseconds, both included.
pub fn seconds<'de, const LEAST: u64, const MOST: u64, D: Deserializer<'de>>(
    from: D,
) -> Result<Duration, D::Error> {
    from.deserialize_f64(Seconds::<LEAST, MOST>)
}

struct Whole<N, const LEAST: i64, const MOST: i64>(PhantomData<N>);

impl<N: TryFrom<i64>, const LEAST: i64, const MOST: i64> Visitor<'_> for Whole<N, LEAST, MOST> {
    type Value = N;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {LEAST} to {MOST}")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<N, E> {
        let within = Some(number).filter(|number| (LEAST..=MOST).contains(number));
        let wrong = || E::invalid_value(Unexpected::Signed(number), &self);
        within.and_then(|number| N::try_from(number).ok()).ok_or_else(wrong)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<N, E> {
        match i64::try_from(number) {
            Ok(number) => self.visit_i64(number),
            Err(_) => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
        }
    }
}

struct Seconds<const LEAST: u64, const MOST: u64>;

impl<const LEAST: u64, const MOST: u64> Visitor<'_> for Seconds<LEAST, MOST> {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |millis| Duration::from_millis(millis).as_secs_f64();
        write!(f, "seconds from {} to {}", seconds(LEAST), seconds(MOST))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Duration, E> {
        let span = Duration::try_from_secs_f64(number).ok();
        let within =
            (Duration::from_millis(LEAST)..=Duration::from_millis(MOST)).contains(&span.unwrap_or_default());
        let wrong = || E::invalid_value(Unexpected::Float(number), &self);
        span.filter(|_| within).ok_or_else(wrong)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Duration, E> {
        match u64::try_from(number) {
            Ok(number) => self.visit_u64(number),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(number), &self)),
        }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Duration, E> {
        let span = Duration::from_secs(number);
        let within = (Duration::from_millis(LEAST)..=Duration::from_millis(MOST)).contains(&span);
        within.then_some(span).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Settings {
        #[serde(deserialize_with = "whole::<1, 200, _, _>")]
        calls: u8,
        #[serde(deserialize_with = "whole_if_any::<-5, 5, _, _>")]
        shift: Option<i16>,
        #[serde(deserialize_with = "seconds::<10, 3_600_000, _>")]
        wait: Duration,
    }

    fn read(key: &str, value: &str) -> Result<Settings, String> {
        serde_json::from_str(&format!("{{\"{key}\":{value}}}")).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_told_is_what_is_taken() {
        assert_eq!((read("calls", "1").unwrap().calls, read("calls", "200").unwrap().calls), (1, 200));
        assert_eq!(read("shift", "-5").unwrap().shift, Some(-5));
        assert_eq!(serde_json::from_str::<Settings>("{}").unwrap(), Settings::default());
        for (written, millis) in [("0.01", 10), ("1", 1_000), ("3600.0", 3_600_000)] {
            assert_eq!(read("wait", written).unwrap().wait, Duration::from_millis(millis));
        }
        let calls = "expected a whole number from 1 to 200";
        let table = [
            ("calls", "0", calls),
            ("calls", "201", calls),
            ("calls", "-1", calls),
            ("calls", "1.5", calls),
            ("calls", "\"8\"", calls),
            ("calls", "18446744073709551615", calls),
            ("shift", "6", "expected a whole number from -5 to 5"),
            ("wait", "0.009", "expected seconds from 0.01 to 3600"),
            ("wait", "3601", "expected seconds from 0.01 to 3600"),
            ("wait", "-1", "expected seconds from 0.01 to 3600"),
            ("wait", "1e300", "expected seconds from 0.01 to 3600"),
        ];
        for (key, written, expected) in table {
            let told = read(key, written).unwrap_err();
            assert!(told.contains(expected), "{key} = {written}: {told}");
        }
    }
}
