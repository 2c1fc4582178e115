//! Hours in which a citizen wants to be written to: "с 10 до 18", "не раніше 10:30", "not after 8 pm".

use jiff::civil::Time;

use super::{fold, is_unseen};
use crate::domain::Hours;
use crate::ledger::Meaning;

/// Words before the hours that say nothing of them, and words of courtesy.
const AROUND: &str = "пишите пишіть писать писати мне мені только тільки лише лучше краще пожалуйста прошу \
                      спасибо будь ласка дякую write message me only please thanks thank you";

const FROM: &str = "с со з із зі от від from between";

const UNTIL: &str = "до по to till until and";

const NOT_BEFORE: [&str; 6] =
    ["не раньше", "не ранее", "не раніше", "not before", "not earlier than", "no earlier than"];

const NOT_AFTER: [&str; 6] =
    ["не позже", "не позднее", "не пізніше", "not after", "not later than", "no later than"];

/// What may follow a number: the hour, and which half of the day it is in.
const MORNING: &str = "am утра ранку";
const AFTERNOON: &str = "pm дня вечера вечора";
const HOUR: &str = "ч час часа часов год година години годин h o clock oclock";

/// The hours that a text asks for, where it is nothing else.
pub(super) fn asked(text: &str) -> Option<Meaning> {
    let lower: String = text.to_lowercase().chars().filter(|c| !is_unseen(*c)).collect();
    let words = words(&lower);
    let words: Vec<_> = words.iter().map(String::as_str).filter(|word| !one_of(AROUND, word)).collect();
    let words = words.strip_prefix(&["to"]).unwrap_or(&words);
    let (from, until) = span(words).or_else(|| bound(words))?;
    let midnight = Some(Time::midnight());
    let hours = match (from.map_or(midnight, Clock::time), until.map_or(midnight, Clock::time)) {
        (Some(from), Some(until)) if from != until => Meaning::Hours(Some(Hours { from, until })),
        _ => Meaning::NoSuchHours,
    };
    Some(hours)
}

type Span = (Option<Clock>, Option<Clock>);

/// "с 10 до 18".
fn span(words: &[&str]) -> Option<Span> {
    let (_, rest) = words.split_first().filter(|(first, _)| one_of(FROM, first))?;
    let at = rest.iter().position(|word| one_of(UNTIL, word))?;
    Some((Some(Clock::read(&rest[..at])?), Some(Clock::read(&rest[at + 1..])?)))
}

/// "не раньше 10", "не позже 20".
fn bound(words: &[&str]) -> Option<Span> {
    let after = |phrases: &[&str]| {
        phrases.iter().find_map(|phrase| {
            let phrase: Vec<_> = phrase.split(' ').collect();
            words.strip_prefix(phrase.as_slice()).and_then(Clock::read)
        })
    };
    let from = after(&NOT_BEFORE).map(|clock| (Some(clock), None));
    from.or_else(|| after(&NOT_AFTER).map(|clock| (None, Some(clock))))
}

/// A time of day as it was written, which need not be one.
#[derive(Clone, Copy)]
struct Clock {
    hour: i8,
    minute: i8,
}

impl Clock {
    /// Reads "10", "10:30", "10 утра", "6 pm", "18 часов".
    fn read(words: &[&str]) -> Option<Self> {
        let (number, rest) = words.split_first()?;
        let (hour, minute) = number.split_once(':').unwrap_or((number, "0"));
        let mut clock = Self { hour: digits(hour)?, minute: digits(minute)? };
        for word in rest {
            if one_of(AFTERNOON, word) {
                clock.hour = if (1..12).contains(&clock.hour) { clock.hour + 12 } else { clock.hour };
            } else if one_of(MORNING, word) {
                clock.hour = if clock.hour == 12 { 0 } else { clock.hour };
            } else if !one_of(HOUR, word) {
                return None;
            }
        }
        Some(clock)
    }

    /// The time, where there is such a one; 24 o'clock is midnight.
    fn time(self) -> Option<Time> {
        let hour = if (self.hour, self.minute) == (24, 0) { 0 } else { self.hour };
        Time::new(hour, self.minute, 0, 0).ok()
    }
}

/// A number of one or two digits.
fn digits(text: &str) -> Option<i8> {
    let plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

/// Words and numbers: "10.30" is one, and "10ч" is two.
fn words(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let digit = |at: Option<usize>| at.and_then(|at| characters.get(at)).is_some_and(char::is_ascii_digit);
    let mut words: Vec<String> = vec![String::new()];
    for (at, character) in characters.iter().enumerate() {
        let within = digit(at.checked_sub(1)) && digit(Some(at + 1));
        let turns = character.is_alphabetic() && digit(at.checked_sub(1));
        match character {
            ':' | '.' if within => words.last_mut().into_iter().for_each(|word| word.push(':')),
            letter if letter.is_alphanumeric() => {
                if turns {
                    words.push(String::new());
                }
                words.last_mut().into_iter().for_each(|word| word.push(*letter));
            }
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a word is in a list, whichever of two letters that look the same was typed.
fn one_of(list: &str, word: &str) -> bool {
    let folded = |word: &str| word.chars().map(fold).collect::<String>();
    let word = folded(word);
    list.split(' ').any(|one| folded(one) == word)
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    fn hours(from: (i8, i8), until: (i8, i8)) -> Meaning {
        let clock = |(hour, minute)| time(hour, minute, 0, 0);
        Meaning::Hours(Some(Hours { from: clock(from), until: clock(until) }))
    }

    #[test]
    fn hours_are_understood_in_three_languages() {
        let table = [
            (
                Some(hours((10, 0), (18, 0))),
                "с 10 до 18;С 10 до 18!;с 10:00 до 18:00;с 10.00 по 18.00;пишите мне с 10 до 18, пожалуйста;\
                 с 10 утра до 6 вечера;с 10ч до 18ч;з 10 до 18;від 10 до 18 години;Пишіть з 10 ранку до 6 вечора;\
                 from 10 to 18;From 10 am to 6 pm;write to me from 10am to 6pm;between 10 and 18;only from 10 to 18",
            ),
            (
                Some(hours((9, 30), (0, 0))),
                "не раньше 9:30;Не раніше 9.30;not before 9:30;не ранее 09:30, спасибо",
            ),
            (Some(hours((13, 0), (0, 0))), "не раньше 1 дня;not before 1 pm;с 13 до 24"),
            (
                Some(hours((0, 0), (20, 0))),
                "не позже 20;не пізніше 20 години;not after 8 pm;no later than 20:00",
            ),
            (Some(hours((22, 0), (6, 0))), "с 22 до 6"),
            (
                Some(Meaning::NoSuchHours),
                "с 25 до 30;не раньше 10:75;from 10 to 10;с 10 до 10;не позже 0;not before 99;з 24 до 0",
            ),
            (
                None,
                ";10;10 18;с 10;до 18;с утра;с 10 до вечера;с понедельника до пятницы;с 100 до 200;10-18;\
                 работаю с 10 до 18;с 10 до 18 ребёнок в саду;from 10 to 18 of May;not before May;не раньше;\
                 с 1000 до 1800 гривен;когда с 10 до 18",
            ),
        ];
        for (expected, texts) in table {
            for text in texts.split(';') {
                assert_eq!(asked(text), expected, "{text:?}");
            }
        }
    }
}
