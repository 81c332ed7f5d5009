//! States of aggregate functions after merges: which functions houseplan hashes by their bytes, which by what they come to,
//! and that neither lets doubled rows pass where they count (`src/action/inventory/merging.rs`).

use houseplan::action::inventory::{
    Column,
    checksum::{RowState, statement},
};

use crate::support::stage::Stage;

/// What a function's merged state is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Worth {
    /// The same in any order of merging; doubled rows are seen.
    Counting,
    /// The same in any order of merging; doubled rows change nothing, now or later.
    Idempotent,
    /// On no list: the digest depends on the order.
    InOrder,
}
use Worth::{Counting, Idempotent, InOrder};

/// The function, what it is of, how it is called, and what that is worth; `n` is a number.
const FUNCTIONS: &[(&str, &str, &str, Worth)] = &[
    ("count", "", "count", Counting),
    ("sum", "Int64", "sum(toInt64(n))", Counting),
    ("sum", "Decimal(18, 2)", "sum(toDecimal64(n, 2))", Counting),
    ("sumIf", "UInt64, UInt8", "sumIf(n, n % 3 = 0)", Counting),
    ("avg", "UInt64", "avg(n)", Counting),
    ("avg", "Nullable(UInt64)", "avg(toNullable(n))", Counting),
    ("groupBitXor", "UInt64", "groupBitXor(n)", Counting),
    ("sumMap", "Map(UInt64, UInt64)", "sumMap(map(toUInt64(n % 7), n))", Counting),
    ("min", "String", "min(toString(n))", Idempotent),
    ("max", "Float64", "max(n / 7)", Idempotent),
    ("groupBitAnd", "UInt64", "groupBitAnd(n)", Idempotent),
    ("groupBitOr", "UInt64", "groupBitOr(n)", Idempotent),
    ("minMap", "Map(UInt64, UInt64)", "minMap(map(toUInt64(n % 7), n))", Idempotent),
    ("maxMap", "Map(UInt64, UInt64)", "maxMap(map(toUInt64(n % 7), n))", Idempotent),
    ("uniq", "UInt64", "uniq(n)", Idempotent),
    ("uniq", "String, UInt64", "uniq(toString(n), n)", Idempotent),
    ("uniqIf", "UInt64, UInt8", "uniqIf(n, n % 3 = 0)", Idempotent),
    ("uniqArray", "Array(UInt64)", "uniqArray([n, n + 1])", Idempotent),
    ("uniqExact", "UInt64", "uniqExact(n)", Idempotent),
    ("uniqExactIf", "String, UInt8", "uniqExactIf(toString(n), n % 3 = 0)", Idempotent),
    ("uniqCombined", "UInt64", "uniqCombined(n)", Idempotent),
    ("uniqCombined(12)", "String", "uniqCombined(12)(toString(n))", Idempotent),
    ("uniqCombined64", "UInt64", "uniqCombined64(n)", Idempotent),
    ("uniqHLL12", "UInt64", "uniqHLL12(n)", Idempotent),
    ("groupBitmap", "UInt64", "groupBitmap(n)", Idempotent),
    ("groupUniqArray", "String", "groupUniqArray(toString(n))", Idempotent),
    ("groupUniqArrayIf", "UInt64, UInt8", "groupUniqArrayIf(n, n % 3 = 0)", Idempotent),
    ("sum", "Float64", "sum(n / 7)", InOrder),
    ("any", "UInt64", "any(n)", InOrder),
    ("groupArray", "UInt64", "groupArray(n)", InOrder),
    ("quantileTDigest", "UInt64", "quantileTDigest(n)", InOrder),
    ("topK(3)", "UInt64", "topK(3)(toUInt64(n % 50))", InOrder),
];

const MANY: usize = 30_000;

fn columns() -> Vec<Column> {
    let column = |(at, (function, of, ..)): (usize, &(&str, &str, &str, Worth))| {
        let of = if of.is_empty() { String::new() } else { format!(", {of}") };
        Column {
            name: format!("c{at}"),
            type_name: format!("AggregateFunction({function}{of})"),
            default_kind: String::new(),
            default_expression: String::new(),
        }
    };
    FUNCTIONS.iter().enumerate().map(column).collect()
}

/// `uniqIf(n, …)` as a state: `uniqIfState(n, …)`, and with parameters `uniqCombinedState(12)(…)`.
fn as_state(call: &str) -> String {
    match call.find('(') {
        Some(at) => format!("{}State{}", &call[..at], &call[at..]),
        None => format!("{call}State()"),
    }
}

/// Puts parts of states into a table: each of `rows` numbers, half of which the part before has, too.
async fn insert(stage: &Stage, table: &str, rows: usize, parts: &[usize]) {
    let states: Vec<String> = FUNCTIONS.iter().map(|(_, _, call, _)| as_state(call)).collect();
    for part in parts {
        let from = part * rows / 2;
        // Scattered, so that no part is a range of its own.
        let numbers = format!("SELECT toUInt64((number + {from}) * 7919 % 1000003) AS n FROM numbers({rows})");
        stage
            .run(&stage.source, &format!("INSERT INTO {{db}}.{table} SELECT 1, {} FROM ({numbers})", states.join(", ")))
            .await;
    }
}

/// What is hashed of each column after all merges.
async fn digests(stage: &Stage, table: &str, columns: &[Column]) -> Vec<String> {
    let mut digests = Vec::new();
    for column in columns {
        let statement = statement(&stage.name, table, std::slice::from_ref(column), RowState::Final, true);
        let rows =
            stage.source.client.query(&statement).await.unwrap_or_else(|error| panic!("{}: {error}", column.type_name));
        digests.push(rows.0[0]["checksum"].to_string());
    }
    digests
}

async fn shown(rows: usize) {
    let stage = Stage::set().await;
    let source = &stage.source;
    let columns = columns();
    let definitions: Vec<String> = columns.iter().map(|it| format!("{} {}", it.name, it.type_name)).collect();
    stage.run(source, "CREATE DATABASE {db}").await;
    for table in ["kept", "merged", "turned", "twice"] {
        let definitions = definitions.join(", ");
        stage
            .run(
                source,
                &format!(
                    "CREATE TABLE {{db}}.{table} (k UInt8, {definitions}) ENGINE = AggregatingMergeTree ORDER BY k"
                ),
            )
            .await;
        stage.run(source, &format!("SYSTEM STOP MERGES {{db}}.{table}")).await;
    }
    insert(&stage, "kept", rows, &[0, 1, 2, 3]).await;
    insert(&stage, "turned", rows, &[3, 1, 0, 2]).await;
    insert(&stage, "twice", rows, &[0, 1, 2, 3, 0, 1, 2, 3]).await;
    // One that was merged in other groups: (3, 1) and (0, 2), then both.
    insert(&stage, "merged", rows, &[3, 1]).await;
    stage.run(source, "SYSTEM START MERGES {db}.merged").await;
    stage.run(source, "OPTIMIZE TABLE {db}.merged FINAL").await;
    insert(&stage, "merged", rows, &[0, 2]).await;
    stage.run(source, "OPTIMIZE TABLE {db}.merged FINAL").await;

    let kept = digests(&stage, "kept", &columns).await;
    let (merged, turned) = (digests(&stage, "merged", &columns).await, digests(&stage, "turned", &columns).await);
    let twice = digests(&stage, "twice", &columns).await;
    insert(&stage, "kept", rows, &[4]).await;
    insert(&stage, "twice", rows, &[4]).await;
    let (kept_on, twice_on) = (digests(&stage, "kept", &columns).await, digests(&stage, "twice", &columns).await);
    for (at, (.., call, worth)) in FUNCTIONS.iter().enumerate() {
        let in_any_order = kept[at] == merged[at] && kept[at] == turned[at];
        if *worth == InOrder {
            // Of a few it may not show yet.
            assert!(!in_any_order || rows < MANY, "{call} of {rows} rows: its order does not show");
        } else {
            assert!(in_any_order, "{call} of {rows} rows, merged in another order");
            let alike = (twice[at] == kept[at], twice_on[at] == kept_on[at]);
            assert_eq!(alike, (*worth == Idempotent, *worth == Idempotent), "{call} of {rows} rows, doubled");
        }
        if *worth == Counting || call.contains("niq") {
            assert_ne!(kept[at], kept_on[at], "{call} of {rows} rows: a digest that sees nothing");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn few_states_are_hashed_the_same_in_any_order_of_merging_and_doubled_rows_are_seen() {
    shown(40).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_too() {
    shown(MANY).await;
}
