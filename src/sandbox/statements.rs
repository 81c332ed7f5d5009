//! Splits a file of SQL into its statements. Knows strings, quoted names and comments, and nothing else of the language.

/// The statements between the `;`, trimmed; those of comments alone are left out.
pub(super) fn split(sql: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let (mut start, mut position, mut has_content) = (0, 0, false);
    while let Some(character) = sql[position..].chars().next() {
        let rest = &sql[position..];
        match character {
            ';' => {
                if has_content {
                    statements.push(sql[start..position].trim());
                }
                position += 1;
                (start, has_content) = (position, false);
            }
            '\'' | '"' | '`' => {
                position += quoted_length(rest, character);
                has_content = true;
            }
            _ if rest.starts_with("--") => position += rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => position += rest.find("*/").map_or(rest.len(), |end| end + 2),
            _ => {
                has_content |= !character.is_whitespace();
                position += character.len_utf8();
            }
        }
    }
    if has_content {
        statements.push(sql[start..].trim());
    }
    statements
}

/// How long the quoted text at the start of `text` is, quotes included. A backslash escapes; a doubled quote begins a new text,
/// which comes to the same here.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (offset, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return offset + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn case(sql: &str, expected: &[&str]) {
        assert_eq!(split(sql), expected, "{sql}");
    }

    #[test]
    fn statements_end_at_semicolons_that_are_sql() {
        case("", &[]);
        case("SELECT 1", &["SELECT 1"]);
        case("SELECT 1;\nSELECT 2;\n", &["SELECT 1", "SELECT 2"]);
        case("SELECT ';' ; SELECT `a;b`, \"c;d\"", &["SELECT ';'", "SELECT `a;b`, \"c;d\""]);
        case("SELECT 'it''s;', 'it\\';s'", &["SELECT 'it''s;', 'it\\';s'"]);
        case("-- a; b\nSELECT 1 /* ; */", &["-- a; b\nSELECT 1 /* ; */"]);
        case("SELECT 1; -- the end\n/* of; it */", &["SELECT 1"]);
        case("SELECT 'ü;' ; SELECT 'unclosed ; ", &["SELECT 'ü;'", "SELECT 'unclosed ;"]);
    }
}
