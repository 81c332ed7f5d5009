//! Splits a text into what stands as it is and its placeholders.

use std::ops::Range;

use super::{failure::TemplateProblem, scan::string_end};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(Range<usize>),
    /// `whole` with its braces, `source` the trimmed expression.
    Placeholder {
        whole: Range<usize>,
        source: Range<usize>,
    },
}

/// The pieces of a text, in order; or everything that is wrong with its braces.
pub(super) fn split(text: &str) -> Result<Vec<Piece>, Vec<TemplateProblem>> {
    let mut pieces = Vec::new();
    let mut problems = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while let Some(open) = text[at..].find('{').map(|found| at + found) {
        match text.as_bytes().get(open + 1) {
            Some(b'{') => {
                if open > from {
                    pieces.push(Piece::Text(from..open));
                }
                let end = match placeholder(text, open) {
                    Ok((piece, end)) => {
                        pieces.push(piece);
                        end
                    }
                    Err((problem, end)) => {
                        problems.push(problem);
                        end
                    }
                };
                from = end;
                at = end;
            }
            Some(mark @ (b'%' | b'#')) => {
                let mark = char::from(*mark);
                problems.push(TemplateProblem::new(
                    open..open + 2,
                    format!("there are no blocks here, only placeholders; where these characters are meant, write {{{{ '{{{mark}' }}}}"),
                ));
                at = open + 2;
            }
            _ => at = open + 1,
        }
    }
    if from < text.len() {
        pieces.push(Piece::Text(from..text.len()));
    }
    if problems.is_empty() { Ok(pieces) } else { Err(problems) }
}

/// The placeholder that opens at `open`, and where it ends.
fn placeholder(text: &str, open: usize) -> Result<(Piece, usize), (TemplateProblem, usize)> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = open + 2;
    let unclosed = |message: &str| (TemplateProblem::new(open..open + 2, message), text.len());
    loop {
        match bytes.get(at) {
            None => {
                return Err(unclosed(
                    "this placeholder is not closed; write `}}`, or {{ '{{' }} for the braces themselves",
                ));
            }
            Some(b'\'' | b'"') => {
                at = string_end(text, at).ok_or_else(|| unclosed("a string in this placeholder is not closed"))?;
            }
            Some(b'{') => {
                depth += 1;
                at += 1;
            }
            Some(b'}') if depth > 0 => {
                depth -= 1;
                at += 1;
            }
            Some(b'}') if bytes.get(at + 1) == Some(&b'}') => break,
            Some(_) => at += 1,
        }
    }
    let whole = open..at + 2;
    let inside = &text[open + 2..at];
    let source = inside.trim();
    let start = open + 2 + (inside.len() - inside.trim_start().len());
    if source.is_empty() {
        return Err((
            TemplateProblem::new(whole, "an empty placeholder; write an expression between the braces"),
            at + 2,
        ));
    }
    if inside.starts_with(['-', '+']) || inside.ends_with(['-', '+']) {
        return Err((
            TemplateProblem::new(whole, "`{{-` and `-}}` are not known here: spaces stay as they are; write `{{ … }}`"),
            at + 2,
        ));
    }
    Ok((Piece::Placeholder { whole, source: start..start + source.len() }, at + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn sources(text: &str, expected: &[&str]) {
        let pieces = split(text).unwrap();
        let found: Vec<&str> = pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Placeholder { source, .. } => Some(&text[source.clone()]),
                Piece::Text(_) => None,
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn placeholders_end_where_their_braces_do() {
        sources("a {{ b }} c {{d}}", &["b", "d"]);
        sources("{{ '}}' }}{{ '{{' }}", &["'}}'", "'{{'"]);
        sources("{{ {'a': {'b': 1}} }}", &["{'a': {'b': 1}}"]);
        sources("no { braces } {name:String}", &[]);
        sources("{{ -1 }}", &["-1"]);
        sources(r"{{ 'it\'s }}' }}é", &[r"'it\'s }}'"]);
    }

    #[track_caller]
    fn problem(text: &str) -> String {
        let problems = split(text).unwrap_err();
        assert_eq!(problems.len(), 1);
        problems[0].message.clone()
    }

    #[test]
    fn what_is_no_placeholder_says_the_mend() {
        insta::assert_snapshot!(problem("{{ a"), @"this placeholder is not closed; write `}}`, or {{ '{{' }} for the braces themselves");
        insta::assert_snapshot!(problem("{{ 'a }}"), @"a string in this placeholder is not closed");
        insta::assert_snapshot!(problem("{% if a %}"), @"there are no blocks here, only placeholders; where these characters are meant, write {{ '{%' }}");
        insta::assert_snapshot!(problem("{{ }}"), @"an empty placeholder; write an expression between the braces");
        insta::assert_snapshot!(problem("{{- a -}}"), @"`{{-` and `-}}` are not known here: spaces stay as they are; write `{{ … }}`");
    }
}
