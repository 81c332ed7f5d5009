//! Warnings. (Each rule has a code and a text of its own: see `plan::lint`.)

use super::Entry;

entries! {
    WARNINGS = Entry::new("houseplan::lint::warnings", "the plan does something that may be a mistake")
        .help("read each warning: `houseplan explain` with the word in brackets says why it matters. Fix the plan or, if it is meant, say why in `accepts` of the step")
        .explained("
The plan is valid and would run. Each warning is about the order of steps, or about what a step destroys, fills or
repeats, and has a code of its own. `houseplan validate --strict` treats warnings as errors.");
}
