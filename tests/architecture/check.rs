//! Holds the sources against the rules.

use std::fmt;

use crate::edges::{Edge, edges};
use crate::rules::{CONFINED, OUTSIDE, PURE_ROOMS, ROOMS};
use crate::tokens::{Token, starts_with, tokens, without_tests};

/// A place where a rule is broken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) rule: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.rule)
    }
}

/// One Rust file: its path from the repository's root, with `/`, and its text.
pub(crate) struct SourceFile {
    path: String,
    text: String,
}

impl SourceFile {
    pub(crate) fn new(path: impl Into<String>, text: &str) -> Self {
        Self { path: path.into(), text: text.to_owned() }
    }

    /// The room of the root crate that the file belongs to; none for channel crates and for `lib.rs`
    /// and `main.rs`, which put the rooms together.
    pub(crate) fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?.strip_suffix(".rs")?;
        let room = inside.split('/').next()?;
        (room != "lib" && room != "main").then_some(room)
    }

    /// How many modules deep the file is.
    fn depth(&self) -> usize {
        let inside = self.path.trim_start_matches("src/").trim_end_matches("/mod.rs");
        self.room().map_or(0, |_| inside.split('/').count())
    }

    /// The path of a module that this file declares, without `.rs` or `/mod.rs`.
    fn path_of_module(&self, name: &str) -> String {
        let own =
            ["/mod.rs", "/lib.rs", "/main.rs", ".rs"].iter().find_map(|end| self.path.strip_suffix(end));
        format!("{}/{name}", own.unwrap_or(&self.path))
    }
}

/// Every breach in the files. What is compiled for tests only is free.
pub(crate) fn check_sources(files: &[SourceFile]) -> Vec<Breach> {
    let read: Vec<_> = files.iter().map(|file| (file, tokens(&file.text))).collect();
    let split: Vec<_> = read.iter().map(|(file, all)| (*file, without_tests(all))).collect();
    let for_tests: Vec<String> = split
        .iter()
        .flat_map(|(file, (_, modules))| modules.iter().map(|name| file.path_of_module(name)))
        .collect();
    split
        .iter()
        .filter(|(file, _)| !for_tests.iter().any(|module| belongs_to(&file.path, module)))
        .flat_map(|(file, (code, _))| check_file(file, code))
        .collect()
}

fn check_file(file: &SourceFile, code: &[Token<'_>]) -> Vec<Breach> {
    let broken =
        room_breaches(file, code).chain(confined_breaches(file, code)).chain(outside_breaches(file, code));
    let mut found: Vec<Breach> =
        broken.map(|(line, rule)| Breach { path: file.path.clone(), line, rule }).collect();
    found.sort_by_key(|breach| breach.line);
    found
}

type Found = (usize, String);

fn room_breaches<'a>(file: &'a SourceFile, code: &'a [Token<'_>]) -> impl Iterator<Item = Found> + 'a {
    file.room().into_iter().flat_map(move |own| {
        let Some(room) = ROOMS.iter().find(|room| room.name == own) else {
            return vec![(1, format!("no rule speaks of the room `{own}`: add it to the table of rooms"))];
        };
        edges(code, file.depth())
            .into_iter()
            .filter(|edge| names_a_room(edge) && edge.room != own && !room.may_use.allows(edge.room))
            .map(|edge| {
                (edge.line, format!("`{own}` uses `{}`, but `{own}` {}", edge.room, room.may_use.words()))
            })
            .collect()
    })
}

/// What is not a room is an item or a macro at the root of the crate.
fn names_a_room(edge: &Edge<'_>) -> bool {
    ROOMS.iter().any(|room| room.name == edge.room)
}

fn confined_breaches<'a>(file: &'a SourceFile, code: &'a [Token<'_>]) -> impl Iterator<Item = Found> + 'a {
    let elsewhere =
        CONFINED.iter().filter(|rule| !rule.places.iter().any(|place| belongs_to(&file.path, place)));
    elsewhere.flat_map(|rule| {
        let words = format!("`{}` is named only in {}: {}", rule.name, rule.places.join(", "), rule.why);
        naming(code, rule.name).map(move |line| (line, words.clone()))
    })
}

fn outside_breaches<'a>(file: &'a SourceFile, code: &'a [Token<'_>]) -> impl Iterator<Item = Found> + 'a {
    let pure = file.room().filter(|room| PURE_ROOMS.contains(room));
    pure.into_iter().flat_map(move |room| {
        OUTSIDE.iter().flat_map(move |name| {
            naming(code, name).map(move |line| (line, format!("`{room}` does no I/O, and names `{name}`")))
        })
    })
}

/// The lines on which a path such as `Timestamp::now` begins.
fn naming<'a>(code: &'a [Token<'_>], path: &'a str) -> impl Iterator<Item = usize> + 'a {
    let texts: Vec<&str> = tokens(path).iter().map(|token| token.text).collect();
    (0..code.len()).filter(move |at| starts_with(&code[*at..], &texts)).map(|at| code[at].line)
}

/// Whether the file is the place, or lies in it: `src/cli/publish` stands for `src/cli/publish.rs`
/// and for every file under `src/cli/publish/`.
fn belongs_to(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest == ".rs" || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(path: &str, text: &str) -> Vec<String> {
        check_sources(&[SourceFile::new(path, text)]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_edge_that_the_table_does_not_allow_is_found() {
        for from in ROOMS {
            for to in ROOMS {
                let found =
                    breaches(&format!("src/{}/part.rs", from.name), &format!("\nuse crate::{}::X;", to.name));
                let allowed = from.name == to.name || from.may_use.allows(to.name);
                assert_eq!(found.is_empty(), allowed, "{} -> {}: {found:?}", from.name, to.name);
                assert!(
                    allowed || found[0].starts_with(&format!("src/{}/part.rs:2: ", from.name)),
                    "{found:?}"
                );
            }
        }
    }

    #[test]
    fn the_table_points_one_way() {
        for lower in ROOMS {
            for upper in ROOMS.iter().filter(|upper| upper.name != lower.name) {
                let both = lower.may_use.allows(upper.name) && upper.may_use.allows(lower.name);
                assert!(!both, "{} and {} may use each other", lower.name, upper.name);
            }
        }
    }

    #[test]
    fn what_is_confined_is_found_everywhere_else() {
        for rule in CONFINED {
            let text = format!("fn f() {{ {}(); }}", rule.name);
            for place in ["src/web/mod.rs", "src/cli/mod.rs", "channels/sms/src/client.rs"] {
                assert!(!breaches(place, &text).is_empty(), "{} in {place}", rule.name);
            }
            for place in rule.places {
                let stem = place.trim_end_matches(".rs");
                assert_eq!(breaches(&format!("{stem}.rs"), &text), [""; 0], "{} in {stem}.rs", rule.name);
            }
        }
    }

    #[test]
    fn rooms_without_io_name_nothing_outside() {
        for room in PURE_ROOMS {
            for name in OUTSIDE {
                let text = format!("use {name}::thing;");
                assert_eq!(breaches(&format!("src/{room}/part.rs"), &text).len(), 1, "{name} in {room}");
                assert_eq!(breaches("src/web/part.rs", &text), [""; 0]);
            }
        }
    }

    #[test]
    fn a_breach_says_where_and_which_rule() {
        let found = breaches("src/domain/state.rs", "//! State.\n\nuse std::fmt;\nuse crate::ledger::Row;\n");
        let expected = "src/domain/state.rs:4: `domain` uses `ledger`, but `domain` uses no other room";
        assert_eq!(found, [expected]);
    }

    #[test]
    fn a_room_without_a_rule_is_found() {
        assert_eq!(breaches("src/cellar/mod.rs", "").len(), 1);
        assert_eq!(breaches("src/cellar.rs", "").len(), 1);
        assert_eq!(breaches("src/main.rs", "use vestnik::cli;"), [""; 0]);
    }

    #[test]
    fn one_file_rooms_reach_the_root_by_one_super() {
        assert_eq!(breaches("src/clock.rs", "use super::ledger::Row;").len(), 1);
        assert_eq!(breaches("src/policy/mod.rs", "use super::ledger::Row;").len(), 1);
        assert_eq!(breaches("src/policy/quiet.rs", "use super::super::ledger::Row;").len(), 1);
        assert_eq!(
            breaches("src/policy/quiet.rs", "use super::ledger::Row;"),
            [""; 0],
            "policy's own `ledger`"
        );
    }

    #[test]
    fn tests_are_free() {
        let inline = "#[cfg(test)]\nmod tests { use crate::ledger::Row; fn f() { Timestamp::now(); } }";
        assert_eq!(breaches("src/domain/state.rs", inline), [""; 0]);

        let files = [
            SourceFile::new("src/policy/mod.rs", "#[cfg(test)] mod fixture; mod quiet;"),
            SourceFile::new("src/policy/fixture.rs", "use crate::ledger::Row;"),
            SourceFile::new("src/policy/quiet.rs", "#[cfg(test)] mod tests;\nuse crate::ledger::Row;"),
            SourceFile::new("src/policy/quiet/tests.rs", "use crate::ledger::Row;"),
        ];
        let found: Vec<String> = check_sources(&files).iter().map(|breach| breach.path.clone()).collect();
        assert_eq!(found, ["src/policy/quiet.rs"]);
    }
}
