//! What a report must not show of a document: secrets that were written where only their source may stand.
//!
//! Works on the text, for a document may be wrong because of the very line that holds the secret. What is taken out keeps its
//! length in bytes, so that labels stand where they stood; where it is doubtful what is a secret, more is taken out than less.

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use regex::Regex;

/// What stands for a byte that is not shown.
const MARK: char = '*';

/// Between a URL's `://` and the last `@` before a blank, a quote or a bracket.
static CREDENTIALS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"://([^\s"'{}\[\]]+)@"#).expect("the pattern is valid"));

/// Sources of secrets, as they may be shown: `{ env: NAME }`.
static SOURCES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^\{\s*(?:"?(?:env|file)"?\s*:\s*[^,{}\s]*\s*,?\s*)*\}"#).expect("the pattern is valid")
});

/// The same on a line of its own.
static SOURCE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[ \t]*(?:env|file)[ \t]*:").expect("the pattern is valid"));

/// The text with `also`, with what stands behind one of `keys`, and with what stands before the host of a URL, taken out. What
/// says where a secret comes from stays.
pub(super) fn conceal<'a>(text: &'a str, keys: &[&str], also: &[Range<usize>]) -> Cow<'a, str> {
    let credentials = CREDENTIALS.captures_iter(text).filter_map(|found| Some(found.get(1)?.range()));
    let mut ranges: Vec<Range<usize>> = credentials.chain(also.iter().cloned()).collect();
    if !keys.is_empty() {
        let pattern = format!(r#"(?m)(?:^|[\s{{,])(["']?(?:{})["']?)[ \t]*:"#, keys.join("|"));
        let key = Regex::new(&pattern).expect("keys are names");
        for found in key.captures_iter(text) {
            let (Some(whole), Some(key)) = (found.get(0), found.get(1)) else { continue };
            ranges.extend(value_at(text, key.start(), whole.end()));
        }
    }
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    ranges.sort_by_key(|range| range.start);
    let mut ranges = ranges.into_iter().peekable();
    let mut concealed = String::with_capacity(text.len());
    let mut until = 0;
    for (at, it) in text.char_indices() {
        while let Some(range) = ranges.next_if(|range| range.start <= at) {
            until = until.max(range.end);
        }
        match at < until && !matches!(it, '\n' | '\r') {
            true => (0..it.len_utf8()).for_each(|_| concealed.push(MARK)),
            false => concealed.push(it),
        }
    }
    Cow::Owned(concealed)
}

/// What to take out behind a key that begins at `key` and whose colon ends at `end`.
fn value_at(text: &str, key: usize, end: usize) -> Vec<Range<usize>> {
    let line = text[..key].rfind('\n').map_or(0, |at| at + 1);
    let is_flow = text[line..key].contains(['{', '[', ',']);
    let start = end + text[end..].len() - text[end..].trim_start_matches([' ', '\t']).len();
    let rest = &text[start..];
    let line_end = start + rest.find('\n').unwrap_or(rest.len());
    let only = |length: usize| {
        let range = start..start + length;
        vec![range]
    };
    match rest.chars().next() {
        Some('{') if SOURCES.is_match(rest) => Vec::new(),
        Some('{') => only(rest.find('}').map_or(rest.len(), |at| at + 1)),
        Some(quote @ ('"' | '\'')) => only(quoted(rest, quote)),
        _ if is_flow => {
            let plain = &rest[..rest.find([',', '}', ']', '\n']).unwrap_or(rest.len())];
            only(plain.trim_end().len())
        }
        _ => {
            let indent = text[line..].len() - text[line..].trim_start_matches([' ', '-']).len();
            let below = deeper_lines(text, line_end, indent);
            std::iter::once(start..line_end).chain(below).filter(|range| !range.is_empty()).collect()
        }
    }
}

/// How long a quoted text is, quotes and all; to the end where it has none.
fn quoted(text: &str, quote: char) -> usize {
    let mut inner = text.char_indices().skip(1).peekable();
    while let Some((at, it)) = inner.next() {
        match it {
            '\\' if quote == '"' => drop(inner.next()),
            it if it == quote && quote == '\'' && inner.peek().is_some_and(|(_, next)| *next == quote) => {
                inner.next();
            }
            it if it == quote => return at + it.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// The lines behind `from` that are deeper than `indent`, without those that say where a secret comes from.
fn deeper_lines(text: &str, from: usize, indent: usize) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = from + 1;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let line = rest.lines().next().unwrap_or_default();
        let depth = line.len() - line.trim_start_matches([' ', '\t']).len();
        if !line.trim().is_empty() {
            if depth <= indent {
                break;
            }
            if !SOURCE.is_match(line) {
                lines.push(start + depth..start + line.len());
            }
        }
        start += rest.find('\n').map_or(rest.len(), |at| at + 1);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(text: &str, expected: &str) {
        let concealed = conceal(text, &["password", "secret_access_key"], &[]);
        assert_eq!(concealed, expected, "of {text:?}");
        assert_eq!(concealed.len(), text.len());
    }

    #[test]
    fn what_stands_where_a_source_should_is_not_shown() {
        case("password: hunter2", "password: *******");
        case("  password: hunter2 # mine\nurl: x", "  password: **************\nurl: x");
        case("r: { url: x, password: hunter2, shard: 1 }", "r: { url: x, password: *******, shard: 1 }");
        case("r: {password: \"hun,t}er2\", shard: 1}", "r: {password: ***********, shard: 1}");
        case("r: { password: hunter2 }", "r: { password: ******* }");
        case("password: 'it''s'\nurl: x", "password: *******\nurl: x");
        case("\"password\": hunter2", "\"password\": *******");
        case("password: pä", "password: ***");
        case("password: |\n  hunter2\n\n  more\nurl: x", "password: *\n  *******\n\n  ****\nurl: x");
        case("password:\n  hunter2\nurl: x", "password:\n  *******\nurl: x");
        case("  password: hunter2\n    more\n  url: x", "  password: *******\n    ****\n  url: x");
        case("password: { value: hunter2 }", "password: ******************");
        case("password:\n  value: hunter2\n", "password:\n  **************\n");
        case("password: \"hunter2\nurl: x", "password: ********\n******");
        case("password:hunter2", "password:*******");
        case("{\"password\":\"hunter2\",\"url\":\"x\"}", "{\"password\":*********,\"url\":\"x\"}");
        case("- password: hunter2\n  url: x", "- password: *******\n  url: x");
    }

    #[test]
    fn where_a_secret_comes_from_is_shown() {
        for text in [
            "password: { env: CLICKHOUSE_PASSWORD }",
            "password: {file: a/b.txt}",
            "password: { file: a, env: B }",
            "password:\n  env: CLICKHOUSE_PASSWORD\nurl: x",
            "r: { password: { env: A }, url: x }",
            "my_password_is: x\nnot_a_password: y",
        ] {
            case(text, text);
        }
    }

    #[test]
    fn credentials_in_a_url_are_not_shown() {
        case("url: \"http://ada:hunter2@h:8123\"", "url: \"http://***********@h:8123\"");
        case("{ url: http://a:b@c@h, x: y }", "{ url: http://*****@h, x: y }");
        case("url: http://h:8123 # write to ops@example.com", "url: http://h:8123 # write to ops@example.com");
    }
}
