//! Text in lines of a width, broken between its words alone, never within a command or a name, so that each can be copied.

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm, core::Word};

use super::paint::width;

/// What stands in backticks is taken for a command or a name up to this length; above it, for prose between two of them.
const LONGEST_QUOTED: usize = 160;

/// Hands textwrap, and miette through it, the words as we cut them.
pub const SEPARATOR: WordSeparator = WordSeparator::Custom(|line| Box::new(words(line).into_iter().map(Word::from)));

/// A line's words, each with the spaces after it. What stands in backticks is one word, so that a command can be copied.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quoted_to, mut after_space) = (0, 0, false);
    for (at, char) in line.char_indices() {
        if at < quoted_to {
            continue;
        }
        if after_space && !char.is_whitespace() {
            words.push(&line[start..at]);
            start = at;
        }
        after_space = char.is_whitespace();
        if char == '`'
            && let Some(length) = line[at + 1..].find('`').filter(|length| *length <= LONGEST_QUOTED)
        {
            quoted_to = at + 1 + length + 1;
        }
    }
    words.push(&line[start..]);
    words
}

fn options<'a>(columns: usize) -> Options<'a> {
    Options::new(columns)
        .break_words(false)
        .word_separator(SEPARATOR)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
}

/// Without what stands around its lines.
fn trimmed(text: &str) -> String {
    text.trim_end().split('\n').map(str::trim).collect::<Vec<_>>().join("\n")
}

/// `text` in lines of at most `columns`; a word that is longer stands alone and whole. Line breaks in `text` stay.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    textwrap::wrap(&trimmed(text), options(columns)).into_iter().map(String::from).collect()
}

/// `text` wrapped, with `first` before its first line and as many spaces before the others.
pub fn hang(first: &str, text: &str, columns: usize) -> String {
    let indent = " ".repeat(width(first));
    let options =
        options(columns.max(indent.len().saturating_add(20))).initial_indent(first).subsequent_indent(&indent);
    textwrap::wrap(&trimmed(text), options).iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_leave_long_words_whole() {
        assert_eq!(wrap("one two three\nfour", 8), ["one two", "three", "four"]);
        assert_eq!(
            wrap("see s3://backups/clickhouse-backup here", 10),
            ["see", "s3://backups/clickhouse-backup", "here"]
        );
        assert_eq!(
            wrap("go on with `houseplan resume X`, or `houseplan abandon X`", 20),
            ["go on with", "`houseplan resume X`,", "or", "`houseplan abandon X`"]
        );
        assert_eq!(wrap("a ` that   stands alone", 8), ["a ` that", "stands", "alone"]);
        assert_eq!(wrap("", 8), [""]);
        insta::assert_snapshot!(hang("  help:  ", "stop what writes there and go on", 34), @"
          help:  stop what writes there
                 and go on
        ");
    }

    #[test]
    fn what_stands_before_the_first_line_may_be_painted() {
        assert_eq!(
            hang("\u{1b}[1mhelp:\u{1b}[0m ", "one two three four five six", 26),
            "\u{1b}[1mhelp:\u{1b}[0m one two three four\n      five six\n"
        );
        assert_eq!(hang("", "one two", usize::MAX), "one two\n");
    }
}
