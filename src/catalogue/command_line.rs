//! Commands that are written wrong.

use super::Entry;

entries! {
    INVALID = Entry::new("houseplan::command_line::invalid", "invalid command line")
        .help("`houseplan --help` and `houseplan COMMAND --help` list the commands and options, with examples")
        .explained("
The command asks for something that does not exist, or for things that do not go together. Nothing was read and
nothing was done. The exit code is 2.");
}
