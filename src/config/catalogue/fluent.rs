//! Checks a file of texts against what it should hold, without rendering anything: every mistake is
//! found where it stands.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Attribute, Entry, Expression, Identifier, InlineExpression, Message, Pattern};
use fluent_syntax::ast::{PatternElement, Variant, VariantKey};
use fluent_syntax::parser::{self, ErrorKind, ParserError};

use super::senders;
use crate::config::error::{ConfigErrors, SourceFile};
use crate::domain::wording::Allowed;
use crate::domain::{Locale, Template};
use crate::notice::variables::{self, Kind, Variable};
use crate::notice::{ATTRIBUTES, GatewayText};

/// A message that a file must hold.
pub(super) struct Expected {
    /// Its name.
    pub(super) id: String,
    /// The attributes it must have.
    pub(super) attributes: Vec<&'static str>,
    /// Groups of variables; of each group one must be used somewhere in the message.
    pub(super) declared: Vec<Vec<Variable>>,
    /// Variables that may be used.
    pub(super) built_in: Vec<Variable>,
}

impl From<&Template> for Expected {
    fn from(template: &Template) -> Self {
        let declared = template.params.iter().map(|(name, param)| variables::of_param(name, param)).collect();
        Self {
            id: template.id.to_string(),
            attributes: ATTRIBUTES.to_vec(),
            declared,
            built_in: variables::built_in(),
        }
    }
}

impl From<GatewayText> for Expected {
    fn from(text: GatewayText) -> Self {
        let declared = text.variables.into_iter().map(|variable| vec![variable]).collect();
        Self { id: text.id.to_owned(), attributes: text.attributes, declared, built_in: Vec::new() }
    }
}

impl Expected {
    fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.declared.iter().flatten().chain(&self.built_in)
    }
}

/// Where each attribute of a file's messages begins, in bytes, by `message.attribute`.
pub(super) type Places = BTreeMap<String, usize>;

/// Checks one file. A file with a syntax error is checked no further: what the parser skipped would
/// only seem to be missing.
pub(super) fn check(
    file: &SourceFile,
    locale: Locale,
    expected: &[Expected],
    allowed: &Allowed,
    errors: &mut ConfigErrors,
) -> Places {
    let resource = match parser::parse(file.text.as_str()) {
        Ok(resource) => resource,
        Err((_, mistakes)) => {
            for mistake in mistakes {
                let (at, kind) = cause(file, &mistake).unwrap_or((mistake.pos.start, mistake.kind));
                errors.push(file.error(at, syntax(&kind.to_string())));
            }
            return Places::new();
        }
    };
    let mut checker = Checker { file, locale, places: Places::new(), allowed, errors };
    let mut found = BTreeSet::new();
    for entry in &resource.body {
        match entry {
            Entry::Message(message) => {
                checker.message(message, expected, !found.insert(message.id.name));
            }
            Entry::Term(term) => checker.refuse(term.id.name, "texts written out in full", "a term"),
            _ => {}
        }
    }
    for missing in expected.iter().filter(|message| !found.contains(message.id.as_str())) {
        let error = file.error(file.text.len(), format!("expected a message {}, found none", missing.id));
        let known = expected.iter().map(|message| message.id.as_str()).collect::<BTreeSet<_>>();
        let strangers = found.iter().copied().filter(|name| !known.contains(name));
        checker.errors.push(error.with_nearest(&missing.id, strangers));
    }
    checker.places
}

/// What is really wrong with an attribute. The parser only says that a message may not begin with a
/// dot; read as the text of a message, the attribute shows its own mistake.
fn cause(file: &SourceFile, mistake: &ParserError) -> Option<(usize, ErrorKind)> {
    const HEAD: &str = "m ";
    let skipped = mistake.slice.clone()?;
    let text = file.text.get(skipped.clone()).filter(|text| text.trim_start().starts_with('.'))?;
    let equals = text.find('=')?;
    let (_, mistakes) = parser::parse(format!("{HEAD}{}", &text[equals..])).err()?;
    let first = mistakes.into_iter().next()?;
    Some(((skipped.start + equals + first.pos.start).saturating_sub(HEAD.len()), first.kind))
}

/// The parser's words, made to begin as all our messages do.
fn syntax(words: &str) -> String {
    match words {
        "Expected one of \"a-zA-Z\"" => {
            "expected the name of a message, which begins with a letter".to_owned()
        }
        other => {
            other.strip_prefix("Expected").map_or_else(|| other.to_owned(), |rest| format!("expected{rest}"))
        }
    }
}

/// What is said to a text with a sender of its own.
const NO_SENDER: &str =
    "no sender in the text: the agency's name and the one signature stand around every text by themselves";

struct Checker<'a> {
    file: &'a SourceFile,
    locale: Locale,
    places: Places,
    allowed: &'a Allowed,
    errors: &'a mut ConfigErrors,
}

impl Checker<'_> {
    fn message(&mut self, message: &Message<&str>, expected: &[Expected], again: bool) {
        let name = message.id.name;
        if again {
            return self.refuse(name, "each message once", &format!("{name} again"));
        }
        let Some(known) = expected.iter().find(|known| known.id == name) else {
            let error = self.file.error(self.offset(name), format!("expected no message of the name {name}"));
            return self
                .errors
                .push(error.with_nearest(name, expected.iter().map(|known| known.id.as_str())));
        };
        if message.value.is_some() {
            self.refuse(name, "attributes only", "a text before them");
        }
        let used = self.attributes(message, known);
        for group in &known.declared {
            if let Some(main) = group.first().filter(|_| group.iter().all(|one| !used.contains(&one.name))) {
                let expected = format!("${} to be used, as it is declared", main.name);
                self.refuse(name, &expected, "it nowhere in the message");
            }
        }
    }

    /// Checks the attributes of a message; gives the names of the variables they use.
    fn attributes(&mut self, message: &Message<&str>, known: &Expected) -> BTreeSet<String> {
        let mut walk = Walk { known, used: BTreeSet::new(), checker: self };
        let mut found = BTreeSet::new();
        for Attribute { id, value } in &message.attributes {
            walk.checker.attribute(id, message.id.name, known, !found.insert(id.name));
            walk.head(value);
            walk.pattern(value);
        }
        let used = walk.used;
        for missing in known.attributes.iter().filter(|name| !found.contains(*name)) {
            self.refuse(message.id.name, &format!("an attribute .{missing}"), "none");
        }
        used
    }

    fn attribute(&mut self, id: &Identifier<&str>, message: &str, known: &Expected, again: bool) {
        let at = self.offset(id.name);
        if again {
            self.refuse(id.name, "each attribute once", &format!(".{} again", id.name));
        } else if !known.attributes.contains(&id.name) {
            let list = known.attributes.iter().map(|name| format!(".{name}")).collect::<Vec<_>>().join(", ");
            let error = self.file.error(at, format!("expected one of {list}, found .{}", id.name));
            self.errors.push(error.with_nearest(id.name, known.attributes.iter().copied()));
        }
        self.places.insert(format!("{message}.{}", id.name), at);
    }

    fn refuse(&mut self, at: &str, expected: &str, found: &str) {
        self.errors.push(self.file.error(self.offset(at), format!("expected {expected}, found {found}")));
    }

    /// Where a slice of the file's text begins. The parser gives slices and no offsets; a slice that
    /// is not of the text is taken for its beginning.
    fn offset(&self, slice: &str) -> usize {
        let offset = (slice.as_ptr() as usize).wrapping_sub(self.file.text.as_ptr() as usize);
        if offset <= self.file.text.len() { offset } else { 0 }
    }
}

/// The way through the texts of one message.
struct Walk<'a, 'b> {
    known: &'a Expected,
    used: BTreeSet<String>,
    checker: &'a mut Checker<'b>,
}

impl Walk<'_, '_> {
    fn pattern(&mut self, pattern: &Pattern<&str>) {
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => self.words(value),
                PatternElement::Placeable { expression } => self.expression(expression),
            }
        }
    }

    /// A text begins with what it has to say: the agency's name is put before it.
    fn head(&mut self, pattern: &Pattern<&str>) {
        if let Some(PatternElement::TextElement { value }) = pattern.elements.first()
            && let Some((at, found)) = senders::head(value)
        {
            self.checker.refuse(&value[at..], NO_SENDER, &found.to_string());
        }
    }

    fn words(&mut self, text: &str) {
        for line in text.split('\n') {
            if let Some((at, found)) = senders::line(line) {
                self.checker.refuse(&line[at..], NO_SENDER, &found.to_string());
            }
            if let Some((at, forbidden)) = self.checker.allowed.forbidden(line) {
                let expected = "plain words: other numbers and links stand only where [allowed] in identity.toml has them";
                self.checker.refuse(&line[at..], expected, &forbidden.to_string());
            }
        }
    }

    fn expression(&mut self, expression: &Expression<&str>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline),
            Expression::Select { selector, variants } => {
                if let InlineExpression::VariableReference { id } = selector {
                    self.select(id, variants);
                } else {
                    self.inline(selector);
                }
                for variant in variants {
                    self.pattern(&variant.value);
                }
            }
        }
    }

    /// A template is what was approved, word for word: it borrows nothing from other messages and
    /// computes nothing.
    fn inline(&mut self, inline: &InlineExpression<&str>) {
        let whole = "texts written out in full";
        match inline {
            InlineExpression::StringLiteral { value } => self.words(value),
            InlineExpression::NumberLiteral { .. } => {}
            InlineExpression::VariableReference { id } => {
                self.variable(id);
            }
            InlineExpression::Placeable { expression } => self.expression(expression),
            InlineExpression::FunctionReference { id, .. } => {
                self.checker.refuse(id.name, whole, "a function");
            }
            InlineExpression::MessageReference { id, .. } => {
                self.checker.refuse(id.name, whole, "a reference to another message");
            }
            InlineExpression::TermReference { id, .. } => {
                self.checker.refuse(id.name, whole, "a reference to a term");
            }
        }
    }

    fn variable(&mut self, id: &Identifier<&str>) -> Option<Kind> {
        let found = self.known.variables().find(|variable| variable.name == id.name);
        if let Some(variable) = found {
            self.used.insert(variable.name.clone());
            return Some(variable.kind.clone());
        }
        let names: Vec<_> = self.known.variables().map(|variable| variable.name.as_str()).collect();
        let list = names.iter().map(|name| format!("${name}")).collect::<Vec<_>>().join(", ");
        let expected = if list.is_empty() { "no variable".to_owned() } else { format!("one of {list}") };
        let message = format!("expected {expected}, found ${}", id.name);
        let error = self.checker.file.error(self.checker.offset(id.name), message);
        self.checker.errors.push(error.with_nearest(id.name, names));
        None
    }

    fn select(&mut self, id: &Identifier<&str>, variants: &[Variant<&str>]) {
        match self.variable(id) {
            Some(Kind::Number) => self.plural_forms(id, variants),
            Some(Kind::OneOf(keys)) => self.keys(variants, &keys),
            Some(Kind::Words) => {
                let found = format!("${}, which can be any words", id.name);
                self.checker.refuse(id.name, "a variable to select on", &found);
            }
            None => {}
        }
    }

    /// Either numbers alone, or every plural form of the language.
    fn plural_forms(&mut self, id: &Identifier<&str>, variants: &[Variant<&str>]) {
        let forms: &[&str] = match self.checker.locale {
            Locale::Ru | Locale::Uk => &["one", "few", "many"],
            Locale::En => &["one"],
        };
        let mut allowed: Vec<_> = forms.iter().map(|form| (*form).to_owned()).collect();
        allowed.push("other".to_owned());
        self.keys(variants, &allowed);
        let named: BTreeSet<_> = names(variants).collect();
        let selects_forms = forms.iter().any(|form| named.contains(form));
        for missing in forms.iter().filter(|form| selects_forms && !named.contains(*form)) {
            self.checker.refuse(id.name, &format!("a form [{missing}]"), "none");
        }
    }

    fn keys(&mut self, variants: &[Variant<&str>], allowed: &[String]) {
        for name in names(variants).filter(|name| !allowed.iter().any(|known| known == name)) {
            let list = allowed.iter().map(|key| format!("[{key}]")).collect::<Vec<_>>().join(", ");
            let message = format!("expected one of {list}, found [{name}]");
            let error = self.checker.file.error(self.checker.offset(name), message);
            self.checker.errors.push(error.with_nearest(name, allowed.iter().map(String::as_str)));
        }
    }
}

fn names<'a>(variants: &'a [Variant<&'a str>]) -> impl Iterator<Item = &'a str> {
    variants.iter().filter_map(|variant| match &variant.key {
        VariantKey::Identifier { name } => Some(*name),
        VariantKey::NumberLiteral { .. } => None,
    })
}
