//! Defects of houseplan itself.

use super::Entry;

entries! {
    BUG = Entry::new("houseplan::internal::bug", "a mistake of houseplan's own")
        .help("please report it, with the message and the plan")
        .explained("
Something came about that validation should have refused, or that cannot be. The task did not begin, and the run
can be resumed or abandoned as after any failure.");

    PANIC = Entry::new("houseplan::internal::panic", "houseplan broke while it did this")
        .help("please report it; `houseplan resume RUN` finds out what became of the task")
        .explained("
The code of an action panicked. The rest of the run was not touched by that. What the task had sent before is
not known, so it is in doubt and is settled as after a crash.");

    NO_ANSWER = Entry::new("houseplan::internal::no_answer", "an action ended without an answer")
        .help("please report it; `houseplan resume RUN` finds out what became of the task")
        .explained("
The code of an action was ended without a result, which does not happen by itself. What the task had sent before
is not known, so it is in doubt and is settled as after a crash.");
}
