//! Reads a journal back. Never panics, whatever the bytes are.

use std::{fs, ops::Range};

use camino::Utf8Path;
use serde::de::DeserializeOwned;

use super::{
    JournalError, Record,
    line::{self, Read},
};

/// What stands in a journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents<E> {
    pub records: Vec<Record<E>>,
    /// The end of a write that was cut short, if there is one. No record of it was durable, so nothing was done on its word.
    pub torn: Option<Torn>,
}

/// Bytes at the end of a journal that are no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    pub bytes: Range<usize>,
}

/// Reads the journal at `path` and changes nothing; what is torn is only reported.
///
/// A process that is writing meanwhile may be seen in the middle of a line; that is then torn too.
pub fn read<E: DeserializeOwned>(path: &Utf8Path) -> Result<Contents<E>, JournalError> {
    let bytes = fs::read(path).map_err(JournalError::io("read", path))?;
    parse(&bytes, path)
}

/// Reads a journal's bytes; `path` is what errors call it.
///
/// Lines at the very end that are neither records nor well-formed JSON are torn. Anything wrong before a whole record, and
/// a whole line whose checksum does not match, is damage: no crash explains it, and it is refused.
pub fn parse<E: DeserializeOwned>(bytes: &[u8], path: &Utf8Path) -> Result<Contents<E>, JournalError> {
    let mut records = Vec::new();
    let mut torn: Option<(usize, u64)> = None;
    let mut from = 0;
    for (number, piece) in (1_u64..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        let start = from;
        from += piece.len();
        let damaged = |line, what: String| JournalError::Damaged { path: path.to_owned(), line, what };
        let read = match piece.strip_suffix(b"\n") {
            Some(whole) => line::read(whole, records.len() as u64 + 1),
            None => Read::Torn,
        };
        match (read, torn) {
            (Read::Torn, None) => torn = Some((start, number)),
            (Read::Torn, Some(_)) => {}
            (_, Some((_, line))) => return Err(damaged(line, "it is no record, and whole ones follow it".to_owned())),
            (Read::Record(record), None) => records.push(record),
            (Read::Newer(found), None) => {
                return Err(JournalError::Newer { path: path.to_owned(), found, known: super::FORMAT });
            }
            (Read::Wrong(what), None) => return Err(damaged(number, what)),
        }
    }
    Ok(Contents { records, torn: torn.map(|(start, _)| Torn { bytes: start..bytes.len() }) })
}
