//! Numbers, money and dates as people of each language write them.

use jiff::civil::{Date, DateTime, Time};

use crate::domain::{Currency, Locale};

/// A space that a phone does not break a line at.
const NO_BREAK_SPACE: &str = "\u{a0}";

/// A day: `31 декабря 2026 года`, `31 грудня 2026 року`, `31 December 2026`.
#[must_use]
pub fn date(locale: Locale, date: Date) -> String {
    let (months, end) = match locale {
        Locale::Ru => (&MONTHS_RU, " года"),
        Locale::Uk => (&MONTHS_UK, " року"),
        Locale::En => (&MONTHS_EN, ""),
    };
    let month = months[usize::from(date.month().unsigned_abs()) - 1];
    format!("{} {month} {}{end}", date.day(), date.year())
}

/// A moment by somebody's clock: `31 декабря 2026 года в 9:30`, `31 грудня 2026 року о 9:30`,
/// `31 December 2026 at 9:30`.
#[must_use]
pub fn moment(locale: Locale, at: DateTime) -> String {
    let at_time = match locale {
        Locale::Ru => "в",
        // As it is said: о дев’ятій, but об одинадцятій.
        Locale::Uk if at.hour() == 11 => "об",
        Locale::Uk => "о",
        Locale::En => "at",
    };
    format!("{} {at_time} {}", date(locale, at.date()), time(at.time()))
}

/// A time of day: `9:30`.
#[must_use]
pub fn time(time: Time) -> String {
    format!("{}:{:02}", time.hour(), time.minute())
}

/// A sum in hundredths: `1 500,50 ₽`, `1 500,50 грн`, `UAH 1,500.50`. Whole sums are shown without
/// hundredths.
#[must_use]
pub fn money(locale: Locale, minor: i64, currency: Currency) -> String {
    let (whole, rest) = (minor / 100, minor.unsigned_abs() % 100);
    let mut sum = grouped(locale, whole);
    if rest != 0 {
        let point = if locale == Locale::En { '.' } else { ',' };
        sum = format!("{sum}{point}{rest:02}");
    }
    match (locale, currency) {
        (Locale::En, _) => format!("{} {sum}", currency.code()),
        (_, Currency::Uah) => format!("{sum}{NO_BREAK_SPACE}грн"),
        (_, Currency::Rub) => format!("{sum}{NO_BREAK_SPACE}₽"),
        (_, Currency::Eur) => format!("{sum}{NO_BREAK_SPACE}€"),
    }
}

/// A whole number; from five digits on in groups of three, so that a year stays a year.
#[must_use]
pub fn integer(locale: Locale, number: i64) -> String {
    if number.unsigned_abs() < 10_000 { number.to_string() } else { grouped(locale, number) }
}

fn grouped(locale: Locale, number: i64) -> String {
    let separator = if locale == Locale::En { "," } else { NO_BREAK_SPACE };
    let digits = number.unsigned_abs().to_string();
    let mut shown = if number < 0 { "-".to_owned() } else { String::new() };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push_str(separator);
        }
        shown.push(digit);
    }
    shown
}

const MONTHS_RU: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];

const MONTHS_UK: [&str; 12] = [
    "січня",
    "лютого",
    "березня",
    "квітня",
    "травня",
    "червня",
    "липня",
    "серпня",
    "вересня",
    "жовтня",
    "листопада",
    "грудня",
];

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_in_words() {
        let last = Date::constant(2026, 12, 31);
        assert_eq!(date(Locale::Ru, last), "31 декабря 2026 года");
        assert_eq!(date(Locale::Uk, last), "31 грудня 2026 року");
        assert_eq!(date(Locale::En, last), "31 December 2026");
        assert_eq!(date(Locale::Uk, Date::constant(2027, 1, 2)), "2 січня 2027 року");
    }

    #[test]
    fn moments_are_told_as_they_are_said() {
        let morning = Date::constant(2026, 12, 31).at(9, 5, 0, 0);
        assert_eq!(moment(Locale::Ru, morning), "31 декабря 2026 года в 9:05");
        assert_eq!(moment(Locale::Uk, morning), "31 грудня 2026 року о 9:05");
        assert_eq!(
            moment(Locale::Uk, morning.with().hour(11).build().unwrap()),
            "31 грудня 2026 року об 11:05"
        );
        assert_eq!(moment(Locale::En, morning), "31 December 2026 at 9:05");
    }

    #[test]
    fn money_has_its_sign_where_the_language_puts_it() {
        let table = [
            (Locale::Ru, 150_050, Currency::Rub, "1\u{a0}500,50\u{a0}₽"),
            (Locale::Uk, 150_050, Currency::Uah, "1\u{a0}500,50\u{a0}грн"),
            (Locale::En, 150_050, Currency::Uah, "UAH 1,500.50"),
            (Locale::Uk, 4_100_000, Currency::Uah, "41\u{a0}000\u{a0}грн"),
            (Locale::Ru, 5, Currency::Eur, "0,05\u{a0}€"),
            (Locale::En, 100_000_000, Currency::Rub, "RUB 1,000,000"),
        ];
        for (locale, minor, currency, shown) in table {
            assert_eq!(money(locale, minor, currency), shown);
        }
    }

    #[test]
    fn long_numbers_are_grouped_and_years_are_not() {
        assert_eq!(integer(Locale::En, 2026), "2026");
        assert_eq!(integer(Locale::En, 1_000_000), "1,000,000");
        assert_eq!(integer(Locale::Ru, -12_345), "-12\u{a0}345");
        assert_eq!(integer(Locale::Uk, 0), "0");
    }
}
