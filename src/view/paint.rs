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

    /// What need not be read.
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
pub fn pad_right(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text`, preceded by spaces up to `columns`.
pub fn pad_left(text: &str, columns: usize) -> String {
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
        assert_eq!(width(&pad_right(&red, 5)), 5);
        assert_eq!(pad_left("7", 3), "  7");
        assert_eq!(cut("feedbacks_rmt", 6), "feedb…");
        assert_eq!(cut("runs", 4), "runs");
        assert_eq!(cut("表表表", 4), "表…", "a wide character is never halved");
    }

    #[test]
    fn what_others_print_cannot_move_the_cursor() {
        assert_eq!(one_line("a\r\n\u{1b}[2Jb\u{7}  c"), "a b c");
    }
}
