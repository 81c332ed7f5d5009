//! How a comparison found a table to be the same.

use serde::{Deserialize, Serialize};

use crate::humanize;

/// What was compared of a table that is the same; the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SameBy {
    /// The same parts, which both sides read alike: nobody has read their rows.
    Parts,
    /// Every row, as it is stored.
    Rows,
    /// Every row, as after all merges (`FINAL`); they are stored otherwise.
    Final,
    /// The number of rows.
    Number,
    /// The definition. It holds no rows, or nobody asked for them.
    Definition,
}

impl SameBy {
    /// As a cell of a table.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Parts => "= parts",
            Self::Rows => "= rows",
            Self::Final => "= FINAL",
            Self::Number => "= number",
            Self::Definition => "=",
        }
    }

    /// What follows `the same`, of so many tables.
    pub fn words(self, tables: usize) -> String {
        let own = if tables == 1 { "its" } else { "their" };
        match self {
            Self::Parts => format!("by {own} parts"),
            Self::Rows => format!("by {own} rows"),
            Self::Final => "after merges (FINAL)".to_owned(),
            Self::Number => format!("by {own} number of rows"),
            Self::Definition if tables == 1 => "by its definition".to_owned(),
            Self::Definition => "by their definitions".to_owned(),
        }
    }

    /// How so many tables are the same, each told by its weakest proof: `: 20 by their parts, 4 by their rows`, or
    /// ` by their parts` where that is so of all.
    pub fn told(tables: impl Iterator<Item = Self>) -> String {
        let mut all: Vec<Self> = tables.collect();
        all.sort();
        let groups: Vec<&[Self]> = all.chunk_by(|a, b| a == b).collect();
        match groups.as_slice() {
            [] => String::new(),
            [one] => format!(" {}", one[0].words(one.len())),
            several => {
                let group =
                    |it: &&[Self]| format!("{} {}", humanize::thousands(it.len() as u64), it[0].words(it.len()));
                format!(": {}", several.iter().map(group).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SameBy::{self, *};

    #[track_caller]
    fn case(tables: &[SameBy], expected: &str) {
        assert_eq!(SameBy::told(tables.iter().copied()), expected);
    }

    #[test]
    fn proofs_are_counted_the_strongest_first() {
        case(&[], "");
        case(&[Parts], " by its parts");
        case(&[Parts, Parts], " by their parts");
        case(
            &[Rows, Parts, Definition, Parts, Final],
            ": 2 by their parts, 1 by its rows, 1 after merges (FINAL), 1 by its definition",
        );
        case(&[Number, Number], " by their number of rows");
    }
}
