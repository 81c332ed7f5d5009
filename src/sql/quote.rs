//! ClickHouse's quoting of strings and names: the one place that knows what has to be escaped.

/// A string literal, as in `'it\'s'`.
pub fn quote_string(text: &str) -> String {
    quote(text, '\'')
}

/// A quoted identifier, as in `` `my table` ``.
pub fn quote_identifier(name: &str) -> String {
    quote(name, '`')
}

/// `` `database`.`table` ``.
pub fn quote_qualified(database: &str, table: &str) -> String {
    format!("{}.{}", quote_identifier(database), quote_identifier(table))
}

/// The escapes are those that ClickHouse reads in strings and quoted identifiers alike.
fn quote(text: &str, quote: char) -> String {
    let mut sql = String::with_capacity(text.len() + 2);
    sql.push(quote);
    for character in text.chars() {
        match character {
            '\\' => sql.push_str("\\\\"),
            '\0' => sql.push_str("\\0"),
            '\n' => sql.push_str("\\n"),
            '\r' => sql.push_str("\\r"),
            '\t' => sql.push_str("\\t"),
            '\u{8}' => sql.push_str("\\b"),
            '\u{c}' => sql.push_str("\\f"),
            it if it == quote => {
                sql.push('\\');
                sql.push(it);
            }
            it => sql.push(it),
        }
    }
    sql.push(quote);
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_leaves_nothing_open() {
        assert_eq!(quote_string("it's a \\ and\n"), r"'it\'s a \\ and\n'");
        assert_eq!(quote_identifier("a`b\\"), r"`a\`b\\`");
    }
}
