//! The action `known_bugs`: whether a RESTORE would meet a bug of ClickHouse that is known to lose rows.

mod equal_parts;
mod output;
mod prepare;
mod task;
