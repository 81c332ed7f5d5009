//! Statements of a plan.

use super::Entry;

entries! {
    IN_DOUBT = Entry::new("houseplan::sql::in_doubt", "it is unknown whether the statement was carried out on {member}")
        .cause("the connection ended before the answer came, and the statement must not run twice")
        .help("the statement no longer runs there. Look at what it should have changed. If it was done: `houseplan settle {run} {task} --attempt {attempt} --as done`. If nothing of it was done: `houseplan settle {run} {task} --attempt {attempt} --as not-done`; it is sent again")
        .explained("
A statement with `effect: once` was sent, and its answer never came: the process died, the connection was lost, or the
time was over. houseplan has waited until the statement no longer runs on the server. Whether it did its work before
it ended shows only in the data, so it needs your decision.

Look at what it should have changed. If it is done: `houseplan settle RUN TASK --attempt N --as done`, and the run
goes on after it. If nothing is done: `--as not-done`, and it is sent again. If half of it is done, finish it or undo
it by hand first. If repeating the statement does no harm, say `effect: idempotent` in the plan; then houseplan
repeats it without asking.");
}
