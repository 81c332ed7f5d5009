//! The schemas under `schemas/`: equal to the types, schemas indeed, and true of what we ship.

use std::path::Path;

use houseplan::{
    bundle::{Bundle, Library, TargetNames},
    document::{Limits, schema::DocumentSchema},
    schema,
};

/// With `UPDATE_SCHEMAS=1` the file is written.
#[track_caller]
fn checked_in(name: &str, schema: &DocumentSchema) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
    let made = schema::text(schema);
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(made == kept, "schemas/{name} is out of date: UPDATE_SCHEMAS=1 cargo test schemas");
    jsonschema::draft202012::meta::validate(schema.value()).unwrap();
}

#[test]
fn schemas_are_those_of_the_types() {
    checked_in("plan.v1.json", &schema::PLAN);
    checked_in("environment.v1.json", &schema::ENVIRONMENT);
}

#[test]
fn every_key_of_a_step_is_described() {
    for definition in ["Step", "Sql", "Check"] {
        for (key, value) in schema::PLAN.value()["$defs"][definition]["properties"].as_object().unwrap() {
            let described = value["description"].is_string() || value["$ref"].is_string();
            assert!(described, "{definition}.{key}");
        }
    }
}

#[test]
fn shipped_plans_are_valid() {
    for plan in Library::plans() {
        if let Err(error) = Bundle::load(plan.name, None, &TargetNames::new(), &Limits::default()) {
            panic!("{}", super::printed(&error));
        }
    }
}
