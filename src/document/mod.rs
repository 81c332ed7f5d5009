//! Text with places: a YAML document as a value, with the span of every node, and the problems found in it.
//!
//! Knows YAML, JSON Pointers and miette; knows nothing of plans.

mod conceal;
mod decode;
mod inputs;
mod invalid;
mod limits;
mod offsets;
mod parse;
mod place;
mod scalar;
pub mod schema;
mod source;
mod suggest;
mod take_out;
mod tree;

pub use self::inputs::parse_map;
pub use self::{
    invalid::{Finding, Heading, Invalid, Located, Problem},
    limits::Limits,
    parse::parse,
    place::Place,
    source::{Document, Source},
    suggest::{did_you_mean, one_of, suggestion},
    take_out::{TakenOut, remove_key, tokens},
};
