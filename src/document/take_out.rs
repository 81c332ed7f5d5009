//! Taking out of a document what is wrong with it, so that what is left can still be looked at.

use std::collections::HashSet;

use serde_json::Value;

/// What a document has lost by it.
#[derive(Debug, Default)]
pub struct TakenOut {
    /// Steps that something was taken out of.
    pub incomplete: HashSet<String>,
    /// Targets that were taken out whole, for nothing of them can be used.
    pub unreadable: HashSet<String>,
}

/// The keys and indices that a JSON Pointer leads through.
pub fn tokens(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect()
}

/// Removes the key that a JSON Pointer leads to; an item of a list stays.
pub fn remove_key(value: &mut Value, pointer: &str) {
    let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
    if let (Some(Value::Object(map)), Some(key)) = (value.pointer_mut(parent), tokens(pointer).last()) {
        map.shift_remove(key);
    }
}
