//! What was found, as people read it: lines of cells.

use serde_json::Value;

use crate::connect::clickhouse::Row;

/// How much of a value is shown.
const CHARACTERS: usize = 80;

/// A row: its member, then `column = value` for the rest.
pub fn cells(row: &Row) -> Vec<String> {
    let member = row.get("member").and_then(Value::as_str).map(str::to_owned);
    let rest = row
        .iter()
        .filter(|(column, _)| *column != "member")
        .map(|(column, value)| format!("{column} = {}", text(value)));
    member.into_iter().chain(rest).collect()
}

/// A value without JSON's quotes, cut where it is long.
pub fn text(value: &Value) -> String {
    let whole = match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) if text.is_empty() => "''".to_owned(),
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    };
    match whole.char_indices().nth(CHARACTERS) {
        Some((at, _)) => format!("{}…", &whole[..at]),
        None => whole,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_read_as_lines() {
        let row: Row = [
            ("n".to_owned(), json!(3)),
            ("member".to_owned(), json!("replica1")),
            ("what".to_owned(), json!("a\n  b")),
            ("list".to_owned(), json!([1, 2])),
            ("none".to_owned(), Value::Null),
        ]
        .into_iter()
        .collect();
        assert_eq!(cells(&row), ["replica1", "n = 3", "what = a b", "list = [1,2]", "none = NULL"]);
        assert_eq!(text(&json!("é".repeat(81))), format!("{}…", "é".repeat(80)));
    }
}
