//! Values decoded by the ClickHouse type of their column.

use serde_json::{Number, Value};

use crate::sql::{
    lexer::{TokenKind, lex},
    structure::comma_separated,
};

/// Decodes one cell of `FORMAT JSONCompactEachRowWithNamesAndTypes`, sent with 64-bit integers quoted.
///
/// Integers of up to 64 bits become numbers, exactly. Wider ones, decimals, dates and all other scalars stay the strings that
/// ClickHouse writes; floats that JSON cannot hold (`nan`, `inf`) too. Arrays, tuples and maps are decoded inside.
pub fn decode(value: Value, type_name: &str) -> Value {
    let (name, arguments) = split_type(type_name);
    match (name, value) {
        (_, Value::Null) => Value::Null,
        ("Nullable" | "LowCardinality", value) => decode(value, arguments),
        ("Array", Value::Array(items)) => Value::Array(items.into_iter().map(|item| decode(item, arguments)).collect()),
        ("Tuple", Value::Array(items)) => {
            let types = comma_separated(arguments);
            let decoded = items
                .into_iter()
                .enumerate()
                .map(|(index, item)| decode(item, types.get(index).map_or("", |argument| element_type(argument))));
            Value::Array(decoded.collect())
        }
        ("Tuple", Value::Object(fields)) => {
            let types = comma_separated(arguments);
            let decoded = fields.into_iter().enumerate().map(|(index, (key, item))| {
                (key, decode(item, types.get(index).map_or("", |argument| element_type(argument))))
            });
            Value::Object(decoded.collect())
        }
        ("Map", Value::Object(entries)) => {
            let value_type = comma_separated(arguments).get(1).copied().unwrap_or_default();
            Value::Object(entries.into_iter().map(|(key, item)| (key, decode(item, value_type))).collect())
        }
        ("UInt8" | "UInt16" | "UInt32" | "UInt64", Value::String(text)) => {
            text.parse::<u64>().map_or(Value::String(text), |number| Value::Number(number.into()))
        }
        ("Int8" | "Int16" | "Int32" | "Int64", Value::String(text)) => {
            text.parse::<i64>().map_or(Value::String(text), |number| Value::Number(number.into()))
        }
        ("Float32" | "Float64" | "BFloat16", Value::String(text)) => {
            let number = text.parse::<f64>().ok().and_then(Number::from_f64);
            number.map_or(Value::String(text), Value::Number)
        }
        ("SimpleAggregateFunction", value) => {
            decode(value, comma_separated(arguments).get(1).copied().unwrap_or_default())
        }
        (_, value) => value,
    }
}

/// `Array(Nullable(UInt8))` → (`Array`, `Nullable(UInt8)`).
fn split_type(type_name: &str) -> (&str, &str) {
    match type_name.trim().split_once('(') {
        Some((name, rest)) => (name, rest.strip_suffix(')').unwrap_or(rest)),
        None => (type_name.trim(), ""),
    }
}

/// The type of a tuple's element, which may have a name before it: `a UInt8`, `` `b c` String ``.
fn element_type(argument: &str) -> &str {
    match lex(argument).get(1) {
        Some(after) if after.kind == TokenKind::Space => &argument[after.range.end..],
        _ => argument,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn case(type_name: &str, sent: Value, expected: Value) {
        assert_eq!(decode(sent, type_name), expected, "{type_name}");
    }

    #[test]
    fn cells_are_decoded_by_their_type() {
        case("UInt64", json!("18446744073709551615"), json!(18_446_744_073_709_551_615_u64));
        case("Int64", json!("-9223372036854775808"), json!(i64::MIN));
        case("UInt8", json!(7), json!(7));
        case("String", json!("7"), json!("7"));
        case("Nullable(UInt64)", json!("5"), json!(5));
        case("Nullable(UInt64)", json!(null), json!(null));
        case("LowCardinality(Nullable(String))", json!("5"), json!("5"));
        case("Array(UInt64)", json!(["1", "2"]), json!([1, 2]));
        case("Tuple(a UInt64, b String)", json!({"a": "1", "b": "1"}), json!({"a": 1, "b": "1"}));
        case("Tuple(Array(UInt64), String)", json!([["1"], "1"]), json!([[1], "1"]));
        case("Map(String, UInt64)", json!({"k": "9"}), json!({"k": 9}));
        case(
            "UInt128",
            json!("340282366920938463463374607431768211455"),
            json!("340282366920938463463374607431768211455"),
        );
        case("Float64", json!("nan"), json!("nan"));
        case("Float64", json!(1.5), json!(1.5));
        case("DateTime64(3, 'UTC')", json!("2026-11-22 14:30:00.000"), json!("2026-11-22 14:30:00.000"));
        case("SimpleAggregateFunction(sum, UInt64)", json!("3"), json!(3));
        case("Tuple(`a,(b` UInt64, c UInt64)", json!({"a,(b": "1", "c": "2"}), json!({"a,(b": 1, "c": 2}));
        case(r"Tuple(Enum8('it\'s, (' = 1), UInt64)", json!(["it's, (", "2"]), json!(["it's, (", 2]));
    }
}
