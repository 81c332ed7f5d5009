//! A document that is nothing but a map: a file of inputs.

use serde_json::{Map, Value};

use crate::catalogue::inputs::FILE_INVALID;

use super::{Finding, Invalid, Limits, Source, parse};

/// Reads a map of names and values. An empty file is an empty map.
pub fn parse_map(name: &str, text: String) -> Result<Map<String, Value>, Invalid> {
    let source = Source { name: name.into(), text: text.into(), secret_keys: Vec::new(), concealed: Vec::new() };
    let (document, value) = parse(source, &Limits::default())
        .map_err(|refused| Invalid::new(FILE_INVALID.code, &refused.0, vec![refused.1]))?;
    if !document.findings().is_empty() {
        return Err(Invalid::new(FILE_INVALID.code, &document.source, document.findings().to_vec()));
    }
    match value {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        _ => {
            let finding = Finding::new(0..0, "inputs are a map of names and values, as in `database: langsmith`");
            Err(Invalid::new(FILE_INVALID.code, &document.source, vec![finding]))
        }
    }
}
