//! The two forms that a statement has: as it is sent, and as a person reviews it.

use secrecy::SecretString;
use serde_json::Value;

use super::place::{ReviewedPlace, SentPlace};
use crate::sql::{quote_identifier, quote_string};

/// How a statement is written.
pub trait Form {
    /// A database or a table.
    type Name;
    /// Where a backup lies.
    type Place;
    /// The value of a setting.
    type Value;
    /// The names of the retry settings that the server knows and that its profile leaves as they are, where that is known.
    type Known;
    /// A whole statement.
    type Text: From<String>;

    /// A name, quoted.
    fn name(name: &Self::Name) -> String;
    /// What a name is, unquoted; `None` where only a run knows.
    fn plain(name: &Self::Name) -> Option<&str>;
    /// `S3(…)`.
    fn place(place: &Self::Place) -> String;
    /// A literal; `None` where the value has none.
    fn literal(value: &Self::Value) -> Option<String>;
    /// The settings of a list, and of those for retries as many as the server knows.
    fn settings(settings: &[String], retries: &[(&str, String)], known: &Self::Known) -> String;
}

/// As it is sent: everything is known, and the store's credentials are in it.
#[derive(Debug, Clone, Copy)]
pub enum AsSent {}

/// As it is reviewed: without credentials, and with symbols for what only a run knows.
#[derive(Debug, Clone, Copy)]
pub enum AsReviewed {}

/// A name as far as it is known before a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewedName {
    /// The name; where it has placeholders, they stand in it as they are written.
    Text(String),
    /// One of a list that only a run knows: this expression gives it.
    EachOf(String),
}

/// The value of a setting as far as it is known before a run.
#[derive(Debug, Clone, PartialEq)]
pub enum ReviewedValue {
    Known(Value),
    /// A placeholder, whose value's type only a run knows.
    Symbol(String),
}

impl Form for AsSent {
    type Name = String;
    type Place = SentPlace;
    type Value = Value;
    type Known = Vec<String>;
    type Text = SecretString;

    fn name(name: &String) -> String {
        quote_identifier(name)
    }

    fn plain(name: &String) -> Option<&str> {
        Some(name)
    }

    fn place(place: &SentPlace) -> String {
        place.sql()
    }

    fn literal(value: &Value) -> Option<String> {
        literal(value)
    }

    fn settings(settings: &[String], retries: &[(&str, String)], known: &Vec<String>) -> String {
        let is_known = |name: &str| known.iter().any(|it| it == name);
        let retries = retries.iter().filter(|(name, _)| is_known(name)).map(|(_, setting)| setting.clone());
        match settings.iter().cloned().chain(retries).collect::<Vec<_>>() {
            none if none.is_empty() => String::new(),
            all => format!("SETTINGS {}", all.join(", ")),
        }
    }
}

impl Form for AsReviewed {
    type Name = ReviewedName;
    type Place = ReviewedPlace;
    type Value = ReviewedValue;
    type Known = ();
    type Text = String;

    fn name(name: &ReviewedName) -> String {
        match name {
            ReviewedName::Text(name) => quote_identifier(name),
            ReviewedName::EachOf(list) => format!("<each of {list}>"),
        }
    }

    fn plain(name: &ReviewedName) -> Option<&str> {
        match name {
            ReviewedName::Text(name) if !name.contains("{{") => Some(name),
            _ => None,
        }
    }

    fn place(place: &ReviewedPlace) -> String {
        place.sql()
    }

    fn literal(value: &ReviewedValue) -> Option<String> {
        match value {
            ReviewedValue::Known(value) => literal(value),
            ReviewedValue::Symbol(symbol) => Some(symbol.clone()),
        }
    }

    fn settings(settings: &[String], retries: &[(&str, String)], (): &()) -> String {
        let retries: Vec<&str> = retries.iter().map(|(_, setting)| setting.as_str()).collect();
        let retries = match retries.is_empty() {
            true => String::new(),
            false => format!("/* where the server knows them: {} */", retries.join(", ")),
        };
        let settings = [settings.join(", "), retries];
        let settings: Vec<&str> = settings.iter().map(String::as_str).filter(|it| !it.is_empty()).collect();
        format!("SETTINGS {}", settings.join(" "))
    }
}

fn literal(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(quote_string(text)),
        Value::Bool(flag) => Some(u8::from(*flag).to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
