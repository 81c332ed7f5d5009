//! How miette draws an error: its lines break between words alone, and never within a command or a name, so that each can be
//! copied. Left to itself it breaks them at hyphens, of which each run's id has two.

use miette::{GraphicalReportHandler, MietteHandler, MietteHandlerOpts};
use textwrap::WordSplitter;

use super::wrap::SEPARATOR;

/// Draws errors that end a command, as wide as the terminal is.
pub fn errors() -> MietteHandler {
    MietteHandlerOpts::new()
        .break_words(false)
        .word_separator(SEPARATOR)
        .word_splitter(WordSplitter::NoHyphenation)
        .build()
}

/// The same for one that is drawn as part of a screen.
pub fn part_of_screen(handler: GraphicalReportHandler) -> GraphicalReportHandler {
    handler.with_break_words(false).with_word_separator(SEPARATOR).with_word_splitter(WordSplitter::NoHyphenation)
}

#[cfg(test)]
mod tests {
    use miette::{GraphicalTheme, miette};

    use super::*;

    #[test]
    fn commands_stay_whole() {
        let run = "2026-11-22_161432-y93t";
        let error = miette!(
            help = format!(
                "let that run end: `houseplan resume {run}`, or `houseplan abandon {run}` (with `--env ENVIRONMENT` where its folder is lost)"
            ),
            "replica1 is locked by run {run} of ada@desk, at work there since 2026-11-22T16:14:32Z"
        );
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(80);
        let mut drawn = String::new();
        part_of_screen(handler).render_report(&mut drawn, error.as_ref()).unwrap();
        insta::assert_snapshot!(drawn, @"
        × replica1 is locked by run 2026-11-22_161432-y93t of ada@desk, at work
        │ there since 2026-11-22T16:14:32Z
        help: let that run end: `houseplan resume 2026-11-22_161432-y93t`, or
              `houseplan abandon 2026-11-22_161432-y93t` (with `--env ENVIRONMENT`
              where its folder is lost)
        ");
    }
}
