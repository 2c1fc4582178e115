//! The word that was probably meant.

/// The known word that `found` was probably meant to be: the one that the fewest slips of a finger
/// (a letter wrong, missing, too many, or two of them exchanged) turn it into, if they are at
/// most a third of its letters.
#[must_use]
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = found.chars().count();
    if letters > LONGEST {
        return None;
    }
    let slips = known.into_iter().map(|word| (strsim::osa_distance(found, word), word));
    let near = slips.filter(|(slips, _)| *slips < letters && *slips <= (letters / 3).max(1));
    near.min_by_key(|(slips, _)| *slips).map(|(_, word)| word)
}

/// Nobody's slip of a finger is longer than this, and comparing takes time.
const LONGEST: usize = 200;

/// `; did you mean …?` where a known word is near, or nothing: the end of a sentence that says what
/// was expected.
#[must_use]
pub fn did_you_mean<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(found, known).map(|word| format!("; did you mean {word}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_one_slip_away_or_a_few_in_a_long_word() {
        let known = ["few", "many", "child_allowance", "no"];
        let table =
            [("fwe", Some("few")), ("child_alowence", Some("child_allowance")), ("x", None), ("one", None)];
        for (found, expected) in table {
            assert_eq!(nearest(found, known), expected, "{found}");
        }
        assert_eq!(nearest(&"few".repeat(100_000), known), None);
    }
}
