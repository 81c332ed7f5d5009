//! One record as one line: `{"n":1,"at":"…",<the event's own fields>,"crc":"8 hex digits"}`.
//!
//! The checksum is CRC-32 over all bytes of the line before `,"crc"`.

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::Record;

const MARK: &[u8] = b",\"crc\":\"";
const TAIL: usize = MARK.len() + 8 + 2;

/// Writes a record, with its line feed, at the end of `line`.
pub fn write<E: Serialize>(line: &mut Vec<u8>, n: u64, at: Timestamp, event: &E) -> serde_json::Result<()> {
    let from = line.len();
    line.extend_from_slice(format!("{{\"n\":{n},\"at\":\"{at}\"").as_bytes());
    let fields = serde_json::to_vec(event)?;
    match fields.as_slice() {
        [b'{', inner @ .., b'}'] if !inner.is_empty() => {
            line.push(b',');
            line.extend_from_slice(inner);
        }
        _ => return Err(serde::ser::Error::custom("an event is an object with at least one field")),
    }
    let crc = crc32fast::hash(&line[from..]);
    line.extend_from_slice(MARK);
    line.extend_from_slice(format!("{crc:08x}\"}}\n").as_bytes());
    Ok(())
}

/// What a line turned out to be.
pub enum Read<E> {
    Record(Record<E>),
    /// A whole first record that another houseplan wrote: its checksum holds.
    OtherFormat(u64),
    /// It is no record. A write that was cut short lacks its line feed, so no crash makes such a line.
    Wrong(String),
}

/// Reads a line, without its line feed. `expected` is the number that the record has to bear.
pub fn read<E: DeserializeOwned>(line: &[u8], expected: u64) -> Read<E> {
    let Some(body) = checked(line) else {
        return match serde_json::from_slice::<Map<String, Value>>(line) {
            Ok(_) => Read::Wrong("its checksum does not match".to_owned()),
            Err(_) => Read::Wrong("it is no record".to_owned()),
        };
    };
    let mut json = body.to_vec();
    json.push(b'}');
    let Ok(mut fields) = serde_json::from_slice::<Map<String, Value>>(&json) else {
        return Read::Wrong("it is not JSON".to_owned());
    };
    if let Some(format) = fields.get("format").and_then(Value::as_u64)
        && expected == 1
        && format != u64::from(super::FORMAT)
    {
        return Read::OtherFormat(format);
    }
    let n = fields.shift_remove("n").and_then(|n| n.as_u64());
    if n != Some(expected) {
        return Read::Wrong(format!("record {expected} is expected here"));
    }
    let at = fields.shift_remove("at").and_then(|at| at.as_str().and_then(|at| at.parse::<Timestamp>().ok()));
    let Some(at) = at else { return Read::Wrong("it has no time".to_owned()) };
    match serde_json::from_value(Value::Object(fields)) {
        Ok(event) => Read::Record(Record { n: expected, at, event }),
        Err(error) => Read::Wrong(format!("it holds no event that this houseplan knows: {error}")),
    }
}

/// The bytes before `,"crc"`, where the checksum holds.
pub fn checked(line: &[u8]) -> Option<&[u8]> {
    let (body, tail) = line.split_at_checked(line.len().checked_sub(TAIL)?)?;
    let digits = tail.strip_prefix(MARK)?.strip_suffix(b"\"}")?;
    (format!("{:08x}", crc32fast::hash(body)).as_bytes() == digits).then_some(body)
}
