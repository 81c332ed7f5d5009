//! What a person is asked to approve, as text: any value, the tables of an inventory first of all.

use serde_json::Value;

use super::{
    paint::{Paint, cut, one_line},
    table::{Align, labelled, layout},
    wrap::{hang, wrap},
};
use crate::humanize;

/// So many lines are shown; the digest covers the rest too, and that there is more is said.
const MOST: usize = 30;

/// The value, indented, for `columns`; what an approval shows stands under the plan's own word on it.
pub fn approval_text(value: &Value, columns: usize) -> String {
    let Some(inner) = value.get("shown") else { return body(value, columns) };
    let message = value.get("message").and_then(Value::as_str).map(one_line);
    let message = message.map(|it| format!("{}\n", hang("    ", &it, columns))).unwrap_or_default();
    format!("{message}{}", body(inner, columns))
}

fn body(value: &Value, columns: usize) -> String {
    let tables = value.get("tables").and_then(Value::as_array);
    let mut lines = match (value, backup(value), tables) {
        (Value::String(text), ..) => {
            text.lines().flat_map(|it| wrap(&one_line(it), columns.saturating_sub(4))).collect()
        }
        (_, Some(lines), _) => lines,
        (_, None, Some(tables)) => inventory(value, tables),
        _ => serde_json::to_string_pretty(value).unwrap_or_default().lines().map(str::to_owned).collect(),
    };
    let hidden = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if hidden > 0 {
        lines.push(format!("…and {}", humanize::count(hidden as u64, "more line")));
    }
    lines.iter().map(|line| format!("    {}\n", cut(line.trim_end(), columns.saturating_sub(4)))).collect()
}

/// What a `backup` or an `inspect` step gives: where the backup is, how large, whether it is whole, and its id.
fn backup(value: &Value) -> Option<Vec<String>> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(one_line);
    let number = |keys: [&str; 2]| keys.into_iter().find_map(|key| value.get(key)?.as_u64());
    let whole = value.get("complete").map(|complete| match complete.as_bool() {
        Some(true) => "complete".to_owned(),
        Some(false) => "not complete".to_owned(),
        None => format!("not known to be complete: {}", text("unchecked").unwrap_or_default()),
    });
    let (path, store) = text("path").zip(text("store")).filter(|_| whole.is_some() || value.get("url").is_some())?;
    let size = number(["total_size", "size"]).map(|it| format!(", {}", humanize::size(it))).unwrap_or_default();
    let files =
        number(["num_files", "files"]).map(|it| format!(" in {}", humanize::count(it, "file"))).unwrap_or_default();
    let names = value.get("tables").and_then(Value::as_array).map(|tables| {
        let names: Vec<String> = tables.iter().filter_map(|it| Some(one_line(it.get("name")?.as_str()?))).collect();
        humanize::first_of(&names, 6)
    });
    let times = text("start_time").zip(text("end_time")).map(|(start, end)| format!("{start} to {end}"));
    let rest = [
        ("state", whole),
        ("tables", names),
        ("made", times.or_else(|| text("timestamp"))),
        ("url", text("url")),
        ("id", text("id").or_else(|| text("unidentified"))),
    ];
    let rest: Vec<(&str, String)> = rest.into_iter().filter_map(|(label, text)| Some((label, text?))).collect();
    let mut lines = vec![format!("the backup {path} in `{store}`{size}{files}")];
    lines.extend(labelled(&rest, 0, usize::MAX, Paint::NONE).lines().map(str::to_owned));
    Some(lines)
}

fn inventory(value: &Value, tables: &[Value]) -> Vec<String> {
    let database = value.get("database").and_then(Value::as_str).map(|it| format!(" in `{it}`")).unwrap_or_default();
    let known = |table: &Value, key: &str| table.get(key).and_then(Value::as_u64);
    let row = |table: &Value| {
        let text = |key: &str| table.get(key).and_then(Value::as_str).map(one_line).unwrap_or_default();
        let rows = known(table, "rows").map(|rows| humanize::count(rows, "row")).unwrap_or_default();
        vec![text("name"), rows, known(table, "bytes").map(humanize::size).unwrap_or_default(), text("engine")]
    };
    let rows: Vec<Vec<String>> = tables.iter().map(row).collect();
    let total: u64 = tables.iter().filter_map(|table| known(table, "rows")).sum();
    let tables = humanize::count(tables.len() as u64, "table");
    let mut lines = vec![format!("{tables}{database}, {}", humanize::count(total, "row"))];
    lines.extend(layout(&rows, &[Align::Left, Align::Right, Align::Right, Align::Left], 3));
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::approval_text;

    #[test]
    fn a_backup_is_told_by_where_it_is_and_how_large() {
        let made = json!({ "shown": {
            "store": "store", "path": "tidy/2026-11-22_143000-k7q2", "url": "http://127.0.0.1:21001/backups/tidy/2026-11-22_143000-k7q2",
            "id": "2026-11-22_143000-k7q2/backup/1", "num_files": 123, "total_size": 333_447_168, "uncompressed_size": 333_447_168,
            "compressed_size": 333_447_168, "start_time": "2026-11-22 14:30:00", "end_time": "2026-11-22 14:30:09",
        }, "message": "The partition will be dropped." });
        insta::assert_snapshot!(approval_text(&made, 80), @"
        The partition will be dropped.

        the backup tidy/2026-11-22_143000-k7q2 in `store`, 318 MiB in 123 files
        made   2026-11-22 14:30:00 to 2026-11-22 14:30:09
        url    http://127.0.0.1:21001/backups/tidy/2026-11-22_143000-k7q2
        id     2026-11-22_143000-k7q2/backup/1
        ");
        let found = json!({ "shown": {
            "complete": true, "exists": true, "id": "a/backup/1", "uuid": "b", "timestamp": "2026-11-22 14:30:09", "files": 1,
            "size": 512, "stored_size": 512, "base": null, "store": "store", "path": "kept/one", "unchecked": null,
            "tables": [{ "name": "runs" }, { "name": "feedbacks" }],
        } });
        insta::assert_snapshot!(approval_text(&found, 80), @"
        the backup kept/one in `store`, 512 B in 1 file
        state    complete
        tables   runs and feedbacks
        made     2026-11-22 14:30:09
        id       a/backup/1
        ");
    }

    #[test]
    fn another_value_is_shown_as_it_is() {
        insta::assert_snapshot!(approval_text(&json!({ "shown": { "path": "/tmp", "store": "of grain" } }), 80), @r#"
        {
          "path": "/tmp",
          "store": "of grain"
        }
        "#);
        insta::assert_snapshot!(approval_text(&json!({ "shown": "it's 5" }), 80), @"    it's 5");
    }
}
