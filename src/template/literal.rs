//! Values as ClickHouse SQL: the only way by which a value gets into a statement.

use std::{fmt, sync::Arc};

use minijinja::{
    Value,
    value::{Object, ObjectRepr, ValueKind},
};

use super::number::Exact;
use crate::sql::{quote_identifier, quote_string};

/// SQL that a filter of ours made of a value. A value of a plan, an input or a server cannot become one.
#[derive(Debug)]
pub(super) struct Fragment(pub(super) String);

impl Object for Fragment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value as a literal; a [`Fragment`] as what it is.
pub(super) fn literal(value: &Value) -> Result<String, String> {
    if let Some(Fragment(sql)) = value.downcast_object_ref::<Fragment>() {
        return Ok(sql.clone());
    }
    if value.downcast_object_ref::<Exact>().is_some() {
        return number(value);
    }
    match value.kind() {
        ValueKind::String => Ok(quote_string(&value.to_str().unwrap_or_default())),
        ValueKind::Number => number(value),
        ValueKind::Bool => Ok(value.is_true().to_string()),
        ValueKind::None => Ok("NULL".to_owned()),
        ValueKind::Seq | ValueKind::Iterable => {
            Err("a list is no single value in SQL; write `| literals`, as in IN ({{ … | literals }})".to_owned())
        }
        ValueKind::Map => Err("a map is no value in SQL; name one of its entries, or write `| tojson`".to_owned()),
        other => Err(format!("{} {other} is no value in SQL", article(&other.to_string()))),
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// A list as literals with commas between them, for `IN (…)`, without the parentheses.
pub(super) fn literals(value: &Value) -> Result<String, String> {
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return Err("`literals` takes a list; a single value needs no filter".to_owned());
    }
    let items = value.try_iter().map_err(|_| "`literals` takes a list".to_owned())?;
    let literals: Vec<String> = items.map(|item| literal(&item)).collect::<Result<_, _>>()?;
    if literals.is_empty() {
        return Err("an empty list makes no `IN ()`; leave the step out with `when: <the list>`".to_owned());
    }
    Ok(literals.join(", "))
}

/// A value as an identifier.
pub(super) fn identifier_of(value: &Value) -> Result<String, String> {
    match value.kind() {
        ValueKind::String => identifier(&value.to_str().unwrap_or_default()),
        other => Err(format!("an identifier is a string, not a {other}")),
    }
}

/// A name in backticks; an error where ClickHouse could not have a thing of that name.
pub fn identifier(name: &str) -> Result<String, String> {
    if name.is_empty() {
        return Err("an identifier cannot be empty".to_owned());
    }
    if name.contains('\0') {
        return Err("an identifier cannot hold a NUL".to_owned());
    }
    Ok(quote_identifier(name))
}

/// ClickHouse reads an integer literal of more than 64 bits as a float, and one with a fraction too: what a float cannot hold is made
/// from a string.
fn number(value: &Value) -> Result<String, String> {
    let exact = Exact::of(value).ok_or_else(|| "a number in SQL has to be finite".to_owned())?;
    if exact.is_integer() {
        return integer(&exact);
    }
    if let Some(float) = exact.as_f64() {
        return Ok(format!("{float:?}"));
    }
    let (digits, places) = exact.precision();
    let bits = match digits {
        ..=38 => 128,
        39..=76 => 256,
        _ => return Err(format!("a number of {digits} digits is held by no type; write `| string`")),
    };
    Ok(format!("toDecimal{bits}('{exact}', {places})"))
}

fn integer(exact: &Exact) -> Result<String, String> {
    let digits = exact.to_string();
    if digits.parse::<i64>().is_ok() || digits.parse::<u64>().is_ok() {
        return Ok(digits);
    }
    let (bits, sign) = if digits.starts_with('-') { (exact.signed_bits(), "") } else { (exact.bits(), "U") };
    match bits {
        ..=128 => Ok(format!("to{sign}Int128('{digits}')")),
        129..=256 => Ok(format!("to{sign}Int256('{digits}')")),
        _ => Err(format!("an integer of {bits} bits is held by no type; write `| string`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(value: impl Into<Value>, expected: &str) {
        assert_eq!(literal(&value.into()).unwrap(), expected);
    }

    #[test]
    fn a_value_is_quoted_by_its_type() {
        case("it's", r"'it\'s'");
        case("a\\b\n\0", r"'a\\b\n\0'");
        case("", "''");
        case(true, "true");
        case((), "NULL");
        case(u64::MAX, "18446744073709551615");
        case(i64::MIN, "-9223372036854775808");
        case(u128::MAX, "toUInt128('340282366920938463463374607431768211455')");
        case(i128::MIN, "toInt128('-170141183460469231731687303715884105728')");
        case(0.1, "0.1");
        case(1e300, "1e300");
        let exact = |text: &str| Value::from_object(Exact::parse(text).unwrap());
        case(exact("5.00"), "5.0");
        case(exact("12345678901234567.01"), "toDecimal128('12345678901234567.01', 2)");
        case(
            exact("-0.0000000000000000000000000000000000000000012345678901234567891"),
            "toDecimal256('-0.0000000000000000000000000000000000000000012345678901234567891', 61)",
        );
        case(exact("340282366920938463463374607431768211456"), "toUInt256('340282366920938463463374607431768211456')");
        case(exact("-170141183460469231731687303715884105729"), "toInt256('-170141183460469231731687303715884105729')");
    }

    #[test]
    fn what_has_no_literal_says_what_to_write() {
        insta::assert_snapshot!(literal(&Value::from(vec![1])).unwrap_err(), @"a list is no single value in SQL; write `| literals`, as in IN ({{ … | literals }})");
        insta::assert_snapshot!(literal(&Value::from(f64::NAN)).unwrap_err(), @"a number in SQL has to be finite");
        let digits = Value::from_object(Exact::parse(&"9".repeat(80)).unwrap());
        insta::assert_snapshot!(literal(&digits).unwrap_err(), @"an integer of 266 bits is held by no type; write `| string`");
        insta::assert_snapshot!(literal(&Value::UNDEFINED).unwrap_err(), @"an undefined is no value in SQL");
        insta::assert_snapshot!(literals(&Value::from(Vec::<u8>::new())).unwrap_err(), @"an empty list makes no `IN ()`; leave the step out with `when: <the list>`");
        insta::assert_snapshot!(literals(&Value::from("a")).unwrap_err(), @"`literals` takes a list; a single value needs no filter");
    }

    #[test]
    fn a_list_has_commas() {
        assert_eq!(literals(&Value::from(vec!["a", "b'"])).unwrap(), r"'a', 'b\''");
    }

    #[test]
    fn identifiers_stand_in_backticks() {
        assert_eq!(identifier("a`b\\").unwrap(), r"`a\`b\\`");
        assert_eq!(identifier("").unwrap_err(), "an identifier cannot be empty");
        assert!(identifier("a\0").is_err());
    }
}
