//! Which rooms a source file names.

use crate::tokens::{Token, starts_with};

/// A room that is named, and the line on which it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Edge<'a> {
    pub(crate) room: &'a str,
    pub(crate) line: usize,
}

/// The rooms that the tokens name: `crate::room`, `crate::{room, room}`, in a `use` or in the middle
/// of the code, and the same by as many `super` as lead up to the crate's root. `depth` is how many
/// modules deep the file is: 1 for `src/clock.rs` and `src/ledger/mod.rs`.
pub(crate) fn edges<'a>(tokens: &[Token<'a>], depth: usize) -> Vec<Edge<'a>> {
    let roots = (0..tokens.len()).filter_map(|at| after_root(tokens, at, depth));
    roots.flat_map(|at| heads(&tokens[at..])).collect()
}

/// Where the path goes on whose first words, at `at`, stand for the crate's root.
fn after_root(tokens: &[Token<'_>], at: usize, depth: usize) -> Option<usize> {
    let rest = &tokens[at..];
    if starts_with(rest, &["crate", "::"]) || starts_with(rest, &["vestnik", "::"]) {
        return Some(at + 2);
    }
    let continues = at > 0 && tokens[at - 1].text == "::";
    let ups = rest.chunks(2).take_while(|pair| starts_with(pair, &["super", "::"])).count();
    (!continues && depth > 0 && ups >= depth).then_some(at + 2 * ups)
}

/// The first names of a path: one, or those of each branch of a group.
fn heads<'a>(path: &[Token<'a>]) -> Vec<Edge<'a>> {
    let edge = |token: &Token<'a>| Edge { room: token.text, line: token.line };
    match path.first() {
        Some(open) if open.text == "{" => branches(&path[1..]).map(|token| edge(&token)).collect(),
        Some(name) => vec![edge(name)],
        None => Vec::new(),
    }
}

/// The first token of each branch of the group that is open.
fn branches<'a>(group: &[Token<'a>]) -> impl Iterator<Item = Token<'a>> {
    let (mut depth, mut fresh) = (1, true);
    group.iter().copied().filter(move |token| {
        let first = fresh && depth == 1;
        match token.text {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        fresh = depth == 1 && token.text == ",";
        first && depth == 1 && token.text != "self"
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::tokens;

    fn rooms(source: &str, depth: usize) -> Vec<&str> {
        edges(&tokens(source), depth).iter().map(|edge| edge.room).collect()
    }

    #[test]
    fn every_way_to_name_a_room_is_found() {
        for (source, depth, found) in [
            ("use crate::web::Page;", 1, vec!["web"]),
            ("pub use crate::web;", 1, vec!["web"]),
            ("let page = crate::web::Page::new();", 1, vec!["web"]),
            ("use crate::{domain::{Id, Name}, web, policy::decide};", 1, vec!["domain", "web", "policy"]),
            ("use crate::{self, web};", 1, vec!["web"]),
            ("use super::web::Page;", 1, vec!["web"]),
            ("use super::super::web::Page;", 2, vec!["web"]),
            ("use super::super::{web, domain};", 2, vec!["web", "domain"]),
            ("use super::lane::Lane;", 2, vec![]),
            ("use vestnik::cli::run;", 0, vec!["cli"]),
            ("fn f() -> super::Lane {}", 2, vec![]),
            ("$crate::web::page!()", 1, vec!["web"]),
        ] {
            assert_eq!(rooms(source, depth), found, "{source}");
        }
    }
}
