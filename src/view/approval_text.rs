//! What a person is asked to approve, as text: any value, the tables of an inventory first of all.

use serde_json::Value;

use super::{
    paint::{Paint, cut, one_line},
    table::{Align, labelled, layout},
    wrap::{hang, wrap},
};
use crate::{
    account::outputs::{Backup, Completeness, Inventory, Outputs, Table},
    humanize,
};

/// So many lines are shown; the digest covers the rest too, and that there is more is said.
const MOST: usize = 30;

/// The value, indented, for `columns`; what an approval shows stands under the plan's own message.
pub fn approval_text(value: &Value, columns: usize) -> String {
    let Some((inner, message)) = Outputs::Task(value).shown() else { return body(value, columns) };
    let message = message.map(|it| format!("{}\n", hang("    ", &one_line(it), columns))).unwrap_or_default();
    format!("{message}{}", body(inner, columns))
}

fn body(value: &Value, columns: usize) -> String {
    let outputs = Outputs::Task(value);
    let known = || backup(outputs).or_else(|| Inventory::read(outputs).map(|it| inventory(&it)));
    let mut lines = match value {
        Value::String(text) => text.lines().flat_map(|it| wrap(&one_line(it), columns.saturating_sub(4))).collect(),
        _ => known().unwrap_or_else(|| {
            serde_json::to_string_pretty(value).unwrap_or_default().lines().map(str::to_owned).collect()
        }),
    };
    let hidden = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if hidden > 0 {
        lines.push(format!("…and {}", humanize::count(hidden as u64, "more line")));
    }
    lines.iter().map(|line| format!("    {}\n", cut(line.trim_end(), columns.saturating_sub(4)))).collect()
}

/// What a `backup` or an `inspect` step gives: where the backup is, how large, whether it is complete, and its id.
fn backup(outputs: Outputs<'_>) -> Option<Vec<String>> {
    let backup = Backup::read(outputs).filter(|it| it.complete.is_some() || it.url.is_some())?;
    let (path, store) = (one_line(backup.path), one_line(backup.store?));
    let size = backup.bytes.map(|it| format!(", {}", humanize::size(it))).unwrap_or_default();
    let files = backup.files.map(|it| format!(" in {}", humanize::count(it, "file"))).unwrap_or_default();
    let state = backup.complete.map(|it| match it {
        Completeness::Complete => "complete".to_owned(),
        Completeness::NotComplete => "not complete".to_owned(),
        Completeness::Unchecked(why) => format!("not known to be complete: {}", one_line(why)),
    });
    let tables = backup.tables.map(|names| {
        let names: Vec<String> = names.into_iter().map(one_line).collect();
        humanize::first_of(&names, 6)
    });
    let made = backup.made.map(|(start, end)| match end {
        Some(end) => format!("{} to {}", one_line(start), one_line(end)),
        None => one_line(start),
    });
    let rest = [
        ("state", state),
        ("tables", tables),
        ("made", made),
        ("url", backup.url.map(one_line)),
        ("id", backup.id.map(one_line)),
    ];
    let rest: Vec<(&str, String)> = rest.into_iter().filter_map(|(label, text)| Some((label, text?))).collect();
    let mut lines = vec![format!("the backup {path} in `{store}`{size}{files}")];
    lines.extend(labelled(&rest, 0, usize::MAX, Paint::NONE).lines().map(str::to_owned));
    Some(lines)
}

fn inventory(inventory: &Inventory<'_>) -> Vec<String> {
    let database = inventory.database.map(|it| format!(" in `{it}`")).unwrap_or_default();
    let row = |table: &Table<'_>| {
        vec![
            table.name.map(one_line).unwrap_or_default(),
            table.rows.map(|rows| humanize::count(rows, "row")).unwrap_or_default(),
            table.bytes.map(humanize::size).unwrap_or_default(),
            table.engine.map(one_line).unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = inventory.tables.iter().map(row).collect();
    let total: u64 = inventory.tables.iter().filter_map(|table| table.rows).sum();
    let tables = humanize::count(rows.len() as u64, "table");
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
