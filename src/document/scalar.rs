//! What a plain scalar is: YAML 1.2's core schema, with the choices that mislead people taken out.
//!
//! `yes`, `no`, `on` and `off` are strings, and so is a number with a leading zero (a date, a zip code, a version).

use serde_json::{Number, Value};

/// A plain scalar's value, or why it has none.
pub(super) fn plain(text: &str) -> Result<Value, &'static str> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        ".inf" | "+.inf" | "-.inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN" => {
            return Err("infinity and not-a-number have no meaning here; quote it if it is a text");
        }
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Ok(Value::String(text.to_owned()));
    }
    number(text).unwrap_or_else(|| Ok(Value::String(text.to_owned())))
}

fn number(text: &str) -> Option<Result<Value, &'static str>> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let integer = |digits: &str, radix| match (negative, u64::from_str_radix(digits, radix)) {
        (false, Ok(number)) => Ok(Value::Number(number.into())),
        (true, Ok(number)) => i64::try_from(-i128::from(number))
            .map(|number| Value::Number(number.into()))
            .map_err(|_| "a number this small does not fit in 64 bits; quote it"),
        (_, Err(_)) => Err("a number this large does not fit in 64 bits; quote it"),
    };
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(rest) = digits.strip_prefix(prefix) {
            let whole = !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix));
            return whole.then(|| integer(rest, radix));
        }
    }
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    if leading_zero {
        return None;
    }
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Some(integer(digits, 10));
    }
    is_float(digits).then(|| {
        let float = text.trim_start_matches('+').parse::<f64>();
        let number = float.ok().and_then(Number::from_f64);
        let number = number.ok_or("a number this large does not fit in 64 bits; quote it")?;
        match significant(digits) == significant(number.as_str()) {
            true => Ok(Value::Number(number)),
            false => Err("a number this precise does not fit in 64 bits; quote it"),
        }
    })
}

/// The digits that make a number, without those that only give its size: both `0.0120e3` and `12` are `12`.
fn significant(number: &str) -> String {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').to_owned()
}

/// `[0-9]*(\.[0-9]*)?([eE][-+]?[0-9]+)?` with at least one digit before the exponent.
fn is_float(digits: &str) -> bool {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let exponent_is_number = exponent.is_none_or(|text| {
        let text = text.strip_prefix(['-', '+']).unwrap_or(text);
        !text.is_empty() && all_digits(text)
    });
    !(whole.is_empty() && fraction.is_empty()) && all_digits(whole) && all_digits(fraction) && exponent_is_number
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn case(text: &str, value: Value) {
        assert_eq!(plain(text), Ok(value), "{text}");
    }

    #[test]
    fn what_people_take_for_a_string_is_one() {
        for text in
            ["no", "yes", "on", "012", "007", "1.2.3", "2026-11-22", "6h", "64MiB", "0x", "-", "1e", ".", "1_000"]
        {
            case(text, json!(text));
        }
    }

    #[test]
    fn numbers_booleans_and_null_are_themselves() {
        case("0", json!(0));
        case("-12", json!(-12));
        case("+12", json!(12));
        case("0x1F", json!(31));
        case("0o17", json!(15));
        case("1.5", json!(1.5));
        case("0.5", json!(0.5));
        case(".5", json!(0.5));
        case("1e3", json!(1000.0));
        case("-0.0120e-3", json!(-0.000_012));
        case("0.0", json!(0.0));
        case("0.30000000000000004", json!(0.300_000_000_000_000_04));
        case("18446744073709551615", json!(u64::MAX));
        case("-9223372036854775808", json!(i64::MIN));
        case("true", json!(true));
        case("~", json!(null));
    }

    #[test]
    fn what_has_no_exact_value_is_refused() {
        for text in
            ["18446744073709551616", "-9223372036854775809", ".inf", ".nan", "1e999", "12345678901234567.01", "1e-999"]
        {
            assert!(plain(text).is_err(), "{text}");
        }
    }
}
