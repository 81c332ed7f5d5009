//! From a part of a scalar's decoded text back to the bytes of the file that it was written as.
//!
//! Worked out when a problem needs it, by walking text and source side by side; nothing is kept for it.

use std::ops::Range;

use super::tree::NodeKind;

/// Runs of text that stand in the source as they are: where in the decoded text, where in the source, how long.
struct Runs(Vec<(usize, usize, usize)>);

impl Runs {
    fn push(&mut self, decoded: usize, source: usize, length: usize) {
        if let Some(last) = self.0.last_mut()
            && last.0 + last.2 == decoded
            && last.1 + last.2 == source
        {
            last.2 += length;
        } else {
            self.0.push((decoded, source, length));
        }
    }

    /// Where the byte at `offset` of the decoded text begins in the source.
    fn start(&self, offset: usize) -> Option<usize> {
        let index = self.0.partition_point(|run| run.0 <= offset).checked_sub(1)?;
        let (decoded, source, length) = self.0[index];
        Some(source + (offset - decoded).min(length))
    }

    /// Where the byte before `offset` of the decoded text ends in the source.
    fn end(&self, offset: usize) -> Option<usize> {
        let index = self.0.partition_point(|run| run.0 < offset).checked_sub(1)?;
        let (decoded, source, length) = self.0[index];
        if offset <= decoded + length || index + 1 == self.0.len() {
            return Some(source + (offset - decoded).min(length));
        }
        Some(self.0[index + 1].1)
    }
}

/// The bytes of `text` that the bytes `within` of the scalar at `span` were written as.
pub(super) fn locate(text: &str, span: Range<usize>, kind: NodeKind, within: Range<usize>) -> Option<Range<usize>> {
    let decoded = super::decode::decode(text, span.clone(), kind)?;
    let runs = runs(text, span, kind, &decoded)?;
    let start = runs.start(within.start)?;
    let end = if within.end > within.start { runs.end(within.end)? } else { start };
    Some(start..end.max(start))
}

fn runs(text: &str, span: Range<usize>, kind: NodeKind, decoded: &str) -> Option<Runs> {
    match kind {
        NodeKind::Literal | NodeKind::Folded => Some(block(text, span, decoded)),
        NodeKind::Plain => Some(flow(text, span, decoded, kind)),
        NodeKind::SingleQuoted | NodeKind::DoubleQuoted => {
            Some(flow(text, span.start + 1..span.end.checked_sub(1)?, decoded, kind))
        }
        NodeKind::List | NodeKind::Map | NodeKind::Alias => None,
    }
}

/// A block scalar: each line's content stands in the file as it is, after the indentation.
fn block(text: &str, span: Range<usize>, decoded: &str) -> Runs {
    let mut runs = Runs(Vec::new());
    let line_start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = span.start - line_start;
    let mut source = line_start;
    let mut cursor = 0;
    for line in text[line_start..span.end].split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        let indented = indent.min(bare.len() - bare.trim_start_matches(' ').len());
        let content = &bare[indented..];
        if !content.is_empty() {
            while !decoded[cursor..].starts_with(content) && decoded[cursor..].starts_with([' ', '\n']) {
                cursor += 1;
            }
            if !decoded[cursor..].starts_with(content) {
                break;
            }
            runs.push(cursor, source + indented, content.len());
            cursor += content.len();
        }
        source += line.len();
    }
    runs
}

/// A plain or quoted scalar: as it is but for escapes and folded lines.
fn flow(text: &str, span: Range<usize>, decoded: &str, kind: NodeKind) -> Runs {
    let mut runs = Runs(Vec::new());
    let (mut source, mut cursor) = (span.start, 0);
    while source < span.end && cursor < decoded.len() {
        let rest = &text[source..span.end];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        let breaks = rest[..blank].bytes().filter(|b| *b == b'\n').count();
        if breaks > 0 {
            cursor += if breaks == 1 { 1 } else { breaks - 1 };
            source += blank;
            continue;
        }
        let Some(character) = decoded[cursor..].chars().next() else { break };
        let written = match (kind, rest.as_bytes()) {
            (NodeKind::SingleQuoted, [b'\'', b'\'', ..]) => 2,
            (NodeKind::DoubleQuoted, [b'\\', escape, ..]) => match escape {
                b'x' => 4,
                b'u' => 6,
                b'U' => 10,
                b'\r' | b'\n' => {
                    source += 1 + (rest.len() - 1 - rest[1..].trim_start().len());
                    continue;
                }
                _ => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            },
            _ => {
                runs.push(cursor, source, character.len_utf8());
                source += character.len_utf8();
                cursor += character.len_utf8();
                continue;
            }
        };
        // An escape is one piece: its first byte stands for the whole of the character.
        runs.0.push((cursor, source, 0));
        source += written;
        cursor += character.len_utf8();
        runs.0.push((cursor, source, 0));
    }
    runs.0.push((cursor, source, 0));
    runs
}
