//! What a CREATE statement says of a table: its columns, its engine, and the rest of the definition that rows depend on. Pure.
//!
//! The text has to be a server's own, on one line (`formatQuerySingleLine`, `create_table_query`): then it is known to be
//! one that the server's grammar takes, columns are always quoted, and only the column list has to be taken apart here. What
//! is not understood all the same is an error, never passed over.
//!
//! Types are as written: what a server calls them it has to be asked (`JSON(max_dynamic_paths = 8)` is
//! `JSON(max_dynamic_paths=8)` there).

use super::{Column, TableKind, definition::Source, kind};

use crate::{
    plan::outputs::Definition,
    sql::structure::{clause, first_brackets, word},
};

/// A table as it is declared.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// Of the table that holds the rows: for a materialized view, of the one inside. Empty where no rows are held.
    pub engine: String,
    pub columns: Vec<Column>,
    pub definition: Definition,
}

/// How the parts of a column list begin that are no columns.
const NO_COLUMNS: [&str; 5] = ["INDEX ", "PROJECTION ", "CONSTRAINT ", "PRIMARY KEY", "FOREIGN KEY"];

/// What says how a column gets its values.
const DEFAULTS: [&str; 4] = ["DEFAULT", "MATERIALIZED", "ALIAS", "EPHEMERAL"];

/// What may follow a column's type besides, without [`AFTER_DEFAULT`].
const NULLABLE: [&str; 2] = ["NOT", "NULL"];

/// What may follow a column's default.
const AFTER_DEFAULT: [&str; 7] = ["COMMENT", "CODEC", "TTL", "STATISTICS", "COLLATE", "PRIMARY KEY", "SETTINGS"];

/// The clauses of a table, one of which ends the other.
const CLAUSES: [&str; 7] = ["PARTITION BY", "PRIMARY KEY", "ORDER BY", "SAMPLE BY", "TTL", "SETTINGS", "COMMENT"];

impl Declared {
    /// Reads the statement that makes a table, a view or a dictionary.
    pub fn parse(create: &str) -> Result<Self, String> {
        let text = create.trim();
        let what = text.strip_prefix("CREATE ").or_else(|| text.strip_prefix("ATTACH ")).unwrap_or_default();
        let is_view = what.starts_with("MATERIALIZED VIEW ");
        if ["VIEW ", "DICTIONARY ", "LIVE VIEW ", "WINDOW VIEW "].iter().any(|other| what.starts_with(other)) {
            return Ok(Self { engine: String::new(), columns: Vec::new(), definition: Definition::default() });
        }
        if !is_view && !what.starts_with("TABLE ") {
            return Err("it makes neither a table nor a view nor a dictionary".to_owned());
        }
        let (parts, rest) = first_brackets(text).ok_or("it has no list of columns")?;
        let engine_full = clause(rest, "ENGINE", if is_view { &["AS"] } else { &[] });
        let engine_full = engine_full.trim_start_matches(['=', ' ']);
        if engine_full.is_empty() && !is_view {
            return Err("it names no engine".to_owned());
        }
        let columns = parts.iter().filter(|part| !NO_COLUMNS.iter().any(|other| part.starts_with(other)));
        let columns = columns.map(|part| column(part)).collect::<Result<Vec<_>, _>>()?;
        if columns.is_empty() {
            return Err("it has no columns".to_owned());
        }
        let engine = engine_full.split(['(', ' ']).next().unwrap_or_default();
        let holds_rows = kind::kind(engine) == TableKind::Table;
        let engine = if holds_rows { engine.to_owned() } else { String::new() };
        Ok(Self { engine, columns, definition: definition(engine_full, text) })
    }

    /// Whether a backup has rows of it.
    pub fn holds_rows(&self) -> bool {
        !self.engine.is_empty()
    }
}

/// As the server reads it from `system.tables`, but for brackets around a whole key, which are the same with and without.
fn definition(engine_full: &str, create: &str) -> Definition {
    let key = |name: &str| {
        let ends: Vec<&str> = CLAUSES.into_iter().filter(|other| *other != name).collect();
        unwrapped(&clause(engine_full, name, &ends)).to_owned()
    };
    let (sorting, primary) = (key("ORDER BY"), key("PRIMARY KEY"));
    let source = Source {
        partition_key: &key("PARTITION BY"),
        sorting_key: &sorting,
        primary_key: if primary.is_empty() { &sorting } else { &primary },
        sampling_key: &key("SAMPLE BY"),
        engine_full,
        create,
        ..Source::default()
    };
    Definition::new(TableKind::Table, &source)
}

/// A key without the brackets around the whole of it.
fn unwrapped(key: &str) -> &str {
    let key = key.strip_prefix("tuple").filter(|rest| *rest == "()").unwrap_or(key);
    let Some((_, rest)) = first_brackets(key).filter(|_| key.starts_with('(')) else { return key };
    if rest.is_empty() { key[1..key.len() - 1].trim() } else { key }
}

/// `` `name` type … ``: the server quotes the names of columns, so that none is taken for an index.
fn column(text: &str) -> Result<Column, String> {
    let not_understood = || format!("`{text}` is no column as servers write them");
    let (name, rest) = quoted(text).ok_or_else(not_understood)?;
    let default = DEFAULTS.iter().filter_map(|word| at(rest, word)).min();
    let further = NULLABLE.iter().chain(&AFTER_DEFAULT);
    let end = further.filter_map(|word| at(rest, word)).chain(default).min().unwrap_or((rest.len(), "")).0;
    let type_name = rest[..end].trim();
    if type_name.is_empty() {
        return Err(not_understood());
    }
    Ok(Column {
        name,
        type_name: type_name.to_owned(),
        default_kind: default.map_or_else(String::new, |(_, word)| word.to_owned()),
        default_expression: default.map_or_else(String::new, |(_, word)| clause(rest, word, &AFTER_DEFAULT)),
    })
}

fn at<'a>(text: &str, wanted: &'a str) -> Option<(usize, &'a str)> {
    word(text, wanted).map(|at| (at, wanted))
}

/// A quoted name without its quotes, and what follows.
pub fn quoted(text: &str) -> Option<(String, &str)> {
    let rest = text.strip_prefix('`')?;
    let (mut name, mut characters) = (String::new(), rest.char_indices());
    while let Some((at, character)) = characters.next() {
        match character {
            '`' => return Some((name, &rest[at + 1..])),
            '\\' => name.push(match characters.next()?.1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                '0' => '\0',
                'b' => '\u{8}',
                'f' => '\u{c}',
                other => other,
            }),
            other => name.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::inventory::same_reading::Answers;

    fn columns(text: &str) -> Vec<(String, String, String)> {
        let declared = Declared::parse(text).unwrap_or_else(|reason| panic!("{text}: {reason}"));
        let default = |kind: &str, expression: &str| format!("{kind} {expression}").trim().to_owned();
        let shown = |it: Column| (it.name, it.type_name, default(&it.default_kind, &it.default_expression));
        declared.columns.into_iter().map(shown).collect()
    }

    #[track_caller]
    fn case(column: &str, name: &str, type_name: &str, default: &str) {
        let text = format!("CREATE TABLE d.t UUID 'x' ({column}, `z` Int8) ENGINE = MergeTree ORDER BY z");
        let expected = |(a, b, c): (&str, &str, &str)| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(columns(&text), [expected((name, type_name, default)), expected(("z", "Int8", ""))]);
    }

    #[test]
    fn columns_are_names_types_and_defaults() {
        case("`id` UInt64 COMMENT 'a, (b' CODEC(Delta(8), ZSTD(1)) STATISTICS(tdigest)", "id", "UInt64", "");
        case("`DEFAULT` DateTime('UTC') DEFAULT now() TTL d + 1", "DEFAULT", "DateTime('UTC')", "DEFAULT now()");
        case(
            "`m` Tuple(a UInt8, `DEFAULT x` String) MATERIALIZED `ALIAS`",
            "m",
            "Tuple(a UInt8, `DEFAULT x` String)",
            "MATERIALIZED `ALIAS`",
        );
        case("`a` Enum8('COMMENT ' = 1) ALIAS CAST(b, 'x')", "a", "Enum8('COMMENT ' = 1)", "ALIAS CAST(b, 'x')");
        case(
            "`n` Nullable(Int8) DEFAULT a IS NOT NULL COMMENT 'CODEC'",
            "n",
            "Nullable(Int8)",
            "DEFAULT a IS NOT NULL",
        );
        case("`e` Array(Nullable(Int8)) EPHEMERAL", "e", "Array(Nullable(Int8))", "EPHEMERAL");
        case(
            "`n.a` JSON(max_dynamic_paths = 8, `a.b` UInt32, SKIP x)",
            "n.a",
            "JSON(max_dynamic_paths = 8, `a.b` UInt32, SKIP x)",
            "",
        );
        case("`a\\`b\\\\ ,(` String", "a`b\\ ,(", "String", "");
        case("`s` String SETTINGS (min_compress_block_size = 1)", "s", "String", "");
    }

    #[test]
    fn what_is_no_column_is_passed_over_and_what_is_not_known_is_an_error() {
        let text = |parts: &str| format!("CREATE TABLE d.t ({parts}) ENGINE = MergeTree ORDER BY a");
        let others =
            "INDEX i (a, b) TYPE minmax, CONSTRAINT c CHECK a > 0, PROJECTION p (SELECT a ORDER BY b), PRIMARY KEY (a)";
        assert_eq!(columns(&text(&format!("`a` Int8, {others}"))).len(), 1);
        for wrong in ["`a`", "a Int8", "NOVELTY x (a)", "`a` DEFAULT 1", "INDEX i a TYPE minmax"] {
            assert!(Declared::parse(&text(wrong)).is_err(), "{wrong}");
        }
        for wrong in
            ["", "SELECT 1", "CREATE TABLE d.t (`a` Int8", "CREATE TABLE d.t (`a` Int8)", "DROP TABLE d.t (`a` Int8)"]
        {
            assert!(Declared::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn keys_are_the_same_with_and_without_brackets() {
        let of = |clauses: &str| {
            Declared::parse(&format!("CREATE TABLE d.t (`a` Int8) ENGINE = {clauses} SETTINGS x = 1 COMMENT 'TTL 3'"))
                .unwrap()
        };
        let whole = of(
            "ReplicatedReplacingMergeTree('/p', 'r', v) PARTITION BY (a % 2, b) PRIMARY KEY (a) ORDER BY (a, b) SAMPLE BY a TTL d + 1",
        );
        let definition = &whole.definition;
        assert_eq!((definition.partition_key.as_str(), definition.sorting_key.as_str()), ("a % 2, b", "a, b"));
        assert_eq!((definition.primary_key.as_str(), definition.sampling_key.as_str()), ("a", "a"));
        assert_eq!((definition.engine_arguments.as_str(), definition.ttl.as_str()), ("v", "d + 1"));
        let differences =
            |left: &str, right: &str| of(left).definition.differences(&of(right).definition, &Answers::default());
        assert!(differences("MergeTree ORDER BY (a)", "ReplicatedMergeTree PRIMARY KEY a ORDER BY a").is_empty());
        assert_eq!(
            differences("MergeTree ORDER BY tuple()", "MergeTree ORDER BY (a) + (b)"),
            ["sorting key none instead of ((a) + (b))"]
        );
    }

    #[test]
    fn a_view_holds_rows_where_it_names_an_engine() {
        let inside = "CREATE MATERIALIZED VIEW d.v UUID 'x' TO INNER UUID 'y' (`k` UInt64) ENGINE = SummingMergeTree ORDER BY k AS SELECT 1 AS k";
        let inside = Declared::parse(inside).unwrap();
        assert_eq!((inside.engine.as_str(), inside.definition.sorting_key.as_str()), ("SummingMergeTree", "k"));
        let to = "CREATE MATERIALIZED VIEW d.v UUID 'x' TO d.t (`k` UInt64) AS SELECT 1 AS k FROM ENGINE";
        let none = [
            "CREATE VIEW d.v AS SELECT 1",
            "CREATE DICTIONARY d.d (`k` UInt64) PRIMARY KEY k",
            to,
            "CREATE TABLE d.t (`a` Int8) ENGINE = Null",
        ];
        assert!(none.iter().all(|text| !Declared::parse(text).unwrap().holds_rows()));
    }
}
