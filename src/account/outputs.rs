//! The outputs of steps and tasks, read as the types that the actions give ([`crate::plan::outputs`]).
//!
//! A journal may be another version's: what is not of its type is not known, and nothing is claimed of it.

use indexmap::IndexMap;
use serde::{Deserialize, de::value::MapDeserializer};
use serde_json::Value;

use crate::name::Name;

/// What a step gave.
pub fn of_step<'a, T: Deserialize<'a>>(outputs: &'a IndexMap<Name, Value>) -> Option<T> {
    let fields = outputs.iter().map(|(name, value)| (name.as_str(), value));
    T::deserialize(MapDeserializer::<_, serde_json::Error>::new(fields)).ok()
}

/// What a task gave, or a person is shown.
pub fn of_value<'a, T: Deserialize<'a>>(value: &'a Value) -> Option<T> {
    T::deserialize(value).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::outputs::{ApprovalRequest, BackupOutput, InspectOutput};

    #[test]
    fn a_step_and_a_task_are_read_alike_and_what_is_of_another_type_is_not_known() {
        let place = json!({ "store": "store", "path": "kept/one", "url": "http://s3/b/kept/one", "id": "a/backup/1" });
        let of_task: BackupOutput = of_value(&place).expect("only the place is known of what was settled by hand");
        let fields = place.as_object().unwrap().iter().map(|(key, value)| (Name::from(key.as_str()), value.clone()));
        assert_eq!(of_step::<BackupOutput>(&fields.collect()), Some(of_task));
        assert_eq!(of_value::<BackupOutput>(&json!({ "path": "/tmp", "store": "of grain" })), None);
        assert_eq!(of_value::<InspectOutput>(&place), None);
        assert_eq!(of_value::<ApprovalRequest>(&json!({ "message": "?" })), None);
    }
}
