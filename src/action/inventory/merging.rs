//! How states of aggregate functions are compared once they are merged (`FINAL`).
//!
//! The bytes of two states that are equal mean the same, whatever the function. Where the same rows can come to other bytes
//! in another order of merging, what a state comes to (`finalizeAggregation`) takes their place, but only where that loses
//! nothing that counts: an average of tripled rows is the same average, and another one as soon as a row is added. So it is
//! done for the functions on the lists below and for no other *(each of them seen on 26.9, in `tests/it/facts/merging.rs`)*.

use super::Column;

/// What is hashed of a column after all merges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merged {
    /// The value as it is; of a state its bytes, in which the order of merging does not show.
    AsItIs,
    /// The bytes of a state, in which the order of merging may show: where they differ, nobody can tell why.
    InOrder,
    /// What the state comes to: all that it holds.
    Whole,
    /// The elements that it comes to, sorted: all that it holds.
    Elements,
    /// What the state comes to: how many values, not which. That some went in twice changes nothing, now or later.
    Number,
}

/// States whose bytes are the same in whatever order they were merged.
const SAME_BYTES: &[&str] = &["count", "min", "max", "groupBitAnd", "groupBitOr", "groupBitXor", "sum", "avg"];
const WHOLE: &[&str] = &["minMap", "maxMap", "sumMap"];
/// What adds up: of floating point numbers the order shows in the sum.
const ADDING: &[&str] = &["sum", "avg", "sumMap"];
const NUMBER: &[&str] = &["uniq", "uniqExact", "uniqCombined", "uniqCombined64", "uniqHLL12", "groupBitmap"];
/// What takes other arguments and keeps the state of the function it stands behind.
const COMBINATORS: &[&str] = &["If", "Array"];

impl Merged {
    /// By the column's type.
    pub fn of(type_name: &str) -> Self {
        match Function::parse(type_name) {
            Some(function) => function.merged(),
            // Inside an Array, a Tuple, …
            None if type_name.replace("SimpleAggregateFunction(", "").contains("AggregateFunction(") => Self::InOrder,
            None => Self::AsItIs,
        }
    }
}

/// Why a difference under `FINAL` may be none, and what to do about it; `None` where it is one.
pub fn undecided(columns: &[Column]) -> Option<String> {
    let columns = named(columns, Merged::InOrder);
    (!columns.is_empty()).then(|| {
        format!(
            "the order of merging shows in the states of {}, so FINAL cannot say whether they differ: restore with merges \
             stopped on both sides and compare again, or compare their finalizeAggregation, which does not see doubled rows",
            columns.join(", ")
        )
    })
}

/// What is not compared of states that were merged, because it depends on the order; `None` where that is nothing.
pub fn by_number(columns: &[Column]) -> Option<String> {
    let columns = named(columns, Merged::Number);
    (!columns.is_empty()).then(|| format!("of {} the number of values is compared, not which", columns.join(", ")))
}

/// The columns whose states are hashed in a way, each with its function: `q (quantile)`.
fn named(columns: &[Column], merged: Merged) -> Vec<String> {
    let columns = columns.iter().filter(|column| column.is_stored() && Merged::of(&column.type_name) == merged);
    let name = |column: &Column| match Function::parse(&column.type_name) {
        Some(function) => format!("{} ({})", column.name, function.name),
        None => column.name.clone(),
    };
    columns.map(name).collect()
}

/// The function of `AggregateFunction(quantiles(0.5, 0.9), UInt64)`.
struct Function<'a> {
    name: &'a str,
    has_parameters: bool,
    /// The types of what it is called with, as they are written.
    arguments: &'a str,
}

impl<'a> Function<'a> {
    fn parse(type_name: &'a str) -> Option<Self> {
        let inner = type_name.strip_prefix("AggregateFunction(")?.strip_suffix(')')?;
        // A version of the state may come first.
        let versioned = inner.split_once(", ").filter(|(version, _)| version.chars().all(|c| c.is_ascii_digit()));
        let inner = versioned.map_or(inner, |(_, rest)| rest);
        let end = inner.find(['(', ',']).unwrap_or(inner.len());
        let (name, arguments) = inner.split_at(end);
        Some(Self { name: name.trim(), has_parameters: arguments.starts_with('('), arguments })
    }

    fn merged(&self) -> Merged {
        let mut name = self.name;
        loop {
            match self.listed(name) {
                Some(merged) => return merged,
                None => match COMBINATORS.iter().find_map(|it| name.strip_suffix(it)) {
                    Some(inner) => name = inner,
                    None => return Merged::InOrder,
                },
            }
        }
    }

    fn listed(&self, name: &str) -> Option<Merged> {
        match name {
            _ if ADDING.contains(&name) && self.arguments.contains("Float") => Some(Merged::InOrder),
            _ if SAME_BYTES.contains(&name) => Some(Merged::AsItIs),
            _ if WHOLE.contains(&name) => Some(Merged::Whole),
            // Where it keeps only so many, the order says which.
            "groupUniqArray" if !self.has_parameters => Some(Merged::Elements),
            _ if NUMBER.contains(&name) => Some(Merged::Number),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Merged::*, *};

    #[track_caller]
    fn case(type_name: &str, expected: Merged) {
        assert_eq!(Merged::of(type_name), expected, "{type_name}");
    }

    #[test]
    fn what_is_on_no_list_may_show_the_order_of_merging() {
        case("UInt64", AsItIs);
        case("SimpleAggregateFunction(sum, Float64)", AsItIs);
        case("AggregateFunction(count)", AsItIs);
        case("AggregateFunction(avg, Nullable(Int32))", AsItIs);
        case("AggregateFunction(sumIf, Decimal(18, 2), UInt8)", AsItIs);
        case("AggregateFunction(max, Float64)", AsItIs);
        case("AggregateFunction(avg, Float64)", InOrder);
        case("AggregateFunction(sumMapIf, Map(String, Float32), UInt8)", InOrder);
        case("AggregateFunction(any, UInt64)", InOrder);
        case("AggregateFunction(groupArray, UInt64)", InOrder);
        case("AggregateFunction(quantiles(0.5, 0.9), UInt64)", InOrder);
        case("AggregateFunction(sumOrNull, UInt64)", InOrder);
        case("Array(AggregateFunction(uniq, UInt64))", InOrder);
    }

    #[test]
    fn what_is_finalized_is_on_a_list() {
        case("AggregateFunction(uniq, UUID)", Number);
        case("AggregateFunction(uniqCombined(12), String)", Number);
        case("AggregateFunction(uniqExactArrayIf, Array(String), UInt8)", Number);
        case("AggregateFunction(1, sumMap, Map(String, UInt64))", Whole);
        case("AggregateFunction(maxMap, Map(String, Float64))", Whole);
        case("AggregateFunction(groupUniqArray, String)", Elements);
        case("AggregateFunction(groupUniqArrayIf, String, UInt8)", Elements);
        case("AggregateFunction(groupUniqArray(10), String)", InOrder);
    }
}
