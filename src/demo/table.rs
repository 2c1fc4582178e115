//! The day as a table for a terminal of 120 columns.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::course::{Board, Course, Progress, Sending};
use super::story::Story;
use crate::domain::{Catalogue, Class, Locale, Reason};

/// Width of the terminal that the table is made for.
const WIDTH: usize = 120;

/// Widths of the columns: life event, measure, what was sent where, final state.
const WIDTHS: [usize; 4] = [16, 39, 24, 11];

/// Width of the last column, the reason: what the others, their gaps and the margin leave.
const REASON: usize = 20;

/// What is between two columns.
const GAP: &str = "  ";

/// The table, person by person, and the closing line.
#[must_use]
pub fn table(story: &Story, catalogue: &Catalogue, board: &Board) -> String {
    let mut page = heading(story);
    for person in &story.people {
        let mut theirs = board.iter().filter(|course| course.tells.citizen == person.id).peekable();
        if theirs.peek().is_some() {
            let _ = writeln!(page, "\n{}  {}", person.label, person.about);
            for course in theirs {
                page += &row(&cells(story, catalogue, course));
            }
        }
    }
    page + "\n" + LEGEND + "\n" + &closing(board)
}

/// Beside a measure that the law demands to be told, with or without consent.
const BY_LAW: &str = "§";

const LEGEND: &str = "\
✓ taken by the provider  ✓✓ arrived  ✗ failed  ? no answer: nobody knows  ×2 tried twice  → what was tried next
inbox: it stands in the portal inbox alone  —: nobody was told  Hours stand where it was sent later, by Kyiv's clock.
§ by duty of law: a decision the citizen may object to, which is told without consent too.
";

fn heading(story: &Story) -> String {
    let day = story.begins.to_zoned(story.zone.clone()).strftime("%A, %-d %B %Y, from %H:%M in Kyiv");
    let columns =
        ["life event", "measure", "what was sent where", "final state", "reason"].map(str::to_owned);
    format!("A sample day: {day}. It is played on this machine; nobody is written to.\n\n{}", row(&columns))
}

/// A line of the table, or more where what was tried or the reason is too long for one.
fn row([life_event, measure, sent, state, reason]: &[String; 5]) -> String {
    let (sent, reason) = (folded(sent, WIDTHS[2]), broken(reason, REASON));
    let mut lines = String::new();
    for number in 0..sent.len().max(reason.len()) {
        let first = |text: &str| if number == 0 { text.to_owned() } else { String::new() };
        let nth = |lines: &[String]| lines.get(number).cloned().unwrap_or_default();
        let texts = [first(life_event), first(measure), nth(&sent), first(state)];
        let cells: Vec<_> = texts.iter().zip(WIDTHS).map(|(text, width)| fit(text, width)).collect();
        let line = format!("  {}{GAP}{}", cells.join(GAP), nth(&reason));
        lines = lines + line.trim_end() + "\n";
    }
    lines
}

/// The text in lines of at most this width, broken between words.
fn broken(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The text in lines of at most this width where it can be, broken before an arrow.
fn folded(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (number, part) in text.split(" → ").enumerate() {
        let part = if number == 0 { part.to_owned() } else { format!("→ {part}") };
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + part.chars().count() <= width => {
                *line = format!("{line} {part}");
            }
            _ => lines.push(part),
        }
    }
    lines
}

fn cells(story: &Story, catalogue: &Catalogue, course: &Course) -> [String; 5] {
    let (life_event, mut measure) = titles(catalogue, course);
    if is_by_law(catalogue, course) {
        measure = format!("{measure} {BY_LAW}");
    }
    let (state, reason) = match course.ending() {
        Some((state, reason)) => (in_words(state.as_str()), because(reason)),
        None => ("OPEN".to_owned(), String::new()),
    };
    [life_event, measure, sent(story, course), state, reason]
}

fn is_by_law(catalogue: &Catalogue, course: &Course) -> bool {
    let measure = catalogue.measure(&course.tells.life_event, &course.tells.measure);
    measure.is_some_and(|measure| measure.class() == Class::LegalDuty)
}

/// Why it ended so, in a few words beside its state: they say more than the state does.
fn because(reason: Reason) -> String {
    let words = match reason {
        Reason::ReceiptDelivered | Reason::ReceiptRead => "a receipt says so",
        Reason::NoReceiptGiven => "no receipt is given",
        Reason::CancelledBySource => "taken back by its source",
        Reason::Superseded => "another took its place",
        Reason::Rejected => "provider refused the text",
        Reason::ExpiredOnArrival => "its time was over when it came",
        Reason::Expired => "its time was over before it could go",
        Reason::Unreachable => "no address works",
        Reason::Ambiguous => "no answer came",
        other => return in_words(other.as_str()),
    };
    words.to_owned()
}

/// A code as people read it.
fn in_words(code: &str) -> String {
    code.replace('_', " ")
}

/// The names of life event and measure, in English.
#[must_use]
pub fn titles(catalogue: &Catalogue, course: &Course) -> (String, String) {
    let tells = &course.tells;
    let life_event = catalogue.life_events.get(&tells.life_event);
    let measure = catalogue.measure(&tells.life_event, &tells.measure);
    (
        life_event.map_or_else(|| tells.life_event.to_string(), |one| one.title.get(Locale::En).to_owned()),
        measure.map_or_else(|| tells.measure.to_string(), |one| one.title.get(Locale::En).to_owned()),
    )
}

/// The channels in the order they were tried, with how far each came, and the time where it is not
/// that of the one before.
fn sent(story: &Story, course: &Course) -> String {
    let sendings = course.sendings();
    let accepted = course.entries.first().map_or(story.begins, |(at, _)| *at);
    let (mut parts, mut clock) = (Vec::new(), time(story, accepted, accepted));
    for tries in sendings.chunk_by(|one, other| one.channel == other.channel) {
        let [first, .., last] = tries else {
            let [only] = tries else { continue };
            parts.push(part(story, accepted, &mut clock, only, 1, only));
            continue;
        };
        parts.push(part(story, accepted, &mut clock, first, tries.len(), last));
    }
    match (parts.is_empty(), course.in_inbox()) {
        (true, true) => "inbox".to_owned(),
        (true, false) => "—".to_owned(),
        _ => parts.join(" → "),
    }
}

fn part(
    story: &Story,
    accepted: Timestamp,
    clock: &mut String,
    first: &Sending,
    tries: usize,
    last: &Sending,
) -> String {
    let at = time(story, accepted, first.at);
    let shown = if at == *clock { String::new() } else { format!("{at} ") };
    *clock = at;
    let again = if tries > 1 { format!(" ×{tries}") } else { String::new() };
    format!("{shown}{}{again} {}", last.channel, mark(last.progress))
}

fn mark(progress: Progress) -> &'static str {
    match progress {
        Progress::Started => "…",
        Progress::Taken => "✓",
        Progress::Delivered => "✓✓",
        Progress::Read => "✓✓ read",
        Progress::Failed(vestnik_contract::SendErrorKind::Ambiguous) => "?",
        Progress::Failed(_) => "✗",
    }
}

/// `11:00`, and with the day where it is not that of `since`.
fn time(story: &Story, since: Timestamp, at: Timestamp) -> String {
    let local = |at: Timestamp, zone: &TimeZone| at.to_zoned(zone.clone());
    let (then, now) = (local(since, &story.zone), local(at, &story.zone));
    let form = if then.date() == now.date() { "%H:%M" } else { "%a %H:%M" };
    now.strftime(form).to_string()
}

/// The text with just this many characters.
fn fit(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count > width {
        let kept: String = text.chars().take(width.saturating_sub(1)).collect();
        return format!("{}…", kept.trim_end()) + &" ".repeat(width - 1 - kept.trim_end().chars().count());
    }
    text.to_owned() + &" ".repeat(width - count)
}

fn closing(board: &Board) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for course in board.iter() {
        let state = course.ending().map_or_else(|| "open".to_owned(), |(state, _)| in_words(state.as_str()));
        match counts.iter_mut().find(|(name, _)| *name == state) {
            Some((_, count)) => *count += 1,
            None => counts.push((state, 1)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let total: usize = counts.iter().map(|(_, count)| count).sum();
    let parts: Vec<_> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    wrapped(&format!("{total} notifications: {}.", parts.join(", ")))
}

/// The text in lines of the table's width, broken after commas.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for part in text.split_inclusive(", ") {
        match lines.last_mut() {
            Some(line) if line.chars().count() + part.trim_end().chars().count() <= WIDTH => *line += part,
            _ => lines.push(part.to_owned()),
        }
    }
    let trimmed: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
    trimmed.join("\n") + "\n"
}

/// How many notifications did not go as the story says, each in a line.
#[must_use]
pub fn surprises(story: &Story, board: &Board) -> Vec<String> {
    let mut found = Vec::new();
    for expected in &story.endings {
        let course = board.iter().find(|course| course.reference.to_string() == expected.of);
        let ending = course.and_then(Course::ending);
        let sent: Vec<_> =
            course.into_iter().flat_map(Course::sendings).map(|sending| sending.channel).collect();
        if ending != Some((expected.state, expected.reason)) || sent != expected.sent {
            let (state, reason) = ending.map_or(("open", None), |(state, why)| (state.as_str(), Some(why)));
            let reason = reason.map_or("", Reason::as_str);
            let channels: Vec<_> = sent.iter().map(ToString::to_string).collect();
            found.push(format!("{}: {state} {reason} [{}]", expected.of, channels.join(", ")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_as_wide_as_its_column() {
        for text in ["", "short", "exactly ten", "Renewal of the large-family certificate", "✓✓ → ✗"]
        {
            assert_eq!(fit(text, 11).chars().count(), 11, "{text}");
        }
        assert_eq!(fit("Large family", 8), "Large f…");
    }

    #[test]
    fn a_reason_says_more_than_the_state_beside_it() {
        for reason in Reason::ALL {
            let words = because(*reason);
            for state in ["delivered", "read", "accepted", "unreachable", "expired", "cancelled", "rejected"]
            {
                assert!(!words.split(' ').any(|word| word == state), "{words} beside {state}");
            }
            assert!(broken(&words, REASON).iter().all(|line| line.chars().count() <= REASON), "{words}");
        }
        assert_eq!(broken("provider refused the text", 20), ["provider refused the", "text"]);
    }

    #[test]
    fn what_was_tried_is_broken_before_an_arrow() {
        let tried = "viber ✓ → 13:01 sms ✓ → Wed 09:00 email ✓";
        assert_eq!(folded(tried, 24), ["viber ✓ → 13:01 sms ✓", "→ Wed 09:00 email ✓"]);
        assert_eq!(folded("inbox", 24), ["inbox"]);
        let columns = ["a", "b", tried, "c", "d"].map(str::to_owned);
        let lines = row(&columns);
        assert!(lines.lines().all(|line| line.chars().count() <= WIDTH && !line.ends_with(' ')), "{lines}");
        assert_eq!(lines.lines().count(), 2);
    }

    #[test]
    fn counts_are_broken_after_a_comma() {
        let text = format!("{}, {}, {}.", "a".repeat(60), "b".repeat(56), "1 c");
        assert_eq!(wrapped(&text), format!("{}, {},\n1 c.\n", "a".repeat(60), "b".repeat(56)));
    }
}
