//! What a table's definition says beyond its columns, as far as its rows depend on it. Pure.
//!
//! RESTORE with `allow_different_table_def` puts parts into a table of another sorting key, engine argument or TTL without
//! a word, and merges then make something else of them; so it does with indices and projections, which queries then read
//! wrongly ([`part_files`](super::part_files)). What only says where and how rows are kept (paths and names of replicas, SETTINGS,
//! comments, codecs) is left out.

use super::same_reading::{Answers, Question};

use crate::{
    plan::outputs::{Definition, PartFiles, TableKind},
    sql::structure::{Place, clause, first_brackets, is_part_of_name, places, without_spacing, word},
};

/// What system.tables says of a table; that inside a materialized view speaks for its keys and its engine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Source<'a> {
    pub database: &'a str,
    pub partition_key: &'a str,
    pub sorting_key: &'a str,
    pub primary_key: &'a str,
    pub sampling_key: &'a str,
    pub engine_full: &'a str,
    /// Of the table that holds the rows.
    pub create: &'a str,
    /// Of the view, where it is one.
    pub as_select: &'a str,
    pub view_create: &'a str,
}

impl Definition {
    pub fn new(kind: TableKind, source: &Source<'_>) -> Self {
        let family = source.engine_full.split(['(', ' ']).next().is_some_and(|engine| engine.ends_with("MergeTree"));
        let is_view = matches!(kind, TableKind::View | TableKind::MaterializedView);
        let to = match kind {
            TableKind::MaterializedView => target(source.view_create),
            _ => String::new(),
        };
        Self {
            partition_key: source.partition_key.to_owned(),
            sorting_key: source.sorting_key.to_owned(),
            primary_key: source.primary_key.to_owned(),
            sampling_key: source.sampling_key.to_owned(),
            engine_arguments: if family { arguments(source.engine_full) } else { String::new() },
            ttl: if family { clause(source.engine_full, "TTL", &["SETTINGS", "COMMENT"]) } else { String::new() },
            column_ttls: if family { column_ttls(source.create) } else { String::new() },
            select: if is_view { without_database(source.as_select, source.database) } else { String::new() },
            to: without_database(&to, source.database),
            layout: if kind == TableKind::Dictionary { layout(source.create) } else { String::new() },
            part_files: if family { PartFiles::of(source.create) } else { PartFiles::default() },
        }
    }

    /// Whether partitions and the order of rows in parts are made of the same columns.
    pub fn has_keys_of(&self, other: &Self) -> bool {
        let keys = |it: &Self| [&it.partition_key, &it.sorting_key, &it.primary_key].map(|key| without_spacing(key));
        keys(self) == keys(other)
    }

    /// What a server has to be asked before it can be compared.
    pub fn questions(&self, expected: &Self) -> Vec<Question> {
        self.part_files.questions(&expected.part_files)
    }

    /// A view's SELECT is told and not compared: no row that is restored depends on it, and a cluster's migrations may have to
    /// write it otherwise (`ARRAY JOIN` for `arrayJoin`).
    ///
    /// How it differs from what is expected, in words: `sorting key (id, ts) instead of (id)`. `answers` are those to the
    /// [`questions`](Self::questions).
    pub fn differences(&self, expected: &Self, answers: &Answers) -> Vec<String> {
        type Part = fn(&Definition) -> &String;
        let parts: [(&str, Part); 9] = [
            ("partition key", |it| &it.partition_key),
            ("sorting key", |it| &it.sorting_key),
            ("primary key", |it| &it.primary_key),
            ("sampling key", |it| &it.sampling_key),
            ("engine arguments", |it| &it.engine_arguments),
            ("TTL", |it| &it.ttl),
            ("TTL of columns", |it| &it.column_ttls),
            ("target", |it| &it.to),
            ("key and layout", |it| &it.layout),
        ];
        let mut differences = Vec::new();
        for (name, part) in parts {
            let (expected, found) = (part(expected), part(self));
            // The primary key is the sorting key where none is written: one difference is said once.
            let follows = name == "primary key" && *found == self.sorting_key && !differences.is_empty();
            if without_spacing(expected) != without_spacing(found) && !follows {
                let shown = |text: &str| if text.is_empty() { "none".to_owned() } else { format!("({text})") };
                differences.push(format!("{name} {} instead of {}", shown(found), shown(expected)));
            }
        }
        differences.extend(self.part_files.differences(&expected.part_files, answers));
        differences
    }
}

/// What an engine does, but for replication.
pub fn engine_base(engine: &str) -> &str {
    engine.strip_prefix("Replicated").or_else(|| engine.strip_prefix("Shared")).unwrap_or(engine)
}

/// The parts between commas of the text inside the first brackets.
fn bracketed(text: &str) -> Vec<&str> {
    first_brackets(text).map(|(parts, _)| parts).unwrap_or_default()
}

fn arguments(engine_full: &str) -> String {
    let name = engine_full.split(['(', ' ']).next().unwrap_or_default();
    if !engine_full[name.len()..].starts_with('(') {
        return String::new();
    }
    let mut arguments = bracketed(engine_full);
    let is_text = |at: usize| arguments.get(at).is_some_and(|argument: &&str| argument.starts_with('\''));
    if engine_base(name) != name && is_text(0) && is_text(1) {
        arguments.drain(..2);
    }
    arguments.join(", ")
}

fn column_ttls(create: &str) -> String {
    let ttls = bracketed(create).into_iter().filter_map(|column| {
        let ttl = clause(column, "TTL", &["COLLATE", "STATISTICS", "SETTINGS"]);
        let name = column.split_whitespace().next()?;
        (!ttl.is_empty()).then(|| format!("{name} {ttl}"))
    });
    ttls.collect::<Vec<_>>().join(", ")
}

/// A view's text before its SELECT.
fn head(create: &str) -> &str {
    word(create, "AS").map_or(create, |at| &create[..at])
}

/// The table that a materialized view stores its rows in, where its definition names one. Where it does not, they are in a
/// table inside of it.
pub(super) fn target(view_create: &str) -> String {
    let to = clause(head(view_create), "TO", &["DEFINER", "SQL", "COMMENT"]);
    let end = places(&to).into_iter().find(|place| place.character.is_whitespace() || place.character == '(');
    end.map_or(to.as_str(), |place| &to[..place.at]).to_owned()
}

fn layout(create: &str) -> String {
    let key = clause(create, "PRIMARY KEY", &["SOURCE", "LIFETIME", "LAYOUT", "RANGE", "SETTINGS", "COMMENT"]);
    let layout = clause(create, "LAYOUT", &["SOURCE", "LIFETIME", "RANGE", "SETTINGS", "COMMENT"]);
    let range = clause(create, "RANGE", &["SOURCE", "LIFETIME", "LAYOUT", "SETTINGS", "COMMENT"]);
    [key, layout, range].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Names of the same database without it, so that a restored copy under another name is the same.
fn without_database(text: &str, database: &str) -> String {
    if database.is_empty() {
        return text.to_owned();
    }
    let forms = [format!("{database}."), format!("`{}`.", database.replace('`', "\\`"))];
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for Place { at, .. } in places(text) {
        let form = forms.iter().find(|form| text[at..].starts_with(form.as_str()));
        if let Some(form) = form.filter(|_| at >= from && !text[..at].ends_with(is_part_of_name)) {
            out.push_str(&text[from..at]);
            from = at + form.len();
        }
    }
    out.push_str(&text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_with_a_target_has_no_table_inside() {
        for (definition, elsewhere) in [
            ("CREATE MATERIALIZED VIEW d.v TO d.t (`a` UInt8) AS SELECT 1 AS a", true),
            ("CREATE MATERIALIZED VIEW d.v REFRESH EVERY 1 HOUR TO d.`.inner.v` (`a` UInt8) AS SELECT 1 AS a", true),
            ("CREATE MATERIALIZED VIEW d.v (`a` UInt8) ENGINE = Log AS SELECT a FROM t WITH FILL FROM 1 TO 2", false),
        ] {
            assert_eq!(!target(definition).is_empty(), elsewhere, "{definition}");
        }
    }

    #[test]
    fn arguments_are_those_of_the_engine_not_of_replication() {
        let of = |engine: &str| arguments(engine);
        assert_eq!(of("ReplacingMergeTree(at, gone) ORDER BY id SETTINGS index_granularity = 8192"), "at, gone");
        assert_eq!(of("ReplicatedReplacingMergeTree('/a(b,c/{shard}', '{replica}', at) ORDER BY id"), "at");
        assert_eq!(of("ReplicatedMergeTree('/p', 'r') ORDER BY id"), "");
        assert_eq!(of("MergeTree ORDER BY (a, b)"), "");
        assert_eq!(of("SummingMergeTree((a, b)) ORDER BY c"), "(a, b)");
        assert_eq!(of("GraphiteMergeTree('config') ORDER BY c"), "'config'");
    }

    #[test]
    fn a_ttl_is_told_of_the_table_and_of_columns() {
        let ttl = |text: &str| clause(text, "TTL", &["SETTINGS", "COMMENT"]);
        assert_eq!(
            ttl("MergeTree ORDER BY `TTL` TTL at + toIntervalDay(30) DELETE WHERE s = ' SETTINGS ' SETTINGS x = 1"),
            "at + toIntervalDay(30) DELETE WHERE s = ' SETTINGS '"
        );
        assert_eq!(ttl("MergeTree ORDER BY id SETTINGS x = 1"), "");
        let create =
            "CREATE TABLE d.t (`id` UInt64, `s` String CODEC(ZSTD(1)) TTL at + toIntervalDay(1), `at` DateTime) ENGINE";
        assert_eq!(column_ttls(create), "`s` at + toIntervalDay(1)");
    }

    #[test]
    fn a_view_is_the_same_under_another_database() {
        let view = |database: &str| {
            let select = format!("SELECT id, 'house.runs' AS s FROM {database}.runs WHERE my{database}.x = 1");
            let create = format!("CREATE MATERIALIZED VIEW {database}.v TO {database}.t (`id` UInt64) AS {select}");
            let source =
                Source { database, as_select: &select, view_create: &create, create: &create, ..Source::default() };
            Definition::new(TableKind::MaterializedView, &source)
        };
        let house = view("house");
        assert_eq!((house.to.as_str(), house.select.contains("FROM runs")), ("t", true));
        assert!(house.select.contains("'house.runs'") && house.select.contains("myhouse.x"));
        assert_eq!(without_database("SELECT a FROM `my-db`.t", "my-db"), "SELECT a FROM t");
    }

    #[test]
    fn a_dictionary_is_its_key_and_layout_not_its_source() {
        let create = "CREATE DICTIONARY d.t (`id` UInt64, `v` String) PRIMARY KEY id SOURCE(CLICKHOUSE(TABLE 'x' PASSWORD \
                      '[HIDDEN]')) LIFETIME(MIN 0 MAX 300) LAYOUT(FLAT())";
        assert_eq!(layout(create), "id (FLAT())");
    }

    #[test]
    fn differences_are_said_once_and_on_both_sides() {
        let of = |key: &str| Definition { sorting_key: key.into(), primary_key: key.into(), ..Definition::default() };
        assert_eq!(of("id, ts").differences(&of("id"), &Answers::default()), ["sorting key (id, ts) instead of (id)"]);
        let with_ttl = Definition { ttl: "ts + 1".into(), ..of("id") };
        assert_eq!(with_ttl.differences(&of("id"), &Answers::default()), ["TTL (ts + 1) instead of none"]);
        assert!(of("a,  b").differences(&of("a,b"), &Answers::default()).is_empty());
    }

    #[test]
    fn white_space_in_quotes_is_a_difference_also_where_quotes_are_escaped() {
        let of = |ttl: &str| Definition { ttl: ttl.into(), ..Definition::default() };
        for (one, other) in [
            (r"at WHERE s = 'it\'s  so'", r"at WHERE s = 'it\'s so'"),
            ("at WHERE s = 'it''s  so'", "at WHERE s = 'it''s so'"),
            ("at WHERE `a  b` = 1", "at WHERE `a b` = 1"),
        ] {
            assert_eq!(of(one).differences(&of(other), &Answers::default()).len(), 1, "{one}");
        }
        // And outside of them it is none, also after an escaped quote.
        assert!(
            of(r"at WHERE s = '\'' AND  b")
                .differences(&of(r"at WHERE s = '\'' AND b"), &Answers::default())
                .is_empty()
        );
    }
}
