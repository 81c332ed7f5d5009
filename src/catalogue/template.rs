//! Templates and expressions.

use super::Entry;

entries! {
    FAILED = Entry::new("houseplan::template::failed", "a template cannot be evaluated: {reason}")
        .help("fix the plan, then `houseplan resume {run} --accept-changes`; nothing was sent for this step")
        .explained("
A template or an expression uses something that does not exist at this point of the run: a column that a query did not
return, an output that a step does not have, an operation on a value of another type. An undefined value is an error
and never an empty text, because an empty text in a statement could mean everything.

`houseplan validate` checks what can be checked before the run. This could only be found with the values.

Nothing of the step has started, so the run goes on with a changed step, if it acts on the same items and members.");

    FAILED_AFTER_START = Entry::new("houseplan::template::failed_after_start", "a template cannot be evaluated: {reason}")
        .help("this step has started, so a run does not accept a change of it any more: fix the plan, `houseplan abandon {run}`, and start a new run")
        .explained("
A template or an expression of a step could not be evaluated after something of the step had started: in its `outputs`,
in what it or its postconditions expect, or for another member or item than the first. See `houseplan explain
houseplan::template::failed` for what can be wrong.

The journal records what each step did, so a step that has started must stay as it was. What the step did is in
`houseplan report RUN`.");

    MALFORMED = Entry::new("houseplan::template::malformed", "a template cannot be read: {reason}")
        .help("fix the plan; `houseplan validate PLAN` marks the place")
        .explained("
A template has a syntax error, or a placeholder in SQL is in a place where no value and no identifier can be: inside
quotes, inside backticks, inside a comment. houseplan quotes values itself, so write `{{ value }}` without quotes
around it.");

    SECRET_NOT_ALLOWED = Entry::new("houseplan::template::secret_not_allowed", "{what} contains a secret, and would be written to the journal")
        .help("use the secret only in `sql` statements and in the `env` of `exec`")
        .explained("
Paths, names and lists become part of the journal of the run and of what is shown. A secret must never be there. If a
template for such a value uses an input of `type: secret`, the step fails before it does anything.");

    WRONG_TYPE = Entry::new("houseplan::template::wrong_type", "a template gives a value of the wrong type")
        .help("give what is asked for: a list, or the whole output of an `inventory`, `backup` or `inspect` step")
        .explained("
A value that is one whole `{{ }}` keeps its type: `\"{{ steps.inventory }}\"` is the inventory itself. With any other
text beside it, it is a text. `tables`, `for_each` and `paths` need a list. `compare` needs an inventory. `restore`
and `inspect` need a path, or the output of a `backup` or `inspect` step.");

    NOT_AN_INVENTORY = Entry::new("houseplan::template::not_an_inventory", "{what} is not from the output of an `inventory` step: {reason}")
        .help("give the output of an `inventory` step, or names of tables. If another version of houseplan started the run, go on with that version")
        .explained("
`compare` needs an inventory, and `restore` needs its tables or names of tables. This value has another form.
houseplan refuses it, because it would have to restore or compare tables without knowing their columns.");
}
