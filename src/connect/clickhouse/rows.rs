//! Rows as data.
//!
//! A cell is what the server writes as JSON, and a number keeps the digits that it is written with (`serde_json` has
//! `arbitrary_precision`), at any depth: in an Array, a Tuple, a Map, a Nested, a JSON, a Variant, a Dynamic. So nothing is decoded by
//! its type. All integers, Decimals and floats are numbers; what JSON has no number for (`nan`, `inf`, `-inf`) is a text, as are dates,
//! times, UUIDs, IP addresses, enums and the keys of a Map; a Bool is true or false, and NULL is null wherever it stands.

use indexmap::IndexMap;
use serde_json::Value;

use super::transport::Answer;

/// One row: its columns in the order of the query.
pub type Row = IndexMap<String, Value>;

/// What a statement gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows(pub Vec<Row>);

impl Rows {
    /// Reads `FORMAT JSONCompactEachRowWithNamesAndTypes`: a line of names, a line of types, a line a row.
    ///
    /// Fails where it is cut off: a line ends early, or the server has counted more rows than came.
    pub(super) fn parse(answer: &Answer) -> Result<Self, String> {
        let mut lines = answer.body.lines().filter(|line| !line.trim().is_empty());
        let names = lines.next().ok_or("it is empty, without even the names of columns")?;
        let names: Vec<String> =
            serde_json::from_str(names).map_err(|error| format!("no names of columns: {error}"))?;
        lines.next().ok_or("no types of columns")?;
        let rows = lines.map(|line| {
            let cells: Vec<Value> = serde_json::from_str(line).map_err(|error| format!("a row is no JSON: {error}"))?;
            if cells.len() != names.len() {
                return Err("a row has another number of cells than there are columns".to_owned());
            }
            Ok(names.iter().cloned().zip(cells).collect())
        });
        let rows: Vec<Row> = rows.collect::<Result<_, _>>()?;
        match answer.rows {
            Some(counted) if counted > rows.len() as u64 => {
                Err(format!("the server has given {counted} rows, and {} came", rows.len()))
            }
            _ => Ok(Self(rows)),
        }
    }

    /// The same of a statement that may give nothing at all, as those that write do: an empty body is no rows then.
    pub(super) fn parse_any(answer: &Answer) -> Result<Self, String> {
        if answer.body.trim().is_empty() { Ok(Self::default()) } else { Self::parse(answer) }
    }

    /// The only row's only cell, where there is one row.
    pub fn scalar(&self) -> Option<&Value> {
        match self.0.as_slice() {
            [row] => row.values().next(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str, rows: Option<u64>) -> Answer {
        Answer { body: body.to_owned(), rows }
    }

    fn parse(body: &str) -> Result<Rows, String> {
        Rows::parse(&answer(body, None))
    }

    #[test]
    fn rows_are_read_by_name() {
        let rows = parse("[\"v\",\"n\"]\n[\"String\",\"UInt64\"]\n[\"26.9\",12]\n").unwrap();
        assert_eq!(rows.0[0]["v"], "26.9");
        assert_eq!(rows.0[0]["n"], 12);
    }

    #[test]
    fn a_number_keeps_its_digits() {
        for number in ["12345678901234567.01", "5.00", "-0.10", "1e+300", "18446744073709551616", "1e-7"] {
            let rows = parse(&format!("[\"n\"]\n[\"Array(T)\"]\n[[{{\"k\":{number}}}]]\n")).unwrap();
            let kept = serde_json::to_string(&rows.0[0]["n"]).unwrap();
            assert_eq!(kept, format!("[{{\"k\":{number}}}]"));
        }
    }

    #[test]
    fn a_body_that_ends_early_is_refused() {
        assert!(parse("[\"v\"]\n").is_err());
        assert!(parse("[\"v\"]\n[\"String\"]\n[\"a\"").is_err());
        assert!(parse("").is_err());
        assert!(Rows::parse_any(&answer("[\"v\"]\n", None)).is_err());
    }

    #[test]
    fn fewer_rows_than_the_server_has_counted_are_no_answer() {
        let body = "[\"v\"]\n[\"String\"]\n[\"a\"]\n";
        assert_eq!(Rows::parse(&answer(body, Some(1))).map(|rows| rows.0.len()), Ok(1));
        assert_eq!(Rows::parse(&answer(body, Some(2))), Err("the server has given 2 rows, and 1 came".to_owned()));
    }

    #[test]
    fn what_writes_may_answer_with_nothing_and_what_reads_may_find_nothing() {
        assert_eq!(Rows::parse_any(&answer("\n", Some(7))).unwrap(), Rows::default());
        assert_eq!(parse("[\"v\"]\n[\"String\"]\n").unwrap(), Rows::default());
    }
}
