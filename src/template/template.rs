//! Texts with placeholders.

use std::{ops::Range, sync::Arc};

use minijinja::{Value, value::ValueKind};
use serde_json::Value as Json;

use super::{
    expression::Expression,
    facts,
    failure::{TemplateFailure, TemplateProblem},
    literal, placement,
    reference::Reference,
    rendered::Rendered,
    scope::Scope,
    split::{Piece, split},
};
use crate::template::InputValue;

/// What a template's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Anything: a path, an argument, a message. Values stand as they are.
    Text,
    /// Statements for ClickHouse. Values become literals.
    Sql,
}

/// A text with placeholders, parsed.
#[derive(Debug, Clone)]
pub struct Template {
    dialect: Dialect,
    parts: Arc<[Part]>,
    references: Arc<[Reference]>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Placeholder(Expression),
}

impl Template {
    /// Parses a template; every mistake in it at once.
    pub fn parse(text: &str, dialect: Dialect) -> Result<Self, Vec<TemplateProblem>> {
        let pieces = split(text)?;
        let mut problems = Vec::new();
        if dialect == Dialect::Sql {
            let placeholders: Vec<Range<usize>> = pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Placeholder { whole, .. } => Some(whole.clone()),
                    Piece::Text(_) => None,
                })
                .collect();
            problems.extend(placement::problems(text, &placeholders));
        }
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match piece {
                Piece::Text(range) => parts.push(Part::Text(text[range].to_owned())),
                Piece::Placeholder { source, .. } => match Expression::parse_part(text, source) {
                    Ok(expression) => parts.push(Part::Placeholder(expression)),
                    Err(found) => problems.extend(found),
                },
            }
        }
        if !problems.is_empty() {
            problems.sort_by_key(|problem| problem.range.start);
            return Err(problems);
        }
        let references = expressions(&parts).flat_map(Expression::references).cloned().collect();
        Ok(Self { dialect, parts: parts.into(), references })
    }

    /// What its placeholders read.
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// The text, with every placeholder's value in it.
    pub fn render(&self, scope: &Scope<'_>) -> Result<Rendered, TemplateFailure> {
        let mut text = Writer::new(self.dialect);
        let mut shown = Writer::new(self.dialect);
        let mut secret = false;
        for part in self.parts.iter() {
            match part {
                Part::Text(literal) => {
                    text.literal(literal);
                    shown.literal(literal);
                }
                Part::Placeholder(expression) => {
                    let value = self.written(expression, scope)?;
                    match secrets(expression, scope) {
                        None => shown.value(&value),
                        Some(mark) => {
                            secret = true;
                            shown.value(&mark);
                        }
                    }
                    text.value(&value);
                }
            }
        }
        Ok(Rendered::new(text.out, shown.out, secret))
    }

    /// Its value: that of the placeholder it wholly is, with its type, else its text. Refuses a secret: values are journalled.
    pub fn value(&self, scope: &Scope<'_>) -> Result<Json, TemplateFailure> {
        match self.whole() {
            Some(expression) => expression.evaluate(scope),
            None => {
                for expression in expressions(&self.parts) {
                    expression.refuse_secrets(scope)?;
                }
                Ok(Json::String(self.render(scope)?.text().to_owned()))
            }
        }
    }

    /// Its value as an input's: like [`Template::value`], but what a secret is part of becomes a secret.
    pub fn input_value(&self, scope: &Scope<'_>) -> Result<InputValue, TemplateFailure> {
        if expressions(&self.parts).any(|expression| secrets(expression, scope).is_some()) {
            return Ok(InputValue::Secret(self.render(scope)?.text().to_owned().into()));
        }
        self.value(scope).map(InputValue::Plain)
    }

    /// The text as far as it is known before a run: placeholders that use nothing but inputs are bound (a secret as
    /// `[secret inputs.name]`), the others stay as they are written.
    pub fn symbolic(&self, scope: &Scope<'_>) -> String {
        let mut shown = Writer::new(self.dialect);
        for part in self.parts.iter() {
            match part {
                Part::Text(literal) => shown.literal(literal),
                Part::Placeholder(expression) => {
                    let known = expression.references().iter().all(|reference| reference.namespace() == "inputs");
                    let value = match secrets(expression, scope) {
                        Some(mark) if known => Some(mark),
                        None if known => self.written(expression, scope).ok(),
                        _ => None,
                    };
                    shown.value(&value.unwrap_or_else(|| format!("{{{{ {} }}}}", expression.source())));
                }
            }
        }
        shown.out
    }

    /// The expression that the whole text is.
    pub fn whole(&self) -> Option<&Expression> {
        match &*self.parts {
            [Part::Placeholder(expression)] => Some(expression),
            _ => None,
        }
    }

    fn written(&self, expression: &Expression, scope: &Scope<'_>) -> Result<String, TemplateFailure> {
        let value = expression.raw(scope)?;
        match self.dialect {
            Dialect::Sql => literal::literal(&value),
            Dialect::Text => plain(&value),
        }
        .map_err(|message| expression.failure(message))
    }
}

fn expressions(parts: &[Part]) -> impl Iterator<Item = &Expression> {
    parts.iter().filter_map(|part| match part {
        Part::Placeholder(expression) => Some(expression),
        Part::Text(_) => None,
    })
}

/// What is shown in place of an expression that uses secrets.
fn secrets(expression: &Expression, scope: &Scope<'_>) -> Option<String> {
    let names: Vec<&str> = expression.secrets(scope).collect();
    (!names.is_empty()).then(|| format!("[secret inputs.{}]", names.join(", inputs.")))
}

/// A value in a text: a string as it is, lists and maps as JSON.
fn plain(value: &Value) -> Result<String, String> {
    match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Bool | ValueKind::Plain => Ok(value.to_string()),
        ValueKind::None => Err("null has no text; write `| string` where the word is meant".to_owned()),
        _ => facts::json(value).map(|json| json.to_string()),
    }
}

/// Puts a text together. In SQL, tokens that would run together are kept apart by a space: `-{{ -1 }}` is no comment, and
/// `{{ a }}{{ b }}` are two strings, not one.
struct Writer {
    dialect: Dialect,
    out: String,
    /// Whether what was written last is a value.
    after_value: bool,
}

impl Writer {
    fn new(dialect: Dialect) -> Self {
        Self { dialect, out: String::new(), after_value: false }
    }

    fn literal(&mut self, text: &str) {
        if self.after_value {
            self.part_from(text);
        }
        self.out.push_str(text);
        self.after_value = false;
    }

    fn value(&mut self, text: &str) {
        self.part_from(text);
        self.out.push_str(text);
        self.after_value = true;
    }

    fn part_from(&mut self, next: &str) {
        let glues = |it: char| it.is_alphanumeric() || matches!(it, '_' | '$' | '\'' | '"' | '`');
        if let (Dialect::Sql, Some(left), Some(right)) = (self.dialect, self.out.chars().last(), next.chars().next())
            && ((glues(left) && glues(right)) || (left == '-' && right == '-'))
        {
            self.out.push(' ');
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
