//! What rows hold, as one number.
//!
//! The sum of `cityHash64(tuple(columns))` of each row, modulo 2⁶⁴, beside `count()`:
//!
//! - A sum does not depend on the order of rows, adds up over parts, partitions and shards, and sees doubled rows, to which
//!   a XOR of hashes is blind (pairs cancel to 0).
//! - The `tuple(…)` sees NULLs: `cityHash64(a, b)` is NULL where one argument is, and `sum` skips it.
//! - The columns are named, sorted by name: a table with its columns in another order has the same checksum.
//! - Columns that are not stored (`ALIAS`, `EPHEMERAL`) are left out; `MATERIALIZED` ones are stored, and hashed.
//! - What ClickHouse before 26.1 cannot hash, or hashes otherwise at each reading, is hashed as text ([`AS_TEXT`]), with what
//!   type each value has where the column's type does not say it. Times in it are seconds since 1970, so that no time zone
//!   matters. All else is hashed by its exact value (0.0 and -0.0 differ, all NaNs are one). Neither the blocks that are read
//!   nor the dynamic structure of a part matters, and JSON's null is its missing key. Of a JSON, Variant or Dynamic inside
//!   another type (an Array of them), 1 and '1' may read alike, and 1 and 1.0.
//! - Two different tables with equal counts have the same sum by chance in one case of 2⁶⁴. It is no defence against
//!   somebody who makes rows collide on purpose; a second sum would be none either, and would cost as much again.
//! - So hashes compare between servers of all versions: `make test-versions` shows it within 24.8, 25.8, 26.1, 26.3 and 26.9,
//!   and from 24.8 to 25.8, from 25.8 to 26.9.
//!
//! Stored states of aggregate functions are hashed as they are: RESTORE attaches parts byte by byte. So they are under
//! `FINAL`, but where the bytes of a merged state depend on the order of merging and what it comes to says as much: see
//! [`merging`](super::merging).

use super::{Column, merging::Merged};
use crate::connect::clickhouse::{Statement, quote_identifier};

/// Whether merges of tables of this engine change rows, so that two servers may rightly store different ones.
pub fn is_merging(engine: &str) -> bool {
    const MERGING: &[&str] = &["Replacing", "Collapsing", "Summing", "Aggregating", "Coalescing", "Graphite"];
    engine.ends_with("MergeTree") && MERGING.iter().any(|kind| engine.contains(kind))
}

/// Which rows a statement is to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowState {
    /// As they are stored.
    Stored,
    /// As they will be after all merges.
    Final,
}

/// What has one of these in its type is hashed as text. `cityHash64` refuses a NULL before 25.8 and the others before 26.1 (48
/// NOT_IMPLEMENTED); of states it hashes, before 26.1, what is not the same when it is read again *(run)*.
const AS_TEXT: [&str; 6] = ["Nullable(", "JSON", "Object(", "Variant(", "Dynamic", "AggregateFunction("];

/// How values are written as text. A profile may set any of these otherwise, and the default of some has changed.
const TEXT: [(&str, &str); 8] = [
    ("date_time_output_format", "unix_timestamp"),
    ("output_format_decimal_trailing_zeros", "1"),
    ("bool_true_representation", "true"),
    ("bool_false_representation", "false"),
    // Of a JSON: quoted, the number 1 would read as the text "1".
    ("output_format_json_quote_64bit_integers", "0"),
    ("output_format_json_quote_64bit_floats", "0"),
    ("output_format_json_quote_decimals", "0"),
    ("output_format_json_escape_forward_slashes", "1"),
];

/// The statement that gives `rows` and, where it is asked for, `checksum`.
///
/// A table may have columns of these very names, and in the scope of its columns a name that we give would be taken for one of
/// them, or one of them for ours. So rows are hashed in a SELECT of its own, whose one name no column has ([`free_name`]).
pub fn statement(database: &str, table: &str, columns: &[Column], state: RowState, checksum: bool) -> Statement {
    let modifier = if state == RowState::Final { " FINAL" } else { "" };
    let table = format!("{}.{}{modifier}", quote_identifier(database), quote_identifier(table));
    let text = match checksum {
        false => format!("SELECT count() AS rows FROM {table}"),
        true => {
            let (hash, name) = (expression(columns, state), free_name(columns));
            format!("SELECT count() AS rows, sum({name}) AS checksum FROM (SELECT {hash} AS {name} FROM {table})")
        }
    };
    // A profile may set any of these; with `break` a limit would cut the answer without a word. The limits themselves stay:
    // with `throw` they are loud, and a profile may forbid to lift them.
    let statement = Statement::read(text);
    let as_text = TEXT.into_iter().filter(|_| checksum);
    as_text
        .fold(statement, |statement, (name, value)| statement.with_setting(name, value))
        .with_setting("final", 0)
        .with_setting("timeout_overflow_mode", "throw")
        .with_setting("read_overflow_mode", "throw")
        .with_setting("read_overflow_mode_leaf", "throw")
        .with_setting("result_overflow_mode", "throw")
        .with_setting("additional_table_filters", "{}")
        .with_setting("additional_result_filter", "")
        .with_setting("limit", 0)
        .with_setting("offset", 0)
        .with_setting("do_not_merge_across_partitions_select_final", 0)
        .with_setting("use_query_cache", 0)
}

fn expression(columns: &[Column], state: RowState) -> String {
    let mut stored: Vec<&Column> = columns.iter().filter(|column| column.is_stored()).collect();
    stored.sort_by(|a, b| a.name.cmp(&b.name));
    let terms: Vec<String> = stored.into_iter().map(|column| term(column, state)).collect();
    format!("cityHash64(tuple({}))", terms.join(", "))
}

/// A name that no column has, nor begins with: `hash.x` may be read as the `x` of `hash`.
fn free_name(columns: &[Column]) -> String {
    let mut name = "row_hash".to_owned();
    while columns.iter().any(|column| column.name.starts_with(&name)) {
        name.push('_');
    }
    name
}

/// What is hashed of a column.
fn term(column: &Column, state: RowState) -> String {
    let (name, type_name) = (quote_identifier(&column.name), column.type_name.as_str());
    let value = match Merged::of(type_name) {
        _ if state == RowState::Stored => name,
        Merged::AsItIs | Merged::InOrder => name,
        Merged::Whole | Merged::Number => format!("finalizeAggregation({name})"),
        Merged::Elements => format!("arraySort(finalizeAggregation({name}))"),
    };
    let named = type_name.replace("SimpleAggregateFunction(", "");
    if !AS_TEXT.iter().any(|it| named.contains(it)) {
        return value;
    }
    // As a tuple NULL and 'NULL' differ.
    match type_name.split('(').next().unwrap_or_default() {
        "JSON" => format!("toString(tuple({value}, JSONAllPathsWithTypes({value})))"),
        "Variant" => format!("toString(tuple({value}, variantType({value})))"),
        "Dynamic" => format!("toString(tuple({value}, dynamicType({value})))"),
        _ => format!("toString(tuple({value}))"),
    }
}

/// The checksum of two disjoint sets of rows together; `None` where one is none.
pub fn add(left: &str, right: &str) -> Option<String> {
    let (left, right) = (u64::from_str_radix(left, 16).ok()?, u64::from_str_radix(right, 16).ok()?);
    Some(format(left.wrapping_add(right)))
}

/// Sixteen digits, lower case.
pub fn format(sum: u64) -> String {
    format!("{sum:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, type_name: &str, default_kind: &str) -> Column {
        Column {
            name: name.into(),
            type_name: type_name.into(),
            default_kind: default_kind.into(),
            default_expression: String::new(),
        }
    }

    #[test]
    fn only_what_is_stored_is_hashed_in_the_order_of_names() {
        let columns = [
            column("b", "String", "MATERIALIZED"),
            column("a`", "UInt8", ""),
            column("c", "UInt8", "ALIAS"),
            column("d", "UInt8", "EPHEMERAL"),
            column("s", "AggregateFunction(uniq, UInt64)", ""),
            column("t", "AggregateFunction(avg, UInt64)", ""),
            column("u", "AggregateFunction(groupUniqArray, UInt64)", ""),
        ];
        assert_eq!(
            statement("d", "t", &columns, RowState::Stored, true).text,
            "SELECT count() AS rows, sum(row_hash) AS checksum FROM (SELECT cityHash64(tuple(`a\\``, `b`, \
             toString(tuple(`s`)), toString(tuple(`t`)), toString(tuple(`u`)))) AS row_hash FROM `d`.`t`)"
        );
        assert_eq!(
            statement("d", "t", &columns, RowState::Final, true).text,
            "SELECT count() AS rows, sum(row_hash) AS checksum FROM (SELECT cityHash64(tuple(`a\\``, `b`, \
             toString(tuple(finalizeAggregation(`s`))), toString(tuple(`t`)), \
             toString(tuple(arraySort(finalizeAggregation(`u`)))))) AS row_hash FROM `d`.`t` FINAL)"
        );
        assert_eq!(statement("d", "t", &columns, RowState::Stored, false).text, "SELECT count() AS rows FROM `d`.`t`");
    }

    #[test]
    fn the_name_that_we_give_is_no_columns() {
        assert_eq!(free_name(&[column("rows", "UInt8", ""), column("a.row_hash", "UInt8", "")]), "row_hash");
        let taken = [column("row_hash", "UInt8", ""), column("row_hash_.x", "UInt8", "ALIAS")];
        assert_eq!(free_name(&taken), "row_hash__");
    }

    #[test]
    fn what_an_older_server_cannot_hash_is_hashed_as_text_with_its_type() {
        #[track_caller]
        fn case(type_name: &str, expected: &str) {
            assert_eq!(term(&column("c", type_name, ""), RowState::Stored), expected, "{type_name}");
        }
        for plain in
            ["String", "LowCardinality(String)", "Map(String, Array(UInt8))", "SimpleAggregateFunction(sum, UInt64)"]
        {
            case(plain, "`c`");
        }
        for null in
            ["Nullable(String)", "LowCardinality(Nullable(String))", "Array(Tuple(a Nullable(UInt8)))", "Array(JSON)"]
        {
            case(null, "toString(tuple(`c`))");
        }
        case("SimpleAggregateFunction(anyLast, Nullable(String))", "toString(tuple(`c`))");
        case("AggregateFunction(uniq, UInt64)", "toString(tuple(`c`))");
        case("JSON(max_dynamic_paths=8)", "toString(tuple(`c`, JSONAllPathsWithTypes(`c`)))");
        case("Variant(String, UInt8)", "toString(tuple(`c`, variantType(`c`)))");
        case("Dynamic", "toString(tuple(`c`, dynamicType(`c`)))");
    }

    #[test]
    fn text_is_written_alike_by_every_server() {
        let settings = statement("d", "t", &[], RowState::Stored, true).settings;
        assert_eq!(settings["date_time_output_format"], "unix_timestamp");
        assert_eq!(settings["output_format_json_quote_64bit_integers"], "0");
        assert!(!statement("d", "t", &[], RowState::Stored, false).settings.contains_key("date_time_output_format"));
    }

    #[test]
    fn a_profile_cannot_cut_or_filter_what_is_counted() {
        let settings = statement("d", "t", &[], RowState::Stored, false).settings;
        for mode in ["read_overflow_mode", "read_overflow_mode_leaf", "result_overflow_mode", "timeout_overflow_mode"] {
            assert_eq!(settings[mode], "throw");
        }
        assert_eq!((settings["additional_table_filters"].as_str(), settings["limit"].as_str()), ("{}", "0"));
    }

    #[test]
    fn sums_wrap() {
        assert_eq!(add("ffffffffffffffff", "0000000000000002").as_deref(), Some("0000000000000001"));
        assert_eq!(add("", "1"), None);
    }

    #[test]
    fn merging_engines_are_known_with_and_without_replication() {
        for engine in ["ReplacingMergeTree", "ReplicatedVersionedCollapsingMergeTree", "SharedSummingMergeTree"] {
            assert!(is_merging(engine), "{engine}");
        }
        for engine in ["MergeTree", "ReplicatedMergeTree", "Log", "Memory"] {
            assert!(!is_merging(engine), "{engine}");
        }
    }
}
