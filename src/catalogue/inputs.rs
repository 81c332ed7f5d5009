//! The inputs of a plan.

use super::Entry;

entries! {
    INVALID = Entry::new("houseplan::inputs::invalid", "the plan's inputs are not as it needs them")
        .help("give an input with `--set name=value`, with `--inputs FILE`, or as HOUSEPLAN_INPUT_NAME")
        .explained("
An input that has no default is missing, has a value that is not of its type, or is none of the plan's. All of
them are told in one go. The first source that gives an input counts: --set, then --inputs, then the environment
variables.

A secret is never given with --set: the arguments of a process are seen by everyone on its machine, and stay in
the shell's history. Give it in a file or in a variable.");

    FILE_INVALID = Entry::new("houseplan::inputs::file_invalid", "the file of inputs has mistakes")
        .help("write one map of names and values, in YAML")
        .explained("
The file that --inputs names is no YAML, or holds something else than one map from the names of inputs to their
values. A name that stands there twice is a mistake, as in a plan.");
}
