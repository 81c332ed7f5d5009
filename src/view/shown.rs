//! What a person is asked to approve, as text: any value, the tables of an inventory first of all.

use serde_json::Value;

use super::{
    paint::{cut, left, one_line, right, width},
    words,
};

/// So many lines are shown; the digest covers the rest too, and that there is more is said.
const MOST: usize = 30;

/// The value, indented, for `columns`.
pub fn shown(value: &Value, columns: usize) -> String {
    // What an approval shows stands under the plan's own word on it.
    if let (Some(message), Some(inner)) = (value.get("message").and_then(Value::as_str), value.get("shown")) {
        return format!("    {}\n\n{}", cut(&one_line(message), columns.saturating_sub(4)), shown(inner, columns));
    }
    let tables = value.get("tables").and_then(Value::as_array);
    let mut lines = match tables {
        Some(tables) => inventory(value, tables),
        None => serde_json::to_string_pretty(value).unwrap_or_default().lines().map(str::to_owned).collect(),
    };
    let hidden = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if hidden > 0 {
        lines.push(format!("…and {}", words::count(hidden as u64, "more line")));
    }
    lines.iter().map(|line| format!("    {}\n", cut(line.trim_end(), columns.saturating_sub(4)))).collect()
}

fn inventory(value: &Value, tables: &[Value]) -> Vec<String> {
    let database = value.get("database").and_then(Value::as_str).map(|it| format!(" in `{it}`")).unwrap_or_default();
    let known = |table: &Value, key: &str| table.get(key).and_then(Value::as_u64);
    let rows: Vec<[String; 4]> = tables
        .iter()
        .map(|table| {
            let text = |key: &str| table.get(key).and_then(Value::as_str).map(one_line).unwrap_or_default();
            let rows = known(table, "rows").map(|rows| words::count(rows, "row")).unwrap_or_default();
            [text("name"), rows, known(table, "bytes").map(words::size).unwrap_or_default(), text("engine")]
        })
        .collect();
    let widest = |column: usize| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0);
    let total: u64 = tables.iter().filter_map(|table| known(table, "rows")).sum();
    let mut lines =
        vec![format!("{}{database}, {}", words::count(tables.len() as u64, "table"), words::count(total, "row"))];
    lines.extend(rows.iter().map(|[name, rows, size, engine]| {
        let (name, rows) = (left(name, widest(0)), right(rows, widest(1)));
        format!("{name}   {rows}   {}   {engine}", right(size, widest(2)))
    }));
    lines
}
