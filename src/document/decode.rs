//! The text of one scalar, read again from its place in the file.

use std::ops::Range;

use serde_saphyr::granit_parser::{Event, Parser};

use super::tree::NodeKind;

/// The decoded text of the scalar at `span`. Quoted and plain ones stand alone; a block scalar needs a header before it.
pub(super) fn decode(text: &str, span: Range<usize>, kind: NodeKind) -> Option<String> {
    let slice = text.get(span.clone())?;
    let standalone = match kind {
        NodeKind::Plain if !slice.contains('\n') => return Some(slice.to_owned()),
        NodeKind::Plain | NodeKind::SingleQuoted | NodeKind::DoubleQuoted => slice.to_owned(),
        NodeKind::Literal | NodeKind::Folded => {
            let (start, indent) = block_start(text, span.start);
            let mark = if kind == NodeKind::Literal { '|' } else { '>' };
            // Nine is the largest indentation that a header can name; a deeper one is found by the parser.
            match indent {
                1..=9 => format!("{mark}{indent}+\n{}", &text[start..span.end]),
                _ => format!("{mark}+\n{}", &text[start..span.end]),
            }
        }
        NodeKind::List | NodeKind::Map | NodeKind::Alias => return None,
    };
    Parser::new_from_str(&standalone).find_map(|event| match event {
        Ok((Event::Scalar(text, ..), _)) => Some(text.into_owned()),
        _ => None,
    })
}

/// Where a block scalar's lines begin, and how far they are indented. The parser's span begins with the first line that is
/// not blank; the blank ones before it belong to the text as well.
pub(super) fn block_start(text: &str, first_letter: usize) -> (usize, usize) {
    let line_start = |at: usize| text[..at].rfind('\n').map_or(0, |at| at + 1);
    let mut start = line_start(first_letter);
    let indent = first_letter - start;
    while start > 0 {
        let before = line_start(start - 1);
        if !text[before..start].trim().is_empty() {
            break;
        }
        start = before;
    }
    (start, indent)
}
