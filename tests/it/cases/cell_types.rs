//! Numbers from a server: exact whatever their type, in a check, in a later step, in the journal, and back in a statement.

use std::{cmp::Ordering, fmt::Write as _};

use houseplan::{
    connect::clickhouse::{Client, Statement},
    template::{Dialect, Expression, Scope, Template},
};
use indexmap::IndexMap;
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use serde_json::Value;

use crate::support::{operator::Operator, sandbox_lease::SandboxLease};

#[tokio::test]
async fn sums_a_cent_apart_are_not_the_same_and_a_number_in_a_json_is_one() {
    let sandbox = SandboxLease::acquire().await;
    let operator = Operator::new(&sandbox);
    let environment = operator.path("environment.yaml").into_string();
    let plan = include_str!("cell-types/decimals.yaml");
    let stops = operator.write("decimals.yaml", plan);
    let said = operator.does(&["run", &stops, "--env", &environment]).await.with(3);
    said.has("12345678901234567.02").has("both sums are the same");
    assert_eq!(operator.count("step_succeeded", "left"), 1);
    let left =
        operator.events().into_iter().find(|event| event["event"] == "step_succeeded" && event["step"] == "left");
    let text = left.expect("it has given its rows").to_string();
    assert!(text.contains("12345678901234567.01"), "{text}");

    // Without the check that stops it, the others hold.
    let holds = operator
        .write("decimals.yaml", &plan.replace("row.total == steps.left.total", "row.total != steps.left.total"));
    operator.does(&["run", &holds, "--env", &environment]).await.with(0);
}

/// How each type's cells arrive, and what is true of them.
const CELLS: &[(&str, &str, &str)] = &[
    (
        "toUInt64(18446744073709551615)",
        "18446744073709551615",
        "row.c == 18446744073709551615 and row.c > 18446744073709551614",
    ),
    ("toInt64(-9223372036854775808)", "-9223372036854775808", "row.c < -9223372036854775807"),
    (
        "toInt128('-170141183460469231731687303715884105728')",
        "-170141183460469231731687303715884105728",
        "row.c < 0 and row.c is integer",
    ),
    ("toUInt128('9')", "9", "row.c < 10 and row.c + 1 == 10"),
    (
        "toUInt256('115792089237316195423570985008687907853269984665640564039457584007913129639935')",
        "115792089237316195423570985008687907853269984665640564039457584007913129639935",
        "row.c == 115792089237316195423570985008687907853269984665640564039457584007913129639935 and row.c > 1",
    ),
    ("toDecimal32('0.10', 2)", "0.1", "row.c == 0.1 and row.c + 0.2 == 0.3 and row.c > 0.09 and row.c is in [0.10]"),
    (
        "toDecimal128('12345678901234567.01', 2)",
        "12345678901234567.01",
        "row.c != 12345678901234567.02 and row.c - 0.01 == 12345678901234567",
    ),
    (
        "toDecimal256('-1234567890123456789012345678901234567890.000000000000000000000000000000000001', 36)",
        "-1234567890123456789012345678901234567890.000000000000000000000000000000000001",
        "row.c < -1234567890123456789012345678901234567890",
    ),
    ("toFloat64(0.1)", "0.1", "row.c == 0.1 and row.c * 3 == 0.3"),
    ("toFloat32(0.1)", "0.1", "row.c == 0.1"),
    ("toFloat64(5)", "5", "row.c == 5"),
    ("1e300", "1e+300", "row.c > 1e299 and row.c == 10 ** 300"),
    ("-0.0", "-0", "row.c == 0"),
    ("nan", "\"nan\"", "row.c == 'nan'"),
    ("-inf", "\"-inf\"", "row.c == '-inf'"),
    ("CAST(NULL, 'Nullable(Float64)')", "null", "row.c is none"),
    ("true", "true", "row.c"),
    (
        "CAST((1, NULL), 'Tuple(a Nullable(UInt8), b Nullable(UInt8))')",
        r#"{"a":1,"b":null}"#,
        "row.c.a == 1 and row.c.b is none",
    ),
    ("tuple(toUInt64(1), toDecimal64('2.50', 2))", "[1,2.5]", "row.c[1] == 2.5"),
    ("CAST([(toUInt64(1), 'a')], 'Nested(k UInt64, v String)')", r#"[{"k":1,"v":"a"}]"#, "row.c[0].k == 1"),
    ("map('k', toUInt64(7))", r#"{"k":7}"#, "row.c.k == 7"),
    ("map(toUInt8(1), 'a')", r#"{"1":"a"}"#, "row.c['1'] == 'a'"),
    (
        r#"'{"errors": 0, "of": [1, 2.5], "text": "0"}'::JSON"#,
        r#"{"errors":0,"of":[1,2.5],"text":"0"}"#,
        "row.c.errors == 0 and row.c.text == '0' and row.c.of | max == 2.5",
    ),
    ("toUInt64(7)::Dynamic", "7", "row.c == 7"),
    ("toDecimal64('7.5', 1)::Dynamic", "7.5", "row.c == 7.5"),
    ("1::Variant(UInt64, String)", "1", "row.c == 1"),
    ("CAST('7', 'LowCardinality(Nullable(String))')", "\"7\"", "row.c == '7' and row.c != 7"),
    ("toDate('2026-11-26')", "\"2026-11-26\"", "row.c < '2026-11-27'"),
    (
        "toDateTime64('2026-11-26 01:02:03.450', 3, 'UTC')",
        "\"2026-11-26 01:02:03.450\"",
        "row.c > '2026-11-26 01:02:03.449'",
    ),
    ("toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')", "\"61f0c404-5cb3-11e7-907b-a6006ad3dba0\"", "row.c is string"),
    ("toIPv4('1.2.3.4')", "\"1.2.3.4\"", "row.c == '1.2.3.4'"),
    ("CAST('it''s', 'Enum8(\\'it\\\\\\'s\\' = 1)')", "\"it's\"", "row.c == \"it's\""),
];

/// Types that older servers have behind a setting.
fn asking(text: &str) -> Statement {
    ["allow_experimental_json_type", "allow_experimental_dynamic_type", "allow_experimental_variant_type"]
        .into_iter()
        .fold(Statement::read(text), |statement, name| statement.with_setting(name, 1))
}

async fn cells_arrive_as_they_are(client: &Client) {
    for (sql, json, expression) in CELLS {
        let rows = client.query(&asking(&format!("SELECT {sql} AS c"))).await;
        let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(serde_json::to_string(&rows.0[0]["c"]).unwrap(), *json, "{sql}");
        // As in a later process: what was stored is read again.
        let stored = serde_json::to_string(&rows.0[0]).unwrap();
        let row: Value = serde_json::from_str(&stored).unwrap();
        assert!(holds(expression, &row), "{sql}: {expression}");
    }
}

/// Whether an expression holds of a row.
fn holds(expression: &str, row: &Value) -> bool {
    let variables: IndexMap<String, Value> = [("row".to_owned(), row.clone())].into();
    let scope = Scope { variables: Some(&variables), ..Scope::default() };
    let parsed = Expression::parse(expression).unwrap_or_else(|problems| panic!("{expression}: {problems:?}"));
    parsed.holds(&scope).unwrap_or_else(|failure| panic!("{expression}: {failure}"))
}

/// Random numbers of up to 38 digits, and those at which floats begin to skip some.
fn numbers() -> impl Strategy<Value = (String, usize)> {
    let digits = prop_oneof![
        4 => "-?[1-9][0-9]{0,37}",
        1 => Just("12345678901234567".to_owned()),
        1 => Just("9007199254740993".to_owned()),
    ];
    (digits, 0usize..6)
}

fn with_point(digits: &str, places: usize) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    format!("{sign}{whole}.{fraction}0")
}

/// What the server says of two Decimals, and what an expression says of their cells.
async fn order_is_the_servers(client: &Client) {
    let mut runner = TestRunner::deterministic();
    let mut drawn = || (numbers(), numbers()).new_tree(&mut runner).unwrap().current();
    let pairs: Vec<_> = std::iter::repeat_with(&mut drawn).take(200).collect();
    let mut rows = String::new();
    for (at, ((a, places), (b, other_places))) in pairs.iter().enumerate() {
        // Of every third pair the second is the first but for its last digit.
        let (b, other_places) = match at % 3 {
            0 => (format!("{}{}", &a[..a.len() - 1], (at / 3) % 10), places),
            _ => (b.clone(), other_places),
        };
        let (a, b) = (with_point(a, *places), with_point(&b, *other_places));
        let _ =
            write!(rows, "{}({at}, toDecimal256('{a}', 6), toDecimal256('{b}', 6))", if at == 0 { "" } else { ", " });
    }
    let text = format!(
        "SELECT r.2 AS a, r.3 AS b, toInt8(r.2 > r.3) - toInt8(r.2 < r.3) AS ordered, toString(r.2 + r.3) AS sum
         FROM (SELECT arrayJoin([{rows}]) AS r) ORDER BY r.1"
    );
    let answer = client.query(&asking(&text)).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(answer.0.len(), pairs.len());
    for row in &answer.0 {
        let ordered = row["ordered"].as_i64().unwrap().cmp(&0);
        let row = serde_json::to_value(row).unwrap();
        for (operator, is) in [
            ("<", ordered == Ordering::Less),
            ("<=", ordered != Ordering::Greater),
            ("==", ordered == Ordering::Equal),
            ("!=", ordered != Ordering::Equal),
            (">", ordered == Ordering::Greater),
        ] {
            assert_eq!(holds(&format!("row.a {operator} row.b"), &row), is, "{operator} {row}");
        }
        assert!(holds("row.a + row.b == row.sum | float", &row), "{row}");
    }
}

/// A number that came from a server goes back into a statement as the number that it was.
async fn numbers_go_back_as_they_came(client: &Client) {
    for sql in [
        "toDecimal128('12345678901234567.01', 2)",
        "toDecimal256('-0.0000000000000000000000000000000000000000000123', 46)",
        "toUInt256('340282366920938463463374607431768211456')",
        "toInt256('-170141183460469231731687303715884105729')",
        "toUInt64(18446744073709551615)",
    ] {
        let cell = client.query(&asking(&format!("SELECT {sql} AS c"))).await.unwrap().0[0]["c"].clone();
        let variables: IndexMap<String, Value> = [("row".to_owned(), serde_json::json!({ "c": cell }))].into();
        let scope = Scope { variables: Some(&variables), ..Scope::default() };
        let template = Template::parse(&format!("SELECT {sql} = {{{{ row.c }}}} AS same"), Dialect::Sql).unwrap();
        let text = template.render(&scope).unwrap();
        let same = client.scalar(text.text()).await.unwrap_or_else(|error| panic!("{}: {error}", text.text()));
        assert_eq!(same, 1, "{}", text.text());
    }
}

#[tokio::test]
async fn every_cell_arrives_as_it_is() {
    let sandbox = SandboxLease::acquire().await;
    let client = sandbox.client("source", "default");
    cells_arrive_as_they_are(&client).await;
    order_is_the_servers(&client).await;
    numbers_go_back_as_they_came(&client).await;
}

#[tokio::test]
async fn every_cell_arrives_as_it_is_from_an_older_server() {
    let sandbox = SandboxLease::with_engines("cells-24.8", "source=24.8".parse().unwrap()).await;
    let client = sandbox.client("source", "default");
    cells_arrive_as_they_are(&client).await;
    order_is_the_servers(&client).await;
    numbers_go_back_as_they_came(&client).await;
    (*sandbox).clone().purge().await.unwrap();
}
