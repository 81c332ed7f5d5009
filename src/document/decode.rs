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
            let line_start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
            let indent = span.start - line_start;
            let mark = if kind == NodeKind::Literal { '|' } else { '>' };
            // Nine is the largest indentation that a header can name; a deeper one is found by the parser.
            match indent {
                1..=9 => format!("{mark}{indent}+\n{}", &text[line_start..span.end]),
                _ => format!("{mark}+\n{}", &text[line_start..span.end]),
            }
        }
        NodeKind::List | NodeKind::Map | NodeKind::Alias => return None,
    };
    Parser::new_from_str(&standalone).find_map(|event| match event {
        Ok((Event::Scalar(text, ..), _)) => Some(text.into_owned()),
        _ => None,
    })
}
