//! Takes Rust source apart into words and marks, as far as the rules need it: comments and the
//! contents of strings are gone, and what is compiled for tests only can be left out.

/// A word (`use`, `crate`, a name, a number), `::`, or one other character, with the line it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    pub(crate) line: usize,
}

/// The tokens of the source, in order.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < source.len() {
        let (length, kind) = piece(&source[at..]);
        let text = &source[at..at + length];
        if kind == Kind::Code {
            found.push(Token { text, line });
        }
        line += text.matches('\n').count();
        at += length;
    }
    found
}

#[derive(PartialEq, Eq)]
enum Kind {
    Code,
    Silent,
}

/// The length in bytes of the first piece of the rest of the source, and what it is.
fn piece(rest: &str) -> (usize, Kind) {
    let length_of = |matches: fn(char) -> bool| rest.find(|c| !matches(c)).unwrap_or(rest.len());
    let first = rest.chars().next().unwrap_or(' ');
    if first.is_whitespace() {
        (length_of(char::is_whitespace), Kind::Silent)
    } else if rest.starts_with("//") {
        (rest.find('\n').unwrap_or(rest.len()), Kind::Silent)
    } else if rest.starts_with("/*") {
        (block_comment(rest), Kind::Silent)
    } else if let Some(length) = string(rest) {
        (length, Kind::Silent)
    } else if first == '\'' {
        (quoted_character(rest), Kind::Silent)
    } else if first.is_alphanumeric() || first == '_' {
        (length_of(|c| c.is_alphanumeric() || c == '_'), Kind::Code)
    } else if rest.starts_with("::") {
        (2, Kind::Code)
    } else {
        (first.len_utf8(), Kind::Code)
    }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let here = &rest[at..];
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// `"…"`, `b"…"`, `c"…"`, `r"…"`, `br#"…"#` and so on.
fn string(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix).unwrap_or("").trim_start_matches('#');
        after.starts_with('"') && (prefix.ends_with('r') || rest[prefix.len()..].starts_with('"'))
    })?;
    let hashes = rest[prefix.len()..].find('"')?;
    let start = prefix.len() + hashes + 1;
    let end = if prefix.ends_with('r') {
        let close = format!("\"{}", "#".repeat(hashes));
        rest[start..].find(&close).map(|at| start + at + close.len())
    } else {
        closing_quote(&rest[start..], '"').map(|at| start + at + 1)
    };
    Some(end.unwrap_or(rest.len()))
}

/// Where the quote stands that is not escaped.
fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let closes = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at)
    })
}

/// `'x'`, `'\n'`, or the mark of a lifetime, whose name follows as a word.
fn quoted_character(rest: &str) -> usize {
    let mut characters = rest.char_indices().skip(1);
    match (characters.next(), characters.next()) {
        (Some((_, '\\')), _) => closing_quote(&rest[1..], '\'').map_or(1, |at| at + 2),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

/// The tokens without what stands under `#[cfg(test)]`, and the names of the modules that are
/// declared there and written in files of their own.
pub(crate) fn without_tests<'a>(all: &[Token<'a>]) -> (Vec<Token<'a>>, Vec<&'a str>) {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut modules, mut at) = (Vec::new(), Vec::new(), 0);
    while at < all.len() {
        if !starts_with(&all[at..], &MARK) {
            kept.push(all[at]);
            at += 1;
            continue;
        }
        let item = &all[at + MARK.len()..];
        let length = item_length(item);
        modules.extend(declared_module(&item[..length]));
        at += MARK.len() + length;
    }
    (kept, modules)
}

/// Whether the tokens begin with these words and marks.
pub(crate) fn starts_with(tokens: &[Token<'_>], texts: &[&str]) -> bool {
    tokens.len() >= texts.len() && tokens.iter().zip(texts).all(|(token, text)| token.text == *text)
}

/// How many tokens the first item takes: up to its `;`, or to the `}` of its body.
fn item_length(tokens: &[Token<'_>]) -> usize {
    let imports = tokens.iter().take(4).any(|token| token.text == "use");
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 && (token.text == ";" || token.text == "}" && !imports) {
            return at + 1;
        }
    }
    tokens.len()
}

/// The name in `mod name;`.
fn declared_module<'a>(item: &[Token<'a>]) -> Option<&'a str> {
    let [.., keyword, name, end] = item else { return None };
    (keyword.text == "mod" && end.text == ";").then_some(name.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source).iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_strings_and_characters_say_nothing() {
        for silent in [
            "// crate::web",
            "/* crate::web /* nested */ crate::web */",
            "\"crate::web \\\" crate::web\"",
            "r#\"crate::web \" crate::web\"#",
            "b\"crate::web\"",
            "br\"crate::web\\\"",
            "'\"'",
            "'\\''",
        ] {
            assert_eq!(texts(&format!("a {silent}\n b")), ["a", "b"], "{silent}");
        }
    }

    #[test]
    fn lifetimes_are_no_characters() {
        assert_eq!(texts("&'a str, 'b'"), ["&", "a", "str", ","]);
    }

    #[test]
    fn words_keep_their_lines() {
        let found = tokens("a\n/* x\n y */ b::c \"\n\" d");
        let lines: Vec<_> = found.iter().map(|token| (token.text, token.line)).collect();
        assert_eq!(lines, [("a", 1), ("b", 3), ("::", 3), ("c", 3), ("d", 4)]);
    }

    #[test]
    fn what_is_for_tests_is_left_out() {
        for test_only in [
            "#[cfg(test)] mod tests { fn f() { g(); } }",
            "#[cfg(test)] use x::{y, z};",
            "#[cfg(test)] #[allow(dead_code)] fn f(x: [u8; 2]) { }",
            "#[cfg(test)] const X: [u8; 2] = [1, 2];",
        ] {
            let source = format!("a {test_only} b");
            let kept: Vec<_> = without_tests(&tokens(&source)).0.iter().map(|token| token.text).collect();
            assert_eq!(kept, ["a", "b"], "{test_only}");
        }
    }

    #[test]
    fn modules_for_tests_are_named() {
        let source = tokens("#[cfg(test)] pub(crate) mod suite; mod real; #[cfg(test)] mod tests { }");
        assert_eq!(without_tests(&source).1, ["suite"]);
    }
}
