//! How a text of SQL hangs together: what stands outside of quotes, where brackets open and close, where a clause begins.
//!
//! All of it is folds over [`lex`], so that there is one scanner that knows where a string and a name end.

use super::lexer::{Token, TokenKind, lex};

/// One character that is in no quotes and no comment. Of what is quoted, only its first character (the quote) is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub at: usize,
    pub character: char,
    /// How many brackets are open; an opening and a closing one count as inside.
    pub depth: usize,
}

/// The characters of a text that are in no quotes.
pub fn places(text: &str) -> Vec<Place> {
    let mut depth = 0_usize;
    let mut places = Vec::new();
    for Token { kind, range, .. } in lex(text) {
        let written = &text[range.clone()];
        let seen = match kind {
            TokenKind::Comment => "",
            TokenKind::String | TokenKind::QuotedIdentifier | TokenKind::Heredoc => {
                &written[..written.chars().next().map_or(0, char::len_utf8)]
            }
            TokenKind::Word | TokenKind::Semicolon | TokenKind::Mark | TokenKind::Space => written,
        };
        for (offset, character) in seen.char_indices() {
            depth += usize::from(matches!(character, '(' | '['));
            places.push(Place { at: range.start + offset, character, depth });
            if matches!(character, ')' | ']') {
                depth = depth.saturating_sub(1);
            }
        }
    }
    places
}

/// Whether a character goes on with a name that stands beside it: `a.b` is one, and so is `` `a b`.c ``.
pub fn is_part_of_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.' | '`')
}

/// Where a word stands outside of quotes and brackets.
pub fn word(text: &str, word: &str) -> Option<usize> {
    places(text).into_iter().filter(|place| place.depth == 0).map(|place| place.at).find(|at| {
        text[*at..].starts_with(word)
            && !text[..*at].ends_with(is_part_of_name)
            && !text[at + word.len()..].starts_with(is_part_of_name)
    })
}

/// What follows a word, up to the first of others; empty where the word does not stand there.
pub fn clause(text: &str, begin: &str, ends: &[&str]) -> String {
    let Some(at) = word(text, begin) else { return String::new() };
    let rest = &text[at + begin.len()..];
    let end = ends.iter().filter_map(|end| word(rest, end)).min().unwrap_or(rest.len());
    rest[..end].trim().to_owned()
}

/// The parts between the commas that are in no brackets. Of an empty text, one that is empty.
pub fn comma_separated(text: &str) -> Vec<&str> {
    let commas = places(text).into_iter().filter(|place| place.depth == 0 && place.character == ',');
    let (mut begin, mut parts) = (0, Vec::new());
    for Place { at, .. } in commas {
        parts.push(text[begin..at].trim());
        begin = at + 1;
    }
    parts.push(text[begin..].trim());
    parts
}

/// The parts between commas of the text inside the first round brackets, and what follows these; `None` where there are no
/// brackets, or they are not closed.
pub fn first_brackets(text: &str) -> Option<(Vec<&str>, &str)> {
    let places = places(text);
    let open = places.iter().position(|place| place.character == '(')?;
    let inside = places[open].depth;
    let close = places[open + 1..].iter().find(|place| place.depth == inside && place.character == ')')?.at;
    let mut parts = comma_separated(&text[places[open].at + 1..close]);
    parts.retain(|part| !part.is_empty());
    Some((parts, &text[close + 1..]))
}

/// A text without the white space that versions of ClickHouse write differently; inside quotes it stays.
pub fn without_spacing(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    let mut pending = false;
    for Token { kind, range, .. } in lex(written) {
        if kind == TokenKind::Space {
            pending = true;
            continue;
        }
        let token = &written[range];
        let glued = matches!(token, ")" | ",") || text.ends_with(['(', ',']) || text.is_empty();
        if pending && !glued {
            text.push(' ');
        }
        pending = false;
        text.push_str(token);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_one_place_and_brackets_in_it_are_none() {
        let seen = |text: &str| places(text).iter().map(|place| place.character).collect::<String>();
        assert_eq!(seen(r"a('it\'s)' , `b,(`)"), "a(' , `)");
        assert_eq!(seen("a /* ( */ 'it''s' $$,($$"), "a  ' $");
        let depths: Vec<usize> = places("a(b[c])d").iter().map(|place| place.depth).collect();
        assert_eq!(depths, [0, 1, 1, 2, 2, 2, 1, 0]);
    }

    #[test]
    fn parts_are_cut_at_the_commas_outside() {
        assert_eq!(
            comma_separated(r"a, 'it\'s, so', `b,c` UInt8, f(1, 2)"),
            ["a", r"'it\'s, so'", "`b,c` UInt8", "f(1, 2)"]
        );
        assert_eq!(comma_separated(""), [""]);
        assert_eq!(first_brackets("t (a, (b, ')')) ENGINE"), Some((vec!["a", "(b, ')')"], " ENGINE")));
        assert_eq!(first_brackets("t ()"), Some((vec![], "")));
        assert_eq!(first_brackets("t (a"), None);
        assert_eq!(first_brackets("t"), None);
    }

    #[track_caller]
    fn case(written: &str, expected: &str) {
        assert_eq!(without_spacing(written), expected);
    }

    #[test]
    fn white_space_goes_but_where_it_is_quoted_or_keeps_words_apart() {
        case(" ( a ,  b ) ", "(a,b)");
        case("a  AND\n b", "a AND b");
        case(r"'it\'s  so' ,  b", r"'it\'s  so',b");
        case("'it''s  so'  b", "'it''s  so' b");
        case("`a  b`", "`a  b`");
    }
}
