//! Colour, or none; and text laid out by the columns it takes on a screen. Knows nothing of runs.

use std::{env, io::IsTerminal};

use owo_colors::{OwoColorize, Style};

/// What `--color` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    /// Whether `stream` gets colour.
    pub fn paint(self, stream: &impl IsTerminal) -> Paint {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let dumb = set("TERM").is_some_and(|term| term == "dumb");
        self.resolve(stream.is_terminal() && !dumb, set("NO_COLOR").is_some())
    }

    /// A choice made on the command line goes before the environment's.
    fn resolve(self, terminal: bool, no_color: bool) -> Paint {
        Paint {
            on: match self {
                Self::Auto => terminal && !no_color,
                Self::Always => true,
                Self::Never => false,
            },
        }
    }
}

/// Paints text by what it means. The words stand without it too: colour never says what no word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// No colour.
    pub const NONE: Self = Self { on: false };

    /// Whether anything is painted.
    pub fn is_on(self) -> bool {
        self.on
    }

    /// Done, equal, holds.
    pub fn good(self, text: &str) -> String {
        self.style(text, Style::new().green())
    }

    /// Failed, stopped, different.
    pub fn bad(self, text: &str) -> String {
        self.style(text, Style::new().red())
    }

    /// In doubt, tried again, waits for a person.
    pub fn warn(self, text: &str) -> String {
        self.style(text, Style::new().yellow())
    }

    /// At work.
    pub fn live(self, text: &str) -> String {
        self.style(text, Style::new().cyan())
    }

    /// What is to be read first.
    pub fn strong(self, text: &str) -> String {
        self.style(text, Style::new().bold())
    }

    /// What can be passed over.
    pub fn dim(self, text: &str) -> String {
        self.style(text, Style::new().dimmed())
    }

    fn style(self, text: &str, style: Style) -> String {
        if self.on && !text.is_empty() { text.style(style).to_string() } else { text.to_owned() }
    }
}

/// The columns that `text` takes, escape sequences not counted.
pub fn width(text: &str) -> usize {
    console::measure_text_width(text)
}

/// `text`, followed by spaces up to `columns`.
pub fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text`, preceded by spaces up to `columns`.
pub fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text` cut to `columns`, with `…` where something was cut.
pub fn cut(text: &str, columns: usize) -> String {
    console::truncate_str(text, columns, if columns == 0 { "" } else { "…" }).into_owned()
}

/// One line of anything a server or a process printed: control characters (which could move the cursor) become spaces.
pub fn one_line(text: &str) -> String {
    let bare = console::strip_ansi_codes(text);
    bare.split(|c: char| c.is_control() || c == ' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What stands in backticks is taken for a command or a name up to this length; above it, for prose between two of them.
const LONGEST_QUOTED: usize = 160;

/// A line's words, each with the spaces after it. What stands in backticks is one word, so that a command can be copied.
pub fn words(line: &str) -> Vec<&str> {
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

/// `text` in lines of at most `columns`, broken between its words; a word that is longer stands alone and whole, so that it
/// can be copied. Line breaks in `text` stay.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.trim_end().split('\n') {
        let mut line = String::new();
        for word in words(paragraph.trim()).into_iter().map(str::trim_end) {
            if !line.is_empty() && width(&line) + 1 + width(word) > columns {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// `text` wrapped, with `first` before its first line and as many spaces before the others.
pub fn hang(first: &str, text: &str, columns: usize) -> String {
    let indent = width(first);
    let lines = wrap(text, columns.saturating_sub(indent).max(20));
    let mut out = String::new();
    for (index, line) in lines.iter().enumerate() {
        let before = if index == 0 { first.to_owned() } else { " ".repeat(indent) };
        out.push_str(format!("{before}{line}").trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_chosen_by_flag_then_environment_then_terminal() {
        assert!(Color::Auto.resolve(true, false).is_on());
        assert!(!Color::Auto.resolve(true, true).is_on());
        assert!(!Color::Auto.resolve(false, false).is_on());
        assert!(Color::Always.resolve(false, true).is_on());
        assert!(!Color::Never.resolve(true, false).is_on());
        assert_eq!(Paint { on: true }.bad("no"), "\u{1b}[31mno\u{1b}[0m");
        assert_eq!(Paint::NONE.bad("no"), "no");
    }

    #[test]
    fn text_is_measured_by_the_columns_it_takes() {
        let red = Paint { on: true }.bad("表");
        assert_eq!(width(&red), 2);
        assert_eq!(width(&left(&red, 5)), 5);
        assert_eq!(right("7", 3), "  7");
        assert_eq!(cut("feedbacks_rmt", 6), "feedb…");
        assert_eq!(cut("runs", 4), "runs");
        assert_eq!(cut("表表表", 4), "表…", "a wide character is never halved");
    }

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
        insta::assert_snapshot!(hang("  help:  ", "stop what writes there and go on", 34), @"
        help:  stop what writes there
               and go on
        ");
    }

    #[test]
    fn what_others_print_cannot_move_the_cursor() {
        assert_eq!(one_line("a\r\n\u{1b}[2Jb\u{7}  c"), "a b c");
    }
}
