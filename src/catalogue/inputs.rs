//! The inputs of a plan.

use super::Entry;

entries! {
    INVALID = Entry::new("houseplan::inputs::invalid", "the inputs of the plan are wrong")
        .help("give an input with `--set name=value`, with `--inputs FILE`, or as HOUSEPLAN_INPUT_NAME; a secret with the last two only")
        .explained("
An input without a default is missing, has a value of the wrong type, or is not an input of the plan. The report lists
all of them. If an input is given several times, the first of these counts: --set, --inputs, environment variables.

A secret cannot be given with --set: everybody on the machine can see the arguments of a process, and they stay in the
history of the shell. Give it in a file or in a variable.");

    FILE_INVALID = Entry::new("houseplan::inputs::file_invalid", "the file of inputs has mistakes")
        .help("write one map of names and values, in YAML")
        .explained("
The file that --inputs names is not YAML, or is something else than one map from the names of inputs to their values.
A name that is there twice is a mistake, as in a plan.");
}
