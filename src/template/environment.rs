//! minijinja, set up once for all expressions.

use std::sync::LazyLock;

use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};

use super::{filters, literal, operators};

/// What one evaluation may cost: a few passes over a list of 100,000 tables, and over in a moment.
const FUEL: u64 = 1_000_000;

pub(super) static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_debug(true); // errors then carry ranges
    // The scan allows only what `language` names; but `map` takes a filter's name from a value.
    for filter in ["safe", "escape", "e", "default", "d", "attr", "pprint"] {
        environment.remove_filter(filter);
    }
    for function in ["debug", "namespace"] {
        environment.remove_global(function);
    }
    filters::add_to(&mut environment);
    operators::add_to(&mut environment);
    environment.add_filter("ident", |value: Value| made(literal::identifier_of(&value)));
    environment.add_filter("literal", |value: Value| made(literal::literal(&value)));
    environment.add_filter("literals", |value: Value| made(literal::literals(&value)));
    environment
});

/// A piece of SQL as a filter's result.
fn made(sql: Result<String, String>) -> Result<Value, minijinja::Error> {
    sql.map(|sql| Value::from_object(literal::Fragment(sql)))
        .map_err(|message| minijinja::Error::new(ErrorKind::InvalidOperation, message))
}
