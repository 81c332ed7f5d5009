//! Commands that are written wrong.

use super::Entry;

entries! {
    INVALID = Entry::new("houseplan::command_line::invalid", "the call is wrong")
        .help("`houseplan --help`, and `houseplan COMMAND --help` with examples, say what there is")
        .explained("
What was asked for does not exist, or cannot be had together. Nothing was read and nothing was done. The exit
code is 2.");
}
