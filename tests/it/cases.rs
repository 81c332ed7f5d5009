//! Situations that went wrong once, each with its inputs in a folder beside its test.

mod cell_types;
mod profiles;
mod wide_table;
