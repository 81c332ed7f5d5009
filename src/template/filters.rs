//! The filters and tests of minijinja's that work on numbers, taught to know those of every width.

use minijinja::{
    Environment, Error, ErrorKind, State, Value, filters, tests,
    value::{Kwargs, Rest, ValueKind},
};

use super::{
    facts,
    number::{Exact, Rounding},
    operators,
};

/// Adds them, in the place of minijinja's own.
pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_filter("_min", filters::min);
    environment.add_filter("_max", filters::max);
    environment.add_filter("_sort", filters::sort);
    environment.add_filter("_unique", filters::unique);
    environment.add_filter("_groupby", filters::groupby);
    environment.add_filter("_dictsort", filters::dictsort);
    environment.add_filter("_round", filters::round);
    environment.add_filter("_int", filters::int);
    environment.add_filter("_format", filters::format);
    environment.add_filter("_tojson", filters::tojson);
    for (name, own) in [
        ("min", "_min"),
        ("max", "_max"),
        ("sort", "_sort"),
        ("unique", "_unique"),
        ("groupby", "_groupby"),
        ("dictsort", "_dictsort"),
    ] {
        environment.add_filter(name, move |state: &mut State<'_, '_>, list: Value, rest: Rest<Value>| {
            state.apply_filter(own, &arguments(all_exact(list), &rest))
        });
    }
    environment.add_filter("sum", sum);
    environment.add_filter("abs", absolute);
    environment.add_filter("round", round);
    environment.add_filter("int", integer);
    environment.add_filter("float", float);
    environment.add_filter("format", format);
    environment.add_filter("tojson", json);
    environment.add_test("number", |value: &Value| Exact::of(value).is_some() || tests::is_number(value));
    environment.add_test("integer", |value: &Value| {
        value.downcast_object_ref::<Exact>().map_or_else(|| tests::is_integer(value), Exact::is_integer)
    });
    environment.add_test("float", |value: &Value| {
        value.downcast_object_ref::<Exact>().map_or_else(|| tests::is_float(value), |exact| !exact.is_integer())
    });
    environment.add_test("odd", |value: &Value| Ok(!divides(value, "2")?));
    environment.add_test("even", |value: &Value| divides(value, "2"));
    environment.add_test("divisibleby", |value: &Value, by: &Value| divides(value, &by.to_string()));
}

fn refusal(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

fn arguments(first: Value, rest: &[Value]) -> Vec<Value> {
    std::iter::once(first).chain(rest.iter().cloned()).collect()
}

fn is_exact(value: &Value) -> bool {
    value.downcast_object_ref::<Exact>().is_some()
}

/// Whether a number of ours is in it, at any depth.
fn holds_exact(value: &Value) -> bool {
    is_exact(value)
        || match value.kind() {
            ValueKind::Seq | ValueKind::Iterable => {
                value.try_iter().is_ok_and(|mut items| items.any(|it| holds_exact(&it)))
            }
            ValueKind::Map => value
                .try_iter()
                .is_ok_and(|mut keys| keys.any(|key| value.get_item(&key).is_ok_and(|item| holds_exact(&item)))),
            _ => false,
        }
}

/// What minijinja orders by itself: where a number of ours is among others, all become such, for it compares only like with like.
fn all_exact(value: Value) -> Value {
    if holds_exact(&value) { made_exact(&value) } else { value }
}

fn made_exact(value: &Value) -> Value {
    let item = |key: Value| (key.clone(), made_exact(&value.get_item(&key).unwrap_or_default()));
    match (value.kind(), value.try_iter()) {
        (ValueKind::Number, _) => Exact::of(value).map_or_else(|| value.clone(), Value::from_object),
        (ValueKind::Seq | ValueKind::Iterable, Ok(items)) => items.map(|it| made_exact(&it)).collect(),
        (ValueKind::Map, Ok(keys)) => Value::from_object(keys.map(item).collect::<indexmap::IndexMap<Value, Value>>()),
        _ => value.clone(),
    }
}

fn sum(
    state: &mut State<'_, '_>,
    values: Value,
    attribute: Option<&str>,
    start: Option<Value>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let attribute = attribute.map_or_else(|| kwargs.get::<Option<&str>>("attribute"), |name| Ok(Some(name)))?;
    let start = start.map_or_else(|| kwargs.get::<Option<Value>>("start"), |start| Ok(Some(start)))?;
    kwargs.assert_all_used()?;
    let values = match attribute {
        Some(name) => {
            let named: Kwargs = [("attribute", Value::from(name))].into_iter().collect();
            state.apply_filter("map", &[values, named.into()])?
        }
        None => values,
    };
    let mut total = start.unwrap_or_else(|| Value::from(0));
    for value in values.try_iter()? {
        if Exact::of(&total).is_some() && Exact::of(&value).is_none() && value.kind() != ValueKind::Bool {
            return Err(refusal(format!("can only sum numbers, got {}", value.kind())));
        }
        total = operators::compute(&total, "+", &value)?;
    }
    Ok(total)
}

fn absolute(value: &Value) -> Result<Value, Error> {
    Exact::of(value)
        .map(|exact| exact.absolute().to_value())
        .ok_or_else(|| refusal("cannot get absolute value".to_owned()))
}

fn round(
    state: &mut State<'_, '_>,
    value: Value,
    places: Option<i64>,
    method: Option<&str>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let places = places.map_or_else(|| kwargs.get::<Option<i64>>("precision"), |it| Ok(Some(it)))?.unwrap_or(0);
    let method = method.map_or_else(|| kwargs.get::<Option<&str>>("method"), |it| Ok(Some(it)))?.unwrap_or("common");
    kwargs.assert_all_used()?;
    let rounding = match method {
        "common" => Rounding::HalfEven,
        "floor" => Rounding::Floor,
        "ceil" => Rounding::Ceiling,
        _ => return Err(refusal("method must be common, ceil or floor".to_owned())),
    };
    match Exact::of(&value) {
        Some(exact) => Ok(exact.rounded(places, rounding).to_value()),
        None => state.apply_filter("_round", &[value]),
    }
}

/// Numbers and texts of numbers lose what stands behind the point; all else is minijinja's.
fn integer(state: &mut State<'_, '_>, value: Value, rest: Rest<Value>) -> Result<Value, Error> {
    let written = value.as_str().filter(|_| rest.is_empty()).and_then(|text| Exact::parse(text.trim()));
    match Exact::of(&value).or(written) {
        Some(exact) => Ok(exact.truncated().to_value()),
        None => state.apply_filter("_int", &arguments(value, &rest)),
    }
}

/// A number with a point, exact as it is written: `'12.50' | float`.
fn float(value: &Value, default: Option<Value>) -> Result<Value, Error> {
    let exact = match value.kind() {
        ValueKind::Bool => Exact::parse(if value.is_true() { "1" } else { "0" }),
        ValueKind::None => Exact::parse("0"),
        ValueKind::String => value.as_str().and_then(|text| Exact::parse(text.trim())),
        _ => Exact::of(value),
    };
    match (exact, default) {
        (Some(exact), _) => Ok(Value::from_object(exact.with_a_point())),
        (None, Some(default)) => Ok(default),
        (None, None) => Err(refusal(format!("`{value}` is no number"))),
    }
}

/// Its numbers have 64 bits: what they cannot hold is refused.
fn format(state: &mut State<'_, '_>, text: Value, rest: Rest<Value>) -> Result<Value, Error> {
    let native = |value: &Value| match value.downcast_object_ref::<Exact>() {
        None => Ok(value.clone()),
        Some(exact) => exact
            .as_f64()
            .map(Value::from)
            .ok_or_else(|| refusal(format!("`format` cannot hold {exact}; write `| string`, and %s"))),
    };
    let rest: Vec<Value> = rest.iter().map(native).collect::<Result<_, _>>()?;
    state.apply_filter("_format", &arguments(text, &rest))
}

fn json(state: &mut State<'_, '_>, value: Value, rest: Rest<Value>) -> Result<Value, Error> {
    if !holds_exact(&value) {
        return state.apply_filter("_tojson", &arguments(value, &rest));
    }
    if !rest.is_empty() {
        return Err(refusal(
            "`tojson` of numbers with a fraction, or of more than 128 bits, takes no argument".to_owned(),
        ));
    }
    facts::json(&value).map(|json| Value::from(json.to_string())).map_err(refusal)
}

fn divides(value: &Value, by: &str) -> Result<bool, Error> {
    let numbers = Exact::of(value).zip(Exact::parse(by));
    let rest = numbers.and_then(|(number, by)| number.divided_with_rest(&by));
    rest.map(|(_, rest)| rest.is_zero()).ok_or_else(|| refusal(format!("{value} is not divided by {by}")))
}
