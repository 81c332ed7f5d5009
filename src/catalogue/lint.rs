//! Warnings. (Each rule has a code and a text of its own: see `plan::lint`.)

use super::Entry;

entries! {
    WARNINGS = Entry::new("houseplan::lint::warnings", "the plan does something that it should say it means")
        .help("look at each warning: `houseplan explain` and the word in brackets says why it matters; mend the plan, or let the step's `accepts` say why it is meant")
        .explained("
The plan is valid, and would run. Each warning is about the order of steps, or about what a step destroys, fills
or repeats, and has a code of its own. `houseplan validate --strict` takes warnings for mistakes.");
}
