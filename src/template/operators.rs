//! The operators of expressions: what minijinja does, but exact on numbers of every width, and never true of what cannot be compared.
//!
//! [`super::rewrite`] puts calls of these in the operators' places. What holds no number is handed back to minijinja.

use std::cmp::Ordering;

use minijinja::{
    Environment, Error, ErrorKind, State, Value, context, tests,
    value::{Rest, ValueKind},
};

use super::{environment::ENVIRONMENT, number::Exact};

pub(super) const COMPARE: &str = "_compare";
pub(super) const COMPUTE: &str = "_compute";
pub(super) const NEGATE: &str = "_negate";
pub(super) const NUMBER: &str = "_number";

/// minijinja's own `in`, for texts and maps.
const WITHIN: &str = "_in";

/// Adds the operators, and the tests that say the same.
pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_function(COMPARE, |state: &mut State<'_, '_>, chain: Rest<Value>| chained(state, &chain));
    environment.add_function(COMPUTE, |left: Value, operator: &str, right: Value| compute(&left, operator, &right));
    environment.add_function(NEGATE, |value: Value| negate(&value));
    environment.add_function(NUMBER, |text: &str| {
        Exact::parse(text)
            .map(|exact| exact.to_value())
            .ok_or_else(|| refusal(format!("`{text}` is no number, or too long")))
    });
    environment.add_test(WITHIN, tests::is_in);
    environment
        .add_test("in", |state: &mut State<'_, '_>, item: Value, container: Value| is_in(state, &item, &container));
    for (names, operator) in TESTS {
        for name in *names {
            environment
                .add_test(*name, |state: &mut State<'_, '_>, a: Value, b: Value| compared(state, &a, operator, &b));
        }
    }
}

/// Tests that are operators, under the names that `select` takes too.
const TESTS: &[(&[&str], &str)] = &[
    (&["eq", "equalto", "=="], "=="),
    (&["ne", "!="], "!="),
    (&["lt", "lessthan", "<"], "<"),
    (&["le", "<="], "<="),
    (&["gt", "greaterthan", ">"], ">"),
    (&["ge", ">="], ">="),
];

fn refusal(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// `a < b <= c`, as a, `<`, b, `<=`, c.
fn chained(state: &mut State<'_, '_>, chain: &[Value]) -> Result<bool, Error> {
    for at in (2..chain.len()).step_by(2) {
        if !compared(state, &chain[at - 2], chain[at - 1].as_str().unwrap_or_default(), &chain[at])? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn compared(state: &mut State<'_, '_>, left: &Value, operator: &str, right: &Value) -> Result<bool, Error> {
    Ok(match operator {
        "==" => are_equal(left, right),
        "!=" => !are_equal(left, right),
        "in" => is_in(state, left, right)?,
        "not in" => !is_in(state, left, right)?,
        "<" => order(left, right)?.is_lt(),
        "<=" => order(left, right)?.is_le(),
        ">" => order(left, right)?.is_gt(),
        ">=" => order(left, right)?.is_ge(),
        _ => return Err(refusal(format!("`{operator}` compares nothing"))),
    })
}

/// Both as numbers, where one is a number and the other one too, or a boolean.
fn numbers(left: &Value, right: &Value) -> Option<(Exact, Exact)> {
    let number = |value: &Value| match value.kind() {
        ValueKind::Bool => Exact::parse(if value.is_true() { "1" } else { "0" }),
        _ => Exact::of(value),
    };
    let both_booleans = left.kind() == ValueKind::Bool && right.kind() == ValueKind::Bool;
    if both_booleans { None } else { number(left).zip(number(right)) }
}

fn is_list(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
}

fn are_equal(left: &Value, right: &Value) -> bool {
    if let Some((left, right)) = numbers(left, right) {
        return left == right;
    }
    match (left.try_iter(), right.try_iter()) {
        (Ok(mut lefts), Ok(mut rights)) if is_list(left) && is_list(right) => loop {
            match (lefts.next(), rights.next()) {
                (None, None) => return true,
                (Some(left), Some(right)) if are_equal(&left, &right) => {}
                _ => return false,
            }
        },
        (Ok(mut names), Ok(others)) if left.kind() == ValueKind::Map && right.kind() == ValueKind::Map => {
            let others: Vec<Value> = others.collect();
            let item = |map: &Value, name: &Value| map.get_item(name).unwrap_or_default();
            left.len() == Some(others.len())
                && names.all(|name| others.contains(&name) && are_equal(&item(left, &name), &item(right, &name)))
        }
        _ => left == right,
    }
}

/// Which of both comes first. Only like things have an order: of a number and a text, or NULL, minijinja would call one greater.
fn order(left: &Value, right: &Value) -> Result<Ordering, Error> {
    if let Some((left, right)) = numbers(left, right) {
        return Ok(left.cmp(&right));
    }
    if is_list(left) && is_list(right) {
        let (mut lefts, mut rights) = (left.try_iter()?, right.try_iter()?);
        loop {
            match (lefts.next(), rights.next()) {
                (Some(left), Some(right)) => match order(&left, &right)? {
                    Ordering::Equal => {}
                    decided => return Ok(decided),
                },
                (left, right) => return Ok(left.is_some().cmp(&right.is_some())),
            }
        }
    }
    match (left.kind(), right.kind()) {
        (ValueKind::String, ValueKind::String) | (ValueKind::Bool, ValueKind::Bool) => Ok(left.cmp(right)),
        _ if left.is_undefined() || right.is_undefined() => Ok(Ordering::Equal), // the ledger has it
        _ => Err(refusal(format!("{} and {} have no order; compare what is alike", noun(left), noun(right)))),
    }
}

/// What a value is, in an error.
fn noun(value: &Value) -> String {
    match value.kind() {
        ValueKind::None => "NULL".to_owned(),
        ValueKind::String => format!("the text '{value}'"),
        _ if Exact::of(value).is_some() => format!("the number {value}"),
        kind => format!("a {kind}"),
    }
}

fn is_in(state: &mut State<'_, '_>, item: &Value, container: &Value) -> Result<bool, Error> {
    if is_list(container) {
        return Ok(container.try_iter()?.any(|other| are_equal(item, &other)));
    }
    state.perform_test(WITHIN, &[item.clone(), container.clone()])
}

/// `left operator right`, for `+`, `-`, `*`, `/`, `//`, `%` and `**`.
pub(super) fn compute(left: &Value, operator: &str, right: &Value) -> Result<Value, Error> {
    let Some((a, b)) = numbers(left, right) else {
        let (left, right) = (left.clone(), right.clone());
        return ENVIRONMENT.compile_expression_owned(format!("left {operator} right"))?.eval(context! { left, right });
    };
    let result = match operator {
        "+" => Some(a.plus(&b)),
        "-" => Some(a.minus(&b)),
        "*" => Some(a.times(&b)),
        "/" => a.divided_by(&b),
        "//" => a.divided_with_rest(&b).map(|(quotient, _)| quotient),
        "%" => a.divided_with_rest(&b).map(|(_, rest)| rest),
        _ => a.power(&b),
    };
    result.map(|result| result.to_value()).ok_or_else(|| refusal(format!("`{a} {operator} {b}` cannot be computed")))
}

fn negate(value: &Value) -> Result<Value, Error> {
    match Exact::of(value) {
        Some(exact) => Ok(exact.negated().to_value()),
        None => Err(refusal(format!("{} has no negative", noun(value)))),
    }
}
