//! The values of a plan's inputs, once they are bound.

use indexmap::IndexMap;
use secrecy::SecretString;
use serde_json::Value;

use crate::name::Name;

/// All inputs of one scope.
pub type InputValues = IndexMap<Name, InputValue>;

/// What an input is bound to.
#[derive(Debug, Clone)]
pub enum InputValue {
    Plain(Value),
    /// Never shown, never journalled.
    Secret(SecretString),
}
