//! Binding inputs: from what a person gives (`--set`, a file, environment variables) and the defaults to typed values.
//!
//! All that is wrong is told in one go. A secret never comes by `--set`, for the arguments of a process are there for
//! everybody to see; and no message holds a value.

mod scopes;

use std::fmt;

use indexmap::IndexMap;
use secrecy::SecretString;
use serde_json::Value;

pub use self::scopes::{bind_scopes, known_before_run};
use super::{
    model::{Input, InputType},
    quantity::{HumanDuration, HumanSize},
    store_path::wrong_path,
};
use crate::{
    catalogue::{self, Shown, shown_by_the_catalogue},
    document::{one_of, suggestion},
    name::Name,
    template::{Dialect, InputValue, InputValues, RunFacts, Scope, Template},
};

/// What stands before an input's name, in capitals, in the environment.
pub const VARIABLE_PREFIX: &str = "HOUSEPLAN_INPUT_";

/// What was given, from what counts most to what counts least.
#[derive(Debug, Default)]
pub struct InputSources {
    /// `--set name=value`.
    pub set: Vec<(String, String)>,
    /// The map of an inputs file, and the file's name.
    pub file: Option<(String, serde_json::Map<String, Value>)>,
    /// Environment variables, [`VARIABLE_PREFIX`] left in.
    pub variables: Vec<(String, String)>,
}

impl InputSources {
    /// Takes `name=value` apart.
    pub fn parse_set(argument: &str) -> Result<(String, String), String> {
        let (name, value) = argument.split_once('=').ok_or("expected name=value, as in --set database=default")?;
        Ok((name.to_owned(), value.to_owned()))
    }
}

/// Inputs that could not be bound. Exit code 2.
#[derive(Debug)]
pub struct InvalidInputs {
    /// One line each: the input, and what is so.
    pub problems: Vec<(String, String)>,
}

impl fmt::Display for InvalidInputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => f.write_str("an input is not right")?,
            many => write!(f, "{many} inputs are not right")?,
        }
        self.problems.iter().try_for_each(|(name, message)| write!(f, "\n`{name}`: {message}"))
    }
}

impl std::error::Error for InvalidInputs {}

shown_by_the_catalogue!(InvalidInputs);

impl InvalidInputs {
    fn shown(&self) -> Shown<'_> {
        catalogue::inputs::INVALID.bare().into()
    }
}

/// The values of all declared inputs. Where a run is only rendered, `run` holds symbols.
pub fn bind(
    declared: &IndexMap<Name, Input>,
    given: &InputSources,
    run: &RunFacts,
) -> Result<InputValues, InvalidInputs> {
    let mut problems = Vec::new();
    let mut found = collect(declared, given, &mut problems);
    let mut bound = InputValues::new();
    for (name, input) in declared {
        if problems.iter().any(|(wrong, _)| wrong == name.as_str()) {
            continue;
        }
        let value = match found.shift_remove(name.as_str()) {
            Some(value) => value.and_then(|value| checked_input(input, value, run)),
            None => match &input.default {
                Some(default) => evaluated(default, &bound, run).and_then(|value| checked_input(input, value, run)),
                None => Err(match input.description.as_deref() {
                    Some(description) => format!("has no value, and no default: {description}"),
                    None => "has no value, and no default".to_owned(),
                }),
            },
        };
        match value {
            Ok(value) => {
                bound.insert(name.clone(), value);
            }
            Err(message) => problems.push((name.to_string(), message)),
        }
    }
    if problems.is_empty() { Ok(bound) } else { Err(InvalidInputs { problems }) }
}

/// The values that `with` gives to an included plan's inputs, and its own defaults for the others.
fn bind_inclusion(
    declared: &IndexMap<Name, Input>,
    with: &IndexMap<Name, Value>,
    parent: &InputValues,
    run: &RunFacts,
) -> Result<InputValues, InvalidInputs> {
    let mut problems = Vec::new();
    let mut bound = InputValues::new();
    for (name, input) in declared {
        let value = match (with.get(name), &input.default) {
            (Some(value), _) => evaluated(value, parent, run),
            (None, Some(default)) => evaluated(default, &bound, run),
            (None, None) => Err("has no value, and no default; give it under `with`".to_owned()),
        };
        match value.and_then(|value| checked_input(input, value, run)) {
            Ok(value) => {
                bound.insert(name.clone(), value);
            }
            Err(message) => problems.push((name.to_string(), message)),
        }
    }
    if problems.is_empty() { Ok(bound) } else { Err(InvalidInputs { problems }) }
}

type Found = IndexMap<String, Result<InputValue, String>>;

/// The given values by name, what counts most last.
fn collect(declared: &IndexMap<Name, Input>, given: &InputSources, problems: &mut Vec<(String, String)>) -> Found {
    let mut found = Found::new();
    for (variable, text) in &given.variables {
        let name = variable.strip_prefix(VARIABLE_PREFIX).unwrap_or(variable).to_ascii_lowercase();
        // Another plan's variables are nobody's mistake.
        if let Some(input) = declared.get(name.as_str()) {
            found.insert(name, parse(input, text));
        }
    }
    let unknown =
        |name: &str| format!("the plan has no such input{}", suggestion(name, declared.keys().map(Name::as_str)));
    for (name, value) in given.file.iter().flat_map(|(_, map)| map) {
        match declared.get(name.as_str()) {
            Some(_) => {
                found.insert(name.clone(), Ok(InputValue::Plain(value.clone())));
            }
            None => problems.push((name.clone(), unknown(name))),
        }
    }
    for (name, text) in &given.set {
        match declared.get(name.as_str()) {
            Some(input) if input.kind == InputType::Secret => problems.push((
                name.clone(),
                format!(
                    "a secret is not given by --set, where everybody can read it; use {VARIABLE_PREFIX}{}",
                    name.to_ascii_uppercase()
                ),
            )),
            Some(input) => {
                found.insert(name.clone(), parse(input, text));
            }
            None => problems.push((name.clone(), unknown(name))),
        }
    }
    found
}

fn evaluated(value: &Value, inputs: &InputValues, run: &RunFacts) -> Result<InputValue, String> {
    match value {
        Value::String(text) if text.contains("{{") => {
            let scope = Scope { inputs: Some(inputs), run: Some(run), ..Scope::default() };
            let template = Template::parse(text, Dialect::Text).map_err(|problems| {
                problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; ")
            })?;
            template.input_value(&scope).map_err(|failure| failure.to_string())
        }
        Value::Array(items) => {
            let evaluate = |item| match evaluated(item, inputs, run)? {
                InputValue::Plain(value) => Ok(value),
                InputValue::Secret(_) => Err("a list cannot hold a secret".to_owned()),
            };
            items.iter().map(evaluate).collect::<Result<_, _>>().map(Value::Array).map(InputValue::Plain)
        }
        other => Ok(InputValue::Plain(other.clone())),
    }
}

/// A value out of the text of an argument or a variable.
fn parse(input: &Input, text: &str) -> Result<InputValue, String> {
    let value = match input.kind {
        InputType::Secret => return Ok(InputValue::Secret(SecretString::from(text))),
        InputType::List => match serde_json::from_str(text) {
            Ok(Value::Array(items)) => Value::Array(items),
            _ if text.is_empty() => Value::Array(Vec::new()),
            _ => {
                let kind = input.items.unwrap_or(InputType::String);
                text.split(',').map(|item| scalar(kind, item.trim())).collect()
            }
        },
        kind => scalar(kind, text),
    };
    Ok(InputValue::Plain(value))
}

/// A text as what it looks like, if that is what is wanted; whether it is right is said by [`checked`].
fn scalar(kind: InputType, text: &str) -> Value {
    let typed = match kind {
        InputType::Integer => text.parse::<i64>().map(Value::from).ok(),
        InputType::Boolean => text.parse::<bool>().map(Value::Bool).ok(),
        _ => None,
    };
    typed.unwrap_or_else(|| Value::String(text.to_owned()))
}

fn checked_input(input: &Input, value: InputValue, run: &RunFacts) -> Result<InputValue, String> {
    match (input.kind, value) {
        // Where a plan is only rendered, what a run tells stands for itself, and no path could be as it is written.
        (InputType::Path, InputValue::Plain(Value::String(text))) => {
            let facts = [&run.id, &run.started].into_iter().filter(|fact| !fact.is_empty());
            let path = facts.fold(text.clone(), |path, fact| path.replace(fact.as_str(), "x"));
            checked(input, &path.into()).map(|()| InputValue::Plain(text.into()))
        }
        (InputType::Secret, InputValue::Plain(Value::String(text))) => Ok(InputValue::Secret(text.into())),
        (InputType::Secret, InputValue::Plain(_)) => Err("expected a text".to_owned()),
        (_, InputValue::Plain(value)) => checked(input, &value).map(|()| InputValue::Plain(value)),
        (_, secret) => Ok(secret),
    }
}

/// Whether `value` is one that the input may have. The error is a fragment without the value.
pub fn checked(input: &Input, value: &Value) -> Result<(), String> {
    match (input.kind, value) {
        (InputType::List, Value::Array(items)) => {
            let kind = input.items.unwrap_or(InputType::String);
            let item = Input { kind, items: None, ..input.clone() };
            items.iter().enumerate().try_for_each(|(index, value)| {
                checked(&item, value).map_err(|why| format!("item {}: {why}", index + 1))
            })
        }
        (InputType::List, _) => Err("expected a list".to_owned()),
        (kind, value) => of_kind(kind, input, value).and_then(|()| matches_pattern(input, value)),
    }
}

fn of_kind(kind: InputType, input: &Input, value: &Value) -> Result<(), String> {
    let (fits, expected) = match kind {
        InputType::Integer => (value.is_i64() || value.is_u64(), "a whole number"),
        InputType::Boolean => (value.is_boolean(), "true or false"),
        _ => {
            let Some(text) = value.as_str() else {
                let quote = if value.is_number() || value.is_boolean() { "; quote it" } else { "" };
                return Err(format!("expected {}{quote}", expected_value(kind)));
            };
            let fits = match kind {
                InputType::Identifier => !text.is_empty() && !text.chars().any(char::is_control),
                InputType::Path => return wrong_path(text).map_or(Ok(()), Err),
                InputType::Duration => text.parse::<HumanDuration>().is_ok(),
                InputType::Size => text.parse::<HumanSize>().is_ok(),
                InputType::Enum => {
                    let values = input.values.as_deref().unwrap_or_default();
                    if values.iter().any(|value| value == text) {
                        return Ok(());
                    }
                    let near = suggestion(text, values.iter().map(String::as_str));
                    return Err(format!("expected {}{near}", one_of(values.iter().map(String::as_str))));
                }
                _ => true,
            };
            (fits, expected_value(kind))
        }
    };
    if fits { Ok(()) } else { Err(format!("expected {expected}")) }
}

fn expected_value(kind: InputType) -> &'static str {
    match kind {
        InputType::Identifier => "the name of a database, a table or a column",
        InputType::Path => "a path, as in backups/2026",
        InputType::Duration => "a duration such as 6h",
        InputType::Size => "a size such as 64MiB",
        InputType::Integer => "a whole number",
        InputType::Boolean => "true or false",
        InputType::List => "a list",
        InputType::String | InputType::Enum | InputType::Secret => "a text",
    }
}

fn matches_pattern(input: &Input, value: &Value) -> Result<(), String> {
    let (Some(text), Some(source)) = (value.as_str(), input.pattern.as_deref()) else { return Ok(()) };
    match pattern(source) {
        Ok(pattern) if pattern.is_match(text) => Ok(()),
        Ok(_) => Err(format!("does not match the pattern `{source}`")),
        Err(why) => Err(format!("its pattern is not a regular expression: {why}")),
    }
}

/// The pattern of an input, for the whole of its value.
pub fn pattern(source: &str) -> Result<regex::Regex, String> {
    regex::Regex::new(&format!("^(?:{source})$")).map_err(|_| match regex::Regex::new(source) {
        Err(regex::Error::Syntax(text)) => {
            text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
        Err(regex::Error::CompiledTooBig(_)) => "it is too large".to_owned(),
        _ => "it is not a complete expression".to_owned(),
    })
}
