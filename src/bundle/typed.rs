//! From a document's value to its types, and as near to them as one comes when the schema has found something wrong.
//!
//! What is wrong is taken out, so that what is right is still looked at and all mistakes are told in one go.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::document::{Place, Problem, TakenOut, schema::DocumentSchema};

/// What came of a value.
pub(super) struct Typed<T> {
    pub problems: Vec<Problem>,
    pub document: Option<T>,
    pub taken_out: TakenOut,
}

/// `take_out` takes what stands at these pointers out of the value, as its language knows it.
pub(super) fn typed<T: DeserializeOwned>(
    schema: &DocumentSchema,
    mut value: Value,
    file: usize,
    take_out: impl FnOnce(&mut Value, &[String]) -> TakenOut,
) -> Typed<T> {
    let found = schema.check(&value, file);
    let mut problems = found.problems;
    let taken_out = if found.wrong.is_empty() { TakenOut::default() } else { take_out(&mut value, &found.wrong) };
    let document = match serde_json::from_value(value) {
        Ok(document) => Some(document),
        Err(error) => {
            if problems.is_empty() {
                problems.push(Problem::at(
                    Place::new(file, ""),
                    format!("the document does not fit the language: {error}"),
                ));
            }
            None
        }
    };
    Typed { problems, document, taken_out }
}
