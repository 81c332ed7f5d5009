//! Bare expressions: `when`, `for_each`, `expect`, `outputs`, and the inside of a placeholder.

use std::{
    fmt,
    ops::Range,
    sync::{Arc, Mutex},
};

use indexmap::IndexMap;
use minijinja::{Value, value::ValueKind};
use secrecy::ExposeSecret;
use serde_json::Value as Json;

use super::{
    environment::ENVIRONMENT,
    facts::{self, Ledger},
    failure::{TemplateFailure, TemplateProblem},
    number::Exact,
    reference::Reference,
    rewrite, scan,
    scope::{Found, Scope},
};

/// An expression, parsed.
#[derive(Clone)]
pub struct Expression {
    source: Arc<str>,
    /// Where it stands in the text it was parsed from.
    range: Range<usize>,
    references: Arc<[Reference]>,
    asks: bool,
    compiled: Arc<minijinja::Expression<'static, 'static>>,
}

impl Expression {
    /// Parses a bare expression.
    pub fn parse(text: &str) -> Result<Self, Vec<TemplateProblem>> {
        if let Some(open) = text.match_indices("{{").map(|(at, _)| at).find(|at| !within_string(text, *at)) {
            let bare = text.trim().trim_start_matches("{{").trim_end_matches("}}").trim();
            let mend = format!("this is an expression by itself; write it without braces: {bare}");
            return Err(vec![TemplateProblem::new(open..open + 2, mend)]);
        }
        let trimmed = text.trim();
        let start = text.len() - text.trim_start().len();
        if trimmed.is_empty() {
            return Err(vec![TemplateProblem::new(0..text.len(), "an expression is expected here")]);
        }
        Self::parse_part(text, start..start + trimmed.len())
    }

    /// Parses the expression that stands at `range` of `text`.
    pub(super) fn parse_part(text: &str, range: Range<usize>) -> Result<Self, Vec<TemplateProblem>> {
        let source = &text[range.clone()];
        let scan = scan::scan(source, range.start);
        let compiled = compile(source).map_err(|error| {
            let within = error.range().filter(|it| source.get(it.clone()).is_some()).unwrap_or(0..source.len());
            let message = match &source[within.clone()] {
                "=" => "`=` is not known here; two of them compare: `==`".to_owned(),
                _ => error.detail().unwrap_or("this is no expression").to_owned(),
            };
            vec![TemplateProblem::new(range.start + within.start..range.start + within.end, message)]
        })?;
        if !scan.problems.is_empty() {
            return Err(scan.problems);
        }
        Ok(Self {
            source: source.into(),
            range,
            references: scan.references.into(),
            asks: scan.asks,
            compiled: Arc::new(compiled),
        })
    }

    /// The expression as it is written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it reads.
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// Its value, which a secret input cannot be part of: values are journalled.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Json, TemplateFailure> {
        if let Some(name) = self.secrets(scope).next() {
            return Err(
                self.failure(format!("`inputs.{name}` is a secret, which can be used only in a text that is sent"))
            );
        }
        facts::json(&self.raw(scope)?).map_err(|message| self.failure(message))
    }

    /// Whether it holds: a boolean, or a list or map that is not empty (`when: steps.found.tables`).
    ///
    /// Numbers and strings are neither true nor false: `when: row.n` reads like a question about whether there is a row,
    /// and `'false'` would be true.
    pub fn holds(&self, scope: &Scope<'_>) -> Result<bool, TemplateFailure> {
        let value = self.raw(scope)?;
        match value.kind() {
            ValueKind::Bool | ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => Ok(value.is_true()),
            _ if Exact::of(&value).is_some() => {
                Err(self.failure("a number is neither true nor false; compare it with something".to_owned()))
            }
            kind => Err(self.failure(format!("a {kind} is neither true nor false; compare it with something"))),
        }
    }

    /// The list that it gives.
    pub fn list(&self, scope: &Scope<'_>) -> Result<Vec<Json>, TemplateFailure> {
        match self.evaluate(scope)? {
            Json::Array(items) => Ok(items),
            _ => Err(self.failure("this has to give a list".to_owned())),
        }
    }

    /// An error where it reads a secret.
    pub(super) fn refuse_secrets(&self, scope: &Scope<'_>) -> Result<(), TemplateFailure> {
        match self.secrets(scope).next() {
            Some(name) => {
                Err(self.failure(format!("`inputs.{name}` is a secret, which can be used only in a text that is sent")))
            }
            None => Ok(()),
        }
    }

    /// The secret inputs that it reads.
    pub(super) fn secrets<'a>(&'a self, scope: &'a Scope<'_>) -> impl Iterator<Item = &'a str> {
        self.references.iter().filter_map(Reference::input).filter(|name| scope.is_secret(name))
    }

    /// Its value as minijinja has it; may hold a secret.
    pub(super) fn raw(&self, scope: &Scope<'_>) -> Result<Value, TemplateFailure> {
        let ledger = Arc::new(Ledger { asks: self.asks, misses: Mutex::default() });
        let context = self.context(scope, &ledger)?;
        let result = self.compiled.eval(context);
        if let Some(miss) = ledger.first_miss() {
            return Err(self.failure(miss));
        }
        match result {
            Ok(value) if value.is_undefined() => Err(self.failure("it is undefined".to_owned())),
            Ok(value) => Ok(value),
            // minijinja may quote the values it could not work with.
            Err(_) if self.secrets(scope).next().is_some() => {
                Err(self.failure("it cannot be evaluated; why is not shown, for it uses a secret".to_owned()))
            }
            Err(error) => {
                let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
                Err(self.failure(detail))
            }
        }
    }

    /// What its references stand for, and nothing else.
    fn context(&self, scope: &Scope<'_>, ledger: &Arc<Ledger>) -> Result<Value, TemplateFailure> {
        let mut roots: Vec<(&str, Vec<(&str, Value)>)> = Vec::new();
        let mut whole: Vec<(String, Value)> = Vec::new();
        for reference in self.references.iter() {
            let namespace = reference.namespace();
            let name = reference.name();
            let found = scope.root(namespace, name).map_err(|message| TemplateFailure {
                range: reference.range.clone(),
                expression: self.source.to_string(),
                message,
            })?;
            let named = matches!(namespace, "inputs" | "steps");
            let path = if named { format!("{namespace}.{}", name.unwrap_or_default()) } else { namespace.to_owned() };
            let value = match found {
                Found::Value(json) => facts::value(&json, &path, ledger),
                Found::Secret(secret) => Value::from(secret.expose_secret()),
            };
            match (named, roots.iter_mut().find(|(root, _)| *root == namespace)) {
                (true, Some((_, names))) => names.push((name.unwrap_or_default(), value)),
                (true, None) => roots.push((namespace, vec![(name.unwrap_or_default(), value)])),
                (false, _) => whole.push((namespace.to_owned(), value)),
            }
        }
        whole.extend(roots.into_iter().map(|(root, names)| (root.to_owned(), map(names))));
        Ok(map(whole))
    }

    pub(super) fn failure(&self, message: String) -> TemplateFailure {
        TemplateFailure { range: self.range.clone(), expression: self.source.to_string(), message }
    }
}

fn map<K: Into<Value>>(entries: Vec<(K, Value)>) -> Value {
    Value::from_object(entries.into_iter().map(|(key, value)| (key.into(), value)).collect::<IndexMap<Value, Value>>())
}

/// Compiles an expression with our operators. What is no expression is told as minijinja tells it of what is written.
fn compile(source: &str) -> Result<minijinja::Expression<'static, 'static>, minijinja::Error> {
    if let Some(compiled) = rewrite::rewritten(source).and_then(|it| ENVIRONMENT.compile_expression_owned(it).ok()) {
        return Ok(compiled);
    }
    ENVIRONMENT.compile_expression_owned(source.to_owned())?;
    Err(minijinja::Error::new(minijinja::ErrorKind::SyntaxError, "this is no expression that is understood here"))
}

/// Whether a string literal of `text` holds the byte `at`.
fn within_string(text: &str, at: usize) -> bool {
    let mut from = 0;
    while let Some(quote) = text[from..].find(['\'', '"']).map(|found| from + found) {
        if quote > at {
            return false;
        }
        match scan::string_end(text, quote) {
            Some(end) if end > at => return true,
            Some(end) => from = end,
            None => return false,
        }
    }
    false
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source).finish()
    }
}
