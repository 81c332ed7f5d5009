//! Numbers as expressions know them: exact, whatever their width.
//!
//! minijinja has 64 and 128-bit integers and floats of 64 bits. A Decimal, a 256-bit integer or a float of the server's is held
//! here instead, as the digits it was written with, so that two sums of money a cent apart are never the same number.

use std::{cmp::Ordering, fmt, str::FromStr, sync::Arc};

use minijinja::{
    Value,
    value::{DynObject, Object, ObjectRepr, ValueKind},
};
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{Pow, Zero};
use serde_json::Number;

/// The widest exponent, and the longest number, that is taken for one: far beyond what any type of ClickHouse holds.
const MAX_EXPONENT: u32 = 5_000;

/// How many digits a quotient has that does not end.
const DIGITS_OF_A_QUOTIENT: i64 = 40;

/// More places behind the point than this are written with an exponent.
const MAX_PLACES_WRITTEN: i64 = 100;

/// A number as it was written: `digits` × 10 ^ -`places`.
#[derive(Clone)]
pub(super) struct Exact {
    digits: BigInt,
    places: i64,
}

impl Exact {
    /// Reads a number as JSON, ClickHouse and expressions write it: `-12.50`, `1e300`. `None` where it is none, or too long.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, i64::from_str(exponent).ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let unsigned = whole.strip_prefix('-').unwrap_or(whole);
        let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let too_long = mantissa.len() > MAX_EXPONENT as usize || exponent.unsigned_abs() > u64::from(MAX_EXPONENT);
        if (unsigned.is_empty() && fraction.is_empty()) || !are_digits(unsigned) || !are_digits(fraction) || too_long {
            return None;
        }
        let digits = BigInt::from_str(&format!("{whole}{fraction}")).ok()?;
        Some(Self { digits, places: i64::try_from(fraction.len()).ok()? - exponent })
    }

    /// The number that `value` is; `None` where it is none (text, NULL, a float that is not finite).
    pub(super) fn of(value: &Value) -> Option<Self> {
        if let Some(exact) = value.downcast_object_ref::<Self>() {
            return Some(exact.clone());
        }
        match value.kind() {
            ValueKind::Number if value.is_integer() => Self::parse(&value.to_string()),
            ValueKind::Number => f64::try_from(value.clone()).ok().and_then(|float| Self::parse(&format!("{float:?}"))),
            _ => None,
        }
    }

    /// As minijinja has it: its own integers where one holds it, for they are also indices and arguments.
    pub(super) fn to_value(&self) -> Value {
        let native = (self.places == 0).then(|| {
            let signed = i128::try_from(&self.digits).map(Value::from);
            signed.or_else(|_| u128::try_from(&self.digits).map(Value::from)).ok()
        });
        native.flatten().unwrap_or_else(|| Value::from_object(self.clone()))
    }

    /// As JSON has it, with all its digits.
    pub(super) fn to_json(&self) -> Result<Number, String> {
        Number::from_str(&self.to_string()).map_err(|error| error.to_string())
    }

    /// Whether it was written as an integer.
    pub(super) fn is_integer(&self) -> bool {
        self.places == 0
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_zero()
    }

    /// The float that reads back as this very number, where there is one.
    pub(super) fn as_f64(&self) -> Option<f64> {
        let float: f64 = self.to_string().parse().ok()?;
        (Self::parse(&format!("{float:?}"))? == *self).then_some(float)
    }

    /// Its digits in all, and how many of them stand behind the point: what a Decimal needs to hold it.
    pub(super) fn precision(&self) -> (u64, u64) {
        let places = self.places.max(0).unsigned_abs();
        ((self.count() + (-self.places).max(0)).unsigned_abs().max(places), places)
    }

    /// The integer that it is, where it is one.
    pub(super) fn integer(&self) -> Option<BigInt> {
        let whole = self.truncated();
        (whole == *self).then_some(whole.digits)
    }

    /// How many bits an unsigned integer has that holds it.
    pub(super) fn bits(&self) -> u64 {
        self.truncated().digits.bits()
    }

    /// How many bits a signed integer has that holds it: -128 takes 8, as 127 does.
    pub(super) fn signed_bits(&self) -> u64 {
        let digits = self.truncated().digits;
        let magnitude = if digits.sign() == Sign::Minus { digits + 1 } else { digits };
        magnitude.bits() + 1
    }

    /// Without what stands behind the point.
    pub(super) fn truncated(&self) -> Self {
        match u32::try_from(self.places) {
            Ok(places) => Self { digits: &self.digits / power_of_ten(places), places: 0 },
            Err(_) => Self { digits: self.scaled_to(0), places: 0 },
        }
    }

    /// Written with at least one place behind the point.
    pub(super) fn with_a_point(&self) -> Self {
        if self.places == 0 { Self { digits: self.scaled_to(1), places: 1 } } else { self.clone() }
    }

    pub(super) fn absolute(&self) -> Self {
        Self { digits: BigInt::from_biguint(Sign::Plus, self.digits.magnitude().clone()), places: self.places }
    }

    pub(super) fn negated(&self) -> Self {
        Self { digits: -&self.digits, places: self.places }
    }

    /// Rounded to `places` behind the point (before it, where they are negative).
    pub(super) fn rounded(&self, places: i64, rounding: Rounding) -> Self {
        let Some(cut) = u32::try_from(self.places - places).ok().filter(|cut| *cut > 0) else { return self.clone() };
        let unit = power_of_ten(cut);
        let (floor, rest) = self.digits.div_mod_floor(&unit);
        let up = match rounding {
            Rounding::Floor => false,
            Rounding::Ceiling => !rest.is_zero(),
            Rounding::HalfEven => match (&rest * 2u8).cmp(&unit) {
                Ordering::Less => false,
                Ordering::Equal => floor.is_odd(),
                Ordering::Greater => true,
            },
        };
        Self { digits: floor + i32::from(up), places }
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let places = self.places.max(other.places);
        Self { digits: self.scaled_to(places) + other.scaled_to(places), places }
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        self.plus(&other.negated())
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        Self { digits: &self.digits * &other.digits, places: self.places + other.places }
    }

    /// The quotient: exact where it ends, else rounded to 40 digits. `None` for a division by zero.
    pub(super) fn divided_by(&self, other: &Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        // As many more places as the quotient needs to have its digits, and one to round by.
        let more = u32::try_from((DIGITS_OF_A_QUOTIENT + 1 + other.count() - self.count()).max(0)).ok()?;
        let dividend = &self.digits * power_of_ten(more);
        let places = self.places - other.places + i64::from(more);
        let (quotient, rest) = dividend.div_rem(&other.digits);
        let quotient = Self { digits: quotient, places };
        if rest.is_zero() {
            return Some(quotient.without_zeros());
        }
        // A last digit that only says "and something more", so that nothing is taken for the half that it is not.
        let beyond = if (self.digits.sign() == Sign::Minus) == (other.digits.sign() == Sign::Minus) { 1 } else { -1 };
        let sticky = Self { digits: &quotient.digits * 10 + beyond, places: places + 1 };
        Some(sticky.rounded(places - (quotient.count() - DIGITS_OF_A_QUOTIENT), Rounding::HalfEven).without_zeros())
    }

    /// How often `other` is in it, rounded down, and what is left, which has the sign of `other`. `None` for zero.
    pub(super) fn divided_with_rest(&self, other: &Self) -> Option<(Self, Self)> {
        let places = self.places.max(other.places);
        let divisor = other.scaled_to(places);
        if divisor.is_zero() {
            return None;
        }
        let (quotient, rest) = self.scaled_to(places).div_mod_floor(&divisor);
        Some((Self { digits: quotient, places: 0 }, Self { digits: rest, places }))
    }

    /// `None` where the exponent is no whole number from 0 on, or the result would be too long.
    pub(super) fn power(&self, exponent: &Self) -> Option<Self> {
        let exponent = u32::try_from(exponent.integer()?).ok()?;
        let long = self.count().checked_mul(exponent.into())? > i64::from(MAX_EXPONENT);
        let wide = self.places.checked_mul(exponent.into())?.unsigned_abs() > u64::from(MAX_EXPONENT);
        (!long && !wide)
            .then(|| Self { digits: Pow::pow(&self.digits, exponent), places: self.places * i64::from(exponent) })
    }

    /// How many digits are written.
    fn count(&self) -> i64 {
        i64::try_from(self.digits.magnitude().to_string().len()).unwrap_or(i64::MAX)
    }

    /// Its digits with `places` of them behind the point; `places` are no fewer than its own.
    fn scaled_to(&self, places: i64) -> BigInt {
        &self.digits * power_of_ten(u32::try_from(places - self.places).unwrap_or_default())
    }

    /// A quotient as short as it is: `3.5` and not `3.500`, and an integer where it is one.
    fn without_zeros(mut self) -> Self {
        while self.places > 0 && self.digits.is_multiple_of(&BigInt::from(10)) {
            self.digits /= 10;
            self.places -= 1;
        }
        if self.places < 0 {
            self = Self { digits: self.scaled_to(0), places: 0 };
        }
        self
    }
}

/// Which way a number is rounded that lies between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    HalfEven,
    Floor,
    Ceiling,
}

fn power_of_ten(exponent: u32) -> BigInt {
    Pow::pow(BigInt::from(10), exponent)
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.places == 0 {
            return self.digits.fmt(f);
        }
        let Some(places) = usize::try_from(self.places).ok().filter(|_| self.places <= MAX_PLACES_WRITTEN) else {
            return write!(f, "{}e{}", self.digits, -self.places);
        };
        let sign = if self.digits.sign() == Sign::Minus { "-" } else { "" };
        let digits = format!("{:0>width$}", self.digits.magnitude().to_string(), width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        let signs = self.digits.sign().cmp(&other.digits.sign());
        let places = self.places.max(other.places);
        signs.then_with(|| self.scaled_to(places).cmp(&other.scaled_to(places)))
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Exact {}

impl Object for Exact {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.is_zero()
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        other.downcast_ref::<Self>().map(|other| (**self).cmp(other))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(text: &str) -> Exact {
        Exact::parse(text).unwrap_or_else(|| panic!("{text} is no number"))
    }

    #[test]
    fn a_number_is_written_as_it_was_read() {
        for text in
            ["0", "-7", "5.00", "-0.01", "12345678901234567.01", "1e300", "340282366920938463463374607431768211456"]
        {
            assert_eq!(exact(text).to_string(), text);
        }
        assert_eq!(exact("1.5e2").to_string(), "15e1");
        assert_eq!(exact("1.5e-2").to_string(), "0.015");
        assert_eq!(exact("-0").to_string(), "0");
        for text in ["", "-", ".", "nan", "inf", "1e", "1e99999", "0x1", "1_0", "+1", " 1", "1,5", "--1", "-.e1"] {
            assert!(Exact::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn how_it_was_written_is_no_difference() {
        assert_eq!(exact("5.00"), exact("5"));
        assert_eq!(exact("1e3"), exact("1000.0"));
        assert!(exact("12345678901234567.01") < exact("12345678901234567.02"));
        assert!(exact("-1e40") < exact("1e-40"));
    }

    #[test]
    fn quotients_end_or_are_rounded() {
        let quotient = |a: &str, b: &str| exact(a).divided_by(&exact(b)).unwrap().to_string();
        assert_eq!(quotient("7", "2"), "3.5");
        assert_eq!(quotient("6", "2"), "3");
        assert_eq!(quotient("1e3", "10"), "100");
        assert_eq!(quotient("1", "3"), "0.3333333333333333333333333333333333333333");
        assert_eq!(quotient("-2", "3"), "-0.6666666666666666666666666666666666666667");
        assert_eq!(quotient("20", "3"), "6.666666666666666666666666666666666666667");
        assert!(exact("1").divided_by(&exact("0.00")).is_none());
        let rest = |a: &str, b: &str| {
            let (quotient, rest) = exact(a).divided_with_rest(&exact(b)).unwrap();
            format!("{quotient} {rest}")
        };
        assert_eq!(rest("7", "-2"), "-4 -1");
        assert_eq!(rest("7.5", "2"), "3 1.5");
    }

    #[test]
    fn rounding_takes_the_even_one_of_two() {
        let rounded = |text: &str, places, rounding| exact(text).rounded(places, rounding).to_string();
        assert_eq!(rounded("2.5", 0, Rounding::HalfEven), "2");
        assert_eq!(rounded("3.5", 0, Rounding::HalfEven), "4");
        assert_eq!(rounded("-2.51", 0, Rounding::HalfEven), "-3");
        assert_eq!(rounded("-2.5", 0, Rounding::Floor), "-3");
        assert_eq!(rounded("2.001", 2, Rounding::Ceiling), "2.01");
        assert_eq!(rounded("2", 2, Rounding::HalfEven), "2");
    }

    #[test]
    fn a_power_that_would_fill_the_memory_is_none() {
        assert_eq!(exact("1.1").power(&exact("2")).unwrap().to_string(), "1.21");
        assert!(exact("10").power(&exact("1e9")).is_none());
        assert!(exact("2").power(&exact("0.5")).is_none());
        assert!(exact("2").power(&exact("-1")).is_none());
    }

    proptest! {
        /// Held against integers of the width of an Int256, scaled alike.
        #[test]
        fn order_and_sums_are_those_of_the_digits(
            a in "-?[1-9][0-9]{0,70}", b in "-?[1-9][0-9]{0,70}", places in 0usize..6,
        ) {
            let with_point = |digits: &str| {
                let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
                let padded = format!("{digits:0>width$}", width = places + 1);
                let (whole, fraction) = padded.split_at(padded.len() - places);
                if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
            };
            let (left, right) = (exact(&with_point(&a)), exact(&with_point(&b)));
            let (a, b) = (BigInt::from_str(&a).unwrap(), BigInt::from_str(&b).unwrap());
            prop_assert_eq!(left.cmp(&right), a.cmp(&b));
            prop_assert_eq!(left.plus(&right).to_string(), with_point(&(&a + &b).to_string()));
            prop_assert_eq!(left.minus(&left), exact("0"));
            prop_assert_eq!(left.times(&right).divided_by(&right).unwrap().cmp(&left), Ordering::Equal);
            prop_assert_eq!(exact(&left.to_string()).to_string(), left.to_string());
        }
    }
}
