//! Durations and sizes, written as people write them.

use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A span of time: a whole number and `ms`, `s`, `m`, `h` or `d` (`250ms`, `2s`, `90m`, `6h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HumanDuration(pub Duration);

/// A number of bytes: a whole number and `B`, `KiB`, `MiB`, `GiB`, `TiB` (powers of 1,024) or `kB`, `MB`, `GB`, `TB` (of 1,000).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HumanSize(pub u64);

const DURATIONS: &[(&str, u64)] = &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const SIZES: &[(&str, u64)] = &[
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

/// A whole number and one of `units`, in the smallest unit; `None` where it is neither or does not fit.
fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let factor = units.iter().find(|(name, _)| *name == unit)?.1;
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// The largest of `units` that divides `value`.
fn write(f: &mut fmt::Formatter<'_>, value: u64, units: &[(&str, u64)]) -> fmt::Result {
    let best = units.iter().filter(|(_, factor)| value.is_multiple_of(*factor)).max_by_key(|(_, factor)| *factor);
    match best {
        Some((unit, factor)) if value > 0 => write!(f, "{}{unit}", value / factor),
        _ => write!(f, "{value}{}", units[0].0),
    }
}

macro_rules! quantity {
    ($type:ty, $units:ident, $pattern:literal, $expected:literal, $make:expr, $value:expr) => {
        impl $type {
            /// The pattern that it has to match, as a regular expression of JSON Schema.
            pub const PATTERN: &str = $pattern;
        }

        impl FromStr for $type {
            type Err = &'static str;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse(text, $units).map($make).ok_or($expected)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(f, $value(self), $units)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).trim_start_matches("Human").into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": Self::PATTERN, "description": $expected })
            }
        }
    };
}

quantity!(
    HumanDuration,
    DURATIONS,
    "^[0-9]+(ms|s|m|h|d)$",
    "a whole number and ms, s, m, h or d, as in 6h",
    |ms| HumanDuration(Duration::from_millis(ms)),
    |it: &HumanDuration| u64::try_from(it.0.as_millis()).unwrap_or(u64::MAX)
);
quantity!(
    HumanSize,
    SIZES,
    "^[0-9]+(B|KiB|MiB|GiB|TiB|kB|MB|GB|TB)$",
    "a whole number and B, KiB, MiB, GiB, TiB, kB, MB, GB or TB, as in 64MiB",
    HumanSize,
    |it: &HumanSize| it.0
);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn duration(text: &str, milliseconds: u64, shown: &str) {
        let parsed: HumanDuration = text.parse().unwrap();
        assert_eq!(parsed.0, Duration::from_millis(milliseconds));
        assert_eq!(parsed.to_string(), shown);
    }

    #[test]
    fn durations_read_and_print_as_people_write_them() {
        duration("250ms", 250, "250ms");
        duration("2s", 2_000, "2s");
        duration("120m", 7_200_000, "2h");
        duration("0s", 0, "0ms");
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in ["", "6", "h", "6 h", "-1s", "1.5h", "99999999999999999999s", "6H"] {
            assert!(text.parse::<HumanDuration>().is_err(), "{text}");
        }
        assert!("18446744073709551615TiB".parse::<HumanSize>().is_err());
    }

    #[test]
    fn sizes_know_both_families_of_units() {
        assert_eq!("64MiB".parse::<HumanSize>().unwrap().0, 64 << 20);
        assert_eq!("3GB".parse::<HumanSize>().unwrap().to_string(), "3GB");
    }
}
