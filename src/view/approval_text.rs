//! What a person is asked to approve, as text: any value, the tables of an inventory first of all.

use serde_json::Value;

use super::{
    paint::{Paint, cut, one_line},
    table::{Align, labelled, layout},
    wrap::{hang, wrap},
};
use crate::{
    account::outputs::of_value,
    humanize,
    plan::outputs::{ApprovalRequest, BackupOutput, InspectOutput, Inventory, Table},
};

/// So many lines are shown; the digest covers the rest too, and that there is more is said.
const MOST: usize = 30;

/// The value, indented, for `columns`; what an approval shows stands under the plan's own message.
pub fn approval_text(value: &Value, columns: usize) -> String {
    let Some(ApprovalRequest { shown, message }) = of_value(value) else { return body(value, columns) };
    let message = message.map(|it| format!("{}\n", hang("    ", &one_line(&it), columns))).unwrap_or_default();
    format!("{message}{}", body(&shown, columns))
}

fn body(value: &Value, columns: usize) -> String {
    let made = || of_value(value).map(|it| backup(&it));
    let known = || made().or_else(|| of_value(value).map(|it| inspected(&it)));
    let known = || known().or_else(|| of_value(value).map(|it| inventory(&it)));
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

/// What a `backup` step gives: where the backup is, how large, and its id.
fn backup(it: &BackupOutput) -> Vec<String> {
    let made = it.start_time.as_deref().zip(it.end_time.as_deref());
    let facts = [
        ("made", made.map(|(start, end)| format!("{} to {}", one_line(start), one_line(end)))),
        ("url", Some(one_line(&it.place.url))),
        ("id", Some(one_line(&it.place.id))),
    ];
    stored_backup((&it.place.path, it.place.store.as_str()), (it.total_size, it.num_files), facts)
}

/// What an `inspect` step gives: also whether the backup is complete, and which tables are in it.
fn inspected(it: &InspectOutput) -> Vec<String> {
    let found = &it.found;
    let state = match found.complete {
        Some(true) => "complete".to_owned(),
        Some(false) => "not complete".to_owned(),
        None => format!("not known to be complete: {}", one_line(found.unchecked.as_deref().unwrap_or_default())),
    };
    let tables = it.tables.as_ref().map(|tables| {
        let names: Vec<String> = tables.iter().map(|table| one_line(&table.name)).collect();
        humanize::first_of(&names, 6)
    });
    let facts = [
        ("state", Some(state)),
        ("tables", tables),
        ("made", found.timestamp.as_deref().map(one_line)),
        ("id", found.id.as_deref().or(found.unidentified.as_deref()).map(one_line)),
    ];
    stored_backup((&it.path, it.store.as_str()), (Some(found.size), Some(found.files)), facts)
}

/// A backup by its path and store, its size in bytes and the number of its files, with what else is known of it.
fn stored_backup<const N: usize>(
    (path, store): (&str, &str),
    (size, files): (Option<u64>, Option<u64>),
    facts: [(&str, Option<String>); N],
) -> Vec<String> {
    let size = size.map(|it| format!(", {}", humanize::size(it))).unwrap_or_default();
    let files = files.map(|it| format!(" in {}", humanize::count(it, "file"))).unwrap_or_default();
    let known: Vec<(&str, String)> = facts.into_iter().filter_map(|(label, text)| Some((label, text?))).collect();
    let mut lines = vec![format!("the backup {} in `{}`{size}{files}", one_line(path), one_line(store))];
    lines.extend(labelled(&known, 0, usize::MAX, Paint::NONE).lines().map(str::to_owned));
    lines
}

fn inventory(inventory: &Inventory) -> Vec<String> {
    let row = |table: &Table| {
        vec![
            one_line(&table.name),
            table.rows.rows.map(|rows| humanize::count(rows, "row")).unwrap_or_default(),
            table.bytes.map(humanize::size).unwrap_or_default(),
            one_line(&table.engine),
        ]
    };
    let rows: Vec<Vec<String>> = inventory.tables.iter().map(row).collect();
    let total: u64 = inventory.tables.iter().filter_map(|table| table.rows.rows).sum();
    let tables = humanize::count(rows.len() as u64, "table");
    let mut lines = vec![format!("{tables} in `{}`, {}", inventory.database, humanize::count(total, "row"))];
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
            "size": 512, "stored_size": 512, "base": null, "store": "store", "path": "kept/one", "unchecked": null, "unidentified": null,
            "missing": [], "missing_count": 0, "wrong_size": [], "wrong_size_count": 0,
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
