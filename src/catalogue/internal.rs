//! Defects of houseplan itself.

use super::Entry;

entries! {
    BUG = Entry::new("houseplan::internal::bug", "internal error of houseplan{?what}")
        .help("please report it, with the message and the plan")
        .explained("
Something happened that validation should have refused, or that should be impossible. The task did not start. You can
resume or abandon the run as after any failure.");

    PANIC = Entry::new("houseplan::internal::panic", "houseplan crashed in this task: {what}")
        .help("please report it; `houseplan resume {run}` finds out what became of the task")
        .explained("
The code of an action panicked. The rest of the run is not affected. What the task had sent before is unknown, so its
outcome is unknown, and it is settled as after a crash.");

    NO_ANSWER = Entry::new("houseplan::internal::no_answer", "an action ended without an answer")
        .help("please report it; `houseplan resume {run}` finds out what became of the task")
        .explained("
The code of an action ended without a result. What the task had sent before is unknown, so its outcome is unknown, and
it is settled as after a crash.");
}
