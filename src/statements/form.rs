//! The two forms that a statement has: as it is sent, and as a person reviews it.

use secrecy::SecretString;
use serde_json::Value;

use super::{
    place::{ReviewedPlace, SentPlace},
    settings::setting_text,
};
use crate::sql::{quote_identifier, quote_string};

/// What follows the value of a setting that is sent only to a server that knows it.
pub const WHERE_KNOWN: &str = "(where the server knows it)";

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
    /// A value as it is sent beside a statement; `None` where it has none.
    fn beside(value: &Self::Value) -> Option<String>;
    /// The value of a setting for retries; `None` where the server does not know it.
    fn where_known(name: &str, value: &str, known: &Self::Known) -> Option<String>;
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

    fn beside(value: &Value) -> Option<String> {
        literal(value).map(|_| setting_text(value))
    }

    fn where_known(name: &str, value: &str, known: &Vec<String>) -> Option<String> {
        known.iter().any(|it| it == name).then(|| value.to_owned())
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

    fn beside(value: &ReviewedValue) -> Option<String> {
        match value {
            ReviewedValue::Known(value) => AsSent::beside(value),
            ReviewedValue::Symbol(symbol) => Some(symbol.clone()),
        }
    }

    fn where_known(_: &str, value: &str, (): &()) -> Option<String> {
        Some(format!("{value} {WHERE_KNOWN}"))
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
