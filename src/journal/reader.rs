//! Reads a journal back. Never panics, whatever the bytes are.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    ops::Range,
};

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

/// What the first record of the journal at `path` says, where it can be read. Reads no further.
pub fn first<E: DeserializeOwned>(path: &Utf8Path) -> Option<E> {
    let mut line = Vec::new();
    BufReader::new(File::open(path).ok()?).read_until(b'\n', &mut line).ok()?;
    match line::read(line.strip_suffix(b"\n")?, 1) {
        Read::Record(record) => Some(record.event),
        Read::OtherFormat(_) | Read::Wrong(_) => None,
    }
}

/// Reads a journal's bytes; `path` is what errors call it.
///
/// What lacks its line feed at the very end is torn: a write ends with one. Every line that has one was whole when it was
/// written, so one that is no record now is damage: no crash explains it, and it is refused.
pub fn parse<E: DeserializeOwned>(bytes: &[u8], path: &Utf8Path) -> Result<Contents<E>, JournalError> {
    let mut records = Vec::new();
    let mut from = 0;
    for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
        let expected = records.len() as u64 + 1;
        let damaged = |what: String| JournalError::Damaged { path: path.to_owned(), line: expected, what };
        let Some(whole) = piece.strip_suffix(b"\n") else {
            if has_another_byte_for_its_line_feed(piece) {
                return Err(damaged("its line feed was changed".to_owned()));
            }
            return Ok(Contents { records, torn: Some(Torn { bytes: from..bytes.len() }) });
        };
        match line::read(whole, expected) {
            Read::Record(record) => records.push(record),
            Read::OtherFormat(found) => {
                return Err(JournalError::OtherFormat { path: path.to_owned(), found, known: super::FORMAT });
            }
            Read::Wrong(what) => return Err(damaged(what)),
        }
        from += piece.len();
    }
    Ok(Contents { records, torn: None })
}

/// Whether a whole record stands there, and then one byte: it was longer than what a write leaves that was cut short. A NUL
/// is what a crash of the machine leaves of bytes that did not reach the disk.
fn has_another_byte_for_its_line_feed(piece: &[u8]) -> bool {
    piece.split_last().is_some_and(|(last, record)| *last != 0 && line::checked(record).is_some())
}
