//! Statements of a plan.

use super::Entry;

entries! {
    IN_DOUBT = Entry::new("houseplan::sql::in_doubt", "nobody knows whether the statement was carried out on {member}")
        .cause("the connection ended before the answer came, and what it does must not happen twice")
        .help("look at what it should have changed; then say which it is with `houseplan settle RUN TASK --attempt N --as done` (or `--as not-done`)")
        .explained("
A statement with `effect: once` was sent, and its answer never came: the process died, the connection broke, or the
time ran out. houseplan has waited until the statement no longer runs on the server. Whether it did its work before
it ended is something only its traces tell, and only a person can read them.

Look at what it should have changed. If it is done: `houseplan settle RUN TASK --attempt N --as done`, and the
run goes on behind it. If nothing of it is done: `--as not-done`, and it is sent again. If half of it is done,
finish it or undo it by hand first. If repeating it does no harm, say `effect: idempotent` in the plan, and this
question is never asked again.");
}
