//! What a table is, told by its engine, and what a person should know about it before it is moved.

use crate::plan::outputs::TableKind;

/// The engines besides the MergeTree family whose rows SELECT gives back. BACKUP takes them too, but for those of Join, which
/// comes back empty *(run)*: those are counted all the same, so that the loss is seen in a comparison.
const HOLDING: &[&str] = &["Memory", "Log", "TinyLog", "StripeLog", "EmbeddedRocksDB", "Join", "KeeperMap"];

pub(in crate::action) fn kind(engine: &str) -> TableKind {
    match engine {
        "View" | "LiveView" | "WindowView" => TableKind::View,
        "MaterializedView" => TableKind::MaterializedView,
        "Dictionary" => TableKind::Dictionary,
        engine if engine.ends_with("MergeTree") || HOLDING.contains(&engine) => TableKind::Table,
        _ => TableKind::Other,
    }
}

/// The view that a table lies inside of, as the table's name tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Inner<'a> {
    Named(&'a str),
    Uuid(&'a str),
}

/// Of which view it is the table inside, if it is one by its name. A refreshable view has a second one while it refreshes. A table
/// `.inner` is one like any other *(run)*.
pub(super) fn inner_of(table: &str) -> Option<Inner<'_>> {
    let name = table.strip_prefix(".tmp").unwrap_or(table);
    let named = || name.strip_prefix(".inner.").map(Inner::Named);
    name.strip_prefix(".inner_id.").map(Inner::Uuid).or_else(named)
}

/// Whether it is by its name the table inside a materialized view. BACKUP leaves those out and takes their rows along with the view.
pub(in crate::action) fn is_inner(table: &str) -> bool {
    inner_of(table).is_some()
}

/// What is not as with other tables, where something is.
pub(super) fn note(table: &str, engine: &str, definition: &str) -> Option<String> {
    match engine {
        "Kafka" | "S3Queue" | "AzureQueue" | "RabbitMQ" | "NATS" | "FileLog" => {
            Some(format!("`{table}` ({engine}) starts to read from its source as soon as it is restored"))
        }
        "MaterializedView" if definition.contains(" REFRESH ") => {
            Some(format!("`{table}` is a refreshable view: it starts to refresh as soon as it is restored"))
        }
        "Memory" => Some(format!("`{table}` (Memory) is empty after its server restarts")),
        "Buffer" => {
            Some(format!("`{table}` (Buffer) may hold rows that are not in its target yet: OPTIMIZE TABLE flushes it"))
        }
        "Join" => Some(format!("`{table}` (Join) comes back from a backup without its rows")),
        "Set" => Some(format!("`{table}` (Set) cannot be read: its rows are neither backed up, counted nor compared")),
        engine if kind(engine) == TableKind::Other && !matches!(engine, "Distributed" | "Merge" | "Null" | "Alias") => {
            Some(format!("`{table}` ({engine}) keeps its rows elsewhere: they are neither backed up nor counted"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_backup_takes_is_noted_and_what_can_be_read_is_counted() {
        for (engine, counted, noted) in [
            ("Join", true, "comes back from a backup without its rows"),
            ("Set", false, "neither backed up, counted nor compared"),
            ("File", false, "neither backed up nor counted"),
        ] {
            assert_eq!(kind(engine) == TableKind::Table, counted, "{engine}");
            let note = note("t", engine, "").expect("a note");
            assert!(note.contains(noted), "{note}");
        }
        assert!(note("t", "Log", "").is_none() && kind("Log") == TableKind::Table);
    }

    #[test]
    fn the_table_inside_names_its_view() {
        assert_eq!(inner_of(".inner.by_day"), Some(Inner::Named("by_day")));
        assert_eq!(inner_of(".inner_id.0-1"), Some(Inner::Uuid("0-1")));
        assert_eq!(inner_of(".tmp.inner_id.0-1"), Some(Inner::Uuid("0-1")));
        for other in [".inner", "inner.t", ".tmp", "t"] {
            assert!(!is_inner(other), "{other}");
        }
    }
}
